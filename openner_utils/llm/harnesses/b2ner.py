"""B2NER's rule: sets of ``label: text`` pairs, normalized; where they stand does not matter, nor how often.

Answer and reference are written ``per: Ada; loc: Kigali`` and parted at semicolons, those inside a text too; a part without a
colon is dropped. Case, blanks beside signs, runs of commas, full stops and semicolons, full-width signs, curly quotes and braces
make no difference, nor do marks of books and brackets around a text; "organisation" is "organization", and "located" is
"location".
"""

import re
from collections.abc import Iterable

from openner_utils.llm.harnesses.answer import Answer
from openner_utils.scoring.mentions import Score

_BESIDE = re.compile(r"\s*([,:().;_'-])\s*")
_RUNS = re.compile(r"([,.;])\1+")
_SAME = str.maketrans(
    {"；": ";", "：": ":", "，": ",", "’": "'", "‘": "'", "“": '"', "”": '"', "{": "", "}": ""}
)
_SPELLED = {"located": "location", "organisation": "organization"}
_BOOK = re.compile(r"《(.+?)》")
_BRACKETED = re.compile(r"[《》<>（）()]+(.+?)[《》<>（）()]+")


def score(answer: Answer) -> Score:
    """Return the rule's counts."""
    predicted = pairs(_written(answer.named()))
    reference = pairs(_written(answer.wanted(answer.separator)))
    return Score(len(predicted & reference), len(predicted), len(reference))


def _written(mentions: Iterable[tuple[str, str]]) -> str:
    return "; ".join(f"{type}: {text}" for type, text in mentions)


def pairs(written: str) -> set[str]:
    """Return the pairs of an answer or a reference.

    >>> sorted(pairs("PER: Ada;  Organisation：U.N. ; per: ADA; LOC: 《北京》; x"))
    ['loc:北京', 'organization:u.n.', 'per:ada']
    """
    found = set()
    for part in _plain(written).split(";"):
        label, colon, text = part.strip().rpartition(":")
        if colon:
            found.add(f"{label}:{_bare(text)}")
    return found


def _plain(text: str) -> str:
    text = _BESIDE.sub(r"\1", " ".join(text.split())).lower()
    text = _BESIDE.sub(r"\1", _RUNS.sub(r"\1", text).translate(_SAME))
    for spelled, meant in _SPELLED.items():
        text = text.replace(spelled, meant)
    return text


def _bare(text: str) -> str:
    """Return a text without the marks and brackets around it."""
    text = text.strip("@#")
    if book := _BOOK.search(text):
        text = book[1]
    bracketed = _BRACKETED.fullmatch(text)
    return bracketed[1] if bracketed else text
