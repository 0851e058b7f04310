"""The log's tables say what the scores say."""

import hashlib
from datetime import date
from pathlib import Path

import pandas as pd

from openner_utils.pages import logbook

RUN = {
    "system": "minilm",
    "regime": "individual",
    "labels_from": "release",
    "format": "",
    "decoding": "",
    "policy": "",
    "control": False,
}
ASKED = {
    "system": "tiny",
    "regime": "",
    "labels_from": "",
    "format": "json",
    "decoding": "free",
    "policy": "all",
    "control": True,
}


def test_the_headline_has_a_mean_over_seeds_for_each_system_and_test_set() -> None:
    rows = [
        RUN
        | {"corpus": "a", "language": "eng", "seed": seed, "type": type, "convention": convention, "f1": f1}
        for seed, f1 in ((1, 0.5), (2, 0.6))
        for type, convention in (("ALL", "conlleval"), ("PER", "conlleval"), ("ALL", "discard"))
    ]
    rows.append(
        ASKED
        | {
            "corpus": "b|c",
            "language": "fin",
            "seed": 0,
            "type": "ALL",
            "convention": "conlleval",
            "f1": 0.125,
        }
    )
    assert logbook.headline(pd.DataFrame(rows)).splitlines() == [
        "| test set | minilm individual release (2 seeds) | tiny json free all control (1 seed) |",
        "| --- | ---: | ---: |",
        "| a/eng | 55.0 |  |",
        r"| b\|c/fin |  | 12.5 |",
    ]


def test_a_file_stands_in_the_log_as_a_table_with_its_hash(tmp_path: Path) -> None:
    path = tmp_path / "recipes.csv"
    path.write_text("encoder,steps,F1\ne5,,48.2\ne5,98,NA\n")
    assert logbook.of_file("Recipes", path, date(2026, 1, 2)).splitlines() == [
        "## 2026-01-02 Recipes",
        "",
        "| encoder | steps | F1 |",
        "| --- | ---: | --- |",
        "| e5 |  | 48.2 |",
        "| e5 | 98.0 | NA |",
        "",
        f"From `{path}`, SHA-256 `{hashlib.sha256(path.read_bytes()).hexdigest()}`.",
    ]
