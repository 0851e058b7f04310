"""Who helps a language of which there is little? F1 by the size of the target, beside related and unrelated donors of equal size.

A donor is related to a target where the catalog gives their languages one family or one script. The F1 of several donors of a kind is
that of their counts together: each seed gives one value, so that an interval is over seeds and sentences, and speaks of these donors
and of no others. All exact mentions in core types count.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from openner_utils.analysis.counts import References, counted
from openner_utils.analysis.one_system import COUNTS
from openner_utils.analysis.question import Params
from openner_utils.analysis.relations import NEITHER, relation
from openner_utils.analysis.systems import Comparison, compared, comparisons, with_intervals
from openner_utils.config.params import Compare, Regime
from openner_utils.core.artifacts import CORE_RELEASE, TRAINED, Inputs
from openner_utils.core.columns import Columns
from openner_utils.scoring.mentions import count
from openner_utils.scoring.significance import Counts
from openner_utils.support.errors import OpenNERError

RELATED, UNRELATED, ALONE = "related", "unrelated", "no donor"
KINDS = (RELATED, UNRELATED, ALONE)
FEWEST_SIZES = 2
"""Sizes of a target from which on there is a curve."""
_BY = ("train_corpus", "train_language", "target_sentences")
_TARGET = ["system", "regime", "corpus", "language"]
_POINT = [*_TARGET, "target_sentences"]
_PLACE = ["seed", "corpus", "language", "sentence", "document"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One donor (empty: none) with so many sentences of a target: how they are related, and counts per seed and sentence of its test set."""

    system: str
    regime: str
    donor: str
    kind: str
    sentences: int
    counts: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Target:
    """What donors do for one target (corpus/language) with one encoder under one regime.

    ``donors``: kind → who; ``gains``: related minus unrelated by number of target sentences (``what``); ``sizes``: the numbers at which
    anything was tested; ``missing``: those that were asked for and that the target does not have. ``matched``: all trainings took as many
    steps. ``sentences``: those of the test set, and ``seeds`` of each training.
    """

    system: str
    regime: str
    target: str
    sentences: int
    seeds: int
    donors: Mapping[str, tuple[str, ...]]
    gains: tuple[Comparison, ...]
    sizes: tuple[int, ...]
    missing: tuple[int, ...]
    matched: bool


def tables(inputs: Inputs, params: Params) -> dict[str, pd.DataFrame]:
    """Return the tables of `curves` for what was trained under regimes with targets."""
    donating = [name for name, regime in params.train.regimes.items() if regime.targets is not None]
    if not donating:
        return curves([], params.compare)
    references = References(inputs.of_corpora(CORE_RELEASE, params.data.corpora))
    entries = [
        Entry(encoder, regime, *_donor(key), key[2], frame)  # type: ignore[arg-type]  # the third column holds numbers
        for encoder in params.encoders
        for regime in donating
        for key, frame in counted(
            inputs.table(TRAINED.transferred, encoder=encoder, regime=regime),
            _BY,
            references,
            lambda _: _all,
            "of",
        )
    ]
    return curves(entries, params.compare)


def _donor(key: tuple[str, ...]) -> tuple[str, str]:
    """Return a donor's name, and how it is related to the target."""
    corpus, code, _, *target = key
    if not corpus:
        return "", ALONE
    return f"{corpus}/{code}", UNRELATED if relation(
        (corpus, code), tuple(target[:2])
    ) == NEITHER else RELATED


def _all(reference: Columns, predicted: Columns) -> dict[str, Counts]:
    return {"all types": count(reference, predicted).values.sum(axis=1).astype(np.int64)}


def curves(entries: Iterable[Entry], how: Compare) -> dict[str, pd.DataFrame]:
    """Return ``curve`` (F1 by target, its size and the kind of donor) and ``helped`` (related minus unrelated; all one family, Holm).

    Test sets without mentions are left out. Raises `OpenNERError` where donors of one kind were not tested by the same seeds on the
    same sentences: their mean would be of other things at each size.
    """
    groups: dict[tuple[str, str, str, str, int, str], list[Entry]] = {}
    for entry in entries:
        if not entry.counts["reference"].any():
            continue
        corpus, code = entry.counts["corpus"].iloc[0], entry.counts["language"].iloc[0]
        key = (entry.system, entry.regime, corpus, code, entry.sentences, entry.kind)
        groups.setdefault(key, []).append(entry)
    pooled = {
        key: _pooled(groups[key]) for key in sorted(groups, key=lambda key: (*key[:5], KINDS.index(key[5])))
    }
    rows = []
    for key, frame in pooled.items():
        said = with_intervals(frame.assign(kind=key[5]), ["kind"], how)
        donors = [entry.donor for entry in groups[key] if entry.donor]
        rows.append(
            said.assign(**dict(zip(_POINT, key[:5], strict=True)), donors=" ".join(sorted(donors)))[
                [*_POINT, "kind", "donors", *said.columns[1:]]
            ]
        )
    pairs = [
        (dict(zip(_POINT, key[:5], strict=True)), pooled[*key[:5], UNRELATED], frame)
        for key, frame in pooled.items()
        if key[5] == RELATED and (*key[:5], UNRELATED) in pooled
    ]
    empty = with_intervals(pd.DataFrame(columns=["kind", "seed"]), ["kind"], how)
    return {
        "curve": pd.concat(rows, ignore_index=True)
        if rows
        else pd.DataFrame(columns=[*_POINT, "kind", "donors", *empty.columns[1:]]),
        "helped": compared(pairs, how, _POINT),
    }


def _pooled(entries: Sequence[Entry]) -> pd.DataFrame:
    """Return counts per seed and sentence, the mean over donors."""
    together = pd.concat([entry.counts for entry in entries])
    found = together.groupby(_PLACE, sort=True, as_index=False)[COUNTS].agg("mean")
    if len(found) * len(entries) != len(together) or any(
        len(entry.counts) != len(found) for entry in entries
    ):
        raise OpenNERError(
            f"{entries[0].system}, {entries[0].regime}: donors ({', '.join(entry.donor for entry in entries)}) were not tested by the same "
            "seeds on the same sentences. Run the stage train."
        )
    return found


def findings(found: Mapping[str, pd.DataFrame], regimes: Mapping[str, Regime]) -> tuple[Target, ...]:
    """Return what the tables say of each target."""
    curve, helped = found["curve"], found["helped"]
    targets = []
    for (system, regime, corpus, code), rows in curve.groupby(_TARGET, sort=True):
        asked = regimes[regime].targets
        assert asked is not None
        sizes = tuple(sorted({int(size) for size in rows["target_sentences"]}))
        gains = helped[(helped[_TARGET] == [system, regime, corpus, code]).all(axis=1)]
        targets.append(
            Target(
                str(system),
                str(regime),
                f"{corpus}/{code}",
                int(rows["sentences"].max()),
                int(rows["seeds"].max()),
                {
                    kind: tuple(dict.fromkeys(" ".join(some["donors"]).split()))
                    for kind, some in rows.groupby("kind")
                    if kind != ALONE
                },
                comparisons(gains.assign(what=gains["target_sentences"].astype(str)), "what"),
                sizes,
                tuple(size for size in asked.sentences if isinstance(size, int) and size not in sizes),
                asked.steps == "matched",
            )
        )
    return tuple(targets)
