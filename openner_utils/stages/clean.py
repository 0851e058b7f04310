"""Read every corpus as published and repair its labels, each change recorded."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from openner_utils.analysis.examples import Example, examples
from openner_utils.catalog import Card, File, Split, load_card
from openner_utils.catalog.patterns import present
from openner_utils.catalog.rebuilding import rebuilding
from openner_utils.config.params import Clean, Data
from openner_utils.core.artifacts import CLEANED, LEDGER, MET, NESTED, Inputs, Outputs
from openner_utils.core.changes import LEDGER_ROWS
from openner_utils.core.releases import LAYERS, RELEASE, release_table
from openner_utils.curation.clean import Cleaned, check_hash, clean_file, open_raw
from openner_utils.curation.division import Unit, divide, units
from openner_utils.runs.executors import Advance, this_machine
from openner_utils.stages import Work
from openner_utils.support.errors import OpenNERError
from openner_utils.support.paths import Place
from openner_utils.support.progress import bar
from openner_utils.support.records import Record

READS = (CLEANED,)
"""For examples, what it made itself; all else comes from raw files."""
WRITES = (CLEANED, LEDGER, NESTED, MET)


class Params(Record):
    """The blocks of params.yaml that the stage uses."""

    data: Data
    clean: Clean


SPLITS: tuple[Split, ...] = ("train", "dev", "test")
_SHOWN = 5
"""Corpora whose errors are told, at the most; the command tells the others when these are mended."""
NOT_AT_HAND = "file not at hand"
"""Counted for a file that the card does not verify and that data/ lacks; others are read without it."""

Splits: TypeAlias = NDArray[np.int8]
"""The split of each sentence of a file, as a position in `SPLITS`."""


@dataclass(frozen=True, slots=True)
class Result:
    """What was met: one row per file and count, one row per ledger entry, and some of these with their words."""

    counts: pd.DataFrame
    ledger: pd.DataFrame
    examples: list[Example]


def run(work: Work, params: Params) -> Result:
    """Clean the chosen corpora, several at a time, each in the process that hands over its tables.

    A corpus that fails does not stop the others: its error is raised when they are done.
    """
    corpora = params.data.corpora
    job = partial(_cleaned, params.clean.repair, work.place, work.outputs)
    with bar("clean", len(corpora)) as shown:
        outcomes = this_machine(work.workers).carry_out(job, corpora, shown.advance)
    done = [outcome for outcome in outcomes if not isinstance(outcome, str)]
    if errors := [outcome for outcome in outcomes if isinstance(outcome, str)]:
        raise OpenNERError(_told(errors, len(corpora)))
    counts, ledgers = zip(*done, strict=True)
    table = pd.concat(counts, ignore_index=True)
    work.outputs.put(MET, table)
    every = pa.concat_tables(ledgers).to_pandas()
    return Result(table, every, _examples(every, work.inputs))


def _told(errors: Sequence[str], of: int) -> str:
    """Return the errors of corpora, one a line.

    >>> _told(["a: no space", "b: no space", "c: no space", "d: no space", "e: no space", "f: no space"], 9).splitlines()[-2:]
    ['e: no space', 'And 1 more.']
    """
    more = [f"And {len(errors) - _SHOWN} more."] if len(errors) > _SHOWN else []
    return "\n".join([f"{len(errors)} of {of} corpora could not be cleaned:", *errors[:_SHOWN], *more])


def _examples(rows: pd.DataFrame, inputs: Inputs) -> list[Example]:
    """Return a few changes of every rule with the words around them."""
    if rows.empty:
        return []
    columns = ["corpus", "file", "tokens", "lines", "starts", "ends"]
    changed = rows["corpus"].unique()
    released = inputs.of_corpora(CLEANED, changed, columns)
    return examples(rows, released)


def _cleaned(
    method: str, place: Place, outputs: Outputs, corpus: str, advance: Advance
) -> tuple[pd.DataFrame, pa.Table] | str:
    """Return what `clean_corpus` does, or the text of its error, so that the other corpora are cleaned all the same."""
    try:
        return clean_corpus(corpus, method, place, outputs)
    except OpenNERError as error:
        return str(error)
    finally:
        advance(1)


def clean_corpus(corpus: str, method: str, place: Place, outputs: Outputs) -> tuple[pd.DataFrame, pa.Table]:
    """Clean one corpus, hand over its release table, ledger and nested mentions, and return its counts and ledger."""
    card = load_card(corpus, place.cards)
    cleaned: list[tuple[File, Cleaned]] = []
    rows: list[dict[str, object]] = []
    for file in present(card, place.data / card.id):
        if file.sha256 is None and not (place.data / card.id / file.path).is_file():
            rows.append({**_named(card, file), "what": NOT_AT_HAND, "count": 1})
            continue
        raw = open_raw(place.data, card, file)
        found = clean_file(raw, card, file, method)
        check_hash(place.data, raw, card, file)  # after reading, which says more about a file that is broken
        cleaned.append((file, found))
        rows += [{**_named(card, file), "what": what, "count": n} for what, n in found.counts.items()]
    if not cleaned:
        raise OpenNERError(f"{corpus}: none of its files is in data/. {rebuilding(place.data, corpus)}")
    splits = _splits(card, cleaned)
    tables = [_released(card, file, found, of) for (file, found), of in zip(cleaned, splits, strict=True)]
    ledgers = [_with_splits(found.ledger, of) for (_, found), of in zip(cleaned, splits, strict=True)]
    changes = pa.concat_tables([LEDGER_ROWS.empty_table(), *ledgers])
    outputs.put(CLEANED, _numbered(pa.concat_tables(tables)), corpus=corpus)
    outputs.put(LEDGER, changes, corpus=corpus)
    layers = [_layers(card, file, found, of) for (file, found), of in zip(cleaned, splits, strict=True)]
    outputs.put(NESTED, pa.concat_tables(layers), corpus=corpus)
    return pd.DataFrame(rows), changes


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


def _with_splits(rows: pa.Table, splits: Splits) -> pa.Table:
    """Return one file's ledger with the split of each row's sentence."""
    of_row = splits[rows["sentence"].to_numpy()]
    return rows.set_column(
        LEDGER_ROWS.get_field_index("split"), LEDGER_ROWS.field("split"), _split_names(of_row)
    )


def _layers(card: Card, file: File, cleaned: Cleaned, splits: Splits) -> pa.Table:
    rows = [
        {
            "corpus": card.id, "language": file.language, "split": SPLITS[splits[n.sentence]], "file": file.path,
            "line": n.line, "sentence": n.sentence, "layer": n.layer, "start": n.start, "end": n.end, "type": n.type,
        }
        for n in cleaned.layers
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=LAYERS)
