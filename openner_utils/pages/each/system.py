"""The sections of a system's page: its scores by language, against others, and its errors."""

import pandas as pd

from openner_utils.analysis import breakdowns
from openner_utils.pages import tables
from openner_utils.pages.cells import DIGITS
from openner_utils.pages.corpora.sections import Section
from openner_utils.pages.each.found import Scored, only, runs_named
from openner_utils.pages.views.scores import examples
from openner_utils.support.rounding import shown
from openner_utils.support.words import counted

_OF_RUN = ["labels_from", "policy", "control"]


def lead(system: str, found: Scored) -> str:
    """Return what to know first: the range of F1 over its test sets, and how it fares against others."""
    table = _macro(system, found)
    runs = "; ".join(
        f"{row.system} {shown(row.micro)} (n = {counted(int(row.n), 'test set')})"
        for row in table.itertuples()
    )
    rows = _against(system, found)
    ahead, behind = (
        int((rows["clear"].astype(bool) & (rows["difference"] * sign > 0)).sum()) for sign in (1, -1)
    )
    against = (
        f" Against other systems it is ahead beyond chance in {ahead} of {counted(len(rows), 'comparison')} and behind in {behind} "
        "(Holm-adjusted over all pairs of all languages)."
        if len(rows)
        else ""
    )
    return f"Mean F1 over the test sets of each run, which differ between runs: {runs}.{against}"


def sections(system: str, found: Scored) -> list[Section]:
    """Return the sections of a system's page; those without rows are left out."""
    scores, groups, confusions, errors = (
        frame[frame["system"] == system]
        for frame in (found.scores, found.breakdowns, found.confusions, found.errors)
    )
    rows: list[tuple[str, str, pd.DataFrame]] = [
        (
            "F1 by language",
            "Percent, the mean over seeds and a language's test sets. Intervals stand on the pages of the languages.",
            runs_named(breakdowns.by_language(scores).drop(columns=_OF_RUN)),
        ),
        (
            "Micro and macro",
            "Micro F1 counts mentions; macro F1 is the mean over the entity types that a test set holds. n counts test sets.",
            _macro(system, found),
        ),
        (
            "Against others",
            "Points of F1, this system minus the other, on the sentences that both have.",
            _against(system, found),
        ),
        (
            "Short and long mentions",
            "By tokens; all test sets of a run together.",
            runs_named(breakdowns.by_group(groups, breakdowns.BY_LENGTH).drop(columns=_OF_RUN)),
        ),
        (
            "Mentions that training knew",
            "Whether the run's training sentences hold the same tokens as a mention of the same type.",
            runs_named(breakdowns.by_group(groups, breakdowns.BY_FAMILIARITY).drop(columns=_OF_RUN)),
        ),
        (
            "What became of the mentions",
            "In percent of the mentions of the reference; all seeds together. Spurious ones overlap none of them.",
            runs_named(breakdowns.kinds(confusions).drop(columns=_OF_RUN)),
        ),
        (
            "Which type for which",
            "Mentions of the reference by their type, and the type of what was predicted in their place; counts of all seeds together.",
            runs_named(breakdowns.confused(confusions).drop(columns=_OF_RUN)),
        ),
        (
            "Errors to read",
            "Drawn by a hash of their place.",
            examples(breakdowns.examples(errors, each=4)),
        ),
    ]
    return [
        Section(heading, text, [tables.show(frame, "", DIGITS, p=3)])
        for heading, text, frame in rows
        if len(frame)
    ]


def _macro(system: str, found: Scored) -> pd.DataFrame:
    table = breakdowns.macro(found.scores[found.scores["system"] == system])
    return runs_named(table.drop(columns=_OF_RUN))


def _against(system: str, found: Scored) -> pd.DataFrame:
    """Return the pairs of a system with others, this one minus the other."""
    pairs = found.pairs
    own = {side: pairs[side].str.split(", ").str[0] == system for side in ("a", "b")}
    second = pairs[own["b"] & ~own["a"]].rename(columns={"a": "other", "b": "run"})
    first = pairs[own["a"] & ~own["b"]].rename(columns={"b": "other", "a": "run"})
    first = first.assign(difference=-first["difference"], low=-first["high"], high=-first["low"])
    rows = pd.concat([second, first]).sort_values(["language", "run", "other"])
    return only(rows, ["language", "run", "other", "difference", "low", "high", "p", "clear", "sentences"])
