"""Text with character spans → tokens with labels; shared by the readers of such formats.

An edge of a mention that lies inside a token splits the token; the edge never moves. Where published spans
overlap, the flat view keeps the longest (the first of equals). The others become changes with their characters, and
are kept as layers in whole tokens: they split no token.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import regex

from openner_utils.core.changes import Change
from openner_utils.readers.layout import RawFile
from openner_utils.readers.reading import Builder, Faults, Nested, Reading
from openner_utils.support.errors import unknown

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
    """One sentence of a text: characters [start, end), its line in the file, and its tokens, where they are known."""

    start: int
    end: int
    line: int
    words: Sequence[tuple[int, int]] = ()
    """[start, end) of each token in characters of the text; without them the tokenizer makes them."""


@dataclass(frozen=True, slots=True)
class Text:
    """One document: its text, the sentences in it and the published spans."""

    text: str
    sentences: Sequence[Piece]
    spans: Sequence[Published]


DEEPEST = 100
"""The last layer; whatever lies deeper shares it, so that a file made to be slow is not."""


def longest_first(start: int, end: int) -> tuple[int, int]:
    """Return the key that sorts spans by length, the longest first, then by position."""
    return start - end, start


def layers_of(spans: Iterable[tuple[int, int]]) -> Iterator[int]:
    """Yield the layer of each [start, end): the first one in which it overlaps none of those before it.

    With the longest first, spans that lie inside one another have layers 0 (the outermost), 1 and so on; of equal
    ones the first is the outer.
    """
    taken: list[list[tuple[int, int]]] = []
    for start, end in spans:
        layer = 0
        while layer < len(taken) and not _fits(taken[layer], start, end):
            layer += 1
        if layer == len(taken) and layer < DEEPEST:
            taken.append([])
        if layer < DEEPEST:
            insort(taken[layer], (start, end))
        yield layer


def _fits(taken: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    """Return whether [start, end) overlaps none of these, which lie in order and apart."""
    after = bisect_left(taken, (start, start))
    return (after == 0 or taken[after - 1][1] <= start) and (after == len(taken) or taken[after][0] >= end)


def columns_of(
    groups: Sequence[Sequence[Text]],
    tokenize: Tokenize,
    raw: RawFile,
    faults: Faults,
    counts: dict[str, int],
) -> Reading:
    """Return the flat token view of documents, each one or more texts with spans.

    Offsets are kept, in characters of the text that holds the token. ``faults`` and ``counts`` are what was met before.
    """
    built = Builder(raw)
    changes: list[Change] = []
    layers: list[Nested] = []
    split = 0
    for group in groups:
        for text in group:
            homes = _homes(text)
            for number, piece in enumerate(text.sentences):
                flat, inner, done = _flatten(homes.get(number, []), text.text, piece)
                words, cuts = _cut(text.text, piece, flat, tokenize)
                # What a blank text holds goes to the sentence before it, or to the first that comes.
                sentence = built.n_sentences if words else built.n_sentences - 1
                changes += [_change(sentence, *each) for each in done]
                split += cuts
                if words:
                    layers += [_nested(span, words, sentence, layer) for span, layer in inner]
                    tokens = [text.text[start:end] for start, end in words]
                    built.sentence(tokens, _labels(words, flat), piece.line, words)
            last = built.n_sentences - 1
            changes += [_change(last, span, None, "blank span") for span in homes.get(None, [])]
        built.end_document()
    if split:
        counts["token split at a mention edge"] = split
    return Reading(built.columns(), tuple(changes), counts, tuple(layers), faults.sorted(), spans=True)


def _change(sentence: int, span: Published, after: Published | None, rule: str) -> Change:
    return Change(span.line, sentence, -1, str(span), None if after is None else str(after), rule)


def _nested(span: Published, words: Sequence[tuple[int, int]], sentence: int, layer: int) -> Nested:
    """Return a span that the flat view leaves out, in whole tokens."""
    start = bisect_right(words, span.start, key=lambda word: word[1])
    end = bisect_left(words, span.end, key=lambda word: word[0])
    return Nested(span.line, sentence, start, end, span.type, layer)


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


def _flatten(
    spans: Sequence[Published], text: str, piece: Piece
) -> tuple[list[Published], list[tuple[Published, int]], list[tuple[Published, Published | None, str]]]:
    """Return spans that do not overlap, the others with their layers, and what was done to both.

    What was done is the span as published, what became of it (None: it is left out), and the rule.
    """
    ordered = sorted(spans, key=lambda span: longest_first(span.start, span.end))
    trimmed = [(span, _trim(span, text, piece)) for span in ordered]
    layers = layers_of((inside.start, inside.end) for _, inside in trimmed if inside)
    flat: list[Published] = []
    inner: list[tuple[Published, int]] = []
    done: list[tuple[Published, Published | None, str]] = []
    for span, inside in trimmed:
        layer = next(layers) if inside else 0
        if inside is None:
            done.append((span, None, "blank span"))
        elif layer:
            inner.append((inside, layer))
            done.append((span, None, "overlap"))
        else:
            flat.append(inside)
            if inside != span:
                rule = "cut at sentence end" if span.end > piece.end else "white space at edge"
                done.append((span, inside, rule))
    return sorted(flat, key=lambda span: span.start), inner, done


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
    found = () if piece.words else tokenize(text[piece.start : piece.end])
    for start, end in piece.words or ((start + piece.start, end + piece.start) for start, end in found):
        for edge in edges[bisect_right(edges, start) : bisect_left(edges, end)]:
            words.append((start, edge))
            start = edge
            cuts += 1
        words.append((start, end))
    return words, cuts
