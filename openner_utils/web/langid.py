"""py3langid's model asked about many texts at once, with the answers that the package itself gives.

The package walks through a text byte by byte in Python; here all texts of a batch take each step together, in arrays, and their
features are weighted by one sparse product. It looks into the model's inner parts, so its version is pinned, and a test compares.
"""

from collections.abc import Sequence
from types import ModuleType

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

_TOGETHER = 1024
"""Texts that take each step together; their features fit into 32 bits."""


class Langid:
    """The model of a module ``py3langid.langid``; ``labels``: its languages, in ISO 639-1 where there is a code, else 639-3."""

    def __init__(self, module: ModuleType) -> None:
        model = module.LanguageIdentifier.from_model_file(module.MODEL_FILE, norm_probs=True)
        self._encode = model._encode
        self._classes: list[str] = list(model.nb_classes)
        self._twice: list[tuple[int, int]] = model._alias_pairs
        self._priors = np.asarray(model.nb_pc, np.float32)
        self._weights = np.asarray(model.nb_ptc, np.float32)
        transitions = model.tk_nextmove
        self._next = np.frombuffer(transitions, np.dtype(f"u{transitions.itemsize}"))
        self._row = np.array(model._rowbase, np.int64)
        found = np.array(model.tk_output, np.int32)
        self._found = np.where(found < 0, np.iinfo(np.int32).min, found)
        self.labels: list[str] = list(model.labels)

    def classify(self, texts: Sequence[str]) -> list[tuple[str, float]]:
        """Return the label of each text and its confidence from 0 to 1."""
        found: list[tuple[str, float]] = []
        for start in range(0, len(texts), _TOGETHER):
            found += self._together([self._encode(text) for text in texts[start : start + _TOGETHER]])
        return found

    def _together(self, texts: Sequence[bytes]) -> list[tuple[str, float]]:
        lengths = np.array([len(text) for text in texts])
        order = np.argsort(-lengths, kind="stable")
        counts = self._features([texts[each] for each in order], lengths[order])
        scores = counts @ self._weights + self._priors
        scores[np.diff(counts.indptr) == 0] = (
            0  # a text without a feature tells nothing, not what is most frequent
        )
        scores *= (1 / np.sqrt(np.maximum(lengths[order], 1)))[:, None].astype(np.float32)
        chances = np.exp(scores - scores.max(axis=1, keepdims=True))
        chances /= chances.sum(axis=1, keepdims=True)
        for first, second in self._twice:
            chances[:, first] += chances[:, second]
            chances[:, second] = 0
        best = chances.argmax(axis=1)
        answers: list[tuple[str, float]] = [("", 0.0)] * len(texts)
        for row, place in enumerate(order):
            answers[place] = self._classes[best[row]], float(chances[row, best[row]])
        return answers

    def _features(self, texts: Sequence[bytes], lengths: NDArray[np.int64]) -> csr_matrix:
        """Return log(1 + how often each feature occurs) [n_texts, n_features]; the longest text comes first."""
        longest, width = int(lengths[0]), len(self._weights)
        letters = np.zeros((len(texts), longest), np.uint8)
        for row, text in enumerate(texts):
            letters[row, : len(text)] = np.frombuffer(text, np.uint8)
        letters = np.ascontiguousarray(letters.T)
        at_work = np.searchsorted(
            -lengths, -np.arange(longest), "left"
        )  # texts that are longer than each step
        state = np.zeros(len(texts), np.int64)
        first = np.arange(len(texts), dtype=np.int32) * np.int32(width)
        keys = np.full(letters.shape, -1, np.int32)
        for step, working in enumerate(at_work):
            state[:working] = self._next[self._row[state[:working]] + letters[step, :working]]
            keys[step, :working] = self._found[state[:working]] + first[:working]
        # What is no feature is far below zero, so that its sum with a row's first key is, too. Each text is sorted by itself, which is
        # quicker; together they are in order, as keys grow with the row.
        ordered = np.sort(np.ascontiguousarray(keys.T), axis=1)
        flat = ordered[ordered >= 0]
        new = np.flatnonzero(np.diff(flat, prepend=-1))
        often = np.diff(np.append(new, len(flat)))
        rows, features = np.divmod(flat[new], width)
        return csr_matrix(
            (np.log1p(often.astype(np.float32)), features, np.searchsorted(rows, np.arange(len(texts) + 1))),
            shape=(len(texts), width),
        )
