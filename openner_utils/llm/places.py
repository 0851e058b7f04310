"""Where texts stand in a sentence: what answers, grounding and constrained decoding agree on.

A text *stands* where its characters do, exactly, from the border of a token to the border of a token. Blanks take no
part: sentence and text are compared without them, so scripts written with and without blanks go the same way.
Places are counted from 1, from left to right, overlapping ones too; the count is the mention's *occurrence*.
"""

from collections.abc import Sequence

from openner_utils.core.document import Span


def visible(text: str) -> str:
    """Return text as it is compared: without blanks."""
    return "".join(text.split())


class Places:
    """A sentence's tokens, as they are shown, as one string without blanks.

    Every token needs at least one character that is no blank; `prompts.shown` sees to that.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self._starts: list[int] = []
        self._token_before: dict[int, int] = {}
        parts: list[str] = []
        length = 0
        for number, word in enumerate(words):
            parts.append(visible(word))
            self._starts.append(length)
            length += len(parts[-1])
            self._token_before[length] = number
        self._token_at = {start: number for number, start in enumerate(self._starts)}
        self.text = "".join(parts)
        self._found: dict[str, tuple[Span, ...]] = {}

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

    def _search(self, text: str) -> list[Span]:
        spans = []
        position = self.text.find(text)
        while position >= 0:
            if span := self.span(position, position + len(text)):
                spans.append(span)
            position = self.text.find(text, position + 1)
        return spans

    def occurrence(self, span: Span) -> int | None:
        """Return which place of its text a span is, from 1 on; None where the text stands nowhere else."""
        start = self._starts[span.start]
        end = self._starts[span.end] if span.end < len(self._starts) else len(self.text)
        spans = self.of(self.text[start:end])
        return spans.index(span) + 1 if len(spans) > 1 else None
