"""Pruning: pools and their bounds, near duplicates, and that nothing but content and seed decides."""

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.support.errors import OpenNERError
from openner_utils.unify import coverage, draws
from openner_utils.unify.pruning import NEGATIVE, SIGNS, STRATEGIES, Candidates, Options, prune
from tests.unify import made


def candidates(name="news", count=300, seed=1, dimensions=16):
    corpus = made.corpus(name, made.random_rows(count, seed))
    return Candidates.of(corpus, made.random_vectors(count, seed, dimensions))


def loop(of: Candidates, options: Options) -> dict[str, list[int]]:
    """Return the pools by the paper's loop: one sentence at a time, one similarity at a time."""
    drawn = {type: draws.uniform(of.keys, options.seed, type) for type in of.of_type}
    pools: dict[str, list[int]] = {type: [] for type in of.of_type}
    for number in draws.order(of.keys, options.seed).tolist():
        for type, pool in pools.items():
            if number not in of.of_type[type] or len(pool) >= options.k:
                continue
            chance = 1.0
            if pool:
                nearest = max(float(of.vectors[number] @ of.vectors[other]) for other in pool)
                chance = 1 - nearest + options.offset * (1 if options.sign == "equation" else -1)
            if drawn[type][number] < chance:
                pool.append(number)
    return pools


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize(("k", "offset"), [(1, 0.0), (7, 0.0), (40, 0.2), (400, -0.3)])
def test_pools_are_those_of_the_loop_over_sentences(sign, k, offset):
    of = candidates(dimensions=3)  # few dimensions, so that much is alike
    options = Options(k=k, offset=offset, sign=sign)
    found = {pool.type: pool.members.tolist() for pool in prune([of], options).pools if pool.type != NEGATIVE}
    assert found == loop(of, options)


@given(
    strategy=st.sampled_from([each for each in STRATEGIES if each != "plain"]),
    k=st.integers(1, 60), count=st.integers(0, 120), seed=st.integers(0, 5),
)  # fmt: skip
def test_no_pool_is_larger_than_k_and_negatives_are_a_fifth(strategy, k, count, seed):
    of = candidates(count=count, seed=seed)
    pruned = prune([of], Options(k=k, strategy=strategy, seed=seed))
    for pool in pruned.pools:
        assert len(pool.members) <= (k // 5 if pool.type == NEGATIVE else k)
        assert len(set(pool.members.tolist())) == len(pool.members)
        if pool.type != NEGATIVE:
            assert set(pool.members.tolist()) <= set(of.of_type[pool.type].tolist())
    assert set(pruned.kept("news").tolist()) == {n for pool in pruned.pools for n in pool.members.tolist()}


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_order_of_files_and_corpora_makes_no_difference(strategy):
    options = Options(k=9, strategy=strategy, most=40)
    rows = [(f"news{n}", made.random_rows(150, n), made.random_vectors(150, n)) for n in range(3)]

    def content(order, shuffled):
        kept = set()
        collection, tokens = [], {}
        for name, of, vectors in order:
            places = list(range(len(of)))
            if shuffled:
                random.Random(3).shuffle(places)
            corpus = made.corpus(name, [of[n] for n in places])
            collection.append(Candidates.of(corpus, vectors[places]))
            tokens[name] = [row[0] for row in corpus.columns.rows()]
        pruned = prune(collection, options)
        for each in collection:
            kept |= {(each.corpus, tokens[each.corpus][n]) for n in pruned.kept(each.corpus).tolist()}
        return kept

    assert content(rows, False) == content(rows[::-1], True)


def test_a_corpus_is_pruned_alike_whatever_stands_beside_it():
    one, other = candidates("one"), candidates("other", seed=2)
    alone = prune([one], Options(k=9)).kept("one")
    assert prune([other, one], Options(k=9)).kept("one").tolist() == alone.tolist()


def test_the_seed_decides():
    of = candidates()
    kept = [prune([of], Options(k=9, seed=seed)).kept("news").tolist() for seed in (1, 1, 2)]
    assert kept[0] == kept[1] != kept[2]


def planted(copies=150, singles=150):
    """Return sentences of one type of which the first ``copies`` are nearly the same, the others not."""
    near = made.random_vectors(1, 1, 32) + 0.02 * made.random_vectors(copies, 2, 32)
    vectors = np.concatenate([near, made.random_vectors(singles, 3, 32)])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    rows = [([f"w{n}"], ["B-PER"]) for n in range(copies + singles)]
    return Candidates.of(made.corpus("news", rows), vectors.astype(np.float32))


@pytest.mark.parametrize("strategy", ["diverse", "threshold", "k-centre"])
def test_near_duplicates_are_kept_less_often_than_at_random(strategy):
    of = planted()
    copies = {
        each: np.mean(
            [
                (prune([of], Options(k=60, strategy=each, seed=seed)).kept("news") < 150).sum()
                for seed in range(20)
            ]
        )
        for each in (strategy, "random")
    }
    assert copies["random"] > 25  # half of 60 are expected
    assert copies[strategy] < 5


def test_the_same_text_enters_a_pool_once():
    rows = [(["Ada", "left"], ["B-PER", "O"])] * 50
    of = Candidates.of(made.corpus("news", rows), np.repeat(made.random_vectors(1, 1), 50, axis=0))
    assert [len(pool.members) for pool in prune([of], Options()).pools] == [1, 0]


@pytest.mark.parametrize(
    ("sign", "offset", "expected"),
    [
        ("stricter", 0.0, 0.4),
        ("stricter", 0.3, 0.1),
        ("stricter", 0.5, 0.0),
        ("equation", 0.3, 0.7),
        ("equation", 0.9, 1.0),
        ("equation", -0.3, 0.1),
    ],
)
def test_the_sign_of_the_offset_is_explicit(sign, offset, expected):
    drawn = (np.arange(1000) + 0.5) / 1000
    may = Options(sign=sign, offset=offset).below(drawn) > 0.6
    assert may.mean() == pytest.approx(expected, abs=0.001)


def test_a_stricter_offset_keeps_less():
    of = candidates(dimensions=3)
    kept = [len(prune([of], Options(k=300, offset=b)).kept("news")) for b in (-0.2, 0.0, 0.2)]
    assert kept[0] > kept[1] > kept[2]


def test_smaller_pools_are_the_beginnings_of_larger_ones():
    of = candidates()
    for strategy in ("diverse", "threshold", "random", "k-centre"):
        large = prune([of], Options(k=50, strategy=strategy))
        small = prune([of], Options(k=10, strategy=strategy))
        assert large.kept("news", 10).tolist() == small.kept("news").tolist()


def test_plain_draws_so_many_of_all_corpora():
    collection = [candidates("one"), candidates("other", seed=2)]
    pruned = prune(collection, Options(strategy="plain", most=100))
    counts = [len(pruned.kept(name)) for name in ("one", "other")]
    assert sum(counts) == 100
    assert min(counts) > 25


@pytest.mark.parametrize("wrong", [{"k": 0}, {"strategy": "plain"}])
def test_options_that_cannot_be_are_refused(wrong):
    with pytest.raises(OpenNERError):
        Options(**wrong)


def test_a_sentence_that_stands_twice_has_two_keys_and_other_labels_other_keys():
    ada = (["Ada", "left"], ["B-PER", "O"])
    of = draws.keys(made.corpus("news", [ada, ada, (ada[0], ["O", "O"]), (["Ada left"], ["B-PER"])]))
    assert len(set(of.tolist())) == 4
    assert draws.keys(made.corpus("other", [ada])) != of[0]


def test_numbers_drawn_are_spread_evenly_and_apart_by_purpose():
    of = np.random.default_rng(1).integers(0, 2**63, 20_000).astype(np.uint64)
    one, other = draws.uniform(of, 1, "PER"), draws.uniform(of, 1, "LOC")
    assert one.min() >= 0 and one.max() < 1
    assert np.allclose(np.histogram(one, 10, (0, 1))[0] / len(of), 0.1, atol=0.01)
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.03


# --- coverage ---------------------------------------------------------------------------------------------------


def test_coverage_counts_types_forms_and_likeness():
    rows = [
        made.row(text)
        for text in ("[Ada|PER] left", "[ADA|PER] came", "[Oslo|LOC] and [Rome|LOC]", "it rains")
    ]
    corpus = made.corpus("news", rows)
    vectors = np.eye(4, dtype=np.float32)
    whole = coverage.Whole([corpus], [Candidates.of(corpus, vectors)])
    some = whole.point("diverse", 1, [np.array([0])])
    assert (some.kept, some.types, some.mentions, some.semantic) == (1, 1 / 2, 1 / 3, 1 / 4)
    every = whole.point("diverse", 1, [np.arange(4)])
    assert (every.types, every.mentions, every.semantic) == (1, 1, 1)
    assert whole.point("diverse", 1, [np.zeros(0, np.int64)]).mentions == 0


def test_curves_rise_and_plain_gets_as_many_sentences():
    corpora = [made.corpus(name, made.random_rows(300, seed)) for seed, name in enumerate(("one", "other"))]
    vectors = [made.random_vectors(300, seed) for seed in range(2)]
    collection = [Candidates.of(*each) for each in zip(corpora, vectors, strict=True)]
    ways = [Options(), replace(Options(), strategy="plain", most=1)]
    points = list(coverage.curves(corpora, collection, ways, [5, 20]))
    assert [(each.strategy, each.k) for each in points] == [
        ("diverse", 5), ("diverse", 20), ("plain", 5), ("plain", 20),
    ]  # fmt: skip
    assert [each.kept for each in points[:2]] == [each.kept for each in points[2:]]
    for less, more in (points[:2], points[2:]):
        assert less.mentions < more.mentions and less.semantic < more.semantic


@pytest.mark.parametrize(("name", "value"), [("offset", float("nan")), ("distance", float("inf"))])
def test_choices_that_are_no_numbers_are_refused(name, value):
    with pytest.raises(OpenNERError, match=f"{name} is {value}"):
        Options(**{name: value})


def test_vectors_that_are_no_numbers_are_refused_with_their_place():
    vectors = made.random_vectors(4, seed=1)
    vectors[2, 3] = np.nan
    with pytest.raises(OpenNERError, match=r"1 sentence vectors .* a-2"):
        Candidates.of(made.corpus("a", made.random_rows(4, seed=1)), vectors)


@pytest.mark.parametrize("strategy", ["diverse", "threshold", "k-centre"])
def test_vectors_of_zeros_fill_pools_with_different_sentences(strategy):
    one = Candidates.of(made.corpus("a", made.random_rows(30, seed=1)), np.zeros((30, 4), np.float32))
    for pool in prune([one], Options(k=5, strategy=strategy)).pools:
        assert len(set(pool.members.tolist())) == len(pool.members) <= 5
