"""What a file of one's own holds."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

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
    numbers: Counter[str] = Counter()
    for portion in opened.portions():
        found = decode(opened.meant(portion), opened.encoding)
        numbers.update(dict(zip(found.types, np.bincount(found.type).tolist(), strict=False)))
    mentions = {type: number for type, number in sorted(numbers.items()) if number}
    return Counted(opened.found.sentences, opened.found.tokens, mentions)
