"""An out-of-domain test as tables."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path

from pydantic import TypeAdapter

from openner_utils.exports.folder import refuse_changed, refuse_foreign, replaced
from openner_utils.exports.tables import write_csv
from openner_utils.scoring.significance import Interval
from openner_utils.support.documents import read_json
from openner_utils.support.errors import OpenNERError
from openner_utils.support.files import write_json
from openner_utils.unify.ablated import Comparison
from openner_utils.unify.transferred import Correlation, OfType, Row

TABLE, TYPES, OPTIONS = "transfer.csv", "types.csv", "options.json"
ABLATIONS = "ablations.csv"
_INTERVALS = ("base_f1", "arm_f1", "difference")
_ENDS, _BOUNDS = ("value", "low", "high"), ("", "_low", "_high")


def write(
    rows: Sequence[Row],
    types: Sequence[OfType],
    together: Correlation | None,
    comparisons: Sequence[Comparison],
    options: Mapping[str, object],
    out: Path,
) -> None:
    """Write everything to the folder ``out``: new, empty, or of an export. Tables hold scores, not sentences."""
    refuse_foreign(out)
    with replaced(out) as fresh:
        head = ["held", "naming", "slice", "rule", "types", "mentions", "seeds", "f1", "low", "high"]
        write_csv(
            fresh / TABLE,
            head,
            (
                (
                    r.held,
                    r.naming,
                    r.slice,
                    r.rule,
                    r.types,
                    r.mentions,
                    r.seeds,
                    r.f1.value,
                    r.f1.low,
                    r.f1.high,
                )
                for r in rows
            ),
        )
        head = ["held", "corpus", "type", "seen", "familiarity", "nearest", "mentions", "f1", "low", "high"]
        write_csv(
            fresh / TYPES,
            head,
            (
                (
                    t.held,
                    t.corpus,
                    t.type,
                    t.seen,
                    t.familiarity,
                    t.nearest,
                    t.mentions,
                    t.f1.value,
                    t.f1.low,
                    t.f1.high,
                )
                for t in types
            ),
        )
        plain = [each.name for each in fields(Comparison) if each.name not in _INTERVALS]
        write_csv(
            fresh / ABLATIONS,
            [*plain, *(name + bound for name in _INTERVALS for bound in _BOUNDS)],
            (
                (
                    *(getattr(each, name) for name in plain),
                    *(end for name in _INTERVALS for end in _ends(getattr(each, name))),
                )
                for each in comparisons
            ),
        )
        write_json(
            fresh / OPTIONS, {**options, "familiarity and F1": None if together is None else asdict(together)}
        )


def _ends(interval: Interval) -> tuple[float, float, float]:
    return interval.value, interval.low, interval.high


def read(folder: Path) -> tuple[list[Comparison], list[dict[str, str]], dict[str, object]]:
    """Return the comparisons of arms, the rows of `TABLE` as they stand and the options of a written test.

    Numbers have the four digits of the tables. Raises `OpenNERError` for a folder without a test, and for one that was changed.
    """
    if not (folder / ABLATIONS).is_file():
        raise OpenNERError(
            f"{folder}: no out-of-domain test lies there ({ABLATIONS} is missing). Make one: openner tagger transfer --help"
        )
    refuse_changed(folder)
    of_text = TypeAdapter(Comparison)
    comparisons = [
        of_text.validate_python(
            {
                **{name: value for name, value in row.items() if not name.startswith(_INTERVALS)},
                **{
                    name: {end: row[name + bound] for end, bound in zip(_ENDS, _BOUNDS, strict=True)}
                    for name in _INTERVALS
                },
            }
        )
        for row in _rows(folder / ABLATIONS)
    ]
    return comparisons, _rows(folder / TABLE), read_json(folder / OPTIONS)


def _rows(path: Path) -> list[dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
