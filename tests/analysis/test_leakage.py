"""Sentences in several places: found exactly, counted by part, and taken out of training data."""

import random
from collections.abc import Iterable, Sequence
from itertools import combinations
from pathlib import Path
from typing import Literal

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openner_utils.analysis import leakage
from openner_utils.config.params import Clean, Data, Standardize
from openner_utils.core.artifacts import CLEANED, CORE_RELEASE, STANDARDIZED, Memory, Outputs
from openner_utils.core.releases import parts
from openner_utils.curation import duplicates
from openner_utils.stages import audit as audit_stage
from openner_utils.stages import clean, standardize, work
from openner_utils.support.paths import Place
from tests import places
from tests.analysis.test_audit import plain, records


def searched(*parts: pa.Table, **how: float) -> tuple[duplicates.Sentences, duplicates.Pairs]:
    """Return sentences and pairs; each part is handed in as a table of its own."""
    sentences = duplicates.read(parts, **how)
    return sentences, duplicates.near_pairs(sentences)


def trigrams(sentence: Sequence[str]) -> set[tuple[str, ...]]:
    return {tuple(sentence[n : n + 3]) for n in range(len(sentence) - 2)}


def jaccard(one: Sequence[str], other: Sequence[str]) -> float:
    a, b = trigrams(one), trigrams(other)
    return len(a & b) / len(a | b)


LONG = "a b c d e f g h i j k l m n"
ALMOST = "a b c d e f g h i j k l m z"  # 12 trigrams each, 11 of them shared


def test_duplicates_are_found_within_a_split_between_splits_and_across_corpora() -> None:
    same, other = "one two three four five", "six seven eight nine ten"
    found = leakage.duplicates(
        *searched(
            plain("a", "eng", "train", same, other, "too short to count"),
            plain("a", "eng", "test", same, same.upper(), "caf\u00e9 b c d e", "too short to count"),
            plain("b", "swa", "train", "cafe\u0301 b c d e"),
        )
    )
    columns = ["corpus", "split", "other_corpus", "other_split", "relation", "same", "near", "of"]
    assert records(found, *columns) == [
        ("a", "train", "a", "test", "between splits", 1, 0, 2),
        ("a", "test", "a", "train", "between splits", 2, 0, 3),
        ("a", "test", "a", "test", "within split", 1, 0, 3),
        ("a", "test", "b", "train", "across corpora", 1, 0, 3),
        ("b", "train", "a", "test", "across corpora", 1, 0, 1),
    ]


def test_near_duplicates_are_counted_where_the_same_sentence_is_not() -> None:
    found = leakage.duplicates(
        *searched(
            plain("a", "eng", "train", LONG, LONG, ALMOST),
            plain("a", "eng", "test", LONG),
            plain("b", "eng", "dev", ALMOST, ALMOST),
        )
    )
    assert records(found, "corpus", "split", "other_corpus", "other_split", "same", "near") == [
        ("a", "train", "a", "train", 1, 2),  # never more than there are
        ("a", "train", "a", "test", 2, 1),
        ("a", "train", "b", "dev", 1, 2),
        ("a", "test", "a", "train", 1, 0),
        ("a", "test", "b", "dev", 0, 1),
        ("b", "dev", "a", "train", 2, 0),
        ("b", "dev", "a", "test", 0, 2),
        ("b", "dev", "b", "dev", 1, 0),
    ]
    assert found["share"].max() <= 1


def test_overlap_tells_own_training_data_from_others_and_exact_from_near() -> None:
    found = leakage.overlap(
        *searched(
            plain("a", "eng", "train", "one two three four five", ALMOST),
            plain("b", "eng", "train", "six seven eight nine ten"),
            plain(
                "a", "eng", "test", "ONE two three four five", "six seven eight nine ten", LONG, "none of these is there"
            ),
        )
    )  # fmt: skip
    assert records(found, "sentence", "own_train", "other_train") == [
        (0, True, False), (1, False, True), (2, False, False), (3, False, False)
    ]  # fmt: skip
    assert found["similarity"].tolist() == pytest.approx([0, 0, 11 / 13, 0])
    assert records(found.iloc[[2]], "near_corpus", "near_language", "near_sentence") == [("a", "eng", 1)]
    assert records(
        leakage.contamination(found), "compared", "exact_own", "exact_other", "near", "contaminated", "share"
    ) == [(4, 1, 1, 1, 3, 3 / 4)]


def test_a_sentence_may_be_in_its_own_and_in_another_training_split() -> None:
    found = leakage.overlap(
        *searched(plain("a", "eng", "train", LONG), plain("b", "eng", "train", LONG), plain("a", "eng", "test", LONG))
    )  # fmt: skip
    assert records(found, "own_train", "other_train") == [(True, True)]


@pytest.mark.parametrize(
    "data",
    [
        [],
        [plain("a", "eng", "test", "too short")],
        [plain("a", "eng", "dev", LONG)],
        [plain("a", "eng", "test", LONG)],
        [plain("a", "eng", "train", LONG)],
    ],
    ids=["nothing", "short", "dev only", "test only", "train only"],
)
def test_nothing_to_compare_gives_empty_tables(data: list[pa.Table]) -> None:
    sentences, pairs = searched(*data)
    assert leakage.duplicates(sentences, pairs).empty
    assert not leakage.overlap(sentences, pairs)["similarity"].any()
    assert leakage.contaminating(sentences, pairs).empty
    assert not leakage.contamination(leakage.overlap(sentences, pairs)).get("contaminated", pd.Series()).any()


# --- against brute force --------------------------------------------------------------------------------------


def compared(texts: Iterable[Sequence[str]], similar: float) -> dict[frozenset[tuple[str, ...]], float]:
    """All pairs of different texts, by comparing each with each."""
    found = {}
    for one, other in combinations(dict.fromkeys(map(tuple, texts)), 2):
        if (near := jaccard(one, other)) >= similar - 1e-9:
            found[frozenset((one, other))] = near
    return found


def found_pairs(data: pa.Table, **how: float) -> dict[frozenset[tuple[str, ...]], float]:
    sentences, pairs = searched(data, **how)
    text = dict(zip(sentences.key.tolist(), map(tuple, data["tokens"].to_pylist()), strict=True))
    rows = list(zip(pairs.one.tolist(), pairs.other.tolist(), pairs.similarity.tolist(), strict=True))
    found = {frozenset((text[one], text[other])): near for one, other, near in rows}
    assert len(found) == len(rows), "no pair twice"
    return found


words = st.lists(st.sampled_from("abc"), min_size=3, max_size=9)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(words, min_size=1, max_size=12),
    st.sampled_from([0.3, 0.5, 0.6, 0.8, 1.0]),
    st.sampled_from([1, 1 << 21]),
)
def test_the_search_equals_a_comparison_of_all_pairs(
    texts: list[list[str]], similar: float, chunk: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duplicates, "_CHUNK", chunk)
        found = found_pairs(plain("a", "eng", "train", *map(" ".join, texts)), shortest=3, similar=similar)
    assert found == pytest.approx(compared(texts, similar))


def test_recall_and_precision_are_one_on_sentences_that_were_changed_a_little() -> None:
    """Recall 1.0 and precision 1.0 against brute force: 400 sentences, and copies with one to three words changed."""
    draw = random.Random(1)
    vocabulary = [f"w{number}" for number in range(300)]
    texts = [draw.choices(vocabulary, range(300, 0, -1), k=draw.randint(5, 40)) for _ in range(200)]
    for original in list(texts):
        copy = list(original)
        for _ in range(draw.randint(1, 3)):
            copy[draw.randrange(len(copy))] = draw.choice(vocabulary)
        texts.append(copy)
    truth = compared(texts, duplicates.SIMILAR)
    found = found_pairs(plain("a", "eng", "train", *map(" ".join, texts)))
    hits = truth.keys() & found.keys()
    assert len(truth) > 30
    assert (len(hits) / len(truth), len(hits) / len(found)) == (1.0, 1.0)


def test_a_template_that_fills_a_corpus_is_no_trouble() -> None:
    """Each of 1,500 sentences is near each other one; chunks keep what is held at a time small."""
    rows = [" ".join([f"x{number}", *(f"t{place}" for place in range(30))]) for number in range(1_500)]
    sentences, pairs = searched(plain("a", "eng", "train", *rows))
    assert len(pairs.one) == 1_500 * 1_499 // 2
    (row,) = leakage.duplicates(sentences, pairs).to_dict("records")
    assert (row["relation"], row["near"], row["share"]) == ("within split", 1_500, 1.0)


# --- taking sentences out of training data --------------------------------------------------------------------


def test_training_sentences_that_a_test_set_holds_are_listed_with_the_place() -> None:
    sentences, pairs = searched(
        plain("a", "eng", "train", "nothing of this is there", LONG, ALMOST, LONG),
        plain("a", "eng", "dev", LONG),
        plain("b", "eng", "train", ALMOST),
        plain("b", "eng", "test", "and this is elsewhere", LONG),
    )
    exact = [("a", "train", 1, "exact", "b", 1), ("a", "train", 3, "exact", "b", 1)]
    near = [("a", "train", 2, "near", "b", 1), ("b", "train", 0, "near", "b", 1)]
    columns = ["corpus", "split", "sentence", "why", "test_corpus", "test_sentence"]
    assert records(leakage.contaminating(sentences), *columns) == exact
    found = leakage.contaminating(sentences, pairs)
    assert sorted(records(found, *columns)) == sorted(exact + near)
    left = leakage.contamination(leakage.overlap(leakage.without(sentences, found), pairs))
    assert left["contaminated"].tolist() == [0]


@pytest.fixture
def store(tmp_path: Path) -> Memory:
    """The cleaned Habari, with a test sentence and one that is nearly a test sentence among its training data."""
    store = Memory()
    clean.clean_corpus("habari", "conlleval", places.samples(tmp_path), Outputs(store, clean.WRITES))
    return store


def numbers(release: pa.Table) -> dict[str, list[int]]:
    return {part.split: part.table["sentence"].to_pylist() for part in parts(release)}


@pytest.mark.parametrize("how", ["none", "exact", "near"])
def test_only_training_sentences_of_the_core_release_are_removed(
    store: Memory, how: Literal["none", "exact", "near"], tmp_path: Path
) -> None:
    of, data = {"corpus": "habari"}, Data(corpora=("habari",))
    cleaned = store.get(CLEANED, of)
    test = next(part.table for part in parts(cleaned) if part.split == "test")
    place = next(n for n, words in enumerate(test["tokens"].to_pylist()) if len(words) > 15)
    row = test.slice(place, 1).to_pylist()[0]
    almost = row | {"sentence": 1_001, "split": "train", "tokens": [*row["tokens"][:-1], "Mwisho"]}
    planted = pa.Table.from_pylist([row | {"sentence": 1_000, "split": "train"}, almost], cleaned.schema)
    store.put(CLEANED, pa.concat_tables([cleaned, planted]), of)
    params = standardize.Params(data=data, standardize=Standardize(decontaminate=how))
    result = standardize.run(work(standardize, Place(tmp_path), store), params)

    gone = {"none": [], "exact": [1_000], "near": [1_000, 1_001]}[how]
    assert result.removed["sentence"].tolist() == gone
    assert result.removed["why"].tolist() == ["exact", "near"][: len(gone)]
    whole, core = (numbers(store.get(release, of)) for release in (STANDARDIZED, CORE_RELEASE))
    assert {split: core[split] for split in ("dev", "test")} == {
        split: whole[split] for split in ("dev", "test")
    }
    assert sorted(set(whole["train"]) - set(core["train"])) == gone
    written = audit_stage.run(
        work(audit_stage, Place(tmp_path), store),
        audit_stage.Params(data=data, clean=Clean(repair="conlleval")),
    )
    assert written.leakage.removed["sentence"].tolist() == gone
    assert written.leakage.contamination["contaminated"].tolist() == [1]
    assert written.leakage.still_contaminated["contaminated"].tolist() == [0 if how == "near" else 1]
    assert written.overview.removed == len(gone)
