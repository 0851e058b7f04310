"""The analyses answer planted questions, and set side by side only what is comparable."""

import numpy as np
import pandas as pd
import pytest

from openner_utils.analysis import encoders, llms, ontologies, prompts, regimes, scorers
from openner_utils.analysis.one_system import FEWEST_DOCUMENTS, counts_of, units_of
from openner_utils.analysis.systems import compared, encoders_of, mean_over, models_of, shared, with_intervals
from openner_utils.config.params import Compare, Llm, Regime
from openner_utils.core.artifacts import ACCOUNT
from openner_utils.support.errors import OpenNERError

HOW = Compare(confidence=0.95)
TOKENIZERS = pd.DataFrame(
    {"system": ["a", "b"], "language": "eng", "unknown_tokens": [0.0, 0.9], "fertility": 1.5, "characters_lost": 0.0, "spelled_out": 0.2}
)  # fmt: skip


def rows(quality: float, seeds: int = 2, sentences: int = 150, documents: int = 1, **keys) -> pd.DataFrame:
    """Per-sentence counts of a system that finds a share of 2 mentions a sentence."""
    fixed = {
        "system": "s", "regime": "individual", "labels_from": "release", "format": "", "decoding": "", "policy": "",
        "control": False, "corpus": "c", "language": "eng", "split": "test",
    } | keys  # fmt: skip
    random = np.random.default_rng([int(1000 * quality), *"".join(map(str, keys.values())).encode()])
    frames = []
    for seed in range(1, seeds + 1):
        right = random.binomial(2, quality, sentences)
        frames.append(
            pd.DataFrame(
                {
                    **fixed,
                    "seed": seed,
                    "sentence": range(sentences),
                    "document": np.arange(sentences) * documents // sentences,
                    "convention": "conlleval",
                    "correct": right,
                    "predicted": 2,
                    "reference": 2,
                    "ungrounded": 0,
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def asked(quality: float, format: str, ungrounded: int = 0, **keys) -> pd.DataFrame:
    """Counts of a language model that was asked once."""
    policy = "offsets" if format == "inline" else "free"
    model = {
        "system": "lm",
        "regime": "",
        "labels_from": "",
        "format": format,
        "decoding": "free",
        "policy": policy,
    }
    return rows(quality, 1, **(model | keys)).assign(ungrounded=ungrounded)


# --- scores and differences ---------------------------------------------------------------------------------------------


def test_intervals_are_in_percent_with_the_numbers_they_rest_on():
    (row,) = with_intervals(rows(0.8), ["language"], HOW).to_dict("records")
    assert row["low"] < row["f1"] < row["high"]
    assert 70 < row["f1"] < 90
    assert (row["over"], row["seeds"], row["sentences"], row["mentions"]) == (
        "150 sentences, seeds",
        2,
        150,
        300,
    )


def test_with_one_seed_nothing_is_claimed_over_seeds():
    (row,) = with_intervals(rows(0.8, seeds=1), ["language"], HOW).to_dict("records")
    assert row["over"] == "150 sentences" and np.isnan(row["sd"])
    found = compared([({"k": 1}, rows(0.6, seeds=1), rows(0.8, seeds=1))], HOW)
    assert found["over"].item() == "150 sentences" and np.isnan(found["seed_se"].item())
    found = compared([({"k": 1}, rows(0.6, seeds=3), rows(0.8, seeds=1))], HOW)
    assert (found["over"].item(), found["seeds"].item()) == ("150 sentences", "3 and 1")
    assert np.isnan(found["seed_se"].item()), "the other side's seeds say nothing of a single one"


def test_documents_are_the_units_where_there_are_enough():
    few, many = rows(0.8, documents=FEWEST_DOCUMENTS - 1), rows(0.8, documents=FEWEST_DOCUMENTS)
    assert [units_of(frame)[1] for frame in (few, many)] == ["150 sentences", f"{FEWEST_DOCUMENTS} documents"]
    assert [units_of(frame)[0].max() + 1 for frame in (few, many)] == [150, FEWEST_DOCUMENTS]
    both = pd.concat([few, many.assign(corpus="d")])
    units, name = units_of(both)
    assert (name, units.max() + 1) == (
        f"{150 + FEWEST_DOCUMENTS} documents and sentences",
        150 + FEWEST_DOCUMENTS,
    )
    assert with_intervals(many, ["language"], HOW)["over"].item() == f"{FEWEST_DOCUMENTS} documents, seeds"


def test_units_stand_in_the_order_of_the_counts():
    frame = rows(0.8, documents=15).sample(frac=1, random_state=1)
    units, _ = units_of(frame)
    assert (np.diff(units) >= 0).all() and len(units) == counts_of(frame).shape[1]


@pytest.mark.parametrize(
    "broken",
    [
        rows(0.8).iloc[:-1],
        rows(0.8).drop(index=[5, 150]),  # as many of each, but others
        rows(0.8).drop(index=range(5, 150)),
        pd.concat([rows(0.8), rows(0.8)]),
    ],
    ids=["one missing", "different sentences", "half a run", "twice"],
)
def test_whole_runs_only(broken):
    with pytest.raises(OpenNERError, match="do not form whole runs"):
        counts_of(broken)


def test_a_missing_count_is_refused():
    frame = rows(0.8).astype({"correct": float})
    frame.loc[3, "correct"] = np.nan
    with pytest.raises(OpenNERError, match="incomplete"):
        counts_of(frame)


def test_seeds_scored_against_different_references_are_refused():
    frame = rows(0.8)
    frame.loc[3, "reference"] = 5
    with pytest.raises(OpenNERError, match="different references"):
        counts_of(frame)


def test_only_shared_sentences_are_compared():
    a, b = shared(rows(0.8, sentences=150), rows(0.8, sentences=40))
    assert a["sentence"].nunique() == b["sentence"].nunique() == 40
    found = compared([({"k": 1}, rows(0.8), rows(0.8, sentences=40))], HOW)
    assert (found["sentences"].item(), found["mentions"].item()) == (40, 80)


def test_systems_without_a_common_sentence_are_refused():
    with pytest.raises(OpenNERError, match="share no sentence"):
        compared([({"k": "x"}, rows(0.8), rows(0.8, corpus="d"))], HOW)


def test_no_pairs_give_an_empty_table():
    assert compared([], HOW).empty


def test_interval_and_decision_agree_in_every_row():
    pairs = [({"n": n}, rows(0.6, 5, salt=n), rows(0.6 + n / 100, 5, salt=-n)) for n in range(0, 20, 2)]
    found = compared(pairs, HOW)
    outside = (found["low"] > 0) | (found["high"] < 0)
    assert found["clear"].tolist() == outside.tolist()
    assert 0 < found["clear"].sum() < len(found)
    assert (found["clear"] == (found["p"] < 0.05)).all()
    assert (found["detectable_80"] > (found["high"] - found["low"]) / 2).all()


def test_controls_conventions_and_models_are_kept_apart():
    sentences = pd.concat(
        [
            rows(0.8),
            rows(0.8).assign(convention="discard"),
            asked(0.8, "json"),
            rows(0.8, labels_from="published"),
        ]
    )
    assert len(encoders_of(sentences)) == 300 and len(models_of(sentences)) == 150


# --- encoders -----------------------------------------------------------------------------------------------------------


def test_encoders_finds_the_better_one():
    sentences = pd.concat([rows(0.8, system="a"), rows(0.02, system="b")])
    found = encoders.tables(sentences, TOKENIZERS, HOW)
    (pair,) = found["pairs"].to_dict("records")
    assert (pair["a"], pair["b"]) == ("a", "b")
    assert pair["difference"] < -50 and pair["clear"]
    pairs = encoders.findings(found).pairs
    assert pairs is not None and (pairs.compared, pairs.clear, pairs.ahead) == (1, 1, {"a": 1})


@pytest.mark.parametrize(
    ("read", "below", "above", "unexplained"),
    [
        (TOKENIZERS, (1, 1, 0, 0), (1, 0, 0, 0), ()),
        (TOKENIZERS.assign(unknown_tokens=0.0), (1, 0, 0, 0), (1, 0, 0, 0), (("b", "eng", "individual"),)),
        (TOKENIZERS.assign(unknown_tokens=0.9), (1, 1, 0, 0), (1, 1, 0, 0), ()),
        (TOKENIZERS.assign(unknown_tokens=0.0, characters_lost=0.2), (1, 0, 1, 0), (1, 0, 1, 0), ()),
        (TOKENIZERS.assign(unknown_tokens=0.0, spelled_out=[0.1, 0.7]), (1, 0, 0, 1), (1, 0, 0, 0), ()),
        (TOKENIZERS.assign(spelled_out=0.7), (1, 1, 0, 0), (1, 0, 0, 1), ()),
    ],
    ids=[
        "the tokenizer sets it apart",
        "nothing does",
        "the others are read as badly",
        "characters are dropped",
        "words are spelled",
        "each row has one reason",
    ],
)
def test_near_zero_rows_are_explained_only_by_what_sets_them_apart(read, below, above, unexplained):
    sentences = pd.concat([rows(0.8, system="a"), rows(0.02, system="b")])
    found = encoders.findings(encoders.tables(sentences, read, HOW)).near_zero
    assert found == encoders.NearZero(2, encoders.Read(*below), encoders.Read(*above), unexplained)


def test_means_are_over_languages_that_all_rows_have():
    sentences = pd.concat(
        [
            rows(0.8, system="a"), rows(0.6, system="a", regime="joint"), rows(0.2, system="a", regime="joint", language="fin"),
            rows(0.7, system="b", regime="joint"), rows(0.3, system="b", regime="joint", language="fin"),
        ]
    )  # fmt: skip
    means = encoders.tables(sentences, TOKENIZERS, HOW)["means"]
    assert means.groupby("languages")["system"].count().to_dict() == {"eng": 3, "eng fin": 2}
    joint = means[(means["languages"] == "eng fin") & (means["system"] == "a")]
    assert joint["f1"].item() == pytest.approx(40, abs=5) and joint["low"].item() < joint["f1"].item()


def test_a_language_without_any_hit_widens_the_mean_by_its_own_doubt_alone():
    good = [rows(0.7, 3, language=code) for code in ("eng", "fin", "spa")]
    nothing = rows(0.0, 3, language="tha", sentences=30)
    without, wide = mean_over(good, HOW), mean_over([*good, nothing], HOW)
    doubt = with_intervals(nothing, ["language"], HOW)["high"].item() / 100
    assert wide.value == pytest.approx(0.75 * without.value)
    assert wide.value - wide.low == pytest.approx(0.75 * (without.value - without.low))
    assert wide.high - wide.value == pytest.approx(np.hypot(0.75 * (without.high - without.value), doubt / 4))
    assert mean_over([nothing], HOW).high == pytest.approx(doubt)


# --- regimes ------------------------------------------------------------------------------------------------------------

REGIMES = {
    "individual": Regime(together=False),
    "matched": Regime(together=False, steps_of="multilingual"),
    "multilingual": Regime(together=True),
}
RUNS = pd.DataFrame(
    [
        ("s", "individual", "c", "eng", 50),
        ("s", "matched", "c", "eng", 500),
        ("s", "multilingual", "all", "all", 500),
    ],
    columns=["system", "regime", "corpus", "language", "steps"],
)


def test_regimes_compares_joint_with_alone_and_says_the_steps():
    sentences = pd.concat(
        [rows(q, 5, regime=r) for r, q in (("individual", 0.5), ("multilingual", 0.7), ("matched", 0.7))]
    )
    found = regimes.tables(sentences, RUNS, REGIMES, HOW)
    gain = found["gain"].set_index("alone")
    assert gain.loc["individual", ["difference", "steps_joint", "steps_alone"]].tolist()[1:] == [500, 50]
    assert gain.loc["individual", "difference"] > 10 and gain.loc["individual", "clear"]
    assert gain.loc["matched", "steps_alone"] == 500 and not gain.loc["matched", "clear"]
    said = regimes.findings(found)
    assert {pair.alone: pair.steps for pair in said.pairs} == {
        "individual": ((500, 50),),
        "matched": ((500, 500),),
    }
    assert [gain.ahead for gain in said.gains] == [True, False] and not said.steps_always_differ
    # A regime that is compared twice is scored once.
    assert found["by_regime"]["seeds"].tolist() == [5, 5, 5]


def test_without_a_matched_arm_the_steps_always_differ():
    sentences = pd.concat([rows(0.5), rows(0.7, regime="multilingual")])
    assert regimes.findings(regimes.tables(sentences, RUNS, REGIMES, HOW)).steps_always_differ


def test_one_regime_alone_is_compared_with_nothing():
    assert regimes.findings(regimes.tables(rows(0.5), RUNS, REGIMES, HOW)) == regimes.Findings(())


def test_losses_for_corpora_with_different_types_are_compared_where_nothing_else_differs():
    kinds = {"naive": "union", "open": "marginal", "shut": "masked"}
    by_name = {
        name: Regime(together=True, release="standardized", ontology=kind) for name, kind in kinds.items()
    } | {
        "core": Regime(together=True),
        "other": Regime(together=True, release="standardized", ontology="masked", languages=["eng"]),
    }
    quality = {"naive": 0.4, "open": 0.8, "shut": 0.8, "core": 0.9, "other": 0.9}
    sentences = pd.concat(
        [rows(q, 3, regime=r, corpus=c) for r, q in quality.items() for c in ("c", "d")]
        + [rows(0.5, 3, regime="open", corpus="only here")]
    )
    found = ontologies.tables(sentences, by_name, HOW)
    said = ontologies.findings(found["ontologies"])
    assert {(pair.a, pair.b): [gain.what for gain in pair.gains] for pair in said} == {
        ("naive", "shut"): ["c/eng", "d/eng"],
        ("naive", "open"): ["c/eng", "d/eng"],
        ("shut", "open"): ["c/eng", "d/eng"],
    }
    ahead = {(pair.a, pair.b): [gain.ahead for gain in pair.gains] for pair in said}
    assert ahead == {
        ("naive", "shut"): [True, True],
        ("naive", "open"): [True, True],
        ("shut", "open"): [False, False],
    }
    assert set(found["by_ontology"]["regime"]) == set(kinds)
    nothing = ontologies.tables(sentences, {"core": by_name["core"]}, HOW)
    assert ontologies.findings(nothing["ontologies"]) == () and nothing["by_ontology"].empty


# --- language models ----------------------------------------------------------------------------------------------------

LOSSES = pd.DataFrame(
    [
        ("lm", "json", "free", "free", control, "c", "eng", reason, n)
        for control, counts in ((False, (3, 1)), (True, (50, 0)))
        for reason, n in zip(("grounded", "absent from text"), counts, strict=True)
    ],
    columns=list(ACCOUNT.empty()),
)


@pytest.mark.parametrize(("quality", "silent"), [(0.6, ()), (0.1, ("eng",))])
def test_prompts_draw_no_conclusion_unless_the_control_is_beaten(quality, silent):
    sentences = pd.concat(
        [
            asked(q, format, control=control)
            for format in ("inline", "json")
            for control, q in ((False, quality), (True, 0.1))
        ]
    )
    found = prompts.tables(sentences, LOSSES, "free", HOW)
    assert len(found["formats"]) == 2, "dropped, and counted as predicted"
    (formats,) = prompts.findings(found).formats
    assert formats.silent == silent and len(formats.dropped) == (not silent)
    assert formats.counted == (), "no mention was lost, so that both ways are one"


def test_the_control_is_never_counted_with_the_model():
    sentences = pd.concat([asked(q, "json", control=control) for control, q in ((False, 0.6), (True, 0.1))])
    found = prompts.tables(sentences, LOSSES, "free", HOW)
    (account,) = prompts.findings(found).accounts
    assert (account.named, account.grounded, account.again, account.lost) == (4, 3, 0, 1)
    assert found["scores"].groupby("control")["sentences"].sum().to_dict() == {False: 150, True: 150}


def test_ungrounded_mentions_stand_dropped_and_counted():
    sentences = pd.concat([asked(0.6, "inline"), asked(0.6, "json", ungrounded=2)])
    found = prompts.tables(sentences, LOSSES, "free", HOW)
    scores = found["scores"].set_index("format")
    right = sentences[sentences["format"] == "json"]["correct"].sum()
    assert scores.loc["json", "f1"] == pytest.approx(100 * 2 * right / 600)
    assert scores.loc["json", "f1_counted"] == pytest.approx(100 * 2 * right / 900)
    assert scores.loc["json", "ungrounded"] == 300
    assert scores.loc["inline", "f1"] == scores.loc["inline", "f1_counted"]
    formats = found["formats"].set_index("ungrounded")["difference"]
    assert formats["counted as predicted"] < formats["dropped"] - 10


def test_policies_stand_side_by_side_and_one_of_them_is_the_main_one():
    sentences = pd.concat(
        [asked(q, "json", policy=policy) for policy, q in (("cursor", 0.5), ("free", 0.6), ("all", 0.7))]
    )
    found = prompts.tables(sentences, LOSSES, "all", HOW)
    assert found["policies"]["policy"].tolist() == ["all", "cursor", "free"]
    assert found["scores"]["f1"].item() == found["policies"].set_index("policy").loc["all", "f1"]


def test_models_and_encoders_are_compared_on_the_sentences_that_all_have():
    sentences = pd.concat(
        [
            rows(0.9, 3, 150), rows(0.9, 3, 150, regime="multilingual"), rows(0.9, 3, 150, language="fin"),
            asked(0.3, "inline", sentences=40), asked(0.3, "json", sentences=50), asked(0.9, "json", control=True),
        ]
    )  # fmt: skip
    found = llms.tables(sentences, "free", HOW)
    assert found["equal"]["language"].unique().tolist() == ["eng"], "fin was asked of no model"
    assert set(found["equal"]["sentences"]) == set(found["pairs"]["sentences"]) == {40}
    assert len(found["equal"]) == 4 and len(found["pairs"]) == 4
    assert found["pairs"]["clear"].all() and (found["pairs"]["difference"] < 0).all()
    said = llms.findings(found)
    assert [(run.model, run.format, run.decoding) for run in said.runs] == [
        ("lm", "inline", "free"),
        ("lm", "json", "free"),
    ]
    (english,) = said.runs[0].languages
    assert (english.language, english.sentences) == ("eng", 40)
    assert [(each.what, each.behind) for each in english.encoders] == [
        ("s individual", True),
        ("s multilingual", True),
    ]
    assert len(said.comparisons) == said.power.rows == 4


def test_without_a_model_nothing_is_compared_with_encoders():
    assert llms.findings(llms.tables(rows(0.9), "free", HOW)).runs == ()


# --- scoring rules ------------------------------------------------------------------------------------------------------


def ruled(sentences: pd.DataFrame, rule: str, **counts: float) -> pd.DataFrame:
    """Rows of another rule for these sentences."""
    return sentences[scorers.RUN].assign(
        rule=rule, **dict.fromkeys(("correct", "predicted", "reference"), 2.0) | counts
    )


def test_a_rule_that_turns_an_order_is_counted():
    strong, weak = rows(0.8, system="strong"), rows(0.4, system="weak")
    # Under `texts` the weak one has everything, and half of that under `partial`; all else is as under the main rule.
    other = pd.concat([ruled(weak, "texts"), ruled(weak, "partial", correct=1.0)])
    found = scorers.tables(pd.concat([strong, weak]), other, HOW)
    changes = found["changes"].set_index("rule")
    assert changes["turned"].to_dict() == {
        "discard": 0, "untyped": 0, "overlap": 0, "partial": 0, "texts": 1, "listed texts": 0,
    }  # fmt: skip
    assert changes.loc["texts", ["decided", "reversed", "pairs", "scores"]].tolist() == [0, 1, 1, 2]
    scored = found["by_rule"].set_index(["system", "rule"])
    assert scored.loc[("weak", "texts"), "f1"] == 100 and scored.loc[("weak", "partial"), "f1"] == 50
    assert scored.loc[("weak", "texts"), "rank"] == 1 and scored.loc[("weak", "partial"), "rank"] == 2
    assert (
        changes.loc["texts", "least"]
        == 0
        < changes.loc["texts", "most"]
        == pytest.approx(100 - scored.loc[("weak", "conlleval"), "f1"])
    )
    said = scorers.findings(found)
    assert (said.systems, said.languages, said.effects[4].rule, said.effects[4].reversed) == (
        2,
        1,
        "texts",
        1,
    )


def test_half_a_mention_counts_as_half():
    one = rows(1.0, seeds=1, sentences=10)
    half = ruled(one[one["sentence"] < 5], "partial", correct=1.5)
    scored = scorers.tables(one, half, HOW)["by_rule"].set_index("rule")
    assert scored.loc["partial", "f1"] == 87.5 and scored.loc["conlleval", "f1"] == 100
    assert scored.loc["partial", "sentences"] == 10
    # Counting halves does not make a rule surer of the rest.
    same = scorers.tables(one, half.head(0), HOW)["by_rule"].set_index("rule")
    assert (
        same.loc["partial", ["low", "high"]].tolist()
        == with_intervals(one, ["system"], HOW)[["low", "high"]].iloc[0].tolist()
    )


def test_counts_of_runs_that_are_not_compared_are_left_out():
    one = rows(0.5, seeds=1)
    elsewhere = ruled(one, "texts").assign(regime="masked")
    scored = scorers.tables(one, elsewhere, HOW)["by_rule"].set_index("rule")
    assert scored.loc["texts", "f1"] == scored.loc["conlleval", "f1"]


def test_one_system_is_scored_and_compared_with_nothing():
    said = scorers.findings(scorers.tables(rows(0.5), ruled(rows(0.5), "texts"), HOW))
    assert {(effect.pairs, effect.turned) for effect in said.effects} == {(0, 0)}
    nothing = scorers.tables(rows(0.5).head(0), ruled(rows(0.5), "texts"), HOW)
    assert scorers.findings(nothing) == scorers.Findings((), 0, 0)


def test_what_asking_took_is_by_way_of_asking_and_never_pooled_with_controls():
    keys = {"system": "lm", "format": "json", "corpus": "c", "language": "eng", "split": "test", "engine": ""}
    replies = [
        {**keys, "decoding": decoding, "control": control, "sentence": n, "prompt_tokens": 10.0,
         "completion_tokens": tokens + n, "seconds": seconds}
        for decoding, control, tokens, seconds in (
            ("free", False, 4.0, 0.5), ("constrained", False, 2.0, None), ("free", True, 99.0, 9.0),
        )
        for n in range(3)
    ]  # fmt: skip
    paid = [
        {
            "system": "lm",
            "format": "json",
            "decoding": "free",
            "control": control,
            "order": order,
            "cost": cost,
        }
        for control, order, cost in ((False, 0, 0.25), (False, 1, 0.5), (True, 0, 7.0))
    ]
    model = Llm(
        backend="local", checkpoint="a/b", shots=4, max_new_tokens=9, decoding=("free", "constrained")
    )
    found = llms.cost(pd.DataFrame(replies), pd.DataFrame(paid), {"lm": model}).set_index("decoding")
    free, held = found.loc["free"], found.loc["constrained"]
    assert (free["shots"], free["replies"], free["completion_tokens"]) == (4, 3, 5)
    assert (free["seconds"], free["cost"]) == (0.5, 0.75)
    assert held["completion_tokens"] == 3 and pd.isna(held["seconds"]) and pd.isna(held["cost"])
