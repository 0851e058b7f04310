"""Label flaws planted by hash: which mentions get one at a dose, and what is then read by each way of repair.

A mention has a number in [0, 1) that follows from where it stands and from the planting's seed. At a dose it is flawed where its
number is below the dose, so a larger dose holds all flaws of a smaller one, on every machine.

What is read of flawed labels depends on what is done with them first:

- ``conlleval`` and ``discard``: they are repaired (`core.repair`). ``discard`` is defined for IOB2 alone.
- ``none``: they stay as they are. A scorer that does not repair refuses them (SeqScore), so sentences with an invalid label are left out.

A label that no encoding can read cannot be repaired either: it becomes ``O`` by hand before the others are.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from openner_utils.core.columns import Columns, Ints, Mask, offsets_of
from openner_utils.core.encoding import BIOES, IOB2, OUTSIDE, Encoding, Mentions, mentions_of, states
from openner_utils.core.releases import PART
from openner_utils.core.repair import METHODS, discarded

Floats = NDArray[np.float64]
Keys = NDArray[np.uint64]

START, TYPE, UNREADABLE = "I- without B-", "another type inside", "unreadable label"
ILLEGAL_START, ILLEGAL_END = "illegal start (BIOES)", "illegal end (BIOES)"
KINDS: Mapping[str, str] = {
    START: "a mention's first label is I-",
    TYPE: "from some inner token of a mention on, its labels name another type",
    UNREADABLE: "one label of a mention is no label of the encoding",
    ILLEGAL_START: "a mention's first label is E-, or I- where it has one token",
    ILLEGAL_END: "a mention's last label is I-, or B- where it has one token",
}
"""Each kind of flaw, and what it is."""
ENCODINGS: Mapping[str, Encoding] = {
    START: IOB2, TYPE: IOB2, UNREADABLE: IOB2, ILLEGAL_START: BIOES, ILLEGAL_END: BIOES,
}  # fmt: skip
"""The encoding that a kind of flaw belongs to: IOB2 has no label for the end of a mention."""


def repairs_of(kind: str) -> tuple[str, ...]:
    """Return the ways of repair that are defined for a kind of flaw."""
    return tuple(each for each in METHODS if each != "discard" or ENCODINGS[kind] is IOB2)


@dataclass(frozen=True, slots=True, eq=False)
class Sites:
    """The mentions of some sentences that can have a flaw of one kind, and what it would make of them.

    ``chance`` [n_sites] in [0, 1); ``start`` and ``end`` [n_sites]: the tokens whose labels change; ``shift`` [n_sites]: a row of
    ``table`` [n_shifts, n_names], which gives the new label of each. ``sentence`` [n_mentions]: that of every mention, also of those that
    cannot have the flaw.
    """

    columns: Columns
    kind: str
    chance: Floats
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    shift: NDArray[np.int64]
    table: Ints
    sentence: Ints

    def flawed(self, dose: float) -> Mask:
        """Return which sites have the flaw at a dose, a share from 0 to 1 [n_sites]."""
        return self.chance < dose

    def planted(self, dose: float) -> Columns:
        """Return the labels where so large a share of the sites is flawed."""
        chosen = np.flatnonzero(self.flawed(dose))
        lengths = self.end[chosen] - self.start[chosen]
        edges = offsets_of(lengths)
        tokens = np.arange(edges[-1]) + np.repeat(self.start[chosen] - edges[:-1], lengths)
        labels = self.columns.labels.copy()
        labels[tokens] = self.table[np.repeat(self.shift[chosen], lengths), labels[tokens]]
        return replace(self.columns, labels=labels)

    def read(self, dose: float) -> dict[str, "Reading"]:
        """Return what each way of repair reads where so large a share of the sites is flawed."""
        found = readings(self.planted(dose), ENCODINGS[self.kind])
        if self.kind == UNREADABLE:
            chosen = np.flatnonzero(self.flawed(dose))
            left_out = found["none"].left_out.copy()
            left_out[self._sentences(chosen)] = True
            found["none"] = replace(found["none"], left_out=left_out)
        return found

    def _sentences(self, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.searchsorted(self.columns.sentences, self.start[chosen], side="right") - 1


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """The mentions that are read, and the sentences [n_sentences] that are left out because a label is invalid."""

    mentions: Mentions
    left_out: Mask


def readings(columns: Columns, encoding: Encoding) -> dict[str, Reading]:
    """Return what each way of repair that is defined for the encoding reads of some labels."""
    parts = states(columns, encoding)  # read as they are, invalid transitions are as conlleval repairs them
    repaired = mentions_of(columns, parts)
    nothing = np.zeros(columns.n_sentences, np.bool_)
    broken = parts.broken.copy()
    broken[columns.sentence_of[parts.invalid]] = True
    found = {"conlleval": Reading(repaired, nothing), "none": Reading(repaired, broken)}
    if encoding is IOB2:
        outside = np.where(discarded(columns, parts), np.int8(0), parts.state)
        found["discard"] = Reading(mentions_of(columns, replace(parts, state=outside)), nothing)
    return found


def sites(columns: Columns, kind: str, keys: Keys, seed: int) -> Sites:
    """Return where sentences can have flaws of a kind.

    ``columns``: labels of the kind's encoding; ``keys`` [n_sentences]: a number for each sentence that tells it from all others;
    ``seed``: that of the planting.
    """
    encoding = ENCODINGS[kind]
    parts = states(columns, encoding)
    mentions = mentions_of(columns, parts)
    inside = (mentions.start - columns.sentences[mentions.sentence]).astype(np.uint64)
    base = mixed(keys[mentions.sentence] + mixed(inside + np.uint64(1)) + mixed(np.array([seed], np.uint64)))
    chance, where, other = (uniform(mixed(base + np.uint64(step))) for step in range(3))
    length = mentions.end - mentions.start
    start, end = mentions.start.copy(), mentions.start + 1
    shift = np.zeros(len(mentions), np.int64)
    can = np.ones(len(mentions), np.bool_)
    table = _table(columns.names, encoding, kind, len(parts.types))
    if kind == START:
        # Where a mention of the same type ends right before, I- is valid and makes one mention of two: another fault.
        can = ~parts.invalid[start] & ~(parts.same_type[start] & (parts.type[start] >= 0))
    elif kind == TYPE:
        can = (length > 1) & (len(parts.types) > 1)
        start = start + 1 + (where * (length - 1)).astype(np.int64)
        end = mentions.end.copy()
        shift = (other * max(len(parts.types) - 1, 1)).astype(np.int64)
    elif kind == UNREADABLE:
        start = start + (where * length).astype(np.int64)
        end = start + 1
    elif kind == ILLEGAL_END:
        start, end = mentions.end - 1, mentions.end.copy()
    return Sites(columns, kind, chance[can], start[can], end[can], shift[can], table, mentions.sentence)


def _table(names: tuple[str, ...], encoding: Encoding, kind: str, types: int) -> Ints:
    """Return the label that each label becomes by a flaw of a kind [n_shifts, n_names]; all are among ``names`` (`complete`)."""
    place = {name: number for number, name in enumerate(names)}
    split = [encoding.split(name) for name in names]
    known = sorted({type for _, type in split if type})
    letters = {
        START: {"B": "I"},
        ILLEGAL_START: {"B": "E", "S": "I"},
        ILLEGAL_END: {"E": "I", "S": "B"},
    }.get(kind, {})
    rows = []
    for shift in range(max(types - 1, 1) if kind == TYPE else 1):
        row = []
        for name, (state, type) in zip(names, split, strict=True):
            if name == OUTSIDE or kind == UNREADABLE:
                row.append(place[OUTSIDE])
            elif kind == TYPE:
                row.append(place[f"{state}-{known[(known.index(type) + shift + 1) % len(known)]}"])
            else:
                row.append(place[f"{letters.get(state, state)}-{type}"])
        rows.append(row)
    return np.array(rows, np.int32)


def complete(columns: Columns, encoding: Encoding, types: tuple[str, ...]) -> Columns:
    """Return the same labels under a vocabulary that has every label of these types, which all labels are of."""
    states = encoding.states[1:]
    names = (OUTSIDE, *(f"{state}-{type}" for type in types for state in states))
    place = {name: number for number, name in enumerate(names)}
    table = np.array([place.get(name, -1) for name in columns.names], np.int32)
    return columns.with_labels(table[columns.labels] if len(columns) else columns.labels, names)


# --- numbers from places --------------------------------------------------------------------------------------


def keys_of(places: pd.DataFrame, runs: pd.Series | None = None) -> Keys:
    """Return a number for each sentence [n_sentences] that tells it, and the run that predicted it, from all others.

    ``places``: the columns of `PART`, and ``sentence``. Where a sentence stands among the others does not matter.
    """
    parts = places[PART].assign(run="" if runs is None else runs)
    part, names = pd.factorize(pd.MultiIndex.from_frame(parts))
    hashes = [hashlib.blake2b("\n".join(name).encode(), digest_size=8).digest() for name in names]
    base = np.array([int.from_bytes(each) for each in hashes], np.uint64)[part]
    return base + places["sentence"].to_numpy().astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)


def mixed(values: Keys) -> Keys:
    """Return numbers that look random, one for each of some numbers: the mixing of SplitMix64 (Steele, Lea and Flood 2014)."""
    with np.errstate(over="ignore"):
        found = values + np.uint64(0x9E3779B97F4A7C15)
        found = (found ^ (found >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        found = (found ^ (found >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return found ^ (found >> np.uint64(31))


def uniform(values: Keys) -> Floats:
    """Return numbers in [0, 1) for numbers that look random."""
    return (values >> np.uint64(11)).astype(np.float64) * 2.0**-53
