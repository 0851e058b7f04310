"""Read every corpus as published and repair its labels, each change recorded."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from openner_utils.catalog import Card, File, Split, load_card
from openner_utils.config.params import load
from openner_utils.core.changes import LEDGER
from openner_utils.core.releases import LAYERS, RELEASE, release_table, write_table
from openner_utils.curation.clean import Cleaned, check_hash, clean_file, open_raw
from openner_utils.curation.division import Unit, divide, units
from openner_utils.runs.executors import Advance, this_machine
from openner_utils.support import paths
from openner_utils.support.errors import OpenNERError
from openner_utils.support.files import write_json
from openner_utils.support.progress import bar

STAGE = "clean"
SPLITS: tuple[Split, ...] = ("train", "dev", "test")
NOT_AT_HAND = "file not at hand"
"""Counted for a file that the card does not verify and that data/ lacks; others are read without it."""

Splits: TypeAlias = NDArray[np.int8]
"""The split of each sentence of a file, as a position in `SPLITS`."""


def inputs(corpora: tuple[str, ...]) -> list[Path]:
    """Return the raw files that the stage reads."""
    return [paths.DATA / corpus / file.path for corpus in corpora for file in load_card(corpus).files]


def outputs(corpora: tuple[str, ...]) -> list[Path]:
    """Return the release table, the ledger and the nested mentions of each corpus."""
    return [
        paths.artifact(STAGE, f"{corpus}{kind}")
        for corpus in corpora
        for kind in (".parquet", ".ledger.parquet", ".layers.parquet")
    ]


@dataclass(frozen=True, slots=True)
class Result:
    """What was met: one row per file and count, and one row per ledger entry."""

    counts: pd.DataFrame
    ledger: pd.DataFrame


def run() -> Result:
    """Clean the chosen corpora, several at a time, and write their tables.

    A corpus that fails does not stop the others: its error is raised when they are done.
    """
    params = load("data", "clean", "run")
    corpora = params.data.corpora
    with bar("clean", len(corpora)) as shown:
        outcomes = this_machine(params.run.count()).carry_out(
            partial(_cleaned, params.clean.repair), corpora, shown.advance
        )
    done = [outcome for outcome in outcomes if not isinstance(outcome, str)]
    if errors := [outcome for outcome in outcomes if isinstance(outcome, str)]:
        raise OpenNERError(
            "\n".join([f"{len(errors)} of {len(corpora)} corpora could not be cleaned:", *errors])
        )
    counts, ledgers = zip(*done, strict=True)
    table = pd.concat(counts, ignore_index=True)
    write_json(paths.artifact(STAGE, "counts.json"), table.to_dict("records"))
    return Result(table, pa.concat_tables(ledgers).to_pandas())


def _cleaned(method: str, corpus: str, advance: Advance) -> tuple[pd.DataFrame, pa.Table] | str:
    """Return what `clean_corpus` does, or the text of its error, so that the other corpora are cleaned all the same."""
    try:
        return clean_corpus(corpus, method)
    except OpenNERError as error:
        return str(error)
    finally:
        advance(1)


def clean_corpus(corpus: str, method: str) -> tuple[pd.DataFrame, pa.Table]:
    """Clean one corpus, write its release table, ledger and nested mentions, and return its counts and ledger."""
    card = load_card(corpus)
    cleaned: list[tuple[File, Cleaned]] = []
    rows: list[dict[str, object]] = []
    for file in card.annotated:
        if file.sha256 is None and not (paths.DATA / card.id / file.path).is_file():
            rows.append({**_named(card, file), "what": NOT_AT_HAND, "count": 1})
            continue
        raw = open_raw(paths.DATA, card, file)
        found = clean_file(raw, card, file, method)
        check_hash(raw, card, file)  # after reading, which says more about a file that is broken
        cleaned.append((file, found))
        rows += [{**_named(card, file), "what": what, "count": n} for what, n in found.counts.items()]
    if not cleaned:
        raise OpenNERError(
            f"{corpus}: none of its files is in data/. Fetch them first: openner fetch {corpus}"
        )
    splits = _splits(card, cleaned)
    tables = [_released(card, file, found, of) for (file, found), of in zip(cleaned, splits, strict=True)]
    ledgers = [_with_splits(found.ledger, of) for (_, found), of in zip(cleaned, splits, strict=True)]
    ledger = pa.concat_tables([LEDGER.empty_table(), *ledgers])
    write_table(paths.artifact(STAGE, f"{corpus}.parquet"), _numbered(pa.concat_tables(tables)))
    write_table(paths.artifact(STAGE, f"{corpus}.ledger.parquet"), ledger)
    layers = [_layers(card, file, found, of) for (file, found), of in zip(cleaned, splits, strict=True)]
    write_table(paths.artifact(STAGE, f"{corpus}.layers.parquet"), pa.concat_tables(layers))
    return pd.DataFrame(rows), ledger


def _named(card: Card, file: File) -> dict[str, object]:
    return {"corpus": card.id, "language": file.language, "split": file.split, "file": file.path}


def _splits(card: Card, cleaned: Sequence[tuple[File, Cleaned]]) -> list[Splits]:
    """Return the split of each sentence of each file; files without one are divided, each language by itself."""
    of_unit: dict[Unit, Split] = {}
    for language in card.languages:
        found = [
            unit
            for file, each in cleaned
            if file.split == "all" and file.language == language
            for unit in units(each.repaired, card)
        ]
        of_unit |= divide(found, card) if found else {}
    return [
        np.concatenate(
            [np.full(u.end - u.start, SPLITS.index(of_unit[u]), np.int8) for u in units(each.repaired, card)]
        )
        if file.split == "all"
        else np.full(each.repaired.n_sentences, SPLITS.index(str(file.split)), np.int8)
        for file, each in cleaned
    ]


def _split_names(splits: Splits) -> pa.StringArray:
    return pa.array(SPLITS).take(pa.array(splits))


def _released(card: Card, file: File, cleaned: Cleaned, splits: Splits) -> pa.Table:
    """Return the release rows of one file, numbered inside it."""
    table = release_table(card.id, file.language, "", cleaned.published, cleaned.repaired)
    return table.set_column(RELEASE.get_field_index("split"), RELEASE.field("split"), _split_names(splits))


def _numbered(table: pa.Table) -> pa.Table:
    """Return release rows of several files, sentences and documents numbered inside language and split."""
    keys = table.select(["language", "split", "file", "document"]).to_pandas()
    part = keys.groupby(["language", "split"], sort=False)
    sentence = part.cumcount().to_numpy(np.int32)
    opens = (keys[["file", "document"]] != part[["file", "document"]].shift()).any(axis=1)
    document = opens.groupby([keys["language"], keys["split"]], sort=False).cumsum().to_numpy(np.int32) - 1
    for name, values in (("sentence", sentence), ("document", document)):
        table = table.set_column(
            RELEASE.get_field_index(name), RELEASE.field(name), pa.array(values, pa.int32())
        )
    return table


def _with_splits(ledger: pa.Table, splits: Splits) -> pa.Table:
    """Return one file's ledger with the split of each row's sentence."""
    of_row = splits[ledger["sentence"].to_numpy()]
    return ledger.set_column(LEDGER.get_field_index("split"), LEDGER.field("split"), _split_names(of_row))


def _layers(card: Card, file: File, cleaned: Cleaned, splits: Splits) -> pa.Table:
    rows = [
        {
            "corpus": card.id, "language": file.language, "split": SPLITS[splits[n.sentence]], "file": file.path,
            "line": n.line, "sentence": n.sentence, "layer": n.layer, "start": n.start, "end": n.end, "type": n.type,
        }
        for n in cleaned.layers
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=LAYERS)
