"""What stands between the tokens of a sentence."""

from collections.abc import Mapping, Sequence
from typing import Any


def gaps(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what stands before each token of a release's row: a blank, or nothing where tokens touch.

    Corpora without character offsets do not say, and get blanks.

    >>> gaps({"tokens": ["Oslo", "!"], "starts": [0, 4], "ends": [4, 5]})
    (' ', '')
    """
    if row["starts"] is None:
        return (" ",) * len(row["tokens"])
    touches = (start == end for start, end in zip(row["starts"][1:], row["ends"], strict=False))
    return (" ", *("" if touching else " " for touching in touches))


def joined(tokens: Sequence[str], before: Sequence[str]) -> str:
    """Return tokens as text, with what stands ``before`` each."""
    return "".join(gap + token for gap, token in zip(before, tokens, strict=True))
