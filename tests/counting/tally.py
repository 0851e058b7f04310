"""What all counting scripts share: what a mention is, how counts are printed, and the command line."""

import argparse
import importlib
import re
import shlex
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

Pair = tuple[str, str | None]
"""A token and its label as published; None where a line has no label."""
Row = list[Pair]
"""A published sentence."""

PREFIXED = re.compile(r"([BIESLUM])-(.+)")
"""``B-PER``. Further letters than B and I are those of BIOES, BILOU and BMES."""
GLUED = re.compile(r"([BI])([A-Z]+)")
"""``BNEP``."""


@dataclass(frozen=True)
class Tally:
    """Counts of one file: mentions by type, types as published."""

    sentences: int
    tokens: int
    types: dict[str, int]

    def __str__(self) -> str:
        types = ", ".join(f"{type}: {number}" for type, number in sorted(self.types.items()))
        total = sum(self.types.values())
        return f"{self.sentences} sentences, {self.tokens} tokens, {total} mentions {{{types}}}"


class Script(Protocol):
    """A module of this folder: the arguments of its command, and what they make of a file."""

    PARSER: argparse.ArgumentParser

    def sentences(self, path: Path, options: argparse.Namespace) -> Iterable[Row]:
        """Yield the sentences of a file as published."""

    def tally(self, path: Path, options: argparse.Namespace) -> Tally:
        """Count a file."""


def parser(what: str | None) -> argparse.ArgumentParser:
    """Return the parser of a script; ``what``: its docstring."""
    made = argparse.ArgumentParser(description=what, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("file", type=Path, metavar="FILE", help="the raw file, or - for standard input")
    return made


def text(path: Path, encoding: str = "utf-8", errors: str = "strict") -> str:
    """Return a file as text, without a byte order mark."""
    content = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    return content.decode(encoding, errors).removeprefix("\ufeff")


def kept(row: Row) -> Row:
    """Return the tokens of a published sentence: those that hold more than white space, or if none does its first."""
    return [pair for pair in row if pair[0].strip()] or row[:1]


def mentions(row: Row, label_is: re.Pattern[str] = PREFIXED) -> Iterator[str]:
    """Yield the type of each mention of a sentence. Whatever does not go on with a mention begins one.

    A label without prefix goes on with one of its type. ``O``, no label and an empty one are outside.
    """
    before, type_before = "O", ""
    for _, label in row:
        if not label or label == "O":
            before, type_before = "O", ""
            continue
        found = label_is.fullmatch(label)
        now, type = found.groups() if found else ("I", label)
        if not (now in "IMEL" and before in "BIM" and type == type_before):
            yield type
        before, type_before = now, type


def of_rows(rows: Iterable[Row], label_is: re.Pattern[str] = PREFIXED) -> Tally:
    """Return the counts of sentences of labelled tokens."""
    whole = list(rows)
    types = Counter(type for row in whole for type in mentions(row, label_is))
    return Tally(len(whole), sum(len(kept(row)) for row in whole), dict(types))


def main(parser: argparse.ArgumentParser, tally: Callable[[Path, argparse.Namespace], Tally]) -> None:
    """Run a script: count the file of the command line and print what was found."""
    options = parser.parse_args()
    print(tally(options.file, options))


def script_of(command: str, path: Path) -> tuple[Script, argparse.Namespace]:
    """Return the script that a card's command names, and its options for ``path``, which takes the place of FILE."""
    python, module, name, *arguments = shlex.split(command)
    assert (python, module) == ("python", "-m") and name.startswith("tests.counting."), command
    assert arguments.count("FILE") == 1, f"{command}: FILE stands for the raw file, once"
    script = cast(Script, importlib.import_module(name))
    return script, script.PARSER.parse_args([str(path) if each == "FILE" else each for each in arguments])


def count(command: str, path: Path) -> Tally:
    """Return what a card's command counts in a file."""
    script, options = script_of(command, path)
    return script.tally(path, options)


def sentences(command: str, path: Path) -> list[Row]:
    """Return the sentences of a file as published, as the script reads them that a card's command names."""
    script, options = script_of(command, path)
    return list(script.sentences(path, options))
