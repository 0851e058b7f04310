"""Text with character spans → tokens with labels; shared by the readers of such formats.

An edge of a mention that lies inside a token splits the token; the edge never moves. Where published spans
overlap, the flat view keeps the longest (the first of equals) and the others become removals.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import regex

from openner_utils.columns import Columns, encode_names, offsets_of
from openner_utils.errors import unknown
from openner_utils.readers import Reading, Removal

Tokenize = Callable[[str], list[tuple[int, int]]]

_WORDS = regex.compile(r"[\p{L}\p{M}\p{N}_]+(?:[-'’ʼ.:·][\p{L}\p{M}\p{N}_]+)*|[^\s]")
_CLUSTERS = regex.compile(r"[\p{Latin}\p{N}][\p{Latin}\p{N}\p{M}]*|(?!\s)(?:\X(?<!\s)|.)", regex.DOTALL)
TOKENIZERS = {
    "words": lambda text: [match.span() for match in _WORDS.finditer(text)],
    "clusters": lambda text: [match.span() for match in _CLUSTERS.finditer(text)],
    "whitespace": lambda text: [match.span() for match in regex.finditer(r"\S+", text)],
}
"""Tokenizers a card may choose. ``words``: runs of letters, marks and digits, with inner hyphens and the like;
every other character alone. ``clusters``: one written character (grapheme cluster) a token, runs of Latin letters
and digits together; for scripts without blanks between words."""


def get_tokenizer(name: str) -> Tokenize:
    """Return a tokenizer by name: text → [start, end) of each token."""
    if name not in TOKENIZERS:
        raise unknown("tokenizer", name, TOKENIZERS)
    return TOKENIZERS[name]


@dataclass(frozen=True, slots=True)
class Published:
    """A span as the publisher gives it: characters [start, end) of the text, entity type, line in the file."""

    start: int
    end: int
    type: str
    line: int

    def __str__(self) -> str:
        return f"{self.start} {self.end} {self.type}"


@dataclass(frozen=True, slots=True)
class Piece:
    """One sentence of a text: characters [start, end), and its line in the file."""

    start: int
    end: int
    line: int


@dataclass(frozen=True, slots=True)
class Text:
    """One document: its text, the sentences in it and the published spans."""

    text: str
    sentences: Sequence[Piece]
    spans: Sequence[Published]


def columns_of(
    groups: Sequence[Sequence[Text]], tokenize: Tokenize, file: str, counts: dict[str, int]
) -> Reading:
    """Return the flat token view of documents, each one or more texts with spans.

    Offsets are kept, in characters of the text that holds the token.
    """
    tokens: list[str] = []
    labels: list[str] = []
    lines: list[int] = []
    starts: list[int] = []
    ends: list[int] = []
    lengths: list[int] = []
    documents: list[int] = []
    removals: list[Removal] = []
    split = 0
    for group in groups:
        before_group = len(lengths)
        for text in group:
            homes = _homes(text)
            for number, piece in enumerate(text.sentences):
                flat, removed = _flatten(homes.get(number, []), text.text, piece)
                words, cuts = _cut(text.text, piece, flat, tokenize)
                # What a blank text holds goes to the sentence before it, or to the first that comes.
                sentence = len(lengths) if words else max(len(lengths) - 1, 0)
                removals += [
                    Removal(s.line, sentence, -1, before, after, rule) for s, before, after, rule in removed
                ]
                split += cuts
                if not words:
                    continue
                tokens += [text.text[start:end] for start, end in words]
                labels += _labels(words, flat)
                starts += [start for start, _ in words]
                ends += [end for _, end in words]
                lines += [piece.line] * len(words)
                lengths.append(len(words))
            removals += [
                Removal(s.line, max(len(lengths) - 1, 0), -1, str(s), None, "blank span")
                for s in homes.get(None, [])
            ]
        if len(lengths) > before_group:
            documents.append(len(lengths) - before_group)
    if split:
        counts["token split at a mention edge"] = split
    ids, names = encode_names(labels)
    columns = Columns(
        pa.array(tokens, pa.string()),
        ids,
        names,
        offsets_of(lengths),
        offsets_of(documents),
        np.array(lines, np.int32),
        file,
        np.array(starts, np.int32),
        np.array(ends, np.int32),
    )
    return Reading(columns, tuple(removals), counts)


def _homes(text: Text) -> dict[int | None, list[Published]]:
    """Return the spans by the sentence in which their first character that is no white space lies.

    Those of white space alone, and those outside every sentence, are under None.
    """
    starts = [piece.start for piece in text.sentences]
    homes: dict[int | None, list[Published]] = {}
    for span in text.spans:
        first = next((at for at in range(span.start, span.end) if not text.text[at].isspace()), None)
        number = None if first is None else bisect_right(starts, first) - 1
        if first is None or number is None or number < 0 or first >= text.sentences[number].end:
            number = None
        homes.setdefault(number, []).append(span)
    return homes


def _labels(words: Sequence[tuple[int, int]], flat: Sequence[Published]) -> list[str]:
    """Return IOB2 labels of tokens whose borders the mentions' edges respect."""
    opening = {span.start: span for span in flat}
    labels: list[str] = []
    current: Published | None = None
    for start, _ in words:
        begins = opening.get(start)
        if begins:
            current = begins
        elif current and start >= current.end:
            current = None
        labels.append(f"{'B' if begins else 'I'}-{current.type}" if current else "O")
    return labels


Change = tuple[Published, str | None, str | None, str]


def _flatten(spans: Sequence[Published], text: str, piece: Piece) -> tuple[list[Published], list[Change]]:
    """Return spans that do not overlap, in order, and what was done to the others: span, before, after, rule."""
    kept: list[Published] = []
    changes: list[Change] = []
    for span in sorted(spans, key=lambda span: (span.start - span.end, span.start)):
        trimmed = _trim(span, text, piece)
        if trimmed is None or any(trimmed.start < other.end and other.start < trimmed.end for other in kept):
            rule = "blank span" if trimmed is None else "overlap"
            changes.append((span, str(span), None, rule))
            continue
        if trimmed != span:
            rule = "cut at sentence end" if span.end > piece.end else "white space at edge"
            changes.append((span, str(span), str(trimmed), rule))
        kept.append(trimmed)
    return sorted(kept, key=lambda span: span.start), changes


def _trim(span: Published, text: str, piece: Piece) -> Published | None:
    """Return a span without white space at its edges and inside its sentence, or None if nothing is left."""
    start, end = max(span.start, piece.start), min(span.end, piece.end)
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return Published(start, end, span.type, span.line) if start < end else None


def _cut(
    text: str, piece: Piece, flat: Sequence[Published], tokenize: Tokenize
) -> tuple[list[tuple[int, int]], int]:
    """Return tokens split wherever a mention's edge lies inside one, and the number of such cuts."""
    edges = sorted({edge for span in flat for edge in (span.start, span.end)})
    words: list[tuple[int, int]] = []
    cuts = 0
    for start, end in tokenize(text[piece.start : piece.end]):
        start, end = start + piece.start, end + piece.start
        for edge in edges[bisect_right(edges, start) : bisect_left(edges, end)]:
            words.append((start, edge))
            start = edge
            cuts += 1
        words.append((start, end))
    return words, cuts
