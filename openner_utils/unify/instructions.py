"""Sentences as instructions for language models, in the form of B2NER (Yang et al. 2025, section 3.3, appendices A.4 and C.2).

An instruction names a label set and a text; its answer lists ``label: mention`` pairs. Training sentences are regularized, so that a
model reads labels instead of learning which ones stand together in a corpus: the *dynamic label set* of a corpus with more than
``most`` types holds the types of the sentence and others drawn at random, up to ``most``; each label is dropped with a
probability, and with it its mentions from the answer; the labels are in random order. Sentences of other splits name all types
of their corpus in alphabetical order.

B2NER's code draws the other labels out of the whole set, so that some are drawn twice and sets come out smaller than ``most``; here
they are drawn out of the rest. Its label sets are drawn once for all epochs; here ``copies`` of a sentence have sets of their own.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from openner_utils.support.documents import read_mapping
from openner_utils.support.records import Record, parse
from openner_utils.unify import draws
from openner_utils.unify.corpora import Corpus, gaps

WORDING = Path(__file__).parent / "wording.yaml"
CHINESE = frozenset({"cmn", "zho", "yue", "lzh"})
"""Languages that are asked in Chinese; all others are asked in English, as in B2NER."""
TRAIN = "train"
_QUOTED = frozenset(';"\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029')
"""Signs in a mention that would break an answer apart: those that part mentions, and all that `str.splitlines` takes for a line end."""


class Wording(Record):
    """The parts of an instruction in one language."""

    task: str
    form: str
    corpus: str
    labels: str
    meaning: str
    between: str
    shot: str
    text: str
    nothing: str


@dataclass(frozen=True, slots=True)
class Options:
    """How instructions are made.

    ``most``: labels of a dynamic set; ``dropout``: probability that a label is dropped; ``descriptions``: the set tells what each
    label means, where that is known; ``shots``: worked examples of the same corpus and language before the text; ``corpus``: the
    corpus is named (in B2NER this costs 6.3 F1 out of domain); ``regularize`` False names all labels in training, too.
    """

    seed: int = 1
    most: int = 18
    dropout: float = 0.1
    descriptions: bool = False
    shots: int = 0
    corpus: bool = False
    regularize: bool = True
    copies: int = 1


class Span(NamedTuple):
    """A mention of a sentence: its type, its text, and where it stands in the sentence's text."""

    type: str
    text: str
    start: int
    end: int


class Sentence(NamedTuple):
    """A sentence as text with its mentions, in order."""

    text: str
    spans: tuple[Span, ...]


@cache
def wordings() -> Mapping[str, Wording]:
    """Return the wording of each language."""
    return {
        name: parse(Wording, entry, f"{WORDING.name}: {name}")
        for name, entry in read_mapping(WORDING).items()
    }


def sentences(corpus: Corpus) -> list[Sentence]:
    """Return the sentences of a corpus as texts with mentions."""
    tokens, edges = corpus.columns.tokens.to_pylist(), corpus.columns.sentences.tolist()
    mentions = corpus.mentions()
    marked: list[list[tuple[int, int, str]]] = [[] for _ in range(corpus.columns.n_sentences)]
    for start, end, number, type in zip(
        mentions.start.tolist(), mentions.end.tolist(), mentions.sentence.tolist(), mentions.type.tolist(), strict=True
    ):  # fmt: skip
        marked[number].append((start - edges[number], end - edges[number], mentions.types[type]))
    found = []
    for number, spans in enumerate(marked):
        words = tokens[edges[number] : edges[number + 1]]
        text, places = "", []
        for gap, word in zip(gaps(words), words, strict=True):
            text += gap
            places.append((len(text), len(text) + len(word)))
            text += word
        found.append(
            Sentence(
                text,
                tuple(
                    Span(type, text[places[a][0] : places[b - 1][1]], places[a][0], places[b - 1][1])
                    for a, b, type in spans
                ),
            )
        )
    return found


def instructions(
    corpus: Corpus, options: Options, meanings: Mapping[str, str], name: str = ""
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (split, record) for each sentence of a corpus, training sentences ``copies`` times.

    ``meanings``: what each type means; ``name``: what the corpus is called, if instructions name it. A record has ``id``,
    ``corpus``, ``language``, ``instruction``, ``output``, and what they are made from: ``labels`` (the set), ``sentence`` and
    ``entities`` (each with ``name``, ``type`` and ``pos``, its place in the sentence), which hold what the answer holds.
    """
    every = corpus.types
    keys = draws.keys(corpus).tolist()
    found = sentences(corpus)
    pools = _pools(corpus, found) if options.shots else {}
    for number, (origin, sentence) in enumerate(zip(corpus.origins, found, strict=True)):
        train = origin.split in (TRAIN, "")
        for copy in range(options.copies if train else 1):
            # What is drawn follows from what the sentence holds, so the order of sentences makes no difference.
            draw = random.Random(f"{options.seed} {keys[number]} {copy}")
            dynamic = train and options.regularize
            labels = _dynamic(every, sentence, options, draw) if dynamic else list(every)
            shots = _shots(pools.get(origin.language, []), sentence.text, options, draw)
            wording = wordings()["chinese" if origin.language in CHINESE else "english"]
            asked, output = _written(sentence, labels, shots, wording, options, meanings, name or corpus.name)
            yield (
                origin.split or TRAIN,
                {
                    "id": f"{origin.id}-{copy}" if options.copies > 1 else origin.id,
                    "corpus": corpus.name,
                    "language": origin.language,
                    "instruction": asked,
                    "output": output,
                    "labels": labels,
                    "sentence": sentence.text,
                    "entities": [
                        {"name": each.text, "type": each.type, "pos": [each.start, each.end]}
                        for each in sentence.spans
                        if each.type in labels
                    ],
                },
            )


def _dynamic(every: Sequence[str], sentence: Sentence, options: Options, draw: random.Random) -> list[str]:
    labels = list(every)
    if len(every) > options.most:
        own = sorted({each.type for each in sentence.spans})
        labels = draw.sample(own, options.most) if len(own) > options.most else own
        labels = labels + draw.sample(
            [label for label in every if label not in own], options.most - len(labels)
        )
    kept = (
        [label for label in labels if draw.random() >= options.dropout] or [draw.choice(labels)]
        if labels
        else []
    )
    draw.shuffle(kept)
    return kept


def _pools(corpus: Corpus, found: Sequence[Sentence]) -> dict[str, list[Sentence]]:
    """Return the training sentences with a mention, by language, each text once, in an order that does not hang on files."""
    pools: dict[str, dict[str, Sentence]] = {}
    for origin, sentence in zip(corpus.origins, found, strict=True):
        if origin.split in (TRAIN, "") and sentence.spans:
            pools.setdefault(origin.language, {}).setdefault(sentence.text, sentence)
    return {language: [pool[text] for text in sorted(pool)] for language, pool in pools.items()}


def _shots(pool: Sequence[Sentence], text: str, options: Options, draw: random.Random) -> list[Sentence]:
    if not options.shots:
        return []
    drawn = draw.sample(pool, min(options.shots + 1, len(pool)))
    return [each for each in drawn if each.text != text][: options.shots]


def _written(
    sentence: Sentence,
    labels: Sequence[str],
    shots: Sequence[Sentence],
    wording: Wording,
    options: Options,
    meanings: Mapping[str, str],
    corpus: str,
) -> tuple[str, str]:
    """Return the instruction and its answer."""
    listed = wording.labels.format(labels=f"[{wording.between.join(labels)}]")
    if options.descriptions:
        known = [
            wording.meaning.format(label=label, definition=meanings[label])
            for label in labels
            if label in meanings
        ]
        listed = "\n".join([listed, *known])
    parts = [
        wording.task,
        wording.form.format(nothing=wording.nothing),
        wording.corpus.format(corpus=corpus) if options.corpus else "",
        listed,
        *(
            wording.shot.format(text=each.text, answer=answer(each, labels, wording.nothing))
            for each in shots
        ),
        wording.text.format(text=sentence.text),
    ]
    return "\n".join(filter(None, parts)), answer(sentence, labels, wording.nothing)


def answer(sentence: Sentence, labels: Sequence[str], nothing: str) -> str:
    """Return the right answer to a label set: the mentions of its types, in order of appearance.

    >>> answer(Sentence("Ada in Oslo", (Span("person", "Ada", 0, 3), Span("city", "Oslo", 7, 11))), ["person", "city"], "None")
    'person: Ada; city: Oslo'
    """
    pairs = (f"{each.type}: {_quoted(each.text)}" for each in sentence.spans if each.type in labels)
    return "; ".join(pairs) or nothing


def needs_quotes(text: str) -> bool:
    """Return whether a mention stands in double quotes, its own doubled, since it would not be read back as it is.

    >>> needs_quotes("Ada"), needs_quotes("a; b"), needs_quotes(" "), needs_quotes("a\\u2028b")
    (False, True, True, True)
    """
    return bool(_QUOTED & set(text)) or text != text.strip()


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if needs_quotes(text) else text
