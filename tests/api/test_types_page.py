"""The page on types out of domain, and the notebook that argues it: both read what the command wrote."""

from dataclasses import replace
from pathlib import Path

import pytest

from openner_utils.api import types_page
from openner_utils.exports import transfer as exports
from openner_utils.pipeline import notebooks
from openner_utils.support import paths
from openner_utils.unify.ablated import Comparison, compare
from openner_utils.unify.answers import QUESTIONS, answer
from openner_utils.unify.arms import DRAWN, FULL, NAMED, PRUNED
from openner_utils.unify.transfer import NAMINGS
from openner_utils.unify.transferred import table
from tests.unify.test_arms import of_arm
from tests.unify.test_transfer import made_folds

OPTIONS = {"corpora": ["a<b>", "c"], "seeds": [1, 2, 3], "sentences": 9, "test": 60, "domains": ["a", "b"]}


@pytest.fixture
def written(tmp_path: Path) -> tuple[Path, list[Comparison]]:
    """Return the folder of a test whose arms found other shares of all mentions, and its comparisons."""
    folds = [*made_folds().values()]
    full = of_arm(FULL, 40)
    found = compare(folds, full + of_arm(NAMED, 10) + of_arm(PRUNED, 39) + of_arm(DRAWN, 20), (1, 2, 3))
    rows = table(folds, [replace(each, naming=naming) for each in full for naming in NAMINGS])
    exports.write(rows, [], None, found, OPTIONS, tmp_path / "out")
    return tmp_path / "out", found


def test_what_was_written_is_read_to_four_digits(written: tuple[Path, list[Comparison]]) -> None:
    folder, found = written
    comparisons, rows, options = exports.read(folder)
    assert len(comparisons) == len(found) == 12
    for one, other in zip(comparisons, found, strict=True):
        assert (one.base, one.arm, one.slice, one.clear) == (other.base, other.arm, other.slice, other.clear)
        assert (one.domains, one.mentions) == (other.domains, other.mentions)
        assert one.difference.low == pytest.approx(other.difference.low, abs=5e-5)
        assert one.p == pytest.approx(other.p, abs=5e-5)
    assert len(rows) == 28
    assert options["seeds"] == [1, 2, 3]


def test_the_page_answers_each_question_and_escapes_what_corpora_are_called(
    written: tuple[Path, list[Comparison]], tmp_path: Path
) -> None:
    folder, found = written
    types_page.write(folder, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "a&lt;b&gt;, c" in page
    for question in QUESTIONS:
        section = page.split(f"<h2>{question.title}</h2>")[1].split("<h2>")[0]
        assert section.count("<li>") == len(question.pairs)
        compared = sum((each.base, each.arm) in question.pairs for each in found)
        assert section.count("<tr>") == (compared + 1 if compared else 0)
    assert "<script src" not in page


def test_the_notebook_reads_the_folder_and_says_the_same(
    written: tuple[Path, list[Comparison]], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = written
    notebook = notebooks.load(paths.NOTEBOOKS / "00_types.py")
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    assert code.count('"artifacts/unify/types"') == 1
    told: list[str] = []
    monkeypatch.setattr("IPython.display.Markdown", told.append)
    exec(code.replace("artifacts/unify/types", str(folder)), {})
    comparisons, _, _ = exports.read(folder)
    for question, said in zip(QUESTIONS, told[1:], strict=True):
        assert all(line in said for line in answer(question, comparisons))
