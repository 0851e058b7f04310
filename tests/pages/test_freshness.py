"""What is stale or was edited by hand is named, by file, whatever is changed: raw data, choices, code, or what was made."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from openner_utils.pages.freshness import Freshness, look
from openner_utils.support.paths import Place
from tests import tiny

MAKE = """
import sys
from pathlib import Path
import pandas as pd
from openner_utils.pages.passport import Passport
from openner_utils.support.paths import Place

out, *made_from = map(Path, sys.argv[1:])
content = "".join(path.read_text() for path in made_from)
if out.name == "figures":
    out.mkdir(parents=True)
    passport = Passport(Place(Path.cwd()))
    for name, source in zip(("repairs.svg", "encoders.csv"), made_from):
        (out / name).write_text(source.read_text())
        passport.add(out.resolve() / name, "f", [source.resolve()])
    passport.frame().to_parquet(out / "passport.parquet")
elif out.name == "html":
    out.mkdir(parents=True)
    for name in ("index", "audit", "train-small"):
        (out / f"{name}.html").write_text(content)
else:
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(content)
"""
PIPELINE = {
    "clean": ("artifacts/clean/x.txt", ["data/a/raw.txt"], ["data"], []),
    "audit": ("artifacts/audit/changes.txt", ["artifacts/clean/x.txt"], ["code"], []),
    "train@small": ("artifacts/train/small.txt", ["artifacts/clean/x.txt"], [], ["seeds"]),
    "figures": ("artifacts/figures", ["artifacts/audit/changes.txt", "artifacts/train/small.txt"], [], []),
    "report": ("reports/html", ["artifacts/audit/changes.txt", "artifacts/train/small.txt"], [], []),
}
EVERYTHING = {
    "artifacts/clean/x.txt", "artifacts/audit/changes.txt", "artifacts/train/small.txt", "artifacts/figures", "reports/html",
    "artifacts/figures/repairs.svg", "artifacts/figures/encoders.csv", "reports/html/index.html", "reports/html/audit.html",
    "reports/html/train-small.html",
}  # fmt: skip
OF_AUDIT = {
    each for each in EVERYTHING if "clean" not in each and "small" not in each and "encoders" not in each
}
OF_TRAIN = {
    each for each in EVERYTHING if "clean" not in each and "audit" not in each and "repairs" not in each
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A pipeline in small that has been run: raw data, an audit, a training, figures and pages."""
    root = tmp_path_factory.mktemp("run") / "root"
    made = tiny.Tiny(root, root / "cards", root / "mirror")
    for name, content in {
        "make.py": MAKE,
        "code/audit.py": "1\n",
        "code/more.py": "2\n",
        "data/a/raw.txt": "Ada B-PER\n",
        "data/a/other.txt": "Eva B-PER\n",
        "params.yaml": "seeds: 3\nworkers: 1\n",
        "reports/tables/encoders.csv": "f1\n1\n",
        "reports/figures/repairs.svg": "<svg/>\n",
    }.items():
        tiny.write(root / name, content.encode())
    tiny.under_dvc(made)
    stages = {
        name.replace("@", "_"): {
            "cmd": f"{sys.executable} make.py {out} {' '.join(inputs)}",
            "deps": [*([] if "data" in more else inputs), *more],
            "params": params,
            "outs": [out],
        }
        for name, (out, inputs, more, params) in PIPELINE.items()
    }
    unit = stages.pop("train_small")
    stages["train"] = {"foreach": ["small"], "do": unit}
    tiny.write(root / "dvc.yaml", yaml.safe_dump({"stages": stages}).encode())
    tiny.write(root / ".gitignore", b"/data\n/artifacts\n/reports/html\n")
    tiny.commit(root)
    tiny.run(tiny.DVC, "add", "-q", "data", cwd=root)
    tiny.run(tiny.DVC, "repro", "-q", cwd=root)
    return Place(root)


def changed(place: Place, name: str, change: Callable[[bytes], bytes]) -> Freshness:
    """Return what is said after a file was changed, and put it back."""
    path = place.root / name
    before = path.read_bytes()
    path.unlink()  # it may be a link into DVC's cache
    try:
        path.write_bytes(change(before))
        return look(place)
    finally:
        path.unlink(missing_ok=True)
        path.write_bytes(before)


def flipped(content: bytes) -> bytes:
    return bytes([content[0] ^ 1]) + content[1:]


def test_a_run_is_fresh(place: Place) -> None:
    found = look(place)
    assert found.fresh and "Every artifact" in str(found), str(found)


def test_a_flipped_byte_in_raw_data_makes_every_figure_and_page_stale(place: Place) -> None:
    found = changed(place, "data/a/raw.txt", flipped)
    assert set(found.stale) == EVERYTHING
    assert set(map(tuple, found.stale.values())) == {("data/a/raw.txt",)}
    assert set(found.edited) == {"data/a/raw.txt"}


@pytest.mark.parametrize(
    ("name", "stale", "why"),
    [
        ("code/audit.py", OF_AUDIT, "code"),
        ("params.yaml", OF_TRAIN, "params.yaml: seeds"),
    ],
)
def test_what_code_and_choices_decide_is_stale_alone(
    place: Place, name: str, stale: set[str], why: str
) -> None:
    found = changed(place, name, lambda content: content.replace(b"3", b"4").replace(b"1\n", b"5\n", 1))
    assert set(found.stale) == stale, str(found)
    assert set(map(tuple, found.stale.values())) == {(why,)}
    assert not found.edited


def test_what_no_stage_reads_makes_nothing_stale(place: Place) -> None:
    assert changed(place, "params.yaml", lambda content: content.replace(b"workers: 1", b"workers: 2")).fresh


@pytest.mark.parametrize(
    "name", ["artifacts/figures/repairs.svg", "reports/html/index.html", "artifacts/figures/encoders.csv"]
)
def test_what_was_edited_by_hand_is_named(place: Place, name: str) -> None:
    found = changed(place, name, flipped)
    assert list(found.edited) == [name]
    assert name in str(found)


def test_an_artifact_that_was_edited_makes_stale_what_was_made_from_it(place: Place) -> None:
    found = changed(place, "artifacts/audit/changes.txt", flipped)
    assert set(found.edited) == {"artifacts/audit/changes.txt"}
    assert "artifacts/figures/repairs.svg" in found.stale and "artifacts/figures/encoders.csv" in found.stale


@pytest.mark.parametrize("name", ["reports/tables/encoders.csv", "reports/figures/repairs.svg"])
def test_a_committed_figure_or_table_is_as_committed_or_as_the_run_made_it(place: Place, name: str) -> None:
    assert set(changed(place, name, flipped).edited) == {name}
    made = (place.made / Path(name).name).read_bytes()
    assert changed(place, name, lambda _: made).fresh


def test_where_dvc_ran_nothing_that_is_said(tmp_path: Path) -> None:
    found = look(Place(tmp_path))
    assert found.fresh and "cannot be told" in str(found)
