"""langextract's alignment: exact in order, then lesser, then fuzzy, over lower-cased words; its places are scored as ours.

Sentence and texts are parted into runs of letters, of digits and of other signs, without regard to our tokens.

- *Exact*: an alignment of the list with the sentence, in order and apart, that holds the most words.
- *Lesser*: of a mention that it leaves out, the first words that difflib matches, when it compares the sentence with all
  texts one behind the other.
- *Fuzzy*: the tightest stretch of the sentence that has the most of its words in order, at least three quarters of them, which
  make at least a third of the stretch; plurals in -s count as the singular.

Where a language writes no blanks, a run of letters is a whole clause, and little is found. Places may overlap; each becomes
the tokens that it touches, and each counts once. Ours: texts of more than `LONGEST` words are not looked for fuzzily.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from functools import partial

from rapidfuzz.distance import LCSseq

from openner_utils.core.document import Mention, Span
from openner_utils.llm.harnesses.answer import Answer
from openner_utils.llm.monotonic import longest_chain
from openner_utils.scoring.mentions import Score

COVERAGE, DENSITY = 0.75, 1 / 3
LONGEST = 50

_WORD = re.compile(r"[^\W\d_]+|\d+|(?:[^\w\s]|_)+")
_APART = "\u241f"


def score(answer: Answer) -> Score:
    """Return the counts of the mentions that the alignment finds."""
    found, reference = mentions(answer), set(answer.reference)
    return Score(len(found & reference), len(found), len(reference))


def mentions(answer: Answer) -> set[Mention]:
    """Return the mentions that the alignment finds, on the sentence's tokens."""
    text = answer.separator.join(answer.tokens)
    runs = list(_WORD.finditer(text))
    named = [(type, _words(said)) for type, said in answer.named()]
    places = aligned([run[0].lower() for run in runs], [words for _, words in named])
    found = set()
    for number, place in places.items():
        start, end = runs[place.start].start(), runs[place.end - 1].end()
        if span := _touched(answer, start, end):
            found.add(Mention(span, named[number][0]))
    return found


def aligned(sentence: Sequence[str], texts: Sequence[Sequence[str]]) -> Mapping[int, Span]:
    """Return the place of each text that has one, among the words of a sentence; all words lower-cased.

    >>> aligned("the bank of the river".split(), [["river"], ["bank", "of", "ireland"]])
    {0: Span(start=4, end=5), 1: Span(start=1, end=3)}
    """
    found = dict(longest_chain((list(_exact(sentence, text)) for text in texts), len))
    left = {number: text for number, text in enumerate(texts) if text and number not in found}
    if left:
        found |= {number: place for number, place in _lesser(sentence, texts).items() if number in left}
    stems = [_stem(word) for word in sentence]
    for number in left.keys() - found.keys():
        if place := _fuzzy(stems, [_stem(word) for word in left[number]]):
            found[number] = place
    return dict(sorted(found.items()))


def _words(text: str) -> list[str]:
    return [run[0].lower() for run in _WORD.finditer(text)]


def _exact(sentence: Sequence[str], text: Sequence[str]) -> Iterator[Span]:
    for at in range(len(sentence) - len(text) + 1 if text else 0):
        if sentence[at] == text[0] and list(sentence[at : at + len(text)]) == list(text):
            yield Span(at, at + len(text))


def _lesser(sentence: Sequence[str], texts: Sequence[Sequence[str]]) -> dict[int, Span]:
    begins: dict[int, int] = {}
    together: list[str] = []
    for number, text in enumerate(texts):
        begins[len(together)] = number
        together += [*text, _APART]
    blocks = SequenceMatcher(None, sentence, together, autojunk=False).get_matching_blocks()
    return {begins[b]: Span(a, a + size) for a, b, size in blocks if size and b in begins}


def _fuzzy(sentence: Sequence[str], text: Sequence[str]) -> Span | None:
    """Return the stretch that has most of a text's words; of several the shortest, then the first."""
    if len(text) > LONGEST:
        return None
    needed = math.ceil(COVERAGE * len(text))
    best: tuple[int, int, int] | None = None
    place = None
    like = partial(LCSseq.similarity, text, score_cutoff=needed)
    known = set(text)
    for start in (at for at, word in enumerate(sentence) if word in known):
        longest = min(len(sentence) - start, math.floor(len(text) / DENSITY))
        for size in range(needed, longest + 1):
            matches = int(like(sentence[start : start + size]))
            if matches and matches >= DENSITY * size and (best is None or (matches, -size, -start) > best):
                best, place = (matches, -size, -start), Span(start, start + size)
    return place


def _stem(word: str) -> str:
    plural = len(word) > 3 and word.endswith("s") and not word.endswith("ss")
    return word[:-1] if plural else word


def _touched(answer: Answer, start: int, end: int) -> Span | None:
    at, touched = 0, []
    for number, token in enumerate(answer.tokens):
        if at < end and at + len(token) > start:
            touched.append(number)
        at += len(token) + len(answer.separator)
    return Span(touched[0], touched[-1] + 1) if touched else None
