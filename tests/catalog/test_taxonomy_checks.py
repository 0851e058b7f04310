"""Planted faults of a taxonomy: each is found, and told with the type, the corpus and the nearest names."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from openner_utils.catalog.taxonomy import load
from openner_utils.catalog.taxonomy.checks import Fault, faults
from openner_utils.support.errors import OpenNERError
from tests.reading import card

CATEGORY = {"name": "being", "definition": "What lives.", "span": "The name.", "mention": ["name"]}
PERSON = {"definition": "A human being called by a name.", "examples": ["Ada"], "standardized": ["PER"]}
WRITER = {
    "parent": "person",
    "definition": "Somebody who writes books for a living.",
    "examples": ["Toni Morrison"],
}
OTHERS = {
    "parent": "person",
    "definition": "A human being of none of the kinds marked beside it.",
    "examples": ["Pelé"],
}
CITY = {"definition": "A town of whatever size.", "examples": ["Oslo"], "aliases": ["town"]}
SOUND = {"person": PERSON, "person -> writer": WRITER, "person -> others": OTHERS, "city": CITY}
GROUP = {
    "corpora": ["tiny"],
    "by": "inferred",
    "why": "for tests",
    "types": {"PER": "person -> others", "WRI": "person -> writer"},
}
CARD = card("delimited", types={"PER": "PER", "WRI": "PER"})


def written(folder: Path, types: Mapping[str, Any], *groups: Mapping[str, Any]) -> Path:
    (folder / "types").mkdir()
    (folder / "types" / "being.yaml").write_text(
        yaml.safe_dump({"category": CATEGORY, "types": dict(types)}, sort_keys=False, allow_unicode=True)
    )
    (folder / "corpora.yaml").write_text(yaml.safe_dump([dict(group) for group in groups], sort_keys=False))
    return folder


def found(folder: Path, types: Mapping[str, Any], *groups: Mapping[str, Any]) -> list[Fault]:
    taxonomy = load(written(folder, types, *(groups or (GROUP,))))
    return faults(taxonomy, {"tiny": CARD}, frozenset({"PER"}))


def changed(name: str, **fields: Any) -> dict[str, Any]:
    """Return the sound types with fields of one changed."""
    return SOUND | {name: SOUND.get(name, {}) | fields}


def test_a_sound_one_has_no_faults(tmp_path: Path) -> None:
    assert found(tmp_path, SOUND) == []


@pytest.mark.parametrize(
    ("types", "kind", "told"),
    [
        (changed("person -> writer", parent="persno"), "missing parent", "person -> writer.*'persno'.*Nearest: person"),
        (changed("person", parent="person -> writer"), "circle", "person → person -> writer → person"),
        (changed("city", parent="city"), "circle", "city → city"),
    ],
)  # fmt: skip
def test_a_broken_tree_is_not_loaded(tmp_path: Path, types: dict[str, Any], kind: str, told: str) -> None:
    with pytest.raises(OpenNERError, match=told) as caught:
        load(written(tmp_path, types))
    assert kind in str(caught.value)


@pytest.mark.parametrize(
    ("types", "kind", "type", "told"),
    [
        (
            changed("town2", definition="Of whatever size: a TOWN!", examples=["Rome"]),
            "twin definitions", "town2", "defined as city is",
        ),
        (
            changed("village", definition="A place with few houses.", examples=["Umuofia"], aliases=["Town"]),
            "ambiguous alias", "city", "'town' means village",
        ),
        (changed("city", aliases=["Person"]), "ambiguous alias", "person", "'person' means city"),
        (changed("GPE", **{**CITY, "definition": "States and towns that act.", "aliases": []}), "unreadable name", "GPE", "small letters"),
        (
            changed("city -> writer", definition="A city that writes many books.", examples=["Paris"]),
            "name without its parent", "city -> writer", "'city' is none of its ancestors",
        ),
        (changed("person", near={"Oslo": "citty"}), "missing type", "person", "'Oslo'.*'citty'.*Nearest: city"),
        (changed("person", near={"Ada": "city"}), "no near miss", "person", "'Ada'"),
        (
            changed("city", near={"Pelé": "person -> writer"}),
            "two homes", "city", "'Pelé' is said to be person -> writer, and is an example of person -> others",
        ),
        (changed("person", standardized=["PERS"]), "unknown standardized name", "person", "'PERS'.*Nearest: PER"),
        (changed("city", standardized=["PER"]), "standardized name", "PER", "person and city"),
        (changed("city", definition="A town."), "empty definition", "city", "too little"),
        (
            {name: type for name, type in SOUND.items() if name != "person -> writer"},
            "others of nothing", "person -> others", "no other parts",
        ),
    ],
)  # fmt: skip
def test_a_fault_of_a_type_is_told(
    tmp_path: Path, types: dict[str, Any], kind: str, type: str, told: str
) -> None:
    import re

    faults = [fault for fault in found(tmp_path, types) if fault.kind == kind]
    assert [fault.type for fault in faults] == [type]
    assert re.search(told, faults[0].told)


def test_one_alias_in_two_subjects_is_no_fault(tmp_path: Path) -> None:
    types = changed(
        "server",
        definition="A machine that answers other machines.",
        examples=["ns1"],
        aliases=["town"],
        subject="computing",
    )
    assert found(tmp_path, types) == []


@pytest.mark.parametrize(
    ("types", "kind", "raw", "told"),
    [
        ({"PER": "person -> others"}, "unmapped raw type", "WRI", "person -> writer"),
        ({"PER": "person -> others", "WRI": "person -> writter"}, "missing type", "WRI", "Nearest: person -> writer"),
        ({"PER": "person", "WRI": "person -> writer"}, "coarse beside fine", "PER", "person -> others"),
        ({**GROUP["types"], "WRIT": "person -> writer"}, "no raw type", "WRIT", "Nearest: WRI"),
        ({"PER": "city", "WRI": "person -> writer"}, "card and taxonomy", "PER", "the card says PER"),
        (
            {"PER": {"to": "person -> others", "apart": "no"}, "WRI": "person -> writer"},
            "card and taxonomy", "PER", "leave `apart` out",
        ),
    ],
)  # fmt: skip
def test_a_fault_of_a_mapping_is_told_with_the_corpus(
    tmp_path: Path, types: dict[str, Any], kind: str, raw: str, told: str
) -> None:
    faults = [fault for fault in found(tmp_path, SOUND, GROUP | {"types": types}) if fault.kind == kind]
    assert [(fault.type, fault.corpus) for fault in faults] == [(raw, "tiny")]
    assert told in faults[0].told and "tiny" in str(faults[0])


def test_two_meanings_of_one_raw_type_are_a_fault(tmp_path: Path) -> None:
    (fault,) = found(tmp_path, SOUND, GROUP, GROUP | {"types": {"PER": "city"}})[:1]
    assert (fault.kind, fault.corpus, fault.type) == ("ambiguous mapping", "tiny", "PER")


def test_coarse_beside_fine_is_right_where_both_are_layers(tmp_path: Path) -> None:
    types = {"PER": "person", "WRI": "person -> writer"}
    assert found(tmp_path, SOUND, GROUP | {"types": types, "layers": True}) == []


def test_one_type_in_two_files_is_refused(tmp_path: Path) -> None:
    folder = written(tmp_path, SOUND)
    (folder / "types" / "more.yaml").write_text(
        yaml.safe_dump({"category": CATEGORY | {"name": "more"}, "types": {"city": CITY}})
    )
    with pytest.raises(OpenNERError, match=r"more\.yaml: city is a type of being already"):
        load(folder)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("corpora: [tiny]", "a list of groups is wanted"),
        ("- {corpora: [tiny], by: guess, why: x, types: {}}", "group 1: by: Input should be"),
        ("- {corpora: [tiny], by: known, why: x, typs: {}}", "Did you mean 'types'"),
    ],
)
def test_a_group_that_cannot_be_read_is_told_with_its_file(tmp_path: Path, text: str, told: str) -> None:
    folder = written(tmp_path, SOUND)
    (folder / "corpora.yaml").write_text(text)
    with pytest.raises(OpenNERError, match=r"corpora\.yaml") as caught:
        load(folder)
    assert told in str(caught.value)


def test_one_category_in_two_files_is_refused(tmp_path: Path) -> None:
    folder = written(tmp_path, SOUND)
    other = yaml.safe_dump({"category": CATEGORY, "types": {"town": CITY}})
    (folder / "types" / "more.yaml").write_text(other)
    with pytest.raises(OpenNERError, match=rf"more\.yaml: another file has the category {CATEGORY['name']}"):
        load(folder)
