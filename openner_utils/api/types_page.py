"""One page on what an out-of-domain test says of types: do names that agree help, does a pruned set teach as well, what do regularizations do?

It is read from the folder that ``openner tagger transfer`` wrote, and stands by itself as all pages do (`pages.report`).
"""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from markupsafe import Markup

from openner_utils.api import markup
from openner_utils.api.markup import html, prose, wide
from openner_utils.exports import transfer
from openner_utils.pages import tables
from openner_utils.support.rounding import percent, signed
from openner_utils.unify.ablated import Comparison
from openner_utils.unify.answers import QUESTIONS, Question, answer, points
from openner_utils.unify.transfer import OWN
from openner_utils.unify.transferred import STRICT, STRING

TITLE = "Types out of domain"
CAPTION = (
    "F1 in percent over the sentences of all domains; differences in points. Intervals of differences leave out zero exactly where they are clear "
    "(Holm over all comparisons of the test); seen would be: the smallest difference found four times in five"
)
DOMAINS = (
    "The full arm. Seen types are called in training what they are called in the test; renamed: under the first of their other names. "
    "By B2NER's rule sets of label and text are compared in each sentence, without their places."
)


def write(folder: Path, out: Path) -> None:
    """Write the page ``out`` on the test that lies in a folder."""
    comparisons, rows, options = transfer.read(folder)
    parts = [prose(html("<h1>{}</h1>", TITLE), html('<p class="lead">{}</p>', _made(options)))]
    for question in QUESTIONS:
        lines = [html("<li>{}</li>", line) for line in answer(question, comparisons)]
        parts.append(
            prose(
                html(
                    "<h2>{}</h2><ul>{}</ul><p>The paper: {}</p>",
                    question.title,
                    Markup("").join(lines),
                    question.paper,
                )
            )
        )
        if len(frame := compared(question, comparisons)):
            parts.append(wide(tables.in_html(frame, CAPTION)))
    parts.append(prose(html("<h2>Domain by domain</h2><p>{}</p>", DOMAINS)))
    parts.append(wide(tables.in_html(by_domain(rows), "F1 in percent, with 95% intervals")))
    markup.write(out, TITLE, parts)


def compared(question: Question, comparisons: Sequence[Comparison]) -> pd.DataFrame:
    """Return the comparisons of a question as a table for people, F1 in percent."""
    return pd.DataFrame(
        [
            {
                "arm": each.arm,
                "against": each.base,
                "types": each.slice,
                "F1": _percent(each.arm_f1.value),
                "F1 of the other": _percent(each.base_f1.value),
                "difference": points(each.difference),
                "p (Holm)": f"{each.p:.3f}" if each.p >= 0.0005 else "<0.001",
                "clear": "yes" if each.clear else "no",
                "seen would be": "none" if each.detectable >= 1 else _percent(each.detectable),
                "by B2NER's rule": signed(100 * (each.arm_string - each.base_string)),
                "mentions": each.mentions,
            }
            for each in comparisons
            if (each.base, each.arm) in question.pairs
        ]
    )


def by_domain(rows: Sequence[dict[str, str]]) -> pd.DataFrame:
    """Return the rows of a test as a table for people: a domain and a slice of types each."""
    of = {(row["held"], row["slice"], row["naming"], row["rule"]): row for row in rows}

    def f1(held: str, name: str, naming: str, rule: str) -> str:
        row = of.get((held, name, naming, rule))
        return "–" if row is None else " ".join((_percent(float(row["f1"])), _bounds(row)))

    return pd.DataFrame(
        [
            {
                "held out": row["held"],
                "types": row["slice"],
                "number": int(row["types"]),
                "mentions": int(row["mentions"]),
                "strict": f1(row["held"], row["slice"], OWN, STRICT),
                "B2NER's rule": f1(row["held"], row["slice"], OWN, STRING),
                "renamed": f1(row["held"], row["slice"], "renamed", STRICT),
            }
            for row in rows
            if (row["naming"], row["rule"]) == (OWN, STRICT)
        ]
    )


def _percent(fraction: float) -> str:
    return f"{percent(fraction, 1):.1f}"


def _bounds(row: dict[str, str]) -> str:
    return f"({_percent(float(row['low']))} to {_percent(float(row['high']))})"


def _made(options: dict[str, object]) -> str:
    corpora, seeds = options["corpora"], options["seeds"]
    names = ", ".join(map(str, corpora)) if isinstance(corpora, list) else str(corpora)
    said = ", ".join(map(str, seeds)) if isinstance(seeds, list) else str(seeds)
    return (
        f"A tagger for any list of types, trained on all domains but one and tested on that one: {names}. Up to {options['sentences']} sentences "
        f"of each corpus to train on and {options['test']} to test on; seeds {said}."
    )
