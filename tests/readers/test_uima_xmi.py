"""UIMA CAS in XMI."""

from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openner_utils.support.errors import FormatError
from tests.readers.own import faults, layers, mentions, read_fixture, read_text
from tests.reading import documents, sentences

HEAD = '<xmi:XMI xmlns:xmi="http://www.omg.org/XMI" xmlns:cas="cas" xmlns:t="t">\n'


def cas(text: str, *annotations: str, view: str = "_InitialView") -> str:
    sofa = f'<cas:Sofa xmi:id="1" sofaID="{view}" sofaString={quoteattr(text, {chr(10): "&#10;"})}/>\n'
    return HEAD + sofa + "".join(f"<t:{one}/>\n" for one in annotations) + "</xmi:XMI>"


def named(start: object, end: object, more: str = 'value="P"', sofa: int = 1) -> str:
    return f'NamedEntity sofa="{sofa}" begin="{start}" end="{end}" {more}'


def test_tokens_and_sentences_are_those_of_the_file_where_it_has_them() -> None:
    reading = read_fixture("uima_xmi", "cas.xmi")
    assert sentences(reading) == ["Mira/B-PER Halon/I-PER left/O 😀/O", "Oto/B-PER sang/O ./O"]
    assert layers(reading) == ["0:1-2 X 1"]
    assert documents(reading) == [2]
    assert faults(reading) == []


@pytest.mark.parametrize(
    ("annotations", "flaw", "left"),
    [
        ([named(0, 8)], "bad-span", "Ada/O ran/O"),
        ([named("x", 3)], "bad-span", "Ada/O ran/O"),
        ([named(3, 3)], "bad-span", "Ada/O ran/O"),
        ([named(0, 3, "")], "empty-label", "Ada/O ran/O"),
        (['Token sofa="1" begin="0" end="9"', named(0, 3)], "bad-span", "Ada/B-P ran/O"),
    ],
)
def test_what_is_wrong_is_a_fault_with_its_line(annotations, flaw, left) -> None:
    reading = read_text("uima_xmi", cas("Ada ran", *annotations))
    assert faults(reading) == [(3, flaw)]
    assert sentences(reading) == [left]


@pytest.mark.parametrize(
    ("words", "expected"),
    [([(0, 7)], "Ada ran/B-P"), ([(0, 3)], "Ada/B-P ran/I-P"), ([(0, 3), (2, 7), (4, 7)], "Ada/B-P ran/I-P")],
)
def test_tokens_that_do_not_hold_the_text_are_not_taken(words, expected) -> None:
    tokens = [f'Token sofa="1" begin="{start}" end="{end}"' for start, end in words]
    assert sentences(read_text("uima_xmi", cas("Ada ran", *tokens, named(0, 7)))) == [expected]


def test_what_lies_outside_of_sentences_is_read_and_other_views_are_counted() -> None:
    text = cas("Title\nAda ran", 'Sentence sofa="1" begin="6" end="13"', named(6, 9), named(0, 1, sofa=2))
    reading = read_text("uima_xmi", text)
    assert sentences(reading) == ["Title/O", "Ada/B-P ran/O"]
    assert reading.counts == {"annotation of another view": 1}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (cas("Ada")[:-4], ":3: not valid XML"),
        ('<!DOCTYPE x [<!ENTITY a "b">]>' + cas("Ada"), ":1: a document type"),
        (cas("Ada", view="other"), "no text is called '_InitialView' .there are: other"),
        ("", ":1: not valid XML"),
    ],
)
def test_what_is_no_cas_is_refused(text, what) -> None:
    with pytest.raises(FormatError, match=what):
        read_text("uima_xmi", text)


WORDS = st.lists(
    st.tuples(st.text("ab😀é", min_size=1, max_size=3), st.sampled_from(["", "X", "Y"])), min_size=1
)


@settings(deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=3))
def test_what_is_written_is_read(text) -> None:
    annotations, at = [], 0
    for row in text:
        for word, type in row:
            length = len(word.encode("utf-16-le")) // 2
            annotations.append(f'Token sofa="1" begin="{at}" end="{at + length}"')
            annotations += [named(at, at + length, f'value="{type}"')] if type else []
            at += length + 1
    reading = read_text(
        "uima_xmi", cas("\n".join(" ".join(word for word, _ in row) for row in text), *annotations)
    )
    assert mentions(reading) == [[f"{type}: {word}" for word, type in row if type] for row in text]
    assert not reading.faults
