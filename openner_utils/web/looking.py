"""What can be said of a passage by itself, before it is compared with others: whether it is long enough, in its language, running
text, without personal data; and its MinHash signature.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from openner_utils.runs.executors import Advance
from openner_utils.support.files import atomic, sha256, write_json
from openner_utils.web import passages, working
from openner_utils.web.characters import codes, words_before
from openner_utils.web.documents import language_of
from openner_utils.web.duplicates import HASHES, Signatures, signatures
from openner_utils.web.languages import (
    CONFIDENCE,
    SCRIPT_ALONE,
    Guess,
    Identifier,
    content,
    identifier,
    same,
    written_in,
)
from openner_utils.web.passages import UNKNOWN_LANGUAGE, Passage
from openner_utils.web.personal import personal, personal_address
from openner_utils.web.quality import found as boilerplate

SHORT, TAKEN_OUT = "short", "taken out by request"
SCRIPT, LANGUAGE, NO_LANGUAGE = "script of another language", "another language", "language not known"
"""Why a passage is left out; empty: it is not."""
TOGETHER = 1024
"""Passages that are looked at together."""
LOOK, UNKNOWN = "look.parquet", "unknown.json"
"""Files that a job writes."""

SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("language", pa.string(), nullable=False),
        pa.field("outcome", pa.string(), nullable=False),
        pa.field("signature", pa.binary(4 * HASHES), nullable=False),
    ]
)
"""One row for each passage, in the order of its file; ``language`` is the stated one, or, where none is, the one found."""


@dataclass(frozen=True, slots=True)
class Rules:
    """By what passages are judged one by one: least number of ``words``; ``identifier`` of languages, and the ``confidence`` with
    which it must speak; documents that are taken out (``without``).
    """

    words: int = 32
    identifier: str = SCRIPT_ALONE
    confidence: float = CONFIDENCE
    without: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Job:
    """A row group of a file of passages, and the rules by which it is looked through; ``content``: the file's SHA-256."""

    path: Path
    group: int
    content: str
    rules: Rules

    def __str__(self) -> str:
        return f"{self.path} (row group {self.group})"

    @property
    def key(self) -> str:
        """The key of what is found."""
        rules = asdict(self.rules) | {"without": sorted(self.rules.without)}
        model = content(self.rules.identifier)
        return working.key(
            "web/looking.py", {"content": self.content, "group": self.group, "rules": rules, "model": model}
        )


def jobs(path: Path, rules: Rules) -> list[Job]:
    """Return a job for each row group of a file of passages."""
    content = sha256(path)
    return [Job(path, group, content, rules) for group in range(passages.groups(path))]


def fill(job: Job, folder: Path, advance: Advance) -> None:
    """Write what is found of passages, and the languages that the identifier does not know, into an empty folder."""
    told = identifier(job.rules.identifier)
    seen: set[str] = set()
    with atomic(folder / LOOK) as beside, pq.ParquetWriter(beside, SCHEMA) as writer:
        for batch in passages.batches(job.path, TOGETHER, job.group):
            found = look(passages.rows(batch), job.rules, told)
            seen.update(found["language"].unique().to_pylist())
            writer.write_table(found)
    write_json(folder / UNKNOWN, sorted(each for each in seen if not told.knows(each)))


def look(given: Sequence[Passage], rules: Rules, told: Identifier) -> pa.Table:
    """Return what is found of passages, as `SCHEMA` has it."""
    guesses = told.identify([each.text for each in given])
    judged = [_judged(each, guess, rules, told) for each, guess in zip(given, guesses, strict=True)]
    return pa.table(
        [
            pa.array([each.id for each in given], pa.string()),
            pa.array([each.source for each in given], pa.string()),
            pa.array([language for language, _ in judged], pa.string()),
            pa.array([outcome for _, outcome in judged], pa.string()),
            _binary(signatures([each.text for each in given])),
        ],
        schema=SCHEMA,
    )


def _judged(passage: Passage, guess: Guess, rules: Rules, told: Identifier) -> tuple[str, str]:
    """Return the language of a passage, and why it is left out, the first reason that holds."""
    language, _ = language_of(passage.language)  # what is no code says nothing
    sure = guess.confidence >= rules.confidence and guess.language != UNKNOWN_LANGUAGE
    if language == UNKNOWN_LANGUAGE and sure:
        language = guess.language
    return language, next(_reasons(passage, language, guess if sure else None, rules, told), "")


def _reasons(
    passage: Passage, language: str, guess: Guess | None, rules: Rules, told: Identifier
) -> Iterator[str]:
    if passage.document in rules.without:
        yield TAKEN_OUT
    code = codes(passage.text)
    before = words_before(code)
    if before[-1] < rules.words:
        yield SHORT
    if reason := boilerplate(passage.text, code, before) or personal(passage.text):
        yield reason
    if reason := personal_address(passage.document):
        yield reason
    if language == UNKNOWN_LANGUAGE:
        yield NO_LANGUAGE
    scripts = written_in(language)
    if scripts and passage.script not in scripts:
        yield SCRIPT
    if guess and told.knows(language) and not same(guess.language, language):
        yield LANGUAGE


def _binary(found: Signatures) -> pa.Array:
    return pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(4 * HASHES), len(found), [None, pa.py_buffer(found.tobytes())]
    )
