"""JSON list of sentences with tokens and nested mentions, which are ranges of token numbers, as Thai-NNER has them.

``{"tokens": […], "entities": [{"span": [start, end], "entity_type": …, "text": …}, …]}``. Where mentions overlap, the
longest (the first of equals) is the outermost, layer 0; see `spans.layers_of`.
"""

from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pyarrow as pa
from pydantic import Field

from openner_utils.catalog import Card, File
from openner_utils.core.columns import Columns, encode_names, offsets_of
from openner_utils.core.document import Mention, Span
from openner_utils.core.encoding import IOB2
from openner_utils.readers import Nested, Reading, half_pair, options_of, read_text
from openner_utils.readers.json_tokens import check_tokens, objects
from openner_utils.readers.spans import DEEPEST, layers_of, longest_first
from openner_utils.support.errors import FormatError
from openner_utils.support.records import Record


class Options(Record):
    """What the flat view takes."""

    layer: Literal["outermost"] | Annotated[int, Field(ge=0, lt=DEEPEST)] = "outermost"
    """Layer of mentions in the flat view, counted inwards: ``outermost`` is 0. All others are kept beside it."""


def read(path: Path, card: Card, file: File) -> Reading:
    """Read one JSON file; the line given for a token is the one on which its sentence's object begins.

    Labels are written in IOB2.
    """
    options = options_of(Options, card)
    chosen = 0 if options.layer == "outermost" else options.layer
    text, counts = read_text(path)
    tokens: list[str] = []
    labels: list[str] = []
    lines: list[int] = []
    lengths: list[int] = []
    layers: list[Nested] = []
    for number, (line, entry) in enumerate(objects(path, text)):
        words = entry.get("tokens")
        if not isinstance(words, list) or not words:
            what = f"sentence {number} has no list 'tokens', or an empty one"
            raise FormatError(
                path, line, what, "Correct the entry, or the reader on the card.", "column-count"
            )
        check_tokens(path, line, words)
        mentions = _mentions(path, line, number, words, entry.get("entities"))
        mentions.sort(key=lambda mention: longest_first(mention.span.start, mention.span.end))
        flat = []
        ranges = ((mention.span.start, mention.span.end) for mention in mentions)
        for mention, layer in zip(mentions, layers_of(ranges), strict=True):
            if layer == chosen:
                flat.append(mention)
            else:
                start, end = mention.span.start, mention.span.end
                layers.append(Nested(line, number, start, end, mention.type, layer))
        tokens += words
        labels += IOB2.encode(sorted(flat), len(words))
        lines += [line] * len(words)
        lengths.append(len(words))
    ids, names = encode_names(labels)
    columns = Columns(
        pa.array(tokens, pa.string()),
        ids,
        names,
        offsets_of(lengths),
        np.array([0, len(lengths)] if lengths else [0], np.int64),
        np.array(lines, np.int32),
        file.path,
    )
    if layers:
        counts["mention of another layer"] = len(layers)
    return Reading(columns, counts=counts, layers=tuple(layers))


def _mentions(path: Path, line: int, number: int, words: list[str], entities: Any) -> list[Mention]:
    """Return the mentions of one sentence as published."""
    found = []
    for entity in entities if isinstance(entities, list) else [entities]:
        mention = _mention(entity, words)
        if mention is None:
            raise FormatError(
                path,
                line,
                f"sentence {number}: {entity!r:.80} is no mention of its tokens",
                "Expected: a span [start, end] of token numbers, an entity_type, and the same text as the tokens.",
                "bad-span",
            )
        found.append(mention)
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
