"""Where sentences end, in any script, by marks alone: nothing is learnt, so there is no language without a segmenter.

Marks are those with the Unicode property Sentence_Terminal. A mark of ASCII needs white space behind it; others, as those of Chinese or
Hindi, need none. A full stop before a small letter, behind an initial or behind a number of at most two digits ends no sentence (after
UAX #29, rules SB6 to SB8; the last two, for names and dates, are ours). A line end does. Armenian and Amharic also end sentences by the colons
that are typed for their marks. Thai and Lao have no mark: a blank between two of their letters ends a phrase, and is taken for want of better.

Segmenters that know a language split abbreviations better. What is cut here are passages of many sentences, so that a
sentence that is taken for two, or two for one, moves a border and loses nothing.
"""

import re
from functools import cache

import numpy as np
from numpy.typing import NDArray

from openner_utils.web.characters import Codes, codes, sentence_marks

_CLOSING = "\"'”’»›)\\]}」』）】》〉"
_LINE_ENDS = "\n\u2028\u2029"
_WIDE_STOP = "\uff0e"
_ASKS_FOR_BLANK = ".!?" + _WIDE_STOP
_THAI, _ARMENIAN, _ETHIOPIC = (0x0E00, 0x0F00), (0x0531, 0x0590), (0x1200, 0x1380)
"""Blocks: where they begin and what follows them; Lao lies behind Thai."""
_GEORGIAN = "ა", "ჿ"
"""The first and last letter of a script whose letters Unicode calls small, and which begins sentences with them."""
_WORD_SEPARATOR, _COLONS = 0x1361, ":፡"
_LAST_WORD = re.compile(r"\w+\Z")


def sentence_ends(text: str) -> list[int]:
    """Return the offsets behind the sentences of a text, in order; the last is the text's length, unless it is empty.

    White space behind a sentence belongs to the next one, a line end to its own.

    >>> sentence_ends("A. Achebe came. He spoke.")
    [15, 25]
    >>> sentence_ends("他来了。她也来了。")
    [4, 9]
    """
    ends = [0]
    for start in marks(text, codes(text)).tolist():
        if start >= ends[-1] and (end := end_at(text, start)):
            ends.append(end)
    if ends[-1] < len(text):
        ends.append(len(text))
    return ends[1:]


def marks(text: str, code: Codes) -> NDArray[np.int64]:
    """Return where sentences of a text may end, in order: the first of marks that follow each other, and blanks of Thai and Lao.

    ``code``: the text's code points. `end_at` tells which of them do.
    """
    found = _ends_one()[code]
    found[1:] &= ~found[:-1]
    if not text.isascii():
        found[1:-1] |= _by_neighbours(code)
    return np.flatnonzero(found)


def _by_neighbours(code: Codes) -> NDArray[np.bool_]:
    """Return which characters may end a sentence because of those beside them [n_characters − 2]: the first and last cannot.

    Blanks between letters of Thai or Lao; a colon behind an Armenian letter, which is how the verjaket is mostly typed; two word
    separators of Ethiopic, or two colons behind one of its letters, for its full stop.
    """
    before, this, after = code[:-2], code[1:-1], code[2:]
    blank = (this == ord(" ")) | (this == ord("\u00a0"))
    found = blank & _within(before, _THAI) & _within(after, _THAI)
    colon = this == ord(":")
    found |= colon & _within(before, _ARMENIAN)
    return found | (
        ((this == _WORD_SEPARATOR) | colon) & (this == after) & _within(before, _ETHIOPIC) & (before != this)
    )


def _within(code: Codes, block: tuple[int, int]) -> NDArray[np.bool_]:
    first, behind = block
    return (code >= first) & (code < behind)


def end_at(text: str, start: int) -> int | None:
    """Return the offset behind the sentence that may end at ``start``, one of `marks`, or None if it does not end."""
    if text[start].isspace() and text[start] not in _LINE_ENDS:
        return start + 1
    if text[start] in _COLONS:
        end = _colons().match(text, start).end()  # type: ignore[union-attr]
        return end if text.startswith("፡፡", start) or text[end : end + 1].strip() == "" else None
    end = _tail().match(text, start + 1).end()  # type: ignore[union-attr]  # it matches nothing, too
    return end if _is_end(text, start, end) else None


@cache
def _ends_one() -> NDArray[np.bool_]:
    """Return which characters may end a sentence [1,114,112]."""
    table = np.zeros(0x110000, np.bool_)
    table[[ord(each) for each in sentence_marks() + _LINE_ENDS]] = True
    return table


@cache
def _tail() -> re.Pattern[str]:
    """Return what may stand between a mark and the end of its sentence."""
    return re.compile(f"[{re.escape(sentence_marks())}{_CLOSING}{_LINE_ENDS}]*")


@cache
def _colons() -> re.Pattern[str]:
    return re.compile(f"[{_COLONS}{_CLOSING}{_LINE_ENDS}]*")


def _is_end(text: str, start: int, end: int) -> bool:
    """Return whether one or more marks, with what closes behind them, end a sentence."""
    first = text[start]
    if first not in _ASKS_FOR_BLANK or "\n" in text[start:end]:
        return True
    if end < len(text) and not text[end].isspace():
        return first == _WIDE_STOP and not text[end].isdecimal()
    if first != "." or text.startswith("..", start):
        return True
    following = text[end + 1 : end + 2] or text[end : end + 1]
    if following.islower() and not _GEORGIAN[0] <= following <= _GEORGIAN[1]:
        return False
    word = _LAST_WORD.search(text, max(0, start - 8), start)
    return word is None or not ((word[0].isdecimal() and len(word[0]) < 3) or _is_initial(word[0]))


def _is_initial(word: str) -> bool:
    return len(word) == 1 and word.isupper()
