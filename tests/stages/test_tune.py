"""The stage `tune` with a causal LM of Transformers, and the stage `prompt` that asks what came out."""

from importlib.util import find_spec

import pandas as pd
import pytest
import yaml

from openner_utils.llm.store import Store
from openner_utils.llm.tuning.asked import Asked
from openner_utils.stages import main, prompt, standardize, tune
from openner_utils.support.errors import OpenNERError
from tests import places
from tests.llm.micro import micro

TUNE = {
    "start": "checkpoint", "languages": ["eng", "swa"], "steps": 3, "batch_size": 2, "learning_rate": 0.001, "seed": 1,
    "prompts": ["inline_short", "json_short"], "lora": {"rank": 2} if find_spec("peft") else None,
}  # fmt: skip
LLM = {"backend": "local", "shots": 0, "max_new_tokens": 3, "decoding": ["free"], "languages": ["eng"]}
PARAMS = {
    "data": {"corpora": ["gazette", "habari"]},
    "limits": {"train_sentences": 6, "dev_sentences": 3, "test_sentences": 3},
    "standardize": {},
    "tune": {
        "core": {**TUNE, "more_seeds": [2]},
        "own": {**TUNE, "release": "standardized", "control": False, "lora": None, "prompts": ["json"], "labels": {"most": 2}},
    },
    "llms": {
        "core": {**LLM, "checkpoint": "pipeline:core", "control": True},
        "core_2": {**LLM, "checkpoint": "pipeline:core@2", "label_order_seeds": [0, 1]},
        "cores": {**LLM, "checkpoint": "pipeline:core", "control": True, "more_seeds": [2], "max_new_tokens": 40},
    },
    "prompt": {"formats": ["inline"], "test_sentences": 1},
    "run": {"workers": 1},
}  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A place in which two corpora are standardized and both models are tuned from one of random weights."""
    root = tmp_path_factory.mktemp("place")
    micro(root / "start", positions=2000)
    values = PARAMS | {
        "tune": {name: {**each, "checkpoint": str(root / "start")} for name, each in PARAMS["tune"].items()}
    }
    made = places.samples(root, yaml.safe_dump(values))
    places.cleaned(made, *PARAMS["data"]["corpora"])
    main(standardize, made)
    return made


@pytest.fixture(scope="module")
def trained(place):
    return main(tune, place, model="core").trained, main(tune, place, model="own").trained


def test_each_seed_and_each_control_is_a_training_of_its_own(place, trained):
    core, own = trained
    assert list(core["trained"]) == ["model", "control", "model, seed 2", "control, seed 2"]
    assert list(own["trained"]) == ["model"] and (core["sentences"] == 12).all()
    names = ("model", "control", "seed-2", "seed-2-control")
    weights = [(place.artifacts / "tune/core" / name / "model.safetensors").read_bytes() for name in names]
    assert len({*weights}) == 4
    losses = pd.read_parquet(place.artifacts / "tune/core/losses.parquet")
    assert set(losses["trained"]) == set(core["trained"]) and set(losses["step"]) == {1, 2, 3}
    asked = Asked.read(place.artifacts / "tune/own/model")
    assert asked.prompts == ("json",) and asked.method == "all weights"


def test_a_tuned_model_is_asked_with_the_prompt_files_of_its_training(place, trained):
    for llm, kinds in (("core", {False, True}), ("core_2", {False})):
        result = main(prompt, place, llm=llm, format="inline")
        assert set(result.replies["control"]) == kinds
    (record, *_) = Store(place.artifacts / "prompt/core-inline/replies/inline-free.jsonl")
    assert record.prompt.startswith("[inline]")
    with pytest.raises(
        OpenNERError, match="is trained on inline_short, json_short, and asked in no other format"
    ):
        main(prompt, place, llm="core", format="pairs")


def test_several_seeds_are_one_system_each_with_its_own_model_and_control(place, trained):
    result = main(prompt, place, llm="cores", format="inline")
    folder = place.artifacts / "prompt/cores-inline"
    found = pd.read_parquet(folder / "predictions.parquet")
    each = found.groupby(["control", "seed"]).size()
    assert set(each.index) == {(False, 0), (False, 2), (True, 0), (True, 2)} and each.nunique() == 1
    names = ("inline-free", "inline-free-seed2", "inline-free-control", "inline-free-control-seed2")
    stores = [list(Store(folder / "replies" / f"{name}.jsonl")) for name in names]
    assert len({tuple(record.prompt for record in store) for store in stores}) == 1, "asked alike"
    assert len({store[0].model for store in stores}) == 4, "each is a model of its own"
    assert result.orders.empty and len(result.replies) == 2, "the page's tables are of the first seed"
