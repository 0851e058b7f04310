"""Labels that look like others and are not: another normalization, a blank too many, a letter of another script."""

import json
import shlex
import unicodedata

import numpy as np

from openner_utils.core.columns import Columns
from openner_utils.core.encoding import Encoding, states
from openner_utils.ownfiles.labels import named
from openner_utils.ownfiles.opening import Opened
from openner_utils.readers.text import encoding_of
from openner_utils.support.errors import FormatError

_LATIN = str.maketrans(
    "АВЕЅІЈКМНОРСТХУаеѕіјорсхуΑΒΕΖΗΙΚΜΝΟΡΤΥΧο",
    "ABESIJKMHOPCTXYaesijopcxyABEZHIKMNOPTYXo",
)
"""Cyrillic and Greek letters → the Latin ones that look the same in most typefaces."""


def folded(type: str) -> str:
    """Return an entity type without what no one means to tell types apart by.

    That is its Unicode normalization (NFKC), blanks and characters that are not seen, and the script of letters that
    look alike. Case is kept.
    """
    normal = unicodedata.normalize("NFKC", type)
    return "".join(filter(_is_seen, normal)).translate(_LATIN)


def _is_seen(character: str) -> bool:
    return not character.isspace() and unicodedata.category(character) != "Cf"


def _is_plain(type: str) -> tuple[bool, bool]:
    """Return how likely a spelling is meant: without a trap, and in ASCII."""
    words = " ".join(unicodedata.normalize("NFC", type).split())
    return type == words and all(map(_is_seen, type.replace(" ", ""))), type.isascii()


def types_of(columns: Columns, encoding: Encoding) -> dict[str, int]:
    """Return entity types in use → the first token that has it, in the order of these tokens."""
    labels, tokens = np.unique(columns.labels, return_index=True)
    first: dict[str, int] = {}
    for token, label in sorted(zip(tokens.tolist(), labels.tolist(), strict=True)):
        first.setdefault(encoding.split(columns.names[label])[1], token)
    return {type: token for type, token in first.items() if type}


def check(reference: Opened, opened: Opened) -> list[str]:
    """Return notes on types that only their case tells apart; those that only look the same are a `FormatError`.

    ``opened`` is a prediction, of which types that the reference lacks are looked at, or the reference itself.
    """
    known = types_of(reference.columns, reference.encoding)
    alike: dict[str, list[str]] = {}
    for name in known:
        alike.setdefault(folded(name).casefold(), []).append(name)
    notes = []
    for type, token in types_of(opened.columns, opened.encoding).items():
        if opened is not reference and type in known:
            continue
        others = [
            name
            for name in alike.get(folded(type).casefold(), ())
            if name != type and (opened is not reference or known[name] < token)
        ]
        if not others:
            continue
        other = max(others, key=lambda name: folded(name) == folded(type))
        if type.casefold() == other.casefold():
            notes.append(
                f"{opened.path}:{opened.columns.lines[token]}: the types {type} and {other} differ in case only and are "
                "scored as two types"
            )
        elif _is_plain(type) > _is_plain(other):
            raise _error(reference, known[other], other, type, opened)
        else:
            raise _error(opened, token, type, other, reference)
    return notes


def within(opened: Opened) -> dict[str, tuple[int, str, str]]:
    """Return the types of one file that look like another of it → a token that has it, what is wrong, and what to do."""
    known = types_of(opened.columns, opened.encoding)
    found: dict[str, tuple[int, str, str]] = {}
    alike: dict[str, list[str]] = {}
    for type in known:
        alike.setdefault(folded(type), []).append(type)
    for types in alike.values():
        meant = max(types, key=_is_plain)  # of equals the first
        found |= {type: (known[type], *_told(opened, type, meant, opened)) for type in types if type != meant}
    return found


def refuse_cut(opened: Opened) -> None:
    """Raise `FormatError` where a repair would cut a mention in two because its labels have types that look alike."""
    odd = within(opened)
    if not odd:
        return
    parts = states(opened.columns, opened.encoding)
    alike = np.array([folded(type) for type in parts.types])
    for token in np.flatnonzero(parts.invalid).tolist():
        before, after = parts.type[token - 1], parts.type[token]
        if token and min(before, after) >= 0 and before != after and alike[before] == alike[after]:
            type = next(parts.types[each] for each in (before, after) if parts.types[each] in odd)
            raise FormatError(opened.path, int(opened.columns.lines[token]), *odd[type][1:])


def _error(opened: Opened, token: int, type: str, meant: str, other: Opened) -> FormatError:
    return FormatError(opened.path, int(opened.columns.lines[token]), *_told(opened, type, meant, other))


def _told(opened: Opened, type: str, meant: str, other: Opened) -> tuple[str, str]:
    """Return what is wrong with a type that looks like another, and what to do."""
    where = "this file has elsewhere" if opened is other else f"{other.path} has"
    what = f"the type {type!a} is not {meant!a}, which {where}, but looks like it: {_why(type, meant)}"
    return what, f"Write it in one way: {_rewriting(opened, type, meant)}"


def _why(type: str, meant: str) -> str:
    forms = [unicodedata.normalize("NFC", each) for each in (type, meant)]
    if forms[0] == forms[1]:
        return "they differ in Unicode normalization only"
    odd = [
        character
        for character in dict.fromkeys(forms[0] + forms[1])
        if (character in forms[0]) != (character in forms[1])
    ]
    return f"they differ in {named(odd or [' '])}"


def _rewriting(opened: Opened, type: str, meant: str) -> str:
    """Return a command that writes ``meant`` for ``type`` in the labels of a file."""
    names = opened.reading.columns.names
    written = [name for name in names if name.endswith(type) or name.startswith(type)]
    if opened.format.scheme == "spans":
        written = [type]
    changes = [(name, name.replace(type, meant)) for name in written]
    if opened.format.reader.startswith("json"):  # JSON may hold characters as escapes
        changes += [(json.dumps(a)[1:-1], json.dumps(b)[1:-1]) for a, b in changes if not a.isascii()]
    encoding = json.dumps(encoding_of(opened.raw, str(opened.format.options.get("encoding", "utf-8"))))
    program = (
        f"import sys; t = sys.stdin.buffer.read().decode({encoding}); "
        f"t = t{''.join(f'.replace({json.dumps(a)}, {json.dumps(b)})' for a, b in changes)}; "
        f"sys.stdout.buffer.write(t.encode({encoding}))"
    )
    path = opened.path.with_suffix(".ann") if opened.format.reader == "brat" else opened.path
    return f"python -c {shlex.quote(program)} < {shlex.quote(str(path))} > FILE"
