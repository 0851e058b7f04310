"""What the filters keep, as a file: JSON lines with spans, or CSV with mentions in words."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from openner_utils.core.document import Mention
from openner_utils.core.spacing import joined
from openner_utils.pages.browse.selection import Choice, Library, Shown
from openner_utils.pages.tables import to_csv
from openner_utils.support import files
from openner_utils.support.errors import OpenNERError

ENDINGS = (".jsonl", ".csv")


def export(library: Library, choice: Choice, path: Path) -> int:
    """Write all sentences of a choice, filters included, into a new file, and return their number.

    Ends its name in .jsonl, a line is a sentence: its place, tokens, and mentions as ``start`` and ``end`` (token numbers, end exclusive),
    ``type`` and ``text``; in .csv a mention is its words and its type in brackets. Another ending, a file that exists and a choice
    without sentences are an `OpenNERError`.
    """
    if path.suffix not in ENDINGS:
        raise OpenNERError(
            f"{path}: the name of the file must end in {' or '.join(ENDINGS)}. Choose another."
        )
    if path.exists():
        raise OpenNERError(f"{path} exists, and is not overwritten. Choose another name, or remove it first.")
    chosen = library.sentences(choice)
    if not chosen:
        raise OpenNERError("The filters keep no sentence, so there is nothing to write. Ask for less.")
    rows = [_row(choice, each) for each in chosen]
    if path.suffix == ".csv":
        files.write_text(path, to_csv(pd.DataFrame([_in_words(row) for row in rows])))
    else:
        files.write_text(path, "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows))
    return len(chosen)


def _row(choice: Choice, each: Shown) -> dict[str, Any]:
    """Return a sentence as a line holds it; what there is not, such as a second model, is left out."""
    row: dict[str, Any] = {
        "corpus": choice.corpus,
        "language": choice.language,
        "split": choice.split,
        "sentence": each.number,
        "text": joined(each.tokens, each.gaps).strip(),
        "tokens": list(each.tokens),
        "gold": _mentions(each, each.gold),
    }
    for name, model, mentions in (
        ("predicted", choice.model, each.predicted),
        ("second", choice.second, each.second),
    ):
        if model is not None and mentions is not None:
            row[f"{name}_by"] = str(model)
            row[name] = _mentions(each, mentions)
    row |= {"errors": sorted(each.errors), "rules": sorted(each.rules), "unseen": each.unseen}
    return row | ({"reply": each.reply, "lost": each.lost} if each.reply else {})


def _mentions(each: Shown, mentions: Sequence[Mention]) -> list[dict[str, Any]]:
    return [
        {
            "start": m.span.start,
            "end": m.span.end,
            "type": m.type,
            "text": joined(
                each.tokens[m.span.start : m.span.end], each.gaps[m.span.start : m.span.end]
            ).strip(),
        }
        for m in mentions
    ]


def _in_words(row: dict[str, Any]) -> dict[str, Any]:
    """Return a line as a row of a spreadsheet: lists put into words, and no tokens beside the text."""
    words = {
        key: "; ".join(f"{m['text']} [{m['type']}]" for m in row[key])
        for key in ("gold", "predicted", "second")
        if key in row
    }
    lists = {key: "; ".join(row[key]) for key in ("errors", "rules")}
    return {key: value for key, value in (row | words | lists).items() if key != "tokens"}
