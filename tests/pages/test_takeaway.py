"""What is taken away from a page: whole tables as CSV, LaTeX as it is shown, figures in every form, under links that lead there."""

import base64
import io
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
from markupsafe import Markup

from openner_utils.pages import figures, report, tables
from openner_utils.pages.corpora.sections import Section
from openner_utils.pages.report import Page
from openner_utils.pages.takeaway import MIME, Table, Takeaways
from tests.broken import broken, taken_away
from tests.pages.test_report import Elements

V4 = nbformat.v4
ROWS = pd.DataFrame(
    {
        "system": [f"s_{n}" for n in range(40)],
        "f1": [n + 0.26 for n in range(40)],
        "p_raw": 0.123456,
        "seeds": 3,
    }
)
EVIL = "<script>alert(1)</script>"


def output(shown: Table | tuple[dict[str, object], dict[str, str]]) -> nbformat.NotebookNode:
    """Return what a kernel makes of a table or figure."""
    if isinstance(shown, tuple):
        return V4.new_output("display_data", shown[0], metadata=shown[1])
    data = {"text/html": shown.data, "text/plain": "?", **shown._repr_mimebundle_()}
    return V4.new_output("execute_result", data, execution_count=1)


def written(tmp_path: Path, *shown: Any) -> Path:
    outputs = [output(each) for each in shown]
    cells = [V4.new_markdown_cell("# Q\n\n## F1 of a_b"), V4.new_code_cell("x", outputs=outputs)]
    executed = tmp_path / "page.ipynb"
    nbformat.write(V4.new_notebook(cells=cells), executed)
    out = tmp_path / "html" / "compare-q.html"
    report.page(executed, "Q", out, [Page(out, "Q")], "Not to cite.")
    return out.parent


def test_the_csv_has_every_row_and_column_and_the_latex_what_is_shown(tmp_path: Path) -> None:
    folder = written(tmp_path, tables.excerpt(ROWS, "x.parquet"), tables.show_results(ROWS))
    assert broken(folder) == []
    data = folder / "data" / "compare-q"
    assert sorted(path.name for path in data.iterdir()) == [
        "table-1.csv",
        "table-1.tex",
        "table-2.csv",
        "table-2.tex",
    ]
    for number in (1, 2):
        found = pd.read_csv(data / f"table-{number}.csv")
        assert list(found) == list(ROWS) and len(found) == 40 and found["f1"].tolist() == ROWS["f1"].tolist()
    first, second = ((data / f"table-{n}.tex").read_text() for n in (1, 2))
    assert first.startswith("% From compare-q.html") and "% Not to cite." in first
    assert r"\caption{Q: F1 of a\_b}" in first and r"\label{tab:compare-q-table-1}" in first
    assert first.count("s\\_") == 30 and second.count("s\\_") == 40
    assert "p raw" in first and "p raw" not in second, "as on the page"
    html = (folder / "compare-q.html").read_text()
    assert {"class": "takeaway", "id": "table-2"} in Elements(html).of("p")


def test_a_figure_has_every_form_and_the_table_that_it_shows(tmp_path: Path) -> None:
    counts = pd.DataFrame({"language": ["fin", "swa"], "split": ["test", "test"], "sentences": [3, 4]})
    folder = written(tmp_path, figures.shown(figures.sentences(counts)))
    assert broken(folder) == []
    data = folder / "data" / "compare-q"
    begins = {"svg": b"<?xml", "pdf": b"%PDF", "png": b"\x89PNG", "csv": b"language,", "tex": b"% From"}
    assert {path.suffix[1:] for path in data.iterdir()} == set(begins)
    for ending, begin in begins.items():
        assert (data / f"figure-1.{ending}").read_bytes().startswith(begin), ending
    pd.testing.assert_frame_equal(pd.read_csv(data / "figure-1.csv"), counts)


def test_a_figure_that_was_saved_keeps_its_other_forms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = pd.DataFrame({"language": ["fin"], "split": ["test"], "sentences": [3]})
    figures.save(figures.sentences(counts), tmp_path / "sentences.svg", tmp_path)
    shown: list[tuple[dict[str, object], dict[str, str]]] = []
    monkeypatch.setattr(figures, "display", lambda data, metadata, raw: shown.append((data, metadata)))
    figures.show_saved(tmp_path / "sentences.svg")
    [(data, _)] = shown
    for form, name in (("application/pdf", "pdf"), ("image/png", "png")):
        assert base64.b64decode(str(data[form])) == (tmp_path / f"sentences.{name}").read_bytes()


def test_tables_of_sections_are_numbered_and_links_in_cells_become_words(tmp_path: Path) -> None:
    linked = pd.DataFrame(
        {"corpus": pd.Series([Markup('<a href="p.html">A &amp; B</a>')], dtype=object), "n": [1]}
    )
    out = tmp_path / "p.html"
    sections = [
        Section("One", "", [tables.show(linked), Markup("<p>words alone</p>")]),
        Section("Two", "", [tables.first(ROWS, 5), tables.part(ROWS, ["system"])]),
    ]
    report.write(
        "sections.html.j2", out, [Page(out, "P")], title="P", lead="", sections=sections, links=[], above=None,
        scale_note="", made=[],
    )  # fmt: skip
    assert broken(tmp_path) == []
    assert [link for link in taken_away(tmp_path) if link.endswith("csv")] == [
        f"data/p/table-{n}.csv" for n in (1, 2, 3)
    ]
    data = tmp_path / "data" / "p"
    assert (data / "table-1.csv").read_text() == "corpus,n\nA & B,1\n"
    assert r"A \& B & 1 \\" in (data / "table-1.tex").read_text()
    for number, rows in ((2, 5), (3, 40)):
        assert len(pd.read_csv(data / f"table-{number}.csv")) == 40
        assert (data / f"table-{number}.tex").read_text().count("s\\_") == rows


def test_what_lay_there_of_an_earlier_page_is_gone(tmp_path: Path) -> None:
    folder = written(tmp_path, tables.show(ROWS), tables.show(ROWS))
    written(tmp_path, tables.show(ROWS))
    assert sorted(path.name for path in (folder / "data" / "compare-q").iterdir()) == [
        "table-1.csv",
        "table-1.tex",
    ]


def test_corpus_text_is_no_formula_and_no_command(tmp_path: Path) -> None:
    nasty = pd.DataFrame({"words": ["=1+1", r"\input{x}", EVIL]})
    data = written(tmp_path, tables.show(nasty)) / "data" / "compare-q"
    assert pd.read_csv(data / "table-1.csv")["words"].tolist() == ["'=1+1", r"\input{x}", EVIL]
    assert r"\input" not in (data / "table-1.tex").read_text()


def test_an_output_without_data_has_no_links(tmp_path: Path) -> None:
    laid = Takeaways(tmp_path / "p.html")
    assert laid.of_output({"text/plain": "x"}, "") == "" and laid.under(Markup("<p>x</p>"), "").links == ""
    assert list(tmp_path.iterdir()) == []


def test_the_bundle_of_a_table_is_small_text_that_a_notebook_can_hold() -> None:
    bundle = tables.show(ROWS)._repr_mimebundle_()
    assert list(bundle) == [MIME] and pd.read_csv(io.StringIO(bundle[MIME]["csv"])).shape == (40, 4)
