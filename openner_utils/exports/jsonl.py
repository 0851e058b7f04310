"""JSON lines with character spans: one sentence a line, its text, tokens and mentions."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from openner_utils.core.columns import Columns
from openner_utils.core.encoding import IOB2, decode
from openner_utils.support.files import atomic

JOINED = "tokens joined by blanks"
ORIGINAL = "offsets of the original"
"""What a record's text is made of. With offsets of the original, what lies between two tokens is written as blanks
(it is white space that the releases do not keep), so that ``offset`` + a span's edges are places in the original."""


def write(path: Path, columns: Columns, fixed: Mapping[str, Any], ids: list[str], files: list[str]) -> None:
    """Write sentences with IOB2 labels; ``fixed`` stands in each record, ``ids`` and ``files`` are one a sentence."""
    with atomic(path) as beside, open(beside, "w", encoding="utf-8", newline="\n") as out:
        for record in records(columns, fixed, ids, files):
            out.write(json.dumps(record, ensure_ascii=False) + "\n")


def records(
    columns: Columns, fixed: Mapping[str, Any], ids: list[str], files: list[str]
) -> Iterator[dict[str, Any]]:
    """Yield one record per sentence; spans are [start, end, type] in characters of its text."""
    mentions = decode(columns, IOB2)
    of_sentence: list[list[tuple[int, int, str]]] = [[] for _ in range(columns.n_sentences)]
    for start, end, sentence, type in zip(
        mentions.start.tolist(),
        mentions.end.tolist(),
        mentions.sentence.tolist(),
        mentions.type.tolist(),
        strict=True,
    ):
        of_sentence[sentence].append((start, end, mentions.types[type]))
    tokens = columns.tokens.to_pylist()
    for number in range(columns.n_sentences):
        first, after = int(columns.sentences[number]), int(columns.sentences[number + 1])
        words = tokens[first:after]
        places, made = _places(columns, words, first, after)
        text = ""
        for word, place in zip(words, places, strict=True):
            text = text.ljust(place) + word
        record = {
            "id": ids[number],
            **fixed,
            "file": files[number],
            "line": int(columns.lines[first]),
            "text": text,
            "text_is": made,
            "tokens": words,
            "spans": [
                [places[start - first], places[end - 1 - first] + len(words[end - 1 - first]), type]
                for start, end, type in of_sentence[number]
            ],
        }
        if made == ORIGINAL and columns.starts is not None:
            record["offset"] = int(columns.starts[first])
        yield record


def _places(columns: Columns, words: list[str], first: int, after: int) -> tuple[list[int], str]:
    """Return where each token begins in the sentence's text, and what that text is made of."""
    if columns.starts is not None and columns.ends is not None:
        starts, ends = columns.starts[first:after].tolist(), columns.ends[first:after].tolist()
        # A cleaning step may have changed a token's length; then its offsets fit the original alone.
        if all(end - start == len(word) for start, end, word in zip(starts, ends, words, strict=True)):
            return [start - starts[0] for start in starts], ORIGINAL
    places, at = [], 0
    for word in words:
        places.append(at)
        at += len(word) + 1
    return places, JOINED
