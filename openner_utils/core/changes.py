"""Changes: what was done to a corpus or a file, in one form for readers, steps, repairs, ledgers and undo.

What a repair changed is found where it is asked for: in `curation.clean` for a corpus, in `ownfiles.ledger` for a file.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

import pyarrow as pa


class Kind(Enum):
    """What a change touches, and so what its ``before`` and ``after`` are."""

    LABEL = auto()
    """The label of a token."""
    TEXT = auto()
    """The text of a token."""
    DROPPED = auto()
    """A token that was left out: ``before`` is its label, ``after`` is None."""
    SPAN = auto()
    """A mention published with character offsets, ``start end type``; ``after`` is None where it was left out."""
    BORDER = auto()
    """A sentence that begins where none was published: ``before`` is empty, ``after`` its first token."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Why a change was made: what it touches, and its meaning in a sentence."""

    kind: Kind
    meaning: str


RULES = {
    "conlleval": Rule(Kind.LABEL, "The label went on with a mention that was not there; now it begins one."),
    "discard": Rule(
        Kind.LABEL,
        "The label went on with a mention that was not there; it became O, as did those that followed it.",
    ),
    "fault named by the card": Rule(
        Kind.LABEL, "A slip of the publisher's; the card names it and what is meant."
    ),
    "not as the scheme writes it": Rule(
        Kind.LABEL, "Nothing was changed: the corpus writes the mention otherwise than its scheme does."
    ),
    "outside label": Rule(
        Kind.LABEL, "One of several labels that the card names as no entity; it is read as O."
    ),
    "empty-label": Rule(Kind.LABEL, "The line's label is empty; it is read as O."),
    "missing-label": Rule(Kind.LABEL, "The line has no label; it is read as O."),
    "unknown-label": Rule(Kind.LABEL, "Neither the scheme nor the card explains the label; it is read as O."),
    "slip": Rule(Kind.LABEL, "White space stood around the label; it was taken off."),
    "token: empty": Rule(
        Kind.TEXT, "The token is empty, and its sentence has no other; U+FFFD stands in its place."
    ),
    "token: not NFC": Rule(Kind.TEXT, "The token was brought into the normalization form NFC."),
    "token: control character": Rule(Kind.TEXT, "Control characters were taken out of the token."),
    "token: language prefix": Rule(
        Kind.TEXT, "The mark of its language, such as en:, was taken off the token."
    ),
    "token: position number": Rule(
        Kind.TEXT, "The number of its place in the word was taken off the character."
    ),
    "sentence cut": Rule(
        Kind.BORDER, "The sentence is longer than the card allows; it was cut where one ends inside it."
    ),
    "empty-token": Rule(Kind.DROPPED, "The line has a label but no token; it was left out."),
    "blank token": Rule(Kind.DROPPED, "The token is white space; it was left out."),
    "overlap": Rule(Kind.SPAN, "The span overlaps a longer one; flat labels hold only one of them."),
    "discontinuous": Rule(Kind.SPAN, "The mention has gaps, which labels of tokens cannot express."),
    "white space at edge": Rule(Kind.SPAN, "The span began or ended with white space, which was cut off."),
    "blank span": Rule(Kind.SPAN, "The span covers nothing but white space, or no sentence."),
    "cut at sentence end": Rule(
        Kind.SPAN, "The span goes on in the next sentence; it was cut where its own ends."
    ),
}
"""Every rule by the name that ledgers give it."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one file.

    ``line`` is 1-based; ``sentence`` is 0-based inside the file, ``token`` 0-based inside the published sentence (-1 for
    spans). ``before`` is what was published (None where a line has no label), ``after`` what stands in its place (None
    where nothing does); see `Kind` for what they hold. ``rule`` is a name in `RULES`.
    """

    line: int
    sentence: int
    token: int
    before: str | None
    after: str | None
    rule: str

    @property
    def kind(self) -> Kind:
        """What was changed."""
        return RULES[self.rule].kind


LEDGER_ROWS = pa.schema(
    [
        ("corpus", pa.string()),
        ("language", pa.string()),
        ("split", pa.string()),
        ("file", pa.string()),
        ("line", pa.int32()),
        ("sentence", pa.int32()),
        ("token", pa.int32()),
        ("before", pa.string()),
        ("after", pa.string()),
        ("rule", pa.string()),
    ]
)
"""Columns of a corpus's ledger: where a file belongs, and one `Change` of it a row."""


def ledger_of(changes: Sequence[Change], corpus: str, language: str, split: str, file: str) -> pa.Table:
    """Return the changes of one file as rows of a ledger (`LEDGER_ROWS`), in the order of its tokens."""
    place = {"corpus": corpus, "language": language, "split": split, "file": file}
    columns = {name: pa.repeat(pa.scalar(value), len(changes)) for name, value in place.items()}
    for name in LEDGER_ROWS.names[len(place) :]:
        columns[name] = pa.array([getattr(change, name) for change in changes], LEDGER_ROWS.field(name).type)
    return pa.table(columns, LEDGER_ROWS).sort_by([("sentence", "ascending"), ("token", "ascending")])
