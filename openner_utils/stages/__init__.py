"""One module per stage of the pipeline, all of one shape.

A module says what it is: ``READS`` and ``WRITES`` (`core.artifacts`), and ``Params``, the blocks of params.yaml that it
uses. Its ``run(work, params, …)`` computes: it is handed what it reads, hands over what it makes, and returns what its
notebook shows; it opens no file of the pipeline by itself and knows no folder. `main` does the reading and writing of all stages.
"""

from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from openner_utils.config.params import OfRun, folder, load
from openner_utils.core.artifacts import Folder, Inputs, Outputs, Store
from openner_utils.runs.sites import THIS, Site
from openner_utils.support.paths import HERE, Place
from openner_utils.support.within import within


@dataclass(frozen=True, slots=True)
class Work:
    """What a stage is handed.

    ``resume`` keeps finished runs, so that a unit that runs again computes only what is missing; ``place`` holds what is
    no artifact: raw files, and what people read; ``workers`` processes may work at once; ``site`` is where
    trainings are carried out.
    """

    inputs: Inputs
    outputs: Outputs
    resume: Path
    place: Place
    workers: int = 1
    site: Site = THIS


def main(stage: ModuleType, place: Place = HERE, **unit: str) -> Any:
    """Run one unit of a stage (its module) under ``place``, as its params.yaml says, and return the stage's ``Result``.

    ``unit`` are the stage's parameters: ``main(train, encoder="minilm", regime="individual")``.
    """
    params = load(stage.Params, place.params)
    site = Site(load(OfRun, place.params).run, place.own)
    return stage.run(
        work(stage, place, Folder(place.artifacts), site.run.count(), site, **unit), params, **unit
    )


def work(
    stage: ModuleType, place: Place, store: Store, workers: int = 1, site: Site = THIS, **unit: str
) -> Work:
    """Return what a unit of a stage is handed, with artifacts in ``store``."""
    resume = within(
        place.resume, "/".join(filter(None, (stage.__name__.rpartition(".")[2], folder(unit)))), "params.yaml"
    )
    return Work(Inputs(store, stage.READS), Outputs(store, stage.WRITES, unit), resume, place, workers, site)
