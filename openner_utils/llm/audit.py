"""What a reply is worth under other ways of reading it, and what became of each mention that it began to name.

The main reading of every score is exact, by the main policy, from token border to token border. The others change one of
these at a time, or all of them at once (`others`): so a difference of two F1 scores is the effect of the measurement, on the
same replies.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import pandas as pd

from openner_utils.core.document import Mention
from openner_utils.core.encoding import IOB2
from openner_utils.llm import harnesses
from openner_utils.llm.grounding import ABSENT, AGAIN, LISTED, LOSSES, MARKED, Loss, Outcome, Policy, ground
from openner_utils.llm.harnesses.answer import Answer
from openner_utils.llm.marks import without_reasoning
from openner_utils.llm.matching import BORDERS, MATCHINGS, Borders, Matching
from openner_utils.llm.order_effect import EVERY
from openner_utils.llm.places import visible
from openner_utils.llm.prompts import Format, shown
from openner_utils.llm.replies import TEXT_CHANGED, Parsed
from openner_utils.scoring.mentions import Score

OURS = "ours"
"""The rule under which replies are read in the ways of `readings`; every other rule is a harness."""
NO_READING = {"policy": "", "matching": "", "borders": ""}
_LOST = ["language", "reason", "text", "type", "sentence"]

EDITED = "in edited text"
MALFORMED = "malformed"
TRUNCATED = "truncated"
REASONS = (*MATCHINGS, AGAIN, *LOSSES, EDITED, MALFORMED, TRUNCATED)
"""What can become of what a reply began to name: grounded by a level of matching, named again, or lost for a reason."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How replies are read: where equal texts are placed, how like texts must be, and whether inside tokens."""

    policy: Policy
    matching: Matching = "exact"
    borders: Borders = "strict"

    def of(self, parsed: Parsed, tokens: Sequence[str], types: Collection[str], format: Format) -> Outcome:
        """Return what a reply says when it is read so."""
        return ground(parsed, tokens, types, format, self.policy, self.matching, self.borders)


def main_reading(format: Format, policy: Policy) -> Reading:
    """Return the reading of every score; ``policy`` is that of lists and pairs."""
    return Reading("offsets" if format in MARKED else policy)


def readings(format: Format, policy: Policy) -> tuple[Reading, ...]:
    """Return the main reading, those that change one thing, and the one that changes all, each policy in its turn.

    >>> [(each.matching, each.borders) for each in readings("inline", "free")]
    [('exact', 'strict'), ('normalized', 'strict'), ('fuzzy', 'strict'), ('exact', 'snapped'), ('fuzzy', 'snapped')]
    """
    main = main_reading(format, policy)
    return (main, *others(main, () if format in MARKED else LISTED))


def others(main: Reading, policies: Sequence[Policy]) -> Iterator[Reading]:
    """Yield the readings beside the main one; the last is the most lenient."""
    yield from (replace(main, policy=policy) for policy in policies if policy != main.policy)
    yield from (replace(main, matching=matching) for matching in MATCHINGS[1:])
    yield replace(main, borders=BORDERS[-1])
    yield replace(main, matching=MATCHINGS[-1], borders=BORDERS[-1])


def reasons(outcome: Outcome, format: Format) -> Counter[str]:
    """Return what a reply began to name by what became of it (`REASONS`); the counts sum to `began`.

    A mention that an inline reply names in text that it changed is *in edited text*; in a list it is *absent from text*.

    >>> from openner_utils.llm.grounding import read
    >>> reply = '[{"text": "ann", "type": "PER"}, {"text": "Bo", "type": "PER"}, {"text": "An'
    >>> sorted((+reasons(read(reply, ["Ann"], ["PER"], "json"), "json")).items())
    [('absent from text', 2), ('truncated', 1)]
    """
    counts = Counter(
        {
            "exact": outcome.grounded - outcome.normalized - outcome.fuzzy,
            "normalized": outcome.normalized,
            "fuzzy": outcome.fuzzy,
            AGAIN: outcome.again,
            MALFORMED: outcome.malformed,
            TRUNCATED: outcome.truncated,
        }
    )
    edited = format in MARKED and TEXT_CHANGED in outcome.faults
    for loss in outcome.losses:
        counts[EDITED if edited and loss.reason == ABSENT else loss.reason] += 1
    return counts


def began(outcome: Outcome) -> int:
    """Return how many mentions a reply began to name: those it emitted, the malformed and the truncated ones."""
    return outcome.emitted + outcome.malformed + outcome.truncated


def score(labels: Sequence[str], reference: Collection[Mention]) -> Score:
    """Return the counts of a sentence's labels (IOB2, valid) against its mentions."""
    found, wanted = set(IOB2.decode(labels)), set(reference)
    return Score(len(found & wanted), len(found), len(wanted))


@dataclass(frozen=True, slots=True)
class Asked:
    """A sentence as it was asked about: its place, what was shown of it, and the mentions that it has.

    ``names``: what its prompt called each type, and the type of ``reference`` that it means.
    """

    part: tuple[str, str, str]
    sentence: int
    document: int
    tokens: tuple[str, ...]
    separator: str
    reference: tuple[Mention, ...]
    names: Mapping[str, str]

    def labels(self, labels: Sequence[str]) -> list[str]:
        """Return labels with the types of the reference in place of their names."""
        return [label[:2] + self.names[label[2:]] if label[2:] else label for label in labels]


@dataclass(frozen=True, slots=True)
class Audit:
    """What replies to one way of asking are worth under every reading and every harness, and what became of their mentions.

    ``counts``: rule (`OURS` or a harness), policy, matching, borders (empty for harnesses), corpus, language, split,
    sentence, document, correct, predicted, reference, ungrounded; ``reasons``: policy, matching, borders, corpus, language,
    reason, mentions; ``lost``: language, reason, text, type, sentence of every mention that the main reading loses.
    """

    counts: pd.DataFrame
    reasons: pd.DataFrame
    lost: pd.DataFrame


def audit(
    asked: Sequence[Asked],
    replies: Sequence[str],
    parsed: Sequence[Parsed],
    format: Format,
    policy: Policy,
) -> Audit:
    """Read the replies to all questions in every way; needs no model. ``policy``: the main one of lists and pairs."""
    counts: list[dict[str, Any]] = []
    became: list[dict[str, Any]] = []
    lost: list[dict[str, Any]] = []
    main, *_ = every = readings(format, policy)
    for reading in every:
        outcomes = [
            reading.of(said, each.tokens, each.names, format)
            for each, said in zip(asked, parsed, strict=True)
        ]
        for each, outcome in zip(asked, outcomes, strict=True):
            found = score(each.labels(outcome.labels), each.reference)
            counts.append(_counts(OURS, asdict(reading), each, found, len(outcome.losses)))
            if reading == main:
                lost += [_lost(each, loss) for loss in outcome.losses]
        for corpus, language, _ in dict.fromkeys(each.part for each in asked):
            total: Counter[str] = Counter()
            for each, outcome in zip(asked, outcomes, strict=True):
                if each.part[:2] == (corpus, language):
                    total.update(reasons(outcome, format))
            became += [
                {
                    **asdict(reading),
                    "corpus": corpus,
                    "language": language,
                    "reason": reason,
                    "mentions": total[reason],
                }
                for reason in REASONS
            ]
    for each, reply, said in zip(asked, replies, parsed, strict=True):
        for name, found in harnesses.scores(answer(each, reply, said, format)).items():
            counts.append(_counts(name, NO_READING, each, found, 0))
    return Audit(pd.DataFrame(counts), pd.DataFrame(became), pd.DataFrame(lost, columns=_LOST))


def scored(counts: pd.DataFrame, main: Reading) -> pd.DataFrame:
    """Return precision, recall and F1 (percent) under the main reading, for each way of decoding, model and control, and language.

    ``counts``: those of `Audit`, with decoding and control. ``sentences`` is how many stand behind a row; where there are several languages a row
    over all of them (`EVERY`) follows, of mentions together.
    """
    of_main = counts["rule"].eq(OURS) & (counts[list(NO_READING)] == list(asdict(main).values())).all(axis=1)
    rows: list[dict[str, Any]] = []
    for (control, decoding), each in counts[of_main].groupby(["control", "decoding"], sort=False):
        languages = list(dict.fromkeys(each["language"]))
        for language in [*languages, *([EVERY] if len(languages) > 1 else [])]:
            chosen = each if language == EVERY else each[each["language"] == language]
            total = Score(*(int(chosen[name].sum()) for name in ("correct", "predicted", "reference")))
            rows.append(
                {
                    "decoding": decoding, "control": control, "language": language, "sentences": len(chosen),
                    "precision": 100 * total.precision, "recall": 100 * total.recall, "F1": 100 * total.f1,
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def named(found: Audit, names: Mapping[str, Any]) -> Audit:
    """Return an audit with the columns that tell its way of asking from others, before all others."""
    return Audit(*(_with(table, names) for table in (found.counts, found.reasons, found.lost)))


def _with(table: pd.DataFrame, names: Mapping[str, Any]) -> pd.DataFrame:
    columns = [*names, *table.columns]
    return table.assign(**names)[columns]


def answer(each: Asked, reply: str, said: Parsed, format: Format) -> Answer:
    """Return a reply as the rules of other tools get it, with the types of the reference in place of known names."""
    tokens = shown(each.tokens, format)
    tagged = ""
    if format == "inline":
        folded = {name.casefold() for name in each.names}
        tagged = without_reasoning(reply, visible("".join(tokens)), folded) or ""
    return Answer(tokens, each.separator, said.mentions, each.reference, each.names, tagged)


def _counts(
    rule: str, reading: Mapping[str, str], each: Asked, found: Score, ungrounded: int
) -> dict[str, Any]:
    corpus, language, split = each.part
    return {
        "rule": rule, **reading, "corpus": corpus, "language": language, "split": split, "sentence": each.sentence,
        "document": each.document, **asdict(found), "ungrounded": ungrounded,
    }  # fmt: skip


def _lost(each: Asked, loss: Loss) -> dict[str, Any]:
    values = (
        each.part[1],
        loss.reason,
        loss.mention.text,
        loss.mention.type,
        each.separator.join(each.tokens),
    )
    return dict(zip(_LOST, values, strict=True))
