"""HIPE: columns that the first line names, metadata in comments, flags in the last column (CLEF-HIPE-2020, HIPE-2022).

The format is that of hipe-eval/HIPE-2022-data (README, "HIPE format and tagging scheme"): one file has several columns of
labels (coarse, fine, metonymic, components, nested), and ``_`` where a column says nothing. Sentences end where the column
MISC has the flag ``EndOfSentence``, but not inside a mention, where that flag stands, too (issue 21 there: in 229 mentions
of the French part); a blank line ends a document:

    TOKEN   NE-COARSE-LIT  NE-COARSE-METO  …  NE-NESTED  NEL-LIT  NEL-METO  MISC
    # hipe2022:document_id = NZZ-1798-12-12-a-p0003
    Lord    B-pers         O               …  O          Q336702  _         _
    Gower   I-pers         O               …  O          Q336702  _         NoSpaceAfter
    .       O              O               …  O          _        _         EndOfLine|EndOfSentence
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import ClassVar

from openner_utils.core.columns import encode_names
from openner_utils.core.encoding import OUTSIDE
from openner_utils.readers.delimited import mentions_of_layer
from openner_utils.readers.guess.evidence import Detected, Reason, Sample
from openner_utils.readers.guess.labels import labels_of
from openner_utils.readers.layout import Layout, RawFile
from openner_utils.readers.reading import Builder, Faults, Nested, Reading
from openner_utils.readers.sentence_ends import INSIDE
from openner_utils.readers.text import read_text
from openner_utils.support.errors import unknown
from openner_utils.support.records import Record

_DOCUMENT = re.compile(r"#\s*(?:\w+:)?document_id\s*=")
_NOTHING = "_"
_ENTITIES = "NE-"
"""Begins the names of columns with labels."""


_AUTOMATIC = "PySBDSegment"
"""Flag of a sentence's last token where a program found the ends, as in HIPE-2020."""


class Options(Record):
    """Which of the named columns hold what."""

    distinct: ClassVar[tuple[str, ...]] = ("form", "column", "nested", "flags")
    """Options that name columns, no two of them the same."""
    form: str = "TOKEN"
    column: str = "NE-COARSE-LIT"
    nested: tuple[str, ...] = ("NE-NESTED",)
    """Columns of inner layers, outermost first; those that the file lacks are passed over."""
    flags: str = "MISC"
    sentence: str = "EndOfSentence"
    """Flag of a sentence's last token, for instance EndOfLine in files without marked sentences."""

    @property
    def inner(self) -> tuple[str, ...]:
        """The columns of inner layers, without that of the flat labels, which may be one of those that are usual."""
        return tuple(name for name in self.nested if name != self.column)


_Row = tuple[int, list[str]]
"""A line's number and its cells."""


def read(raw: RawFile, layout: Layout) -> Reading:
    """Read one file; labels come out as they are spelled, those of inner layers are read in the layout's scheme."""
    options = layout.parsed(Options)
    faults = Faults(raw, layout)
    content, counts = read_text(raw, faults)
    lines = [line.removesuffix("\r") for line in content.split("\n")]
    names = lines[0].split("\t")
    token_at, label_at, flags_at = (
        _place(name, names, faults) for name in (options.form, options.column, options.flags)
    )
    builder = Builder(raw)
    kept: list[list[str]] = []
    for document in _documents(lines, len(names), faults):
        for sentence in _sentences(document, flags_at, label_at, options.sentence, counts):
            rows = [(line, cells) for line, cells in sentence if cells[token_at].strip()]
            for line in sorted({line for line, _ in sentence} - {line for line, _ in rows}):
                faults.add(line, "empty-token", "empty token")
            if rows:
                tokens, labels = ([cells[at] for _, cells in rows] for at in (token_at, label_at))
                builder.sentence(tokens, labels, [line for line, _ in rows])
                kept += [cells for _, cells in rows]
        builder.end_document()
    if kept and all(cells[label_at] == _NOTHING for cells in kept):
        what = f"the column {options.column} says nothing: it is _ on every line"
        raise faults.fail(0, "missing-label", what, "Take a file that is not masked", ["column"])
    reading = Reading(builder.columns(), counts=counts)
    layers = tuple(_layers(reading, kept, names, options, layout, faults))
    counts |= _passed_over(kept, names, options)
    return replace(reading, layers=layers, faults=faults.sorted())


def _place(name: str, names: Sequence[str], faults: Faults) -> int:
    """Return the place of a column that the first line names."""
    if names.count(name) != 1:
        what = f"the first line does not name the column: {unknown('column', name, names)}".rstrip(".")
        raise faults.fail(
            1,
            "column-count",
            what,
            "Begin the file with the names of its columns",
            ["form", "column", "flags"],
        )
    return names.index(name)


def _documents(lines: Sequence[str], width: int, faults: Faults) -> Iterator[list[_Row]]:
    """Yield the token rows of each document; a blank line or a new document's name ends one."""
    rows: list[_Row] = []
    for number, line in enumerate(lines[1:], 2):
        cells = line.split("\t")
        if len(cells) == width:
            rows.append((number, cells))
        elif not line.strip() or _DOCUMENT.match(line):
            yield rows
            rows = []
        elif not line.startswith("#"):
            what = f"{len(cells)} column(s) where the first line names {width}"
            faults.add(number, "column-count", what)
    yield rows


def _sentences(
    document: Sequence[_Row], flags_at: int, label_at: int, flag: str, counts: dict[str, int]
) -> Iterator[list[_Row]]:
    """Yield the rows of each sentence."""
    sentence: list[_Row] = []
    for row, (_, following) in pairwise([*document, (0, [""] * len(document[0][1]))] if document else []):
        sentence.append(row)
        if flag not in row[1][flags_at].split("|"):
            continue
        if following[label_at].startswith("I-") and row[1][label_at] != OUTSIDE:
            counts[INSIDE] = counts.get(INSIDE, 0) + 1
        else:
            yield sentence
            sentence = []
    if sentence:
        yield sentence


def _layers(
    reading: Reading,
    rows: Sequence[Sequence[str]],
    names: Sequence[str],
    options: Options,
    layout: Layout,
    faults: Faults,
) -> Iterator[Nested]:
    """Yield the mentions of the columns of inner layers."""
    for number, name in enumerate(options.inner, 1):
        if name in names:
            cells = [row[names.index(name)] for row in rows]
            labels, spelled = encode_names([OUTSIDE if cell == _NOTHING else cell for cell in cells])
            columns = reading.columns.with_labels(labels, spelled)
            yield from mentions_of_layer(faults, columns, number, layout, reading.counts)


def _passed_over(rows: Sequence[Sequence[str]], names: Sequence[str], options: Options) -> dict[str, int]:
    """Count the mentions in columns that are not read, and the flags that tell of tokens that only part of is meant."""
    met: Counter[str] = Counter()
    for at, name in enumerate(names):
        if name.startswith(_ENTITIES) and name not in (options.column, *options.nested):
            met[f"mention in column {name}"] = sum(row[at].startswith("B-") for row in rows)
    flags_at = names.index(options.flags)
    met["mention that covers a part of its token"] = sum("Partial-" in row[flags_at] for row in rows)
    return {what: number for what, number in met.items() if number}


def sniff(sample: Sample) -> Detected | None:
    """Return how the sample is read if its first line has the names of HIPE's columns."""
    names = sample.lines[0].split("\t")
    labels = [name for name in names if name.startswith(_ENTITIES)]
    if Options().form not in names or not labels or Options().flags not in names:
        return None
    label = str(sample.given.get("column", Options().column if Options().column in labels else labels[0]))
    rows = [cells for line in sample.lines[1:] if len(cells := line.split("\t")) == len(names)]
    flags = [cells[names.index(Options().flags)].split("|") for cells in rows]
    options = {"column": label}
    reasons: list[Reason] = [
        (f"columns that the first line names, labels in {label}", "--option column=NAME")
    ]
    unmarked = "sentence" not in sample.given and not any(Options().sentence in each for each in flags)
    if unmarked and any(_AUTOMATIC in each for each in flags):
        options["sentence"] = _AUTOMATIC
        why = f"sentences end at {_AUTOMATIC}, for no {Options().sentence} is there"
        reasons.append((why, "--option sentence"))
    ends = str(sample.given.get("sentence", options.get("sentence", Options().sentence)))
    sentences: list[list[str]] = [[]]
    for cells, flagged in zip(rows, flags, strict=True):
        if label in names:
            sentences[-1].append(cells[names.index(label)])
            sentences += [[]] if ends in flagged else []
    found = labels_of(sentences, sample.whole, sample.outside)
    return Detected(
        "hipe", found.scheme, 1.0, (*reasons, *found.reasons), options, found.spelling, found.types
    )
