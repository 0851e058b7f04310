"""Every profile is a whole, valid params.yaml, and the committed one is a known one."""

import shutil

import pytest
import yaml

from openner_utils.catalog import load_cards
from openner_utils.config import profiles
from openner_utils.config.params import Limits, Whole
from openner_utils.support import paths
from openner_utils.support.errors import OpenNERError
from openner_utils.support.paths import Place
from openner_utils.support.records import parse


def whole(name: str) -> Whole:
    return parse(Whole, yaml.safe_load(profiles.read(name)), name)


@pytest.mark.parametrize("name", profiles.names())
def test_profile_is_complete_and_consistent(name):
    params = whole(name)
    for llm in params.llms.values():
        assert llm.tuned is None or llm.tuned[0] in params.tune
    for encoder in params.encoders.values():
        where = encoder.checkpoint.partition(":")[0]
        here = where in ("package", "scratch") or where.startswith("./")
        assert here or encoder.revision, "a hub model needs its revision"


FULL = [name for name in profiles.names() if whole(name).report.scale == "full"]
RECIPE = {
    "learning_rate": 5e-5, "epochs": 10, "batch_size": 16, "weight_decay": 0.05, "warmup_ratio": 0.1,
    "precision": "fp32",
}  # fmt: skip
"""Of OpenNER, and of Transformers' Trainer, by which it trained (docs/how-to/profiles.md)."""


def test_there_are_profiles_of_both_scales():
    assert set(FULL) == {
        "baseline",
        "openner",
        "repair",
        "prompts",
        "prompts_qwq",
        "prompts_small",
        "tuned_small",
    }


@pytest.mark.parametrize("name", FULL)
def test_a_profile_of_full_scale_has_the_papers_settings(name):
    params = whole(name)
    for encoder in params.encoders.values():
        assert encoder.model_dump(include=set(RECIPE)) == RECIPE
    assert len(params.train.seeds) == 10
    assert params.limits == Limits()
    assert params.prompt.test_sentences is None or not params.llms
    assert params.standardize.decontaminate == "none"


def test_the_papers_encoders_have_a_profile_on_every_corpus_that_can_be_fetched():
    params = whole("openner")
    assert [name.split("_")[0] for name in params.encoders] == ["xlmr", "mbert", "glot500"]
    assert [regime.restrictions for regime in params.train.regimes.values()] == [{}, {}]
    of_release = {card.id for card in load_cards().values() if card.openner}
    asked_for = {card.id for card in load_cards().values() if card.source.instructions}
    assert set(params.data.corpora) == of_release - asked_for


def test_the_papers_language_models_have_a_profile_each():
    asked = {
        name: [llm.checkpoint for llm in whole(name).llms.values()] for name in ("prompts", "prompts_qwq")
    }
    assert asked == {"prompts": ["CohereLabs/aya-expanse-32b"], "prompts_qwq": ["Qwen/QwQ-32B"]}
    (qwq,) = whole("prompts_qwq").llms.values()
    assert qwq.max_new_tokens >= 4096, "a model that reasons needs room (docs/how-to/llm.md)"


@pytest.mark.parametrize("name", profiles.names())
def test_results_hang_on_no_processor(name):
    assert {encoder.precision for encoder in whole(name).encoders.values()} == {"fp32"}


@pytest.mark.parametrize("name", ["baseline", "baseline_packaged"])
def test_joint_training_is_set_against_as_many_steps_alone(name):
    regimes = whole(name).train.regimes
    matched = {key: regime for key, regime in regimes.items() if regime.steps_of}
    assert matched == {
        "individual_matched": regimes["individual"].model_copy(update={"steps_of": "multilingual"})
    }


def test_params_are_the_sample_profile():
    assert paths.PARAMS.read_text() == profiles.read("sample")


def test_a_profile_keeps_the_sample_comments_and_replaces_whole_blocks():
    text = profiles.read("baseline")
    assert "# Every choice of a run" in text
    assert list(yaml.safe_load(text)["encoders"]) == ["xlmr_base"]


def test_unknown_profile_gets_the_nearest_name():
    with pytest.raises(OpenNERError, match="Did you mean 'baseline'"):
        profiles.read("baselin")


def test_circle_and_unknown_block_are_refused(tmp_path):
    (tmp_path / "sample.yaml").write_text("run: {workers: 1}\n")
    (tmp_path / "a.yaml").write_text("extends: b\n")
    (tmp_path / "b.yaml").write_text("extends: a\n")
    with pytest.raises(OpenNERError, match="extends itself: a → b → a"):
        profiles.read("a", tmp_path)
    (tmp_path / "c.yaml").write_text("trains: {}\n")
    with pytest.raises(OpenNERError, match="Did you mean 'train'"):
        profiles.read("c", tmp_path)


def test_a_profile_leaves_no_unit_of_another_behind(tmp_path):
    for unit in (
        "train/xlmr_base-individual",
        "train/minilm-individual",
        "train/old-individual",
        "clean/deep",
    ):
        (tmp_path / "artifacts" / unit).mkdir(parents=True)
    (tmp_path / "artifacts/train/.gitkeep").touch()
    (tmp_path / "artifacts/train/minilm-individual/notes.txt").write_text("mine")
    (tmp_path / "dvc.lock").write_text(
        "stages: {train@old: {cmd: x, outs: [{path: artifacts/train/old-individual}]}}\n"
    )
    shutil.copytree(paths.ROOT / "profiles", tmp_path / "profiles")
    aside = tmp_path / ".openner/aside/train"
    assert profiles.use("baseline", Place(tmp_path)) == (aside / "minilm-individual",)
    (tmp_path / "artifacts/train/minilm-individual").mkdir()
    assert profiles.use("baseline", Place(tmp_path)) == (aside / "minilm-individual-2",)
    assert (aside / "minilm-individual/notes.txt").read_text() == "mine"
    left = sorted(path.name for path in (tmp_path / "artifacts/train").iterdir())
    assert left == [".gitkeep", "xlmr_base-individual"]
    assert (tmp_path / "artifacts/clean/deep").is_dir()
