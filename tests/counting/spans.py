"""Text with spans of characters: BRAT's .txt with the .ann beside it, or JSON lines with ``text`` and ``entities``.

A span is counted unless it overlaps a longer one, of equals the first. A sentence is a line of the text that is not blank.
The publisher has no tokens. What is one is our choice: a run of letters, digits and marks, or one other character that is no
blank; with --clusters, for scripts without blanks, a run of Latin letters and digits, or one other character with its marks.
"""

import argparse
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.counting import tally as counting
from tests.counting.tally import Row, Tally

PARSER = counting.parser(__doc__)
PARSER.add_argument("--clusters", action="store_true", help="tokens are characters with their marks")

Span = tuple[int, int, str]


def documents(path: Path) -> Iterator[tuple[str, list[Span]]]:
    """Yield each text with its spans; gaps inside a span are filled."""
    if path.suffix == ".txt":
        notes = counting.text(path.with_suffix(".ann")).splitlines()
        found = [re.match(r"T\d+\t(\S+) (\d+) (?:.*[ ;])?(\d+)\t", note) for note in notes]
        yield counting.text(path), [(int(each[2]), int(each[3]), each[1]) for each in found if each]
    else:
        for line in counting.text(path).splitlines():
            entry = json.loads(line)
            yield entry["text"], [(start, end, type) for start, end, type in entry["entities"]]


def published(path: Path) -> Iterator[str]:
    """Yield the spans as published, as ``start end type``, the pieces of one with gaps parted by ``;``."""
    if path.suffix == ".txt":
        for line in counting.text(path.with_suffix(".ann")).split("\n"):
            if found := re.match(r"T\d+\t(\S+)[ \t](\d+[ \t]\d+(?:;\d+[ \t]\d+)*)", line):
                yield f"{found[2]} {found[1]}".replace("\t", " ")
    else:
        for _, spans in documents(path):
            yield from (f"{start} {end} {type}" for start, end, type in spans)


def sentences(path: Path, options: argparse.Namespace) -> Iterator[Row]:
    """Yield the lines of the texts that are not blank, their tokens without labels."""
    for text, _ in documents(path):
        for line in filter(str.strip, text.split("\n")):
            yield [(token, None) for token in _tokens(line, options.clusters)]


def tally(path: Path, options: argparse.Namespace) -> Tally:
    """Count a file."""
    rows = list(sentences(path, options))
    types: Counter[str] = Counter()
    for text, spans in documents(path):
        taken: set[int] = set()
        for start, end, type in sorted(spans, key=lambda span: span[0] - span[1]):
            places = {place for place in range(start, end) if not text[place].isspace()}
            if not places & taken:
                taken |= places
                types[type] += 1
    return Tally(len(rows), sum(map(len, rows)), dict(types))


def _tokens(line: str, clusters: bool) -> list[str]:
    if not clusters:
        return re.findall(r"\w+|[^\w\s]", line)
    tokens: list[str] = []
    for piece in re.findall(r"[\dA-Za-z\u00c0-\u024f]+|\S", line):
        on_the_one_before = unicodedata.category(piece[0])[0] == "M" or piece == "\u0e33"  # Thai SARA AM
        if on_the_one_before and tokens:
            tokens[-1] += piece
        else:
            tokens.append(piece)
    return tokens


if __name__ == "__main__":
    counting.main(PARSER, tally)
