"""The commands `openner taxonomy`."""

import json
import re
import shutil

import pytest
import yaml
from typer.testing import CliRunner, Result

from openner_utils.catalog import load_cards
from openner_utils.catalog.taxonomy import universal
from openner_utils.cli import main as cli
from openner_utils.support import paths
from openner_utils.support.errors import OpenNERError
from openner_utils.support.paths import HERE, Place
from tests import tiny


def openner(*words: object) -> Result:
    return CliRunner().invoke(cli.app, ["taxonomy", *map(str, words)], obj=HERE)


def test_the_main_categories_are_shown_with_their_sizes() -> None:
    done = openner("show")
    assert done.exit_code == 0
    assert len(done.stdout.splitlines()) == len(universal().categories)


def test_a_type_is_shown_with_its_rules_and_raw_types() -> None:
    done = openner("show", "judge")
    assert done.stdout.startswith("person -> judge\n") and "german_ler/RR" in done.stdout


def test_a_tree_is_indented() -> None:
    lines = openner("show", "person -> artist", "--tree").stdout.splitlines()
    assert lines[0].startswith("person -> artist: ")
    assert any(line.startswith("    person -> singer: ") for line in lines)
    everything = openner("show", "--tree").stdout.splitlines()
    assert len(everything) == len(universal().types) + len(universal().categories)
    assert everything.index("[location]") < everything.index("[person]")


def test_everything_as_one_document() -> None:
    types = json.loads(openner("show", "--json").stdout)
    assert [type["name"] for type in types] == list(universal().types)
    (river,) = json.loads(openner("show", "river", "--json").stdout)
    assert river["part_of"][0] == "location -> water body"


def test_an_unknown_type_ends_with_the_nearest() -> None:
    done = openner("show", "rivver")
    assert isinstance(done.exception, OpenNERError) and "river" in str(done.exception)


def test_check_finds_nothing_in_the_own_and_says_what_it_looked_at() -> None:
    done = openner("check")
    *counts, last = done.stdout.splitlines()
    assert (done.exit_code, last) == (0, "0 faults")
    raw = sum(len(card.types) for card in load_cards().values())
    assert counts[0].startswith(
        f"{len(universal().types)} types in {len(universal().categories)} main categories"
    )
    total, *by = (int(found.replace(",", "")) for found in re.findall(r"(?<=\b)[\d,]*\d", counts[1]))
    assert total == raw and sum(by[1:]) == raw, "each raw type is known in one way"


def test_check_ends_with_1_where_it_finds_something(tmp_path) -> None:
    category = {"name": "being", "definition": "What lives.", "span": "All.", "mention": ["name"]}
    types = {"Ox": {"definition": "A strong beast with two horns.", "examples": ["Bully"]}}
    (tmp_path / "types").mkdir()
    (tmp_path / "types" / "being.yaml").write_text(yaml.safe_dump({"category": category, "types": types}))
    done = openner("check", "--folder", tmp_path)
    assert done.exit_code == 1
    assert "unreadable name: Ox" in done.stdout and "unmapped raw type: anatem: Anatomy" in done.stdout


def test_a_corpus_of_ones_own_is_no_fault_of_the_taxonomy(tmp_path) -> None:
    shutil.copytree(paths.CARDS, tmp_path / "cards")
    card = tiny.card("file:///home/ada/corpus", [tiny.entry("train.txt", b"")])
    (tmp_path / "cards" / "own.yaml").write_text(yaml.safe_dump(card))
    done = CliRunner().invoke(cli.app, ["taxonomy", "check"], obj=Place(tmp_path, tmp_path / "cards"))
    assert done.stdout.splitlines()[-2:] == ["Of one's own, and not mapped: own", "0 faults"]
    assert done.exit_code == 0


def test_check_refuses_a_folder_without_types(tmp_path) -> None:
    assert "no types" in str(openner("check", "--folder", tmp_path).exception)


def test_suggestions_stand_with_reasons_and_definitions() -> None:
    done = openner("suggest", "Organisatoin", "-n", 1)
    assert done.stdout.splitlines()[0].endswith("organization: spelt like organisation")
    (found,) = json.loads(openner("suggest", "sha1", "-n", 1, "--json").stdout)
    assert found["type"] == "SHA-1 hash"
    assert "Nothing" in openner("suggest", "Xyzzy").stdout


@pytest.mark.parametrize("subject", ["cyber", "Law"])
def test_an_unknown_subject_is_answered_with_those_there_are(subject: str) -> None:
    done = openner("suggest", "tool", "--subject", subject)
    assert isinstance(done.exception, OpenNERError) and "cybersecurity" in str(done.exception)
