"""Tables as HTML, CSV and LaTeX."""

import re
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from openner_utils.pages import tables
from openner_utils.support.paths import Place
from openner_utils.support.words import counted

FRAME = pd.DataFrame(
    {
        "corpus": ["a_b & c", "<i>d</i>"],
        "f1_score": [12.3456, -0.0001],
        "p": [0.0123, float("nan")],
        "n": [1234, 5],
        "missing": pd.array([1, None], "Int64"),
    }
)


def test_csv_rounds_keeps_order_and_uses_unix_line_ends() -> None:
    assert tables.to_csv(FRAME, 1, p=3) == (
        "corpus,f1_score,p,n,missing\na_b & c,12.3,0.012,1234,1\n<i>d</i>,0.0,,5,\n"
    )
    assert FRAME["f1_score"][0] == 12.3456, "the frame that was given is left alone"


def test_html_is_escaped_grouped_and_rounded_by_column() -> None:
    html = tables.show(FRAME, "A < B", p=3).data
    assert "<caption>A &lt; B</caption>" in html
    assert "<th>f1 score</th>" in html
    assert "&lt;i&gt;d&lt;/i&gt;" in html and "<i>" not in html
    for text in ("12.3", "0.012", "1,234", "a_b &amp; c"):
        assert f'<td dir="auto">{text}</td>' in html
    assert '<td dir="auto"></td>' in html and "nan" not in html and "NA" not in html


def test_latex_is_escaped_and_numbers_stand_to_the_right() -> None:
    latex = tables.to_latex(FRAME, "scores", "50 % of $x_1$", p=3)
    assert r"\begin{tabular}{lrrrr}" in latex and r"\label{tab:scores}" in latex
    assert r"\caption{50 \% of \$x\_1\$}" in latex
    assert r"a\_b \& c & 12.3 & 0.012 & 1234 & 1 \\" in latex
    for rule in ("toprule", "midrule", "bottomrule"):
        assert latex.count("\\" + rule) == 1


def test_saving_writes_csv_and_latex_with_equal_bytes_each_time(
    tmp_path: Path,
) -> None:
    place = Place(tmp_path)
    path = tables.save(FRAME, "scores", "Scores", place)
    assert path == place.tables / "scores.csv"
    before = {file: file.read_bytes() for file in tmp_path.rglob("*.*")}
    assert sorted(file.suffix for file in before) == [".csv", ".tex"]
    tables.save(FRAME.copy(), "scores", "Scores", place)
    assert before == {file: file.read_bytes() for file in tmp_path.rglob("*.*")}


HALVES = {
    0.125: "0.13",
    2.675: "2.68",
    -0.125: "-0.13",
    -0.004: "0.00",
    62.245: "62.25",
    1e300: f"{1e300:.2f}",
}


@pytest.mark.parametrize("kind", ["float64", "Float64", "double[pyarrow]"])
def test_every_form_of_a_table_rounds_half_up(kind: str) -> None:
    frame = pd.DataFrame({"score": pd.array([*HALVES, None], kind)})
    shown = tables.show(frame, digits=2).data
    found = re.findall('<td dir="auto">(.*)</td>', shown)
    assert [cell.replace(",", "") for cell in found] == [*HALVES.values(), ""]
    latex = tables.to_latex(frame, "halves", "Halves", 2).partition(r"\midrule")[2]
    assert re.findall(r"(.+) \\\\", latex) == [*HALVES.values()]
    _, *lines = tables.to_csv(frame, 2).splitlines()
    assert [float(line) for line in lines[:-1]] == [float(text) for text in HALVES.values()]
    assert "-0.0" not in lines


def test_numbers_of_few_bits_round_as_they_print() -> None:
    frame = pd.DataFrame({"score": np.array([2.675, 0.125, 62.35], np.float32)})
    assert tables.to_csv(frame, 2) == "score\n2.68\n0.13\n62.35\n"
    assert tables.to_csv(frame, 1) == "score\n2.7\n0.1\n62.4\n"


def test_scores_in_percent_round_as_the_shares_that_they_are() -> None:
    halves = np.arange(1, 2000, 2)  # of 2,000 mentions, so 0.05 % and so on
    table = tables.to_csv(pd.DataFrame({"score": 100 * (halves / 2000)}), 1)
    assert [float(line) for line in table.splitlines()[1:]] == [(half + 1) / 20 for half in halves]


def test_a_long_table_is_written_in_little_time() -> None:
    frame = pd.DataFrame({"score": np.full(100_000, 62.25)})
    begin = time.perf_counter()
    assert tables.to_csv(frame, 1).count("62.3") == 100_000
    assert time.perf_counter() - begin < 10


@pytest.mark.parametrize(
    ("number", "words", "text"),
    [(1, ("corpus", "corpora"), "1 corpus"), (2, ("corpus", "corpora"), "2 corpora"), (1890, ("row",), "1,890 rows"), (0, ("row",), "0 rows")],
)  # fmt: skip
def test_numbers_agree_with_their_nouns(number: int, words: tuple[str, ...], text: str) -> None:
    assert counted(number, *words) == text


def test_a_comparison_shows_what_decides_and_no_p_of_zero():
    frame = pd.DataFrame(
        {"a": ["x", "y"], "difference": [1.25, -3.0], "p": [0.0004, 0.0125], "clear": [True, False],
         "p_raw": [0.1, 0.1], "se": [1.0, 1.0], "seed_se": [0.5, 0.5]}
    )  # fmt: skip
    text = tables.show_comparison(frame).data
    assert "&lt; 0.001" in text and "0.013" in text and "0.000" not in text
    assert "yes" in text and "no" in text and "True" not in text
    assert "p raw" not in text and "seed se" not in text
