"""Words with their labels behind another sign than ours: what it is, and what reads such a file."""

import re
import shlex
import unicodedata
from collections import Counter
from collections.abc import Sequence

from openner_utils.core.encoding import OUTSIDE
from openner_utils.readers.glued_fields import USUAL, words_of
from openner_utils.readers.guess.evidence import Sample, Unread

_LABEL = r"(?:O|[BIESLUM]-\S+)"
_PAIR = re.compile(
    rf"[^\s]((?:[^\w\s-]|[_\x0b\x0c\x1c-\x1f\x85\u2028\u2029\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]){{1,4}})({_LABEL})$"
)
"""A word, the signs behind it, and its label. Characters that end lines for some programs, and blanks of Unicode, are signs here."""
_CELLS = (",", ";", "|")
"""Signs between the cells of a table, which has readers of its own."""
_MOST = 0.9
"""Share of words with one sign from which on it divides them from their labels."""
_FEW, _LONG = 200, 1000
"""Words that are looked at, and characters of one of them, at the most."""


def sniff(sample: Sample) -> Unread | None:
    """Return what stands between words and labels if it is one sign, the same in nearly all of the sample."""
    if sample.json is not None or sample.given or not sample.filled:
        return None
    lines = sample.filled[:_FEW]
    words = [word for line in lines for word in words_of(line)][:_FEW]
    several = len(words) > len(lines)  # a sentence a line, unless only its last word has a label
    if (sign := _sign_of(lines)) and not (several and _sign_of(words)):
        return None if sign in _CELLS else _a_line(sample, sign)
    sign = _sign_of(words)
    if not sign or sign in USUAL:
        return None
    if not re.fullmatch(r"[^\w\s]+|_+", sign):
        return _unseen(sample, sign)
    hint = f"Say it: --reader glued_fields --separator {shlex.quote(sign)}."
    return Unread(f"{_named(sign)} between each word and its label", 0.85, hint)


def _sign_of(units: Sequence[str]) -> str:
    """Return the sign before the label in nearly all of the units, of which one is a mention's; or nothing."""
    pairs = [match for unit in units if len(unit) <= _LONG and (match := _PAIR.search(unit))]
    if not pairs or len(pairs) < _MOST * len(units) or all(match[2] == OUTSIDE for match in pairs):
        return ""
    sign, often = Counter(match[1] for match in pairs).most_common(1)[0]
    return sign if often >= _MOST * len(units) else ""


def _a_line(sample: Sample, sign: str) -> Unread:
    """Return what is to be said of a word and its label a line, with the command that puts tabs between them."""
    found = "".join(f"\\x{byte:02x}" for byte in sign.encode(sample.encoding))
    program = (
        f'import re, sys; sys.stdout.buffer.write(re.sub(rb"{found}(?={_LABEL}\\r?$)", b"\\t", sys.stdin.buffer.read(), '
        "flags=re.MULTILINE))"
    )
    hint = f"Write tabs: python -c '{program}' < FILE > OUT."
    return Unread(
        f"{_named(sign)} between each word and its label, where a tab or a blank is expected", 0.85, hint
    )


def _unseen(sample: Sample, sign: str) -> Unread:
    """Return what is to be said of words in a line with a sign before their labels that no reader takes, such as U+2028."""
    found = "".join(f"\\x{byte:02x}" for byte in sign.encode(sample.encoding))
    program = f'import re, sys; sys.stdout.buffer.write(re.sub(rb"{found}(?={_LABEL}(?:[ \\t\\r\\n]|$))", b"|", sys.stdin.buffer.read()))'
    hint = f"Write bars: python -c '{program}' < FILE > OUT, which glued_fields reads."
    return Unread(f"{_named(sign)} between each word and its label", 0.85, hint)


def _named(sign: str) -> str:
    return ", ".join(f"U+{ord(each):04X} {unicodedata.name(each, 'a control character')}" for each in sign)
