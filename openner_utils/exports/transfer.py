"""An out-of-domain test as tables."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from openner_utils.exports.folder import refuse_foreign, replaced
from openner_utils.exports.tables import write_csv
from openner_utils.support.files import write_json
from openner_utils.unify.transferred import Correlation, OfType, Row

TABLE, TYPES, OPTIONS = "transfer.csv", "types.csv", "options.json"


def write(
    rows: Sequence[Row],
    types: Sequence[OfType],
    together: Correlation | None,
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
        write_json(
            fresh / OPTIONS, {**options, "familiarity and F1": None if together is None else asdict(together)}
        )
