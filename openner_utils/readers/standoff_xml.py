"""XML that holds a text once and annotations with offsets into it, taken apart with the line of each element; for its readers.

Nothing outside the file is opened: a document type, which could define entities, is refused.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from xml.parsers import expat

from openner_utils.readers.layout import RawFile
from openner_utils.readers.reading import Faults
from openner_utils.readers.spans import Piece
from openner_utils.readers.text import UNREADABLE

Edges = tuple[int, int]
Start = Callable[[int, str, Mapping[str, str]], None]
"""Takes an element: its line, its name (namespace, blank, local name), its attributes."""


def parse(
    raw: RawFile, faults: Faults, start: Start, end: Callable[[str], None], text: Callable[[str], None]
) -> None:
    """Take a file apart: each element at its start and its end, and the text between; broken XML is a `FormatError`."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True

    def refuse(*_: object) -> None:
        what = "a document type, which this reader does not take"
        raise faults.fail(
            parser.CurrentLineNumber, UNREADABLE, what, "Remove the line <!DOCTYPE …>", ["reader"]
        )

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda name, attributes: start(parser.CurrentLineNumber, name, attributes)
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    try:
        parser.Parse(raw.whole(), True)
    except LookupError as error:
        what = f"XML in an encoding that is not known ({error})"
        raise faults.fail(
            1, UNREADABLE, what, "Correct its first line, or export the file again", ["reader"]
        ) from error
    except expat.ExpatError as error:
        what = f"not valid XML: {expat.ErrorString(error.code)}"
        raise faults.fail(
            error.lineno, UNREADABLE, what, "Export or fetch the file again", ["reader"]
        ) from error


def pieces_of(text: str, line: int, sentences: Sequence[Edges], words: Sequence[Edges]) -> list[Piece]:
    """Return the sentences of a text with the words in them; what lies outside all of them is a sentence of its own.

    Without sentences, lines are. Sentences that overlap one before them begin where that ends; words that do are left out.
    """
    edges: list[Edges] = []
    last = 0
    for start, end in [*sorted(sentences), (len(text), len(text))] if sentences else _lines(text):
        if start > last:
            edges.append((last, start))
        if end > last:
            edges.append((max(start, last), end))
        last = max(end, last)
    apart: list[Edges] = []
    for start, end in sorted(words):
        if start < end and (not apart or apart[-1][1] <= start):
            apart.append((start, end))
    return [
        Piece(start, end, line, _whole(text, start, end, apart))
        for start, end in edges
        if text[start:end].strip()
    ]


def _lines(text: str) -> list[Edges]:
    edges, at = [], 0
    for part in text.split("\n"):
        edges.append((at, at + len(part)))
        at += len(part) + 1
    return edges


def _whole(text: str, start: int, end: int, words: Sequence[Edges]) -> Sequence[Edges]:
    """Return the words inside [start, end) if they hold all that stands there; else none, and the tokenizer makes them."""
    inside = words[bisect_left(words, (start, start)) : bisect_right(words, (end, end))]
    inside = [word for word in inside if word[1] <= end]
    rest, last = "", start
    for word in inside:
        rest += text[last : word[0]]
        last = word[1]
    return inside if not (rest + text[last:end]).strip() else ()
