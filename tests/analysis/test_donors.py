"""Donors by the size of the target: planted help is found where it was planted, equal donors differ nowhere, gaps are named."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openner_utils.analysis.donors import ALONE, RELATED, UNRELATED, Entry, _donor, curves, findings
from openner_utils.analysis.one_system import COUNTS
from openner_utils.config.params import Compare, Regime, Targets
from openner_utils.pages.wording.donors import NOBODY, sentences
from openner_utils.support.errors import OpenNERError

HOW = Compare(confidence=0.95)
SENTENCES, MENTIONS = 150, 2
SIZES = (0, 10, 200)
REGIMES = {
    "donors": Regime(
        together=False, targets=Targets(languages=("swa",), sentences=(0, 10, 200, 5000, "all"), donor_sentences=50, steps="matched")
    )
}  # fmt: skip


def entry(donor: str, kind: str, size: int, quality: float, draw: str = "", seeds=(1, 2, 3)) -> Entry:
    """A model that finds a share of the mentions of each sentence, drawn anew for each ``draw``."""
    random = np.random.default_rng([size, int(1000 * quality), *(draw or donor).encode()])
    frames = [
        pd.DataFrame(
            {
                "corpus": "c", "language": "swa", "sentence": range(SENTENCES), "document": 0, "seed": seed,
                "correct": random.binomial(MENTIONS, quality, SENTENCES), "predicted": MENTIONS, "reference": MENTIONS,
            }
        )
        for seed in seeds
    ]  # fmt: skip
    return Entry("e5", "donors", donor, kind, size, pd.concat(frames, ignore_index=True))


def planted() -> list[Entry]:
    """Related donors help a target that has nothing or little; with 200 sentences of its own nobody does."""
    quality = {
        (RELATED, 0): 0.5, (RELATED, 10): 0.6, (RELATED, 200): 0.8,
        (UNRELATED, 0): 0.1, (UNRELATED, 10): 0.3, (UNRELATED, 200): 0.8,
    }  # fmt: skip
    entries = [
        entry(f"d/{name}", kind, size, quality[kind, size])
        for kind, names in ((RELATED, ("kin", "lug")), (UNRELATED, ("kaz", "mar")))
        for name in names
        for size in SIZES
    ]
    return entries + [entry("", ALONE, size, 0.05 if size == 10 else 0.79) for size in SIZES if size]


def test_help_is_found_at_the_sizes_where_it_was_planted():
    found = curves(planted(), HOW)
    helped = found["helped"].set_index("target_sentences")
    assert helped["clear"].to_dict() == {0: True, 10: True, 200: False}
    assert helped["difference"].between([30, 20, -5], [50, 40, 5]).all()
    curve = found["curve"]
    assert list(curve["kind"]) == [RELATED, UNRELATED, RELATED, UNRELATED, ALONE, RELATED, UNRELATED, ALONE]
    assert set(curve["donors"]) == {"d/kin d/lug", "d/kaz d/mar", ""}
    assert (curve["mentions"] == SENTENCES * MENTIONS).all() and (curve["sentences"] == SENTENCES).all()
    assert (curve["seeds"] == 3).all() and curve["f1"].between(curve["low"], curve["high"]).all()


def test_equal_donors_differ_nowhere():
    entries = [
        entry(f"d/{kind}", kind, size, 0.5, draw="one") for kind in (RELATED, UNRELATED) for size in SIZES
    ]
    helped = curves(entries, HOW)["helped"]
    assert (helped["difference"] == 0).all() and not helped["clear"].any() and (helped["p"] == 1).all()


def test_several_donors_are_their_counts_together():
    one, two = (entry(f"d/{name}", RELATED, 10, quality) for name, quality in (("kin", 0.9), ("lug", 0.3)))
    curve = curves([one, two], HOW)["curve"]
    by_seed = [
        200 * sum(each.counts.loc[each.counts["seed"] == seed, "correct"].sum() for each in (one, two))
        / (2 * sum(each.counts.loc[each.counts["seed"] == seed, ["predicted", "reference"]].sum().sum() / 2 for each in (one, two)))
        for seed in (1, 2, 3)
    ]  # fmt: skip
    assert curve["f1"].tolist() == pytest.approx([np.mean(by_seed)])
    assert curve["sd"].tolist() == pytest.approx([np.std(by_seed, ddof=1)])


@settings(max_examples=15)
@given(st.permutations(planted()))
def test_the_order_of_what_was_trained_changes_nothing(entries):
    for name, table in curves(entries, HOW).items():
        pd.testing.assert_frame_equal(table, curves(planted(), HOW)[name])


def test_a_donor_that_lacks_a_seed_is_named_and_never_averaged_away():
    gap = [entry("d/kin", RELATED, 10, 0.5), entry("d/lug", RELATED, 10, 0.5, seeds=(1, 2))]
    with pytest.raises(OpenNERError, match=r"donors \(d/kin, d/lug\) were not tested by the same seeds"):
        curves(gap, HOW)


def test_what_is_said_has_the_answer_first_and_what_is_missing_last():
    found = curves(planted(), HOW)
    (target,) = findings(found, REGIMES)
    assert (target.sizes, target.missing, target.matched) == (SIZES, (5000,), True)
    said = sentences((target,))
    assert (
        "ahead of unrelated ones of equal size beyond chance in 2 of 3 comparisons and behind in 0" in said[0]
    )
    assert "related (d/kin, d/lug) minus unrelated (d/kaz, d/mar)" in said[1] and "0 sentences +" in said[1]
    assert said[1].endswith("all trained for as many steps; n = 150 test sentences, 3 seeds.")
    assert said[2] == "c/swa (e5, donors) does not have 5000 sentences: no point there."


def test_with_too_little_nothing_is_compared_and_no_curve_promised():
    found = curves([entry("d/kin", RELATED, 10, 0.5)], HOW)
    assert len(found["helped"]) == 0 and len(found["curve"]) == 1
    said = sentences(findings(found, REGIMES))
    assert "has no unrelated donor: too little to compare" in said[0] and "there is no curve" in said[1]
    nothing = curves([], HOW)
    assert [len(table) for table in nothing.values()] == [0, 0]
    assert list(nothing["curve"]) == list(found["curve"]) and list(nothing["helped"]) == list(found["helped"])
    assert sentences(findings(nothing, REGIMES)) == [NOBODY]


def test_a_test_set_without_mentions_has_no_point():
    none = entry("d/kin", RELATED, 10, 0.5)
    none.counts[COUNTS] = 0
    assert len(curves([none], HOW)["curve"]) == 0


@pytest.mark.parametrize(
    ("donor", "kind"),
    [
        (("m", "kin"), RELATED), (("m", "fin"), RELATED), (("m", "kaz"), UNRELATED), (("", ""), ALONE),
    ],
)  # fmt: skip
def test_family_or_script_make_a_donor_related(donor, kind):
    assert _donor((*donor, 10, "h", "swa", "test")) == ("/".join(donor) if donor[0] else "", kind)
