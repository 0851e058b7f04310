"""The rules of other tools on small answers, counted by hand from their descriptions."""

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.core.document import Mention, Span
from openner_utils.llm.audit import Asked, answer
from openner_utils.llm.grounding import parse
from openner_utils.llm.harnesses import HARNESSES, b2ner, euroeval, evalscope, langextract, lm_eval, scores
from openner_utils.llm.prompts import FORMATS
from openner_utils.llm.replies import Emitted
from openner_utils.scoring.mentions import Score
from tests.llm.test_audit import NAMES, anything, words
from tests.llm.test_grounding import TYPES, said


def answered(sentence, mentions, reference=(), separator=" ", format="json", reply=""):
    """An answer to a sentence, its tokens parted by blanks; ``reference``: start, end, type."""
    tokens = tuple(sentence.split())
    wanted = tuple(Mention(Span(start, end), type) for start, end, type in reference)
    asked = Asked(("c", "eng", "test"), 0, 0, tokens, separator, wanted, NAMES)
    text = reply or said(*((text, type) for type, text in mentions))
    return answer(asked, text, parse(text, tokens, TYPES, format), format)


def test_euroeval_tags_every_token_that_contains_a_word():
    found = answered(
        "Ann saw Annex and New York of York",
        [("PER", "Ann"), ("LOC", "New York"), ("X", "saw")],
        [(0, 1, "PER"), (4, 6, "LOC")],
    )
    assert euroeval.labels(found) == ["B-PER", "O", "B-PER", "O", "B-LOC", "I-LOC", "O", "O"]
    assert euroeval.score(found) == Score(2, 3, 2)
    # A later mention's first word takes a token over; what went on from it then begins a mention.
    over = answered("New York City", [("LOC", "New York City"), ("ORG", "York")])
    assert euroeval.labels(over) == ["B-LOC", "B-ORG", "I-LOC"]
    assert euroeval.score(over) == Score(0, 3, 0)


def test_lm_eval_rewrites_words_for_labels_inside_texts_until_the_fix():
    found = answered(
        "Ann joined Shell Company at Country Club", [("PER", "Ann"), ("ORG", "Shell Company"), ("LOC", "Country Club")],
        [(0, 1, "PER"), (2, 4, "ORG"), (5, 7, "LOC")],
    )  # fmt: skip
    assert lm_eval.before(found) == Score(1, 3, 3)
    assert lm_eval.after(found) == Score(3, 3, 3)


@pytest.mark.parametrize(
    ("mentions", "reference", "expected"),
    [
        (
            [("LOC", "rome"), ("LOC", "Rome")],
            [(2, 3, "LOC")],
            Score(1, 2, 1),
        ),  # repeats are counted, case is not
        ([("LOC", "the Rome !")], [(2, 3, "LOC")], Score(1, 1, 1)),
        ([("PER", "Ann, Rome")], [(0, 1, "PER")], Score(1, 2, 1)),  # a comma parts a text into two
        ([("LOC", "None")], [], Score(0, 0, 0)),
        ([("CITY", "Rome")], [(2, 3, "LOC")], Score(0, 0, 1)),
        ([("person", "Ann")], [(0, 1, "PER")], Score(1, 1, 1)),
    ],
)
def test_lm_eval_compares_lists_of_texts(mentions, reference, expected):
    emitted = answered("Ann saw Rome", [], reference)
    given_ = emitted.__class__(
        emitted.tokens, " ", tuple(Emitted(text, type) for type, text in mentions), emitted.reference, NAMES
    )
    assert lm_eval.after(given_) == expected


SENTENCE = "Paris met Ann in Paris yesterday"


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (
            "Paris met <PER>Ann</PER> in <LOC>Paris</LOC> yesterday",
            {(2, 3, "PER"), (4, 5, "LOC")},
        ),  # exact offsets
        ("Oh : Paris met Ann in <LOC>Paris</LOC> yesterday !", {(4, 5, "LOC")}),  # by what stands around
        ("Paris met <PER>An</PER>n in Paris yesterday", {(2, 3, "PER")}),  # every token that is touched
        ("Paris met <PER>Ann in Paris yesterday", {(2, 6, "PER")}),  # never closed: up to the next tag
        ("Paris met <PER>Ann <LOC>in</LOC> Paris yesterday", {(2, 3, "PER"), (3, 4, "LOC")}),
        ("<response>Paris met <CITY>Ann</CITY> in Paris yesterday</response>", {(2, 3, "CITY")}),
        ("Paris met <PER>Bob</PER> in Paris yesterday", set()),
        ("<think><PER>Paris</PER></think>Paris met Ann in Paris yesterday", set()),
    ],
)
def test_evalscope_finds_a_tag_by_its_surroundings(reply, expected):
    found = evalscope.mentions(evalscope.labels(answered(SENTENCE, [], format="inline", reply=reply)))
    assert {(each.span.start, each.span.end, each.type) for each in found} == expected


def test_evalscope_puts_the_items_of_a_list_at_the_first_place():
    found = answered(SENTENCE, [("LOC", "Paris"), ("PER", "Paris"), ("PER", "Ann in")], [(0, 1, "PER")])
    assert evalscope.labels(found) == ["B-LOC", "O", "B-PER", "I-PER", "O", "O"]
    unspaced = answered(
        "他 在 北京 大学 读书", [("ORG", "北京大学"), ("LOC", "北京")], [(2, 4, "ORG")], separator=""
    )
    assert evalscope.score(unspaced) == Score(0, 1, 1)


@pytest.mark.parametrize(
    ("mentions", "expected"),
    [
        ([("LOC", "paris"), ("LOC", "Paris")], {(0, 1), (4, 5)}),  # in order
        ([("LOC", "Paris"), ("PER", "Ann")], {(0, 1), (2, 3)}),
        ([("PER", "Ann"), ("LOC", "Paris")], {(2, 3), (4, 5)}),
        ([("PER", "Ann Lee")], {(2, 3)}),  # lesser: its first words
        ([("PER", "met Ann at Paris")], {(1, 3)}),  # lesser comes before fuzzy
        ([("PER", "x met Ann Paris")], {(1, 5)}),  # fuzzy: three of four words in four
        ([("PER", "x y met Ann Paris")], set()),
    ],
)
def test_langextract_aligns_exactly_then_in_part(mentions, expected):
    found = langextract.mentions(answered(SENTENCE, mentions))
    assert {(each.span.start, each.span.end) for each in found} == expected


def test_langextract_finds_nothing_in_a_clause_without_blanks():
    unspaced = answered("他 在 北京 大学 读书", [("ORG", "北京大学")], [(2, 4, "ORG")], separator="")
    assert langextract.score(unspaced) == Score(0, 0, 1)


@pytest.mark.parametrize(
    ("mentions", "expected"),
    [
        ([("LOC", "PARIS"), ("LOC", "Paris")], Score(1, 1, 1)),  # a set
        ([("PER", "Paris")], Score(0, 1, 1)),
        ([("LOC", "Paris; Rome")], Score(1, 1, 1)),  # a semicolon parts a text
        ([("LOC", "《Paris》")], Score(1, 1, 1)),
        ([("CITY", "Paris")], Score(0, 1, 1)),
    ],
)
def test_b2ner_compares_sets_of_pairs(mentions, expected):
    assert b2ner.score(answered(SENTENCE, mentions, [(4, 5, "LOC")])) == expected


def test_a_right_answer_is_right_under_every_rule():
    reply = "<PER>Ann</PER> lives in <LOC>New York</LOC> ."
    reference = [(0, 1, "PER"), (3, 5, "LOC")]
    listed = [("PER", "Ann"), ("LOC", "New York")]
    for found in (
        answered("Ann lives in New York .", listed, reference),
        answered("Ann lives in New York .", [], reference, format="inline", reply=reply),
    ):
        assert scores(found) == dict.fromkeys(HARNESSES, Score(2, 2, 2))


@given(words, anything, st.sampled_from(FORMATS))
def test_any_string_at_all_is_scored_by_every_rule(tokens, reply, format):
    asked = Asked(("c", "eng", "test"), 0, 0, tuple(tokens), " ", (Mention(Span(0, 1), "PER"),), NAMES)
    for found in scores(answer(asked, reply, parse(reply, tokens, TYPES, format), format)).values():
        assert 0 <= found.correct <= min(found.predicted, found.reference)


def test_a_mention_without_a_type_counts_as_predicted_and_wrong():
    found = scores(answered("Ann met", [("", "Ann"), ("PER", "Ann")], [(0, 1, "PER")]))
    assert {name for name, score in found.items() if score.predicted == 2} >= {"B2NER", "langextract"}
    assert all(score.correct <= 1 == score.reference for score in found.values())


@pytest.mark.parametrize("unit", ["<PER>a", "<PER>a</PER> ", "</PER>", "<PER>a b c d "])
def test_a_long_reply_is_scored_in_seconds(unit):
    tokens = tuple(random.Random(0).choices("abcd", k=400))
    reply = unit * (19_000 // len(unit))
    asked = Asked(("c", "eng", "test"), 0, 0, tokens, " ", (), NAMES)
    begin = time.process_time()
    scores(answer(asked, reply, parse(reply, tokens, TYPES, "inline"), "inline"))
    assert time.process_time() - begin < 30
