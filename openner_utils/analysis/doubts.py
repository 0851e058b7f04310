"""Which labels of the test sets are in doubt? Places where encoders that never saw a sentence agree with each other against its labels.

Test sentences are in no training set, so every prediction of one is out of sample, as those of out-of-fold predictions are (Northcutt et
al. 2021 take these for what they call label errors); training sentences have no such predictions here and are not looked at. A
candidate is a mention that at least `VOTERS` different encoders predict, each in most of its seeds, and that the labels lack. It is a
candidate and no error: a person decides, with the guidelines at hand. Encoders share blind spots, and one that is poor on a test set
(F1 below `LEAST`) has no vote there.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa

from openner_utils.analysis.question import Answer, Params, scored
from openner_utils.core.artifacts import CORE_RELEASE, TRAINED, Inputs
from openner_utils.core.document import Mention
from openner_utils.core.encoding import IOB2
from openner_utils.core.releases import PART_KEYS

VOTERS = 2
"""Encoders that must agree."""
LEAST = 40.0
"""F1 (percent, mean over seeds) that an encoder needs on a test set to have a vote there."""
MISSING, TYPE, BOUNDARY, BOTH = "missing", "type", "boundary", "type and boundary"
CANDIDATES = [
    "id", "corpus", "language", "split", "sentence", "file", "line", "kind", "words", "labelled", "proposed", "voters", "of",
    "f1_voters", "f1_others",
]  # fmt: skip
PATCHES = ["id", "file", "line", "before", "after"]

Labels = tuple[str, ...]
Place = tuple[str, str, int]
"""Corpus, language and sentence of the test split."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A test sentence with its labels, and where it lies; ``lines`` are those of its tokens in ``file``."""

    tokens: tuple[str, ...]
    labels: Labels
    file: str
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """One encoder under one regime: the labels that each seed predicts of each sentence."""

    system: str
    regime: str
    seeds: Mapping[int, Mapping[Place, Labels]]


@dataclass(frozen=True, slots=True)
class Findings:
    """How many candidates there are, of how many mentions, on how many test sets, by kind; and those where too few had a vote.

    ``voters`` and ``others``: mean rise of F1 in points of the encoders that proposed a candidate, and of the others; the latter over the
    ``others_over`` candidates that some encoder did not propose.
    """

    candidates: int
    mentions: int
    test_sets: int
    kinds: Mapping[str, int]
    without: int
    voters: float
    others: float
    others_over: int


def answer(inputs: Inputs, params: Params) -> Answer:
    """Answer the question from what encoders predicted of the core release's test sets."""
    sentences = dict(_sentences(inputs.of_corpora(CORE_RELEASE, params.data.corpora)))
    runs = [
        _run(inputs.table(TRAINED.predictions, **unit), unit["encoder"], unit["regime"])
        for unit in scored(params)
        if params.train.regimes[unit["regime"]].release == "core"
    ]
    found = tables(sentences, runs)
    return Answer(found, findings(found))


def _sentences(release: pa.Table) -> Iterator[tuple[Place, Sentence]]:
    columns = [*PART_KEYS, "sentence", "tokens", "labels", "file", "lines"]
    for row in release.select(columns).to_pylist():
        if row["split"] == "test":
            place = (row["corpus"], row["language"], row["sentence"])
            yield (
                place,
                Sentence(tuple(row["tokens"]), tuple(row["labels"]), row["file"], tuple(row["lines"])),
            )


def _run(predictions: pa.Table, system: str, regime: str) -> Run:
    seeds: dict[int, dict[Place, Labels]] = defaultdict(dict)
    for row in predictions.select([*PART_KEYS, "seed", "sentence", "labels"]).to_pylist():
        if row["split"] == "test":
            seeds[row["seed"]][row["corpus"], row["language"], row["sentence"]] = tuple(row["labels"])
    return Run(system, regime, seeds)


def tables(sentences: Mapping[Place, Sentence], runs: Sequence[Run]) -> dict[str, pd.DataFrame]:
    """Return ``candidates``, ``patches`` (each label that a candidate would change, before and after) and ``test_sets``.

    ``f1_voters`` and ``f1_others``: by how many points the F1 of the encoders that proposed a candidate would rise, and that of the others on
    the same test set, if it alone were taken (means over seeds). That of the voters rises because they proposed it.
    """
    candidates: list[dict[str, object]] = []
    patches: list[dict[str, object]] = []
    sets: list[dict[str, object]] = []
    parts: dict[tuple[str, str], list[Place]] = defaultdict(list)
    for place in sentences:
        parts[place[:2]].append(place)
    for (corpus, language), places in sorted(parts.items()):
        counted = {n: _counted(run, places, sentences) for n, run in enumerate(runs)}
        tested = {n: counts for n, counts in counted.items() if counts}
        f1 = {n: sum(map(_f1, counts.values())) / len(counts) for n, counts in tested.items()}
        voting = [n for n in tested if f1[n] >= LEAST]
        systems = {runs[n].system for n in voting}
        mentions = sum(len(IOB2.decode(sentences[place].labels)) for place in places)
        before = len(candidates)
        if len(systems) >= VOTERS:
            for place in sorted(places):
                for mention, names in _agreed(place, [runs[n] for n in voting]).items():
                    gold = IOB2.decode(sentences[place].labels)
                    if mention in gold or len(names) < VOTERS:
                        continue
                    row, changes = _candidate(place, sentences[place], mention, gold)
                    rises = {n: _rise(runs[n], tested[n], place, gold, mention) for n in tested}
                    sides = [
                        [rises[n] for n in tested if (runs[n].system in names) is side]
                        for side in (True, False)
                    ]
                    candidates.append(
                        row
                        | {"voters": len(names), "of": len(systems)}
                        | dict(zip(("f1_voters", "f1_others"), map(_mean, sides), strict=True))
                    )
                    patches += changes
        if tested:
            sets.append(
                {
                    "corpus": corpus, "language": language, "sentences": len(places), "mentions": mentions, "encoders": len(systems),
                    "candidates": len(candidates) - before,
                }
            )  # fmt: skip
    found = pd.DataFrame(candidates, columns=CANDIDATES)
    order = ["voters", "f1_others", "corpus", "language", "sentence", "id"]
    found = found.sort_values(order, ascending=[False, False, True, True, True, True], ignore_index=True)
    columns = ["corpus", "language", "sentences", "mentions", "encoders", "candidates"]
    return {
        "candidates": found,
        "patches": pd.DataFrame(patches, columns=PATCHES),
        "test_sets": pd.DataFrame(sets, columns=columns),
    }


def _agreed(place: Place, runs: Sequence[Run]) -> dict[Mention, set[str]]:
    """Return the mentions of a sentence that runs predict in most of their seeds, and the encoders that do, under any regime."""
    found: dict[Mention, set[str]] = defaultdict(set)
    for run in runs:
        votes = Counter(
            mention
            for predicted in run.seeds.values()
            if place in predicted
            for mention in IOB2.decode(predicted[place])
        )
        for mention, number in votes.items():
            if 2 * number > len(run.seeds):
                found[mention].add(run.system)
    return dict(sorted(found.items(), key=lambda each: (each[0].span.start, each[0].span.end, each[0].type)))


def _candidate(
    place: Place, sentence: Sentence, mention: Mention, gold: Sequence[Mention]
) -> tuple[dict[str, object], list[dict[str, object]]]:
    """Return the row of a candidate, and the labels that it would change."""
    start, end = mention.span.start, mention.span.end
    overlapped = _overlapped(gold, mention)
    after = patched(sentence.labels, mention)
    corpus, language, number = place
    key = "\n".join((corpus, language, str(number), str(start), str(end), mention.type, *sentence.labels))
    name = f"{corpus}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"
    row = {
        "id": name, "corpus": corpus, "language": language, "split": "test", "sentence": number, "file": sentence.file,
        "line": sentence.lines[start], "kind": _kind(overlapped, mention),
        "words": " ".join(sentence.tokens[start:end]),
        "labelled": "; ".join(f"{' '.join(sentence.tokens[m.span.start : m.span.end])} [{m.type}]" for m in overlapped),
        "proposed": mention.type,
    }  # fmt: skip
    changes = [
        {"id": name, "file": sentence.file, "line": line, "before": old, "after": new}
        for line, old, new in zip(sentence.lines, sentence.labels, after, strict=True)
        if old != new
    ]
    return row, changes


def _overlapped(gold: Sequence[Mention], mention: Mention) -> list[Mention]:
    return [m for m in gold if m.span.start < mention.span.end and mention.span.start < m.span.end]


def patched(labels: Labels, mention: Mention) -> Labels:
    """Return IOB2 labels with a mention in the place of whatever it overlaps.

    >>> from openner_utils.core.document import Span
    >>> patched(("B-PER", "I-PER", "O"), Mention(Span(1, 3), "LOC"))
    ('O', 'B-LOC', 'I-LOC')
    """
    gold = IOB2.decode(labels)
    overlapped = _overlapped(gold, mention)
    after = ["O"] * len(labels)
    for each in (*(m for m in gold if m not in overlapped), mention):
        for n in range(each.span.start, each.span.end):
            after[n] = f"{'B' if n == each.span.start else 'I'}-{each.type}"
    return tuple(after)


def _kind(overlapped: Sequence[Mention], mention: Mention) -> str:
    """Return what a candidate says is wrong: no mention there, or another type, or other borders."""
    if not overlapped:
        return MISSING
    if len(overlapped) == 1 and overlapped[0].span == mention.span:
        return TYPE
    return BOUNDARY if all(m.type == mention.type for m in overlapped) else BOTH


Totals = tuple[int, int, int]
"""Right, predicted and reference mentions."""


def _counted(run: Run, places: Sequence[Place], sentences: Mapping[Place, Sentence]) -> dict[int, Totals]:
    """Return the counts of each seed on a test set; nothing where a run was not tested on it."""
    found = {}
    for seed, predicted in run.seeds.items():
        rows = [
            (IOB2.decode(predicted[place]), IOB2.decode(sentences[place].labels))
            for place in places
            if place in predicted
        ]
        if rows:
            found[seed] = (
                sum(len({*each} & {*gold}) for each, gold in rows),
                sum(len(each) for each, _ in rows),
                sum(len(gold) for _, gold in rows),
            )
    return found


def _f1(counts: Totals) -> float:
    right, predicted, reference = counts
    return 200 * right / (predicted + reference) if predicted + reference else 0.0


def _rise(
    run: Run, counts: Mapping[int, Totals], place: Place, gold: Sequence[Mention], mention: Mention
) -> float:
    """Return by how many points the F1 of a run rises if a mention is taken into the labels, the mean over seeds."""
    overlapped = _overlapped(gold, mention)
    rises = []
    for seed, (right, predicted, reference) in counts.items():
        if place in run.seeds[seed]:
            mine = set(IOB2.decode(run.seeds[seed][place]))
            gained = (mention in mine) - len(mine & {*overlapped})
            after = (right + gained, predicted, reference + 1 - len(overlapped))
            rises.append(_f1(after) - _f1((right, predicted, reference)))
    return _mean(rises)


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if value == value]
    return sum(known) / len(known) if known else float("nan")


def findings(found: Mapping[str, pd.DataFrame]) -> Findings:
    """Return what the tables say."""
    candidates, sets = found["candidates"], found["test_sets"]
    voting = sets[sets["encoders"] >= VOTERS]
    kinds = candidates["kind"].value_counts()
    return Findings(
        len(candidates), int(voting["mentions"].sum()), len(voting),
        {kind: int(kinds[kind]) for kind in (MISSING, TYPE, BOUNDARY, BOTH) if kind in kinds},
        len(sets) - len(voting),
        _mean(candidates["f1_voters"].tolist()), _mean(candidates["f1_others"].tolist()),
        int(candidates["f1_others"].notna().sum()),
    )  # fmt: skip
