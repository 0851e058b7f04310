"""The replies of a language model, verbatim, beside the reference, with the reason of each loss."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from markupsafe import Markup

from openner_utils.core.artifacts import ANSWERED, CORE_RELEASE, PROMPTED, Inputs
from openner_utils.core.document import Mention
from openner_utils.core.encoding import IOB2
from openner_utils.core.releases import PART, select
from openner_utils.core.spacing import joined
from openner_utils.pages.browse import marks
from openner_utils.pages.browse.selection import SHOWN, Shown
from openner_utils.pages.corpora.sections import Section
from openner_utils.pages.render import rendered
from openner_utils.pages.tables import with_data

MOST = 60
"""Replies that are shown of each language and way of decoding; all lie in artifacts/."""
READS = (ANSWERED, PROMPTED, CORE_RELEASE)


def sections(inputs: Inputs, unit: Mapping[str, str], policy: str) -> list[Section]:
    """Return a section for each language and way of decoding of one model and format; controls are left out."""
    answered = inputs.frame(ANSWERED, **unit)
    answered = answered[~answered["control"]]
    predicted = inputs.table(PROMPTED, **unit).to_pandas()
    predicted = predicted[~predicted["control"] & predicted["policy"].isin([policy, "offsets"])]
    predicted = predicted.sort_values("seed").drop_duplicates([*PART, "sentence", "decoding"])
    labels = predicted.set_index([*PART, "sentence", "decoding"])["labels"]
    found = []
    for (corpus, language, split, decoding), rows in answered.groupby([*PART, "decoding"]):
        gold = _sentences(inputs, corpus, language, split)
        shown = [
            (
                Shown.of(
                    gold[row.sentence],
                    IOB2.decode(list(labels[corpus, language, split, row.sentence, decoding])),
                ),
                row,
            )
            for row in rows.head(MOST).itertuples()
        ]
        wrong = sum(each.wrong for each, _ in shown)
        rest = f" The first {MOST} of {len(rows):,}." if len(rows) > MOST else ""
        text = f"{len(shown)} replies, {wrong} of which do not say what the reference says.{rest}"
        html = rendered(
            "replies.html.j2",
            rows=[_row(each, row.reply, f"{row.lost}\n{row.faults}") for each, row in shown],
        )
        table = with_data(html, pd.DataFrame([_in_words(each, row) for each, row in shown]))
        found.append(Section(f"{corpus}/{language}, {decoding} decoding", text, [table]))
    return found


def _sentences(inputs: Inputs, corpus: str, code: str, split: str) -> dict[int, dict[str, Any]]:
    """Return the rows of a part by their numbers."""
    part = select(inputs.table(CORE_RELEASE, corpus=corpus), language=code, split=split)
    return {row["sentence"]: row for row in part.select(list(SHOWN)).to_pylist()}


def _in_words(each: Shown, row: Any) -> dict[str, object]:
    """Return the same as words and numbers, for the data behind the table."""

    def named(mentions: Sequence[Mention]) -> str:
        return "; ".join(
            f"{joined(each.tokens[m.span.start : m.span.end], each.gaps[m.span.start : m.span.end]).strip()} [{m.type}]"
            for m in mentions
        )

    return {
        "sentence": each.number,
        "text": joined(each.tokens, each.gaps),
        "reference": named(each.gold),
        "reply": row.reply,
        "read_as": named(each.predicted or ()),
        "lost": row.lost,
        "faults": row.faults,
    }


def as_table(some: Sequence[Shown]) -> Markup:
    """Return HTML with sentences that hold their replies, as the pages of replies have it."""
    return rendered("replies.html.j2", rows=[_row(each, each.reply, each.lost) for each in some])


def _row(each: Shown, reply: str, lost: str) -> dict[str, object]:
    """Return what stands in a row of the table; ``lost``: a reason a line."""
    return {
        "number": each.number,
        "gold": marks.pieces(each, each.gold, each.predicted, marks.MISSED),
        "predicted": marks.pieces(each, each.predicted or (), each.gold, marks.SPURIOUS),
        "reply": reply,
        "lost": [*filter(None, lost.split("\n"))],
    }
