"""What stages say of themselves: each reads what another one makes, and train no more than its own languages."""

from importlib import import_module

import pyarrow as pa
import pytest

from openner_utils.config.params import Data, Limits, Regime, Train, Whole
from openner_utils.core.artifacts import CORE_RELEASE, REMOVED, STANDARDIZED, Inputs, Memory, Outputs
from openner_utils.core.columns import from_rows
from openner_utils.core.releases import release_table
from openner_utils.stages import Work, report, train
from openner_utils.support import paths
from openner_utils.support.paths import HERE
from tests.planted import RECIPE

STAGES = {
    path.stem: import_module(f"openner_utils.stages.{path.stem}")
    for path in sorted((paths.PACKAGE / "stages").glob("[!_]*.py"))
}


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_makes_its_own_and_reads_what_another_one_makes(name: str) -> None:
    stage = STAGES[name]
    assert {artifact.stage for artifact in stage.WRITES} <= {name}
    pages = {artifact for artifact in stage.READS if artifact.name.endswith(report.PAGE)}  # of the runner
    for artifact in {*stage.READS} - pages:
        assert artifact in STAGES[artifact.stage].WRITES, artifact.name
    assert set(stage.Params.model_fields) <= set(Whole.model_fields) - {"run"}
    assert stage.run.__annotations__["params"] is stage.Params


def release(corpus: str, *languages: str) -> pa.Table:
    columns = from_rows([(["Ada"], ["B-PER"])])
    return pa.concat_tables(
        [release_table(corpus, language, "train", columns, columns) for language in languages]
    )


@pytest.mark.parametrize(
    ("regimes", "kept"),
    [
        ([("swa",)], [("habari", "swa")]),
        ([("swa", "fra")], [("habari", "swa")]),
        ([("swa",), ("eng",)], [("gazette", "eng"), ("habari", "swa")]),
        ([("fra",)], []),
    ],
)
def test_a_unit_opens_the_corpora_of_its_languages_alone(regimes, kept) -> None:
    tables = {corpus: release(corpus, language) for corpus, language in kept}
    store = Memory({CORE_RELEASE.name.format(corpus=corpus): table for corpus, table in tables.items()})
    chosen = [Regime(together=False, languages=languages) for languages in regimes]
    found = train.own_parts(Inputs(store, train.READS), ("gazette", "habari", "siso"), chosen)
    places = found.select(["corpus", "language"]).to_pylist()
    assert [tuple(place.values()) for place in places] == kept


def test_a_regime_on_the_standardized_release_trains_on_the_same_sentences_as_others(tmp_path) -> None:
    """All types of the release, each corpus its own; training sentences that a test set holds are left out of both releases."""
    rows = [(["Ada", "today"], ["B-PER", "B-DATE"]), (["Oslo"], ["B-LOC"])]
    columns = from_rows(rows)
    tables = [release_table("habari", "swa", split, columns, columns) for split in ("train", "test")]
    removed = REMOVED.empty()
    removed.loc[0, ["corpus", "language", "split", "sentence"]] = ["habari", "swa", "train", 0]
    values = {
        STANDARDIZED.name.format(corpus="habari"): pa.concat_tables(tables),
        REMOVED.name: pa.Table.from_pandas(removed.astype({"sentence": int}), preserve_index=False),
    }
    regime = Regime(together=True, release="standardized", ontology="masked")
    params = train.Params(
        data=Data(corpora=("habari",)), limits=Limits(), encoders={"x": RECIPE.model_copy(update={"epochs": 1})},
        train=Train(seeds=(1,), regimes={"masked": regime}),
    )  # fmt: skip
    store = Memory(values)
    made = Work(
        Inputs(store, train.READS),
        Outputs(store, train.WRITES, {"encoder": "x", "regime": "masked"}),
        tmp_path,
        HERE,
    )
    found = train.run(made, params, "x", "masked")
    assert found.trainings["sentences"].tolist() == [1]
    assert (
        set(found.predictions["sentence"].to_pylist())
        == {0, 1}
        == set(found.unrestricted["sentence"].to_pylist())
    )
    assert found.familiarity.set_index("group")["reference"].to_dict() == {
        "seen": 1, "seen as another type": 0, "unseen": 2,  # Oslo was trained on, Ada and today were not
    }  # fmt: skip


def test_a_regime_of_all_languages_opens_all_corpora() -> None:
    values = {CORE_RELEASE.name.format(corpus=corpus): release(corpus, "eng") for corpus in ("a", "b")}
    found = train.own_parts(Inputs(Memory(values), train.READS), ("a", "b"), [Regime(together=True)])
    assert found["corpus"].to_pylist() == ["a", "b"]
