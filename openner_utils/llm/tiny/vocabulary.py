"""Tokenizers and token vectors of the causal LMs that the pipeline trains, for either of two starts.

Both are WordPiece with case and accents kept, and fall back to single characters, so that text of the training
sentences (and all Latin text) survives encoding and decoding, blanks aside. The symbols of answers and prompts
(tags, pieces of JSON, markers) are one token each; the text that a prompt or an answer spells stays the same.
"""

import json
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from openner_utils.llm.prompts import (
    EMPTY_LIST,
    LIST_BEGIN,
    Prompt,
    closing,
    item_ends,
    list_end,
    next_item,
    numbered,
    opening,
)

PAD, UNKNOWN, ENDING = "[PAD]", "[UNK]", "[END]"
OCCURRENCES = 9
"""Occurrences with a symbol of their own; a higher number is spelled, which only constrained decoding can do."""
_UNSPACED = r"[\p{Han}\p{Hiragana}\p{Katakana}ー\p{Thai}\p{Khmer}\p{Lao}\p{Myanmar}\p{Tibetan}]"
_LATIN = tuple(map(chr, (*range(0x21, 0x7F), *range(0xA1, 0x180))))


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """Pieces of text in order of their ids, and a vector for each [pieces, width] (None: to be learned)."""

    pieces: tuple[str, ...]
    vectors: Tensor | None


def of_characters(texts: Iterable[str]) -> Vocabulary:
    """Return a vocabulary of single characters, word-initial and not."""
    pieces = dict.fromkeys((PAD, UNKNOWN))
    for character in _characters(texts):
        pieces.update(dict.fromkeys((character, f"##{character}")))
    return Vocabulary(tuple(pieces), None)


def of_checkpoint(folder: Path, vectors: Tensor, texts: Iterable[str], seed: int) -> Vocabulary:
    """Return an uncased WordPiece vocabulary with capital and accented letters added.

    ``vectors`` [vocabulary, width] are the checkpoint's. A piece that is new because of a capital or an accent
    starts from the vector of the piece without it, plus one random vector for each kind of difference.
    """
    known: dict[str, int] = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["model"][
        "vocab"
    ]
    random = torch.Generator().manual_seed(seed)
    scale = vectors.std()
    shifts: dict[str, Tensor] = {}

    def shifted(vector: Tensor, *kinds: str) -> Tensor:
        for kind in kinds:
            if kind not in shifts:
                shifts[kind] = torch.randn(vectors.shape[1], generator=random) * scale
            vector = vector + shifts[kind]
        return vector

    found = {piece: vectors[id] for piece, id in known.items() if not piece.startswith("[unused")}
    for piece, vector in list(found.items()):
        if piece.startswith("["):
            continue
        for kind, variant in _capitalized(piece):
            found.setdefault(variant, shifted(vector, kind))
    for character in _characters(texts):
        plain, marks = _without_marks(character.lower())
        kinds = [marks] if marks else []
        if character != character.lower():
            kinds.append("capital")
        for prefix in ("", "##"):
            if prefix + character not in found:
                base = found.get(prefix + plain)
                # A letter of a script that the checkpoint does not know starts from the unknown token.
                found[prefix + character] = shifted(
                    found[UNKNOWN] if base is None else base, *(kinds if base is not None else [character])
                )
    pieces = {PAD: found.pop(PAD), UNKNOWN: found.pop(UNKNOWN), **found}
    return Vocabulary(tuple(pieces), torch.stack(tuple(pieces.values())))


def _capitalized(piece: str) -> list[tuple[str, str]]:
    """Return the variants of a lower-case piece with capitals: (kind of difference, piece)."""
    body = piece.removeprefix("##")
    if piece != body:
        # Words in capitals are short or rare: their inner pieces are kept short.
        variants = [("capitals", f"##{body.upper()}")] if len(body) <= 2 else []
    else:
        variants = [("capital", body.capitalize())]
        if 1 < len(body) <= 5:
            variants.append(("capitals", body.upper()))
    return [(kind, variant) for kind, variant in variants if variant != piece and len(variant) == len(piece)]


def _characters(texts: Iterable[str]) -> list[str]:
    seen = {character for text in texts for character in text if not character.isspace()}
    return sorted(seen | set(_LATIN))


def _without_marks(character: str) -> tuple[str, str]:
    decomposed = unicodedata.normalize("NFD", character)
    marks = "".join(part for part in decomposed if unicodedata.combining(part))
    return "".join(part for part in decomposed if not unicodedata.combining(part)), marks


def symbols(prompts: Sequence[Prompt], types: Sequence[str]) -> tuple[str, ...]:
    """Return the symbols of these prompts and their answers, `ENDING` last."""
    markers = [marker for prompt in prompts for marker in prompt.markers if marker]
    tags = [tag for type in types for tag in (opening(type), closing(type))]
    items = [piece for type in types for piece in (*item_ends(type, None), numbered(type))]
    numbers = [piece for n in range(1, OCCURRENCES + 1) for piece in (next_item(n), list_end(n))]
    return tuple(dict.fromkeys([*markers, *tags, EMPTY_LIST, LIST_BEGIN, *items, *numbers, ENDING]))


def tokenizer(vocabulary: Vocabulary, symbols: Sequence[str]) -> Any:
    """Return the tokenizer of a vocabulary; the symbols follow the pieces, `ENDING` ends a reply."""
    ids = {piece: id for id, piece in enumerate(vocabulary.pieces)}
    fast = Tokenizer(models.WordPiece(ids, unk_token=UNKNOWN, max_input_chars_per_word=200))
    # Text of scripts without blanks would be one word as long as the sentence: its characters are words.
    fast.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.BertPreTokenizer(), pre_tokenizers.Split(Regex(_UNSPACED), "isolated")]
    )
    fast.decoder = decoders.WordPiece(cleanup=False)
    fast.add_tokens([AddedToken(symbol, normalized=False, special=False) for symbol in symbols])
    return PreTrainedTokenizerFast(
        tokenizer_object=fast,
        pad_token=PAD,
        unk_token=UNKNOWN,
        eos_token=ENDING,
        clean_up_tokenization_spaces=False,
        padding_side="left",
    )
