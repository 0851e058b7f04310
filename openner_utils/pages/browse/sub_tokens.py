"""Which sub-tokens a tokenizer makes of each token of a sentence, the unknown ones marked."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from markupsafe import Markup

from openner_utils.config.params import Encoders, load
from openner_utils.core.alignment import SubTokenizer
from openner_utils.pages.browse.selection import Shown
from openner_utils.pages.render import rendered
from openner_utils.support.errors import unknown
from openner_utils.support.paths import HERE, Place

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


@dataclass(frozen=True, slots=True)
class SubToken:
    """One of a token's pieces, as the vocabulary writes it, and whether it stands for what the vocabulary lacks."""

    text: str
    unknown: bool


@dataclass(frozen=True, slots=True)
class Cut:
    """A token and its sub-tokens; none where the tokenizer makes nothing of it, so that a stand-in is read for it."""

    token: str
    pieces: tuple[SubToken, ...]


@dataclass(slots=True)
class Tokenizers:
    """The tokenizers of a compendium's encoders (block `encoders` of params.yaml), each loaded when it is first asked."""

    place: Place = HERE
    _loaded: dict[str, SubTokenizer] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The encoders that have one; none where there are no choices."""
        return tuple(load(Encoders, self.place.params).encoders) if self.place.params.is_file() else ()

    def __getitem__(self, name: str) -> SubTokenizer:
        from openner_utils.encoders.models import load_tokenizer  # Transformers takes its time

        if name not in self._loaded:
            encoders = load(Encoders, self.place.params).encoders
            if name not in encoders:
                raise unknown("encoder", name, encoders)
            self._loaded[name] = load_tokenizer(encoders[name].checkpoint, encoders[name].revision)
        return self._loaded[name]


def cut(tokenizer: SubTokenizer, sentences: Sequence[Sequence[str]]) -> list[list[Cut]]:
    """Return the tokens of each sentence with their sub-tokens, which are made of the whole sentence as a model reads it."""
    found = []
    for tokens, (ids, owners) in zip(sentences, tokenizer.encode(sentences), strict=True):
        texts = _texts(tokenizer, tokens, ids)
        pieces: list[list[SubToken]] = [[] for _ in tokens]
        for text, number, owner in zip(texts, ids, owners, strict=True):
            if text:
                pieces[owner].append(SubToken(text, number == tokenizer.unknown))
        found.append([Cut(token, tuple(of)) for token, of in zip(tokens, pieces, strict=True)])
    return found


def _texts(tokenizer: SubTokenizer, tokens: Sequence[str], ids: Sequence[int]) -> Sequence[str]:
    """Return the words of sub-tokens; where each is a character these are the tokens' own, and the sign of a beginning is none."""
    from openner_utils.encoders.characters import START, CharacterTokenizer

    if isinstance(tokenizer, CharacterTokenizer):
        letters: Iterator[str] = iter([c for token in tokens for c in unicodedata.normalize("NFD", token)])
        return ["" if number == START else next(letters) for number in ids]
    return [str(text) for text in _vocabulary(tokenizer).convert_ids_to_tokens(list(ids))]


def _vocabulary(tokenizer: SubTokenizer) -> "PreTrainedTokenizerBase":
    """Return the tokenizer of Transformers behind the narrow interface, which has no words for ids.

    A method more there would be code that every kept training hangs on.
    """
    from openner_utils.encoders.models import FastTokenizer

    if not isinstance(tokenizer, FastTokenizer):
        raise TypeError(f"{type(tokenizer).__name__} has no vocabulary of words")
    return tokenizer._tokenizer


def table(name: str, tokenizers: Tokenizers, some: Sequence[Shown]) -> Markup:
    """Return HTML with the sub-tokens of sentences, and how many there are."""
    if not some:
        return Markup()
    sentences = cut(tokenizers[name], [each.tokens for each in some])
    every = [each for sentence in sentences for each in sentence]
    pieces = [piece for each in every for piece in each.pieces]
    return rendered(
        "sub_tokens.html.j2",
        name=name,
        rows=list(zip([each.number for each in some], sentences, strict=True)),
        tokens=len(every),
        pieces=len(pieces),
        unknown=sum(piece.unknown for piece in pieces),
        nothing=sum(not each.pieces for each in every),
    )
