"""The README's results are those of the committed tables."""

import io
import re
import subprocess

import pandas as pd
import pytest

from openner_utils.catalog import load_cards
from openner_utils.pages import readme
from openner_utils.sources.build import SAMPLES
from openner_utils.support import paths
from openner_utils.support.errors import OpenNERError


def test_readme_shows_the_committed_tables():
    listed = subprocess.run(
        ["git", "ls-tree", "--name-only", "HEAD", "reports/tables/"],
        cwd=paths.ROOT,
        capture_output=True,
        text=True,
    )
    if listed.returncode:
        pytest.skip("not a git checkout: what is committed is not known")
    found = {}
    for name in listed.stdout.split():
        text = subprocess.run(
            ["git", "show", f"HEAD:{name}"], cwd=paths.ROOT, capture_output=True, text=True, check=True
        ).stdout
        found[name.rpartition("/")[2].removesuffix(".csv")] = pd.read_csv(
            io.StringIO(text), keep_default_na=False, na_values=[""]
        )
    readme_now = readme.README.read_text("utf-8")
    assert readme.written(readme_now) == readme.block(found), (
        "run: python -m openner_utils.pages.readme, and commit"
    )


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
