"""JSON lists of tokens and labels."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.ownfiles.format import Format
from openner_utils.ownfiles.opening import inspect, raw_file
from openner_utils.readers.reading import Reading
from openner_utils.support.errors import FormatError
from tests.readers.own import changes, faults, read_text
from tests.reading import FLAWS, card, documents, fixture, read, sentences


def test_tokens_keep_their_characters_and_the_line_on_which_their_object_begins() -> None:
    reading = fixture("token_lists.json", card("json_tokens"))
    assert sentences(reading) == ["Ada/B-PER ran/O", "O\u0301slo/B-LOC"]
    assert reading.columns.lines.tolist() == [2, 2, 4]
    assert documents(reading) == [2]


def test_numbers_are_labels_for_the_card_to_spell_out() -> None:
    assert sentences(fixture("numbered_labels.json", card("json_tokens"))) == ["Ada/1 ran/0"]


@pytest.mark.parametrize(
    ("name", "place", "what"),
    [
        ("truncated.json", ":3: ", "not valid JSON: .*cut short"),
        ("more_tokens_than_labels.json", ":3: ", "lists of one length"),
        ("empty_token.json", ":2: ", "token '' is no text"),
        ("null_label.json", ":1: ", "label None is neither text nor number"),
        ("half_a_character.json", ":2: ", r"token '\\ud83d' is no text"),
        ("two_lists.json", ":1: ", "the list ends here and the file goes on"),
        ("json_lines_not_list.json", ":1: ", "no JSON list"),
        ("list_of_lists.json", ":2: ", "is no object"),
        ("too_deep.json", ":1: ", "not valid JSON: .*recursion"),
        ("number_too_long.json", ":2: ", "not valid JSON: .*digits"),
        ("nul_label.json", ":1: ", "is neither text nor number"),
        ("empty.txt", ":1: ", "no JSON list"),
        ("latin1_declared_utf8.txt", ":2: ", "byte 0xe1 is not valid utf-8"),
    ],
)
def test_what_is_refused_names_file_and_line(name: str, place: str, what: str) -> None:
    with pytest.raises(FormatError, match=what) as caught:
        fixture(name, card("json_tokens"))
    assert name + place in str(caught.value)


def test_wrong_keys_on_the_card_are_named() -> None:
    with pytest.raises(FormatError, match="'words' and 'ner_tags' must be lists"):
        fixture("token_lists.json", card("json_tokens", {"tokens": "words"}))


GATE = {"layout": "lines", "labels": "entities", "offsets": "annotation_offsets"}


def test_objects_on_lines_with_offsets_whose_ends_are_wrong() -> None:
    reading = fixture("gate_offsets.jsonl", card("json_tokens", GATE))
    assert sentences(reading) == ["#Ada,/B-PER ran/O", "Oslo/B-LOC"]
    columns = reading.columns
    assert columns.starts is not None and columns.starts.tolist() == [0, 6, 0]
    assert columns.ends is not None and columns.ends.tolist() == [5, 9, 4]
    assert columns.lines.tolist() == [1, 1, 3]
    assert reading.counts == {"token that ends elsewhere than its offsets": 2}


@pytest.mark.parametrize(
    ("name", "line", "what"),
    [
        ("gate_offset_of_other_word.jsonl", 2, r"token 'ran' does not lie at \[0, 3\]"),
        ("gate_offset_missing.jsonl", 1, "not one pair of offsets for each token"),
        ("truncated.jsonl", 1, "must be lists"),
        ("too_deep.json", 1, "not valid JSON"),
        ("token_lists.json", 1, "not valid JSON"),
    ],
)
def test_lines_that_are_refused(name: str, line: int, what: str) -> None:
    with pytest.raises(FormatError, match=what) as caught:
        fixture(name, card("json_tokens", GATE))
    assert f"{name}:{line}: " in str(caught.value)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["tokens", "ner_tags"]), inner)
    ),
    max_leaves=8,
)
pieces = st.sampled_from(
    ["[", "]", "{", "}", ",", ":", '"tokens"', '"ner_tags"', '["a"]', '["\\ud800"]', "\n", "NaN", "1" * 4301]
)


@given(
    content=st.binary(max_size=40)
    | values.map(lambda value: json.dumps([value]).encode())
    | st.lists(pieces, max_size=12).map(lambda found: "".join(found).encode())
)
def test_any_bytes_give_a_reading_or_an_error_that_names_the_file(content, tmp_path_factory) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_bytes(content)
    of = card("json_tokens", allow=FLAWS)
    try:
        assert isinstance(read(path, of, of.files[0]), Reading)
    except FormatError as error:
        assert "any.json" in str(error)


rows = st.lists(
    st.lists(
        st.tuples(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.text("OBI-", max_size=3)),
        min_size=1,
    ),
    min_size=1,
)


@given(rows=rows, indent=st.sampled_from([None, 0, 2]), ascii_only=st.booleans())
def test_every_token_and_label_is_read(rows, indent, ascii_only, tmp_path_factory) -> None:
    path = tmp_path_factory.getbasetemp() / "all.json"
    entries = [{"tokens": [t for t, _ in row], "ner_tags": [label for _, label in row]} for row in rows]
    path.write_text(json.dumps(entries, indent=indent, ensure_ascii=ascii_only), encoding="utf-8")
    of = card("json_tokens")
    reading = read(path, of, of.files[0])
    assert [list(zip(*row, strict=True)) for row in reading.columns.rows()] == rows


@pytest.mark.parametrize("layout", ["lines", "list", "columns"])
def test_a_key_that_stands_twice_is_an_error_where_it_does(layout) -> None:
    twice = '{"tokens": ["Ada"], "ner_tags": ["B-PER"], "tokens": ["Bo"]}'
    if layout == "list":
        twice = f"[\n{twice}]"
    elif layout == "lines":
        twice = f'{{"tokens": ["x"], "ner_tags": ["O"]}}\n{twice}'
    try:
        found = read_text("json_tokens", twice, layout=layout).faults
    except FormatError as error:
        assert "the key 'tokens' stands twice" in str(error)
    else:
        assert [(fault.line, "'tokens' stands twice" in fault.what) for fault in found] == [(2, True)]


@pytest.mark.parametrize(
    ("tokens", "labels", "left", "rows"),
    [
        (["", "Bo"], ["O", "B-PER"], "Bo/B-PER", [(1, "O", None, "empty-token")]),
        (["Bo", None], ["B-PER", "I-PER"], "Bo/B-PER", [(1, "I-PER", None, "empty-token")]),
        (
            ["", ""],
            ["O", "O"],
            "\ufffd/O",
            [(1, "", "\ufffd", "token: empty"), (1, "O", None, "empty-token")],
        ),
    ],
)
def test_a_sentence_with_an_empty_token_stays_where_that_is_allowed(tokens, labels, left, rows) -> None:
    reading = read_text("json_tokens", json.dumps([{"tokens": tokens, "ner_tags": labels}]))
    assert sentences(reading) == [left]
    assert changes(reading) == rows
    assert faults(reading) == [(1, "empty-token")] * len(rows)


UNEQUAL = ['{"tokens": ["Ada"], "ner_tags": ["B-PER"]}', '{"tokens": ["Bo", "x"], "ner_tags": ["B-PER"]}']


@pytest.mark.parametrize("reader", [None, "json_tokens"])
@pytest.mark.parametrize("text", ["\n".join(UNEQUAL), "[" + ",\n".join(UNEQUAL) + "]"])
def test_lists_of_unequal_length_are_named_by_their_line(tmp_path, reader, text) -> None:
    (tmp_path / "f.json").write_text(text)
    opened = inspect(raw_file(tmp_path / "f.json"), Format(reader))
    assert sentences(opened.reading) == ["Ada/B-PER"]
    assert [(fault.line, "lists of one length" in fault.what) for fault in opened.faults] == [(2, True)]


@pytest.mark.parametrize(
    ("reader", "one", "left"),
    [
        ("json_tokens", {"tokens": ["a"], "ner_tags": ["O"]}, "a/O"),
        ("json_spans", {"text": "a", "entities": [[0, 1, "X"]]}, "a/B-X"),
        ("json_spans", ["a", {"entities": [[0, 1, "X"]]}], "a/B-X"),
        ("json_token_spans", {"tokenized_text": ["a"], "ner": [[0, 0, "X"]]}, "a/B-X"),
    ],
)
def test_a_reader_that_is_named_finds_a_list_or_lines(reader, one, left) -> None:
    entry = json.dumps(one)
    for text in (f"{entry}\n{entry}\n", f"[{entry}, {entry}]", f"[\n {entry},\n {entry}\n]\n"):
        reading = read_text(reader, text)
        assert (sentences(reading), faults(reading)) == ([left, left], [])


def test_a_number_without_a_name_is_read_as_o_and_counted(tmp_path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"tokens":["Ada","x"],"ner_tags":[1,-100]}\n{"tokens":["Ada","x"],"ner_tags":[1,0]}\n')
    options = {"names": ["O", "B-PER"]}
    opened = inspect(raw_file(path), Format(options=options, allow=("unknown-label",)).check()).strict()
    assert (opened.found.sentences, opened.found.tokens) == (2, 4)
    assert opened.found.flaws["unknown-label"] == 1
    assert sentences(opened.reading) == ["Ada/B-PER x/O", "Ada/B-PER x/O"]
    assert changes(opened.reading) == [(1, "-100", "O", "unknown-label")]
    with pytest.raises(FormatError, match=r"a.jsonl:1: label '-100' is none of the 2 that have names"):
        inspect(raw_file(path), Format(options=options).check()).strict()


def test_booleans_are_no_labels(tmp_path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"tokens":["Ada","x"],"ner_tags":[true,false]}\n' * 3)
    reading = read_text("json_tokens", path.read_text(), layout="lines", names=["O", "B-PER"])
    assert faults(reading) == [(line, "missing-label") for line in (1, 2, 3)] and not sentences(reading)
    with pytest.raises(FormatError):
        inspect(raw_file(path), Format().check()).strict()
