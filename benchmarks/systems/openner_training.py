"""Training as ``openner train`` does it; with the best settings in bf16."""

from pathlib import Path

import torch

from benchmarks.systems import Clock, Done, Task, main, memory
from openner_utils.config.params import Encoder
from openner_utils.core.columns import from_rows
from openner_utils.encoders import loop, models, saved
from openner_utils.encoders.prediction import predict
from openner_utils.encoders.saved import About
from openner_utils.runs.machine import Machine


def carry_out(task: Task) -> Done:
    recipe = Encoder(
        checkpoint=task.checkpoint,
        learning_rate=task.learning_rate,
        epochs=task.epochs,
        batch_size=task.batch_size,
        weight_decay=task.weight_decay,
        warmup_ratio=0.0,
        max_length=task.max_length,
        overlap=32,
        precision="bf16" if task.best else "fp32",
    )
    machine = Machine(task.device, recipe.precision)
    tagger = models.load(recipe.checkpoint, None, task.labels, task.seed)
    test = from_rows(task.test)
    counted = [0, 0]

    def count(model: torch.nn.Module, _: object, batch: dict[str, torch.Tensor]) -> None:
        if model.training:
            counted[0] += int(batch["attention_mask"].sum())
            counted[1] += batch["attention_mask"].numel()

    if task.device == "cpu":  # on a GPU batches do not pass through Python
        tagger.model.register_forward_pre_hook(count, with_kwargs=True)
    with Clock() as clock:
        sentences = from_rows(task.train)
        history = loop.train(tagger, recipe, sentences, None, task.seed, machine, later=[test])
    about = About(
        encoder=recipe,
        labels=task.labels,
        seed=task.seed,
        trained_on=("benchmark",),
        sentences=sentences.n_sentences,
        steps=sum(epoch.steps for epoch in history),
        types={},
    )
    saved.save(tagger, about, Path(task.keep))
    found = predict(tagger, recipe, test, machine).columns
    labels = tuple(list(labels) for _, labels in found.rows())
    return Done(clock.wall, clock.processor, counted[0], counted[1], labels, memory(), clock.begun)


if __name__ == "__main__":
    main(carry_out)
