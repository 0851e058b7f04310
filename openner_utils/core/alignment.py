"""Tokens and sub-tokens: which sub-tokens of an encoder's vocabulary stand for which token.

A corpus's tokens stay the units that are labelled and scored, so every token must own at least one sub-token, whatever
the tokenizer makes of it. A token that is taken apart into nothing (an empty one, a zero-width character, a letter
that the tokenizer strips) gets the stand-in sub-token, normally the unknown token. So the number of predictions is the
number of tokens, always.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from openner_utils.core.columns import Columns, Ints, Mask, Offsets, offsets_of


class SubTokenizer(Protocol):
    """What is asked of a tokenizer. All ids are ids into its vocabulary."""

    @property
    def pad(self) -> int:
        """Id that fills up short rows of a batch."""

    @property
    def unknown(self) -> int | None:
        """Id that stands for whatever the vocabulary lacks; None if nothing is lacking."""

    @property
    def stand_in(self) -> int:
        """Id given to a token that has no sub-token of its own."""

    @property
    def before(self) -> tuple[int, ...]:
        """Special ids in front of every input."""

    @property
    def after(self) -> tuple[int, ...]:
        """Special ids behind every input."""

    def encode(self, sentences: Sequence[Sequence[str]]) -> Iterator[tuple[list[int], list[int]]]:
        """Yield for each sentence of tokens its sub-token ids, and the token number of each sub-token, never falling.

        There are no special ids among them, nothing is cut, and a token may be missing.
        """

    def seen(self, tokens: Sequence[str]) -> list[str]:
        """Return what an encoder is shown of each token: its sub-tokens put together again, without blanks."""


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """Sub-tokens of many sentences: token ``i`` owns ``sub_tokens[offsets[i]:offsets[i + 1]]``, one sub-token or more.

    ``sub_tokens`` [n_sub_tokens] are vocabulary ids, ``offsets`` [n_tokens + 1]; ``replaced`` [n_tokens] marks tokens that
    had no sub-token of their own and got the stand-in.
    """

    sub_tokens: Ints
    offsets: Offsets
    replaced: Mask

    @property
    def sizes(self) -> Offsets:
        """Number of sub-tokens of each token [n_tokens], at least 1."""
        return np.diff(self.offsets)


_BATCH = 1000  # sentences that are given to a tokenizer at once


def align(tokenizer: SubTokenizer, columns: Columns) -> Alignment:
    """Take all tokens of ``columns`` apart; a token that the tokenizer makes nothing of gets the stand-in.

    Sentences go to the tokenizer in batches, for tokenizers of Transformers are slow one by one. Nothing is cut: windows
    are laid over the sub-tokens afterwards.
    """
    tokens = columns.tokens.to_pylist()
    sentences = [tokens[i:j] for i, j in zip(columns.sentences[:-1], columns.sentences[1:], strict=True)]
    ids: list[int] = []
    owners: list[int] = []
    for first in range(0, len(sentences), _BATCH):
        batch = sentences[first : first + _BATCH]
        starts = columns.sentences[first : first + len(batch)].tolist()
        for start, (sub_tokens, tokens_of_sub_tokens) in zip(starts, tokenizer.encode(batch), strict=True):
            ids += sub_tokens
            owners += [start + number for number in tokens_of_sub_tokens]
    sizes = np.bincount(np.array(owners, dtype=np.int64), minlength=len(tokens))
    replaced = sizes == 0
    # Owners never fall, so the stand-in of a token belongs where the sub-tokens of the tokens before it end.
    gaps = np.cumsum(sizes)[replaced]
    return Alignment(
        np.insert(np.array(ids, np.int32), gaps, tokenizer.stand_in),
        offsets_of(np.maximum(sizes, 1)),
        replaced,
    )
