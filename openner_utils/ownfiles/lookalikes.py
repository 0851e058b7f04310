"""Labels that look like others and are not: another normalization, a blank too many, a letter of another script."""

import json
import re
import shlex
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from openner_utils.core.columns import Columns
from openner_utils.core.encoding import states
from openner_utils.ownfiles.opening import Opened
from openner_utils.ownfiles.survey import Use
from openner_utils.readers.meaning import named
from openner_utils.readers.text import encoding_of
from openner_utils.support.errors import FormatError

_LATIN = str.maketrans(
    "АВЕЅІЈКМНОРСТХУаеѕіјорсхуΑΒΕΖΗΙΚΜΝΟΡΤΥΧο",
    "ABESIJKMHOPCTXYaesijopcxyABEZHIKMNOPTYXo",
)
"""Cyrillic and Greek letters → the Latin ones that look the same in most typefaces."""
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Control characters, line ends of every kind, and marks that turn the direction of a text: no type is meant to hold one."""


def folded(type: str) -> str:
    """Return an entity type without what no one means to tell types apart by.

    That is its Unicode normalization (NFKC), blanks and characters that are not seen, and the script of letters that
    look alike. Case is kept.
    """
    normal = unicodedata.normalize("NFKC", type)
    return "".join(filter(_is_seen, normal)).translate(_LATIN)


def _is_seen(character: str) -> bool:
    return not character.isspace() and unicodedata.category(character) not in ("Cc", "Cf")


def _is_plain(type: str) -> tuple[bool, bool]:
    """Return how likely a spelling is meant: without a trap, and in ASCII."""
    words = " ".join(unicodedata.normalize("NFC", type).split())
    return type == words and all(map(_is_seen, type.replace(" ", ""))), type.isascii()


@dataclass(frozen=True, slots=True)
class Alike:
    """A type that looks like another, or like nothing that is there: where a token has it, what is wrong, and what to do."""

    use: Use
    what: str
    hint: str
    flaw: str = "look-alike-type"


def types_of(opened: Opened) -> dict[str, Use]:
    """Return entity types in use → the first label that has it, in the order of their first tokens."""
    uses = sorted(
        ((use, opened.meanings[name].label) for name, use in opened.found.uses.items() if use.number),
        key=lambda each: each[0].token,
    )
    first: dict[str, Use] = {}
    for use, label in uses:
        first.setdefault(opened.encoding.split(label)[1], use)
    return {type: use for type, use in first.items() if type}


def check(reference: Opened, opened: Opened) -> list[str]:
    """Return notes on types that only their case tells apart; those that only look the same are a `FormatError`.

    ``opened`` is a prediction, of which types that the reference lacks are looked at, or the reference itself.
    """
    known = types_of(reference)
    first, first_of_case = dict[str, str](), dict[str, str]()
    for name in known:  # by their first tokens
        plain = folded(name)
        first.setdefault(plain, name)
        first_of_case.setdefault(plain.casefold(), name)
    notes = []
    for type, use in types_of(opened).items():
        if opened is not reference and type in known:
            continue
        plain = folded(type)
        likely = (first.get(plain, type), first_of_case.get(plain.casefold(), type))
        other = next((name for name in likely if name != type), None)
        if other is None:
            continue
        if _differ_in_case_only(type, other):
            notes.append(
                f"{opened.path}:{use.line}: the types {type} and {other} differ in case only and are "
                "scored as two types"
            )
        elif _is_plain(type) > _is_plain(other):
            raise _error(reference, known[other], other, type, opened)
        else:
            raise _error(opened, use, type, other, reference)
    return notes


def within(opened: Opened) -> dict[str, Alike]:
    """Return the types of one file that look like another of it, and those that hold what no type is meant to hold."""
    known, written = types_of(opened), _written(opened)
    found = {
        type: _unseen(opened, use, type, written[type]) for type, use in known.items() if _UNSEEN.search(type)
    }
    alike: dict[str, list[str]] = {}
    for type in known:
        alike.setdefault(folded(type).casefold(), []).append(type)
    for types in alike.values():
        meant = max(types, key=_is_plain)  # of equals the first
        found |= {
            type: Alike(known[type], *_told(opened, type, meant, opened, written[type]))
            for type in types
            if type != meant and not _differ_in_case_only(type, meant)
        }
    return found


def _written(opened: Opened) -> dict[str, list[str]]:
    """Return entity types in use → the labels, as written, that have it."""
    found: dict[str, list[str]] = {}
    for name, use in opened.found.uses.items():
        if use.number:
            found.setdefault(opened.encoding.split(opened.meanings[name].label)[1], []).append(name)
    return found


def _unseen(opened: Opened, use: Use, type: str, written: Sequence[str]) -> Alike:
    """Return what is wrong with a type that holds characters of `_UNSEEN`."""
    odd = list(dict.fromkeys(_UNSEEN.findall(type)))
    what = f"the type {type!a} holds {named(odd)}, which nobody sees"
    if any(map(str.isspace, odd)):
        hint = r"If lines end there, write line ends (\n) for it; else take it out."
    else:
        hint = f"Write it without: {_rewriting(opened, type, _UNSEEN.sub('', type), written)}"
    return Alike(use, what, hint, "unseen-character")


def _differ_in_case_only(one: str, other: str) -> bool:
    return one.casefold() == other.casefold() and folded(one) != folded(other)


def refuse_cut(opened: Opened, columns: Columns, odd: Mapping[str, Alike]) -> None:
    """Raise `FormatError` where a repair would cut a mention in two; see `cut_in`."""
    if found := cut_in(opened, columns, odd):
        raise found


def cut_in(opened: Opened, columns: Columns, odd: Mapping[str, Alike]) -> FormatError | None:
    """Return the error for the first mention that a repair would cut in two because its labels have types that look alike.

    ``columns`` are a part of the file, and ``odd`` what `within` gave of it.
    """
    if not odd:
        return None
    parts = states(columns, opened.encoding)
    alike = np.array([folded(type) for type in parts.types])
    inside = parts.invalid.copy()
    inside[columns.sentences[:-1]] = False  # no mention goes on from one sentence to the next
    for token in np.flatnonzero(inside).tolist():
        before, after = parts.type[token - 1], parts.type[token]
        if min(before, after) >= 0 and before != after and alike[before] == alike[after]:
            found = odd[next(parts.types[each] for each in (before, after) if parts.types[each] in odd)]
            return FormatError(opened.path, int(columns.lines[token]), found.what, found.hint)
    return None


def _error(opened: Opened, use: Use, type: str, meant: str, other: Opened) -> FormatError:
    return FormatError(opened.path, use.line, *_told(opened, type, meant, other, _written(opened)[type]))


def _told(opened: Opened, type: str, meant: str, other: Opened, written: Sequence[str]) -> tuple[str, str]:
    """Return what is wrong with a type that looks like another, which the labels ``written`` have, and what to do."""
    where = "this file has elsewhere" if opened is other else f"{other.path} has"
    what = f"the type {type!a} is not {meant!a}, which {where}, but looks like it: {_why(type, meant)}"
    return what, f"Write it in one way: {_rewriting(opened, type, meant, written)}"


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


def _rewriting(opened: Opened, type: str, meant: str, written: Sequence[str]) -> str:
    """Return a command that writes ``meant`` for ``type`` in the labels of a file that have it."""
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
