"""Give the entity types their standardized names, and map them onto the core types PER, LOC and ORG.

Where ``standardize.decontaminate`` says so, the core release lacks the training sentences that a test set holds. The
standardized release is always whole, so that its counts can be compared with the cards'.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from openner_utils.analysis import leakage
from openner_utils.catalog import Card, load_card
from openner_utils.catalog.ontology import (
    DROPPED,
    OF_CORPUS,
    certainty,
    contested,
    core_map,
    core_types,
    map_types,
    standardized_map,
)
from openner_utils.config.params import load
from openner_utils.core.columns import Columns
from openner_utils.core.encoding import IOB2, decode
from openner_utils.core.releases import PART, RELEASE, columns_of, lists_of, read_table, write_table
from openner_utils.curation import duplicates
from openner_utils.pages.tables import read, to_csv
from openner_utils.support import paths
from openner_utils.support.files import write_text
from openner_utils.support.progress import track

STAGE = "standardize"
RELEASES = ("standardized", "core")


def inputs(corpora: tuple[str, ...]) -> list[Path]:
    """Return the cleaned tables that the stage reads."""
    return [paths.artifact("clean", f"{corpus}.parquet") for corpus in corpora]


def outputs(corpora: tuple[str, ...]) -> list[Path]:
    """Return the two releases of each corpus, what became what, what is contested, and what the core release lacks."""
    releases = [paths.artifact(STAGE, name, f"{corpus}.parquet") for name in RELEASES for corpus in corpora]
    return [*releases, *(paths.artifact(STAGE, f"{name}.csv") for name in ("types", "contested", "removed"))]


@dataclass(frozen=True, slots=True)
class Result:
    """What became what, one row per corpus and original type, with its mentions in all splits; and what was removed.

    ``contested``: the choices that can be argued with, as a switch names them, with the core type that they have in
    this run and its mentions in it. ``removed``: the training sentences that the core release lacks, see
    `leakage.contaminating`.
    """

    types: pd.DataFrame
    contested: pd.DataFrame
    removed: pd.DataFrame


def run() -> Result:
    """Write both releases of the chosen corpora, and the table of what became what."""
    params = load("data", "standardize")
    switches = params.standardize.core_switches
    gone = _contaminating(params.data.corpora, params.standardize.decontaminate)
    rows: list[dict[str, object]] = []
    for corpus in track(params.data.corpora, "standardize"):
        card = load_card(corpus)
        core = core_types(card, switches)
        table = read_table(paths.artifact("clean", f"{corpus}.parquet"))
        for release, mapping in (("standardized", standardized_map(card)), ("core", core)):
            kept = without(table, gone) if release == "core" else table
            write_table(paths.artifact(STAGE, release, f"{corpus}.parquet"), mapped(kept, mapping))
        rows += _types(card, columns_of(table), core, switches)
    types = pd.DataFrame(rows)
    result = Result(types, _contested(types, switches), gone)
    for name in ("types", "contested", "removed"):
        write_text(paths.artifact(STAGE, f"{name}.csv"), to_csv(getattr(result, name)))
    return result


def _contaminating(corpora: tuple[str, ...], how: str) -> pd.DataFrame:
    """Return the training sentences that stand in a test set, found ``exact`` or ``near``; none for ``none``."""
    cleaned = (paths.artifact("clean", f"{corpus}.parquet") for corpus in corpora)
    tables = (pq.read_table(path, columns=list(duplicates.COLUMNS)) for path in cleaned if how != "none")
    sentences = duplicates.read(tables)
    return leakage.contaminating(sentences, duplicates.near_pairs(sentences) if how == "near" else None)


def removed() -> pd.DataFrame:
    """Return the training sentences that the core release lacks, as the stage has written them."""
    return read(paths.artifact(STAGE, "removed.csv"))


def without(table: pa.Table, removed: pd.DataFrame) -> pa.Table:
    """Return a release table less the sentences that ``removed`` lists by corpus, language, split and number."""
    if removed.empty:
        return table
    keys = [*PART, "sentence"]
    gone = pd.MultiIndex.from_frame(table.select(keys).to_pandas()).isin(
        pd.MultiIndex.from_frame(removed[keys])
    )
    return table.filter(pa.array(~gone))


def mapped(table: pa.Table, mapping: dict[str, str]) -> pa.Table:
    """Return a release table with both label columns mapped to other entity types."""
    for name in ("published", "labels"):
        columns = map_types(columns_of(table, name), mapping)
        table = table.set_column(
            RELEASE.get_field_index(name), RELEASE.field(name), lists_of(columns, columns.label_strings())
        )
    return table


def _types(
    card: Card, columns: Columns, core: dict[str, str], switches: Mapping[str, str]
) -> list[dict[str, object]]:
    mentions = decode(columns, IOB2)
    counts = pd.Series([mentions.types[type] for type in mentions.type]).value_counts()
    return [
        {
            "corpus": card.id,
            "original": original,
            "standardized": name,
            "core": core.get(original, ""),
            "certainty": certainty(card, original, switches),
            "mentions": int(counts.get(original, 0)),
        }
        for original, name in card.types.items()
    ]


def _contested(types: pd.DataFrame, switches: Mapping[str, str]) -> pd.DataFrame:
    """Return the contested choices, the ones that concern most mentions of the run first."""
    rows = []
    for switch, choice in contested().items():
        corpus, of_corpus, original = switch.partition(OF_CORPUS)
        if of_corpus:
            card = load_card(corpus)
            name = card.types[original]
            core, usual = (core_types(card, each).get(original, "") for each in (switches, {}))
            mine = types[(types["corpus"] == corpus) & (types["original"] == original)]
        else:
            name, usual = switch, core_map().get(switch, "")
            core = switches.get(switch, usual)
            mine = types[types["standardized"] == switch]
        rows.append(
            {
                "switch": switch,
                "standardized": name,
                "core": core or DROPPED,
                "instead": " or ".join(
                    other or DROPPED for other in (usual, *choice.instead) if other != core
                ),
                "mentions": int(mine["mentions"].sum()),
                "certainty": choice.certainty,
                "reason": choice.reason,
            }
        )
    return pd.DataFrame(rows).sort_values("mentions", ascending=False, kind="stable", ignore_index=True)
