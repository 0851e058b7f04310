"""A stage that is run by hand in a notebook asks before it overwrites; the pipeline and commands are asked nothing."""

import builtins
from pathlib import Path
from types import SimpleNamespace

import IPython
import pytest

from openner_utils import stages
from openner_utils.stages import audit, methods
from openner_utils.support.errors import OpenNERError
from openner_utils.support.paths import Place
from openner_utils.support.progress import SIDE_FILE


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The questions that were asked by hand; they are answered with no."""
    questions: list[str] = []
    monkeypatch.setattr(IPython, "get_ipython", lambda: SimpleNamespace(kernel=None))
    monkeypatch.delenv(SIDE_FILE, raising=False)
    monkeypatch.setattr(builtins, "input", lambda question: questions.append(question) or "no")
    return questions


def lying(place: Place) -> None:
    path = place.artifacts / "audit" / "summary.json"
    path.parent.mkdir(parents=True)
    path.write_text("[]")


def test_what_lies_there_is_not_overwritten_unasked(tmp_path: Path, asked: list[str]) -> None:
    place = Place(tmp_path)
    stages.ask_before(audit, place)
    assert asked == [], "there is nothing to lose"
    lying(place)
    with pytest.raises(OpenNERError, match="Nothing was run"):
        stages.ask_before(audit, place)
    assert asked[0].startswith("artifacts/audit/summary.json and others (1) lie here already.")
    stages.ask_before(methods, place)
    assert len(asked) == 1, "another stage's artifacts are not its own"


def test_yes_goes_on_and_the_pipeline_is_not_asked(
    tmp_path: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lying(Place(tmp_path))
    monkeypatch.setenv(SIDE_FILE, str(tmp_path / "side"))
    stages.ask_before(audit, Place(tmp_path))
    assert asked == []
    monkeypatch.delenv(SIDE_FILE)
    monkeypatch.setattr(builtins, "input", lambda _: "yes")
    stages.ask_before(audit, Place(tmp_path))


def test_outside_a_notebook_nobody_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lying(Place(tmp_path))
    monkeypatch.delenv(SIDE_FILE, raising=False)
    monkeypatch.setattr(builtins, "input", lambda _: pytest.fail("asked"))
    stages.ask_before(audit, Place(tmp_path))
