"""The rule of lm-evaluation-harness for AfroBench's MasakhaNER: lists of (label, text), wherever the texts stand.

The answer is written ``PER: Ada $$ LOC: Kigali`` and lower-cased. Words for labels become labels: until pull request 3887
everywhere in the answer, so inside texts too ("country club" is then "loc club"), since then only before a colon. Every
label takes the text up to the next dollar sign; commas part it into several texts of that label, and "none" is no text.
Both sides are then parted at dollar signs, ", " and ". " into pairs with exactly one ": ", and freed from signs, English
articles and case. Each pair of the answer uses up one equal pair of the reference.
"""

import re
import string
from collections import Counter
from collections.abc import Iterable

from openner_utils.llm.harnesses.answer import Answer
from openner_utils.scoring.mentions import Score

LABELS = ("PER", "LOC", "ORG", "DATE")
LABEL_WORDS = (
    ("person", "PER"), ("location", "LOC"), ("organization", "ORG"), ("counties", "LOC"), ("places", "LOC"),
    ("people", "PER"), ("persons", "PER"), ("company", "ORG"), ("country", "LOC"), ("continent", "LOC"), ("time", "DATE"),
    ("date", "DATE"), ("per", "PER"), ("loc", "LOC"), ("org", "ORG"),
)  # fmt: skip
"""The words that become labels, in the order in which they are replaced."""

_LABELLED = re.compile(rf"\b({'|'.join(LABELS)}):\s*([^$]+)")
_PARTS = re.compile(r"\$|\. |, ")
_SIGNS = re.compile(f"[{re.escape(string.punctuation.replace('#', ''))}•]+")
_ARTICLES = re.compile(r"\b(?:a|an|the)\b", re.IGNORECASE)


def before(answer: Answer) -> Score:
    """Return the counts of the rule until pull request 3887."""
    return _score(answer, in_texts=True)


def after(answer: Answer) -> Score:
    """Return the counts of the rule since pull request 3887."""
    return _score(answer, in_texts=False)


def _score(answer: Answer, in_texts: bool) -> Score:
    predicted = pairs(read(_written(answer.named()), in_texts))
    reference = pairs(_written(answer.wanted(" ")))
    right = predicted & reference
    return Score(right.total(), predicted.total(), reference.total())


def _written(mentions: Iterable[tuple[str, str]]) -> str:
    return " $$ ".join(f"{type}: {text}" for type, text in mentions)


def read(written: str, in_texts: bool) -> str:
    """Return an answer as it is compared.

    >>> read("ORG: Shell Company $$ LOC: Country Club, Rome", in_texts=False)
    'org: shell company $ loc: country club $ loc: rome'
    >>> read("ORG: Shell Company $$ LOC: Country Club, Rome", in_texts=True)
    'org: shell ORG $ loc: LOC club $ loc: rome'
    """
    said = written.lower()
    for word, label in LABEL_WORDS:
        said = said.replace(word, label) if in_texts else re.sub(rf"\b{word}\s*:", f"{label}:", said)
    said = said.replace("$$", "$").replace("\n", "$").rstrip("$").strip()
    found = (
        f"{label.lower()}: {text.strip()}"
        for label, texts in _LABELLED.findall(said)
        for text in texts.split(",")
        if text.strip().lower() != "none"
    )
    return " $ ".join(found)


def pairs(written: str) -> Counter[tuple[str, str]]:
    """Return the pairs of label and text in an answer or a reference, as often as each stands there."""
    found: Counter[tuple[str, str]] = Counter()
    for part in _PARTS.split(written):
        label, *texts = part.strip().split(": ")
        if len(texts) == 1:
            found[_plain(label), _plain(texts[0])] += 1
    return found


def _plain(text: str) -> str:
    bare = _ARTICLES.sub(" ", _SIGNS.sub(" ", text.strip()))
    return " ".join(bare.split()).lower()
