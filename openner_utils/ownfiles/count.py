"""What a file of one's own holds."""

from collections import Counter
from dataclasses import dataclass

from openner_utils.core.encoding import decode
from openner_utils.ownfiles.opening import Opened


@dataclass(frozen=True, slots=True)
class Counted:
    """What a file holds; mentions, by type, are those after the conlleval repair."""

    sentences: int
    tokens: int
    mentions: dict[str, int]


def count(opened: Opened) -> Counted:
    """Count sentences, tokens, and mentions by type."""
    mentions = decode(opened.columns, opened.encoding)
    numbers = Counter(mentions.types[type] for type in mentions.type.tolist())
    return Counted(opened.columns.n_sentences, len(opened.columns), dict(sorted(numbers.items())))
