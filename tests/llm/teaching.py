"""Sentences to tune on, in which capitals are mentions."""

from openner_utils.llm import prompts
from openner_utils.llm.prompts import Example
from openner_utils.llm.tuning.lessons import Lesson

WORDS = (
    "the", "old", "river", "town", "waits", "for", "rain", "while", "Ann", "and", "Omar", "talk", "about", "Oslo", "or", "Łódź",
)  # fmt: skip
CORE = tuple(prompts.CORE_TYPES.items())


def sentences(count=12):
    """Sentences in which capitals are mentions."""
    rows = []
    for number in range(count):
        tokens = tuple(WORDS[(number * 5 + at * 3) % len(WORDS)] for at in range(6))
        labels = [
            "O" if token.islower() else "B-PER" if token in ("Ann", "Omar") else "B-LOC" for token in tokens
        ]
        rows.append(Example(tokens, tuple(labels), " "))
    return tuple(rows)


def taught(*examples):
    """Return these sentences, or twelve, as the one lesson of the core release."""
    return (Lesson(CORE, examples or sentences()),)
