"""OpenNLP: mentions between <START:type> and <END>."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.readers.own import faults, mentions, read_fixture, read_text
from tests.reading import documents, sentences


def test_mentions_stand_between_tags() -> None:
    reading = read_fixture("opennlp", "start_and_end.txt")
    assert mentions(reading) == [["person: Mira"], ["person: Oto"], ["person: Ada"]]
    assert faults(reading) == []


def test_a_blank_line_ends_a_document_and_a_mention_without_type_has_the_default_one() -> None:
    reading = read_text(
        "opennlp", "<START> a b <END> <START:x> c <END>\nd\r\n\n\n< START <START:y> e <END>\n"
    )
    assert sentences(reading) == ["a/B-default b/I-default c/B-x", "d/O", "</O START/O e/B-y"]
    assert documents(reading) == [2, 1]
    assert faults(reading) == []


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("<START:x> a <START:y> b <END>", ["a/O b/B-y"]),
        ("<START:x> <END> a", ["a/O"]),
        ("a <END>", ["a/O"]),
        ("<START:x> a", ["a/O"]),
    ],
)
def test_tags_that_do_not_pair_are_a_fault(line, left) -> None:
    reading = read_text("opennlp", f"{line}\n<START:x> b <END>")
    assert faults(reading) == [(1, "bad-span")]
    assert sentences(reading) == [*left, "b/B-x"]


WORDS = st.lists(
    st.tuples(st.text("ab<>:", min_size=1, max_size=2), st.sampled_from(["", "x", "y"])), min_size=1
)


@settings(deadline=None)
@given(st.lists(WORDS, min_size=1))
def test_what_is_written_is_read(text) -> None:
    lines = [" ".join(f"<START:{type}> {word} <END>" if type else word for word, type in row) for row in text]
    reading = read_text("opennlp", "\n".join(lines))
    expected = [" ".join(f"{word}/{f'B-{type}' if type else 'O'}" for word, type in row) for row in text]
    assert sentences(reading) == expected
