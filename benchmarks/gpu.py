"""Train on a GPU, beside Transformers' Trainer; and several seeds at once on one GPU, beside one after the other.

Two encoders: multilingual-e5-small with its weights, so that F1 can be compared; and one of the size of XLM-R base, whose weights are
random (no package carries them), for time alone. Same sentences, batches, epochs, learning rate; each run is a process of its own, and
time is that of the clock over the training, for the processor only starts what the GPU does. The GPU's own peak is measured in the same run,
on a product of large bf16 matrices. It takes some fifteen minutes.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from statistics import fmean, median

import torch
import transformers
from transformers import AutoTokenizer, BertConfig, PretrainedConfig, XLMRobertaConfig, XLMRobertaModel

from benchmarks import Claim, NeededError, mirror, of_parts
from benchmarks.systems import Done, Task
from benchmarks.training import (
    LABELS,
    Run,
    Size,
    needed,
    program,
    refuse_other_f1,
    rows_of,
    run_of,
    texts_of,
)
from openner_utils.core.columns import Columns
from openner_utils.support.errors import OpenNERError
from openner_utils.training import checkpoints
from openner_utils.training.batches import number_of

SIZE = Size(train=1000, test=500, epochs=3, batch=16, runs=3)
RATE = 3e-4
AT_ONCE = 3
"""Seeds that are trained at once."""


@dataclass(frozen=True, slots=True)
class Model:
    """An encoder in a folder: ``weights`` that a batch multiplies with (those of layers, not of the table of sub-tokens)."""

    name: str
    folder: Path
    weights: int
    has_learnt: bool


def run(size: Size = SIZE) -> Iterator[Claim]:
    """Yield the claims on training with a GPU; each encoder is a part of its own (`of_parts`)."""
    needed("accelerate")
    if not torch.cuda.is_available():
        raise NeededError("This benchmark needs a GPU, and torch sees none.")
    texts = texts_of(size, mirror())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        models = (_e5(), _xlmr_size(folder / "xlmr"))
        yield from of_parts(
            partial(_claims, model, texts.train, texts.test, texts.what, size, folder) for model in models
        )


def _claims(
    model: Model, train: Columns, test: Columns, what: str, size: Size, folder: Path
) -> Iterator[Claim]:
    tasks = [
        Task(
            str(model.folder), str(model.folder), LABELS, rows_of(train), rows_of(test), best=False, device="cuda",
            epochs=size.epochs, batch_size=size.batch, learning_rate=RATE, weight_decay=0.01, max_length=256, seed=seed,
            keep=str(folder / "model"),
        )
        for seed in range(1, size.runs + 1)
    ]  # fmt: skip
    runs: dict[tuple[bool, bool], list[Run]] = {}
    for task in tasks:
        for ours, best in ((True, True), (False, False), (False, True)):
            system = "openner_training" if ours else "trainer"
            done = run_of(system, replace(task, best=best), test, folder)
            runs.setdefault((ours, best), []).append(done)
            print(f"{model.name}, {system}: {done.done.wall:.1f} s, F1 {100 * done.f1:.1f}", file=sys.stderr)
    if model.has_learnt:
        refuse_other_f1(f"training {model.name}", runs)
    sentences, peak = train.n_sentences * size.epochs, _peak()
    read = runs[False, False][0].done.read
    shown = "; ".join(
        f"{'ours' if ours else 'Trainer'} {'best' if best else 'usual'}: "
        f"{_described(some, sentences, read, 6 * model.weights, peak, model.has_learnt)}"
        for (ours, best), some in runs.items()
    )
    note = (
        f"{_gpu()}; {what}; batches of {size.batch}, {size.epochs} epochs; {_steps(train, size):,} steps; "
        f"time of the clock; ours in bf16; bf16 peak measured: {peak / 1e12:.0f} TFLOP/s; {shown}"
    )
    for best, goal in ((False, 5.0), (True, 1.5)):
        yield Claim(
            f"training {model.name} on a GPU: ours against Trainer in its {'best' if best else 'usual'} settings",
            "sentences/s", sentences / _wall(runs[True, True]), sentences / _wall(runs[False, best]), goal, note,
        )  # fmt: skip
    if not model.has_learnt:
        return
    alone = _seconds_of([replace(tasks[0], best=True)], folder)
    together = _seconds_of([replace(tasks[0], best=True, seed=seed) for seed in range(AT_ONCE)], folder)
    yield Claim(
        f"training {AT_ONCE} seeds of {model.name} at once on a GPU: against one after the other",
        "sentences/s", AT_ONCE * sentences / together, sentences / alone, 2.0,
        f"{_gpu()}; {what}; bf16; the slowest of {AT_ONCE} trainings that began together, against one by itself",
    )  # fmt: skip


def _steps(train: Columns, size: Size) -> int:
    return size.epochs * number_of(train.n_sentences, size.batch)


def _wall(runs: Sequence[Run]) -> float:
    return median(run.done.wall for run in runs)


def _described(
    runs: Sequence[Run], sentences: int, read: int, operations: int, peak: float, has_learnt: bool
) -> str:
    wall = _wall(runs)
    first = runs[0].done
    parts = [
        f"{sentences / wall:,.0f} sentences/s",
        f"{read / wall:,.0f} sub-tokens/s",
        f"{operations * read / wall / peak:.1%} of the peak",
        f"{first.memory:,.0f} MB",
    ]
    if first.filled:
        parts.append(f"filling {1 - first.read / first.filled:.0%}")
    if has_learnt:
        parts.append(f"F1 {fmean(100 * run.f1 for run in runs):.1f}")
    return ", ".join(parts)


def _seconds_of(tasks: Sequence[Task], folder: Path) -> float:
    """Carry out trainings of ours at the same time; return the seconds from the beginning of the first to the end of the last."""
    started = []
    for number, task in enumerate(tasks):
        told, out = folder / f"task{number}.json", folder / f"done{number}.json"
        told.write_text(json.dumps(asdict(replace(task, keep=f"{task.keep}{number}"))), "utf-8")
        command, environment = program("openner_training", told, out)
        started.append((subprocess.Popen(command, env=os.environ | environment), out))
    for process, _ in started:
        if process.wait():
            raise OpenNERError("A training failed. Run it by itself to see why.")
    done = [Done(**json.loads(out.read_text("utf-8"))) for _, out in started]
    return max(each.begun + each.wall for each in done) - min(each.begun for each in done)


def _e5() -> Model:
    folder = str(checkpoints.find(checkpoints.E5).folder)
    return Model(
        "multilingual-e5-small", Path(folder), _weights(BertConfig.from_pretrained(folder)), has_learnt=True
    )


def _xlmr_size(folder: Path) -> Model:
    """Make an encoder as large as XLM-R base, with random weights and the tokenizer of multilingual-e5-small, which is XLM-R's."""
    tokenizer = AutoTokenizer.from_pretrained(str(checkpoints.find(checkpoints.E5).folder))
    config = XLMRobertaConfig(
        vocab_size=250_037, max_position_embeddings=514, type_vocab_size=1, layer_norm_eps=1e-5, pad_token_id=tokenizer.pad_token_id
    )  # fmt: skip
    torch.manual_seed(0)
    XLMRobertaModel(config, add_pooling_layer=False).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return Model("an encoder of XLM-R base's size", folder, _weights(config), has_learnt=False)


def _weights(config: PretrainedConfig) -> int:
    """Return the weights of the matrices in all layers: four of attention, two of the feed-forward part."""
    width, deep = config.hidden_size, config.intermediate_size
    return int(config.num_hidden_layers * (4 * width**2 + 2 * width * deep))


def _gpu() -> str:
    return (
        f"{torch.cuda.get_device_name()}, torch {torch.__version__}, transformers {transformers.__version__}"
    )


def _peak(size: int = 8192, times: int = 20) -> float:
    """Return the operations a second that the GPU does in a product of two bf16 matrices of random numbers."""
    left, right = (torch.randn(size, size, device="cuda", dtype=torch.bfloat16) for _ in range(2))
    for _ in range(3):
        left @ right
    torch.cuda.synchronize()
    begun = time.perf_counter()
    for _ in range(times):
        left @ right
    torch.cuda.synchronize()
    return 2 * size**3 * times / (time.perf_counter() - begun)
