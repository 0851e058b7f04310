"""Guessing running text with mentions marked in it, with a list below each text, beside it, or in rows of CSV."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import regex

from openner_utils.readers.glued_fields import words_of
from openner_utils.readers.guess.evidence import Detected, Sample, Unread
from openner_utils.readers.guess.labels import USUAL, label_share, labels_of, look_like_types

_VALUE = r"=(?:\"[^\"<\n]*+\"|'[^'<\n]*+')"
_TAGGED = regex.compile(
    rf"<(?P<tag>[A-Za-z][\w-]*+)(?:(?: +[\w:-]++{_VALUE})*? +(?P<attribute>TYPE|type){_VALUE}(?: +[\w:-]++{_VALUE})*+)?>"
    r"[^<\t\n]++</(?P=tag)>"
)
"""A tag without attributes, or with its type among them, and the text in it."""
_DECLARED = re.compile(r"<\?[^>]*+>|<!--.*?-->|<![A-Z][^>\[]*+>")
"""What stands before a document, or between its lines, and is none of its text."""
_OPEN = re.compile(r"<([^\W\d][\w.:-]*)")
_HTML = {
    "a", "abbr", "b", "br", "code", "div", "em", "font", "h1", "h2", "h3", "i", "li", "p", "pre", "q", "s", "small", "span",
    "strong", "sub", "sup", "td", "th", "title", "tt", "u",
}  # fmt: skip
"""Tags of pages, which mark no mentions."""
_BRACKETED = re.compile(r"\[([A-Z][A-Za-z_-]+) [^\[\]\t\n]+\]")
_FIRST = 20
"""Lines that are looked at before all of them are."""
_SPAN_COLUMNS = {"start", "end", "text"}


def sniff(sample: Sample) -> Detected | Unread | None:
    """Return how a reader of text with marks would read the sample."""
    if sample.json is not None:
        return None
    return (
        _brat(sample)
        or _csv(sample)
        or _list_below(sample)
        or _slashed(sample)
        or _tagged(sample)
        or _bracketed(sample)
    )


def _found(reader: str, confidence: float, why: str, types: set[str], **options: str) -> Detected:
    return Detected(reader, "spans", confidence, ((why, "--reader"),), options, types=tuple(sorted(types)))


def _brat(sample: Sample) -> Detected | Unread | None:
    text = sample.path.with_suffix(".txt")
    if sample.suffix == ".ann" and not text.is_file():
        return Unread("annotations of BRAT without their text", 1.0, f"Put {text.name} beside the file.")
    if sample.suffix == ".ann" or (sample.suffix == ".txt" and sample.path.with_suffix(".ann").is_file()):
        return _found("brat", 1.0, "annotations in .ann beside the text", set())
    return None


def _csv(sample: Sample) -> Detected | None:
    """Return the guess for CSV whose header names a text and its spans, or the fields of one span."""
    names = [name.strip().strip('"').lower() for name in sample.filled[0].split(",")] if sample.filled else []
    if "text" in names and {"entities", "spans"} & set(names):
        spans = next(name for name in ("entities", "spans") if name in names)
        options = {"spans": spans} if spans != "entities" else {}
        return _found("csv_spans", 0.95, "CSV with a column of spans", set(), **options)
    if set(names) >= _SPAN_COLUMNS and {"label", "type"} & set(names):
        type = "label" if "label" in names else "type"
        return _found("csv_spans", 0.95, "CSV with one span a row", set(), layout="spans", type=type)
    return None


def _list_below(sample: Sample) -> Detected | None:
    lines = sample.filled
    lists = [line.startswith("[(") or line.strip() == "[]" for line in lines[: 2 * (len(lines) // 2)]]
    if len(lists) < 2 or not lines[1].startswith("[") or lines[0].startswith("[("):
        return None
    share = sum(lists) / (len(lists) / 2)
    return (
        _found("text_and_list", min(0.9, share), "a list of mentions below each text", set())
        if share > 0.5
        else None
    )


def _slashed(sample: Sample) -> Detected | None:
    """Return the guess for words with a label after a slash each."""
    if not all("/" in line for line in sample.filled[:_FIRST]):
        return None
    sentences = [[word.rpartition("/") for word in words_of(line)] for line in sample.filled]
    words = [word for sentence in sentences for word in sentence]
    uses = Counter(label for token, slash, label in words if token and label)
    if (
        len(words) < 2
        or uses.total() < 0.9 * len(words)
        or not (label_share(uses) >= 0.9 or look_like_types(uses))
    ):
        return None
    labels = labels_of(
        [[label for token, _, label in sentence if token] for sentence in sentences],
        sample.whole,
        sample.outside,
    )
    why = ("a label after each word and a slash", "--reader")
    sure = min(0.9, labels.confidence) * uses.total() / len(words)
    return Detected(
        "glued_fields",
        labels.scheme,
        sure,
        (why, *labels.reasons),
        {"separator": "/"},
        labels.spelling,
        labels.types,
    )


def _tagged(sample: Sample) -> Detected | None:
    """Return the guess for tags around mentions: named by the tag, or by the attribute TYPE."""
    marks = [
        mark
        for window in sample.windows
        for mark in _TAGGED.finditer(window)
        if mark["tag"].lower() not in _HTML
    ]
    if not marks:
        return None
    attribute = Counter(mark["attribute"] for mark in marks).most_common(1)[0][0]
    types = set() if attribute else {mark["tag"] for mark in marks}
    kept = types or {mark["tag"] for mark in marks if mark["attribute"]}
    ignore = sorted(_around(sample.filled, kept))
    options: dict[str, Any] = {"attribute": attribute} if attribute else {}
    options |= {"ignore": ignore} if ignore else {}
    told = "tags around mentions" + (
        f"; {', '.join(ignore)} are around more, so passed over" if ignore else ""
    )
    return Detected(
        "inline_xml",
        "spans",
        0.8 * _repeated(len(marks), types),
        ((told, "--option ignore=[TAG,…]" if ignore else "--reader"),),
        options,
        types=tuple(sorted(types)),
    )


def _around(lines: Sequence[str], kept: set[str]) -> set[str]:
    """Return the tags that mark no mentions: those of pages, and those around lines or whole lines, one in another.

    A tag around other tags inside a line marks a mention that holds others.
    """
    lines = [_DECLARED.sub("", line).strip() for line in lines]
    found: set[str] = set()
    while more := _around_lines(lines, kept | found, inner=bool(found)):
        found |= more
        passed_over = re.compile(rf"</?(?:{'|'.join(map(re.escape, sorted(more)))})(?=[\s/>])[^<>]*+>")
        lines = [passed_over.sub("", line).strip() for line in lines]
    return found


def _around_lines(lines: Sequence[str], known: set[str], inner: bool) -> set[str]:
    """Return the tags around lines that are not ``known``; an ``inner`` one that is called like a type marks a mention."""
    found: set[str] = set()
    for name in {mark[1] for line in lines for mark in _OPEN.finditer(line)} - known:
        begin, end = re.compile(rf"<{re.escape(name)}(?=[\s/>])"), f"</{name}>"
        of = [line for line in lines if begin.search(line) or end in line]
        over = any(len(begin.findall(line)) != line.count(end) for line in of)
        whole = all(begin.match(line) and line.endswith(end) for line in of)
        if over or name.lower() in _HTML or (whole and not (inner and name.lower() in USUAL)):
            found.add(name)
    return found


def _bracketed(sample: Sample) -> Detected | None:
    """Return the guess for ``[TYPE words]``; brackets of prose hold ever other words."""
    marks = [mark[1] for window in sample.windows for mark in _BRACKETED.finditer(window)]
    if not marks:
        return None
    types = set(marks)
    named = all(type.isupper() or type.lower() in USUAL for type in types)
    sure = 0.8 * _repeated(len(marks), types) if named else 0.65 if len(marks) >= 10 * len(types) else 0.4
    return _found("bracketed", sure, "brackets around mentions", types)


def _repeated(marks: int, types: set[str]) -> float:
    """Return 1 where few types mark many mentions, less where each mark is of a type of its own."""
    return 1.0 if len(types) <= max(3, marks / 3) else 0.6
