"""The sentences of a release that an experiment trains and tests on, by the corpus and language that they are of."""

from dataclasses import dataclass

from openner_utils.core.columns import Columns, Ints
from openner_utils.encoders.one_run import RunSpec

Unit = tuple[str, str]
"""A corpus and one of its languages."""


@dataclass(frozen=True, slots=True)
class Texts:
    """The sentences of each unit and split, and their numbers in the release; ``trained``: the units that are trained on.

    ``alone``: whether each of these is trained on by itself; ``scored``: whether a run has test sets of its own.
    """

    columns: dict[str, Columns]
    sentences: dict[str, Ints]
    trained: set[Unit]
    alone: bool
    scored: bool

    def has(self, unit: Unit, split: str) -> bool:
        """Return whether there are such sentences for a run: of a unit that is only tested on, test ones alone."""
        return name_of(unit, split) in self.columns and (split == "test" or unit in self.trained)

    def own(self, spec: RunSpec) -> tuple[str, ...]:
        """Return the test sets that a run's scores are of: all, but for a unit that is trained on alone only its own; of donors none."""
        if not self.scored:
            return ()
        units = {name.rpartition("/")[0] for name in spec.train}
        return tuple(name for name in spec.evaluate if not self.alone or name.rpartition("/")[0] in units)

    def tested(self, spec: RunSpec) -> tuple[str, ...]:
        """Return the test sets that a run is told of by: its own, and of donors those of their targets."""
        return self.own(spec) if self.scored else spec.evaluate


def name_of(unit: Unit, split: str) -> str:
    """Return what the sentences of a unit and split are called."""
    return "/".join((*unit, split))
