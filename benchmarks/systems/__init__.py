"""Systems that `benchmarks.training` compares, each one a program: ``python -m benchmarks.systems.NAME TASK OUT``.

`web_loop` is that of `benchmarks.web`, and takes files. Any other program reads its task, does it in one process, and writes what it came to. Only the work itself is timed: sentences lie
in memory and the model is loaded when the clock starts.
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Task:
    """What to do: train ``model`` (a folder) on sentences and predict others, or only predict.

    ``train`` and ``test``: sentences, each its tokens and its labels; ``labels``: all labels in the order of the model's
    outputs; ``best``: with the settings that are documented as fastest, or else with the usual ones. What follows is of training
    alone; ``keep``: the folder in which ours leaves the trained model.
    """

    model: str
    checkpoint: str
    labels: tuple[str, ...]
    train: tuple[tuple[list[str], list[str]], ...]
    test: tuple[tuple[list[str], list[str]], ...]
    best: bool
    epochs: int = 0
    batch_size: int = 0
    learning_rate: float = 0.0
    weight_decay: float = 0.0
    max_length: int = 0
    seed: int = 0
    keep: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """What came of it: ``wall`` and ``processor`` seconds of the work that the clock ran over, and for the test sentences the
    label of each token. ``read`` and ``filled``: sub-tokens that the model read in that time, and what batches held in all, filling
    included (0 where it was not counted).
    """

    wall: float
    processor: float
    read: int
    filled: int
    labels: tuple[list[str], ...]


class Clock:
    """Wall and processor time of this process between entering and leaving."""

    wall = processor = 0.0

    def __enter__(self) -> "Clock":
        self._begin = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall = time.perf_counter() - self._begin[0]
        self.processor = time.process_time() - self._begin[1]


def main(carry_out: Callable[[Task], Done]) -> None:
    """Carry out the task of the command line in one thread."""
    import torch

    torch.set_num_threads(1)
    task, out = map(Path, sys.argv[1:])
    told = json.loads(task.read_text("utf-8"))
    done = carry_out(Task(**told | {"labels": tuple(told["labels"])}))
    out.write_text(json.dumps(asdict(done)), "utf-8")
