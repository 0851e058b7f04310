"""A third party's predictions beside a run's systems: which sentences they are of, and how much better or worse they are.

Sentences are known by their tokens, else by their text, white space aside: then mentions are compared by characters. Where several of
a run are the same, those of the part are taken that the file holds most of, in order. What finds no partner is named, and left out
of the comparison on both sides.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
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
from openner_utils.scoring.aligned import Aligned, bare

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

    ``retokenized``: sentences of the file with the test sentence of the same text in other tokens, which are among them; ``unknown``:
    sentences of the file that no test set holds; ``missing``: those of the parts, of which the file holds some, that it lacks.
    """

    rows: list[int]
    numbers: list[int]
    retokenized: list[tuple[Place, Place]]
    unknown: list[Place]
    missing: list[Place]


def match(tests: pa.Table, file: Columns) -> Matched:
    """Match the sentences of a file with those of test sets (`RELEASE` rows)."""
    parts = list(zip(tests["corpus"].to_pylist(), tests["language"].to_pylist(), strict=True))
    ours = [tuple(tokens) for tokens in tests["tokens"].to_pylist()]
    theirs = [tokens for tokens, _ in file.rows()]
    same = _partners(ours, theirs, parts)
    left = [number for number in range(len(theirs)) if number not in same]
    free = sorted(set(range(len(ours))) - set(same.values()))
    texts = _partners(
        ["".join(map(bare, ours[row])) for row in free],
        ["".join(map(bare, theirs[number])) for number in left],
        [parts[row] for row in free],
    )
    other = {left[number]: free[row] for number, row in texts.items()}
    found = dict(sorted((same | other).items()))
    held = {parts[row] for row in found.values()}
    return Matched(
        list(found.values()),
        list(found),
        [(_of_file(file, number), _of_test(tests, row)) for number, row in sorted(other.items())],
        [_of_file(file, number) for number in left if number not in other],
        [_of_test(tests, row) for row in free if parts[row] in held and row not in other.values()],
    )


def _partners(ours: Sequence[Hashable], theirs: Sequence[Hashable], parts: Sequence[Part]) -> dict[int, int]:
    """Return their number → our number of sentences that are equal; each of ours is given once."""
    known: dict[Hashable, list[int]] = defaultdict(list)
    for row, each in enumerate(ours):
        known[each].append(row)
    certain = Counter(parts[known[each][0]] for each in theirs if len(known.get(each, ())) == 1)
    free = {each: sorted(rows, key=lambda row: (-certain[parts[row]], row)) for each, rows in known.items()}
    return {number: free[each].pop(0) for number, each in enumerate(theirs) if free.get(each)}


def _of_file(file: Columns, number: int) -> Place:
    return Place(file.file, int(file.lines[file.sentences[number]]))


def _of_test(tests: pa.Table, row: int) -> Place:
    return Place(
        f"{tests['corpus'][row].as_py()}/{tests['file'][row].as_py()}", tests["lines"][row].as_py()[0]
    )


def counts(tests: pa.Table, file: Columns, matched: Matched, name: str, seed: int) -> pd.DataFrame:
    """Return counts per sentence of a file's predictions (IOB2, in the types of ``tests``), as the stage score has them of runs."""
    taken = tests.take(pa.array(matched.rows, pa.int64()))
    reference = columns_of(taken)
    predicted = file.pick(np.array(matched.numbers, np.int64))
    alike = reference.tokens.equals(predicted.tokens) and np.array_equal(
        reference.sentences, predicted.sentences
    )
    count = scoring.count if alike else Aligned.of(reference, predicted).count
    correct, found, gold = count(reference, predicted).values.sum(axis=1).T
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
