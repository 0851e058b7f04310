"""The figure of who helps whom: entries with their intervals, the own test set framed, with equal bytes each time."""

import matplotlib
import pandas as pd
import pytest

from openner_utils.pages import figures
from openner_utils.pages.figures_of_transfer import transfer
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
