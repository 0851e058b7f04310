"""Cleaning steps that touch tokens: a card chooses them by name, and each change is a row of the ledger.

Nothing here happens unless a card asks for it. In particular Unicode is never normalized silently, and ZWNJ and
ZWJ, which Persian and Indic scripts need, are no control characters (they are of category Cf, not Cc).
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from openner_utils.core.changes import Change, Kind
from openner_utils.core.columns import Columns, Ints, Mask, arrow_ints, offsets_of
from openner_utils.readers.reading import Nested, Reading
from openner_utils.support.errors import FormatError

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_LANGUAGE = re.compile(r"^(?:simple|[a-z]{2,3}(?:-[a-z]+)*):(?=.)")
"""The code of a Wikipedia and a colon before each token, as WikiANN has them where it is part of xtreme."""
_POSITION = re.compile("^(\ufffd\ufffd|.)[0-9]+$")
"""A character and its place in its word, as Weibo NER writes tokens; the character may itself be a digit."""


def apply(reading: Reading, steps: tuple[str, ...]) -> Reading:
    """Return a reading after the named steps (`catalog.Step`), in their order."""
    for step in steps:
        reading = _drop_blank(reading) if step == "drop-blank-tokens" else _rewrite(reading, step)
    return reading


def report(columns: Columns) -> dict[str, int]:
    """Count tokens with something that a reader should know of: what was met, and in how many tokens."""
    text = columns.tokens.buffers()[2]
    # One look at all tokens as one text is enough where there is nothing to find.
    whole = bytes(text).decode("utf-8") if text is not None else ""
    found = {
        "token not NFC": 0 if unicodedata.is_normalized("NFC", whole) else _count(columns, _not_nfc),
        "token with control character": _count(columns, _has_control) if _CONTROL.search(whole) else 0,
        "token with replacement character": _count(columns, _has_replacement) if "\ufffd" in whole else 0,
        "blank token": int(pc.sum(_blank(columns)).as_py() or 0),
    }
    return {what: number for what, number in found.items() if number}


def would_change(columns: Columns) -> dict[str, int]:
    """Return step → how many tokens it would change or drop; steps against what stands at tokens only where it is at nearly all."""
    blank = int(pc.sum(_blank(columns)).as_py() or 0)
    found = {"drop-blank-tokens": blank}
    for step, (_, rewrite) in _CHANGES.items():
        number = _count(columns, lambda token, rewrite=rewrite: (rewrite(token) or token) != token)  # type: ignore[misc]
        if step not in _AT_EACH or number >= _NEARLY * (len(columns) - blank):
            found[step] = number
    return {step: number for step, number in found.items() if number}


def _not_nfc(token: str) -> bool:
    return not unicodedata.is_normalized("NFC", token)


def _has_control(token: str) -> bool:
    return bool(_CONTROL.search(token))


def _has_replacement(token: str) -> bool:
    return "\ufffd" in token


def _count(columns: Columns, holds: Callable[[str], bool]) -> int:
    encoded = columns.tokens.dictionary_encode()
    flags = np.fromiter(map(holds, encoded.dictionary.to_pylist()), np.bool_, len(encoded.dictionary))
    return int(flags[encoded.indices.to_numpy()].sum())


def _blank(columns: Columns) -> pa.BooleanArray:
    return pc.utf8_is_space(columns.tokens)


def positions(reading: Reading, tokens: Ints) -> tuple[Ints, list[int]]:
    """Return sentence numbers and published positions of ``tokens``: those dropped before are counted, too."""
    columns = reading.columns
    sentence = np.searchsorted(columns.sentences, tokens, side="right").astype(np.int32) - 1
    dropped: dict[int, list[int]] = {}
    for change in reading.changes:
        if change.kind is Kind.DROPPED:
            dropped.setdefault(change.sentence, []).append(change.token)
    published = []
    for number, token in zip(sentence.tolist(), tokens.tolist(), strict=True):
        position = token - int(columns.sentences[number])
        for place in sorted(dropped.get(number, ())):
            position += place <= position
        published.append(position)
    return sentence, published


def _drop_blank(reading: Reading) -> Reading:
    columns = reading.columns
    blank: Mask = _blank(columns).to_numpy(zero_copy_only=False)
    if not blank.any():
        return reading
    keep = ~blank
    lengths = np.add.reduceat(keep, columns.sentences[:-1])
    if not lengths.all():
        line = int(columns.lines[columns.sentences[:-1][lengths == 0][0]])
        raise FormatError(
            columns.file, line, "the sentence that begins here holds no word", "Remove it from the file."
        )
    gone = np.flatnonzero(blank).astype(np.int32)
    sentence, published = positions(reading, gone)
    changes = [
        Change(
            int(columns.lines[token]),
            number,
            position,
            columns.names[columns.labels[token]],
            None,
            "blank token",
        )
        for token, number, position in zip(gone.tolist(), sentence.tolist(), published, strict=True)
    ]
    kept = replace(
        columns,
        tokens=columns.tokens.filter(pa.array(keep)),
        labels=columns.labels[keep],
        sentences=offsets_of(lengths),
        lines=columns.lines[keep],
        starts=None if columns.starts is None else columns.starts[keep],
        ends=None if columns.ends is None else columns.ends[keep],
    )
    return replace(
        reading,
        columns=kept,
        changes=(*reading.changes, *changes),
        layers=_moved(reading.layers, columns, keep),
    )


def _moved(layers: tuple[Nested, ...], columns: Columns, keep: Mask) -> tuple[Nested, ...]:
    """Return nested mentions at their new positions; one that covered blanks only is gone with them."""
    new = offsets_of(keep)  # how many tokens are kept before each
    moved = []
    for nested in layers:
        first = int(columns.sentences[nested.sentence])
        start, end = (int(new[first + at] - new[first]) for at in (nested.start, nested.end))
        if start < end:
            moved.append(replace(nested, start=start, end=end))
    return tuple(moved)


def _rewrite(reading: Reading, step: str) -> Reading:
    """Change the texts of tokens; where nothing would be left, the token stays as it is."""
    rule, rewrite = _CHANGES[step]
    columns = reading.columns
    encoded = columns.tokens.dictionary_encode()
    old = encoded.dictionary.to_pylist()
    new = [rewrite(token) or token for token in old]
    differs = np.array([a != b for a, b in zip(old, new, strict=True)], np.bool_)
    indices = encoded.indices.to_numpy()
    changed = np.flatnonzero(differs[indices]).astype(np.int32)
    sentence, published = positions(reading, changed)
    changes = [
        Change(int(columns.lines[token]), number, position, old[indices[token]], new[indices[token]], rule)
        for token, number, position in zip(changed.tolist(), sentence.tolist(), published, strict=True)
    ]
    tokens = pa.array(new, pa.string()).take(arrow_ints(indices))
    return replace(reading, columns=replace(columns, tokens=tokens), changes=(*reading.changes, *changes))


_CHANGES: dict[str, tuple[str, Callable[[str], str]]] = {
    "nfc": ("token: not NFC", lambda token: unicodedata.normalize("NFC", token)),
    "strip-control-characters": ("token: control character", lambda token: _CONTROL.sub("", token)),
    "strip-language-prefixes": ("token: language prefix", lambda token: _LANGUAGE.sub("", token)),
    "strip-position-numbers": ("token: position number", lambda token: _POSITION.sub(r"\1", token)),
}
"""Steps that change texts: the rule of the ledger, and the change."""
_AT_EACH = ("strip-language-prefixes", "strip-position-numbers")
"""Steps for files in which something stands at each token."""
_NEARLY = 0.9
"""Share of tokens from which on it stands at each."""
