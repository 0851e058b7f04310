"""The stage ablate beside the stage train: labels of the chosen corpora change, and nothing else."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from openner_utils.core.releases import parts
from openner_utils.stages import ablate, clean, main, standardize, train
from openner_utils.support.documents import read_json
from openner_utils.support.paths import Place
from tests.places import samples

CORPORA = ("gazette", "habari")
ENCODER = {
    "checkpoint": "scratch:characters", "learning_rate": 0.002, "epochs": 1, "batch_size": 8, "weight_decay": 0,
    "warmup_ratio": 0.1, "max_length": 64, "overlap": 8,
}  # fmt: skip
ARMS = {"same": "conlleval", "raw": "published"}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A place with two corpora, standardized, with arms in a regime that trains on both together."""
    values = {
        "data": {"corpora": list(CORPORA)},
        "limits": {"train_sentences": 30, "dev_sentences": 5, "test_sentences": 10},
        "clean": {"repair": "conlleval"},
        "standardize": {"decontaminate": "near"},
        "encoders": {"tiny": ENCODER},
        "train": {"seeds": [1], "regimes": {"joint": {"together": True}, "alone": {"together": False}}},
        "ablations": {
            name: {"labels_from": labels, "encoder": "tiny", "regime": "joint", "corpora": ["habari"]}
            for name, labels in ARMS.items()
        }
        | {
            "alone": {"labels_from": "published", "encoder": "tiny", "regime": "alone", "corpora": ["habari"]}
        },
        "run": {"workers": 1},
    }
    place = samples(tmp_path, yaml.safe_dump(values))
    main(clean, place)
    main(standardize, place)
    return place


def test_an_arm_of_a_joint_regime_is_trained_on_all_that_the_regime_is_trained_on(place: Place) -> None:
    main(train, place, encoder="tiny", regime="joint")
    trained = place.artifacts / "train/tiny-joint"
    for name in ARMS:
        main(ablate, place, ablation=name)
        arm = place.artifacts / "ablate" / name
        for count in ("sentences", "steps"):
            runs = [pd.read_parquet(folder / "runs.parquet")[count].tolist() for folder in (trained, arm)]
            assert runs[0] == runs[1], count
    told = read_json(trained / "run.json")["left_out"]
    whole = pa.concat_tables(
        pq.read_table(path) for path in sorted((place.artifacts / "standardize/core").iterdir())
    )
    for split, most in (("train", 30), ("dev", 5), ("test", 10)):
        sizes = [len(part.table) for part in parts(whole) if part.split == split]
        assert told[split] == [sum(max(0, size - most) for size in sizes), sum(sizes)]
    assert told["train"][0] > 0, "something was left out"
    predictions = [
        pq.read_table(folder / "predictions.parquet").drop_columns(["labels_from"])
        for folder in (trained, place.artifacts / "ablate/same")
    ]
    assert predictions[0].equals(predictions[1]), "repaired in the same way, an arm is the repaired one"
    changed = {name: pd.read_parquet(place.artifacts / f"ablate/{name}/changed.parquet") for name in ARMS}
    for table in changed.values():
        assert table["corpus"].tolist() == list(CORPORA) and table["together"].all()
        assert table["sentences"].tolist() == [30, 30]
    assert changed["same"]["differ"].tolist() == [0, 0]
    gazette, habari = changed["raw"]["differ"]
    assert gazette == 0 < habari


def test_flaws_are_planted_anew_for_each_seed_and_repair_that_undoes_them_gives_the_clean_model(
    place: Place,
) -> None:
    values = yaml.safe_load(place.params.read_text())
    values["train"]["seeds"] = [1, 2]
    planted = {"kind": "I- without B-", "doses": [0.2, 1.0]}
    arm = {"encoder": "tiny", "regime": "alone", "corpora": ["habari"], "planted": planted}
    values["ablations"] = {"left": arm | {"labels_from": "published"}, "undone": arm | {"labels_from": "conlleval"}}  # fmt: skip
    place.params.write_text(yaml.safe_dump(values))
    main(train, place, encoder="tiny", regime="alone")
    results = {name: main(ablate, place, ablation=name) for name in values["ablations"]}
    for name, result in results.items():
        flaws = result.planted
        assert flaws["dose"].tolist() == [0.2, 1.0] * 2 and flaws["seed"].tolist() == [1, 1, 2, 2]
        assert (flaws["differ"] == (flaws["flawed"] if name == "left" else 0)).all()
        assert result.changed.empty and result.runs == 4
        assert sorted(set(result.scores["labels_from"])) == sorted(set(flaws["labels_from"]))
    few = results["left"].planted.query("dose == 0.2")
    assert 0 < few["flawed"].min() < few["mentions"].min()
    clean = pq.read_table(place.artifacts / "train/tiny-alone/predictions.parquet").to_pandas()
    clean = clean[clean["corpus"] == "habari"]["labels"].map(tuple).tolist()
    undone, left = (
        pq.read_table(place.artifacts / f"ablate/{name}/predictions.parquet").to_pandas() for name in ("undone", "left")
    )  # fmt: skip
    for _, rows in undone.groupby("labels_from"):
        assert rows["labels"].map(tuple).tolist() == clean
    assert len(left) == len(undone) == 2 * len(clean)


def test_an_arm_of_a_regime_of_single_corpora_is_trained_on_the_chosen_ones(place: Place) -> None:
    result = main(ablate, place, ablation="alone")
    assert set(result.scores["corpus"]) == set(result.changed["corpus"]) == {"habari"}
