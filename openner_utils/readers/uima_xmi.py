"""UIMA CAS in XMI, as INCEpTION, WebAnno and DKPro export it: the text in an attribute, and annotations with offsets into it.

The format is that of the UIMA reference ("XMI CAS Serialization"): ``<cas:Sofa xmi:id="1" sofaID="_InitialView" sofaString="Ada
ran"/>`` and ``<ner:NamedEntity sofa="1" begin="0" end="3" value="PER"/>``. Offsets count UTF-16 units. The type system, which
lies in a file of its own, is not needed: names are taken as they stand.
"""

from collections.abc import Mapping
from typing import Any, Literal

from openner_utils.readers.guess.evidence import Detected, Sample
from openner_utils.readers.layout import Layout, RawFile
from openner_utils.readers.offsets import in_characters
from openner_utils.readers.reading import Faults, Reading
from openner_utils.readers.spans import Published, Text, columns_of, get_tokenizer
from openner_utils.readers.standoff_xml import Edges, parse, pieces_of
from openner_utils.support.records import Record

_XMI = "http://www.omg.org/XMI"
_SOFA = "Sofa"


class Options(Record):
    """Which annotations are the mentions, the sentences and the tokens, by name without namespace."""

    layer: str = "NamedEntity"
    feature: str = "value"
    """Attribute of an annotation that is the type of a mention."""
    sentence: str = "Sentence"
    token: str = "Token"
    view: str = "_InitialView"
    """Name of the text, where a file has several."""
    tokenizer: Literal["words", "clusters", "whitespace"] = "words"
    """See `spans.TOKENIZERS`; for sentences without tokens."""


def read(raw: RawFile, layout: Layout) -> Reading:
    """Read one file; it is one document."""
    options, faults = layout.parsed(Options), Faults(raw, layout)
    texts: dict[str, tuple[str, str, int]] = {}  # by id: name, text, line
    met: list[tuple[int, str, Mapping[str, str]]] = []

    def start(line: int, name: str, attributes: Mapping[str, str]) -> None:
        local = name.rpartition(" ")[2]
        if local == _SOFA:
            id = attributes.get(f"{_XMI} id", "")
            texts[id] = attributes.get("sofaID", ""), attributes.get("sofaString", ""), line
        elif "sofa" in attributes and local in (options.layer, options.sentence, options.token):
            met.append((line, local, attributes))

    parse(raw, faults, start, lambda name: None, lambda text: None)
    chosen = next((id for id, (name, _, _) in texts.items() if name == options.view), None)
    if chosen is None:
        names = ", ".join(name for name, _, _ in texts.values())
        what = f"no text is called {options.view!r} (there are: {names or 'none'})"
        raise faults.fail(1, "bad-span", what, "Export the file again", ["view", "reader"])
    counts = {"annotation of another view": sum(attributes["sofa"] != chosen for _, _, attributes in met)}
    text = _text(
        texts[chosen][1], texts[chosen][2], [one for one in met if one[2]["sofa"] == chosen], options, faults
    )
    counts = {what: number for what, number in counts.items() if number}
    return columns_of([[text]], get_tokenizer(options.tokenizer), raw, faults, counts)


def _text(
    text: str, line: int, met: list[tuple[int, str, Mapping[str, str]]], options: Options, faults: Faults
) -> Text:
    place = in_characters(text, "utf16")
    edges: dict[str, list[Edges]] = {options.sentence: [], options.token: []}
    spans: list[Published] = []
    for number, name, attributes in met:
        start, end = (_number(attributes.get(key)) for key in ("begin", "end"))
        found = place(start), place(end)
        if not 0 <= found[0] < found[1]:
            what = f"{name} {attributes.get('begin')} {attributes.get('end')} is no span of the text"
            faults.add(number, "bad-span", what, "Correct the offsets, which count UTF-16 units")
        elif name in edges:
            edges[name].append(found)
        elif attributes.get(options.feature):
            spans.append(Published(*found, attributes[options.feature], number))
        else:
            what = f"a {name} without {options.feature}"
            faults.add(number, "empty-label", what, "Give it one", ["feature"])
    return Text(text, pieces_of(text, line, edges[options.sentence], edges[options.token]), spans)


def _number(value: Any) -> int:
    return int(value) if isinstance(value, str) and value.isdecimal() and len(value) < 10 else -1


def sniff(sample: Sample) -> Detected | None:
    """Return how the sample is read if it is XMI; another layer or feature than NamedEntity's value has to be said."""
    head = sample.windows[0][:2000] if sample.windows else ""
    if "<xmi:XMI" not in head:
        return None
    why = (
        f"UIMA XMI, mentions are {sample.given.get('layer', Options().layer)}",
        "--option layer=NAME, --option feature=NAME",
    )
    return Detected("uima_xmi", "spans", 1.0, (why,))
