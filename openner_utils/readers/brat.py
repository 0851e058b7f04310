"""BRAT standoff: a text file, and beside it an .ann file with one annotation a line.

Lines of the text are sentences. Text-bound annotations (``T``) are mentions; relations, events, attributes and
notes are counted and passed over. A discontinuous mention cannot be a flat span: it is removed and recorded.
Two liberties of publishers are taken as they are meant: tabs between type and offsets, and the text of a mention
that goes on in the next line.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

from openner_utils.catalog import Card, File
from openner_utils.readers import Reading, Removal, options_of, read_text
from openner_utils.readers.spans import Piece, Published, Text, columns_of, get_tokenizer
from openner_utils.support.errors import FormatError
from openner_utils.support.records import Record

_SPAN = r"[0-9]{1,9}[ \t][0-9]{1,9}"
_MENTION = re.compile(
    rf"^T\d+\t(?P<type>\S+)[ \t](?P<spans>{_SPAN}(?:;{_SPAN})*)(?:\t(?P<text>.*))?$", re.DOTALL
)
_ANNOTATION = re.compile(r"(?:[A-Z#]\d+|#|\*)\t")
"""How a line begins that is an annotation by itself."""
TAB = "\t"
BROKEN = "line that goes on with a mention's text"


class Options(Record):
    """How the text becomes tokens."""

    tokenizer: Literal["words", "clusters", "whitespace"] = "words"
    """See `spans.TOKENIZERS`."""


def read(path: Path, card: Card, file: File) -> Reading:
    """Read one text file with the .ann file of the same name; the file is one document."""
    options = options_of(Options, card)
    # BRAT counts every character of the text, a carriage return too, so line ends stay as they are.
    text, counts = read_text(path)
    annotations = path.with_suffix(".ann")
    if not annotations.is_file():
        raise FormatError(annotations, 0, "missing beside its text", "Fetch the corpus again.")
    spans: list[Published] = []
    discontinuous: list[tuple[int, str]] = []
    for number, line in _lines(read_text(annotations)[0].replace("\r\n", "\n"), text, counts):
        if not line.startswith("T"):
            if line.strip():
                kind = "note" if line.startswith("#") else "annotation that is no mention"
                counts[kind] = counts.get(kind, 0) + 1
            continue
        match = _MENTION.match(line)
        if not match:
            raise FormatError(
                annotations,
                number,
                f"{line!r:.60} is no text-bound annotation",
                "Expected: T1<TAB>TYPE start end<TAB>text.",
                "bad-span",
            )
        if ";" in match["spans"]:
            discontinuous.append((number, f"{match['spans'].replace(TAB, ' ')} {match['type']}"))
            continue
        start, end = map(int, match["spans"].split())
        if not 0 <= start < end <= len(text):
            raise FormatError(
                annotations,
                number,
                f"span {start} {end} lies outside the text",
                "Correct the span.",
                "bad-span",
            )
        if match["text"] is not None and text[start:end].split() != match["text"].split():
            raise FormatError(
                annotations,
                number,
                f"the text at {start} {end} is {text[start:end]!r}, not {match['text']!r}",
                "Text and annotation do not belong together; fetch both again.",
                "bad-span",
            )
        spans.append(Published(start, end, match["type"], number))
    pieces, position = [], 0
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            pieces.append(Piece(position, position + len(line), number))
        position += len(line) + 1
    reading = columns_of([[Text(text, pieces, spans)]], get_tokenizer(options.tokenizer), file.path, counts)
    removals = [
        Removal(line, _sentence_at(pieces, before), -1, before, None, "discontinuous")
        for line, before in discontinuous
    ]
    return replace(reading, removals=(*reading.removals, *removals))


def _lines(annotations: str, text: str, counts: dict[str, int]) -> Iterator[tuple[int, str]]:
    """Yield each annotation with its line number; the lines on which a mention's text goes on are joined to it."""
    number, whole = 0, ""
    for here, line in enumerate(annotations.split("\n"), 1):
        if number and not _ANNOTATION.match(line) and _is_cut_short(whole, text):
            whole += f"\n{line}"
            counts[BROKEN] = counts.get(BROKEN, 0) + 1
            continue
        if number:
            yield number, whole
        number, whole = here, line
    yield number, whole


def _is_cut_short(annotation: str, text: str) -> bool:
    """Return whether a mention's text is the beginning of what stands at its place, and not all of it."""
    match = _MENTION.match(annotation)
    if not match or match["text"] is None or ";" in match["spans"]:
        return False
    start, end = map(int, match["spans"].split())
    there, given = text[start:end].split(), match["text"].split()
    return len(given) < len(there) and there[: len(given)] == given


def _sentence_at(pieces: list[Piece], spans: str) -> int:
    """Return the number of the sentence in which a published span begins."""
    start = int(spans.split()[0])
    return max((number for number, piece in enumerate(pieces) if piece.start <= start), default=0)
