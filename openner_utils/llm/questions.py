"""One question for each test sentence: its prompt, with the names of types and the worked examples that a model is to see."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from openner_utils.catalog import language
from openner_utils.core.releases import Part, columns_of, parts, select
from openner_utils.llm import prompts
from openner_utils.llm.labels import Labels, Naming, labels_of, translations
from openner_utils.llm.shots import Shots, candidates, content

Published = Mapping[str, Sequence[tuple[str, str, int]]]
"""Corpus → its own types, as (core type, name, number of mentions)."""


@dataclass(frozen=True, slots=True)
class Question:
    """One test sentence as it is asked; ``gold`` are its labels (IOB2) in the core release, ``document`` is the one it stands in.

    ``lead``: the white space that stands before answers in worked examples; ``shots``: how many of these the prompt has.
    """

    part: tuple[str, str, str]
    sentence: int
    tokens: tuple[str, ...]
    separator: str
    prompt: str
    labels: Labels
    gold: tuple[str, ...]
    document: int
    lead: str = ""
    shots: int = 0

    @property
    def name(self) -> str:
        """Corpus, language, split and number, for lists of questions without a reply."""
        return "/".join((*self.part, str(self.sentence)))


@dataclass(frozen=True, slots=True)
class Wording:
    """How types are put in prompts: what they are called, whether they are defined, and the seed of their order."""

    naming: Naming = "standardized"
    definitions: bool = True
    order: int = 0


def questions(
    asked: pa.Table, train: pa.Table, tested: pa.Table, prompt: prompts.Prompt, wording: Wording, shots: Shots,
    published: Published,
) -> list[Question]:  # fmt: skip
    """Return a question for each sentence of the dev and test splits of ``asked``, with worked examples out of ``train``.

    ``train`` gives sentences of its training splits alone; ``tested`` holds all test sentences there are, asked or not,
    of which none is an example; nor is a dev sentence that is asked.
    """
    of = [part for part in parts(asked) if part.split != "train"]
    if wording.naming == "translated":
        translations(part.language for part in of)  # all that lack one are named at once
    forbidden = _contents(tested, "test") | _contents(asked, "dev") if shots.count else set()
    found: list[Question] = []
    for part in of:
        separator = prompts.separator(language(part.language).script)
        labels = labels_of(
            wording.naming, part.corpus, part.language, published.get(part.corpus, ()), wording.definitions
        ).in_order(wording.order)
        rows = list(columns_of(part.table).rows())
        pool = candidates(_examples(train, part, separator), forbidden) if shots.count else []
        chosen = shots.choose(pool, [tokens for tokens, _ in rows], f"{part.corpus} {part.language}")
        numbers, documents = (part.table[name].to_pylist() for name in ("sentence", "document"))
        for number, document, (tokens, gold), examples in zip(numbers, documents, rows, chosen, strict=True):
            said = [prompts.Example(each.tokens, labels.named(each.labels), separator) for each in examples]
            text = prompt.render(tokens, labels.listed, said, separator)
            question = Question(
                part.key,
                number,
                tuple(tokens),
                separator,
                text,
                labels,
                tuple(gold),
                document,
                prompt.lead,
                len(examples),
            )
            found.append(question)
    return found


def _examples(train: pa.Table, part: Part, separator: str) -> Iterable[prompts.Example]:
    """Yield the training sentences of a part's corpus and language, in their order."""
    rows = select(train, corpus=part.corpus, language=part.language, split="train").sort_by("sentence")
    return (
        prompts.Example(tuple(tokens), tuple(labels), separator) for tokens, labels in columns_of(rows).rows()
    )


def _contents(release: pa.Table, split: str) -> set[str]:
    return {content(tokens) for tokens in select(release, split=split)["tokens"].to_pylist()}
