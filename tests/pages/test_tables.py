"""Tables as HTML, CSV and LaTeX."""

import re
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from openner_utils.pages import tables
from openner_utils.support.errors import OpenNERError
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
    assert '<th scope="col" class="number">f1 score</th>' in html and '<th scope="col">corpus</th>' in html
    assert '<td class="short" dir="auto">&lt;i&gt;d&lt;/i&gt;</td>' in html and "<i>" not in html
    assert '<td class="short" dir="auto">a_b &amp; c</td>' in html
    for number in ("12.3", "0.012", "1,234", ""):
        assert f'<td class="number">{number}</td>' in html
    assert "nan" not in html and "NA" not in html


def test_markdown_is_escaped_and_numbers_stand_to_the_right() -> None:
    assert tables.in_markdown(FRAME).splitlines() == [
        "| corpus | f1 score | p | n | missing |",
        "| --- | ---: | ---: | ---: | ---: |",
        "| a_b &amp; c | 12.3 | 0.012 | 1,234 | 1 |",
        r"| \<i>d\</i> | 0.0 |  | 5 |  |",
    ]


def test_latex_is_escaped_and_numbers_stand_to_the_right() -> None:
    latex = tables.to_latex(FRAME, "scores", "50 % of $x_1$")
    assert r"\begin{tabular}{lrrrr}" in latex and r"\label{tab:scores}" in latex
    assert r"\caption{50 \% of \$x\_1\$}" in latex
    assert r"a\_b \& c & 12.3 & 0.012 & 1234 & 1 \\" in latex
    for rule in ("toprule", "midrule", "bottomrule"):
        assert latex.count("\\" + rule) == 1


HOSTILE = {
    "markup": "<script>alert(1)</script>",
    "latex": r"\input{x} 50% $a_1$ {b} ~ ^ # &",
    "optional argument": "[1cm] x",
    "markdown": "a|b `c` *d* [e](f)\nnext",
    "formula": "=HYPERLINK(1)",
    "terminal": "\x1b[31mred",
    "direction": "abc\u202edef\u2066ghi",
}
HARMLESS = {  # form → what must stand there for each of them
    "html": (
        "&lt;script&gt;alert(1)&lt;/script&gt;", r"\input{x} 50% $a_1$ {b} ~ ^ # &amp;", "[1cm] x", "a|b `c`", "=HYPERLINK(1)",
        "&lt;U+001B&gt;[31mred", "abc&lt;U+202E&gt;def&lt;U+2066&gt;ghi",
    ),
    "markdown": (
        r"\<script>alert(1)\</script>", r"\\input{x} 50% $a_1$ {b} ~ ^ # &amp;", r"\[1cm] x", r"a\|b \`c\` \*d\* \[e](f) next",
        "=HYPERLINK(1)", r"\<U+001B>\[31mred", r"abc\<U+202E>def\<U+2066>ghi",
    ),
    "latex": (
        r"\textless{}script\textgreater{}alert(1)", r"\textbackslash{}input\{x\} 50\% \$a\_1\$ \{b\} \textasciitilde{} "
        r"\textasciicircum{} \# \&", "{[}1cm] x", "a|b `c` *d* {[}e](f) next", "=HYPERLINK(1)",
        r"\textless{}U+001B\textgreater{}{[}31mred", r"abc\textless{}U+202E\textgreater{}def",
    ),
    "csv": ("<script>", r"\input{x}", "[1cm] x", "a|b", "'=HYPERLINK(1)", "red", "def"),
}  # fmt: skip


@pytest.mark.parametrize("form", HARMLESS)
@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_cell_does_nothing(form: str, kind: str) -> None:
    frame = pd.DataFrame({"cell": [HOSTILE[kind]]})
    text = {
        "html": tables.in_html(frame), "markdown": tables.in_markdown(frame), "csv": tables.to_csv(frame),
        "latex": tables.to_latex(frame, "x", "x"),
    }[form]  # fmt: skip
    assert HARMLESS[form][list(HOSTILE).index(kind)] in text


def test_cells_that_are_html_already_stay_as_they_are() -> None:
    frame = pd.DataFrame({"link": pd.Series([Markup('<a href="x">y</a>')], dtype=object)})
    assert '<td class="short" dir="auto"><a href="x">y</a></td>' in tables.in_html(frame)


def test_saving_writes_csv_and_latex_with_equal_bytes_each_time(tmp_path: Path) -> None:
    csv, latex = tmp_path / "scores.csv", tmp_path / "others" / "scores.tex"
    tables.save(FRAME, csv, latex, "Scores")
    before = csv.read_bytes(), latex.read_bytes()
    assert b"tab:scores" in before[1]
    tables.save(FRAME.copy(), csv, latex, "Scores")
    assert before == (csv.read_bytes(), latex.read_bytes())


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\t\n")), min_size=1)
)
def test_a_text_is_read_as_it_was_written(texts: list[str]) -> None:
    frame = pd.DataFrame({"text": pd.Series(["a", *texts], dtype=object), "n": range(len(texts) + 1)})
    with TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        path.write_bytes(tables.to_csv(frame).encode())
        found = tables.read(path)
    assert found["text"].fillna("").tolist() == ["a", *texts]


def test_only_an_empty_cell_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("language,n\nnan,1\nNA,\n,3\n")
    found = tables.read(path)
    assert found["language"].fillna("?").tolist() == ["nan", "NA", "?"] and found["n"].isna().tolist() == [
        False,
        True,
        False,
    ]


def test_a_table_that_is_not_there_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(OpenNERError, match="dvc repro"):
        tables.read(tmp_path / "none.csv")


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
    found = re.findall('<td class="number">(.*)</td>', shown)
    assert [cell.replace(",", "") for cell in found] == [*HALVES.values(), ""]
    latex = tables.to_latex(frame, "halves", "Halves", 2).partition(r"\midrule")[2]
    assert re.findall(r"(.+) \\\\", latex.replace("$-$", "-")) == [*HALVES.values()]
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


def test_results_show_what_decides_and_no_p_of_zero():
    frame = pd.DataFrame(
        {"a": ["x", "y"], "difference": [1.25, -3.0], "p": [0.0004, 0.0125], "clear": [True, False],
         "p_raw": [0.1, 0.1], "se": [1.0, 1.0], "seed_se": [0.5, 0.5]}
    )  # fmt: skip
    text = tables.show_results(frame).data
    assert '<td class="number">&lt; 0.001</td>' in text and "0.013" in text and "0.000" not in text
    assert "yes" in text and "no" in text and "True" not in text
    assert "p raw" not in text and "seed se" not in text


def test_results_end_with_what_they_rest_on_and_say_once_what_all_rows_share() -> None:
    frame = pd.DataFrame(
        {"system": "tiny", "language": ["eng", "fin"], "f1": [1.0, 1.0], "over": "40 sentences", "seeds": 1, "fertility": 2.0}
    )  # fmt: skip
    html = str(tables.show_results(frame, fertility=2).data)
    assert re.findall(r"<th [^>]*>(.*?)</th>", html) == ["language", "f1", "fertility", "over", "seeds"]
    assert "In every row: system <em>tiny</em>." in html
    assert "In every row" not in str(tables.show_results(frame.head(1)).data)


def test_an_excerpt_says_where_the_rest_is() -> None:
    frame = pd.DataFrame({"n": range(tables.MOST + 1)})
    html = str(tables.excerpt(frame, "artifacts/x.csv").data)
    assert (
        f"The first {tables.MOST} of {tables.MOST + 1} rows; all: <code>artifacts/x.csv</code>, and" in html
    )
    assert html.count("<tr>") == tables.MOST + 1
    assert "rows; all" not in str(tables.excerpt(frame.head(3), "artifacts/x.csv").data)
    assert (
        tables.excerpt(frame.head(0), "x", "Nothing <here>.").data.strip() == "<p>Nothing &lt;here&gt;.</p>"
    )
    assert tables.excerpt(frame.head(0), "x", "").data.strip() == ""


def test_columns_in_which_nothing_stands_are_left_out() -> None:
    frame = pd.DataFrame({"a": ["", "x"], "b": ["", ""], "c": [None, None], "d": [0, 0]})
    assert list(tables.filled(frame)) == ["a", "d"]


def test_a_text_of_ten_megabytes_is_cut_and_what_a_terminal_obeys_is_written_out() -> None:
    html = str(tables.in_html(pd.DataFrame({"token": ["x" * 10_000_000, "\x1b[2J\u202e\x00<b>"]})))
    assert len(html) < 10_000 and "… (10,000,000 characters)" in html
    assert "&lt;U+001B&gt;[2J&lt;U+202E&gt;&lt;U+0000&gt;&lt;b&gt;" in html
