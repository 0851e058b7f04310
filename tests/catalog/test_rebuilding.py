"""What an error says to build data/ again keeps every chosen corpus."""

from pathlib import Path

import pytest

from openner_utils.catalog.rebuilding import rebuilding
from openner_utils.sources.build import samples


@pytest.mark.parametrize(
    ("chosen", "corpus", "command"),
    [
        ("habari, gazette", "habari", "openner data use habari gazette"),
        ("habari", "gazette", "openner data use habari gazette"),
        ("habari, wnut17", "habari", "openner fetch wnut17 && openner data use habari wnut17"),
        ("wnut17, no_such_corpus", "wnut17", "openner fetch wnut17 && openner data use wnut17"),
        (", ".join(samples()), "habari", "openner data use samples"),
    ],
)
def test_every_chosen_corpus_is_named(tmp_path: Path, chosen: str, corpus: str, command: str) -> None:
    (tmp_path / "params.yaml").write_text(f"data: {{corpora: [{chosen}]}}")
    assert rebuilding(tmp_path / "data", corpus) == f"Build the data again: {command}"


def test_a_folder_without_choices_is_nobodys_view(tmp_path: Path) -> None:
    assert rebuilding(tmp_path / "data", "habari") == "Lay it there, or correct the card."
