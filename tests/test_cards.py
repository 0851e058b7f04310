"""One suite over all corpora: what is read, cleaned and exported is what the publisher wrote, and comes back."""

import random
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
import seqscore.conll
import seqscore.model
import seqscore.scoring

from openner_utils.catalog import Card, File, load_cards
from openner_utils.core.columns import Columns, from_rows
from openner_utils.core.releases import columns_of, release_table
from openner_utils.curation.clean import Cleaned, clean, undo, undo_spans, undo_tokens
from openner_utils.exports import conll
from openner_utils.scoring.mentions import ALL, score
from tests import naive
from tests.reading import read

CARDS = load_cards()
AT_HAND = [name for name, of in CARDS.items() if any(naive.at_hand(of, file) for file in of.annotated)]
SCORED = 400
"""Sentences of a corpus that both scorers see."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("members")


@cache
def cleaned(name: str, number: int, folder: Path) -> tuple[Path, Cleaned]:
    of = CARDS[name]
    file = files(name)[number]
    path = naive.unpacked(of, file, folder)
    return path, clean(read(path, of, file), of, file)


def files(name: str) -> list[File]:
    return [file for file in CARDS[name].annotated if naive.at_hand(CARDS[name], file)]


def counted(of: Card, file: File, path: Path) -> tuple[int, int, int]:
    """Sentences, tokens and mentions, read without the card."""
    form = naive.form(of, file)
    rows = [naive.kept(row, form) for row in naive.sentences(path, form)]
    return len(rows), sum(map(len, rows)), sum(naive.mentions(row, form) for row in rows)


def released(of: Card, file: File, found: Cleaned) -> Columns:
    """The file as it comes from disk: the release's rows, and not the columns that the reader made."""
    table = release_table(of.id, file.language, str(file.split), found.published, found.repaired)
    return columns_of(table, file=file.path)


def test_corpora_are_at_hand_or_the_reason_is_known():
    missing = sorted(set(CARDS) - set(AT_HAND))
    if not naive.MIRROR.is_dir():
        pytest.skip("no mirror of publishers' files (set OPENNER_MIRROR)")
    for name in missing:
        assert CARDS[name].unverified or CARDS[name].source.instructions, name


@pytest.mark.parametrize("name", AT_HAND)
def test_counts_are_those_of_the_card(name, folder):
    for number, file in enumerate(files(name)):
        _, found = cleaned(name, number, folder)
        if file.expect is None:
            assert file.sha256 is None, f"{file.path}: its bytes are at hand, so its counts are expected"
            continue
        counts = (
            found.counts["sentences"],
            found.counts["tokens"],
            found.counts.get("mentions as repaired", 0),
        )
        assert counts == (file.expect.sentences, file.expect.tokens, file.expect.mentions), file.path


@pytest.mark.parametrize("name", [name for name in AT_HAND if CARDS[name].scheme != "spans"])
def test_expected_counts_hold_without_our_readers_and_without_the_card(name, folder):
    of = CARDS[name]
    for file in files(name):
        if file.expect is None:
            continue
        found = counted(of, file, naive.unpacked(of, file, folder))
        assert found == (file.expect.sentences, file.expect.tokens, file.expect.mentions), file.path


def agree(of: Card, file: File, path: Path) -> bool:
    """Whether what the card makes of a file is what is found without the card: counts, labels, and tokens."""
    found = clean(read(path, of, file), of, file)
    form = naive.form(of, file)
    published = list(naive.sentences(path, form))
    return (
        (found.counts["sentences"], found.counts["tokens"], found.counts.get("mentions as repaired", 0))
        == counted(of, file, path)
        and undo(found.repaired, found.ledger, of) == [[label for _, label in row] for row in published]
        and undo_tokens(found.repaired, found.ledger)
        == [[token for token, _ in naive.kept(row, form)] for row in published]
    )


SLIPS = [  # of which no reader complains
    ("siso", {"options": {"label": 3, "extra": 2}}),  # the nested labels, and not the outer ones
    ("siso", {"options": {"token": 0}}),
    ("samachar", {"options": {"sentence_id": None}}),
    ("gazette", {"options": {"docstart": None}}),
    (
        "cronica",
        {"spelling": {"PER": "B-PER", "LOC": "B-LOC", "ORG": "B-ORG", "OTH": "B-OTH"}, "scheme": "IOB2"},
    ),
    ("cronica", {"options": {"encoding": "cp1250"}}),
    ("sahafa", {"faults": {"I--ORG": "O", "B-LOC1": "B-LOC", "OO": "O"}}),
    ("novyny", {"options": {"tokens": "ner_tags"}}),
    ("germeval", {"options": {"label": 3, "extra": 2}}),
    ("danplus", {"options": {"label": 2, "extra": 1}}),
    ("uner_english_ewt", {"options": {"token": 0}}),
    ("thainer", {"faults": {"B-ไม่ยืนยัน": "B-PERSON", "I-ไม่ยืนยัน": "I-PERSON"}}),
]
"""Corpora, and what a card might say of them that is wrong; None takes an option away."""


@pytest.mark.parametrize(("name", "slip"), [each for each in SLIPS if each[0] in AT_HAND], ids=str)
def test_a_card_that_misreads_its_files_is_caught(name, slip, folder):
    of = CARDS[name]
    options = {
        key: value for key, value in (of.options | slip.get("options", {})).items() if value is not None
    }
    wrong = of.model_copy(update=slip | {"options": options})
    whole = [(file, naive.unpacked(of, file, folder)) for file in files(name)]
    assert all(agree(of, file, path) for file, path in whole)
    assert not all(agree(wrong, file, path) for file, path in whole)


def test_no_statement_about_a_publisher_is_idle():
    if not naive.MIRROR.is_dir():
        pytest.skip("no mirror of publishers' files (set OPENNER_MIRROR)")
    addresses = [naive.address(CARDS[name], file) for name in AT_HAND for file in files(name)]
    for pattern in naive.FORMS:
        assert any(re.match(pattern, address) for address in addresses), pattern


@pytest.mark.parametrize("name", AT_HAND)
def test_every_label_and_token_comes_back(name, folder):
    of = CARDS[name]
    compared = 0
    for number, file in enumerate(files(name)):
        path, found = cleaned(name, number, folder)
        back = released(of, file, found)
        if of.scheme == "spans":
            restored = Counter(span for row in undo_spans(back, found.ledger) for span in row)
            assert restored == Counter(naive.spans(path)), file.path
            compared += restored.total()
            continue
        form = naive.form(of, file)
        published = list(naive.sentences(path, form))
        assert undo(back, found.ledger, of) == [[label for _, label in row] for row in published], file.path
        words = [[token for token, _ in naive.kept(row, form)] for row in published]
        again = undo_tokens(back, found.ledger)
        for place in (0, 9, -1):  # where a shift would show first
            assert again[place : place + 1 or None] == words[place : place + 1 or None], (file.path, place)
        dropped = found.ledger["after"].null_count  # tokens in = tokens out + tokens that the ledger reports
        assert sum(map(len, published)) == len(back) + dropped, file.path
        compared += sum(map(len, published))
    assert compared > 0


@pytest.mark.parametrize("name", AT_HAND)
def test_seqscore_reads_what_is_exported_and_scores_it_alike(name, folder, tmp_path):
    draw = random.Random(name)
    _, found = cleaned(name, len(files(name)) - 1, folder)
    rows = [row for row, _ in zip(found.repaired.rows(), range(SCORED), strict=False)]
    labels = sorted({label for _, row in rows for label in row})
    guessed = [
        (words, [draw.choice(labels) if draw.random() < 0.1 else label for label in row])
        for words, row in rows
    ]
    gold, prediction = from_rows(rows), from_rows(guessed)
    for side, content in (("gold", gold), ("found", prediction)):
        conll.write(tmp_path / side, content)
    for repair in ("conlleval", "discard"):
        theirs, _ = seqscore.scoring.compute_scores(
            *(_ingest(tmp_path / side, repair) for side in ("found", "gold"))
        )
        ours = score(gold, prediction, repair)
        assert (ours[ALL].correct, ours[ALL].predicted, ours[ALL].reference) == (
            theirs.true_pos, theirs.total_pos, theirs.total_ref,
        )  # fmt: skip
        assert set(ours) == {ALL, *theirs.type_scores}


def _ingest(path: Path, repair: str) -> list[list[seqscore.model.AnnotatedSequence]]:
    return seqscore.conll.ingest_conll_file(
        path, "BIO", "utf-8", seqscore.conll.LineSpec(0, -1), repair=repair,
        ignore_document_boundaries=True, allow_comment_lines=False, quiet=True,
    )  # fmt: skip
