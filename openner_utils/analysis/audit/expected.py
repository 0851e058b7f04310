"""Counts of each part against what its card expects, and against figures that others have published."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Any

import numpy as np
import pandas as pd

from openner_utils.analysis.audit.contents import COUNTS
from openner_utils.catalog import Card
from openner_utils.core.releases import PART, in_order

WHOLE = "all"
"""Stands for all splits of a language together, where counts are known of these only."""
REPAIRED_BY = "conlleval"
"""The repair for which cards state their expected mentions."""


class Status(StrEnum):
    """How a count compares with the card's."""

    SAME = "same"
    DIFFERS = "differs"
    SILENT = "silent"
    """The card expects nothing."""
    DIVIDED = "divided"
    """The split was made here; the card knows the whole, `WHOLE`."""
    MISSING = "missing"
    """The card expects a part that is not there."""
    NOT_AT_HAND = "not at hand"
    """The part is not there, and its file was never at hand."""


class Reason(Enum):
    """What is known of a part whose counts differ, or cannot be judged."""

    UNVERIFIED = auto()
    """Nobody had its files at hand when the card was written; some may be missing."""
    OTHER_REPAIR = auto()
    """The card's mentions are counted after another repair (`REPAIRED_BY`) than those of this run."""
    DIVIDED = auto()
    MISSING = auto()
    NOT_AT_HAND = auto()
    UNKNOWN = auto()
    """Why a published figure differs is not known."""


@dataclass(frozen=True, slots=True)
class Published:
    """The figures that one source states of a part: by how much what is found here is more (or less) than each."""

    by: str
    differences: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its counts by kind, the ``differences`` from the card's that are not 0, and what others published.

    ``stated``: whether the card expects anything; a ``reason`` in words is what the card says of a published figure.
    """

    corpus: str
    language: str
    split: str
    found: Mapping[str, int]
    stated: bool
    differences: tuple[tuple[str, int], ...]
    published: tuple[Published, ...]
    reasons: tuple[Reason | str, ...]

    @property
    def rank(self) -> int:
        """Order for readers: parts that differ, those in doubt, those of which nothing is to be said, those not at hand."""
        if Reason.NOT_AT_HAND in self.reasons:
            return 3
        if Reason.UNVERIFIED in self.reasons:
            return 1
        return 0 if set(self.reasons) - {Reason.DIVIDED} or self.differences else 2


def expectations(cards: Mapping[str, Card]) -> pd.DataFrame:
    """Return what the cards expect in each part: sentences, tokens and mentions, with the counts' origin.

    A number is null where the card states none for one of the part's files. Where files of a language are divided
    into splits here, its splits together are one part, `WHOLE`.
    """
    divided = {
        (corpus, file.language)
        for corpus, card in cards.items()
        for file in card.annotated
        if file.split == WHOLE
    }
    rows = [
        {
            "corpus": corpus,
            "language": file.language,
            "split": WHOLE if (corpus, file.language) in divided else file.split,
            **{what: getattr(file.expect, what, None) for what in (*COUNTS, "origin")},
        }
        for corpus, card in cards.items()
        for file in card.annotated
    ]
    grouped = pd.DataFrame(rows).groupby(PART)
    whole = {what: grouped[what].agg(lambda values: values.sum(skipna=False)) for what in COUNTS}
    origin = grouped["origin"].agg(lambda values: " and ".join(sorted(set(values.dropna()))) or "none")
    return in_order(pd.DataFrame(whole).astype("Int64").assign(origin=origin).reset_index())


def published(cards: Mapping[str, Card]) -> pd.DataFrame:
    """Return the figures that others have published, one row per part and count; a language's whole is `WHOLE`."""
    rows = [
        (corpus, figure.language, figure.split or WHOLE, what, number, figure.origin, figure.reason)
        for corpus, card in cards.items()
        for figure in card.published
        for what in COUNTS
        if (number := getattr(figure, what)) is not None
    ]
    columns = [*PART, "what", "published", "published_by", "published_reason"]
    return pd.DataFrame(rows, columns=columns).astype({"published": "Int64"})


def comparison(cards: Mapping[str, Card], found: pd.DataFrame, repair: str = REPAIRED_BY) -> pd.DataFrame:
    """Return the counts of each part beside what the card expects and what others have published.

    ``found``: see `contents.counts`; ``repair``: the method by which labels were repaired. One row per part, kind of
    count (``what``) and source of a published figure. ``status`` is a `Status`; ``difference`` is to the expected number,
    ``from_published`` to the published one, of which the card says ``published_reason``; ``other_repair`` and
    ``unverified`` are as in `Reason`. ``split`` is `WHOLE` for figures of a whole language.
    """
    keys = [*PART, "what"]
    wanted = expectations(cards).melt([*PART, "origin"], list(COUNTS), "what", "expected")
    figures = published(cards)
    wholes = pd.concat([frame.loc[frame["split"] == WHOLE, PART] for frame in (wanted, figures)])
    rows = _long(found, wholes.drop_duplicates()).merge(wanted, on=keys, how="outer")
    rows = rows.merge(figures, on=keys, how="outer").astype({"found": "Int64", "expected": "Int64"})
    rows["difference"] = rows["found"] - rows["expected"]
    rows["from_published"] = rows["found"] - rows["published"]
    rows["unverified"] = _among(rows[PART], unverified_parts(cards))
    rows["status"] = _status(rows, wanted)
    rows["other_repair"] = (
        (rows["status"] == Status.DIFFERS) & (rows["what"] == "mentions") & (repair != REPAIRED_BY)
    )
    rows["expected_by"] = rows["origin"].where(rows["expected"].notna())
    texts = ["expected_by", "published_by", "published_reason"]
    rows[texts] = rows[texts].astype(object).fillna("")
    rows = rows.sort_values("what", key=lambda column: column.map(COUNTS.index), kind="stable")
    names = ["found", "expected", "expected_by", "difference", "status", "other_repair", "unverified"]
    return in_order(rows[[*keys, *names, "published", *texts[1:], "from_published"]])


def _long(found: pd.DataFrame, wholes: pd.DataFrame) -> pd.DataFrame:
    """Return counts with one row per part and kind of count, and the sums over the splits of those in ``wholes``."""
    sums = found.groupby(PART[:2], as_index=False)[list(COUNTS)].sum()
    table = pd.concat([found, sums.merge(wholes, on=PART[:2])])
    return table.melt(PART, list(COUNTS), "what", "found")


def _status(rows: pd.DataFrame, wanted: pd.DataFrame) -> list[Status]:
    """Return how each row compares with the card; ``wanted``: the expected counts, by which a language is divided here."""
    of_whole = set(wanted.loc[wanted["split"] == WHOLE, PART[:2]].itertuples(index=False, name=None))
    divided = _among(rows[PART[:2]], of_whole) & (rows["split"] != WHOLE)
    states = {
        Status.NOT_AT_HAND: rows["found"].isna() & rows["unverified"],
        Status.MISSING: rows["found"].isna(),
        Status.DIVIDED: divided,
        Status.SILENT: rows["expected"].isna(),
        Status.SAME: (rows["difference"] == 0).fillna(False),
    }
    conditions = [np.asarray(condition, bool) for condition in states.values()]
    return list(np.select(conditions, list(map(str, states)), Status.DIFFERS))


def _among(frame: pd.DataFrame, places: set[tuple[str, ...]]) -> Any:
    """Return for each row of a frame whether its values are one of some tuples."""
    return np.array([row in places for row in frame.itertuples(index=False, name=None)], bool)


def parts(compared: pd.DataFrame) -> list[Part]:
    """Return a `comparison` for readers: first the parts that differ, last those that nobody could read."""
    found = [_part(place, rows) for place, rows in compared.groupby(PART, sort=False)]
    return sorted(found, key=lambda part: part.rank)


def _part(place: tuple[str, str, str], rows: pd.DataFrame) -> Part:
    once = rows.drop_duplicates("what")
    by = rows[rows["published"].notna()].groupby("published_by", sort=False)
    return Part(
        *place,
        found={what: int(n) for what, n in zip(once["what"], once["found"], strict=True) if pd.notna(n)},
        stated=bool(once["expected"].notna().any()),
        differences=_missed(once["what"], once["difference"]),
        published=tuple(
            Published(str(origin), _missed(some["what"], some["from_published"])) for origin, some in by
        ),
        reasons=tuple(dict.fromkeys(reason for row in rows.itertuples() for reason in _reasons(row))),
    )


def _missed(what: pd.Series, differences: pd.Series) -> tuple[tuple[str, int], ...]:
    """Return the differences that are not 0 with what is counted; missing ones are passed over."""
    both = zip(what, differences, strict=True)
    return tuple((str(name), int(number)) for name, number in both if pd.notna(number) and number)


def _reasons(row: Any) -> Iterator[Reason | str]:
    """Yield why a count differs from the expected or the published one, as far as that is known."""
    absent = {Status.NOT_AT_HAND: Reason.NOT_AT_HAND, Status.MISSING: Reason.MISSING}
    if row.status in absent:
        yield absent[row.status]
        return
    if row.unverified:
        yield Reason.UNVERIFIED
    if row.status == Status.DIVIDED:
        yield Reason.DIVIDED
    if row.other_repair:
        yield Reason.OTHER_REPAIR
    if pd.notna(row.from_published) and row.from_published:
        if row.published_reason:
            yield row.published_reason.rstrip(".")
        elif not row.unverified:
            yield Reason.UNKNOWN


def unverified_parts(cards: Mapping[str, Card]) -> set[tuple[str, ...]]:
    """Return the parts of which nobody has had a file's bytes at hand when the card was written."""
    return {
        (corpus, file.language, split)
        for corpus, card in cards.items()
        for file in card.annotated
        if file.sha256 is None
        for split in (file.split or "", WHOLE)
    }
