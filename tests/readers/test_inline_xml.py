"""Running text with tags."""

from pathlib import Path
from typing import Any

import pytest

from openner_utils import readers
from openner_utils.readers.layout import Layout, RawFile
from openner_utils.readers.reading import Nested, Reading
from openner_utils.support.errors import FormatError, OpenNERError
from tests.reading import card, documents, fixture, read, sentences

ENAMEX = {"attribute": "TYPE", "sentence": "s", "document": "doc", "ignore": ["br"]}


def test_tags_inside_one_another_and_references() -> None:
    reading = fixture("tags_nested.txt", card("inline_xml"))
    assert sentences(reading) == [
        "University/B-ORG of/I-ORG Oslo/I-ORG &/O Ada/B-PER",
        "AT/O &/O T/O </O Linz/B-LOC </O b/O >/O",
    ]
    assert reading.layers == (Nested(1, 0, 2, 3, "LOC", 1),)
    assert [(r.before, r.rule) for r in reading.changes] == [("14 18 LOC", "overlap")]
    assert reading.columns.starts is not None and reading.columns.starts.tolist()[:5] == [0, 11, 14, 19, 21]


def test_tags_without_attributes_stand_beside_tags_with_them() -> None:
    content = b"<ENAMEX TYPE=PERSON>Ada</ENAMEX> met <ORG>Oslo Kino</ORG> in <ENAMEX TYPE='LOCATION' ID=7>Oslo</ENAMEX> <br/>"
    options = {"attribute": "TYPE", "named": ["ORG"], "ignore": ["br"]}
    reading = readers.read(RawFile(Path("f"), "f", content), Layout("inline_xml", options, "spans"))
    assert sentences(reading) == ["Ada/B-PERSON met/O Oslo/B-ORG Kino/I-ORG in/O Oslo/B-LOCATION"]
    assert (reading.faults, reading.counts) == ((), {"tag <br>": 1})


def test_tags_of_sentences_and_documents() -> None:
    reading = fixture("enamex.sgm", card("inline_xml", ENAMEX))
    assert sentences(reading) == [
        "Mr/O Ada/B-PERSON Byron/I-PERSON ran/O ./O",
        "In/O Oslo/B-LOCATION",
        "ran/O",
    ]
    assert documents(reading) == [2, 1]
    assert reading.columns.lines.tolist() == [3, 3, 3, 3, 3, 4, 4, 5]
    assert reading.counts == {"comment or instruction": 1, "tag <br>": 1}


def test_a_mention_over_a_line_end_is_cut_and_recorded() -> None:
    reading = fixture("tag_over_line_end.txt", card("inline_xml"))
    assert sentences(reading) == ["Ada/B-PER", "Byron/O"]
    assert [(r.line, r.before, r.after, r.rule) for r in reading.changes] == [
        (1, "0 9 PER", "0 3 PER", "cut at sentence end")
    ]


@pytest.mark.parametrize(
    ("name", "options", "line", "what"),
    [
        ("tags_cross.txt", {}, 2, "</PER> where <LOC> of line 2 is open"),
        ("tag_never_closed.txt", {}, 2, "<PER> is never closed"),
        ("tag_never_opened.txt", {}, 1, "</PER> where no tag is open"),
        ("tag_of_nothing.txt", {}, 1, "<PER> of line 1 holds nothing"),
        ("tag_broken.txt", {}, 2, r"'<c\\n' is no tag"),
        ("tag_without_type.txt", {"attribute": "TYPE"}, 1, "<ENAMEX> has no attribute TYPE"),
        ("entities_defined.txt", {}, 1, "a document type that defines entities"),
        ("cdata_never_closed.xml", {}, 2, r"<!\[CDATA\[ without"),
        ("element_declared.xml", {}, 1, "a declaration"),
        ("entity_unknown.txt", {}, 2, "&b; stands for no character"),
        ("entity_of_half_a_character.txt", {}, 1, "&#xD83D; stands for no character"),
        ("comment_never_closed.txt", {}, 1, "<!-- without -->"),
        ("document_inside_mention.txt", {"document": "doc"}, 1, "<doc> inside the mention <PER>"),
        ("latin1_declared_utf8.txt", {}, 2, "byte 0xe1 is not valid utf-8"),
    ],
)
def test_what_is_refused_names_file_and_line(name, options, line, what) -> None:
    with pytest.raises(FormatError, match=what) as caught:
        fixture(name, card("inline_xml", options))
    assert f"{name}:{line}: " in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        "<PER>" * 3000 + "x" + "</PER>" * 3000,
        "&amp;" * 20000,
        "<a " + 'b="c" ' * 20000,
        "<!--" * 20000,
        "<" * 50000,
        "&" + "a" * 50000,
        "<a>" * 20000 + "<b></a>" * 20000,
        "<a>x" * 20000 + "</b>" * 20000,
        "<?" * 20000 + "<![CDATA[" * 20000,
    ],
)
def test_a_file_made_to_be_slow_is_not(content: str, tmp_path) -> None:
    path = tmp_path / "slow.txt"
    path.write_text(content)
    of = card("inline_xml")
    try:
        assert isinstance(read(path, of, of.files[0]), Reading)
    except FormatError as error:
        assert "slow.txt:1: " in str(error)


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        ({"attribute": "TYPE", "named": ["ORG"], "ignore": ["br", "ORG"]}, True),
        ({"named": ["ORG"], "sentence": "ORG"}, True),
        ({"ignore": ["doc"], "document": "doc"}, True),
        (
            {"attribute": "TYPE", "named": ["ORG"], "ignore": ["br"], "sentence": "s", "document": "doc"},
            False,
        ),
        ({"sentence": "p", "document": "p"}, False),
    ],
)
def test_a_tag_is_of_one_kind(options: dict[str, Any], wrong: bool) -> None:
    raw = RawFile(Path("f"), "f", b"<ORG>Oslo</ORG> ran")
    if not wrong:
        assert readers.read(raw, Layout("inline_xml", options, "spans")).columns.n_sentences
        return
    with pytest.raises(OpenNERError, match=r"the tag (ORG|doc) stands under two of named, ignore"):
        readers.read(raw, Layout("inline_xml", options, "spans"))


def test_a_document_type_is_passed_over_and_cdata_is_text() -> None:
    reading = fixture("document_type.xml", card("inline_xml", {"document": "doc"}, scheme="spans"))
    assert sentences(reading) == ["Ada/B-PER saw/O </O Oslo/B-LOC >/O &/O co/O"]
    assert reading.counts == {"comment or instruction": 1, "document type": 1}
    assert reading.columns.lines.tolist() == [6, 6, 6, 6, 6, 6, 6]


def test_reading_goes_on_after_each_fault_that_leaves_no_doubt_how() -> None:
    text = '<E T="PER">Ada</E> &#0; <E>ran</E>\n<E T="LOC"></E> <E T="LOC">Oslo</E>\n'
    raw, layout = RawFile(Path("f"), "f", text.encode()), Layout("inline_xml", {"attribute": "T"})
    reading = readers.read(raw, layout)
    assert [(fault.line, fault.flaw) for fault in reading.faults] == [
        (1, "bad-span"),
        (1, "bad-span"),
        (2, "bad-span"),
    ]
    assert sentences(reading) == ["Ada/B-PER &/O #/O 0/O ;/O ran/O", "Oslo/B-LOC"]


@pytest.mark.parametrize(
    ("text", "lines", "expected"),
    [
        ("<P>Ada ran\nto <L>Oslo</L>", [1], ["Ada/O ran/O", "to/O Oslo/B-L"]),
        ("<P>Ada <L>x</P> y</L>\n<P>Bo</P>", [1, 1, 1], ["Ada/B-P x/I-P y/O", "Bo/B-P"]),
        ("Ada</P>\n<P>Bo</P>", [1], ["Ada/O", "Bo/B-P"]),
        ("a <b ran\n<P>Bo</P>", [1], ["a/O </O b/O ran/O", "Bo/B-P"]),
        ("a <!-- b\n<P>Bo</P>", [1], ["a/O </O !/O -/O -/O b/O", "Bo/B-P"]),
        ("a <![CDATA[b\n<P>Bo</P>", [1], ["a/O </O !/O [/O CDATA/O [/O b/O", "Bo/B-P"]),
        ("<d><P>Ada</d>\n<d><P>Bo</P></d>", [1, 1], ["Ada/O", "Bo/B-P"]),
        ("<P>Ada <d>ran</d></P>\n<P>Bo</P>", [1, 1, 1], ["Ada/O", "ran/O", "Bo/B-P"]),
    ],
)
def test_a_tag_that_does_not_fit_marks_nothing_and_reading_goes_on(text, lines, expected) -> None:
    raw, layout = RawFile(Path("f"), "f", text.encode()), Layout("inline_xml", {"document": "d"})
    reading = readers.read(raw, layout)
    assert [fault.line for fault in reading.faults] == lines
    assert sentences(reading) == expected
