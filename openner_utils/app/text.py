"""A pasted text through several models: each one's mentions marked, and all side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from openner_utils.api.tagging import Found, Model
from openner_utils.pages.browse.marks import Finding, Piece
from openner_utils.support.errors import OpenNERError

MOST = 50_000
"""Characters of a text."""
EVERYWHERE = Finding("✓", "solid", "found by every model, same characters and type")
HERE = Finding("differs", "dashed", "not found so by every model")
ALONE = Finding("", "solid", "")


@dataclass(frozen=True, slots=True)
class Marked:
    """What one model finds: the text in pieces, some of them mentions, and how many these are."""

    model: str
    pieces: list[Piece]
    mentions: int


@dataclass(frozen=True, slots=True)
class Row:
    """A stretch of the text that some model takes for a mention; ``said`` is what each model says of it, in their order."""

    start: int
    end: int
    words: str
    said: list[str]


@dataclass(frozen=True, slots=True)
class Compared:
    """What models find in a text, each for itself and side by side; ``same``: mentions that all find, of ``of`` that any does."""

    marked: list[Marked]
    rows: list[Row]
    same: int
    of: int

    @property
    def table(self) -> list[tuple[str, str, str]]:
        """Return the mentions of a single model, a row each."""
        return [(f"{row.start}–{row.end}", row.words, row.said[0]) for row in self.rows]

    @property
    def findings(self) -> list[Finding]:
        """Return what the marks say, where there are several models."""
        return [EVERYWHERE, HERE] if len(self.marked) > 1 else []


def compare(text: str, models: Mapping[str, Model]) -> Compared:
    """Return what models find in a text; too long a one is an `OpenNERError`, and so is one without a model."""
    if not models:
        raise OpenNERError("No model is chosen. Choose one or more.")
    if not text.strip():
        raise OpenNERError("There is no text. Paste some.")
    if len(text) > MOST:
        raise OpenNERError(
            f"{len(text):,} characters, where {MOST:,} are taken. Paste less, or use: openner predict MODEL FILE."
        )
    text = text.replace("\r\n", "\n")
    found = {name: model.predict(text) for name, model in models.items()}
    keys = [{(each.start, each.end, each.type) for each in mentions} for mentions in found.values()]
    shared = set.intersection(*keys)
    marked = [
        Marked(name, _pieces(text, mentions, shared if len(models) > 1 else None), len(mentions))
        for name, mentions in found.items()
    ]
    return Compared(marked, _rows(text, list(found.values())), len(shared), len(set.union(*keys)))


def _pieces(text: str, mentions: Sequence[Found], shared: set[tuple[int, int, str]] | None) -> list[Piece]:
    pieces, reached = [], 0
    for each in mentions:
        finding = ALONE
        if shared is not None:
            finding = EVERYWHERE if (each.start, each.end, each.type) in shared else HERE
        pieces += [Piece(text[reached : each.start]), Piece(each.text, each.type, finding)]
        reached = each.end
    return [*pieces, Piece(text[reached:])]


def _rows(text: str, found: Sequence[Sequence[Found]]) -> list[Row]:
    places = sorted({(each.start, each.end) for mentions in found for each in mentions})
    said = [
        {(each.start, each.end): f"{each.type} {each.score:.2f}" for each in mentions} for mentions in found
    ]
    return [
        Row(start, end, text[start:end], [model.get((start, end), "–") for model in said])
        for start, end in places
    ]
