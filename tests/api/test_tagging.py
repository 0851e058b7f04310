"""Mentions have their characters in the text as given, whatever it is written in."""

import itertools
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openner_utils.api.tagging import load
from openner_utils.api.training import train
from openner_utils.core.columns import from_rows
from openner_utils.core.encoding import IOB2
from openner_utils.exports.folder import LIST
from openner_utils.support.errors import OpenNERError
from tests.planted import RECIPE, planted


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made") / "model"
    recipe = RECIPE.model_copy(update={"decoding": "valid"})
    train(recipe, [planted(120, seed=1)], folder)
    return load(folder)


def test_mentions_of_raw_text_and_of_its_tokens_are_the_same(model):
    text = "we saw mr Adagor Bedlin in Orlund today"
    found = model.predict(text)
    assert [(each.type, each.text) for each in found] == [("PER", "Adagor Bedlin"), ("LOC", "Orlund")]
    assert all(text[each.start : each.end] == each.text and 0.5 < each.score <= 1 for each in found)
    labels = model.predict_tokens([text.split()]).columns.label_strings().to_pylist()
    assert [mention.type for mention in IOB2.decode(labels)] == ["PER", "LOC"]
    assert model.types == ("LOC", "PER")


@pytest.mark.parametrize(
    ("name", "change"),
    [
        (
            "config.json",
            lambda path: path.write_text(path.read_text().replace('"layers"', '"hidden_size": 8, "layers"')),
        ),
        ("config.json", lambda path: path.write_text(path.read_text() + " ")),
        ("model.safetensors", lambda path: path.write_bytes(path.read_bytes()[:-1] + b"\x7f")),
        ("model.safetensors", lambda path: path.unlink()),
    ],
)
def test_a_file_that_was_changed_since_is_named(tmp_path, name, change):
    train(RECIPE, [planted(20, seed=1)], tmp_path / "model")
    change(tmp_path / "model" / name)
    with pytest.raises(OpenNERError, match=f"{name}: missing, or not as it was written"):
        load(tmp_path / "model")


def test_the_card_may_be_edited_and_the_list_may_be_gone(tmp_path):
    train(RECIPE, [planted(20, seed=1)], tmp_path / "model")
    (tmp_path / "model" / "README.md").write_text("Mine.")
    assert load(tmp_path / "model").types
    (tmp_path / "model" / LIST).unlink()
    assert load(tmp_path / "model").types


@pytest.mark.parametrize("sentences", [[[]], [["a"], []], [[3]], ["abc"], [None]])
def test_what_is_no_list_of_tokens_is_refused(model, sentences):
    with pytest.raises(OpenNERError, match=f"Sentence {len(sentences)} is no list"):
        model.predict_tokens(sentences)


@pytest.mark.parametrize(
    "text",
    [
        "in Orlu\u0301nd\u0308 today",  # combining marks
        "\N{GRINNING FACE}\N{FAMILY} in \N{GRINNING FACE} Orlund \u200d in Bergen",  # beyond 65,536, joiners
        "\u0631\u0623\u064a\u062a in \u0628\u063a\u062f\u0627\u062f today",  # right to left
        "\u5f20\u4e09 in \u5317\u4eac\u5927\u5b66",  # no blanks
        "\u0e2a\u0e21\u0e0a\u0e32\u0e22 in \u0e40\u0e0a\u0e35\u0e22\u0e07\u0e43\u0e2b\u0e21\u0e48",  # marks and no blanks
        "in Orlund\r\nin Bergen\u2028in Oslo",
        "", " \t\n ", "in " * 3000 + "Orlund",
    ],
)  # fmt: skip
def test_offsets_are_characters_of_the_text(model, text):
    found = model.predict(text)
    assert all(text[each.start : each.end] == each.text and each.text.strip() == each.text for each in found)
    assert all(one.end <= other.start for one, other in itertools.pairwise(found))
    assert bool(found) == (" " in text.strip())


def test_several_texts_are_refused_where_one_is_asked_for(model):
    with pytest.raises(OpenNERError, match="Several are taken by predict_all"):
        model.predict(["Ada", "Bo"])


@settings(max_examples=30)
@given(st.lists(st.text(max_size=40), max_size=5))
def test_texts_together_give_what_they_give_alone(model, texts):
    together = model.predict_all(texts)
    alone = [model.predict(text) for text in texts]
    for one, other in zip(together, alone, strict=True):
        assert [replace(each, score=0) for each in one] == [replace(each, score=0) for each in other]
        assert [each.score for each in one] == pytest.approx([each.score for each in other], abs=1e-4)
    for text, found in zip(texts, together, strict=True):
        assert all(text[each.start : each.end] == each.text for each in found)


def test_texts_are_asked_for_as_they_are_needed(model):
    taken = []

    def texts():
        for number in range(100_000):
            taken.append(number)
            yield f"in Orlund {number}"

    found = model.predict_each(texts())
    assert [each.text for each in next(found)] == ["Orlund"]
    assert len(taken) < 20_000, "a file larger than memory can be read"


NAMES = {
    "combining marks": ("Orlu\u0301nd", " ", 30),
    "emoji": ("\N{GRINNING FACE}Orlund\N{FAMILY}\u200d", " ", 30),
    "right to left": ("\u0628\u063a\u062f\u0627\u062f", " ", 30),
    "Thai": ("\u0e40\u0e0a\u0e35\u0e22\u0e07\u0e43\u0e2b\u0e21\u0e48", " ", 30),
    "Chinese": ("\u5317\u4eac", " ", 30),
    "5,000 tokens": ("Orlund", " ", 2500),
}


@pytest.mark.parametrize(("name", "blank", "times"), NAMES.values(), ids=NAMES)
def test_each_mention_has_its_place_and_a_score_however_it_is_asked(model, name, blank, times):
    text = "".join(f"in{blank}{name}{blank}" for _ in range(times)) + "today"
    found = model.predict(text)
    assert len(found) >= times / 3, "most are found"
    for each in found:
        assert text[each.start : each.end] == each.text and 0 < each.score <= 1
        assert not unicodedata.combining(each.text[0]), "no mark is torn off its letter"
        after = text[each.end : each.end + 1]
        assert not unicodedata.combining(after or "x"), "no mark is left behind"
    first, *_, last = model.predict_all([text, *["in Oslo"] * 40, ""])
    assert [(m.start, m.end, m.type) for m in first] == [(m.start, m.end, m.type) for m in found]
    assert last == []
    assert [m.score for m in first] == pytest.approx([m.score for m in found], abs=1e-4)


def test_a_mention_over_the_edge_of_a_window_stays_one(model):
    """Windows hold 64 sub-tokens here: names stand at every distance from their edges."""
    for shift in range(0, 64, 7):
        text = " ".join(["and"] * shift + ["saw mr Adagor Bedlin"] * 12)
        assert len(model.predict_tokens([text.split()]).columns) > 12, "one sentence"
        found = model.predict(text)
        assert [each.text for each in found].count("Adagor Bedlin") >= 11
        assert not [each for each in found if each.text in ("Adagor", "Bedlin")], shift


def test_without_a_mention_there_is_nothing_to_learn(tmp_path):
    with pytest.raises(OpenNERError, match="no mention in the training sentences"):
        train(RECIPE, [from_rows([(["a"], ["O"])])], tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_half_a_surrogate_pair_is_named(model):
    with pytest.raises(OpenNERError, match="text 2, character 4: half a surrogate pair"):
        model.predict_all(["in Oslo", "Ada \ud800 ran"])


def test_what_is_no_text_is_refused_and_one_text_is_no_list_of_letters(model):
    with pytest.raises(OpenNERError, match=r"several texts.*predict\(\) takes one"):
        model.predict_all("Ada")
    for number, odd in enumerate((3, None, ["Ada"], b"Ada"), 1):
        with pytest.raises(OpenNERError, match=f"text {number} is no text but {type(odd).__name__}"):
            model.predict_all(["Ada"] * (number - 1) + [odd])


def test_sentences_may_come_one_by_one(model):
    rows = [["we", "saw", "mr", "Adagor"], ["in", "Orlund"]]
    one_by_one, together = model.predict_tokens(iter(rows)), model.predict_tokens(rows)
    assert one_by_one.columns.tokens.to_pylist() == ["we", "saw", "mr", "Adagor", "in", "Orlund"]
    assert one_by_one.columns.labels.tolist() == together.columns.labels.tolist()
    with pytest.raises(
        OpenNERError, match=r"sentence 2, token 'x\\ud800', character 1: half a surrogate pair"
    ):
        model.predict_tokens([["a"], ["b", "x\ud800"]])
