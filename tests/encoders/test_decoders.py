"""A causal language model becomes a tagger whose tokens see those behind them."""

import random

import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from transformers import (
    AutoModelForTokenClassification,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
)

from openner_utils.core.columns import from_rows
from openner_utils.encoders import decoders, loop, models, prediction
from openner_utils.runs.machine import CPU
from openner_utils.scoring.mentions import ALL, score
from openner_utils.support.errors import OpenNERError
from tests.planted import RECIPE

torch.set_num_threads(1)
LABELS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")
NAMES = [f"Name{number}" for number in range(12)]
WORDS = ["said", "lies", "so", "and", "the", *NAMES]


def following(count, seed):
    """Sentences in which only the word behind a name tells its type."""
    draw = random.Random(seed)
    rows = []
    for _ in range(count):
        type, told = draw.choice([("PER", "said"), ("LOC", "lies")])
        rows.append((["so", "the", draw.choice(NAMES), told, "and"], ["O", "O", f"B-{type}", "O", "O"]))
    return from_rows(rows)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """A causal language model of random weights in a folder."""
    folder = tmp_path_factory.mktemp("decoder")
    text = Tokenizer(WordLevel({word: n for n, word in enumerate(["<unk>", "<pad>", *WORDS])}, "<unk>"))
    text.pre_tokenizer = WhitespaceSplit()
    PreTrainedTokenizerFast(
        tokenizer_object=text, unk_token="<unk>", pad_token="<pad>", model_max_length=64
    ).save_pretrained(folder)
    config = LlamaConfig(
        vocab_size=len(text.get_vocab()), hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=2, max_position_embeddings=64, pad_token_id=1,
    )  # fmt: skip
    torch.manual_seed(0)
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def recipe_of(checkpoint):
    changed = {
        "checkpoint": str(checkpoint),
        "max_length": 32,
        "overlap": 8,
        "epochs": 30,
        "learning_rate": 3e-3,
    }
    return RECIPE.model_copy(update=changed)


@pytest.fixture(scope="module")
def trained(checkpoint):
    recipe = recipe_of(checkpoint)
    made = models.load(recipe.checkpoint, None, LABELS, seed=1)
    loop.train(made, recipe, following(80, 1), None, seed=1, machine=CPU)
    return recipe, made


def test_a_type_that_the_next_word_alone_tells_is_learnt(trained):
    recipe, made = trained
    test = following(40, 2)
    assert score(test, prediction.predict(made, recipe, test, CPU).columns)[ALL].f1 == 1


def test_under_the_mask_it_cannot_be(checkpoint, monkeypatch):
    """What the test above shows hangs on the mask."""
    monkeypatch.setattr(models, "lift_mask", lambda *_: None)
    recipe = recipe_of(checkpoint)
    made = models.load(recipe.checkpoint, None, LABELS, seed=1)
    loop.train(made, recipe, following(80, 1), None, seed=1, machine=CPU)
    test = following(40, 2)
    assert score(test, prediction.predict(made, recipe, test, CPU).columns)[ALL].f1 < 0.9


def test_it_is_saved_lifted_and_plain_transformers_loads_it_so(trained, tmp_path):
    _, made = trained
    made.pretrained.save_pretrained(tmp_path)
    plain = AutoModelForTokenClassification.from_pretrained(tmp_path).eval()
    ids = torch.tensor([[2, 3, 8, 2, 4]])
    with torch.inference_mode():
        here, there = (model(input_ids=ids).logits for model in (made.pretrained.eval(), plain))
    assert torch.equal(here, there) and decoders._sees_ahead(plain)


def test_what_cannot_see_ahead_is_refused(checkpoint, monkeypatch):
    monkeypatch.setattr(decoders, "_sees_ahead", lambda _: False)
    with pytest.raises(OpenNERError, match="whose mask cannot be lifted"):
        models.load(str(checkpoint), None, LABELS, seed=1)


def test_an_encoder_is_left_alone(checkpoint):
    model = models.load(str(checkpoint), None, LABELS, seed=1).pretrained
    model.config.is_causal = True
    decoders.lift_mask(model, "encoder", ["BertForMaskedLM"])
    assert model.config.is_causal and not decoders._sees_ahead(model)
