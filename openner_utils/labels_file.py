"""Validate, repair and convert one two-column file: for files that have no card."""

from dataclasses import dataclass
from pathlib import Path

from openner_utils.encoding import get_encoding, recode, states
from openner_utils.readers.delimited import Options, read_columns
from openner_utils.repair import repair
from openner_utils.validation import Problem, count_problems, validate_columns
from openner_utils.writers import conll


@dataclass(frozen=True, slots=True)
class Repaired:
    """What `repair_file` met and wrote."""

    sentences: int
    tokens: int
    problems: int


def validate_file(path: Path, scheme: str = "IOB2", options: Options | None = None) -> tuple[Problem, ...]:
    """Return the invalid transitions of a delimited file, with file and line."""
    return validate_columns(
        read_columns(path, options or guess(path), name=str(path)).columns, get_encoding(scheme)
    )


def repair_file(
    path: Path,
    out: Path,
    scheme: str = "IOB2",
    method: str = "conlleval",
    to: str | None = None,
    options: Options | None = None,
) -> Repaired:
    """Read ``path``, repair its labels, write them to ``out`` in encoding ``to`` (default: as read)."""
    source = get_encoding(scheme)
    columns = read_columns(path, options or guess(path), name=str(path)).columns
    problems = count_problems(states(columns, source))
    columns = repair(columns, source, method)
    if to is not None and to != scheme:
        columns = recode(columns, source, get_encoding(to))
    conll.write(out, columns)
    return Repaired(columns.n_sentences, len(columns), problems)


def guess(path: Path) -> Options:
    """Return options for the separator that the file's first line with two columns uses: a tab or a blank."""
    with open(path, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if "\t" in line.strip("\n"):
                return Options(separator="tab", docstart=True)
            if " " in line.strip():
                return Options(separator="space", docstart=True)
    return Options(separator="tab", docstart=True)
