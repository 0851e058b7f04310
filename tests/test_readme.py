"""The README's results are those of the committed tables."""

import re

import pytest

from openner_utils import paths, readme
from openner_utils.errors import OpenNERError
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


def test_links_of_the_readme_lead_somewhere():
    for target in re.findall(r"\]\(([^)#]+)\)", readme.README.read_text("utf-8")):
        assert (paths.ROOT / target).exists(), target
