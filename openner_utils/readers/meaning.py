"""What a label of one's own file is read as, and what is wrong with it; inner layers are read as the outer one is."""

import re
import shlex
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from openner_utils.core.encoding import OUTSIDE, Encoding, LabelError
from openner_utils.readers.guess.labels import LONGEST, layered, like, undressed
from openner_utils.readers.layout import Layout
from openner_utils.readers.reading import NO_LABEL, Fault, Faults
from openner_utils.support.words import shortened

UNKNOWN = "unknown-label"
EMPTY = "empty-label"
SLIP = "slip"
"""The flaw of a label with white space around it: it can be read, and is, but nobody meant the white space."""
_FIX = "Correct it"
_STATES = frozenset("BIESLUMW")
"""Labels that are the state of a mention whose type was lost, in one encoding or another."""
_APART = (
    "Correct it; where there are layers, write each into a column of its own, and name that of the outer labels with --label, "
    "that of the inner ones with --option extra=COLUMN"
)
_TAKE_OFF = "Take it off, by hand or with openner repair"
_TAKE_OFF_INNER = (
    "Take it off by hand; openner repair leaves inner layers as they are, and repair --to takes it off"
)
_QUOTES = "\"'`“”„‘’«»"
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
        if within.flaw:
            return within
        return Meaning(within.label, SLIP, f"white space around the label or type {name!a}", _TAKE_OFF)
    try:
        encoding.split(label)
    except LabelError as error:
        return Meaning(OUTSIDE, UNKNOWN, f"{error}{_odd_letters(label)}")
    return Meaning(label)


def inner_meanings(names: Sequence[str], layout: Layout) -> list[Meaning]:
    """Return what each label of an inner layer means [n_names]: what the outer layer would read it as.

    One that ``layout`` does not spell is taken for one that is spelled alike. On a card, which says what its labels are, only
    those that the scheme does not know are wrong.

    >>> [each.label for each in inner_meanings(["B_LOC", "O"], Layout("delimited", spelling={"B_ORG": "B-ORG"}))]
    ['B-LOC', 'O']
    """
    spelled_alike = like(layout.spelling)
    found = []
    for name in names:
        label = layout.meant(name)
        label = spelled_alike(undressed(name)) if label == name else label
        if not layout.card:
            found.append(meaning(name, {name: label} if label != undressed(name) else {}, layout.encoding))
            continue
        try:
            layout.encoding.split(label)
            found.append(Meaning(label))
        except LabelError as error:
            flaw, what = (UNKNOWN, str(error)) if name else (EMPTY, "empty label")
            found.append(Meaning(OUTSIDE) if name == NO_LABEL else Meaning(OUTSIDE, flaw, what))
    return found


def fault_of(faults: Faults, line: int, name: str, wrong: Meaning, layer: int = 0) -> Fault:
    """Note a label that is wrong, of the flat labels or of an inner ``layer``."""
    options = ["scheme"] if wrong.flaw == UNKNOWN and wrong.fix == _FIX else []
    fix = _TAKE_OFF_INNER if layer and wrong.flaw == SLIP else wrong.fix
    if options and "-" not in name and name not in _STATES and len(name) <= LONGEST:
        fix += f" (if it means O, give --outside {shlex.quote(name)})"
    return faults.add(
        line, wrong.flaw, f"inner layer {layer}: {wrong.what}" if layer else wrong.what, fix, options
    )


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
