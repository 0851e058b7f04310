"""A recipe that is looked for on the command line, and where grids stand."""

import sys

import pytest
import yaml
from typer.testing import CliRunner, Result

from openner_utils.api.training import Held, train
from openner_utils.cli import main as cli
from openner_utils.config.params import Encoders
from openner_utils.exports import conll
from openner_utils.exports.folder import MODEL
from openner_utils.runs.kept import Kept
from openner_utils.runs.manifest import Manifest
from openner_utils.support.paths import Place
from openner_utils.support.records import parse
from tests.planted import planted

TRAIN, DEV = planted(40, seed=1), planted(12, seed=2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("search")
    conll.write(place / "train.conll", TRAIN)
    conll.write(place / "dev.conll", DEV)
    return place


def openner(*words: object, place: Place | None = None) -> Result:
    return CliRunner().invoke(cli.app, [str(word) for word in words], obj=place)


def search(folder, *words: object) -> Result:
    files = (folder / "train.conll", "--dev", folder / "dev.conll", "--encoder", "characters")
    return openner("search", *files, *words)


def pasted(done: Result):
    """Return the one recipe of the block that a search printed."""
    block = yaml.safe_load(done.stdout[done.stdout.index("encoders:") :])
    (recipe,) = parse(Encoders, block, "what was printed").encoders.values()
    return recipe


def test_the_block_that_is_printed_trains_to_what_the_table_says(folder, tmp_path):
    pytest.importorskip("optuna", reason="needs requirements-grids.txt")
    done = search(folder, "-o", folder / "drawn", "--trials", 2)
    assert done.exit_code == 0, done.output
    rows = [line.split("\t") for line in (folder / "drawn" / "trials.tsv").read_text().splitlines()]
    f1 = [dict(zip(rows[0], row, strict=True))["dev_f1"] for row in rows[1:]]
    assert len(f1) == 2
    _, history = train(pasted(done), [TRAIN], tmp_path / "model", Held([DEV]))
    assert f"{100 * history[-1].dev_f1:.2f}" == max(f1, key=float)
    assert (folder / "drawn" / "best.yaml").read_text() in done.stdout


def test_three_phases_and_where_they_stand(folder):
    out = folder / "phases"
    done = search(folder, "-o", out, "--strategy", "three-phase", "--first", 1, "--keep", 1, "--workers", 2)
    assert done.exit_code == 0, done.output
    assert pasted(done).epochs >= 12  # those of the recipe, or more
    phases = [line.split("\t")[1] for line in (out / "trials.tsv").read_text().splitlines()[1:]]
    assert phases[:19] == ["1"] * 18 + ["2"] and set(phases[19:]) <= {"3"}
    stands = openner("runs", "status", out)
    assert "phase-1: 18 runs, 18 finished, 0 missing, 0 failed" in stands.stdout


def test_a_first_phase_is_no_longer_than_the_recipe(folder):
    refused = search(folder, "-o", folder / "long", "--strategy", "three-phase", "--first", 99)
    assert refused.exit_code == 1 and "--first 99: the recipe" in str(refused.exception)
    assert not (folder / "long").exists()


def test_a_rate_is_suggested_and_its_row_is_marked(folder):
    done = search(folder, "--find-rate", "--seed", 3)
    assert done.exit_code == 0, done.output
    rows = [line for line in done.stdout.splitlines() if line.startswith("rate ")]
    (chosen,) = (number for number, row in enumerate(rows) if "falls fastest" in row)
    (lowest,) = (number for number, row in enumerate(rows) if row.endswith("<- lowest"))
    change = [float(row.split()[4]) for row in rows]
    loss = [float(row.split()[3]) for row in rows]
    assert loss[lowest] == min(loss)
    assert change[chosen] == min(change[2:lowest]) < 0  # the first tenth is left aside: two rows
    rate = rows[chosen].split()[1].rstrip(":")
    assert f"suggested learning_rate: {rate}, where the loss fell fastest" in done.stdout
    assert "seed 3" in done.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("train.conll",), "A search needs --dev FILE"),
        (("train.conll", "--dev", "dev.conll"), "and --out FOLDER"),
        (("train.conll", "--dev", "dev.conll", "-o", "x", "--encoder", "minlm"), "Did you mean 'minilm'"),
        (("train.conll", "--dev", "none.conll", "-o", "x"), "no mention in the dev sentences"),
        (("train.conll", "--dev", "dev.conll", "-o", "model"), "holds a trained model"),
    ],
)
def test_errors_say_what_to_do(folder, monkeypatch, words, message):
    monkeypatch.chdir(folder)
    (folder / "none.conll").write_text("Ada\tO\nran\tO\n")
    (folder / "model").mkdir(exist_ok=True)
    (folder / "model" / MODEL).write_text("{}")
    done = openner("search", *words, "--scheme", "IOB2")
    assert done.exit_code == 1 and message in str(done.exception)


def test_without_optuna_the_error_says_what_installs_it(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    done = search(folder, "-o", folder / "absent")
    assert done.exit_code == 1
    assert "needs the package optuna, which is not installed" in str(done.exception)


def test_a_folder_of_grids_that_is_absent_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    for name in ("absent", "file"):
        done = openner("runs", "status", tmp_path / name)
        assert done.exit_code == 1 and f"{name}: no such folder" in str(done.exception)
    assert "No grid of runs was begun in" in openner("runs", "status", tmp_path).stdout


def test_grids_of_the_pipeline_are_listed_with_what_is_not_finished(tmp_path):
    place = Place(tmp_path)
    assert "No grid of runs was begun in .openner/resume" in openner("runs", "status", place=place).stdout
    kept = Kept(place.resume / "train" / "minilm-joint")
    kept.folder("k1").mkdir(parents=True)
    manifest = Manifest.begun(kept, [("k1", "seed 1", {}), ("k2", "seed 2", {}), ("k3", "seed 3", {})])
    manifest.failed("k2", "memory ran out")
    assert openner("runs", "status", place=place).stdout.splitlines() == [
        "train/minilm-joint: 3 runs, 1 finished, 1 missing, 1 failed",
        "  failed k2  seed 2: memory ran out",
        "  missing k3  seed 3",
    ]
