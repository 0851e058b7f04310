"""A third party's predictions compared with the systems of a run, on the same test sentences and by the same tests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import pyarrow as pa

from openner_utils.analysis import outsiders
from openner_utils.analysis.outsiders import Matched
from openner_utils.analysis.question import Params, core_sentences
from openner_utils.analysis.systems import CONVENTION, chosen
from openner_utils.catalog import load_cards
from openner_utils.catalog.ontology import CORE, core_map, core_types, entity_types, map_types
from openner_utils.config.params import OfData, Standardize, load
from openner_utils.core.artifacts import CORE_RELEASE, SENTENCES, Folder, Inputs
from openner_utils.core.columns import Columns
from openner_utils.core.encoding import IOB2, recode
from openner_utils.ownfiles.format import Format
from openner_utils.ownfiles.opening import Opened, open_file
from openner_utils.support.errors import OpenNERError, unknown
from openner_utils.support.paths import HERE, Place
from openner_utils.support.records import Record

_TESTED = ["corpus", "language", "split", "sentence"]


class _Types(Record):
    """What decides core types in a run."""

    standardize: Standardize


@dataclass(frozen=True, slots=True)
class Compared:
    """Each file as read and how its sentences were matched, what its types became, and the table (`outsiders.table`)."""

    files: tuple[tuple[Opened, Matched], ...]
    types: Mapping[str, str]
    table: pd.DataFrame


def compare(
    files: Sequence[Path],
    name: str = "theirs",
    asked: Format | None = None,
    types: Mapping[str, str] | None = None,
    place: Place = HERE,
) -> Compared:
    """Compare predictions, several files as one system with as many seeds, with every system of the run at ``place``.

    Predictions are of test sentences of the core release, in any order; their types become core types: as ``types`` says, by
    their standardized name, or as the corpora's cards name them. What has none is left out, as in the release. Raises `OpenNERError`
    for a type that nobody knows, and where no sentence is one of the run's.
    """
    params = load(Params, place.params)
    inputs = Inputs(Folder(place.artifacts), (SENTENCES, CORE_RELEASE))
    runs = chosen(core_sentences(inputs, params), convention=CONVENTION, control=False)
    runs = runs[runs["policy"].isin(["", params.prompt.policy])]
    tests = _tests(inputs, runs, place)
    opened = [open_file(path, asked) for path in files]
    read = [_iob2(each) for each in opened]
    matched = [outsiders.match(tests, columns) for columns in read]
    for each, found in zip(opened, matched, strict=True):
        if not found.rows:
            raise OpenNERError(
                f"{each.path}: none of its sentences is a test sentence of this run, so there is nothing to compare.",
                *(f"  {each}: no test sentence has this text" for each in found.unknown[:3]),
            )
    meant = _core(read, types or {}, _corpora(tests, matched), place)
    theirs = pd.concat(
        [
            outsiders.counts(tests, map_types(columns, meant), found, name, seed)
            for seed, (columns, found) in enumerate(zip(read, matched, strict=True), 1)
        ],
        ignore_index=True,
    )
    return Compared(
        tuple(zip(opened, matched, strict=True)), meant, outsiders.table(theirs, runs, params.compare)
    )


def _tests(inputs: Inputs, runs: pd.DataFrame, place: Place) -> pa.Table:
    """Return the sentences of the core release that any system was tested on."""
    corpora = load(OfData, place.params).data.corpora
    release = inputs.of_corpora(CORE_RELEASE, corpora)
    tested = pd.MultiIndex.from_frame(runs[_TESTED].drop_duplicates())
    rows = pd.MultiIndex.from_frame(release.select(_TESTED).to_pandas())
    return release.filter(pa.array(rows.isin(tested)))


def _corpora(tests: pa.Table, matched: Sequence[Matched]) -> list[str]:
    rows = sorted({row for found in matched for row in found.rows})
    return sorted(set(tests["corpus"].take(pa.array(rows)).to_pylist()))


def _core(
    read: Sequence[Columns], said: Mapping[str, str], corpora: Sequence[str], place: Place
) -> dict[str, str]:
    """Return raw type → core type of files; types without one are left out, and one that nobody knows is an `OpenNERError`."""
    met = sorted({type for each in read for name in each.names if (type := IOB2.split(name)[1])})
    if wrong := [type for type in said if type not in met]:
        raise unknown("entity type of these files", wrong[0], met)
    if wrong := [name for name in said.values() if name not in entity_types()]:
        raise unknown("standardized entity type", wrong[0], entity_types())
    switches = load(_Types, place.params).standardize.core_switches
    cards = load_cards(corpora, place.cards).values()
    core = core_map() | {type: type for type in CORE}
    meant = {}
    for type in met:
        name = said.get(type, type)
        of_cards = {core_types(card, switches).get(type, "") for card in cards if type in card.types}
        if name in entity_types():
            meant[type] = switches.get(name, core.get(name, ""))
        elif len(of_cards) == 1:
            meant[type] = of_cards.pop()
        else:
            raise OpenNERError(
                f"{read[0].file}: the type {type!r} is no standardized one, and no card of {', '.join(corpora)} says what it is. "
                f"Say it: --map {type}=NAME."
            )
    return {type: name for type, name in meant.items() if name}


def _iob2(opened: Opened) -> Columns:
    """Return a file's labels as IOB2; only those that are IOB2 keep invalid transitions, which the convention repairs."""
    columns = opened.columns
    plain = columns if opened.encoding is IOB2 else recode(columns, opened.encoding, IOB2)
    return replace(plain, file=str(opened.path))
