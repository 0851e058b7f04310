"""Nested mentions over lists of tokens."""

import pytest

from openner_utils.readers.reading import Nested
from openner_utils.support.errors import FormatError, OpenNERError
from tests.reading import card, documents, fixture, sentences


@pytest.mark.parametrize(
    ("layer", "expected", "beside"),
    [
        (
            "outermost",
            "University/B-ORG of/I-ORG South/I-ORG Oslo/I-ORG and/O Ada/B-PER",
            [(2, 4, "LOC", 1), (3, 4, "CITY", 2)],
        ),
        (
            1,
            "University/O of/O South/B-LOC Oslo/I-LOC and/O Ada/O",
            [(0, 4, "ORG", 0), (3, 4, "CITY", 2), (5, 6, "PER", 0)],
        ),
        (
            2,
            "University/O of/O South/O Oslo/B-CITY and/O Ada/O",
            [(0, 4, "ORG", 0), (2, 4, "LOC", 1), (5, 6, "PER", 0)],
        ),
    ],
)
def test_the_flat_view_takes_one_layer_and_the_others_are_kept(layer, expected, beside) -> None:
    reading = fixture("nested_three_deep.json", card("json_nested", {"layer": layer}))
    assert sentences(reading) == [expected, "ran/O"]
    assert sorted((n.start, n.end, n.type, n.layer) for n in reading.layers) == sorted(beside)
    assert {(n.line, n.sentence) for n in reading.layers} == {(2, 0)}
    assert reading.columns.lines.tolist() == [2] * 6 + [5]
    assert documents(reading) == [2]
    assert reading.counts == {"mention of another layer": len(beside)}


def test_of_equal_spans_the_first_is_the_outer_and_crossing_ones_get_a_layer_of_their_own() -> None:
    reading = fixture("nested_crossing_and_equal.json", card("json_nested"))
    assert sentences(reading) == ["a/B-LOC b/I-LOC c/O"]
    assert reading.layers == (Nested(1, 0, 0, 2, "ORG", 1), Nested(1, 0, 1, 3, "PER", 2))


@pytest.mark.parametrize(
    ("name", "line", "what"),
    [
        ("nested_text_differs.json", 2, "sentence 1: .*'Ida'.* is no mention"),
        ("nested_span_outside.json", 1, "sentence 0: .* is no mention"),
        ("nested_span_of_booleans.json", 1, "is no mention"),
        ("nested_without_entities.json", 1, "None is no mention"),
        ("nested_without_tokens.json", 1, "sentence 0 has no list 'tokens', or an empty one"),
        ("half_a_character.json", 2, r"token '\\ud83d' is no text"),
        ("nested_cut_short.json", 3, "not valid JSON: .*cut short"),
        ("too_deep.json", 1, "not valid JSON: .*recursion"),
    ],
)
def test_what_is_refused_names_file_and_line(name: str, line: int, what: str) -> None:
    with pytest.raises(FormatError, match=what) as caught:
        fixture(name, card("json_nested"))
    assert f"{name}:{line}: " in str(caught.value)


@pytest.mark.parametrize("layer", [-1, 100, "inner"])
def test_a_layer_is_a_small_number(layer: object) -> None:
    with pytest.raises(OpenNERError, match="options: layer"):
        fixture("nested_three_deep.json", card("json_nested", {"layer": layer}))
