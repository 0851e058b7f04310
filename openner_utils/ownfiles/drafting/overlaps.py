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
    """Return, for files of which another one holds half of the sentences or more, the name of that one and the share.

    Of two files that hold half of each other the second alone is named, with the first.
    """
    sentences = [_sentences(each) for each in files]
    holders: defaultdict[int, list[int]] = defaultdict(list)
    for number, own in enumerate(sentences):
        for sentence in own:
            holders[sentence].append(number)
    found: dict[Source, tuple[str, float]] = {}
    for number, (each, own) in enumerate(zip(files, sentences, strict=True)):
        if len(own) < _FEW:
            continue
        shared = Counter(holder for sentence in own for holder in holders[sentence])
        for other, both in shared.most_common():
            if both < _SHARE * len(own):
                break
            mutual = both >= _SHARE * len(sentences[other]) and len(sentences[other]) >= _FEW
            if other < number or (other > number and not mutual):
                found[each.source] = files[other].source.name, both / len(own)
                break
    return found


def _sentences(each: Read) -> set[int]:
    """Return the sentences of a file as hashes of their tokens."""
    return {hash(tuple(tokens)) for tokens, _ in each.opened.columns.rows() if len(tokens) >= _WORDS}
