"""One's own files: validated, repaired, converted, mapped and counted without a card.

How a file is read is guessed from its first bytes (`guess`) where the user does not say it. Files of columns keep
every line, column and byte but for the labels that change (`rewrite`); labels from JSON or from text with spans are
written as two columns. The fast path, a delimited file, imports neither the catalog nor pandas.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from openner_utils.columns import Columns, Ints
from openner_utils.encoding import IOB2, OUTSIDE, Encoding, LabelError, decode, get_encoding, recode, states
from openner_utils.errors import FormatError, OpenNERError, unknown
from openner_utils.files import write_text
from openner_utils.guess import Guess, guess, spelling_of
from openner_utils.readers import Reading, delimited
from openner_utils.readers.delimited import NO_LABEL
from openner_utils.records import parse
from openner_utils.repair import differences, repair
from openner_utils.rewrite import Changes, named_column, rewrite
from openner_utils.validation import count_problems, validate_columns
from openner_utils.writers import conll

LABELLED = ("delimited", "conllu", "conllu_plus", "json_tokens")
"""Readers of formats with one label per token; the others read spans."""
FLAWS = ("empty-label", "empty-token", "missing-label", "unknown-label")
"""Flaws that may be allowed in a file without a card; see `catalog.Flaw`."""
LEDGER = ("file", "line", "sentence", "token", "before", "after", "rule")
"""Columns of a repaired file's ledger, as in `repair.LEDGER`, but for what only corpora have."""


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
        """Return this format; a flaw that cannot be allowed is an error."""
        for flaw in self.allow:
            if flaw not in FLAWS:
                raise unknown("flaw", flaw, FLAWS)
        return self


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """A file that has been read: as written (``reading``), and with labels spelled as its encoding spells them."""

    path: Path
    format: Guess
    reading: Reading
    columns: Columns
    encoding: Encoding

    @property
    def told(self) -> str:
        """How the file was read and why, in one line, with the options that overrule it."""
        why = ", ".join(f"{what} ({option})" for what, option in self.format.reasons)
        return f"{self.path}: read as {self.format.reader}, {self.format.scheme}{': ' if why else ''}{why}"

    @property
    def columned(self) -> delimited.Options | None:
        """How columns lie in the file, or None if it has none."""
        if self.format.reader == "conllu":
            from openner_utils.readers.conllu import COLUMNS

            return COLUMNS
        if self.format.reader == "conllu_plus":
            return named_column(self.path.read_bytes(), str(self.format.options["column"]))
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
    return replace(opened, columns=_outside(opened.columns, unreadable))


def _open(path: Path, format: Format) -> Opened:
    if path.suffix == ".ann":
        path = path.with_suffix(".txt")
    settled = _settle(path, format)
    try:
        reading = _read(path, settled, format.allow)
    except FormatError as error:
        hint = f"Correct it, or give --allow {error.flaw}." if error.flaw in FLAWS else error.hint
        if error.flaw == "column-count" or "card" in hint:
            hint = "Correct the file, or say how it is read: --reader, --separator, --label, --encoding."
        raise FormatError(error.path, error.line, error.what, hint, error.flaw) from error
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
    """Return how ``path`` is read."""
    try:
        found = guess(path, format.options)
    except FormatError:
        if format.reader is None:
            raise
        found = Guess(format.reader, "IOB2")
    if format.reader not in (None, found.reader):
        scheme = "IOB2" if format.reader in LABELLED else "spans"
        found = Guess(str(format.reader), scheme, dict(format.options))
    if format.scheme is None or format.scheme == found.scheme:
        return found
    get_encoding(format.scheme)
    # How O is spelled holds in every scheme; labels without prefix are read only where they were guessed.
    kept = {raw: clean for raw, clean in found.spelling.items() if clean == OUTSIDE}
    reasons = tuple(reason for reason in found.reasons if reason[1] != "--scheme")
    return replace(found, scheme=format.scheme, spelling=kept, reasons=reasons)


def _options(settled: Guess) -> delimited.Options:
    return parse(delimited.Options, dict(settled.options), "options of the reader delimited")


def _read(path: Path, settled: Guess, allow: tuple[str, ...]) -> Reading:
    if settled.reader == "delimited":
        return delimited.read_columns(path, _options(settled), allow, name=str(path))
    from openner_utils import readers
    from openner_utils.catalog import Card, File

    file = File(path=str(path), language="und", split="train")
    card = parse(
        Card,
        {
            "id": path.name, "name": path.name, "domain": "", "description": "",
            "source": {"repository": "samples"}, "licence": {"spdx": "unclear"}, "citation": "",
            "reader": settled.reader, "options": settled.options, "scheme": settled.scheme, "types": {},
            "allow": [flaw for flaw in allow if flaw != "column-count"], "files": [file],
        },
        str(path),
    )  # fmt: skip
    return readers.read(path, card, file)


def _unreadable(columns: Columns, encoding: Encoding) -> dict[int, str]:
    """Return ids of label names that the encoding cannot read → what is wrong with them."""
    found: dict[int, str] = {}
    for number, name in enumerate(columns.names):
        try:
            encoding.split(name)
        except LabelError as error:
            if (columns.labels == number).any():
                found[number] = {"": "empty label", NO_LABEL: "missing label"}.get(name, str(error))
    return found


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
    """One problem of a file; ``kind`` is ``transition`` or the name of a flaw."""

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
            for row in opened.reading.removals
            if row.rule == "empty-token"
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
    valid = replace(opened, columns=_outside(columns, unreadable))
    findings += [
        Finding(str(path), problem.line, "transition", str(replace(problem, file="")))
        for problem in validate_columns(valid.columns, valid.encoding)
    ]
    return valid, tuple(sorted(findings, key=lambda finding: finding.line))


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
    columns = repair(opened.columns, opened.encoding, method)
    problems = count_problems(states(opened.columns, opened.encoding))
    written = opened.spelled(columns)
    raw = opened.reading.columns
    changed = differences(raw, written)
    if ledger is not None:
        write_text(ledger, _ledger(opened, written, changed, method))
    if to is not None and to != opened.encoding.name:
        written = recode(columns, opened.encoding, get_encoding(to))
    write_labels(opened, out, written)
    return Repaired(opened, columns.n_sentences, len(columns), problems, len(changed))


def convert_file(path: Path, out: Path, to: str, format: Format | None = None) -> Repaired:
    """Write ``path`` to ``out`` in another encoding; invalid transitions are a `FormatError`."""
    opened = open_file(path, format)
    target = get_encoding(to)
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
    from openner_utils.ontology import core_map, entity_types
    from openner_utils.type_names import nearest

    opened = open_file(path, format)
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


def write_labels(opened: Opened, out: Path, written: Columns) -> None:
    """Write the file with the labels of ``written``, which has its tokens."""
    options = opened.columned
    if options is None:
        conll.write(out, written)
        return
    raw = opened.reading.columns
    changed = differences(raw, written)
    if NO_LABEL in raw.names:  # a line that has no label gets none
        changed = changed[raw.labels[changed] != raw.names.index(NO_LABEL)]
    changes = Changes(written.lines[changed], written.labels[changed], written.names)
    rewrite(opened.path, out, changes, options, opened.key)


def _ledger(opened: Opened, written: Columns, changed: Ints, method: str) -> str:
    from openner_utils.steps import positions

    raw, text = opened.reading.columns, io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(LEDGER)
    flaws = {number: "empty-label" for number, name in enumerate(raw.names) if not name}
    meant = raw.rename([opened.format.spelling.get(name, name) for name in raw.names])
    read = opened.columns
    sentences, places = positions(opened.reading, changed)
    for token, sentence, place in zip(changed.tolist(), sentences.tolist(), places, strict=True):
        before, after = raw.names[raw.labels[token]], written.names[written.labels[token]]
        if before == NO_LABEL:
            continue
        as_read = meant.names[meant.labels[token]] == read.names[read.labels[token]]
        rule = method if as_read else flaws.get(int(raw.labels[token]), "unknown-label")
        rows.writerow((raw.file, raw.lines[token], sentence, place, before, after, rule))
    return text.getvalue()


def undo_file(path: Path, out: Path, ledger: Path, format: Format | None = None) -> int:
    """Write a repaired file of columns with the labels that its ledger holds, and return how many there are."""
    opened = open_file(path, format)
    options = opened.columned
    if options is None:
        raise OpenNERError(f"{path}: only files of columns are undone. Keep the original file.")
    with open(ledger, encoding="utf-8", newline="") as text:
        rows = list(csv.DictReader(text))
    if rows and not set(LEDGER) <= rows[0].keys():
        raise OpenNERError(
            f"{ledger}: not a ledger of `openner repair`. Its columns are {', '.join(LEDGER)}."
        )
    columns = opened.reading.columns
    found = dict(zip(columns.lines.tolist(), columns.labels.tolist(), strict=True))
    for number, row in enumerate(rows, 2):
        line = int(row["line"])
        if line not in found or columns.names[found[line]] != row["after"]:
            what = f"line {line} of {path} does not have the label {row['after']}"
            raise FormatError(ledger, number, what, "Undo the file that this ledger was written with.")
    rewrite(opened.path, out, Changes.of([(int(r["line"]), r["before"]) for r in rows]), options, opened.key)
    return len(rows)


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


def pairs(source: Path, out: Path) -> Iterator[tuple[Path, Path]]:
    """Yield each file of ``source`` with where it is written: ``out``, or inside ``out`` for a folder."""
    for file in files_of(source):
        yield file, out / file.relative_to(source) if source.is_dir() else out
