"""Labels of one's own files, checked as labels: what each is read as, and what is wrong with it."""

import re
import shlex
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from openner_utils.core.columns import Columns
from openner_utils.core.encoding import OUTSIDE, Encoding, LabelError
from openner_utils.readers.guess.labels import LABEL, LONGEST, layered, undressed
from openner_utils.readers.reading import NO_LABEL, Fault, Faults
from openner_utils.support.words import shortened

UNKNOWN = "unknown-label"
EMPTY = "empty-label"
SLIP = "slip"
"""The flaw of a label with white space around it: it can be read, and is, but nobody meant the white space."""
_FIX = "Correct it"
_STATES = frozenset("BIESLUMW")
"""Labels that are the state of a mention whose type was lost, in one encoding or another."""
_ALONE = "Correct it: write the type alone, once a mention, and no mention for O"
_APART = (
    "Correct it; where there are layers, write each into a column of its own, and name that of the outer labels with --label, "
    "that of the inner ones with --option extra=COLUMN"
)
_TAKE_OFF = "Take it off, by hand or with openner repair"
_QUOTES = "\"'`“”„‘’«»"
_SIGNS = re.compile(r"^[\W_]+|[\W_]+$")
_BRACKETS = ("()", "[]", "{}", "<>")
_SCORED = re.compile(
    r"(?:O|[BIESLUM]-\S+?)[|:;,/#@=~( ]+\d*\.\d+(?:[eE]-?\d+)?\)?$|(?:O|[BIESLUM]-\S+?)\|[01]$"
)
"""A label with a number glued to it, such as ``B-PER|0.98``."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a label is read as (``O`` where it cannot be read), and if something is wrong the flaw, in one word and in many,
    and what to do about it.
    """

    label: str
    flaw: str = ""
    what: str = ""
    fix: str = field(default=_FIX, repr=False)


def meaning(name: str, spelling: Mapping[str, str], encoding: Encoding) -> Meaning:
    """Return what a label of a file means; ``spelling``: labels as the file spells them → labels of ``encoding``.

    >>> from openner_utils.core.encoding import IOB2
    >>> meaning("I-PER ", {}, IOB2)
    Meaning(label='I-PER', flaw='slip', what="white space around the label or type 'I-PER '")
    >>> meaning("B-ORG|B-LOC", {}, IOB2).what
    "'B-ORG|B-LOC' holds the labels of several layers or tokens"
    """
    label = spelling.get(name, name)
    if name == NO_LABEL:
        return Meaning(OUTSIDE)  # the reader has said so already
    if label == OUTSIDE:  # however the file spells it
        return Meaning(OUTSIDE)
    if not name or not label:
        return Meaning(OUTSIDE, EMPTY, "empty label")
    if len(name) > LONGEST:
        return Meaning(OUTSIDE, UNKNOWN, f"a label of {len(name):,} characters ({shortened(repr(name), 40)})")
    if wrong := _dressed(name) or _dressed(label):
        return Meaning(OUTSIDE, UNKNOWN, wrong, _APART if layered([name, label]) else _FIX)
    if "--" in (name[1:3], label[1:3]):
        read_as = "" if name == label else f", which is read as {label!r}"
        return Meaning(OUTSIDE, UNKNOWN, f"two hyphens in the label {name!r}{read_as}")
    bare = undressed(label)
    if bare != label and bare:
        within = meaning(bare, spelling, encoding)
        if not within.flaw:
            return Meaning(within.label, SLIP, f"white space around the label or type {name!a}", _TAKE_OFF)
    try:
        encoding.split(label)
    except LabelError as error:
        return Meaning(OUTSIDE, UNKNOWN, f"{error}{_odd_letters(label)}")
    return Meaning(label)


def meanings(uses: Mapping[str, int], spelling: Mapping[str, str], encoding: Encoding) -> dict[str, Meaning]:
    """Return what each label of a file means; ``uses``: label → how many tokens have it. One that none has is ``O``, and right."""
    found = {
        name: meaning(name, spelling, encoding) if number else Meaning(OUTSIDE)
        for name, number in uses.items()
    }
    types = {name: encoding.split(each.label)[1] for name, each in found.items()}
    doubled = prefixed(filter(None, types.values()))
    return {
        name: Meaning(OUTSIDE, UNKNOWN, f"the type {types[name]!r} is itself a label", _ALONE)
        if types[name] in doubled
        else each
        for name, each in found.items()
    }


def prefixed(types: Iterable[str]) -> set[str]:
    """Return the types that are themselves labels, with or without signs around them.

    One that only looks like a label (``B-cell``) is a type, unless a letter differs (``I-cell``), ``O`` stands beside it, or the
    rest of it is a type, too (``cell``).

    >>> sorted(prefixed(["B-PER", "I-PER", "O", "LOC"])), prefixed(["B-cell", "T-cell"]), prefixed(["PER", "B-PER", "B-cell"])
    (['B-PER', 'I-PER', 'O'], set(), {'B-PER'})
    """
    bare = {type: _SIGNS.sub("", type) for type in types}
    matches = {type: match for type, label in bare.items() if (match := LABEL.match(label))}
    letters: dict[str, set[str]] = {}
    for match in matches.values():
        letters.setdefault(match["type"], set()).add(match["state"])
    outside = {type for type, label in bare.items() if label == OUTSIDE}
    shouted = len(matches) == len(bare) and all(match["type"].isupper() for match in matches.values())
    if matches and (outside or shouted or any(len(of_type) > 1 for of_type in letters.values())):
        return {*matches, *outside}
    return {type for type, match in matches.items() if match["type"] in bare.values()}


def note(faults: Faults, columns: Columns, found: Mapping[str, Meaning]) -> None:
    """Note each token whose label is wrong; ``found`` is what `meanings` gave."""
    wrong = np.array([bool(found[name].flaw) for name in columns.names], np.bool_)
    for token in np.flatnonzero(wrong.take(columns.labels)).tolist():
        name = columns.names[int(columns.labels[token])]
        fault_of(faults, int(columns.lines[token]), name, found[name])


def fault_of(faults: Faults, line: int, name: str, wrong: Meaning) -> Fault:
    """Note a label that is wrong."""
    options = ["scheme"] if wrong.flaw == UNKNOWN and wrong.fix == _FIX else []
    fix = wrong.fix
    if options and "-" not in name and name not in _STATES and len(name) <= LONGEST:
        fix += f" (if it means O, give --outside {shlex.quote(name)})"
    return faults.add(line, wrong.flaw, wrong.what, fix, options)


def named(characters: Sequence[str]) -> str:
    """Return characters by their code points and names: ``U+0412 CYRILLIC CAPITAL LETTER VE``."""
    return ", ".join(
        f"U+{ord(character):04X} {unicodedata.name(character, 'without a name')}" for character in characters
    )


def _odd_letters(label: str) -> str:
    """Name the letters of a label's state that only look like those of an encoding."""
    odd = [letter for letter in dict.fromkeys(label.partition("-")[0]) if not letter.isascii()]
    return f" ({named(odd)})" if odd else ""


def _dressed(label: str) -> str:
    """Return what stands around or between labels that may be right, or nothing.

    Such a label may look right to an encoding, which takes all that follows the hyphen for a type.
    """
    if not label:
        return ""
    if _SCORED.match(label):
        return f"a number is glued to the label {label!r}"
    if label[-1] in ",;":
        return f"{label[-1]!r} at the end of the label {label!r}"
    if layered([label]):
        return f"{label!r} holds the labels of several layers or tokens"
    if label[0] in _QUOTES or (label[-1] in _QUOTES and len(label) > 1):
        return f"quotes at the label {label!r}"
    for pair in _BRACKETS:
        if label.count(pair[0]) != label.count(pair[1]) or label[0] == pair[0]:
            return f"a bracket in the label {label!r}"
    return ""
