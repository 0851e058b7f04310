import json

from hypothesis import given
from hypothesis import strategies as st

from openner_utils.catalog import taxonomy
from openner_utils.web import sentences
from openner_utils.web.mentions import Annotated, TextMention
from tests.web.marked import passage


def written(tmp_path, text, *mentions):
    path = tmp_path / "out.jsonl"
    account = sentences.write(
        [Annotated(passage(text), tuple(TextMention(*each) for each in mentions))], path, taxonomy.load()
    )
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()], dict(account)


def test_mentions_stand_at_offsets_of_their_sentence_under_core_types(tmp_path):
    rows, account = written(
        tmp_path,
        "Nothing here.\n Ada left Oslo in May.",
        (15, 18, "writer"),
        (24, 28, "city"),
        (32, 35, "date"),
    )
    assert [row["text"] for row in rows] == ["Nothing here.", "Ada left Oslo in May."]
    assert rows[0]["mentions"] == []
    assert [(row["text"][m["start"] : m["end"]], m["type"]) for row in rows for m in row["mentions"]] == [
        ("Ada", "PER"),
        ("Oslo", "LOC"),
    ]
    assert account == {sentences.WRITTEN: 2, sentences.MENTION: 2, sentences.OTHER: 1}


def test_a_sentence_with_a_label_that_means_nothing_is_left_out_and_counted(tmp_path):
    rows, account = written(tmp_path, "Ada left. Bob came.", (0, 3, "xqzzk"), (10, 13, "person"))
    assert [row["text"] for row in rows] == ["Bob came."]
    assert account == {sentences.UNKNOWN: 1, sentences.WRITTEN: 1, sentences.MENTION: 1}


def test_no_sentence_ends_within_a_mention(tmp_path):
    rows, _ = written(tmp_path, "We read Who? What! Bob came. He left.", (8, 26, "person"))
    assert [row["text"] for row in rows] == ["We read Who? What! Bob came.", "He left."]


@given(
    st.text(alphabet="Ab .!?。\n", max_size=40),
    st.lists(st.integers(0, 40), max_size=8, unique=True).map(sorted),
)
def test_nothing_but_blanks_is_lost(text, borders):
    inside = [each for each in borders if each <= len(text)]
    mentions = tuple(
        TextMention(start, end, "person") for start, end in zip(inside[::2], inside[1::2], strict=False)
    )
    annotated = Annotated(passage(text), mentions)
    found = list(sentences.sentences(annotated))
    assert "".join("".join(part.split()) for part, _ in found) == "".join(text.split())
    shown = ["".join(annotated.text_of(each).split()) for each in mentions]
    found_there = ["".join(part[each.start : each.end].split()) for part, own in found for each in own]
    assert found_there == [each for each in shown if each]
