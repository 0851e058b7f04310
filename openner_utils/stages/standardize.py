"""Give the entity types their standardized names, and map them onto the core types PER, LOC and ORG.

Where ``standardize.decontaminate`` says so, the core release lacks the training sentences that a test set holds. The
standardized release is always whole, so that its counts can be compared with the cards'.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa

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
from openner_utils.config.params import Data, Standardize
from openner_utils.core.artifacts import (
    CLEANED,
    CONTESTED,
    CORE_RELEASE,
    REMOVED,
    STANDARDIZED,
    TYPES,
    Inputs,
)
from openner_utils.core.columns import Columns
from openner_utils.core.encoding import IOB2, decode
from openner_utils.core.releases import RELEASE, columns_of, lists_of, without
from openner_utils.curation import duplicates
from openner_utils.stages import Work
from openner_utils.support.progress import track
from openner_utils.support.records import Record

READS = (CLEANED,)
WRITES = (STANDARDIZED, CORE_RELEASE, TYPES, CONTESTED, REMOVED)


class Params(Record):
    """The blocks of params.yaml that the stage uses."""

    data: Data
    standardize: Standardize


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


def run(work: Work, params: Params) -> Result:
    """Hand over both releases of the chosen corpora, one corpus at a time, and what became what."""
    corpora, switches = params.data.corpora, params.standardize.core_switches
    gone = _contaminating(work.inputs, corpora, params.standardize.decontaminate)
    rows: list[dict[str, object]] = []
    for corpus in track(corpora, "standardize"):
        card = load_card(corpus, work.place.cards)
        core = core_types(card, switches)
        table = work.inputs.table(CLEANED, corpus=corpus)
        work.outputs.put(STANDARDIZED, mapped(table, standardized_map(card)), corpus=corpus)
        work.outputs.put(CORE_RELEASE, mapped(without(table, gone), core), corpus=corpus)
        rows += _types(card, columns_of(table), core, switches)
    types = pd.DataFrame(rows)
    result = Result(types, _contested(types, switches), gone)
    for artifact, frame in ((TYPES, types), (CONTESTED, result.contested), (REMOVED, gone)):
        work.outputs.put(artifact, frame)
    return result


def _contaminating(inputs: Inputs, corpora: tuple[str, ...], how: str) -> pd.DataFrame:
    """Return the training sentences that stand in a test set, found ``exact`` or ``near``; none for ``none``."""
    read = () if how == "none" else corpora
    sentences = duplicates.read(inputs.table(CLEANED, duplicates.COLUMNS, corpus=corpus) for corpus in read)
    return leakage.contaminating(sentences, duplicates.near_pairs(sentences) if how == "near" else None)


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
