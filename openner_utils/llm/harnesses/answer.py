"""One reply to one sentence, as the rules of other tools get it."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from openner_utils.core.document import Mention
from openner_utils.llm.replies import Emitted


@dataclass(frozen=True, slots=True)
class Answer:
    """The mentions that a reply emitted, in order, beside its sentence and the sentence's mentions.

    ``tokens`` are the sentence's as they were shown, ``separator`` what its language writes between two; ``tagged`` is the
    reply itself, its reasoning taken out, where it is inline, else empty; ``types`` are the known types.
    """

    tokens: Sequence[str]
    separator: str
    mentions: Sequence[Emitted]
    reference: Sequence[Mention]
    types: Collection[str]
    tagged: str = ""

    def known(self, type: str) -> str | None:
        """Return a known type as it is spelled; capitals do not matter."""
        folded = type.casefold()
        return type if type in self.types else next((t for t in self.types if t.casefold() == folded), None)

    def of_known_types(self) -> Iterator[tuple[str, str]]:
        """Yield type and text of the mentions of known types."""
        for mention in self.mentions:
            if (type := self.known(mention.type)) is not None:
                yield type, mention.text

    def named(self) -> list[tuple[str, str]]:
        """Return type and text of all mentions, known types as they are spelled."""
        return [(self.known(each.type) or each.type, each.text) for each in self.mentions]

    def wanted(self, separator: str) -> list[tuple[str, str]]:
        """Return type and text of the sentence's mentions, tokens joined."""
        return [
            (each.type, separator.join(self.tokens[each.span.start : each.span.end]))
            for each in self.reference
        ]
