"""Web documents of labelled sentences: their labels fit wherever a passage is cut, and shards hold none of them."""

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from openner_utils.web.labelled import documents, gold, record
from openner_utils.web.passages import Passage
from tests.web.marked import named


def sentence(number, text="Ada met Bo .", document=None):
    found = named(text, ("Ada", "PER"), ("Bo", "PER"), number=number)
    return replace(found, passage=replace(found.passage, document=document)) if document else found


def test_sentences_are_put_together_and_their_mentions_move_along():
    first, second = documents([sentence(n) for n in range(3)], 2)
    assert first.text == "Ada met Bo . Ada met Bo ." and second.text == "Ada met Bo ."
    assert [first.text[m.start : m.end] for m in first.mentions] == ["Ada", "Bo", "Ada", "Bo"]
    assert first.origin == "https://example.org/0" and first.id != second.id


def test_no_document_goes_across_the_border_of_a_corpus_s_own():
    given_ = [sentence(n, document=name) for n, name in enumerate("aaabb")]
    assert [(each.origin, len(each.mentions)) for each in documents(given_, 2)] == [
        ("a", 4),
        ("a", 2),
        ("b", 4),
    ]


def test_most_documents_are_chosen_by_a_hash_and_a_smaller_number_is_among_a_larger():
    given_ = [sentence(n) for n in range(20)]
    few, more = ({each.id for each in documents(given_, 1, most)} for most in (3, 8))
    assert len(few) == 3 and len(more) == 8 and few < more
    assert few != {each.id for each in documents(given_, 1)[:3]}


def test_a_shard_holds_no_label():
    line = json.loads(record(documents([sentence(0)], 1)[0]))
    assert line == {
        "id": "made/eng/0", "language": "eng", "licence": "CC0-1.0", "text": "Ada met Bo .",
    }  # fmt: skip


@given(st.data())
def test_labels_lie_over_a_passage_wherever_it_is_cut(data):
    (made,) = documents([sentence(n) for n in range(4)], 4)
    start = data.draw(st.integers(0, len(made.text) - 1))
    end = data.draw(st.integers(start + 1, len(made.text)))
    cut = Passage("p", made.text[start:end], "eng", "Latn", made.id, "s", start, end, "CC0-1.0")
    (found,) = gold([cut], {made.id: made})
    assert {found.text_of(each) for each in found.mentions} <= {"Ada", "Bo"}
    inside = [m for m in made.mentions if start <= m.start and m.end <= end]
    assert len(found.mentions) == len(inside) and found.passage.document == made.origin
