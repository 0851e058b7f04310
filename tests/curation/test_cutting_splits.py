"""Splits that share little: every sentence once, no near-duplicate across, the same in any order, and fewer mentions in common."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.curation.cutting_splits import DEV, TEST, TRAIN, Pool, by_hash, cut, related, shared
from openner_utils.support.errors import OpenNERError

Row = tuple[tuple[str, ...], int, tuple[str, ...]]
"""Tokens, document and the mentions' texts of a sentence."""


def pool(rows: list[Row], order: list[int] | None = None) -> Pool:
    """A pool of sentences that stand in this order of their places."""
    at = list(range(len(rows))) if order is None else order
    texts: dict[str, int] = {}
    mentions = [
        (new, texts.setdefault(text, len(texts))) for new, old in enumerate(at) for text in rows[old][2]
    ]
    documents: dict[int, int] = {}
    owner, mention = np.array(mentions, np.int64).reshape(-1, 2).T
    return Pool(
        [rows[old][0] for old in at],
        [("f.txt", old) for old in at],
        np.array([documents.setdefault(rows[old][1], len(documents)) for old in at], np.int64),
        owner,
        mention,
    )


words = st.sampled_from("abc")
rows = st.lists(
    st.tuples(
        st.lists(words, min_size=4, max_size=8).map(tuple),
        st.integers(0, 6),
        st.lists(st.sampled_from("NOPQRSTU"), max_size=3).map(tuple),
    ),
    min_size=8,
    max_size=40,
)


def trigrams(tokens: tuple[str, ...]) -> set[tuple[str, ...]]:
    return {tokens[at : at + 3] for at in range(len(tokens) - 2)}


def alike(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """The definition, pair by pair: the same, or token trigrams with a Jaccard similarity of 0.8."""
    if min(len(one), len(other)) < 5:
        return False
    a, b = trigrams(one), trigrams(other)
    return one == other or len(a & b) >= 0.8 * len(a | b) - 1e-9


@given(rows, st.randoms(use_true_random=False))
def test_no_near_duplicate_crosses_and_the_order_of_sentences_does_not_matter(rows, random) -> None:
    whole = pool(rows)
    near = related(whole)
    try:
        splits = cut(whole, near, 0.2, 0.2)
    except OpenNERError as error:
        assert "Nothing is left for" in str(error)
        return
    assert len(splits) == len(rows) and set(splits.tolist()) == {TRAIN, DEV, TEST}
    for one, (tokens, _, _) in enumerate(rows):
        for other in range(one):
            if alike(tokens, rows[other][0]):
                assert splits[one] == splits[other], (tokens, rows[other][0])
    found = shared(whole, near, splits)
    assert (found.clusters, found.contaminated, sum(found.sizes)) == (0, 0, len(rows))
    order = list(range(len(rows)))
    random.shuffle(order)
    shuffled = pool(rows, order)
    assert cut(shuffled, related(shuffled), 0.2, 0.2).tolist() == splits[order].tolist()


@given(rows, st.lists(st.integers(0, 2), min_size=40, max_size=40))
def test_what_any_splits_share_is_what_counting_one_by_one_finds(rows, given) -> None:
    whole = pool(rows)
    splits = np.array(given[: len(rows)], np.int8)
    found = shared(whole, related(whole), splits)
    train = [row for row, split in zip(rows, splits, strict=True) if split == TRAIN]
    rest = [row for row, split in zip(rows, splits, strict=True) if split != TRAIN]
    assert found.contaminated == sum(any(alike(row[0], other[0]) for other in train) for row in rest)

    def several(values: list[list[object]]) -> int:
        of = [{value for value, split in zip(values, splits, strict=True) if split == each for value in value} for each in range(3)]  # fmt: skip
        return sum(sum(value in each for each in of) > 1 for value in set().union(*of))

    assert found.documents == several([[row[1]] for row in rows])
    assert found.mentions == several([list(row[2]) for row in rows])
    known = {text for row in train for text in row[2]}
    for split, unseen in zip((DEV, TEST), found.unseen, strict=True):
        texts = [text for row, each in zip(rows, splits, strict=True) if each == split for text in row[2]]
        assert np.isnan(unseen) if not texts else unseen == pytest.approx(np.mean([t not in known for t in texts]))  # fmt: skip


def distinct(number: int) -> tuple[str, ...]:
    return tuple(f"w{number}-{at}" for at in range(6))


def test_sizes_are_met_and_documents_stay_whole() -> None:
    rows = [(distinct(n), n // 10, (f"m{n // 10}",)) for n in range(400)]
    whole = pool(rows)
    near = related(whole)
    found = shared(whole, near, cut(whole, near, 0.1, 0.2))
    assert found.sizes == (280, 40, 80) and found.documents == found.mentions == 0
    assert found.unseen == (1.0, 1.0)
    beside = shared(whole, near, by_hash(whole, 0.1, 0.2))
    assert beside.sizes == found.sizes and beside.documents > 30


def test_two_long_documents_are_cut_where_shares_could_not_be_met_else() -> None:
    rows = [(distinct(n), n // 100, ()) for n in range(200)]
    whole = pool(rows)
    found = shared(whole, related(whole), cut(whole, related(whole), 0.1, 0.1))
    assert found.sizes == (160, 20, 20) and 1 <= found.documents <= 2


def test_names_that_go_together_are_put_together() -> None:
    """Sentences of twenty circles that never name each other, without documents: by chance all circles would cross."""
    random = np.random.default_rng(1)
    rows = [
        (distinct(n), n, tuple(f"{n % 20}-{at}" for at in random.integers(4, size=2))) for n in range(400)
    ]
    whole = pool(rows)
    near = related(whole)
    found, beside = (shared(whole, near, make(0.1, 0.1)) for make in (lambda *of: cut(whole, near, *of), lambda *of: by_hash(whole, *of)))  # fmt: skip
    assert all(abs(size - target) <= 4 for size, target in zip(found.sizes, (320, 40, 40), strict=True))
    assert beside.mentions > 60 and found.mentions < beside.mentions / 2
    assert min(found.unseen) > max(beside.unseen)


def test_a_split_without_a_share_stays_empty() -> None:
    rows = [(distinct(n), n, (f"m{n % 5}",)) for n in range(50)]
    whole = pool(rows)
    found = shared(whole, related(whole), cut(whole, related(whole), 0.0, 0.2))
    assert found.sizes[1] == 0 and abs(found.sizes[2] - 10) <= 1 and np.isnan(found.unseen[0])


@pytest.mark.parametrize(("dev", "test"), [(0.5, 0.5), (-0.1, 0.2), (0.0, 0.0), (0.0, 1.0)])
def test_shares_that_cannot_be_are_refused(dev: float, test: float) -> None:
    whole = pool([(distinct(n), n, ()) for n in range(9)])
    with pytest.raises(OpenNERError, match="cannot be: each is 0 or more"):
        cut(whole, related(whole), dev, test)


def test_one_sentence_over_and_over_cannot_be_divided() -> None:
    whole = pool([(distinct(1), n, ()) for n in range(20)])
    with pytest.raises(OpenNERError, match="Nothing is left for dev and test: 20 sentences are 1 clusters"):
        cut(whole, related(whole), 0.1, 0.1)


def test_short_sentences_repeat_by_nature_and_are_divided_freely() -> None:
    whole = pool([(("Sport", "news"), n, ()) for n in range(20)])
    assert len(np.unique(related(whole).clusters)) == 20
    assert shared(whole, related(whole), cut(whole, related(whole), 0.1, 0.2)).sizes == (14, 2, 4)
