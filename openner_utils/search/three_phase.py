"""T-NER's search (Ushio and Camacho-Collados 2021, and its code): a grid for a few epochs, the best to the end, then longer.

1. Every recipe of the grid is trained for the first few of its epochs.
2. The best of them are trained to the end.
3. If the winner was never better than after its last epoch, it is trained for one epoch more, as long as F1 does not drop.

Two things differ from T-NER. A training is begun anew where T-NER goes on from a checkpoint: the learning rate falls over all
epochs, so a longer training is another one from its first step. And the best is the one whose last epoch is best, for that is
the model which its recipe gives; T-NER takes the best epoch of any.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from openner_utils.config.params import Encoder
from openner_utils.encoders import models
from openner_utils.runs.kept import Kept
from openner_utils.runs.manifest import Manifest
from openner_utils.runs.sites import Site
from openner_utils.search.trials import Sentences, Trial, Tried, fill, read
from openner_utils.support.progress import bar


@dataclass(frozen=True, slots=True)
class Phases:
    """``first``: epochs of the first phase; ``keep``: recipes of the second; ``most``: epochs of the third, at most."""

    first: int
    keep: int
    most: int


@dataclass(frozen=True, slots=True)
class InPhase:
    """A trial that was carried out in a phase (1 to 3)."""

    phase: int
    tried: Tried


Try = Callable[[int, Sequence[tuple[Encoder, int | None]]], list[Tried]]
"""Carries out trials of a phase: recipes, each with the epoch after which it is broken off (None: at its end)."""


def three_phases(grid: Sequence[Encoder], phases: Phases, carry_out: Try) -> list[InPhase]:
    """Return all trials in the order in which they were carried out."""
    first = carry_out(1, [(recipe, phases.first) for recipe in grid])
    second = carry_out(2, [(tried.recipe, None) for tried in best(first)[: phases.keep]])
    found = [*(InPhase(1, tried) for tried in first), *(InPhase(2, tried) for tried in second)]
    winner = best(second)[0]
    while max(winner.dev_f1, default=0.0) == winner.f1 > 0 and winner.recipe.epochs < phases.most:
        longer = winner.recipe.model_copy(update={"epochs": winner.recipe.epochs + 1})
        (tried,) = carry_out(3, [(longer, None)])
        found.append(InPhase(3, tried))
        if tried.f1 < winner.f1:
            break
        winner = tried
    return found


def best(tried: Sequence[Tried]) -> list[Tried]:
    """Return trials, the best F1 first; of equal ones that of fewer epochs, then the earlier."""
    return sorted(tried, key=lambda one: (-one.f1, one.recipe.epochs))


@dataclass(frozen=True, slots=True, eq=False)
class KeptTrials:
    """Carries out trials at a ``site`` and keeps them in ``place``, by phase: a search that was interrupted goes on."""

    place: Path
    sentences: Sentences
    seed: int
    site: Site
    workers: int

    def __call__(self, phase: int, wanted: Sequence[tuple[Encoder, int | None]]) -> list[Tried]:
        """Return what the trials of a phase came to, in their order; see `Try`."""
        trials = [Trial(recipe, self.sentences, self.seed, stop) for recipe, stop in wanted]
        keys, kept = self._keys(trials), Kept(self.place / f"phase-{phase}")
        by_key = dict(zip(keys, trials, strict=True))
        listed = [(key, str(trial), trial.recipe.model_dump()) for key, trial in by_key.items()]
        manifest = Manifest.begun(kept, listed)
        missing = [(key, by_key[key]) for key in kept.missing(keys)]
        if missing:
            recipe = trials[0].recipe
            executor = self.site.executor(self.workers, self.site.machine(recipe.precision), len(missing))
            with bar(f"search, phase {phase}", total=sum(trial.epochs for _, trial in missing)) as shown:
                kept.carry_out(fill, missing, executor, shown.advance, manifest.finished, manifest.failed)
        return [read(kept.folder(key)) for key in keys]

    def _keys(self, trials: Sequence[Trial]) -> list[str]:
        content = self.sentences.content()
        recipe = trials[0].recipe
        checkpoint = models.content(recipe.checkpoint, recipe.revision)
        return [trial.key(self.site.machine(recipe.precision), content, checkpoint) for trial in trials]
