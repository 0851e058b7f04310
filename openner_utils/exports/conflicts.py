"""Conflicts between types as a folder: a table of candidates with examples, the lattice, and suggestions for the type maps."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import yaml

from openner_utils.exports.folder import refuse_foreign, replaced
from openner_utils.exports.tables import write_csv
from openner_utils.support.files import write_text
from openner_utils.unify.by_model import Across, Rate
from openner_utils.unify.conflicts import EXAMPLES
from openner_utils.unify.lattice import Edge
from openner_utils.unify.verdicts import Verdict, suggestions

TABLE, LATTICE, SCORES, SUGGESTIONS = "conflicts.csv", "lattice.csv", "scores.csv", "suggestions.yaml"
RULE, MODEL = "rule", "model"
METHODS = (RULE, MODEL)
_HEAD = (
    "by", "here", "type", "there", "like", "outcome", "other", "kind", "clear", "effect", "low", "high", "texts", "otherwise", "p",
    "extras", "why", "settled", "corpus", "raw", "suggestion",
    *(f"{what}_{n}" for n in range(1, EXAMPLES + 1) for what in ("text", "here", "there")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """What one of `METHODS` found, and scores of taggers, which `MODEL` alone has."""

    by: str
    verdicts: Sequence[Verdict]
    edges: Sequence[Edge]
    scores: Sequence[Across] = ()


def write(found: Sequence[Found], out: Path) -> None:
    """Write everything to the folder ``out``: new, empty, or of an export. Examples are sentences of the corpora.

    Suggestions are those of the first method.
    """
    refuse_foreign(out)
    with replaced(out) as fresh:
        write_csv(fresh / TABLE, _HEAD, ((each.by, *_row(one)) for each in found for one in each.verdicts))
        head = ["by", *(field.name for field in fields(Edge))]
        write_csv(fresh / LATTICE, head, ((each.by, *astuple(edge)) for each in found for edge in each.edges))
        if scores := [score for each in found for score in each.scores]:
            write_csv(fresh / SCORES, _head_of_scores(), map(_of_score, scores))
        text = yaml.safe_dump(suggestions(found[0].verdicts), allow_unicode=True, sort_keys=False, width=120)
        write_text(fresh / SUGGESTIONS, text)


def _head_of_scores() -> list[str]:
    named = ["here", "type", "there", "like", "mentions"]
    rates = [field.name for field in fields(Across) if field.name not in named]
    return named + [f"{rate}{end}" for rate in rates for end in ("", "_low", "_high")]


def _of_score(score: Across) -> list[object]:
    row: list[object] = []
    for field in fields(score):
        value = getattr(score, field.name)
        row += astuple(value) if isinstance(value, Rate) else [value]
    return row


def told(verdict: Verdict) -> str:
    """Return a verdict as a line for a person."""
    each = verdict.candidate
    what = f"{each.here} {each.type} → {each.there} {each.like}"
    mark = "clear" if each.clear else "not clear"
    to = (
        "the taxonomy tells them apart"
        if verdict.settled
        else f"call {verdict.corpus}'s {' and '.join(verdict.raw)} {verdict.to!r}"
    )
    return (
        f"{each.effect:.2f} [{each.low:.2f}, {each.high:.2f}] of {each.texts}  {what}: {' '.join((each.outcome, each.other)).strip()} "
        f"({verdict.kind}, {mark}); such as {', '.join(example.text for example in each.examples)}; {to}"
    )


def _row(verdict: Verdict) -> list[object]:
    each = verdict.candidate
    examples = [text for example in each.examples for text in (example.text, example.here, example.there)]
    return [
        each.here, each.type, each.there, each.like, each.outcome, each.other, verdict.kind, each.clear, each.effect, each.low,
        each.high, each.texts, each.otherwise, f"{each.p:.2e}", "; ".join(each.extras), verdict.why, verdict.settled,
        verdict.corpus, "; ".join(verdict.raw), verdict.to, *examples, *[""] * (3 * EXAMPLES - len(examples)),
    ]  # fmt: skip
