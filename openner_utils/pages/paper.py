"""What a paper takes over from a run: tables to ``\\input``, figures as PDF, and every number by name.

Each file begins with what it was made from. A figure or table whose sources are no longer those of its passport is refused, so that
none can be older than the run it stands for. In the text of a paper a number is asked for by the row and column of its table:
``\\openner{encoders/multilingual/fin/e5/f1}``; a name that is none is an error of LaTeX, not an empty place.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd

from openner_utils import __version__
from openner_utils.catalog import load_cards
from openner_utils.config.params import Data, Report, load
from openner_utils.core.artifacts import PASSPORT
from openner_utils.pages import origin, table_schemas
from openner_utils.pages.passport import basis
from openner_utils.pages.table_schemas import Schema, Table, number
from openner_utils.support import latex
from openner_utils.support.errors import OpenNERError
from openner_utils.support.files import sha256, write_bytes, write_text
from openner_utils.support.paths import Place
from openner_utils.support.records import Record

NUMBERS = "numbers.tex"
_MACROS = r"""\makeatletter
\DeclareRobustCommand{\openner}[1]{\@ifundefined{openner@#1}%
  {\PackageError{openner}{There is no number #1}{Its names stand in numbers.tex.}}{\csname openner@#1\endcsname}}
\newcommand{\openner@set}[2]{\expandafter\def\csname openner@#1\endcsname{#2}}
"""


class Params(Record):
    """The blocks of params.yaml that say on which corpora and at what scale the run was."""

    data: Data
    report: Report


def write(place: Place, out: Path) -> list[Path]:
    """Write ``tables/*.tex``, ``figures/*.pdf`` and `NUMBERS` into a folder, and return what was written.

    Raises `OpenNERError` where there is no run, or where what was drawn is older than what it was drawn from.
    """
    beside = PASSPORT.path(place.artifacts).parent
    if not PASSPORT.path(place.artifacts).is_file():
        raise OpenNERError(
            f"{place.relative(beside)}: no figures and tables yet. Run the pipeline: dvc repro"
        )
    sources = _sources(place, pd.read_parquet(PASSPORT.path(place.artifacts)))
    said = _said(place)
    written: list[Path] = []
    schemas = table_schemas.load().tables
    numbers = [
        *said,
        r"% \openner{table/row/column} is a number; what names a row is joined by /; a blank is +, other signs =HEX.",
        _MACROS,
    ]
    for what, made_from in sorted(sources.items()):
        name = Path(what).stem
        head = "".join(f"{line}\n" for line in (*said, *(f"% made from {each}" for each in made_from)))
        if what.endswith(".csv"):
            target = out / "tables" / f"{name}.tex"
            write_text(target, head + (beside / f"{name}.tex").read_text(encoding="utf-8"))
            numbers += _numbers(name, (beside / f"{name}.csv").read_text(encoding="utf-8"), schemas[name])
        else:
            target = out / "figures" / f"{name}.pdf"
            write_bytes(target, (beside / f"{name}.pdf").read_bytes())
            write_text(target.with_suffix(".txt"), head.replace("% ", ""))
        written.append(target)
    write_text(out / NUMBERS, "\n".join((*numbers, r"\makeatother", "")))
    return [*written, out / NUMBERS]


def _sources(place: Place, passport: pd.DataFrame) -> Mapping[str, list[str]]:
    """Return figure or table → its sources with their hashes, which must be those of the files."""
    found: dict[str, list[str]] = {}
    for row in passport.itertuples():
        source = place.root / str(row.source)
        if not source.is_file() or sha256(source) != row.sha256:
            raise OpenNERError(
                f"{row.what}: older than {row.source}, which it was made from. Run the pipeline again: dvc repro"
            )
        found.setdefault(str(row.what), []).append(f"{row.source}, SHA-256 {row.sha256}, by {row.function}")
    return found


def _said(place: Place) -> list[str]:
    """Return what stands at the head of every file: version, commit, what lies beneath, and whether the numbers may be cited."""
    params = load(Params, place.params)
    beneath = basis(place, load_cards(params.data.corpora, place.cards).values())
    lines = [
        f"% OpenNER compendium {__version__}, commit {origin.commit(place.root)}",
        *(f"% {each.what}: {each.source}: SHA-256 {each.sha256}" for each in beneath),
    ]
    if params.report.scale == "sample":
        lines.append("% Made at sample scale: not a result to cite.")
    return lines


def _numbers(name: str, text: str, schema: Schema) -> Iterator[str]:
    """Yield a definition for each number of a table."""
    for row in Table.of(text, schema.key, f"{name}.csv").rows.values():
        place = "/".join((name, *(_named(row[column]) for column in schema.key)))
        for column, kind in schema.kinds.items():
            if kind not in ("key", "text") and number(row[column]) is not None:
                yield rf"\openner@set{{{place}/{column}}}{{{latex.number(row[column])}}}"


def _named(text: str) -> str:
    """Return a text as part of a number's name, in characters that mean nothing to LaTeX.

    >>> _named("fin swa"), _named("B%")
    ('fin+swa', 'B=25')
    """
    return re.sub(r"[^A-Za-z0-9_.+-]", lambda sign: f"={ord(sign[0]):X}", text.replace(" ", "+"))
