"""Sentences end where marks say so, and chunks hold a text as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.web.characters import LETTERS_PER_WORD, SCRIPTS
from openner_utils.web.characters import words as counted
from openner_utils.web.chunks import SLACK, chosen, chunks
from openner_utils.web.segmenting import sentence_ends

SENTENCES = {
    "Latin": ["A. Achebe came on 3. May.", " He spoke (briefly.)", " Why?!", " Because… he could."],
    "line ends": ["A heading\n\n", "A list\n", "The end"],
    "quotation": ["“He came.”", " She left."],
    "abbreviations": ["It is e.g. this, of the U.S. Army."],
    "numbers": ["It costs 3.50 and takes 1.5 hours."],
    "Chinese": ["他来了。", "她说：「好！」", "真的？"],
    "Japanese, full stops of Latin width": ["版は３．５です．", "次に進む．"],
    "Hindi": ["यह है।", " वह नहीं॥"],
    "Amharic": ["ሰላም ለዓለም።", " እንዴት ነህ፧", " ደህና።"],
    "Arabic": ["هل جاء؟", " نعم."],
    "Urdu": ["وہ آیا۔", " اچھا۔"],
    "Armenian": ["Նա եկավ։", " Այո։"],
    "Armenian, by a colon": ["Նա եկավ:", " Այո:", " Time: 3"],
    "Amharic, by two separators": ["ሰላም፡ለዓለም፡፡", "ነው፡፡", " ነህ::", " ና"],
    "Georgian": ["ის მოვიდა.", " კი."],
    "Burmese": ["သူလာသည်။", "မှန်သည်။"],
    "Khmer": ["គាត់មក។", "បាទ។"],
    "Tibetan": ["བཀྲ་ཤིས།", "བདེ་ལེགས།"],
    "Thai, by blanks": ["สวัสดีครับ ", "ผมมาแล้ว ", "ลาก่อน"],
    "Lao, by blanks": ["ສະບາຍດີ ", "ຂ້ອຍມາ"],
}


@pytest.mark.parametrize("name", SENTENCES)
def test_sentences_end_at_the_marks_of_their_script(name: str) -> None:
    sentences = SENTENCES[name]
    text = "".join(sentences)
    ends = sentence_ends(text)
    assert [text[start:end] for start, end in zip([0, *ends], ends, strict=False)] == sentences


TEXTS = st.text(
    st.one_of(
        st.sampled_from(" \n.。!?।ก็เ ຂສ្ក្រམြန်མ།漢字かなー한국אבabcXYZ'’-\u200d\u0301\t "),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=400,
)


@given(TEXTS)
def test_ends_of_sentences_rise_to_the_end(text: str) -> None:
    ends = sentence_ends(text)
    assert ends == sorted(set(ends))
    assert (ends[-1] if ends else 0) == len(text)


@given(TEXTS, st.integers(1, 30))
def test_chunks_hold_all_of_a_text_but_white_space(text: str, words: int) -> None:
    parts = chunks(text, words)
    at = 0
    for part in parts:
        assert text[at : part.start].strip() == ""
        assert text[part.start : part.end] == text[part.start : part.end].strip() != ""
        at = part.end
    assert text[at:].strip() == ""


@given(
    st.lists(st.sampled_from(["one", "two.", "three", "four!\n", "fünf", "שש"]), max_size=300),
    st.integers(4, 40),
)
def test_no_chunk_is_much_longer_than_asked_for(tokens: list[str], words: int) -> None:
    text = " ".join(tokens)
    for start, end in chunks(text, words):
        assert counted(text[start:end]) <= (1 + 2 * SLACK) * words + 1


@pytest.mark.parametrize("words", [5, 16, 50])
def test_words_are_not_cut_where_no_sentence_ends(words: int) -> None:
    tokens = [f"don't{number}" for number in range(200)]
    parts = chunks(" ".join(tokens), words)
    assert len(parts) == -(-200 // words)
    found = [token for start, end in parts for token in " ".join(tokens)[start:end].split()]
    assert found == tokens


def test_letters_of_scripts_without_blanks_keep_their_marks() -> None:
    for cluster in ("กู้", "เก", "ក្រ", "မ္ဗ", "བོ"):
        text = cluster * 300
        for start, end in chunks(text, 7):
            assert text[start:end] == cluster * ((end - start) // len(cluster)), cluster


def test_words_are_counted_by_script() -> None:
    assert counted("Don’t stop at 3.5, e.g. in naïve Zürich") == 8
    assert counted("हिन्दी में") == 2  # marks are no borders
    assert counted("می‌خواهم") == 1  # joined by a non-joiner
    assert counted("漢" * 17) == pytest.approx(10)
    assert counted("ไทย" * 18) == pytest.approx(10)
    assert counted("漢字 and 漢字") == pytest.approx(1 + 4 / 1.7)
    assert set(LETTERS_PER_WORD) < set(SCRIPTS)


def test_a_hash_takes_early_and_late_chunks_alike() -> None:
    taken = [chosen(f"https://example.org/{page}", 4) for page in range(4000)]
    assert all(900 < taken.count(number) < 1100 for number in range(4))
    assert taken == [chosen(f"https://example.org/{page}", 4) for page in range(4000)]
