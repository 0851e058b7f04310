"""Mentions of two tokenizations of one text, compared by their characters.

Each file is read on its own tokens, under any of the conventions of `mentions`; what is compared is from which character
of the text to which a mention reaches. White space is no character here: whether blanks stand between tokens, inside them or
nowhere is a matter of tokenization. Characters are decomposed (NFD), so that the forms of Unicode normalization meet.
Sentence borders may differ, too: a mention is counted in the sentence of the reference in which it begins, so that the units
for resampling stay those of the reference.
"""

import unicodedata
from dataclasses import dataclass, replace

import numpy as np

from openner_utils.core.columns import Columns, Offsets, offsets_of
from openner_utils.core.encoding import Mentions
from openner_utils.scoring.mentions import Counts, Score, matched, matched_scores, mentions_under
from openner_utils.support.errors import FormatError, OpenNERError


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """The text of a file's tokens without white space, decomposed; token ``i`` holds ``offsets[i]`` to ``offsets[i + 1]``."""

    characters: str
    offsets: Offsets


def bare(token: str) -> str:
    """Return the characters of a token that count: decomposed, without white space.

    >>> len(bare("\\u00e9t\\u00e9 x")), bare("\\u00e9") == bare("e\\u0301")
    (6, True)
    """
    return unicodedata.normalize("NFD", "".join(token.split()))


def text_of(columns: Columns) -> Text:
    """Return the text of a file's tokens."""
    known: dict[str, str] = {}
    pieces = [
        known[token] if token in known else known.setdefault(token, bare(token))
        for token in columns.tokens.to_pylist()
    ]
    return Text("".join(pieces), offsets_of(map(len, pieces)))


@dataclass(frozen=True, slots=True, eq=False)
class Aligned:
    """Two files over one text: the characters at which their tokens begin, and the sentences of the reference."""

    reference: Offsets
    prediction: Offsets
    sentences: Offsets

    @classmethod
    def of(cls, reference: Columns, prediction: Columns) -> "Aligned":
        """Align two files; `OpenNERError` if their texts differ."""
        gold, found = text_of(reference), text_of(prediction)
        if gold.characters != found.characters:
            raise OpenNERError(
                f"{reference.file or 'reference'} and {prediction.file or 'prediction'} hold different texts, white space "
                "aside. Only tokens and sentences may differ."
            )
        return cls(gold.offsets, found.offsets, gold.offsets[reference.sentences[:-1]])

    def count(self, reference: Columns, prediction: Columns, convention: str = "conlleval") -> Counts:
        """Return mention counts per sentence of the reference: `mentions.count` for files whose tokens differ.

        Both sides are IOB2 labels of the tokens that were aligned.
        """
        gold, found = self._mentions(reference, prediction, convention)
        # A sentence of white space alone begins where the next one does, so the last that begins there is meant.
        sentence = np.searchsorted(self.sentences, found.start, side="right") - 1
        found = replace(found, sentence=sentence.astype(np.int32))
        return matched(gold, found, int(self.reference[-1]), reference.n_sentences)

    def score(
        self, reference: Columns, prediction: Columns, convention: str = "conlleval"
    ) -> dict[str, Score]:
        """Return scores by entity type, and under ``ALL``: `mentions.score` for files whose tokens differ."""
        return matched_scores(
            *self._mentions(reference, prediction, convention), length=int(self.reference[-1])
        )

    def _mentions(
        self, reference: Columns, prediction: Columns, convention: str
    ) -> tuple[Mentions, Mentions]:
        return (
            _in_characters(reference, mentions_under(reference, convention), self.reference),
            _in_characters(prediction, mentions_under(prediction, convention), self.prediction),
        )


def _in_characters(columns: Columns, mentions: Mentions, offsets: Offsets) -> Mentions:
    """Return mentions of tokens as mentions of characters; one of white space alone is a `FormatError`."""
    start, end = offsets[mentions.start], offsets[mentions.end]
    empty = np.flatnonzero(start == end)
    if len(empty):
        raise FormatError(
            columns.file,
            int(columns.lines[mentions.start[empty[0]]]),
            "a mention of white space alone, which is no character of the text",
            "Label it O, or score files with the same tokens.",
        )
    return replace(mentions, start=start, end=end)
