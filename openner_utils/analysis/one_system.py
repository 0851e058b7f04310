"""One system's counts per seed and sentence as arrays, and where its sentences stand: made once, for all that is asked of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from openner_utils.scoring.significance import Counts, Units
from openner_utils.support.errors import OpenNERError

N = TypeVar("N", bound=np.generic)
COUNTS = ["correct", "predicted", "reference"]
SENTENCE = ["corpus", "language", "sentence"]
FEWEST_DOCUMENTS = 10
"""Documents from which on a test set is taken to vary by document; with fewer their spread could not be told."""


def counts_of(sentences: pd.DataFrame) -> Counts:
    """Return counts [n_seeds, n_sentences, 3] of one system's rows; every seed must cover the same sentences.

    They are whole numbers but for rules that count halves (`scoring.rules`).
    """
    return System.of(sentences).counts


def units_of(sentences: pd.DataFrame) -> tuple[Units, str]:
    """Return the unit of each sentence of one system, in the order of `counts_of`, and their number and name.

    Sentences of one document resemble each other, so the document is the unit where a test set has at least
    `FEWEST_DOCUMENTS`; elsewhere each sentence is one.
    """
    once, _ = _in_order(sentences[sentences["seed"] == sentences["seed"].iloc[0]])
    return _units(once)


def _units(once: pd.DataFrame) -> tuple[Units, str]:
    """Return the units of sentences that stand in order, each once."""
    part = _codes(once, ["corpus", "language"])
    document, sentence = (once[name].to_numpy(np.int64) for name in ("document", "sentence"))
    pairs = np.unique(np.stack([part, document]), axis=1)
    several = np.bincount(pairs[0], minlength=part.max(initial=0) + 1) >= FEWEST_DOCUMENTS
    documents = several[part]
    inside = np.where(documents, document, sentence)
    units = pd.factorize(part * (inside.max(initial=0) + 1) + inside)[0]
    names = {True: "documents", False: "sentences"}
    kinds = " and ".join(names[kind] for kind in sorted(set(documents.tolist()), reverse=True))
    return units.astype(np.int64), f"{units.max(initial=-1) + 1} {kinds}"


@dataclass(frozen=True, eq=False)
class Places:
    """Where the sentences of a system stand: ``once`` has one row each, in order, those of the first seed."""

    once: pd.DataFrame

    @cached_property
    def units(self) -> tuple[Units, str]:
        """The unit of each sentence, as `units_of` has it."""
        return _units(self.once)

    @cached_property
    def _keys(self) -> tuple[NDArray[Any], ...]:
        """The columns that tell whether two are the same, the one that differs soonest first."""
        return tuple(self.once[name].to_numpy() for name in (*reversed(SENTENCE), "document"))

    def same(self, other: "Places") -> bool:
        """Return whether another system was scored on the same sentences, of the same documents."""
        return self is other or (
            len(self.once) == len(other.once)
            and all(bool((a == b).all()) for a, b in zip(self._keys, other._keys, strict=True))
        )

    def shared(self, other: "Places") -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return where in both the sentences stand that both have, in order [2, n_shared]."""
        one, two = (
            each.once[SENTENCE].assign(**{at: np.arange(len(each.once))})
            for each, at in ((self, "at"), (other, "at_other"))
        )
        both = one.merge(two, on=SENTENCE)
        return both["at"].to_numpy(np.int64), both["at_other"].to_numpy(np.int64)


@dataclass(frozen=True, eq=False)
class System:
    """One system's rows as arrays: counts [n_seeds, n_sentences, 3], and where the sentences stand."""

    counts: Counts
    places: Places

    @classmethod
    def of(cls, sentences: pd.DataFrame) -> "System":
        """Return the system of some rows; `OpenNERError` where they are not whole runs on the same sentences."""
        ordered, place = _in_order(sentences)
        seed = ordered["seed"].to_numpy()
        seeds = len(np.unique(seed))
        each = len(ordered) // seeds if seeds else 0
        if (
            not each
            or len(ordered) % seeds
            or not _is_whole(seed.reshape(seeds, each), place.reshape(seeds, each))
        ):
            raise OpenNERError(
                f"A system's {len(ordered)} scored sentences do not form whole runs of {seeds} seed(s)."
            )
        if ordered[COUNTS].isna().any(axis=None):
            raise OpenNERError("A system's counts are incomplete. Run the stage score.")
        return cls._made(ordered[COUNTS].to_numpy().reshape(seeds, each, 3), Places(ordered.head(each)))

    @classmethod
    def _made(cls, counts: Counts, places: Places) -> "System":
        if (counts == (whole := counts.astype(np.int64))).all():
            counts = whole
        if (counts[:, :, 2] != counts[:1, :, 2]).any():
            raise OpenNERError(
                "A system's seeds were scored against different references. Run the stage score."
            )
        return cls(counts, places)

    def counted(self, counts: NDArray[Any]) -> "System":
        """Return the same runs on the same sentences with other counts, in the order of `counts`, whatever their shape."""
        return self._made(counts.reshape(self.counts.shape), self.places)

    def on(self, at: NDArray[np.int64]) -> "System":
        """Return the system on some of its sentences [n_chosen], in order."""
        return self._made(self.counts[:, at], Places(self.places.once.iloc[at]))

    @cached_property
    def summed(self) -> Counts:
        """The counts of whole units [n_seeds, n_units, 3]."""
        return of_units(self.counts, self.places.units[0])


def _is_whole(seed: NDArray[Any], place: NDArray[np.int64]) -> bool:
    """Return whether runs [n_seeds, n_sentences] are one seed each, on the same sentences, none of them twice."""
    once = (np.diff(place[0]) > 0).all()
    return bool(once and (seed == seed[:, :1]).all() and (place == place[0]).all())


def of_units(counts: NDArray[N], units: Units) -> NDArray[N]:
    """Return the counts of whole units [n_seeds, n_units, 3]; unlike `significance`, halves of a mention too."""
    by_sentence = counts.swapaxes(0, 1)
    number = int(units.max(initial=-1)) + 1
    if number == len(units) and (units == np.arange(number)).all():  # each sentence is a unit of its own
        return by_sentence.copy(order="C").swapaxes(0, 1)
    summed = np.zeros((number, len(counts), 3), counts.dtype)
    np.add.at(summed, units, by_sentence)
    return summed.swapaxes(0, 1)


def in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows by seed and place; those of one system, taken out of them, stand so, too."""
    return _in_order(rows)[0]


def _in_order(rows: pd.DataFrame) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """Return rows by seed and place, and the number of each row's place [n_rows]. They mostly stand so, and are then not copied."""
    place = _codes(rows, SENTENCE)
    whole = _codes(rows, ["seed"]) * (place.max(initial=0) + 1) + place
    if (np.diff(whole) >= 0).all():
        return rows, place
    order = np.argsort(whole, kind="stable")
    return rows.iloc[order], place[order]


def _codes(rows: pd.DataFrame, names: Sequence[str]) -> NDArray[np.int64]:
    """Return a number for each row [n_rows] that orders rows as the columns do, one after the other."""
    codes = np.zeros(len(rows), np.int64)
    for name in names:
        own, number = _of_column(rows[name])
        codes = codes * number + own
    return codes


def _of_column(column: pd.Series) -> tuple[NDArray[np.int64], int]:
    """Return a number for each value that orders them, and a number that is greater than all of these.

    Numbers that are none of a hash are that themselves, and most frames are of one corpus and language: neither needs a table of values.
    """
    values = column.array
    if column.dtype.kind == "i" and 0 <= column.min() <= column.max() < 1 << 31:
        own = column.to_numpy(np.int64)
        return own, int(own.max()) + 1
    if len(values) and bool((values == values[0]).all()):
        return np.zeros(len(values), np.int64), 1
    own, known = pd.factorize(column, sort=True)
    return own, max(len(known), 1)
