r"""WebAnno TSV 3, as WebAnno and INCEpTION export it: a header of layers, then a token a line with what is annotated on it.

The format is that of INCEpTION's user guide ("WebAnno TSV 3.3 File format", module inception-io-webanno-tsv):

    #FORMAT=WebAnno TSV 3.3
    #T_SP=de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity|identifier|value

    #Text=Ms. Haag plays
    1-1   0-3   Ms.     *[1]   PER[1]
    1-2   4-8   Haag    *[1]   PER[1]
    1-3   9-14  plays   _      _
    1-3.1 9-13  play    *      ACT

A number in brackets tells that the annotation goes on over several lines; ``|`` stands between annotations of one token; ``_``
is none, ``*`` one without value; a backslash stands before characters that would mean something. A sub-token (``1-3.1``)
is a piece of the token before it: where a mention ends inside a token, the token is split. Offsets count UTF-16 units.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from openner_utils.readers.guess.evidence import Detected, Sample, Unread
from openner_utils.readers.layout import Layout, RawFile
from openner_utils.readers.offsets import in_characters
from openner_utils.readers.reading import Faults, Reading
from openner_utils.readers.spans import Piece, Published, Text, columns_of, get_tokenizer
from openner_utils.readers.text import read_text
from openner_utils.support.errors import unknown
from openner_utils.support.records import Record

_HEADER = re.compile(r"#T_(?P<kind>SP|CH|RL)=(?P<layer>[^|]+)(?P<features>(?:\|[^|]*)*)")
_ROW = re.compile(
    r"(?P<token>\d{1,9}-\d{1,9})(?P<sub>\.\d{1,9})?\t(?P<start>\d{1,9})-(?P<end>\d{1,9})\t(?P<rest>.*)"
)
_PARTS = re.compile(r"(?:\\->|\\.|[^|\\])+")
_NUMBERED = re.compile(r"(?P<value>(?:\\->|\\.|[^\\\[])*)(?:\[(?P<id>\d+)\])?")
_ESCAPED = re.compile(r"\\(->|.)")
_SYNTAX = {"POS", "Lemma", "Stem", "MorphologicalFeatures", "Token", "Sentence", "Chunk", "Constituent"}
"""Layers that hold no mentions."""
_CONTROL = {"t": "\t", "n": "\n", "r": "\r"}


class Options(Record):
    """Which annotations are the mentions."""

    layer: str = "NamedEntity"
    """Name of a span layer, whole or after its last dot."""
    feature: str = "value"
    """Feature of the layer that is the type of a mention; of a layer without features its name is."""


@dataclass(frozen=True, slots=True)
class _Layer:
    """A layer of the header: its name, its features, and the first of its columns after the token."""

    name: str
    features: Sequence[str]
    column: int
    is_span: bool

    @property
    def short(self) -> str:
        return self.name.rpartition(".")[2]


@dataclass(slots=True)
class _Document:
    """The text as it grows token by token, and the annotations met on it."""

    parts: list[str] = field(default_factory=list)
    length: int = 0
    """Characters in all parts."""
    pieces: list[Piece] = field(default_factory=list)
    words: list[tuple[int, int]] = field(default_factory=list)
    spans: list[Published] = field(default_factory=list)
    open: dict[str, int] = field(default_factory=dict)
    """Number in brackets → where its span is in the list."""

    def add(self, text: str) -> tuple[int, int]:
        """Add to the text, and return where that lies."""
        self.parts.append(text)
        self.length += len(text)
        return self.length - len(text), self.length


def read(raw: RawFile, layout: Layout) -> Reading:
    """Read one file; it is one document."""
    options = layout.parsed(Options)
    faults = Faults(raw, layout)
    content, counts = read_text(raw, faults)
    lines = [line.removesuffix("\r") for line in content.split("\n")]
    layers = list(_layers(lines))
    layer, column = _chosen(layers, options, faults)
    document = _Document()
    for number, rows in _sentences(lines, faults):
        _add_sentence(document, number, rows, layer, column, faults)
        for other in layers:
            if other is not layer:
                what = f"token with {other.short}"
                met = sum(_annotated(row["rest"], other.column) for _, row in rows)
                counts[what] = counts.get(what, 0) + met
    text = Text("".join(document.parts), document.pieces, document.spans)
    counts = {what: number for what, number in counts.items() if number}
    return columns_of([[text]], get_tokenizer("whitespace"), raw, faults, counts)


def _layers(lines: Sequence[str]) -> Iterator[_Layer]:
    """Yield the layers in the order of their columns; one without features has a column, too."""
    column = 0
    for line in lines:
        header = _HEADER.fullmatch(line)
        if header:
            features = header["features"].split("|")[1:]
            yield _Layer(header["layer"], features, column, header["kind"] == "SP")
            column += max(len(features), 1)
        elif not line.startswith("#FORMAT="):
            break


def _chosen(layers: Sequence[_Layer], options: Options, faults: Faults) -> tuple[_Layer, int]:
    """Return the layer of mentions and the column of their types."""
    spans = [layer for layer in layers if layer.is_span]
    layer = next((layer for layer in spans if options.layer in (layer.name, layer.short)), None)
    if layer is None:
        what = str(unknown("span layer", options.layer, (layer.short for layer in spans))).rstrip(".")
        raise faults.fail(1, "column-count", what, "Export the file with its layers", ["layer", "reader"])
    if not layer.features:
        return layer, layer.column
    if options.feature not in layer.features:
        what = str(unknown("feature", options.feature, layer.features)).rstrip(".")
        raise faults.fail(1, "column-count", what, "Export the file with its features", ["feature"])
    return layer, layer.column + layer.features.index(options.feature)


_Row = tuple[int, re.Match[str]]
"""A line's number and what stands in it."""


def _sentences(lines: Sequence[str], faults: Faults) -> Iterator[tuple[int, list[_Row]]]:
    """Yield the line on which each sentence begins, and its rows."""
    rows: list[_Row] = []
    for number, line in enumerate(lines, 1):
        row = _ROW.fullmatch(line)
        sentence = row["token"].partition("-")[0] if row else ""
        if rows and rows[-1][1]["token"].partition("-")[0] != sentence:
            yield rows[0][0], rows
            rows = []
        if row:
            rows.append((number, row))
        elif line.strip() and not line.startswith("#"):
            what = f"{line!r:.60} is no token with its offsets"
            faults.add(
                number, "column-count", what, "Expected: 1-1, 0-3 and the token, with tabs between them"
            )
    if rows:
        yield rows[0][0], rows


def _add_sentence(
    document: _Document, line: int, rows: Sequence[_Row], layer: _Layer, column: int, faults: Faults
) -> None:
    begin = document.length
    words: list[tuple[int, int]] = []
    token: re.Match[str] | None = None
    for number, row in rows:
        text = _unescaped(row["rest"].partition("\t")[0])
        if row["sub"] is None:
            if not text.strip():
                faults.add(number, "empty-token", "empty token")
                continue
            # Only whether something stands between two tokens can be told from offsets alone.
            gap = " " if token and int(row["start"]) > int(token["end"]) else ""
            document.add(gap)
            place = document.add(text)
            words.append(place)
            token = row
        elif (found := _sub_token(row, text, token, words)) is not None:
            place = found
        else:
            what = (
                f"sub-token {text!r:.40} does not lie at {row['start']}-{row['end']} of the token before it"
            )
            faults.add(number, "bad-span", what)
            continue
        _annotate(document, number, place, row["rest"], layer, column, faults)
    if words:
        document.pieces.append(Piece(begin, document.length, line, tuple(words)))
        document.add("\n")


def _sub_token(
    row: re.Match[str], text: str, token: re.Match[str] | None, words: Sequence[tuple[int, int]]
) -> tuple[int, int] | None:
    """Return where a sub-token lies in the text, in characters; None if it is no piece of the token before it."""
    if token is None or token["token"] != row["token"]:
        return None
    whole = _unescaped(token["rest"].partition("\t")[0])
    start = in_characters(whole, "utf16")(int(row["start"]) - int(token["start"]))
    fits = start >= 0 and text and whole.startswith(text, start)
    return (words[-1][0] + start, words[-1][0] + start + len(text)) if fits else None


def _annotate(
    document: _Document,
    number: int,
    place: tuple[int, int],
    rest: str,
    layer: _Layer,
    column: int,
    faults: Faults,
) -> None:
    """Take the mentions on a token or sub-token: new ones, and those that go on from lines before."""
    cells = rest.split("\t")[1:]
    if len(cells) <= column:
        what = f"{len(cells)} column(s) after the token where {column + 1} are needed"
        faults.add(number, "column-count", what)
        return
    if cells[column] == "_":
        return
    for part in _PARTS.findall(cells[column]):
        found = _NUMBERED.fullmatch(part)
        if not found:
            faults.add(number, "bad-span", f"{part!r:.40} is no value with a number in brackets")
            continue
        kind = (
            layer.short if not layer.features else "" if found["value"] == "*" else _unescaped(found["value"])
        )
        if not kind:
            faults.add(number, "empty-label", f"a {layer.short} without value")
            continue
        at = document.open.get(found["id"] or "")
        if at is None:
            document.open |= {found["id"]: len(document.spans)} if found["id"] else {}
            document.spans.append(Published(*place, kind, number))
        elif document.spans[at].type == kind:
            before = document.spans[at]
            start, end = min(before.start, place[0]), max(before.end, place[1])
            document.spans[at] = Published(start, end, kind, before.line)
        else:
            what = f"annotation {found['id']} is {kind} here and {document.spans[at].type} in line {document.spans[at].line}"
            faults.add(number, "bad-span", what)


def _annotated(rest: str, column: int) -> bool:
    cells = rest.split("\t")[1:]
    return column < len(cells) and cells[column] not in ("_", "")


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: _CONTROL.get(found[1], found[1]), text)


def sniff(sample: Sample) -> Detected | Unread | None:
    """Return how the sample is read if it says that it is WebAnno TSV: the layer NamedEntity, or the first with features."""
    if not sample.lines[0].startswith("#FORMAT=WebAnno TSV"):
        return None
    if not sample.lines[0].startswith("#FORMAT=WebAnno TSV 3"):
        hint = "Export it as WebAnno TSV 3."
        return Unread(f"{sample.lines[0].removeprefix('#FORMAT=')}, which is not read", 1.0, hint)
    spans = [layer for layer in _layers(sample.lines) if layer.is_span and layer.short not in _SYNTAX]
    if not spans:
        return Unread("WebAnno TSV without a layer of spans", 1.0, "Export the layer with the mentions, too.")
    said = [layer for layer in spans if sample.given.get("layer") in (layer.name, layer.short)]
    usual = [layer for layer in spans if layer.short == Options().layer]
    chosen = (said or usual or spans)[0]
    others = [] if said or usual else [layer for layer in spans if layer is not chosen]
    why = (f"WebAnno TSV, mentions in the layer {chosen.short}", "--option layer=NAME, --option feature=NAME")
    options = _options_for(chosen) | dict(sample.given)
    rival = _options_for(others[0]) if others else None
    return Detected("webanno_tsv", "spans", 0.5 if others else 1.0, (why,), options, rival=rival)


def _options_for(layer: _Layer) -> dict[str, str]:
    """Return the options that read a layer: its feature ``value``, or the first that is no link to another annotation."""
    features = [one for one in layer.features if not one.startswith("ROLE_")]
    usual = Options().feature
    return {"layer": layer.short} | ({"feature": features[0]} if features and usual not in features else {})
