"""The out-of-domain test: what is held out, which types are unseen, and what the tables say."""

from pathlib import Path

import numpy as np
import pytest

from openner_utils.core.columns import Columns, from_rows
from openner_utils.encoders.prediction import Prediction
from openner_utils.opentypes.material import Material
from openner_utils.opentypes.recipe import Recipe
from openner_utils.opentypes.words import TypeWords
from openner_utils.runs.executors import nobody
from openner_utils.unify import transfer
from openner_utils.unify.arms import FULL, full
from openner_utils.unify.transfer import (
    EVERY,
    OWN,
    RENAMED,
    SEEN,
    SLICES,
    UNSEEN,
    Fold,
    Job,
    by_string,
    fill,
    folds,
    read,
    renamed,
    slice_of,
)
from openner_utils.unify.transfer import (
    Tested as Counts,
)
from openner_utils.unify.transferred import MEAN, STRICT, STRING, by_type, correlation, table
from tests.unify import made

WORDS = {
    "person": TypeWords(name="person", others=("human", "individual")),
    "river": TypeWords(name="river"),
    "film": TypeWords(name="film", others=("person", "movie")),
}


def material(name: str, texts: list[str], types: list[str]) -> Material:
    return Material(
        name, from_rows([made.row(text) for text in texts]), {type: WORDS[type] for type in types}
    )


NEWS = material("news", ["[Ada|person] left .", "It rains ."], ["person"])
WATER = material("water", ["The [Nile|river] is long .", "[Noam|person] swam ."], ["person", "river"])
FILMS = material("films", ["[Alien|film] again ."], ["film"])
DOMAINS = {"news": "a", "water": "b", "films": "b"}


def made_folds() -> dict[str, Fold]:
    every = [NEWS, WATER, FILMS]
    return {fold.held: fold for fold in folds(every, every, DOMAINS)}


def test_a_domain_is_held_out_whole() -> None:
    by_held = made_folds()
    assert [each.name for each in by_held["b"].train] == ["news"]
    assert [each.name for each in by_held["b"].test] == ["water", "films"]
    assert [each.name for each in by_held["a"].train] == ["water", "films"]


def test_types_are_seen_if_their_name_was_trained() -> None:
    fold = made_folds()["b"]
    assert [slice_of(fold, WATER, name) for name in SLICES] == [{"person", "river"}, {"person"}, {"river"}]
    assert slice_of(fold, FILMS, SEEN) == frozenset()


def test_other_names_are_no_names_of_the_list() -> None:
    names = {type: each.name for type, each in renamed(WORDS).items()}
    assert names == {"person": "human", "river": "river", "film": "movie"}


def test_the_string_rule_looks_at_texts_and_not_at_places() -> None:
    gold = from_rows([made.row("[Nile|river] and Nile"), made.row("[Ada Lo|person] met [Noam|person]")])
    found = from_rows([made.row("Nile and [Nile|river]"), made.row("[Ada|person] Lo met [Noam|person]")])
    assert by_string(gold, found, frozenset(WORDS)).tolist() == [[1, 1, 1], [1, 2, 2]]
    assert by_string(gold, found, frozenset({"river"})).tolist() == [[1, 1, 1], [0, 0, 0]]


def counted(right: dict[tuple[str, str], list[int]]) -> list[Counts]:
    """Return counts of two seeds: of each corpus and type the right mentions of each seed, of 10 named and 10 in the reference."""
    rows = []
    for held, fold in made_folds().items():
        for each in fold.test:
            for naming in (OWN, RENAMED):
                for seed in (0, 1):
                    types = tuple(sorted(each.words))
                    strict = np.zeros((2, len(types), 3), np.int64)
                    for number, type in enumerate(types):
                        strict[0, number] = right[each.name, type][seed], 10, 10
                    string = np.stack(
                        [strict[:, [t in slice_of(fold, each, s) for t in types]].sum(axis=1) for s in SLICES]
                    )
                    rows.append(Counts(FULL, held, each.name, naming, seed, 9, types, strict, string))
    return rows


def test_tables_part_seen_from_unseen_types() -> None:
    right = {
        ("news", "person"): [9, 9],
        ("water", "person"): [8, 6],
        ("water", "river"): [2, 4],
        ("films", "film"): [0, 0],
    }
    made_by = list(made_folds().values())
    rows = {(row.held, row.naming, row.slice, row.rule): row for row in table(made_by, counted(right))}
    assert rows["b", OWN, SEEN, STRICT].f1.value == pytest.approx(0.7)
    assert rows["b", OWN, UNSEEN, STRICT].f1.value == pytest.approx(0.15)
    assert rows["b", OWN, EVERY, STRING].f1.value == pytest.approx(1 / 3)
    assert ("a", OWN, UNSEEN, STRICT) not in rows  # its only type is trained elsewhere
    mean = rows[MEAN, OWN, SEEN, STRICT]
    assert mean.f1.value == pytest.approx((0.9 + 0.7) / 2)
    assert mean.f1.low < mean.f1.value < mean.f1.high
    assert (mean.types, mean.mentions, mean.seeds) == (2, 20, 2)
    assert (MEAN, OWN, UNSEEN, STRICT) not in rows  # one domain is no mean


def test_familiarity_is_the_likeness_to_the_nearest_trained_name() -> None:
    right = {
        ("news", "person"): [9, 9],
        ("water", "person"): [8, 6],
        ("water", "river"): [2, 4],
        ("films", "film"): [0, 0],
    }
    vectors = {"person": [1.0, 0.0], "river": [0.6, 0.8], "film": [0.0, 1.0]}
    found = by_type(
        list(made_folds().values()),
        counted(right),
        lambda names: np.array([vectors[name] for name in names], np.float32),
    )
    assert [(each.corpus, each.type, each.seen, each.nearest) for each in found] == [
        ("news", "person", True, "person"),
        ("water", "person", True, "person"),
        ("water", "river", False, "person"),
        ("films", "film", False, "person"),
    ]
    assert [round(each.familiarity, 2) for each in found] == [1.0, 1.0, 0.6, 0.0]
    assert found[2].f1.value == pytest.approx(0.3)
    assert correlation(found) is None  # two unseen types say nothing


def test_one_training_is_kept_whole_and_its_key_hangs_on_what_it_is_made_of(tmp_path: Path) -> None:
    fold = made_folds()["b"]
    recipe = Recipe(epochs=1, max_length=32, overlap=8, widest=3)
    fill(job(fold, recipe), tmp_path, nobody)
    found = read(tmp_path)
    assert [(each.corpus, each.naming) for each in found] == [
        ("water", OWN), ("water", RENAMED), ("films", OWN), ("films", RENAMED),
    ]  # fmt: skip
    for each in found:
        of = {"water": WATER, "films": FILMS}[each.corpus]
        assert each.strict[:, :, 2].sum() == len(of.mentions)
        assert each.string.shape == (len(SLICES), of.columns.n_sentences, 3)
    key = job(fold, recipe).key
    assert key == job(made_folds()["b"], recipe).key
    assert key != job(fold, recipe, seed=2).key
    assert key != job(made_folds()["a"], recipe).key
    assert key != job(fold, recipe.model_copy(update={"rename": 0.5})).key


def test_a_corpus_in_which_nothing_is_and_nothing_is_found_is_kept_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its sentences may have been drawn without a mention, though it annotates types."""
    dull = material("films", ["Nothing again ."], ["film"])
    fold = Fold("b", (NEWS,), (WATER, dull))
    monkeypatch.setattr(
        transfer,
        "predict",
        lambda _, columns, __: Prediction(_bare(columns), 0.0, np.zeros(len(columns), np.float32)),
    )
    fill(job(fold, Recipe(epochs=1, max_length=32, overlap=8, widest=3)), tmp_path, nobody)
    found = read(tmp_path)
    (plain,) = (each for each in found if (each.corpus, each.naming) == ("films", OWN))
    assert plain.types == () and plain.strict.shape == (1, 0, 3)
    rows = table([fold], found)
    assert {row.mentions for row in rows if (row.slice, row.rule) == (EVERY, STRICT)} == {2}


def _bare(columns: Columns) -> Columns:
    return columns.with_labels(np.zeros(len(columns), np.int32), ("O",))


def job(fold: Fold, recipe: Recipe, seed: int = 1) -> Job:
    return Job(fold, full(fold, recipe), seed)
