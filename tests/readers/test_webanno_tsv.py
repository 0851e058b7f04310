"""WebAnno TSV 3: layers, annotations over several lines, stacked ones, sub-tokens."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openner_utils.support.errors import FormatError
from tests.readers.own import changes, faults, layers, mentions, read_fixture, read_text
from tests.reading import documents, sentences

HEADER = "#FORMAT=WebAnno TSV 3.3\n#T_SP=a.b.POS|PosValue\n#T_SP=a.b.NamedEntity|identifier|value\n\n\n"


def written(*rows: str) -> str:
    """Return a file with one layer, its cells apart by blanks here."""
    header = "#FORMAT=WebAnno TSV 3.3\n#T_SP=a.b.NamedEntity|value\n\n\n"
    return header + "\n".join(re.sub(" +", "\t", row) for row in rows) + "\n"


def test_mentions_over_several_tokens_have_a_number_in_brackets() -> None:
    reading = read_fixture("webanno_tsv", "webanno_tsv3.tsv")
    assert mentions(reading) == [["PER: Mira Halon", "PER: Oto", "LOC: Turku"], ["PER: Mira Halon"]]
    assert documents(reading) == [2]
    assert faults(reading) == []


@pytest.mark.parametrize(
    ("rows", "expected", "inner"),
    [
        (["1-1 0-3 Ada PER|LOC"], ["Ada/B-PER"], ["0:0-1 LOC 1"]),
        (["1-1 0-3 Ada PER[1]|LOC[2]", "1-2 4-6 of LOC[2]"], ["Ada/B-LOC of/I-LOC"], ["0:0-1 PER 1"]),
        (["1-1 0-5 plays _", "1-1.1 0-4 play ACT"], ["play/B-ACT s/O"], []),
        (["1-1 0-5 plays _", "1-1.1 0-3 pla A", "1-1.2 2-5 ays B"], ["pla/B-A ys/O"], ["0:0-2 B 1"]),
        (["1-1 0-5 plays _", "1-1.1 4-5 s A[1]", "1-2 6-9 Ada A[1]"], ["play/O s/B-A Ada/I-A"], []),
        (["1-1 0-4 😀a _", "1-1.1 2-3 a A"], ["😀/O a/B-A"], []),
        (["1-1 0-3 Ada a\\|b\\_\\[1\\]"], ["Ada/B-a|b_[1]"], []),
        (["1-1 0-3 a\\tb _", "1-2 3-4 . _"], ["a\tb/O ./O"], []),
        (["1-1 0-1 a A[1]", "", "2-1 2-3 b A[2]"], ["a/B-A", "b/B-A"], []),
    ],
)
def test_what_is_read(rows, expected, inner) -> None:
    reading = read_text("webanno_tsv", written(*rows))
    assert sentences(reading) == expected
    assert layers(reading) == inner
    assert faults(reading) == []


def test_a_mention_over_a_sentence_end_is_cut_there() -> None:
    reading = read_text("webanno_tsv", written("1-1 0-1 a A[1]", "", "2-1 2-3 b A[1]"))
    assert sentences(reading) == ["a/B-A", "b/O"]
    assert changes(reading) == [(5, "0 3 A", "0 1 A", "cut at sentence end")]


@pytest.mark.parametrize(
    ("row", "flaw", "left"),
    [
        ("1-1 0-3 Ada *", "empty-label", "Ada/O"),
        ("1-1 0-3 Ada", "column-count", "Ada/O"),
        ("1-1 0-3 Ada A[x]", "bad-span", "Ada/O"),
        ("1-1 Ada _", "column-count", ""),
        ("1-0.1 0-3 Ada A", "bad-span", ""),
    ],
)
def test_a_row_that_is_wrong_is_a_fault(row, flaw, left) -> None:
    reading = read_text("webanno_tsv", written("0-1 0-1 x _", row))
    assert faults(reading) == [(6, flaw)]
    assert sentences(reading) == ["x/O", *([left] if left else [])]


def test_an_annotation_of_two_values_is_a_fault() -> None:
    reading = read_text("webanno_tsv", written("1-1 0-1 a A[1]", "1-2 2-3 b B[1]"))
    assert faults(reading) == [(6, "bad-span")]
    assert sentences(reading) == ["a/B-A b/O"]


def test_layers_that_are_not_read_are_counted() -> None:
    reading = read_text("webanno_tsv", HEADER + "1-1\t0-3\tAda\tNNP\t*\tPER\t\n1-2\t4-5\t.\t_\t_\t_\t\n")
    assert sentences(reading) == ["Ada/B-PER ./O"]
    assert reading.counts == {"token with POS": 1}


def test_another_layer_is_read_where_it_is_named() -> None:
    rows = HEADER + "1-1\t0-3\tAda\tNNP\t*\tPER\t\n"
    assert sentences(read_text("webanno_tsv", rows, layer="POS", feature="PosValue")) == ["Ada/B-NNP"]
    bare = "#FORMAT=WebAnno TSV 3.2\n#T_SP=a.Name\n\n\n1-1\t0-3\tAda\t*\t\n"
    assert sentences(read_text("webanno_tsv", bare, layer="a.Name")) == ["Ada/B-Name"]


@pytest.mark.parametrize(
    ("options", "what"), [({"layer": "Ner"}, "span layer 'Ner'"), ({"feature": "type"}, "feature 'type'")]
)
def test_a_layer_or_feature_that_is_not_there_is_named(options, what) -> None:
    with pytest.raises(FormatError, match=what):
        read_text("webanno_tsv", HEADER, **options)


WORDS = st.lists(st.sampled_from(["Ada", "😀", "a\\b", "é", "_"]), min_size=1, max_size=5)


@st.composite
def labelled(draw) -> tuple[list[str], list[tuple[int, int, str]]]:
    words = draw(WORDS)
    edges = sorted(draw(st.sets(st.integers(0, len(words)))))
    marks = zip(edges[::2], edges[1::2], strict=False)
    return words, [(start, end, draw(st.sampled_from(["PER", "a|b", "x_[1]"]))) for start, end in marks]


def escaped(text: str) -> str:
    return re.sub(r"([\\\[\]|_;*])", r"\\\1", text)


@settings(deadline=None)
@given(st.lists(labelled(), min_size=1, max_size=3))
def test_what_is_written_is_read(text) -> None:
    rows, at, id = [], 0, 0
    for number, (words, marks) in enumerate(text, 1):
        cells = ["_"] * len(words)
        for start, end, type in marks:
            id += 1
            cells[start:end] = [escaped(type) + f"[{id}]" * (end - start > 1)] * (end - start)
        rows.append(f"#Text={' '.join(words)}")
        for position, (word, cell) in enumerate(zip(words, cells, strict=True), 1):
            length = len(word.encode("utf-16-le")) // 2
            rows.append(f"{number}-{position}\t{at}-{at + length}\t{escaped(word)}\t{cell}\t")
            at += length + 1
        rows.append("")
    reading = read_text("webanno_tsv", written() + "\n".join(rows))
    assert mentions(reading) == [[f"{t}: {' '.join(w[s:e])}" for s, e, t in marks] for w, marks in text]
    assert not reading.faults and not reading.changes
