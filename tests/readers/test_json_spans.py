"""Text with character spans in JSON lines, and what all formats with spans share."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openner_utils.curation.clean import clean, undo_spans
from openner_utils.readers.reading import Reading
from openner_utils.readers.spans import TOKENIZERS, get_tokenizer, layers_of
from openner_utils.support.errors import FormatError, OpenNERError
from tests.reading import FLAWS, card, documents, fixture, read, sentences


def removals(reading: Reading) -> list[tuple[int, str | None, str | None, str]]:
    return [(row.sentence, row.before, row.after, row.rule) for row in reading.changes]


@pytest.mark.parametrize(
    ("name", "options", "expected", "removed"),
    [
        (
            "overlapping_spans.jsonl",
            {},
            ["University/B-ORG of/I-ORG Oslo/I-ORG"],
            [(0, "14 18 LOC", None, "overlap")],
        ),
        (
            "white_space_at_edge.jsonl",
            {},
            ["In/O Oslo/B-LOC ./O"],
            [(0, "2 8 LOC", "3 7 LOC", "white space at edge"), (0, "2 3 LOC", None, "blank span")],
        ),
        ("edge_inside_token.jsonl", {}, ["Москва/B-LOC да/O pre-/O Oslo/B-LOC"], []),
        ("documents.jsonl", {"document": "doc"}, ["Ada/B-PER", "ran/O", "Oslo/B-LOC"], []),
        (
            "blank_text.jsonl",
            {},
            ["Ada/B-PER"],
            [(0, "0 1 PER", None, "blank span"), (0, "0 1 LOC", None, "blank span")],
        ),
        (
            "emoji_and_marks.jsonl",
            {"tokenizer": "clusters"},
            ["👩\u200d👩\u200d👧/O é/B-X e\u0301/B-X ที่/O"],
            [],
        ),
    ],
)
def test_what_is_read(name, options, expected, removed) -> None:
    reading = fixture(name, card("json_spans", options))
    assert sentences(reading) == expected
    assert removals(reading) == removed


@pytest.mark.parametrize(
    ("text", "spans", "expected"),
    [
        (
            "ab cd",
            [(0, 5, "A"), (0, 2, "B"), (3, 5, "C"), (4, 5, "D")],
            [(0, 1, "B", 1), (1, 2, "C", 1), (1, 2, "D", 2)],
        ),
        ("ab", [(0, 2, "A"), (0, 2, "B"), (0, 2, "C")], [(0, 1, "B", 1), (0, 1, "C", 2)]),
        ("a b c", [(0, 3, "A"), (2, 5, "B"), (4, 5, "C")], [(1, 3, "B", 1), (2, 3, "C", 0)]),
        (" a ", [(0, 3, "A"), (0, 2, "B")], [(0, 1, "B", 1)]),
    ],
)
def test_overlapping_spans_are_kept_as_layers_in_whole_tokens(text, spans, expected, tmp_path) -> None:
    path = tmp_path / "layers.jsonl"
    path.write_text(json.dumps({"text": text, "entities": spans}))
    of = card("json_spans")
    reading = read(path, of, of.files[0])
    assert [(n.start, n.end, n.type, n.layer) for n in reading.layers] == [n for n in expected if n[3]]
    assert [r.before for r in reading.changes if r.rule == "overlap"] == [
        f"{a} {b} {t}" for a, b, t in spans if t in {n.type for n in reading.layers}
    ]


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(1, 6)).map(lambda p: (p[0], p[0] + p[1])), max_size=25)
)
def test_layers_hold_no_overlap_and_each_span_lies_as_far_out_as_it_can(spans) -> None:
    found = list(layers_of(spans))
    for number, ((start, end), layer) in enumerate(zip(spans, found, strict=True)):
        over = {found[n] for n in range(number) if spans[n][0] < end and start < spans[n][1]}
        assert layer not in over and over >= set(range(layer))


def test_tokens_split_at_a_mention_edge_are_counted() -> None:
    assert fixture("edge_inside_token.jsonl", card("json_spans")).counts == {
        "token split at a mention edge": 2
    }


def test_neighbours_with_one_document_value_are_one_document() -> None:
    assert documents(fixture("documents.jsonl", card("json_spans", {"document": "doc"}))) == [2, 1]
    assert documents(fixture("documents.jsonl", card("json_spans"))) == [1, 1, 1]


@pytest.mark.parametrize(
    ("name", "line", "what"),
    [
        ("truncated.jsonl", 2, "not valid JSON"),
        ("span_outside_text.jsonl", 2, r"\[0, 5, 'LOC'\] is no span of the text"),
        ("span_without_type.jsonl", 1, "is no span of the text with a type"),
        ("span_of_fractions.jsonl", 1, "is no span of the text with a type"),
        ("span_of_infinity.jsonl", 1, "is no span of the text with a type"),
        ("text_is_a_list.jsonl", 1, "no object with a text 'text'"),
        ("text_is_missing.jsonl", 1, "no object with a text 'text'"),
        ("half_a_character.jsonl", 1, "no object with a text 'text'"),
        ("too_deep.json", 1, "recursion"),
        ("latin1_declared_utf8.txt", 2, "byte 0xe1 is not valid utf-8"),
    ],
)
def test_what_is_refused_names_file_and_line(name, line, what) -> None:
    with pytest.raises(FormatError, match=what) as caught:
        fixture(name, card("json_spans"))
    assert f"{name}:{line}: " in str(caught.value)


def test_unknown_tokenizer_gets_the_nearest_name() -> None:
    with pytest.raises(OpenNERError, match="Did you mean 'words'"):
        get_tokenizer("word")


@pytest.mark.parametrize(
    ("tokenizer", "text", "expected"),
    [
        ("words", "L'été, il pleut: 3.14 %!", ["L'été", ",", "il", "pleut", ":", "3.14", "%", "!"]),
        ("words", "ሰላም። እ.ኤ.አ", ["ሰላም", "።", "እ.ኤ.አ"]),
        ("words", "לה\u05b8ה — «דה»", ["לה\u05b8ה", "—", "«", "דה", "»"]),
        ("clusters", "东京2020Olympics", ["东", "京", "2020Olympics"]),
        ("clusters", "cafe\u0301s ab", ["cafe\u0301s", "ab"]),
        ("clusters", "ที่นี่ x", ["ที่", "นี่", "x"]),
        ("clusters", "\u0600 a", ["\u0600", "a"]),
        ("whitespace", "a\u3000b,\tc", ["a", "b,", "c"]),
    ],
)
def test_tokenizers(tokenizer, text, expected) -> None:
    assert [text[start:end] for start, end in get_tokenizer(tokenizer)(text)] == expected


@settings(deadline=None)
@given(
    text=st.text(st.characters(exclude_characters="\x1c\x1d\x1e\x1f"))
)  # white space for some, not for all
@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_tokens_lie_in_order_and_only_white_space_is_left_out(tokenizer, text) -> None:
    last = 0
    for start, end in get_tokenizer(tokenizer)(text):
        assert last <= start < end
        assert not text[last:start].strip()
        assert text[start:end].strip() == text[start:end]
        last = end
    assert not text[last:].strip()


@st.composite
def texts(draw) -> dict[str, object]:
    text = draw(st.text("Ada-ö. \u0301\u3000\n家é", max_size=12))
    spans = st.tuples(st.integers(0, len(text)), st.integers(0, len(text)), st.sampled_from(["PER", "LOC"]))
    found = draw(st.lists(spans, max_size=4)) if text else []
    return {"text": text, "entities": [span for span in found if span[0] < span[1]]}


@settings(deadline=None)
@given(entries=st.lists(texts(), min_size=1, max_size=4), tokenizer=st.sampled_from(sorted(TOKENIZERS)))
def test_no_edge_moves_and_the_published_spans_come_back(entries, tokenizer, tmp_path_factory) -> None:
    path = tmp_path_factory.getbasetemp() / "spans.jsonl"
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    of = card("json_spans", {"tokenizer": tokenizer, "offsets": "characters"}, scheme="spans")
    if not any(entry["text"].strip() for entry in entries):
        with pytest.raises(FormatError, match="holds no sentence"):
            read(path, of, of.files[0])
        return
    reading = read(path, of, of.files[0])
    kept = [entry for entry in entries if entry["text"].strip()]
    tokens = [token for row, _ in reading.columns.rows() for token in row]
    assert "".join("".join(tokens).split()) == "".join("".join(str(e["text"]) for e in kept).split())
    cleaned = clean(reading, of, of.files[0])
    published = sorted(f"{a} {b} {type}" for entry in entries for a, b, type in entry["entities"])
    restored = undo_spans(cleaned.repaired, cleaned.ledger)
    assert sorted(span for sentence in restored for span in sentence) == published
    for number, entry in enumerate(kept):
        mine = [f"{a} {b} {type}" for a, b, type in entry["entities"]]
        assert all(span in restored[number] for span in mine)


def test_a_label_dropped_from_spans_comes_back() -> None:
    of = card("json_spans", scheme="spans", types={"PER": "PER"}, allow=("unknown-label",))
    cleaned = clean(fixture("documents.jsonl", of), of, of.files[0])
    assert [labels for _, labels in cleaned.repaired.rows()] == [("B-PER",), ("O",), ("O",)]
    assert undo_spans(cleaned.repaired, cleaned.ledger) == [["0 3 PER"], [], ["0 4 LOC"]]


values = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 6) | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["text", "entities"]), inner),
    max_leaves=8,
)
entries = st.fixed_dictionaries({"text": st.text(max_size=4) | values, "entities": values})


@settings(deadline=None)
@given(content=st.binary(max_size=40) | (values | entries).map(lambda value: json.dumps(value).encode()))
def test_any_bytes_give_a_reading_or_an_error_that_names_the_file(content, tmp_path_factory) -> None:
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    path.write_bytes(content)
    of = card("json_spans", allow=FLAWS)
    try:
        assert isinstance(read(path, of, of.files[0]), Reading)
    except FormatError as error:
        assert "any.jsonl" in str(error)
