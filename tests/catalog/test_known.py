"""Languages and types that a card names and that there are not: the error gives the line to add, and that line works."""

from pathlib import Path

import pytest
import yaml

from openner_utils.catalog import Language, known, languages
from openner_utils.catalog.ontology import EntityType, entity_types
from openner_utils.support.errors import OpenNERError
from openner_utils.support.records import parse
from tests.reading import card

TEXT = """# a comment
name: Tiny
types:
  PER: PER
  "LOC":
    LOC
files:
  - path: a
    language: eng
  - {path: b, split: train, language: tlh}
"""


def told(tmp_path: Path, known_languages: set[str], known_types: set[str]) -> str:
    path = tmp_path / "tiny.yaml"
    path.write_text(TEXT)
    files = [
        {"path": name, "language": code, "split": "train"} for name, code in (("a", "eng"), ("b", "tlh"))
    ]
    of = card("delimited", types={"PER": "PER", "LOC": "LOC"}, files=files)
    with pytest.raises(OpenNERError) as caught:
        known.check(of, path, known_languages, known_types)
    return str(caught.value)


def test_an_unknown_language_names_the_line_and_what_to_add(tmp_path: Path) -> None:
    message = told(tmp_path, {"eng"}, {"PER", "LOC"})
    assert (
        "tiny.yaml:10: Unknown language 'tlh'." in message
        and "openner_utils/catalog/languages.yaml" in message
    )
    entry = yaml.safe_load(message.rpartition("languages.yaml:")[2])
    assert parse(Language, entry["tlh"], "added") and entry.keys() == {"tlh"}
    assert "`languages:`" in message


def test_an_unknown_type_names_the_line_and_what_to_add(tmp_path: Path) -> None:
    message = told(tmp_path, {"eng", "tlh"}, {"PER", "GPE"})
    assert "tiny.yaml:5: LOC: Unknown standardized entity type 'LOC'." in message
    entry = yaml.safe_load(message.rpartition("ontology.yaml:")[2])
    assert parse(EntityType, entry["LOC"], "added").core is None and entry.keys() == {"LOC"}
    assert "`types:`" in message


def test_a_draft_is_refused_by_the_lines_that_are_left(tmp_path: Path) -> None:
    path = tmp_path / "tiny.yaml"
    path.write_text("name: Tiny\ndomain: TODO\nsource:\n  repository: TODO\ntypes: {LOC: LOC, PER: TODO}\n")
    draft = card(
        "delimited", domain="TODO", source={"repository": "TODO"}, types={"LOC": "LOC", "PER": "TODO"}
    )
    with pytest.raises(OpenNERError, match=r"tiny\.yaml:2: TODO \(also on line 4, 5\)\. Complete the card"):
        known.check(draft, path, languages(), entity_types())


def test_what_is_known_passes(tmp_path: Path) -> None:
    known.check(card("delimited"), tmp_path / "none.yaml", languages(), entity_types())
