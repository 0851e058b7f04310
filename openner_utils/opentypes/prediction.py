"""Mentions of any types in sentences: each span against each type, the best first, none inside or across another."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from openner_utils.core.columns import Columns
from openner_utils.core.encoding import OUTSIDE
from openner_utils.encoders.prediction import Prediction
from openner_utils.opentypes.inputs import Numbers, Texts, collate, prepare
from openner_utils.opentypes.learning import OpenTagger
from openner_utils.opentypes.words import TypeWords, checked

TOGETHER = 32
"""Windows, or types, that are computed at once."""
LEAST = 0.5
"""Probability from which a span is a mention; the threshold that was learnt."""


def vectors_of(tagger: OpenTagger, words: Sequence[TypeWords]) -> torch.Tensor:
    """Return the vectors of types [n_types, size], which are the same for all sentences."""
    texts = Texts.of(
        tagger.tokenizer,
        [each.texts(tagger.recipe.definitions)[0] for each in words],
        tagger.recipe.max_length,
    )
    with torch.inference_mode():
        parts = []
        for first in range(0, len(words), TOGETHER):
            ids, mask = texts.batch(range(first, min(first + TOGETHER, len(words))))
            parts.append(tagger.model.types(ids.to(tagger.machine.device), mask.to(tagger.machine.device)))
    return torch.cat(parts)


def predict(
    tagger: OpenTagger, sentences: Columns, words: Mapping[str, TypeWords], least: float = LEAST
) -> Prediction:
    """Return sentences under the mentions that are found of some types (label → its words); labels that they have are not looked at.

    ``least``: probability from which a span is a mention. A token's ``sure`` is the probability of its mention; of a token outside of all, how
    sure it is that no span that holds it is one. Mentions of more than ``widest`` tokens are not found. Raises `OpenNERError` for no type.
    """
    checked(words, "types to predict")
    types = vectors_of(tagger, list(words.values()))
    inputs = prepare(tagger.tokenizer, tagger.recipe, sentences)
    by_length = sorted(range(len(inputs.windows)), key=inputs.lengths.__getitem__)
    starts, ends, kinds, scores = [], [], [], []
    above = np.zeros(len(sentences), np.float32)
    with torch.inference_mode():
        for first in range(0, len(by_length), TOGETHER):
            batch = collate(inputs, by_length[first : first + TOGETHER], tagger.recipe.widest)
            best, kind = torch.sigmoid(tagger.model(batch, types)).max(dim=1)
            found = best.cpu().numpy()
            for offset in range(tagger.recipe.widest):
                held = batch.starts + offset < batch.ends
                np.maximum.at(above, batch.starts[held] + offset, found[held])
            likely = found >= least
            starts.append(batch.starts[likely])
            ends.append(batch.ends[likely])
            kinds.append(kind.cpu().numpy()[likely])
            scores.append(found[likely])
    joined = [np.concatenate([*each, np.zeros(0)]) for each in (starts, ends, kinds, scores)]
    start, end, kind_of = (each.astype(np.int64) for each in joined[:3])
    score = joined[3].astype(np.float32)
    labels = np.zeros(len(sentences), np.int32)
    sure = np.where(above >= least, 1 - least, 1 - above).astype(np.float32)
    for number in flat(start, end, score).tolist():
        first, last = start[number], end[number]
        labels[first:last] = 2 + 2 * kind_of[number]
        labels[first] = 1 + 2 * kind_of[number]
        sure[first:last] = score[number]
    names = (OUTSIDE, *(f"{state}-{type}" for type in words for state in "BI"))
    return Prediction(sentences.with_labels(labels, names), 0.0, sure)


def flat(starts: Numbers, ends: Numbers, scores: NDArray[np.float32]) -> Numbers:
    """Return the numbers of spans [start, end) that stay, highest score first, where none may share a token with a better one.

    Of equal scores the one that begins first, then the shorter one, is the better (GLiNER's greedy search, section 2.4).

    >>> flat(np.array([0, 1, 3]), np.array([2, 4, 4]), np.array([0.9, 0.8, 0.7], np.float32)).tolist()
    [0, 2]
    """
    taken = np.zeros(int(ends.max()) if len(ends) else 0, np.bool_)
    kept = []
    for number in np.lexsort((ends, starts, -scores)).tolist():
        place = taken[starts[number] : ends[number]]
        if not place.any():
            place[:] = True
            kept.append(number)
    return np.array(kept, np.int64)
