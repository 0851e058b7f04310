"""What a model's reply may say, and what may be wrong with it: shared by `inline_replies` and `json_replies`.

A reply is its reasoning, if the model writes any, and then an answer, with or without words around it. Reasoning
stands between marks such as ``<think>`` and ``</think>`` (`REASONING`), and is dropped: a block that is never closed
means that no answer came, and a closing mark without an opening one ends the reasoning that began with the reply.
Two marks are words like others: a closing one with no word behind it, and an opening one that is never closed and
stands inside a sentence.

Faults are faults of a reply as a whole or of its form, counted by name; what becomes of each emitted mention is
the matter of `grounding`.
"""

import re
from dataclasses import dataclass

EMPTY = "empty reply"
NEVER_ENDED = "reasoning never ended"
TOO_LONG = "reply too long"
UNPARSABLE = "unparsable"
BROKEN_OFF = "list broken off"
OTHER_FORM = "answer in another form"
TRAILING = "text around the answer"
SET_ASIDE = "other answer set aside"
BAD_ITEM = "item without text and type"
BAD_OCCURRENCE = "no such occurrence"
NEVER_CLOSED = "tag never closed"
NEVER_OPENED = "tag never opened"
TEXT_CHANGED = "text changed"
NOT_ALIGNED = "too much changed to align"

# Of the faults of a reply, TEXT_CHANGED, NOT_ALIGNED and, for a number beyond the last place, BAD_OCCURRENCE are found when
# it is compared with its sentence.

LONGEST = 4_000_000
"""Characters of the longest reply that is read."""
DEPTH = 100
"""Levels of lists and objects that are read as one; what is nested deeper is no answer."""
WINDOW = 2_000
"""Characters after an object that does not parse in which the next one of its list is looked for."""

ALIKE = 0.75
"""Share of pairs of neighbouring characters that a line and a sentence have in common (Dice coefficient), from which
on the line counts as the sentence, changed."""


@dataclass(frozen=True, slots=True)
class Emitted:
    """A mention as the model wrote it: inline with its character range in the reply's answer less its tags, in JSON
    with the occurrence of its text that is meant, where the model gives a number.
    """

    text: str
    type: str
    start: int = -1
    end: int = -1
    occurrence: int | None = None


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a reply says: emitted mentions in order, faults by name (once per occurrence), and, for the inline
    format, the answer's text without its tags.

    ``malformed`` and ``truncated`` count what began to be a mention and is none: an item without text or type, a tag that is
    never closed; an item, or a tag's text, that the reply breaks off in.
    """

    mentions: tuple[Emitted, ...] = ()
    faults: tuple[str, ...] = ()
    text: str = ""
    malformed: int = 0
    truncated: int = 0


def writable(text: str) -> str:
    r"""Return text with a question mark for each half of a surrogate pair, which JSON can name and UTF-8 cannot hold.

    >>> writable("a\ud800b")
    'a?b'
    """
    return text.encode("utf-8", "replace").decode("utf-8")


FENCES_ALONE = re.compile(r"(?:```[\w-]*\s*)+")
_FENCE_OPENS = re.compile(r"(?:\A|\n)[ \t]*+```[\w-]*\s*\Z")
_FENCE_CLOSES = re.compile(r"\s*(?:```|\Z)")


def has_text_around(body: str, start: int, end: int) -> bool:
    """Return whether an answer has text beside it, other than the marks of the fence that it stands in."""
    before, after = body[:start], body[end:]
    if not before.strip() and not after.strip():
        return False
    return not (_FENCE_OPENS.search(before) and _FENCE_CLOSES.match(after))
