"""Which passages are kept: judged one by one, then without near duplicates and within a quota for each language.

Every passage has exactly one outcome: ``kept``, or the first reason that holds against it. Passages are compared in the order of
their ids, which are hashes: each is kept if no kept one is like it and its language's quota is not full. So neither the order
of files nor that of passages in them decides, and what is beyond a quota need not be compared.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from openner_utils.exports.tables import write_csv
from openner_utils.runs.executors import Executor
from openner_utils.support.documents import read_json
from openner_utils.support.errors import OpenNERError
from openner_utils.support.files import atomic
from openner_utils.web import looking, passages, working
from openner_utils.web.duplicates import HASHES, SIMILAR, Kept, Signatures, bands
from openner_utils.web.languages import SCRIPT_ALONE, check
from openner_utils.web.looking import Rules

KEPT, DUPLICATE, QUOTA = "kept", "near duplicate", "beyond the quota"
OTHER_TEXT = "another text under the id of a kept passage"
LOW, NO_SCORE = "score too low", "no score"
"""Outcomes beside those of `looking`."""
PASSAGES, OUTCOMES, ACCOUNT = "kept.parquet", "outcomes.parquet", "account.csv"
"""Files that are written into a folder."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What is kept of passages that pass: most ``per_language`` (None: all), none that is as ``similar`` to a kept one, and, where
    there is a file of ``scores`` (Parquet: id, score), none below ``least``.
    """

    per_language: int | None = None
    similar: float = SIMILAR
    scores: Path | None = None
    least: float = 0.5


@dataclass(frozen=True, slots=True)
class Filtered:
    """What became of passages: how many by language and outcome, and the languages that the identifier does not know."""

    counts: Counter[tuple[str, str]]
    unknown: tuple[str, ...]

    @property
    def total(self) -> int:
        """All passages."""
        return self.counts.total()

    def of(self, outcome: str) -> int:
        """Return how many passages ended so."""
        return sum(number for (_, each), number in self.counts.items() if each == outcome)


def filter_passages(files: Sequence[Path], rules: Rules, choice: Choice, out: Path, by: Executor) -> Filtered:
    """Write the kept passages, the outcome of every one and the account into a folder.

    Files that have been looked through are not looked through again after a kill. Equal passages give equal bytes, whatever their
    files' order and the number of processes.
    """
    check(rules.identifier)
    _refuse_own(files, out)
    jobs = [job for path in _different(files) for job in looking.jobs(path, rules)]
    jobs.sort(key=lambda job: (job.content, job.group))
    with working.finished(
        looking.fill, jobs, lambda job: job.key, out / PASSAGES, by, "row groups of passages"
    ) as folders:
        tables = [pq.read_table(folder / looking.LOOK) for folder in folders]
        table = pa.concat_tables([looking.SCHEMA.empty_table(), *tables])
        outcomes, like = _decided(table, _scored(table, choice), choice)
        _write_outcomes(table, outcomes, like, out / OUTCOMES)
        counts = _account(table, outcomes, out / ACCOUNT)
        unknown = {each for folder in folders for each in read_json(folder / looking.UNKNOWN)}
        passages.write_tables(_kept(jobs, table, outcomes), out / PASSAGES)
    return Filtered(counts, tuple(sorted(unknown)) if rules.identifier != SCRIPT_ALONE else ())


def _refuse_own(files: Sequence[Path], out: Path) -> None:
    """Raise `OpenNERError` where a file that is read would be replaced."""
    written = {(out / name).resolve() for name in (PASSAGES, OUTCOMES, ACCOUNT)}
    for path in files:
        if path.resolve() in written:
            raise OpenNERError(
                f"{path}: is read, and would be replaced by what is written to {out}. Give -o another folder."
            )


def _different(files: Sequence[Path]) -> list[Path]:
    """Return the files, each once, whatever its name."""
    return list({path.resolve(): path for path in files}.values())


def _scored(table: pa.Table, choice: Choice) -> list[str]:
    """Return the outcome of each passage so far, scores counted in where there are any."""
    outcomes: list[str] = table["outcome"].to_pylist()
    if choice.scores is None:
        return outcomes
    score = _scores(choice.scores)
    if outcomes and not any(id in score for id in table["id"].to_pylist()):
        raise OpenNERError(
            f"{choice.scores}: the score of none of these passages. Score them: openner web score."
        )
    for row, (id, outcome) in enumerate(zip(table["id"].to_pylist(), outcomes, strict=True)):
        if outcome:
            continue
        value = score.get(id)
        if value is None or math.isnan(value):
            outcomes[row] = NO_SCORE
        elif value < choice.least:
            outcomes[row] = LOW
    return outcomes


def _scores(path: Path) -> dict[str, float | None]:
    try:
        read = pq.read_table(path, columns=["id", "score"])
        rows = zip(read["id"].to_pylist(), read["score"].cast(pa.float64()).to_pylist(), strict=True)
    except (pa.ArrowException, KeyError, OSError) as error:
        raise OpenNERError(
            f"{path}: no scores: a Parquet file with the columns id and score ({error}). Name another file."
        ) from error
    found: dict[str, float | None] = {}
    for id, score in rows:
        if repr(found.setdefault(id, score)) != repr(score):  # nan is equal to nothing
            raise OpenNERError(f"{path}: two scores of the passage {id}. Keep one of the two.")
    return found


def _decided(table: pa.Table, outcomes: list[str], choice: Choice) -> tuple[list[str], dict[int, str]]:
    """Return the final outcome of each passage, and for near duplicates, by row, the id of the kept one.

    Two texts under one id (a file that was changed, two shards of one name in two runs) cannot both be kept: ids name passages.
    """
    ids: list[str] = table["id"].to_pylist()
    languages: list[str] = table["language"].to_pylist()
    room: Counter[str] = Counter()
    kept, kept_ids = Kept(choice.similar), list[str]()
    like: dict[int, str] = {}
    last: Signatures = np.empty(0, np.uint32)  # of the passage kept last
    rows = [row for row, outcome in enumerate(outcomes) if not outcome]
    rows.sort(key=lambda row: ids[row])
    for start in range(0, len(rows), _TOGETHER):
        some = rows[start : start + _TOGETHER]
        found = _signatures(table, some)
        for row, signature, keys in zip(some, found, bands(found).tolist(), strict=True):
            language = languages[row]
            if choice.per_language is not None and room[language] >= choice.per_language:
                outcomes[row] = QUOTA
            elif kept_ids and kept_ids[-1] == ids[row]:  # the same passage in two files
                same = np.array_equal(signature, last)
                outcomes[row], like[row] = DUPLICATE if same else OTHER_TEXT, ids[row]
            elif (other := kept.like(signature, keys)) is not None:
                outcomes[row], like[row] = DUPLICATE, kept_ids[other]
            else:
                kept.add(signature, keys)
                kept_ids.append(ids[row])
                last = signature
                room[language] += 1
                outcomes[row] = KEPT
    return outcomes, like


_TOGETHER = 4096


def _signatures(table: pa.Table, rows: Sequence[int]) -> Signatures:
    column = table["signature"].take(pa.array(rows, pa.int64())).combine_chunks()
    joined = b"".join(column.to_pylist())
    return np.frombuffer(joined, np.uint32).reshape(len(rows), HASHES)


def _write_outcomes(table: pa.Table, outcomes: Sequence[str], like: dict[int, str], path: Path) -> None:
    """Write id, source, language, outcome and, for near duplicates, the kept passage (``like``) of every passage, by id."""
    written = pa.table(
        {
            "id": table["id"],
            "source": table["source"],
            "language": table["language"],
            "outcome": pa.array(outcomes, pa.string()),
            "like": pa.array([like.get(row) for row in range(len(outcomes))], pa.string()),
        }
    ).sort_by([("id", "ascending"), ("source", "ascending"), ("outcome", "ascending")])
    with atomic(path) as beside:
        pq.write_table(written, beside, compression="zstd")


def _account(table: pa.Table, outcomes: Sequence[str], path: Path) -> Counter[tuple[str, str]]:
    """Write how many passages of each source and language had each outcome, and return it by language and outcome."""
    columns = table["source"].to_pylist(), table["language"].to_pylist(), outcomes
    counted = Counter(zip(*columns, strict=True))
    rows = ((*key, number) for key, number in sorted(counted.items()))
    write_csv(path, ("source", "language", "outcome", "passages"), rows)
    counts: Counter[tuple[str, str]] = Counter()
    for (_, language, outcome), number in counted.items():
        counts[language, outcome] += number
    return counts


def _kept(jobs: Sequence[looking.Job], table: pa.Table, outcomes: Sequence[str]) -> Iterator[pa.Table]:
    """Yield the kept passages of row groups that stand one after the other in ``table``, with their languages from there."""
    row = 0
    for job in jobs:
        for batch in passages.batches(job.path, group=job.group):
            here = slice(row, row + len(batch))
            row += len(batch)
            languages = table["language"].slice(here.start, len(batch)).combine_chunks()
            whole = pa.Table.from_batches([batch])
            place = whole.schema.get_field_index("language")
            whole = whole.set_column(place, whole.schema.field(place), languages)
            yield whole.filter(pa.array([outcome == KEPT for outcome in outcomes[here]], pa.bool_()))
