"""Sentence embeddings by a packaged encoder: the mean of its last layer over a sentence's sub-tokens, of length 1."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openner_utils.training import checkpoints

PREFIX = {checkpoints.E5: "query: "}
"""What a checkpoint was trained to see before a text that is compared with its like (Wang et al. 2024, arXiv 2402.05672)."""


class SentenceEncoder:
    """An encoder on the processor, where every machine gets nearly the same vectors; texts are cut at its longest input."""

    def __init__(self, checkpoint: str, revision: str | None = None, batch_size: int = 32) -> None:
        # Transformers and PyTorch take seconds to import, and few questions need them.
        import torch
        from transformers import AutoModel

        from openner_utils.training import loading

        found = checkpoints.find(checkpoint, revision)
        self._torch, self._batch_size = torch, batch_size
        self._prefix = PREFIX.get(checkpoint, "")
        self._tokenizer: Any = loading.tokenizer_of(checkpoint, found)
        # A pooler, which a checkpoint may lack, is not read here.
        model: Any = loading.model_of(
            checkpoint, found, AutoModel, fresh=lambda _, key: key.startswith("pooler.")
        )
        self._model = model.float().eval()
        self._longest = min(int(getattr(model.config, "max_position_embeddings", 512)), 512)

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return vectors of length 1 [n_texts, n_dimensions]."""
        order = sorted(range(len(texts)), key=lambda number: len(texts[number]))
        vectors: dict[int, NDArray[np.float32]] = {}
        for start in range(0, len(order), self._batch_size):
            numbers = order[start : start + self._batch_size]
            vectors |= zip(numbers, self._encode([self._prefix + texts[n] for n in numbers]), strict=True)
        return np.stack([vectors[number] for number in range(len(texts))])

    def _encode(self, texts: list[str]) -> NDArray[np.float32]:
        batch = self._tokenizer(
            texts,
            padding=True,
            truncation=True,
            max_length=self._longest,
            split_special_tokens=True,  # a text that spells a control token is a text
            return_tensors="pt",
        )
        with self._torch.inference_mode():
            states = self._model(**batch).last_hidden_state
        mask = batch["attention_mask"].unsqueeze(-1).to(states.dtype)
        mean = (states * mask).sum(1) / mask.sum(1).clamp(min=1)
        result: NDArray[np.float32] = self._torch.nn.functional.normalize(mean, dim=1).numpy()
        return result
