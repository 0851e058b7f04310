"""Prediction: the labels of tokens, however long their sentence, and how sure the model is of each mention."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from openner_utils.config.params import Encoder
from openner_utils.core.columns import Columns
from openner_utils.core.encoding import IOB2, OUTSIDE, decode, states, transitions
from openner_utils.encoders.decoding import Only, Scores, Steps, best_labels
from openner_utils.encoders.inputs import Batch, collate, prepare
from openner_utils.encoders.models import Tagger
from openner_utils.runs.machine import Machine, is_out_of_memory
from openner_utils.support.errors import OpenNERError

_AT_ONCE = {"cpu": 32, "cuda": 256}
"""Windows that are computed at once, halved where memory is short: a GPU has room, and its time goes by the number of batches."""
NO_ROOM = (
    "Out of memory: it has no room for a single window of sub-tokens. Free some, lower `max_length` of the recipe, or take a "
    "smaller encoder."
)


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """Predicted labels of some sentences, as the model gives them.

    ``invalid_share``: share of predicted mentions that open with an invalid transition (0 without any mention);
    ``sure`` [n_tokens]: the probability of each token's label, all others of its sentence left open (0 to 1).
    """

    columns: Columns
    invalid_share: float
    sure: Scores


def predict(
    tagger: Tagger, recipe: Encoder, sentences: Columns, machine: Machine, only: Only | None = None
) -> Prediction:
    """Return the label of every token; see `decoded`."""
    return decoded(tagger, recipe, sentences, scores_of(tagger, recipe, sentences, machine), only)


def decoded(
    tagger: Tagger, recipe: Encoder, sentences: Columns, scores: Scores, only: Only | None = None
) -> Prediction:
    """Return the label of every token, from the scores of its labels [n_tokens, labels].

    By the recipe's ``decoding`` labels are free (a linear head decides each on its own, and transitions may be invalid) or valid
    (the best sequence without an invalid transition). Sentences that were read in several windows are decoded whole.
    ``only``: the labels that may be given; None: all.
    """
    if only is not None:
        scores = only.before(scores)
    steps = Steps.none(len(tagger.labels)) if tagger.crf is None else tagger.crf.steps()
    if recipe.decoding == "valid":
        steps = steps.only(transitions(tagger.labels, IOB2))
    if tagger.crf is None and recipe.decoding == "free":
        found = scores.argmax(-1).astype(np.int32)
    else:
        found = best_labels(scores, sentences.sentences, steps)
    sure = _probabilities(tagger, scores, sentences)[np.arange(len(found)), found]
    if only is not None:
        found = only.after(found, tagger.labels.index(OUTSIDE))
    columns = sentences.with_labels(found, tagger.labels)
    mentions = len(decode(columns, IOB2))
    invalid = int(states(columns, IOB2).invalid.sum()) / mentions if mentions else 0.0
    return Prediction(columns, invalid, sure)


def scores_of(tagger: Tagger, recipe: Encoder, sentences: Columns, machine: Machine) -> Scores:
    """Return the model's score of each label for each token [n_tokens, labels], before any decoding."""
    inputs = prepare(tagger, recipe, sentences)
    model = placed(tagger, machine).eval()
    found = np.full((len(sentences), len(tagger.labels)), np.nan, dtype=np.float32)
    by_length = sorted(range(len(inputs.windows)), key=inputs.lengths.__getitem__)
    # Under one autocast weights are turned into bf16 once for all batches; torch keeps them so under no_grad alone.
    size, done = _AT_ONCE[machine.device], 0
    with torch.no_grad(), autocast(machine):
        while done < len(by_length):
            try:
                batch = collate(tagger, inputs, by_length[done : done + size])
                scores = logits(model, batch, machine).cpu().numpy()
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
                if size == 1:
                    raise OpenNERError(NO_ROOM) from error
                size //= 2
                continue
            done += size
            if not np.isfinite(scores).all():
                raise OpenNERError(
                    "The model's scores are no finite numbers: its training came apart, or its weights were damaged. "
                    "Train it again, with a lower learning rate if that is what happened."
                )
            found[batch.tokens] = scores
    if np.isnan(found).any():
        lost = int(np.isnan(found).any(-1).sum())
        raise AssertionError(f"{lost} tokens were not predicted: the windows do not cover them")
    return found


def logits(model: nn.Module, batch: Batch, machine: Machine) -> Tensor:
    """Return the label logits of the batch's sub-tokens that count [n_kept, labels], in fp32."""
    with autocast(machine):
        output = model(input_ids=batch.ids.to(machine.device), attention_mask=batch.mask.to(machine.device))
    there: Tensor = output.logits[batch.rows.to(machine.device), batch.columns.to(machine.device)]
    return there.float()


def autocast(machine: Machine, keep: bool = True) -> torch.autocast:
    """Return what a model computes under; ``keep``: whether weights that were cast are kept for the next use within it."""
    return torch.autocast(
        machine.device, torch.bfloat16, enabled=machine.precision == "bf16", cache_enabled=keep
    )


def placed(tagger: Tagger, machine: Machine) -> nn.Module:
    """Return the tagger's model on the machine's device."""
    return tagger.model.to(machine.device)


def _probabilities(tagger: Tagger, scores: Scores, sentences: Columns) -> Scores:
    """Return the probability of each label of each token [n_tokens, labels]."""
    tensor = torch.from_numpy(scores)
    found = torch.softmax(tensor, -1) if tagger.crf is None else tagger.crf.marginals(tensor, sentences)
    return np.asarray(found.numpy(), dtype=np.float32)
