"""What a sentence is: the object form, for the API, error texts and tests.

All values are frozen and check themselves when made, so later code never re-checks. Where a sentence comes
from (file and line) rides along but does not take part in comparison: two sentences are equal when their
content is. The same content in bulk is `columns.Columns`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Half-open range of token positions within one sentence: ``start`` included, ``end`` excluded."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"A span needs 0 <= start < end, not start={self.start}, end={self.end}")

    def __len__(self) -> int:
        return self.end - self.start

    def overlaps(self, other: "Span") -> bool:
        """Return whether the two spans share a token."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True, order=True)
class Mention:
    """A span of tokens with its entity type."""

    span: Span
    type: str

    def __post_init__(self) -> None:
        if not self.type:
            raise ValueError(f"A mention at {self.span} needs an entity type")

    def with_type(self, type: str) -> "Mention":
        """Return the same mention under another entity type."""
        return replace(self, type=type)


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a sentence was read: file and 1-based number of its first line."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Sentence:
    """Tokens and the flat (non-overlapping) mentions in them, in order of position."""

    tokens: tuple[str, ...]
    mentions: tuple[Mention, ...] = ()
    provenance: Provenance | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if not self.tokens:
            raise ValueError(f"A sentence needs at least one token ({self.provenance or 'made by hand'})")
        if not all(self.tokens):
            raise ValueError(f"Empty token in the sentence at {self.provenance or 'an unknown place'}")
        last = 0
        for mention in self.mentions:
            if mention.span.start < last:
                raise ValueError(f"{mention} overlaps the mention before it or is out of order")
            if mention.span.end > len(self.tokens):
                raise ValueError(f"{mention} ends beyond the sentence's {len(self.tokens)} tokens")
            last = mention.span.end

    def __len__(self) -> int:
        return len(self.tokens)

    def text_of(self, mention: Mention) -> str:
        """Return the mention's tokens joined by blanks."""
        return " ".join(self.tokens[mention.span.start : mention.span.end])

    def with_mentions(self, mentions: tuple[Mention, ...]) -> "Sentence":
        """Return the same sentence with other mentions."""
        return replace(self, mentions=mentions)


@dataclass(frozen=True, slots=True)
class Document:
    """Sentences that belong together, in order."""

    sentences: tuple[Sentence, ...]

    def __post_init__(self) -> None:
        if not self.sentences:
            raise ValueError("A document needs at least one sentence")

    def __iter__(self) -> Iterator[Sentence]:
        return iter(self.sentences)

    def __len__(self) -> int:
        return len(self.sentences)
