"""What the columns of the tables in reports/tables are (table_schemas.yaml), and how far each may be from another run.

A table is text here: cells as they are printed, so that ``NA`` stays a name and an empty cell is one.
"""

import csv
import io
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from pydantic import model_validator
from scipy import stats

from openner_utils.support import paths
from openner_utils.support.documents import read_mapping
from openner_utils.support.errors import OpenNERError
from openner_utils.support.records import Record, parse

Kind = Literal[
    "key", "text", "count", "exact", "score", "bound", "sd", "tally", "difference", "difference_bound", "se", "seed_se",
    "detectable", "p", "decision", "derived", "chosen",
]  # fmt: skip
Row = Mapping[str, str]
Names = tuple[str, ...]
_NUMBER = re.compile(r"-?(\d+(\.\d+)?(e[-+]?\d+)?|inf)")


class Schema(Record):
    """The columns of one table by kind, the rows whose seeds spread ``alike``, and those that are ranked together."""

    key: Names
    text: Names = ()
    count: Names = ()
    exact: Names = ()
    score: Names = ()
    bound: Names = ()
    sd: Names = ()
    tally: Names = ()
    difference: Names = ()
    difference_bound: Names = ()
    se: Names = ()
    seed_se: Names = ()
    detectable: Names = ()
    p: Names = ()
    decision: Names = ()
    derived: Names = ()
    chosen: Names = ()
    alike: Names = ()
    ranked_within: Names = ()

    @property
    def kinds(self) -> dict[str, Kind]:
        """Column → its kind."""
        return {column: kind for kind in get_args(Kind) for column in getattr(self, kind)}

    @model_validator(mode="after")
    def _is_whole(self) -> "Schema":
        named = [column for kind in get_args(Kind) for column in getattr(self, kind)]
        if len(named) != len(set(named)):
            raise ValueError("a column is named under two kinds")
        if not {*self.alike, *self.ranked_within} <= set(self.key):
            raise ValueError("alike and ranked_within may only name columns of the key")
        if self.score and not (self.sd and "seeds" in self.count):
            raise ValueError("a score needs its sd, and the number of seeds among the counts")
        if self.tally and not (self.score and "mentions" in self.count):
            raise ValueError("a tally needs a score, and the number of mentions among the counts")
        if self.ranked_within and not self.score:
            raise ValueError("rows are ranked by a score")
        if self.difference and not (self.seed_se and "seeds" in self.text):
            raise ValueError("a difference needs its seed_se, and the numbers of seeds among the texts")
        if self.bound and len(self.bound) != 2 * len(self.score):
            raise ValueError("bounds stand in the order of the scores, a low and a high one for each")
        if self.difference and not (len(self.difference_bound) == 2 and self.p):
            raise ValueError("a difference needs a low and a high bound, and a p value")
        return self


class Times(Record):
    """How far the columns of each kind may be off, as multiples of `Schemas.standard_errors` of their row."""

    score: float
    difference: float
    bound: float
    difference_bound: float
    se: float
    detectable: float


class Schemas(Record):
    """The schema of every table, and what is allowed: standard errors of a score, and multiples for what follows."""

    standard_errors: float
    times: Times
    tables: dict[str, Schema]


def load() -> Schemas:
    """Return the content of table_schemas.yaml."""
    where = paths.relative(paths.TABLE_SCHEMAS)
    return parse(Schemas, read_mapping(paths.TABLE_SCHEMAS), where, paths.TABLE_SCHEMAS)


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV table as text: the names of its columns, and its rows by their key, in the order of the file."""

    columns: Names
    rows: Mapping[Names, Row]

    @classmethod
    def of(cls, text: str, key: Names, where: str) -> "Table":
        """Return the table of a CSV text; rows of another length, and two rows with one key, are errors."""
        lines = list(csv.reader(io.StringIO(text, newline="")))
        columns = tuple(lines[0]) if lines else ()
        rows: dict[Names, Row] = {}
        for number, cells in enumerate(lines[1:], 2):
            if len(cells) != len(columns):
                raise OpenNERError(f"{where}:{number}: {len(cells)} cells, but {len(columns)} columns")
            row = dict(zip(columns, cells, strict=True))
            name = tuple(row.get(column, "") for column in key)
            if name in rows:
                raise OpenNERError(f"{where}:{number}: the second row of {', '.join(name)}")
            rows[name] = row
        return cls(columns, rows)


def number(cell: str) -> float | None:
    """Return the number in a cell, or None; ``nan`` is none."""
    return float(cell) if _NUMBER.fullmatch(cell) else None


def decimals(cells: Iterable[str]) -> int:
    """Return how many decimals the numbers of a column are printed with."""
    return max((len(cell.partition(".")[2]) for cell in cells if number(cell) is not None), default=0)


@dataclass(frozen=True, slots=True)
class Limits:
    """How far the numbers of one row may be from those of another run.

    ``error``: standard error over seeds of the row's score or difference; ``lowest`` and ``highest``: the sd (or
    seed_se) that another run may have.
    """

    error: float
    lowest: float
    highest: float


@dataclass(frozen=True, slots=True)
class _Seeds:
    """What a row says of its seeds: their ``spread`` (sd or seed_se; None where a side has one) with its degrees of freedom.

    ``mean_of`` seeds is its score, or 1 where the spread is a standard error already; ``unknown``: sum of 1 / seeds over
    the sides, by which one seed's variance is multiplied where the row does not tell the spread.
    """

    spread: float | None
    df: int
    mean_of: int
    unknown: float


def limits(table: Table, schema: Schema, errors: float, elsewhere: float) -> dict[Names, Limits]:
    """Return the limits of each row of a committed table that holds trained numbers, see table_schemas.yaml.

    ``errors``: standard errors allowed; ``elsewhere``: standard deviation over seeds where the table tells none.
    """
    if not (schema.score or schema.difference):
        return {}
    seeds = {name: _seeds(row, schema) for name, row in table.rows.items()}
    groups: dict[Names, list[_Seeds]] = {}
    for name, row in table.rows.items():
        groups.setdefault(tuple(row[column] for column in schema.alike), []).append(seeds[name])
    tail = float(stats.norm.sf(errors))
    found = {}
    for name, row in table.rows.items():
        own = seeds[name]
        pooled, df = _pooled(groups[tuple(row[column] for column in schema.alike)])
        if not pooled:
            pooled, df = _pooled(seeds.values())
        spread = 0.0 if own.spread is None else max(own.spread, pooled)
        single = pooled if schema.score and pooled else elsewhere
        error = math.hypot(spread / math.sqrt(own.mean_of), single * math.sqrt(own.unknown))
        lowest, highest = 0.0, math.inf
        if own.spread is not None:
            lowest = own.spread / math.sqrt(stats.f.isf(tail, own.df, own.df))
            highest = spread * math.sqrt(stats.f.isf(tail, own.df, df))
        found[name] = Limits(error, lowest, highest)
    return found


def seeds_spread(table: Table, schema: Schema) -> float:
    """Return the standard deviation over seeds of one run, root mean square over a table of scores; 0 if unknown."""
    return _pooled(_seeds(row, schema) for row in table.rows.values())[0]


def _seeds(row: Row, schema: Schema) -> _Seeds:
    """Return what a row says of its seeds; ``seeds`` is their number, or those of the two sides of a difference."""
    sides = [int(each) for each in re.findall(r"\d+", row["seeds"])] or [1]
    [column] = schema.sd or schema.seed_se
    several = [side for side in sides if side > 1]
    both = 1 if schema.score or len(sides) > 1 else 2  # one number stands for two sides that are alike
    spread = number(row[column])
    unknown = both * sum(1 / side for side in sides) if spread is None else 0.0
    return _Seeds(spread, min(several, default=2) - 1, max(1, sides[0]) if schema.score else 1, unknown)


def _pooled(seeds: Iterable[_Seeds]) -> tuple[float, int]:
    """Return the root mean square of spreads, weighted by their degrees of freedom, and the sum of these."""
    known = [(each.spread, each.df) for each in seeds if each.spread is not None]
    df = sum(each for _, each in known)
    return math.sqrt(sum(spread**2 * each for spread, each in known) / df) if df else 0.0, df
