"""How running text is cut into tokens where nobody says it: words; where no blanks stand between words, by a dictionary or by characters.

Words of Thai, Lao, Khmer and Burmese are found by the dictionaries of ICU (Unicode's own library, package icu4py), where that is installed:
corpora of these languages come as words, so a model that learnt from them knows nothing of single characters. Chinese, Japanese and Tibetan
are taken apart into written characters, as their corpora mostly are. Why so: docs/decisions/0038-words-without-blanks.md.
"""

import importlib.util
from collections.abc import Iterable
from functools import cache

import regex

from openner_utils.readers.spans import get_tokenizer
from openner_utils.support.extras import extra

REQUIREMENTS = "requirements-web.txt"
SCRIPTS = {"Thai": "Thai", "Laoo": "Lao", "Khmr": "Khmer", "Mymr": "Burmese"}
"""Scripts (ISO 15924) whose words a dictionary finds, and how a reader calls them; ICU's have the names `_CUT` has."""
_CUT = regex.compile(r"[\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")
_CHARACTERS = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Tibetan}]")
_CLUSTER = regex.compile(r"\X")
_MOST = 10_000
"""Tokens that `by_words` looks at."""


def tokens(text: str, words: bool = True) -> list[tuple[int, int]]:
    """Return the characters [start, end) of the tokens of a text; they hold all of it but white space.

    ``words``: cut Thai, Lao, Khmer and Burmese into words, where ICU is installed; else into written characters, as always with Chinese,
    Japanese and Tibetan, and with whatever stands on one line with them.
    """
    if _CHARACTERS.search(text):
        return get_tokenizer("clusters")(text)
    if not _CUT.search(text):
        return get_tokenizer("words")(text)
    if not words or not installed():
        return get_tokenizer("clusters")(text)
    return [
        each
        for start, end in get_tokenizer("words")(text)
        for each in (_words(text, start, end) if _CUT.search(text, start, end) else [(start, end)])
    ]


def _words(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return the words of a run of letters, as ICU's dictionaries have them; the locale does not count."""
    found = extra("icu4py.breakers", REQUIREMENTS, "Cutting text into words").WordBreaker(
        text[start:end], "th"
    )
    return [(start + first, start + last) for first, last in found.segments()]


@cache
def installed() -> bool:
    """Return whether ICU is there."""
    return importlib.util.find_spec("icu4py") is not None


def by_words(given: Iterable[str]) -> bool | None:
    """Return whether tokens of Thai, Lao, Khmer and Burmese are words, or single written characters; None where there are none.

    >>> by_words(["ไป", "กรุงเทพ", "Ada"]), by_words(["ไ", "ป", "ก", "รุ"]), by_words(["Ada"])
    (True, False, None)
    """
    long = seen = 0
    for token in given:
        if _CUT.search(token):
            seen += 1
            long += len(_CLUSTER.findall(token)) > 1
            if seen == _MOST:
                break
    return 2 * long > seen if seen else None


def missing(text: str) -> str | None:
    """Return what a user is told of a text whose words nothing here can find; None where there is nothing to tell."""
    if installed() or not _CUT.search(text) or _CHARACTERS.search(text):
        return None
    names = [name for script, name in SCRIPTS.items() if regex.search(rf"\p{{Script={script}}}", text)]
    return (
        f"{' and '.join(names)} is read by written characters here, which a model that learnt words reads badly. Words are found "
        f"once their dictionaries are installed: pip install -r {REQUIREMENTS}"
    )
