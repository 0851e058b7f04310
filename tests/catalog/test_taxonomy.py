"""The universal taxonomy: it is whole, it covers every card, and it agrees with the standardized names and core types."""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import yaml

from openner_utils.catalog import load_cards, ontology
from openner_utils.catalog.taxonomy import CERTAINTY, Taxonomy, told, universal
from openner_utils.catalog.taxonomy.checks import faults
from openner_utils.support import paths
from openner_utils.support.code import modules
from openner_utils.support.errors import OpenNERError
from tests.reading import FIXTURES

CARDS = load_cards()


@pytest.fixture(scope="module")
def known() -> Taxonomy:
    return universal()


def test_nothing_is_wrong_with_it(known: Taxonomy) -> None:
    assert list(map(str, faults(known, CARDS, frozenset(ontology.entity_types())))) == []


def test_it_is_as_large_as_promised_and_every_type_reaches_its_main_category(known: Taxonomy) -> None:
    assert len(known.types) >= 400 and len(known.categories) >= 10
    for name in known.types:
        root = known.lineage(name)[-1]
        assert not known.types[root].parent
        assert {known.category_of[each] for each in known.lineage(name)} == {known.category_of[root]}
        assert known.category_of[root] in known.categories


def test_every_raw_type_of_every_card_is_mapped_with_reason_and_certainty(known: Taxonomy) -> None:
    for corpus, card in CARDS.items():
        entries = known.mapped[corpus]
        assert set(entries) == set(card.types), corpus
        assert all(
            entry.why and entry.by in CERTAINTY and entry.to in known.types for entry in entries.values()
        )


def test_every_name_of_the_published_table_is_one_type_and_no_other_name_is_said_to_be_there(
    known: Taxonomy,
) -> None:
    tables = yaml.safe_load((FIXTURES / "b2ner_names.yaml").read_text(encoding="utf-8"))
    names = [name for table in tables.values() for name in table]
    said = Counter(name for type in known.types.values() for name in type.published)
    assert len(names) == len(set(names)) > 350
    assert said == Counter(names)


def test_each_standardized_name_is_one_type(known: Taxonomy) -> None:
    views = Counter(name for type in known.types.values() for name in type.standardized)
    assert views == Counter(list(ontology.entity_types()))


def core(known: Taxonomy, name: str) -> str | None:
    """Return the core type that the nearest standardized name of a type gives it."""
    standardized = known.standardized(name)
    return ontology.entity_types()[standardized[0]].core if standardized else None


UNLIKE = {
    ("thainner", "animate"): (None, None),
    ("thainner", "stock_exchange"): (None, "ORG"),
}
"""Raw types that a card leaves in what is left, though their taxonomy type has a core type: card, taxonomy."""


def test_core_types_agree_but_where_a_card_is_said_to_stand_apart(known: Taxonomy) -> None:
    unlike = {}
    compared = 0
    for corpus, card in CARDS.items():
        by_card = ontology.core_types(card)
        for raw, entry in known.mapped[corpus].items():
            if entry.apart:
                continue
            compared += 1
            pair = by_card.get(raw), core(known, entry.to)
            if pair[0] != pair[1]:
                unlike[corpus, raw] = pair
    assert unlike == {key: pair for key, pair in UNLIKE.items() if pair[0] != pair[1]}
    assert compared > 700


def test_a_type_has_the_rules_of_what_it_is_part_of_unless_it_has_its_own(known: Taxonomy) -> None:
    assert known.span("person -> singer") == known.categories["person"].span
    assert known.mention("general mention of group of people") == ("nominal", "pronoun")
    assert known.subject("statute") == "law" and known.subject("person") == "general"
    assert known.lineage("person -> singer") == (
        "person -> singer",
        "person -> musical artist",
        "person -> artist",
        "person",
    )


def test_every_example_is_usable_and_every_near_miss_is_placed(known: Taxonomy) -> None:
    for name, type in known.types.items():
        assert len(type.definition.split()) >= 5, name
        assert type.definition.endswith("."), name
        assert all(example.strip() == example and example for example in type.examples), name
    with_near = sum(bool(type.near) for type in known.types.values())
    assert with_near > 0.9 * len(known.types)


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("person -> writer", "person -> writer"),
        ("writer", "person -> writer"),
        ("人名->歌手", "person -> singer"),
        ("GPE-LOC", "geo-political entity as location"),
        ("Personne", "person"),
    ],
)
def test_a_type_is_found_by_name_and_by_alias(known: Taxonomy, asked: str, name: str) -> None:
    assert known.named(asked) == name


def test_an_unknown_type_is_answered_with_the_nearest(known: Taxonomy) -> None:
    with pytest.raises(OpenNERError, match="organization -> bank"):
        known.named("bnak")


def test_a_document_of_a_type_holds_what_a_person_is_told(known: Taxonomy) -> None:
    found = told.record(known, "person -> judge")
    assert found["part_of"] == ["person"]
    assert {key: found["corpora"][0][key] for key in ("corpus", "raw")} == {
        "corpus": "german_ler",
        "raw": "RR",
    }
    lines = list(told.lines(known, "person -> judge"))
    assert lines[0] == "person -> judge" and any("german_ler/RR" in line for line in lines)
    assert set(found) == {"name", *told.LABELS}


def test_certainty_says_where_a_meaning_comes_from(known: Taxonomy) -> None:
    assert known.certainty("location (without facility)").startswith("publisher")
    assert known.certainty("taste of a product").startswith("name alone")
    assert known.certainty("personal trait").startswith("ours")


def test_neither_the_command_nor_a_stage_reads_it_when_it_starts() -> None:
    code = (
        "import sys; import openner_utils.cli.main, openner_utils.stages.standardize, openner_utils.catalog.ontology;"
        "sys.exit(' '.join(name for name in sys.modules if name.startswith('openner_utils.catalog.taxonomy')) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_dvc_leaves_it_out_only_as_long_as_no_stage_reads_it() -> None:
    """A new definition must run no stage; whoever lets a stage read the taxonomy takes it out of .dvcignore."""

    def reads(module: Path) -> bool:
        found = modules(module.relative_to(paths.ROOT).as_posix())
        return any(name.startswith("openner_utils/catalog/taxonomy/") for name in found)

    assert reads(paths.PACKAGE / "cli" / "taxonomy.py"), "it is seen at all"
    stages = [*(paths.PACKAGE / "stages").glob("*.py"), *(paths.PACKAGE / "analysis").rglob("*.py")]
    using = {path.stem for path in stages if reads(path)}
    ignored = "/openner_utils/catalog/taxonomy/" in (paths.ROOT / ".dvcignore").read_text(encoding="utf-8")
    assert ignored == (not using), using


PAGE = (paths.ROOT / "docs" / "how-to" / "taxonomy.md").read_text(encoding="utf-8")


def test_the_page_argues_what_the_files_say(known: Taxonomy) -> None:
    argued = re.findall(r"^\d+\. \*\*(\w+)/(\S+) → (.+?)\.?\*\*", PAGE, re.MULTILINE)
    assert len(argued) == 20
    assert {(corpus, raw): known.mapped[corpus][raw].to for corpus, raw, _ in argued} == {
        (corpus, raw): type for corpus, raw, type in argued
    }


def test_the_page_counts_what_there_is(known: Taxonomy) -> None:
    told = " ".join(PAGE.split())
    most = re.search(r"more than (\d+) types in (\d+) main categories", told)
    assert most and len(known.types) > int(most[1]) and len(known.categories) == int(most[2])
    used = {entry.to for each in known.mapped.values() for entry in each.values()}
    assert 0.55 < len(used) / len(known.types) < 0.65 and "are three in five of the types" in told
    assert f"All {sum(len(type.published) for type in known.types.values())} names of B2NER's tables" in told
