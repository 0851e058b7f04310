"""A third party's predictions beside a run's systems: which sentences they are of, and how much better or worse they are.

Sentences are known by their tokens. Where several of a run have the same ones, those of the part are taken that the file holds most
of, in order. What finds no partner is named, and left out of the comparison on both sides.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from openner_utils.analysis.systems import chosen, compared, shared, with_intervals
from openner_utils.config.params import Compare
from openner_utils.core.columns import Columns
from openner_utils.core.releases import columns_of
from openner_utils.scoring import mentions as scoring
from openner_utils.scoring.aligned import bare

Part = tuple[str, str]
"""Corpus and language."""
RUN = ["system", "regime", "labels_from", "format", "decoding", "policy"]
"""What tells systems of a run apart; their seeds are counted together, and controls are left out."""
KEYS = ["corpus", "language", *RUN]


@dataclass(frozen=True, slots=True)
class Place:
    """A sentence of a run's test sets, by its row in them, or of a file, by its line."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Matched:
    """Which sentence of the test sets each of a file is: ``rows`` of the one, ``numbers`` of the other, in the same order.

    ``unknown``: sentences of the file that no test set holds, each with the test sentence of the same text in other tokens, if
    there is one. ``missing``: sentences of the parts, of which the file holds some, that it lacks.
    """

    rows: list[int]
    numbers: list[int]
    unknown: list[tuple[Place, Place | None]]
    missing: list[Place]


def match(tests: pa.Table, file: Columns) -> Matched:
    """Match the sentences of a file with those of test sets (`RELEASE` rows)."""
    known: dict[tuple[str, ...], list[int]] = defaultdict(list)
    parts = list(zip(tests["corpus"].to_pylist(), tests["language"].to_pylist(), strict=True))
    for row, tokens in enumerate(tests["tokens"].to_pylist()):
        known[tuple(tokens)].append(row)
    sentences = [tokens for tokens, _ in file.rows()]
    certain = Counter(parts[known[each][0]] for each in sentences if len(known.get(each, ())) == 1)
    free = {
        tokens: sorted(rows, key=lambda row: (-certain[parts[row]], row)) for tokens, rows in known.items()
    }
    rows, numbers, left = [], [], []
    for number, tokens in enumerate(sentences):
        if free.get(tokens):
            rows.append(free[tokens].pop(0))
            numbers.append(number)
        else:
            left.append(number)
    held, found = {parts[row] for row in rows}, set(rows)
    lacking = [row for row, part in enumerate(parts) if part in held and row not in found]
    return Matched(
        rows, numbers, list(_unknown(tests, file, sentences, left)), [_of_test(tests, row) for row in lacking]
    )


def _unknown(
    tests: pa.Table, file: Columns, sentences: Sequence[tuple[str, ...]], left: Sequence[int]
) -> Iterable[tuple[Place, Place | None]]:
    """Yield the sentences of a file that have no partner, with the test sentence of the same characters, if there is one."""
    texts: dict[str, int] = {}
    for row, tokens in enumerate(tests["tokens"].to_pylist() if left else ()):
        texts.setdefault("".join(map(bare, tokens)), row)
    for number in left:
        here = Place(file.file, int(file.lines[file.sentences[number]]))
        same = texts.get("".join(map(bare, sentences[number])))
        yield here, None if same is None else _of_test(tests, same)


def _of_test(tests: pa.Table, row: int) -> Place:
    return Place(
        f"{tests['corpus'][row].as_py()}/{tests['file'][row].as_py()}", tests["lines"][row].as_py()[0]
    )


def counts(tests: pa.Table, file: Columns, matched: Matched, name: str, seed: int) -> pd.DataFrame:
    """Return counts per sentence of a file's predictions (IOB2, in the types of ``tests``), as the stage score has them of runs."""
    taken = tests.take(pa.array(matched.rows, pa.int64()))
    reference = columns_of(taken)
    predicted = file.pick(np.array(matched.numbers, np.int64))
    correct, found, gold = scoring.count(reference, predicted).values.sum(axis=1).T
    return pd.DataFrame(
        {
            **dict.fromkeys(RUN, ""),
            "system": name,
            "seed": seed,
            **{key: taken[key].to_pylist() for key in ("corpus", "language", "sentence", "document")},
            "correct": correct,
            "predicted": found,
            "reference": gold,
        }
    )


def table(theirs: pd.DataFrame, runs: pd.DataFrame, how: Compare) -> pd.DataFrame:
    """Return one row per corpus, language and system of the run: both F1 on the sentences that both have, and the difference.

    ``runs``: counts per sentence of one convention without controls. ``difference`` is theirs minus the system's; all rows are one
    family (`compared`). Where they share no sentence there is no row.
    """
    pairs: list[tuple[Mapping[str, Any], pd.DataFrame, pd.DataFrame]] = []
    scores = []
    for keys, ours in runs.groupby(KEYS, sort=True):
        key = dict(zip(KEYS, keys, strict=True))
        mine, others = shared(ours, chosen(theirs, corpus=key["corpus"], language=key["language"]))
        if len(mine) and len(others):
            pairs.append((key, mine, others))
            scores.append([with_intervals(side, ["corpus"], how)["f1"].iloc[0] for side in (mine, others)])
    found = compared(pairs, how, KEYS)
    both = pd.DataFrame(scores, columns=["f1", "f1_theirs"], index=found.index, dtype=float)
    return pd.concat([found[KEYS], both, found.drop(columns=KEYS)], axis=1)
