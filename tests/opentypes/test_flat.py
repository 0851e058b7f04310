"""Which spans stay where they overlap, which are scored, and which types a batch sees."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.core.columns import from_rows
from openner_utils.encoders.windows import windows_of
from openner_utils.opentypes.inputs import spans_of
from openner_utils.opentypes.learning import focal
from openner_utils.opentypes.material import Material, Names
from openner_utils.opentypes.prediction import flat
from openner_utils.opentypes.recipe import Recipe
from openner_utils.opentypes.words import TypeWords

SPANS = st.lists(st.tuples(st.integers(0, 12), st.integers(1, 5), st.integers(0, 4)), max_size=20)


@given(SPANS)
def test_spans_that_stay_share_nothing_and_each_other_one_gives_way_to_a_better(
    spans: list[tuple[int, int, int]],
) -> None:
    starts = np.array([start for start, _, _ in spans], np.int64)
    ends = np.array([start + width for start, width, _ in spans], np.int64)
    scores = np.array([score / 4 for *_, score in spans], np.float32)
    kept = flat(starts, ends, scores).tolist()

    def share(one: int, other: int) -> bool:
        return bool(starts[one] < ends[other] and starts[other] < ends[one])

    assert not any(share(one, other) for one in kept for other in kept if one != other)
    for number in set(range(len(spans))) - set(kept):
        assert any(share(number, other) and scores[other] >= scores[number] for other in kept)
    assert [scores[number] for number in kept] == sorted((scores[number] for number in kept), reverse=True)


@given(st.lists(st.integers(1, 12), min_size=1, max_size=4), st.integers(1, 4), st.integers(4, 8), st.data())
def test_each_span_is_scored_once_and_all_that_fit_are(
    lengths: list[int], widest: int, room: int, data: st.DataObject
) -> None:
    sentences = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    overlap = data.draw(st.integers(0, room // 2 - 1))
    windows = windows_of(np.ones(sentences[-1], np.int64), sentences, room, overlap)
    scored = [
        span
        for each in windows
        for span in zip(*(side.tolist() for side in spans_of(each, widest)), strict=True)
    ]
    assert len(scored) == len(set(scored))
    short = {
        (start, end)
        for first, last in zip(sentences[:-1].tolist(), sentences[1:].tolist(), strict=True)
        if last - first <= room
        for start in range(first, last)
        for end in range(start + 1, min(start + widest, last) + 1)
    }
    assert short <= set(scored)
    assert {(n, n + 1) for n in range(int(sentences[-1]))} <= set(scored)


def materials() -> list[Material]:
    one = from_rows([(["a", "b"], ["B-X", "O"]), (["c"], ["B-Y"])])
    other = from_rows([(["d"], ["B-X"])])
    words = {type: TypeWords(name=f"name of {type}", others=(f"other {type}",)) for type in "XYZUVW"}
    return [
        Material("one", one, words),
        Material("other", other, {"X": words["X"], "Q": TypeWords(name="q")}),
    ]


def test_a_batch_asks_each_corpus_for_its_own_types_alone() -> None:
    names = Names(materials(), Recipe(most=None, dropout=0))
    seen = names.seen({0: {0}, 1: set()}, np.random.default_rng(1))
    texts = [names.texts[number] for number in seen.texts]
    asked = [{text for text, held in zip(texts, row, strict=True) if held} for row in seen.asked.tolist()]
    assert asked == [{f"name of {type}" for type in "XYZUVW"}, {"name of X", "q"}]


@given(st.integers(1, 7), st.sets(st.integers(0, 5)), st.integers(0, 99))
def test_a_dynamic_set_holds_the_types_of_its_sentences_first(most: int, own: set[int], seed: int) -> None:
    names = Names(materials(), Recipe(most=most, dropout=0))
    drawn = {type for _, type in names.seen({0: own}, np.random.default_rng(seed)).column}
    assert len(drawn) == min(most, 6)
    assert own <= drawn or drawn <= own


def test_dropout_leaves_types_out_but_never_all() -> None:
    names = Names(materials(), Recipe(most=None, dropout=0.5))
    sizes = [len(names.seen({0: {0}}, np.random.default_rng(seed)).texts) for seed in range(200)]
    assert min(sizes) == 1
    assert 2.5 < np.mean(sizes) < 3.5


def test_types_go_by_other_names_as_often_as_asked_for() -> None:
    def others(rename: float) -> int:
        names = Names(materials(), Recipe(most=None, dropout=0, rename=rename))
        drawn = (names.seen({0: set()}, np.random.default_rng(seed)) for seed in range(100))
        return sum(names.texts[text].startswith("other") for seen in drawn for text in seen.texts)

    assert others(0) == 0
    assert others(1) == 600
    assert 200 < others(0.5) < 400


def test_the_focal_loss_counts_what_is_told_already_next_to_nothing() -> None:
    scores, wanted = torch.tensor([0.0, 0.0, -5.0, -5.0]), torch.tensor([0.0, 1.0, 0.0, 1.0])
    p = torch.sigmoid(-scores.abs()).double()
    half = 0.25 * np.log(2)
    expected = [
        half,
        half,
        float(p[2] ** 2 * -torch.log(1 - p[2])),
        float((1 - p[3]) ** 2 * -torch.log(p[3])),
    ]
    assert focal(scores, wanted).tolist() == pytest.approx(expected, rel=1e-4)
