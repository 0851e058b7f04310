"""The files that hold web text, and one reader for each format: Parquet as FineWeb-2 has it, WET, WARC, JSON lines, plain text.

Nothing is downloaded: what is not on this machine is fetched by the means of its publisher.
"""

import gzip
import json
import zlib
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from openner_utils.support.errors import OpenNERError
from openner_utils.support.within import plain
from openner_utils.web.archives import warc, wet
from openner_utils.web.documents import (
    BROKEN,
    LARGEST,
    NOT_UTF8,
    SHARD,
    TOO_LARGE,
    Document,
    Fault,
    Faults,
    Raw,
    Stated,
    checked,
)

Reader: TypeAlias = Callable[[Path, str, Faults], Iterator[Raw]]

ROWS = 512
"""Rows of a Parquet file that are in memory at a time."""
TEXT, ID = ("text", "content", "raw_content"), ("url", "uri", "id")
LANGUAGE, SCRIPT, LICENCE = ("language", "lang"), ("language_script",), ("licence", "license")
FIELDS = (TEXT, ID, LANGUAGE, SCRIPT, LICENCE)
"""What fields are called, the first that a record fills; FineWeb-2's columns are text, id, url, language (ISO 639-3) and language_script."""
_LISTS = (".paths", ".paths.gz")


@dataclass(frozen=True, slots=True)
class Shard:
    """A file, and the name by which its passages know it: its own, or its path below the ``folder`` that was named."""

    path: Path
    name: str
    folder: Path | None = None


def shards(named: Iterable[Path]) -> list[Shard]:
    """Return the shards among files, folders (with all below them) and lists (``….paths``: a path on each line), by name.

    Raises `OpenNERError` for what is not there, for a format that no reader knows, and for two shards of one name.
    """
    found: dict[str, Shard] = {}
    for path in named:
        for shard in _in(path):
            other = found.setdefault(shard.name, shard)
            if other.path.resolve() != shard.path.resolve():
                raise OpenNERError(
                    f"{shard.path}: has the name {shard.name!r}, as {other.path} has, so that their passages could not be "
                    "told apart. Name the folder above both, or rename one."
                )
    return [found[name] for name in sorted(found)]


def led_out(found: Iterable[Shard]) -> list[Shard]:
    """Return the shards of folders that are links to files elsewhere, as caches of downloads have them, and as nobody wants in a strange archive."""
    return [
        each
        for each in found
        if each.folder and not each.path.resolve().is_relative_to(each.folder.resolve())
    ]


def _in(path: Path) -> Iterator[Shard]:
    if path.is_dir():
        known = [each for each in sorted(path.rglob("*")) if not each.is_dir() and _reader(each)]
        for each in known:
            if each.is_symlink() and not each.exists():
                raise OpenNERError(
                    f"{each}: a link to what is not there. Fetch the file, or remove the link."
                )
        below = [each for each in known if each.is_file()]
        if not below:
            raise OpenNERError(f"{path}: no file in it ends in {_endings()}. Name another folder.")
        yield from (Shard(each, each.relative_to(path).as_posix(), path) for each in below)
    elif path.name.endswith(_LISTS):
        yield from _listed(path)
    elif "://" in str(path) or ":/" in str(path):
        raise OpenNERError(
            f"{path}: an address, and nothing is downloaded here. Fetch the file first, then name it."
        )
    elif not path.is_file():
        raise OpenNERError(f"{path}: no such file or folder. Correct the path.")
    elif _reader(path) is None:
        raise OpenNERError(f"{path}: no format that is known. Known are files that end in {_endings()}.")
    else:
        yield Shard(path, path.name)


def _listed(path: Path) -> Iterator[Shard]:
    """Yield the shards that a list names, relative to its folder, in the way of Common Crawl's lists."""
    try:
        with _open(path) as file:
            lines = file.read(LARGEST).decode("utf-8-sig").splitlines()
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise OpenNERError(
            f"{path}: no list of paths ({error}). It is text with one path on a line."
        ) from error
    if not any(map(str.strip, lines)):
        raise OpenNERError(f"{path}: names no shard. Write one path on each line.")
    for number, line in enumerate(map(str.strip, lines), 1):
        if not line:
            continue
        each = path.parent / plain(line, f"{path}:{number}")
        if not each.is_file() or _reader(each) is None:
            raise OpenNERError(
                f"{path}:{number}: {line}: no shard on this machine. Fetch it to {path.parent}, or take the line out."
            )
        yield Shard(each, line)


def documents(shard: Shard, stated: Stated, fault: Faults) -> Iterator[Document]:
    """Yield the documents of a shard, one after the other; ``fault`` is told of what is none."""
    reader = _reader(shard.path)
    assert reader is not None, "shards() yields none without"
    yield from checked(shard.name, reader(shard.path, shard.name, fault), stated, fault)


def _parquet(path: Path, source: str, fault: Faults) -> Iterator[Raw]:
    number = 0
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            names = set(file.schema_arrow.names)
            twice = sorted(name for name, number in Counter(file.schema_arrow.names).items() if number > 1)
            if twice:
                fault(Fault(source, 0, SHARD, f"several columns of one name: {', '.join(twice)}"))
                return
            fields = [_there(names, each) for each in FIELDS]
            if not fields[0]:
                fault(Fault(source, 0, SHARD, f"no column of text among {', '.join(sorted(names))}"))
                return
            for batch in file.iter_batches(ROWS, columns=[name for each in fields for name in each]):
                columns = [[batch.column(name).to_pylist() for name in each] for each in fields]
                for values in zip(*(_merged(each, len(batch)) for each in columns), strict=True):
                    number += 1
                    yield Raw(number, *values)
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        fault(Fault(source, 0, SHARD, f"after {number} records: {error}"))


def _merged(columns: list[list[Any]], rows: int) -> Iterable[Any]:
    """Return the values of one field, which may stand in several columns."""
    if len(columns) == 1:
        return columns[0]
    return map(_filled, zip(*columns, strict=True)) if columns else [None] * rows


def _json_lines(path: Path, source: str, fault: Faults) -> Iterator[Raw]:
    for number, line in _lines(path, source, fault):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except UnicodeDecodeError as error:
            fault(Fault(source, number, NOT_UTF8, str(error)))
            continue
        except (ValueError, RecursionError) as error:
            fault(Fault(source, number, BROKEN, str(error)))
            continue
        if not isinstance(value, dict):
            fault(Fault(source, number, BROKEN, "no JSON object"))
            continue
        yield Raw(number, *(_filled([value[name] for name in _there(value, each)]) for each in FIELDS))


def _lines(path: Path, source: str, fault: Faults) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of a file with their numbers; one that is too long is passed over without being held in memory."""
    number = 0
    try:
        with _open(path) as file:
            while line := file.readline(LARGEST + 1):
                number += 1
                if len(line) <= LARGEST:
                    yield number, line
                    continue
                while line and not line.endswith(b"\n"):
                    line = file.readline(LARGEST + 1)
                fault(Fault(source, number, TOO_LARGE))
    except (OSError, EOFError, zlib.error) as error:
        fault(Fault(source, 0, SHARD, f"after line {number}: {error}"))


def _text(path: Path, source: str, fault: Faults) -> Iterator[Raw]:
    """Yield a whole file as one document, named like the file."""
    try:
        with _open(path) as file:
            content = file.read(LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        fault(Fault(source, 0, SHARD, str(error)))
        return
    if len(content) > LARGEST:
        fault(Fault(source, 1, TOO_LARGE))
        return
    try:
        yield Raw(1, content.decode("utf-8-sig"), source)
    except UnicodeDecodeError as error:
        fault(Fault(source, 1, NOT_UTF8, str(error)))


def _open(path: Path) -> IO[bytes]:
    return gzip.open(path, "rb") if path.name.endswith(".gz") else open(path, "rb")  # type: ignore[return-value]


def _there(there: Container[str], wanted: tuple[str, ...]) -> list[str]:
    return [each for each in wanted if each in there]


def _filled(values: Sequence[Any]) -> Any:
    """Return the first value that is not empty, or the first, or None."""
    filled = (
        each for each in values if each is not None and not (isinstance(each, str) and not each.strip())
    )
    return next(filled, values[0] if values else None)


READERS: dict[str, Reader] = {
    ".parquet": _parquet,
    ".wet": wet,
    ".warc": warc,
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".txt": _text,
}
"""Readers by the end of a file's name; all but Parquet may be packed (``.gz``)."""


def _reader(path: Path) -> Reader | None:
    name = path.name.removesuffix(".gz")
    if name.endswith(".parquet") and name != path.name:
        return None
    return next((reader for end, reader in READERS.items() if name.endswith(end)), None)


def _endings() -> str:
    return ", ".join(READERS) + ", or (but for Parquet) these with .gz"
