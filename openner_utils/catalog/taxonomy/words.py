"""Labels and definitions as words that can be compared, whatever their case, separators and endings."""

import difflib
import re
import unicodedata
from collections.abc import Iterable

from rapidfuzz.distance import OSA

_EMPTY = frozenset(
    re.findall(
        r"\w+",
        "a an and any are as at be been but by for from has have in into is it its not of on one or other out so such than that "
        "the their there these they this to under up was what when where which who whose with",
    )
)
"""Words that carry no meaning of their own in a definition."""


_ACCENTED = ("LATIN", "GREEK", "CYRILLIC", "ARABIC", "HEBREW")
"""How Unicode names the letters of scripts whose marks may be left out. Elsewhere they are vowels, or part one letter from another."""


def plain(label: str) -> str:
    """Return a label in small letters, its words apart by single blanks; accents and compatibility forms are undone.

    >>> plain("CreativeWork"), plain("WORK_OF_ART"), plain("person -> writer"), plain("Città")
    ('creative work', 'work of art', 'person writer', 'citta')
    >>> plain("दाल") == plain("दिल"), plain("かぎ") == plain("かき")
    (False, False)
    """
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", label)
    kept: list[str] = []
    base = ""
    for char in unicodedata.normalize("NFKD", apart):
        if not _is_mark(char):
            base = char
            kept.append(char if char.isalnum() else " ")
        elif base.isalnum() and not unicodedata.name(base, "").startswith(_ACCENTED):
            kept.append(char)
    return " ".join(unicodedata.normalize("NFKC", "".join(kept)).casefold().split())


def _is_mark(char: str) -> bool:
    return unicodedata.category(char)[0] == "M"


def stems(text: str) -> tuple[str, ...]:
    """Return the words of a text that carry meaning, without the commonest English endings.

    >>> stems("The names of companies, and a company")
    ('name', 'compani', 'compani')
    """
    return tuple(_stem(word) for word in plain(text).split() if word not in _EMPTY)


def _stem(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    if len(word) > 3 and word.endswith("y"):
        return f"{word[:-1]}i"
    for ending in ("ing", "ed"):
        if len(word) > len(ending) + 3 and word.endswith(ending):
            return word.removesuffix(ending)
    return word


def likeness(one: str, other: str) -> float:
    """Return how alike two plain labels are in spelling, from 0 to 1 (the share of characters in common blocks)."""
    matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
    return matcher.ratio() if matcher.real_quick_ratio() > 0.5 and matcher.quick_ratio() > 0.5 else 0.0


def is_slip(one: str, other: str) -> bool:
    """Return whether one spelling may be a slip for another: a letter for every four of the longer one is another, left out, one
    too many, or has changed places with its neighbour, and one in shorter ones of three letters or more.

    >>> is_slip("loaction", "location"), is_slip("tiem", "time"), is_slip("aika", "paikka"), is_slip("pr", "per")
    (True, True, False, False)
    """
    most = max(1, max(len(one), len(other)) // 4)
    return min(len(one), len(other)) >= 3 and OSA.distance(one, other, score_cutoff=most) <= most


def nearest_of(name: str, names: Iterable[str], most: int = 3) -> list[str]:
    """Return the names that are most alike in spelling, the nearest first.

    >>> nearest_of("persn", ["person", "place", "organization"])
    ['person']
    """
    by_plain = {plain(each): each for each in names}
    near = difflib.get_close_matches(plain(name), by_plain, n=most, cutoff=0.6)
    return [by_plain[each] for each in near]
