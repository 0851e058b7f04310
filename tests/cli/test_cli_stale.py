"""What is passed on from a run is named where it is older than the card, or whatever else, that it was made from."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from openner_utils.cli import main as cli
from openner_utils.support.paths import Place
from tests import places, tiny

STALE = "warning: Stale, since other than when they were made: card.yaml\n  artifacts/{}\n"
EXPORTS = {
    "export jsonl habari --out out": "standardize",
    "export conll habari --release core --out out": "standardize",
    "export instructions habari --out out": "clean",
    "predictions --out out": "train",
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A run of which DVC knows that ``card.yaml`` went into it."""
    place = places.run_of_two(tmp_path_factory.mktemp("run"))
    made = [path.name for path in sorted(place.artifacts.iterdir())]
    place.artifacts.rename(place.root / "made")
    place.data.unlink()
    tiny.write(place.root / "card.yaml", b"city: LOC\n")
    stages = {
        name: {"cmd": f"mkdir -p artifacts && cp -r made/{name} artifacts/{name}", "deps": ["card.yaml"], "outs": [f"artifacts/{name}"]}
        for name in made
    }  # fmt: skip
    tiny.under_dvc(tiny.Tiny(place.root, place.cards, place.root / "mirror"))
    tiny.write(place.root / "dvc.yaml", yaml.safe_dump({"stages": stages}).encode())
    tiny.write(place.root / ".gitignore", b"/artifacts\n/made\n/out\n")
    tiny.run(tiny.DVC, "repro", "-q", cwd=place.root)
    return place


@pytest.mark.parametrize(("words", "stage"), EXPORTS.items())
def test_an_export_older_than_its_card_says_so(
    place: Place, words: str, stage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    def told(before: Callable[[], object]) -> str:
        before()
        done = CliRunner().invoke(cli.app, words.split(), obj=place)
        assert done.exit_code == 0, done.exception
        return done.stderr

    card = place.root / "card.yaml"
    assert "warning" not in told(lambda: None)
    try:
        assert STALE.format(stage) in told(lambda: card.write_text("city: GPE\n"))
    finally:
        card.write_text("city: LOC\n")
