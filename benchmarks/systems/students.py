"""What students of produced labels are worth: trained on annotators' merged mentions, beside gold labels of the same sentences.

    python -m benchmarks.systems.students prepare FOLDER --by A --by B      annotates, with data/ of the corpora below
    python -m benchmarks.systems.students train FOLDER                      trains whatever is missing, until time is up
    python -m benchmarks.systems.students table FOLDER                      prints Markdown

Three languages: English (UNER EWT), Swahili (MasakhaNER 2.0) and Portuguese (UNER Bosque). Text to train on is chosen by a hash, its labels
are hidden from the annotators; both students see the same sentences, so only labels differ. The folder holds corpus text and is for this
machine alone; the tables hold counts and shares.
"""

import argparse
import hashlib
import time
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from openner_utils.api.collecting import gather
from openner_utils.api.tagging import load
from openner_utils.catalog.ontology import entity_types
from openner_utils.config.params import Encoders
from openner_utils.config.params import load as load_params
from openner_utils.core.columns import Columns, concat, from_rows
from openner_utils.llm.labels import NATURAL, labels_of
from openner_utils.pages import tables
from openner_utils.scoring.mentions import count as count_tokens
from openner_utils.scoring.significance import interval
from openner_utils.support.documents import read_json
from openner_utils.support.files import write_json
from openner_utils.support.paths import HERE
from openner_utils.unify.corpora import gaps
from openner_utils.web.annotating import by_model
from openner_utils.web.counting import count, rates, units_of
from openner_utils.web.gold import passages_of
from openner_utils.web.likeness import exact
from openner_utils.web.mentions import Annotated, TextMention
from openner_utils.web.merging import merge

CORPORA = {
    "eng": ("uner_english_ewt", "test"),
    "swa": ("masakhaner2", "test"),
    "por": ("uner_portuguese_bosque", "test"),
}
"""Language → corpus, and the split whose documents (sentences, where none are marked) are parted in two: text to train on, and the test."""
TRAIN, TEST = 60, 60
"""Sentences of each language."""
SEEDS = (1, 2, 3)
STUDENTS = {
    "token": "token classifier",
    "open": "bi-encoder, English names",
    "translated": "bi-encoder, translated names",
}
LABELS = ("gold", "produced")
SPLITS = {"surer half": True, "less sure half": False}
"""Halves of the sentences with produced labels, of equal size: those that the merge is surer of, and the others."""
SPLIT_STUDENTS = ("token", "open")
DATA, QUALITY = "data.json", "quality.json"
SECONDS = 265
"""After so long no further student is begun."""
Row = tuple[list[str], Annotated]


def prepare(home: Path, by: Sequence[Path]) -> None:
    """Write the sentences with both kinds of labels, and how good the produced ones are."""
    annotators = [by_model(path.name, load(path).predict_each) for path in by]
    kept: dict[str, Any] = {}
    quality = []
    for language, (corpus, split) in CORPORA.items():
        every = sentences(language, corpus, split)
        held = [row for row in every if not _number(row[1].passage.document) % 2]
        every = [row for row in every if _number(row[1].passage.document) % 2]
        held = _some(held, TEST)
        tested = {row.passage.text for _, row in held}
        train = [row for row in _some(every, TRAIN) if row[1].passage.text not in tested]
        hidden = [each.passage for _, each in train]
        one, other = (each.annotate(hidden).passages for each in annotators)
        merged = [
            a.with_mentions(merge(a.mentions, b.mentions, exact).mentions)
            for a, b in zip(one, other, strict=True)
        ]
        names = (*(each.name for each in annotators), "merged")
        gold = [each for _, each in train]
        quality += [
            _quality(language, name, gold, side)
            for name, side in zip(names, (one, other, merged), strict=True)
        ]
        kept[language] = {
            "train": [
                [
                    tokens,
                    labels(tokens, true.mentions),
                    labels(tokens, made.mentions),
                    sureness(made.mentions),
                ]
                for (tokens, true), made in zip(train, merged, strict=True)
            ],
            "test": [[tokens, labels(tokens, true.mentions), true.passage.document] for tokens, true in held],
        }
    write_json(home / DATA, kept)
    write_json(home / QUALITY, quality)


def sentences(language: str, corpus: str, split: str) -> list[Row]:
    """Return tokens and gold mentions of the sentences of a language."""
    (found,) = gather([corpus], split, "standardized", HERE)
    known = entity_types()
    marked = passages_of(found, lambda type: known[type].core if type in known else None, "unknown")
    tokens, edges = found.columns.tokens.to_pylist(), found.columns.sentences.tolist()
    return [
        (tokens[start:end], each)
        for (start, end), each, origin in zip(pairwise(edges), marked, found.origins, strict=True)
        if origin.language == language
    ]


def _number(text: str) -> int:
    return int(hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(), 16)


def _some(rows: Iterable[Row], most: int) -> list[Row]:
    return sorted(rows, key=lambda row: _number(row[1].passage.text))[:most]


def places_of(tokens: Sequence[str]) -> list[tuple[int, int]]:
    """Return the characters [start, end) of tokens in their text."""
    places: list[tuple[int, int]] = []
    length = 0
    for gap, token in zip(gaps(tokens), tokens, strict=True):
        places.append((length + len(gap), length + len(gap) + len(token)))
        length = places[-1][1]
    return places


def labels(tokens: Sequence[str], mentions: Iterable[TextMention]) -> list[str]:
    """Return IOB2 labels of tokens, from mentions in their text; a mention has every token that it touches."""
    places = places_of(tokens)
    found = ["O"] * len(tokens)
    for mention in mentions:
        inside = [n for n, (start, end) in enumerate(places) if start < mention.end and mention.start < end]
        for place, number in enumerate(inside):
            found[number] = f"{'I' if place else 'B'}-{mention.type}"
    return found


def sureness(mentions: Sequence[TextMention]) -> float | None:
    """Return how sure a merge is of a sentence: the score of its least sure mention (0 to 1); None where it has no mention."""
    return min((each.score or 0.0 for each in mentions), default=None)


def surer(sure: Sequence[float | None]) -> list[bool]:
    """Return which sentences are in the surer half: those with mentions by their sureness, those without by turns.

    So both halves have as many sentences with and without mentions, but for one where numbers are odd.
    """
    named = sorted(
        (n for n, each in enumerate(sure) if each is not None), key=lambda n: -(sure[n] or 0.0)
    )  # stable
    chosen = {*named[: len(named) // 2]}
    chosen.update([n for n, each in enumerate(sure) if each is None][::2])
    return [n in chosen for n in range(len(sure))]


def _quality(language: str, name: str, gold: Sequence[Annotated], found: Sequence[Annotated]) -> list[Any]:
    totals = count(gold, found).values.sum(axis=1, dtype=np.int64)
    made = rates(totals, units_of(each.passage.document for each in gold))
    score = made.score
    return [
        language, name, len(gold), score.reference, score.predicted, score.correct, 100 * made.precision.value,
        100 * made.recall.value,
    ]  # fmt: skip


def train(home: Path) -> None:
    """Train the students that are missing, and write what each comes to."""
    begun, longest = time.monotonic(), 0.0
    english = [(student, which, seed) for seed in SEEDS for student in ("token", "open") for which in LABELS]
    wanted = english + [("translated", which, seed) for seed in SEEDS for which in LABELS]
    wanted += [(student, which, seed) for seed in SEEDS for student in SPLIT_STUDENTS for which in SPLITS]
    for student, which, seed in wanted:
        target = _file(home, student, which, seed)
        if target.exists() or time.monotonic() - begun + longest > SECONDS:
            continue
        started, busy = time.monotonic(), time.process_time()
        counts = _counts(read_json(home / DATA), student, which, seed)
        write_json(target, {"counts": counts, "seconds": time.process_time() - busy})
        longest = max(longest, time.monotonic() - started)
        print(
            target.name,
            {language: np.sum(each, axis=0).tolist() for language, each in counts.items()},
            flush=True,
        )


def _file(home: Path, student: str, which: str, seed: int) -> Path:
    return home / f"{student}-{which.replace(' ', '-')}-{seed}.json"


def _learnt(rows: Sequence[Sequence[Any]], which: str) -> list[tuple[list[str], list[str]]]:
    """Return the tokens and labels that a student is trained on."""
    if which in LABELS:
        return [(row[0], row[LABELS.index(which) + 1]) for row in rows]
    half = surer([row[3] for row in rows])
    return [(row[0], row[2]) for row, sure in zip(rows, half, strict=True) if sure == SPLITS[which]]


def _counts(data: dict[str, Any], student: str, which: str, seed: int) -> dict[str, list[list[int]]]:
    """Return the counts of each test sentence by language: right, named, gold."""
    import torch

    torch.set_num_threads(1)
    learnt = {language: from_rows(_learnt(each["train"], which)) for language, each in data.items()}
    test = {
        language: from_rows([(row[0], row[1]) for row in each["test"]]) for language, each in data.items()
    }
    predicted = (
        _by_tokens(learnt, test, seed) if student == "token" else _by_names(learnt, test, seed, student)
    )
    return {
        language: count_tokens(test[language], predicted[language]).values.sum(axis=1).tolist()
        for language in test
    }


def _by_tokens(learnt: dict[str, Columns], test: dict[str, Columns], seed: int) -> dict[str, Columns]:
    from openner_utils.encoders import loop, models
    from openner_utils.encoders.prediction import predict
    from openner_utils.runs.machine import resolve

    recipe = load_params(Encoders, HERE.params).encoders["characters"]
    machine = resolve(recipe.precision)
    tagger = models.load(
        recipe.checkpoint, recipe.revision, models.labels_of(sorted(NATURAL)), seed, recipe.head
    )
    loop.train(tagger, recipe, concat(list(learnt.values())), None, seed, machine)
    return {language: predict(tagger, recipe, each, machine).columns for language, each in test.items()}


def _by_names(
    learnt: dict[str, Columns], test: dict[str, Columns], seed: int, student: str
) -> dict[str, Columns]:
    from openner_utils.opentypes import learning, prediction
    from openner_utils.opentypes.material import Material
    from openner_utils.opentypes.recipe import Recipe
    from openner_utils.opentypes.words import TypeWords

    def words(language: str) -> dict[str, TypeWords]:
        translated = {each.type: each.name for each in labels_of("translated", "", language).each}
        names = translated if student == "translated" else NATURAL
        return {type: TypeWords(name=name) for type, name in names.items()}

    recipe = Recipe()
    materials = [Material(language, each, words(language)) for language, each in learnt.items()]
    tagger, _ = learning.train(recipe, materials, seed)
    return {
        language: prediction.predict(tagger, each, words(language), prediction.LEAST).columns
        for language, each in test.items()
    }


def table(home: Path) -> pd.DataFrame:
    """Return a row for each student, kind of labels and language (percent), over the seeds that there are of both kinds of labels.

    Halves of the produced sentences are compared like kinds of labels.
    """
    data = read_json(home / DATA)
    wanted: list[tuple[str, tuple[str, ...]]] = [(student, LABELS) for student in STUDENTS]
    wanted += [(student, tuple(SPLITS)) for student in SPLIT_STUDENTS]
    rows = []
    for student, both in wanted:
        there = [seed for seed in SEEDS if all(_file(home, student, which, seed).exists() for which in both)]
        for which in both if there else ():
            runs = [read_json(_file(home, student, which, seed))["counts"] for seed in there]
            rows += [_row(STUDENTS[student], which, language, data, runs) for language in data]
    return pd.DataFrame(rows)


def _row(
    student: str, which: str, language: str, data: dict[str, Any], runs: Sequence[Any]
) -> dict[str, Any]:
    counts = np.array([run[language] for run in runs], np.int64)
    documents = [row[2] for row in data[language]["test"]]
    bounds = interval(counts, 0.95, units_of(documents))
    right, named, gold = counts.sum(axis=1).T
    f1 = 200 * right / np.maximum(1, named + gold)
    return {
        "student": student, "trained on": which, "language": language, "seeds": len(runs),
        "sentences": counts.shape[1], "documents": len(set(documents)), "gold": int(gold[0]),
        "precision": 100 * right.sum() / max(1, named.sum()), "recall": 100 * right.sum() / gold.sum(),
        "F1": 100 * bounds.value, "low": 100 * bounds.low, "high": 100 * bounds.high,
        "sd": float(f1.std(ddof=1)) if len(runs) > 1 else None,
    }  # fmt: skip


def halves(home: Path) -> pd.DataFrame:
    """Return how good the produced labels of each half are (tokens of mentions are compared as labels are, percent)."""
    rows = []
    for language, each in read_json(home / DATA).items():
        chosen = surer([row[3] for row in each["train"]])
        for half, sure in SPLITS.items():
            own = [row for row, one in zip(each["train"], chosen, strict=True) if one == sure]
            true, made = (from_rows([(row[0], row[column]) for row in own]) for column in (1, 2))
            right, named, gold = count_tokens(true, made).values.sum(axis=(0, 1)).tolist()
            rows.append(
                {
                    "language": language, "half": half, "sentences": len(own), "with mentions": sum(row[3] is not None for row in own),
                    "gold": gold, "named": named, "right": right, "precision": 100 * right / max(1, named),
                    "recall": 100 * right / max(1, gold),
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Do one of the three steps."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.systems.students", description=__doc__)
    parser.add_argument("step", choices=("prepare", "train", "table"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--by", type=Path, action="append", default=[])
    said = parser.parse_args(arguments)
    said.folder.mkdir(parents=True, exist_ok=True)
    if said.step == "prepare":
        prepare(said.folder, said.by)
    elif said.step == "train":
        train(said.folder)
    else:
        quality = ["language", "labels by", "sentences", "gold", "named", "right", "precision", "recall"]
        print(tables.in_markdown(pd.DataFrame(read_json(said.folder / QUALITY), columns=quality), digits=1))
        print()
        print(tables.in_markdown(halves(said.folder), digits=1))
        print()
        print(tables.in_markdown(table(said.folder), digits=1))


if __name__ == "__main__":
    main()
