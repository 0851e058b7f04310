"""Annotated passages as sentences with core types, the form that models are trained on and every command on own files reads."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from openner_utils.catalog.taxonomy import Taxonomy
from openner_utils.readers import unspaced
from openner_utils.support.files import atomic
from openner_utils.web.mentions import Annotated, TextMention
from openner_utils.web.passages import passage_id
from openner_utils.web.segmenting import sentence_ends
from openner_utils.web.types import core_of, mapped

WRITTEN = "written"
UNKNOWN = "left out: a label that means no type"
CHARACTERS = f"cut into written characters: words need pip install -r {unspaced.REQUIREMENTS}"
MENTION, OTHER = "mention of a core type", "mention of another type, not marked"


def write(annotated: Iterable[Annotated], path: Path, taxonomy: Taxonomy) -> Counter[str]:
    """Write one JSON line for each sentence (``text``, ``tokens``, ``mentions``), and return how many sentences and mentions ended in each way.

    Tokens are those that a model is shown of such text (`unspaced.tokens`): a file of many languages has no one way to be cut by.

    A label that means a type without a core type (a date) is no mention of one. A sentence with a label that means no type of the
    taxonomy is left out: unmarked, it would teach that there is none.
    """
    passages = list(annotated)
    labels = mapped(taxonomy, (each.type for passage in passages for each in passage.mentions))
    core = {
        label: None if each.type is None else core_of(taxonomy, each.type) for label, each in labels.items()
    }
    account: Counter[str] = Counter()
    with atomic(path) as aside, aside.open("w", encoding="utf-8") as out:
        for passage in passages:
            for text, mentions in sentences(passage):
                if any(labels[each.type].type is None for each in mentions):
                    account[UNKNOWN] += 1
                    continue
                account[WRITTEN] += 1
                account[CHARACTERS] += unspaced.missing(text) is not None
                account.update(OTHER if core[each.type] is None else MENTION for each in mentions)
                marked = [
                    {"start": each.start, "end": each.end, "type": core[each.type]}
                    for each in mentions
                    if core[each.type] is not None
                ]
                tokens = [{"start": start, "end": end} for start, end in unspaced.tokens(text)]
                row = {"text": text, "tokens": tokens, "mentions": marked}
                out.write(json.dumps(row, ensure_ascii=False) + "\n")
    return +account


def sentences(annotated: Annotated) -> Iterator[tuple[str, tuple[TextMention, ...]]]:
    """Yield the text of each of a passage's `rows`, and its mentions."""
    for row in rows(annotated):
        yield row.passage.text, row.mentions


def rows(annotated: Annotated) -> Iterator[Annotated]:
    """Yield the sentences of a passage, without the blanks around them, as passages of their own; their places are those in the document.

    No sentence ends within a mention, and none is blank; together they hold all of the passage but blanks, and all mentions but those of
    blanks alone.
    """
    passage, mentions = annotated.passage, annotated.mentions
    text, start = passage.text, 0
    for end in sentence_ends(text):
        if any(each.start < end < each.end for each in mentions):
            continue
        whole = text[start:end]
        first = start + len(whole) - len(whole.lstrip())
        if sentence := whole.strip():
            last = first + len(sentence)
            at, behind = passage.start + first, passage.start + last
            own = replace(
                passage,
                id=passage_id(passage.source, passage.document, at, behind),
                text=sentence,
                start=at,
                end=behind,
            )
            found = (
                replace(each, start=max(each.start, first) - first, end=min(each.end, last) - first)
                for each in mentions
                if start <= each.start < end and text[each.start : each.end].strip()
            )
            yield Annotated(own, tuple(found))
        start = end
