"""Where the texts of mentions stand in sentences, in any script, and what is marked there.

Sentences and texts are compared without blanks, case and ways of composing characters, so that scripts written without blanks and
corpora that cut words differently go the same way. A text stands from border to border: of a token, of a run of letters
and digits, or of any character in scripts that put no blanks between words. Behind Arabic and Hebrew proclitics, which
are written together with the word (``بلندن`` is "in London"), a word begins as well.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Literal, NamedTuple

from openner_utils.unify.corpora import Corpus, is_unspaced

Outcome = Literal["marked", "inside", "shorter", "crossing", "unmarked"]
_HEAD = 2
"""Characters by which texts are looked up, and the least length of a text: a single letter means too much."""
_PROCLITICS = re.compile("[وف]?(?:[بكسل]?(?:ال)?|لل)|[וכש]?[הבלמשכ]{0,2}")
_CLITIC_SCRIPTS = ("ARABIC", "HEBREW")


class Found(NamedTuple):
    """What is marked where a text stands: the mention that overlaps it most, how, and its text on either side of the place.

    ``outcome``: ``marked`` is the same place (but for proclitics), ``inside`` a longer mention, ``shorter`` one inside the place.
    """

    outcome: Outcome
    type: str
    extra: str


@dataclass(slots=True)
class Places:
    """All places where one text stands in a corpus: how often each was found, and a sentence for each."""

    counts: Counter[Found] = field(default_factory=Counter)
    sentence: dict[Found, int] = field(default_factory=dict)


def folded(token: str) -> str:
    """Return a token as it is compared.

    >>> folded("E\\u0301 tat") == folded("éTAT")
    True
    """
    return unicodedata.normalize("NFC", "".join(unicodedata.normalize("NFC", token).casefold().split()))


def texts(corpus: Corpus) -> dict[str, Counter[str]]:
    """Return the texts of mentions as they are compared, by type, with how often each is marked."""
    mentions = corpus.mentions()
    tokens = [folded(token) for token in corpus.columns.tokens.to_pylist()]
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for start, end, type in zip(
        mentions.start.tolist(), mentions.end.tolist(), mentions.type.tolist(), strict=True
    ):
        text = "".join(tokens[start:end])
        if len(text) >= _HEAD:
            found[mentions.types[type]][text] += 1
    return found


def bare(text: str, known: Collection[str]) -> str:
    """Return a text without a proclitic, if what is left is a text that is ``known``."""
    for end in _behind_proclitics(text):
        if text[end:] in known:
            return text[end:]
    return text


def search(corpus: Corpus, wanted: Collection[str]) -> dict[str, Places]:
    """Return where each of the ``wanted`` texts stands in a corpus; those that stand nowhere are left out."""
    lengths: dict[str, list[int]] = defaultdict(list)
    for head, length in sorted({(text[:_HEAD], len(text)) for text in wanted}):
        lengths[head].append(length)
    wanted = frozenset(wanted)
    found: dict[str, Places] = defaultdict(Places)
    for number, (tokens, spans) in enumerate(_sentences(corpus)):
        text = "".join(tokens)
        starts, ends = _borders(tokens)
        for start in starts:
            for length in lengths.get(text[start : start + _HEAD], ()):
                piece = text[start : start + length]
                if start + length in ends and piece in wanted:
                    what = _marked(text, start, start + length, spans)
                    found[piece].counts[what] += 1
                    found[piece].sentence.setdefault(what, number)
    return dict(found)


def _sentences(corpus: Corpus) -> Iterator[tuple[list[str], list[tuple[int, int, str]]]]:
    """Yield the folded tokens of each sentence, and its mentions as [start, end, type] in their characters."""
    columns, mentions = corpus.columns, corpus.mentions()
    known: dict[str, str] = {}
    tokens = []
    for token in columns.tokens.to_pylist():
        if token not in known:
            known[token] = folded(token)
        tokens.append(known[token])
    of_sentence: dict[int, list[tuple[int, int, str]]] = defaultdict(list)
    for start, end, sentence, type in zip(
        mentions.start.tolist(), mentions.end.tolist(), mentions.sentence.tolist(), mentions.type.tolist(), strict=True
    ):  # fmt: skip
        of_sentence[sentence].append((start, end, mentions.types[type]))
    edges = columns.sentences.tolist()
    for number in range(columns.n_sentences):
        first, after = edges[number], edges[number + 1]
        at = [0]
        for token in tokens[first:after]:
            at.append(at[-1] + len(token))
        spans = [
            (at[start - first], at[end - first], type) for start, end, type in of_sentence.get(number, ())
        ]
        yield tokens[first:after], spans


def _borders(tokens: Sequence[str]) -> tuple[list[int], set[int]]:
    """Return where texts may begin, and where they may end."""
    starts: list[int] = []
    ends: set[int] = set()
    at = 0
    for token in tokens:
        begins, stops = _inner(token)
        starts += [at + place for place in begins]
        ends.update(at + place for place in stops)
        at += len(token)
    return starts, ends


@cache
def _inner(token: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the borders of one token: where texts may begin, and where they may end."""
    between = [
        place
        for place in range(1, len(token))
        if unicodedata.category(token[place])[0] != "M" and _parts(token[place - 1], token[place])
    ]
    begins = sorted({0, *between, *_behind_proclitics(token)}) if token else []
    return tuple(begins), (*between, len(token))


def _parts(one: str, other: str) -> bool:
    """Return whether a word may end between two characters."""
    if is_unspaced(one) and is_unspaced(other):
        return True
    return not (_of_word(one) and _of_word(other))


def _of_word(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character)[0] == "M"


def _behind_proclitics(token: str) -> list[int]:
    """Return the places of a word behind each sequence of proclitics that it may begin with, two characters or more before its end."""
    if len(token) <= _HEAD or not unicodedata.name(token[0], "").startswith(_CLITIC_SCRIPTS):
        return []
    most = min(5, len(token) - _HEAD + 1)
    return [end for end in range(1, most) if _PROCLITICS.fullmatch(token[:end])]


def _marked(text: str, start: int, end: int, spans: Sequence[tuple[int, int, str]]) -> Found:
    """Return what is marked at a place of a sentence; of several mentions the one that overlaps it most."""
    best: tuple[int, int, int, str] | None = None
    for first, after, type in spans:
        common = min(after, end) - max(first, start)
        if common > 0 and (best is None or common > best[0]):
            best = (common, first, after, type)
    if best is None:
        return Found("unmarked", "", "")
    _, first, after, type = best
    if after == end and (first == start or (first < start and _is_proclitic(text[first:start]))):
        return Found("marked", type, "")
    if first <= start and after >= end:
        return Found("inside", type, f"{text[first:start]} … {text[end:after]}".strip())
    if first >= start and after <= end:
        return Found("shorter", type, f"{text[start:first]} … {text[after:end]}".strip())
    return Found("crossing", type, "")


def _is_proclitic(text: str) -> bool:
    return unicodedata.name(text[0], "").startswith(_CLITIC_SCRIPTS) and bool(_PROCLITICS.fullmatch(text))
