"""Does a run give the tables that are committed? Identical, within tolerance, or different.

The committed tables and figures lie in reports/, and no run writes there: on another processor trained numbers differ in
what hangs on chance, and git would name files that nobody meant to change. `accept` takes a run's over, where that is meant.

What may differ, and how far, stands in table_schemas.yaml: counts not at all, trained numbers as far as the seeds' own
spread explains. Whatever differs is named with its table, row and column.
"""

import math
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from openner_utils.config.params import OfCompare
from openner_utils.config.params import load as load_params
from openner_utils.core.artifacts import PASSPORT
from openner_utils.pages.possible import impossible
from openner_utils.pages.table_schemas import (
    Kind,
    Limits,
    Names,
    Row,
    Schema,
    Schemas,
    Table,
    decimals,
    limits,
    load,
    number,
    seeds_spread,
)
from openner_utils.support import files, paths, rounding
from openner_utils.support.errors import OpenNERError
from openner_utils.support.paths import HERE, Place

SEEDS = "encoders"
"""The table that tells the seeds' spread where another has one seed only."""
LINES = 10
"""Lines of each list that are printed; the others are counted."""
SPREADS = ("sd", "seed_se")
"""Kinds of columns that hold the seeds' spread itself."""
LARGEST = 100.0
"""The largest difference of two scores that there is."""
PER_TABLE = 4
"""Faults of one table that are printed before more of another."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """A trained number that differs: where, both values as printed, and the ``lowest`` and ``highest`` allowed.

    ``share`` is the deviation as a share of the largest that is allowed in its direction: a fault above 1.
    """

    where: str
    was: str
    found: str
    lowest: float
    highest: float
    share: float

    def __str__(self) -> str:
        span = f"{rounding.shown(self.lowest)} to {rounding.shown(self.highest)}"
        return f"{self.where}: {self.was} → {self.found} (allowed: {span}, {rounding.share(self.share)} of it used)"


@dataclass(frozen=True, slots=True)
class Compared:
    """One table: its faults, conclusions that differ, and the trained number that is farthest off.

    ``cells`` counts those that differ; ``reordered`` says that the same rows stand in another order.
    """

    faults: tuple[str, ...] = ()
    conclusions: tuple[str, ...] = ()
    farthest: Deviation | None = None
    cells: int = 0
    reordered: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """How the tables of this run compare, by name."""

    tables: Mapping[str, Compared]

    @property
    def level(self) -> Literal["identical", "within tolerance", "different"]:
        """The verdict in a word or two."""
        if any(table.faults for table in self.tables.values()):
            return "different"
        same = not any(table.cells or table.reordered for table in self.tables.values())
        return "identical" if same else "within tolerance"

    def __str__(self) -> str:
        tables = self.tables.values()
        cells = sum(table.cells for table in tables)
        first = [fault for table in tables for fault in table.faults[:PER_TABLE]]
        more = [fault for table in tables for fault in table.faults[PER_TABLE:]]
        conclusions = [each for table in tables for each in table.conclusions]
        farthest = [table.farthest for table in tables if table.farthest]
        farthest.sort(key=lambda deviation: -deviation.share)
        moved = [name for name, table in self.tables.items() if table.reordered]
        borderline = "" if self.level == "different" else ", though every number is within tolerance"
        return "\n".join(
            [
                f"{self.level} ({cells} cells differ)" if cells else self.level,
                *_listed("Faults:", [*first, *more]),
                *(
                    ["  If this change is meant: openner verify --accept, and commit reports/."]
                    if first
                    else []
                ),
                *_listed(f"Conclusions that differ{borderline}:", conclusions),
                *(
                    ["  A conclusion near the border may turn on another machine; rely on none that does."]
                    if conclusions
                    else []
                ),
                *_listed("The trained number that is farthest off, in each table:", farthest),
                *([f"The same rows in another order: {', '.join(moved)}"] if moved else []),
            ]
        )


def verify() -> Verdict:
    """Compare this run's tables with those of the last commit; without a run there is nothing to compare, which is an error.

    What came out is also written to `Place.comparison`.
    """
    folder = paths.relative(paths.TABLES)
    names = _git("ls-tree", "--name-only", "HEAD", f"{folder}/").splitlines()
    _made(HERE)
    committed = {
        name.removeprefix(f"{folder}/").removesuffix(".csv"): _git("show", f"HEAD:{name}")
        for name in names
        if name.endswith(".csv")
    }
    found = {path.stem: path.read_text(encoding="utf-8") for path in HERE.made.glob("*.csv")}
    verdict = compare(committed, found, load(), 1 - load_params(OfCompare).compare.confidence)
    files.write_text(HERE.comparison, f"{verdict}\n")
    return verdict


def accept(place: Place) -> None:
    """Take this run's tables and figures over into reports/, in the place of those that are there."""
    _made(place)
    for folder, kind in ((place.tables, "csv"), (place.figures, "svg")):
        taken = {path.name: path.read_bytes() for path in place.made.glob(f"*.{kind}")}
        for old in folder.glob(f"*.{kind}"):
            if old.name not in taken:
                old.unlink()
        for name, content in taken.items():
            files.write_bytes(folder / name, content)


def _made(place: Place) -> None:
    """Raise `OpenNERError` where no run has made tables."""
    if not PASSPORT.path(place.artifacts).is_file():
        raise OpenNERError(
            "There is no run to compare: the stage figures has made no tables here. Run the pipeline first: dvc repro"
        )


def compare(
    committed: Mapping[str, str], found: Mapping[str, str], schemas: Schemas, level: float
) -> Verdict:
    """Compare CSV texts by name; a table that the schemas do not know, or that a side lacks, is a fault.

    ``level``: differences are clear where p is below it; a row that says otherwise is a fault, see `possible`.
    """
    verdicts = {}
    elsewhere = _elsewhere(committed, schemas)
    for name in sorted({*committed, *found, *schemas.tables}):
        if name not in schemas.tables:
            fault = f"{name}: a table that is not in {paths.relative(paths.TABLE_SCHEMAS)}"
        elif name not in found:
            fault = f"{name}: the table was not made by this run"
        elif name not in committed:
            fault = f"{name}: the table is not committed"
        else:
            verdicts[name] = compare_table(name, committed[name], found[name], schemas, level, elsewhere)
            continue
        verdicts[name] = Compared((fault,))
    return Verdict(verdicts)


def _elsewhere(committed: Mapping[str, str], schemas: Schemas) -> float:
    """Return the standard deviation over seeds of one run, from the table that tells it; 0 without that table."""
    if SEEDS not in committed or SEEDS not in schemas.tables:
        return 0.0
    schema = schemas.tables[SEEDS]
    try:
        table = Table.of(committed[SEEDS], schema.key, SEEDS)
    except OpenNERError:
        return 0.0  # comparing that table says what is wrong with it
    return 0.0 if _columns(SEEDS, table, schema) else seeds_spread(table, schema)


def compare_table(
    name: str, committed: str, found: str, schemas: Schemas, level: float, elsewhere: float = 0.0
) -> Compared:
    """Compare two CSV texts of one table; ``level`` as in `compare`, ``elsewhere`` as in `table_schemas.limits`."""
    schema = schemas.tables[name]
    try:
        was = Table.of(committed, schema.key, f"{name} as committed")
        now = Table.of(found, schema.key, name)
    except OpenNERError as error:
        return Compared((str(error),))
    faults = [*_columns(f"{name} as committed", was, schema), *_columns(name, now, schema)]
    if not faults and was.columns != now.columns:
        faults = [f"{name}: the columns stand in another order: {', '.join(now.columns)}"]
    if faults:
        return Compared(tuple(faults))
    allowed = limits(was, schema, schemas.standard_errors, elsewhere)
    return _Pair(name, schemas, was, now, allowed, level).compared()


def _columns(where: str, table: Table, schema: Schema) -> list[str]:
    """Return what is wrong with the columns of a table."""
    unknown = [column for column in table.columns if column not in schema.kinds]
    missing = [column for column in schema.kinds if column not in table.columns]
    return [
        *([f"{where}: not in table_schemas.yaml: {', '.join(unknown)}"] if unknown else []),
        *([f"{where}: without the columns {', '.join(missing)}"] if missing else []),
    ]


def _is_amount(cell: str) -> bool:
    """Return whether a cell is a number from 0 on."""
    value = number(cell)
    return value is not None and 0 <= value < math.inf


def _is_percent(cell: str) -> bool:
    value = number(cell)
    return value is not None and 0 <= value <= 100


@dataclass(frozen=True, slots=True)
class _Pair:
    """A table as committed and as found, with the same columns; ``limits`` are those of each committed row."""

    name: str
    schemas: Schemas
    was: Table
    now: Table
    limits: Mapping[Names, Limits]
    level: float

    @property
    def schema(self) -> Schema:
        return self.schemas.tables[self.name]

    @property
    def common(self) -> list[Names]:
        return [key for key in self.was.rows if key in self.now.rows]

    def place(self, key: Names) -> str:
        """Return the name of a row."""
        shown = ", ".join(f"{column} {value}" for column, value in zip(self.schema.key, key, strict=True))
        return f"{self.name} [{shown}]"

    def compared(self) -> Compared:
        faults = [
            f"{self.place(key)}: the row is missing" for key in self.was.rows if key not in self.now.rows
        ]
        faults += [
            f"{self.place(key)}: the row is not committed"
            for key in self.now.rows
            if key not in self.was.rows
        ]
        other = [
            (column, key)
            for column in self.was.columns
            for key in self.common
            if self.was.rows[key][column] != self.now.rows[key][column]
        ]
        deviations: list[tuple[bool, Deviation]] = []
        for column, key in other:
            judged = self.judge(column, key)
            if isinstance(judged, Deviation):
                deviations.append((self.schema.kinds[column] not in SPREADS or judged.share > 1, judged))
            if isinstance(judged, str) or (judged and judged.share > 1):
                faults.append(str(judged))
        faults += [
            f"{self.place(key)}: {what}"
            for key, row in self.now.rows.items()
            for what in impossible(row, self.schema, self.level)
        ]
        return Compared(
            tuple(faults),
            (*self.decisions(), *self.orders()),
            # A few seeds' spread is always far off, so it is named only where it is a fault or nothing else differs.
            max(deviations, key=lambda each: (each[0], each[1].share), default=(False, None))[1],
            len(other),
            not faults and list(self.was.rows) != list(self.now.rows),
        )

    def judge(self, column: str, key: Names) -> Deviation | str | None:
        """Return how far a cell is off; a text if nothing of the kind may differ, None if that alone is no fault."""
        kind = self.schema.kinds[column]
        was, now = self.was.rows[key][column], self.now.rows[key][column]
        where = f"{self.place(key)} {column}"
        fault = f"{where}: {was or 'empty'} → {now or 'empty'}"
        if kind == "decision":
            return None if {was, now} <= {"True", "False"} else fault
        if kind == "derived":
            return None if all(cell == "" or _is_percent(cell) for cell in (was, now)) else fault
        if kind == "chosen":
            return None if all(cell == "" or _is_amount(cell) for cell in (was, now)) else fault
        old, new = number(was), number(now)
        if kind == "detectable":  # empty where not even the largest difference that there is would be found
            old, new = (LARGEST if cell == "" else value for cell, value in ((was, old), (now, new)))
        if kind in ("key", "text", "count", "exact") or old is None or new is None:
            return fault
        if kind == "p":
            return None if 0 <= new <= 1 else fault
        unit = 10.0 ** -max(
            decimals(table.rows[each][column] for each in table.rows) for table in (self.was, self.now)
        )
        low, high = self.allowed(kind, key, old)
        low, high = low - unit, high + unit
        share = (new - old) / (high - old) if new > old else (old - new) / (old - low)
        shown = was or "empty", now or "empty"
        return Deviation(where, *shown, low, high, share) if math.isfinite(share) else fault

    def allowed(self, kind: Kind, key: Names, old: float) -> tuple[float, float]:
        """Return the lowest and the highest value allowed where ``old`` is committed, without rounding."""
        limits, row = self.limits[key], self.was.rows[key]
        if kind in SPREADS:
            return min(old, limits.lowest), max(old, limits.highest)
        points = self.schemas.standard_errors * math.sqrt(2) * limits.error
        if kind == "tally":
            points *= (old + float(row["mentions"])) / 100
        else:
            points *= float(getattr(self.schemas.times, kind))
        return old - points, old + points

    def decisions(self) -> Iterator[str]:
        """Yield the rows whose difference is beyond chance in one of the two, or in the other direction."""
        for column in self.schema.decision:
            for key in self.common:
                was, now = self.was.rows[key], self.now.rows[key]
                if _conclusion(was, column, self.schema) != _conclusion(now, column, self.schema):
                    shown = ", ".join(
                        f"{name} {was[name]} → {now[name]}"
                        for name in (*self.schema.difference, *self.schema.p[:1])
                    )
                    yield f"{self.place(key)} {column}: {was[column]} → {now[column]} ({shown})"

    def orders(self) -> Iterator[str]:
        """Yield the groups of rows in which one scored more than another and now scores less, or as much."""
        within = self.schema.ranked_within
        groups: dict[Names, list[Names]] = {}
        for key in self.common if within else []:
            groups.setdefault(tuple(self.was.rows[key][column] for column in within), []).append(key)
        for group, keys in groups.items():
            old, new = (self.scores(table, keys) for table in (self.was, self.now))
            both = combinations(old.keys() & new.keys(), 2)
            if any(_sign(old[a] - old[b]) != _sign(new[a] - new[b]) for a, b in both):
                shown = ", ".join(f"{column} {value}" for column, value in zip(within, group, strict=True))
                orders = self.ranking(self.was, old), self.ranking(self.now, new)
                yield f"{self.name} [{shown}] order: {' → '.join(orders)}"

    def scores(self, table: Table, keys: Sequence[Names]) -> dict[Names, float]:
        """Return the first score of each row that has one."""
        cells = {key: number(table.rows[key][self.schema.score[0]]) for key in keys}
        return {key: score for key, score in cells.items() if score is not None}

    def ranking(self, table: Table, scores: Mapping[Names, float]) -> str:
        """Return rows, named by what tells them apart in their group, from the highest score down."""
        own = [column for column in self.schema.key if column not in self.schema.ranked_within]
        rows = [table.rows[key] for key in sorted(scores, key=lambda key: -scores[key])]
        named = [" ".join(filter(None, (row[column] for column in own))) for row in rows]
        return ", ".join(f"{name} {row[self.schema.score[0]]}" for name, row in zip(named, rows, strict=True))


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)


def _conclusion(row: Row, decision: str, schema: Schema) -> tuple[str, ...]:
    """Return what a row concludes: the decision, and where it is for a difference, the direction."""
    signs = tuple(row[column][:1] == "-" for column in schema.difference)
    return (row[decision], *(map(str, signs) if row[decision] == "True" else ()))


def _listed(title: str, lines: Sequence[object]) -> list[str]:
    """Return a title and its lines, or nothing; the first lines are shown, the others counted."""
    shown = [title, *(f"  {line}" for line in lines[:LINES])] if lines else []
    return shown + ([f"  and {len(lines) - LINES} more"] if len(lines) > LINES else [])


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=paths.ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OpenNERError(
            f"git {' '.join(words)}: {done.stderr.strip()}. Run this inside a clone of the compendium."
        )
    return done.stdout
