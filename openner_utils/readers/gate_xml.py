"""GATE documents in XML: a text with numbered nodes in it, and sets of annotations from one node to another.

The format is that of GATE's user guide ("GATE XML Format"): ``<TextWithNodes><Node id="0"/>Ada<Node id="3"/> ran</TextWithNodes>``
and ``<AnnotationSet Name="Key"><Annotation Id="1" Type="Person" StartNode="0" EndNode="3">…</Annotation></AnnotationSet>``.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from openner_utils.readers.guess.evidence import Detected, Sample
from openner_utils.readers.layout import Layout, RawFile
from openner_utils.readers.reading import Faults, Reading
from openner_utils.readers.spans import Published, Text, columns_of, get_tokenizer
from openner_utils.readers.standoff_xml import Edges, parse, pieces_of
from openner_utils.support.records import Record

_MARKUP = "Original markups"
"""The set in which GATE keeps the tags of the document that it was made from."""
_LINGUISTIC = {
    "Token",
    "SpaceToken",
    "Sentence",
    "Split",
    "Lookup",
    "paragraph",
    "Unknown",
    "NounChunk",
    "VG",
}
"""Types of annotations by which GATE's tools find mentions, and which are none."""


class Options(Record):
    """Which annotations are the mentions."""

    annotations: str | None = None
    """Name of their set (empty: the one without a name); without it, the only set that holds mentions."""
    types: tuple[str, ...] = ()
    """Types that are mentions; without them, all but those by which GATE's tools find them."""
    sentence: str = "Sentence"
    token: str = "Token"
    tokenizer: Literal["words", "clusters", "whitespace"] = "words"
    """See `spans.TOKENIZERS`; for sentences without tokens."""


@dataclass(slots=True)
class _Document:
    """The text as it grows, where its nodes lie, and the annotations met: line, type, first and last node, by set."""

    parts: list[str] = field(default_factory=list)
    length: int = 0
    """Characters in all parts."""
    line: int = 1
    inside: bool = False
    nodes: dict[str, int] = field(default_factory=dict)
    current: str = ""
    met: dict[str, list[tuple[int, str, str, str]]] = field(default_factory=lambda: defaultdict(list))

    def start(self, line: int, name: str, attributes: Mapping[str, str]) -> None:
        if name == "TextWithNodes":
            self.inside, self.line = True, line
        elif name == "Node" and self.inside:
            self.nodes[attributes.get("id", "")] = self.length
        elif name == "AnnotationSet":
            self.current = attributes.get("Name", "")
        elif name == "Annotation":
            kind, first, last = (attributes.get(key, "") for key in ("Type", "StartNode", "EndNode"))
            self.met[self.current].append((line, kind, first, last))

    def end(self, name: str) -> None:
        self.inside = self.inside and name != "TextWithNodes"

    def add(self, text: str) -> None:
        if self.inside:
            self.parts.append(text)
            self.length += len(text)


def read(raw: RawFile, layout: Layout) -> Reading:
    """Read one file; it is one document. Sentences and tokens are those of the chosen set or, if it has none, of any."""
    options, faults = layout.parsed(Options), Faults(raw, layout)
    document = _Document()
    parse(raw, faults, document.start, document.end, document.add)
    holding = {
        name: sum(_is_mention(kind, options) for _, kind, _, _ in met)
        for name, met in document.met.items()
        if name != _MARKUP or name == options.annotations
    }
    chosen = options.annotations
    if chosen is None:
        named = [name for name, number in holding.items() if number]
        if len(named) > 1:
            what = f"several sets hold mentions: {', '.join(map(repr, sorted(named)))}"
            raise faults.fail(1, "no-label", what, "Say which is meant", ["annotations"])
        chosen = named[0] if named else ""
    if not holding.get(chosen):
        sets = ", ".join(map(repr, sorted(document.met))) or "none"
        what = f"the set {chosen!r} holds no mention (sets: {sets})"
        raise faults.fail(1, "no-label", what, "Take a file with mentions", ["annotations", "types"])
    counts = {"mention of another set": sum(number for name, number in holding.items() if name != chosen)}
    text = _text(document, chosen, options, faults)
    counts = {what: number for what, number in counts.items() if number}
    return columns_of([[text]], get_tokenizer(options.tokenizer), raw, faults, counts)


def _is_mention(kind: str, options: Options) -> bool:
    return kind in options.types if options.types else bool(kind) and kind not in _LINGUISTIC


def _text(document: _Document, chosen: str, options: Options, faults: Faults) -> Text:
    spans: list[Published] = []
    parts: dict[str, dict[str, list[Edges]]] = {
        options.sentence: defaultdict(list),
        options.token: defaultdict(list),
    }
    for name, met in document.met.items():
        for line, kind, first, last in met:
            start, end = document.nodes.get(first, -1), document.nodes.get(last, -1)
            fits = 0 <= start < end
            if kind in parts and fits:
                parts[kind][name].append((start, end))
            elif name == chosen and _is_mention(kind, options) and fits:
                spans.append(Published(start, end, kind, line))
            elif name == chosen and _is_mention(kind, options):
                what = f"{kind} from node {first!r} to node {last!r} is no span of the text"
                faults.add(line, "bad-span", what, "Correct the annotation")
    sentences, tokens = (
        of.get(chosen) or next(iter(of.values()), [])
        for of in (parts[options.sentence], parts[options.token])
    )
    text = "".join(document.parts)
    return Text(text, pieces_of(text, document.line, sentences, tokens), spans)


def sniff(sample: Sample) -> Detected | None:
    """Return how the sample is read if it is a GATE document."""
    if not sample.windows or "<GateDocument" not in sample.windows[0][:2000]:
        return None
    return Detected(
        "gate_xml", "spans", 1.0, (("a GATE document", "--option annotations=NAME, --option types=[…]"),)
    )
