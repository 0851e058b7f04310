"""Three phases: who goes on, and when it ends; trainings that were done are not done again."""

import pytest

from openner_utils.config.params import Encoder, Run
from openner_utils.runs.manifest import all_below
from openner_utils.runs.sites import Site
from openner_utils.search.three_phase import KeptTrials, Phases, three_phases
from openner_utils.search.trials import Sentences, Tried
from tests.planted import RECIPE, planted

GRID = [RECIPE.model_copy(update={"learning_rate": rate}) for rate in (1e-3, 2e-3, 3e-3, 4e-3)]
PHASES = Phases(first=2, keep=2, most=10)


class Made:
    """F1 after each epoch as a rule says it, and what was asked for."""

    def __init__(self, f1) -> None:
        self._f1, self.asked = f1, []

    def __call__(self, phase: int, wanted: list[tuple[Encoder, int | None]]) -> list[Tried]:
        self.asked.append((phase, [(recipe.learning_rate, recipe.epochs, stop) for recipe, stop in wanted]))
        return [
            Tried(
                recipe,
                "finished",
                tuple(self._f1(recipe, epoch) for epoch in range(1, (stop or recipe.epochs) + 1)),
                (0.1,) * (stop or recipe.epochs),
                0.5,
            )
            for recipe, stop in wanted
        ]


def test_the_best_go_on_and_the_winner_as_long_as_it_does_not_drop():
    peak = {1e-3: 0.1, 2e-3: 0.7, 3e-3: 0.8, 4e-3: 0.2}
    made = Made(lambda recipe, epoch: peak[recipe.learning_rate] + 0.01 * min(epoch, 8) - 0.1 * (epoch > 8))
    found = three_phases(GRID, PHASES, made)
    assert made.asked == [
        (1, [(rate, 6, 2) for rate in peak]),
        (2, [(3e-3, 6, None), (2e-3, 6, None)]),
        (3, [(3e-3, 7, None)]),
        (3, [(3e-3, 8, None)]),
        (3, [(3e-3, 9, None)]),  # which drops
    ]
    assert [one.phase for one in found] == [1, 1, 1, 1, 2, 2, 3, 3, 3]


def test_a_winner_that_was_better_before_its_end_is_not_trained_longer():
    made = Made(lambda recipe, epoch: 0.5 - 0.1 * (epoch == recipe.epochs))
    assert [one.phase for one in three_phases(GRID, PHASES, made)] == [1, 1, 1, 1, 2, 2]


def test_a_winner_that_never_drops_ends_at_the_most_epochs():
    made = Made(lambda recipe, epoch: 1.0)
    three_phases(GRID, PHASES, made)
    assert [wanted[0][1] for phase, wanted in made.asked if phase == 3] == [7, 8, 9, 10]


def test_where_nothing_is_learnt_nothing_is_trained_longer():
    made = Made(lambda recipe, epoch: 0.0)
    three_phases(GRID, PHASES, made)
    assert [phase for phase, _ in made.asked] == [1, 2]


@pytest.fixture(scope="module")
def sentences() -> Sentences:
    return Sentences.of(planted(60, seed=1), planted(20, seed=2))


def test_trainings_are_kept_and_phases_build_on_each_other(sentences, tmp_path):
    site = Site(Run(workers=2), tmp_path)
    carry_out = KeptTrials(tmp_path / "kept", sentences, 1, site, 2)
    grid = [RECIPE.model_copy(update={"learning_rate": rate, "epochs": 4}) for rate in (1e-9, 1e-2)]
    found = three_phases(grid, Phases(3, 1, 5), carry_out)
    assert [(one.phase, one.tried.recipe.learning_rate, len(one.tried.dev_f1)) for one in found[:3]] == [
        (1, 1e-9, 3), (1, 1e-2, 3), (2, 1e-2, 4),
    ]  # fmt: skip
    assert found[1].tried.dev_f1[0] == found[2].tried.dev_f1[0]  # the same first epoch
    assert found[1].tried.losses[0] == found[2].tried.losses[0]
    assert found[0].tried.f1 < found[2].tried.f1 and not found[2].tried.collapsed
    before = {path: path.stat().st_ino for path in (tmp_path / "kept").rglob("trial.json")}
    assert three_phases(grid, Phases(3, 1, 5), carry_out) == found
    assert {path: path.stat().st_ino for path in (tmp_path / "kept").rglob("trial.json")} == before
    assert [one.counts()["finished"] for one in all_below(tmp_path)][:2] == [2, 1]
