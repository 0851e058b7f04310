"""Which language a passage is in: by its script, and by a model; and whether that agrees with what its shard states.

A model is an extra: py3langid holds one of some 140 languages in its package; GlotLID (some 2,000) is a file that its publishers
give away, and is read by fasttext-predict. What a model does not know it cannot refute: such languages are named, and their
passages are judged by script alone.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Protocol

import langcodes
import numpy as np
from numpy.typing import NDArray

from openner_utils.catalog import languages
from openner_utils.support.errors import OpenNERError
from openner_utils.support.extras import extra
from openner_utils.support.files import sha256
from openner_utils.web.archives import REQUIREMENTS
from openner_utils.web.characters import SCRIPTS
from openner_utils.web.documents import broad, language_of
from openner_utils.web.langid import Langid
from openner_utils.web.passages import UNKNOWN_LANGUAGE, UNKNOWN_SCRIPT
from openner_utils.web.texts import Texts

SCRIPT_ALONE, LANGID = "script", "py3langid"
"""Names of identifiers; any other is the path of a fastText model."""
CONFIDENCE = 0.8
"""Least confidence of a model that is believed."""
KANA_SHARE = 0.05
"""Least share of kana among letters of Japanese and Chinese that makes a text Japanese."""
_PIECES, _PIECE = 3, 150
"""A model is shown so many pieces of a passage, from its beginning, middle and end, of so many characters."""

_ALSO = {
    "aze": {"Cyrl", "Arab"}, "bos": {"Cyrl"}, "hbs": {"Latn"}, "kas": {"Deva"}, "kaz": {"Latn", "Arab"}, "kir": {"Latn", "Arab"},
    "kur": {"Arab", "Cyrl"}, "ckb": {"Latn"}, "mon": {"Mong"}, "pan": {"Arab"}, "snd": {"Deva"}, "srp": {"Latn"},
    "tgk": {"Arab", "Latn"}, "tuk": {"Cyrl", "Arab"}, "uig": {"Latn", "Cyrl"}, "uzb": {"Cyrl", "Arab"}, "zho": {"Bopo"},
    "hau": {"Arab"}, "msa": {"Arab"}, "tat": {"Latn"}, "crh": {"Cyrl"}, "ful": {"Adlm", "Arab"}, "kab": {"Tfng"}, "zgh": {"Latn"},
}  # fmt: skip
"""Scripts, beside the usual one, in which languages are written, by macrolanguage."""


@dataclass(frozen=True, slots=True)
class Guess:
    """What a model takes a text for: ISO 639-3 (``und``: it does not say), and its confidence from 0 to 1."""

    language: str
    confidence: float


NO_GUESS = Guess(UNKNOWN_LANGUAGE, 0.0)


class Identifier(Protocol):
    """A model that tells languages apart."""

    def identify(self, texts: Sequence[str]) -> list[Guess]:
        """Return what each text is taken for."""

    def knows(self, language: str) -> bool:
        """Return whether a language, or the macrolanguage that it is of, is among those that are told apart."""


class Scripts:
    """No model: languages are never guessed, and none is known."""

    def identify(self, texts: Sequence[str]) -> list[Guess]:
        """Return that nothing is known."""
        return [NO_GUESS] * len(texts)

    def knows(self, language: str) -> bool:
        """Return that it is not."""
        return False


class _Model:
    """What both models share: passages are sampled, and labels read as languages."""

    def __init__(self, labels: Collection[str]) -> None:
        self._known = {broad(language_of(label)[0]) for label in labels} - {UNKNOWN_LANGUAGE}

    def knows(self, language: str) -> bool:
        """See `Identifier.knows`."""
        return broad(language) in self._known


def _py3langid() -> ModuleType:
    return extra("py3langid.langid", REQUIREMENTS, "The identifier py3langid")


def _fasttext(path: Path) -> ModuleType:
    library = extra("fasttext", REQUIREMENTS, "A fastText model")
    if not path.is_file():
        raise OpenNERError(
            f"{path}: no such file. Name a fastText model, such as GlotLID's model.bin, or one of {SCRIPT_ALONE}, {LANGID}."
        )
    return library


class Py3langid(_Model):
    """The model in the package py3langid, naive Bayes over bytes (Lui and Baldwin 2012, trained anew by its maintainers)."""

    def __init__(self) -> None:
        self._model = Langid(_py3langid())
        super().__init__(self._model.labels)

    def identify(self, texts: Sequence[str]) -> list[Guess]:
        """See `Identifier.identify`."""
        found = self._model.classify([sample(text) for text in texts])
        return [Guess(language_of(label)[0], confidence) for label, confidence in found]


class FastText(_Model):
    """A fastText model such as GlotLID, whose labels are tags like ``__label__swh_Latn``."""

    def __init__(self, path: Path) -> None:
        library = _fasttext(path)
        try:
            self._model = library.load_model(str(path))
        except (ValueError, RuntimeError) as error:
            raise OpenNERError(f"{path}: no fastText model ({error}). Fetch the file anew.") from error
        # predict() with k = -1 names all labels.
        super().__init__([_tag(label) for label in self._model.predict("a", k=-1)[0]])

    def identify(self, texts: Sequence[str]) -> list[Guess]:
        """See `Identifier.identify`. Line ends, which fastText takes for ends of examples, are shown as blanks."""
        guesses = []
        for text in texts:
            labels, confidences = self._model.predict(" ".join(sample(text).split()))
            guess = (
                Guess(language_of(_tag(labels[0]))[0], min(1.0, float(confidences[0])))
                if labels
                else NO_GUESS
            )
            guesses.append(guess)
        return guesses


def check(name: str) -> None:
    """Raise `OpenNERError` for an identifier that is not there, before there is work whose end would be waited for in vain."""
    if name == LANGID:
        _py3langid()
    elif name != SCRIPT_ALONE:
        _fasttext(Path(name))


@cache
def content(name: str) -> str:
    """Return the SHA-256 of the file of an identifier, nothing for one that is no file: a model that was replaced tells otherwise."""
    return "" if name in (SCRIPT_ALONE, LANGID) else sha256(Path(name))


@cache
def identifier(name: str) -> Identifier:
    """Return the identifier of that name: ``script``, ``py3langid``, or the path of a fastText model."""
    if name == SCRIPT_ALONE:
        return Scripts()
    return Py3langid() if name == LANGID else FastText(Path(name))


def sample(text: str) -> str:
    """Return a passage, or three pieces of a long one, from its beginning, middle and end.

    A model needs no more to tell its language, and is asked in less than half the time.
    """
    if len(text) <= _PIECES * _PIECE:
        return text
    middle = (len(text) - _PIECE) // 2
    return "\n".join((text[:_PIECE], text[middle : middle + _PIECE], text[-_PIECE:]))


def script_of(text: str) -> tuple[str, float]:
    """Return the script of most letters of a text, as ISO 15924, and their share of all letters.

    >>> script_of("Nairobi ni mji")
    ('Latn', 1.0)
    """
    return scripts_of(Texts.of([text]))[0]


def scripts_of(texts: Texts) -> list[tuple[str, float]]:
    """Return, for each text, the script of most of its letters and their share; ``Zyyy`` and 0 where there are none.

    Chinese characters and kana together are Jpan where at least `KANA_SHARE` is kana; Hangul with some Chinese ones is Kore.
    """
    counts = _composed(texts.letters_by_script())
    totals = counts.sum(axis=1)
    first = counts.argmax(axis=1)
    return [
        (_NAMES[place], float(counts[row, place] / total)) if total else (UNKNOWN_SCRIPT, 0.0)
        for row, (place, total) in enumerate(zip(first, totals, strict=True))
    ]


_NAMES = (*SCRIPTS, "Jpan", "Kore")
_HANI, _HIRA, _KANA, _HANG = map(SCRIPTS.index, ("Hani", "Hira", "Kana", "Hang"))


def _composed(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return letters by script with those of Japanese and Korean put together [n_texts, len(_NAMES)]."""
    counts = np.concatenate((counts, np.zeros((len(counts), 2), np.int64)), axis=1)
    kana = counts[:, _HIRA] + counts[:, _KANA]
    japanese = kana > 0
    japanese &= kana >= KANA_SHARE * (kana + counts[:, _HANI])
    counts[japanese, -2] = (kana + counts[:, _HANI])[japanese]
    for place in (_HANI, _HIRA, _KANA):
        counts[japanese, place] = 0
    korean = counts[:, _HANG] > counts[:, _HANI]
    counts[korean, -1] = (counts[:, _HANG] + counts[:, _HANI])[korean]
    for place in (_HANI, _HANG):
        counts[korean, place] = 0
    return counts


def same(one: str, other: str) -> bool:
    """Return whether two codes name one language, or such as no model tells apart for sure, as Croatian and Bosnian.

    >>> same("swh", "swa"), same("hrv", "bos"), same("deu", "nld")
    (True, True, False)
    """
    return _GROUP.get(broad(one), broad(one)) == _GROUP.get(broad(other), broad(other))


@cache
def written_in(language: str) -> frozenset[str]:
    """Return the scripts in which a language is written, as `scripts_of` names them; none where nobody knows.

    The catalog's languages say theirs; others have the likely one of Unicode's CLDR, with what stands beside it in a short table.
    """
    names = {language, broad(language)}
    likely = {langcodes.Language.get(name).maximize().script for name in names - {UNKNOWN_LANGUAGE}}
    known = {entry.script for code, entry in languages().items() if broad(code) in names}
    scripts = {_AS_FOUND.get(each, each) for each in likely | known if each}
    return frozenset(scripts | _ALSO.get(broad(language), set())) if scripts else frozenset()


_GROUPS = (
    "hbs hrv bos srp cnr", "nor nob nno", "msa ind", "pus pbt pbu pst", "uzb uzs", "fas prs", "que quy quz", "grn gug", "ful fuv",
    "orm gaz hae", "heb hbo", "ara arb arz ary apc acm ars aeb arq ajp acq",
)  # fmt: skip
_GROUP = {broad(code): group.split()[0] for group in _GROUPS for code in group.split()}

_AS_FOUND = {"Hans": "Hani", "Hant": "Hani", "Hang": "Kore", "Hira": "Jpan", "Kana": "Jpan"}


def _tag(label: str) -> str:
    return label.removeprefix("__label__")
