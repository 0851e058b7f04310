"""GATE documents."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openner_utils.support.errors import FormatError
from tests.readers.own import faults, layers, mentions, read_fixture, read_text
from tests.reading import documents, sentences


def document(text: str, *sets: str) -> str:
    return f"<GateDocument>\n<TextWithNodes>{text}</TextWithNodes>\n{''.join(sets)}</GateDocument>"


def annotated(name: str, *annotations: tuple[str, object, object]) -> str:
    rows = [
        f'<Annotation Id="1" Type="{kind}" StartNode="{s}" EndNode="{e}"/>\n' for kind, s, e in annotations
    ]
    return f'<AnnotationSet Name="{name}">\n{"".join(rows)}</AnnotationSet>\n'


ADA = '<Node id="0"/>Ada<Node id="3"/> ran<Node id="7"/>'


def test_mentions_are_those_of_the_only_set_that_has_some() -> None:
    reading = read_fixture("gate_xml", "gate_document.xml")
    assert sentences(reading) == ["Mira/B-Person Halon/I-Person left/O ./O", "Oto/B-Person &/O co/O"]
    assert layers(reading) == ["0:1-2 Name 1"]
    assert documents(reading) == [1 + 1]
    assert faults(reading) == []


def test_types_and_sets_are_chosen() -> None:
    sets = annotated("A", ("X", 0, 3)), annotated("B", ("Y", 0, 3), ("Z", 3, 7))
    with pytest.raises(FormatError, match=r"several sets hold mentions: 'A', 'B'.*option annotations="):
        read_text("gate_xml", document(ADA, *sets))
    reading = read_text("gate_xml", document(ADA, *sets), annotations="B")
    assert sentences(reading) == ["Ada/B-Y ran/B-Z"]
    assert reading.counts == {"mention of another set": 1}
    assert sentences(read_text("gate_xml", document(ADA, *sets), types=["Z"])) == ["Ada/O ran/B-Z"]


@pytest.mark.parametrize("nodes", [(0, 9), (3, 3), (7, 3), ("", 3)])
def test_an_annotation_without_its_nodes_is_a_fault(nodes) -> None:
    reading = read_text("gate_xml", document(ADA, annotated("A", ("X", *nodes), ("X", 0, 3))))
    assert faults(reading) == [(4, "bad-span")]
    assert sentences(reading) == ["Ada/B-X ran/O"]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (document(ADA), "the set '' holds no mention .sets: none"),
        (document(ADA, annotated("", ("Token", 0, 3))), "the set '' holds no mention"),
        (document(ADA)[:-3], "not valid XML"),
        ("<!DOCTYPE GateDocument>" + document(ADA), "a document type"),
        (
            '<?xml version="1.0" encoding="ut-8"?>' + document(ADA).partition("?>")[2],
            "an encoding that is not known.*ut-8",
        ),
    ],
)
def test_what_holds_no_mention_is_refused(text, what) -> None:
    with pytest.raises(FormatError, match=what):
        read_text("gate_xml", text)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.text("aé😀", min_size=1, max_size=3), st.sampled_from(["", "X", "Y"])), min_size=1)
)
def test_what_is_written_is_read(words) -> None:
    text, marks = "", [("X", "first", "last")]
    for number, (word, type) in enumerate(words):
        text += f'<Node id="{number}s"/>{word}<Node id="{number}e"/> '
        marks += [(type, f"{number}s", f"{number}e")] if type else []
    text = f'<Node id="first"/>b<Node id="last"/> {text}'
    reading = read_text("gate_xml", document(text, annotated("A", *marks)), tokenizer="whitespace")
    assert mentions(reading) == [["X: b", *(f"{type}: {word}" for word, type in words if type)]]
