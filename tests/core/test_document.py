"""The objects check themselves."""

import pytest

from openner_utils.core.document import Document, Mention, Provenance, Sentence, Span


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (2, 2), (3, 1)])
def test_span_refuses_empty_or_reversed_range(start, end):
    with pytest.raises(ValueError, match="0 <= start < end"):
        Span(start, end)


@pytest.mark.parametrize(
    ("tokens", "mentions", "fault"),
    [
        ((), (), "at least one token"),
        (("a", ""), (), "Empty token"),
        (("a", "b"), (Mention(Span(0, 3), "PER"),), "ends beyond"),
        (("a", "b"), (Mention(Span(0, 2), "PER"), Mention(Span(1, 2), "LOC")), "overlaps"),
        (("a", "b"), (Mention(Span(1, 2), "PER"), Mention(Span(0, 1), "LOC")), "out of order"),
    ],
)
def test_sentence_refuses(tokens, mentions, fault):
    with pytest.raises(ValueError, match=fault):
        Sentence(tokens, mentions)


def test_provenance_is_not_content():
    assert Sentence(("a",), (), Provenance("x.txt", 3)) == Sentence(("a",))


def test_sentence_tells_mention_text_and_takes_other_mentions():
    sentence = Sentence(("Port", "Said", "wins"), (Mention(Span(0, 2), "LOC"),))
    assert sentence.text_of(sentence.mentions[0]) == "Port Said"
    assert sentence.with_mentions(()).mentions == ()


def test_spans_overlap_only_when_they_share_a_token():
    assert Span(0, 2).overlaps(Span(1, 3))
    assert not Span(0, 2).overlaps(Span(2, 3))


def test_document_needs_a_sentence():
    with pytest.raises(ValueError, match="at least one sentence"):
        Document(())


def test_mention_needs_a_type():
    with pytest.raises(ValueError, match="entity type"):
        Mention(Span(0, 1), "")
