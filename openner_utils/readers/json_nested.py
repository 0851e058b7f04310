"""JSON list of sentences with tokens and nested mentions, which are ranges of token numbers, as Thai-NNER has them.

``{"tokens": […], "entities": [{"span": [start, end], "entity_type": …, "text": …}, …]}``. Where mentions overlap, the
longest (the first of equals) is the outermost, layer 0; see `spans.layers_of`.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from openner_utils.core.document import Mention, Span
from openner_utils.core.encoding import IOB2
from openner_utils.readers.json_entries import objects_of
from openner_utils.readers.json_tokens import are_tokens
from openner_utils.readers.layout import Layout, RawFile
from openner_utils.readers.reading import Builder, Faults, Nested, Reading
from openner_utils.readers.spans import DEEPEST, layers_of, longest_first
from openner_utils.readers.text import half_pair, read_text
from openner_utils.support.records import Record


class Options(Record):
    """What the flat view takes."""

    layer: Literal["outermost"] | Annotated[int, Field(ge=0, lt=DEEPEST)] = "outermost"
    """Layer of mentions in the flat view, counted inwards: ``outermost`` is 0. All others are kept beside it."""


def read(raw: RawFile, layout: Layout) -> Reading:
    """Read one JSON file; the line given for a token is the one on which its sentence's object begins.

    Labels are written in IOB2.
    """
    options, faults = layout.parsed(Options), Faults(raw, layout)
    chosen = 0 if options.layer == "outermost" else options.layer
    text, counts = read_text(raw, faults)
    built = Builder(raw)
    layers: list[Nested] = []
    for line, entry in objects_of(text, "list", faults):
        words = entry.get("tokens")
        if not isinstance(words, list) or not words:
            what = f"sentence {built.n_sentences} has no list 'tokens', or an empty one"
            faults.add(line, "column-count", what, "Correct the entry", ["reader"])
            continue
        if not are_tokens(faults, line, words):
            continue
        number = built.n_sentences
        mentions = _mentions(faults, line, number, words, entry.get("entities"))
        mentions.sort(key=lambda mention: longest_first(mention.span.start, mention.span.end))
        flat = []
        ranges = ((mention.span.start, mention.span.end) for mention in mentions)
        for mention, layer in zip(mentions, layers_of(ranges), strict=True):
            if layer == chosen:
                flat.append(mention)
            else:
                start, end = mention.span.start, mention.span.end
                layers.append(Nested(line, number, start, end, mention.type, layer))
        built.sentence(words, IOB2.encode(sorted(flat), len(words)), line)
    if layers:
        counts["mention of another layer"] = len(layers)
    return Reading(built.columns(), counts=counts, layers=tuple(layers), faults=faults.sorted(), spans=True)


def _mentions(faults: Faults, line: int, number: int, words: list[str], entities: Any) -> list[Mention]:
    """Return the mentions of one sentence as published."""
    found = []
    for entity in entities if isinstance(entities, list) else [entities]:
        if mention := _mention(entity, words):
            found.append(mention)
            continue
        what = f"sentence {number}: {entity!r:.80} is no mention of its tokens"
        fix = "Write a span [start, end] of token numbers, an entity_type, and the same text as the tokens"
        faults.add(line, "bad-span", what, fix)
    return found


def _mention(entity: Any, words: list[str]) -> Mention | None:
    if not isinstance(entity, dict):
        return None
    span, name = entity.get("span"), entity.get("entity_type")
    if not isinstance(name, str) or not name or half_pair(name):
        return None
    if not isinstance(span, list) or len(span) != 2 or not all(type(edge) is int for edge in span):
        return None
    start, end = span
    if not 0 <= start < end <= len(words) or entity.get("text") not in (None, " ".join(words[start:end])):
        return None
    return Mention(Span(start, end), name)
