"""The conflict atlas: what stands on the page, and that nothing of a corpus runs on it."""

import re
from pathlib import Path

import pytest

from openner_utils.api import atlas, conflicting
from openner_utils.api.conflicting import Options
from openner_utils.config.params import Encoder
from openner_utils.exports.conflicts import MODEL, RULE, Found
from openner_utils.unify.alike import Meant, unknown_meaning
from openner_utils.unify.corpora import Corpus
from tests.unify import made
from tests.unify.test_conflicts import LATIN, generated

CHARACTERS = Encoder(
    checkpoint="scratch:characters", learning_rate=0.004, epochs=4, batch_size=8, weight_decay=0.0, warmup_ratio=0.1, max_length=128,
    overlap=16,
)  # fmt: skip
OPTIONS = Options("characters", (1, 2), 100)


def found(corpora: list[Corpus], *methods: str) -> list[Found]:
    return [conflicting.find(method, corpora, OPTIONS, CHARACTERS, unknown_meaning) for method in methods]


@pytest.fixture(scope="module")
def swapped() -> list[Corpus]:
    return [
        generated("with", LATIN, 1, swap=True, count=120),
        generated("without", LATIN, 2, count=120),
    ]


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def test_both_methods_stand_on_one_page(swapped: list[Corpus], tmp_path: Path) -> None:
    atlas.write(found(swapped, RULE, MODEL), swapped, unknown_meaning, tmp_path / "atlas.html")
    page = text(tmp_path / "atlas.html")
    assert "Who contradicts whom, by rule" in page
    assert "Who contradicts whom, by model" in page
    headings = re.findall(r"<article><h2>([^<]*)</h2>", page)
    assert sorted(headings) == ["with: GPE", "with: LOC", "without: GPE", "without: LOC"]
    assert page.count("<dl>") == sum(
        verdict.candidate.clear for each in found(swapped, RULE, MODEL) for verdict in each.verdicts
    )
    assert "Taggers across corpora" in page
    assert re.search(r"of \d+ texts that with marks as GPE, without has", page)
    assert re.search(r"of \d+ texts that taggers of with name GPE, without has", page)


def test_places_are_shown_where_types_mean_places(swapped: list[Corpus], tmp_path: Path) -> None:
    def meaning(corpus: str, type: str) -> Meant:
        return Meant("location -> lake", ("location",)) if type == "LOC" else Meant()

    atlas.write(found(swapped, RULE), swapped, meaning, tmp_path / "atlas.html")
    table = text(tmp_path / "atlas.html").split("<h2>Places</h2>")[1].split("<h2>Type by type</h2>")[0]
    assert "with: LOC" in table
    assert "with: GPE" not in table
    atlas.write(found(swapped, RULE), swapped, unknown_meaning, tmp_path / "atlas.html")
    assert "No clear conflict between types of places" in text(tmp_path / "atlas.html")


def test_corpora_that_agree_have_a_page_that_says_so(tmp_path: Path) -> None:
    corpora = [generated("one", LATIN, 1, count=60), generated("other", LATIN, 2, count=60)]
    atlas.write(found(corpora, RULE), corpora, unknown_meaning, tmp_path / "atlas.html")
    page = text(tmp_path / "atlas.html")
    assert "No conflict is clear" in page
    assert "0 clear conflicts" in page


def test_nothing_of_a_corpus_runs(tmp_path: Path) -> None:
    bad = "<script>alert(1)</script>{0}\u202e"
    rows = [
        [made.row(f"{bad} [Gland{n}{bad}|{type}] x") for n in range(20) for _ in range(3)]
        for type in ("A<b>", "B<b>")
    ]
    corpora = [
        made.corpus(f"<i>{number}", each + [made.row("[yy|A<b>] [zz|B<b>]")] * 2)
        for number, each in enumerate(rows)
    ]
    results = found(corpora, RULE)
    assert any(verdict.candidate.clear for verdict in results[0].verdicts)
    atlas.write(results, corpora, unknown_meaning, tmp_path / "atlas.html")
    page = text(tmp_path / "atlas.html")
    assert page.count("<script") == 1, "that of the page's tables"
    assert "<script>alert" not in page
    assert "<b>" not in page
    assert "<i>" not in page
    assert "\u202e" not in page
    assert "alert(1)" in page  # it is shown, as text
    assert not re.search(r"(?:src|href)=\"(?!#|atlas)", page)
