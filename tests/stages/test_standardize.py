"""The stage standardize with contested types switched, for all corpora and for one."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from openner_utils.catalog.ontology import contested
from openner_utils.config.params import Data, Standardize
from openner_utils.core.artifacts import CONTESTED, CORE_RELEASE, STANDARDIZED, Inputs, Memory, Outputs
from openner_utils.core.encoding import IOB2
from openner_utils.stages import clean, standardize, work
from openner_utils.support.errors import OpenNERError
from openner_utils.support.paths import Place
from tests import places

CORPORA = ("lexis", "yedion")


@pytest.fixture(scope="module")
def cleaned(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pa.Table]:
    """Two cleaned corpora, by the names of their artifacts."""
    store = Memory()
    place = places.samples(tmp_path_factory.mktemp("place"))
    for corpus in CORPORA:
        clean.clean_corpus(corpus, "conlleval", place, Outputs(store, clean.WRITES))
    return store.values


@pytest.fixture
def store(cleaned: dict[str, pa.Table]) -> Memory:
    """The cleaned corpora, and what a test makes of them."""
    return Memory(dict(cleaned))


@pytest.fixture
def run(store: Memory, tmp_path: Path) -> Callable[[dict[str, str]], standardize.Result]:
    """Standardize the corpora under some switches."""

    def standardized(switches: dict[str, str]) -> standardize.Result:
        params = standardize.Params(
            data=Data(corpora=CORPORA), standardize=Standardize.model_validate({"core_switches": switches})
        )
        return standardize.run(work(standardize, Place(tmp_path), store), params)

    return standardized


def core_mentions(store: Memory, corpus: str) -> dict[tuple[str, str], int]:
    """Count the mentions of a corpus by their standardized and their core type ("" for dropped ones)."""
    tables = [store.get(release, {"corpus": corpus}) for release in (STANDARDIZED, CORE_RELEASE)]
    found: dict[tuple[str, str], int] = {}
    for whole, core in zip(*(table["labels"].to_pylist() for table in tables), strict=True):
        of = {mention.span: mention.type for mention in IOB2.decode(core)}
        for mention in IOB2.decode(whole):
            key = (mention.type, of.get(mention.span, ""))
            found[key] = found.get(key, 0) + 1
    return found


def test_a_switch_for_one_corpus_leaves_the_other_alone(run, store) -> None:
    plain = run({})
    before = {corpus: core_mentions(store, corpus) for corpus in CORPORA}
    switched = run({"lexis/FAC": "ORG"})
    after = {corpus: core_mentions(store, corpus) for corpus in CORPORA}
    assert after["yedion"] == before["yedion"]
    assert after["lexis"]["FACILITY", "ORG"] == before["lexis"]["FACILITY", "LOC"] > 0
    assert after["lexis"]["ORG", "ORG"] == before["lexis"]["ORG", "ORG"]
    for result, certainty, core in ((plain, "inferred", "LOC"), (switched, "switched", "ORG")):
        rows = result.types.set_index(["corpus", "original"])
        assert rows.loc[("lexis", "FAC"), ["certainty", "core"]].tolist() == [certainty, core]
        assert rows.loc[("yedion", "FAC"), ["certainty", "core"]].tolist() == ["inferred", "LOC"]
        assert result.types["mentions"].sum() == plain.types["mentions"].sum()


def test_the_narrower_switch_wins_and_an_empty_one_drops(run, store) -> None:
    run({"FACILITY": "", "lexis/FAC": "ORG"})
    assert {core for (name, core) in core_mentions(store, "lexis") if name == "FACILITY"} == {"ORG"}
    assert {core for (name, core) in core_mentions(store, "yedion") if name == "FACILITY"} == {""}


def test_what_is_contested_stands_with_the_runs_choice_and_mentions(run, store) -> None:
    plain = run({}).contested.set_index("switch")
    assert set(plain.index) == set(contested())
    assert plain.loc["FACILITY", ["core", "instead"]].tolist() == ["LOC", "ORG or none"]
    assert plain.loc["arman/fac", ["standardized", "core", "mentions"]].tolist() == ["FACILITY", "LOC", 0]
    assert plain.loc["indonlu_nerp/IND", ["core", "instead"]].tolist() == ["none", "ORG"]
    assert plain.loc["FACILITY", "mentions"] == sum(
        n
        for corpus in ("lexis", "yedion")
        for (name, _), n in core_mentions(store, corpus).items()
        if name == "FACILITY"
    )
    switched = run({"FACILITY": "ORG", "arman/fac": "PER"}).contested.set_index("switch")
    assert switched.loc["FACILITY", ["core", "instead"]].tolist() == ["ORG", "LOC or none"]
    assert switched.loc["arman/fac", ["core", "instead"]].tolist() == ["PER", "LOC or ORG or none"]
    written = Inputs(store, (CONTESTED,)).frame(CONTESTED)
    assert written["switch"].tolist() == switched.index.tolist()


@pytest.mark.parametrize("switch", ["lexis/FACILITY", "nobody/FAC", "FACILTY"])
def test_an_unknown_corpus_or_type_stops_the_stage(run, switch: str) -> None:
    with pytest.raises(OpenNERError, match="core_switches"):
        run({switch: "ORG"})
