"""The figure of who helps whom: entries with their intervals, the own test set framed, with equal bytes each time."""

import matplotlib
import pandas as pd
import pytest

from openner_utils.pages import figures
from openner_utils.pages.figures_of_transfer import donors, transfer
from tests.pages.test_figures import texts

ROWS = [
    ("e5", "alone", "a/fin", "a", "fin", "itself", 61.2),
    ("e5", "alone", "a/fin", "b", "swa", "same script", 32.5),
    ("e5", "joint", "joint", "b", "swa", "among them", 70.0),
]
FOUND = pd.DataFrame(
    [
        (*row, cell, row[-1] - 10, row[-1] + 10, 40, 50)
        for row in ROWS
        for cell in ("shared types", "all types")
    ],
    columns=[
        "system", "regime", "trained", "corpus", "language", "relation", "f1", "cell", "low", "high", "sentences", "mentions",
    ],
)  # fmt: skip


def test_an_entry_has_its_interval_and_a_column_its_sentences() -> None:
    words = " ".join(texts(transfer(FOUND)))
    assert all(part in words for part in ("61", "51–71", "33", "23–43", "a/fin", "joint", "n = 40"))
    (axes,) = transfer(FOUND).axes
    assert len(axes.patches) == len(ROWS), "one cell alone is drawn"
    assert [patch.get_linewidth() > 0 for patch in axes.patches] == [True, False, False]


@pytest.mark.filterwarnings("error")
def test_equal_bytes_whatever_the_settings() -> None:
    first = figures.svg(transfer(FOUND))
    with matplotlib.rc_context({"font.size": 23, "axes.facecolor": "red"}):
        assert figures.svg(transfer(FOUND)) == first


def test_nothing_to_draw_is_said_in_words() -> None:
    assert "No model was tested on what it was not trained on." in " ".join(texts(transfer(FOUND.iloc[:0])))


def test_with_many_columns_intervals_stand_in_the_table_alone() -> None:
    many = pd.concat([FOUND.assign(corpus=f"c{number}") for number in range(8)])
    assert "51–71" not in " ".join(texts(transfer(many)))


CURVE = pd.DataFrame(
    [
        ("e5", "helped", "c", "swa", size, kind, f1, f1 - 8, f1 + 8, 3, 60)
        for kind, scores in (("related", (20, 40, 60)), ("unrelated", (5, 30, 60)), ("no donor", (None, 2, 55)))
        for size, f1 in zip((0, 10, 200), scores, strict=True)
        if f1 is not None
    ],
    columns=[
        "system", "regime", "corpus", "language", "target_sentences", "kind", "f1", "low", "high", "seeds", "sentences",
    ],
)  # fmt: skip


def test_a_curve_has_its_sizes_its_kinds_and_its_n() -> None:
    drawn = donors(CURVE)
    (axes,) = drawn.axes
    assert [text.get_text() for text in axes.get_xticklabels()] == ["0", "10", "200"]
    assert [list(line.get_ydata()) for line in axes.lines] == [[20, 40, 60], [5, 30, 60], [2, 55]]
    words = " ".join(texts(drawn))
    assert all(part in words for part in ("Swahili, c", "n = 60 sentences, 3 seeds", "related", "no donor"))


def test_a_target_of_one_size_has_no_line() -> None:
    both = pd.concat([CURVE, CURVE[CURVE["target_sentences"] == 10].assign(language="fin")])
    assert len(donors(both).axes) == 1, "Finnish is left out"
    alone = donors(CURVE[CURVE["target_sentences"] == 10])
    assert "No target was trained with several numbers of sentences." in " ".join(texts(alone))


def test_a_curve_has_equal_bytes_whatever_the_settings() -> None:
    first = figures.svg(donors(CURVE))
    with matplotlib.rc_context({"font.size": 23}):
        assert figures.svg(donors(CURVE)) == first
