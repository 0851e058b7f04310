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


def test_an_arm_of_a_regime_of_single_corpora_is_trained_on_the_chosen_ones(place: Place) -> None:
    result = main(ablate, place, ablation="alone")
    assert set(result.scores["corpus"]) == set(result.changed["corpus"]) == {"habari"}
