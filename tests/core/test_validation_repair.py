"""Validation and repair equal SeqScore, in both forms; what was repaired can be undone."""

import pyarrow as pa
import pytest
import seqscore.encoding
import seqscore.validation
from hypothesis import given

from openner_utils.core.changes import LEDGER_ROWS
from openner_utils.core.columns import from_rows
from openner_utils.core.encoding import BIOES, ENCODINGS, IO, IOB1, IOB2, get_encoding, recode
from openner_utils.core.repair import METHODS, Spelling, differences, repair, repair_labels, restore
from openner_utils.core.validation import validate, validate_columns
from openner_utils.support.errors import OpenNERError
from tests.strategies import label_rows, with_tokens

CASES = [  # labels, number of problems, conlleval, discard
    ("O B-PER I-PER O", 0, "O B-PER I-PER O", "O B-PER I-PER O"),
    ("O I-PER O", 1, "O B-PER O", "O O O"),
    ("I-PER I-PER", 1, "B-PER I-PER", "O O"),
    ("B-PER I-LOC I-LOC", 1, "B-PER B-LOC I-LOC", "B-PER O O"),
    ("O I-PER I-LOC B-LOC I-PER", 3, "O B-PER B-LOC B-LOC B-PER", "O O O B-LOC O"),
    ("B-PER I-LOC I-PER", 2, "B-PER B-LOC B-PER", "B-PER O O"),
]


@pytest.mark.parametrize(("labels", "problems", "conlleval", "discard"), CASES)
def test_cases(labels, problems, conlleval, discard):
    assert len(validate(labels.split(), IOB2)) == problems
    assert repair_labels(labels.split(), IOB2, "conlleval") == tuple(conlleval.split())
    assert repair_labels(labels.split(), IOB2, "discard") == tuple(discard.split())
    assert repair_labels(labels.split(), IOB2, "none") == tuple(labels.split())


@given(rows=label_rows(IOB2))
def test_iob2_equals_seqscore(rows):
    theirs = seqscore.encoding.get_encoding("BIO")
    columns = from_rows(with_tokens(rows))
    for method in ("conlleval", "discard"):
        bulk = [labels for _, labels in repair(columns, IOB2, method).rows()]
        for row, from_columns in zip(rows, bulk, strict=True):
            expected = seqscore.validation.validate_labels(row, theirs, repair=method)
            assert len(validate(row, IOB2)) == len(expected.errors)
            assert list(repair_labels(row, IOB2, method)) == list(expected.repaired_labels or row)
            assert from_columns == repair_labels(row, IOB2, method)


@given(rows=label_rows(IOB1))
def test_iob1_equals_seqscore(rows):
    theirs = seqscore.encoding.get_encoding("IOB")
    for row in rows:
        assert list(repair_labels(row, IOB1, "conlleval")) == list(theirs.repair_labels(row, "conlleval"))


@pytest.mark.parametrize("encoding", ENCODINGS.values(), ids=ENCODINGS)
def test_columns_validate_like_objects(encoding):
    @given(rows=label_rows(encoding))
    def check(rows):
        expected = [
            (number, problem.position, problem.before, problem.after)
            for number, row in enumerate(rows)
            for problem in validate(row, encoding)
        ]
        found = validate_columns(from_rows(with_tokens(rows)), encoding)
        assert [(p.sentence, p.position, p.before, p.after) for p in found] == expected

    check()


@pytest.mark.parametrize("encoding", ENCODINGS.values(), ids=ENCODINGS)
def test_repair_leaves_nothing_invalid_and_is_idempotent(encoding):
    @given(rows=label_rows(encoding))
    def check(rows):
        for row in rows:
            repaired = repair_labels(row, encoding, "conlleval")
            assert not validate(repaired, encoding)
            assert repair_labels(repaired, encoding, "conlleval") == repaired

    check()


def test_problem_tells_place_and_labels():
    columns = from_rows([(["a", "b"], ["O", "O"]), (["c", "Ada"], ["O", "I-PER"])], "x.txt")
    (problem,) = validate_columns(columns, IOB2)
    assert str(problem) == "x.txt:5: invalid transition O → I-PER at token 'Ada'"


def test_sentence_that_ends_inside_a_mention_is_invalid_in_bioes():
    (problem,) = validate(["O", "B-PER"], BIOES)
    assert (problem.position, problem.before, problem.after) == (2, "B-PER", "O")


def test_discard_is_refused_where_it_is_not_defined():
    with pytest.raises(OpenNERError, match="Convert to IOB2"):
        repair_labels(["O"], BIOES, "discard")


def test_unknown_method_gets_the_nearest_name():
    with pytest.raises(OpenNERError, match="Did you mean 'conlleval'"):
        repair_labels(["O"], IOB2, "conleval")


@pytest.mark.parametrize("method", METHODS)
def test_unreadable_label_stops_bulk_repair_with_a_named_error(method):
    columns = from_rows([(["a"], ["PER"])])
    if method == "none":
        assert repair(columns, IOB2, method) is columns
    else:
        with pytest.raises(OpenNERError, match="'PER' is no IOB2 label"):
            repair(columns, IOB2, method)


@pytest.mark.parametrize("scheme", ENCODINGS)
def test_restore_gives_any_published_labels_back(scheme):
    encoding = get_encoding(scheme)
    spelling = Spelling.of(scheme, {})

    @given(rows=label_rows(encoding))
    def check(rows):
        raw = from_rows(with_tokens(rows))
        repaired = recode(raw, encoding, IOB2)
        written = spelling.write(repaired)
        sentence_of = raw.sentence_of
        ledger = []
        for token in differences(raw, written):
            sentence = int(sentence_of[token])
            ledger.append(
                {
                    "sentence": sentence,
                    "token": int(token - raw.sentences[sentence]),
                    "before": raw.names[raw.labels[token]],
                    "after": "changed",
                }
            )
        table = pa.Table.from_pylist(ledger, schema=LEDGER_ROWS)
        assert restore([labels for _, labels in written.rows()], table) == rows

    check()


def test_spelling_refuses_two_raw_forms_of_one_label():
    with pytest.raises(OpenNERError, match="both read as 'O'"):
        Spelling.of("IOB2", {"OUT": "O", "OO": "O"})


def test_spelling_writes_hyphenless_labels():
    repaired = from_rows([(["a", "b"], ["B-NEP", "I-NEP"])])
    written = Spelling.of("IOB2", {"BNEP": "B-NEP", "INEP": "I-NEP"}).write(repaired)
    assert [labels for _, labels in written.rows()] == [("BNEP", "INEP")]


def test_io_cannot_be_invalid():
    assert validate(["I-PER", "I-LOC", "O", "I-PER"], IO) == ()
