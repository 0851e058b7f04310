"""Systems that `benchmarks.training` compares, each one a program: ``python -m benchmarks.systems.NAME TASK OUT``.

`web_loop` is that of `benchmarks.web`, and takes files; `students` is compared with nothing: it trains what docs/log.md tells of. Any other program reads its task, does it in one process, and writes what it came to. Only the work itself is timed: sentences lie
in memory and the model is loaded when the clock starts.
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

BF16, BY_LENGTH = "bf16", "group_by_length"
"""What Trainer documents for speed: to reckon in bf16, and to put sentences of like length together."""


@dataclass(frozen=True, slots=True)
class Task:
    """What to do: train ``model`` (a folder) on sentences and predict others, or only predict.

    ``train`` and ``test``: sentences, each its tokens and its labels; ``labels``: all labels in the order of the model's
    outputs; ``best``: with the settings that are documented as fastest, or else with the usual ones; ``device``: cpu or cuda. What
    follows is of training alone; ``keep``: the folder in which ours leaves the trained model; ``fast``: which of what Trainer documents
    for speed its best settings are.
    """

    model: str
    checkpoint: str
    labels: tuple[str, ...]
    train: tuple[tuple[list[str], list[str]], ...]
    test: tuple[tuple[list[str], list[str]], ...]
    best: bool
    device: str = "cpu"
    epochs: int = 0
    batch_size: int = 0
    learning_rate: float = 0.0
    weight_decay: float = 0.0
    max_length: int = 0
    seed: int = 0
    keep: str = ""
    fast: tuple[str, ...] = (BF16, BY_LENGTH)


@dataclass(frozen=True, slots=True)
class Done:
    """What came of it: ``wall`` and ``processor`` seconds of the work that the clock ran over, and for the test sentences the
    label of each token. ``read`` and ``filled``: sub-tokens that the model read in that time, and what batches held in all, filling
    included (0 where it was not counted). ``memory``: most megabytes that were taken of a GPU (0 without
    one); ``begun``: when the clock started, in seconds of the machine's own count.
    """

    wall: float
    processor: float
    read: int
    filled: int
    labels: tuple[list[str], ...]
    memory: float = 0.0
    begun: float = 0.0


class Clock:
    """Wall and processor time of this process between entering and leaving."""

    wall = processor = begun = 0.0

    def __enter__(self) -> "Clock":
        _wait()
        self.begun = time.monotonic()
        self._begin = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        _wait()
        self.wall = time.perf_counter() - self._begin[0]
        self.processor = time.process_time() - self._begin[1]


def _wait() -> None:
    """Wait until a GPU has done what it was told."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.synchronize()


def memory() -> float:
    """Return the most megabytes that this process has taken of a GPU."""
    import torch

    return torch.cuda.max_memory_reserved() / 1e6 if torch.cuda.is_available() else 0.0


def main(carry_out: Callable[[Task], Done]) -> None:
    """Carry out the task of the command line in one thread."""
    import torch

    torch.set_num_threads(1)
    task, out = map(Path, sys.argv[1:])
    told = json.loads(task.read_text("utf-8"))
    done = carry_out(Task(**told | {"labels": tuple(told["labels"])}))
    out.write_text(json.dumps(asdict(done)), "utf-8")
