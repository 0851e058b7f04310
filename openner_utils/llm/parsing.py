"""From a model's reply to the mentions it emitted. Whatever a reply holds, parsing returns; it never raises.

Faults are faults of a reply as a whole or of its form, counted by name; what becomes of each emitted mention is
the matter of `grounding`.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from openner_utils.llm.prompts import Format

EMPTY = "empty reply"
UNPARSABLE = "unparsable"
BROKEN_OFF = "list broken off"
TRAILING = "text around the answer"
BAD_ITEM = "item without text and type"
NEVER_CLOSED = "tag never closed"
NEVER_OPENED = "tag never opened"
TEXT_CHANGED = "text changed"

FAULTS = (EMPTY, UNPARSABLE, BROKEN_OFF, TRAILING, BAD_ITEM, NEVER_CLOSED, NEVER_OPENED, TEXT_CHANGED)
"""All faults of a reply; ``text changed`` is found when an inline reply is compared with its sentence."""


@dataclass(frozen=True, slots=True)
class Emitted:
    """A mention as the model wrote it; inline, also its character range in the reply less its tags."""

    text: str
    type: str
    start: int = -1
    end: int = -1


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a reply says: emitted mentions in order, faults by name (once per occurrence), and, for the inline
    format, the reply's text without its tags.
    """

    mentions: tuple[Emitted, ...] = ()
    faults: tuple[str, ...] = ()
    text: str = ""


_FENCE = re.compile(r"```[\w-]*[ \t]*\n(.*?)(?:\n[ \t]*```|\Z)", re.DOTALL)
_DECODER = json.JSONDecoder()
_COMMA = re.compile(r"\s*,\s*")
_TAG = re.compile(r"<(/?)([^<>/\s][^<>]*)>")


def parse(reply: str, format: Format) -> Parsed:
    """Return what a reply in this format says."""
    fence = _FENCE.search(reply)
    body = (fence.group(1) if fence else reply).strip()
    if not body:
        return Parsed(faults=(EMPTY,))
    return _parse_inline(body) if format == "inline" else _parse_json(body)


def _parse_inline(body: str) -> Parsed:
    plain: list[str] = []
    length = cursor = 0
    open_tags: list[tuple[str, int]] = []
    ranges: list[tuple[int, int, str]] = []
    faults: list[str] = []
    for tag in _TAG.finditer(body):
        before = body[cursor : tag.start()]
        plain.append(before)
        length += len(before)
        cursor = tag.end()
        slash, name = tag.groups()
        if not slash:
            open_tags.append((name, length))
            continue
        if name not in (open_name for open_name, _ in open_tags):
            faults.append(NEVER_OPENED)
            continue
        # A closing tag closes the nearest opening one of its name; those opened in between stay unclosed.
        while (opened := open_tags.pop())[0] != name:
            faults.append(NEVER_CLOSED)
        ranges.append((opened[1], length, name))
    plain.append(body[cursor:])
    faults.extend(NEVER_CLOSED for _ in open_tags)
    text = "".join(plain)
    # In order of appearance, the outer mention before the inner one.
    ranges.sort(key=lambda item: (item[0], -item[1]))
    mentions = tuple(Emitted(text[start:end], name, start, end) for start, end, name in ranges)
    return Parsed(mentions, tuple(faults), text)


def _parse_json(body: str) -> Parsed:
    begin = re.search(r"\[\s*\{", body)
    if begin is None:
        empty = re.search(r"\[\s*\]", body)
        if empty is None:
            return Parsed(faults=(UNPARSABLE,))
        return Parsed(faults=(TRAILING,) if empty.group() != body else ())
    try:
        items, end = _DECODER.raw_decode(body, begin.start())
    except (ValueError, RecursionError):
        return _from_items(_complete_items(body, begin.end() - 1), (BROKEN_OFF,))
    around = body[: begin.start()].strip() or body[end:].strip()
    return _from_items(items, (TRAILING,) if around else ())


def _complete_items(body: str, position: int) -> list[Any]:
    """Return the objects, from ``position`` on, that are complete in a list that is not."""
    items: list[Any] = []
    while True:
        try:
            item, position = _DECODER.raw_decode(body, position)
        except (ValueError, RecursionError):
            return items
        items.append(item)
        comma = _COMMA.match(body, position)
        if comma is None:
            return items
        position = comma.end()


def _from_items(items: list[Any], faults: tuple[str, ...]) -> Parsed:
    mentions: list[Emitted] = []
    bad = 0
    for item in items:
        text, type = (item.get("text"), item.get("type")) if isinstance(item, dict) else (None, None)
        if isinstance(text, str) and isinstance(type, str):
            mentions.append(Emitted(_writable(text), _writable(type)))
        else:
            bad += 1
    return Parsed(tuple(mentions), faults + (BAD_ITEM,) * bad)


def _writable(text: str) -> str:
    """Return text without lone surrogates, which JSON escapes can name but UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode("utf-8")
