"""CoNLL-U with labels in MISC."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.readers.reading import Reading
from openner_utils.support.errors import FormatError
from tests.reading import FLAWS, card, documents, fixture, read, sentences


def test_words_are_tokens_and_ranges_and_empty_nodes_are_counted() -> None:
    reading = fixture("multiword_token.conllu", card("conllu"))
    assert sentences(reading) == ["vamos/O nos/O Ada/B-PER", "Oslo/B-LOC"]
    assert documents(reading) == [1, 1]
    assert reading.counts == {"comment line": 3, "multiword or empty node": 2}
    assert reading.columns.lines.tolist() == [4, 5, 7, 10]


def test_another_key_is_looked_up_whole() -> None:
    reading = fixture("multiword_token.conllu", card("conllu", {"key": "x"}))
    assert sentences(reading)[1] == "Oslo/y=z"
    with pytest.raises(FormatError, match=r"no token has ame= in its MISC.*correct key on the card"):
        fixture("multiword_token.conllu", card("conllu", {"key": "ame"}))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no_key_in_misc.conllu", r"no_key_in_misc\.conllu: no token has name="),
        ("nine_columns.conllu", r"nine_columns\.conllu:2: 9 column.* where the other lines have 10"),
        ("empty.txt", r"empty\.txt: "),
    ],
)
def test_what_is_refused(name: str, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        fixture(name, card("conllu"))


def test_an_empty_form_in_a_sentence_with_a_range_keeps_its_place_among_the_words(tmp_path) -> None:
    rest = "\t_" * 7 + "\t"
    lines = [
        "1-2\tvamonos" + rest + "_",
        "1\tvamos" + rest + "_",
        "2\t" + rest + "name=B-PER",
        "3\tx" + rest + "_",
    ]
    path = tmp_path / "f.conllu"
    path.write_text("\n".join(lines) + "\n")
    of = card("conllu", allow=("empty-token",))
    reading = read(path, of, of.files[0])
    assert sentences(reading) == ["vamos/O x/O"]
    assert [(r.line, r.token, r.before) for r in reading.changes] == [(3, 1, "B-PER")]


parts = st.sampled_from(
    ["1\tAda", "1-2\t", "\t_" * 7, "\tname=B-PER\n", "\t_\n", "\n", "# newdoc\n", "|", "name=", "\r\n", "\t"]
)


@given(content=st.binary(max_size=50) | st.lists(parts, max_size=20).map(lambda p: "".join(p).encode()))
def test_any_bytes_give_a_reading_or_an_error_that_names_the_file(content, tmp_path_factory) -> None:
    path = tmp_path_factory.getbasetemp() / "any.conllu"
    path.write_bytes(content)
    of = card("conllu", allow=FLAWS)
    try:
        assert isinstance(read(path, of, of.files[0]), Reading)
    except FormatError as error:
        assert "any.conllu" in str(error)
