"""Labels of one's own files, checked as labels: what each is read as, and what is wrong with it."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from openner_utils.core.columns import Columns
from openner_utils.core.encoding import OUTSIDE, Encoding, LabelError
from openner_utils.readers.reading import NO_LABEL, Faults

UNKNOWN = "unknown-label"
EMPTY = "empty-label"
SLIP = "slip"
"""The flaw of a label with white space around it: it can be read, and is, but nobody meant the white space."""
_QUOTES = "\"'`“”„‘’«»"
_BRACKETS = ("()", "[]", "{}", "<>")
_BLANK = r"[\s\u200b-\u200f\u2060\ufeff]+"
_BLANK_EDGES = re.compile(rf"^{_BLANK}|{_BLANK}$|(?<=^[A-Z]-){_BLANK}")
"""White space around a label or its type; characters that are not seen count."""
_LAYERS = re.compile(r"(?P<one>O|[A-Z]-[^|;+,&]+)(?:[|;+,&](?:O|[A-Z]-[^|;+,&]+))+$")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a label is read as (``O`` where it cannot be read), and if something is wrong the flaw, in one word and in many."""

    label: str
    flaw: str = ""
    what: str = ""


def meaning(name: str, spelling: Mapping[str, str], encoding: Encoding) -> Meaning:
    """Return what a label of a file means; ``spelling``: labels as the file spells them → labels of ``encoding``.

    >>> from openner_utils.core.encoding import IOB2
    >>> meaning("I-PER ", {}, IOB2)
    Meaning(label='I-PER', flaw='slip', what="white space around the label or type 'I-PER '")
    >>> meaning("B-ORG|B-LOC", {}, IOB2).what
    "'B-ORG|B-LOC' holds the labels of several layers"
    """
    label = spelling.get(name, name)
    if name == NO_LABEL:
        return Meaning(OUTSIDE)  # the reader has said so already
    if not label:
        return Meaning(OUTSIDE, EMPTY, "empty label")
    if wrong := _dressed(label):
        return Meaning(OUTSIDE, UNKNOWN, wrong)
    bare = undressed(label)
    if bare != label and bare:
        within = meaning(bare, spelling, encoding)
        if not within.flaw:
            return Meaning(within.label, SLIP, f"white space around the label or type {name!a}")
    try:
        encoding.split(label)
    except LabelError as error:
        return Meaning(OUTSIDE, UNKNOWN, f"{error}{_odd_letters(label)}")
    return Meaning(label)


def undressed(label: str) -> str:
    """Return a label without white space around it and its type."""
    return _BLANK_EDGES.sub("", label)


def meanings(columns: Columns, spelling: Mapping[str, str], encoding: Encoding) -> list[Meaning]:
    """Return what each label name of a file means; a name that no token carries is ``O``, and right."""
    used = np.bincount(columns.labels, minlength=len(columns.names)) > 0
    return [
        meaning(name, spelling, encoding) if used[number] else Meaning(OUTSIDE)
        for number, name in enumerate(columns.names)
    ]


def note(faults: Faults, columns: Columns, found: Sequence[Meaning]) -> None:
    """Note each token whose label is wrong; ``found`` is what `meanings` gave."""
    for number, each in enumerate(found):
        if not each.flaw:
            continue
        fix = "Take it off, by hand or with openner repair" if each.flaw == SLIP else "Correct it"
        options = ["scheme"] if each.flaw == UNKNOWN else []
        for line in columns.lines[columns.labels == number].tolist():
            faults.add(line, each.flaw, each.what, fix, options)


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
    if _LAYERS.match(label):
        return f"{label!r} holds the labels of several layers"
    if label[0] in _QUOTES or (label[-1] in _QUOTES and len(label) > 1):
        return f"quotes at the label {label!r}"
    for pair in _BRACKETS:
        if label.count(pair[0]) != label.count(pair[1]) or label[0] == pair[0]:
            return f"a bracket in the label {label!r}"
    return ""
