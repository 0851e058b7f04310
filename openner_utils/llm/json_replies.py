"""From a reply in the JSON format to the mentions it emitted. Whatever a reply holds, parsing returns; it never raises.

A reply holds lists and objects, some of which are one answer.

- Neighbours are one answer: those with nothing between them but blanks, commas, semicolons, comments, the borders of
  fences, marks of a list, numbers, and labels that name an entity type.
- An answer *stands* if it ends its line; one that is no list must begin its line, too, or follow a label. Of the
  answers with an item that has text and type, the last that stands counts, or the last, if none stands.
- An answer without such an item counts only if there is no other, if it breaks off with the reply, or if it is an
  empty list that fills its line or follows a label such as ``Answer:``, and comes last.
- Every other answer that has an item is counted under `SET_ASIDE`. Marks inside the strings of an answer are text.
"""

import json
import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import regex

from openner_utils.llm.marks import CONTROL, MARKS, Marks, is_closing
from openner_utils.llm.replies import (
    BAD_ITEM,
    BAD_OCCURRENCE,
    BROKEN_OFF,
    DEPTH,
    EMPTY,
    FENCES_ALONE,
    LONGEST,
    NEVER_ENDED,
    OTHER_FORM,
    SET_ASIDE,
    TOO_LONG,
    TRAILING,
    UNPARSABLE,
    WINDOW,
    Emitted,
    Parsed,
    has_text_around,
    writable,
)

_COMMENT = r"//[^\n]*+|/\*[^*]*+\*/|\#[^\n]*+"
_STRING = r'"(?:[^"\\\n]|\\.)*+'
_IN_OBJECT = rf"""\{{(?=\s*+(?:["'“”„‘’]|\w++\s*+:|{_COMMENT}))"""
_IN_LIST = rf"\[(?=\s*+(?:\]|{_IN_OBJECT}|\{{\s*+(?:[}}\\]|\Z)|{_COMMENT}))"
_EVENT = re.compile(rf"{MARKS}|(?P<list>{_IN_LIST})|(?P<object>{_IN_OBJECT})", re.IGNORECASE)
_TOKEN = regex.compile(
    rf"""(?P<gap>(?:\s|{_COMMENT})*+)(?:(?P<mark>[\[\]{{}},:])|(?P<string>{_STRING}")|(?P<curly>[“”„][^“”\n]*+[“”])|(?P<word>[-+.\w]++))?"""
)
_QUOTES = "'‘’"
_QUOTED = regex.compile(rf"[{_QUOTES}](?:[^{_QUOTES}\\\n]|\\.|[{_QUOTES}](?!\s*+[,:\]}}]))*+[{_QUOTES}]")
_ESCAPED = re.compile(r'\{\s*+\\"')
# How, after an object that does not parse, its list goes on, or a new list or reasoning begins.
_ONWARD = re.compile(rf"(?P<next>\}}\s*+(?:,\s*+(?=\{{)|(?=[{{\]])))|\[\s*+[{{\]]|{MARKS}", re.IGNORECASE)
_CUT = regex.compile(rf"(?:{_STRING}\\?|[{_QUOTES}][^\n]*+)?\s*\Z")
_PYTHON = {"None": None, "True": True, "False": False}
_ENDS_LINE = re.compile(r"[ \t.,;*_`\"')\]}]*+(?:[\n<]|\Z)")
_BEGINS_LINE = re.compile(r"(?:.*[:>→⇒])?[\s*_`\"'•+\-\d.)]*", re.DOTALL)
_ANSWER_LABEL = re.compile(
    r".*\b(?:answer|result|output|final|corrected|correction)\b.*:[\s*_`]*", re.IGNORECASE
)
_LABEL = 200
"""Characters of the longest line that is looked through before an answer, and of what stands between neighbours."""


def parse_json(reply: str, types: Collection[str] = ()) -> Parsed:
    """Return what a reply in the JSON format says; ``types`` are the names that label parts of an answer."""
    if len(reply) > LONGEST:
        return Parsed(faults=(TOO_LONG,))
    parsed = _JsonReply(reply, types).parsed()
    if parsed.mentions or not _ESCAPED.search(reply):
        return parsed
    return _from_escaped(reply, types)


@lru_cache(maxsize=16)
def _between(types: tuple[str, ...]) -> regex.Pattern[str]:
    """Return what may stand between the parts of one answer."""
    names = "|".join(map(re.escape, types)) or r"(?!)"
    label = rf"[*_`\"']*(?:{names}|\w+ \d{{1,3}})[*_`\"']*\s*:[*_]*"
    return regex.compile(
        rf"(?:\s|[,;]|{_COMMENT}|```[\w-]*|(?<![^\s])(?:[-*•+]|\(?\d{{1,3}}[.):])(?=\s)|{label})*+",
        regex.IGNORECASE,
    )


@dataclass(slots=True)
class _Open:
    """A list or an object that is being read: its next key, and whether a value came since the last comma."""

    holder: list[Any] | dict[str, Any]
    key: str | None = None
    colon: bool = False
    filled: bool = False


@dataclass(slots=True)
class _Value:
    """A list or an object as read: where it ends, and what is wrong with it.

    ``strict`` says that it is JSON; ``bad`` counts the objects of a list that do not parse; ``whole`` says that it is
    closed; ``cut`` that the reply ends inside it, ``in_item`` that it ends inside an item.
    """

    value: list[Any] | dict[str, Any]
    end: int
    strict: bool = True
    bad: int = 0
    whole: bool = True
    cut: bool = False
    in_item: bool = False


@dataclass(slots=True)
class _Answer:
    """One answer: its items, its range in the reply, whether it stands, whether its last item is cut, and the faults of its form."""

    items: list[Any]
    start: int
    end: int
    is_list: bool
    other_form: bool
    whole: bool
    cut: bool
    in_item: bool
    bad: int

    def named(self) -> bool:
        """Return whether there is an item with text and type."""
        return any(_is_item(item) for item in self.items)

    def faults(self) -> tuple[str, ...]:
        broken = self.bad or not self.whole
        return (OTHER_FORM,) * self.other_form + (BROKEN_OFF,) * bool(broken) + (BAD_ITEM,) * self.bad


class _JsonReply:
    """A reply in the JSON format, read once from left to right: every character is looked at a few times at most."""

    def __init__(self, reply: str, types: Collection[str]) -> None:
        self._reply = reply
        self._between = _between(tuple(sorted(types)))
        self._unquoted = -1
        self._next_onward: re.Match[str] | None = None
        self._onward_from = len(reply) + 1

    def parsed(self) -> Parsed:
        """Return the mentions of the answer that counts; where there is none, the fault that says why."""
        reply = self._reply
        marks = Marks(reply)
        answers: list[_Answer] = []
        blocks: list[tuple[int, int]] = []
        begin = position = 0
        broken = False
        while event := _EVENT.search(reply, position):
            start, position = event.span()
            if event.lastgroup in ("list", "object"):
                value = self._read(start)
                position = value.end
                answer = _answer(value, start)
                broken |= answer is None and not value.whole
                if answer is not None:
                    self._add(answer, answers, blocks)
            elif is_closing(event):
                if marks.ends_reply_so_far(event):
                    answers, blocks, begin = [], [], position
                else:
                    blocks.append((start, position))
            elif (end := marks.end_of_block(event)) is not None:
                position = end
                blocks.append((start, end))
            elif marks.begins(event):
                return Parsed(faults=(NEVER_ENDED,))
        chosen = self._chosen(answers)
        if chosen is None:
            left = CONTROL.sub("", self._without(blocks, begin, len(reply))).strip()
            empty = not left or FENCES_ALONE.fullmatch(left)
            return Parsed(faults=(EMPTY if empty else BROKEN_OFF if broken else UNPARSABLE,))
        faults = chosen.faults()
        if not chosen.cut and BROKEN_OFF not in faults:
            before, after = (
                CONTROL.sub("", self._without(blocks, *part))
                for part in ((begin, chosen.start), (chosen.end, len(reply)))
            )
            beside = not (self._between.fullmatch(before) and self._between.fullmatch(after))
            if beside and has_text_around(before + after, len(before), len(before)):
                faults += (TRAILING,)
        aside = sum(answer.named() for answer in answers if answer is not chosen)
        return _from_items(chosen.items, faults + (SET_ASIDE,) * aside, chosen.in_item)

    def _add(self, answer: _Answer, answers: list[_Answer], blocks: list[tuple[int, int]]) -> None:
        """Add an answer, or make it a part of the one before."""
        last = answers[-1] if answers else None
        if (
            last is not None
            and last.whole
            and answer.start - last.end <= _LABEL
            and not (blocks and blocks[-1][1] > last.end)
            and self._between.fullmatch(self._reply, last.end, answer.start)
        ):
            last.items += answer.items
            last.end = answer.end
            last.whole &= answer.whole
            last.cut |= answer.cut
            last.in_item |= answer.in_item
            last.bad += answer.bad
            last.other_form = True
        else:
            answers.append(answer)

    def _chosen(self, answers: list[_Answer]) -> _Answer | None:
        if not answers:
            return None
        last = answers[-1]
        named = [answer for answer in answers if answer.named()]
        if not named or last.cut or (not last.items and last.whole and self._replaces(last)):
            return last
        standing = (answer for answer in reversed(named) if self._stands(answer))
        return next(standing, named[-1])

    def _before(self, answer: _Answer) -> str:
        """Return what stands on the line before an answer, the last characters of it."""
        return self._reply[max(0, answer.start - _LABEL) : answer.start].rpartition("\n")[2]

    def _stands(self, answer: _Answer) -> bool:
        if answer.cut or not _ENDS_LINE.match(self._reply, answer.end):
            return answer.cut
        return answer.is_list or _BEGINS_LINE.fullmatch(self._before(answer)) is not None

    def _replaces(self, empty: _Answer) -> bool:
        before = self._before(empty)
        begins = not before.strip(" \t*_`") or _ANSWER_LABEL.fullmatch(before) is not None
        return begins and _ENDS_LINE.match(self._reply, empty.end) is not None

    def _without(self, blocks: list[tuple[int, int]], start: int, end: int) -> str:
        """Return a range of the reply without the blocks of reasoning in it."""
        parts = []
        for block_start, block_end in blocks:
            if start <= block_start < end:
                parts.append(self._reply[start:block_start])
                start = block_end
        return "".join([*parts, self._reply[start:end]])

    def _read(self, start: int) -> _Value:
        """Read the list or object at ``start`` as JSON or what is written for it, as far as it goes.

        Read, too, are comments, commas too many or missing between items, other quotes, and keys without quotes.
        """
        reply, position = self._reply, start
        strict, bad = True, 0
        stack: list[_Open] = []
        while True:
            token = _TOKEN.match(reply, position)
            assert token is not None  # an empty text matches
            kind, end, here = token.lastgroup, token.end(), token.end("gap")
            mark = token["mark"] if kind == "mark" else None
            if here > position:
                strict &= reply[position:here].isspace()
            top = stack[-1] if stack else None
            done = False
            if mark and mark in "[{":
                holder: list[Any] | dict[str, Any] = [] if mark == "[" else {}
                if top is None or (len(stack) < DEPTH and _takes_value(top)):
                    # An object in a list is an item of it once it is whole.
                    if top is not None and not (isinstance(top.holder, list) and mark == "{"):
                        strict &= _put(top, holder)
                    stack.append(_Open(holder))
                    done = True
            elif mark and mark in "]}":
                done = top is not None and isinstance(top.holder, list) == (mark == "]") and top.key is None
                if done and top is not None:
                    strict &= top.filled or not top.holder
                    stack.pop()
                    if not stack:
                        return _Value(top.holder, end, strict, bad, whole=not bad)
                    if isinstance(stack[-1].holder, list) and mark == "}":
                        strict &= _put(stack[-1], top.holder)
            elif mark == ",":
                done = top is not None and top.filled
                if done and top is not None:
                    top.filled = False
            elif mark == ":":
                done = top is not None and top.key is not None and not top.colon
                if done and top is not None:
                    top.colon = True
            elif top is not None and (found := self._scalar(token, here)) is not None:
                value, end, plain = found
                strict &= plain
                if isinstance(top.holder, dict) and top.key is None:
                    done = isinstance(value, str) or token["word"] is not None
                    done &= not top.filled
                    top.key = (value if isinstance(value, str) else str(token["word"])) if done else None
                elif _takes_value(top) and not (isinstance(top.holder, list) and _is_bare(token, value)):
                    strict &= _put(top, value) and not _is_bare(token, value)
                    done = True
            if done:
                position = end
                continue
            root = stack[0].holder
            if _CUT.match(reply, here):
                in_item = _is_begun(stack[-1].holder, root)
                return _Value(root, len(reply), strict, bad, whole=False, cut=True, in_item=in_item)
            onward = self._onward(here)
            level = max((n for n, open in enumerate(stack[:-1]) if isinstance(open.holder, list)), default=-1)
            if onward is None or not onward["next"] or level < 0:
                return _Value(root, here, strict, bad, whole=False)
            bad += 1
            del stack[level + 1 :]
            stack[-1].filled = not onward[0].rstrip().endswith(",")
            position = onward.end()

    def _scalar(self, token: regex.Match[str], here: int) -> tuple[Any, int, bool] | None:
        """Return a text, number or constant, where it ends, and whether it is JSON; None if there is none."""
        if token["string"] is not None:
            return _unescaped(token["string"][1:-1], token.end(), plain=True)
        if token["curly"] is not None:
            return token["curly"][1:-1], token.end(), False
        if (word := token["word"]) is not None:
            if word in _PYTHON:
                return _PYTHON[word], token.end(), False
            try:
                return json.loads(word), token.end(), True
            except ValueError:
                return word, token.end(), False
        if self._reply[here : here + 1] not in tuple(_QUOTES) or here < self._unquoted:
            return None
        if (quoted := _QUOTED.match(self._reply, here)) is None:
            # No text in these quotes ends on this line, so none needs to be looked for again.
            line = self._reply.find("\n", here)
            self._unquoted = line if line >= 0 else len(self._reply)
            return None
        text = quoted[0][1:-1].replace("\\'", "'")
        return _unescaped(re.sub(r'(?<!\\)"', r"\\\"", text), quoted.end(), plain=False)

    def _onward(self, position: int) -> re.Match[str] | None:
        """Return the next place from which to go on, if it is near."""
        known = self._next_onward
        if not (self._onward_from <= position and (known is None or known.start() >= position)):
            known = self._next_onward = _ONWARD.search(self._reply, position)
            self._onward_from = position
        return known if known is not None and known.start() - position <= WINDOW else None


def _is_begun(innermost: list[Any] | dict[str, Any], root: list[Any] | dict[str, Any]) -> bool:
    """Return whether a reply that ends inside an object ends inside an item, not inside what holds the list of items."""
    return isinstance(innermost, dict) and (
        innermost is not root or bool({"text", "type"} & innermost.keys())
    )


def _takes_value(open: _Open) -> bool:
    return isinstance(open.holder, list) or open.colon


def _put(open: _Open, value: Any) -> bool:
    """Put a value where it belongs, and return whether a comma or a key stood before it."""
    expected = not open.filled
    if isinstance(open.holder, list):
        open.holder.append(value)
    else:
        open.holder[str(open.key)] = value
    open.key, open.colon, open.filled = None, False, True
    return expected


def _is_bare(token: regex.Match[str], value: Any) -> bool:
    """Return whether a value is a text without quotes."""
    return token["word"] is not None and isinstance(value, str)


def _unescaped(text: str, end: int, plain: bool) -> tuple[str, int, bool] | None:
    if "\\" not in text:
        return text, end, plain
    try:
        return json.loads(f'"{text}"', strict=False), end, plain
    except ValueError:
        return None


def _is_item(value: Any) -> bool:
    return (
        isinstance(value, dict) and isinstance(value.get("text"), str) and isinstance(value.get("type"), str)
    )


def _answer(read: _Value, start: int) -> _Answer | None:
    """Return the answer that a list or object is; None if it is none."""
    value = read.value
    items: list[Any] | None
    if isinstance(value, dict):
        is_item = "text" in value and "type" in value and read.whole
        items = [value] if is_item else _wrapped_in(value)
        other = True
        if items is None and read.cut:
            items = []
    else:
        inside = [
            _wrapped_in(item) if isinstance(item, dict) and not _is_item(item) else None for item in value
        ]
        items = [part for item, found in zip(value, inside, strict=True) for part in (found or [item])]
        other = any(inside) or (not read.strict and read.whole)
        if not items and not read.whole and not read.cut:
            items = None
    if items is None:
        return None
    return _Answer(
        items, start, read.end, isinstance(value, list), other, read.whole, read.cut, read.in_item, read.bad
    )


def _wrapped_in(value: dict[str, Any]) -> list[Any] | None:
    """Return the items of all lists of one level of an object; none if all of its lists are empty."""
    nodes = [value]
    while nodes:
        parts = [part for node in nodes for part in node.values()]
        lists = [part for part in parts if isinstance(part, list)]
        single = [[part] for part in parts if _is_item(part)]
        holding = [part for part in lists if part and isinstance(part[0], dict)] + single
        if holding or (lists and not any(lists)):
            return [item for part in holding for item in part]
        nodes = [part for part in parts if isinstance(part, dict)]
    return None


def _from_escaped(reply: str, types: Collection[str]) -> Parsed:
    """Return what a reply says that is an answer as a JSON string, with or without its quotes."""
    text = reply.strip().removeprefix("```json").strip("`").strip()
    text = text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
    try:
        inner = json.loads(f'"{text}"', strict=False)
    except ValueError:
        return Parsed(faults=(OTHER_FORM,))
    parsed = _JsonReply(inner, types).parsed()
    return replace(parsed, faults=(OTHER_FORM, *(fault for fault in parsed.faults if fault != OTHER_FORM)))


def _from_items(items: list[Any], form: tuple[str, ...], in_item: bool) -> Parsed:
    mentions: list[Emitted] = []
    faults = list(form)
    for item in items:
        if not _is_item(item):
            faults.append(BAD_ITEM)
            continue
        number = item.get("occurrence")
        if number is not None and (not isinstance(number, int) or isinstance(number, bool)):
            faults.append(BAD_OCCURRENCE)
            number = None
        mentions.append(Emitted(writable(item["text"]), writable(item["type"]), occurrence=number))
    return Parsed(tuple(mentions), tuple(faults), malformed=faults.count(BAD_ITEM), truncated=int(in_item))
