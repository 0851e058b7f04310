"""One suite over all corpora: what is read, cleaned and exported is what the publisher wrote, and comes back."""

import random
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
import seqscore.conll
import seqscore.model
import seqscore.scoring

from openner_utils.catalog import Card, File, load_cards
from openner_utils.cleaning import Cleaned, clean, undo, undo_spans, undo_tokens
from openner_utils.columns import Columns, from_rows
from openner_utils.readers import read
from openner_utils.releases import columns_of, release_table
from openner_utils.scoring import ALL, score
from openner_utils.writers import conll
from tests import naive

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


def kept(row: list[naive.Pair], of: Card) -> list[naive.Pair]:
    """What is left of a published sentence: without empty tokens, and without blank ones where the card drops them.

    A sentence of nothing else keeps its first.
    """
    blank = "drop-blank-tokens" in of.steps
    return [pair for pair in row if pair[0] and not (blank and pair[0].isspace())] or row[:1]


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
def test_expected_counts_hold_without_our_readers(name, folder):
    of = CARDS[name]
    for file in files(name):
        if file.expect is None:
            continue
        rows = [kept(row, of) for row in naive.sentences(naive.unpacked(of, file, folder), of)]
        found = (len(rows), sum(map(len, rows)), sum(naive.mentions(row, of) for row in rows))
        assert found == (file.expect.sentences, file.expect.tokens, file.expect.mentions), file.path


@pytest.mark.parametrize("name", AT_HAND)
def test_every_label_and_token_comes_back(name, folder):
    of = CARDS[name]
    compared = 0
    for number, file in enumerate(files(name)):
        path, found = cleaned(name, number, folder)
        back = released(of, file, found)
        if of.scheme == "spans":
            restored = Counter(span for row in undo_spans(back, found.ledger) for span in row)
            assert restored == Counter(naive.spans(path, of)), file.path
            compared += restored.total()
            continue
        published = list(naive.sentences(path, of))
        assert undo(back, found.ledger, of) == [[label for _, label in row] for row in published], file.path
        words = [[token for token, _ in kept(row, of)] for row in published]
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
