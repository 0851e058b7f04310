"""Drafts of cards: valid cards that read their corpus, with nothing claimed that nobody has checked."""

from pathlib import Path

import pytest
import yaml

from openner_utils.catalog import Card
from openner_utils.curation import clean as cleaning
from openner_utils.ownfiles.draft_card import draft
from openner_utils.ownfiles.format import Format
from openner_utils.support.errors import OpenNERError
from openner_utils.support.records import parse
from tests.reading import read

FILES = {
    "ner-train.tsv": "#\tdoc\n1\tAda\tB-PERSON\tO\n2\tran\tO\tO\n\n1\tOslo\tI-loc\tO\n1\tIt\tB-WHAT\tO\n",
    "ner-dev.tsv": "1\tAda\tB-PERSON\tO\n2\t\tO\tO\n",
    "README.md": "About.\n",
}


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "My corpus"
    folder.mkdir()
    for name, content in FILES.items():
        (folder / name).write_text(content)
    return folder


def test_the_draft_is_a_card_that_reads_the_files(corpus: Path) -> None:
    drafted = draft(corpus, language="eng")
    assert drafted.id == "my_corpus"
    card = parse(Card, {"id": drafted.id, **yaml.safe_load(drafted.text)}, "draft")
    assert (card.reader, card.scheme, card.allow) == ("delimited", "IOB2", ("empty-token",))
    assert card.types == {"PERSON": "PER", "WHAT": "TODO", "loc": "LOC"}
    assert {file.path: file.split for file in card.files} == {"ner-train.tsv": "train", "ner-dev.tsv": "dev"}
    for file in card.files:
        reading = read(corpus / file.path, card, file)
        assert (corpus / file.path).stat().st_size == file.bytes
        assert len(reading.columns) in (1, 4)


def test_counts_are_no_claims(corpus: Path) -> None:
    text = draft(corpus).text
    assert "expect:" not in text and "origin: independent" not in text
    assert "# our count, to be checked: 2 sentences, 4 tokens, 3 mentions; 1 invalid transitions" in text
    assert "language: und  # TODO" in text and "WHAT: TODO  # TODO: no standardized name" in text


def test_why_is_said(corpus: Path) -> None:
    assert "tabs between columns" in draft(corpus).told
    assert "# guessed: lines that begin with '#\\t' are comments" in draft(corpus / "ner-train.tsv").text


def test_brat_files_stand_beside_each_other(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Ada ran\n")
    (tmp_path / "a.ann").write_text("T1\tPER 0 3\tAda\n")
    card = parse(Card, {"id": "x", **yaml.safe_load(draft(tmp_path, "x").text)}, "draft")
    assert [(file.path, file.split) for file in card.files] == [("a.txt", "train"), ("a.ann", None)]


def test_a_card_is_never_overwritten(corpus: Path, tmp_path: Path) -> None:
    drafted = draft(corpus, "mine")
    assert drafted.write(tmp_path) == tmp_path / "mine.yaml"
    with pytest.raises(OpenNERError, match="there is a card already"):
        drafted.write(tmp_path)
    with pytest.raises(OpenNERError, match="'My Id' is no corpus id"):
        draft(corpus, "My Id")


def test_files_read_in_different_ways_are_refused(corpus: Path) -> None:
    (corpus / "x.json").write_text('[{"tokens": ["a"], "ner_tags": ["B-PER"]}]')
    with pytest.raises(OpenNERError, match="delimited in IOB2, json_tokens in IOB2"):
        draft(corpus)


@pytest.mark.parametrize(
    "content",
    [
        "Olso\tB-ORG\tB-LOC\nran\tO\tO\n",
        '[{"tokens": ["Olso", "FK"], "entities": ['
        '{"span": [0, 2], "entity_type": "ORG", "text": "Olso FK"}, '
        '{"span": [0, 1], "entity_type": "LOC", "text": "Olso"}]}]',
    ],
    ids=["second column", "spans"],
)
def test_types_that_occur_only_nested_are_listed(content: str, tmp_path: Path) -> None:
    path = tmp_path / "layers.txt"
    path.write_text(content)
    text = draft(path).text
    assert "allow:" not in text
    assert "LOC: LOC  # 1 mentions, all nested" in text and "ORG: ORG  # 1 mentions\n" in text


def test_what_the_user_says_overrules_the_guess(tmp_path: Path) -> None:
    file = tmp_path / "odd.txt"
    file.write_text("Ada I-PER\nOslo I-LOC\n\nran O\n")
    text = draft(file, None, "eng", Format(scheme="IOB2")).text
    assert "scheme: IOB2" in text


@pytest.mark.parametrize("asked", [None, Format(allow=("missing-label",))])
@pytest.mark.parametrize("content", ["B-LOC\tWien\nwort\nO\tein\n", "Wien\tB-LOC\nwort\nein\tO\n"])
def test_a_flaw_is_on_the_card_with_its_number(content: str, asked: Format | None, tmp_path: Path) -> None:
    path = tmp_path / "flawed.txt"
    path.write_text(content)
    text = draft(path, asked=asked).text
    assert "allow:  # flaws that the files have\n  - missing-label  # lines with it: 1\n" in text
    assert "our count, to be checked: 1 sentences, 3 tokens, 1 mentions" in text
    card = parse(Card, {"id": "x", **yaml.safe_load(text)}, "draft")
    cleaned = cleaning.clean(read(path, card, card.files[0]), card, card.files[0])
    assert cleaned.counts["ledger: missing-label"] == 1
    assert cleaned.repaired.tokens.to_pylist() == ["Wien", "wort", "ein"]
    assert cleaning.undo(cleaned.repaired, cleaned.ledger, card) == [["B-LOC", None, "O"]]
