"""CoNLL-U Plus: columns by name."""

import pytest

from openner_utils.support.errors import FormatError, OpenNERError
from tests.reading import card, documents, fixture, sentences

PLUS = card("conllu_plus", {"column": "X:NER"})


def test_a_token_that_begins_with_a_hash_is_no_comment() -> None:
    reading = fixture("token_begins_with_hash.conllup", PLUS)
    assert sentences(reading) == ["#ada/B-PER #/O", "Oslo/B-LOC"]
    assert documents(reading) == [1, 1]
    assert reading.counts == {"comment line": 3}
    assert reading.columns.lines.tolist() == [3, 4, 7]


def test_ranges_and_empty_nodes_are_known_by_the_column_of_ids() -> None:
    reading = fixture(
        "ids_first_with_range.conllup", card("conllu_plus", {"column": "NER_TYPE", "form": "TOKEN"})
    )
    assert sentences(reading) == ["vamos/O nos/O Ada/B-per"]
    assert reading.counts == {
        "byte order mark": 1,
        "comment line": 2,
        "carriage return": 7,
        "multiword or empty node": 2,
    }


def test_a_header_that_is_repeated_is_a_comment() -> None:
    assert sentences(fixture("header_repeated.conllup", PLUS)) == ["Ada/B-PER", "ran/O"]


def test_a_line_that_lacks_its_label_can_be_allowed() -> None:
    of = card("conllu_plus", {"column": "X:NER"}, allow=("missing-label",))
    assert sentences(fixture("range_label_missing.conllup", of)) == ["Ada/B-PER ran/\x00"]


@pytest.mark.parametrize(
    ("name", "options", "line", "what"),
    [
        ("no_header.conllup", {}, 1, "does not name the columns"),
        ("header_not_first.conllup", {}, 1, "does not name the columns"),
        ("header_changes.conllup", {}, 4, "not those of the first line"),
        ("header_names_twice.conllup", {}, 1, "not all different"),
        ("fewer_columns_than_header.conllup", {}, 2, "3 column.* where the header names 4"),
        ("range_label_missing.conllup", {}, 3, "1 column.* where the header names 2.*allow missing-label"),
        ("token_begins_with_hash.conllup", {"column": "X:NERR"}, 1, "'X:NERR'. Did you mean 'X:NER'"),
        ("token_begins_with_hash.conllup", {"form": "TOKEN"}, 1, "Unknown column 'TOKEN'.*Known: FORM"),
    ],
)
def test_what_is_refused_names_file_and_line(
    name: str, options: dict[str, str], line: int, what: str
) -> None:
    with pytest.raises(FormatError, match=what) as caught:
        fixture(name, card("conllu_plus", {"column": "X:NER"} | options))
    assert f"{name}:{line}: " in str(caught.value)


def test_the_column_must_be_on_the_card() -> None:
    with pytest.raises(OpenNERError, match="options: column"):
        fixture("no_header.conllup", card("conllu_plus"))
