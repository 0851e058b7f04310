"""Text with spans of characters: BRAT's .txt with the .ann beside it, or JSON lines with ``text`` and ``entities``, or with
``text`` and ``entity_list``, whose spans end where ``entity`` does: copies write their ends in two ways.

A span is counted unless it overlaps a longer one, of equals the first. A sentence is a line of the text that is not blank.
The publisher has no tokens. What is one is our choice: a run of letters, digits and marks, with single - ' . : · inside it, or
one other character that is no blank; with --clusters, for scripts without blanks, a run of Latin letters and digits, or one other character with its marks.
Where a counted span begins or ends inside a token, the token is cut there.
"""

import argparse
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

from tests.counting import tally as counting
from tests.counting.tally import Row, Tally

PARSER = counting.parser(__doc__)
PARSER.add_argument("--clusters", action="store_true", help="tokens are characters with their marks")

Span = tuple[int, int, str]


def documents(path: Path) -> Iterator[tuple[str, list[Span]]]:
    """Yield each text with its spans; gaps inside a span are filled."""
    if path.with_suffix(".ann").is_file():
        notes = counting.text(path.with_suffix(".ann")).splitlines()
        found = [re.match(r"T\d+\t(\S+) (\d+) (?:.*[ ;])?(\d+)\t", note) for note in notes]
        yield counting.text(path), [(int(each[2]), int(each[3]), each[1]) for each in found if each]
    else:
        for line in counting.text(path).splitlines():
            entry = json.loads(line)
            yield entry["text"], [_span(entity) for entity in entry.get("entities", entry.get("entity_list"))]


def _span(entity: Any) -> Span:
    if isinstance(entity, dict):
        start = entity["entity_index"]["begin"]
        return start, start + len(entity["entity"]), entity["entity_type"]
    start, end, type = entity
    return start, end, type


def published(path: Path) -> Iterator[str]:
    """Yield the spans as published, as ``start end type``, the pieces of one with gaps parted by ``;``."""
    if path.with_suffix(".ann").is_file():
        for line in counting.text(path.with_suffix(".ann")).split("\n"):
            if found := re.match(r"T\d+\t(\S+)[ \t](\d+[ \t]\d+(?:;\d+[ \t]\d+)*)", line):
                yield f"{found[2]} {found[1]}".replace("\t", " ")
    else:
        for _, spans in documents(path):
            yield from (f"{start} {end} {type}" for start, end, type in spans)


def sentences(path: Path, options: argparse.Namespace) -> Iterator[Row]:
    """Yield the lines of the texts that are not blank, their tokens without labels."""
    for text, spans in documents(path):
        edges = {edge for start, end, _ in _counted(text, spans) for edge in (start, end)}
        at = 0
        for line in text.split("\n"):
            if line.strip():
                yield [(piece, None) for piece in _cut(line, at, edges, options.clusters)]
            at += len(line) + 1


def _cut(line: str, at: int, edges: set[int], clusters: bool) -> Iterator[str]:
    """Yield the tokens of a line that begins at ``at``, cut at edges of spans."""
    end = 0
    for token in _tokens(line, clusters):
        start = line.index(token, end)
        end = start + len(token)
        cuts = [start, *sorted(edge - at for edge in edges if start < edge - at < end), end]
        yield from (line[here:there] for here, there in pairwise(cuts))


def tally(path: Path, options: argparse.Namespace) -> Tally:
    """Count a file."""
    rows = list(sentences(path, options))
    types = Counter(type for text, spans in documents(path) for _, _, type in _counted(text, spans))
    return Tally(len(rows), sum(map(len, rows)), dict(types))


def _counted(text: str, spans: list[Span]) -> Iterator[Span]:
    taken: set[int] = set()
    for start, end, type in sorted(spans, key=lambda span: span[0] - span[1]):
        places = {place for place in range(start, end) if not text[place].isspace()}
        if not places & taken:
            taken |= places
            yield start, end, type


def _tokens(line: str, clusters: bool) -> list[str]:
    if not clusters:
        return re.findall(r"\w+(?:[-'’ʼ.:·]\w+)*|[^\w\s]", line)
    tokens: list[str] = []
    for latin, piece in groupby(line, _latin_or_number):
        if latin:
            tokens.append("".join(piece))
            continue
        for character in filter(str.strip, piece):
            on_the_one_before = (
                unicodedata.category(character)[0] == "M" or character == "\u0e33"
            )  # Thai SARA AM
            if on_the_one_before and tokens:
                tokens[-1] += character
            else:
                tokens.append(character)
    return tokens


def _latin_or_number(character: str) -> bool:
    return unicodedata.category(character)[0] == "N" or "LATIN" in unicodedata.name(character, "")


if __name__ == "__main__":
    counting.main(PARSER, tally)
