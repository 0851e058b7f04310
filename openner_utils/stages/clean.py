"""Read every corpus as published and repair its labels, each change recorded."""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import pandas as pd
import pyarrow as pa

from openner_utils import paths
from openner_utils.catalog import Card, File, load_card
from openner_utils.cleaning import Cleaned, clean
from openner_utils.errors import OpenNERError
from openner_utils.files import sha256, write_json
from openner_utils.params import load
from openner_utils.progress import track
from openner_utils.readers import read
from openner_utils.releases import RELEASE, release_table, write_table
from openner_utils.repair import LEDGER

STAGE = "clean"


def inputs(corpora: tuple[str, ...]) -> list[Path]:
    """Return the raw files that the stage reads."""
    return [paths.DATA / corpus / file.path for corpus in corpora for file in load_card(corpus).files]


def outputs(corpora: tuple[str, ...]) -> list[Path]:
    """Return the release table and the ledger of each corpus."""
    return [
        paths.artifact(STAGE, f"{corpus}{kind}")
        for corpus in corpora
        for kind in (".parquet", ".ledger.parquet")
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
    jobs = [(corpus, params.clean.repair) for corpus in params.data.corpora]
    counts: list[pd.DataFrame] = []
    ledgers: list[pa.Table] = []
    errors: list[str] = []
    with ProcessPoolExecutor(min(params.run.count(), len(jobs)), get_context("spawn")) as pool:
        futures = [pool.submit(clean_corpus, *job) for job in jobs]
        for future in track(futures, "clean", len(jobs)):
            try:
                rows, ledger = future.result()
            except OpenNERError as error:
                errors.append(str(error))
            else:
                counts.append(rows)
                ledgers.append(ledger)
    if errors:
        raise OpenNERError(
            "\n".join([f"{len(errors)} of {len(jobs)} corpora could not be cleaned:", *errors])
        )
    table = pd.concat(counts, ignore_index=True)
    write_json(paths.artifact(STAGE, "counts.json"), table.to_dict("records"))
    return Result(table, pa.concat_tables(ledgers).to_pandas())


def clean_corpus(corpus: str, method: str) -> tuple[pd.DataFrame, pa.Table]:
    """Clean one corpus, write its release table and ledger, and return its counts and ledger."""
    card = load_card(corpus)
    rows: list[dict[str, object]] = []
    tables: list[pa.Table] = [RELEASE.empty_table()]
    ledgers: list[pa.Table] = [LEDGER.empty_table()]
    reached: dict[tuple[str, str], tuple[int, int]] = {}
    for file in card.annotated:
        cleaned = _clean_file(card, file, method)
        key = (file.language, str(file.split))
        sentence, document = reached.get(key, (0, 0))
        tables.append(release_table(corpus, *key, cleaned.published, cleaned.repaired, sentence, document))
        reached[key] = sentence + cleaned.repaired.n_sentences, document + len(cleaned.repaired.documents) - 1
        ledgers.append(cleaned.ledger)
        rows += [
            {
                "corpus": corpus,
                "language": file.language,
                "split": file.split,
                "file": file.path,
                "what": what,
                "count": n,
            }
            for what, n in cleaned.counts.items()
        ]
    ledger = pa.concat_tables(ledgers)
    write_table(paths.artifact(STAGE, f"{corpus}.parquet"), pa.concat_tables(tables))
    write_table(paths.artifact(STAGE, f"{corpus}.ledger.parquet"), ledger)
    return pd.DataFrame(rows), ledger


def _clean_file(card: Card, file: File, method: str) -> Cleaned:
    path = paths.DATA / card.id / file.path
    reading = read(path, card, file)
    # An archive's member has no hash of its own on the card; its archive was checked when it was fetched.
    if file.archive is None and file.sha256 and (found := sha256(path)) != file.sha256:
        raise OpenNERError(
            f"{paths.relative(path)}: its SHA-256 is {found}, the card {card.id} expects {file.sha256}. "
            f"Build the data again (openner data use …), or correct the card if the change is meant."
        )
    return clean(reading, card, file, method)
