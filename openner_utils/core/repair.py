"""Repair of invalid label transitions by named method, and the ledger from which every repair can be undone.

Methods, with SeqScore's results (Palen-Michel, Holley and Lignos 2021, Eval4NLP):

- ``conlleval``: a label that does not continue the mention before it begins a new one (``O I-PER`` → ``O B-PER``).
  Defined for every encoding, as decoding and encoding again.
- ``discard``: such a label becomes ``O``, and so do the labels that continued it. Defined for IOB2.
- ``none``: labels stay as they are.

The ledger holds one row for each token whose published label does not follow from the repaired one by the
corpus's encoding and spelling alone. So the repaired labels and the ledger give the published labels back
exactly, with the raw file absent.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from openner_utils.core.columns import Columns, Ints, Mask
from openner_utils.core.encoding import IOB2, OUTSIDE, Encoding, States, get_encoding, recode, states
from openner_utils.support.errors import OpenNERError, unknown

METHODS = ("conlleval", "discard", "none")


def _check(method: str, encoding: Encoding) -> None:
    if method not in METHODS:
        raise unknown("repair method", method, METHODS)
    if method == "discard" and encoding is not IOB2:
        raise OpenNERError(
            f"Repair 'discard' is defined for IOB2 only, not {encoding.name}. Convert to IOB2 first."
        )


def repair_labels(
    labels: Sequence[str], encoding: Encoding = IOB2, method: str = "conlleval"
) -> tuple[str, ...]:
    """Return one sentence's labels repaired; with ``none`` they are returned as they are.

    Raises `OpenNERError` for an unknown method or one that is not defined for the encoding.

    >>> repair_labels(["O", "I-PER", "I-PER"])
    ('O', 'B-PER', 'I-PER')
    >>> repair_labels(["O", "I-PER", "I-PER"], method="discard")
    ('O', 'O', 'O')
    """
    _check(method, encoding)
    if method == "none":
        return tuple(labels)
    if method == "conlleval":
        return encoding.encode(encoding.decode(labels), len(labels))
    repaired: list[str] = []
    before = (OUTSIDE, "")
    for label in labels:
        after = encoding.split(label)
        if not encoding.is_valid(before, after):
            after = (OUTSIDE, "")
        repaired.append(label if after[1] else OUTSIDE)
        before = after
    return tuple(repaired)


def repair(columns: Columns, encoding: Encoding = IOB2, method: str = "conlleval") -> Columns:
    """Return ``columns`` with labels repaired: the bulk form of `repair_labels`."""
    _check(method, encoding)
    if method == "none":
        return columns
    if method == "conlleval":
        return recode(columns, encoding, encoding)
    dropped = discarded(columns, states(columns, encoding))
    outside = columns.names.index(OUTSIDE) if OUTSIDE in columns.names else len(columns.names)
    names = columns.names if outside < len(columns.names) else (*columns.names, OUTSIDE)
    return columns.with_labels(np.where(dropped, outside, columns.labels), names)


def discarded(columns: Columns, parts: States) -> Mask:
    """Return which IOB2 labels ``discard`` turns into ``O`` [n_tokens]; ``parts`` are the labels taken apart."""
    if not parts.invalid.any():
        return parts.invalid
    position = np.arange(len(columns), dtype=np.int32)
    inside = parts.state == IOB2.states.index("I")
    # Discarding cascades: from an invalid label to the end of its run of I- labels.
    run_start = np.maximum.accumulate(np.where(~inside | columns.first, position, np.int32(0)))
    last_invalid = np.maximum.accumulate(np.where(parts.invalid, position, np.int32(-1)))
    return inside & (last_invalid >= run_start)


@dataclass(frozen=True, slots=True)
class Spelling:
    """How one corpus writes labels: its encoding, and raw labels that stand one to one for clean ones."""

    encoding: Encoding
    raw_to_clean: Mapping[str, str]

    @classmethod
    def of(cls, scheme: str, labels: Mapping[str, str]) -> "Spelling":
        """Return the spelling of a corpus with this scheme; a clean label may have one raw form only."""
        seen: dict[str, str] = {}
        for raw, clean in labels.items():
            if clean in seen:
                raise OpenNERError(
                    f"Labels {seen[clean]!r} and {raw!r} are both read as {clean!r}; keep one of them."
                )
            seen[clean] = raw
        return cls(get_encoding(scheme), dict(labels))

    def write(self, repaired: Columns) -> Columns:
        """Return valid IOB2 labels as this corpus would write them."""
        clean_to_raw = {clean: raw for raw, clean in self.raw_to_clean.items()}
        written = recode(repaired, IOB2, self.encoding)
        return written.rename([clean_to_raw.get(name, name) for name in written.names])


def differences(raw: Columns, written: Columns, stay: Collection[str] = ()) -> Ints:
    """Return the positions of tokens whose two labels differ [n_differences], but for those whose raw label is in ``stay``."""
    position = {name: number for number, name in enumerate(raw.names)}
    to_raw = np.array([position.get(name, -1) for name in written.names], dtype=np.int32)
    differ: Mask = to_raw[written.labels] != raw.labels
    if stay:
        differ &= ~np.isin(raw.labels, [position[name] for name in stay if name in position])
    return np.flatnonzero(differ).astype(np.int32)


def restore(written: Iterable[Sequence[str]], ledger: pa.Table) -> list[list[str | None]]:
    """Return the published label sequences of one file: the undo of every repair.

    ``written`` holds, per published sentence number, the repaired labels in the corpus's own spelling
    (`Spelling.write`); ``ledger`` the file's rows. A published line without a label gives None.
    """
    sentences: list[list[str | None]] = [list(labels) for labels in written]
    rows = ledger.select(["sentence", "token", "before", "after"]).to_pylist()
    # Tokens that were dropped come back first, in order, so that the other rows' positions hold.
    for row in sorted(
        (row for row in rows if row["after"] is None), key=lambda row: (row["sentence"], row["token"])
    ):
        sentences[row["sentence"]].insert(row["token"], row["before"])
    for row in rows:
        if row["after"] is not None:
            sentences[row["sentence"]][row["token"]] = row["before"]
    return sentences
