"""One's own files: validated, repaired, converted, mapped and counted without a card.

How a file is read is guessed from its first bytes (`guess`) where the user does not say it. Files of columns keep
every line, column and byte but for the labels that change (`rewrite`); labels from JSON or from text with spans are
written as two columns. The fast path, a delimited file, imports neither the catalog nor pandas.
"""

import csv
import importlib
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import numpy as np

from openner_utils import readers
from openner_utils.core.changes import Change
from openner_utils.core.columns import Columns, Ints
from openner_utils.core.encoding import (
    IOB2,
    OUTSIDE,
    Encoding,
    LabelError,
    decode,
    get_encoding,
    recode,
    states,
)
from openner_utils.core.repair import differences, repair
from openner_utils.core.validation import count_problems, validate_columns
from openner_utils.exports import conll
from openner_utils.exports.rewrite import Changes, rewrite
from openner_utils.readers import delimited
from openner_utils.readers.guess import SAMPLE, Guess, guess, guess_columns, sampled, spelling_of
from openner_utils.readers.guess_labels import scheme_of
from openner_utils.readers.layout import Layout, RawFile
from openner_utils.readers.reading import NO_LABEL, Reading
from openner_utils.support.errors import FormatError, OpenNERError, unknown
from openner_utils.support.files import write_text
from openner_utils.support.records import Record, parse

LABELLED = ("delimited", "conllu", "conllu_plus", "json_tokens")
"""Readers of formats with one label per token; the others read spans."""
FLAWS = ("empty-label", "empty-token", "missing-label", "unknown-label")
"""Flaws that may be allowed in a file without a card; see `catalog.Flaw`."""
_NOTHING = ("empty label", "missing label")
_EMPTY_TOKEN = ("empty-token", "token: empty")
"""Rules of removals: the line was left out, or its token replaced because the sentence holds no other."""
_COLUMNED = ("delimited", "conllu", "conllu_plus")
"""Readers of files in which labels are replaced where they stand."""
LEDGER = ("file", "line", "sentence", "token", "before", "after", "rule", "written")
"""Columns of a repaired file's ledger, as in `repair.LEDGER`, but for what only corpora have.

``written`` is the name of the file that was written, to which the ledger belongs.
"""
_GUESSED_WITH = ("separator", "token", "label", "encoding", "comment", "header", "extra", "sentence_id")
"""Options of the reader delimited on which a guess depends, so they are checked before it."""
_SENTENCES = 2000
"""Sentences from which the scheme is guessed where the user names the reader."""


@dataclass(frozen=True, slots=True)
class Format:
    """What the user says about a file; everything that is left out is guessed.

    ``options`` are the reader's, as on a card; ``allow`` names flaws that are passed over.
    """

    reader: str | None = None
    scheme: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    allow: tuple[str, ...] = ()

    def check(self) -> "Format":
        """Return this format; flaws, readers, separators and encodings that there are not are errors."""
        for flaw in self.allow:
            if flaw not in FLAWS:
                raise unknown("flaw", flaw, FLAWS)
        if self.reader is not None and self.reader not in readers.READERS:
            raise unknown("reader", self.reader, readers.READERS)
        _check_separator(self.options.get("separator"))
        _check_encoding(self.options.get("encoding"))
        some = {name: value for name, value in self.options.items() if name in _GUESSED_WITH}
        if self.reader in (None, "delimited") and some:
            known = parsed(delimited.Options, some, "delimited")
            some = {name: getattr(known, name) for name in some}
            return replace(self, options={**self.options, **some})
        return self


def _check_separator(separator: object) -> None:
    if separator in (None, *get_args(delimited.Options.model_fields["separator"].annotation)):
        return
    if separator in (",", "comma", "csv"):
        raise OpenNERError(
            "Tokens with commas between columns are not read. Turn the commas into tabs and give --separator tab: "
            "python -c \"import csv, sys; csv.writer(sys.stdout, 'excel-tab', lineterminator='\\n')"
            '.writerows(csv.reader(sys.stdin))" < FILE > FILE.tsv'
        )
    choices = get_args(delimited.Options.model_fields["separator"].annotation)
    raise unknown("separator", str(separator), choices)


def _check_encoding(encoding: object) -> None:
    if encoding is None:
        return
    try:
        b"a".decode(str(encoding), "replace")
    except (LookupError, ValueError) as error:
        raise OpenNERError(
            f"{encoding!r} is no text encoding. Give one that Python knows, such as utf-8, latin-1, cp1252 or utf-16."
        ) from error


def parsed(kind: type[Record], options: Mapping[str, Any], reader: str) -> Any:
    """Return reader options as a record; what is wrong with them is said without a card."""
    try:
        return parse(kind, dict(options), f"options of the reader {reader}")
    except OpenNERError as error:
        if "valid string" in str(error):
            raise OpenNERError(f"{error} Put text in quotes: --option 'NAME=\"VALUE\"'.") from error
        raise


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """A file that has been read: as written (``reading``), and with labels spelled as its encoding spells them."""

    path: Path
    format: Guess
    reading: Reading
    columns: Columns
    encoding: Encoding
    passed_over: Mapping[str, int] = field(default_factory=dict)
    """Flaw that was allowed → how many lines have it."""

    @property
    def told(self) -> str:
        """How the file was read and why, in one line, with the options that overrule it."""
        why = ", ".join(f"{what} ({option})" for what, option in self.format.reasons)
        return f"{self.path}: read as {self.format.reader}, {self.format.scheme}{': ' if why else ''}{why}"

    @property
    def left_out(self) -> tuple[Change, ...]:
        """What the flat labels do not hold: mentions that overlap longer ones, have gaps, or were cut."""
        removals = tuple(row for row in self.reading.changes if row.token < 0)
        if any(row.rule == "overlap" for row in removals):
            return removals
        nested = (
            Change(each.line, each.sentence, -1, f"{each.start} {each.end} {each.type}", None, "overlap")
            for each in self.reading.layers
        )
        return (*removals, *nested)

    @property
    def told_left_out(self) -> str:
        """How many mentions were left out, by rule, in one line; empty if none was."""
        rules = Counter(row.rule for row in self.left_out if row.after is None)
        shown = ", ".join(f"{rule} {number:,}" for rule, number in sorted(rules.items()))
        what = "are left out of the flat labels"
        return (
            f"{self.path}: {rules.total():,} mentions {what} ({shown}); openner validate lists them"
            if rules
            else ""
        )

    @property
    def told_passed_over(self) -> str:
        """How many lines have flaws that were allowed, in one line; empty if none has."""
        shown = ", ".join(f"{flaw} {number:,}" for flaw, number in self.passed_over.items())
        return f"{self.path}: allowed and passed over: {shown}" if shown else ""

    @property
    def columned(self) -> delimited.Options | None:
        """How columns lie in the file, or None if it has none."""
        if self.format.reader == "conllu":
            from openner_utils.readers.conllu import COLUMNS

            return COLUMNS
        if self.format.reader == "conllu_plus":
            from openner_utils.readers.conllu_plus import named_columns

            layout = Layout(self.format.reader, self.format.options)
            return named_columns(RawFile.open(self.path), layout)[1]
        return _options(self.format) if self.format.reader == "delimited" else None

    @property
    def key(self) -> str | None:
        """Key under which labels lie in their column, in CoNLL-U."""
        return str(self.format.options.get("key", "name")) if self.format.reader == "conllu" else None

    def spelled(self, columns: Columns) -> Columns:
        """Return labels as the file spells them."""
        back = {clean: raw for raw, clean in self.format.spelling.items()}
        return columns.rename([back.get(name, name) for name in columns.names])


def files_of(path: Path) -> list[Path]:
    """Return the files of a folder that may hold sentences, or the one file."""
    if not path.is_dir():
        return [path]
    found = [
        file
        for file in sorted(path.rglob("*"))
        if file.is_file()
        and not any(part.startswith(".") for part in file.relative_to(path).parts)
        and not file.name.upper().startswith(("README", "LICENSE", "LICENCE"))
        and file.suffix not in (".ann", ".md", ".parquet")
    ]
    if not found:
        raise OpenNERError(f"{path}: no file with sentences in this folder. Name files.")
    return found


def open_file(path: Path, format: Format | None = None) -> Opened:
    """Read a file as the user says and as is guessed; labels that cannot be read are a `FormatError`."""
    format = (format or Format()).check()
    opened = _open(path, format)
    unreadable = _unreadable(opened.columns, opened.encoding)
    if unreadable and "unknown-label" not in format.allow:
        number, what = next(iter(unreadable.items()))
        line = int(opened.columns.lines[np.flatnonzero(opened.columns.labels == number)[0]])
        flaw = "empty-label" if what == "empty label" else "unknown-label"
        raise FormatError(path, line, what, f"Correct it, give --scheme, or --allow {flaw}.", flaw)
    return _readable(opened, unreadable, format.allow)


def _readable(opened: Opened, unreadable: Mapping[int, str], allow: tuple[str, ...]) -> Opened:
    """Return the file with labels that cannot be read as ``O``, and how often each flaw of ``allow`` was met."""
    raw = opened.reading.columns
    lines = {"empty-token": sum(row.rule in _EMPTY_TOKEN for row in opened.reading.changes)}
    for flaw, name in (("missing-label", NO_LABEL), ("empty-label", "")):
        meant = name in opened.format.spelling  # the empty label may be how the file spells O
        lines[flaw] = 0 if meant or name not in raw.names else _times(raw, raw.names.index(name))
    odd = (number for number, what in unreadable.items() if what not in _NOTHING)
    lines["unknown-label"] = sum(_times(opened.columns, number) for number in odd)
    passed_over = {flaw: number for flaw, number in lines.items() if number and flaw in allow}
    return replace(opened, columns=_outside(opened.columns, unreadable), passed_over=passed_over)


def _times(columns: Columns, label: int) -> int:
    return int(np.count_nonzero(columns.labels == label))


def _open(path: Path, format: Format) -> Opened:
    if path.suffix == ".ann":
        path = path.with_suffix(".txt")
    settled = _settle(path, format)
    reading = _read(path, settled, format.allow)
    scheme = "IOB2" if settled.scheme == "spans" else settled.scheme
    columns = reading.columns
    if set(settled.spelling.values()) - {
        OUTSIDE
    }:  # labels without prefix may go on after what was guessed from
        uses = np.bincount(columns.labels, minlength=len(columns.names)).tolist()
        every = spelling_of(Counter(dict(zip(columns.names, uses, strict=True))))
        settled = replace(settled, spelling=every | settled.spelling)
    spelling = dict(settled.spelling)
    if "missing-label" in format.allow:
        spelling[NO_LABEL] = OUTSIDE
    if "empty-label" in format.allow:
        spelling[""] = OUTSIDE
    columns = columns.rename([spelling.get(name, name) for name in columns.names])
    return Opened(path, settled, reading, columns, get_encoding(scheme))


def _settle(path: Path, format: Format) -> Guess:
    """Return how ``path`` is read: what the user says, and what is guessed for the rest."""
    given = dict(format.options)
    found: Guess | None = None
    try:
        found = _guessed(path, given)
    except FormatError:
        if format.reader is None:
            raise
    if found is None or format.reader not in (None, found.reader):
        found = _told(path, str(format.reader), given)
    fields = importlib.import_module(f"openner_utils.readers.{found.reader}").Options
    guessed = {name: value for name, value in found.options.items() if name in fields.model_fields}
    found = replace(found, options=guessed | given)
    parsed(fields, found.options, found.reader)
    if format.scheme in (None, found.scheme):
        return found
    get_encoding(str(format.scheme))
    if found.scheme == "spans":  # there are no labels of which the scheme could be told
        return found
    # How O is spelled holds in every scheme; labels without prefix are read only where they were guessed.
    kept = {raw: clean for raw, clean in found.spelling.items() if clean == OUTSIDE}
    reasons = tuple(reason for reason in found.reasons if reason[1] != "--scheme")
    return replace(found, scheme=str(format.scheme), spelling=kept, reasons=reasons)


def _guessed(path: Path, given: Mapping[str, Any]) -> Guess:
    """Return the guess for ``path``; a column that the file does not have is an error."""
    places = {name: given[name] for name in ("token", "label", "sentence_id") if given.get(name) is not None}
    if places:
        rest = {name: value for name, value in given.items() if name not in places}
        _check_places(path, guess(path, rest), places)
    return guess(path, given)


def _check_places(path: Path, found: Guess, places: Mapping[str, int]) -> None:
    if found.reader != "delimited":
        return
    with open(path, "rb") as content:
        text = content.read(SAMPLE).decode(found.options.get("encoding", "utf-8"), "replace")
    split = {"tab": "\t", "space": " ", "whitespace": None}[found.options["separator"]]
    widths = Counter(len(line.split(split)) for line in text.splitlines() if line.strip())
    width = widths.most_common(1)[0][0] if widths else 0
    for name, place in places.items():
        if width and not -width <= place < width:
            what = f"no column {place} for --{name}: most lines have {width}"
            hint = f"Give one from 0 to {width - 1}, or from -{width} to -1; or another --separator."
            raise FormatError(path, 0, what, hint)


def _told(path: Path, reader: str, given: Mapping[str, Any]) -> Guess:
    """Return how ``path`` is read by a reader that the user names and that was not guessed."""
    text, whole, options, reasons = sampled(path, given)
    if reader == "delimited":
        found = guess_columns(text, whole, given)
        return replace(
            found, reader=reader, options=found.options | options, reasons=(*found.reasons, *reasons)
        )
    if reader not in LABELLED and options.get("form") != "slash":
        return Guess(reader, "spans", options, reasons=reasons)
    found = Guess(reader, "IOB2", options, reasons=reasons)
    try:
        columns = _read(path, found, ()).columns
    except OpenNERError:
        return found  # reading it for good says what is wrong
    names = ["" if name == NO_LABEL else name for name in columns.names]
    borders = columns.sentences[: _SENTENCES + 1].tolist()
    labels = [
        [names[label] for label in columns.labels[start:end].tolist()] for start, end in pairwise(borders)
    ]
    scheme, spelling, types, why = scheme_of(labels, len(labels) == columns.n_sentences)
    return replace(found, scheme=scheme, spelling=spelling, types=types, reasons=(*reasons, why))


def _options(settled: Guess) -> delimited.Options:
    found: delimited.Options = parsed(delimited.Options, settled.options, "delimited")
    return found


def _read(path: Path, settled: Guess, allow: tuple[str, ...]) -> Reading:
    layout = Layout(settled.reader, settled.options, settled.scheme, settled.spelling, allow=allow)
    return readers.read(RawFile.open(path), layout).strict((*allow, readers.NO_SENTENCE))


def _unreadable(columns: Columns, encoding: Encoding) -> dict[int, str]:
    """Return ids of label names that the encoding cannot read → what is wrong with them."""
    found: dict[int, str] = {}
    for number, name in enumerate(columns.names):
        try:
            encoding.split(name)
        except LabelError as error:
            if (columns.labels == number).any():
                found[number] = _NOTHING[1] if name == NO_LABEL else unreadable_as(name, error)
    return found


def unreadable_as(label: str, error: LabelError) -> str:
    """Return what is wrong with a label that cannot be read; letters of its state that only look right are named."""
    if not label:
        return _NOTHING[0]
    odd = [letter for letter in dict.fromkeys(label.partition("-")[0]) if not letter.isascii()]
    return f"{error} ({named(odd)})" if odd else str(error)


def named(characters: Sequence[str]) -> str:
    """Return characters by their code points and names: ``U+0412 CYRILLIC CAPITAL LETTER VE``."""
    return ", ".join(
        f"U+{ord(character):04X} {unicodedata.name(character, 'without a name')}" for character in characters
    )


def _outside(columns: Columns, unreadable: Mapping[int, str]) -> Columns:
    """Return columns in which labels that cannot be read, and names that no token carries, are ``O``."""
    used = np.zeros(len(columns.names), np.bool_)
    used[columns.labels] = True
    return columns.rename(
        [
            name if used[number] and number not in unreadable else OUTSIDE
            for number, name in enumerate(columns.names)
        ]
    )


# --- validate -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem of a file; ``kind`` is ``transition``, the name of a flaw, or why a mention is left out."""

    file: str
    line: int
    kind: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}"


def validate_file(path: Path, format: Format | None = None) -> tuple[Opened, tuple[Finding, ...]]:
    """Return the file as read and all its problems by line: flaws of its lines, unreadable labels, transitions."""
    format = (format or Format()).check()
    findings: list[Finding] = []
    allow = format.allow
    while True:
        try:
            opened = _open(path, replace(format, allow=allow))
            break
        except FormatError as error:
            if error.flaw not in (*FLAWS, "column-count") or error.flaw in allow:
                raise
            allow = (*allow, error.flaw)
            if error.flaw == "column-count":
                findings.append(Finding(str(path), error.line, error.flaw, f"{error.what} (first such line)"))
    raw = opened.reading.columns
    if "empty-token" not in format.allow:
        findings += [
            Finding(str(path), row.line, row.rule, "empty token")
            for row in opened.reading.changes
            if row.rule == "empty-token"
        ]
    findings += [
        Finding(str(path), row.line, row.rule, _left_out(row))
        for row in opened.left_out
        if row.rule != "white space at edge"
    ]
    columns = opened.columns
    unreadable = _unreadable(columns, opened.encoding)
    if "missing-label" not in format.allow:
        findings += _at(raw, NO_LABEL, str(path), "missing-label", "missing label")
    for number, what in unreadable.items():
        kind = "empty-label" if what == "empty label" else "unknown-label"
        if kind not in format.allow:
            lines = columns.lines[columns.labels == number].tolist()
            findings += [Finding(str(path), line, kind, what) for line in lines]
    valid = _readable(opened, unreadable, format.allow)
    findings += [
        Finding(str(path), problem.line, "transition", str(replace(problem, file="")))
        for problem in validate_columns(valid.columns, valid.encoding)
    ]
    return valid, tuple(sorted(findings, key=lambda finding: finding.line))


def _left_out(row: Change) -> str:
    if row.after is None:
        return f"mention {row.before!r} is left out of the flat labels: {row.rule}"
    return f"mention {row.before!r} becomes {row.after!r}: {row.rule}"


def _at(columns: Columns, name: str, file: str, kind: str, what: str) -> list[Finding]:
    if name not in columns.names:
        return []
    lines = columns.lines[columns.labels == columns.names.index(name)].tolist()
    return [Finding(file, line, kind, what) for line in lines]


# --- repair, convert, standardize ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Repaired:
    """What `repair_file` met and wrote; ``changed`` counts tokens whose label the repair changed."""

    opened: Opened
    sentences: int
    tokens: int
    problems: int
    changed: int


def repair_file(
    path: Path,
    out: Path,
    format: Format | None = None,
    method: str = "conlleval",
    to: str | None = None,
    ledger: Path | None = None,
) -> Repaired:
    """Read ``path``, repair its labels, write them to ``out`` in encoding ``to`` (default: as read).

    ``ledger`` is a CSV of the repairs (not of the conversion), from which `undo_file` restores the labels.
    """
    opened = open_file(path, format)
    if to is not None:
        get_encoding(to)
    if ledger is not None and to not in (None, opened.encoding.name):
        # A repair changes how its neighbours are spelled in another encoding, which the ledger would not hold.
        raise OpenNERError(
            f"{ledger}: a repair that also converts to {to} could not be undone from a ledger. Repair without --to, and "
            "convert the repaired file."
        )
    _refuse_overwriting(opened, out, ledger)
    columns = repair(opened.columns, opened.encoding, method)
    problems = count_problems(states(opened.columns, opened.encoding))
    written = opened.spelled(columns)
    raw = opened.reading.columns
    changed = _changed(raw, written)
    if ledger is not None:
        write_text(ledger, _ledger(opened, written, changed, method, out))
    if to is not None and to != opened.encoding.name:
        written = recode(columns, opened.encoding, get_encoding(to))
    write_labels(opened, out, written)
    return Repaired(opened, columns.n_sentences, len(columns), problems, len(changed))


def convert_file(path: Path, out: Path, to: str, format: Format | None = None) -> Repaired:
    """Write ``path`` to ``out`` in another encoding; invalid transitions are a `FormatError`."""
    opened = open_file(path, format)
    target = get_encoding(to)
    _refuse_overwriting(opened, out)
    problems = validate_columns(opened.columns, opened.encoding)
    if problems:
        first = problems[0]
        what = f"invalid transition {first.before} → {first.after}, and {len(problems) - 1} more"
        raise FormatError(path, first.line, what, f"Repair it: openner repair {path} -o OUT --to {to}")
    same = target is opened.encoding and not opened.format.spelling
    columns = opened.columns if same else recode(opened.columns, opened.encoding, target)
    write_labels(opened, out, columns)
    return Repaired(opened, columns.n_sentences, len(columns), 0, 0)


def standardize_file(
    path: Path, out: Path, mapping: Mapping[str, str], core: bool = False, format: Format | None = None
) -> tuple[Opened, dict[str, str]]:
    """Write ``path`` with standardized entity types, or core types, and return what became what.

    ``mapping`` comes before what the ontology knows; an empty name drops a type. Types of which nothing is known
    are an error, because a guess would be silent.
    """
    from openner_utils.catalog.ontology import core_map, entity_types
    from openner_utils.catalog.type_names import nearest

    opened = open_file(path, format)
    _refuse_overwriting(opened, out)
    encoding = opened.encoding
    types = {type for name in opened.columns.names if (type := encoding.split(name)[1])}
    names = {type: mapping.get(type, nearest(type)) for type in sorted(types)}
    missing = [type for type, name in names.items() if name is None]
    if missing:
        raise OpenNERError(
            f"{path}: no standardized name is known for {', '.join(missing)}. Give each one: "
            f"--map {missing[0]}=NAME, or --map {missing[0]}= to drop its mentions."
        )
    for name in names.values():
        if name and name not in entity_types():
            raise unknown("standardized entity type", name, entity_types())
    if core:
        cores = core_map()
        names = {type: cores.get(name or "", "") for type, name in names.items()}
    # By way of IOB2, neighbours of two types that become one stay two mentions, in every encoding but IO.
    iob2 = recode(opened.columns, encoding, IOB2)
    mapped = iob2.rename(
        [
            OUTSIDE if not names.get(type) else f"{state}-{names[type]}"
            for state, type in map(IOB2.split, iob2.names)
        ]
    )
    target = recode(mapped, IOB2, encoding)
    write_labels(opened, out, opened.spelled(target))
    return opened, {type: name or "" for type, name in names.items()}


def _refuse_overwriting(opened: Opened, out: Path, ledger: Path | None = None) -> None:
    """Refuse to write two things, or another format, to one file."""
    if ledger is not None and (_same(ledger, opened.path) or _same(ledger, out)):
        raise OpenNERError(
            f"{ledger}: the ledger would take the place of the labels. Give --ledger a file of its own."
        )
    inputs = [opened.path] + ([opened.path.with_suffix(".ann")] if opened.format.reader == "brat" else [])
    if opened.format.reader not in _COLUMNED and any(_same(out, path) for path in inputs):
        raise OpenNERError(
            f"{out}: read as {opened.format.reader}, so two columns would take its place. Give -o another file."
        )


def _same(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve() or (one.exists() and other.exists() and one.samefile(other))


def write_labels(opened: Opened, out: Path, written: Columns) -> None:
    """Write the file with the labels of ``written``, which has its tokens."""
    options = opened.columned
    if options is None:
        conll.write(out, written)
        return
    changed = _changed(opened.reading.columns, written)
    changes = Changes(written.lines[changed], written.labels[changed], written.names)
    rewrite(opened.path, out, changes, options, opened.key)


def _changed(raw: Columns, written: Columns) -> Ints:
    """Return the tokens whose label changes; a line that has no label gets none."""
    changed = differences(raw, written)
    if NO_LABEL in raw.names:
        changed = changed[raw.labels[changed] != raw.names.index(NO_LABEL)]
    return changed


def _ledger(opened: Opened, written: Columns, changed: Ints, method: str, out: Path) -> str:
    from openner_utils.curation.steps import positions

    raw, text = opened.reading.columns, io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(LEDGER)
    flaws = {number: "empty-label" for number, name in enumerate(raw.names) if not name}
    meant = raw.rename([opened.format.spelling.get(name, name) for name in raw.names])
    read = opened.columns
    sentences, places = positions(opened.reading, changed)
    for token, sentence, place in zip(changed.tolist(), sentences.tolist(), places, strict=True):
        before, after = raw.names[raw.labels[token]], written.names[written.labels[token]]
        as_read = meant.names[meant.labels[token]] == read.names[read.labels[token]]
        rule = method if as_read else flaws.get(int(raw.labels[token]), "unknown-label")
        rows.writerow((raw.file, raw.lines[token], sentence, place, before, after, rule, out.name))
    for row in opened.left_out:
        rows.writerow(
            (raw.file, row.line, row.sentence, row.token, row.before, row.after, row.rule, out.name)
        )
    return text.getvalue()


def undo_file(path: Path, out: Path, ledger: Path, format: Format | None = None) -> int:
    """Write a repaired file of columns with the labels that its ledger holds, and return how many there are."""
    from openner_utils.curation.steps import positions

    opened = open_file(path, format)
    options = opened.columned
    if options is None:
        raise OpenNERError(f"{path}: only files of columns are undone. Keep the original file.")
    if _same(out, ledger):
        raise OpenNERError(f"{out}: this is the ledger. Give -o another file.")
    rows = _rows_of(ledger)
    columns = opened.reading.columns
    tokens = np.searchsorted(columns.lines, [row.line for row in rows]).astype(np.int32)
    inside = np.minimum(tokens, len(columns) - 1)
    sentences, places = positions(opened.reading, inside if len(columns) else inside[:0])
    for number, row in enumerate(rows):
        at = int(tokens[number])
        if path.name not in (row.written, Path(row.file).name):
            what = f"the row is about {row.written}, written from {row.file}, not about {path}"
        elif at >= len(columns) or columns.lines[at] != row.line:
            what = f"{path} has no token on line {row.line}"
        elif columns.names[columns.labels[at]] != row.after:
            what = f"line {row.line} of {path} does not have the label {row.after}"
        elif (sentences[number], places[number]) != (row.sentence, row.token):
            what = (
                f"line {row.line} of {path} is token {places[number]} of sentence {sentences[number]}, "
                f"not token {row.token} of sentence {row.sentence}"
            )
        else:
            continue
        raise FormatError(
            ledger,
            row.number,
            what,
            "Undo the file that this ledger was written with; a ledger of JSON or of spans is a record alone.",
        )
    rewrite(opened.path, out, Changes.of([(row.line, row.before) for row in rows]), options, opened.key)
    return len(rows)


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of a ledger; ``number`` is its own line."""

    number: int
    file: str
    line: int
    sentence: int
    token: int
    before: str
    after: str
    written: str


def _rows_of(ledger: Path) -> list[_Row]:
    """Return the rows of a ledger; anything else than a ledger is an error."""
    hint = f"Give a ledger of `openner repair`, whose columns are {', '.join(LEDGER)}."
    found: list[_Row] = []
    lines: dict[int, int] = {}
    try:
        content = csv.reader(io.StringIO(ledger.read_text(encoding="utf-8"), newline=""))
        if tuple(next(content, ())) != LEDGER:
            raise FormatError(ledger, 1, "not a ledger", hint)
        for cells in content:
            number = content.line_num
            if len(cells) != len(LEDGER):
                raise FormatError(ledger, number, f"{len(cells)} cells instead of {len(LEDGER)}", hint)
            row = dict(zip(LEDGER, cells, strict=True))
            for name in ("line", "sentence", "token"):
                if not re.fullmatch(r"[0-9]{1,9}", row[name]):
                    raise FormatError(ledger, number, f"{name} {row[name]!r} is no number", hint)
            line = int(row["line"])
            if line in lines:
                what = f"line {line} stands here for the second time (first: {ledger}:{lines[line]})"
                raise FormatError(ledger, number, what, "Keep one row for each line.")
            lines[line] = number
            found.append(
                _Row(
                    number, row["file"], line, int(row["sentence"]), int(row["token"]), row["before"],
                    row["after"], row["written"],
                )
            )  # fmt: skip
    except (UnicodeDecodeError, csv.Error) as error:
        raise FormatError(ledger, 0, "not a text file of rows with commas", hint) from error
    return found


# --- count --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Counted:
    """What a file holds; mentions are those after the conlleval repair."""

    sentences: int
    tokens: int
    mentions: dict[str, int]


def count_file(path: Path, format: Format | None = None) -> tuple[Opened, Counted]:
    """Count sentences, tokens, and mentions by type."""
    opened = open_file(path, format)
    mentions = decode(opened.columns, opened.encoding)
    numbers = Counter(mentions.types[type] for type in mentions.type.tolist())
    return opened, Counted(opened.columns.n_sentences, len(opened.columns), dict(sorted(numbers.items())))


def pairs(source: Path, out: Path, format: Format | None = None) -> Iterator[tuple[Path, Path]]:
    """Yield each file of ``source`` with where it is written.

    That is ``out``; or inside ``out``, where ``source`` or ``out`` is a folder: then under its own name, with the
    ending .conll where two columns are written from another format.
    """
    if not source.is_dir() and not out.is_dir():
        yield source, out
        return
    if source.is_dir() and out.is_file():
        raise OpenNERError(f"{out}: a file, but {source} is a folder. Give -o a folder.")
    for file in files_of(source):
        target = out / (file.relative_to(source) if source.is_dir() else file.name)
        yield (
            file,
            target if _is_columned(file, format or Format()) else target.with_name(f"{target.name}.conll"),
        )


def _is_columned(path: Path, format: Format) -> bool:
    try:
        return _settle(path, format.check()).reader in _COLUMNED
    except (OpenNERError, OSError):
        return True  # reading it for good says what is wrong
