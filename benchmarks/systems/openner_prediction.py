"""Prediction as ``openner predict --tokens`` does it; with the best settings in bf16."""

from pathlib import Path

from benchmarks.systems import Clock, Done, Task, main
from openner_utils.core.columns import from_rows
from openner_utils.encoders import saved
from openner_utils.encoders.prediction import predict
from openner_utils.runs.machine import Machine


def carry_out(task: Task) -> Done:
    tagger, about = saved.load(Path(task.model))
    machine = Machine(task.device, "bf16" if task.best else "fp32")
    with Clock() as clock:
        found = predict(tagger, about.encoder, from_rows(task.test), machine).columns
        labels = tuple(list(labels) for _, labels in found.rows())
    return Done(clock.wall, clock.processor, 0, 0, labels)


if __name__ == "__main__":
    main(carry_out)
