"""CSV with a header: texts with character spans, published in one of two ways.

``texts``: one text a row, and a column with its spans as JSON or as a Python list, of [start, end, type] or of objects
with start, end and label, labels or type (Label Studio's CSV: ``[{"start": 0, "end": 3, "text": "Ada", "labels": ["PER"]}]``). ``spans``: one span a row, with the text (or nothing, after its first row) and its id
beside it; a row without start, end and type says that its text has no mention. Lines of a text are sentences.
"""

import ast
import csv
import io
import json
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

from openner_utils.readers.csv_rows import delimiters_of, taken_apart
from openner_utils.readers.guess.evidence import Detected, Sample
from openner_utils.readers.guess.json_keys import agreement
from openner_utils.readers.layout import Layout, RawFile
from openner_utils.readers.reading import Faults, Reading
from openner_utils.readers.spans import Piece, Published, Text, columns_of, get_tokenizer
from openner_utils.readers.text import half_pair, read_text
from openner_utils.support.errors import unknown
from openner_utils.support.records import Record

LONGEST = 100_000
"""Characters in a list of spans that is no JSON, at the most; see `text_and_list`."""
_MOST_LINES = 1000
"""Lines over which the quotes of one row may go where a table is guessed."""
_FEW = 200
"""Rows from which a table is guessed."""
_AGREE = 0.9
"""Share of spans' edges that lie between words, from which on spans belong to a text."""
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
    def distinct(self) -> tuple[str, ...]:
        """Options that name columns, no two of them the same."""
        return ("text", "spans") if self.layout == "texts" else ("text", "id", "start", "end", "type")

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
            entries = [each for entry in _list(row.fields[options.spans]) for each in _triples(entry)]
            spans += [_span(text, *entry, row.line) for entry in entries]
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


def _triples(entry: Any) -> list[tuple[Any, Any, Any]]:
    """Return start, end and type of a span; a type that is a list, as Label Studio has it, stands for as many spans."""
    if isinstance(entry, dict):
        types = next((entry[key] for key in ("label", "labels") if key in entry), None)
        types = entry["type"] if types is None else types
        start, end = entry["start"], entry["end"]
        if types == []:
            raise ValueError("outside the text, or without a type")
        return [(start, end, type) for type in (types if isinstance(types, list) else [types])]
    start, end, type = entry
    return [(start, end, type)]


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


def sniff(sample: Sample) -> Detected | None:
    """Return how the sample is read if a column of it holds lists of spans of the texts in another."""
    if sample.json is not None or not sample.filled or {"token", "label"} & sample.given.keys():
        return None
    delimiters = delimiters_of(sample.given, (",", ";", "\t"))
    for delimiter in delimiters:
        found = [cells for _, _, cells in taken_apart(sample.lines, delimiter, _MOST_LINES) if cells]
        names, *rows = found or [[]]
        rows = [row for row in rows[:_FEW] if len(row) == len(names)]
        holding = {at: _spans_in([row[at] for row in rows]) for at in range(len(names) if rows else 0)}
        for at, spans in holding.items():
            if (
                sample.given.get("spans", names[at]) != names[at]
                or names.count(names[at]) > 1
                or not any(spans)
            ):
                continue
            fits = {
                text: agreement(
                    "t", "s", [{"t": row[text], "s": one} for row, one in zip(rows, spans, strict=True)]
                )
                for text in range(len(names))
                if text != at and sample.given.get("text", names[text]) == names[text]
            }
            text = max(fits, key=lambda text: fits[text], default=at)
            if fits.get(text, 0.0) > _AGREE:
                return _detected(delimiter, names[text], names[at], spans)
    return None


def _detected(delimiter: str, text: str, spans: str, found: list[list[list[Any]]]) -> Detected:
    named = {"delimiter": delimiter, "text": text, "spans": spans}
    options = {name: value for name, value in named.items() if value != Options.model_fields[name].default}
    told = f"a table with a text a row under {text!r}, and the list of its spans under {spans!r}"
    types = sorted({str(one[2]) for row in found for one in row})
    reason = told, "--option text=COLUMN, --option spans=COLUMN"
    return Detected("csv_spans", "spans", 0.985, (reason,), options, types=tuple(types))


def _spans_in(cells: Sequence[str]) -> list[list[list[Any]]]:
    """Return the spans in each cell of a column; nothing if one of them is no list of spans."""
    try:
        found = [[list(each) for entry in _list(cell) for each in _triples(entry)] for cell in cells]
    except (ValueError, TypeError, KeyError, SyntaxError, MemoryError, RecursionError):
        return []
    right = all(
        type(one[0]) is type(one[1]) is int and isinstance(one[2], str) for row in found for one in row
    )
    return found if right else []


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
