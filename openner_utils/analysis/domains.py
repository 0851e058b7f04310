"""What happens when a domain corpus joins? Corpora of one language, each trained on alone, and together under each loss.

A model of one corpus knows the types of that corpus. One of several knows those of all, and what a corpus leaves unannotated is taken for no
mention (union) or left open (masked, marginal). Each corpus is scored twice: in the types that it annotates, of which alone something is
predicted for it; and in all types of the model, where a mention of a type that the corpus does not annotate is spurious, as whoever runs the
model on such text and scores it by that corpus meets it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from openner_utils.analysis.counts import References, by_seed, grouped
from openner_utils.analysis.one_system import COUNTS
from openner_utils.analysis.ontologies import ORDER
from openner_utils.analysis.question import Params
from openner_utils.analysis.systems import Comparison, compared, comparisons, with_intervals
from openner_utils.catalog import load_card
from openner_utils.config.params import Compare, Regime
from openner_utils.core.artifacts import STANDARDIZED, TRAINED, TYPES, Inputs
from openner_utils.scoring.mentions import count

OWN, EVERY = "own types", "all types"
SEPARATE = "separate"
FEWEST_CORPORA = 2
"""Corpora of a language from which on one can join another."""
_SET = ["system", "language", "corpus"]
_TYPED = ["seed", "type", *COUNTS]


@dataclass(frozen=True, slots=True)
class Entry:
    """What one encoder under one regime predicts of one corpus in one ``view``: `OWN` or `EVERY`.

    ``counts``: right, predicted and reference mentions per seed and sentence; ``types``: the same per seed and type.
    """

    system: str
    regime: str
    corpus: str
    language: str
    view: str
    counts: pd.DataFrame
    types: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Moved:
    """A type of a corpus whose F1 changed by so many points; ``others``: how many of the other corpora annotate it."""

    corpus: str
    type: str
    points: float
    others: int
    of: int


@dataclass(frozen=True, slots=True)
class Joined:
    """One encoder, trained together under ``joint`` against ``separate``: differences on each corpus in its own types, and in all types.

    ``matched``: a model of each corpus took as many steps as the joint one. ``lost``: the type that lost most, None where none did; ``foreign``: mentions that the joint model names in a hundred sentences of types that their
    corpus does not annotate.
    """

    system: str
    joint: str
    separate: str
    own: tuple[Comparison, ...]
    every: tuple[Comparison, ...]
    matched: bool
    lost: Moved | None
    foreign: float


def tables(inputs: Inputs, params: Params) -> dict[str, pd.DataFrame]:
    """Return the tables of `comparisons_of` for regimes on the standardized release that train the same corpora alone and together."""
    regimes = params.train.regimes
    pairs = arms(regimes)
    compared_on = [regimes[separate].restrictions for separate, _ in pairs]
    used = [
        name
        for name, regime in regimes.items()
        if regime.release == "standardized" and regime.restrictions in compared_on
    ]
    types: dict[str, frozenset[str]] = {}
    entries: list[Entry] = []
    if used:
        references = References(inputs.of_corpora(STANDARDIZED, params.data.corpora))
        known = inputs.frame(TYPES)
        named = known[known["standardized"] != ""].groupby("corpus")["standardized"]
        types = {str(corpus): frozenset(values) for corpus, values in named}
        entries = [
            _entry(encoder, regime, view, key, some, references)
            for encoder in params.encoders
            for regime in used
            for view, made in ((OWN, TRAINED.predictions), (EVERY, TRAINED.unrestricted))
            for key, some in grouped(inputs.table(made, encoder=encoder, regime=regime))
        ]
    domains = {corpus: load_card(corpus).domain for corpus in params.data.corpora} if used else {}
    return comparisons_of(entries, pairs, types, domains, params.compare)


def _entry(
    system: str, regime: str, view: str, part: tuple[str, ...], some: pa.Table, references: References
) -> Entry:
    """Return the entry of some predictions of one part, counted."""
    frames, typed = [], []
    for seed, place, reference, predicted in by_seed(some, part, references):
        found = count(reference, predicted)
        sums = dict(zip(COUNTS, found.values.sum(axis=1).T.astype(np.int64), strict=True))
        frames.append(place.assign(seed=seed, **sums))
        each = zip(found.types, found.values.sum(axis=0).tolist(), strict=True)
        typed += [(seed, type, *row) for type, row in each]
    counts, types = pd.concat(frames, ignore_index=True), pd.DataFrame(typed, columns=_TYPED)
    return Entry(system, regime, part[0], part[1], view, counts, types)


def arms(regimes: Mapping[str, Regime]) -> list[tuple[str, str]]:
    """Return pairs of regimes that train on the same of the standardized release alone and together, plainer losses first.

    Where one trains alone for as many steps as together, those that take fewer are compared with none.
    """
    standardized = {name: regime for name, regime in regimes.items() if regime.release == "standardized"}
    pairs = [
        (separate, joint)
        for separate, alone in standardized.items()
        for joint, other in sorted(standardized.items(), key=lambda item: ORDER.index(item[1].ontology))
        if not alone.together and other.together and alone.restrictions == other.restrictions
    ]
    matched = [pair for pair in pairs if _takes_as_many(pair[0], pairs, regimes)]
    joints = {joint for _, joint in matched}
    return matched + [pair for pair in pairs if pair[1] not in joints]


def _takes_as_many(separate: str, pairs: Sequence[tuple[str, str]], regimes: Mapping[str, Regime]) -> bool:
    """Return whether a separate regime takes the steps of a joint one on the same data; all of these take as many."""
    return (separate, regimes[separate].steps_of) in pairs


def comparisons_of(
    entries: Iterable[Entry],
    pairs: Sequence[tuple[str, str]],
    types: Mapping[str, frozenset[str]],
    domains: Mapping[str, str],
    how: Compare,
) -> dict[str, pd.DataFrame]:
    """Return ``by_domain`` (F1 of each corpus under each regime), ``domains`` (together minus separate; all one family, Holm) and ``domain_types``.

    ``pairs``: names of regimes, separate and together; ``types``, ``domains``: corpus → the types that it annotates, and what it is of.
    ``domain_types``: see `_types`. Corpora that are not trained on alone are left out, and so are languages with only one.
    """
    whole = {(e.system, e.regime, e.language, e.corpus, e.view): e for e in entries}
    alone = {separate for separate, _ in pairs}
    corpora: dict[tuple[str, str], set[str]] = {}
    for system, regime, language, corpus, _ in whole:
        if regime in alone:
            corpora.setdefault((system, language), set()).add(corpus)
    # Alone before together, and plainer losses first, in tables and figures.
    order = [*dict.fromkeys(separate for separate, _ in pairs), *dict.fromkeys(joint for _, joint in pairs)]

    def place(regime: str) -> int:
        return order.index(regime) if regime in order else -1

    kept = {
        key: entry
        for key, entry in sorted(
            whole.items(), key=lambda item: (item[0][0], *item[0][2:], place(item[0][1]))
        )
        if len(among := corpora.get((entry.system, entry.language), set())) >= FEWEST_CORPORA
        and entry.corpus in among
        and entry.counts["reference"].any()
    }
    by = [*_SET, "domain", "view", "regime"]
    scored = [
        with_intervals(
            entry.counts.assign(
                system=entry.system, domain=domains[entry.corpus], view=entry.view, regime=entry.regime
            ),
            by,
            how,
        )
        for entry in kept.values()
    ]
    nothing = with_intervals(pd.DataFrame(columns=[*by, "seed"]), by, how)
    compared_keys = [*_SET, "view", "separate", "joint"]
    differences = [
        (
            dict(zip(compared_keys, (system, language, corpus, view, separate, joint), strict=True)),
            entry.counts,
            kept[system, joint, language, corpus, view].counts,
        )
        for (system, regime, language, corpus, view), entry in kept.items()
        for separate, joint in pairs
        if regime == separate and (system, joint, language, corpus, view) in kept
    ]
    return {
        "by_domain": pd.concat(scored, ignore_index=True) if scored else nothing,
        "domains": compared(differences, how, compared_keys),
        "domain_types": _types(kept.values(), corpora, types),
    }


def _types(
    entries: Iterable[Entry],
    corpora: Mapping[tuple[str, str], set[str]],
    types: Mapping[str, frozenset[str]],
) -> pd.DataFrame:
    """Return one row per corpus, regime and type that any corpus of the language annotates.

    ``f1`` (percent, mean over seeds) where the corpus annotates the type, in its own types; ``predicted``: mentions of it (mean over seeds), in
    all types where the corpus does not annotate it; ``others``: how many ``of`` the other corpora annotate it.
    """
    rows = []
    for entry in entries:
        together = corpora[entry.system, entry.language]
        others = together - {entry.corpus}
        seeds, sentences = (entry.counts[name].nunique() for name in ("seed", "sentence"))
        by_type = dict(list(entry.types.groupby("type")))
        for type in sorted(frozenset[str]().union(*(types[corpus] for corpus in together))):
            annotated = type in types[entry.corpus]
            if annotated != (entry.view == OWN):
                continue
            found = by_type.get(type, entry.types.head(0))
            named = found["predicted"] + found["reference"]
            mentions = int(found["reference"].sum()) // seeds
            f1 = float((200 * found["correct"] / named.clip(lower=1)).sum() / seeds)
            rows.append(
                (
                    entry.system, entry.language, entry.corpus, type, annotated, sum(type in types[each] for each in others),
                    len(others), entry.regime, f1 if annotated and mentions else np.nan, found["predicted"].sum() / seeds, mentions,
                    seeds, sentences,
                )
            )  # fmt: skip
    columns = [
        "type",
        "annotated",
        "others",
        "of",
        "regime",
        "f1",
        "predicted",
        "mentions",
        "seeds",
        "sentences",
    ]
    return pd.DataFrame(rows, columns=[*_SET, *columns])


def findings(found: Mapping[str, pd.DataFrame], regimes: Mapping[str, Regime]) -> tuple[Joined, ...]:
    """Return what the tables say."""
    domains, typed = found["domains"], found["domain_types"]
    named = domains.assign(on=domains["corpus"] + "/" + domains["language"])
    return tuple(
        Joined(
            str(system),
            str(joint),
            str(separate),
            comparisons(rows[rows["view"] == OWN], "on"),
            comparisons(rows[rows["view"] == EVERY], "on"),
            _takes_as_many(separate, arms(regimes), regimes),
            _lost(typed[typed["system"] == system], str(separate), str(joint)),
            _foreign(typed[(typed["system"] == system) & (typed["regime"] == joint)]),
        )
        for (system, separate, joint), rows in named.groupby(["system", "separate", "joint"], sort=False)
    )


def _lost(typed: pd.DataFrame, separate: str, joint: str) -> Moved | None:
    """Return the type of a corpus that lost most."""
    keys = [*_SET, "type", "others", "of"]
    wide = typed[typed["annotated"].astype(bool)].pivot_table(index=keys, columns="regime", values="f1")
    change = (
        (wide[joint] - wide[separate]).dropna()
        if {separate, joint} <= {*wide.columns}
        else pd.Series(dtype=float)
    )
    if change.empty or change.min() >= 0:
        return None
    _, code, corpus, type, others, of = change.idxmin()
    return Moved(f"{corpus}/{code}", str(type), float(change.min()), int(others), int(of))


def _foreign(typed: pd.DataFrame) -> float:
    """Return mentions of types that their corpus does not annotate, in a hundred sentences."""
    sentences = typed.drop_duplicates(_SET)["sentences"].sum()
    return (
        float(100 * typed.loc[~typed["annotated"].astype(bool), "predicted"].sum() / sentences)
        if sentences
        else 0.0
    )
