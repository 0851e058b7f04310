"""The stage standardize with contested types switched, for all corpora and for one."""

from pathlib import Path

import pandas as pd
import pytest

from openner_utils.catalog.ontology import contested
from openner_utils.core.encoding import IOB2
from openner_utils.core.releases import read_table
from openner_utils.stages import clean, standardize
from openner_utils.support import paths
from openner_utils.support.errors import OpenNERError


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Clean two corpora and return a function that standardizes them under some switches."""
    for name, place in {
        "ARTIFACTS": tmp_path / "artifacts",
        "DATA": paths.SAMPLES,
        "PARAMS": tmp_path / "params.yaml",
    }.items():
        monkeypatch.setattr(paths, name, place)
    for corpus in ("lexis", "yedion"):
        clean.clean_corpus(corpus, "conlleval")

    def standardized(switches: str) -> standardize.Result:
        paths.PARAMS.write_text(
            f"data: {{corpora: [lexis, yedion]}}\nstandardize: {{core_switches: {switches}}}\n"
        )
        return standardize.run()

    return standardized


def core_mentions(corpus: str) -> dict[tuple[str, str], int]:
    """Count the mentions of a corpus by their standardized and their core type ("" for dropped ones)."""
    tables = [
        read_table(paths.artifact("standardize", name, f"{corpus}.parquet")) for name in standardize.RELEASES
    ]
    found: dict[tuple[str, str], int] = {}
    for whole, core in zip(*(table["labels"].to_pylist() for table in tables), strict=True):
        of = {mention.span: mention.type for mention in IOB2.decode(core)}
        for mention in IOB2.decode(whole):
            key = (mention.type, of.get(mention.span, ""))
            found[key] = found.get(key, 0) + 1
    return found


def test_a_switch_for_one_corpus_leaves_the_other_alone(run) -> None:
    plain = run("{}")
    before = {corpus: core_mentions(corpus) for corpus in ("lexis", "yedion")}
    switched = run("{lexis/FAC: ORG}")
    after = {corpus: core_mentions(corpus) for corpus in ("lexis", "yedion")}
    assert after["yedion"] == before["yedion"]
    assert after["lexis"]["FACILITY", "ORG"] == before["lexis"]["FACILITY", "LOC"] > 0
    assert after["lexis"]["ORG", "ORG"] == before["lexis"]["ORG", "ORG"]
    for result, certainty, core in ((plain, "inferred", "LOC"), (switched, "switched", "ORG")):
        rows = result.types.set_index(["corpus", "original"])
        assert rows.loc[("lexis", "FAC"), ["certainty", "core"]].tolist() == [certainty, core]
        assert rows.loc[("yedion", "FAC"), ["certainty", "core"]].tolist() == ["inferred", "LOC"]
        assert result.types["mentions"].sum() == plain.types["mentions"].sum()


def test_the_narrower_switch_wins_and_an_empty_one_drops(run) -> None:
    run('{FACILITY: "", lexis/FAC: ORG}')
    assert {core for (name, core) in core_mentions("lexis") if name == "FACILITY"} == {"ORG"}
    assert {core for (name, core) in core_mentions("yedion") if name == "FACILITY"} == {""}


def test_what_is_contested_stands_with_the_runs_choice_and_mentions(run) -> None:
    plain = run("{}").contested.set_index("switch")
    assert set(plain.index) == set(contested())
    assert plain.loc["FACILITY", ["core", "instead"]].tolist() == ["LOC", "ORG or none"]
    assert plain.loc["arman/fac", ["standardized", "core", "mentions"]].tolist() == ["FACILITY", "LOC", 0]
    assert plain.loc["indonlu_nerp/IND", ["core", "instead"]].tolist() == ["none", "ORG"]
    assert plain.loc["FACILITY", "mentions"] == sum(
        n
        for corpus in ("lexis", "yedion")
        for (name, _), n in core_mentions(corpus).items()
        if name == "FACILITY"
    )
    switched = run("{FACILITY: ORG, arman/fac: PER}").contested.set_index("switch")
    assert switched.loc["FACILITY", ["core", "instead"]].tolist() == ["ORG", "LOC or none"]
    assert switched.loc["arman/fac", ["core", "instead"]].tolist() == ["PER", "LOC or ORG or none"]
    written = pd.read_csv(paths.artifact("standardize", "contested.csv"), keep_default_na=False)
    assert written["switch"].tolist() == switched.index.tolist()


@pytest.mark.parametrize("switch", ["lexis/FACILITY", "nobody/FAC", "FACILTY"])
def test_an_unknown_corpus_or_type_stops_the_stage(run, switch: str) -> None:
    with pytest.raises(OpenNERError, match="core_switches"):
        run(f"{{{switch}: ORG}}")
