"""A sentence a line, its words apart by blanks, and to each word its label glued: ``Ada|NNP|B-PER ran|VBD|O``, ``Ada/PERSON ran/O``.

With ``|`` these are the lines that spaCy's converter reads (``spacy convert --converter iob``); with ``/`` the "slash tags" of
Stanford NER (``-outputFormat slashTags``), whose labels have no prefix (scheme IO). The label comes last. A blank line ends
a document.
"""

import re
from typing import Annotated

from pydantic import Field, StringConstraints

from openner_utils.readers.guess.evidence import Detected, Sample
from openner_utils.readers.guess.labels import labels_of
from openner_utils.readers.layout import Layout, RawFile
from openner_utils.readers.reading import NO_LABEL, Builder, Faults, Reading
from openner_utils.readers.text import read_text
from openner_utils.support.records import Record

_BLANKS = re.compile(r"[ \t\r]+")
USUAL = ("|", "/")
"""What mostly stands between a word and its label."""


class Options(Record):
    """What stands between a word and its label."""

    separator: Annotated[str, StringConstraints(pattern=r"^(?:[^\w\s]{1,8}|_{1,8})$")] = "|"
    """``|``, ``/``, or another sign or several, neither letters nor white space."""
    fields: Annotated[int, Field(ge=2)] = 2
    """Fields of a word: itself, the label, and others between them, which are passed over. A word may hold the separator."""
    encoding: str = "utf-8"
    """Any text encoding that Python knows by name."""


def read(raw: RawFile, layout: Layout) -> Reading:
    """Read one file; labels come out as they are spelled."""
    options = layout.parsed(Options)
    faults = Faults(raw, layout)
    content, counts = read_text(raw, faults, options.encoding)
    builder = Builder(raw)
    for number, line in enumerate(content.split("\n"), 1):
        pairs = [_pair(number, word, options, faults) for word in words_of(line)]
        if pairs:
            builder.sentence([token for token, _ in pairs], [label for _, label in pairs], number)
        else:
            builder.end_document()
    return Reading(builder.columns(), counts=counts, faults=faults.sorted())


def words_of(line: str) -> list[str]:
    """Return the words of a line: blanks and tabs stand between them, and other white space is a part of them.

    >>> words_of("10\\xa0000/O  ran/O\\r")
    ['10\\xa0000/O', 'ran/O']
    """
    return [word for word in _BLANKS.split(line) if word]


def _pair(line: int, word: str, options: Options, faults: Faults) -> tuple[str, str]:
    """Return token and label of a word; one that has not got both is a token without label."""
    token, *others = word.rsplit(options.separator, options.fields - 1)
    if len(others) == options.fields - 1 and token and others[-1]:
        return token, others[-1]
    flaw = "missing-label" if len(others) < options.fields - 1 else "empty-label" if token else "empty-token"
    shape = options.separator.join(["WORD", *["…"] * (options.fields - 2), "LABEL"])
    faults.add(line, flaw, f"{word!r:.40} is not {shape}", "Correct the word", ["separator", "fields"])
    return (token, "") if flaw == "empty-label" else (word, NO_LABEL)


def sniff(sample: Sample) -> Detected | None:
    """Return how the sample is read if all words have the same number of bars, and labels after the last."""
    if not sample.filled or "|" not in sample.filled[0]:
        return None
    sentences = [[word.split("|") for word in words_of(line)] for line in sample.filled]
    widths = {len(fields) for sentence in sentences for fields in sentence if "" not in fields}
    fields = int(sample.given.get("fields", min(widths, default=1)))
    if sample.json is not None or len(widths) != 1 or fields < 2:
        return None
    labels = labels_of(
        [[fields[-1] for fields in sentence] for sentence in sentences], sample.whole, sample.outside
    )
    why = ("a bar between each word and its label", "--reader")
    options = {"fields": fields}
    sure = min(0.9, labels.confidence)
    return Detected(
        "glued_fields", labels.scheme, sure, (why, *labels.reasons), options, labels.spelling, labels.types
    )
