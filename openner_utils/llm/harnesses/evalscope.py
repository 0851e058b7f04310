"""EvalScope's rule: the text of a tag is looked for in the tokens joined with blanks, and every token it touches is tagged.

If an inline reply without its tags is that text exactly, a tag's offset is its place. Else the places of its text are tried
from left to right, and the first counts beside which the sentence has what the reply has on either side (of 20
characters), or which lies in the second half; failing that, its first place. A tag that is never closed holds the text up to the
next tag. The items of a list have nothing beside them, so each stands at the first place of its text. Tokens that are tagged
stay as they are; closed tags of unknown types count as predicted. (Where a language writes no blanks, texts of several tokens are
not found.)
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from openner_utils.core.document import Mention, Span
from openner_utils.core.encoding import OUTSIDE
from openner_utils.llm.harnesses.answer import Answer
from openner_utils.scoring.mentions import Score

AROUND = 20
"""Characters of the reply beside a tag that are compared with the sentence."""

_ANSWER = re.compile(r"<response>(.*?)</response>", re.DOTALL)
_CLOSING = re.compile(r"</(\w+)>")
_OPENING = re.compile(r"<(\w+)>")
_OPEN = re.compile(r"<(\w+)>([^<\n]*)(?=<|\Z)")
_MARK = re.compile(r"<[^>]+>")


@dataclass(frozen=True, slots=True)
class _Tagged:
    """A tag: its type, its text, where the reply has it (-1: nowhere), and what the reply has on either side."""

    type: str
    text: str
    at: int = -1
    before: str = ""
    behind: str = ""


def score(answer: Answer) -> Score:
    """Return the rule's counts."""
    found, reference = mentions(labels(answer)), set(answer.reference)
    return Score(len(found & reference), len(found), len(reference))


def labels(answer: Answer) -> list[str]:
    """Return the label that the rule gives each token; some may be invalid."""
    sentence = " ".join(answer.tokens)
    found = [OUTSIDE] * len(answer.tokens)
    for tag in _tags(answer, sentence):
        start = tag.at if tag.at >= 0 else _place(tag, sentence)
        if start < 0:
            continue
        state, at = "B", 0
        for number, token in enumerate(answer.tokens):
            if at < start + len(tag.text) and at + len(token) > start:
                if found[number] == OUTSIDE:
                    found[number] = f"{state}-{tag.type}"
                state = "I"
            at += len(token) + 1
    return found


def mentions(labels: Sequence[str]) -> set[Mention]:
    """Return the mentions of labels as the rule reads them: an I continues whatever is open, and is none where nothing is."""
    found, start, type = set(), -1, ""
    for at, label in enumerate([*labels, OUTSIDE]):
        if start >= 0 and not label.startswith("I-"):
            found.add(Mention(Span(start, at), type))
            start = -1
        if label.startswith("B-"):
            start, type = at, label[2:]
    return found


def _tags(answer: Answer, sentence: str) -> Iterator[_Tagged]:
    if not answer.tagged:
        yield from (_Tagged(type, text) for type, text in answer.named())
        return
    inside = _ANSWER.search(answer.tagged)
    reply = (inside[1] if inside else answer.tagged).strip()
    kept = _MARK.sub("", reply) == sentence
    closed = list(_closed(reply))
    for name, text, start, end in closed:
        yield _tagged(reply, kept, answer.known(name) or name, text, start, end)
    starts = [start for _, _, start, _ in closed]
    for tag in _OPEN.finditer(reply):
        at = bisect_right(starts, tag.start()) - 1
        known = answer.known(tag[1])
        if known and (at < 0 or closed[at][3] <= tag.start()):
            yield _tagged(reply, kept, known, tag[2], *tag.span())


def _closed(reply: str) -> Iterator[tuple[str, str, int, int]]:
    """Yield name, text and range of each tag that is closed on its line; what stands inside one is its text."""
    closing: dict[str, list[int]] = {}
    for tag in _CLOSING.finditer(reply):
        closing.setdefault(tag[1], []).append(tag.start())
    position = line_ends = 0
    for tag in _OPENING.finditer(reply):
        if tag.start() < position:
            continue
        if line_ends < tag.end():
            newline = reply.find("\n", tag.end())
            line_ends = newline if newline >= 0 else len(reply)
        ends = closing.get(tag[1], [])
        at = bisect_left(ends, tag.end())
        if at < len(ends) and ends[at] < line_ends:
            position = ends[at] + len(tag[0]) + 1
            yield tag[1], reply[tag.end() : ends[at]], tag.start(), position


def _tagged(reply: str, kept: bool, type: str, text: str, start: int, end: int) -> _Tagged:
    exact = kept and not _MARK.search(text)
    return _Tagged(
        type,
        text,
        len(_MARK.sub("", reply[:start])) if exact else -1,
        _MARK.sub("", reply[max(0, start - AROUND) : start]),
        _MARK.sub("", reply[end : end + AROUND]),
    )


def _place(tag: _Tagged, sentence: str) -> int:
    first = at = sentence.find(tag.text)
    while 0 <= at < len(sentence):
        end = at + len(tag.text)
        before = sentence[max(0, at - len(tag.before)) : at]
        behind = sentence[end : end + len(tag.behind)]
        alike = tag.before.strip() in before or tag.behind.strip() in behind
        if alike or at > len(sentence) // 2:
            return at
        at = sentence.find(tag.text, at + 1)
    return first
