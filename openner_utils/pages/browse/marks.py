"""Sentences as HTML, their mentions marked.

A mention carries its type in words, and agreement, omission and surplus are told by sign and border as well as by
colour.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from openner_utils.core.document import Mention
from openner_utils.core.spacing import joined
from openner_utils.pages.browse.selection import Shown
from openner_utils.pages.render import rendered

# Light fills that dark letters stand out from; the border repeats the colour strongly.
_COLOURS = {"PER": ("#cfe5f6", "#0072b2"), "LOC": ("#fbe5b8", "#a86f00"), "ORG": ("#c6ecdf", "#00795a")}
_FURTHER = (("#f0d7e6", "#a8467f"), ("#fad9c6", "#b94f00"), ("#f3efb4", "#7d7200"), ("#e6e6e6", "#555555"))


@dataclass(frozen=True, slots=True)
class Finding:
    """What a mark says of a mention: its sign, its border, and the words of the legend."""

    sign: str
    border: str
    words: str


AGREED = Finding("✓", "solid", "in both, same words and type")
MISSED = Finding("✗ missed", "dashed", "only in the gold labels")
SPURIOUS = Finding("+ spurious", "dotted", "only predicted")
GOLD = Finding("", "solid", "")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a sentence: plain, or a mention with its type and what is said of it."""

    words: str
    type: str = ""
    finding: Finding = GOLD

    @property
    def tag(self) -> str:
        """The words behind a mention."""
        return f"{self.type} {self.finding.sign}".strip()

    @property
    def colours(self) -> tuple[str, str]:
        """Fill and line of the type; other types than the core ones share a few colours, by their letters."""
        return _COLOURS.get(self.type) or _FURTHER[sum(map(ord, self.type)) % len(_FURTHER)]


def pieces(
    shown: Shown, mentions: Sequence[Mention], others: Sequence[Mention] | None, alone: Finding
) -> list[Piece]:
    """Return a sentence cut at its mentions: those among ``others`` as agreed, the rest as ``alone``."""

    def words(start: int, end: int) -> str:
        return joined(shown.tokens[start:end], shown.gaps[start:end])

    found: list[Piece] = []
    reached = 0
    for mention in mentions:
        start, end = mention.span.start, mention.span.end
        finding = AGREED if others is not None and mention in others else alone
        found += [Piece(words(reached, start)), Piece(words(start, end).strip(), mention.type, finding)]
        reached = end
    return [*found, Piece(words(reached, len(shown.tokens)))]


def table(some: Sequence[Shown]) -> Markup:
    """Return an HTML table of sentences with their mentions marked; predictions of one model or two, and replies, beside if there are any."""
    if some[0].predicted is None:
        rows = [(each.number, [pieces(each, each.gold, None, GOLD)]) for each in some]
        return rendered("sentences.html.j2", heads=["gold"], rows=rows)
    second = any(each.second is not None for each in some)
    replied = any(each.reply for each in some)
    both = [
        (
            each.number,
            [
                pieces(each, each.gold, each.predicted, MISSED),
                pieces(each, each.predicted or (), each.gold, SPURIOUS),
                *([pieces(each, each.second or (), each.gold, SPURIOUS)] if second else []),
                *([[Piece(f"{each.reply} {_lost(each)}".strip())]] if replied else []),
            ],
        )
        for each in some
    ]
    heads = ["gold", "predicted", *(["second"] if second else []), *(["reply"] if replied else [])]
    return rendered("sentences.html.j2", heads=heads, rows=both)


def _lost(each: Shown) -> str:
    return f"— lost: {each.lost}" if each.lost else ""


def legend(some: Sequence[Shown]) -> Markup:
    """Return HTML that says what the marks of these sentences mean."""
    types = sorted({mention.type for each in some for mention in (*each.gold, *(each.predicted or ()))})
    told = any(each.predicted is not None for each in some)
    return rendered(
        "legend.html.j2",
        types=[Piece("words", type) for type in types],
        findings=[AGREED, MISSED, SPURIOUS] if told else [],
    )
