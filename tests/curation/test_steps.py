"""Steps on tokens: each change is in the ledger, and comes back from it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.core.changes import Change
from openner_utils.core.columns import from_rows
from openner_utils.curation import steps
from openner_utils.curation.clean import clean, undo, undo_tokens
from openner_utils.readers.reading import Nested, Reading
from openner_utils.support.errors import FormatError
from tests.reading import card


def reading(*rows: str, **fields: object) -> Reading:
    """Sentences written ``token/label token/label``; ``_`` stands for a blank, ``¶`` for a control character."""
    sentences = []
    for row in rows:
        pairs = [pair.rsplit("/", 1) for pair in row.split(" ")]
        tokens = [token.replace("_", " ").replace("¶", "\x02") for token, _ in pairs]
        sentences.append((tokens, [label for _, label in pairs]))
    return Reading(from_rows(sentences, "f"), **fields)  # type: ignore[arg-type]


def tokens(of: Reading) -> list[list[str]]:
    return [list(row) for row, _ in of.columns.rows()]


@pytest.mark.parametrize(
    ("row", "chosen", "after", "rules"),
    [
        ("a/O _/O b/B-PER", ("drop-blank-tokens",), ["a", "b"], ["blank token"]),
        ("_/O a/B-PER _/I-PER b/I-PER", ("drop-blank-tokens",), ["a", "b"], ["blank token"] * 2),
        ("\u3000/O a/O", ("drop-blank-tokens",), ["a"], ["blank token"]),
        ("e\u0301/O é/O", ("nfc",), ["é", "é"], ["token: not NFC"]),
        ("a¶b/O ¶/O", ("strip-control-characters",), ["ab", "\x02"], ["token: control character"]),
        (
            "e\u0301¶/O",
            ("nfc", "strip-control-characters"),
            ["é"],
            ["token: not NFC", "token: control character"],
        ),
        ("می\u200cروم/O", ("strip-control-characters", "nfc"), ["می\u200cروم"], []),
        ("我0/O 310/O h/O", ("strip-position-numbers",), ["我", "3", "h"], ["token: position number"] * 2),
        (
            "en:Ada/O zh-min-nan::/O be-x-old:/O Ada:b/O en/O",
            ("strip-language-prefixes",),
            ["Ada", ":", "be-x-old:", "Ada:b", "en"],
            ["token: language prefix"] * 2,
        ),
        ("a/O _/O e\u0301/O", (), ["a", " ", "e\u0301"], []),
    ],
)
def test_a_step_does_what_its_name_says_and_no_more(row, chosen, after, rules):
    found = steps.apply(reading(row), chosen)
    assert tokens(found) == [after]
    assert [removal.rule for removal in found.changes] == rules


def test_tokens_are_reported_but_left_alone():
    row = reading("e\u0301/O a¶/O \ufffd/O _/O c/O")
    assert steps.report(row.columns) == {
        "token not NFC": 1,
        "token with control character": 1,
        "token with replacement character": 1,
        "blank token": 1,
    }
    assert steps.report(reading("a/O").columns) == {}


def test_a_sentence_of_blanks_is_an_error_with_its_line():
    with pytest.raises(FormatError, match="f:3: the sentence that begins here holds no word"):
        steps.apply(reading("a/O", "_/O _/O"), ("drop-blank-tokens",))


def test_positions_count_what_the_reader_dropped():
    dropped = (Change(2, 0, 1, "O", None, "empty-token"),)  # published: a "" " " b
    found = steps.apply(reading("a/O _/O b/O", changes=dropped), ("drop-blank-tokens",))
    assert [removal.token for removal in found.changes] == [1, 2]


def test_nested_mentions_move_with_their_tokens():
    layers = (Nested(1, 0, 1, 4, "PER", 1), Nested(1, 0, 1, 2, "LOC", 2))
    found = steps.apply(reading("a/O _/O b/O _/O", layers=layers), ("drop-blank-tokens",))
    assert found.layers == (Nested(1, 0, 1, 2, "PER", 1),)


WORDS = st.sampled_from(["a", " ", "\u3000", "e\u0301", "x\x02", "\x02", "é"])
LABELS = st.sampled_from(["O", "B-PER", "I-PER", "I-LOC"])
SENTENCES = st.lists(
    st.lists(st.tuples(WORDS, LABELS), min_size=1, max_size=6).map(lambda row: [*row, ("w", "O")]),
    min_size=1,
    max_size=4,
)
STEPS = st.permutations(["drop-blank-tokens", "strip-control-characters", "nfc"])


@given(SENTENCES, STEPS)
def test_labels_and_tokens_come_back(rows, chosen):
    of = card("delimited", steps=chosen)
    published = [tuple(zip(*row, strict=True)) for row in rows]
    cleaned = clean(Reading(from_rows(published, "f")), of, of.files[0])
    assert undo(cleaned.repaired, cleaned.ledger, of) == [list(labels) for _, labels in published]
    expected = [[token for token in tokens if not token.isspace()] for tokens, _ in published]
    assert undo_tokens(cleaned.repaired, cleaned.ledger) == expected
    kept = sum(map(len, expected))
    assert len(cleaned.repaired) == kept and np.all(np.diff(cleaned.repaired.sentences) > 0)


def test_what_each_step_would_change_is_what_it_changes():
    found = reading("en:a¶/O en:e\u0301/O en:b/B-PER", "en:c/O _/O")
    counted = steps.would_change(found.columns)
    assert counted == {
        "drop-blank-tokens": 1, "nfc": 1, "strip-control-characters": 1, "strip-language-prefixes": 4
    }  # fmt: skip
    for step, number in counted.items():
        assert len(steps.apply(found, (step,)).changes) == number
    assert steps.would_change(reading("3D/O cm2/O a/O").columns) == {}, (
        "a number at a word is no mark at each"
    )
