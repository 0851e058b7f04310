"""Inline or JSON prompts: which is better, what is lost on the way, and does the model know anything at all?

A model trained inside the pipeline is judged against its control, the same model trained with shuffled labels. Where it
does not beat the control beyond chance, no conclusion about prompts is drawn from it. Controls are never pooled with
models. Mentions that a reply names and that are lost (not in the sentence, of an unknown type, overlapping another) are
dropped, as the labels demand, and beside it counted as predicted and wrong: a format that loses many looks better than it
is without the second figure. What else hangs on the reading of the replies, and not on the model, is measured in `measurement`; what
constraining costs is in `price`; which way of asking is chosen on dev, in `choice`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from openner_utils.analysis import choice, measurement, price
from openner_utils.analysis.question import Answer, Params, core_sentences, of_all_askings
from openner_utils.analysis.systems import (
    Comparison,
    chosen,
    compared,
    comparisons,
    models_of,
    with_intervals,
)
from openner_utils.config.params import Compare
from openner_utils.core.artifacts import ACCOUNT, DEV, READINGS, REASONS, TOOK, Inputs

GROUNDED, AGAIN = "grounded", "named again"
OFFSETS = "offsets"
"""The grounding policy of inline replies, which say where a mention stands."""
DROPPED, COUNTED = "dropped", "counted as predicted"
RUN = ["system", "language", "format", "decoding"]
_SCORE = ["language", "f1", "low", "high", "sentences", "f1_counted", "ungrounded"]


@dataclass(frozen=True, slots=True)
class Score:
    """F1 (percent) in one language, and ``f1_counted`` with its ``ungrounded`` mentions counted as predicted."""

    language: str
    f1: float
    low: float
    high: float
    sentences: int
    f1_counted: float
    ungrounded: int


@dataclass(frozen=True, slots=True)
class Scores:
    """One model asked in one way: its score in each language."""

    system: str
    format: str
    decoding: str
    languages: tuple[Score, ...]


@dataclass(frozen=True, slots=True)
class Formats:
    """JSON minus inline in each language, ungrounded mentions ``dropped``, and ``counted`` where that is another number.

    ``silent``: languages in which neither format beats the control, so that nothing is concluded. ``over`` says what
    the differences are over.
    """

    system: str
    decoding: str
    silent: tuple[str, ...]
    dropped: tuple[Comparison, ...]
    counted: tuple[Comparison, ...]
    over: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Account:
    """What became of the mentions that the replies to one way of asking ``named``."""

    system: str
    format: str
    decoding: str
    named: int
    grounded: int
    again: int

    @property
    def lost(self) -> int:
        """Mentions that have no place in their sentence, or that no type was known for."""
        return self.named - self.grounded - self.again


@dataclass(frozen=True, slots=True)
class Findings:
    """What the tables say. ``family``: the rows over which differences of formats are judged.

    ``asked_once``: there is one model of each kind only, so that its seeds say nothing.
    """

    scores: tuple[Scores, ...]
    formats: tuple[Formats, ...]
    family: int
    asked_once: bool
    accounts: tuple[Account, ...]
    measured: measurement.Findings = measurement.NOTHING
    priced: price.Findings = price.NOTHING
    best: choice.Findings = choice.NOTHING


def answer(inputs: Inputs, params: Params) -> Answer:
    """Answer the question from the scores and from what became of the mentions that replies named."""
    sentences = core_sentences(inputs, params)
    policy, how = params.prompt.policy, params.compare
    losses, readings, reasons, took, dev = (
        of_all_askings(inputs, params, each) for each in (ACCOUNT, READINGS, REASONS, TOOK, DEV)
    )
    found = tables(sentences, losses, policy, how)
    measured = measurement.tables(sentences, readings, reasons, policy, how)
    priced = price.tables(_main(sentences, policy), took, how)
    best = choice.tables(_main(sentences, policy), dev, how)
    told = findings(found, measurement.findings(measured), price.findings(priced), choice.findings(best))
    return Answer(found | measured | priced | best, told)


def _main(sentences: pd.DataFrame, policy: str) -> pd.DataFrame:
    """Return the rows of language models under the main policy."""
    models = models_of(sentences)
    return models[models["policy"].isin([OFFSETS, policy])]


def tables(
    sentences: pd.DataFrame, losses: pd.DataFrame, policy: str, how: Compare
) -> dict[str, pd.DataFrame]:
    """Return ``scores``, ``policies``, ``against_control``, ``formats`` (JSON minus inline) and ``losses``.

    ``sentences``: counts per sentence (`stages.score`); ``losses``: named mentions by what became of them (columns
    of RUN, policy, control, reason, mentions); ``policy``: the main grounding policy of JSON replies.
    """
    models, main = models_of(sentences), _main(sentences, policy)
    asked = chosen(main, control=False)
    against, formats = [], []
    for keys, rows in asked.groupby(RUN):
        names: dict[str, Any] = dict(zip(RUN, keys, strict=True))
        control = chosen(main, control=True, **names)
        if len(control):
            against.append((names, control, rows))
        if names["format"] == "json":
            inline = chosen(asked, **{**names, "format": "inline"})
            named = {name: value for name, value in names.items() if name != "format"}
            if len(inline):
                formats += [
                    ({**named, "ungrounded": DROPPED}, inline, rows),
                    (
                        {**named, "ungrounded": COUNTED},
                        counted_as_predicted(inline),
                        counted_as_predicted(rows),
                    ),
                ]
    replies = losses[losses["policy"].isin([OFFSETS, policy])]
    return {
        "scores": both_ways(main, [*RUN, "control"], how),
        "policies": both_ways(chosen(models, format="json", control=False), [*RUN, "policy"], how),
        "against_control": compared(against, how, RUN),
        "formats": compared(formats, how, ["system", "language", "decoding", "ungrounded"]),
        "losses": replies.groupby(
            ["system", "format", "decoding", "control", "reason"], as_index=False, sort=False
        )["mentions"].sum(),
    }


def counted_as_predicted(sentences: pd.DataFrame) -> pd.DataFrame:
    """Return counts in which mentions without a place are predicted and wrong."""
    return sentences.assign(predicted=sentences["predicted"] + sentences["ungrounded"])


def both_ways(sentences: pd.DataFrame, by: list[str], how: Compare) -> pd.DataFrame:
    """Return F1 with its interval, ungrounded mentions dropped, and beside it counted as predicted."""
    dropped = with_intervals(sentences, by, how)
    wrong = with_intervals(counted_as_predicted(sentences), by, how)
    at = dropped.columns.get_loc("over")
    for name in reversed(("f1", "low", "high")):
        dropped.insert(at, f"{name}_counted", wrong[name])
    ungrounded = sentences.groupby(by, sort=True)["ungrounded"].sum()
    dropped["ungrounded"] = ungrounded.to_numpy(int)
    return dropped


def beats_control(found: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return, per system, language and way of decoding, whether either format beats its control beyond chance.

    Where one does and the other does not, the difference between the formats is still a finding.
    """
    keys = ["system", "language", "decoding"]
    against = found["against_control"]
    if not len(against):
        return pd.DataFrame(columns=[*keys, "beats"])
    beats = against["clear"] & (against["difference"] > 0)
    return against.assign(beats=beats).groupby(keys, as_index=False)["beats"].any()


def findings(
    found: Mapping[str, pd.DataFrame],
    measured: measurement.Findings = measurement.NOTHING,
    priced: price.Findings = price.NOTHING,
    best: choice.Findings = choice.NOTHING,
) -> Findings:
    """Return what the tables say, what was ``measured`` and ``priced``, and what is ``best`` on dev; controls are in none of it but where a model does not beat its own."""
    asked = ["system", "format", "decoding"]
    scores = tuple(
        Scores(system, format, decoding, tuple(Score(*row) for row in rows[_SCORE].itertuples(index=False)))
        for (system, format, decoding), rows in chosen(found["scores"], control=False).groupby(asked)
    )
    accounts = []
    for (system, format, decoding), rows in chosen(found["losses"], control=False).groupby(asked):
        of = rows.groupby("reason")["mentions"].sum()
        accounts.append(
            Account(system, format, decoding, int(of.sum()), int(of.get(GROUNDED, 0)), int(of.get(AGAIN, 0)))
        )
    formats = found["formats"]
    return Findings(
        scores,
        tuple(_formats(found)),
        len(formats),
        set(formats["seeds"]) == {"1"},
        tuple(accounts),
        measured,
        priced,
        best,
    )


def _formats(found: Mapping[str, pd.DataFrame]) -> Iterator[Formats]:
    beaten = beats_control(found)
    for (system, decoding), rows in found["formats"].groupby(["system", "decoding"], sort=False):
        here = chosen(beaten, system=system, decoding=decoding)
        silent = sorted(here.loc[~here["beats"].astype(bool), "language"])
        told = rows[~rows["language"].isin(silent)]
        dropped, with_lost = (
            comparisons(chosen(told, ungrounded=way), "language") for way in (DROPPED, COUNTED)
        )
        yield Formats(
            str(system), str(decoding), tuple(silent), dropped,
            # Where no mention was lost, both ways are one.
            () if [each.value for each in dropped] == [each.value for each in with_lost] else with_lost,
            tuple(sorted(set(told["over"]))),
        )  # fmt: skip
