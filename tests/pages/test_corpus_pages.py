"""A page for each corpus: what it says, that it stands by itself, and that nothing in it is taken for HTML."""

import csv
import math
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from openner_utils.analysis import ledger
from openner_utils.analysis.audit.corpora import Checked, State
from openner_utils.catalog import load_card, load_cards
from openner_utils.catalog.ontology import CERTAINTY, contested
from openner_utils.core.artifacts import CLEANED, Folder, Inputs
from openner_utils.core.releases import read_table, write_table
from openner_utils.pages.corpora import ledgers
from openner_utils.pages.corpora.facts import caution, facts
from openner_utils.pages.corpora.found import READS, Found
from openner_utils.pages.corpora.links import links
from openner_utils.pages.corpora.sections import _contested, _power
from openner_utils.pages.corpora.write import listing, write
from openner_utils.pages.report import Page
from openner_utils.stages import audit, main, standardize
from tests import places
from tests.broken import broken, taken_away
from tests.pages.test_report import Elements

CORPORA = ("habari", "sahafa", "webpages")
EVIL = "<b>&amp;"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of three corpora; a training sentence of Habari holds what looks like HTML."""
    root = tmp_path_factory.mktemp("pages")
    place = places.samples(
        root, f"data: {{corpora: [{', '.join(CORPORA)}]}}\nclean: {{repair: conlleval}}\nstandardize: {{}}\n"
    )
    places.cleaned(place, *CORPORA)
    cleaned = CLEANED.path(place.artifacts, corpus="habari")
    rows = read_table(cleaned).to_pylist()
    rows[0]["tokens"][0] = EVIL
    write_table(cleaned, pa.Table.from_pylist(rows, read_table(cleaned).schema))
    main(standardize, place)
    main(audit, place)
    cards = load_cards(CORPORA)
    nav = [Page(place.pages / "index.html", "Overview"), listing(place)]
    write(cards, Found.read(Inputs(Folder(place.artifacts), READS)), place, nav, "Small.")
    (place.pages.parent / "links.html").write_text(links(cards.values()))
    return place.pages


def text(pages: Path, corpus: str) -> str:
    return (pages / f"corpus-{corpus}.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("corpus", CORPORA)
def test_a_page_holds_the_card_and_what_was_found(pages: Path, corpus: str) -> None:
    card = load_cards([corpus])[corpus]
    page = Elements(text(pages, corpus))
    for said in (card.name, card.licence.spdx, card.domain, card.citation.strip(), "Small."):
        assert said in page.text
    for heading in ("Files", "Counts", "Entity types", "Repairs", "Some sentences", "Citation"):
        assert heading in page.text
    for file in card.files:
        assert file.path in page.text and file.sha256 and file.sha256[:8] in page.text
    assert page.of("mark")
    assert {"href": "corpora.html"} in page.of("a")


@pytest.mark.parametrize("corpus", CORPORA)
def test_a_page_loads_nothing_and_runs_the_script_of_tables_alone(pages: Path, corpus: str) -> None:
    page = Elements(text(pages, corpus))
    assert page.of("script") == [{}] and not page.of("link") and not page.of("img")
    assert all(cell.get("dir") == "auto" for cell in page.of("td") if "dir" in cell)


def test_what_could_be_found_stands_on_the_page_where_encoders_were_compared(pages: Path) -> None:
    assert "What a difference must be" not in text(pages, "habari")
    cards = pd.DataFrame(
        [("habari", "swa", seeds, size, size == 71, value) for size, value in ((71, 15.7), (100, math.nan)) for seeds in (1, 10)]
        + [("sahafa", "ara", 1, 50, True, 3.0)],
        columns=["corpus", "language", "seeds", "sentences", "own", "detectable"],
    )  # fmt: skip
    (shown,) = (section for section in _power(load_card("habari"), cards))
    page = Elements("".join(str(getattr(each, "data", each)) for each in shown.shown))
    assert shown.heading == "What a difference must be to be found"
    assert (
        page.text.count("15.7") == 2
        and "100" not in page.text
        and "1 seed" in page.text
        and "10 seeds" in page.text
    )
    assert {"href": "compare-power.html"} in page.of("a")
    assert _power(load_card("webpages"), cards) == []


def test_tokens_are_escaped(pages: Path) -> None:
    assert EVIL not in text(pages, "habari")
    assert "&lt;b&gt;&amp;amp;" in text(pages, "habari")


def test_sentences_run_in_their_own_direction(pages: Path) -> None:
    cells = [
        cell for cell in Elements(text(pages, "sahafa")).of("td") if "plaintext" in cell.get("style", "")
    ]
    assert cells and all(cell["dir"] == "auto" for cell in cells)


def test_repairs_stand_by_rule_with_examples(pages: Path) -> None:
    found = Elements(text(pages, "habari")).text
    assert "habari/train.txt:" in found and "I-LOC" in found
    tables = read_table(pages.parent.parent / "artifacts/clean/habari.parquet")
    repaired = int(ledger.repaired(tables)["repaired"].sum())
    assert f"{repaired} labels were repaired, in all splits and of all types" in found
    audited = pd.read_parquet(pages.parent.parent / "artifacts/audit/repairs.parquet").query(
        "corpus == 'habari' and types == 'all'"
    )
    assert audited["repaired"].sum() == repaired, "one number on every page"
    other = Elements(text(pages, "webpages")).text
    assert "0 labels were repaired" in other and "The ledger has 3 rows" in other


def test_the_whole_ledger_lies_beside_the_page_as_csv(pages: Path) -> None:
    page = Elements(text(pages, "habari"))
    assert {"href": "ledger-habari.csv"} in page.of("a")
    with open(pages / "ledger-habari.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    ledger_rows = read_table(pages.parent.parent / "artifacts/clean/habari.ledger.parquet").to_pylist()
    assert rows and rows == [
        {name: str(ledgers.plain(value)) for name, value in row.items()} for row in ledger_rows
    ]


def test_types_stand_with_how_they_are_known_and_what_speaks_against_them(pages: Path) -> None:
    found = Elements(text(pages, "habari")).text
    assert f"summary, {CERTAINTY['summary']}" in found and "paper, read in" not in found
    of_corpus, of_all = contested()["arman/fac"].reason, contested()["FACILITY"].reason
    assert _contested(load_card("arman"), "fac", "FACILITY") == f"{of_corpus}; {of_all}"
    assert _contested(load_card("habari"), "LOC", "LOC") == ""


def test_the_list_of_openner_is_not_given_for_the_papers_own() -> None:
    (said,) = (value for name, value in facts(load_card("arman")) if name == "In OpenNER 1.0")
    assert said.startswith("ArmanPersoNERCorpus (") and "reconstructed" in said
    assert "In OpenNER 1.0" not in dict(facts(load_card("habari")))


def test_all_links_lead_somewhere_and_tables_have_their_data(pages: Path) -> None:
    index = pages / "index.html"
    index.write_text("<p>x</p>")  # which the report writes
    try:
        assert broken(pages) == []
    finally:
        index.unlink()
    listed = pd.read_csv(pages / "data" / "corpora" / "table-1.csv")
    assert listed["licence"].tolist() == [load_cards([each])[each].licence.spdx for each in CORPORA]
    assert sum(link.endswith(".tex") for link in taken_away(pages)) >= 5 * len(CORPORA)


def test_each_corpus_is_linked_from_the_list_and_by_links(pages: Path) -> None:
    wanted = [f"corpus-{corpus}.html" for corpus in CORPORA]
    listed = [link["href"] for link in Elements((pages / "corpora.html").read_text()).of("a")]
    assert [href for href in listed if href.startswith("corpus-")] == wanted
    linked = Elements((pages.parent / "links.html").read_text()).of("a")
    assert [link["href"] for link in linked] == wanted


def test_a_corpus_of_ones_own_is_not_called_verified() -> None:
    card = load_cards(["habari"])["habari"]
    source = card.source.model_copy(update={"repository": "file:///home/me/letters"})
    own = card.model_copy(update={"source": source})
    assert ("State", "verified") in facts(card) and ("State", "your own files") in facts(own)
    assert "(your own files)" in links([own])
    assert "no publisher's word stands behind them" in caution(State.of(own))


def test_a_corpus_in_doubt_says_so() -> None:
    card = load_cards(["habari"])["habari"]
    files = tuple(file.model_copy(update={"bytes": None, "sha256": None}) for file in card.files)
    source = card.source.model_copy(update={"instructions": "Sign the form."})
    doubtful = card.model_copy(update={"files": files, "source": source})
    assert "(restricted, unverified)" in links([doubtful])
    assert ("How to get it", "Sign the form.") in facts(doubtful)
    assert caution(State.of(doubtful)).startswith("The publisher restricts") and "neither bytes" in caution(
        State.of(doubtful)
    )
    assert (
        "table of files" in caution(State(Checked.PARTLY, False))
        and caution(State(Checked.WHOLLY, False)) == ""
    )
