"""JSON lines, each one text with character spans: ``{"text": …, "entities": [[start, end, type], …]}``."""

from collections.abc import Iterator
from typing import Any, Literal

from openner_utils.readers.json_tokens import json_lines
from openner_utils.readers.layout import Layout, RawFile
from openner_utils.readers.reading import Faults, Reading
from openner_utils.readers.spans import Piece, Published, Text, columns_of, get_tokenizer
from openner_utils.readers.text import half_pair, read_text
from openner_utils.support.records import Record


class Options(Record):
    """Keys of an object, and how its text becomes tokens."""

    text: str = "text"
    spans: str = "entities"
    """Key of the list of [start, end, type]."""
    document: str | None = None
    """Key whose value is the same for the sentences of a document; without it each text is one."""
    tokenizer: Literal["words", "clusters", "whitespace"] = "words"
    """See `spans.TOKENIZERS`."""


def read(raw: RawFile, layout: Layout) -> Reading:
    """Read one file of JSON lines; each line is a sentence, neighbours with one document value a document."""
    options, faults = layout.parsed(Options), Faults(raw, layout)
    content, counts = read_text(raw, faults)
    groups: list[list[Text]] = []
    last: object = None
    for number, entry in json_lines(faults, content):
        text, spans = entry.get(options.text), entry.get(options.spans)
        if not isinstance(text, str) or half_pair(text) or not isinstance(spans, list):
            what = f"no object with a text {options.text!r} and a list of spans {options.spans!r}"
            faults.add(number, "bad-json", what, options=["text", "spans"])
            continue
        one = Text(text, [Piece(0, len(text), number)], list(_spans(faults, number, text, spans)))
        document = entry.get(options.document) if options.document else number
        if groups and document == last:
            groups[-1].append(one)
        else:
            groups.append([one])
        last = document
    return columns_of(groups, get_tokenizer(options.tokenizer), raw, faults, counts)


def _spans(faults: Faults, number: int, text: str, spans: list[Any]) -> Iterator[Published]:
    """Yield the spans of a text; what is none is a fault."""
    for span in spans:
        match span:
            case [int(start), int(end), str(type)] if not half_pair(type):
                if 0 <= start < end <= len(text) and type:
                    yield Published(int(start), int(end), type, number)
                    continue
                what = f"span {start} {end} {type} lies outside the text or has no type"
            case _:
                what = f"{span!r:.60} is no span [start, end, type]"
        faults.add(number, "bad-span", what, "Correct the span", ["spans"])
