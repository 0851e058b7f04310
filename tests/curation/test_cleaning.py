"""Cleaning: cases for every scheme, and the published labels restored on every corpus at hand."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.catalog import Card
from openner_utils.core.columns import from_rows
from openner_utils.core.encoding import ENCODINGS, IOB2, get_encoding
from openner_utils.core.repair import METHODS
from openner_utils.core.validation import validate
from openner_utils.curation.clean import Cleaned, check_hash, clean, open_raw, undo
from openner_utils.readers import delimited
from openner_utils.readers.layout import RawFile
from openner_utils.readers.reading import Reading
from openner_utils.support.errors import FormatError, OpenNERError
from tests.counting import tally as counting
from tests.reading import card, fixture, read
from tests.strategies import label_rows, with_tokens


def cleaned(labels: str, of: Card, method: str = "conlleval") -> Cleaned:
    """Clean one sentence with these labels; ``_`` stands for an empty label."""
    row = ["" if label == "_" else label for label in labels.split()]
    return clean(Reading(from_rows(with_tokens([row]), "f")), of, of.files[0], method)


def only_row(columns: Any) -> str:
    ((_, labels),) = columns.rows()
    return " ".join(labels)


@pytest.mark.parametrize(
    ("scheme", "fields", "raw_labels", "published", "repaired", "ledger"),
    [  # ledger: token, before, after, rule
        ("IOB2", {}, "B-PER I-PER O", "B-PER I-PER O", "B-PER I-PER O", []),
        ("IOB2", {}, "O I-PER O", "O I-PER O", "O B-PER O", [(1, "I-PER", "B-PER", "conlleval")]),
        ("IOB1", {}, "I-PER I-PER B-PER", "B-PER I-PER B-PER", "B-PER I-PER B-PER", []),
        (
            "IOB1",
            {},
            "O B-PER I-LOC",
            "O B-PER B-LOC",
            "O B-PER B-LOC",
            [(1, "B-PER", "B-PER", "not as the scheme writes it")],
        ),
        (
            "IO",
            {"spelling": {"PER": "I-PER", "LOC": "I-LOC"}},
            "PER PER LOC O",
            "B-PER I-PER B-LOC O",
            "B-PER I-PER B-LOC O",
            [],
        ),
        ("BIOES", {}, "S-PER B-LOC E-LOC O", "B-PER B-LOC I-LOC O", "B-PER B-LOC I-LOC O", []),
        (  # a mention that never ends, and one that never begins
            "BIOES",
            {},
            "B-PER O E-LOC",
            "B-PER O I-LOC",
            "B-PER O B-LOC",
            [
                (0, "B-PER", "B-PER", "not as the scheme writes it"),
                (2, "E-LOC", "B-LOC", "conlleval"),
            ],
        ),
        (  # two mentions, though the letters alone would read as one
            "BIOES",
            {},
            "B-PER E-PER I-PER",
            "B-PER I-PER B-PER",
            "B-PER I-PER B-PER",
            [(2, "I-PER", "B-PER", "not as the scheme writes it")],
        ),
        ("BILOU", {}, "U-PER B-LOC L-LOC", "B-PER B-LOC I-LOC", "B-PER B-LOC I-LOC", []),
        ("BMES", {}, "S-PER B-LOC M-LOC E-LOC", "B-PER B-LOC I-LOC I-LOC", "B-PER B-LOC I-LOC I-LOC", []),
        (
            "IOB2",
            {"spelling": {"OUT": "O"}, "faults": {"I--PER": "I-PER", "OO": "O"}},
            "B-PER I--PER OO OUT O",
            "B-PER I-PER O O O",
            "B-PER I-PER O O O",
            [
                (1, "I--PER", "I-PER", "fault named by the card"),
                (2, "OO", "O", "fault named by the card"),
                (4, "O", "O", "not as the scheme writes it"),
            ],
        ),
        (
            "IOB2",
            {"allow": ("empty-label", "missing-label")},
            "B-PER _ \0 I-PER",
            "B-PER O O I-PER",
            "B-PER O O B-PER",
            [
                (1, "", "O", "empty-label"),
                (2, None, "O", "missing-label"),
                (3, "I-PER", "B-PER", "conlleval"),
            ],
        ),
        (
            "IOB2",
            {"allow": ("unknown-label",)},
            "B-PER B-XYZ I-XYZ PER",
            "B-PER O O O",
            "B-PER O O O",
            [
                (1, "B-XYZ", "O", "unknown-label"),
                (2, "I-XYZ", "O", "unknown-label"),
                (3, "PER", "O", "unknown-label"),
            ],
        ),
    ],
)
def test_cases(scheme, fields, raw_labels, published, repaired, ledger) -> None:
    of = card("delimited", scheme=scheme, **fields)
    found = cleaned(raw_labels, of)
    assert only_row(found.published) == published
    assert only_row(found.repaired) == repaired
    rows = [(row["token"], row["before"], row["after"], row["rule"]) for row in found.ledger.to_pylist()]
    assert rows == ledger
    names = [None if label == delimited.NO_LABEL else label.replace("_", "") for label in raw_labels.split()]
    assert undo(found.repaired, found.ledger, of) == [names]


@pytest.mark.parametrize(
    ("method", "repaired", "rules"),
    [
        ("conlleval", "B-PER O B-LOC I-LOC", ["conlleval"]),
        ("discard", "B-PER O O O", ["discard", "discard"]),
        ("none", "B-PER O I-LOC I-LOC", ["not as the scheme writes it"]),
    ],
)
def test_methods(method, repaired, rules) -> None:
    of = card("delimited")
    found = cleaned("B-PER O I-LOC I-LOC", of, method)
    assert only_row(found.published) == "B-PER O I-LOC I-LOC"
    assert only_row(found.repaired) == repaired
    assert found.ledger["rule"].to_pylist() == rules
    assert undo(found.repaired, found.ledger, of) == [["B-PER", "O", "I-LOC", "I-LOC"]]


def test_counts_and_ledger_say_where() -> None:
    of = card("delimited", {"separator": "space"}, allow=("empty-token",))
    found = clean(fixture("empty_token.txt", of), of, of.files[0])
    assert found.counts == {
        "invalid transition": 1,
        "ledger: conlleval": 1,
        "ledger: empty-token": 2,
        "mentions as repaired": 2,
        "sentences": 2,
        "tokens": 3,
    }
    places = [
        tuple(row[name] for name in ("corpus", "language", "split", "file", "line", "sentence", "token"))
        for row in found.ledger.to_pylist()
    ]
    assert places == [("tiny", "eng", "train", "f", line, 0, line - 1) for line in (2, 3, 4)]
    assert undo(found.repaired, found.ledger, of) == [["B-PER", "O", "I-LOC", "I-LOC"], ["O"]]


@pytest.mark.parametrize(
    ("name", "options", "fields", "line", "what"),
    [
        ("bad_label.tsv", {}, {}, 3, "'LOC' is no IOB2 label.*allow unknown-label"),
        ("unknown_type.tsv", {}, {}, 2, "entity type 'PLACE' is not on the card.*faults.* on the card tiny"),
        ("empty_label.tsv", {}, {}, 2, "empty label.*allow empty-label on the card tiny"),
        ("io_without_prefix.tsv", {}, {"scheme": "IO"}, 1, "'PER' is no IO label"),
    ],
)
def test_unexplained_labels_are_refused_with_file_and_line(name, options, fields, line, what) -> None:
    of = card("delimited", options, **fields)
    reading = fixture(name, of)
    with pytest.raises(FormatError, match=f"f:{line}: .*{what}"):
        clean(reading, of, of.files[0])


@pytest.mark.parametrize("scheme", ENCODINGS)
@pytest.mark.parametrize("method", METHODS)
def test_undo_of_any_labels(scheme, method) -> None:
    of = card("delimited", scheme=scheme, spelling={"OUT": "O"})
    encoding = get_encoding(scheme)

    @given(rows=label_rows(encoding))
    def check(rows: list[list[str]]) -> None:
        found = clean(Reading(from_rows(with_tokens(rows), "f")), of, of.files[0], method)
        assert undo(found.repaired, found.ledger, of) == rows
        if method != "none":
            assert not any(validate(labels, IOB2) for _, labels in found.repaired.rows())
        if method == "conlleval":
            decoded = [encoding.decode(row) for row in rows]
            assert [IOB2.decode(labels) for _, labels in found.repaired.rows()] == decoded
            assert [IOB2.decode(labels) for _, labels in found.published.rows()] == decoded

    check()


lines = st.sampled_from(["a B-PER", "a I-PER", " O", " I-PER", "a", "a ", "a I--PER", "a B-X", ""])


@given(content=st.lists(lines, max_size=12))
def test_undo_of_any_flawed_file(content, tmp_path_factory) -> None:
    path = tmp_path_factory.getbasetemp() / "flawed.txt"
    path.write_text("\n".join(content))
    flaws = ("empty-token", "empty-label", "missing-label", "unknown-label")
    of = card("delimited", {"separator": "space"}, allow=flaws, faults={"I--PER": "I-PER"})
    try:
        found = clean(read(path, of, of.files[0]), of, of.files[0])
    except FormatError:
        return
    assert undo(found.repaired, found.ledger, of) == [
        [label for _, label in row] for row in counting.sentences("python -m tests.counting.conll FILE", path)
    ]


def test_a_missing_file_names_the_command(tmp_path) -> None:
    of = card("delimited")
    with pytest.raises(OpenNERError, match=r"tiny/f: missing. Lay it there, or correct the card"):
        open_raw(tmp_path / "data", of, of.files[0])
    (tmp_path / "params.yaml").write_text("data: {corpora: [habari, wnut17]}")
    with pytest.raises(
        OpenNERError,
        match=r"missing. Build the data again: openner fetch wnut17 && openner data use habari wnut17$",
    ):
        open_raw(tmp_path / "data", of, of.files[0])


def test_a_file_that_is_not_the_cards_names_both_hashes() -> None:
    of, raw = card("delimited"), RawFile(Path("f"), "f", b"Ada\tB-PER\n")
    with pytest.raises(OpenNERError, match=r"^f: its SHA-256 is [0-9a-f]{64}, the card tiny expects 0{64}"):
        check_hash(Path(), raw, of, of.files[0])


OPENS = """
import collections, json, os, sys
opened = collections.Counter()
def look(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, os.PathLike)):
        opened[os.fspath(arguments[0])] += 1
sys.addaudithook(look)
from openner_utils.catalog import load_card
from openner_utils.curation.clean import check_hash, clean_file, open_raw
from openner_utils.exports.upstream import patch
from openner_utils.support import paths
found = {}
for corpus in sys.argv[1:]:
    card = load_card(corpus)
    for work in ("clean", "upstream"):
        opened.clear()
        if work == "clean":
            for file in card.annotated:
                raw = open_raw(paths.SAMPLES, card, file)
                clean_file(raw, card, file)
                check_hash(paths.SAMPLES, raw, card, file)
        else:
            patch(card, paths.SAMPLES)
        found[f"{corpus}: {work}"] = sorted(
            {opened[str(paths.SAMPLES / card.id / file.path)] for file in card.annotated}
        )
print(json.dumps(found))
"""


def test_a_file_of_a_corpus_is_opened_once_to_be_read_checked_and_repaired() -> None:
    arguments = [sys.executable, "-c", OPENS, "habari", "siso"]
    done = subprocess.run(arguments, check=True, capture_output=True, text=True)
    assert json.loads(done.stdout) == {
        f"{corpus}: {work}": [1] for corpus in ("habari", "siso") for work in ("clean", "upstream")
    }
