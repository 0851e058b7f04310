"""Guessing how columns lie in a delimited file: what the detectors of its properties say together."""

import re
import shlex
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from openner_utils.readers.delimited import HALVES
from openner_utils.readers.guess.comments import comment_lines, comment_of, header_of, is_comment, token_test
from openner_utils.readers.guess.evidence import Detected, Found, Reason, Sample, Unread
from openner_utils.readers.guess.labels import Labels, is_label, labels_of, latin, layered, outsides
from openner_utils.readers.guess.places import (
    extra_of,
    id_of,
    label_columns_of,
    label_of,
    sentences_of,
    token_of,
)
from openner_utils.readers.guess.table import DOCSTART, Rows, Table, beyond, odd_space, signs_of
from openner_utils.readers.stored import lines_of

_LANGUAGE = re.compile(r"([a-z]{2,3}(?:-[a-z]+)*):\S")
"""A token with the mark of its language, as WikiANN has them."""
_WIDEST = 1000
"""Columns from which on lines are text and no table of tokens, unless the user names a column."""


def sniff(sample: Sample) -> Detected | Unread | None:
    """Return how the reader ``delimited`` would read the sample; its confidence is that of the least sure property."""
    given = sample.given
    no_token = (DOCSTART, *signs_of(given.get("comment")))
    body = [line for line in sample.filled if not line.startswith(no_token) and not is_comment(line)]
    body = body or list(sample.filled)
    if (
        not body
        or sample.json is not None
        or any(isinstance(given.get(name), str) for name in ("token", "label"))
    ):
        return None  # a column of this reader has no name
    table = Table.of(body, given, sample.outside)
    if missing := beyond(given, table.width.value) or odd_space(body, table):
        return missing
    if table.width.value > _WIDEST and "label" not in given:
        return None
    header = header_of(table, given)
    even = table.even[int(header.value) :]
    columns = label_columns_of(even, table.width.value, _ends(table, sample.lines))
    label = label_of(even, table.width.value, given, columns)
    trouble = _sentence_a_line(sample, even, label.value)
    if trouble := trouble or _trouble(sample, Counter(row[label.value] for row in even)):
        return trouble
    extra = extra_of(table.rows, table.width.value, label.value, columns, given)
    token = token_of(even, table.width.value, {label.value, *columns}, given)
    comment = comment_of(_as_read(comment_lines(sample), table), token_test(table, label.value), given)
    rows = table.lines(sample.lines, comment.value, longer=extra.value == table.width.value)
    if header.value and any(rows):
        rows[next(number for number, row in enumerate(rows) if row)] = []
    filled = [row for row in rows if row]
    sentences = sentences_of(filled, sample.parted, {token.value, label.value, *columns}, given)
    found: dict[str, Found[Any]] = {
        "separator": table.separator,
        "width": table.width,
        "header": header,
        "label": label,
        "extra": extra,
        "token": token,
        "comment": comment,
        "sentence_id": sentences,
        "surrogates": _halves(sample),
    }
    labels = labels_of(list(_sentences(rows, label.value, sentences.value)), sample.whole, sample.outside)
    notes = _notes(sample.lines, [row[token.value] for row in even], given.get("docstart", True))
    options = _options(found) | {"id": id_of(even, token.value, comment.value)}
    return _detected(found, options, labels, notes, columns or (label.value,), "label" in given)


def _halves(sample: Sample) -> Found[bool | None]:
    """Return whether characters stand as two halves on two lines, anywhere in the file."""
    pieces = lines_of(sample.raw.content)
    if not any(re.search(rb"\xed[\xa0-\xaf]", piece) and HALVES.search(piece) for piece in pieces):
        return Found(None, 1.0)
    why = "characters in two halves, on two lines each, which are put together"
    return Found(True, 0.9, ((why, "--option surrogates"),))


def _as_read(lines: Sequence[str], table: Table) -> Sequence[str]:
    """Return lines as they are compared with how comments begin: runs of white space are alike where they separate columns."""
    return (
        [re.sub(r"[ \t]+", " ", line) for line in lines] if table.separator.value == "whitespace" else lines
    )


def _options(found: Mapping[str, Found[Any]]) -> dict[str, Any]:
    """Return the reader's options; None for those that are as by default."""
    values = {name: each.value for name, each in found.items()}
    last = values["label"] == values["width"] - 1 and values["extra"] is None
    changed = {"label": None if last else values["label"], "header": values["header"] or None}
    changed |= {"token": values["token"] or None, "docstart": True}
    return {name: value for name, value in values.items() if name != "width"} | changed


def _detected(
    found: Mapping[str, Found[Any]],
    options: Mapping[str, Any],
    labels: Labels,
    notes: Iterator[Reason],
    columns: tuple[int, ...],
    said: bool,
) -> Detected:
    """Return all that was found as one reading; ``said``: the user has said which column holds the labels."""
    reasons = [reason for each in found.values() for reason in each.reasons]
    return Detected(
        "delimited",
        labels.scheme,
        min(1.0 if said else labels.confidence, *(each.confidence for each in found.values())),
        (*reasons, *notes, *labels.reasons),
        {name: value for name, value in options.items() if value is not None},
        labels.spelling,
        labels.types,
        columns,
    )


def _ends(table: Table, lines: Sequence[str]) -> list[int]:
    """Return the rows of the usual width, counted from 0, behind which a blank line ends the sentence."""
    ends, number = [], -1
    for line in lines:
        number += len(table.cells(line)) == table.width.value if line.strip() else 0
        if not line.strip():
            ends.append(number)
    return ends


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


def _notes(lines: Sequence[str], tokens: Sequence[str], docstart: bool) -> Iterator[Reason]:
    if docstart and any(line.startswith(DOCSTART) for line in lines):
        yield "-DOCSTART- lines begin documents", "--option docstart"
    marks = {match[1] if (match := _LANGUAGE.match(token)) else "" for token in tokens}
    if len(marks) == 1 and "" not in marks:
        yield (
            f"every token begins with the mark of a language, {marks.pop()}:, which is read as part of it",
            "",
        )


def _sentence_a_line(sample: Sample, rows: Rows, label: int) -> Unread | None:
    """Return what stands against rows of which most are whole sentences: as many labels in a cell as words in another."""
    whole = [
        row[label]
        for row in rows
        if len(labels := re.split(r"[\s,]+", row[label].strip())) > 1
        and all(map(is_label, labels))
        and any(len(cell.split()) == len(labels) for number, cell in enumerate(row) if number != label)
    ]
    if 2 * len(whole) <= len(rows):
        return None
    what = f"a whole sentence on each line: as many labels in one cell ({whole[0]!r:.60}) as words in another"
    hint = "Name the reader of such rows, and no --token or --label: --reader csv_sentences."
    return Unread(what, 0.9, hint, _line_of(sample, whole[0]))


def _trouble(sample: Sample, labels: Counter[str]) -> Unread | None:
    """Return what stands against labels: most hold several layers, which would cut mentions in two, or several are ``O``.

    A label of several layers among others is listed by validation.
    """
    inside = Counter(
        {label: number for label, number in labels.items() if is_label(label) or layered([label])}
    )
    glued = layered(inside)
    if 2 * sum(number for label, number in inside.items() if layered([label])) > inside.total():
        hint = (
            "Write each layer into a column of its own, and name the column of the outer labels with --label, that of the inner "
            "ones with --option extra=COLUMN."
        )
        return Unread(f"labels of several layers in one cell ({glued!r})", 0.9, hint, _line_of(sample, glued))
    odd = [value for value in labels if latin(value) != value and is_label(latin(value))]
    if 2 * sum(labels[value] for value in odd) > labels.total():
        letter = odd[0][0]
        named = f"U+{ord(letter):04X} {unicodedata.name(letter, '')}"
        what = f"most labels only look like labels, such as {odd[0]!r} ({named})"
        return Unread(what, 0.9, f"Write {latin(odd[0])!r} in Latin letters.", _line_of(sample, odd[0]))
    if several := outsides(labels):
        what = f"several labels would stand for O ({', '.join(several[:5])}) beside those that begin or continue a mention"
        say = " ".join(f"--outside {shlex.quote(label)}" for label in several)
        return Unread(what, 0.9, f"Say that they do: {say}; or move them to a column of their own.", 0)
    return None


def _line_of(sample: Sample, text: str) -> int:
    """Return the line on which a text first stands, or 0 if it cannot be told."""
    place = sample.raw.content.find(text.encode(sample.encoding, "ignore"))
    return sample.raw.content.count(b"\n", 0, place) + 1 if place >= 0 else 0
