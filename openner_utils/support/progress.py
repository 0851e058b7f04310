"""Progress bars on the terminal's stderr, wherever the work runs.

In a process of its own, a bar is drawn where the work is. Inside `watched`, which the notebook runner uses, this
process, the kernel and every worker below it append what they report to a small side file named by the
environment variable OPENNER_PROGRESS; `watched` reads the file and draws. So nothing of it enters a notebook.
Where stderr is no terminal, a plain line appears at most every ten seconds.
"""

import json
import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from itertools import count
from pathlib import Path
from typing import Protocol, TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from openner_utils.support.process import scratch

SIDE_FILE = "OPENNER_PROGRESS"
LINE_EVERY = 10.0  # seconds between plain lines
_REPORT_EVERY = 0.1  # seconds between two reports of one bar
_LOOK_EVERY = 0.1  # seconds between two looks into the side file

Clock = Callable[[], float]
T = TypeVar("T")
_numbers = count()


@dataclass(frozen=True)
class Step:
    """How far one bar has come; ``key`` is unique over all processes, ``total`` None means unknown."""

    key: str
    description: str
    done: float
    total: float | None
    ended: bool = False


class Screen(Protocol):
    """Where steps are shown."""

    def show(self, step: Step) -> None:
        """Show the newest state of a bar."""

    def clear(self) -> None:
        """Forget every bar, also those that nobody ended."""


class LiveScreen:
    """Bars that move, for a terminal; a bar vanishes when it ends."""

    def __init__(self, console: Console | None = None) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console or Console(stderr=True),
            transient=True,
            redirect_stdout=False,  # what a command prints stays on stdout
        )
        self._tasks: dict[str, TaskID] = {}
        self._lock = threading.Lock()

    def show(self, step: Step) -> None:
        """Draw the bar, or remove it once it has ended."""
        with self._lock:
            if step.key not in self._tasks:
                if step.ended:
                    return
                if not self._tasks:
                    self._progress.start()
                self._tasks[step.key] = self._progress.add_task(step.description, total=step.total)
            task = self._tasks[step.key]
            self._progress.update(task, description=step.description, completed=step.done, total=step.total)
            if step.ended:
                self._progress.remove_task(self._tasks.pop(step.key))
                if not self._tasks:
                    self._progress.stop()

    def clear(self) -> None:
        """Remove all bars from the terminal."""
        with self._lock:
            for task in self._tasks.values():
                self._progress.remove_task(task)
            self._tasks.clear()
            self._progress.stop()


class LineScreen:
    """A plain line now and then, for logs; ``clock`` tells seconds."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock, self._last = clock, clock()

    def show(self, step: Step) -> None:
        """Print the step unless a line was printed less than `LINE_EVERY` seconds ago."""
        if (now := self._clock()) - self._last < LINE_EVERY:
            return
        self._last = now
        share = f"/{step.total:g} ({step.done / step.total:.0%})" if step.total else ""
        print(f"  {step.description}: {step.done:g}{share}", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Do nothing: lines stay."""


class Bar:
    """A bar that moves by `advance`, from any thread; made by `bar`. ``clock`` tells seconds."""

    def __init__(
        self,
        description: str,
        total: float | None,
        report: Callable[[Step], None],
        clock: Clock = time.monotonic,
    ) -> None:
        self._key = f"{os.getpid()}-{next(_numbers)}"
        self._description, self._total, self._report = description, total, report
        self._clock, self._done, self._reported = clock, 0.0, clock()
        self._lock = threading.Lock()
        report(Step(self._key, description, 0.0, total))

    def advance(self, n: float = 1) -> None:
        """Say that ``n`` more units are done."""
        with self._lock:
            self._done += n
            if (now := self._clock()) - self._reported >= _REPORT_EVERY:
                self._reported = now
                self._report(Step(self._key, self._description, self._done, self._total))

    def _end(self) -> None:
        self._report(Step(self._key, self._description, self._done, self._total, ended=True))


@contextmanager
def bar(description: str, total: float | None = None) -> Iterator[Bar]:
    """Yield a bar of ``total`` units (None: unknown), shown until the block ends."""
    made = Bar(description, total, _reporter())
    try:
        yield made
    finally:
        made._end()


def track(iterable: Iterable[T], description: str, total: float | None = None) -> Iterator[T]:
    """Yield the items of ``iterable``, showing how many have been worked on."""
    if total is None and isinstance(iterable, Sized):
        total = len(iterable)
    with bar(description, total) as shown:
        for item in iterable:
            yield item
            shown.advance()


@contextmanager
def watched(screen: Screen | None = None) -> Iterator[None]:
    """Draw here what this process and all processes started inside the block report: on ``screen``, else on stderr.

    Inside another `watched`, the outer one draws.
    """
    if SIDE_FILE in os.environ:
        yield
        return
    with scratch() as folder:
        side = folder / "progress.jsonl"
        side.touch()
        screen, over = screen or _new_screen(), threading.Event()
        drawer = threading.Thread(target=_draw, args=(side, screen, over), daemon=True)
        drawer.start()
        os.environ[SIDE_FILE] = str(side)
        try:
            yield
        finally:
            del os.environ[SIDE_FILE]
            over.set()
            drawer.join()
            screen.clear()


def _reporter() -> Callable[[Step], None]:
    """Return where bars of this process report to."""
    if side := os.environ.get(SIDE_FILE):
        return lambda step: _append(Path(side), step)
    if multiprocessing.parent_process() is not None:
        return lambda step: None  # a worker that nobody watches must not draw over its parent
    return _own_screen().show


@cache
def _own_screen() -> Screen:
    return _new_screen()


def _new_screen() -> Screen:
    return LiveScreen() if sys.stderr.isatty() else LineScreen()


def _append(side: Path, step: Step) -> None:
    """Append one line; a single short write in append mode is not torn by other writers."""
    try:
        with open(side, "ab", buffering=0) as lines:
            lines.write(json.dumps(asdict(step)).encode() + b"\n")
    except OSError:
        pass  # the one who draws is gone or the disk is full: work goes on unseen


def _draw(side: Path, screen: Screen, over: threading.Event) -> None:
    """Show the steps of the side file as they come, until ``over`` is set."""
    rest = b""
    with open(side, "rb") as lines:
        while True:
            last = over.is_set()
            *whole, rest = (rest + lines.read()).split(b"\n")
            for line in whole:
                screen.show(Step(**json.loads(line)))
            if last:
                return
            over.wait(_LOOK_EVERY)
