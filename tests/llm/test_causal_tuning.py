"""Tuning of any causal LM of Transformers, shown on one of random weights that takes no time."""

import os
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from openner_utils.llm import prompts
from openner_utils.llm.local import LocalBackend
from openner_utils.llm.tiny import learner as tiny
from openner_utils.llm.tuning.asked import Asked
from openner_utils.llm.tuning.causal import CausalLearner, Lora, Recipe
from openner_utils.llm.tuning.jobs import Job, key_of, train, train_all
from openner_utils.llm.tuning.lessons import LabelDraw
from openner_utils.support import paths
from openner_utils.support.errors import OpenNERError
from openner_utils.training.descent import DivergedError
from tests.llm.micro import micro
from tests.llm.teaching import sentences, taught

SHORT = ("inline_short", "json_short")
PEFT = find_spec("peft") is not None
needs_peft = pytest.mark.skipif(not PEFT, reason="needs requirements-tuning.txt")
ADAPTERS = Lora(rank=4, alpha=8, dropout=0.1)
FULL = {"lora": None}
EVERY_WAY = {"lora": {"lora": ADAPTERS}, "all weights": FULL}
ways = pytest.mark.parametrize("way", [pytest.param("lora", marks=needs_peft), "all weights"])


@pytest.fixture(autouse=True)
def one_thread():
    """As in a worker process: two threads add up in another order."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    place = tmp_path_factory.mktemp("micro")
    micro(place)
    return place


def recipe(start, **changes):
    base = Recipe(
        str(start), SHORT, batch_size=4, learning_rate=5e-3, seed=3, steps=12, lora=ADAPTERS if PEFT else None
    )
    return replace(base, **changes)


def contents(folder):
    """Return the bytes of every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


@ways
def test_training_is_repeatable_learns_and_leaves_a_model_that_answers(start, tmp_path, way):
    made = recipe(start, **EVERY_WAY[way], draw=LabelDraw(dropout=0.2, shuffle=True), steps=40)
    one, two = (train(Job(made, taught(), tmp_path / name), tmp_path / name) for name in ("one", "two"))
    assert one == two and contents(tmp_path / "one") == contents(tmp_path / "two")
    assert one.examples == 24 and one.losses[-1][1] < one.losses[0][1]
    asked = Asked.read(tmp_path / "one")
    assert asked.prompts == SHORT and asked.of("json") == "json_short" and asked.of("tokens") is None
    assert (tmp_path / "one/adapter/adapter_model.safetensors").is_file() == (way == "lora")
    ((_, reply),) = next(iter(LocalBackend(tmp_path / "one").generate(["Ann"], 4)))
    assert reply.finish_reason in ("length", "stop")


@needs_peft
def test_lora_leaves_what_it_does_not_adapt_and_its_adapter_makes_the_merged_model(start, tmp_path):
    from peft import PeftModel

    train(Job(recipe(start), taught(), tmp_path), tmp_path)
    before, after = (load_file(folder / "model.safetensors") for folder in (start, tmp_path))
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed and all("_proj" in name for name in changed)
    adapted = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(start), tmp_path / "adapter")
    merged = adapted.merge_and_unload().state_dict()
    assert all(torch.allclose(merged[name], after[name], atol=1e-6) for name in changed)


@needs_peft
def test_targets_of_lora_can_be_named_and_one_that_no_layer_has_is_refused(start, tmp_path):
    learner = CausalLearner(recipe(start, lora=replace(ADAPTERS, targets=("q_proj",))), taught())
    trained = {name for name, weight in learner.model.named_parameters() if weight.requires_grad}
    assert trained and all("q_proj" in name for name in trained)
    with pytest.raises(OpenNERError, match="no_such_layer"):
        CausalLearner(recipe(start, lora=replace(ADAPTERS, targets=("no_such_layer",))), taught())


def test_the_loss_is_that_of_answers_alone_whatever_the_batch(start):
    learner = CausalLearner(recipe(start, **FULL), taught())
    model = learner.model.eval()
    batch = learner.epoch(0)[:7]
    total, count = 0.0, 0
    with torch.inference_mode():
        for question, reply in batch:
            chances = model(torch.tensor([question + reply])).logits[0].log_softmax(-1)
            total -= sum(float(chances[len(question) - 1 + at, id]) for at, id in enumerate(reply))
            count += len(reply)
        for size in (None, 1, 3):
            learner._recipe = replace(learner._recipe, micro_batch=size)
            assert float(sum(learner.losses(batch))) == pytest.approx(total / count, rel=1e-5)


def test_a_model_is_trained_on_the_tokens_that_it_is_asked_with(tmp_path):
    micro(tmp_path, chat="<u>{{ messages[0]['content'] }}{% if add_generation_prompt %}!{% endif %}")
    learner, backend = CausalLearner(recipe(tmp_path, **FULL), taught()), LocalBackend(tmp_path)
    for sentence, (question, reply) in zip(sentences(), learner.epoch(0), strict=False):
        asked = prompts.load("inline_short").render(sentence.tokens, prompts.CORE_TYPES)
        assert question == backend._prompt_ids(asked) and reply[-1] in backend._end


def test_gradient_checkpointing_changes_nothing(start, tmp_path):
    for name, kept in (("plain", False), ("recomputed", True)):
        train(Job(recipe(start, gradient_checkpointing=kept), taught(), tmp_path / name), tmp_path / name)
    plain, recomputed = (load_file(tmp_path / name / "model.safetensors") for name in ("plain", "recomputed"))
    assert all(torch.allclose(plain[name], recomputed[name], atol=1e-6) for name in plain)


@ways
def test_bf16_holds_what_is_trained_in_fp32(start, tmp_path, way):
    learner = CausalLearner(recipe(start, precision="bf16", **EVERY_WAY[way]), taught())
    held = {weight.dtype for weight in learner.model.parameters() if not weight.requires_grad}
    trained = {weight.dtype for weight in learner.model.parameters() if weight.requires_grad}
    assert trained == {torch.float32} and held == ({torch.bfloat16} if way == "lora" else set())
    done = train(Job(recipe(start, precision="bf16", **EVERY_WAY[way]), taught(), tmp_path), tmp_path)
    assert done.losses[-1][1] < done.losses[0][1]


def test_epochs_count_what_fits(start, tmp_path):
    long = replace(sentences()[0], tokens=("abcdefghij",) * 60, labels=("O",) * 60)
    made = recipe(start, steps=None, epochs=3)
    done = train(Job(made, taught(*sentences(3), long), tmp_path), tmp_path)
    assert (done.examples, done.too_long) == (6, 2)
    assert done.losses[-1][0] == 3 * 2  # six examples in batches of four
    with pytest.raises(OpenNERError, match="none of which fits"):
        train(Job(replace(made, max_length=16), taught(), tmp_path), tmp_path)


@pytest.mark.parametrize("changes", [{}, {"precision": "bf16"}, {"micro_batch": 2}])
def test_a_training_that_diverges_says_where_and_what_to_do_and_leaves_no_model(start, tmp_path, changes):
    wild = recipe(start, **FULL, learning_rate=1e30, **changes)
    with pytest.raises(DivergedError, match=r"Step \d+ of 12: The loss is .*Lower `learning_rate`"):
        train(Job(wild, taught(), tmp_path), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_batch_larger_than_the_data_is_all_of_them(start, tmp_path):
    done = train(
        Job(recipe(start, **FULL, batch_size=10**6, micro_batch=10**6, steps=2), taught(), tmp_path), tmp_path
    )
    assert done.examples == 24 and len(done.losses) == 2


@pytest.mark.parametrize(
    "change",
    [{"lora": None}, {"lora": replace(ADAPTERS, rank=5)}, {"draw": LabelDraw(shuffle=True)}, {"precision": "bf16"}, {"epochs": 1}],
)  # fmt: skip
def test_a_key_changes_with_what_decides_a_training(start, tmp_path, change):
    job = Job(recipe(start, lora=ADAPTERS), taught(), tmp_path)
    assert key_of(job) == key_of(replace(job, description="another"))
    assert key_of(job) != key_of(replace(job, recipe=replace(job.recipe, **change)))


def test_a_key_changes_with_the_weights_that_a_training_begins_from(start, tmp_path):
    micro(tmp_path, seed=1)
    assert key_of(Job(recipe(start), taught(), tmp_path)) != key_of(Job(recipe(tmp_path), taught(), tmp_path))


KILLED = """
import os, signal, sys
from pathlib import Path
from openner_utils.llm.tuning import causal
from openner_utils.llm.tuning.jobs import Job, train
from tests.llm.test_causal_tuning import RESUMED
from tests.llm.teaching import taught

done = 0

def advance(steps):
    global done
    done += steps
    if done >= 7:
        os.kill(os.getpid(), signal.SIGKILL)

start, way, folder, state = sys.argv[1:]
train(Job(RESUMED[way](start), taught(), Path(folder), state=Path(state), state_seconds=0), Path(folder), advance)
"""

RESUMED = {
    "lora": lambda start: recipe(start, draw=LabelDraw(most=2, dropout=0.2, shuffle=True)),
    "all weights": lambda start: recipe(start, lora=None, weight_decay=0.1, gradient_checkpointing=True),
    "the small model": lambda _: tiny.Recipe("characters", 12, 4, 3e-3, 3, layers=1, width=32),
}


@pytest.mark.parametrize("way", [pytest.param("lora", marks=needs_peft), "all weights", "the small model"])
def test_a_training_that_is_killed_midway_ends_with_the_same_bytes(start, tmp_path, way):
    made, state = RESUMED[way](start), tmp_path / "states/one.pt"
    job = Job(made, taught(), tmp_path / "whole")
    whole = train(job, tmp_path / "whole")
    environment = os.environ | {"PYTHONPATH": str(paths.ROOT), "OMP_NUM_THREADS": "1"}
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, start, way, tmp_path / "killed", state], env=environment, check=False
    )
    assert killed.returncode == -9 and not (tmp_path / "killed").exists()
    assert torch.load(state, weights_only=True)["step"] == 7
    steps = []
    resumed = train(replace(job, state=state), tmp_path / "resumed", steps.append)
    assert steps == [7, 1, 1, 1, 1, 1]
    assert resumed == whole and contents(tmp_path / "resumed") == contents(tmp_path / "whole")
    assert not state.exists()


@pytest.mark.parametrize("content", [b"", b"garbage", b"PK\x03\x04garbage"])
def test_a_state_that_cannot_be_read_is_named_with_what_to_do(start, tmp_path, content):
    state = tmp_path / "state.pt"
    state.write_bytes(content)
    job = Job(recipe(start, **FULL), taught(), tmp_path / "model", state=state)
    with pytest.raises(OpenNERError, match=r"state\.pt: .*Remove the file"):
        train(job, tmp_path / "model")
    state.unlink()
    assert train(job, tmp_path / "model").losses


def test_kept_trainings_are_taken_over_and_states_go_when_all_are_finished(start, tmp_path):
    jobs = [Job(recipe(start, steps=2), taught(), tmp_path / "model")]
    jobs.append(jobs[0].control(tmp_path / "control", "control"))
    first = train_all(jobs, 1, tmp_path / "kept")
    assert first == train_all(jobs, 1, tmp_path / "kept")
    assert sorted(path.name for path in (tmp_path / "kept").iterdir()) == sorted(map(key_of, jobs))
    assert contents(tmp_path / "model") != contents(tmp_path / "control")
