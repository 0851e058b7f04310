"""Sentence vectors that are kept by what was encoded: an encoder's content and a text.

The files lie in a folder of the encoder, each with what one call had to encode: hashes of texts, and vectors in single
precision (half of it would blur near duplicates). The folder can be removed at any time.
"""

import hashlib
import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from openner_utils.llm.embeddings import PREFIX, SentenceEncoder
from openner_utils.support.files import atomic
from openner_utils.training import checkpoints

Floats = NDArray[np.float32]
_HASH = 16
"""Bytes of a text's hash."""


class Kept:
    """Encodes texts once: what was encoded before is read from ``folder``. ``make`` gives the encoder when one is needed."""

    def __init__(self, make: Callable[[], Callable[[Sequence[str]], Floats]], folder: Path) -> None:
        self._make, self._folder = make, folder
        self._known: dict[bytes, Floats] = {}
        for path in sorted(folder.glob("*.npz")):
            try:
                with np.load(path, allow_pickle=False) as kept:
                    rows = zip((row.tobytes() for row in kept["hashes"]), kept["vectors"], strict=True)
                    self._known |= rows
            except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile):
                continue  # a broken file costs only that its texts are encoded again

    def __call__(self, texts: Sequence[str]) -> Floats:
        """Return vectors of length 1 [n_texts, n_dimensions]; each different text is encoded once."""
        hashes = [
            hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_HASH).digest()
            for text in texts
        ]
        missing = {key: text for key, text in zip(hashes, texts, strict=True) if key not in self._known}
        if missing:
            vectors = self._make()(list(missing.values()))
            self._known |= zip(missing, vectors, strict=True)
            name = hashlib.blake2b(b"".join(sorted(missing)), digest_size=_HASH).hexdigest()
            packed = np.frombuffer(b"".join(missing), np.uint8).reshape(-1, _HASH)
            with atomic(self._folder / f"{name}.npz") as beside, open(beside, "wb") as out:
                np.savez(out, hashes=packed, vectors=vectors)
        return np.stack([self._known[key] for key in hashes]) if hashes else np.zeros((0, 0), np.float32)


def of_checkpoint(name: str, home: Path, revision: str | None = None) -> Kept:
    """Return a checkpoint's sentence vectors (see `embeddings`), kept below ``home`` under the checkpoint's content."""
    content = checkpoints.find(name, revision).content() | {"prefix": PREFIX.get(name, "")}
    key = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
    return Kept(lambda: SentenceEncoder(name, revision), home / key)
