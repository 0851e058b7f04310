"""A document of the web as a shard holds it, and what is wrong with records and shards: named, counted, and the rest goes on."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import langcodes

from openner_utils.support.errors import OpenNERError
from openner_utils.support.words import shortened
from openner_utils.web.passages import UNKNOWN_LANGUAGE, UNKNOWN_LICENCE

LONGEST = 2_000_000
"""Characters of the longest document that is taken: books are shorter, and what is longer is most often a dump or an attack."""
LARGEST = 4 * LONGEST
"""Bytes of the largest record that is decoded."""

TOO_LARGE, NUL, HALF, NOT_UTF8, EMPTY, NO_TEXT = (
    "record too large", "NUL character", "half of a surrogate pair", "not UTF-8", "no text in the record", "no field of text",
)  # fmt: skip
BROKEN = "record that cannot be read"
SHARD = "shard that cannot be read to its end"
NOT_FOUND = "page that was sent with another status than 200"
"""Kinds of faults."""


@dataclass(frozen=True, slots=True)
class Document:
    """One record of a shard: ``record`` is its number, from 1; ``language`` and ``script`` are what the shard states."""

    id: str
    text: str
    source: str
    record: int
    language: str = UNKNOWN_LANGUAGE
    """ISO 639-3, or ``und``."""
    script: str = ""
    """ISO 15924, or empty where the shard does not state it."""
    licence: str = UNKNOWN_LICENCE


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a record (0: with the shard), by its kind, and in detail."""

    source: str
    record: int
    kind: str
    detail: str = ""

    def __str__(self) -> str:
        place = f"{self.source}:{self.record}" if self.record else self.source
        return f"{place}: {self.kind}" + (f" ({shortened(self.detail)})" if self.detail else "")


Faults = Callable[[Fault], object]
"""Told of each fault."""


@dataclass(frozen=True, slots=True)
class Stated:
    """What is said of all documents of a shard whose records do not say it themselves."""

    language: str = UNKNOWN_LANGUAGE
    licence: str = UNKNOWN_LICENCE


@dataclass(frozen=True, slots=True)
class Raw:
    """A record as a reader finds it: values that nobody has looked at."""

    record: int
    text: object
    id: object = None
    language: object = None
    script: object = None
    licence: object = None


def checked(source: str, raws: Iterator[Raw], stated: Stated, fault: Faults) -> Iterator[Document]:
    """Yield the records that hold text as documents, and tell of the others.

    NUL and halves of surrogate pairs are no characters of a text, as everywhere in the compendium, and bar their record. Other
    control characters stay: they are part of what offsets count, and are written out where people see them. A record that is
    named as one before it in the shard has its number added to its name.
    """
    seen: set[str] = set()
    for raw in raws:
        if kind := _wrong(raw.text):
            fault(Fault(source, raw.record, kind))
            continue
        language, script = language_of(raw.language)
        name = _word(raw.id) or f"{source}:{raw.record}"
        while name in seen:  # so may the longer name be another record's own
            name = f"{name} [record {raw.record}]"
        seen.add(name)
        yield Document(
            id=name,
            text=str(raw.text),
            source=source,
            record=raw.record,
            language=stated.language if language == UNKNOWN_LANGUAGE else language,
            script=_word(raw.script) or script,
            licence=_word(raw.licence) or stated.licence,
        )


def _wrong(text: object) -> str:
    """Return why a value is no text, or nothing."""
    if not isinstance(text, str):
        return NO_TEXT
    if len(text) > LONGEST:
        return TOO_LARGE
    if "\0" in text:
        return NUL
    try:
        text.encode()  # quicker than a search for what UTF-8 cannot hold
    except UnicodeEncodeError:
        return HALF
    return EMPTY if text.isspace() or not text else ""


_HALF = re.compile("[\ud800-\udfff]")


def _word(value: object) -> str:
    """Return a value that should be a short text, without what bars it from a file in UTF-8; numbers are written out."""
    if value is None or isinstance(value, (list, dict)):
        return ""
    return _HALF.sub("\ufffd", str(value)).replace("\0", "\ufffd").strip()


def language_of(tag: object) -> tuple[str, str]:
    """Return ISO 639-3 and ISO 15924 of a tag such as ``swh_Latn``, ``sw`` or ``zh-Hant``; ``und`` and nothing where it is none.

    Of several tags with commas between them, as Common Crawl writes, the first counts, for it is the largest part.
    """
    return _language_of(tag.partition(",")[0].strip()) if isinstance(tag, str) else (UNKNOWN_LANGUAGE, "")


_CODE = re.compile("[a-z]{3}")


@lru_cache(4096)
def _language_of(tag: str) -> tuple[str, str]:
    try:
        read = langcodes.Language.get(tag, normalize=False)
        code = read.to_alpha3() if read.language else UNKNOWN_LANGUAGE
        return code if _CODE.fullmatch(code) else UNKNOWN_LANGUAGE, read.script or ""
    except (LookupError, ValueError):
        return UNKNOWN_LANGUAGE, ""


def language_said(tag: str) -> str:
    """Return ISO 639-3 of a language that a user names; raises `OpenNERError` for what is none."""
    language, _ = language_of(tag)
    if (language == UNKNOWN_LANGUAGE and tag != UNKNOWN_LANGUAGE) or "," in tag:
        raise OpenNERError(f"{shortened(repr(tag))} is no language. Give a code of ISO 639-3, such as swh.")
    return language


@lru_cache(4096)
def broad(language: str) -> str:
    """Return the macrolanguage of a language, or itself: what tells Swahili (swh) from Swahili (swa) is how it is catalogued.

    >>> [broad(code) for code in ("swh", "swa", "cmn", "arz")]
    ['swa', 'swa', 'zho', 'arz']
    """
    if language_of(language)[0] == UNKNOWN_LANGUAGE:  # what is no code names no language
        return UNKNOWN_LANGUAGE
    return langcodes.Language.get(language).prefer_macrolanguage().to_alpha3()
