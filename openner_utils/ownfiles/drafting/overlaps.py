"""Files that hold the same sentences: versions of one text, of which a card should name one, or a split inside another."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from openner_utils.ownfiles.drafting.blocks import Read
from openner_utils.ownfiles.drafting.gather import Source

_WORDS = 5
"""Tokens of a sentence, at the least, that is no greeting or headline which any two files may share."""
_SHARE = 0.5
"""Share of a file's sentences from which on it is said that another file holds them."""
_FEW = 5
"""Sentences that are looked at, at the least."""


def overlaps(files: Sequence[Read]) -> dict[Source, tuple[str, float]]:
    """Return, for files of which another one before it holds half of the sentences or more, the name of that one and the share."""
    holders: defaultdict[int, list[int]] = defaultdict(list)
    found: dict[Source, tuple[str, float]] = {}
    for number, each in enumerate(files):
        sentences = _sentences(each)
        shared: Counter[int] = Counter()
        for sentence in sentences:
            shared.update(holders[sentence])
            holders[sentence].append(number)
        if len(sentences) < _FEW or not shared:
            continue
        other, number_shared = shared.most_common(1)[0]
        if number_shared >= _SHARE * len(sentences):
            found[each.source] = files[other].source.name, number_shared / len(sentences)
    return found


def _sentences(each: Read) -> set[int]:
    """Return the sentences of a file as hashes of their tokens."""
    return {hash(tuple(tokens)) for tokens, _ in each.opened.columns.rows() if len(tokens) >= _WORDS}
