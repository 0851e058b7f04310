"""MinHash against exact Jaccard similarity and against datasketch; who is kept does not hang on the order of files."""

import random
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.web import duplicates
from openner_utils.web.duplicates import HASHES, NOTHING, RUN, Kept, bands, runs, signatures


def sets(texts: Sequence[str]) -> list[set[int]]:
    found, rows = runs(texts)
    return [set(found[rows == row].tolist()) for row in range(len(texts))]


def plain(text: str) -> set[tuple[str, ...]]:
    """Runs of words of a text of Latin letters and blanks, in the plain way."""
    words = text.lower().split()
    return {tuple(words[at : at + RUN]) for at in range(max(1, len(words) - RUN + 1))} if words else set()


@given(
    st.lists(st.lists(st.sampled_from(["a", "B", "cc", "ddd", "é"]), max_size=12).map(" ".join), max_size=6)
)
def test_runs_are_equal_where_words_are(texts: list[str]) -> None:
    ours, theirs = sets(texts), [plain(text) for text in texts]
    assert [len(each) for each in ours] == [len(each) for each in theirs]
    for one in range(len(texts)):
        for other in range(one):
            assert len(ours[one] & ours[other]) == len(theirs[one] & theirs[other])


def test_case_marks_and_forms_do_not_count_and_letters_of_chinese_are_words() -> None:
    one, other = sets(["Élan vital, de la vie!", "e\u0301LAN  vital de\nla VIE"])
    assert one == other
    assert [len(each) for each in sets(["我在北京大学学习", "我,在北京 大学学习。"])] == [4, 4]
    assert len(set.intersection(*sets(["我在北京大学学习", "我,在北京 大学学习。"]))) == 4


def changed(draw: random.Random, words: list[str], share: float) -> str:
    return " ".join(f"x{draw.random()}".replace(".", "") if draw.random() < share else word for word in words)


def pairs(n: int) -> list[tuple[str, str]]:
    draw = random.Random(7)
    found = []
    for number in range(n):
        words = [f"w{draw.randrange(20_000)}" for _ in range(200)]
        found.append((" ".join(words), changed(draw, words, number / n * 0.12)))
    return found


def jaccard(one: set[int], other: set[int]) -> float:
    return len(one & other) / len(one | other)


def test_equal_hashes_estimate_the_exact_similarity() -> None:
    given = pairs(300)
    texts = [text for pair in given for text in pair]
    exact = np.array([jaccard(*sets(pair)) for pair in given])
    found = signatures(texts).reshape(len(given), 2, HASHES)
    estimates = (found[:, 0] == found[:, 1]).mean(axis=1)
    error = np.sqrt(np.maximum(exact * (1 - exact), 1e-4) / HASHES)
    off = (estimates - exact) / error
    assert exact.min() < 0.4 and exact.max() > 0.95
    assert abs(off.mean()) < 4 / np.sqrt(len(given)), "unbiased"
    assert 0.8 < off.std() < 1.25, "the spread is that of independent hashes"


def test_datasketch_finds_the_same_similarities() -> None:
    peer = pytest.importorskip("datasketch", reason="requirements-web.txt is not installed")
    given = pairs(60)
    differences = []
    for pair in given:
        sketches = []
        for runs_of_one in sets(pair):
            sketch = peer.MinHash(num_perm=HASHES, seed=3)
            sketch.update_batch([each.to_bytes(8, "big") for each in runs_of_one])
            sketches.append(sketch)
        one, other = signatures(pair)
        differences.append((one == other).mean() - sketches[0].jaccard(sketches[1]))
    assert abs(np.mean(differences)) < 0.02 and np.std(differences) < 0.08


def kept(texts: Sequence[str], order: Sequence[int]) -> set[str]:
    found = signatures(texts)
    keys = bands(found).tolist()
    index, names = Kept(), []
    for number in order:
        if index.like(found[number], keys[number]) is None:
            index.add(found[number], keys[number])
            names.append(texts[number])
    return set(names)


def test_planted_duplicates_are_found_and_others_are_not() -> None:
    draw = random.Random(3)
    originals = [[f"w{draw.randrange(5_000)}" for _ in range(200)] for _ in range(100)]
    copies = [" ".join([*words[:120], "other", *words[121:]]) for words in originals]  # similarity 191/201
    texts = [" ".join(words) for words in originals]
    assert kept([*texts, *copies], range(200)) == set(texts)
    assert len(kept(texts, range(100))) == 100
    far = [changed(draw, words, 0.2) for words in originals]  # similarity about 0.2
    assert len(kept([*texts, *far], range(200))) == 200


@pytest.mark.parametrize(
    "text",
    [
        "他来了。她也来了，我们一起去了北京的大学图书馆。",
        "สวัสดีครับผมชื่อสมชายมาจากเชียงใหม่",
        "བཀྲ་ཤིས་བདེ་ལེགས་ཞུ་རྒྱུ་ཡིན།",
    ],
)
def test_texts_without_blanks_are_compared_by_letters(text: str) -> None:
    other = "".join(random.Random(1).sample(text, len(text)))
    assert len(kept([text * 3, text * 3 + "！", other * 3], range(3))) == 2


def test_texts_without_a_word_are_like_no_other() -> None:
    found = signatures(["", "!!!", "word"])
    assert (found[:2] == NOTHING).all() and (found[2] != NOTHING).any()
    assert kept(["", "!!!"], range(2)) == {"", "!!!"}
    assert signatures([]).shape == (0, HASHES)


def test_a_batch_gives_what_single_texts_give() -> None:
    texts = ["", *(text for pair in pairs(5) for text in pair), "one two", "漢字かな"]
    alone = np.concatenate([signatures([text]) for text in texts])
    assert (signatures(texts) == alone).all()
    assert (duplicates.bands(alone) == bands(signatures(texts))).all()
