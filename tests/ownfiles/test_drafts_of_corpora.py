"""Drafts of the catalog's own corpora: each reads its files as the card does that somebody has written and checked."""

import shutil
from pathlib import Path

import pytest
import yaml

from openner_utils.catalog import Card, File, load_cards
from openner_utils.core.encoding import IOB2, decode
from openner_utils.curation.clean import clean_file
from openner_utils.ownfiles.drafting import draft
from openner_utils.readers.layout import RawFile
from openner_utils.support.records import parse
from tests.reading import at_hand, unpacked

CARDS = load_cards()
SOME = 6
"""Files of a corpus, at the most."""
BY_NAME = {
    "dane_dev": "train",  # the publisher calls a file train that holds the dev set
    "estner": "train",  # and one that holds all
    "materials_synthesis": "all",  # lists beside the papers say which is which
    "mit_restaurant": "all",  # restauranttrain.bio: no sign parts the words
}
"""Corpora whose files are named for another split than the card gives them, or for none."""


def files_of(card: Card) -> list[File]:
    return [file for file in card.annotated if not file.pattern and at_hand(card, file)][:SOME]


def laid_out(card: Card, folder: Path, room: Path) -> Path:
    """Copy some files of a corpus, and what lies beside them, below a folder."""
    chosen = files_of(card)
    stems = {Path(file.path).with_suffix("") for file in chosen}
    beside = [file for file in card.files if file.split is None and Path(file.path).with_suffix("") in stems]
    for file in (*chosen, *beside):
        target = folder / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(unpacked(card, file, room), target)
    return folder


def content(card: Card, file: File, path: Path) -> tuple[list[str], list[int], list[tuple[int, int, str]]]:
    """Tokens, borders of sentences, and mentions with their published types."""
    columns = clean_file(RawFile.open(path, file.path), card, file).repaired
    found = decode(columns, IOB2)
    types = [found.types[type] for type in found.type.tolist()]
    mentions = list(zip(found.start.tolist(), found.end.tolist(), types, strict=True))
    return columns.tokens.to_pylist(), columns.sentences.tolist(), mentions


@pytest.mark.parametrize("name", [name for name, card in CARDS.items() if files_of(card)])
def test_a_draft_reads_a_corpus_as_its_card_does(name: str, tmp_path: Path) -> None:
    """But for what a person decides: steps on tokens, and what is meant by labels that are slips; a draft names both."""
    card = CARDS[name]
    folder = laid_out(card, tmp_path / "files", tmp_path / "room")
    (drafted,) = draft(folder, "x").cards
    read = parse(Card, {"id": "x", **yaml.safe_load(drafted.text)}, "draft")
    files = {file.path: file for file in read.annotated}
    assert set(files) == {file.path for file in files_of(card)}
    for step in card.steps:
        assert f"{step} (" in drafted.text
    decided = {"steps": card.steps, "faults": card.faults or read.faults, "types": read.types | card.types}
    same = read.model_copy(update=decided)
    for file in files_of(card):
        assert content(same, files[file.path], folder / file.path) == content(card, file, folder / file.path)
        assert files[file.path].language in ("und", file.language), "a language is right or open"
        assert files[file.path].split == BY_NAME.get(name, file.split)
