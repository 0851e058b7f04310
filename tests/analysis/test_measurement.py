"""What is measured of planted replies: how a reading changes a score, its share of a gap, and who changes places."""

import numpy as np
import pandas as pd
import pytest

from openner_utils.analysis import measurement
from openner_utils.analysis.measurement import ALL, COUNTED, LENIENT, OURS
from openner_utils.core.artifacts import READINGS, REASONS
from openner_utils.pages.views import measurement as views
from openner_utils.pages.wording import measurement as words
from tests.analysis.test_questions import HOW, rows

MAIN = {"policy": "free", "matching": "exact", "borders": "strict"}
FUZZY = MAIN | {"matching": "fuzzy", "borders": "snapped"}
NONE = dict.fromkeys(MAIN, "")


def read(
    quality: float, rule: str = OURS, reading: dict | None = None, ungrounded: int = 0, **keys
) -> pd.DataFrame:
    """Counts per sentence of a model's replies, with two mentions a sentence."""
    names = {"system": "lm", "format": "json", "decoding": "free", "control": False, "language": "eng"} | keys
    sentences = 60
    draw = np.random.default_rng(7)  # equal luck, so that the better reading is right where the other is
    right = (draw.random((sentences, 2)) < quality).sum(axis=1)
    frame = pd.DataFrame(
        {
            **names, "rule": rule, **(reading or MAIN), "corpus": "c", "split": "test", "sentence": range(sentences),
            "document": 0, "correct": right, "predicted": 2, "reference": 2, "ungrounded": ungrounded,
        }
    )  # fmt: skip
    return frame[list(READINGS.empty())]


def reasons(**mentions: int) -> pd.DataFrame:
    """What became of mentions under the main reading."""
    names = {
        "system": "lm",
        "format": "json",
        "decoding": "free",
        "control": False,
        **MAIN,
        "corpus": "c",
        "language": "eng",
    }
    made = [{**names, "reason": reason, "mentions": count} for reason, count in mentions.items()]
    return pd.DataFrame(made, columns=list(REASONS.empty()))


def tables(*readings: pd.DataFrame, encoders: pd.DataFrame | None = None, became: pd.DataFrame | None = None):
    sentences = rows(0.9, 3, 60) if encoders is None else encoders
    return measurement.tables(
        sentences,
        pd.concat(readings, ignore_index=True),
        REASONS.empty() if became is None else became,
        "free",
        HOW,
    )


def test_each_reading_stands_beside_the_main_one_and_what_is_lost_is_counted_too():
    others = [
        MAIN | {"policy": "first"},
        MAIN | {"matching": "normalized"},
        MAIN | {"borders": "snapped"},
        FUZZY,
    ]
    found = tables(
        read(0.3, ungrounded=1), *(read(0.3 + n / 10, reading=each) for n, each in enumerate(others, 1))
    )
    changed = ["policy first", "matching normalized", "borders snapped", LENIENT, COUNTED]
    assert set(found["readings"]["changed"]) == {"", *changed}
    differences = found["measurement"].set_index("changed")["difference"]
    assert list(differences.index) == changed and differences[changed[:4]].is_monotonic_increasing
    counted, main = (found["readings"].set_index("changed")["f1"][name] for name in (COUNTED, ""))
    assert counted == pytest.approx(main * 4 / 5), "one predicted mention more, of two and two"
    shown = views.readings(found["readings"], "free", "policy")
    assert list(shown) == ["system", "language", "format", "sentences", "main reading", "policy first"]
    assert shown["sentences"].item() == 60 and shown["main reading"].item().startswith(f"{main:.1f} (")


def test_the_share_of_the_gap_is_over_equal_sentences_and_all_languages():
    readings = [
        read(quality, reading=reading, language=code)
        for code in ("eng", "fin") for quality, reading in ((0.3, MAIN), (0.6, FUZZY))
    ]  # fmt: skip
    encoders = pd.concat(
        [rows(0.9, 3, 90, language="eng"), rows(0.9, 3, 60, language="fin"), rows(0.1, 3, 60, system="bad")]
    )
    share = tables(*readings, encoders=encoders)["share"].set_index(["encoder", "language"])
    assert share.loc[("s", ALL), "sentences"] == 120 and share.loc[("s", "eng"), "sentences"] == 60
    one = share.loc[("s", ALL)]
    assert (
        one["share"] == pytest.approx(100 * one["closed"] / one["gap"])
        and one["low"] < one["share"] < one["high"]
    )
    assert share.loc[("bad", "eng"), ["share", "low", "high"]].isna().all(), "there is no gap to close"


def test_systems_that_change_places_are_found_and_decoding_is_never_pooled():
    frames = [
        read(quality, rule, reading, format=form, decoding=decoding)
        for decoding in ("free", "constrained")
        for form, ours, theirs in (("inline", 0.7, 0.3), ("json", 0.5, 0.6))
        for rule, quality, reading in ((OURS, ours, MAIN), ("Other", theirs, NONE))
    ]  # fmt: skip
    found = tables(*frames, read(0.9, control=True), encoders=rows(0.55, 3, 60))
    ranks = (
        found["harnesses"].query("decoding == 'free'").set_index(["format", "rule"])[["rank", "rank_ours"]]
    )
    assert {key: tuple(row) for key, row in ranks.iterrows()} == {
        ("inline", OURS): (1, 1), ("json", OURS): (2, 2), ("inline", "Other"): (2, 1), ("json", "Other"): (1, 2),
    }  # fmt: skip
    assert len(found["harnesses"]) == 8, "the control is in none of it"
    moved = found["places"].query("moved and decoding == 'free'")
    assert set(zip(moved["one"], moved["other"], strict=True)) >= {
        ("lm inline", "lm json"),
        ("lm inline", "s individual"),
    }
    assert (found["places"]["low"] <= found["places"]["difference"]).all() and set(
        found["places"]["sentences"]
    ) == {60}
    shown = views.harnesses(found["harnesses"], "free")
    assert "; rank 2)" in shown.set_index("format").loc["inline", "Other"]
    assert list(shown)[-2:] == [OURS, "Other"]


def test_what_became_of_mentions_stands_by_script_without_controls():
    became = pd.concat([reasons(exact=3, fuzzy=0), reasons(exact=50).assign(control=True)])
    found = tables(read(0.5), read(0.5, reading=FUZZY), became=became)["reasons"]
    assert set(found["script"]) == {"Latn"} and found["mentions"].sum() == 53
    (row,) = views.became(found, "free").to_dict("records")
    assert row == {
        "system": "lm",
        "format": "json",
        "script": "Latn",
        "language": "eng",
        "exact": 3,
        "named": 3,
    }


def test_what_was_measured_is_said():
    found = tables(read(0.3), read(0.6, reading=FUZZY), read(0.2, "Other", NONE))
    said = list(words.sentences(measurement.findings(found)))
    assert (
        said[0].startswith("lm, json, free decoding, what the most lenient reading")
        and "beyond chance" in said[0]
    )
    assert "s individual" in said[1] and "n = 60 sentences" in said[1] and " % (" in said[1]
    assert said[2].endswith("of 1 pair of systems in one language so many change places: Other 0.")
    same = measurement.findings(tables(read(0.3), read(0.3, reading=FUZZY)))
    assert (
        next(words.sentences(same))
        == "lm, json, free decoding: the most lenient reading changes its F1 in no language."
    )
    nothing = measurement.tables(rows(0.9), READINGS.empty(), REASONS.empty(), "free", HOW)
    assert list(words.sentences(measurement.findings(nothing))) == []
