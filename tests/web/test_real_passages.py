"""News in 20 languages and 11 scripts (NTREX-128): passages of each are in its script and language, and about as long everywhere."""

from collections.abc import Iterator
from functools import cache
from statistics import median

import pytest

from openner_utils.web.characters import words
from openner_utils.web.chunks import chunks
from openner_utils.web.languages import identifier, same, script_of, written_in
from openner_utils.web.personal import personal
from openner_utils.web.quality import boilerplate
from tests.reading import MIRROR

COMMIT = MIRROR / "github.com/MicrosoftTranslator/NTREX/8561f6a622db9edad1217683e5c83daefd8bb2bf"
pytestmark = pytest.mark.skipif(
    not COMMIT.is_dir(), reason="the mirror of corpora is not there: OPENNER_MIRROR names it"
)
LANGUAGES = [
    "eng",
    "amh",
    "ben",
    "deu",
    "ell",
    "fas",
    "heb",
    "hye",
    "jpn",
    "kat",
    "kor",
    "rus",
    "swa",
    "tam",
    "tha",
    "tur",
    "ukr",
    "vie",
    "yor",
    "zho",
]


@cache
def documents(language: str) -> tuple[str, ...]:
    """Return the 123 documents of a language, a sentence on each line."""
    name = "src.eng" if language == "eng" else f"ref.{'zho-CN' if language == 'zho' else language}"
    lines = (COMMIT / "NTREX-128" / f"newstest2019-{name}.txt").read_text("utf-8").split("\n")
    ids = (COMMIT / "DOCUMENT_IDS.tsv").read_text("utf-8").split("\n")
    found: dict[str, list[str]] = {}
    for id, line in zip(ids, lines, strict=False):
        if id:
            found.setdefault(id.split("\t")[0], []).append(line)
    return tuple("\n".join(each) for each in found.values())


def cut(language: str, blank: str = "\n") -> Iterator[str]:
    """Yield all passages of a language; ``blank`` stands where lines end."""
    for document in documents(language):
        text = document.replace("\n", blank)
        for start, end in chunks(text, 128):
            yield text[start:end]


@pytest.mark.parametrize("language", LANGUAGES)
def test_passages_are_in_script_and_language_and_pass_as_running_text(language: str) -> None:
    passages = list(cut(language))
    assert len(passages) > 123
    assert {script_of(each)[0] for each in passages} <= written_in(language)
    assert [each for each in passages if boilerplate(each)] == []
    # Names of accounts on the net, as @somebody.com, look like addresses.
    assert sum(bool(personal(each)) for each in passages) <= 2


def test_documents_that_say_the_same_are_cut_into_as_many_passages() -> None:
    counts = {language: len(list(cut(language))) for language in ("eng", "zho", "jpn", "tha")}
    assert all(0.9 < count / counts["eng"] < 1.1 for count in counts.values()), counts


@pytest.mark.parametrize("language", LANGUAGES)
def test_most_passages_end_at_the_end_of_a_sentence_without_the_help_of_line_ends(language: str) -> None:
    ends = '.!?։।۔。！？”"»)」』…፡፧።؟:' if language != "tha" else None
    texts = [
        text.replace("\n", " " if language not in ("zho", "jpn") else "") for text in documents(language)
    ]
    inner = [text[start:end] for text in texts for start, end in chunks(text, 128)[:-1]]
    if ends is not None:
        assert sum(each[-1] in ends for each in inner) > 0.95 * len(inner)
    assert 90 < median(words(each) for each in inner) < 130


def test_the_model_agrees_with_the_language_of_nearly_all() -> None:
    pytest.importorskip("py3langid", reason="requirements-web.txt is not installed")
    wrong = total = 0
    for language in LANGUAGES:
        passages = list(cut(language))
        guesses = identifier("py3langid").identify(passages)
        wrong += sum(not same(each.language, language) for each in guesses)
        total += len(passages)
    assert wrong < 0.005 * total
