"""What stages say of themselves: each reads what another one makes, and train no more than its own languages."""

from importlib import import_module

import pyarrow as pa
import pytest

from openner_utils.config.params import Regime, Whole
from openner_utils.core.artifacts import CORE_RELEASE, Inputs, Memory
from openner_utils.core.columns import from_rows
from openner_utils.core.releases import release_table
from openner_utils.stages import report, train
from openner_utils.support import paths

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


def test_a_regime_of_all_languages_opens_all_corpora() -> None:
    values = {CORE_RELEASE.name.format(corpus=corpus): release(corpus, "eng") for corpus in ("a", "b")}
    found = train.own_parts(Inputs(Memory(values), train.READS), ("a", "b"), [Regime(together=True)])
    assert found["corpus"].to_pylist() == ["a", "b"]
