"""Train encoders and predict with them, beside Transformers' Trainer and pipeline.

Every system gets the same sentences, checkpoint, epochs, batch size, learning rate and seed; each run is a process of its own
with one thread (`benchmarks.systems`), and systems run in turn. Each peer comes twice: with the settings in which its
documentation shows it, and with what it documents for speed. Time is that of the processor, for that of the clock also
measures who else works on the machine; it stands in the note. Systems must reach the same F1 (`same_f1`).

What Trainer documents for speed may cost F1. Its best settings are therefore the fastest of `FAST` with which F1 holds over all seeds:
each is timed with the first seed, and from the fastest on they are run with the others, until F1 holds. One seed alone decides
nothing but time. That chooses by time and F1 on the test sentences, in the peer's favour: ours has no such choice. A note names all that
were tried. Where none holds, nothing is claimed against best settings, and the note says so.

Each checkpoint's training, and prediction with it, is a part (`of_parts`): recorded as soon as it is there.
It takes some two hours of one core, and 4 GB of memory for Trainer with the vocabulary of multilingual-e5-small.
"""

import importlib.util
import json
import os
import random
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from statistics import fmean, median, stdev

from benchmarks import Claim, NeededError, measure, mirror, of_parts
from benchmarks.systems import BF16, BY_LENGTH, Done, Task
from openner_utils.catalog import Card, File, load_cards
from openner_utils.catalog.ontology import core_types, map_types
from openner_utils.core.columns import Columns, concat, from_rows
from openner_utils.curation.clean import clean_file
from openner_utils.readers.layout import RawFile
from openner_utils.runs.machine import WORKER
from openner_utils.scoring.mentions import ALL, score
from openner_utils.sources.address import mirrored, url
from openner_utils.sources.build import SAMPLES
from openner_utils.support import paths
from openner_utils.support.errors import OpenNERError
from openner_utils.support.words import counted
from openner_utils.training import checkpoints

LABELS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG")
REAL = (("masakhaner1", "swa", "train"), ("uner_english_ewt", "eng", "dev"))
"""What is trained on, where the publishers' files are at hand: corpus, language, split. (EWT's training set is not among them.)"""
MADE = (("habari", "swa", "train"), ("gazette", "eng", "train"))
"""The same from the sample collection."""
RATES = {checkpoints.E5: 1e-4, checkpoints.MINILM: 3e-4}
"""The learning rate of each checkpoint: small encoders take large ones."""
TIMES = {checkpoints.E5: 6, checkpoints.MINILM: 3}
"""How many times `Size.train` sentences each checkpoint takes to learn anything."""
LEARNT = 0.3
"""F1 that the peer must reach in its usual settings: between systems that learn nothing F1 is equal, and says nothing."""
NOISE = 0.05
"""How far apart F1 may be, beyond twice its standard error over seeds, before speed is not compared."""
FAST = {
    "bf16 and sentences of like length together": (BF16, BY_LENGTH),
    "bf16 alone": (BF16,),
    "sentences of like length together, in fp32": (BY_LENGTH,),
}
"""The settings (`Task.fast`) among which Trainer's best ones are sought."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured: sentences of each corpus in training, and in test; epochs; windows in a batch; runs, one a seed."""

    train: int = 100
    test: int = 100
    epochs: int = 3
    batch: int = 8
    runs: int = 3


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one system: what it did, the peak memory of its process in MB, and its F1 (0 to 1)."""

    done: Done
    megabytes: float
    f1: float


Runs = dict[tuple[bool, bool], list[Run]]
"""Runs, one a seed, by (whether it is ours, whether settings are the best)."""


@dataclass(frozen=True, slots=True)
class Texts:
    """What is trained on and tested on, and what it is."""

    train: Columns
    test: Columns
    what: str


def run(size: Size | None = None) -> Iterator[Claim]:
    """Yield the claims on training and on prediction, for each checkpoint and against each peer."""
    needed("accelerate")
    yield from of_parts(_parts(size or Size()))


def _parts(size: Size) -> Iterator[Callable[[], Iterable[Claim]]]:
    for checkpoint, times in TIMES.items():
        of_checkpoint = replace(size, train=times * size.train)
        texts = texts_of(of_checkpoint, mirror())
        with tempfile.TemporaryDirectory() as name:
            for part in (_training_claims, _prediction_claims):
                yield partial(part, checkpoint, texts, of_checkpoint, Path(name))


def needed(package: str) -> None:
    """Refuse to begin without a package that is not in the compendium's environment."""
    if importlib.util.find_spec(package) is None:
        raise NeededError(
            f"Trainer needs the package {package}, which only this benchmark uses. Install it: "
            "python -m pip install -r benchmarks/requirements.txt"
        )


def _training_claims(checkpoint: str, texts: Texts, size: Size, folder: Path) -> list[Claim]:
    tasks = [_training(checkpoint, texts, size, seed, folder / "model") for seed in range(1, size.runs + 1)]
    runs, tried = in_training(tasks, partial(run_of, test=texts.test, folder=folder))
    goals = {checkpoints.E5: (4.0, 2.0), checkpoints.MINILM: (2.0, 1.2)}[checkpoint]
    what, sentences = f"training {_short(checkpoint)}", texts.train.n_sentences * size.epochs
    return compared(what, "Trainer", runs, goals, sentences, texts.what, size, said(tried, runs))


def _prediction_claims(checkpoint: str, texts: Texts, size: Size, folder: Path) -> list[Claim]:
    """Return the claims on prediction with the model that training left in the folder."""
    task = Task(str(folder / "model"), checkpoint, LABELS, (), rows_of(texts.test), best=False)
    runs = in_turn([task] * size.runs, partial(run_of, test=texts.test, folder=folder))
    what = f"predicting with {_short(checkpoint)}"
    return compared(what, "pipeline", runs, (3.0, 1.5), texts.test.n_sentences, texts.what, size)


def _short(checkpoint: str) -> str:
    return checkpoint.removeprefix("package:")


def in_turn(tasks: Sequence[Task], carry_out: Callable[[str, Task], Run]) -> Runs:
    """Predict by ours and by the pipeline, in their usual and in their best settings, in turn."""
    runs: Runs = {}
    for task in tasks:
        for best in (False, True):
            for ours, system in ((True, "openner_prediction"), (False, "pipeline")):
                runs.setdefault((ours, best), []).append(carry_out(system, replace(task, best=best)))
    return runs


def in_training(
    tasks: Sequence[Task], carry_out: Callable[[str, Task], Run]
) -> tuple[Runs, dict[str, list[Run]]]:
    """Train by ours and by Trainer, in their usual and in their best settings, in turn; ``tasks``: one a seed.

    Returned with the runs of each of `FAST`, as many as were needed. Where F1 holds with none, there are no runs of Trainer's best settings.
    """

    def usual_and_ours(task: Task) -> None:
        for ours, best in ((True, False), (False, False), (True, True)):
            done = carry_out("openner_training" if ours else "trainer", replace(task, best=best))
            runs.setdefault((ours, best), []).append(done)

    def best_of_peer(task: Task, name: str) -> None:
        tried.setdefault(name, []).append(carry_out("trainer", replace(task, best=True, fast=FAST[name])))

    runs: Runs = {}
    tried: dict[str, list[Run]] = {}
    first, *others = tasks
    usual_and_ours(first)
    for name in FAST:
        best_of_peer(first, name)
    by_time = sorted(FAST, key=lambda name: _processor(tried[name]))
    for task in others:
        usual_and_ours(task)
        best_of_peer(task, by_time[0])
    for name in by_time:
        for task in others[len(tried[name]) - 1 :]:
            best_of_peer(task, name)
        if same_f1(runs[False, False], tried[name]):
            runs[False, True] = tried[name]
            break
    return runs, tried


def said(tried: Mapping[str, list[Run]], runs: Runs) -> str:
    """Return what is to be said of all settings that were tried for Trainer's best ones."""
    best, parts = runs.get((False, True)), []
    if best is None:
        parts.append("nothing is claimed against Trainer's best settings, for F1 holds with none")
    for name, some in tried.items():
        usual = runs[False, False]
        if some is best:
            parts.append(f"Trainer's best settings: {name}")
        elif len(some) < len(usual):
            parts.append(f"{name} was slower ({counted(len(some), 'seed')})")
        else:
            parts.append(
                f"{name} reached F1 {_percent(some)} against {_percent(usual)} ({counted(len(some), 'seed')}): not compared"
            )
    return "; ".join(parts)


def _percent(runs: Sequence[Run]) -> str:
    return f"{100 * _f1(runs):.1f}"


def run_of(system: str, task: Task, test: Columns, folder: Path) -> Run:
    """Carry out a task by a system in a process of its own."""
    told, out = folder / "task.json", folder / "done.json"
    told.write_text(json.dumps(asdict(task)), "utf-8")
    command, environment = program(system, told, out)
    used = measure(command, environment=environment)
    done = Done(**json.loads(out.read_text("utf-8")))
    rows = zip((tokens for tokens, _ in test.rows()), done.labels, strict=True)
    return Run(done, used.megabytes, score(test, from_rows(rows))[ALL].f1)


def program(system: str, told: Path, out: Path) -> tuple[list[str | Path], dict[str, str]]:
    """Return the command that runs a system, and what its environment must say."""
    seen = os.pathsep.join([str(paths.ROOT), *filter(None, sys.path)])
    command: list[str | Path] = [sys.executable, "-m", f"benchmarks.systems.{system}", told, out]
    return command, {**WORKER, "HF_HUB_OFFLINE": "1", "PYTHONPATH": seen}


def compared(
    what: str,
    peer: str,
    runs: Runs,
    goals: tuple[float, float],
    sentences: int,
    texts: str,
    size: Size,
    remark: str = "",
) -> list[Claim]:
    """Return two claims: ours at its best against the peer's usual settings, and against its best ones if there are runs of them.

    Raises `OpenNERError` where F1 differs beyond noise.
    """
    refuse_other_f1(what, runs)
    best = runs[True, True]
    shown = "; ".join(
        f"{'ours' if ours else peer} {'best' if fast else 'usual'}: {_described(runs[ours, fast], sentences)}"
        for ours in (True, False)
        for fast in (False, True)
        if (ours, fast) in runs
    )
    claims = []
    for fast, goal in zip((False, True), goals, strict=True):
        if (False, fast) not in runs:
            continue
        plain = _ratio(runs[True, False], runs[False, fast])
        note = (
            f"{texts}, batches of {size.batch}, {size.epochs} epochs; processor time, one thread, medians of {len(best)} "
            f"runs in turn; ours in bf16; in fp32 the ratio is {plain:.2f}; {remark + '; ' if remark else ''}{shown}"
        )
        claims.append(
            Claim(
                f"{what}: ours against {peer} in its {'best' if fast else 'usual'} settings",
                "sentences/s",
                sentences / _processor(best),
                sentences / _processor(runs[False, fast]),
                goal,
                note,
            )
        )
    return claims


def _processor(runs: Sequence[Run]) -> float:
    return median(run.done.processor for run in runs)


def _ratio(ours: Sequence[Run], peer: Sequence[Run]) -> float:
    return _processor(peer) / _processor(ours)


def _described(runs: Sequence[Run], sentences: int) -> str:
    """Return what some runs came to, in words."""
    first = runs[0].done
    parts = [
        f"{sentences / _processor(runs):.1f} sentences/s",
        f"wall {sentences / median(run.done.wall for run in runs):.1f}",
    ]
    if first.filled:
        parts += [
            f"{median(run.done.read / run.done.processor for run in runs):,.0f} sub-tokens/s",
            f"filling {fmean(1 - run.done.read / run.done.filled for run in runs):.0%}",
        ]
    scores = [100 * run.f1 for run in runs]
    spread = f" ± {stdev(scores):.1f}" if len(set(scores)) > 1 else ""
    return ", ".join(
        [*parts, f"{median(run.megabytes for run in runs):,.0f} MB", f"F1 {fmean(scores):.1f}{spread}"]
    )


def refuse_other_f1(what: str, runs: Runs) -> None:
    """Refuse systems whose F1 is not that of the peer's usual settings, and all of them where that one has learnt nothing."""
    usual = runs[False, False]
    if _f1(usual) < LEARNT:
        raise OpenNERError(
            f"{what}: F1 of the peer is {_f1(usual):.3f}, so that nothing was learnt. Do not compare speed; train on more."
        )
    for (ours, best), others in runs.items():
        if not same_f1(usual, others):
            raise OpenNERError(
                f"{what}: F1 is {_f1(others):.3f} ({'ours' if ours else 'the peer'}, {'best' if best else 'usual'} settings) against "
                f"{_f1(usual):.3f}. Do not compare speed."
            )


def same_f1(some: Sequence[Run], others: Sequence[Run]) -> bool:
    """Whether mean F1 differs by no more than noise: `NOISE`, and twice the standard error where there are several seeds."""
    error = (_squared_error(some) + _squared_error(others)) ** 0.5
    return abs(_f1(some) - _f1(others)) <= 2 * error + NOISE


def _f1(runs: Sequence[Run]) -> float:
    return fmean(run.f1 for run in runs)


def _squared_error(runs: Sequence[Run]) -> float:
    return stdev(run.f1 for run in runs) ** 2 / len(runs) if len(runs) > 1 else 0.0


# --- what is trained on -------------------------------------------------------------------------------------


def texts_of(size: Size, tree: Path | None) -> Texts:
    """Return sentences of real corpora under the core types, or of samples where the publishers' files are not at hand."""
    cards = load_cards()
    wanted = [(corpus, language, split) for corpus, language, used in REAL for split in (used, "test")]
    if tree is not None and all(
        _there(cards[corpus], language, split, tree) for corpus, language, split in wanted
    ):
        chosen, kind = REAL, "real sentences"
    else:
        chosen, kind = MADE, "sample sentences (the publishers' files are not at hand)"
    train = [some(cards[corpus], language, split, tree, size.train) for corpus, language, split in chosen]
    test = [some(cards[corpus], language, "test", tree, size.test) for corpus, language, _ in chosen]
    names = " + ".join(
        f"{part.n_sentences} {corpus} {language}"
        for part, (corpus, language, _) in zip(train, chosen, strict=True)
    )
    return Texts(
        concat(train),
        concat(test),
        f"{kind}: {names} in training, {sum(t.n_sentences for t in test)} in test",
    )


def _files(card: Card, language: str, split: str) -> list[File]:
    return [file for file in card.annotated if (file.language, str(file.split)) == (language, split)]


def _there(card: Card, language: str, split: str, tree: Path) -> bool:
    return all((tree / mirrored(url(card, file))).is_file() for file in _files(card, language, split))


def some(card: Card, language: str, split: str, tree: Path | None, count: int) -> Columns:
    """Return some sentences of a corpus, drawn at random, always the same ones."""
    parts = []
    for file in card.annotated:
        if (file.language, str(file.split)) == (language, split):
            if card.source.repository == SAMPLES:
                path = paths.SAMPLES / card.id / file.path
            else:
                path = Path(str(tree)) / mirrored(url(card, file))
            parts.append(
                map_types(clean_file(RawFile.open(path, file.path), card, file).repaired, core_types(card))
            )
    whole = concat(parts)
    numbers = random.Random(0).sample(range(whole.n_sentences), min(count, whole.n_sentences))
    return whole.pick(numbers)


def rows_of(sentences: Columns) -> tuple[tuple[list[str], list[str]], ...]:
    return tuple((list(tokens), list(labels)) for tokens, labels in sentences.rows())


def _training(checkpoint: str, texts: Texts, size: Size, seed: int, keep: Path) -> Task:
    folder = checkpoints.find(checkpoint).folder
    return Task(
        str(folder),
        checkpoint,
        LABELS,
        rows_of(texts.train),
        rows_of(texts.test),
        best=False,
        epochs=size.epochs,
        batch_size=size.batch,
        learning_rate=RATES[checkpoint],
        weight_decay=0.01,
        max_length=512,
        seed=seed,
        keep=str(keep),
    )
