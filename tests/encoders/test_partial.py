"""The loss of labels that leave something open is that of trying all label sequences, and finds types that a corpus lacks."""

from itertools import pairwise, product
from typing import get_args

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.core.columns import Columns, concat
from openner_utils.encoders import loop, models
from openner_utils.encoders.crf import Crf
from openner_utils.encoders.one_run import Outcome, RunSpec, carry_out
from openner_utils.encoders.partial import Ontology, Partial, labels_of, marginal, own
from openner_utils.runs.executors import nobody
from openner_utils.runs.machine import CPU
from openner_utils.scoring.mentions import ALL, Score, score
from tests.planted import RECIPE, planted

LABELS = labels_of(["LOC", "PER"])
TYPES = [(), ("LOC",), ("PER",), ("LOC", "PER")]
"""What a corpus may annotate."""
TOKENS = 4


def sets_of(label: str, types: tuple[str, ...], ontology: Ontology) -> tuple[set[str], set[str]]:
    """Return the possible and the compared labels, as the text of the module has them."""
    mine = {"O", *(f"{state}-{type}" for type in types for state in "BI")}
    if ontology == "masked":
        return {label}, mine
    return ({"O"} | ({*LABELS} - mine) if label == "O" else {label}), {*LABELS}


ONTOLOGIES = st.sampled_from(get_args(Ontology))


@st.composite
def labelled(draw) -> tuple[list[tuple[str, ...]], list[str]]:
    """Return the types of each token's corpus, and a label that this corpus can give; one corpus in a sentence."""
    types = draw(st.sampled_from(TYPES))
    known = ["O", *(label for label in LABELS if label[2:] in types)]
    return [types] * TOKENS, draw(st.lists(st.sampled_from(known), min_size=TOKENS, max_size=TOKENS))


def gates(
    types: list[tuple[str, ...]], labels: list[str], ontology: Ontology
) -> tuple[torch.Tensor, torch.Tensor]:
    partial = Partial.of(LABELS, [(each, 1) for each in types], ontology)
    targets = torch.tensor([LABELS.index(label) for label in labels])
    return partial.gates(np.arange(len(labels)), targets)


@given(labelled(), ONTOLOGIES, st.integers(0, 99))
def test_a_linear_head_compares_the_labels_that_are_possible_with_those_its_corpus_speaks_of(
    case, ontology, seed
):
    types, labels = case
    scores = torch.randn(TOKENS, len(LABELS), generator=torch.Generator().manual_seed(seed))
    found = marginal(scores, *gates(types, labels, ontology))
    for token in range(TOKENS):
        possible, compared = sets_of(labels[token], types[token], ontology)
        share = [
            sum(float(torch.exp(scores[token, LABELS.index(label)])) for label in sorted(side))
            for side in (possible, compared)
        ]
        assert found[token].item() == pytest.approx(-np.log(share[0] / share[1]), abs=1e-5)
    assert (found >= -1e-6).all()


@given(labelled(), ONTOLOGIES, st.booleans(), st.booleans())
def test_a_field_compares_all_sequences_through_these_sets(case, ontology, begins, ends):
    types, labels = case
    torch.manual_seed(1)
    field = Crf(len(LABELS))
    for weight in field.parameters():
        torch.nn.init.normal_(weight)
    scores = torch.randn(TOKENS, len(LABELS))
    allowed = [sets_of(*each, ontology) for each in zip(labels, types, strict=True)]

    def gain(path: tuple[int, ...]) -> torch.Tensor:
        along = sum((field.pairs[pair] for pair in pairwise(path)), start=torch.zeros(()))
        edges = begins * field.first[path[0]] + ends * field.last[path[-1]]
        return along + edges + sum(scores[token, label] for token, label in enumerate(path))

    sides = [
        torch.logsumexp(
            torch.stack(
                [
                    gain(path)
                    for path in product(range(len(LABELS)), repeat=TOKENS)
                    if all(LABELS[label] in allowed[token][side] for token, label in enumerate(path))
                ]
            ),
            0,
        )
        for side in (0, 1)
    ]
    possible, compared = (scores + gate for gate in gates(types, labels, ontology))
    edges = torch.tensor([begins]), torch.tensor([ends])
    found = field.between(possible, compared, torch.zeros(TOKENS, dtype=torch.long), *edges)
    assert found.item() == pytest.approx((sides[1] - sides[0]).item(), abs=1e-3)


@pytest.mark.parametrize("ontology", get_args(Ontology))
@pytest.mark.parametrize("head", ["linear", "crf"])
def test_a_corpus_that_annotates_every_type_is_trained_on_as_ever(head, ontology):
    recipe, train = RECIPE.model_copy(update={"head": head, "epochs": 1}), planted(24, seed=1)
    losses = []
    for partial in (None, Partial.of(LABELS, [(("LOC", "PER"), len(train))], ontology)):
        tagger = models.load(RECIPE.checkpoint, None, LABELS, 3, head)
        losses.append(loop.train(tagger, recipe, train, None, 3, CPU, partial=partial)[0].loss)
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


@pytest.mark.parametrize("ontology", get_args(Ontology))
@pytest.mark.parametrize("head", ["linear", "crf"])
def test_no_label_punishes_a_type_that_its_corpus_leaves_out(head, ontology):
    """Masked, the scores of such a type have no gradient at all; under the marginal likelihood they rise at an ``O``."""
    labels, types = ["B-PER", "O", "B-PER", "O"], [("PER",)] * 4
    scores = torch.zeros(4, len(LABELS), requires_grad=True)
    possible, compared = (scores + gate for gate in gates(types, labels, ontology))
    if head == "crf":
        whole = torch.tensor([True])
        loss = Crf(len(LABELS)).between(possible, compared, torch.zeros(4, dtype=torch.long), whole, whole)
    else:
        loss = marginal(scores, *gates(types, labels, ontology)).sum()
    (slope,) = torch.autograd.grad(loss, scores)
    of_places = slope[:, [LABELS.index("B-LOC"), LABELS.index("I-LOC")]]
    assert slope.isfinite().all() and (slope[[1, 3]][:, LABELS.index("B-PER")] > 0).all()
    if ontology == "masked":
        assert (of_places == 0).all()
    else:
        assert (of_places[[1, 3]] < 0).all()


@pytest.mark.parametrize("ontology", get_args(Ontology))
def test_the_constant_loss_is_the_least_of_all_constant_models(ontology):
    sentences = planted(60, seed=1)
    targets = loop.targets_of(LABELS, sentences)
    whole = Partial.of(LABELS, [(("LOC", "PER"), len(sentences))], ontology)
    assert whole.constant_loss(targets) == pytest.approx(loop.constant_loss(sentences), abs=1e-3)

    both = concat([without(sentences, "LOC"), without(sentences, "PER")])
    targets = loop.targets_of(LABELS, both)
    partial = Partial.of(LABELS, [((type,), len(sentences)) for type in ("PER", "LOC")], ontology)
    least = partial.constant_loss(targets)
    sides = partial.gates(np.arange(len(both)), torch.from_numpy(targets))
    draw = torch.Generator().manual_seed(1)
    others = [3 * torch.randn(len(LABELS), generator=draw) for _ in range(300)]
    found = [marginal(one.expand(len(both), -1), *sides).mean().item() for one in others]
    assert 0 < least <= min(found)


# --- the planted case: each half of a corpus lacks one of two types ------------------------------------------------


def without(sentences: Columns, type: str) -> Columns:
    return sentences.rename(["O" if name.endswith(type) else name for name in sentences.names])


TEXTS = {
    "people/eng/train": without(planted(150, seed=1), "LOC"),
    "places/eng/train": without(planted(150, seed=2), "PER"),
    "people/eng/test": planted(60, seed=3),
    "both/eng/test": planted(60, seed=4),
}
ANNOTATED = {"people": ("PER",), "places": ("LOC",), "both": ("LOC", "PER")}


def planted_run(ontology: str, head: str, loss_on: str = "first") -> Outcome:
    encoder = RECIPE.model_copy(update={"head": head, "loss_on": loss_on})
    train, test = (tuple(name for name in TEXTS if name.endswith(split)) for split in ("train", "test"))
    types = {name: ANNOTATED[name.split("/")[0]] for name in TEXTS}
    spec = RunSpec(
        "x",
        "r",
        "release",
        3,
        encoder,
        LABELS,
        train,
        ("people/eng/train",),
        test,
        types=types,
        ontology=ontology,
    )
    return carry_out(spec, TEXTS, nobody)


def found(outcome: Outcome, name: str = "both/eng/test") -> dict[str, Score]:
    return score(TEXTS[name], outcome.predicted(name, TEXTS[name]))


@pytest.mark.parametrize(("head", "loss_on"), [("linear", "first"), ("linear", "every"), ("crf", "first")])
def test_types_that_naive_merging_loses_are_found(head, loss_on):
    union, *others = (found(planted_run(each, head, loss_on)) for each in ("union", *get_args(Ontology)))
    for other in others:
        assert all(other[type].recall > 0.9 and other[type].f1 > 0.85 for type in ("PER", "LOC"))
        assert union[ALL].recall < 0.7 < other[ALL].recall - 0.2


@pytest.mark.parametrize("head", ["linear", "crf"])
@pytest.mark.parametrize("ontology", get_args(Ontology))
def test_predictions_for_a_corpus_are_in_its_own_types_and_in_all_of_them_too(head, ontology):
    outcome = planted_run(ontology, head)
    mine = found(outcome, "people/eng/test")
    assert mine["LOC"].predicted == 0 and mine["PER"].f1 > 0.9
    free = TEXTS["people/eng/test"].with_labels(outcome.unrestricted["people/eng/test"], LABELS)
    assert score(TEXTS["people/eng/test"], free)["LOC"].f1 > 0.85
    assert outcome.dev_f1[-1] > 0.9  # people, whose places are labelled O
    assert 0 < outcome.losses[-1] < outcome.constant_loss


def test_corpora_with_the_same_types_share_a_set():
    assert own(LABELS, ("PER",)).tolist() == [True, False, False, True, True]
    partial = Partial.of(LABELS, [(("PER",), 2), (("LOC", "PER"), 1), (("PER",), 1)], "masked")
    assert partial.sets.tolist() == [0, 0, 1, 0] and len(partial.possible) == 2
