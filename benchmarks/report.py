"""What the questions of the report take on a full grid: every corpus of OpenNER 1.0, three encoders, two regimes, ten seeds.

The scores are **simulated, for this timing alone**: every system misses mentions by a share of its own, and nothing of it is a result.
Timed is one process that reads counts per sentence and predictions from files, answers the questions about encoders, and draws their
figures and tables: not the training, not the scoring, and not the start of a kernel for each notebook. The peer of each claim is the limit.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import yaml

from benchmarks import Claim, measure
from openner_utils.analysis import question as questions
from openner_utils.catalog import load_cards
from openner_utils.config.params import load
from openner_utils.core.artifacts import CORE_RELEASE, RULED, SENTENCES, TRAINED, Artifact, Folder, Inputs
from openner_utils.core.columns import Columns, from_rows
from openner_utils.core.releases import PREDICTIONS, columns_of, release_table, with_labels
from openner_utils.pages import figures, tables
from openner_utils.scoring.mentions import count
from openner_utils.stages.compare import WORDING
from openner_utils.stages.figures import FIGURES
from openner_utils.support import paths
from openner_utils.support.files import write_text

QUESTIONS = ("encoders", "regimes", "scorers", "doses", "multiverse", "power")
ENCODERS = {"mbert": 0.78, "xlmr": 0.82, "glot500": 0.75}
"""Each encoder, and the share of mentions that it finds here."""
REGIMES = {"individual": 0.0, "multilingual": 0.02}
SEEDS = tuple(range(1, 11))
SIZE = 200
"""Sentences of each test set."""
SECONDS, GIBIBYTES = 120, 2
LENGTH = 12
"""Tokens of a sentence; the first is where its one or two mentions may begin."""


def run() -> list[Claim]:
    """Simulate the grid, and return what the questions took beside the limits."""
    with TemporaryDirectory() as folder:
        root = Path(folder)
        sets, rows = simulated(root)
        used = measure(
            [sys.executable, "-m", "benchmarks.report", root], environment={"OMP_NUM_THREADS": "1", "PYTHONPATH": str(paths.ROOT)}
        )  # fmt: skip
    note = (
        f"simulated scores: {sets} test sets of {SIZE} sentences, {len(ENCODERS)} encoders, {len(REGIMES)} regimes, {len(SEEDS)} seeds, "
        f"{rows:,} predicted sentences; {', '.join(QUESTIONS)}, one process on {len(os.sched_getaffinity(0))} cores"
    )
    return [
        Claim("questions of a full grid, processor time, at most", "s", used.processor, SECONDS, 1, note, less_is_better=True),
        Claim(
            "memory of the same, at most", "MB", used.megabytes, GIBIBYTES * 2**30 / 1e6, 1, note, less_is_better=True
        ),
    ]  # fmt: skip


def simulated(root: Path, corpora: int | None = None, size: int = SIZE) -> tuple[int, int]:
    """Write what the questions read of a grid, and params.yaml; return the numbers of test sets and of predicted sentences.

    ``corpora``: as many of OpenNER's, or all; ``size``: sentences of each test set.
    """
    cards = {name: card for name, card in load_cards().items() if card.openner}
    cards = dict(list(cards.items())[:corpora])
    write_text(root / "params.yaml", yaml.safe_dump(_params(list(cards))))
    store, random = Folder(root / "artifacts"), np.random.default_rng(1)
    releases = []
    for name, card in cards.items():
        parts = [_part(name, language, size, random) for language in card.languages]
        releases.append(pa.concat_tables(parts))
        store.put(CORE_RELEASE, releases[-1], {"corpus": name})
    release = pa.concat_tables(releases)
    reference = columns_of(release)
    scores, others = [], []
    for encoder, found in ENCODERS.items():
        for regime, more in REGIMES.items():
            predicted = [_predicted(reference, found + more, random) for _ in SEEDS]
            unit = {"encoder": encoder, "regime": regime}
            runs = [
                _run(encoder, regime, seed, release, each)
                for seed, each in zip(SEEDS, predicted, strict=True)
            ]
            store.put(TRAINED.predictions, pa.concat_tables(runs), unit)
            for table in runs:
                scores += list(_scores(table, release, reference))
                others.append(_ruled(scores[-2], random))
            _put(store, TRAINED.runs, release, unit, system=encoder, regime=regime, steps=100)
            _put(store, TRAINED.tokenizer, release, unit)
    store.put(SENTENCES, pa.concat_tables(scores), {})
    store.put(RULED, pa.concat_tables(others), {})
    return len(set(zip(release["corpus"].to_pylist(), release["language"].to_pylist(), strict=True))), len(
        scores
    ) * len(release) // 2


def _params(corpora: list[str]) -> dict[str, Any]:
    recipe = {"checkpoint": "scratch:characters", "learning_rate": 5e-5, "epochs": 1, "batch_size": 16, "weight_decay": 0.05,
              "warmup_ratio": 0.1, "max_length": 128, "overlap": 32, "precision": "fp32"}  # fmt: skip
    return {
        "data": {"corpora": corpora}, "encoders": dict.fromkeys(ENCODERS, recipe), "ablations": {}, "tune": {}, "llms": {},
        "train": {"seeds": list(SEEDS), "regimes": {name: {"together": name == "multilingual"} for name in REGIMES}},
        "prompt": {"formats": ["inline"], "test_sentences": 40, "policy": "free"}, "compare": {"confidence": 0.95},
    }  # fmt: skip


def _part(corpus: str, language: str, size: int, random: np.random.Generator) -> pa.Table:
    """Return a test set whose sentences hold up to three mentions."""
    rows = []
    for _ in range(size):
        labels = ["O"] * LENGTH
        for start in range(0, LENGTH, 4):
            if random.random() < 0.5:
                type = ("PER", "LOC", "ORG")[random.integers(3)]
                labels[start : start + 2] = [f"B-{type}", f"I-{type}"]
        rows.append((["w"] * LENGTH, labels))
    columns = from_rows(rows)
    return release_table(corpus, language, "test", columns, columns)


def _predicted(reference: Columns, found: float, random: np.random.Generator) -> pa.ListArray:
    """Return labels in which each mention is found with a probability, and otherwise misses its last or its first label."""
    names = np.array(reference.names, dtype=object)
    labels = reference.labels.copy()
    begins = np.flatnonzero([name.startswith("B-") for name in names[labels]])
    missed = begins[random.random(len(begins)) > found + random.normal(0, 0.01)]
    labels[missed + random.integers(0, 2, len(missed))] = reference.names.index("O")
    offsets = pa.array(reference.sentences, pa.int32())
    return pa.ListArray.from_arrays(offsets, pa.array(names[labels], pa.string()))


def _run(encoder: str, regime: str, seed: int, release: pa.Table, labels: pa.ListArray) -> pa.Table:
    """Return the predictions of one training on all test sets."""
    fixed = {"system": encoder, "regime": regime, "labels_from": "release", "format": "", "decoding": "", "policy": "", "control": False,
             "seed": seed, "ungrounded": 0}  # fmt: skip
    values = (
        fixed
        | {name: release[name] for name in ("corpus", "language", "split", "sentence")}
        | {"labels": labels}
    )
    columns = [
        pa.repeat(pa.scalar(values[field.name], field.type), len(release)) if field.name in fixed else values[field.name]
        for field in PREDICTIONS
    ]  # fmt: skip
    return pa.table(columns, schema=PREDICTIONS)


def _scores(run: pa.Table, release: pa.Table, reference: Columns) -> Iterator[pa.Table]:
    """Yield the counts of a run per sentence under each convention."""
    predicted = with_labels(reference, run["labels"])
    for convention in ("conlleval", "discard"):
        counts = count(reference, predicted, convention).values.sum(axis=1)
        table = run.drop_columns(["labels", "ungrounded"]).append_column("document", release["document"])
        table = table.append_column("convention", pa.repeat(convention, len(run)))
        for number, name in enumerate(("correct", "predicted", "reference")):
            table = table.append_column(name, pa.array(counts[:, number], pa.int64()))
        table = table.append_column("ungrounded", run["ungrounded"])
        yield table.select(SENTENCES.empty().columns.tolist()).cast(SENTENCES.schema)


def _ruled(scores: pa.Table, random: np.random.Generator) -> pa.Table:
    """Return counts under one other rule that differ in some sentences."""
    some = scores.filter(pa.array(random.random(len(scores)) < 0.1))
    table = some.drop_columns(["document", "convention", "ungrounded"]).append_column(
        "rule", pa.repeat("texts", len(some))
    )
    return table.select(RULED.empty().columns.tolist()).cast(RULED.schema)


def _put(
    store: Folder, artifact: Artifact, release: pa.Table, unit: dict[str, str], **values: object
) -> None:
    """Write a table with one row for each test set, in which all that is not given is 1 or empty."""
    sets = release.select(["corpus", "language"]).to_pandas().drop_duplicates()
    empty = artifact.empty()
    rows = pd.DataFrame(
        {name: "" if str(kind) in ("object", "str", "string") else 1 for name, kind in empty.dtypes.items()},
        index=sets.index,
    )
    rows = rows.assign(**{str(name): sets[name] for name in sets}, **values)
    store.put(
        artifact, pa.Table.from_pandas(rows[empty.columns], artifact.schema, preserve_index=False), unit
    )


def answered(root: Path) -> None:
    """Answer each question from what `simulated` wrote, and draw and write what its page shows."""
    params = load(questions.Params, root / "params.yaml")
    inputs = Inputs(Folder(root / "artifacts"), questions.READS)
    for name in QUESTIONS:
        found = questions.answering(name, QUESTIONS)(inputs, params)
        write_text(
            root / f"{name}.txt", "\n".join(questions.provided(name, WORDING, "sentences")(found.findings))
        )
        for table, frame in found.tables.items():
            write_text(root / f"{name}-{table}.html", tables.in_html(frame.head(tables.MOST)))
        for figure, (draw, source) in FIGURES.items():
            if source.unit.get("question") == name:
                write_text(root / f"{figure}.svg", figures.svg(draw(found.tables[source.unit["table"]])))


if __name__ == "__main__":
    answered(Path(sys.argv[1]))
