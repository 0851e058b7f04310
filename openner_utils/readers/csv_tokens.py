"""Tables in CSV with a token a row, any cell of which may stand in quotes: Kaggle's NER corpora, spreadsheets.

Cells are taken apart as Python's csv module does (RFC 4180): a cell in quotes may hold the delimiter, and a quote in it is
written twice. No cell goes on in the next line, so a quote that is never closed is the fault of its own line. Sentences
end at a blank row, or where a column with their name changes; an empty cell there means the sentence of the row before
(Kaggle's ``ner_dataset.csv`` names each sentence once).
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from openner_utils.core.changes import Change
from openner_utils.readers.csv_rows import Column, delimiters_of, place_of, taken_apart
from openner_utils.readers.guess.evidence import ENOUGH, Detected, Sample
from openner_utils.readers.guess.headless import places_of
from openner_utils.readers.guess.labels import labels_of
from openner_utils.readers.layout import Layout, RawFile
from openner_utils.readers.reading import Builder, Faults, Reading
from openner_utils.readers.text import read_text
from openner_utils.support.records import Record


class Options(Record):
    """Which columns hold what."""

    distinct: ClassVar[tuple[str, ...]] = ("token", "label", "sentence")
    """Options that name columns, no two of them the same."""
    delimiter: Literal[",", ";", "\t", "|"] = ","
    header: bool = True
    """Whether the first line names the columns."""
    token: Column = "Word"
    label: Column = "Tag"
    sentence: Column | None = None
    """Column with the sentence's name; without it a blank row ends a sentence."""
    encoding: str = "utf-8"
    """Any text encoding that Python knows by name."""


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    cells: Sequence[str]
    blank: bool


def read(raw: RawFile, layout: Layout) -> Reading:
    """Read one table; labels come out as they are spelled, and the file is one document."""
    options = layout.parsed(Options)
    faults = Faults(raw, layout)
    text, counts = read_text(raw, faults, options.encoding)
    rows = list(_rows(text, options.delimiter, faults))
    names = rows.pop(0).cells if options.header and rows else None
    columns = {"token": options.token, "label": options.label}
    if options.sentence is not None:
        columns["sentence"] = options.sentence
    width = _usual(rows) if names is None else len(names)
    places = {option: place_of(column, names, width, option, faults) for option, column in columns.items()}
    if places["token"] == places["label"]:
        what = f"column {places['token']} is taken both for tokens and for labels"
        raise faults.fail(0, "column-count", what, "Name two columns", ["token", "label"])
    builder = Builder(raw)
    changes: list[Change] = []
    for sentence in _sentences(rows, places.get("sentence"), width, faults):
        changes += _add(sentence, places["token"], places["label"], builder, faults)
    return Reading(builder.columns(), tuple(changes), counts, faults=faults.sorted())


def _rows(text: str, delimiter: str, faults: Faults) -> Iterator[_Row]:
    """Yield the row on each line."""
    lines = text.split("\n")
    for number, over, cells in taken_apart([line.removesuffix("\r") for line in lines], delimiter):
        if over or cells is None:
            what = f"{lines[number - 1]!r:.60} is no row of cells"
            fix = "Close its quotes on the same line (no cell holds a line break), and write a quote inside them twice"
            faults.add(number, "column-count", what, fix)
        else:
            yield _Row(number, cells, not any(map(str.strip, cells)))


def _usual(rows: Sequence[_Row]) -> int:
    """Return the most frequent number of cells."""
    widths = Counter(len(row.cells) for row in rows if not row.blank)
    return widths.most_common(1)[0][0] if widths else 0


def _sentences(rows: Sequence[_Row], name_at: int | None, width: int, faults: Faults) -> Iterator[list[_Row]]:
    """Yield the rows of each sentence."""
    sentence: list[_Row] = []
    current = ""
    for row in rows:
        if not row.blank and len(row.cells) != width:
            what = f"{len(row.cells)} cell(s) where the others have {width}"
            faults.add(row.line, "column-count", what, options=["delimiter"])
            continue
        name = "" if row.blank or name_at is None else row.cells[name_at]
        if sentence and (row.blank or (name and name != current)):
            yield sentence
            sentence = []
        if not row.blank:
            sentence.append(row)
        current = name or current
    if sentence:
        yield sentence


def _add(
    sentence: Sequence[_Row], token_at: int, label_at: int, builder: Builder, faults: Faults
) -> Iterator[Change]:
    """Add a sentence, and yield what was left out: rows without token."""
    kept = []
    for position, row in enumerate(sentence):
        if row.cells[token_at].strip():
            kept.append(row)
            continue
        faults.add(row.line, "empty-token", "empty token")
        yield Change(row.line, builder.n_sentences, position, row.cells[label_at], None, "empty-token")
    if kept:
        builder.sentence(
            [row.cells[token_at] for row in kept],
            [row.cells[label_at] for row in kept],
            [row.line for row in kept],
        )


_TOKENS = ("word", "words", "token", "tokens", "form", "text")
_LABELS = ("tag", "ner_tag", "ner", "label", "labels", "tags", "ner_tags", "iob", "bio", "entity")
_SENTENCES = "sentence"
"""Begins the name of a column with sentences, in small letters."""


def sniff(sample: Sample) -> Detected | None:
    """Return how the sample is read if it is a table whose header names tokens and labels, or one with every cell in quotes."""
    if sample.json is not None or not sample.filled:
        return None
    quoted = all(line.startswith('"') or line.endswith('"') for line in sample.filled)
    for delimiter in delimiters_of(sample.given, ("\t", ",", ";", "|")):
        if delimiter not in sample.filled[0]:
            continue
        if delimiter == "\t" and not quoted and not _named_once(sample.filled):
            continue  # the reader of delimited columns takes tabs, and can write them back
        found_rows = [cells for _, _, cells in taken_apart(sample.filled, delimiter)]
        rows = [cells for cells in found_rows if cells]
        if not rows:
            continue
        chosen = _said(sample.given) or _named_columns(rows[0])
        # Where a header names the columns, reading says which lines are no rows: cells with line breaks, say.
        if len(rows) < (0.5 if chosen else 0.9) * len(found_rows):
            continue
        tabs = delimiter != "\t" and any("\t" in line for line in sample.filled)
        found = chosen or (None if tabs else places_of(rows, sample.parted))
        if not found:
            continue
        detected = _detected(sample, rows, delimiter, found)
        if chosen or detected.confidence >= ENOUGH:
            return detected
    return None


def _said(given: Mapping[str, Any]) -> dict[str, Column] | None:
    """Return the columns of a table of which delimiter, tokens and labels are said."""
    if not {"delimiter", "token", "label"} <= given.keys():
        return None
    return {name: given[name] for name in ("token", "label", "header", "sentence") if name in given}


def _named_columns(names: Sequence[str]) -> dict[str, Column] | None:
    """Return the columns that a header names, if it names both tokens and labels."""
    plain = [name.strip().lower() for name in names]
    found: dict[str, Column] = {}
    for option, usual in (("token", _TOKENS), ("label", _LABELS)):
        place = next((plain.index(name) for name in usual if plain.count(name) == 1), None)
        if place is None:
            return None
        found[option] = names[place]
    sentence = next(
        (name for name, low in zip(names, plain, strict=True) if low.startswith(_SENTENCES)), None
    )
    return found | ({"sentence": sentence} if sentence else {})


def _named_once(lines: Sequence[str]) -> bool:
    """Return whether a column between tabs names each sentence in its first row only, which no other reader takes."""
    names, *rows = (line.split("\t") for line in lines)
    found = _named_columns(names)
    if not found or "sentence" not in found:
        return False
    at = names.index(str(found["sentence"]))
    return any(len(row) == len(names) and not row[at] for row in rows)


def _detected(
    sample: Sample, rows: Sequence[Sequence[str]], delimiter: str, found: Mapping[str, Column]
) -> Detected:
    options: dict[str, Any] = {"delimiter": delimiter, **found} | {
        k: v for k, v in sample.given.items() if k in found or k == "sentence"
    }
    names = rows[0] if options.get("header", True) else None
    at = names.index(options["label"]) if names and options["label"] in names else options["label"]
    values = [row[at] for row in rows[names is not None :] if isinstance(at, int) and at < len(row)]
    labels = labels_of([values], sample.whole, sample.outside)
    taken = ", ".join(
        f"{name} in column {options[name]!r}" for name in ("token", "label", "sentence") if name in options
    )
    counted = (
        ", columns counted from 0"
        if any(isinstance(options.get(name), int) for name in Options.distinct)
        else ""
    )
    why = (
        f"a table with {delimiter!r} between cells, {taken}{counted}",
        "--option delimiter, token, label, sentence",
    )
    named = isinstance(sample.given.get("label"), str)  # which no other reader of columns takes
    sure = 1.0 if named else min(0.97 if names else 0.92, labels.confidence)
    return Detected(
        "csv_tokens", labels.scheme, sure, (why, *labels.reasons), options, labels.spelling, labels.types
    )
