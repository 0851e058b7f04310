"""One reply to one sentence, as the rules of other tools get it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from openner_utils.core.document import Mention
from openner_utils.llm.replies import Emitted

NO_TYPE = "?"
"""In place of an empty type, so that such a mention counts as predicted, and wrong."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The mentions that a reply emitted, in order, beside its sentence and the sentence's mentions.

    ``tokens`` are the sentence's as they were shown, ``separator`` what its language writes between two; ``tagged`` is the
    reply itself, its reasoning taken out, where it is inline, else empty; ``names``: what known types were called, and the
    types of the reference that they mean.
    """

    tokens: Sequence[str]
    separator: str
    mentions: Sequence[Emitted]
    reference: Sequence[Mention]
    names: Mapping[str, str]
    tagged: str = ""

    def known(self, type: str) -> str | None:
        """Return the type of the reference that a known name means; capitals do not matter."""
        folded = type.casefold()
        return self.names.get(type) or next(
            (meant for name, meant in self.names.items() if name.casefold() == folded), None
        )

    def of_known_types(self) -> Iterator[tuple[str, str]]:
        """Yield type and text of the mentions of known types."""
        for mention in self.mentions:
            if (type := self.known(mention.type)) is not None:
                yield type, mention.text

    def named(self) -> list[tuple[str, str]]:
        """Return type and text of all mentions, known types as the reference has them, and `NO_TYPE` where a reply gives none."""
        return [(self.known(each.type) or each.type or NO_TYPE, each.text) for each in self.mentions]

    def wanted(self, separator: str) -> list[tuple[str, str]]:
        """Return type and text of the sentence's mentions, tokens joined."""
        return [
            (each.type, separator.join(self.tokens[each.span.start : each.span.end]))
            for each in self.reference
        ]
