"""Encodings: their transition tables against SeqScore's, and the two forms against each other."""

import itertools

import pytest
import seqscore.encoding
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.core.columns import from_rows
from openner_utils.core.document import Mention, Span
from openner_utils.core.encoding import ENCODINGS, IOB1, IOB2, LabelError, decode, get_encoding, recode
from openner_utils.support.errors import OpenNERError
from tests.strategies import label_rows, with_tokens

SEQSCORE = {"IO": "IO", "IOB1": "IOB", "IOB2": "BIO", "BIOES": "BIOES", "BILOU": "BILOU", "BMES": "BMES"}
encodings = pytest.mark.parametrize("encoding", ENCODINGS.values(), ids=ENCODINGS)


@encodings
def test_transitions_equal_seqscore(encoding):
    theirs = seqscore.encoding.get_encoding(SEQSCORE[encoding.name])
    parts = [("O", ""), *((state, type) for state in encoding.states[1:] for type in ("X", "Y"))]
    for before, after in itertools.product(parts, parts):
        expected = theirs.is_valid_transition(before[0], before[1] or None, after[0], after[1] or None)
        assert encoding.is_valid(before, after) == expected, (before, after)


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("IO", "O I-PER I-PER I-LOC O"),
        ("IOB1", "O I-PER B-PER I-LOC O"),
        ("IOB2", "O B-PER B-PER B-LOC O"),
        ("BIOES", "O S-PER S-PER S-LOC O"),
        ("BILOU", "O U-PER U-PER U-LOC O"),
        ("BMES", "O S-PER S-PER S-LOC O"),
    ],
)
def test_adjacent_mentions_of_one_type(name, labels):
    mentions = get_encoding(name).decode(labels.split())
    expected = [(1, 2, "PER"), (2, 3, "PER"), (3, 4, "LOC")]
    if name == "IO":  # which cannot tell two adjacent mentions of one type from one
        expected = [(1, 3, "PER"), (3, 4, "LOC")]
    assert [(m.span.start, m.span.end, m.type) for m in mentions] == expected


@encodings
@given(data=st.data())
def test_encode_then_decode_gives_the_mentions_back(encoding, data):
    length = data.draw(st.integers(1, 12))
    cuts = data.draw(st.lists(st.integers(0, length), max_size=8, unique=True).map(sorted))
    types = st.sampled_from(["PER", "LOC"])
    spans = [pair for pair in itertools.pairwise(cuts) if data.draw(st.booleans())]
    mentions = tuple(Mention(Span(*pair), data.draw(types)) for pair in spans)
    if encoding.name == "IO":  # the one encoding that loses borders: keep mentions of one type apart
        kept = []
        for mention in mentions:
            if not kept or kept[-1].span.end < mention.span.start or kept[-1].type != mention.type:
                kept.append(mention)
        mentions = tuple(kept)
    labels = encoding.encode(mentions, length)
    assert encoding.decode(labels) == mentions
    theirs = seqscore.encoding.get_encoding(SEQSCORE[encoding.name])
    assert [(m.span.start, m.span.end, m.type) for m in theirs.decode_labels(labels)] == [
        (m.span.start, m.span.end, m.type) for m in mentions
    ]


@encodings
@given(data=st.data())
def test_columns_decode_like_objects(encoding, data):
    rows = data.draw(label_rows(encoding))
    found = decode(from_rows(with_tokens(rows)), encoding)
    expected, offset = [], 0
    for number, row in enumerate(rows):
        for mention in encoding.decode(row):
            expected.append((offset + mention.span.start, offset + mention.span.end, number, mention.type))
        offset += len(row)
    types = [found.types[type] for type in found.type]
    assert list(zip(found.start, found.end, found.sentence, types, strict=True)) == expected


@encodings
@given(data=st.data())
def test_columns_recode_like_objects(encoding, data):
    rows = data.draw(label_rows(encoding))
    target = data.draw(st.sampled_from(list(ENCODINGS.values())))
    recoded = recode(from_rows(with_tokens(rows)), encoding, target)
    expected = [target.encode(encoding.decode(row), len(row)) for row in rows]
    assert [labels for _, labels in recoded.rows()] == expected


@pytest.mark.parametrize("label", ["", "PER", "B", "B-", "-PER", "O-PER", "X-PER", "b-PER", "I_PER"])
def test_unreadable_label_is_named(label):
    with pytest.raises(LabelError, match="is no IOB2 label"):
        IOB2.split(label)


def test_type_may_hold_hyphens():
    assert IOB2.split("B-creative-work") == ("B", "creative-work")


def test_unknown_encoding_gets_the_nearest_name():
    with pytest.raises(OpenNERError, match="Did you mean 'BIOES'"):
        get_encoding("BIOS")


def test_iob1_begin_only_after_same_type():
    assert not IOB1.is_valid(("O", ""), ("B", "PER"))
    assert IOB1.is_valid(("I", "PER"), ("B", "PER"))
