"""The conflict atlas: one page of what contradicts what between corpora, with intervals and examples.

It stands by itself as all pages do (`pages.report`): no network, no script. Everything that corpora hold is escaped and made visible.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd
from markupsafe import Markup

from openner_utils.api import markup
from openner_utils.api.markup import html, prose, wide
from openner_utils.exports.conflicts import MODEL, RULE, Found
from openner_utils.pages import tables
from openner_utils.support.words import counted
from openner_utils.unify.alike import Meaning
from openner_utils.unify.by_model import Across, Rate
from openner_utils.unify.conflicts import Candidate
from openner_utils.unify.corpora import Corpus
from openner_utils.unify.lattice import Edge
from openner_utils.unify.verdicts import Verdict

TITLE = "Conflict atlas"
PLACES = "location"
"""The type of the taxonomy whose parts are the paper's own case."""
MOST = 4
"""Candidates of a type that its card shows."""
ROWS = 40
"""Rows of a table of candidates, edges or scores."""
_HOW = {
    RULE: "By rule: texts that one corpus marks, and that the other marks otherwise more often than the first contradicts itself.",
    MODEL: "By model: what a tagger that learnt from one corpus names in the other, where that has it otherwise, beyond the other's own taggers.",
}


def write(found: Sequence[Found], corpora: Sequence[Corpus], meaning: Meaning, out: Path) -> None:
    """Write the atlas of what was found as the page ``out``."""
    markup.write(out, TITLE, _sections(found, corpora, meaning))


def _sections(found: Sequence[Found], corpora: Sequence[Corpus], meaning: Meaning) -> Iterable[Markup]:
    clear = sum(verdict.candidate.clear for each in found for verdict in each.verdicts)
    names = ", ".join(corpus.name for corpus in corpora)
    yield prose(
        html("<h1>{}</h1>", TITLE),
        html(
            '<p class="lead">{} between types of {}: {}. A conflict is clear if its interval holds beside all others that were tested.</p>',
            f"{clear} clear conflicts" if clear != 1 else "One clear conflict",
            counted(len(corpora), "corpus", "corpora"),
            names,
        ),
        html(
            "<p>Corpora on other subjects mean other things by the same words. Read the examples before guidelines are blamed.</p>"
        ),
    )
    for each in found:
        yield prose(html("<h2>Who contradicts whom, by {}</h2><p>{}</p>", each.by, _HOW[each.by]))
        yield wide(_matrix(each.verdicts, corpora))
    places = [
        (each.by, verdict)
        for each in found
        for verdict in each.verdicts
        if verdict.candidate.clear and _is_place(verdict.candidate, meaning)
    ]
    yield prose(
        html("<h2>Places</h2>"),
        html(
            "<p>The case of B2NER’s paper: what one corpus calls a location is divided, or something else, in another.</p>"
        ),
    )
    yield (
        wide(_candidates(places))
        if places
        else prose(html("<p>No clear conflict between types of places.</p>"))
    )
    yield prose(html("<h2>Type by type</h2><p>Each type with a clear conflict, the clearest first.</p>"))
    yield from _cards(found)
    edges = [(each.by, edge) for each in found for edge in each.edges]
    yield prose(
        html(
            "<h2>Which type is part of which</h2><p>Errors that go one way only: nearly all of the first type is the wider one there, and less goes back.</p>"
        )
    )
    yield wide(_lattice(edges)) if edges else prose(html("<p>Nothing is clear enough.</p>"))
    scores = [score for each in found for score in each.scores]
    if scores:
        yield prose(
            html(
                "<h2>Taggers across corpora</h2><p>F1 of a type by taggers of another corpus, beside the ceiling: the corpus’s own taggers on the same "
                "sentences. 95% intervals over sentences and seeds; the widest gaps first.</p>"
            )
        )
        yield wide(_scores(scores))


def _matrix(verdicts: Sequence[Verdict], corpora: Sequence[Corpus]) -> Markup:
    """Return for each pair of corpora how many candidates are clear, of how many, and the largest effect of a clear one."""
    of_pair: dict[tuple[str, str], list[Candidate]] = defaultdict(list)
    for each in verdicts:
        of_pair[each.candidate.here, each.candidate.there].append(each.candidate)
    names = [corpus.name for corpus in corpora]

    def cell(here: str, there: str) -> str:
        if here == there:
            return "–"
        every = of_pair[here, there]
        clear = [each for each in every if each.clear]
        worst = f", up to {max(each.effect for each in clear):.2f}" if clear else ""
        return f"{len(clear)} of {len(every)}{worst}"

    rows = {"types of ↓ in →": pd.Series(names, dtype=object)}
    rows |= {there: pd.Series([cell(here, there) for here in names], dtype=object) for there in names}
    return tables.in_html(
        pd.DataFrame(rows), "Clear conflicts of all that were tested, and the largest effect"
    )


def _is_place(each: Candidate, meaning: Meaning) -> bool:
    meant = meaning(each.here, each.type)
    return PLACES in (meant.type, *meant.within) or meant.standard in ("LOC", "GPE")


def _candidates(some: Sequence[tuple[str, Verdict]]) -> Markup:
    chosen = some[:ROWS]
    frame = pd.DataFrame(
        [
            {
                "by": by,
                "type": f"{each.candidate.here}: {each.candidate.type}",
                "in": f"{each.candidate.there}: {each.candidate.like}",
                "is there": _outcome(each.candidate),
                "kind": each.kind,
                "effect": _interval(each.candidate.effect, each.candidate.low, each.candidate.high),
                "texts": each.candidate.texts,
                "such as": ", ".join(example.text for example in each.candidate.examples),
            }
            for by, each in chosen
        ]
    )
    return tables.in_html(frame, _first(len(chosen), len(some)))


def _first(shown_: int, all_: int) -> str:
    return f"The first {shown_} of {all_}" if shown_ < all_ else ""


def _outcome(each: Candidate) -> str:
    return " ".join(filter(None, (each.outcome, each.other)))


def _interval(value: float, low: float, high: float) -> str:
    return f"{value:.2f} ({low:.2f} to {high:.2f})"


def _cards(found: Sequence[Found]) -> Iterable[Markup]:
    of_type: dict[tuple[str, str], list[tuple[str, Verdict]]] = defaultdict(list)
    for each in found:
        for verdict in each.verdicts:
            if verdict.candidate.clear:
                of_type[verdict.candidate.here, verdict.candidate.type].append((each.by, verdict))
    if not of_type:
        yield prose(html("<p>No conflict is clear.</p>"))
        return
    order = sorted(of_type, key=lambda key: min(verdict.candidate.rank for _, verdict in of_type[key]))
    cards = [_card(here, type, of_type[here, type]) for here, type in order]
    yield html('<section class="cards">{}</section>', Markup("\n").join(cards))


def _card(here: str, type: str, some: Sequence[tuple[str, Verdict]]) -> Markup:
    rows = sorted(some, key=lambda pair: pair[1].candidate.rank)
    parts = [html("<h2>{}: {}</h2>", here, type)]
    parts += [_of_card(by, each) for by, each in rows[:MOST]]
    if len(rows) > MOST:
        parts.append(
            html('<p class="more">{} more in the tables of `openner conflicts --out`.</p>', len(rows) - MOST)
        )
    return html("<article>{}</article>", Markup("").join(parts))


def _of_card(by: str, each: Verdict) -> Markup:
    one = each.candidate
    to = (
        "The taxonomy tells the two types apart."
        if each.settled
        else f"Suggested: call {each.corpus}’s {' and '.join(each.raw)} “{each.to}”."
    )
    examples = [
        html(
            "<dt>{}</dt><dd><bdi>{}</bdi></dd><dt>{}</dt><dd><bdi>{}</bdi></dd>",
            _whose(by, one), example.here, one.there, example.there,
        )
        for example in one.examples[:1]
    ]  # fmt: skip
    return html(
        "<p><strong>{} in {}</strong>, {} ({}, by {}): {}. {}</p>{}",
        _outcome(one), one.there, _interval(one.effect, one.low, one.high), each.kind, by, each.why, to,
        html("<details><summary>Example</summary><dl>{}</dl></details>", Markup("").join(examples)) if examples else Markup(""),
    )  # fmt: skip


def _whose(by: str, each: Candidate) -> str:
    """Return whose sentence the first of an example is."""
    return f"{each.there}, read by a tagger of {each.here}" if by == MODEL else each.here


def _lattice(edges: Sequence[tuple[str, Edge]]) -> Markup:
    chosen = sorted(edges, key=lambda pair: -pair[1].low)[:ROWS]
    frame = pd.DataFrame(
        [
            {
                "by": by,
                "type": f"{each.here}: {each.type}",
                "part of": f"{each.there}: {each.wider}",
                "share": _interval(each.share, each.low, each.high),
                "texts": each.texts,
                "back": _interval(each.back, each.back_low, each.back_high),
                "texts back": each.back_texts,
            }
            for by, each in chosen
        ]
    )
    return tables.in_html(frame, _first(len(chosen), len(edges)))


def _scores(scores: Sequence[Across]) -> Markup:
    def rate(each: Rate) -> str:
        return _interval(each.value, each.low, each.high)

    chosen = sorted(scores, key=lambda each: each.f1.value - each.own_f1.value)[:ROWS]
    frame = pd.DataFrame(
        [
            {
                "taggers of": each.here,
                "type": each.type,
                "read": each.there,
                "as": each.like,
                "mentions": each.mentions,
                "F1": rate(each.f1),
                "ceiling: F1": rate(each.own_f1),
                "precision": rate(each.precision),
                "recall": rate(each.recall),
            }
            for each in chosen
        ]
    )
    return tables.in_html(frame, _first(len(chosen), len(scores)))
