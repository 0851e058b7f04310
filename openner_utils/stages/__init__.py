"""One module per stage of the pipeline, all of one shape.

A module says what it is: ``READS`` and ``WRITES`` (`core.artifacts`), and ``Params``, the blocks of params.yaml that it
uses. Its ``run(work, params, …)`` computes: it is handed what it reads, hands over what it makes, and returns what its
notebook shows; it opens no file of the pipeline by itself and knows no folder. `main` does the reading and writing of all stages.
"""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from openner_utils.config.params import OfRun, Run, folder, load
from openner_utils.core.artifacts import Folder, Inputs, Outputs, Store
from openner_utils.support.errors import OpenNERError
from openner_utils.support.paths import HERE, Place
from openner_utils.support.progress import SIDE_FILE
from openner_utils.support.within import within

_HERE = Run()
_QUESTION = "{first} and others ({number}) lie here already. Type yes to make them anew, anything else to leave them: "


@dataclass(frozen=True, slots=True)
class Work:
    """What a stage is handed.

    ``resume`` keeps finished runs, so that a unit that runs again computes only what is missing; ``place`` holds what is
    no artifact: raw files, and what people read; ``workers`` processes may work at once; ``run`` says where trainings are
    carried out.
    """

    inputs: Inputs
    outputs: Outputs
    resume: Path
    place: Place
    workers: int = 1
    run: Run = _HERE


def main(stage: ModuleType, place: Place = HERE, **unit: str) -> Any:
    """Run one unit of a stage (its module) under ``place``, as its params.yaml says, and return the stage's ``Result``.

    ``unit`` are the stage's parameters: ``main(train, encoder="minilm", regime="individual")``.
    """
    params = load(stage.Params, place.params)
    run = load(OfRun, place.params).run
    ask_before(stage, place, **unit)
    return stage.run(work(stage, place, Folder(place.artifacts), run.count(), run, **unit), params, **unit)


def ask_before(stage: ModuleType, place: Place, **unit: str) -> None:
    """Ask a person who runs a notebook by hand whether it may overwrite what lies there; the pipeline is asked nothing.

    Raises `OpenNERError` where the answer is not yes, so that nothing below is run.
    """
    if not _by_hand():
        return
    there = [path for path in _made(stage, place, **unit) if path.exists()]
    if there and input(_QUESTION.format(first=place.relative(there[0]), number=len(there))).strip() != "yes":
        raise OpenNERError(
            "Nothing was run: what lies there stays. Its page is in reports/html; to make it anew, answer yes, or run "
            "dvc repro in a terminal."
        )


def _by_hand() -> bool:
    """Return whether this runs in the kernel of a notebook that a person has open."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return hasattr(shell, "kernel") and SIDE_FILE not in os.environ


def _made(stage: ModuleType, place: Place, **unit: str) -> list[Path]:
    """Return where a unit's artifacts lie, those that one name stands for."""
    paths = []
    for artifact in stage.WRITES:
        try:
            paths.append(artifact.path(place.artifacts, **unit))
        except KeyError:  # one for each corpus or table: the others of the stage tell enough
            continue
    return paths


def work(
    stage: ModuleType, place: Place, store: Store, workers: int = 1, run: Run = _HERE, **unit: str
) -> Work:
    """Return what a unit of a stage is handed, with artifacts in ``store``."""
    resume = within(
        place.resume, "/".join(filter(None, (stage.__name__.rpartition(".")[2], folder(unit)))), "params.yaml"
    )
    return Work(Inputs(store, stage.READS), Outputs(store, stage.WRITES, unit), resume, place, workers, run)
