"""Where texts stand in a sentence: what answers, grounding and constrained decoding agree on.

A text *stands* where its characters do, exactly, from the border of a token to the border of a token. Blanks take no
part: sentence and text are compared without them, so scripts written with and without blanks go the same way.
Places are counted from 1, from left to right, overlapping ones too; the count is the mention's *occurrence*.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from operator import attrgetter

from openner_utils.core.document import Span

HEAD = 3
"""Characters by which the tokens are looked up at which a text may begin, so that a search does not read the sentence."""


_START = attrgetter("start")


def visible(text: str) -> str:
    """Return text as it is compared: without blanks."""
    return "".join(text.split())


class Places:
    """A sentence's tokens, as they are shown, as one string without blanks.

    Every token needs at least one character that is no blank; `prompts.shown` sees to that. ``starts``: where in ``text``
    each token begins.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self.starts: list[int] = []
        self._token_before: dict[int, int] = {}
        parts: list[str] = []
        length = 0
        for number, word in enumerate(words):
            parts.append(visible(word))
            self.starts.append(length)
            length += len(parts[-1])
            self._token_before[length] = number
        self._token_at = {start: number for number, start in enumerate(self.starts)}
        self.text = "".join(parts)
        self._found: dict[str, tuple[Span, ...]] = {}
        self._heads: dict[int, dict[str, list[int]]] = {}

    def span(self, start: int, end: int) -> Span | None:
        """Return the tokens between two offsets of `text`, or None unless both are borders of tokens."""
        if start not in self._token_at or end not in self._token_before or start >= end:
            return None
        return Span(self._token_at[start], self._token_before[end] + 1)

    def of(self, text: str) -> tuple[Span, ...]:
        """Return every place of a text without blanks, from left to right."""
        if text not in self._found:
            self._found[text] = tuple(self._search(text)) if text else ()
        return self._found[text]

    def around(self, text: str) -> tuple[Span, ...]:
        """Return the tokens around each place where a text begins or ends with a token, not both.

        So a name is found in a token that has a particle before or behind it, and letters inside a word are no name:

        >>> places = Places(["서울에서", "왔다"])
        >>> places.of("서울"), places.around("서울"), places.around("울에")
        ((), (Span(start=0, end=1),), ())
        """
        spans: dict[Span, None] = {}
        at = self.text.find(text) if text else -1
        while at >= 0:
            if span := self.cover(at, at + len(text)):
                spans[span] = None
            at = self.text.find(text, at + 1)
        return tuple(spans)

    def cover(self, start: int, end: int) -> Span | None:
        """Return the tokens around two offsets of `text`, of which one is a border of tokens; None if both are, or neither."""
        if (start in self._token_at) == (end in self._token_before):
            return None
        first = bisect_right(self.starts, start) - 1
        return Span(first, bisect_right(self.starts, end - 1, first))

    def _search(self, text: str) -> Iterator[Span]:
        for start in self._begun_by(text[:HEAD]):
            if self.text.startswith(text, start) and (span := self.span(start, start + len(text))):
                yield span

    def _begun_by(self, head: str) -> list[int]:
        """Return the offsets of the tokens at which a text of `HEAD` characters, or fewer, stands."""
        if len(head) not in self._heads:
            heads: dict[str, list[int]] = {}
            for start in self.starts:
                heads.setdefault(self.text[start : start + len(head)], []).append(start)
            self._heads[len(head)] = heads
        return self._heads[len(head)].get(head, [])

    def offsets(self, span: Span) -> tuple[int, int]:
        """Return where in `text` some tokens begin and end."""
        end = self.starts[span.end] if span.end < len(self.starts) else len(self.text)
        return self.starts[span.start], end

    def begins_alone(self, span: Span) -> bool:
        """Return whether no other token begins with the span's characters: then no longer text from there stands elsewhere, either.

        >>> places = Places(["a", "b", "ab"])
        >>> places.occurrence(Span(0, 1)), places.begins_alone(Span(0, 1)), places.occurrence(Span(0, 2))
        (None, False, 1)
        """
        start, end = self.offsets(span)
        text = self.text[start:end]
        return not any(self.text.startswith(text, at) for at in self._begun_by(text[:HEAD]) if at != start)

    def occurrence(self, span: Span) -> int | None:
        """Return which place of its text a span is, from 1 on; None where the text stands nowhere else."""
        start, end = self.offsets(span)
        spans = self.of(self.text[start:end])
        return bisect_left(spans, span.start, key=_START) + 1 if len(spans) > 1 else None
