"""Encoders by name: tokenizer and model with a fresh head for token classification.

An encoder is ``scratch:characters`` (`openner_utils.encoders.characters`) or a checkpoint (`openner_utils.training.checkpoints`).
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import regex
import torch
from torch import nn
from transformers import (
    AutoModelForTokenClassification,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from openner_utils.core.alignment import SubTokenizer
from openner_utils.core.columns import Columns
from openner_utils.core.encoding import IOB2, OUTSIDE, decode
from openner_utils.encoders.characters import CharacterConfig, CharacterModel, CharacterTokenizer
from openner_utils.encoders.crf import Crf
from openner_utils.encoders.decoders import lift_mask
from openner_utils.support.errors import OpenNERError, unknown
from openner_utils.training import checkpoints, loading
from openner_utils.training.checkpoints import Checkpoint

CHARACTERS = "scratch:characters"


@dataclass(frozen=True, slots=True, eq=False)
class Tagger:
    """A model that gives each token one of ``labels``: logits [batch, sub-tokens, len(labels)] from sub-token ids; and a
    conditional random field over them, or None where the head is linear alone.
    """

    tokenizer: SubTokenizer
    model: nn.Module
    labels: tuple[str, ...]
    crf: Crf | None
    longest: int
    """Most sub-tokens that one input may hold, special ones included."""

    @property
    def pretrained(self) -> PreTrainedModel:
        """The model as Transformers knows it, which can be trained and saved; `OpenNERError` for an exported one."""
        if not isinstance(self.model, PreTrainedModel):
            raise OpenNERError(
                "An exported model can neither be trained nor written anew. Use the model that it was made from."
            )
        return self.model


class FastTokenizer:
    """A fast tokenizer of Transformers behind the narrow interface of `SubTokenizer`.

    Some tokenizers (those of ModernBERT, EuroBERT and mmBERT) count the blank before a word as part of it. Such a one is given tokens with
    their blanks; without them a model trained on running text would read ``the bank`` as ``thebank``.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self._tokenizer = tokenizer
        pad, self.unknown = tokenizer.pad_token_id, tokenizer.unk_token_id
        self.pad = 0 if pad is None else int(pad)
        self.stand_in = self.pad if self.unknown is None else int(self.unknown)
        # What stands around a sentence is seen from one word taken apart with and without it.
        word = _word(tokenizer)
        framed, plain = (_ids(tokenizer, [word], framing) for framing in (True, False))
        start = next(i for i in range(len(framed)) if framed[i : i + len(plain)] == plain)
        self.before, self.after = tuple(framed[:start]), tuple(framed[start + len(plain) :])
        self._controls = frozenset(tokenizer.all_special_ids) - {self.stand_in}
        self._blanks = _counts_blanks(tokenizer)

    def save(self, folder: Path) -> None:
        """Write the tokenizer's files into a folder."""
        self._tokenizer.save_pretrained(folder)

    def encode(self, sentences: Sequence[Sequence[str]]) -> Iterator[tuple[list[int], list[int]]]:
        """Yield sub-token ids and token numbers of each sentence; see `SubTokenizer`.

        A token spelled like a control token (``[SEP]``, ``</s>``) is text like any other.
        """
        encoded = self._tokenizer(
            [_spaced(sentence) if self._blanks else list(sentence) for sentence in sentences],
            is_split_into_words=True,
            add_special_tokens=False,
            truncation=False,
            split_special_tokens=True,
            verbose=False,
        )
        for number in range(len(sentences)):
            # Unigram has control tokens among its pieces, and finds them in a text that is not searched for them.
            ids = [self.stand_in if id in self._controls else id for id in encoded["input_ids"][number]]
            yield ids, encoded.word_ids(number)

    def seen(self, tokens: Sequence[str]) -> list[str]:
        """Return the text of each token's sub-tokens; see `SubTokenizer`."""
        sub_tokens = [ids for ids, _ in self.encode([[token] for token in tokens])]
        texts = self._tokenizer.batch_decode(sub_tokens, clean_up_tokenization_spaces=False)
        return ["".join(text.split()) for text in texts]


def _ids(tokenizer: PreTrainedTokenizerBase, text: str | list[str], framing: bool = False) -> list[int]:
    words = isinstance(text, list)
    return list(tokenizer(text, is_split_into_words=words, add_special_tokens=framing)["input_ids"])


def _word(tokenizer: PreTrainedTokenizerBase) -> str:
    """Return a word that a tokenizer knows: ``a``, or for one of another script the first of its vocabulary.

    One that it makes nothing of, or a special sub-token, would not be found again among those that stand around it.
    """
    special = set(tokenizer.all_special_ids)
    known = (
        str(tokenizer.decode([id])).strip() for id in sorted({*tokenizer.get_vocab().values()} - special)
    )
    for word in chain("a", known):
        ids = _ids(tokenizer, [word])
        if ids and not special & {*ids}:
            return word
    raise OpenNERError("Its tokenizer makes nothing of any word. Choose another checkpoint.")


_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}]")


def _spaced(sentence: Sequence[str]) -> list[str]:
    """Return tokens with the blank that running text has before them, but for the first, and scripts without blanks.

    >>> _spaced(["the", "bank", "", "北", "京"])
    ['the', ' bank', '', '北', '京']
    """
    return [
        f" {token}" if number and token and not _UNSPACED.match(token) else token
        for number, token in enumerate(sentence)
    ]


def _counts_blanks(tokenizer: PreTrainedTokenizerBase) -> bool:
    """Return whether a tokenizer makes of tokens what it makes of running text only if they have their blanks."""
    words = ["a", "b", "c"]
    split, running, spaced = (_ids(tokenizer, each) for each in (words, " ".join(words), _spaced(words)))
    return split != running == spaced


def labels_of(types: Iterable[str]) -> tuple[str, ...]:
    """Return the labels of a model for entity types, in the order of its outputs (IOB2).

    >>> labels_of(["LOC", "PER"])
    ('O', 'B-LOC', 'I-LOC', 'B-PER', 'I-PER')
    """
    return (OUTSIDE, *(f"{state}-{type}" for type in types for state in "BI"))


def types_in(sentences: Columns) -> tuple[str, ...]:
    """Return the entity types of sentences whose labels are in IOB2; `OpenNERError` where there is no mention."""
    mentions = decode(sentences, IOB2)
    if not len(mentions):
        raise OpenNERError(
            "There is no mention in the training sentences. Check what was read: openner count FILE"
        )
    return tuple(mentions.types)


def load(
    checkpoint: str, revision: str | None, labels: Sequence[str], seed: int, head: str = "linear"
) -> Tagger:
    """Return tokenizer and model of a checkpoint; ``seed`` sets every weight that the checkpoint lacks.

    ``head``: linear, or crf. A causal language model's mask is lifted (`decoders`). Raises `OpenNERError` for a checkpoint that is unknown, absent, unpinned, without safetensors, or
    broken, and for one that was trained for other labels.
    """
    torch.manual_seed(seed)
    crf = Crf(len(labels)) if head == "crf" else None
    found = _checkpoint(checkpoint, revision)
    if found is None:
        config = CharacterConfig(id2label=dict(enumerate(labels)))
        return Tagger(CharacterTokenizer(), CharacterModel(config), tuple(labels), crf, longest=sys.maxsize)
    with loading.explained(checkpoint):
        begun = loading.config_of(checkpoint, found)
        _refuse_other_labels(checkpoint, begun, labels)
        tokenizer = _tokenizer(checkpoint, found)
        fast = FastTokenizer(tokenizer)
        model = loading.model_of(
            checkpoint,
            found,
            AutoModelForTokenClassification,
            _is_head,
            id2label=dict(enumerate(labels)),
            label2id={label: number for number, label in enumerate(labels)},
            dtype=torch.float32,
        )
        _refuse_no_numbers(checkpoint, model)
        lift_mask(model, checkpoint, begun.architectures)
        longest = _longest(tokenizer, model.config, _positions(model))
    return Tagger(fast, model, tuple(labels), crf, longest)


def _refuse_other_labels(checkpoint: str, config: PreTrainedConfig, labels: Sequence[str]) -> None:
    """Refuse a model whose head for token classification has other labels, or these in another order.

    Labels that were never named (``LABEL_0``, which Transformers makes up) say nothing but how many they are: a head for as many is where
    training begins.
    """
    had = tuple(label for _, label in sorted((config.id2label or {}).items()))
    of_tokens = any("TokenClassification" in name for name in config.architectures or ())
    unnamed = all(label.startswith("LABEL_") for label in had)
    if not of_tokens or had == tuple(labels) or (unnamed and len(had) == len(labels)):
        return
    raise OpenNERError(
        f"Checkpoint {checkpoint} was trained for the labels {', '.join(had)}; here they are {', '.join(labels)}. Its head would be "
        "read as something else. Choose the checkpoint that it was trained from, or train it for these labels."
    )


def _refuse_no_numbers(checkpoint: str, model: PreTrainedModel) -> None:
    for name, weight in model.named_parameters():
        if not torch.isfinite(weight).all():
            raise OpenNERError(
                f"Checkpoint {checkpoint}: the weight {name} holds what is no finite number. Its training came apart, or its file was "
                "damaged: choose another, or get it again."
            )


def load_tokenizer(checkpoint: str, revision: str | None) -> SubTokenizer:
    """Return a checkpoint's tokenizer alone; errors as in `load`."""
    found = _checkpoint(checkpoint, revision)
    if found is None:
        return CharacterTokenizer()
    with loading.explained(checkpoint):
        return FastTokenizer(_tokenizer(checkpoint, found))


def tokenizer_of(name: str, checkpoint: Checkpoint, config: PreTrainedConfig) -> tuple[SubTokenizer, int]:
    """Return the tokenizer of a checkpoint, which may lack weights, and how many sub-tokens a model of this config reads."""
    with loading.explained(name):
        tokenizer = _tokenizer(name, checkpoint)
        return FastTokenizer(tokenizer), _longest(tokenizer, config)


def content(checkpoint: str, revision: str | None) -> dict[str, str]:
    """Return what changes when a checkpoint's weights or tokenizer do; nothing for one that is made from scratch."""
    found = _checkpoint(checkpoint, revision)
    return found.content() if found else {}


def _checkpoint(name: str, revision: str | None) -> Checkpoint | None:
    """Return the checkpoint that an encoder begins from; None for the one from scratch."""
    if name == CHARACTERS:
        return None
    if name.startswith("scratch:"):
        raise unknown("checkpoint", name, [CHARACTERS])
    return checkpoints.find(name, revision)


# Byte-level tokenizers that take split sentences only if a blank is put before each token.
_NEEDS_BLANK = ("bloom", "deberta", "gpt2", "longformer", "roberta")


def _tokenizer(name: str, checkpoint: Checkpoint) -> PreTrainedTokenizerBase:
    config = loading.config_of(name, checkpoint)
    blank = {"add_prefix_space": True} if config.model_type in _NEEDS_BLANK else {}
    tokenizer = loading.tokenizer_of(name, checkpoint, **blank)
    if not tokenizer.is_fast:
        raise OpenNERError(
            f"{name} has no fast tokenizer, so its sub-tokens cannot be traced to tokens. Choose another checkpoint."
        )
    return tokenizer


def _longest(
    tokenizer: PreTrainedTokenizerBase, config: PreTrainedConfig, positions: int = sys.maxsize
) -> int:
    """Return the most sub-tokens that a model with so many ``positions`` reads at once, special ones included.

    What its files say counts as far as it is a length: XLNet says -1 where any will do.
    """
    told = (tokenizer.model_max_length, getattr(config, "max_position_embeddings", positions), positions)
    return int(min(each for each in told if each > 0))


def _positions(model: PreTrainedModel) -> int:
    """Return how many positions a model has a vector for, where its config counts some that no sub-token can have.

    RoBERTa and its kin (XLM-R, Longformer, MPNet) number sub-tokens from behind the row that stands for filling.
    """
    for name, module in model.named_modules():
        if name.rpartition(".")[2] == "position_embeddings" and isinstance(module, nn.Embedding):
            return module.num_embeddings - (0 if module.padding_idx is None else module.padding_idx + 1)
    return sys.maxsize


def _is_head(model: PreTrainedModel, key: str) -> bool:
    """Return whether a weight belongs to the head, which is made anew."""
    return not key.startswith(f"{model.base_model_prefix}.")
