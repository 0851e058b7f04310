"""The files that are changed: those of samples/ and tests/fixtures, short files of each format, and those of the mirror."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from openner_utils.catalog import load_cards
from openner_utils.support import paths
from tests.readers.test_fuzz import FORMATS
from tests.reading import FIXTURES, MIRROR, raw

LARGEST = 1 << 17
"""Bytes of a file that are taken, at the most: those at its beginning."""
LINES = 40
"""Lines of a piece, at the most."""
BYTES = 6000
"""Bytes of a piece, at the most."""


@dataclass(frozen=True, slots=True)
class Seed:
    """A file by its name, its lines, and what lies beside it (annotations of BRAT)."""

    name: str
    lines: tuple[bytes, ...]
    beside: bytes = b""


@cache
def pool(name: str) -> tuple[Seed, ...]:
    """Return the files of a pool: ``own`` are those of the repository, ``mirror`` those of publishers."""
    return tuple(_own() if name == "own" else _mirrored())


def pools() -> tuple[str, ...]:
    """Return the pools that there are on this machine."""
    return ("own", "mirror") if MIRROR.is_dir() and pool("mirror") else ("own",)


def piece(draw: random.Random, seed: Seed) -> bytes:
    """Return a few lines of a file, mostly with its first ones."""
    lines = seed.lines
    count = draw.randint(1, LINES)
    start = draw.randint(0, max(0, len(lines) - count))
    head = lines[: draw.randint(0, 2)] if start and draw.random() < 0.5 else []
    if draw.random() < 0.4:
        start = 0
    return b"\n".join((*head, *lines[start : start + count], b""))[:BYTES]


def _own() -> Iterator[Seed]:
    for name, format in FORMATS.items():
        yield Seed(f"{name}.txt", tuple(format.valid.encode().split(b"\n")), format.beside.encode())
    for path in [*sorted(FIXTURES.iterdir()), *sorted(paths.SAMPLES.rglob("*"))]:
        if path.is_file() and path.suffix != ".md":
            yield _seed(path)


def _mirrored() -> Iterator[Seed]:
    """Yield the first file of each corpus in each language, as far as it is at hand."""
    for card in load_cards().values():
        seen = set()
        for file in card.annotated:
            if card.source.repository == "samples" or file.archive or file.language in seen:
                continue
            path = raw(card, file)
            if path.is_file():
                seen.add(file.language)
                yield _seed(path)


def _seed(path: Path) -> Seed:
    beside = path.with_suffix(".ann")
    with open(path, "rb") as file:
        lines = tuple(file.read(LARGEST).split(b"\n"))
    return Seed(path.name, lines, beside.read_bytes()[:LARGEST] if beside.is_file() else b"")
