"""Readers: one module per raw format, all with one function ``read(raw: RawFile, layout: Layout) -> Reading``.

A reader keeps what the publisher wrote: labels come out with their published spelling and encoding, and whatever
could not be kept (a token dropped, a span left out) is a `Change` for the ledger. Anything else wrong is a `Fault`
with its line; only what keeps a reader from going on is raised, as `FormatError`. A module whose files may be read in parts
has a function ``cut``, too (see `parts`).
"""

from dataclasses import replace
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from openner_utils.support.errors import unknown

if TYPE_CHECKING:  # the names of readers are in help texts, which wait for nothing
    from openner_utils.readers.layout import Layout, RawFile
    from openner_utils.readers.reading import Fault, Reading

READERS = (
    "delimited", "conllu", "conllu_plus", "json_tokens", "json_nested", "json_spans", "csv_spans", "text_and_list",
    "inline_xml", "bracketed", "brat", "csv_tokens", "json_token_spans", "label_studio", "webanno_tsv", "conll2012", "hipe",
    "conllu_entities", "opennlp", "glued_fields", "uima_xmi",
    "gate_xml", "csv_sentences",
)  # fmt: skip
"""Every reader: the name of its module, which has ``Options`` and ``read``."""
NO_SENTENCE = "no-sentence"
"""The fault of a file that holds none."""


def module_of(reader: str) -> ModuleType:
    """Return a reader's module, imported when it is needed; a name that there is not is an `OpenNERError`."""
    if reader not in READERS:
        raise unknown("reader", reader, READERS)
    return import_module(f"openner_utils.readers.{reader}")


def read(raw: "RawFile", layout: "Layout") -> "Reading":
    """Read one raw file as ``layout`` says; see `Reading.strict` for callers that take no faults."""
    from openner_utils.readers.reading import Faults

    reading: Reading = module_of(layout.reader).read(raw, layout)
    reading = reading.closed(Faults(raw, layout))
    changes = tuple(replace(row, sentence=max(row.sentence, 0)) for row in reading.changes)
    counts = {what: number for what, number in reading.counts.items() if number}
    faults = reading.faults if len(reading.columns) or reading.faults else (no_sentence(raw, layout),)
    return replace(reading, changes=changes, counts=counts, faults=faults)


def no_sentence(raw: "RawFile", layout: "Layout") -> "Fault":
    """Return the fault of a file that holds no sentence."""
    from openner_utils.readers.reading import Faults

    what = "the file holds no sentence"
    return Faults(raw, layout).add(0, NO_SENTENCE, what, "Fetch it again, or leave it out", ["reader"])
