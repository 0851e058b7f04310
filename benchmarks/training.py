"""Train encoders and predict with them, beside Transformers' Trainer and pipeline.

Every system gets the same sentences, checkpoint, epochs, batch size, learning rate and seed; each run is a process of its own
with one thread (`benchmarks.systems`), and systems run in turn. Each peer comes twice: with the settings in which its
documentation shows it, and with all that it documents for speed. Time is that of the processor, for that of the clock also
measures who else works on the machine; it stands in the note. Systems must reach the same F1.
It takes some 20 minutes of one core, and 4 GB of memory for Trainer with the vocabulary of multilingual-e5-small.
"""

import importlib.util
import json
import os
import random
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import fmean, median, stdev

from benchmarks import Claim, NeededError, measure, mirror
from benchmarks.systems import Done, Task
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
from openner_utils.training import checkpoints

LABELS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG")
REAL = (("masakhaner1", "swa", "train"), ("uner_english_ewt", "eng", "dev"))
"""What is trained on, where the publishers' files are at hand: corpus, language, split. (EWT's training set is not among them.)"""
MADE = (("habari", "swa", "train"), ("gazette", "eng", "train"))
"""The same from the sample collection."""
RATES = {checkpoints.E5: 3e-4, checkpoints.MINILM: 3e-4}
"""The learning rate of each checkpoint: small encoders take large ones."""
TIMES = {checkpoints.E5: 1, checkpoints.MINILM: 3}
"""How many times `Size.train` sentences each checkpoint takes to learn anything."""
NOISE = 0.05
"""How far apart F1 may be, beyond twice its standard error over seeds, before speed is not compared."""


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


@dataclass(frozen=True, slots=True)
class Texts:
    """What is trained on and tested on, and what it is."""

    train: Columns
    test: Columns
    what: str


def run(size: Size | None = None) -> list[Claim]:
    """Return the claims on training and on prediction, for each checkpoint and against each peer."""
    needed("accelerate")
    size = size or Size()
    claims: list[Claim] = []
    for checkpoint, times in TIMES.items():
        of_checkpoint = replace(size, train=times * size.train)
        claims += _claims(checkpoint, texts_of(of_checkpoint, mirror()), of_checkpoint)
    return claims


def needed(package: str) -> None:
    """Refuse to begin without a package that is not in the compendium's environment."""
    if importlib.util.find_spec(package) is None:
        raise NeededError(
            f"Trainer needs the package {package}, which only this benchmark uses. Install it: "
            "python -m pip install -r benchmarks/requirements.txt"
        )


def _claims(checkpoint: str, texts: Texts, size: Size) -> list[Claim]:
    goals = {checkpoints.E5: (4.0, 2.0), checkpoints.MINILM: (2.0, 1.2)}[checkpoint]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = folder / "model"
        tasks = [_training(checkpoint, texts, size, seed, model) for seed in range(1, size.runs + 1)]
        trained = in_turn(("openner_training", "trainer"), tasks, texts.test, folder)
        task = Task(str(model), checkpoint, LABELS, (), rows_of(texts.test), best=False)
        predicted = in_turn(("openner_prediction", "pipeline"), [task] * size.runs, texts.test, folder)
    short = checkpoint.removeprefix("package:")
    return [
        *compared(f"training {short}", "Trainer", trained, goals, len(rows_of(texts.train)) * size.epochs, texts.what, size),
        *compared(f"predicting with {short}", "pipeline", predicted, (3.0, 1.5), texts.test.n_sentences, texts.what, size),
    ]  # fmt: skip


def in_turn(
    systems: tuple[str, str], tasks: Sequence[Task], test: Columns, folder: Path
) -> dict[tuple[bool, bool], list[Run]]:
    """Carry out each task by ours and by the peer, in their usual and in their best settings, in turn.

    Returned by (whether it is ours, whether settings are the best).
    """
    found: dict[tuple[bool, bool], list[Run]] = {}
    for task in tasks:
        for best in (False, True):
            for system in systems:
                run = run_of(system, Task(**asdict(task) | {"best": best}), test, folder)
                found.setdefault((system == systems[0], best), []).append(run)
    return found


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
    runs: Mapping[tuple[bool, bool], list[Run]],
    goals: tuple[float, float],
    sentences: int,
    texts: str,
    size: Size,
) -> list[Claim]:
    """Return two claims: ours at its best against the peer's usual settings, and against its best ones.

    Raises `OpenNERError` where F1 differs beyond noise.
    """
    refuse_other_f1(what, runs)
    best = runs[True, True]
    shown = "; ".join(
        f"{'ours' if ours else peer} {'best' if fast else 'usual'}: {_described(runs[ours, fast], sentences)}"
        for ours in (True, False)
        for fast in (False, True)
    )
    claims = []
    for fast, goal in zip((False, True), goals, strict=True):
        plain = _ratio(runs[True, False], runs[False, fast])
        note = (
            f"{texts}, batches of {size.batch}, {size.epochs} epochs; processor time, one thread, medians of {len(best)} "
            f"runs in turn; ours in bf16; in fp32 the ratio is {plain:.2f}; {shown}"
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


def refuse_other_f1(what: str, runs: Mapping[tuple[bool, bool], list[Run]]) -> None:
    """Refuse systems whose mean F1 differs from that of the peer's usual settings by more than noise."""
    usual = [run.f1 for run in runs[False, False]]
    for (ours, best), others in runs.items():
        f1 = [run.f1 for run in others]
        error = (_squared_error(usual) + _squared_error(f1)) ** 0.5
        if abs(fmean(f1) - fmean(usual)) > 2 * error + NOISE:
            raise OpenNERError(
                f"{what}: F1 is {fmean(f1):.3f} ({'ours' if ours else 'the peer'}, {'best' if best else 'usual'} settings) against "
                f"{fmean(usual):.3f}. Do not compare speed."
            )


def _squared_error(values: Sequence[float]) -> float:
    return stdev(values) ** 2 / len(values) if len(values) > 1 else 0.0


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
