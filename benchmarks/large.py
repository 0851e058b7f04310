"""Memory and time of the commands for one's own files as files grow: 100 MB, 300 MB and 1 GB.

A sample corpus is repeated until it is so large, as delimited columns and as JSON lines. No peer does this work, so the other side of
each claim is a budget: 1 GiB of resident memory at the peak whatever the size of the file, and for processor time, which what else
runs does not lengthen much, the cost of a MB in the smallest file, which must not rise. Every command runs as its user runs it, as a process of its own, measured from start to exit. What
`undo` writes must be the file that was repaired, byte for byte.
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks import Claim, Usage, measure
from openner_utils.support import paths
from openner_utils.support.errors import OpenNERError

SIZES = (100, 300, 1000)
"""MB of the files."""
MEGABYTES = 1024**3 / 1e6
SLACK = 1.3
"""How much dearer a MB may be in the largest file: beyond it the cost is not called linear."""
AS_IOB2 = ("--scheme", "IOB2")


def run() -> list[Claim]:
    """Return the claims on peak memory and on growth, for each command."""
    used: dict[str, list[Usage]] = {}
    with tempfile.TemporaryDirectory() as name:
        for size in SIZES:
            for command, usage in _columns(Path(name), size):
                used.setdefault(f"{command}, columns", []).append(usage)
            for command, usage in _json(Path(name), size):
                used.setdefault(f"{command}, JSON lines", []).append(usage)
    return [claim for command, usages in used.items() for claim in _claims(command, usages)]


def _claims(command: str, usages: list[Usage]) -> Iterator[Claim]:
    sizes = ", ".join(map(str, SIZES))
    memory = ", ".join(f"{usage.megabytes:.0f}" for usage in usages)
    seconds = ", ".join(f"{usage.processor:.1f}" for usage in usages)
    cost = [usage.processor / size for size, usage in zip(SIZES, usages, strict=True)]
    yield Claim(
        f"{command}: peak memory for {SIZES[-1]:,} MB against the budget", "MB", max(usage.megabytes for usage in usages),
        MEGABYTES, 1, f"sample corpus habari repeated to {sizes} MB: {memory} MB at the peak", True,
    )  # fmt: skip
    yield Claim(
        f"{command}: processor time for a MB of {SIZES[-1]:,} against {SLACK} times that of {SIZES[0]}", "s", cost[-1],
        cost[0] * SLACK, 1, f"{sizes} MB in {seconds} s", True,
    )  # fmt: skip


def _columns(folder: Path, size: int) -> Iterator[tuple[str, Usage]]:
    """Run every command on a file of columns; yield what each used."""
    source, repaired, ledger, out = (
        folder / name for name in ("in.txt", "repaired.txt", "ledger.csv", "out.txt")
    )
    _repeat(_text(), source, size)
    yield "validate", _openner("validate", source, *AS_IOB2, allowed=(1,))  # it has invalid transitions
    yield "repair with ledger", _openner("repair", source, "-o", repaired, "--ledger", ledger, *AS_IOB2)
    yield "convert", _openner("convert", repaired, "-o", out, "--to", "BIOES", *AS_IOB2)
    yield "standardize", _openner("standardize", repaired, "-o", out, *AS_IOB2)
    yield "count", _openner("count", source, *AS_IOB2)
    yield "score", _openner("score", source, repaired, *AS_IOB2)
    yield "undo", _openner("undo", repaired, ledger, "-o", out, *AS_IOB2)
    _compare(source, out)


def _json(folder: Path, size: int) -> Iterator[tuple[str, Usage]]:
    """Run what reads JSON lines; yield what each command used."""
    source, repaired = folder / "in.jsonl", folder / "repaired.txt"
    _repeat("".join(_entries(_text())), source, size)
    yield "validate", _openner("validate", source, *AS_IOB2, allowed=(1,))
    yield (
        "repair with ledger",
        _openner("repair", source, "-o", repaired, "--ledger", folder / "ledger.csv", *AS_IOB2),
    )
    yield "count", _openner("count", source, *AS_IOB2)
    yield "score", _openner("score", source, repaired, *AS_IOB2)


def _openner(*words: str | Path, allowed: tuple[int, ...] = (0,)) -> Usage:
    return measure([Path(sys.executable).with_name("openner"), *words], allowed)


def _text() -> str:
    files = sorted((paths.SAMPLES / "habari").glob("*.txt"))
    return "".join(file.read_text("utf-8-sig").rstrip("\n") + "\n\n" for file in files)


def _entries(text: str) -> Iterator[str]:
    for sentence in text.split("\n\n"):
        rows = [line.rpartition(" ") for line in sentence.split("\n") if " " in line.strip()]
        if rows:
            entry = {"tokens": [row[0] for row in rows], "ner_tags": [row[2] for row in rows]}
            yield json.dumps(entry, ensure_ascii=False) + "\n"


def _repeat(text: str, path: Path, size: int) -> None:
    """Write a text over and over, until there are ``size`` MB of it."""
    content = text.encode("utf-8")
    with open(path, "wb") as out:
        for _ in range(size * 10**6 // len(content)):
            out.write(content)


def _compare(ours: Path, other: Path) -> None:
    """Raise `OpenNERError` unless both files hold the same bytes."""
    with open(ours, "rb") as one, open(other, "rb") as two:
        while piece := one.read(1 << 24):
            if piece != two.read(1 << 24):
                raise OpenNERError(
                    "What was undone is not the file that was repaired. Do not compare memory."
                )
        if two.read(1):
            raise OpenNERError(
                "What was undone is longer than the file that was repaired. Do not compare memory."
            )
