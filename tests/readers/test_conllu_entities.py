"""CoNLL-U with mentions in brackets in MISC."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openner_utils.support.errors import FormatError
from tests.readers.own import changes, faults, layers, mentions, read_fixture, read_text
from tests.reading import documents, sentences

FIELDS = "# global.Entity = eid-etype-head-other\n"


def written(*sentences: str, header: str = FIELDS) -> str:
    """Return CoNLL-U of sentences in which each word stands before its MISC, as in ``Ada:Entity=(e1-x-1-)``.

    A word with a number and a dot before it is an empty node.
    """
    lines = [header.rstrip("\n")]
    for sentence in sentences:
        number = 0
        for word in sentence.split():
            form, _, misc = word.partition(":")
            empty = form.startswith("0.")
            number += not empty
            lines.append("\t".join([f"{number}.1" if empty else str(number), form, *"_______", misc or "_"]))
        lines.append("")
    return "\n".join(lines)


def test_brackets_open_and_close_mentions() -> None:
    reading = read_fixture("conllu_entities", "entity_brackets.conllu")
    assert mentions(reading) == [["person: Mira Halon", "place: Turku"]]
    assert documents(reading) == [1]
    assert faults(reading) == []


@pytest.mark.parametrize(
    ("rows", "expected", "inner", "done", "counts"),
    [
        (["a:Entity=(1-x(2-y-2 b:Entity=(3-z)2)1)"], ["a/B-x b/I-x"], ["0:0-2 y 1", "0:1-2 z 2"], [], {"mention of another layer": 2}),
        (["a:Entity=(e1[1/2]-x-1- b c:Entity=e1[1/2]) d e:Entity=(e1[2/2]-x-1-)"], ["a/O b/O c/O d/O e/O"], [], [(2, "0 3;4 5 x", None, "discontinuous")], {}),
        (["a:Entity=(1-x", "b:Entity=1)"], ["a/B-x", "b/O"], [], [(2, "0 2 x", "0 1 x", "cut at sentence end")], {}),
        (["a:Entity=(1-x 0.1:Entity=(2-y) b:Entity=1)"], ["a/B-x b/I-x"], [], [], {"multiword or empty node": 1, "mention of an empty node": 1}),
        (["a:Entity=(1--1 b:Entity=1)"], ["a/O b/O"], [], [], {"mention without type": 1}),
        (["a:SpaceAfter=No|Entity=(1-x b:Entity=1)(2-y) c"], ["a/B-x b/I-x c/O"], ["0:1-2 y 1"], [], {"mention of another layer": 1}),
        (["a:Entity=(1-x b:Entity=(1-x) c:Entity=1)"], ["a/B-x b/I-x c/I-x"], ["0:1-2 x 1"], [], {"mention of another layer": 1}),
    ],
)  # fmt: skip
def test_what_is_read(rows, expected, inner, done, counts) -> None:
    reading = read_text("conllu_entities", written(*rows))
    assert sentences(reading) == expected
    assert layers(reading) == inner
    assert changes(reading) == done
    assert faults(reading) == []
    assert reading.counts == counts


def test_the_comment_says_where_the_type_stands() -> None:
    header = "# newdoc id = x\n# global.Entity = GRP-etype-infstat-other\n"
    text = (
        written("a:Entity=(1-x-giv:act-y-z)", header=header)
        + "\n"
        + written("b:Entity=(1-x)", header="# newdoc\n")
    )
    reading = read_text("conllu_entities", text)
    assert sentences(reading) == ["a/B-x", "b/B-x"]
    assert documents(reading) == [1, 1]


@pytest.mark.parametrize(
    ("row", "flaws", "left"),
    [
        ("a:Entity=(1-x b:Entity=(2-y)", [(2, "bad-span")], "a/O b/B-y"),
        ("a:Entity=(1[1/2]-x) b:Entity=(2-y)", [(2, "bad-span")], "a/O b/B-y"),
        ("a:Entity=1) b:Entity=(2-y)", [(2, "bad-span")], "a/O b/B-y"),
        ("a:Entity=() b:Entity=(2-y)", [(2, "bad-span")], "a/O b/B-y"),
        ("a:Entity=1 b:Entity=(2-y)", [(2, "bad-span")], "a/O b/B-y"),
    ],
)
def test_a_bracket_that_is_wrong_is_a_fault(row, flaws, left) -> None:
    reading = read_text("conllu_entities", written(row))
    assert faults(reading) == flaws
    assert sentences(reading) == [left]


def test_a_line_of_nine_columns_is_a_fault() -> None:
    reading = read_text("conllu_entities", written("a:Entity=(1-x)") + "\n1\tb" + "\t_" * 7)
    assert faults(reading) == [(4, "column-count")]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (written("a b:SpaceAfter=No"), "no token has Entity= in its MISC"),
        (written("a:Entity=(1-x)", header="# sent_id = 1\n"), ":2: no comment before the first bracket"),
    ],
)
def test_a_file_without_brackets_or_without_names_for_what_is_in_them_is_refused(text, what) -> None:
    with pytest.raises(FormatError, match=what):
        read_text("conllu_entities", text)


@settings(deadline=None)
@given(st.data(), st.integers(1, 5))
def test_what_is_written_is_read(data, length) -> None:
    edges = st.tuples(st.integers(0, length - 1), st.integers(1, length)).filter(
        lambda edge: edge[0] < edge[1]
    )
    spans = sorted(data.draw(st.sets(edges, min_size=1)), key=lambda span: (span[0], -span[1]))
    cells = []
    for at in range(length):
        single = [f"(e{s}_{e}-T-1-)" for s, e in spans if (s, e) == (at, at + 1)]
        opened = [f"(e{s}_{e}-T-1-" for s, e in spans if s == at and e > at + 1]
        closed = [f"e{s}_{e})" for s, e in spans if e == at + 1 and s < at]
        cells.append(f"w{at}:Entity=" + "".join(closed + opened + single))
    reading = read_text("conllu_entities", written(" ".join(cells)))
    found = [f"{one.start}_{one.end}" for one in reading.layers]
    for name in mentions(reading)[0]:
        words = name.removeprefix("T: ").split()
        found.append(f"{words[0][1:]}_{int(words[-1][1:]) + 1}")
    assert sorted(found) == sorted(f"{s}_{e}" for s, e in spans)
    assert not reading.faults and not reading.changes
