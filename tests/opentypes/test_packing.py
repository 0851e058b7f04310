"""Sentences and names that are read in one pass are read as if apart."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.core.columns import from_rows
from openner_utils.opentypes import learning, model
from openner_utils.opentypes.inputs import Batch, Texts, collate, prepare
from openner_utils.opentypes.material import Material, Names
from openner_utils.opentypes.packing import FILLING, packed
from openner_utils.opentypes.recipe import Recipe
from openner_utils.opentypes.words import TypeWords
from tests.unify import made

RECIPE = Recipe(max_length=32, overlap=8, widest=3)


def windows(lengths: list[int]) -> Batch:
    """Return a batch of windows with so many sub-tokens, whose ids are 100 and more."""
    width = max(lengths)
    mask = torch.tensor([[int(column < length) for column in range(width)] for length in lengths])
    ids = torch.arange(100, 100 + mask.numel()).reshape(mask.shape) * mask
    none, nothing = torch.zeros(0, dtype=torch.int64), np.zeros(0, np.int64)
    return Batch(ids, mask, none, none, none, nothing, nothing)


@given(
    st.lists(st.integers(1, 9), min_size=1, max_size=4), st.lists(st.integers(1, 12), min_size=1, max_size=9)
)
def test_every_text_stands_whole_in_one_row_and_rows_are_few(lengths: list[int], sizes: list[int]) -> None:
    texts = [[10 * number + 1] * size for number, size in enumerate(sizes, 1)]
    both = packed(windows(lengths), texts, pad=0)
    width = both.ids.shape[1]
    assert width == max(*lengths, *sizes)
    for number, text in enumerate(texts, len(lengths)):
        rows, columns = torch.nonzero(both.owner == number, as_tuple=True)
        assert len(set(rows.tolist())) == 1
        assert columns.tolist() == list(range(int(columns[0]), int(columns[0]) + len(text)))
        assert both.ids[rows, columns].tolist() == text
        assert both.places[rows, columns].tolist() == list(range(len(text)))
    for number, length in enumerate(lengths):
        assert both.owner[number].tolist() == [number] * length + [FILLING] * (width - length)
    more = len(both.ids) - len(lengths)
    # First fit leaves at most one row that is no more than half full.
    assert more <= max(1, 2 * sum(sizes) / width)


def losses(kinds: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> tuple[float, dict[str, torch.Tensor]]:
    """Return the loss of a batch of two corpora, and the gradients of all weights, without the chance of dropout."""
    monkeypatch.setattr(model, "KINDS", kinds)
    words = {
        type: TypeWords(name=name)
        for type, name in [("PER", "person"), ("LOC", "location, natural object, river"), ("EVT", "event")]
    }
    rows = [made.row("yesterday [Ada Lovelace|PER] came"), made.row("[Nile|LOC]"), made.row("It rains .")]
    one = Material("one", from_rows(rows), words)
    other = Material("other", from_rows(rows[:1]), {"PER": words["PER"], "X": TypeWords(name="any thing")})
    tokenizer, made_model = model.made(RECIPE, 1)
    made_model.eval()
    names = Names([one, other], RECIPE.model_copy(update={"dropout": 0.0}))
    columns = from_rows([*rows, rows[0]])
    inputs = prepare(tokenizer, RECIPE, columns)
    gold = learning._Gold.of([one, other], names, inputs, RECIPE.widest)
    numbers = [3, 0, 2, 1]
    seen = names.seen(gold.held(inputs, numbers), np.random.default_rng(1))
    texts = Texts.of(tokenizer, names.texts, RECIPE.max_length)
    batch = collate(inputs, numbers, RECIPE.widest)
    (loss,) = learning._loss(made_model, batch, texts, seen, gold, inputs.sentence_of[numbers])
    loss.backward()
    found = {name: weight.grad for name, weight in made_model.named_parameters() if weight.grad is not None}
    return float(loss.detach()), found


def test_one_pass_teaches_what_two_do(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.set_num_threads(1)
    (apart, by), (together, with_them) = losses((), monkeypatch), losses(("bert",), monkeypatch)
    assert together == pytest.approx(apart, rel=1e-5)
    assert by.keys() == with_them.keys()
    largest = max(float(each.abs().max()) for each in by.values())
    for name, gradient in by.items():
        assert torch.allclose(gradient, with_them[name], rtol=1e-3, atol=1e-5 * largest), name
