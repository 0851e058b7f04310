"""A passage: a piece of a web document with where it came from; and the Parquet form in which passages are handed on."""

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from openner_utils.support.errors import OpenNERError
from openner_utils.support.files import atomic

UNKNOWN_LANGUAGE = "und"
"""ISO 639-3 for a language that nobody has determined."""
UNKNOWN_SCRIPT = "Zyyy"
"""ISO 15924 for text without a letter that tells its script."""
UNKNOWN_LICENCE = "unknown"
BATCH = 4096
"""Passages that are held in memory while a file is read."""
GROUP = 16_384
"""Passages of a row group of a file that is written; so many are held in memory."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A slice of a document; `passage_id` makes ``id`` from the source, the document and the offsets."""

    id: str
    """16 hexadecimal digits."""
    text: str
    """``document_text[start:end]``, unchanged."""
    language: str
    """ISO 639-3, ``und`` where it is not known."""
    script: str
    """ISO 15924, ``Zyyy`` where no letter tells it."""
    document: str
    """The document's own id or URL."""
    source: str
    """The shard or file, as it was named."""
    start: int
    """Offset of the first character in the document, in code points."""
    end: int
    """Offset behind the last character."""
    licence: str
    """SPDX id, or ``unknown``."""


SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("language", pa.string(), nullable=False),
        pa.field("script", pa.string(), nullable=False),
        pa.field("document", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("start", pa.int64(), nullable=False),
        pa.field("end", pa.int64(), nullable=False),
        pa.field("licence", pa.string(), nullable=False),
    ]
)
"""Columns of a file of passages, in order."""


def passage_id(source: str, document: str, start: int, end: int) -> str:
    """Return 16 hexadecimal digits of the SHA-256 of what says where a passage lies.

    >>> passage_id("a.jsonl", "https://example.org/", 0, 10) == passage_id("a.jsonl", "https://example.org/", 0, 11)
    False
    """
    place = "\0".join((source, document, str(start), str(end)))
    return hashlib.sha256(place.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def table(passages: Sequence[Passage]) -> pa.Table:
    """Return passages as a table of `SCHEMA`."""
    return pa.table(
        [pa.array([getattr(each, field.name) for each in passages], field.type) for field in SCHEMA],
        schema=SCHEMA,
    )


def write(passages: Iterable[Passage], path: Path, packing: str = "zstd") -> int:
    """Write passages to a Parquet file, whole or not at all; return how many. Equal passages give equal bytes.

    ``packing``: Parquet's compression; what is read once and removed is packed lightly (``lz4``).
    """
    waiting = iter(passages)
    return write_tables(map(table, iter(lambda: list(islice(waiting, BATCH)), [])), path, packing)


def write_tables(tables: Iterable[pa.Table], path: Path, packing: str = "zstd") -> int:
    """Write tables of `SCHEMA` as `write` does; how they are divided does not count."""
    count, held = 0, SCHEMA.empty_table()
    with atomic(path) as beside, writer_of(beside, SCHEMA, packing) as writer:
        for each in tables:
            count += len(each)
            held = pa.concat_tables([held, each])
            whole = len(held) // GROUP * GROUP
            if whole:
                writer.write_table(held.slice(0, whole).combine_chunks(), GROUP)
                held = held.slice(whole).combine_chunks()
        writer.write_table(held.combine_chunks(), GROUP)
    return count


def read(path: Path) -> Iterator[Passage]:
    """Yield the passages of a file, a batch in memory at a time. Further columns are left aside.

    Raises `OpenNERError` where the file is no Parquet file or lacks a column.
    """
    for batch in batches(path):
        yield from rows(batch)


def rows(batch: pa.RecordBatch) -> list[Passage]:
    """Return the passages of a batch."""
    return [Passage(*values) for values in zip(*_columns(batch), strict=True)]


def groups(path: Path) -> int:
    """Return how many row groups a file of passages has. Raises as `read` does."""
    with _opened(path) as file:
        number: int = file.num_row_groups
        return number


def batches(path: Path, size: int = BATCH, group: int | None = None) -> Iterator[pa.RecordBatch]:
    """Yield the passages of a file, or of one of its row groups, in batches of at most ``size``, with the columns of `SCHEMA`.

    Raises as `read` does.
    """
    try:
        with _opened(path) as file:
            some = None if group is None else [group]
            for batch in file.iter_batches(size, row_groups=some, columns=SCHEMA.names):
                yield pa.RecordBatch.from_arrays(
                    [_column(batch, field, path) for field in SCHEMA], schema=SCHEMA
                )
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise unreadable(path, error) from error


def writer_of(path: Path, schema: pa.Schema, packing: str = "zstd") -> pq.ParquetWriter:
    """Return what writes a Parquet file with a checksum of each page: without, damage in a text would be read as another text."""
    return pq.ParquetWriter(path, schema, compression=packing, write_page_checksum=True)


def opened(path: Path) -> pq.ParquetFile:
    """Return a Parquet file of which no page is read whose checksum, where it has one, tells of damage."""
    return pq.ParquetFile(path, page_checksum_verification=True)


def _opened(path: Path) -> pq.ParquetFile:
    """Return an open file whose columns have been looked at."""
    try:
        file = opened(path)
    except (pa.ArrowException, OSError) as error:
        raise unreadable(path, error) from error
    _check(file.schema_arrow, path)
    return file


def unreadable(path: Path, error: Exception) -> Exception:
    """Return what is raised for a file of passages that cannot be read; what the system itself refused stays as it is.

    Damage is met as one kind of error or another, depending on where in the file it lies.
    """
    if isinstance(error, OSError) and error.errno:
        return OSError(error.errno, os.strerror(error.errno), str(path))
    return OpenNERError(
        f"{path}: no readable Parquet file ({error}). Passages are made of raw text by `openner web passages`."
    )


def _column(batch: pa.RecordBatch, field: pa.Field, path: Path) -> pa.Array:
    """Return a column as `SCHEMA` has it; raises `OpenNERError` where a value is absent, or is no UTF-8."""
    column = batch.column(field.name)
    if column.null_count:
        raise OpenNERError(
            f"{path}: {column.null_count:,} empty values in the column {field.name!r}, of which passages have none. Make the passages again."
        )
    made = column if column.type == field.type else column.cast(field.type)
    made.validate(full=True)
    return made


def _alike(found: pa.DataType, wanted: pa.DataType) -> bool:
    """Return whether a column holds what is wanted, be it in another width: other libraries write texts as ``large_string``."""
    return all(map(is_text, (found, wanted))) or all(map(pa.types.is_integer, (found, wanted)))


def is_text(found: pa.DataType) -> bool:
    """Return whether a column holds texts, in any of Arrow's widths."""
    return pa.types.is_string(found) or pa.types.is_large_string(found) or found == pa.string_view()


def _check(found: pa.Schema, path: Path) -> None:
    """Raise `OpenNERError` where a column is absent or of another type."""
    for field in SCHEMA:
        place = found.get_field_index(field.name)
        if place < 0 or not _alike(found.field(place).type, field.type):
            what = "no column" if place < 0 else f"{found.field(place).type} in the column"
            raise OpenNERError(
                f"{path}: {what} {field.name!r}, where passages have one of {field.type}. "
                "`openner web passages` writes files of passages."
            )


def _columns(batch: pa.RecordBatch) -> list[list[Any]]:
    """Return the columns of `SCHEMA` as lists, in its order."""
    return [batch.column(name).to_pylist() for name in SCHEMA.names]
