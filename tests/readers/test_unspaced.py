"""Tokens of running text: words, words by a dictionary, or written characters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.api import training
from openner_utils.core.columns import from_rows
from openner_utils.readers import unspaced

ICU = unspaced.installed()
needs_icu = pytest.mark.skipif(not ICU, reason="icu4py is not installed (requirements-web.txt)")
TEXTS = st.text(st.sampled_from("กรุงเทพไป ເມືອງລາວ ភាសាខ្មែរ မြန်မာ Ada-1.5 😀東京་བོད\u200b\n"), max_size=60)


def words(text: str, by_words: bool = True) -> list[str]:
    return [text[start:end] for start, end in unspaced.tokens(text, by_words)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Don't stop, x-y.", ["Don't", "stop", ",", "x-y", "."]),
        ("東京に行く", list("東京に行く")),
        ("東京 กรุง", ["東", "京", "ก", "รุ", "ง"]),  # with Chinese on one line: all by characters
        ("", []),
    ],
)
def test_text_without_a_dictionary_s_script_is_cut_as_ever(text, found):
    assert words(text) == found


@needs_icu
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ไปกรุงเทพมหานครกับ Ada", ["ไป", "กรุงเทพมหานคร", "กับ", "Ada"]),
        ("ປະເທດລາວ", ["ປະເທດ", "ລາວ"]),
        ("ភាសាខ្មែរជាភាសាផ្លូវការ", ["ភាសាខ្មែរ", "ជា", "ភាសាផ្លូវការ"]),
        ("😀ไปกรุงเทพ", ["😀", "ไป", "กรุงเทพ"]),  # ICU counts in other units than Python
    ],
)
def test_words_of_scripts_without_blanks(text, found):
    assert words(text) == found


@pytest.mark.parametrize("icu", [True, False])
def test_without_a_dictionary_or_for_models_of_characters_by_written_characters(monkeypatch, icu):
    monkeypatch.setattr(unspaced, "installed", lambda: icu)
    by_words = not icu
    assert words("กรุงไป", by_words) == ["ก", "รุ", "ง", "ไ", "ป"]


@given(TEXTS, st.booleans())
def test_tokens_hold_all_but_white_space_in_order(text, by_words):
    last = 0
    for start, end in unspaced.tokens(text, by_words):
        assert (
            last <= start < end
            and not text[last:start].strip()
            and not any(map(str.isspace, text[start:end]))
        )
        last = end
    assert not text[last:].strip()


@pytest.mark.parametrize(
    ("text", "told"),
    [("ไป ປະເທດ", "Thai and Lao"), ("မြန်မာ", "Burmese"), ("Ada 東京", None), ("東京 ไป", None), ("", None)],
)
def test_what_nobody_can_cut_is_named(monkeypatch, text, told):
    monkeypatch.setattr(unspaced, "installed", lambda: False)
    said = unspaced.missing(text)
    assert said is None if told is None else said.startswith(told) and unspaced.REQUIREMENTS in said
    monkeypatch.setattr(unspaced, "installed", lambda: True)
    assert unspaced.missing(text) is None


@pytest.mark.parametrize(
    ("tokens", "found"),
    [(["ไป", "กรุงเทพ", "Ada"], "words"), (["ไ", "ป", "รุ"], "characters"), (["Ada", "東"], None)],
)
def test_a_training_tells_by_what_it_learnt(tokens, found):
    assert training._unit(from_rows([(tokens, ["O"] * len(tokens))])) == found
