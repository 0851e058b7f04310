"""Texts with character spans as annotation tools export them, and what speaks for another way of counting."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openner_utils.ownfiles.opening import open_file
from tests.readers.own import faults, mentions, read_fixture, read_text
from tests.reading import sentences

OFFSETS = {"start": "start_offset", "end": "end_offset"}
PRODIGY = {"spans": "spans", "tokens": "tokens", "answer": "answer"}
MIN = {"spans": "label", "type": "labels", "layout": "list"}


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("spans_as_objects_beside_relations.jsonl", OFFSETS, [["ORG: Nexora", "LOC: Turku"], ["PER: Mira Halon"]]),
        ("metadata_longer_than_text.jsonl", {"spans": "label"}, [["PER: Mira Halon", "PER: Oto"], ["LOC: Turku"]]),
        ("spans_as_objects_beside_an_empty_list.jsonl", {}, [["PER: Mira"], []]),
        ("pairs_of_text_and_spans.json", {"layout": "list"}, [["PER: Mira"], ["PER: Oto"]]),
        ("offsets_in_utf16_units.jsonl", {"spans": "label", "offsets": "utf16"}, [["PER: Oto", "PER: Mira", "LOC: Turku"]]),
    ],
)  # fmt: skip
def test_what_is_read(name, options, expected) -> None:
    reading = read_fixture("json_spans", name, **options)
    assert mentions(reading) == expected
    assert faults(reading) == []


def entry(text: str, *spans: object, **more: object) -> str:
    return json.dumps({"text": text, "entities": spans, **more})


def test_tokens_that_are_published_are_those_of_the_reading() -> None:
    words = [{"text": "Ada", "start": 0, "end": 3, "id": 0}, {"text": "'s-x", "start": 3, "end": 7, "id": 1}]
    span = {"start": 0, "end": 3, "token_start": 0, "token_end": 0, "label": "PER"}
    lines = [
        {"text": "Ada's-x", "tokens": words, "spans": [span], "answer": answer}
        for answer in ("accept", "ignore")
    ]
    reading = read_text("json_spans", "\n".join(map(json.dumps, lines)), **PRODIGY)
    assert sentences(reading) == ["Ada/B-PER 's-x/O"]
    assert reading.counts == {"entry whose answer is not accept": 1}


def test_where_there_is_an_answer_no_spans_are_no_mentions() -> None:
    reading = read_text(
        "json_spans", json.dumps({"text": "x", "answer": "accept"}), spans="spans", answer="answer"
    )
    assert sentences(reading) == ["x/O"]
    assert faults(reading) == []


@pytest.mark.parametrize(
    "words", [None, [], [{"start": 0}], [[0, 3]], [{"start": 0, "end": 3}], [{"start": 4, "end": 7}, {"start": 0, "end": 3}]]
)  # fmt: skip
def test_tokens_that_do_not_hold_the_text_are_a_fault_and_the_tokenizer_makes_them(words) -> None:
    reading = read_text("json_spans", entry("Ada ran", tokens=words), tokens="tokens")
    assert faults(reading) == [(1, "bad-span")]
    assert sentences(reading) == ["Ada/O ran/O"]


def test_a_list_of_types_is_as_many_spans() -> None:
    label = [{"start": 0, "end": 3, "text": "Ada", "labels": ["PER", "X"]}]
    reading = read_text("json_spans", json.dumps([{"text": "Ada ran", "label": label}]), **MIN)
    assert sentences(reading) == ["Ada/B-PER ran/O"]
    assert [nested.type for nested in reading.layers] == ["X"]


@pytest.mark.parametrize(
    ("text", "spans", "options", "what"),
    [
        (
            "😀 Oto saw Mira.",
            [[3, 6, "P"], [11, 15, "P"]],
            {},
            "2 of 2 mentions .* UTF-16 units.*--option offsets=",
        ),
        ("é Oto saw", [[3, 6, "P"]], {}, "1 of 1 mentions .* bytes of UTF-8"),
        (
            "😀 Oto",
            [{"start": 3, "end": 6, "label": "P", "text": "Oto"}],
            {},
            "the text at 3 6 is not 'Oto' .counted in UTF-16",
        ),
        (
            "😀 Oto x",
            [{"start": 3, "end": 6, "label": "P", "text": "Oto"}],
            {},
            "the text at 3 6 is not 'Oto' .counted in UTF-16",
        ),
        ("Oto saw Mira", [[0, 2, "P"], [8, 11, "P"]], {}, "2 of 2 mentions end one character .*inclusive="),
        (
            "Oto saw Mira .",
            [[1, 4, "P"], [5, 8, "P"], [9, 13, "P"]],
            {},
            "3 of 3 mentions begin one character .* from 1.*offsets=",
        ),
        (
            "Oto saw Mira .",
            [[1, 3, "P"], [5, 7, "P"], [9, 12, "P"]],
            {},
            "3 of 3 mentions begin one character .* from 1.*offsets=",
        ),
        ("Oto", [[0, 3]], {}, r"\[0, 3\] is no span"),
        ("Oto", [[0, 3, ""]], {}, "is no span of the text with a type"),
        ("Oto", [[0.0, 3, "P"]], {}, "is no span"),
        ("Oto", [[0, True, "P"]], {}, "is no span"),
        ("Oto", [{"start": 0, "label": "P"}], {}, "is no span"),
        ("Oto", [[0, 3, "P"]], {"inclusive": True}, "is no span"),
        ("😀 Oto", [[1, 3, "P"]], {"offsets": "utf16"}, "is no span"),
    ],
)
def test_a_span_that_does_not_fit_is_a_fault_with_its_likely_cause(text, spans, options, what) -> None:
    reading = read_text("json_spans", entry(text, *spans), **options)
    assert len(reading.faults) == 1
    with pytest.raises(Exception, match=f":1: .*{what}"):
        reading.strict()


def test_case_of_an_emoji_before_the_mentions() -> None:
    reading = read_fixture("json_spans", "offsets_in_utf16_units.jsonl", spans="label")
    assert faults(reading) == [(1, "bad-span")]
    assert "3 of 3 mentions begin or end inside a token; counted in UTF-16 units" in reading.faults[0].what


def test_mentions_of_parts_of_words_are_no_fault() -> None:
    reading = read_text("json_spans", entry("é Otos", [2, 5, "P"]) + "\n" + entry("Ada ran", [0, 3, "P"]))
    assert faults(reading) == []
    assert sentences(reading) == ["é/O Oto/B-P s/O", "Ada/B-P ran/O"]


PYTHON = """# made up
TRAIN_DATA = [
    ("Ada ran", {"entities": [(0, 3, "PER")]}),
    ("Oslo", {"entities": []}),
]
"""


def test_a_list_of_tuples_in_python_is_read_as_literals() -> None:
    reading = read_text("json_spans", PYTHON, layout="python")
    assert sentences(reading) == ["Ada/B-PER ran/O", "Oslo/O"]
    assert reading.columns.lines.tolist() == [3, 3, 4]
    assert faults(reading) == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (PYTHON.replace('"Oslo"', "open('x')"), 4),
        (PYTHON + "[]\n", 1),
        (PYTHON[:-2], 2),
        ("x = " + "[" * 5000, 1),
        ("x = 1\n", 1),
        ("x = [b'a']\n", 1),
    ],
)
def test_python_that_is_no_list_of_literals_is_a_fault(text, line) -> None:
    assert faults(read_text("json_spans", text, layout="python")) == [(line, "bad-json")]


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.text("aé😀", min_size=1, max_size=3), st.sampled_from(["", "X", "Y"])), min_size=1),
    st.sampled_from(["characters", "utf16", "utf8"]),
    st.booleans(),
    st.booleans(),
)
def test_what_is_written_is_read(words, unit, inclusive, objects) -> None:
    measure = {
        "characters": len,
        "utf16": lambda t: len(t.encode("utf-16-le")) // 2,
        "utf8": lambda t: len(t.encode()),
    }[unit]
    spans, text = [], ""
    for word, type in words:
        start = measure(text)
        end = start + measure(word) - inclusive
        if type:
            spans.append({"start": start, "end": end, "label": type} if objects else [start, end, type])
        text += f"{word} "
    if inclusive and unit != "characters":
        return  # no tool counts so
    options = {"offsets": unit, "inclusive": inclusive, "tokenizer": "whitespace"}
    reading = read_text("json_spans", entry(text, *spans), **options)
    assert sentences(reading) == [" ".join(f"{word}/{f'B-{type}' if type else 'O'}" for word, type in words)]
    assert not reading.faults


@pytest.mark.parametrize("first", [{}, {"answer": "reject"}, {"answer": None}])
def test_entries_that_nobody_accepted_are_told_wherever_they_stand(tmp_path, first) -> None:
    span = {"start": 0, "end": 3, "label": "PER"}
    lines = [json.dumps({"text": "Ada", "spans": [span]} | more) for more in (first, {"answer": "accept"})]
    (tmp_path / "f.jsonl").write_text("\n".join(lines))
    opened = open_file(tmp_path / "f.jsonl")
    assert sentences(opened.reading) == ["Ada/B-PER"]
    assert opened.told_passed_over.endswith(": counted: entry whose answer is not accept 1")


def test_offsets_in_an_object_of_their_own(tmp_path) -> None:
    spans = [{"entity_type": "PER", "entity": "Ada", "entity_index": {"begin": 0, "end": 3}}]
    lines = [json.dumps({"text": "Ada ran", "entity_list": one}) for one in (spans, [], spans)]
    (tmp_path / "f.txt").write_text("\n".join(lines))
    opened = open_file(tmp_path / "f.txt")
    assert sentences(opened.reading) == ["Ada/B-PER ran/O", "Ada/O ran/O", "Ada/B-PER ran/O"]
    options = opened.format.options
    assert (options["start"], options["end"], options["type"]) == (
        "entity_index.begin", "entity_index.end", "entity_type"
    )  # fmt: skip
    broken = entry("Ada ran", {"label": "PER", "at": {"b": 0}}, {"label": "PER", "at": 1})
    assert faults(read_text("json_spans", broken, start="at.b", end="at.e")) == [(1, "bad-span")] * 2


@pytest.mark.parametrize("inclusive", [False, True])
def test_the_words_of_spans_tell_what_their_ends_are(inclusive, tmp_path) -> None:
    spans = [
        {
            "entity_type": "LOC",
            "entity": word,
            "entity_index": {"begin": at, "end": at + len(word) - inclusive},
        }
        for word, at in (("台湾", 0), ("法", 3))
    ]
    (tmp_path / "f.txt").write_text(
        "\n".join(json.dumps({"text": "台湾和法。", "entity_list": spans}) for _ in "ab")
    )
    opened = open_file(tmp_path / "f.txt")
    assert sentences(opened.reading) == ["台/B-LOC 湾/I-LOC 和/O 法/B-LOC 。/O"] * 2
    assert opened.format.options.get("inclusive", False) is inclusive
    wrong = json.dumps({"text": "台湾和法。", "entity_list": [spans[0] | {"entity": "和法"}]})
    options = {
        name: value for name, value in opened.format.options.items() if name not in ("layout", "tokenizer")
    }
    assert faults(read_text("json_spans", wrong + "\n", **options)) == [(1, "bad-span")]
