"""Which of a part's sentences are shown: by their words, types, errors, repairs, and whether training knew their mentions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openner_utils.pages.browse.selection import Shown

ANY = ""
"""Stands in a filter for whatever there is."""
DIFFERENCE = "any difference"
SEEN, UNSEEN = "all seen", "one unseen"
"""Whether the training sentences of the corpus and language hold all gold mentions of a sentence (words and type), or lack one."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What a sentence must have; an empty value asks for nothing.

    ``text``: words that all stand in it, in whatever case; ``type``: an entity type of a gold or predicted mention; ``error``: a kind
    of error of the first model (`scoring.errors`), or `DIFFERENCE`; ``rule``: a rule by which one of its labels was repaired;
    ``known``: `SEEN` or `UNSEEN`.
    """

    text: str = ANY
    type: str = ANY
    error: str = ANY
    rule: str = ANY
    known: str = ANY

    def passes(self, each: "Shown") -> bool:
        """Return whether a sentence is shown."""
        words = " ".join(each.tokens).casefold()
        types = {mention.type for mention in (*each.gold, *(each.predicted or ()), *(each.second or ()))}
        return (
            all(word in words for word in self.text.casefold().split())
            and self.type in (ANY, *types)
            and (self.error in (ANY, *each.errors) or (self.error == DIFFERENCE and each.wrong))
            and self.rule in (ANY, *each.rules)
            and (self.known == ANY or (bool(each.gold) and each.unseen == (self.known == UNSEEN)))
        )


EVERYTHING = Filter()
"""Asks for nothing."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Right, predicted and gold mentions of the sentences that are shown."""

    right: int
    predicted: int
    gold: int

    @classmethod
    def of(cls, some: Sequence["Shown"], second: bool = False) -> "Counted":
        """Return the counts of the first model, or the second."""
        sides = [(set((each.second if second else each.predicted) or ()), set(each.gold)) for each in some]
        return cls(
            sum(len(found & gold) for found, gold in sides),
            sum(len(found) for found, _ in sides),
            sum(len(gold) for _, gold in sides),
        )

    def __str__(self) -> str:
        precision = 100 * self.right / self.predicted if self.predicted else 0.0
        recall = 100 * self.right / self.gold if self.gold else 0.0
        both = self.predicted + self.gold
        f1 = 200 * self.right / both if both else 0.0
        return f"precision {precision:.1f}, recall {recall:.1f}, F1 {f1:.1f} ({self.gold:,} gold mentions)"
