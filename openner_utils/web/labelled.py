"""Web documents made of labelled sentences, so that a pipeline for web text runs where its truth is known.

Consecutive sentences of a corpus become a document; where the corpus marks documents, none goes across their borders. A pipeline is
handed shards of them without labels, cuts passages as it likes, and `gold` lays the labels over what it kept.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from openner_utils.support.files import atomic
from openner_utils.web.mentions import Annotated, TextMention
from openner_utils.web.passages import Passage


@dataclass(frozen=True, slots=True)
class Made:
    """A document: its text, the gold mentions in it (core types), and what it was made from.

    ``origin``: the corpus's own document, which several of these may share, or its first sentence where none is marked: what
    intervals count as one draw.
    """

    id: str
    text: str
    language: str
    licence: str
    source: str
    origin: str
    mentions: tuple[TextMention, ...]


def documents(sentences: Iterable[Annotated], together: int, most: int | None = None) -> list[Made]:
    """Return documents of ``together`` sentences or, at the end of what belongs together, fewer.

    ``sentences``: as `gold.passages_of` gives them. ``most``: of each source and language, chosen by a hash; None: all.
    """
    given = list(sentences)
    sizes = Counter(each.passage.document for each in given)
    found: list[Made] = []

    def belongs(each: Annotated) -> tuple[str, str, str]:
        passage = each.passage
        marked = sizes[passage.document] > 1
        return passage.source, passage.language, passage.document if marked else ""

    for (source, language, _), run in groupby(given, key=belongs):
        own = list(run)
        for start in range(0, len(own), together):
            found.append(_made(f"{source}/{language}/{len(found)}", own[start : start + together]))
    return _most(found, most)


def _made(id: str, sentences: Sequence[Annotated]) -> Made:
    text, mentions = "", list[TextMention]()
    for each in sentences:
        text += " " if text else ""
        mentions += [replace(m, start=m.start + len(text), end=m.end + len(text)) for m in each.mentions]
        text += each.passage.text
    first = sentences[0].passage
    return Made(id, text, first.language, first.licence, first.source, first.document, tuple(mentions))


def _most(found: list[Made], most: int | None) -> list[Made]:
    if most is None:
        return found
    room: Counter[tuple[str, str]] = Counter()
    kept = set()
    for each in sorted(found, key=lambda each: hashlib.sha256(each.id.encode()).hexdigest()):
        room[each.source, each.language] += 1
        if room[each.source, each.language] <= most:
            kept.add(each.id)
    return [each for each in found if each.id in kept]


def record(document: Made) -> str:
    """Return a document as a line of a shard, without its labels."""
    said = {
        "id": document.id,
        "language": document.language,
        "licence": document.licence,
        "text": document.text,
    }
    return json.dumps(said, ensure_ascii=False)


def write_shard(lines: Iterable[str], path: Path) -> None:
    """Write the lines of a shard (JSON lines), whole or not at all."""
    with atomic(path) as beside, beside.open("w", encoding="utf-8") as out:
        out.writelines(f"{line}\n" for line in lines)


def gold(passages: Iterable[Passage], made: Mapping[str, Made]) -> list[Annotated]:
    """Return passages with the gold mentions that lie in them, each under its document's origin.

    ``made``: the documents by id. A mention that an edge of a passage cuts is left out, as the passage does not hold it.
    """
    found = []
    for passage in passages:
        document = made[passage.document]
        inside = [
            replace(each, start=each.start - passage.start, end=each.end - passage.start)
            for each in document.mentions
            if passage.start <= each.start and each.end <= passage.end
        ]
        found.append(Annotated(replace(passage, document=document.origin)).with_mentions(inside))
    return found
