"""Random order and random numbers that follow from what a sentence holds, not from where it stands.

A sentence's key is a hash of its corpus, tokens and labels, and of how many equal ones stand before it. Together with a seed
it says when the sentence is visited and what is drawn for it. So the order of files, the other corpora and the number
of processes change nothing.
"""

import hashlib
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from openner_utils.unify.corpora import Corpus

Keys = NDArray[np.uint64]
_BREAK = "\x1f"
"""Stands between tokens; no token of a cleaned corpus is expected to hold it, and one that does only shares a key."""


def keys(corpus: Corpus) -> Keys:
    """Return the key of each sentence [n_sentences]."""
    met: Counter[bytes] = Counter()
    found = bytearray()
    for tokens, labels in corpus.columns.rows():
        content = _BREAK.join((corpus.name, *tokens, "", *labels)).encode("utf-8", "surrogatepass")
        digest = hashlib.blake2b(content, digest_size=8).digest()
        before = met[digest]
        met[digest] += 1
        found += hashlib.blake2b(digest + b"%d" % before, digest_size=8).digest() if before else digest
    return np.frombuffer(bytes(found), "<u8").astype(np.uint64)


def order(of: Keys, seed: int) -> NDArray[np.int64]:
    """Return the numbers of sentences in the order in which they are visited [n_sentences]."""
    return np.lexsort((of, _mixed(of, f"order {seed}")))


def uniform(of: Keys, seed: int, purpose: str) -> NDArray[np.float64]:
    """Return a number in [0, 1) for each sentence; those of two purposes have nothing to do with each other."""
    return (_mixed(of, f"draw {seed} {purpose}") >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _mixed(of: Keys, purpose: str) -> Keys:
    """Return keys mixed with a purpose (the finalizer of SplitMix64, Steele et al. 2014)."""
    salt = np.frombuffer(hashlib.blake2b(purpose.encode(), digest_size=8).digest(), "<u8")[0]
    mixed = of ^ salt
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)), np.uint64)
