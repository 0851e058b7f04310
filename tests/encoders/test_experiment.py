"""One encoder under several regimes on a small release in three languages, one of which has no training data."""

import pandas as pd
import pyarrow as pa
import pytest

from openner_utils.config.params import Regime, Sampling
from openner_utils.core.columns import from_rows
from openner_utils.core.releases import PREDICTIONS, TRANSFERRED, release_table
from openner_utils.encoders import experiment
from openner_utils.encoders.experiment import Experiment, Results
from openner_utils.support.errors import OpenNERError
from tests.planted import RECIPE, planted

SIZES = {("a", "eng"): 30, ("b", "fin"): 10, ("b", "swa"): 0}
"""Training sentences; at 8 to a batch 4, 2 and 0 steps in an epoch, and together 5."""
EPOCHS = 2
ENCODER = RECIPE.model_copy(update={"epochs": EPOCHS})
REGIMES = {
    "individual": Regime(together=False),
    "multilingual": Regime(together=True),
    "english": Regime(together=True, languages=("eng",)),
    "individual_matched": Regime(together=False, steps_of="multilingual"),
    "multilingual_matched": Regime(together=True, steps_of="english"),
    "zero_shot": Regime(together=True, languages=("eng",), tested="all"),
    "individual_everywhere": Regime(together=False, tested="all"),
    "even": Regime(together=True, sampling=Sampling(temperature=1e9)),
    "fruitless": Regime(together=False, steps_of="swahili"),
}


def release() -> pa.Table:
    parts = []
    for seed, ((corpus, language), size) in enumerate(SIZES.items(), 1):
        for split, count in (("train", size), ("test", 3)):
            if count:
                text = from_rows(planted(count, seed).rows(), f"{language}.txt")
                parts.append(release_table(corpus, language, split, text, text))
    return pa.concat_tables(parts)


def of(regime: str, like: Regime | None = None) -> Experiment:
    return Experiment("characters", ENCODER, regime, REGIMES[regime], "release", (1, 2), like)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Results]:
    folder = tmp_path_factory.mktemp("resume")
    likes = {name: regime.steps_of for name, regime in REGIMES.items() if name != "fruitless"}
    return {
        name: experiment.run(of(name, None if like is None else REGIMES[like]), release(), folder, workers=2)
        for name, like in likes.items()
    }


@pytest.mark.parametrize(
    ("regime", "expected"),
    [  # corpus, language, sentences, epochs, steps
        ("individual", {("a", "eng", 30, 2, 8), ("b", "fin", 10, 2, 4)}),
        ("multilingual", {("all", "all", 40, 2, 10)}),
        ("english", {("all", "all", 30, 2, 8)}),
        ("individual_matched", {("a", "eng", 30, 2.5, 10), ("b", "fin", 10, 5, 10)}),
        ("multilingual_matched", {("all", "all", 40, 1.6, 8)}),
        ("zero_shot", {("all", "all", 30, 2, 8)}),
        ("even", {("all", "all", 40, 2, 10)}),
    ],
)
def test_every_run_says_for_how_long_it_was_trained(results, regime, expected):
    found = results[regime]
    table = found.trainings
    assert list(table) == [
        "system", "regime", "labels_from", "corpus", "language", "target_corpus", "target_language", "target_sentences", "seed",
        "sentences", "epochs", "steps", "loss", "constant_loss", "device", "precision",
    ]  # fmt: skip
    columns = ["corpus", "language", "sentences", "epochs", "steps"]
    for seed in (1, 2):
        mine = table[table["seed"] == seed]
        assert set(mine[columns].itertuples(index=False, name=None)) == expected
    assert set(table["regime"]) == {regime} and set(table["precision"]) == {"fp32"}
    assert found.runs == len(table)
    assert found.steps == table["steps"].sum()
    assert found.passes == round((table["epochs"] * table["sentences"]).sum())


def test_curves_have_a_row_for_each_epoch_also_the_cut_one(results):
    epochs = results["individual_matched"].curves.groupby(["corpus", "language"])["epoch"].max()
    assert epochs.to_dict() == {("a", "eng"): 3, ("b", "fin"): 5}


def test_every_test_sentence_is_predicted_by_every_run(results):
    for name, found in results.items():
        assert found.predictions.schema.equals(PREDICTIONS)
        languages = {"individual": 2, "individual_everywhere": 2, "individual_matched": 2, "english": 1}.get(
            name, 3
        )
        assert len(found.predictions) == languages * 3 * 2
        assert found.unscored == 0


def test_a_regime_whose_steps_nobody_can_count_is_named(tmp_path):
    like = Regime(together=True, languages=("swa",))
    with pytest.raises(
        OpenNERError, match=r"Regime 'swahili' finds nothing to train on: .*\(languages: swa\)"
    ):
        experiment.run(of("fruitless", like), release(), tmp_path, workers=1)


def test_a_model_of_one_language_meets_others(results):
    tested = results["zero_shot"].scores
    assert set(tested["language"]) == set(results["multilingual"].scores["language"]) != {"eng"}
    assert results["english"].scores["f1"].tolist() == tested[tested["language"] == "eng"]["f1"].tolist()


def test_a_model_of_one_language_alone_meets_others_beside_its_scores(results):
    met, alone = results["individual_everywhere"], results["individual"]
    pd.testing.assert_frame_equal(met.scores, alone.scores)
    pd.testing.assert_frame_equal(
        met.familiarity.drop(columns="regime"), alone.familiarity.drop(columns="regime")
    )
    assert met.predictions.drop(["regime"]).equals(alone.predictions.drop(["regime"]))
    assert (met.unscored, met.invalid_share) == (alone.unscored, alone.invalid_share)
    assert met.transferred.schema.equals(TRANSFERRED) and len(alone.transferred) == 0
    where = met.transferred.to_pandas().groupby(["train_language", "language"]).size()
    assert where.to_dict() == {
        (trained, tested): 3 * 2
        for trained in ("eng", "fin")
        for tested in ("eng", "fin", "swa")
        if trained != tested
    }


def test_what_is_predicted_elsewhere_is_what_a_model_of_that_language_predicts(results):
    there = results["individual_everywhere"].transferred.to_pandas()
    there = there[(there["train_language"] == "eng") & (there["language"] == "swa")]
    zero = results["zero_shot"].predictions.to_pandas()
    zero = zero[zero["language"] == "swa"]
    assert list(map(list, there["labels"])) == list(map(list, zero["labels"]))
