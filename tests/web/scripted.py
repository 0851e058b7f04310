"""A backend that answers by a script."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from openner_utils.llm.backends import NoReply, Reply


def question_of(prompt: str) -> str:
    """Return the line of a prompt that holds the passage."""
    return next(
        line for line in reversed(prompt.splitlines()) if line.startswith(("Sentence: ", "Passage: "))
    )


@dataclass
class Scripted:
    """A backend that answers by a script of (part of the question, reply), and remembers what it was asked."""

    script: dict[str, str | None]
    model: str = "scripted"
    key: str = "scripted"
    batch_size: int | None = None
    engine: str = ""
    asked: list[str] = field(default_factory=list)

    def generate(self, prompts, max_new_tokens, automata=None, guidance=None) -> Iterator:
        for number, prompt in enumerate(prompts):
            self.asked.append(prompt)
            shown = question_of(prompt)
            reply = next(reply for part, reply in self.script.items() if part in shown)
            yield [(number, Reply(reply, "stop") if reply is not None else NoReply("no connection"))]
