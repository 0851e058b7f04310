"""The analyses answer planted questions."""

import numpy as np
import pandas as pd
import pytest

from openner_utils.analysis import encoders, prompts, regimes, repair
from openner_utils.analysis.systems import compared, counts_of, shared, with_intervals
from openner_utils.errors import OpenNERError
from openner_utils.params import Compare

HOW = Compare(resamples=300, confidence=0.95, seed=1)


def rows(quality: float, seeds: int = 2, sentences: int = 150, **keys) -> pd.DataFrame:
    """Per-sentence counts of a system that finds a share of 2 mentions a sentence."""
    fixed = {
        "system": "s", "regime": "individual", "labels_from": "release", "variant": "", "corpus": "c",
        "language": "eng", "split": "test",
    } | keys  # fmt: skip
    rng = np.random.default_rng([int(1000 * quality), *"".join(map(str, keys.values())).encode()])
    frames = []
    for seed in range(1, seeds + 1):
        right = rng.binomial(2, quality, sentences)
        frames.append(
            pd.DataFrame(
                {
                    **fixed,
                    "seed": seed,
                    "sentence": range(sentences),
                    "correct": right,
                    "predicted": 2,
                    "reference": 2,
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def test_intervals_are_in_percent_with_the_number_of_seeds_and_mentions():
    (row,) = with_intervals(rows(0.8), ["language"], HOW).to_dict("records")
    assert row["low"] < row["f1"] < row["high"]
    assert 70 < row["f1"] < 90
    assert (row["seeds"], row["sentences"], row["mentions"]) == (2, 150, 300)


def test_whole_runs_only():
    broken = rows(0.8).iloc[:-1]
    with pytest.raises(OpenNERError, match="do not form whole runs"):
        counts_of(broken)


def test_only_shared_sentences_are_compared():
    a, b = shared(rows(0.8, sentences=150), rows(0.8, sentences=40))
    assert a["sentence"].nunique() == b["sentence"].nunique() == 40


def test_no_pairs_give_an_empty_table():
    assert compared([], HOW).empty


def test_encoders_finds_the_better_one_and_explains_near_zero():
    sentences = pd.concat([rows(0.8, system="a"), rows(0.02, system="b")])
    tokenizers = pd.DataFrame(
        {
            "system": ["a", "b"],
            "language": "eng",
            "unknown_tokens": [0.0, 0.9],
            "fertility": 1.5,
            "characters_lost": 0.0,
        }
    )
    found = encoders.tables(sentences, tokenizers, HOW)
    (pair,) = found["pairs"].to_dict("records")
    assert (pair["a"], pair["b"]) == ("a", "b")
    assert pair["difference"] < -50
    assert pair["p"] < 0.05
    text = " ".join(encoders.summary(found))
    assert "1 of 2 rows are below 10 F1. In 1 of them" in text
    # A tokenizer that served in one regime does not explain a failure in another.
    better = pd.concat([sentences, rows(0.6, system="b", regime="multilingual")])
    text = " ".join(encoders.summary(encoders.tables(better, tokenizers, HOW)))
    assert "1 of 3 rows are below 10 F1. In 0 of them" in text and "the others: b on eng (individual)" in text


def test_regimes_compares_joint_with_alone():
    sentences = pd.concat([rows(0.5), rows(0.7, regime="multilingual")])
    found = regimes.tables(sentences, HOW)
    assert found["gain"]["difference"].iloc[0] > 10
    assert "beyond chance in 1 of 1" in regimes.summary(found)[0]


def test_regimes_says_when_there_is_nothing_to_compare():
    assert "No encoder" in regimes.summary(regimes.tables(rows(0.5), HOW))[0]


def test_repair_compares_each_arm_with_the_repaired_one():
    sentences = pd.concat([rows(0.8), rows(0.6, labels_from="published"), rows(0.8, corpus="other")])
    changes = pd.DataFrame({"corpus": ["c", "other"], "repaired": [30, 0], "mentions": [300, 100]})
    found = repair.tables(sentences, changes, HOW)
    assert found["arms"]["corpus"].unique().tolist() == ["c"]
    assert found["difference"]["difference"].iloc[0] < -10
    assert "30 labels repaired" in repair.summary(found)[0]


@pytest.mark.parametrize(
    ("quality", "said"), [(0.6, "JSON minus inline in points"), (0.1, "nothing is concluded")]
)
def test_prompts_draw_no_conclusion_unless_the_control_is_beaten(quality, said):
    variants = {
        "inline-free": quality,
        "json-free": quality,
        "inline-free-control": 0.1,
        "json-free-control": 0.1,
    }
    sentences = pd.concat(
        [rows(q, 1, regime="prompt", labels_from="", variant=v) for v, q in variants.items()]
    )
    losses = pd.DataFrame(
        {
            "system": "s",
            "variant": "inline-free",
            "language": "eng",
            "reason": ["grounded", "absent"],
            "mentions": [3, 1],
        }
    )
    found = prompts.tables(sentences, losses, HOW)
    assert len(found["formats"]) == 1
    text = " ".join(prompts.summary(found))
    assert said in text
    assert "Of 4 mentions that replies named, 3" in text
