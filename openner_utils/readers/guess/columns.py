"""Guessing how columns lie: one detector for each property of a delimited file, and what they say together."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from openner_utils.core.encoding import OUTSIDE
from openner_utils.readers.guess.evidence import ENOUGH, Detected, Found, Reason, Sample, Unread
from openner_utils.readers.guess.labels import (
    is_label,
    label_share,
    labels_of,
    layered,
    look_like_labels,
    look_like_types,
    may_be_types,
    outsides,
    types_of,
)

SPLIT = {"tab": "\t", "space": " ", "whitespace": None}
"""What `str.split` takes for each separator of the reader."""
DOCSTART = "-DOCSTART-"
Rows = Sequence[Sequence[str]]

_CHUNKS = {"NP", "VP", "PP", "ADJP", "ADVP", "SBAR", "PRT", "CONJP", "INTJ", "LST", "UCP"}
"""Types of syntactic chunks, which CoNLL-2003 has in a column of its own before the one of names."""
_HEADER = re.compile(
    r"(label|tag|ner|ne|iob2?|bio|entit|type|class|category|gold|pred|annotation)(s|y|ies|e|es)?([-_ ]\w+)*$",
    re.IGNORECASE,
)
"""How the name of a column of labels begins."""
_ID = re.compile(r"\d+([-.]\d+)?")
_LANGUAGE = re.compile(r"([a-z]{2,3}(?:-[a-z]+)?):\S")
_HALF = 0.5
"""Share of labels in a column from which on the others are faults, where no other column has more."""
_FEW = 2
"""Rows of the usual width that are taken for granted."""
_MANY = 100_000
"""Different lines with a number sign that are looked at, at the most."""
_LONG = 1000
"""Tokens of one sentence from which on it is said that nothing marks where sentences end."""


def sniff(sample: Sample) -> Detected | Unread | None:
    """Return how the reader ``delimited`` would read the sample; its confidence is that of the least sure property."""
    given = sample.given
    body = [line for line in sample.filled if not line.startswith(("#", DOCSTART))] or list(sample.filled)
    if not body or sample.json is not None:
        return None
    separator = separator_of(body, given)
    table = [line.split(SPLIT[separator.value]) for line in body]
    rest = bool(given.get("rest"))
    table = [_rest(row) for row in table] if rest else table
    width = width_of(table)
    if beyond := _beyond(given, width.value):
        return beyond
    header = header_of(table, width.value, given)
    even = [row for row in table[int(header.value) :] if len(row) == width.value]
    label = label_of(even, width.value, given)
    if trouble := _trouble(sample, Counter(row[label.value] for row in even)):
        return trouble
    columns = label_columns_of(even, width.value)
    extra = extra_of(table, width.value, label.value, columns, given)
    token = token_of(even, width.value, {label.value, *columns}, given)
    known = _known_labels(even, label.value)
    comment = comment_of(
        hash_lines(sample), lambda line: _fits(line, separator.value, width.value, label.value, known), given
    )
    rows = _rows(sample.lines, separator.value, width.value, rest, comment.value)
    if header.value and any(rows):
        rows[next(number for number, row in enumerate(rows) if row)] = []
    filled = [row for row in rows if row]
    sentences = sentences_of(filled, _blank(sample), {token.value, label.value, *columns}, given)
    labels = labels_of(list(_sentences(rows, label.value, sentences.value)), sample.whole)
    found = (separator, width, header, label, extra, token, comment, sentences)
    options = {
        "separator": separator.value,
        "docstart": True,
        "comment": comment.value,
        "header": header.value or None,
        "label": label.value if extra.value is not None or label.value != width.value - 1 else None,
        "extra": extra.value,
        "token": token.value or None,
        "sentence_id": sentences.value,
        "id": _id_column(even, token.value, comment.value),
    }
    reasons = [reason for each in found for reason in each.reasons]
    reasons += _notes(sample.lines, [row[token.value] for row in even])
    sure = 1.0 if "label" in given else labels.confidence
    return Detected(
        "delimited",
        labels.scheme,
        min(sure, *(each.confidence for each in found)),
        (*reasons, *labels.reasons),
        {name: value for name, value in options.items() if value is not None},
        labels.spelling,
        labels.types,
        columns or (label.value,),
    )


# --- lines into columns -------------------------------------------------------------------------------------


def separator_of(lines: Sequence[str], given: Mapping[str, Any]) -> Found[str]:
    """Return what stands between columns: what gives most lines one number of columns, and tabs before blanks.

    >>> separator_of(["Take\\tO", "aspirin\\tB-Drug Name"], {}).value
    'tab'
    >>> separator_of(["Take O", "aspirin  B-Drug"], {}).value
    'whitespace'
    """
    if "separator" in given:
        return Found(str(given["separator"]), 1.0)
    shares = {name: _share([line.split(split) for line in lines]) for name, split in SPLIT.items()}
    tabs = sum("\t" in line for line in lines)
    if not tabs:
        if shares["space"] >= shares["whitespace"]:
            return Found("space", 1.0, (("single blanks between columns", "--separator"),))
    elif shares["tab"] >= shares["whitespace"] and not _padded(lines, shares):
        return Found("tab", 1.0, (("tabs between columns", "--separator"),))
    return Found("whitespace", 0.9, (("runs of white space between columns", "--separator"),))


def _padded(lines: Sequence[str], shares: Mapping[str, float]) -> bool:
    """Return whether blanks stand beside the tabs of most lines, so that both are one separator."""
    return (
        shares["whitespace"] == shares["tab"]
        and sum(" \t" in line or "\t " in line for line in lines) > len(lines) / 2
    )


def _share(table: Rows) -> float:
    """Return the share of rows with the most frequent number of columns; rows of one cell, which lack a label, count half."""
    widths = Counter(map(len, table))
    alone = widths.pop(1, 0)
    return (max(widths.values(), default=0) + alone / 2) / len(table) if widths else 0.0


def width_of(table: Rows) -> Found[int]:
    """Return the number of columns, which is at least two."""
    widths = Counter(len(row) for row in table if len(row) > 1)
    width = widths.most_common(1)[0][0] if widths else 2
    # One odd line among few is a fault of that line; reading shows it.
    return Found(width, (_share(table) * len(table) + _FEW) / (len(table) + _FEW))


def _rest(row: Sequence[str]) -> list[str]:
    return [" ".join(row[:-1]), row[-1]] if len(row) > 1 else list(row)


def _beyond(given: Mapping[str, Any], width: int) -> Unread | None:
    """Return what to say of a column that is given and not there."""
    for name in ("token", "label", "sentence_id"):
        place = given.get(name)
        if place is not None and not -width <= place < width:
            what = f"no column {place} for --{name}: most lines have {width}"
            hint = f"Give one from 0 to {width - 1}, or from -{width} to -1; or another --separator."
            return Unread(what, 0.9, hint, 0)
    return None


def _rows(
    lines: Sequence[str], separator: str, width: int, rest: bool, comment: str | None
) -> list[Sequence[str]]:
    """Return the cells of each line [n_lines]; none for blank lines, comments, and lines of another width."""
    rows: list[Sequence[str]] = []
    for line in lines:
        passed_over = line.startswith(DOCSTART) or (comment and line.startswith(comment))
        row = [] if passed_over or not line.strip() else line.split(SPLIT[separator])
        row = _rest(row) if rest else row
        rows.append(row if len(row) == width else [])
    return rows


# --- what the first line and those with # are -----------------------------------------------------------------


def header_of(table: Rows, width: int, given: Mapping[str, Any]) -> Found[bool]:
    """Return whether the first line names the columns: one cell is a usual name, and its label is none of the others'."""
    if "header" in given:
        return Found(bool(given["header"]), 1.0)
    first, others = table[0], [row for row in table[1:] if len(row) == width]
    if len(first) != width or not others or not any(_HEADER.match(cell) for cell in first[1:]):
        return Found(False, 1.0)
    label = label_of(others, width, given).value
    if any(map(is_label, first)) or first[label] in {row[label] for row in others}:
        return Found(False, 0.9)
    return Found(True, 0.9, (("the first line is a header", "--option header"),))


def hash_lines(sample: Sample) -> list[str]:
    """Return the lines of the whole file that begin with a number sign, each once: a token may be one, too."""
    if sample.encoding.startswith("utf-16") or sample.encoding == "utf-32":
        return list(dict.fromkeys(line for line in sample.lines if line.startswith("#")))
    content = sample.raw.content
    found: dict[bytes, None] = {}
    position = 0 if content.startswith(b"#") else content.find(b"\n#") + 1
    while (position or content.startswith(b"#")) and len(found) < _MANY:
        end = content.find(b"\n", position)
        end = len(content) if end < 0 else end
        found[content[position:end].rstrip(b"\r")] = None
        position = content.find(b"\n#", end) + 1
        if not position:
            break
    return [line.decode(sample.encoding, "replace") for line in found]


def _known_labels(rows: Rows, label: int) -> set[str]:
    """Return the labels of rows, if they are few enough to be labels."""
    known = {row[label] for row in rows}
    return known if len(known) <= max(2, len(rows) / 5) else set()


def _fits(line: str, separator: str, width: int, label: int, known: Collection[str]) -> bool:
    """Return whether a line has the usual number of columns, and a label that others have or that is spelled as one."""
    row = line.split(SPLIT[separator])
    return len(row) == width and (row[label] in known or is_label(row[label]))


def comment_of(
    lines: Sequence[str], is_token: Callable[[str], bool], given: Mapping[str, Any]
) -> Found[str | None]:
    """Return how comment lines begin, or None; ``lines`` are those with a number sign, of which some are tokens.

    Where tokens begin like comments, the comments' first word tells them apart; if it does not, there are none, and
    reading shows the lines that do not fit.

    >>> comment_of(["# file: x", "# O"], lambda line: line == "# O", {}).value
    '# file:'
    """
    if "comment" in given:
        return Found(given["comment"], 1.0)
    odd = [line for line in lines if not is_token(line)]
    tokens = [line for line in lines if is_token(line)]
    common = _common(odd)
    for pattern in (r"#+[ \t]?", r"#+[ \t]?[^\s#]+"):
        match = re.match(pattern, common)
        if match and not any(token.startswith(match[0]) for token in tokens):
            why = f"lines that begin with {match[0]!r} are comments"
            return Found(match[0], 0.9, ((why, "--option comment"),))
    return Found(None, 0.9)


def _common(lines: Sequence[str]) -> str:
    """Return what all lines begin with."""
    first, last = min(lines, default=""), max(lines, default="")
    return next((first[:end] for end in range(len(first), 0, -1) if last.startswith(first[:end])), "")


# --- which column holds what ----------------------------------------------------------------------------------


def label_columns_of(rows: Rows, width: int) -> tuple[int, ...]:
    """Return the columns that look like labels; the first only if it holds nothing else, and another the tokens."""
    columns = [[row[number] for row in rows] for number in range(width)]
    fitting = [n for n, column in enumerate(columns) if look_like_labels(column)]
    types = {n: types_of(columns[n]) for n in fitting}
    fitting = [n for n in fitting if not (types[n] and types[n] <= _CHUNKS)]
    if 0 in fitting and (len(fitting) == width or not types[0]):
        fitting.remove(0)
    return tuple(fitting)


def label_of(rows: Rows, width: int, given: Mapping[str, Any]) -> Found[int]:
    """Return the column of labels: the first with entity types; else the last that may hold types without prefix."""
    if "label" in given:
        return Found(given["label"] + (width if given["label"] < 0 else 0), 1.0)
    uses = [Counter(row[number] for row in rows) for number in range(width)]
    fitting = label_columns_of(rows, width)
    named = [number for number in fitting if types_of(uses[number])]
    if named:
        return Found(named[0], 0.95 * label_share(uses[named[0]]), _where(width, named[0]))
    plain = [number for number in reversed(range(width)) if look_like_types(uses[number])]
    plain.sort(key=lambda number: -(OUTSIDE in uses[number]))
    if plain and (OUTSIDE in uses[plain[0]] or not fitting):
        return Found(plain[0], 0.8, _where(width, plain[0]))
    if fitting:  # nothing but O
        return Found(fitting[-1], 0.7, _where(width, fitting[-1]))
    best = max(range(width), key=lambda number: label_share(uses[number]), default=0)
    if rows and types_of(uses[best]) and (share := label_share(uses[best])) >= _HALF:
        return Found(best, max(ENOUGH, share), _where(width, best))  # labels, many of which are faulty
    few = [number for number in reversed(range(1, width)) if may_be_types(uses[number])]
    if few:
        return Found(few[0], 0.5, _where(width, few[0]))
    return Found(width - 1, 0.0, _where(width, width - 1))


def _where(width: int, label: int) -> tuple[Reason, ...]:
    return ((f"label in column {label} of {width}", "--label"),) if width > 2 else ()


def extra_of(
    table: Rows, width: int, label: int, columns: Sequence[int], given: Mapping[str, Any]
) -> Found[int | None]:
    """Return the column of a second layer of labels: beside the first, or, on some lines only, after the last column."""
    if "extra" in given or "label" in given:
        return Found(None, 1.0)
    longer = [(row[label], *row[width:]) for row in table if len(row) > width]
    second = next((n for n in columns if n > label), None)
    if second is not None:
        several = ", ".join(map(str, columns))
        why = f"columns {several} look like labels: {label} is read, {second} left alone (a layer, or predictions)"
        return Found(second, 0.9, ((why, "--label, --option extra"),))
    if longer and all(is_label(cell) for cells in longer for cell in cells):
        why = f"{len(longer)} of the sampled lines have one more label, of an inner layer"
        return Found(width, 0.9, ((why, "--option extra"),))
    return Found(None, 1.0)


def token_of(rows: Rows, width: int, labels: Collection[int], given: Mapping[str, Any]) -> Found[int]:
    """Return the column of tokens: the first that is no counter and has about as many different values as any other."""
    if "token" in given:
        return Found(given["token"] + (width if given["token"] < 0 else 0), 1.0)
    others = [number for number in range(width) if number not in labels]
    values = {number: {row[number] for row in rows} for number in others}
    words = [number for number in others if not all(map(_ID.fullmatch, values[number]))]
    if not words:
        return Found(others[0] if others else 0, 0.7 if others else 0.3)
    most = max(len(values[number]) for number in words)
    token = next(number for number in words if 3 * len(values[number]) >= most)
    why = ((f"token in column {token}", "--token"),) if width > 2 else ()
    return Found(token, 0.9, why)


def _id_column(rows: Rows, token: int, comment: str | None) -> int | None:
    """Return the column of CoNLL-U ids, before that of tokens: there are ranges among them, or CoNLL-U's comments."""
    ids = [row[0] for row in rows] if token else []
    if not ids or not all(map(_ID.fullmatch, ids)):
        return None
    return 0 if comment == "# " or not all(map(str.isdecimal, ids)) else None


# --- what marks sentences -------------------------------------------------------------------------------------


def sentences_of(
    rows: Rows, blank: bool, others: Collection[int], given: Mapping[str, Any]
) -> Found[int | None]:
    """Return the column that marks sentences in a file without ``blank`` lines, none of ``others``.

    Its values come in runs, hold digits and never come back.
    """
    if "sentence_id" in given:
        return Found(given["sentence_id"], 1.0)
    if blank or len(rows) < 2:
        return Found(None, 1.0)
    for number in range(len(rows[0])):
        values = [row[number] for row in rows]
        changes = sum(a != b for a, b in pairwise(values))
        runs = changes and len(set(values)) == changes + 1 < len(values)
        if number not in others and runs and all(re.search(r"\d", value) for value in values):
            why = f"no blank lines, so column {number} marks sentences"
            return Found(number, 0.8, ((why, "--option sentence_id"),))
    if len(rows) < _LONG:
        return Found(None, 0.9)
    why = f"nothing marks where sentences end: {len(rows)} tokens and more are one sentence"
    return Found(None, 0.7, ((why, "--option sentence_id"),))


def _blank(sample: Sample) -> bool:
    """Return whether there are blank lines, but for those at the end."""
    return any(re.search(r"\n[ \t]*\n", window.rstrip()) for window in sample.windows)


def _sentences(rows: Rows, label: int, sentence_id: int | None) -> Iterator[list[str]]:
    """Yield the labels of each sentence."""
    labels: list[str] = []
    last: str | None = None
    for row in rows:
        here = row[sentence_id] if row and sentence_id is not None else None
        if labels and (not row or here != last):
            yield labels
            labels = []
        if row:
            labels.append(row[label])
        last = here
    if labels:
        yield labels


# --- what is worth saying -------------------------------------------------------------------------------------


def _notes(lines: Sequence[str], tokens: Sequence[str]) -> Iterator[Reason]:
    if any(line.startswith(DOCSTART) for line in lines):
        yield "-DOCSTART- lines begin documents", "--option docstart"
    marks = {match[1] if (match := _LANGUAGE.match(token)) else "" for token in tokens}
    if len(marks) == 1 and "" not in marks:
        yield (
            f"every token begins with the mark of a language, {marks.pop()}:, which is read as part of it",
            "",
        )


def _trouble(sample: Sample, labels: Counter[str]) -> Unread | None:
    """Return what stands against labels: they hold several layers, which would cut mentions in two, or several kinds of ``O``."""
    if glued := layered(labels):
        hint = (
            "Write each layer into a column of its own, and name the column of the outer labels with --label, that of the inner "
            "ones with --option extra=COLUMN."
        )
        return Unread(f"labels of several layers in one cell ({glued!r})", 0.9, hint, _line_of(sample, glued))
    if several := outsides(labels):
        what = f"several labels would stand for O ({', '.join(several[:5])}) beside those that begin or continue a mention"
        return Unread(what, 0.9, "Write O instead of each, or move them to a column of their own.", 0)
    return None


def _line_of(sample: Sample, text: str) -> int:
    """Return the line on which a text first stands, or 0 if it cannot be told."""
    place = sample.raw.content.find(text.encode(sample.encoding, "ignore"))
    return sample.raw.content.count(b"\n", 0, place) + 1 if place >= 0 else 0
