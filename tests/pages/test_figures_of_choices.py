"""Figures of doses and choices: what is drawn where, in words that everyone can read, with equal bytes each time."""

from collections.abc import Callable

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from openner_utils.pages import figures
from openner_utils.pages.figures_of_choices import dose_response, specification_curve, trained_on_flaws
from tests.pages.test_figures import texts

DOSES = pd.DataFrame(
    [
        (kind, side, repair, dose, -dose * cost, -dose * cost - 1, -dose * cost + 1)
        for kind in ("I- without B-", "another type inside")
        for side in ("predictions", "both")
        for repair, cost in (("conlleval", 0.0), ("discard", 0.5))
        for dose in (0.1, 1.0, 20.0)
    ],
    columns=["kind", "side", "repair", "dose", "difference", "low", "high"],
)  # fmt: skip
DOSES.loc[DOSES["repair"] == "conlleval", ["low", "high"]] = np.nan
TRAINED = DOSES[DOSES["side"] == "both"].assign(system="s", regime="alone")
UNIVERSES = pd.DataFrame(
    [
        ("b minus a, alone, eng", 3.0, 1.0, 5.0, True, True, "conlleval", "exact", "core"),
        ("b minus a, alone, eng", -2.0, -4.0, 1.0, False, False, "conlleval", "texts", "core"),
        ("b minus a, alone, eng", 2.0, 0.5, 4.0, True, False, "discard", "exact", "core"),
        ("b minus a, alone, eng", 1.0, -1.0, 3.0, False, False, "discard", "texts", "core"),
    ],
    columns=["claim", "difference", "low", "high", "clear", "main", "repair", "rule", "map"],
)  # fmt: skip
ALL: dict[str, Callable[[], Figure]] = {
    "doses": lambda: dose_response(DOSES),
    "universes": lambda: specification_curve(UNIVERSES),
    "trained": lambda: trained_on_flaws(TRAINED),
    "none trained": lambda: trained_on_flaws(TRAINED.iloc[:0]),
    "no doses": lambda: dose_response(DOSES.iloc[:0]),
    "no universes": lambda: specification_curve(UNIVERSES.iloc[:0]),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", ALL)
def test_equal_bytes_whatever_the_settings(name: str) -> None:
    first = figures.svg(ALL[name]())
    with matplotlib.rc_context({"font.size": 23, "axes.facecolor": "red"}):
        assert figures.svg(ALL[name]()) == first


@pytest.mark.parametrize(
    ("name", "said"), [("no doses", "Nothing was planted."), ("none trained", "No model was trained on planted flaws."), ("no universes", "There are too few combinations of choices.")]
)  # fmt: skip
def test_nothing_to_draw_is_said_in_words(name: str, said: str) -> None:
    assert said in texts(ALL[name]())


def test_a_panel_holds_one_kind_and_side_with_a_line_for_each_repair() -> None:
    figure = dose_response(DOSES)
    assert len(figure.axes) == 4
    conlleval, discard, zero = figure.axes[0].lines
    assert list(conlleval.get_ydata()) == [0, 0, 0] and list(discard.get_ydata()) == [-0.05, -0.5, -10]
    assert list(zero.get_ydata()) == [0, 0]
    words = texts(figure)
    assert {"I- without B-,", "another type inside,", "conlleval", "discard", "0.1", "20"} <= set(words)
    assert words.count("in the predictions") == words.count("in both, each by itself") == 2


def test_models_trained_on_flaws_have_a_panel_for_each_kind() -> None:
    figure = trained_on_flaws(pd.concat([TRAINED, TRAINED.assign(system="t")]))
    assert len(figure.axes) == 4, "two kinds, two systems"
    conlleval, discard, _zero = figure.axes[0].lines
    assert list(conlleval.get_ydata()) == [0, 0, 0] and list(discard.get_ydata()) == [-0.05, -0.5, -10]
    assert (np.asarray(conlleval.get_xdata()) < np.asarray(discard.get_xdata())).all(), "beside each other"
    assert {"repaired by conlleval", "s, alone", "t, alone", "20"} <= set(texts(figure))


def test_universes_stand_in_the_order_of_their_difference_above_their_choices() -> None:
    above, below = specification_curve(UNIVERSES).axes
    clear, hollow, main = (above.lines[number] for number in (1, 2, 3))
    assert (list(clear.get_xdata()), list(hollow.get_xdata()), list(main.get_xdata())) == (
        [2, 3],
        [0, 1],
        [3],
    )
    assert hollow.get_markerfacecolor() == "white" != clear.get_markerfacecolor()
    rows = dict(zip([label.get_text() for label in below.get_yticklabels()], below.lines, strict=True))
    assert {name: list(line.get_xdata()) for name, line in rows.items()} == {
        "repair: conlleval": [0, 3], "repair: discard": [1, 2], "rule: exact": [2, 3], "rule: texts": [0, 1],
    }, "the map does not vary"  # fmt: skip
    assert "b minus a, alone, eng" in specification_curve(UNIVERSES).get_label()
