"""What a paper takes over from a run, and that it cannot be older than the run."""

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure

from openner_utils.core.artifacts import PASSPORT
from openner_utils.pages import figures, paper, tables
from openner_utils.pages.passport import Passport
from openner_utils.support import paths
from openner_utils.support.errors import OpenNERError
from openner_utils.support.paths import Place
from tests.commits import git

MEANS = pd.DataFrame(
    {
        "languages": ["fin swa", "fin swa"], "regime": ["alone", "alone"], "system": ["e5", "50%"], "f1": [52.14, 50.0],
        "sd": [5.4, None], "low": [38.8, 1.0], "high": [65.4, 99.0], "seeds": [3, 1],
    }
)  # fmt: skip


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A run that made one table and one figure."""
    made = Place(tmp_path)
    shutil.copy(paths.HERE.params, made.params)
    beside = PASSPORT.path(made.artifacts).parent
    beside.mkdir(parents=True)
    source = beside.parent / "compare" / "means.parquet"
    source.parent.mkdir()
    MEANS.to_parquet(source)
    passport = Passport(made)
    tables.save(MEANS, beside / "encoder_means.csv", beside / "encoder_means.tex", "Means", 1)
    passport.add(beside / "encoder_means.csv", "tables.save", [source])
    figures.save(Figure(), beside / "regime_gain.svg", beside)
    passport.add(beside / "regime_gain.svg", "figures.regime_gain", [source])
    passport.frame().to_parquet(PASSPORT.path(made.artifacts))
    return made


def test_tables_figures_and_numbers_say_what_they_were_made_from(place: Place, tmp_path: Path) -> None:
    out = tmp_path / "paper"
    written = paper.write(place, out)
    assert [path.relative_to(out).as_posix() for path in written] == [
        "tables/encoder_means.tex", "figures/regime_gain.pdf", "numbers.tex",
    ]  # fmt: skip
    table = (out / "tables/encoder_means.tex").read_text()
    assert re.search(
        "% made from artifacts/compare/means.parquet, SHA-256 [0-9a-f]{64}, by tables.save\n", table
    )
    assert "not a result to cite" in table and table.endswith("\\end{table}\n")
    assert (out / "figures/regime_gain.pdf").read_bytes().startswith(b"%PDF")
    assert "figures.regime_gain" in (out / "figures/regime_gain.txt").read_text()


def test_every_number_has_one_name(place: Place, tmp_path: Path) -> None:
    paper.write(place, tmp_path / "paper")
    numbers = (tmp_path / "paper" / "numbers.tex").read_text()
    found = dict(re.findall(r"\\openner@set\{([A-Za-z0-9_.+/=-]+)\}\{(.*)\}\n", numbers))
    assert found == {
        "encoder_means/fin+swa/alone/e5/f1": "52.1", "encoder_means/fin+swa/alone/e5/sd": "5.4",
        "encoder_means/fin+swa/alone/e5/low": "38.8", "encoder_means/fin+swa/alone/e5/high": "65.4",
        "encoder_means/fin+swa/alone/e5/seeds": "3", "encoder_means/fin+swa/alone/50=25/f1": "50.0",
        "encoder_means/fin+swa/alone/50=25/low": "1.0", "encoder_means/fin+swa/alone/50=25/high": "99.0",
        "encoder_means/fin+swa/alone/50=25/seeds": "1",
    }  # fmt: skip


def test_what_is_older_than_its_source_is_refused_and_nothing_is_written(
    place: Place, tmp_path: Path
) -> None:
    MEANS.assign(f1=1.0).to_parquet(place.artifacts / "compare" / "means.parquet")
    with pytest.raises(OpenNERError, match=r"older than artifacts/compare/means.parquet.*dvc repro"):
        paper.write(place, tmp_path / "paper")
    assert not (tmp_path / "paper").exists()


def test_without_a_run_there_is_nothing_to_write(tmp_path: Path) -> None:
    with pytest.raises(OpenNERError, match="no figures and tables yet"):
        paper.write(Place(tmp_path), tmp_path / "paper")


def test_the_commit_is_told_and_whether_files_differ_from_it(place: Place, tmp_path: Path) -> None:
    def head() -> str:
        paper.write(place, tmp_path / "paper")
        return (tmp_path / "paper" / "numbers.tex").read_text().splitlines()[0]

    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "params.yaml")
    git(tmp_path, "commit", "-qm", "x")
    commit = git(tmp_path, "rev-parse", "HEAD")
    assert f"commit {commit} of " in head() and "changed" not in head()
    place.params.write_text(place.params.read_text() + "# more\n")
    assert head().endswith("with 1 tracked files changed")
    place.lock.write_text("stages: {}\n")
    git(tmp_path, "add", "dvc.lock")
    assert head().endswith("with 1 tracked files changed"), "what a run writes is no other code"
