"""Looking for a recipe on one's own sentences."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from openner_utils.config.params import Encoder, Search
from openner_utils.core.columns import Columns, concat
from openner_utils.encoders import models
from openner_utils.runs.executors import Advance, nobody
from openner_utils.runs.machine import resolve
from openner_utils.runs.sites import THIS, Site
from openner_utils.search import rates, study, told
from openner_utils.search.rates import STEPS, RateTest
from openner_utils.search.space import Space
from openner_utils.search.three_phase import KeptTrials, Phases, three_phases
from openner_utils.search.told import Row
from openner_utils.search.trials import Sentences

__all__ = ["STEPS", "Task", "draw", "find_rate", "in_three_phases"]


@dataclass(frozen=True, slots=True)
class Task:
    """A search: whose ``recipe``, what is tried, and in which folder the search is kept.

    ``name`` is what the recipe that is found will be called.
    """

    name: str
    recipe: Encoder
    search: Search
    out: Path
    seed: int = 1

    @property
    def space(self) -> Space:
        """What is tried."""
        return Space.around(self.recipe, self.search)


def draw(
    task: Task, train: Sequence[Columns], dev: Sequence[Columns], trials: int, workers: int = 1
) -> list[Row]:
    """Return ``trials`` recipes that were drawn with Optuna and tried, the recipe itself first, and write them down.

    Labels are in IOB2. A search that ``task.out`` holds goes on. With one worker, equal arguments give equal trials.
    """
    sentences = Sentences.of(concat(train), concat(dev))
    tried = study.search(task.out, trials, task.space, sentences, task.seed, workers)
    return _written(task, [Row(number, "", one) for number, one in enumerate(tried)])


def in_three_phases(
    task: Task, train: Sequence[Columns], dev: Sequence[Columns], phases: Phases, site: Site = THIS
) -> list[Row]:
    """Return the trials of T-NER's three phases over a grid around the recipe, and write them down; see `draw`."""
    sentences = Sentences.of(concat(train), concat(dev))
    kept = KeptTrials(task.out / "kept", sentences, task.seed, site, site.run.count())
    found = three_phases(task.space.grid(), phases, kept)
    return _written(task, [Row(number, str(one.phase), one.tried) for number, one in enumerate(found)])


def find_rate(
    recipe: Encoder, train: Sequence[Columns], seed: int = 1, advance: Advance = nobody
) -> RateTest:
    """Return the loss on sentences while the learning rate rises; see `openner_utils.search.rates`."""
    sentences = concat(train)
    labels = models.labels_of(models.types_in(sentences))
    return rates.find_rate(recipe, sentences, labels, seed, resolve(recipe.precision), advance)


def _written(task: Task, rows: list[Row]) -> list[Row]:
    told.write(task.out, rows, task.name)
    return rows
