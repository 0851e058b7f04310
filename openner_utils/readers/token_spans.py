"""Sentences of tokens with mentions that are ranges of token numbers → labels; shared by the readers of such formats.

Of mentions that overlap, the longest (the first of equals) is the flat one; the others are kept as layers, see
`spans.layers_of`. A mention with gaps is no range of tokens: it is left out, which is a change.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from openner_utils.core.changes import Change
from openner_utils.core.document import Mention, Span
from openner_utils.core.encoding import IOB2
from openner_utils.readers.layout import RawFile
from openner_utils.readers.reading import Builder, Faults, Nested, Reading
from openner_utils.readers.spans import layers_of, longest_first

Range = tuple[int, int]
"""Tokens [start, end) of a sentence."""


@dataclass(frozen=True, slots=True)
class Marked:
    """A mention as published: its ranges of tokens (several, in order and apart, if it has gaps), type and line."""

    ranges: tuple[Range, ...]
    type: str
    line: int

    def __str__(self) -> str:
        return f"{';'.join(f'{start} {end}' for start, end in self.ranges)} {self.type}"


@dataclass(frozen=True, slots=True)
class Tokens:
    """One sentence: its tokens, at least one, the 1-based line of each (or of all), and its mentions."""

    tokens: Sequence[str]
    lines: int | Sequence[int]
    mentions: Sequence[Marked] = ()


def ranges_of(numbers: Iterable[int]) -> tuple[Range, ...]:
    """Return the runs of consecutive numbers, in order.

    >>> ranges_of([4, 0, 1])
    ((0, 2), (4, 5))
    """
    runs: list[Range] = []
    for number in sorted(set(numbers)):
        if runs and runs[-1][1] == number:
            runs[-1] = (runs[-1][0], number + 1)
        else:
            runs.append((number, number + 1))
    return tuple(runs)


def reading_of(
    documents: Iterable[Iterable[Tokens]],
    raw: RawFile,
    counts: dict[str, int],
    faults: Faults,
    changes: Sequence[Change] = (),
) -> Reading:
    """Return documents of sentences as columns with IOB2 labels; ``changes`` are those that the reader has made."""
    builder = Builder(raw)
    made = list(changes)
    layers: list[Nested] = []
    for document in documents:
        for sentence in document:
            number = builder.n_sentences
            flat, inner = _flatten(sentence.mentions, number)
            layers += inner
            made += [
                Change(mention.line, number, -1, str(mention), None, "discontinuous")
                for mention in sentence.mentions
                if len(mention.ranges) > 1
            ]
            builder.sentence(sentence.tokens, IOB2.encode(sorted(flat), len(sentence.tokens)), sentence.lines)
        builder.end_document()
    if layers:
        counts["mention of another layer"] = len(layers)
    return Reading(builder.columns(), tuple(made), counts, tuple(layers), faults.sorted())


def _flatten(mentions: Sequence[Marked], sentence: int) -> tuple[list[Mention], list[Nested]]:
    """Return the mentions of the outermost layer and those of the inner ones."""
    whole = [mention for mention in mentions if len(mention.ranges) == 1]
    whole.sort(key=lambda mention: longest_first(*mention.ranges[0]))
    flat: list[Mention] = []
    inner: list[Nested] = []
    for mention, layer in zip(whole, layers_of(mention.ranges[0] for mention in whole), strict=True):
        start, end = mention.ranges[0]
        if layer:
            inner.append(Nested(mention.line, sentence, start, end, mention.type, layer))
        else:
            flat.append(Mention(Span(start, end), mention.type))
    return flat, inner
