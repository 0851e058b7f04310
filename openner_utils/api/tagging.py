"""Mentions in text, by a trained model: characters [start, end) of the text as it was given, and how sure the model is."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import regex

from openner_utils.config.params import Encoder
from openner_utils.core.columns import Columns, from_rows
from openner_utils.core.encoding import IOB2, decode
from openner_utils.encoders import saved
from openner_utils.encoders.about import About
from openner_utils.encoders.models import Tagger
from openner_utils.encoders.prediction import Prediction, predict
from openner_utils.exports.folder import refuse_changed
from openner_utils.readers import unspaced
from openner_utils.runs.machine import CPU, Machine, resolve
from openner_utils.support.errors import OpenNERError
from openner_utils.support.words import shortened

_AT_ONCE = 1 << 16
"""Characters of texts that are read together, and with them the memory that a large file takes."""

_HALF = regex.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Found:
    """A mention: characters [start, end) of the text that was given (Python's, which are code points), their text, the entity type,
    and ``score``: the probability (0 to 1) of the least probable of its tokens' labels.
    """

    start: int
    end: int
    type: str
    text: str
    score: float


class TextTagger(ABC):
    """Whatever labels sentences of tokens, as what finds mentions in texts."""

    __slots__ = ()

    @property
    def reads_words(self) -> bool:
        """Whether Thai, Lao, Khmer and Burmese are cut into words for it, where their dictionaries are installed (`unspaced`)."""
        return True

    @abstractmethod
    def label(self, sentences: Columns) -> Prediction:
        """Return sentences under their predicted labels (IOB2); the labels that they have are not looked at."""

    def predict(self, text: str) -> list[Found]:
        """Return the mentions of a text of any length; each line of it is read by itself. For several texts: `predict_all`."""
        if not isinstance(text, str):
            raise OpenNERError(
                f"predict takes one text, not {type(text).__name__}. Several are taken by predict_all."
            )
        return self.predict_all([text])[0]

    def predict_all(self, texts: Sequence[str]) -> list[list[Found]]:
        """Return the mentions of each text; together they take less time than one by one; labels are the same, probabilities but for their last digits."""
        return list(self.predict_each(texts))

    def predict_each(self, texts: Iterable[str]) -> Iterator[list[Found]]:
        """Yield the mentions of each text, in order. Texts are asked for as they are needed, and some `_AT_ONCE` characters of them held."""
        if isinstance(texts, str):
            raise OpenNERError("These are several texts, not one. predict() takes one.")
        for some in parts(_checked(texts)):
            yield from self._found(some)

    def _found(self, texts: Sequence[str]) -> list[list[Found]]:
        pieces = [
            (number, piece)
            for number, text in enumerate(texts)
            for piece in _sentences(text, self.reads_words)
        ]
        found: list[list[Found]] = [[] for _ in texts]
        if not pieces:
            return found
        words = [[texts[number][start:end] for start, end in piece] for number, piece in pieces]
        prediction = self.predict_tokens(words)
        edges = prediction.columns.sentences
        for mention in _mentions(prediction):
            sentence, first, last, type, score = mention
            number, piece = pieces[sentence]
            start, end = piece[first - int(edges[sentence])][0], piece[last - 1 - int(edges[sentence])][1]
            found[number].append(Found(start, end, type, texts[number][start:end], score))
        return found

    def predict_tokens(self, sentences: Iterable[Sequence[str]]) -> Prediction:
        """Return the labels (IOB2) of sentences that are tokens already, each one token or more.

        Raises `OpenNERError` for a sentence without a token, and for what is no list of texts.
        """
        given = list(sentences)
        for number, tokens in enumerate(given, 1):
            if isinstance(tokens, str) or not tokens or not all(isinstance(each, str) for each in tokens):
                raise OpenNERError(
                    f"Sentence {number} is no list of one token or more. Give lists of texts; predict() reads running text."
                )
            for token in tokens:
                _refuse_half(token, f"sentence {number}, token {shortened(ascii(token))}")
        return self.label(from_rows([(list(tokens), ["O"] * len(tokens)) for tokens in given]))


@dataclass(frozen=True, slots=True, eq=False)
class Model(TextTagger):
    """A trained model; ``about`` says what it was made from."""

    tagger: Tagger
    about: About
    machine: Machine

    @property
    def reads_words(self) -> bool:
        """Not where it learnt such scripts by written characters."""
        return self.about.unspaced != "characters"

    @property
    def types(self) -> tuple[str, ...]:
        """The entity types that the model knows."""
        return tuple(sorted({label[2:] for label in self.about.labels if label != "O"}))

    def label(self, sentences: Columns) -> Prediction:
        """Return sentences under their predicted labels; the labels that they have are not looked at."""
        return predict(self.tagger, self._recipe, sentences, self.machine)

    @property
    def _recipe(self) -> Encoder:
        return self.about.encoder


def load(folder: str | Path) -> Model:
    """Return the model that ``openner train`` or ``openner model export`` wrote into a folder.

    Only data is read: safetensors, ONNX, JSON and the tokenizer's files. Raises `OpenNERError` where no model lies there, or a damaged
    one, and where an exported one needs packages that are not installed.
    """
    tagger, about = read(Path(folder))
    return Model(tagger, about, resolve(about.encoder.precision) if about.form is None else CPU)


def read(folder: Path) -> tuple[Tagger, About]:
    """Return a saved tagger and what it says of itself; files that were changed since they were written together are refused.

    Each may be sound by itself, and the model be another one. The card is for its reader to edit.
    """
    saved.about(folder)  # says where no model lies at all
    refuse_changed(folder, (saved.CARD,))
    return saved.load(folder)


def _checked(texts: Iterable[str]) -> Iterator[str]:
    """Yield texts; `OpenNERError` where one is none."""
    for number, text in enumerate(texts, 1):
        if not isinstance(text, str):
            raise OpenNERError(f"text {number} is no text but {type(text).__name__}. Give it as a str.")
        _refuse_half(text, f"text {number}")
        yield text


def _refuse_half(text: str, where: str) -> None:
    if half := _HALF.search(text):
        raise OpenNERError(
            f"{where}, character {half.start()}: half a surrogate pair, which is no character. Decode the text anew."
        )


def parts(texts: Iterable[str]) -> Iterator[list[str]]:
    """Yield texts in lists of some `_AT_ONCE` characters; line ends count, so that lists of empty texts end, too."""
    some: list[str] = []
    size = 0
    for text in texts:
        some.append(text)
        size += len(text) + 1
        if size >= _AT_ONCE:
            yield some
            some, size = [], 0
    if some:
        yield some


def tokens_of(text: str, words: bool = True) -> list[list[str]]:
    """Return the tokens that a model reads of each line of a text; ``words``: see `unspaced.tokens`."""
    return [[text[start:end] for start, end in line] for line in _sentences(text, words)]


def _sentences(text: str, words: bool) -> Iterator[list[tuple[int, int]]]:
    """Yield the tokens of each line as characters [start, end) of the text; lines without any are left out."""
    for line in regex.finditer(r"[^\r\n\u2028\u2029]+", text):
        found = unspaced.tokens(line[0], words)
        tokens = [(line.start() + start, line.start() + end) for start, end in found]
        if tokens:
            yield tokens


def _mentions(prediction: Prediction) -> Iterator[tuple[int, int, int, str, float]]:
    """Yield each predicted mention: sentence, tokens [first, last) of all, type, score."""
    found = decode(prediction.columns, IOB2)
    for sentence, first, last, type in zip(
        found.sentence.tolist(), found.start.tolist(), found.end.tolist(), found.type.tolist(), strict=True
    ):
        yield sentence, first, last, found.types[type], float(prediction.sure[first:last].min())
