"""Passages and annotations for tests."""

from collections.abc import Sequence

from openner_utils.web.mentions import Annotated, TextMention
from openner_utils.web.passages import Passage, passage_id


def passage(text: str, number: int = 0, language: str = "eng", script: str = "Latn") -> Passage:
    """Return a text as the whole of a document of its own."""
    document = f"https://example.org/{number}"
    place = passage_id("made", document, 0, len(text))
    return Passage(place, text, language, script, document, "made", 0, len(text), "CC0-1.0")


def annotated(text: str, *mentions: TextMention, number: int = 0, language: str = "eng") -> Annotated:
    """Return a text with mentions."""
    return Annotated(passage(text, number, language)).with_mentions(mentions)


def named(text: str, *parts: tuple[str, str], number: int = 0, language: str = "eng") -> Annotated:
    """Return a text with the first places of some of its parts, each with a type, as mentions."""
    found = [TextMention(text.index(part), text.index(part) + len(part), type) for part, type in parts]
    return annotated(text, *found, number=number, language=language)


def places(mentions: Sequence[TextMention]) -> list[tuple[int, int, str]]:
    """Return mentions without scores."""
    return [(*each.span, each.type) for each in mentions]
