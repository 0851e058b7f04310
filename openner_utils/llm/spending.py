"""What replies of a server cost, as the server counts tokens, and when no more are asked for.

Servers tell with each reply how many tokens the prompt had and how many the reply. Nothing is estimated: a reply without
these numbers costs what nobody knows, and is counted apart.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from openner_utils.support.words import counted

MILLION = 1_000_000
MOST_TOKENS = 2**40
"""More tokens than any reply takes: a larger number is no count."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of a prompt and of its reply, reasoning included, as the server counts them, or the tokenizer of a local model."""

    prompt: int
    completion: int


@dataclass(frozen=True, slots=True)
class Rates:
    """What a million tokens of prompts and of replies cost, in whatever currency."""

    prompt: float = 0.0
    completion: float = 0.0


@dataclass(frozen=True, slots=True)
class Sum:
    """What many replies took: tokens of prompts and replies, and of how many ``replies`` (``untold``: without a count)."""

    prompt: int = 0
    completion: int = 0
    replies: int = 0
    untold: int = 0

    def __add__(self, usage: Usage | None) -> "Sum":
        if usage is None:
            return Sum(self.prompt, self.completion, self.replies + 1, self.untold + 1)
        return Sum(
            self.prompt + usage.prompt, self.completion + usage.completion, self.replies + 1, self.untold
        )

    @property
    def tokens(self) -> int:
        """Tokens of prompts and replies together."""
        return self.prompt + self.completion

    def cost(self, rates: Rates) -> float:
        """Return what it cost.

        >>> Sum(2_000_000, 500_000, 10).cost(Rates(0.5, 2.0))
        2.0
        """
        return (self.prompt * rates.prompt + self.completion * rates.completion) / MILLION


def total(usages: Iterable[Usage | None]) -> Sum:
    """Return what replies took together."""
    result = Sum()
    for usage in usages:
        result += usage
    return result


@dataclass(slots=True)
class Budget:
    """How much may be spent: ``tokens``, or a ``cost`` at these ``rates``; None is no limit. ``spent`` is what has been."""

    spent: Sum
    tokens: int | None = None
    cost: float | None = None
    rates: Rates = Rates()
    _unknown: bool = False

    def add(self, usage: Usage | None) -> None:
        """Count a reply."""
        self.spent += usage
        self._unknown |= usage is None

    @property
    def reached(self) -> str:
        """Why no more is to be asked, in words; empty while there is no reason.

        It is one, too, that the server does not tell what a reply took: then nobody could keep a budget.
        """
        if self.tokens is None and self.cost is None:
            return ""
        if self._unknown:
            return (
                "the server does not tell how many tokens a reply took (`usage`), so that no budget can be kept; take "
                "`budget` off the model in params.yaml and watch the server's own account"
            )
        if self.tokens is not None and self.spent.tokens >= self.tokens:
            return f"{counted(self.spent.tokens, 'token')} of a budget of {self.tokens:,} are spent; raise `budget`"
        if self.cost is not None and (cost := self.spent.cost(self.rates)) >= self.cost:
            return f"{cost:.6g} of a budget of {self.cost:g} is spent; raise `budget`"
        return ""
