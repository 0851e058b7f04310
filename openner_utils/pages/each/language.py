"""The sections of a language's page: which systems were scored in it, how they differ, what went wrong."""

import pandas as pd

from openner_utils.analysis import breakdowns
from openner_utils.pages import tables
from openner_utils.pages.cells import DIGITS
from openner_utils.pages.corpora.sections import Section
from openner_utils.pages.each.found import Scored, only, runs_named, with_interval
from openner_utils.pages.views.scores import examples
from openner_utils.support.rounding import shown
from openner_utils.support.words import counted

_NUMBERS = ["f1", "low", "high", "over", "seeds", "sentences", "mentions"]


def lead(code: str, found: Scored) -> str:
    """Return what to know first: the highest F1 with its interval, and how many of all pairs are told apart."""
    own = found.by_language[found.by_language["language"] == code]
    pairs = found.pairs[found.pairs["language"] == code]
    said = []
    if len(own):
        best = own.sort_values("f1", ascending=False).iloc[0]
        said.append(
            f"The highest F1 of an encoder is {shown(best['f1'])} ({shown(best['low'])} to {shown(best['high'])}; {best['system']}, "
            f"{best['regime']}; n = {counted(int(best['sentences']), 'sentence')})."
        )
        said.append(_ahead(own, pairs))
    if len(pairs):
        clear = int(pairs["clear"].astype(bool).sum())
        said.append(
            f"Of {counted(len(pairs), 'pair')} of systems {clear} {'is' if clear == 1 else 'are'} told apart beyond chance "
            "(Holm-adjusted over all pairs of all languages)."
        )
    return " ".join(filter(None, said)) or "No system was scored in this language in this run."


def _ahead(own: pd.DataFrame, pairs: pd.DataFrame) -> str:
    """Return of how many other encoders the best is ahead beyond chance, and of the next whether, or why that is not told.

    ``own``: encoders in the language; ``pairs``: any two systems in it.
    """
    first, *others = runs_named(own.sort_values("f1", ascending=False))["system"]
    leads = {}
    for row in pairs.itertuples():
        if first in (row.a, row.b):
            other, sign = (row.b, -1) if row.a == first else (row.a, 1)
            bounds = sorted((sign * row.low, sign * row.high))
            leads[other] = (sign * row.difference, bounds, bool(row.clear))
    leads = {name: leads[name] for name in others if name in leads}
    if not leads:
        return ""
    beyond = sum(clear and lead > 0 for lead, _, clear in leads.values())
    following = next(iter(leads))
    lead, (low, high), clear = leads[following]
    verdict = "beyond chance" if clear and lead > 0 else "not beyond chance"
    return (
        f"It is ahead of {beyond} of {counted(len(leads), 'other run')} of encoders beyond chance; of the next, {following}, by "
        f"{shown(lead)} points ({shown(low)} to {shown(high)}), {verdict}."
    )


def sections(code: str, found: Scored) -> list[Section]:
    """Return the sections of a language's page; those without rows are left out."""
    whole = [
        _whole(code, found),
        _equal(code, found),
        _pairs(code, found),
        _transfer(code, found),
        _kinds(code, found),
        _errors(code, found),
    ]
    return [section for section in whole if section]


def _section(heading: str, text: str, frame: pd.DataFrame, **decimals: int) -> Section | None:
    return Section(heading, text, [tables.show(frame, "", DIGITS, **decimals)]) if len(frame) else None


def _of(frame: pd.DataFrame, code: str) -> pd.DataFrame:
    return frame[frame["language"] == code].drop(columns="language")


def _whole(code: str, found: Scored) -> Section | None:
    rows = runs_named(_of(found.by_language, code)).sort_values("f1", ascending=False)
    text = (
        "F1 in percent, mean over seeds with its interval; beside it the shares of tokens of which the tokenizer knows nothing or loses "
        "characters, and sub-tokens per token."
    )
    columns = ["system", *_NUMBERS, "unknown_tokens", "characters_lost", "fertility"]
    return _section(
        "Encoders on whole test sets", text, only(rows, columns), unknown_tokens=2, characters_lost=2
    )


def _equal(code: str, found: Scored) -> Section | None:
    rows = runs_named(_of(found.equal, code)).sort_values("f1", ascending=False)
    text = "F1 in percent on the sentences that every one of these systems was scored on: only these rows stand side by side."
    return _section("Every system on the same sentences", text, only(rows, ["system", *_NUMBERS]))


def _pairs(code: str, found: Scored) -> Section | None:
    rows = _of(found.pairs, code).sort_values("difference", key=abs, ascending=False)
    text = "Points of F1, b minus a, on the sentences that both have; intervals and p are adjusted over all pairs of all languages (Holm)."
    columns = ["a", "b", "difference", "low", "high", "p", "clear", "sentences"]
    return _section("Any two systems", text, only(rows, columns), p=3)


def _transfer(code: str, found: Scored) -> Section | None:
    rows = _of(found.transfer, code)
    rows = rows[(rows["cell"] == "shared types") & (rows["mentions"] > 0)]
    rows = with_interval(rows.sort_values("f1", ascending=False))
    text = "F1 in percent of what was trained on other corpora and languages too, in the types that both sides annotate."
    columns = ["system", "trained", "relation", "corpus", "f1", "low", "high", "sentences"]
    return _section("What helps", text, only(rows, columns))


def _kinds(code: str, found: Scored) -> Section | None:
    rows = found.confusions[found.confusions["language"] == code]
    if rows.empty:
        return None
    table = runs_named(breakdowns.kinds(rows).drop(columns=["labels_from", "policy", "control"]))
    text = (
        "In percent of the mentions of the reference; all seeds together. Spurious ones overlap none of them."
    )
    return _section("What became of the mentions", text, table)


def _errors(code: str, found: Scored) -> Section | None:
    rows = found.errors[found.errors["language"] == code]
    if rows.empty:
        return None
    some = breakdowns.examples(rows, each=1)
    text = "One of each kind and system, drawn by a hash of its place."
    return _section("Errors to read", text, examples(some))
