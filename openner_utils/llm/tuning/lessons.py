"""What a language model is tuned on: sentences with the types that are annotated in them, as prompts with right answers.

A model that sees the same list of types in every prompt learns to ignore the list. So, each by a switch of its own, a prompt
may name only some of the types (a *dynamic* set), lose types together with their mentions (*dropout*), and list them in an
order of chance; all of it is drawn anew for each example in every epoch. After B2NER (Yang et al. 2025), which draws once for all
epochs and whose filling types may repeat the sentence's own; here they are others.
"""

import random
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from openner_utils.core.document import Mention, Span
from openner_utils.core.encoding import IOB2
from openner_utils.llm.prompts import Example, Prompt, answer

Pair = tuple[list[int], list[int]]
"""Token ids of a prompt and of its right answer, the end included."""
Encode = Callable[[Sequence[str]], list[list[int]]]
"""Texts to token ids."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """Sentences in which the same types are annotated; ``types``: name and one-line definition (may be empty) of each."""

    types: tuple[tuple[str, str], ...]
    sentences: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class LabelDraw:
    """Which types a prompt lists, and in which order.

    ``most``: where there are more types than that, a prompt lists the sentence's own (that many at random, if they are more)
    and others, drawn, up to that number. ``dropout``: the chance of each listed type to be left out with its mentions; one
    always stays. ``shuffle``: the order is drawn. Without any of them a prompt lists all types as they come.
    """

    most: int | None = None
    dropout: float = 0.0
    shuffle: bool = False

    @property
    def fixed(self) -> bool:
        """Whether nothing is drawn, so that all epochs are alike."""
        return self == LabelDraw()

    def draw(self, types: Sequence[str], own: Collection[str], chance: random.Random) -> tuple[str, ...]:
        """Return the types that the prompt of a sentence lists; ``own`` are those of its mentions.

        >>> LabelDraw(most=2).draw(["PER", "LOC", "ORG"], {"ORG"}, random.Random(1))
        ('PER', 'ORG')
        """
        chosen = list(types)
        if self.most is not None and len(chosen) > self.most:
            held = [type for type in chosen if type in own]
            if len(held) > self.most:
                held = chance.sample(held, self.most)
            others = [type for type in chosen if type not in own]
            kept = {*held, *chance.sample(others, self.most - len(held))}
            chosen = [type for type in chosen if type in kept]
        if self.dropout:
            kept = {type for type in chosen if chance.random() >= self.dropout}
            chosen = [type for type in chosen if type in kept] or [chance.choice(chosen)]
        if self.shuffle:
            chance.shuffle(chosen)
        return tuple(chosen)


ALL_TYPES = LabelDraw()


def pairs(
    lessons: Sequence[Lesson],
    prompts: Sequence[Prompt],
    ask: Encode,
    reply: Encode,
    end: int,
    draw: LabelDraw = ALL_TYPES,
    seed: str = "",
) -> list[Pair]:
    """Return each sentence in each prompt's form, prompt by prompt, with its right answer, which ``end`` ends.

    What is drawn hangs on ``seed`` and on the example's number alone, so an epoch is the same whatever came before it.
    """
    questions: list[str] = []
    answers: list[str] = []
    for prompt in prompts:
        for lesson in lessons:
            defined = dict(lesson.types)
            for sentence in lesson.sentences:
                listed = defined
                if not draw.fixed:
                    own = {label[2:] for label in sentence.labels if label != "O"}
                    chance = random.Random(f"{seed} {len(questions)}")
                    listed = {type: defined[type] for type in draw.draw(list(defined), own, chance)}
                labels = _of_types(sentence.labels, listed)
                # Sentences of several languages are mixed: each is written as its language writes, as when it is asked.
                questions.append(prompt.render(sentence.tokens, listed, sep=sentence.separator))
                answers.append(answer(sentence.tokens, labels, prompt.format, sentence.separator))
    asked, answered = ask(questions), reply(answers)
    return [(question, [*said, end]) for question, said in zip(asked, answered, strict=True)]


def _of_types(labels: Sequence[str], types: Collection[str]) -> Sequence[str]:
    """Return labels without the mentions of other types."""
    if all(label == "O" or label[2:] in types for label in labels):
        return labels
    kept = [mention for mention in IOB2.decode(labels) if mention.type in types]
    return IOB2.encode(kept, len(labels))


def length(pair: Pair) -> int:
    """Return the tokens of a prompt and its answer together."""
    return len(pair[0]) + len(pair[1])


def shuffled(sentences: Sequence[Example], seed: int) -> tuple[Example, ...]:
    """Return the same sentences for a control: each with another one's mentions, at random places.

    A mention that finds no room in its new sentence is left out.
    """
    chance = random.Random(seed)
    mentions = [IOB2.decode(sentence.labels) for sentence in sentences]
    chance.shuffle(mentions)
    result = []
    for sentence, borrowed in zip(sentences, mentions, strict=True):
        room = len(sentence.tokens)
        placed: list[Mention] = []
        for mention in borrowed:
            spans = (Span(at, at + len(mention.span)) for at in range(room - len(mention.span) + 1))
            free = [span for span in spans if not any(span.overlaps(other.span) for other in placed)]
            if free:
                placed.append(Mention(chance.choice(free), mention.type))
        result.append(replace(sentence, labels=IOB2.encode(sorted(placed), room)))
    return tuple(result)
