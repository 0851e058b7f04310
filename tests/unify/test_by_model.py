"""Conflicts by model: what was planted comes first, in any script; two halves of one corpus have none."""

import random
from dataclasses import replace

import numpy as np
import pytest

from openner_utils.config.params import Encoder
from openner_utils.core.columns import Columns
from openner_utils.unify.alike import unknown_meaning
from openner_utils.unify.by_model import ByModel, Label, detect
from openner_utils.unify.corpora import Corpus
from openner_utils.unify.effects import apart, over_seeds, weighted
from openner_utils.unify.taggers import ByEncoder
from openner_utils.unify.verdicts import judge
from tests.unify import made
from tests.unify.test_conflicts import LATIN, PLANTED, SCRIPTS, generated, halves

CHARACTERS = Encoder(
    checkpoint="scratch:characters", learning_rate=0.004, epochs=4, batch_size=8, weight_decay=0.0, warmup_ratio=0.1, max_length=128,
    overlap=16,
)  # fmt: skip


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize(("planted", "outcomes", "kind"), PLANTED)
def test_planted_conflicts_come_first(
    script: str, planted: dict[str, bool], outcomes: set[str], kind: str
) -> None:
    words = SCRIPTS[script]
    count = 300 if script == "thai" else 150  # where a name ends is harder to learn there
    corpora = [
        generated("with", words, 1, count=count, **planted),
        generated("without", words, 2, count=count),
    ]
    found = detect(corpora, ByEncoder(CHARACTERS)).conflicts
    first = judge(found, corpora, unknown_meaning)[0]
    assert first.candidate.outcome in outcomes
    assert first.candidate.clear
    assert first.candidate.low > 0
    assert first.kind == kind
    assert first.candidate.type in (("GPE", "LOC") if "swap" in planted else ("PER",))
    # Nothing that was not planted is clear.
    assert {each.outcome for each in found.candidates if each.clear} <= outcomes


def noisy(corpus: Corpus, seed: int) -> Corpus:
    """Return a corpus in which a sixth of the mentions is not marked, and a sixth has another type."""
    draw = random.Random(seed)
    rows = []
    for tokens, labels in corpus.columns.rows():
        changed, other = list(labels), ""
        for number, label in enumerate(labels):
            if label.startswith("B-"):
                chance = draw.random()
                other = (
                    "O" if chance < 1 / 6 else draw.choice(["PER", "GPE", "LOC"]) if chance < 1 / 3 else ""
                )
            if label != "O" and other:
                changed[number] = "O" if other == "O" else f"{label[:2]}{other}"
        rows.append((list(tokens), changed))
    return made.corpus(corpus.name, rows)


@pytest.mark.parametrize("seed", range(3))
def test_two_halves_of_a_corpus_that_contradicts_itself_have_none(seed: int) -> None:
    whole = noisy(generated("whole", LATIN, seed, count=300), seed)
    found = detect(halves(whole, seed), ByEncoder(CHARACTERS))
    assert len(found.conflicts.candidates) > 4  # there is something that could be called clear
    assert not [each for each in found.conflicts.candidates if each.clear]
    assert not found.conflicts.edges
    for each in found.scores:
        assert each.f1.low < each.own_f1.high
        assert each.own_f1.low < each.f1.high


def found_of_one_place() -> ByModel:
    corpora = [
        generated("coarse", LATIN, 1, one_place=True, count=150),
        generated("fine", LATIN, 2, count=150),
    ]
    return detect(corpora, ByEncoder(CHARACTERS))


def test_errors_that_go_one_way_become_edges_and_scores_stand_beside_the_ceiling() -> None:
    found = found_of_one_place()
    assert [(each.here, each.type, each.there, each.wider) for each in found.conflicts.edges] == [
        ("fine", "GPE", "coarse", "LOC"),
        ("fine", "LOC", "coarse", "LOC"),
    ]
    for edge in found.conflicts.edges:
        assert edge.low > 0.5 > edge.back_low
        assert edge.low <= edge.share <= edge.high
    scores = {(each.here, each.type, each.there): each for each in found.scores}
    across = scores["coarse", "LOC", "fine"]
    # Half of what it calls LOC is GPE there, but all LOC are found.
    assert 0.3 < across.precision.value < 0.7
    assert across.recall.value > 0.9
    assert across.own_f1.value > 0.9
    assert scores["fine", "LOC", "coarse"].recall.value < 0.7


def test_all_corpora_are_learnt_from_in_equal_numbers_and_each_seed_from_others() -> None:
    seen: list[tuple[int, tuple[str, ...]]] = []

    def learn(sentences: Columns, seed: int) -> Label:
        seen.append((seed, tuple(" ".join(tokens) for tokens, _ in sentences.rows())))
        return lambda columns: columns.rename(["O"] * len(columns.names))

    large, small = generated("large", LATIN, 1, count=90), generated("small", LATIN, 2, count=30)
    origins = tuple(
        replace(origin, split="test" if number % 3 else "train")
        for number, origin in enumerate(large.origins)
    )
    found = detect([replace(large, origins=origins), small], learn, seeds=(1, 2))
    assert {len(sentences) for _, sentences in seen} == {15}  # three quarters of two thirds of 30
    assert len({sentences for _, sentences in seen}) == 4
    assert not found.conflicts.candidates
    own = {
        " ".join(tokens) for tokens, _ in large.pick(np.flatnonzero(np.arange(90) % 3 == 0)).columns.rows()
    }
    assert set(seen[0][1]) <= own


def test_one_seed_is_the_mean_over_units_and_the_spread_of_seeds_widens_it() -> None:
    weights = np.array([1.0, 2.0, 1.0, 3.0])
    sums = np.array([[1.0, 1.0, 0.0, 2.0]])
    assert over_seeds(weights, sums, 0.05) == pytest.approx(weighted(weights, sums[0] / weights, 0.05))
    same = over_seeds(weights, np.repeat(sums, 3, axis=0), 0.05)
    assert same == pytest.approx(weighted(weights, sums[0] / weights, 0.05))
    apart = over_seeds(weights, sums * np.array([[0.2], [1.0], [1.8]]), 0.05)
    assert apart[2] - apart[1] > same[2] - same[1]
    assert apart[3] > same[3]


def test_where_nothing_differs_one_in_forty_is_found_or_fewer() -> None:
    """Two kinds of tagger that err alike, each seed in its own measure: a one-sided test at 2.5 % is held."""
    draw = np.random.default_rng(1)
    p = []
    for _ in range(400):
        sides = []
        for _ in range(2):
            whole = draw.integers(0, 4, (3, 60)).astype(float)
            rate = np.clip(draw.normal(0.3, 0.08, (3, 1)), 0, 1)
            sides.append(
                (draw.binomial(whole.astype(int), np.broadcast_to(rate, whole.shape)).astype(float), whole)
            )
        p.append(apart(sides[0], sides[1], 0.05)[3])
    assert np.mean(np.array(p) < 0.025) < 0.045


def test_what_own_taggers_never_name_says_nothing() -> None:
    whole = np.ones((3, 40))
    nothing = np.zeros((3, 40))
    effect, low, high, p = apart((0.9 * whole, whole), (nothing, nothing), 0.05)
    assert low < 0 < effect < high
    assert p > 0.1
    effect, low, high, p = apart((0.9 * whole, whole), (0.1 * whole, whole), 0.05)
    assert effect == pytest.approx(0.8)
    assert 0.5 < low < effect < high
    assert p < 1e-6
