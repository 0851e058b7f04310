"""HIPE: named columns, metadata in comments, sentence ends in flags."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openner_utils.readers.guess import guess
from openner_utils.readers.layout import RawFile
from openner_utils.support.errors import FormatError
from tests.readers.own import faults, layers, mentions, read_fixture, read_text
from tests.reading import FIXTURES, documents, sentences

HEADER = "TOKEN\tNE-COARSE-LIT\tNE-NESTED\tMISC\n"


def test_sentences_end_at_flags_and_documents_at_blank_lines() -> None:
    """Counted by hand: the flag EndOfSentence stands on three lines of this file, so there are three sentences, not four."""
    reading = read_fixture("hipe", "sentence_ends_in_flags.tsv")
    assert mentions(reading) == [["pers: Mira Halon"], ["pers: Oto"], ["loc: Turku"]]
    assert documents(reading) == [2, 1]
    assert faults(reading) == []
    assert reading.counts == {
        "mention in column NE-COARSE-METO": 1,
        "mention in column NE-FINE-LIT": 3,
        "mention in column NE-FINE-METO": 1,
        "mention in column NE-FINE-COMP": 2,
    }


@pytest.mark.parametrize(
    ("label", "first"), [("NE-FINE-LIT", "pers.ind: Mira Halon"), ("NE-FINE-COMP", "comp.name: Mira Halon")]
)
def test_another_column_is_read_where_it_is_named(label, first) -> None:
    assert mentions(read_fixture("hipe", "sentence_ends_in_flags.tsv", column=label))[0] == [first]


def test_a_sentence_end_inside_a_mention_does_not_cut_it() -> None:
    rows = "St\tB-loc\tO\tNoSpaceAfter\n.\tI-loc\tO\tEndOfSentence\nGall\tI-loc\tO\tEndOfSentence\nx\tO\tO\tEndOfSentence\n"
    reading = read_text("hipe", HEADER + rows + "y\tI-loc\tO\t_\n")
    assert sentences(reading) == ["St/B-loc ./I-loc Gall/I-loc", "x/O", "y/I-loc"]
    assert reading.counts == {"sentence end inside a mention": 1}


def test_nested_mentions_are_a_layer() -> None:
    rows = "Bank\tB-org\tO\t_\nof\tI-org\tO\t_\nOslo\tI-org\tB-loc\tEndOfLine|EndOfSentence\nx\tO\t_\t_\n"
    reading = read_text("hipe", HEADER + rows)
    assert sentences(reading) == ["Bank/B-org of/I-org Oslo/I-org", "x/O"]
    assert layers(reading) == ["0:2-3 loc 1"]


@pytest.mark.parametrize(
    ("rows", "flaws", "left"),
    [
        ("a\tO\tO\nb\tO\tO\t_\n", [(2, "column-count")], ["b/O"]),
        ("\tB-x\tO\t_\nb\tO\tO\t_\n", [(2, "empty-token")], ["b/O"]),
        ("a\tO\tx\t_\n", [(2, "unknown-label")], ["a/O"]),
        ("#\tO\tO\t_\n# x:document_id = 2\nb\tO\tO\tPartial-0:1\r\n", [], ["#/O", "b/O"]),
        ("a\tO\tO\tNoSpaceAfter|EndOfSentence\n\n\nb\tO\tO\t_", [], ["a/O", "b/O"]),
    ],
)
def test_what_is_wrong_is_a_fault_and_the_rest_is_read(rows, flaws, left) -> None:
    reading = read_text("hipe", HEADER + rows)
    assert faults(reading) == flaws
    assert sentences(reading) == left


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a\tO\tO\t_\n", "Unknown column 'TOKEN'"),
        (HEADER + "a\t_\tO\t_\n", "NE-COARSE-LIT says nothing"),
        ("", "Unknown column 'TOKEN'"),
    ],
)
def test_a_file_without_its_columns_is_refused(text, what) -> None:
    with pytest.raises(FormatError, match=what):
        read_text("hipe", text)


LABELS = st.lists(st.sampled_from(["O", "B-pers", "I-pers"]), min_size=1, max_size=4).filter(
    lambda all: all[0][0] != "I"
)


@settings(deadline=None)
@given(st.lists(st.lists(LABELS, min_size=1, max_size=3), min_size=1, max_size=3))
def test_what_is_written_is_read(text) -> None:
    lines = []
    for number, document in enumerate(text):
        lines.append(f"# hipe2022:document_id = {number}")
        for labels in document:
            lines += [f"w\t{label}\tO\tNoSpaceAfter" for label in labels]
            lines[-1] = f"w\t{labels[-1]}\tO\tEndOfLine|EndOfSentence"
        lines.append("")
    reading = read_text("hipe", HEADER + "\n".join(lines))
    assert [list(labels) for _, labels in reading.columns.rows()] == [
        labels for doc in text for labels in doc
    ]
    assert documents(reading) == [len(document) for document in text]


@pytest.mark.parametrize(
    ("flag", "given", "expected"),
    [
        ("PySBDSegment", {}, {"column": "NE-COARSE-LIT", "sentence": "PySBDSegment"}),
        ("EndOfSentence", {}, {"column": "NE-COARSE-LIT"}),
        ("EndOfLine", {}, {"column": "NE-COARSE-LIT"}),
        ("PySBDSegment", {"sentence": "EndOfLine"}, {"column": "NE-COARSE-LIT"}),
    ],
)
def test_the_flag_that_a_program_set_ends_sentences_where_no_other_does(flag, given, expected) -> None:
    """HIPE-2020 (release 1.3) has PySBDSegment where HIPE-2022 has EndOfSentence."""
    rows = f"Ada\tB-pers\tO\t_\nran\tO\tO\tNoSpaceAfter|{flag}\nBo\tB-pers\tO\t_\nfell\tO\tO\t{flag}\n"
    found = guess(RawFile(FIXTURES / "f", "f", (HEADER + rows).encode()), given)
    assert (found.reader, found.options) == ("hipe", expected)
