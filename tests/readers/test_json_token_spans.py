"""JSON with lists of tokens and mentions that are token numbers."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openner_utils.ownfiles.opening import inspect
from openner_utils.readers.layout import RawFile
from tests.readers.own import changes, faults, layers, mentions, read_fixture, read_text
from tests.reading import documents, sentences

SCIERC = {"tokens": "sentences", "count": "document"}
W2NER = {"tokens": "sentence"}
SPERT = {"tokens": "tokens", "mentions": "entities", "inclusive": False, "layout": "list"}


@pytest.mark.parametrize(
    ("name", "options", "expected", "of_documents"),
    [
        ("token_spans_beside_an_id.jsonl", {}, [["person: Mira Halon", "organization: Nexora Group"]], [1]),
        ("spans_counted_in_a_document.jsonl", SCIERC, [["Method: tagger"], ["Material: Nexora data"]], [2]),
        ("token_spans_as_objects.json", SPERT, [["Peop: Mira Halon"], ["Loc: Turku"]], [2]),
    ],
)
def test_what_is_read(name, options, expected, of_documents) -> None:
    reading = read_fixture("json_token_spans", name, **options)
    assert mentions(reading) == expected
    assert documents(reading) == of_documents
    assert faults(reading) == []


def test_mentions_with_gaps_are_changes_and_those_inside_others_layers() -> None:
    ner = [{"index": [0, 2], "type": "A"}, {"index": [1, 2], "type": "B"}, {"index": [2], "type": "C"}]
    reading = read_text("json_token_spans", json.dumps({"sentence": ["a", "b", "c"], "ner": ner}), **W2NER)
    assert mentions(reading) == [["B: b c"]]
    assert layers(reading) == ["0:2-3 C 1"]
    assert changes(reading) == [(1, "0 1;2 3 A", None, "discontinuous")]
    assert reading.counts == {"mention of another layer": 1}


@pytest.mark.parametrize(
    ("entry", "options", "flaw", "left"),
    [
        ({"tokenized_text": ["a"], "ner": [[0, 1, "X"]]}, {}, "bad-span", ["a/O"]),
        ({"tokenized_text": ["a"], "ner": [[0, 10**12, "X"]]}, {}, "bad-span", ["a/O"]),
        ({"tokenized_text": ["a"], "ner": [[0, -1, "X"]]}, {}, "bad-span", ["a/O"]),
        ({"tokenized_text": ["a"], "ner": [[0, 0, ""]]}, {}, "bad-span", ["a/O"]),
        ({"tokenized_text": ["a"], "ner": [[0, True, "X"]]}, {}, "bad-span", ["a/O"]),
        ({"tokenized_text": ["a"], "ner": [{"index": ["0"], "type": "X"}]}, {}, "bad-span", ["a/O"]),
        ({"tokenized_text": ["a"], "ner": [{"index": [], "type": "X"}]}, {}, "bad-span", ["a/O"]),
        ({"tokenized_text": ["a"]}, {}, "bad-span", ["a/O"]),
        ({"sentences": [["a"], ["b"]], "ner": [[]]}, SCIERC, "bad-span", ["a/O", "b/O"]),
        ({"sentences": [["a"], ["b"]], "ner": [[[1, 1, "X"]], []]}, SCIERC, "bad-span", ["a/O", "b/O"]),
        ({"sentences": [[], ["b"]], "ner": [[], [[0, 0, "X"]]]}, SCIERC, "empty-token", ["b/B-X"]),
        ({"tokenized_text": ["a", ""], "ner": []}, {}, "bad-json", []),
        ({"tokens": ["a"]}, {}, "bad-json", []),
        (["a"], {}, "bad-json", []),
    ],
)
def test_what_is_wrong_is_a_fault_and_the_rest_is_read(entry, options, flaw, left) -> None:
    reading = read_text("json_token_spans", json.dumps(entry), **options)
    assert faults(reading) == [(1, flaw)]
    assert sentences(reading) == left


def test_a_broken_line_is_a_fault_of_its_own() -> None:
    lines = '{"tokenized_text": ["a"], "ner": []}\n{"tokenized\n\n{"tokenized_text": ["b"], "ner": []}'
    reading = read_text("json_token_spans", lines)
    assert faults(reading) == [(2, "bad-json")]
    assert sentences(reading) == ["a/O", "b/O"]


@pytest.mark.parametrize(
    ("text", "line", "read"),
    [
        ('[\n{"tokenized_text": ["a"], "ner": []},\n]', 3, 1),
        ('[{"tokenized_text": ["a"], "ner": []}', 1, 1),
        ('[{"tokenized_text": ["a"], "ner": []}]\n[]', 1, 1),
        ('[{"tokenized_text": ["a"], "ner": []}\n{}]', 2, 1),
        ("[" * 100_000, 1, 0),
        ("{}", 1, 0),
    ],
)
def test_a_list_that_breaks_off_is_read_up_to_there(text, line, read) -> None:
    reading = read_text("json_token_spans", text, layout="list")
    assert faults(reading) == [(line, "bad-json")]
    assert reading.columns.n_sentences == read


WORDS = st.lists(st.text("ab😀é", min_size=1, max_size=2), min_size=1, max_size=5)


@st.composite
def labelled(draw) -> tuple[list[str], list[tuple[int, int, str]]]:
    words = draw(WORDS)
    edges = sorted(draw(st.sets(st.integers(0, len(words)))))
    return words, [
        (start, end, draw(st.sampled_from("XY"))) for start, end in zip(edges[::2], edges[1::2], strict=False)
    ]


@settings(deadline=None)
@given(st.lists(labelled(), min_size=1, max_size=4), st.booleans(), st.booleans())
def test_what_is_written_is_read(text, inclusive, nested) -> None:
    firsts = [sum(len(words) for words, _ in text[:number]) for number in range(len(text))]
    ner = [
        [[start + first * nested, end + first * nested - inclusive, type] for start, end, type in marks]
        for (_, marks), first in zip(text, firsts, strict=True)
    ]
    words = [words for words, _ in text]
    if nested:
        content, options = json.dumps({"sentences": words, "ner": ner}), SCIERC
    else:
        lines = [{"tokenized_text": w, "ner": n} for w, n in zip(words, ner, strict=True)]
        content, options = "\n".join(map(json.dumps, lines)), {}
    reading = read_text("json_token_spans", content, inclusive=inclusive, **options)
    assert mentions(reading) == [[f"{t}: {' '.join(w[s:e])}" for s, e, t in marks] for w, marks in text]
    assert not reading.faults


@pytest.mark.parametrize("token", ["null", '""', "1", '["a"]'])
def test_a_token_that_is_no_text_is_named(token: str) -> None:
    reading = read_text(
        "json_token_spans",
        f'{{"tokenized_text": ["Ada", {token}], "ner": []}}\n{{"tokenized_text": ["b"], "ner": []}}\n',
    )
    assert [(fault.line, fault.flaw) for fault in reading.faults] == [(1, "bad-json")]
    assert reading.columns.tokens.to_pylist() == ["b"]


GOOD = {"tokenized_text": ["Ada", "ran"], "ner": [[0, 0, "person"]]}


@pytest.mark.parametrize(
    ("entries", "lines"),
    [
        ([GOOD | {"ner": [[0, 0, "person"], [0, 5, "x"], [1, 0, "y"]]}], [1, 1]),
        ([GOOD | {"ner": [[0, 5, "x"], [0, 0, "person"]]}], [1]),
        ([GOOD, GOOD | {"ner": [[1, 0, "y"]]}, GOOD], [2]),
        ([GOOD, GOOD | {"ner": [[0, "y"]]}, GOOD], [2]),
        ([GOOD | {"ner": [None]}, GOOD, GOOD], [1]),
        ([GOOD, GOOD, GOOD | {"ner": ["y"]}], [3]),
        ([GOOD | {"ner": [[0, 0, 7]]}, GOOD, GOOD], [1]),
        ([GOOD | {"tokenized_text": []}, GOOD, GOOD], [1]),
        ([GOOD, {"ner": []}, GOOD], [2]),
        ([GOOD, GOOD | {"tokenized_text": ["Ada", None]}, GOOD], [2]),
    ],
)
def test_what_is_no_mention_is_a_fault_of_its_line_among_those_that_are(
    entries: list[object], lines: list[int], tmp_path: Path
) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    opened = inspect(RawFile.open(path))
    assert opened.format.reader == "json_token_spans" and opened.format.options["inclusive"]
    assert [fault.line for fault in opened.faults] == lines
