"""What it costs to read raw Thai by words of a dictionary, or by written characters, beside the tokens of the corpus itself.

    python -m benchmarks.systems.raw_thai FOLDER        trains what is missing, until time is up, and prints Markdown

Tagger: the recipe ``characters`` of params.yaml, trained on sentences of ThaiNER, cut as the corpus has them or into written characters. Text to
train on and to test on is chosen by a hash. A mention is right where its characters and its core type are.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from benchmarks.systems import students
from openner_utils.config.params import Encoders
from openner_utils.config.params import load as load_params
from openner_utils.core.columns import Columns, from_rows
from openner_utils.core.encoding import IOB2, decode
from openner_utils.llm.labels import NATURAL
from openner_utils.pages import tables
from openner_utils.readers import unspaced
from openner_utils.readers.spans import get_tokenizer
from openner_utils.support.documents import read_json
from openner_utils.support.files import write_json
from openner_utils.support.paths import HERE
from openner_utils.web.mentions import Annotated

TRAIN, TEST, SEEDS = 400, 200, (1, 2, 3)
SECONDS = 250
LEARNT = {"words": "words of the corpus", "characters": "written characters"}
Place = tuple[int, int]
READ: dict[str, Callable[[students.Row], list[Place]]] = {
    "words of the corpus": lambda row: students.places_of(row[0]),
    "words of ICU": lambda row: unspaced.tokens(row[1].passage.text),
    "written characters": lambda row: get_tokenizer("clusters")(row[1].passage.text),
}


def run(home: Path) -> None:
    """Train the taggers that are missing, and write for each way of reading how many mentions are right, named and gold."""
    begun, longest = time.monotonic(), 0.0
    rows = [row for row in students.sentences("tha", "thainer", "all") if 4 < len(row[0]) < 80]
    rows = students._some({row[1].passage.text: row for row in rows}.values(), TRAIN + TEST)
    for seed in SEEDS:
        for learnt in LEARNT:
            target = home / f"{learnt}-{seed}.json"
            if target.exists() or time.monotonic() - begun + longest > SECONDS:
                continue
            started = time.monotonic()
            write_json(target, _counts(rows[:TRAIN], rows[TRAIN:], learnt, seed))
            longest = max(longest, time.monotonic() - started)


def _counts(
    train: Sequence[students.Row], test: Sequence[students.Row], learnt: str, seed: int
) -> dict[str, list[int]]:
    import torch

    from openner_utils.encoders import loop, models
    from openner_utils.encoders.prediction import predict
    from openner_utils.runs.machine import resolve

    torch.set_num_threads(1)
    recipe = load_params(Encoders, HERE.params).encoders["characters"]
    machine = resolve(recipe.precision)
    tagger = models.load(
        recipe.checkpoint, recipe.revision, models.labels_of(sorted(NATURAL)), seed, recipe.head
    )
    loop.train(tagger, recipe, _columns(train, READ[LEARNT[learnt]]), None, seed, machine)
    found = {}
    for how, read in READ.items():
        places = [read(row) for row in test]
        predicted = predict(tagger, recipe, _columns(test, read), machine).columns
        found[how] = _right(predicted, places, [row[1] for row in test])
    return found


def _columns(rows: Sequence[students.Row], read: Callable[[students.Row], list[Place]]) -> Columns:
    """Return sentences cut in some way, under gold labels; a mention has every token that it touches."""
    made = []
    for row in rows:
        text, places = row[1].passage.text, read(row)
        labels = ["O"] * len(places)
        for mention in row[1].mentions:
            inside = [n for n, (a, b) in enumerate(places) if a < mention.end and mention.start < b]
            for place, n in enumerate(inside):
                labels[n] = f"{'I' if place else 'B'}-{mention.type}"
        made.append(([text[a:b] for a, b in places], labels))
    return from_rows(made)


def _right(predicted: Columns, places: Sequence[list[Place]], gold: Sequence[Annotated]) -> list[int]:
    marked = decode(predicted, IOB2)
    edges = predicted.sentences.tolist()
    columns = (marked.sentence, marked.start, marked.end, marked.type)
    named = {
        (s, places[s][a - edges[s]][0], places[s][b - 1 - edges[s]][1], marked.types[type])
        for s, a, b, type in zip(*(each.tolist() for each in columns), strict=True)
    }
    true = {(s, each.start, each.end, each.type) for s, row in enumerate(gold) for each in row.mentions}
    return [len(named & true), len(named), len(true)]


def table(home: Path) -> pd.DataFrame:
    """Return a row for each way of learning and of reading (percent), over the seeds that there are."""
    rows = []
    for learnt, called in LEARNT.items():
        files = [path for seed in SEEDS if (path := home / f"{learnt}-{seed}.json").exists()]
        for how in READ if files else ():
            counts = [read_json(path)[how] for path in files]
            f1 = pd.Series([200 * right / max(1, named + gold) for right, named, gold in counts])
            right, named, gold = (sum(each) for each in zip(*counts, strict=True))
            rows.append(
                {
                    "learnt by": called, "raw text read by": how, "seeds": len(files), "gold": gold // len(files),
                    "precision": 100 * right / max(1, named), "recall": 100 * right / gold,
                    "F1": f1.mean(), "sd": f1.std(),
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.systems.raw_thai", description=__doc__)
    parser.add_argument("folder", type=Path)
    home = parser.parse_args(arguments).folder
    home.mkdir(parents=True, exist_ok=True)
    run(home)
    print(tables.in_markdown(table(home), digits=1))


if __name__ == "__main__":
    main()
