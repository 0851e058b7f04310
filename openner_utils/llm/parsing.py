"""From a model's reply to the mentions it emitted. Whatever a reply holds, parsing returns; it never raises.

A reply is its reasoning, if the model writes any, and then an answer, with or without words around it. Reasoning
stands between tags such as ``<think>`` and ``</think>``, and is dropped: a block that is never closed means that no
answer came, and a closing tag without an opening one (which chat templates write into the prompt) ends the
reasoning that began with the reply. Of several answers the last counts; those before it are drafts.

- JSON: an answer is a list of objects, a list inside an object, or objects one after the other. Tags inside the
  strings of an answer are text, not reasoning.
- Inline: an answer is the sentence, in tags such as ``<answer>`` or not, from the beginning of a line (or what ends a label, as in ``Answer:``) to the end
  of one. Where none is exactly the sentence after the last that is, the last line that is much like it counts; where
  no line is, all that was written.

Faults are faults of a reply as a whole or of its form, counted by name; what becomes of each emitted mention is
the matter of `grounding`.
"""

import json
import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from openner_utils.llm.places import visible

EMPTY = "empty reply"
NEVER_ENDED = "reasoning never ended"
TOO_LONG = "reply too long"
UNPARSABLE = "unparsable"
BROKEN_OFF = "list broken off"
OTHER_FORM = "answer in another form"
TRAILING = "text around the answer"
BAD_ITEM = "item without text and type"
BAD_OCCURRENCE = "no such occurrence"
NEVER_CLOSED = "tag never closed"
NEVER_OPENED = "tag never opened"
TEXT_CHANGED = "text changed"
NOT_ALIGNED = "too much changed to align"

FAULTS = (
    EMPTY, NEVER_ENDED, TOO_LONG, UNPARSABLE, BROKEN_OFF, OTHER_FORM, TRAILING, BAD_ITEM, BAD_OCCURRENCE,
    NEVER_CLOSED, NEVER_OPENED, TEXT_CHANGED, NOT_ALIGNED,
)  # fmt: skip
"""All faults of a reply. `TEXT_CHANGED`, `NOT_ALIGNED` and, for a number beyond the last place, `BAD_OCCURRENCE` are
found when a reply is compared with its sentence."""

LONGEST = 4_000_000
"""Characters of the longest reply that is read."""
WORK = 3_000_000_000
"""This, divided by a reply's length, is how many attempts to read JSON in it may fail. Only replies of more than a
hundred thousand characters can need more; they are `TOO_LONG`."""
DEPTH = 200
"""Levels that JSON nested too deep to be read has at the least."""

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
    """

    mentions: tuple[Emitted, ...] = ()
    faults: tuple[str, ...] = ()
    text: str = ""


_REASONING = "think|thinking|thought|thoughts|reasoning|reflection|analysis"
_REASONING_TAG = re.compile(rf"<(/?)({_REASONING})\s*+>", re.IGNORECASE)
_ANSWER_TAG = re.compile(r"</?(answer|final|final_answer|output|response|result)\s*+>", re.IGNORECASE)
_FENCE_OPENS = re.compile(r"(?:\A|\n)[ \t]*+```[\w-]*\s*\Z")
_FENCE_CLOSES = re.compile(r"\s*(?:```|\Z)")
_FENCES_ALONE = re.compile(r"(?:```[\w-]*\s*)+")


def parse_json(reply: str) -> Parsed:
    """Return what a reply in the JSON format says."""
    if len(reply) > LONGEST:
        return Parsed(faults=(TOO_LONG,))
    found = _JsonReply(reply).last_answer()
    return found if isinstance(found, Parsed) else _from_items(found)


def parse_inline(reply: str, sentence: str, types: Collection[str]) -> Parsed:
    """Return what a reply in the inline format says of a sentence.

    ``sentence`` is the text as shown to the model, without blanks; a tag of one of ``types`` is no reasoning.
    """
    if len(reply) > LONGEST:
        return Parsed(faults=(TOO_LONG,))
    folded = {type.casefold() for type in types}
    body = _without_reasoning(reply, folded)
    if body is None:
        return Parsed(faults=(NEVER_ENDED,))
    body = _ANSWER_TAG.sub(lambda tag: tag[0] if tag[1].casefold() in folded else "", body).strip()
    if not body or (_FENCES_ALONE.fullmatch(body) and visible(body) != sentence):
        return Parsed(faults=(EMPTY,))
    start, end = _marked_sentence(body, sentence)
    around = (TRAILING,) if _has_text_around(body, start, end) else ()
    return _from_tags(body[start:end].strip(), around)


def _has_text_around(body: str, start: int, end: int) -> bool:
    """Return whether an answer has text beside it, other than the marks of the fence that it stands in."""
    before, after = body[:start], body[end:]
    if not before.strip() and not after.strip():
        return False
    return not (_FENCE_OPENS.search(before) and _FENCE_CLOSES.match(after))


# --- inline -------------------------------------------------------------------------------------------------


_TAG = re.compile(r"<(/?)([^<>/\s][^<>]*)>")
_LABEL_ENDS = frozenset(":\"'`*“„«")
_QUOTE_ENDS = frozenset("\"'`*”“»")


def _without_reasoning(reply: str, types: Collection[str]) -> str | None:
    """Return what is left of a reply; None if its reasoning does not end."""
    kept: list[str] = []
    position, inside = 0, False
    for tag in _REASONING_TAG.finditer(reply):
        slash, name = tag.groups()
        if name.casefold() in types or (inside and not slash):
            continue
        if not slash:
            kept.append(reply[position : tag.start()])
        elif not inside:
            kept.clear()
        inside, position = not slash, tag.end()
    return None if inside else "\n".join([*kept, reply[position:]])


@dataclass(frozen=True, slots=True)
class _Visible:
    """The characters of a text that are neither blanks nor tags, as one string, and where in the text each stands."""

    text: str
    at: tuple[int, ...]


def _visible_of(body: str) -> _Visible:
    at: list[int] = []
    cursor = 0
    for tag in _TAG.finditer(body):
        at.extend(n for n in range(cursor, tag.start()) if not body[n].isspace())
        cursor = tag.end()
    at.extend(n for n in range(cursor, len(body)) if not body[n].isspace())
    return _Visible("".join(body[n] for n in at), tuple(at))


def _marked_sentence(body: str, sentence: str) -> tuple[int, int]:
    """Return the character range of the answer in what is left of a reply."""
    seen = _visible_of(body)
    exact = _last_repetition(body, seen, sentence)
    begin = exact[1] if exact else 0
    end = len(body)
    while end > begin:
        line = max(body.rfind("\n", begin, end) + 1, begin)
        if _alike(visible(_TAG.sub("", body[line:end])), sentence):
            return line, end
        end = line - 1
    return exact or (0, len(body))


def _last_repetition(body: str, seen: _Visible, sentence: str) -> tuple[int, int] | None:
    """Return where the sentence was last repeated exactly, from border to border of a line, with its tags."""
    count = len(sentence)
    for first in range(len(seen.at) - count, -1, -1) if count else ():
        after = first + count
        if not seen.text.startswith(sentence, first):
            continue
        # Tags beside the first and the last character belong to the answer, if they stand on its lines.
        start, begun = seen.at[first - 1] + 1 if first else 0, seen.at[first]
        ended, end = seen.at[after - 1] + 1, seen.at[after] if after < len(seen.at) else len(body)
        first_line, last_line = body.find("\n", start, begun), body.find("\n", ended, end)
        opens = not first or first_line >= 0 or body[start - 1] in _LABEL_ENDS
        closes = end == len(body) or last_line >= 0 or body[end] in _QUOTE_ENDS
        start, end = first_line + 1 or start, end if last_line < 0 else last_line
        if opens and closes:
            return start, end
    return None


def _alike(line: str, sentence: str) -> bool:
    one, other = (Counter(pairwise(text)) for text in (line, sentence))
    return 2 * (one & other).total() >= ALIKE * max(1, one.total() + other.total())


def _from_tags(body: str, around: tuple[str, ...]) -> Parsed:
    plain: list[str] = []
    length = cursor = 0
    open_tags: list[tuple[str, int]] = []
    open_names: Counter[str] = Counter()
    ranges: list[tuple[int, int, str]] = []
    faults = list(around)
    for tag in _TAG.finditer(body):
        before = body[cursor : tag.start()]
        plain.append(before)
        length += len(before)
        cursor = tag.end()
        slash, name = tag.groups()
        if not slash:
            open_tags.append((name, length))
            open_names[name] += 1
            continue
        if not open_names[name]:
            faults.append(NEVER_OPENED)
            continue
        # A closing tag closes the nearest opening one of its name; those opened in between stay unclosed.
        while True:
            opened, start = open_tags.pop()
            open_names[opened] -= 1
            if opened == name:
                break
            faults.append(NEVER_CLOSED)
        ranges.append((start, length, name))
    plain.append(body[cursor:])
    faults.extend(NEVER_CLOSED for _ in open_tags)
    text = "".join(plain)
    # In order of appearance, the outer mention before the inner one.
    ranges.sort(key=lambda item: (item[0], -item[1]))
    mentions = tuple(Emitted(text[start:end], name, start, end) for start, end, name in ranges)
    return Parsed(mentions, tuple(faults), text)


# --- JSON ---------------------------------------------------------------------------------------------------


_DECODER = json.JSONDecoder()
_EVENT = re.compile(
    rf'<(?P<slash>/?)(?:{_REASONING})\s*+>|(?P<list>\[)\s*+(?=[{{\]])|\{{(?=\s*+")', re.IGNORECASE
)
_BETWEEN = re.compile(r"[\s,]*+")
_LIST_ENDS = re.compile(r"(?:\s*+\])?")
_STRING = r'"(?:[^"\\\n]|\\.)*+'
# Of an object that does not parse: what of it is in order, and how a next object of its list, or a new list or reasoning, begins.
_IN_ORDER = re.compile(rf'(?:\s*+(?:[{{,:]|{_STRING}"|[-+.\w]++))*+')
_ONWARD = re.compile(rf"(?P<next>\}}\s*+,\s*+(?=\{{))|\[\s*+[{{\]]|</?(?:{_REASONING})\s*+>", re.IGNORECASE)
_CUT = re.compile(rf"\s*+(?:{_STRING}\\?)?\s*\Z")


@dataclass(frozen=True, slots=True)
class _Answer:
    """The items of an answer, its range in the reply, and the faults of its form."""

    items: list[Any]
    start: int
    end: int
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Objects:
    """Objects that stand one after the other, and where what comes after them begins.

    ``bad`` counts those among them that do not parse; ``cut`` says that the reply ends inside one.
    """

    items: list[Any]
    bad: int
    end: int
    cut: bool = False


class _JsonReply:
    """A reply in which the last answer is looked for, from left to right."""

    def __init__(self, reply: str) -> None:
        self._reply = reply
        self._attempts = WORK // max(1, len(reply))
        self._position = 0

    def last_answer(self) -> _Answer | Parsed:
        """Return the last answer; where there is none, the fault that says why."""
        answer: _Answer | None = None
        begin = 0
        broken = False
        blocks: list[tuple[int, int]] = []
        while self._attempts and (event := _EVENT.search(self._reply, self._position)):
            start, self._position = event.span()
            if event["slash"] == "/":
                answer, begin, blocks = None, self._position, []
            elif event["slash"] == "":
                closing = next(
                    (t for t in _REASONING_TAG.finditer(self._reply, self._position) if t[1]), None
                )
                if closing is None:
                    return Parsed(faults=(NEVER_ENDED,))
                self._position = closing.end()
                blocks.append((start, self._position))
            else:
                found = self._list_at(start) if event["list"] else self._object_at(start)
                broken |= found is None and event["list"] is not None
                answer = found or answer
        if not self._attempts:
            return Parsed(faults=(TOO_LONG,))
        if answer is None:
            left = self._without(blocks, begin, len(self._reply)).strip()
            empty = not left or _FENCES_ALONE.fullmatch(left)
            return Parsed(faults=(EMPTY if empty else BROKEN_OFF if broken else UNPARSABLE,))
        if BROKEN_OFF in answer.faults:
            return answer
        before = self._without(blocks, begin, answer.start)
        after = self._without(blocks, answer.end, len(self._reply))
        around = (TRAILING,) if _has_text_around(before + after, len(before), len(before)) else ()
        return _Answer(answer.items, answer.start, answer.end, answer.faults + around)

    def _without(self, blocks: list[tuple[int, int]], start: int, end: int) -> str:
        """Return a range of the reply without the blocks of reasoning in it."""
        parts = []
        for block_start, block_end in blocks:
            if start <= block_start < end:
                parts.append(self._reply[start:block_start])
                start = block_end
        return "".join([*parts, self._reply[start:end]])

    def _decode(self, start: int) -> tuple[Any, int] | None:
        """Return the JSON value that begins at ``start`` and where it ends; None if there is none."""
        try:
            return _DECODER.raw_decode(self._reply, start)
        except ValueError:
            pass
        except RecursionError:
            self._position = max(self._position, start + DEPTH)
        self._attempts = max(0, self._attempts - 1)
        return None

    def _list_at(self, start: int) -> _Answer | None:
        """Return the answer that is the list at ``start``, and go on behind it."""
        inside = self._position
        if (whole := self._decode(start)) is not None:
            items, self._position = whole
            return _Answer(items, start, self._position)
        found = self._objects_at(inside)
        self._position = max(self._position, found.end)
        if not found.items and not found.cut:
            return None
        return _Answer(found.items, start, found.end, (BROKEN_OFF, *(BAD_ITEM,) * found.bad))

    def _object_at(self, start: int) -> _Answer | None:
        """Return the answer that begins with the object at ``start`` and go on behind it; None if there is none."""
        if (whole := self._decode(start)) is None:
            return None
        value, self._position = whole
        if "text" in value and "type" in value:
            found = self._objects_at(start)
            self._position = found.end
            broken = (BROKEN_OFF,) if found.bad or found.cut else ()
            return _Answer(found.items, start, found.end, (OTHER_FORM, *broken, *(BAD_ITEM,) * found.bad))
        items = _wrapped_in(value)
        return None if items is None else _Answer(items, start, self._position, (OTHER_FORM,))

    def _objects_at(self, position: int) -> _Objects:
        items: list[Any] = []
        bad = 0
        while self._reply.startswith("{", position):
            if (whole := self._decode(position)) is not None:
                items.append(whole[0])
                position = _end(_BETWEEN, self._reply, whole[1])
                continue
            position = _end(_IN_ORDER, self._reply, position)
            if _CUT.match(self._reply, position):
                return _Objects(items, bad, len(self._reply), cut=True)
            onward = _ONWARD.search(self._reply, position, position + WINDOW)
            if onward is None or not onward["next"]:
                return _Objects(items, bad, onward.start() if onward else position)
            bad += 1
            position = onward.end()
        return _Objects(items, bad, _end(_LIST_ENDS, self._reply, position))


def _wrapped_in(value: dict[str, Any]) -> list[Any] | None:
    """Return the list of items in an object, or in objects inside it; an empty one only if it is the only list."""
    nodes = [value]
    while nodes:
        parts = [part for node in nodes for part in node.values()]
        lists = [part for part in parts if isinstance(part, list)]
        holding = [part for part in lists if part and isinstance(part[0], dict)]
        if holding or lists == [[]]:
            return (holding or lists)[-1]
        nodes = [part for part in parts if isinstance(part, dict)]
    return None


def _end(pattern: re.Pattern[str], reply: str, position: int) -> int:
    """Return where a match at ``position`` ends; the patterns match the empty text too."""
    match = pattern.match(reply, position)
    return match.end() if match else position


def _from_items(answer: _Answer) -> Parsed:
    mentions: list[Emitted] = []
    faults = list(answer.faults)
    for item in answer.items:
        text, type, number = (
            (item.get(name) for name in ("text", "type", "occurrence"))
            if isinstance(item, dict)
            else (None, None, None)
        )
        if not isinstance(text, str) or not isinstance(type, str):
            faults.append(BAD_ITEM)
            continue
        if number is not None and (not isinstance(number, int) or isinstance(number, bool)):
            faults.append(BAD_OCCURRENCE)
            number = None
        mentions.append(Emitted(_writable(text), _writable(type), occurrence=number))
    return Parsed(tuple(mentions), tuple(faults))


def _writable(text: str) -> str:
    """Return text without lone surrogates, which JSON escapes can name but UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode("utf-8")
