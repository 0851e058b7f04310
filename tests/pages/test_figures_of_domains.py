"""Corpora trained on alone and together: a panel for each view, a row per corpus, a lane per regime; and their types by regime."""

import matplotlib
import numpy as np
import pandas as pd

from openner_utils.pages import figures
from openner_utils.pages.figures_of_domains import domains
from openner_utils.pages.views.domains import by_type
from tests.pages.test_figures import texts

SCORES = {
    "separate": {"own types": (60, 50), "all types": (60, 50)},
    "union": {"own types": (58, 51), "all types": (20, 50)},
}
FOUND = pd.DataFrame(
    [
        ("e5", "eng", corpus, domain, view, regime, f1, f1 - 5, f1 + 5, 3, 40)
        for regime, views in SCORES.items()
        for view, scores in views.items()
        for (corpus, domain), f1 in zip((("tweets", "social media"), ("wiki", "encyclopedia")), scores, strict=True)
    ],
    columns=["system", "language", "corpus", "domain", "view", "regime", "f1", "low", "high", "seeds", "sentences"],
)  # fmt: skip


def test_each_view_has_its_scores_and_what_differs_most_stands_on_top() -> None:
    own, every = domains(FOUND).axes
    assert [axes.get_title("left") for axes in (own, every)] == ["own types", "all types"]
    assert [label.get_text().split("\n")[0] for label in own.get_yticklabels()] == [
        "wiki, English",
        "tweets, English",
    ]
    drawn = {line.get_label(): list(map(float, line.get_xdata())) for line in every.lines}
    assert drawn == {"separate": [50, 60], "union": [50, 20]}
    words = " ".join(texts(domains(FOUND)))
    assert "social media" in words and "n = 40" in words and "union" in words


def test_equal_bytes_and_words_where_there_is_nothing() -> None:
    first = figures.svg(domains(FOUND))
    with matplotlib.rc_context({"font.size": 23}):
        assert figures.svg(domains(FOUND)) == first
    assert "No corpora of one language" in " ".join(texts(domains(FOUND.iloc[:0])))


def test_types_stand_beside_each_other_by_regime() -> None:
    rows = [
        ("wiki", "LOC", True, 0, "separate", 70.0, 0.0), ("wiki", "LOC", True, 0, "union", 30.0, 0.0),
        ("tweets", "LOC", False, 1, "separate", np.nan, 0.0), ("tweets", "LOC", False, 1, "union", np.nan, 12.0),
        ("tweets", "ORG", False, 1, "separate", np.nan, 0.0), ("tweets", "ORG", False, 1, "union", np.nan, 0.0),
    ]  # fmt: skip
    found = pd.DataFrame(rows, columns=["corpus", "type", "annotated", "others", "regime", "f1", "predicted"])
    wide = by_type(found.assign(system="e5", language="eng", of=1, mentions=9))
    told = wide[["corpus", "type", "what", "annotated_by_others", "separate", "union"]]
    assert told.to_dict("split")["data"] == [
        ["tweets", "LOC", "mentions predicted", "1 of 1", 0.0, 12.0],
        ["wiki", "LOC", "F1", "0 of 1", 70.0, 30.0],
    ], "a type of which nothing is predicted anywhere has no row"
