"""Pruning of a million sentences with vectors against budgets of time and memory, and against the plain loop on fewer.

The vectors are synthetic: each corpus has fewer groups of near duplicates than a pool has places, so that pools fill slowly, which
is the costly case. Encoding texts is not part of it.
"""

import json
import os
import subprocess
import sys
import time

import numpy as np
from numpy.typing import NDArray

from benchmarks import Claim, measure
from openner_utils.unify import draws
from openner_utils.unify.pruning import NEGATIVE, Candidates, Options, prune

SECONDS, MEGABYTES = 600.0, 4 * 1024**3 / 1e6
SENTENCES, FEW = 1_000_000, 200_000
DIMENSIONS = 384
CORPORA, TYPES, OF_SENTENCE = 10, 12, 2
GROUPS = 300
"""Of near duplicates, per corpus; a pool has 400 places."""
APART = 0.14
"""Length of what is added to a group's vector: near duplicates have a cosine of about 0.98."""
FASTER = 3.0


def run() -> list[Claim]:
    """Return the claims on time, memory, and the plain loop."""
    used = measure([sys.executable, "-m", "benchmarks.pruning"])
    one_thread = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "benchmarks.pruning", "beside"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | one_thread)
    mine, plain, places, same = json.loads(done.stdout)
    what = (
        f"synthetic vectors of {DIMENSIONS} numbers, {CORPORA} corpora with {TYPES} types and {GROUPS} groups of near duplicates each, "
        f"{OF_SENTENCE} types a sentence"
    )
    return [
        Claim(
            f"pruning {SENTENCES:,} sentences that have vectors: time of the whole process against the budget", "s",
            used.seconds, SECONDS, 1, what + "; making them is in it", True,
        ),
        Claim(
            f"pruning {SENTENCES:,} sentences that have vectors: memory against the budget", "MB",
            used.megabytes, MEGABYTES, 1, what + "; all vectors in memory", True,
        ),
        Claim(
            f"pruning {FEW:,} sentences against the plain loop over sentences: processor time, one thread", "s", mine, plain, FASTER,
            f"{what}; {places:,} places filled, pools {'the same' if same else 'DIFFER'}", True,
        ),
    ]  # fmt: skip


def _beside() -> tuple[float, float, int, bool]:
    """Return the processor time of ours and of the loop, how many places were filled, and whether by the same sentences."""
    few = _collection(FEW)
    began = time.process_time()
    ours = prune(few, Options())
    between = time.process_time()
    theirs = {each.corpus: _loop(each, Options()) for each in few}
    end = time.process_time()
    pools = [pool for pool in ours.pools if pool.type != NEGATIVE]
    same = all(pool.members.tolist() == theirs[pool.corpus][pool.type] for pool in pools)
    return between - began, end - between, sum(len(pool.members) for pool in pools), same


def _collection(sentences: int) -> list[Candidates]:
    return [_candidates(f"corpus{number}", sentences // CORPORA, number) for number in range(CORPORA)]


def _candidates(name: str, count: int, seed: int) -> Candidates:
    draw = np.random.default_rng(seed)
    centres = _unit(draw.normal(size=(GROUPS, DIMENSIONS)).astype(np.float32))
    vectors = centres[draw.integers(0, GROUPS, count)]
    for start in range(0, count, 8192):
        some = vectors[start : start + 8192]
        noise = _unit(draw.standard_normal(some.shape, np.float32))
        vectors[start : start + 8192] = _unit(some + np.float32(APART) * noise)
    types = draw.integers(0, TYPES, (count, OF_SENTENCE))
    of_type = {f"T{type:02d}": np.flatnonzero((types == type).any(axis=1)) for type in range(TYPES)}
    keys = draw.integers(0, 2**63, count).astype(np.uint64)
    return Candidates(name, keys, vectors, of_type, np.zeros(0, np.int64))


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    found: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return found


def _loop(of: Candidates, options: Options) -> dict[str, list[int]]:
    """Return the pools by the loop as the paper tells it: each sentence against each of its types' pools."""
    drawn = {type: draws.uniform(of.keys, options.seed, type) for type in of.of_type}
    types_of: list[list[str]] = [[] for _ in of.keys]
    for type, numbers in of.of_type.items():
        for number in numbers.tolist():
            types_of[number].append(type)
    vectors = {type: np.empty((options.k, of.vectors.shape[1]), np.float32) for type in of.of_type}
    pools: dict[str, list[int]] = {type: [] for type in of.of_type}
    for number in draws.order(of.keys, options.seed).tolist():
        for type in types_of[number]:
            pool = pools[type]
            if len(pool) == options.k:
                continue
            if pool:
                nearest = (vectors[type][: len(pool)] @ of.vectors[number]).max()
                if drawn[type][number] >= 1 - round(float(nearest), 6):
                    continue
            vectors[type][len(pool)] = of.vectors[number]
            pool.append(number)
    return pools


if __name__ == "__main__":
    if sys.argv[1:] == ["beside"]:
        print(json.dumps(_beside()))
    else:
        prune(_collection(SENTENCES), Options())
