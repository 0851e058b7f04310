"""Give the entity types their standardized names, and map them onto the core types PER, LOC and ORG."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa

from openner_utils import paths
from openner_utils.catalog import load_card
from openner_utils.columns import Columns
from openner_utils.encoding import IOB2, decode
from openner_utils.files import write_text
from openner_utils.ontology import core_map, entity_types, map_types, standardized_map
from openner_utils.params import load
from openner_utils.progress import track
from openner_utils.releases import RELEASE, columns_of, lists_of, read_table, write_table

STAGE = "standardize"
RELEASES = ("standardized", "core")


def inputs(corpora: tuple[str, ...]) -> list[Path]:
    """Return the cleaned tables that the stage reads."""
    return [paths.artifact("clean", f"{corpus}.parquet") for corpus in corpora]


def outputs(corpora: tuple[str, ...]) -> list[Path]:
    """Return the two releases of each corpus."""
    return [paths.artifact(STAGE, release, f"{corpus}.parquet") for release in RELEASES for corpus in corpora]


@dataclass(frozen=True, slots=True)
class Result:
    """What became what: one row per corpus and original type, with its mentions in all splits."""

    types: pd.DataFrame


def run() -> Result:
    """Write both releases of the chosen corpora, and the table of what became what."""
    params = load("data", "standardize")
    core = core_map(params.standardize.core_switches)
    rows: list[dict[str, object]] = []
    for corpus in track(params.data.corpora, "standardize"):
        names = standardized_map(load_card(corpus))
        table = read_table(paths.artifact("clean", f"{corpus}.parquet"))
        for release, mapping in (
            ("standardized", names),
            ("core", {original: core[name] for original, name in names.items() if name in core}),
        ):
            write_table(paths.artifact(STAGE, release, f"{corpus}.parquet"), mapped(table, mapping))
        rows += _types(corpus, columns_of(table), names, core)
    types = pd.DataFrame(rows)

    write_text(paths.artifact(STAGE, "types.csv"), types.to_csv(index=False))
    return Result(types)


def mapped(table: pa.Table, mapping: dict[str, str]) -> pa.Table:
    """Return a release table with both label columns mapped to other entity types."""
    for name in ("published", "labels"):
        columns = map_types(columns_of(table, name), mapping)
        table = table.set_column(
            RELEASE.get_field_index(name), RELEASE.field(name), lists_of(columns, columns.label_strings())
        )
    return table


def _types(
    corpus: str, columns: Columns, names: dict[str, str], core: dict[str, str]
) -> list[dict[str, object]]:
    mentions = decode(columns, IOB2)
    counts = pd.Series([mentions.types[type] for type in mentions.type]).value_counts()
    return [
        {
            "corpus": corpus,
            "original": original,
            "standardized": name,
            "core": core.get(name, ""),
            "certainty": entity_types()[name].certainty,
            "mentions": int(counts.get(original, 0)),
        }
        for original, name in names.items()
    ]
