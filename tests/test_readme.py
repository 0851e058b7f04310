"""The README's results are those of the committed tables."""

import re

import pytest

from openner_utils import paths, readme
from openner_utils.catalog import load_cards
from openner_utils.errors import OpenNERError
from openner_utils.sources.build import SAMPLES
from openner_utils.verify import TOLERANCE


def cells(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]


def test_readme_shows_the_tables_within_the_tolerance_of_another_machine():
    shown, made = (cells(text) for text in (readme.written(readme.README.read_text("utf-8")), readme.block()))
    assert [row[0] for row in shown] == [row[0] for row in made]
    assert shown[:2] == made[:2]
    for ours, theirs in zip(shown[2:], made[2:], strict=True):
        for a, b in zip(ours[1:], theirs[1:], strict=True):
            assert (a == "") == (b == "")
            assert not a or abs(float(a) - float(b)) <= TOLERANCE


def test_a_readme_without_its_markers_is_an_error():
    with pytest.raises(OpenNERError, match=re.escape("README.md")):
        readme.written("# Nothing")


def test_the_number_of_corpora_and_languages_is_that_of_the_catalog():
    real = [card for card in load_cards().values() if card.source.repository != SAMPLES]
    languages = {language for card in real for language in card.languages}
    text = " ".join(readme.README.read_text("utf-8").split())
    assert f"holds {len(real)} corpora beside the samples" in text
    assert f"in {len(languages)} languages" in text
    assert len({card.openner for card in real} - {None}) == 36


def test_links_of_the_readme_lead_somewhere():
    for target in re.findall(r"\]\(([^)#]+)\)", readme.README.read_text("utf-8")):
        assert (paths.ROOT / target).exists(), target
