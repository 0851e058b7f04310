"""CSV with a header: texts with character spans, published in one of two ways.

``texts``: one text a row, and a column with its spans as JSON or as a Python list, of [start, end, type] or of objects
with start, end and label or type. ``spans``: one span a row, with the text (or nothing, after its first row) and its id
beside it; a row without start, end and type says that its text has no mention. Lines of a text are sentences.
"""

import ast
import csv
import io
import json
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, ClassVar, Literal

from openner_utils.readers.layout import Layout, RawFile
from openner_utils.readers.reading import Faults, Reading
from openner_utils.readers.spans import Piece, Published, Text, columns_of, get_tokenizer
from openner_utils.readers.text import half_pair, read_text
from openner_utils.support.errors import unknown
from openner_utils.support.records import Record

LONGEST = 100_000
"""Characters in a list of spans that is no JSON, at the most; see `text_and_list`."""
_FIELD_LIMIT = (1 << 31) - 1


class Options(Record):
    """Which of the named columns hold what."""

    distinct: ClassVar[tuple[str, ...]] = ("text", "spans", "id", "start", "end", "type")
    """Options that name columns, no two of them the same."""
    layout: Literal["texts", "spans"] = "texts"
    """Whether a row is a text or a span."""
    text: str = "text"
    spans: str = "entities"
    """Column with the list of spans, where a row is a text."""
    id: str = "id"
    """Column that is the same for all rows of one text, where a row is a span."""
    start: str = "start"
    end: str = "end"
    type: str = "label"
    delimiter: Literal[",", ";", "\t"] = ","
    encoding: str = "utf-8"
    """Any text encoding that Python knows by name."""
    tokenizer: Literal["words", "clusters", "whitespace"] = "words"
    """See `spans.TOKENIZERS`."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the file must have."""
        return (
            (self.text, self.spans)
            if self.layout == "texts"
            else (self.text, self.id, self.start, self.end, self.type)
        )


@dataclass(frozen=True, slots=True)
class _Row:
    """The fields that the options name, the line on which the row begins, and that on which its text begins."""

    fields: dict[str, str]
    line: int
    text_line: int


def read(raw: RawFile, layout: Layout) -> Reading:
    """Read one CSV file; each text is a document."""
    options, faults = layout.parsed(Options), Faults(raw, layout)
    content, counts = read_text(raw, faults, options.encoding)
    rows = _all_rows(faults, content, options)
    texts = _texts(faults, rows, options) if options.layout == "texts" else _grouped(faults, rows, options)
    groups = [[Text(text, _pieces(text, line), spans)] for text, line, spans in texts]
    return columns_of(groups, get_tokenizer(options.tokenizer), raw, faults, counts)


def _all_rows(faults: Faults, content: str, options: Options) -> list[_Row]:
    """Return the rows after the header. The csv module's limit on fields, which is a global one, is lifted meanwhile."""
    before = csv.field_size_limit(_FIELD_LIMIT)
    try:
        return list(_rows(faults, content, options))
    finally:
        csv.field_size_limit(before)


def _rows(faults: Faults, content: str, options: Options) -> Iterator[_Row]:
    """Yield the rows after the header; one with other columns is a fault, and a quote that is never closed an error."""
    # Lines end at \n only, so that line numbers are those that an editor shows.
    table = csv.reader(io.StringIO(content, newline="\n"), delimiter=options.delimiter, strict=True)
    names: list[str] | None = None
    line = 1
    try:
        for fields in table:
            if names is None:
                names = fields
                _check_header(faults, names, options)
            elif fields and len(fields) != len(names):
                what = f"{len(fields)} column(s) where the header names {len(names)}"
                faults.add(line, "column-count", what, "Correct the line; look for a missing quote")
            elif fields:
                at = names.index(options.text)
                yield _Row(
                    {name: fields[names.index(name)] for name in options.columns},
                    line,
                    line + sum(field.count("\n") for field in fields[:at]),
                )
            line = table.line_num + 1
    except csv.Error as error:
        what = f"the row that begins here is no CSV ({error})"
        raise faults.fail(line, "column-count", what, "Correct its quotes", ["delimiter"]) from error


def _check_header(faults: Faults, names: list[str], options: Options) -> None:
    for name in options.columns:
        if names.count(name) != 1:
            what = (
                f"two columns {name!r}" if name in names else str(unknown("column", name, names)).rstrip(".")
            )
            of_name = next(option for option, value in options if value == name)
            raise faults.fail(1, "column-count", what, "Correct the header", [of_name, "delimiter"])


def _texts(faults: Faults, rows: list[_Row], options: Options) -> Iterator[tuple[str, int, list[Published]]]:
    """Yield text, line and spans of each row."""
    for row in rows:
        text = row.fields[options.text]
        spans: list[Published] = []
        try:
            spans += [_span(text, *_triple(entry), row.line) for entry in _list(row.fields[options.spans])]
        except (ValueError, TypeError, KeyError, SyntaxError, MemoryError, RecursionError) as error:
            what = f"{row.fields[options.spans]!r:.60} is no list of spans of the text ({error!s:.80})"
            faults.add(row.line, "bad-span", what, "Write [[start, end, type], …] in characters of the text")
        yield text, row.text_line, spans


def _list(field: str) -> list[Any]:
    """Return a field that is a list in JSON or Python; nothing in it is ever run. An empty field is an empty list."""
    if not field.strip():
        return []
    try:
        value = json.loads(field)
    except ValueError:
        if len(field) > LONGEST:
            raise
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = ast.literal_eval(field.strip())
    if not isinstance(value, list):
        raise TypeError("another kind of value")
    return value


def _triple(entry: Any) -> tuple[Any, Any, Any]:
    if isinstance(entry, dict):
        return entry["start"], entry["end"], entry["label"] if "label" in entry else entry["type"]
    start, end, type = entry
    return start, end, type


def _grouped(
    faults: Faults, rows: list[_Row], options: Options
) -> Iterator[tuple[str, int, list[Published]]]:
    """Yield text, line and spans of each run of rows with one id."""
    seen: set[str] = set()
    for id, of_text in groupby(rows, lambda row: row.fields[options.id]):
        group = list(of_text)
        text, line = group[0].fields[options.text], group[0].text_line
        if id in seen:
            what = f"text {id!r:.40} comes a second time, after another one"
            faults.add(group[0].line, "bad-span", what, "Sort the rows by text")
            continue
        seen.add(id)
        spans: list[Published] = []
        for row in group:
            if row.fields[options.text] not in ("", text):
                what = f"the text differs from that of the first row of {id!r:.40}"
                faults.add(row.line, "bad-span", what, "Give one text for each id")
                continue
            start, end, type = (row.fields[name] for name in (options.start, options.end, options.type))
            if not start and not end and not type:
                continue
            try:
                spans.append(_span(text, int(start), int(end), type, row.line))
            except (ValueError, TypeError) as error:
                what = f"{start!r:.20} {end!r:.20} {type!r:.40} is no span of the text ({error!s:.80})"
                faults.add(row.line, "bad-span", what, "Correct the span")
        yield text, line, spans


def _span(text: str, start: Any, end: Any, type: Any, line: int) -> Published:
    """Return a span; raises ValueError or TypeError if it is none of the text."""
    if not isinstance(start, int) or not isinstance(end, int) or not isinstance(type, str):
        raise TypeError("a start, an end or a type is of another kind")
    if not 0 <= start < end <= len(text) or not type or half_pair(type):
        raise ValueError("outside the text, or without a type")
    return Published(int(start), int(end), type, line)


def _pieces(text: str, line: int) -> list[Piece]:
    """Return the lines of a text that are not blank."""
    pieces, position = [], 0
    for number, part in enumerate(text.split("\n"), line):
        if part.strip():
            pieces.append(Piece(position, position + len(part), number))
        position += len(part) + 1
    return pieces
