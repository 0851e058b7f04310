"""From shards to passages: one of each document, with the account of what became of every record."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import pyarrow as pa

from openner_utils.exports.tables import write_csv
from openner_utils.runs.executors import Advance, Executor
from openner_utils.support.documents import read_json
from openner_utils.support.errors import OpenNERError
from openner_utils.support.files import sha256, write_json
from openner_utils.web import passages, working
from openner_utils.web.chunks import WORDS, chosen, chunks
from openner_utils.web.documents import Document, Fault, Stated
from openner_utils.web.languages import (
    CONFIDENCE,
    SCRIPT_ALONE,
    Identifier,
    check,
    content,
    identifier,
    scripts_of,
)
from openner_utils.web.passages import UNKNOWN_LANGUAGE, UNKNOWN_LICENCE, Passage, passage_id
from openner_utils.web.shards import Shard, documents
from openner_utils.web.texts import Texts

TOGETHER = 256
"""Documents whose languages are told at once."""
MOST_FAULTS = 20
"""Faults of a shard that are told one by one; all are counted."""
PASSAGE = "passage"
"""What becomes of a document of which a passage is taken; of every other record its kind of fault is counted."""
COLUMNS = ("source", "language", "outcome", "records")
"""Of the account."""


@dataclass(frozen=True, slots=True)
class Cut:
    """How passages are made: ``words`` of a passage, the ``identifier`` of languages that a shard does not state; ``language`` and
    ``licence`` of documents that state none.
    """

    words: int = WORDS
    identifier: str = SCRIPT_ALONE
    language: str = UNKNOWN_LANGUAGE
    licence: str = UNKNOWN_LICENCE


@dataclass(frozen=True, slots=True)
class Account:
    """What became of the records of shards: how many by source, language and outcome; and the first faults, in words."""

    records: Counter[tuple[str, str, str]]
    faults: tuple[str, ...]

    @property
    def total(self) -> int:
        """All records, faulty ones included. A shard that broke off counts as one more."""
        return self.records.total()

    def of(self, outcome: str) -> int:
        """Return how many records ended so."""
        return sum(number for (_, _, each), number in self.records.items() if each == outcome)


@dataclass(frozen=True, slots=True)
class _Job:
    shard: Shard
    cut: Cut

    def __str__(self) -> str:
        return self.shard.name


def collect(shards: Sequence[Shard], cut: Cut, out: Path, by: Executor) -> Account:
    """Write the passages of shards to a Parquet file, and the account beside it (``….account.csv``).

    Finished shards are kept until the file is there: killed, the same command goes on. Equal shards give equal bytes, whatever
    their order and the number of processes. Raises `OpenNERError` where ``out`` is a shard or would be one the next time.
    """
    check(cut.identifier)
    _refuse_own(shards, out)
    jobs = [_Job(shard, cut) for shard in sorted(shards, key=lambda each: each.name)]
    with working.finished(_fill, jobs, _key, out, by, "shards") as folders:
        account = _account(folders)
        rows = ((*key, number) for key, number in sorted(account.records.items()))
        write_csv(account_beside(out), COLUMNS, rows)
        passages.write_tables(_tables(folder / _PASSAGES for folder in folders), out)
    return account


def _refuse_own(shards: Sequence[Shard], out: Path) -> None:
    """Raise `OpenNERError` where passages would be written among the shards: the same command would take them for documents."""
    target = out.resolve()
    for shard in shards:
        path = shard.path.resolve()
        if path == target:
            raise OpenNERError(f"{out}: is one of the shards that are read. Give -o another place.")
        if shard.folder and target.is_relative_to(shard.folder.resolve()):
            raise OpenNERError(
                f"{out}: lies in {shard.folder}, all of which is read, and would be read the next time. Give -o a place outside it."
            )


def account_beside(out: Path) -> Path:
    """Return where the account of a file of passages lies."""
    return out.with_name(f"{out.stem}.account.csv")


def passages_of(
    shard: Shard, cut: Cut, told: Identifier, records: Counter[tuple[str, str]], faults: list[Fault]
) -> Iterator[Passage]:
    """Yield the passages of a shard in the order of its documents; ``records`` counts what became of each, by language and outcome."""

    def fault(each: Fault) -> None:
        records[UNKNOWN_LANGUAGE, each.kind] += 1
        if len(faults) < MOST_FAULTS:
            faults.append(each)

    waiting = documents(shard, Stated(cut.language, cut.licence), fault)
    while batch := list(islice(waiting, TOGETHER)):
        for each in _passages(batch, cut, told):
            records[each.language, PASSAGE] += 1
            yield each


def _passages(batch: Sequence[Document], cut: Cut, told: Identifier) -> list[Passage]:
    """Return the passage of each document."""
    cuts = []
    for document in batch:
        parts = chunks(document.text, cut.words)
        cuts.append(parts[chosen(document.id, len(parts))])
    texts = [document.text[start:end] for document, (start, end) in zip(batch, cuts, strict=True)]
    scripts = scripts_of(Texts.of(texts))
    silent = [place for place, each in enumerate(batch) if each.language == UNKNOWN_LANGUAGE]
    guesses = told.identify([texts[place] for place in silent])
    languages = [each.language for each in batch]
    for place, guess in zip(silent, guesses, strict=True):
        if guess.confidence >= CONFIDENCE:
            languages[place] = guess.language
    return [
        Passage(
            id=passage_id(document.source, document.id, start, end),
            text=text,
            language=language,
            script=script,
            document=document.id,
            source=document.source,
            start=start,
            end=end,
            licence=document.licence,
        )
        for document, text, language, (script, _), (start, end) in zip(
            batch, texts, languages, scripts, cuts, strict=True
        )
    ]


_PASSAGES, _ACCOUNT = "passages.parquet", "account.json"


def _fill(job: _Job, folder: Path, advance: Advance) -> None:
    """Write the passages of a shard and what became of its records into an empty folder."""
    records: Counter[tuple[str, str]] = Counter()
    faults: list[Fault] = []
    told = identifier(job.cut.identifier)
    passages.write(passages_of(job.shard, job.cut, told, records, faults), folder / _PASSAGES, packing="lz4")
    counted = [[job.shard.name, *key, number] for key, number in sorted(records.items())]
    write_json(folder / _ACCOUNT, {"records": counted, "faults": [str(each) for each in faults]})


def _key(job: _Job) -> str:
    return working.key(
        "web/collecting.py",
        {
            "shard": job.shard.name,
            "content": sha256(job.shard.path),
            "cut": asdict(job.cut),
            "model": content(job.cut.identifier),
        },
    )


def _account(folders: Iterable[Path]) -> Account:
    records: Counter[tuple[str, str, str]] = Counter()
    faults: list[str] = []
    for folder in folders:
        read = read_json(folder / _ACCOUNT)
        for source, language, outcome, number in read["records"]:
            records[source, language, outcome] += number
        faults += read["faults"]
    return Account(records, tuple(faults))


def _tables(paths: Iterable[Path]) -> Iterator[pa.Table]:
    return (pa.Table.from_batches([batch]) for path in paths for batch in passages.batches(path))
