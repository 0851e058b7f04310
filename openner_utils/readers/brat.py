"""BRAT standoff: a text file, and beside it an .ann file with one annotation a line.

Lines of the text are sentences. Text-bound annotations (``T``) are mentions; relations, events, attributes and
notes are counted and passed over. A discontinuous mention cannot be a flat span: it is removed and recorded.
Two liberties of publishers are taken as they are meant: tabs between type and offsets, and the text of a mention
that goes on in the next line.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from openner_utils.core.changes import Change
from openner_utils.readers.layout import Layout, RawFile
from openner_utils.readers.offsets import Unit, cause, in_characters
from openner_utils.readers.reading import Faults, Reading
from openner_utils.readers.spans import Piece, Published, Text, columns_of, get_tokenizer
from openner_utils.readers.text import read_text
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
    """What start and end count, and how the text becomes tokens."""

    offsets: Unit = "characters"
    tokenizer: Literal["words", "clusters", "whitespace"] = "words"
    """See `spans.TOKENIZERS`."""


def read(raw: RawFile, layout: Layout) -> Reading:
    """Read one text file with the .ann file of the same name; the file is one document."""
    options, faults = layout.parsed(Options), Faults(raw, layout)
    # BRAT counts every character of the text, a carriage return too, so line ends stay as they are.
    text, counts = read_text(raw, faults)
    place = in_characters(text, options.offsets)
    spans, discontinuous = _annotations(raw, layout, faults, _Offsets(text, place), counts)
    pieces, position = [], 0
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            pieces.append(Piece(position, position + len(line), number))
        position += len(line) + 1
    document = [Text(text, pieces, spans)]
    reading = columns_of([document], get_tokenizer(options.tokenizer), raw, faults, counts)
    changes = [
        Change(line, _sentence_at(pieces, place(int(before.split()[0]))), -1, before, None, "discontinuous")
        for line, before in discontinuous
    ]
    return replace(reading, changes=(*reading.changes, *changes))


@dataclass(frozen=True, slots=True)
class _Offsets:
    """A text, and what turns an offset of the annotations into a character of it, or -1."""

    text: str
    place: Callable[[int], int]

    def edges(self, match: re.Match[str]) -> tuple[int, int]:
        """Return start and end of a mention without gaps; (-1, -1) if they lie outside the text or inside a character."""
        start, end = map(self.place, map(int, match["spans"].split()))
        return (start, end) if 0 <= start < end else (-1, -1)


def _annotations(
    raw: RawFile, layout: Layout, faults: Faults, offsets: _Offsets, counts: dict[str, int]
) -> tuple[list[Published], list[tuple[int, str]]]:
    """Return the mentions of the .ann file beside ``raw``, and those with gaps by their lines."""
    path = raw.path.with_suffix(".ann")
    if not path.is_file():
        fix = "Put it there, or fetch the corpus again"
        raise faults.fail(0, "no-annotations", "missing beside its text", fix, ["reader"], path)
    beside = RawFile.open(path)
    annotations = read_text(beside, Faults(beside, layout))[0].replace("\r\n", "\n")
    spans: list[Published] = []
    discontinuous: list[tuple[int, str]] = []
    for number, line in _lines(annotations, offsets, counts):
        if not line.startswith("T"):
            if line.strip():
                kind = "note" if line.startswith("#") else "annotation that is no mention"
                counts[kind] = counts.get(kind, 0) + 1
            continue
        match = _MENTION.match(line)
        if match and ";" in match["spans"]:
            discontinuous.append((number, f"{match['spans'].replace(TAB, ' ')} {match['type']}"))
        elif not match or not (span := _span(match, offsets, number)):
            faults.add(number, "bad-span", *_what_is_wrong(line, match, offsets), ["offsets"], path)
        else:
            spans.append(span)
    return spans, discontinuous


def _span(match: re.Match[str], offsets: _Offsets, line: int) -> Published | None:
    """Return a mention, or None if it lies outside the text or gives another text than stands there."""
    start, end = offsets.edges(match)
    if start < 0 or (match["text"] is not None and offsets.text[start:end].split() != match["text"].split()):
        return None
    return Published(start, end, match["type"], line)


def _what_is_wrong(line: str, match: re.Match[str] | None, offsets: _Offsets) -> tuple[str, str]:
    """Return what is wrong with a mention, and what to do."""
    if not match:
        return f"{line!r:.60} is no text-bound annotation", "Write T1<TAB>TYPE start end<TAB>text"
    given, text = match["spans"].replace(TAB, " "), offsets.text
    start, end = map(int, given.split())
    why = cause(text, (start, end), match["text"]) if match["text"] else ""
    fix = (
        "Count offsets in characters"
        if why
        else "Text and annotation do not belong together; fetch both again"
    )
    found = offsets.edges(match)
    if found[0] < 0:
        return f"span {given} lies outside the text{why}", fix if why else "Correct the span"
    return f"the text at {given} is {text[slice(*found)]!r}, not {match['text']!r}{why}", fix


def _lines(annotations: str, offsets: _Offsets, counts: dict[str, int]) -> Iterator[tuple[int, str]]:
    """Yield each annotation with its line number; the lines on which a mention's text goes on are joined to it."""
    number, whole = 0, ""
    for here, line in enumerate(annotations.split("\n"), 1):
        if number and not _ANNOTATION.match(line) and _is_cut_short(whole, offsets):
            whole += f"\n{line}"
            counts[BROKEN] = counts.get(BROKEN, 0) + 1
            continue
        if number:
            yield number, whole
        number, whole = here, line
    yield number, whole


def _is_cut_short(annotation: str, offsets: _Offsets) -> bool:
    """Return whether a mention's text is the beginning of what stands at its place, and not all of it."""
    match = _MENTION.match(annotation)
    if not match or match["text"] is None or ";" in match["spans"]:
        return False
    start, end = offsets.edges(match)
    there, given = offsets.text[max(start, 0) : max(end, 0)].split(), match["text"].split()
    return len(given) < len(there) and there[: len(given)] == given


def _sentence_at(pieces: list[Piece], start: int) -> int:
    """Return the number of the sentence in which a character lies."""
    return max((number for number, piece in enumerate(pieces) if piece.start <= start), default=0)
