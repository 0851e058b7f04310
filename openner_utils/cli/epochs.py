"""What a terminal shows of a training while it runs."""

from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Self

from openner_utils.cli.say import say
from openner_utils.support.progress import Bar, bar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openner_utils.encoders.loop import Epoch


class Epochs:
    """A bar for the epoch that runs, on standard error, and a line for each that has ended, on standard output.

    Each epoch has a bar of its own, which is taken away before its line is printed: both may go to one terminal.
    ``tokens``: of an epoch.
    """

    def __init__(self, name: str, epochs: int, tokens: int) -> None:
        self._name, self._epochs, self._tokens = name, epochs, tokens
        self._running = ExitStack()

    def __enter__(self) -> Self:
        self._bar = self._begin(1)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.close()

    def advance(self, tokens: float = 1) -> None:
        """Say that tokens were trained on."""
        self._bar.advance(tokens)

    def ended(self, history: "Sequence[Epoch]") -> bool:
        """Print what the last of these epochs came to; training goes on."""
        self._running.close()
        epoch = history[-1]
        f1 = "" if epoch.dev_f1 is None else f", F1 on dev {100 * epoch.dev_f1:.1f}"
        say(f"epoch {len(history)}: {epoch.steps} steps, loss {epoch.loss:z.3f}{f1}")
        if len(history) < self._epochs:
            self._bar = self._begin(len(history) + 1)
        return True

    def _begin(self, number: int) -> Bar:
        of = f"train {self._name}, epoch {number} of {self._epochs}, tokens"
        return self._running.enter_context(bar(of, total=self._tokens))
