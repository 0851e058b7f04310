"""From a reply in the inline format to the mentions it emitted. Whatever a reply holds, parsing returns; it never raises.

An answer is the sentence, in tags such as ``<answer>`` or not, from the beginning of a line (or what ends a
label, as in ``Answer:``) to the end of one. The last counts that has tags or fills its line, or a line with tags
behind it that is much like it. Where there is none, the last repetition or line without tags; else all that was written.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import pairwise

from openner_utils.llm.marks import CONTROL, without_reasoning
from openner_utils.llm.places import visible
from openner_utils.llm.replies import (
    ALIKE,
    EMPTY,
    FENCES_ALONE,
    LONGEST,
    NEVER_CLOSED,
    NEVER_ENDED,
    NEVER_OPENED,
    OTHER_FORM,
    TOO_LONG,
    TRAILING,
    Emitted,
    Parsed,
    has_text_around,
)

_ANSWER_TAG = re.compile(r"</?(answer|final|final_answer|output|response|result)\s*+>", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([^<>/\s][^<>]*)>")
_LABEL_ENDS = frozenset(":\"'`*“„«>→⇒")
_QUOTE_ENDS = frozenset("\"'`*”“»")


def parse_inline(reply: str, sentence: str, types: Collection[str]) -> Parsed:
    """Return what a reply in the inline format says of a sentence.

    ``sentence`` is the text as shown to the model, without blanks; a tag of one of ``types`` is no reasoning.
    """
    if len(reply) > LONGEST:
        return Parsed(faults=(TOO_LONG,))
    folded = {type.casefold() for type in types}
    body = without_reasoning(reply, sentence, folded)
    if body is None:
        return Parsed(faults=(NEVER_ENDED,))
    body = CONTROL.sub("", body)
    body = _ANSWER_TAG.sub(lambda tag: tag[0] if tag[1].casefold() in folded else "", body).strip()
    if not body or (FENCES_ALONE.fullmatch(body) and visible(body) != sentence):
        return Parsed(faults=(EMPTY,))
    start, end = _marked_sentence(body, sentence)
    around = (TRAILING,) if has_text_around(body, start, end) else ()
    return _from_tags(body[start:end].strip(), around, folded, len(sentence))


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


def _from_tags(body: str, around: tuple[str, ...], types: Collection[str], length_of_sentence: int) -> Parsed:
    """Return what an inline answer says: its text without tags, and a mention for each tag that is opened and closed.

    ``around``: faults that were found outside it. A tag that is still open where the answer ends before its sentence does is
    truncated. One pass from left to right; what is left open, or was never opened, is
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
    text = "".join(plain)
    truncated = len(open_tags) if len(visible(text)) < length_of_sentence else 0
    faults.extend(NEVER_CLOSED for _ in open_tags)
    malformed = faults.count(NEVER_CLOSED) - truncated
    # In order of appearance, the outer mention before the inner one.
    ranges.sort(key=lambda item: (item[0], -item[1]))
    if ranges and _is_wrapper(ranges, text, types):
        del ranges[0]
        faults.append(OTHER_FORM)
    mentions = tuple(Emitted(text[start:end], name, start, end) for start, end, name in ranges)
    return Parsed(mentions, tuple(faults), text, malformed, truncated)


def _is_wrapper(ranges: list[tuple[int, int, str]], text: str, types: Collection[str]) -> bool:
    """Return whether the first tag is no type and stands around the whole answer, as <sentence> does.

    Alone and in capitals it is a type that the model made up.
    """
    start, end, name = ranges[0]
    if name.casefold() in types or not text.strip() or visible(text) != visible(text[start:end]):
        return False
    return len(ranges) > 1 or name != name.upper()
