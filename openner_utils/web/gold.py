"""Labelled sentences of corpora as passages of raw text with core types: what the truth is measured on."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from openner_utils.catalog import language
from openner_utils.catalog.ontology import entity_types
from openner_utils.support.errors import OpenNERError
from openner_utils.unify.corpora import Corpus, gaps
from openner_utils.web.mentions import Annotated, TextMention
from openner_utils.web.passages import UNKNOWN_LANGUAGE, UNKNOWN_SCRIPT, Passage, passage_id

FEWEST_DOCUMENTS = 10
"""With fewer in a corpus and language, marks of documents say little of what belongs together; then each sentence is its own."""


def passages_of(
    corpus: Corpus, core_of: Callable[[str], str | None], licence: str, most: int | None = None
) -> Iterator[Annotated]:
    """Yield the sentences of a corpus as text, each a passage, with the mentions that have a core type.

    Tokens are joined as one writes them (`unify.corpora.readable`). ``core_of`` says what a type is that `ontology` does not
    know. ``most``: so many sentences of each language, chosen by a hash of their text; None: all.
    """
    chosen = _chosen(corpus, most)
    tokens, edges = corpus.columns.tokens.to_pylist(), corpus.columns.sentences.tolist()
    documents = corpus.columns.document_of.tolist()
    known: dict[str, set[int]] = {}
    for origin, document in zip(corpus.origins, documents, strict=True):
        known.setdefault(origin.language, set()).add(document)
    whole = {language for language, each in known.items() if len(each) >= FEWEST_DOCUMENTS}
    mentions: dict[int, list[tuple[int, int, str]]] = {}
    for start, end, sentence, type in _mentions(corpus):
        mentions.setdefault(sentence, []).append((start, end, type))
    core = {type: _core(type, core_of) for type in corpus.types}
    for number, (first, last) in enumerate(pairwise(edges)):
        if number not in chosen:
            continue
        origin = corpus.origins[number]
        within = documents[number] if origin.language in whole else origin.id
        document = f"{corpus.name}/{within}"
        text, places = _joined(tokens[first:last])
        found = [
            TextMention(places[start - first][0], places[end - 1 - first][1], name)
            for start, end, type in mentions.get(number, ())
            if (name := core[type]) is not None
        ]
        place = passage_id(corpus.name, document, number, number + len(text))
        passage = Passage(
            place,
            text,
            origin.language,
            _script(origin.language),
            document,
            corpus.name,
            0,
            len(text),
            licence,
        )
        yield Annotated(passage, tuple(found))


def _chosen(corpus: Corpus, most: int | None) -> set[int]:
    """Return the numbers of the sentences that are taken: those of each language whose texts have the lowest hashes."""
    ranked: dict[str, list[tuple[str, int]]] = {}
    for number, (origin, text) in enumerate(zip(corpus.origins, corpus.texts(), strict=True)):
        rank = hashlib.sha256(f"{origin.id}\n{text}".encode("utf-8", "surrogatepass")).hexdigest()
        ranked.setdefault(origin.language, []).append((rank, number))
    return {number for each in ranked.values() for _, number in sorted(each)[:most]}


def _mentions(corpus: Corpus) -> Iterator[tuple[int, int, int, str]]:
    """Yield tokens [start, end), sentence and type of each mention."""
    found = corpus.mentions()
    rows = (found.start.tolist(), found.end.tolist(), found.sentence.tolist(), found.type.tolist())
    for start, end, sentence, type in zip(*rows, strict=True):
        yield start, end, sentence, found.types[type]


def _joined(tokens: Sequence[str]) -> tuple[str, list[tuple[int, int]]]:
    """Return tokens as text, and where in it each stands."""
    pieces: list[str] = []
    places, length = [], 0
    for gap, token in zip(gaps(tokens), tokens, strict=True):
        pieces += [gap, token]
        places.append((length + len(gap), length + len(gap) + len(token)))
        length = places[-1][1]
    return "".join(pieces), places


def _core(type: str, core_of: Callable[[str], str | None]) -> str | None:
    known = entity_types()
    return known[type].core if type in known else core_of(type)


def _script(code: str) -> str:
    if code == UNKNOWN_LANGUAGE:
        return UNKNOWN_SCRIPT
    return language(code).script


def refuse_empty(gold: Sequence[Annotated]) -> None:
    """Raise `OpenNERError` where there is nothing to measure against."""
    if not any(each.mentions for each in gold):
        raise OpenNERError(
            f"{len(gold)} sentences hold no mention of a core type (PER, LOC, ORG). Name corpora whose labels are these, or map "
            "to them."
        )
