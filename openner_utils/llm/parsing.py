"""From a model's reply to the mentions it emitted. Whatever a reply holds, parsing returns; it never raises.

A reply is its reasoning, if the model writes any, and then an answer, with or without words around it. Reasoning
stands between marks such as ``<think>`` and ``</think>`` (`REASONING`), and is dropped: a block that is never closed
means that no answer came, and a closing mark without an opening one ends the reasoning that began with the reply.
Two marks are words like others: a closing one with no word behind it, and an opening one that is never closed and
stands inside a sentence.

JSON: lists and objects, and what is one answer.

- Neighbours are one answer: those with nothing between them but blanks, commas, semicolons, comments, the borders of
  fences, marks of a list, numbers, and labels that name an entity type.
- An answer *stands* if it ends its line; one that is no list must begin its line, too, or follow a label. Of the
  answers with an item that has text and type, the last that stands counts, or the last, if none stands.
- An answer without such an item counts only if there is no other, if it breaks off with the reply, or if it is an
  empty list that fills its line or follows a label such as ``Answer:``, and comes last.
- Every other answer that has an item is counted under `SET_ASIDE`. Marks inside the strings of an answer are text.

Inline: an answer is the sentence, in tags such as ``<answer>`` or not, from the beginning of a line (or what ends a
label, as in ``Answer:``) to the end of one. The last counts that has tags or fills its line, or a line with tags
behind it that is much like it. Where there is none, the last repetition or line without tags; else all that was written.

Faults are faults of a reply as a whole or of its form, counted by name; what becomes of each emitted mention is
the matter of `grounding`.
"""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

from openner_utils.llm.places import visible
from openner_utils.llm.reasoning import REASONING

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
    """

    mentions: tuple[Emitted, ...] = ()
    faults: tuple[str, ...] = ()
    text: str = ""


_MARKS = "|".join(
    f"(?P<open{n}>{opens})|(?P<close{n}>{closes})" for n, (opens, closes) in enumerate(REASONING)
)
_MARK = re.compile(_MARKS, re.IGNORECASE)
_CLOSING = tuple(re.compile(closes, re.IGNORECASE) for _, closes in REASONING)
_NAME = re.compile(r"</?([^\s>]+)")
_CONTROL = re.compile(r"<\|start\|>\s*assistant|<[|｜][^<>|｜\n]{1,40}[|｜]>")
_ANSWER_TAG = re.compile(r"</?(answer|final|final_answer|output|response|result)\s*+>", re.IGNORECASE)
_FENCE_OPENS = re.compile(r"(?:\A|\n)[ \t]*+```[\w-]*\s*\Z")
_FENCE_CLOSES = re.compile(r"\s*(?:```|\Z)")
_FENCES_ALONE = re.compile(r"(?:```[\w-]*\s*)+")
_STARTS_REASONING = re.compile(r"(?:\A|\n|[.!?:\]}>`|])[ \t]*\Z")


class _Marks:
    """Which marks of a reply bound reasoning; each question takes time for the text it steps over alone."""

    def __init__(self, reply: str) -> None:
        self._reply = reply
        plain = _CONTROL.sub(_blanked, _MARK.sub(_blanked, reply))
        words = len(plain)
        while words and not plain[words - 1].isalnum():
            words -= 1
        self._words_end = words
        self._last = dict.fromkeys(range(len(REASONING)), -1)
        for mark in _MARK.finditer(reply):
            if _is_closing(mark):
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


def _is_closing(mark: re.Match[str]) -> bool:
    return (mark.lastgroup or "").startswith("close")


def _kind(mark: re.Match[str]) -> int:
    return int((mark.lastgroup or "")[-1])


def parse_json(reply: str, types: Collection[str] = ()) -> Parsed:
    """Return what a reply in the JSON format says; ``types`` are the names that label parts of an answer."""
    if len(reply) > LONGEST:
        return Parsed(faults=(TOO_LONG,))
    parsed = _JsonReply(reply, types).parsed()
    if parsed.mentions or not _ESCAPED.search(reply):
        return parsed
    return _from_escaped(reply, types)


def parse_inline(reply: str, sentence: str, types: Collection[str]) -> Parsed:
    """Return what a reply in the inline format says of a sentence.

    ``sentence`` is the text as shown to the model, without blanks; a tag of one of ``types`` is no reasoning.
    """
    if len(reply) > LONGEST:
        return Parsed(faults=(TOO_LONG,))
    folded = {type.casefold() for type in types}
    body = _without_reasoning(reply, sentence, folded)
    if body is None:
        return Parsed(faults=(NEVER_ENDED,))
    body = _CONTROL.sub("", body)
    body = _ANSWER_TAG.sub(lambda tag: tag[0] if tag[1].casefold() in folded else "", body).strip()
    if not body or (_FENCES_ALONE.fullmatch(body) and visible(body) != sentence):
        return Parsed(faults=(EMPTY,))
    start, end = _marked_sentence(body, sentence)
    around = (TRAILING,) if _has_text_around(body, start, end) else ()
    return _from_tags(body[start:end].strip(), around, folded)


def _has_text_around(body: str, start: int, end: int) -> bool:
    """Return whether an answer has text beside it, other than the marks of the fence that it stands in."""
    before, after = body[:start], body[end:]
    if not before.strip() and not after.strip():
        return False
    return not (_FENCE_OPENS.search(before) and _FENCE_CLOSES.match(after))


# --- inline -------------------------------------------------------------------------------------------------


_TAG = re.compile(r"<(/?)([^<>/\s][^<>]*)>")
_LABEL_ENDS = frozenset(":\"'`*“„«>→⇒")
_QUOTE_ENDS = frozenset("\"'`*”“»")


def _without_reasoning(reply: str, sentence: str, types: Collection[str]) -> str | None:
    """Return what is left of a reply; None if its reasoning does not end."""
    kept: list[str] = []
    position = 0
    marks = _Marks(reply)
    for mark in _MARK.finditer(reply):
        name = _NAME.match(mark[0])
        own = visible(mark[0]) in sentence or (name is not None and name[1].casefold() in types)
        if own or mark.start() < position:
            continue
        if _is_closing(mark):
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
    exact = _repetition(body, sentence)
    answered = exact is not None and (_has_tags(body, *exact) or _fills_line(body, *exact))
    begin = exact[1] if exact and answered else 0
    end = len(body)
    plain: tuple[int, int] | None = None
    while end > begin:
        line = max(body.rfind("\n", begin, end) + 1, begin)
        if _alike(visible(_TAG.sub("", body[line:end])), sentence):
            if _has_tags(body, line, end):
                return line, end
            plain = plain or (line, end)
        end = line - 1
    return exact or plain or (0, len(body))


def _has_tags(body: str, start: int, end: int) -> bool:
    return _TAG.search(body, start, end) is not None


def _fills_line(body: str, start: int, end: int) -> bool:
    """Return whether a range begins where a line or the text does, and ends so."""
    return not body[:start].rpartition("\n")[2].strip() and not body[end:].partition("\n")[0].strip()


def _repetition(body: str, sentence: str) -> tuple[int, int] | None:
    """Return the last exact repetition of the sentence that has tags or fills its line; else the last one."""
    last: tuple[int, int] | None = None
    for found in _repetitions(body, _visible_of(body), sentence):
        if _has_tags(body, *found) or _fills_line(body, *found):
            return found
        last = last or found
    return last


def _repetitions(body: str, seen: _Visible, sentence: str) -> Iterator[tuple[int, int]]:
    """Yield where the sentence is repeated exactly, from border to border of a line, with its tags; the last first."""
    first = len(seen.text)
    while sentence and (first := seen.text.rfind(sentence, 0, first + len(sentence) - 1)) >= 0:
        after = first + len(sentence)
        # Tags beside the first and the last character belong to the answer, if they stand on its lines.
        start, begun = seen.at[first - 1] + 1 if first else 0, seen.at[first]
        ended, end = seen.at[after - 1] + 1, seen.at[after] if after < len(seen.at) else len(body)
        first_line, last_line = body.find("\n", start, begun), body.find("\n", ended, end)
        opens = not first or first_line >= 0 or body[start - 1] in _LABEL_ENDS
        closes = end == len(body) or last_line >= 0 or body[end] in _QUOTE_ENDS
        start, end = first_line + 1 or start, end if last_line < 0 else last_line
        if opens and closes:
            yield start, end


def _alike(line: str, sentence: str) -> bool:
    if 2 * min(len(line), len(sentence)) < ALIKE * (len(line) + len(sentence) - 2):
        return False  # whatever they have in common, it is too little
    one, other = (Counter(pairwise(text)) for text in (line, sentence))
    return 2 * (one & other).total() >= ALIKE * max(1, one.total() + other.total())


def _from_tags(body: str, around: tuple[str, ...], types: Collection[str]) -> Parsed:
    """Return what an inline answer says: its text without tags, and a mention for each tag that is opened and closed.

    ``around``: faults that were found outside it. One pass from left to right; what is left open, or was never opened, is
    a fault and no mention. Mentions may nest, for a model may write that; grounding decides.
    """
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
    if ranges and _is_wrapper(ranges, text, types):
        del ranges[0]
        faults.append(OTHER_FORM)
    mentions = tuple(Emitted(text[start:end], name, start, end) for start, end, name in ranges)
    return Parsed(mentions, tuple(faults), text)


def _is_wrapper(ranges: list[tuple[int, int, str]], text: str, types: Collection[str]) -> bool:
    """Return whether the first tag is no type and stands around the whole answer, as <sentence> does.

    Alone and in capitals it is a type that the model made up.
    """
    start, end, name = ranges[0]
    if name.casefold() in types or not text.strip() or visible(text) != visible(text[start:end]):
        return False
    return len(ranges) > 1 or name != name.upper()


# --- JSON ---------------------------------------------------------------------------------------------------


_COMMENT = r"//[^\n]*+|/\*[^*]*+\*/|\#[^\n]*+"
_STRING = r'"(?:[^"\\\n]|\\.)*+'
_IN_OBJECT = rf"""\{{(?=\s*+(?:["'“”„‘’]|\w++\s*+:|{_COMMENT}))"""
_IN_LIST = rf"\[(?=\s*+(?:\]|{_IN_OBJECT}|\{{\s*+(?:[}}\\]|\Z)|{_COMMENT}))"
_EVENT = re.compile(rf"{_MARKS}|(?P<list>{_IN_LIST})|(?P<object>{_IN_OBJECT})", re.IGNORECASE)
_TOKEN = re.compile(
    rf"""(?P<gap>(?:\s|{_COMMENT})*+)(?:(?P<mark>[\[\]{{}},:])|(?P<string>{_STRING}")|(?P<curly>[“”„][^“”\n]*+[“”])|(?P<word>[-+.\w]++))?"""
)
_QUOTES = "'‘’"
_QUOTED = re.compile(rf"[{_QUOTES}](?:[^{_QUOTES}\\\n]|\\.|[{_QUOTES}](?!\s*+[,:\]}}]))*+[{_QUOTES}]")
_ESCAPED = re.compile(r'\{\s*+\\"')
# How, after an object that does not parse, its list goes on, or a new list or reasoning begins.
_ONWARD = re.compile(rf"(?P<next>\}}\s*+(?:,\s*+(?=\{{)|(?=[{{\]])))|\[\s*+[{{\]]|{_MARKS}", re.IGNORECASE)
_CUT = re.compile(rf"(?:{_STRING}\\?|[{_QUOTES}][^\n]*+)?\s*\Z")
_PYTHON = {"None": None, "True": True, "False": False}
_ENDS_LINE = re.compile(r"[ \t.,;*_`\"')\]}]*+(?:[\n<]|\Z)")
_BEGINS_LINE = re.compile(r"(?:.*[:>→⇒])?[\s*_`\"'•+\-\d.)]*", re.DOTALL)
_ANSWER_LABEL = re.compile(
    r".*\b(?:answer|result|output|final|corrected|correction)\b.*:[\s*_`]*", re.IGNORECASE
)
_LABEL = 200
"""Characters of the longest line that is looked through before an answer, and of what stands between neighbours."""


@lru_cache(maxsize=16)
def _between(types: tuple[str, ...]) -> re.Pattern[str]:
    """Return what may stand between the parts of one answer."""
    names = "|".join(map(re.escape, types)) or r"(?!)"
    label = rf"[*_`\"']*(?:{names}|\w+ \d{{1,3}})[*_`\"']*\s*:[*_]*"
    return re.compile(
        rf"(?:\s|[,;]|{_COMMENT}|```[\w-]*|(?<![^\s])(?:[-*•+]|\(?\d{{1,3}}[.):])(?=\s)|{label})*+",
        re.IGNORECASE,
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
    closed; ``cut`` that the reply ends inside it.
    """

    value: list[Any] | dict[str, Any]
    end: int
    strict: bool = True
    bad: int = 0
    whole: bool = True
    cut: bool = False


@dataclass(slots=True)
class _Answer:
    """One answer: its items, its range in the reply, whether it stands, and the faults of its form."""

    items: list[Any]
    start: int
    end: int
    is_list: bool
    other_form: bool
    whole: bool
    cut: bool
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
        marks = _Marks(reply)
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
            elif _is_closing(event):
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
            left = _CONTROL.sub("", self._without(blocks, begin, len(reply))).strip()
            empty = not left or _FENCES_ALONE.fullmatch(left)
            return Parsed(faults=(EMPTY if empty else BROKEN_OFF if broken else UNPARSABLE,))
        faults = chosen.faults()
        if not chosen.cut and BROKEN_OFF not in faults:
            before, after = (
                _CONTROL.sub("", self._without(blocks, *part))
                for part in ((begin, chosen.start), (chosen.end, len(reply)))
            )
            beside = not (self._between.fullmatch(before) and self._between.fullmatch(after))
            if beside and _has_text_around(before + after, len(before), len(before)):
                faults += (TRAILING,)
        aside = sum(answer.named() for answer in answers if answer is not chosen)
        return _from_items(chosen.items, faults + (SET_ASIDE,) * aside)

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
                return _Value(root, len(reply), strict, bad, whole=False, cut=True)
            onward = self._onward(here)
            level = max((n for n, open in enumerate(stack[:-1]) if isinstance(open.holder, list)), default=-1)
            if onward is None or not onward["next"] or level < 0:
                return _Value(root, here, strict, bad, whole=False)
            bad += 1
            del stack[level + 1 :]
            stack[-1].filled = not onward[0].rstrip().endswith(",")
            position = onward.end()

    def _scalar(self, token: re.Match[str], here: int) -> tuple[Any, int, bool] | None:
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


def _is_bare(token: re.Match[str], value: Any) -> bool:
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
    return _Answer(items, start, read.end, isinstance(value, list), other, read.whole, read.cut, read.bad)


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
    return Parsed(parsed.mentions, (OTHER_FORM, *(fault for fault in parsed.faults if fault != OTHER_FORM)))


def _from_items(items: list[Any], form: tuple[str, ...]) -> Parsed:
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
        mentions.append(Emitted(_writable(item["text"]), _writable(item["type"]), occurrence=number))
    return Parsed(tuple(mentions), tuple(faults))


def _writable(text: str) -> str:
    """Return text without lone surrogates, which JSON escapes can name but UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode("utf-8")
