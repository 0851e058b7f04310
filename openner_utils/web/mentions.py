"""Passages with the mentions that an annotator found in them, and the Parquet form in which they are handed on."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa

from openner_utils.support.errors import OpenNERError
from openner_utils.support.files import atomic
from openner_utils.web import passages
from openner_utils.web.passages import Passage


@dataclass(frozen=True, slots=True)
class TextMention:
    """A mention: characters [start, end) of a passage's text (code points), its entity type as the annotator calls it, and
    how sure the annotator is (0 to 1), None where it does not say.
    """

    start: int
    end: int
    type: str
    score: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"A mention needs 0 <= start < end, not {self.start} and {self.end}")
        if not self.type:
            raise ValueError(f"The mention at {self.start} to {self.end} needs an entity type")
        if self.score is not None and not 0 <= self.score <= 1:
            raise ValueError(f"A score lies from 0 to 1, not at {self.score}")

    def __len__(self) -> int:
        return self.end - self.start

    @property
    def span(self) -> tuple[int, int]:
        """Its characters [start, end)."""
        return self.start, self.end

    def shared(self, other: "TextMention") -> int:
        """Return how many characters the two have in common."""
        return max(0, min(self.end, other.end) - max(self.start, other.start))

    def with_type(self, type: str) -> "TextMention":
        """Return the same mention under another entity type."""
        return replace(self, type=type)


@dataclass(frozen=True, slots=True)
class Annotated:
    """A passage and its mentions, in order, of which no two share a character."""

    passage: Passage
    mentions: tuple[TextMention, ...] = ()

    def __post_init__(self) -> None:
        if self.mentions and self.mentions[-1].end > len(self.passage.text):
            raise ValueError(
                f"Passage {self.passage.id}: {self.mentions[-1]} ends beyond its {len(self.passage.text)} characters"
            )
        for one, other in pairwise(self.mentions):
            if other.start < one.end:
                raise ValueError(
                    f"Passage {self.passage.id}: {other} overlaps the mention before it, or is out of order"
                )

    def text_of(self, mention: TextMention) -> str:
        """Return the characters of a mention."""
        return self.passage.text[mention.start : mention.end]

    def with_mentions(self, mentions: Iterable[TextMention]) -> "Annotated":
        """Return the same passage with other mentions, in any order."""
        return Annotated(self.passage, tuple(sorted(mentions, key=lambda each: each.span)))


_MENTION = pa.struct(
    [
        pa.field("start", pa.int64(), nullable=False),
        pa.field("end", pa.int64(), nullable=False),
        pa.field("type", pa.string(), nullable=False),
        pa.field("score", pa.float64()),
    ]
)
SCHEMA = passages.SCHEMA.append(pa.field("mentions", pa.list_(_MENTION), nullable=False))
"""Columns of a file of annotated passages: those of passages, so that it can be read as such, and ``mentions``."""


def write(annotated: Iterable[Annotated], path: Path) -> int:
    """Write annotated passages to a Parquet file, whole or not at all; return how many."""
    count, waiting = 0, iter(annotated)
    with atomic(path) as beside, passages.writer_of(beside, SCHEMA) as writer:
        while batch := list(islice(waiting, passages.BATCH)):
            columns = passages.table([each.passage for each in batch]).columns
            found = [[_row(mention) for mention in each.mentions] for each in batch]
            writer.write_table(
                pa.table([*columns, pa.array(found, SCHEMA.field("mentions").type)], schema=SCHEMA)
            )
            count += len(batch)
    return count


def _row(mention: TextMention) -> dict[str, Any]:
    return {"start": mention.start, "end": mention.end, "type": mention.type, "score": mention.score}


def read(path: Path) -> Iterator[Annotated]:
    """Yield the annotated passages of a file.

    Raises `OpenNERError` where it is no such file, and where mentions do not fit their passage.
    """
    with_mentions = _mentions(path)
    for passage, rows in zip(passages.read(path), with_mentions, strict=True):
        try:
            yield Annotated(
                passage,
                tuple(
                    TextMention(row["start"], row["end"], row["type"], row.get("score")) for row in rows or ()
                ),
            )
        except TypeError as error:
            raise OpenNERError(
                f"{path}: passage {passage.id}: a mention without start, end or type. Annotate the passages again."
            ) from error
        except ValueError as error:
            raise OpenNERError(f"{path}: {error}. Annotate the passages again.") from error


def _mentions(path: Path) -> Iterator[list[dict[str, Any]]]:
    try:
        with passages.opened(path) as file:
            place = file.schema_arrow.get_field_index("mentions")
            if place < 0 or not _holds_mentions(file.schema_arrow.field(place).type):
                raise OpenNERError(
                    f"{path}: no column of mentions. `openner web annotate` writes files of annotated passages."
                )
            for batch in file.iter_batches(passages.BATCH, columns=["mentions"]):
                yield from batch.column("mentions").to_pylist()
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise passages.unreadable(path, error) from error


def _holds_mentions(found: pa.DataType) -> bool:
    """Return whether a column is a list of start, end, type and perhaps score; other libraries write these in other widths."""
    if not (pa.types.is_list(found) or pa.types.is_large_list(found)) or not pa.types.is_struct(
        found.value_type
    ):
        return False
    types = {
        found.value_type.field(n).name: found.value_type.field(n).type
        for n in range(found.value_type.num_fields)
    }
    return (
        all(pa.types.is_integer(types.get(name, pa.null())) for name in ("start", "end"))
        and passages.is_text(types.get("type", pa.null()))
        and pa.types.is_floating(types.get("score", pa.float64()))
    )


def together(files: Sequence[Path]) -> list[tuple[Annotated, ...]]:
    """Return the passages of several files side by side, in the order of the first.

    Raises `OpenNERError` where a file holds other passages than the first, or one of them twice.
    """
    first, *others = ({each.passage.id: each for each in _once(path)} for path in files)
    for path, other in zip(files[1:], others, strict=True):
        if odd := first.keys() ^ other.keys():
            raise OpenNERError(
                f"{path}: {len(odd)} passages stand in it or in {files[0]} alone, {min(odd)} for instance. Annotate the "
                "same passages."
            )
    return [(each, *(other[id] for other in others)) for id, each in first.items()]


def _once(path: Path) -> Iterator[Annotated]:
    seen: set[str] = set()
    for each in read(path):
        if each.passage.id in seen:
            raise OpenNERError(
                f"{path}: the passage {each.passage.id} stands there twice. Keep one of the two."
            )
        seen.add(each.passage.id)
        yield each
