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
from pathlib import Path
from typing import Any, Literal

from openner_utils.catalog import Card, File
from openner_utils.readers import Reading, half_pair, options_of, read_text
from openner_utils.readers.spans import Piece, Published, Text, columns_of, get_tokenizer
from openner_utils.support.errors import FormatError, unknown
from openner_utils.support.records import Record

LONGEST = 100_000
"""Characters in a list of spans that is no JSON, at the most; see `text_and_list`."""
_FIELD_LIMIT = (1 << 31) - 1


class Options(Record):
    """Which of the named columns hold what."""

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


def read(path: Path, card: Card, file: File) -> Reading:
    """Read one CSV file; each text is a document."""
    options = options_of(Options, card)
    content, counts = read_text(path, options.encoding)
    rows = _all_rows(path, content, options)
    texts = _texts(path, rows, options) if options.layout == "texts" else _grouped(path, rows, options)
    groups = [[Text(text, _pieces(text, line), spans)] for text, line, spans in texts]
    return columns_of(groups, get_tokenizer(options.tokenizer), file.path, counts)


def _all_rows(path: Path, content: str, options: Options) -> list[_Row]:
    """Return the rows after the header. The csv module's limit on fields, which is a global one, is lifted meanwhile."""
    before = csv.field_size_limit(_FIELD_LIMIT)
    try:
        return list(_rows(path, content, options))
    finally:
        csv.field_size_limit(before)


def _rows(path: Path, content: str, options: Options) -> Iterator[_Row]:
    """Yield the rows after the header."""
    # Lines end at \n only, so that line numbers are those that an editor shows.
    table = csv.reader(io.StringIO(content, newline="\n"), delimiter=options.delimiter, strict=True)
    names: list[str] | None = None
    line = 1
    try:
        for fields in table:
            if names is None:
                names = fields
                _check_header(path, names, options)
            elif fields:
                if len(fields) != len(names):
                    what = f"{len(fields)} column(s) where the header names {len(names)}"
                    raise FormatError(
                        path, line, what, "Correct the line; look for a missing quote.", "column-count"
                    )
                at = names.index(options.text)
                yield _Row(
                    {name: fields[names.index(name)] for name in options.columns},
                    line,
                    line + sum(field.count("\n") for field in fields[:at]),
                )
            line = table.line_num + 1
    except csv.Error as error:
        raise FormatError(
            path, line, f"the row that begins here is no CSV ({error})", "Correct its quotes.", "column-count"
        ) from error


def _check_header(path: Path, names: list[str], options: Options) -> None:
    for name in options.columns:
        if names.count(name) != 1:
            what = (
                f"two columns {name!r}" if name in names else str(unknown("column", name, names)).rstrip(".")
            )
            raise FormatError(path, 1, what, "Check columns and delimiter on the card.", "column-count")


def _texts(path: Path, rows: list[_Row], options: Options) -> Iterator[tuple[str, int, list[Published]]]:
    """Yield text, line and spans of each row."""
    for row in rows:
        text = row.fields[options.text]
        try:
            entries = _list(row.fields[options.spans])
            spans = [_span(text, *_triple(entry), row.line) for entry in entries]
        except (ValueError, TypeError, KeyError, SyntaxError, MemoryError, RecursionError) as error:
            raise FormatError(
                path,
                row.line,
                f"{row.fields[options.spans]!r:.60} is no list of spans of the text ({error!s:.80})",
                "Expected: [[start, end, type], …] in characters of the text.",
                "bad-span",
            ) from error
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


def _grouped(path: Path, rows: list[_Row], options: Options) -> Iterator[tuple[str, int, list[Published]]]:
    """Yield text, line and spans of each run of rows with one id."""
    current: str | None = None
    text, line = "", 0
    spans: list[Published] = []
    seen: set[str] = set()
    for row in rows:
        fields = row.fields
        if fields[options.id] != current:
            if current is not None:
                yield text, line, spans
            current, text, line, spans = fields[options.id], fields[options.text], row.text_line, []
            if current in seen:
                what = f"text {current!r:.40} comes a second time, after another one"
                raise FormatError(path, row.line, what, "Sort the rows by text.", "bad-span")
            seen.add(current)
        elif fields[options.text] not in ("", text):
            what = f"the text differs from that of the first row of {current!r:.40}"
            raise FormatError(path, row.line, what, "Give one text for each id.", "bad-span")
        start, end, type = (fields[name] for name in (options.start, options.end, options.type))
        if not start and not end and not type:
            continue
        try:
            spans.append(_span(text, int(start), int(end), type, row.line))
        except (ValueError, TypeError) as error:
            what = f"{start!r:.20} {end!r:.20} {type!r:.40} is no span of the text ({error!s:.80})"
            raise FormatError(path, row.line, what, "Correct the span.", "bad-span") from error
    if current is not None:
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
