"""What is left out in an arm of the out-of-domain test, and what comparisons of arms say."""

from pathlib import Path

import numpy as np
import pytest

from openner_utils.opentypes.material import Material
from openner_utils.opentypes.recipe import Recipe
from openner_utils.runs.executors import nobody
from openner_utils.unify import arms
from openner_utils.unify.ablated import Comparison, compare, finished
from openner_utils.unify.answers import QUESTIONS, answer
from openner_utils.unify.arms import DRAWN, FULL, NAMED, PRUNED, PUBLISHED, UNREGULARIZED, Asked
from openner_utils.unify.transfer import OWN, SLICES, Fold, Job, fill, read, slice_of
from openner_utils.unify.transfer import Tested as Counts
from tests.unify.test_transfer import WATER, made_folds

RECIPE = Recipe(epochs=2, max_length=32, overlap=8, widest=3, rename=0.2)


def fold() -> Fold:
    return made_folds()["a"]  # trained on water and films, tested on news


def whole() -> arms.Arm:
    return arms.full(fold(), RECIPE)


def names(arm: arms.Arm) -> list[set[str]]:
    return [{words.name for words in each.words.values()} for each in arm.train]


def test_corpus_names_stand_before_types_in_training_and_in_the_test() -> None:
    arm = arms.with_corpus_names(whole())
    assert names(arm) == [{"water: person", "water: river"}, {"films: film"}]
    assert [words.name for words in arm.asked["news"].words.values()] == ["news: person"]
    assert arm.train[0].words["person"].others == ("water: human", "water: individual")


def test_without_regularization_nothing_is_drawn() -> None:
    recipe = arms.unregularized(whole()).recipe
    assert (recipe.most, recipe.dropout, recipe.rename) == (None, 0.0, 0.0)
    assert recipe.epochs == RECIPE.epochs


def test_few_sentences_are_read_as_often_as_makes_the_same_steps() -> None:
    arm = arms.with_few(whole(), PRUNED, {"water": np.array([1])})
    assert [each.columns.n_sentences for each in arm.train] == [1, 1]
    assert next(iter(arm.train[0].columns.rows()))[0] == ("Noam", "swam", ".")
    assert (whole().sentences, arm.sentences, arm.recipe.epochs) == (3, 2, 3)


def test_published_names_are_asked_for_and_counted_as_what_they_stand_for(tmp_path: Path) -> None:
    """The reference has `person` whatever the arm calls it, so that arms are tested on the same mentions."""
    raw = {"PS": "person", "HUM": "person"}
    asked = {"news": Asked(arms.as_published(dict.fromkeys(raw, WATER.words["person"])), raw)}
    materials = [Material(each.name, each.columns, arms.as_published(each.words)) for each in fold().train]
    arm = arms.published(whole(), materials, asked)
    assert names(arm) == [{"person", "river"}, {"film"}]
    assert not any(words.others for each in arm.train for words in each.words.values())
    fill(Job(fold(), arm, 1), tmp_path, nobody)
    (found,) = read(tmp_path)
    assert (found.arm, found.naming, found.sentences) == (PUBLISHED, OWN, 3)
    assert found.types == ("person",)
    assert found.strict[:, 0, 2].tolist() == [1, 0]


def test_arms_have_keys_of_their_own() -> None:
    every = [
        whole(),
        arms.with_corpus_names(whole()),
        arms.unregularized(whole()),
        arms.with_few(whole(), PRUNED, {"water": np.array([1])}),
        arms.with_few(whole(), DRAWN, {"water": np.array([0])}),
    ]
    assert len({Job(fold(), arm, 1).key for arm in every}) == len(every)


def of_arm(arm: str, right: int, sentences: int = 60, seeds: tuple[int, ...] = (1, 2, 3)) -> list[Counts]:
    """Return counts in which each sentence has a mention of every type, and the first ``right`` are found."""
    rows = []
    for each in made_folds().values():
        for material in each.test:
            types = tuple(sorted(material.words))
            for seed in seeds:
                strict = np.zeros((sentences, len(types), 3), np.int64)
                strict[:, :, 2] = 1
                strict[: right + seed, :, :2] = 1
                string = np.stack(
                    [
                        strict[:, [type in slice_of(each, material, name) for type in types]].sum(axis=1)
                        for name in SLICES
                    ]
                )
                rows.append(Counts(arm, each.held, material.name, OWN, seed, 9, types, strict, string))
    return rows


def test_a_part_that_matters_is_clear_and_one_that_does_not_is_not() -> None:
    every = [*made_folds().values()]
    found = compare(every, of_arm(FULL, 40) + of_arm(NAMED, 10) + of_arm(UNREGULARIZED, 40), (1, 2, 3))
    by_arm = {each.arm: each for each in found if each.slice == "all"}
    named, unregularized = by_arm[NAMED], by_arm[UNREGULARIZED]
    assert named.clear
    assert named.difference.high < 0
    assert named.arm_string == pytest.approx(named.arm_f1.value)
    assert (named.domains, named.seeds, named.mentions) == (2, 3, 240)
    assert unregularized.difference.value == 0
    assert not unregularized.clear
    assert "A clear loss in all types." in answer(QUESTIONS[0], found)[1]
    assert ": not run." in answer(QUESTIONS[0], found)[0]
    assert f"n = {named.mentions} mentions" in answer(QUESTIONS[0], found)[1]


def test_where_little_could_have_been_seen_there_is_not_enough_to_say() -> None:
    every = [*made_folds().values()]

    def of(sentences: int, right: int) -> Comparison:
        counts = [each for arm in (FULL, UNREGULARIZED) for each in of_arm(arm, right, sentences)]
        return next(each for each in compare(every, counts, (1, 2, 3)) if each.slice == "all")

    few, many = of(12, 6), of(900, 500)
    assert few.detectable > 0.05 > many.detectable
    assert "Not enough to say: none is clear" in answer(QUESTIONS[2], [few])[0]
    assert "No difference is seen" in answer(QUESTIONS[2], [many])[0]


def test_a_domain_counts_where_all_seeds_of_both_arms_are_finished() -> None:
    every = [*made_folds().values()]
    partly = [each for each in of_arm(NAMED, 10) if each.held == "b" or each.seed == 1]
    found = of_arm(FULL, 40) + partly
    assert [each.held for each in finished(every, found, (1, 2, 3), NAMED)] == ["b"]
    assert {each.domains for each in compare(every, found, (1, 2, 3))} == {1}
    assert compare(every, of_arm(FULL, 40), (1, 2, 3)) == []
