"""Guessing how running text becomes tokens: by words, or by characters where no blanks stand between words."""

import json
import re
from typing import Any

from openner_utils.readers.guess.evidence import Found, Sample

_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
"""Letters of scripts without blanks between words: Thai, Lao, Tibetan, Burmese, Khmer, Japanese, Chinese."""
_ENTRIES = 100
"""Entries of JSON that are looked at."""
_CHARACTERS = 20_000
"""Characters that are looked at."""


def is_unspaced(character: str) -> bool:
    """Return whether words of this letter's script stand side by side without blanks."""
    return bool(_UNSPACED.match(character))


def _text(entry: Any, key: str) -> Any:
    """Return the text of an entry, an object or a pair; the entry itself if it has none there."""
    match entry:
        case dict():
            return entry.get(key, entry)
        case [str(text), *_]:
            return text
    return entry


def tokenizer_of(sample: Sample, key: str) -> Found[str]:
    """Return the tokenizer for the texts of a sample, which in JSON stand under ``key``; see `spans.TOKENIZERS`."""
    text = sample.windows[0] if sample.windows else ""
    if sample.json is not None:  # where letters may stand as escapes, and much is no text
        entries = sample.json.entries[:_ENTRIES]
        text = json.dumps([_text(entry, key) for entry in entries], ensure_ascii=False)
    text = text[:_CHARACTERS]
    unspaced = len(_UNSPACED.findall(text))
    if 2 * unspaced <= sum(map(str.isalpha, text)):
        return Found("words", 0.9)
    why = "no blanks between words, so each character is a token"
    return Found("clusters", 0.9, ((why, "--option tokenizer"),))
