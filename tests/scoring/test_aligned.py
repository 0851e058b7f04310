"""Scores by characters: the same for the same tokens, and whatever tokens either side cuts the text into."""

import unicodedata
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.core.columns import Columns, from_rows
from openner_utils.core.encoding import IOB2
from openner_utils.scoring.aligned import Aligned, bare
from openner_utils.scoring.mentions import ALL, CONVENTIONS, Score, count
from openner_utils.support.errors import FormatError, OpenNERError
from tests.strategies import labels

LETTERS = ("a", "b", "\u00e9", "e\u0301", "\u1eadt", "\ud55c", "\u092e\u0947", "\u200c", "\U0001f600", "(")
"""Among them an accent composed and apart, a letter with two marks, a syllable of Hangul, a joiner."""

Row = list[tuple[str, str]]
"""Tokens and labels of a sentence."""


def columns(rows: list[Row]) -> Columns:
    return from_rows([([token for token, _ in row], [label for _, label in row]) for row in rows], "file")


def by_characters(gold: list[Row], found: list[Row], convention: str) -> dict[str, Score]:
    sides = columns(gold), columns(found)
    return Aligned.of(*sides).count(*sides, convention).scores()


words = st.lists(st.sampled_from(LETTERS), min_size=1, max_size=4).map("".join)
pairs = st.lists(
    st.lists(st.tuples(words, labels(IOB2), labels(IOB2)), min_size=1, max_size=7), min_size=1, max_size=4
)
"""Sentences of tokens with a reference's label and a prediction's, either of them as invalid as can be."""


def sides(rows: list[list[tuple[str, str, str]]]) -> tuple[list[Row], list[Row]]:
    return [[(t, a) for t, a, _ in row] for row in rows], [[(t, b) for t, _, b in row] for row in rows]


@given(rows=pairs)
def test_the_same_tokens_have_the_counts_of_plain_scoring(rows) -> None:
    gold, found = sides(rows)
    for convention in CONVENTIONS:
        plain = count(columns(gold), columns(found), convention)
        both = Aligned.of(columns(gold), columns(found))
        aligned = both.count(columns(gold), columns(found), convention)
        assert aligned.types == plain.types and np.array_equal(aligned.values, plain.values)
        assert both.score(columns(gold), columns(found), convention) == plain.scores()


@dataclass
class Recut:
    """Another tokenization of the same text under the same mentions, as ``draw`` decides."""

    draw: st.DrawFn

    def rows(self, rows: list[Row]) -> list[Row]:
        return [piece for row in self.joined(rows) for piece in self.parted(self.split(self.merged(row)))]

    def joined(self, rows: list[Row]) -> list[Row]:
        """Put sentences together where no label of the second would go on with the first."""
        found: list[Row] = []
        for row in rows:
            safe = found and (found[-1][-1][1] == row[0][1] == "O" or row[0][1].startswith("B"))
            if safe and self.draw(st.booleans()):
                found[-1] = [*found[-1], *row]
            else:
                found.append(row)
        return found

    def merged(self, row: Row) -> Row:
        """Join neighbours that belong to one mention, or to none, some with a blank between them."""
        found: Row = [row[0]]
        for token, label in row[1:]:
            before, of_before = found[-1]
            goes_on = label == of_before == "O" or (label[0] == "I" and label[1:] == of_before[1:])
            if goes_on and self.draw(st.booleans()):
                found[-1] = (before + self.draw(st.sampled_from(["", " ", "\u00a0"])) + token, of_before)
            else:
                found.append((token, label))
        return found

    def split(self, row: Row) -> Row:
        """Cut tokens anywhere but before a mark, and write them in another form of Unicode normalization."""
        found: Row = []
        for token, label in row:
            pieces = [token[0]]
            for character in token[1:]:
                apart = unicodedata.combining(character) == 0 and self.draw(st.booleans())
                pieces = [*pieces, character] if apart else [*pieces[:-1], pieces[-1] + character]
            form = self.draw(st.sampled_from(["NFC", "NFD"]))
            for number, piece in enumerate(filter(str.strip, pieces)):
                goes_on = number and label != "O"
                found.append((unicodedata.normalize(form, piece), f"I{label[1:]}" if goes_on else label))
        return found

    def parted(self, row: Row) -> list[Row]:
        """Begin sentences where no mention is cut: before O, and before a label that begins one."""
        found: list[Row] = [[row[0]]]
        for token, label in row[1:]:
            safe = label == "O" or label.startswith("B")
            if safe and self.draw(st.booleans()):
                found.append([(token, label)])
            else:
                found[-1].append((token, label))
        return found


@given(rows=pairs, data=st.data())
def test_counts_stay_whatever_the_tokens_of_both_files(rows, data) -> None:
    gold, found = sides(rows)
    cut = Recut(data.draw)
    other_gold, other_found = cut.rows(gold), cut.rows(found)
    for convention in CONVENTIONS:
        plain = count(columns(gold), columns(found), convention).scores()
        assert by_characters(other_gold, other_found, convention) == plain


@given(rows=pairs, data=st.data())
def test_units_are_the_sentences_of_the_reference(rows, data) -> None:
    gold, found = sides(rows)
    again = columns(Recut(data.draw).rows(found))
    for convention in CONVENTIONS:
        plain = count(columns(gold), columns(found), convention)
        aligned = Aligned.of(columns(gold), again).count(columns(gold), again, convention)
        assert np.array_equal(aligned.values, plain.values)


@pytest.mark.parametrize(
    ("gold", "found", "counts"),
    [  # worked out by hand: correct, predicted, reference under conlleval
        ("New/B-LOC York/I-LOC", "New_York/B-LOC", (1, 1, 1)),
        ("New/B-LOC York/I-LOC", "New/B-LOC Y/I-LOC ork/O", (0, 1, 1)),
        ("don't/O Ann/B-PER", "do/O n't/O Ann/B-PER", (1, 1, 1)),
        ("Annx/B-PER", "Ann/B-PER x/O", (0, 1, 1)),
        ("a/O | Ann/B-PER", "a/O Ann/B-PER", (1, 1, 1)),
        ("Ann/B-PER | Lo/B-PER", "Ann/B-PER Lo/I-PER", (0, 1, 2)),
        ("Ann/B-PER _/I-PER Lo/I-PER", "Ann/B-PER Lo/I-PER", (1, 1, 1)),
    ],
)
def test_by_hand(gold: str, found: str, counts: tuple[int, int, int]) -> None:
    rows = [
        [
            [(token.replace("_", " "), label) for token, label in (each.split("/") for each in row.split())]
            for row in side.split("|")
        ]
        for side in (gold, found)
    ]
    assert by_characters(*rows, "conlleval")[ALL] == Score(*counts)


def test_other_texts_and_mentions_of_white_space_are_refused() -> None:
    with pytest.raises(OpenNERError, match="hold different texts"):
        Aligned.of(columns([[("a", "O")]]), columns([[("b", "O")]]))
    blank = columns([[("a", "O"), (" ", "B-PER")]])
    with pytest.raises(FormatError, match="file:2: a mention of white space alone"):
        Aligned.of(blank, blank).count(blank, blank)


@given(st.text())
def test_characters_are_the_same_in_every_form(text: str) -> None:
    forms = {bare(unicodedata.normalize(form, text)) for form in ("NFC", "NFD")}
    assert len(forms) == 1 and not any(each.isspace() for each in bare(text))
