"""What a tokenizer makes of each language: the numbers that explain a model that cannot read a script.

A model whose vocabulary lacks a script sees one unknown sub-token per token and learns nothing but positions: this is why
mBERT stood at 0 on Amharic in OpenNER. One that has a script's letters and none of its words sees the letters, of which pretraining
has taught it little. Where case or accents are stripped, or a token becomes many sub-tokens, it reads, but with more difficulty.
"""

import unicodedata
from collections.abc import Mapping

import numpy as np
import pandas as pd

from openner_utils.core.alignment import SubTokenizer, align
from openner_utils.core.columns import Columns, Mask, Offsets
from openner_utils.encoders.characters import CharacterTokenizer
from openner_utils.encoders.windows import windows_of

WORD = 3
"""Letters from which on a token can be called taken apart into its letters."""


def report(
    tokenizer: SubTokenizer, texts: Mapping[tuple[str, str], Columns], max_length: int, overlap: int
) -> pd.DataFrame:
    """Return one row per corpus and language, in the order of ``texts``. Shares are of all tokens unless said.

    - ``unknown_tokens``: with at least one unknown sub-token; ``unknown_pieces``: share of the sub-tokens that are unknown
    - ``replaced_tokens``: made into no sub-token at all, so that the stand-in is read for them
    - ``case_lost``: shown to the encoder in other case but otherwise whole
    - ``characters_lost``: without an unknown sub-token, but shown without accents or characters that they have
    - ``spelled_out``: of the tokens of `WORD` letters or more, those that are shown letter by letter (as many sub-tokens as letters,
      none of them unknown); 0 for an encoder that is made for characters
    - ``fertility``: sub-tokens per token
    - ``several_windows``: share of the sentences that need more than one window of ``max_length``
    - ``shortened_tokens``: number of tokens longer than a window, read by their first sub-tokens
    - ``uncovered_tokens``: number of tokens that no window predicts, which must be 0
    """
    return pd.DataFrame(
        [
            {"corpus": corpus, "language": language, **_row(tokenizer, columns, max_length, overlap)}
            for (corpus, language), columns in texts.items()
        ]
    )


def _row(tokenizer: SubTokenizer, columns: Columns, max_length: int, overlap: int) -> dict[str, object]:
    """Return the row of one corpus and language; its columns are explained at `report`.

    Shares of tokens are taken over tokens; what is said of a token with an unknown sub-token is that alone, so that the
    shares of unknown and of changed tokens add up.
    """
    alignment = align(tokenizer, columns)
    room = max_length - len(tokenizer.before) - len(tokenizer.after)
    windows = windows_of(alignment.sizes, columns.sentences, room, overlap)
    kept = np.zeros(len(columns), dtype=np.int64)
    for window in windows:
        kept[window.keep_start : window.keep_end] += 1
    starts = np.array([window.start for window in windows], dtype=np.int64)
    in_sentence = np.bincount(np.searchsorted(columns.sentences, starts, side="right") - 1)

    unknown_sub_token = alignment.sub_tokens == (-1 if tokenizer.unknown is None else tokenizer.unknown)
    unknown = np.add.reduceat(unknown_sub_token, alignment.offsets[:-1]) > 0
    case_lost, characters_lost = _losses(tokenizer, columns)
    return {
        "sentences": columns.n_sentences,
        "tokens": len(columns),
        "unknown_tokens": float(unknown.mean()),
        "unknown_pieces": float(unknown_sub_token.mean()),
        "replaced_tokens": float(alignment.replaced.mean()),
        "case_lost": float((case_lost & ~unknown).mean()),
        "characters_lost": float((characters_lost & ~unknown).mean()),
        "spelled_out": _spelled_out(tokenizer, columns, alignment.sizes, unknown),
        "fertility": len(alignment.sub_tokens) / len(columns),
        "several_windows": float((in_sentence > 1).mean()),
        "shortened_tokens": int((alignment.sizes > room).sum()),
        "uncovered_tokens": int((kept != 1).sum()),
    }


def _spelled_out(tokenizer: SubTokenizer, columns: Columns, sizes: Offsets, unknown: Mask) -> float:
    """Return the share of the longer tokens that are shown letter by letter; ``sizes``, ``unknown`` [n_tokens]."""
    if isinstance(tokenizer, CharacterTokenizer):
        return 0.0
    encoded = columns.tokens.dictionary_encode()
    letters = np.array([_letters(token) for token in encoded.dictionary.to_pylist()], np.int64)
    of_token = letters[encoded.indices.to_numpy()]
    words = of_token >= WORD
    return float((~unknown & (sizes >= of_token))[words].mean()) if words.any() else 0.0


def _letters(token: str) -> int:
    """Return the number of letters without what stands on them; a Korean syllable is two or three."""
    return sum(unicodedata.category(each).startswith("L") for each in unicodedata.normalize("NFD", token))


def _losses(tokenizer: SubTokenizer, columns: Columns) -> tuple[Mask, Mask]:
    """Return which tokens are shown in other case only, and which with other characters [n_tokens, twice]."""
    encoded = columns.tokens.dictionary_encode()
    distinct = encoded.dictionary.to_pylist()
    pairs = [
        (unicodedata.normalize("NFC", "".join(token.split())), unicodedata.normalize("NFC", seen))
        for token, seen in zip(distinct, tokenizer.seen(distinct), strict=True)
    ]
    same_letters = np.array([token.casefold() == seen.casefold() for token, seen in pairs], dtype=np.bool_)
    same = np.array([token == seen for token, seen in pairs], dtype=np.bool_)
    indices = encoded.indices.to_numpy()
    return (same_letters & ~same)[indices], ~same_letters[indices]
