"""Which marks of a reply bound reasoning, and which are words like others."""

import re
from collections.abc import Collection

from openner_utils.llm.places import visible
from openner_utils.llm.reasoning import REASONING
from openner_utils.llm.replies import WINDOW

CONTROL = re.compile(r"<\|start\|>\s*assistant|<[|｜][^<>|｜\n]{1,40}[|｜]>")
"""Marks of chat templates that stand in replies as text."""
MARKS = "|".join(
    f"(?P<open{n}>{opens})|(?P<close{n}>{closes})" for n, (opens, closes) in enumerate(REASONING)
)
MARK = re.compile(MARKS, re.IGNORECASE)
_NAME = re.compile(r"</?([^\s>]+)")
_CLOSING = tuple(re.compile(closes, re.IGNORECASE) for _, closes in REASONING)
_STARTS_REASONING = re.compile(r"(?:\A|\n|[.!?:\]}>`|])[ \t]*\Z")


class Marks:
    """Which marks of a reply bound reasoning; each question takes time for the text it steps over alone."""

    def __init__(self, reply: str) -> None:
        self._reply = reply
        plain = CONTROL.sub(_blanked, MARK.sub(_blanked, reply))
        words = len(plain)
        while words and not plain[words - 1].isalnum():
            words -= 1
        self._words_end = words
        self._last = dict.fromkeys(range(len(REASONING)), -1)
        for mark in MARK.finditer(reply):
            if is_closing(mark):
                self._last[_kind(mark)] = mark.start()

    def ends_reply_so_far(self, closing: re.Match[str]) -> bool:
        """Return whether a closing mark without an opening one ends reasoning: an answer follows."""
        return closing.start() < self._words_end or "]" in self._reply[closing.end() : closing.end() + WINDOW]

    def end_of_block(self, opening: re.Match[str]) -> int | None:
        """Return where the block that a mark opens ends; None if it never does."""
        if self._last[_kind(opening)] < opening.end():
            return None
        closing = _CLOSING[_kind(opening)].search(self._reply, opening.end())
        return closing.end() if closing else None

    def begins(self, opening: re.Match[str]) -> bool:
        """Return whether a mark that is never closed begins reasoning; inside a sentence it is a word."""
        return bool(_STARTS_REASONING.search(self._reply[max(0, opening.start() - 20) : opening.start()]))


def _blanked(match: re.Match[str]) -> str:
    return " " * len(match[0])


def is_closing(mark: re.Match[str]) -> bool:
    """Return whether a mark closes reasoning."""
    return (mark.lastgroup or "").startswith("close")


def _kind(mark: re.Match[str]) -> int:
    return int((mark.lastgroup or "")[-1])


def without_reasoning(reply: str, sentence: str, types: Collection[str]) -> str | None:
    """Return what is left of a reply; None if its reasoning does not end.

    A mark that stands in the ``sentence`` (as shown, without blanks) or names one of ``types`` (case-folded) is none.
    """
    kept: list[str] = []
    position = 0
    marks = Marks(reply)
    for mark in MARK.finditer(reply):
        name = _NAME.match(mark[0])
        own = visible(mark[0]) in sentence or (name is not None and name[1].casefold() in types)
        if own or mark.start() < position:
            continue
        if is_closing(mark):
            if marks.ends_reply_so_far(mark):
                kept.clear()
            else:
                kept.append(reply[position : mark.start()])
            position = mark.end()
        elif (end := marks.end_of_block(mark)) is not None:
            kept.append(reply[position : mark.start()])
            position = end
        elif marks.begins(mark):
            return None
    return "\n".join([*kept, reply[position:]])
