"""OpenNLP name finder training data: tokens between blanks, mentions between ``<START:person>`` and ``<END>``.

The format is that of Apache OpenNLP's manual ("Name Finder Training") and its NameSample: a sentence a line, a blank line
before a new document; ``<START>`` without type means the type ``default``. Mentions do not lie inside one another.
"""

import re
from collections.abc import Iterator

from openner_utils.readers.guess.evidence import Detected, Sample
from openner_utils.readers.layout import Layout, RawFile
from openner_utils.readers.reading import Faults, Reading
from openner_utils.readers.text import read_text
from openner_utils.readers.token_spans import Marked, Tokens, reading_of
from openner_utils.support.records import Record

_START = re.compile(r"<START(?::(?P<type>[^\s:>]*))?>")
_END = "<END>"
_DEFAULT = "default"


class Options(Record):
    """Nothing but the text's encoding."""

    encoding: str = "utf-8"
    """Any text encoding that Python knows by name."""


def read(raw: RawFile, layout: Layout) -> Reading:
    """Read one file; tags are no tokens."""
    options = layout.parsed(Options)
    faults = Faults(raw, layout)
    content, counts = read_text(raw, faults, options.encoding)
    return reading_of(_documents(content, faults), raw, counts, faults)


def _documents(content: str, faults: Faults) -> Iterator[list[Tokens]]:
    document: list[Tokens] = []
    for number, line in enumerate(content.split("\n"), 1):
        if line.strip():
            sentence = _sentence(number, line, faults)
            document += [sentence] if sentence.tokens else []
        else:
            yield document
            document = []
    yield document


def _sentence(number: int, line: str, faults: Faults) -> Tokens:
    tokens: list[str] = []
    marks: list[Marked] = []
    open: tuple[int, str] | None = None
    for word in line.split():
        start = _START.fullmatch(word)
        if not start and word != _END:
            tokens.append(word)
            continue
        if open is not None and (start or open[0] == len(tokens)):
            what = (
                f"{word} where <START:{open[1]}> is open"
                if start
                else f"<START:{open[1]}> {_END} holds no token"
            )
            faults.add(number, "bad-span", what)
        elif open is not None:
            marks.append(Marked(((open[0], len(tokens)),), open[1], number))
        elif not start:
            faults.add(number, "bad-span", f"{_END} where no mention is open")
        open = (len(tokens), start["type"] or _DEFAULT) if start else None
    if open is not None:
        faults.add(number, "bad-span", f"<START:{open[1]}> is not closed on its line")
    return Tokens(tokens, number, marks)


def sniff(sample: Sample) -> Detected | None:
    """Return how the sample is read if it has lines with mentions between ``<START:type>`` and ``<END>``."""
    marks = [_START.fullmatch(word) for line in sample.filled for word in line.split()]
    types = sorted({mark["type"] or _DEFAULT for mark in marks if mark})
    if not types or not any(_END in line.split() for line in sample.filled):
        return None
    return Detected(
        "opennlp",
        "spans",
        0.95,
        (("mentions between <START:type> and <END>", "--reader"),),
        types=tuple(types),
    )
