"""Scores equal SeqScore and seqeval on random labels, and hand-counted cases."""

import random
import subprocess
import sys
import warnings

import numpy as np
import pytest
import seqeval.metrics
import seqeval.scheme
import seqscore.scoring
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.catalog import load_card
from openner_utils.core.columns import from_rows
from openner_utils.core.encoding import IOB2
from openner_utils.curation.clean import clean
from openner_utils.exports import conll
from openner_utils.scoring.mentions import ALL, CONVENTIONS, Score, count, score, score_sentences
from openner_utils.support.errors import OpenNERError
from tests.reading import raw, read
from tests.strategies import labels, with_tokens

pairs = st.lists(
    st.lists(st.tuples(labels(IOB2), labels(IOB2)), min_size=1, max_size=9), min_size=1, max_size=6
)


def split(rows):
    return [[a for a, _ in row] for row in rows], [[b for _, b in row] for row in rows]


@given(rows=pairs)
def test_equals_seqscore(rows):
    gold, found = split(rows)
    for method in ("conlleval", "discard"):
        theirs, _ = seqscore.scoring.score_label_sequences(found, gold, "BIO", repair=method)
        ours = score_sentences(gold, found, method)
        assert (ours[ALL].precision, ours[ALL].recall) == pytest.approx((theirs.precision, theirs.recall))
        assert ours[ALL].f1 == pytest.approx(theirs.f1)
        for type, expected in theirs.type_scores.items():
            assert ours[type].f1 == pytest.approx(expected.f1)
            assert (ours[type].correct, ours[type].predicted, ours[type].reference) == (
                expected.true_pos,
                expected.total_pos,
                expected.total_ref,
            )


@given(rows=pairs)
def test_equals_seqeval(rows):
    gold, found = split(rows)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        lenient = seqeval.metrics.f1_score(gold, found)
        strict = seqeval.metrics.f1_score(gold, found, mode="strict", scheme=seqeval.scheme.IOB2)
    assert score_sentences(gold, found, "conlleval")[ALL].f1 == pytest.approx(lenient)
    assert score_sentences(gold, found, "discard")[ALL].f1 == pytest.approx(strict)


def t_ner(gold, found):
    """Return the type-ignored precision, recall and F1 as T-NER's `span_f1` has them: one type, seqeval's default."""
    one_type = [
        [["O" if label == "O" else label[:2] + "entity" for label in row] for row in side]
        for side in (gold, found)
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [
            metric(*one_type)
            for metric in (
                seqeval.metrics.precision_score,
                seqeval.metrics.recall_score,
                seqeval.metrics.f1_score,
            )
        ]


@given(rows=pairs)
def test_untyped_is_the_type_ignored_score_of_t_ner(rows):
    gold, found = split(rows)
    ours = score_sentences(gold, found, "untyped")[ALL]
    assert [ours.precision, ours.recall, ours.f1] == pytest.approx(t_ner(gold, found))


@given(rows=pairs, names=st.permutations(["PER", "LOC", "ORG"]), data=st.data())
def test_untyped_asks_for_no_type(rows, names, data):
    gold, found = split(rows)
    before = score_sentences(gold, found, "untyped")
    renamed = [
        [label if label == "O" else label[:2] + data.draw(st.sampled_from(names)) for label in row]
        for row in found
    ]
    assert score_sentences(gold, renamed, "untyped") == before
    assert set(before) <= {ALL, "ANY"}


@given(rows=pairs)
def test_columns_score_like_objects(rows):
    gold, found = split(rows)
    reference, prediction = from_rows(with_tokens(gold)), from_rows(with_tokens(found))
    for convention in CONVENTIONS:
        expected = score_sentences(gold, found, convention)
        assert dict(sorted(score(reference, prediction, convention).items())) == expected
        counts = count(reference, prediction, convention)
        for number, (a, b) in enumerate(zip(gold, found, strict=True)):
            one = score_sentences([a], [b], convention)[ALL]
            assert tuple(counts.values[number].sum(axis=0)) == (one.correct, one.predicted, one.reference)


@pytest.mark.parametrize(
    ("gold", "found", "lenient", "strict", "untyped"),
    [  # worked out by hand
        ("B-PER I-PER O B-LOC", "B-PER I-LOC O B-LOC", 0.4, 0.5, 1.0),
        ("B-PER I-PER O B-LOC", "B-PER I-PER I-LOC B-LOC", 0.8, 1.0, 0.5),
        ("B-PER O B-LOC", "B-LOC O B-PER", 0.0, 0.0, 1.0),
        ("O O", "O O", 0.0, 0.0, 0.0),
    ],
)
def test_conventions_differ_as_they_should(gold, found, lenient, strict, untyped):
    scores = [score_sentences([gold.split()], [found.split()], name)[ALL].f1 for name in CONVENTIONS]
    assert scores == pytest.approx([lenient, strict, untyped])


@pytest.mark.parametrize(
    ("gold", "found", "counts"),
    [  # worked out by hand: correct, predicted, reference
        ("B-PER I-PER", "B-PER I-LOC", (1, 1, 1)),
        ("B-PER I-PER", "I-PER I-LOC", (1, 1, 1)),
        ("B-PER I-PER", "I-LOC I-LOC", (1, 1, 1)),
        ("B-PER I-PER", "B-PER B-LOC", (0, 2, 1)),
        ("B-PER B-LOC", "B-LOC B-LOC", (2, 2, 2)),
        ("B-PER B-LOC", "B-PER I-LOC", (0, 1, 2)),
        ("B-PER I-LOC", "B-ORG I-ORG", (1, 1, 1)),
        ("B-PER I-LOC", "B-PER B-LOC", (0, 2, 1)),
        ("I-PER I-LOC O I-ORG", "B-PER I-PER O B-PER", (2, 2, 2)),
        ("B-PER I-PER I-LOC O", "B-PER I-PER O I-LOC", (0, 2, 1)),
        ("O B-PER I-PER", "O O I-PER", (0, 1, 1)),
        ("O O", "I-PER I-LOC", (0, 1, 0)),
    ],
)
def test_without_types_a_change_of_type_opens_no_mention(gold, found, counts):
    gold, found = [gold.split()], [found.split()]
    one = score_sentences(gold, found, "untyped")[ALL]
    assert (one.correct, one.predicted, one.reference) == counts
    assert score(from_rows(with_tokens(gold)), from_rows(with_tokens(found)), "untyped")[ALL] == one
    assert [one.precision, one.recall, one.f1] == pytest.approx(t_ner(gold, found))


def test_undefined_scores_are_zero():
    assert (Score(0, 0, 0).precision, Score(0, 0, 0).recall, Score(0, 0, 0).f1) == (0, 0, 0)


def test_different_sentences_are_refused():
    a = from_rows([(["x", "y"], ["O", "O"])], "a.txt")
    b = from_rows([(["x"], ["O"]), (["y"], ["O"])], "b.txt")
    with pytest.raises(OpenNERError, match=r"a\.txt and b\.txt differ"):
        score(a, b)
    with pytest.raises(OpenNERError, match="Sentence 0: 2 reference labels but 1"):
        score_sentences([["O", "O"]], [["O"]])
    with pytest.raises(OpenNERError, match="1 reference sentences but 2"):
        score_sentences([["O"]], [["O"], ["O"]])


def test_unknown_convention_is_refused():
    with pytest.raises(OpenNERError, match="Unknown scoring convention"):
        score_sentences([], [], "strict")


@pytest.mark.parametrize("name", ["habari", "zena", "webpages"])
def test_the_same_scores_as_seqscores_command_line(name, tmp_path):
    of = load_card(name)
    file = of.annotated[-1]
    gold = clean(read(raw(of, file), of, file), of, file).published
    draw = random.Random(f"{name}, made worse")
    names = [*gold.names, "I-PER", "B-ORG"]
    found = gold.with_labels(
        np.array([i if draw.random() < 0.8 else draw.randrange(len(names)) for i in gold.labels]),
        [f"{n}" if n in gold.names else f"{n}-new" for n in names],
    )
    conll.write(tmp_path / "gold", gold)
    conll.write(tmp_path / "found", found)
    program = "from seqscore.scripts.seqscore import cli; cli()"
    options = ["--labels", "BIO", "--score-format", "delim", "--full-precision", "--quiet"]
    for method in ("conlleval", "discard"):
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                program,
                "score",
                *options,
                "--repair-method",
                method,
                "--reference",
                str(tmp_path / "gold"),
                str(tmp_path / "found"),
            ],
            capture_output=True,
            text=True,
            check=True,
        )
        header, *lines = (line.split("\t") for line in done.stdout.splitlines())
        theirs = {row["Type"]: row for row in (dict(zip(header, line, strict=True)) for line in lines)}
        ours = dict(score(gold, found, method).items())
        assert set(ours) == set(theirs)
        for type, one in ours.items():
            row = theirs[type]
            counts = (int(row["Correct"]), int(row["Predicted"]), int(row["Reference"]))
            assert (one.correct, one.predicted, one.reference) == counts, type
            assert one.f1 == pytest.approx(float(row["F1"]))
