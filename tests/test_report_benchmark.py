"""The benchmark of the report: what it simulates is a grid that every question answers."""

import pandas as pd
import pytest

from benchmarks import report
from openner_utils.core.artifacts import SENTENCES


def test_every_question_is_answered_from_a_simulated_grid(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "SEEDS", (1, 2))
    sets, rows = report.simulated(tmp_path, corpora=2, size=60)
    sentences = pd.read_parquet(SENTENCES.path(tmp_path / "artifacts"))
    assert rows == sets * 60 * 3 * 2 * 2 == len(sentences) / 2
    assert (sentences["correct"] <= sentences[["predicted", "reference"]].min(axis=1)).all()
    means = (
        sentences[sentences["convention"] == "conlleval"].groupby("system")[["correct", "reference"]].sum()
    )
    found = (means["correct"] / means["reference"]).to_dict()
    assert found == pytest.approx({name: share + 0.01 for name, share in report.ENCODERS.items()}, abs=0.06)
    report.answered(tmp_path)
    for question in report.QUESTIONS:
        text = (tmp_path / f"{question}.txt").read_text(encoding="utf-8")
        assert text.endswith(".") and "nothing" not in text.split(".")[0], question
    assert {path.stem for path in tmp_path.glob("*.svg")} >= {
        "dose_response",
        "specification_curve",
        "f1_by_rule",
    }
