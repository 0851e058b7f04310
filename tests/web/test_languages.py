"""Languages by script and by model; the model's answers are the package's own."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.support.errors import OpenNERError
from openner_utils.web import languages
from openner_utils.web.documents import broad, language_of, language_said
from openner_utils.web.languages import identifier, sample, script_of, scripts_of, written_in
from openner_utils.web.texts import Texts

SWAHILI = (
    "Rais wa Kenya alisema kwamba serikali yake itajenga barabara mpya kati ya Nairobi na Mombasa mwaka huu."
)
GERMAN = (
    "Der Präsident sagte am Montag, dass seine Regierung eine neue Straße zwischen Köln und Bonn bauen werde."
)
RUSSIAN = "Президент заявил, что правительство построит новую дорогу между Москвой и Тверью в этом году."
TEXTS = {"swa": SWAHILI, "deu": GERMAN, "rus": RUSSIAN}


@pytest.mark.parametrize(
    ("text", "script"),
    [
        (SWAHILI, "Latn"),
        (RUSSIAN + " BBC", "Cyrl"),
        ("東京は日本の首都です。", "Jpan"),
        ("北京是中华人民共和国的首都。", "Hani"),
        ("서울은 大韓民國의 수도이다.", "Kore"),
        ("ភ្នំពេញ", "Khmr"),
        ("ལྷ་ས།", "Tibt"),
        ("1, 2, 3 …", "Zyyy"),
        ("", "Zyyy"),
    ],
)
def test_the_script_is_that_of_most_letters(text: str, script: str) -> None:
    assert script_of(text)[0] == script


def test_shares_are_of_letters_and_batches_give_what_single_texts_give() -> None:
    assert script_of("abcд, 1234") == ("Latn", 0.75)
    texts = [*TEXTS.values(), "", "東京は", "한국", "א"]
    assert scripts_of(Texts.of(texts)) == [script_of(text) for text in texts]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=40), max_size=8))
def test_units_are_of_their_text_and_in_order(texts: list[str]) -> None:
    batch = Texts.of(texts)
    starts, ends = batch.units()
    assert (starts < ends).all() and (ends[:-1] <= starts[1:]).all()
    rows = batch.rows()
    assert (rows[starts] == rows[ends - 1]).all()


def test_units_are_words_or_letters_of_scripts_without_blanks() -> None:
    batch = Texts.of(["Don't stop, U.S.A.!", "漢字 and かな", "हिन्दी"])
    joined = "".join(map(chr, batch.codes))
    found = [joined[start:end] for start, end in zip(*batch.units(), strict=True)]
    assert found == ["Don't", "stop", "U.S.A.", "漢", "字", "and", "か", "な", "हिन्दी"]


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("swh_Latn", ("swh", "Latn")),
        ("sw", ("swa", "")),
        ("zh-Hant-TW", ("zho", "Hant")),
        ("eng,deu", ("eng", "")),
        ("nonsense tag", ("und", "")),
        (17, ("und", "")),
        (None, ("und", "")),
        ("", ("und", "")),
    ],
)
def test_tags_are_read_as_iso_codes(tag: object, expected: tuple[str, str]) -> None:
    assert language_of(tag) == expected


def test_a_language_that_a_user_misspells_is_refused() -> None:
    assert language_said("sw") == "swa"
    with pytest.raises(OpenNERError, match="'english' is no language"):
        language_said("english")


def test_scripts_of_languages() -> None:
    assert written_in("swh") == {"Latn"}
    assert written_in("srp") == {"Cyrl", "Latn"}
    assert (
        written_in("jpn") == {"Jpan"}
        and written_in("kor") == {"Kore"}
        and written_in("cmn") == {"Hani", "Bopo"}
    )
    assert written_in("khm") == {"Khmr"} and written_in("und") == frozenset()
    assert broad("swh") == broad("swa") and broad("arz") != broad("arb")


def test_a_sample_has_pieces_of_beginning_middle_and_end() -> None:
    text = "a" * 5000 + "b" * 1000 + "c" * 5000
    assert sample("short") == "short"
    assert sample(text).split("\n") == ["a" * 150, "b" * 150, "c" * 150]


def test_without_a_model_no_language_is_guessed() -> None:
    alone = identifier("script")
    assert alone.identify([SWAHILI])[0].language == "und"
    assert not alone.knows("swh")


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    pytest.importorskip("fasttext", reason="requirements-web.txt is not installed")
    with pytest.raises(OpenNERError, match=r"lid\.bin: no such file"):
        identifier(str(tmp_path / "lid.bin"))
    (tmp_path / "lid.bin").write_bytes(b"no model at all")
    with pytest.raises(OpenNERError, match=r"lid\.bin: no fastText model"):
        identifier(str(tmp_path / "lid.bin"))


def test_the_hint_names_the_file_of_requirements(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    identifier.cache_clear()
    monkeypatch.setitem(sys.modules, "py3langid.langid", None)
    monkeypatch.setitem(sys.modules, "py3langid", None)
    with pytest.raises(OpenNERError, match=r"py3langid.*pip install -r requirements-web\.txt"):
        identifier("py3langid")


class TestPy3langid:
    """What the package's model says."""

    @pytest.fixture(scope="class")
    def model(self) -> languages.Py3langid:
        pytest.importorskip("py3langid", reason="requirements-web.txt is not installed")
        return languages.Py3langid()

    def test_languages_are_told(self, model: languages.Py3langid) -> None:
        guesses = model.identify(list(TEXTS.values()))
        assert [each.language for each in guesses] == list(TEXTS)
        assert all(each.confidence > 0.9 for each in guesses)

    def test_a_language_of_another_name_is_known_and_others_are_not(self, model: languages.Py3langid) -> None:
        assert model.knows("swh") and model.knows("swa") and model.knows("cmn")
        assert not model.knows("bam") and not model.knows("und")

    @given(
        st.lists(
            st.one_of(
                st.text(max_size=80), st.sampled_from([*TEXTS.values(), "", "SHOUTED TEXT IS LOWERED"])
            ),
            max_size=6,
        )
    )
    def test_answers_are_those_of_the_package(self, model: languages.Py3langid, texts: list[str]) -> None:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier

        global _peer
        _peer = _peer or LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
        ours = model._model.classify(texts)
        for text, (label, confidence) in zip(texts, ours, strict=True):
            chances = dict(_peer.rank(text))
            assert confidence == pytest.approx(max(chances.values()), abs=1e-4)
            assert chances[label] == pytest.approx(
                max(chances.values()), abs=1e-4
            )  # ties aside, the same label


_peer = None


def test_a_fasttext_model_is_asked_in_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The library stands in for itself here: no model of its kind is small enough for a test."""
    import sys
    from types import ModuleType

    asked: list[str] = []

    class Model:
        def predict(self, text: str, k: int = 1) -> tuple[tuple[str, ...], np.ndarray]:
            asked.append(text)
            return (
                ("__label__swh_Latn", "__label__deu_Latn")[: k if k > 0 else None],
                np.array([1.0001, 0.0]),
            )

    module = ModuleType("fasttext")
    module.load_model = lambda path: Model()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "fasttext", module)
    (tmp_path / "lid.bin").touch()
    model = identifier(str(tmp_path / "lid.bin"))
    assert model.identify(["moja\nmbili"]) == [languages.Guess("swh", 1.0)]
    assert asked[-1] == "moja mbili"
    assert model.knows("swa") and not model.knows("fra")
