"""What repair of training labels does: planted arms, both conventions, and labels that do or do not differ."""

import numpy as np
import pandas as pd
import pytest

from openner_utils.analysis import ledger, repair
from openner_utils.config.params import Compare
from openner_utils.core.releases import AS_RELEASED
from openner_utils.support.errors import OpenNERError

HOW = Compare(confidence=0.95)
SENTENCES = 200


def scored(quality: float, labels_from: str, convention: str, **keys: object) -> pd.DataFrame:
    """Counts per sentence of an encoder that finds a share of two mentions a sentence, with three seeds."""
    fixed = {
        "system": "s", "regime": "individual", "labels_from": labels_from, "format": "", "decoding": "", "policy": "",
        "control": False, "corpus": "c", "language": "swa", "split": "test", "convention": convention, "predicted": 2,
        "reference": 2, "ungrounded": 0,
    } | keys  # fmt: skip
    draw = np.random.default_rng(list(f"{quality}{labels_from}{convention}{keys}".encode()))
    seeds = [
        pd.DataFrame(
            {
                **fixed,
                "seed": seed,
                "sentence": range(SENTENCES),
                "correct": draw.binomial(2, quality, SENTENCES),
            }
        )
        for seed in (1, 2, 3)
    ]
    return pd.concat(seeds, ignore_index=True).assign(document=lambda frame: frame["sentence"])


def arms(**keys: object) -> pd.DataFrame:
    """Two arms, of which the discarding one is worse, and the release, under both conventions."""
    return pd.concat(
        scored(quality, arm, convention, **keys)
        for arm, quality in ((AS_RELEASED, 0.8), ("published", 0.79), ("discard", 0.55))
        for convention in repair.CONVENTIONS
    )


def changed(differ: int = 26, tokens: int = 1_000, together: bool = False, **keys: object) -> pd.DataFrame:
    fixed = {"system": "s", "regime": "individual", "corpus": "c", "language": "swa"} | keys
    rows = [
        {
            **fixed,
            "labels_from": arm,
            "together": together,
            "sentences": 90,
            "tokens": tokens,
            "mentions": 100,
        }
        for arm in ("published", "discard")
    ]
    return ledger.rates(pd.DataFrame(rows).assign(differ=differ), "differ")


REPAIRS = ledger.rates(
    pd.DataFrame(
        [
            ("c", "swa", "train", "all", 90, 1_000, 120, 30),
            ("c", "swa", "train", "core", 90, 1_000, 100, 26),
            ("c", "swa", "test", "all", 20, 300, 50, 4),
            ("d", "eng", "train", "all", 90, 1_000, 120, 0),
        ],
        columns=["corpus", "language", "split", "types", "sentences", "tokens", "mentions", "repaired"],
    ),
    "repaired",
)


def test_every_arm_stands_under_both_conventions_and_all_are_one_family() -> None:
    others = [
        scored(0.8, AS_RELEASED, "conlleval", corpus="other"),
        scored(0.8, "", "conlleval", format="json"),
    ]
    found = repair.tables(pd.concat([arms(), *others]), REPAIRS, changed(), HOW)
    assert set(found["arms"]["corpus"]) == {"c"} and len(found["arms"]) == 6
    difference = found["difference"]
    assert sorted(zip(difference["arm"], difference["convention"], strict=True)) == [
        (arm, convention) for arm in ("discard", "published") for convention in ("conlleval", "discard")
    ]
    worse = difference.set_index("arm")
    assert (worse.loc["discard", "difference"] < -15).all() and worse.loc["discard", "clear"].all()
    assert not worse.loc["published", "clear"].any()
    smallest = difference["p_raw"].min()
    assert difference["p"].min() == pytest.approx(min(1, 4 * smallest)), "Holm over all four rows"
    assert difference["differ"].tolist() == [26] * 4
    assert difference["per_100_tokens"].tolist() == pytest.approx([2.6] * 4)


def test_noise_is_that_of_the_audit_for_whole_training_splits() -> None:
    noise = repair.tables(arms(), REPAIRS, changed(), HOW)["noise"]
    assert noise[["corpus", "types", "mentions", "repaired"]].to_numpy().tolist() == [
        ["c", "all", 120, 30], ["c", "core", 100, 26], ["d", "all", 120, 0],
    ]  # fmt: skip
    assert noise["per_100_mentions"].tolist() == pytest.approx([25.0, 26.0, 0.0])


def by_arm(differ: int = 26, tokens: int = 1_000) -> dict[str, repair.Arm]:
    found = repair.findings(repair.tables(arms(), REPAIRS, changed(differ, tokens), HOW))
    return {arm.arm: arm for arm in found.arms}


def test_findings_hold_the_noise_and_each_arm_under_both_conventions() -> None:
    found = repair.findings(repair.tables(arms(), REPAIRS, changed(), HOW))
    assert found.noise == (repair.Noise("c", "swa", 30, 3.0, 25.0),)
    discard, published = found.arms
    assert (discard.arm, published.arm, discard.sentences, discard.seeds) == (
        "discard",
        "published",
        SENTENCES,
        "3",
    )
    assert [each.what for each in discard.comparisons] == ["conlleval", "discard"]
    assert all(each.behind for each in discard.comparisons)
    assert not any(each.clear for each in published.comparisons) and len(found.comparisons) == 4
    assert found.power and (found.power.rows, found.power.never) == (4, 0) and 0 < found.power.detectable < 15


@pytest.mark.parametrize(
    ("differ", "tokens", "discard", "published"),
    [  # what is concluded where the difference is beyond chance, and where it is not
        (0, 1_000, repair.Cause.NONE, repair.Cause.NONE),
        (1, 15_000, repair.Cause.UNKNOWN, repair.Cause.TOO_LITTLE),
        (949, 1_000_000, repair.Cause.UNKNOWN, repair.Cause.TOO_LITTLE),
        (10, 10_000, repair.Cause.REPAIR, repair.Cause.REPAIR),
        (951, 1_000_000, repair.Cause.REPAIR, repair.Cause.REPAIR),
    ],
)
def test_what_differing_labels_make_of_a_difference(
    differ: int, tokens: int, discard: repair.Cause, published: repair.Cause
) -> None:
    found = by_arm(differ, tokens)
    assert (found["discard"].cause, found["published"].cause) == (discard, published)


def test_where_all_is_trained_on_together_the_labels_are_those_of_all() -> None:
    sentences = pd.concat([arms(regime="multi"), arms(regime="multi", corpus="d", language="eng")])
    labels = pd.concat(
        [
            changed(26, 1_000, True, regime="multi"),
            changed(0, 3_000, True, regime="multi", corpus="d", language="eng"),
        ]
    )
    difference = repair.tables(sentences, REPAIRS, labels, HOW)["difference"]
    assert len(difference) == 8
    assert set(difference["differ"]) == {26} and set(difference["tokens"]) == {4_000}


def test_an_arm_without_its_labels_is_an_error_that_says_what_to_run() -> None:
    with pytest.raises(OpenNERError, match="Run the stage ablate again"):
        repair.tables(arms(), REPAIRS, changed(corpus="another"), HOW)


def test_without_ablations_and_repairs_nothing_is_found() -> None:
    plain = pd.concat(scored(0.8, AS_RELEASED, convention) for convention in repair.CONVENTIONS)
    none = REPAIRS.assign(repaired=0)
    found = repair.tables(plain, none, pd.DataFrame(), HOW)
    assert found["difference"].empty and found["arms"].empty
    assert repair.findings(found) == repair.Findings((), (), None)
