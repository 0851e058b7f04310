"""One suite over all corpora: what is read, cleaned and exported is what the publisher wrote, and comes back."""

import random
import shlex
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
import seqscore.conll
import seqscore.model
import seqscore.scoring

from openner_utils.catalog import Card, File, load_cards
from openner_utils.core.columns import Columns, from_rows
from openner_utils.core.encoding import IOB2, decode
from openner_utils.core.releases import columns_of, release_table
from openner_utils.curation.clean import Cleaned, clean, undo, undo_spans, undo_tokens
from openner_utils.exports import conll
from openner_utils.scoring.mentions import ALL, score
from openner_utils.support import paths
from tests.counting import spans
from tests.counting import tally as counting
from tests.reading import MIRROR, at_hand, raw, read, unpacked

CARDS = load_cards()
AT_HAND = [name for name, of in CARDS.items() if any(at_hand(of, file) for file in of.annotated)]
SCORED = 400
"""Sentences of a corpus that both scorers see."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("members")


@cache
def cleaned(name: str, number: int, folder: Path) -> tuple[Path, Cleaned]:
    of = CARDS[name]
    file = files(name)[number]
    path = unpacked(of, file, folder)
    return path, clean(read(path, of, file), of, file)


def files(name: str) -> list[File]:
    return [file for file in CARDS[name].annotated if at_hand(CARDS[name], file)]


def counts_of(found: Cleaned) -> counting.Tally:
    """Return what our readers and the cleaning find, under the types as published."""
    sentences, tokens = (found.counts[what] for what in ("sentences", "tokens"))
    mentions = decode(found.repaired, IOB2)
    types = Counter(mentions.types[type] for type in mentions.type.tolist())
    return counting.Tally(sentences, tokens, dict(types))


def expected(file: File) -> counting.Tally:
    assert file.expect
    return counting.Tally(file.expect.sentences, file.expect.tokens, file.expect.types or {})


def released(of: Card, file: File, found: Cleaned) -> Columns:
    """The file as it comes from disk: the release's rows, and not the columns that the reader made."""
    table = release_table(of.id, file.language, str(file.split), found.published, found.repaired)
    return columns_of(table, file=file.path)


def test_corpora_are_at_hand_or_the_reason_is_known():
    missing = sorted(set(CARDS) - set(AT_HAND))
    if not MIRROR.is_dir():
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
        assert counts_of(found) == expected(file), file.path


@pytest.mark.parametrize("name", [name for name in AT_HAND if CARDS[name].counted_by])
def test_the_command_of_a_card_counts_what_it_expects(name, folder):
    of = CARDS[name]
    for file in files(name):
        if file.expect:
            assert counting.count(of.counted_by, unpacked(of, file, folder)) == expected(file), file.path


@pytest.mark.parametrize("name", ["yedion", "lexis", "novyny"])
def test_the_command_of_a_card_runs_as_it_is_written(name):
    of = CARDS[name]
    (file, *_) = files(name)
    python, *rest = shlex.split(of.counted_by)
    words = [sys.executable, *(str(raw(of, file)) if each == "FILE" else each for each in rest)]
    done = subprocess.run(words, cwd=paths.ROOT, capture_output=True, text=True, check=True)
    assert python == "python" and done.stdout == f"{expected(file)}\n"


def test_counting_scripts_use_nothing_of_ours():
    scripts = {of.counted_by.split()[2] for of in CARDS.values() if of.counted_by}
    check = f"import sys, {', '.join(scripts)}; print('openner_utils' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", check], cwd=paths.ROOT, capture_output=True, text=True, check=True
    )
    assert scripts and done.stdout == "False\n"


def agree(of: Card, file: File, path: Path) -> bool:
    """Whether what the card makes of a file is what its command finds: counts, labels, and tokens."""
    found = clean(read(path, of, file), of, file)
    published = counting.sentences(of.counted_by, path)
    return (
        counts_of(found) == counting.count(of.counted_by, path)
        and undo(found.repaired, found.ledger, of) == [[label for _, label in row] for row in published]
        and undo_tokens(found.repaired, found.ledger)
        == [[token for token, _ in counting.kept(row)] for row in published]
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
    ("germeval", {"options": {"label": 3, "extra": 2}}),
    ("danplus", {"options": {"label": 2, "extra": 1}}),
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
    whole = [(file, unpacked(of, file, folder)) for file in files(name)]
    assert all(agree(of, file, path) for file, path in whole)
    assert not all(agree(wrong, file, path) for file, path in whole)


@pytest.mark.parametrize("name", AT_HAND)
def test_every_label_and_token_comes_back(name, folder):
    of = CARDS[name]
    compared = 0
    for number, file in enumerate(files(name)):
        path, found = cleaned(name, number, folder)
        back = released(of, file, found)
        if of.scheme == "spans":
            restored = Counter(span for row in undo_spans(back, found.ledger) for span in row)
            assert restored == Counter(spans.published(path)), file.path
            compared += restored.total()
            continue
        published = counting.sentences(of.counted_by, path)
        assert undo(back, found.ledger, of) == [[label for _, label in row] for row in published], file.path
        words = [[token for token, _ in counting.kept(row)] for row in published]
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
