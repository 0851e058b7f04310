"""The corpora themselves: whether their files were checked, who may have them, and under which licence."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from openner_utils.catalog import Card


class Checked(StrEnum):
    """Whether a corpus's files were at hand when its card was written, so that bytes and counts were checked.

    Of one's own files there is no publisher's word to check them against.
    """

    WHOLLY = "verified"
    PARTLY = "partly verified"
    NOT = "unverified"
    OWN = "your own files"


@dataclass(frozen=True, slots=True)
class State:
    """Whether a corpus's files were ``checked``, and whether the publisher has ``restricted`` who may have them."""

    checked: Checked
    restricted: bool

    @classmethod
    def of(cls, card: Card) -> "State":
        """Return the state of a card's corpus."""
        if card.source.repository.startswith("file:"):  # what was pinned are the files themselves
            return cls(Checked.OWN, bool(card.source.instructions))
        known = [file.sha256 is not None for file in card.files]
        checked = Checked.WHOLLY if all(known) else Checked.PARTLY if any(known) else Checked.NOT
        return cls(checked, bool(card.source.instructions))

    @property
    def plain(self) -> bool:
        """Whether nothing has to be said: all is checked, and free to fetch."""
        return self == State(Checked.WHOLLY, False)

    def __str__(self) -> str:
        return f"restricted, {self.checked}" if self.restricted else str(self.checked)


def licences(cards: Mapping[str, Card]) -> pd.DataFrame:
    """Return one row per corpus: name, state, domain, languages, licence with its note, and where it was taken from."""
    return pd.DataFrame(
        [
            {
                "corpus": corpus,
                "name": card.name,
                "state": str(State.of(card)),
                "domain": card.domain,
                "languages": " ".join(card.languages),
                "licence": card.licence.spdx,
                "note": card.licence.note,
                "source": card.source.repository,
                "commit": card.source.commit or "",
            }
            for corpus, card in cards.items()
        ]
    )
