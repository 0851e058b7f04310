"""Annotators: a name, and what finds mentions in passages, be it a trained encoder or a language model.

A language model is asked by one of the compendium's prompt files, its replies are kept in a store and never asked for twice,
and what it names is grounded in the passage's tokens (`llm.grounding`). What cannot be grounded is lost, and counted by reason.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Protocol

from openner_utils.core.encoding import IOB2
from openner_utils.llm import grounding, prompts
from openner_utils.llm.asking import ask
from openner_utils.llm.backends import Backend
from openner_utils.llm.replies import Parsed
from openner_utils.llm.spending import Budget, Rates, Usage
from openner_utils.llm.store import Store
from openner_utils.readers.spans import get_tokenizer
from openner_utils.support.progress import bar
from openner_utils.web.mentions import Annotated, TextMention
from openner_utils.web.passages import Passage

OPEN = "json_open_v1"
"""The prompt file for free types, beside this module."""
PROMPTS = Path(__file__).parent / "prompts"
FAMILIES = {
    "footballer": "people, real or invented, by what they are known for",
    "city": "places, natural and made",
    "museum": "organizations, institutions, teams and groups",
    "film": "works, products and brands",
    "programming language": "technology and science: methods, substances, species, diseases, instruments",
    "festival": "events, periods and dates",
    "currency": "quantities, money and measures",
    "language": "culture: languages, peoples, religions, dishes, games",
}
"""What is looked for where types are free: an example of a narrow type, and the family that it stands for."""
MALFORMED = "malformed answer"
"""The fault of a passage that every answer to was none that can be read."""


class Placed(Protocol):
    """A mention as a trained model gives it (`api.tagging.Found`)."""

    @property
    def start(self) -> int: ...  # noqa: D102
    @property
    def end(self) -> int: ...  # noqa: D102
    @property
    def type(self) -> str: ...  # noqa: D102
    @property
    def score(self) -> float: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Annotation:
    """What an annotator made of some passages, one for each.

    ``account``: the mentions that it named, by what became of them (`grounding.OUTCOMES`); ``faults``: what is wrong with
    replies as a whole, by name; ``usages``: the tokens that each passage took, None where nobody told; empty for what takes none;
    ``rates``: what these cost, None where no price is known.
    """

    passages: tuple[Annotated, ...]
    account: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    usages: tuple[Usage | None, ...] = ()
    rates: Rates | None = None


@dataclass(frozen=True, slots=True)
class Annotator:
    """What finds mentions in passages; ``name`` is what tables call it."""

    name: str
    annotate: Callable[[Sequence[Passage]], Annotation]


def by_model(name: str, predict: Callable[[Iterable[str]], Iterable[Sequence[Placed]]]) -> Annotator:
    """Return a trained model as an annotator; ``predict`` yields the mentions of each text (`api.tagging.Model.predict_each`)."""
    return Annotator(name, partial(_predicted, predict))


def _predicted(
    predict: Callable[[Iterable[str]], Iterable[Sequence[Placed]]], passages: Sequence[Passage]
) -> Annotation:
    found = predict(each.text for each in passages)
    annotated = tuple(
        Annotated(passage).with_mentions(
            TextMention(m.start, m.end, m.type, min(m.score, 1.0)) for m in mentions
        )
        for passage, mentions in zip(passages, found, strict=True)
    )
    return Annotation(annotated, Counter({grounding.GROUNDED: sum(len(each.mentions) for each in annotated)}))


@dataclass(frozen=True, slots=True)
class Asked:
    """How a language model is asked for mentions.

    ``types``: what the prompt lists, each with a definition that may be empty. ``free``: they are families alone, and a reply may
    give any type. ``replies``: the file of the store; ``budget`` None: no limit; ``rates`` None: no price is known.
    """

    backend: Backend
    prompt: prompts.Prompt
    types: Mapping[str, str]
    replies: Path
    max_new_tokens: int
    free: bool = False
    policy: grounding.Policy = "free"
    budget: Budget | None = None
    rates: Rates | None = None


def by_llm(name: str, asked: Asked) -> Annotator:
    """Return a language model as an annotator. It gives no scores.

    Raises `OpenNERError` where a passage gets no reply; the replies so far are kept, and the same call asks for the others alone.
    """
    return Annotator(name, partial(_asked, asked))


def _asked(asked: Asked, passages: Sequence[Passage]) -> Annotation:
    tokens = [tokens_of(each) for each in passages]
    full = [number for number, each in enumerate(tokens) if each]
    words = {n: tuple(passages[n].text[start:end] for start, end in tokens[n]) for n in full}
    questions = [
        asked.prompt.render(words[n], asked.types, sep=prompts.separator(passages[n].script)) for n in full
    ]
    with bar("replies", len(questions)) as progress:
        records = ask(
            asked.backend,
            questions,
            asked.max_new_tokens,
            Store(asked.replies),
            advance=progress.advance,
            names=[passages[n].id for n in full],
            budget=asked.budget,
        )
    usages: list[Usage | None] = [Usage(0, 0)] * len(passages)
    found: dict[int, list[TextMention]] = {}
    account: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    format = asked.prompt.format
    policy: grounding.Policy = "offsets" if format in grounding.MARKED else asked.policy
    for n, record in zip(full, records, strict=True):
        usages[n] = record.usage
        known = list(asked.types)
        if record.finish_reason == "malformed":
            parsed = Parsed(faults=(MALFORMED,))
        else:
            parsed = grounding.parse(record.reply, words[n], known, format)
        if asked.free:
            parsed, known = _any_type(parsed)
        outcome = grounding.ground(parsed, words[n], known, format, policy)
        account.update(outcome.mentions())
        faults.update(outcome.faults)
        found[n] = [
            TextMention(tokens[n][each.span.start][0], tokens[n][each.span.end - 1][1], each.type)
            for each in IOB2.decode(outcome.labels)
        ]
    annotated = tuple(
        Annotated(passage).with_mentions(found.get(n, ())) for n, passage in enumerate(passages)
    )
    return Annotation(annotated, account, faults, tuple(usages), asked.rates)


def _any_type(parsed: Parsed) -> tuple[Parsed, list[str]]:
    """Return a reply's mentions under their types in small letters and without blanks around, and these types."""
    mentions = tuple(replace(each, type=" ".join(each.type.split()).casefold()) for each in parsed.mentions)
    return replace(parsed, mentions=mentions), sorted({each.type for each in mentions if each.type})


def known(name: str, annotated: Iterable[Annotated]) -> Annotator:
    """Return an annotator that gives passages, by id, the mentions that they have been given before."""
    found = {each.passage.id: each.mentions for each in annotated}

    def annotate(passages: Sequence[Passage]) -> Annotation:
        again = tuple(Annotated(each, found[each.id]) for each in passages)
        return Annotation(again, Counter({grounding.GROUNDED: sum(len(each.mentions) for each in again)}))

    return Annotator(name, annotate)


def tokens_of(passage: Passage) -> list[tuple[int, int]]:
    """Return the characters [start, end) of a passage's tokens: words, or written characters in scripts without blanks."""
    kind = "words" if prompts.separator(passage.script) else "clusters"
    return list(get_tokenizer(kind)(passage.text))
