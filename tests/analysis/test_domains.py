"""A domain corpus joins: what merging was planted to hurt is named, and nothing else; equal systems differ nowhere."""

import numpy as np
import pandas as pd
import pytest

from openner_utils.analysis.domains import EVERY, OWN, Entry, arms, comparisons_of, findings
from openner_utils.analysis.one_system import COUNTS
from openner_utils.config.params import Compare, Regime
from openner_utils.pages.wording.domains import NOBODY, sentences

HOW = Compare(confidence=0.95)
TYPES = {"tweets": frozenset({"PER"}), "wiki": frozenset({"PER", "LOC"})}
DOMAINS = {"tweets": "social media", "wiki": "encyclopedia"}
PAIRS = [("alone", "union"), ("alone", "masked")]
REGIMES = {
    "alone": Regime(together=False, release="standardized"),
    "union": Regime(together=True, release="standardized"),
    "masked": Regime(together=True, release="standardized", ontology="masked"),
}
SENTENCES = 200


def entry(
    regime: str, corpus: str, view: str, spurious: float = 0.0, missed: float = 0.0, language: str = "eng"
) -> Entry:
    """A model that finds a person in 8 of 10 sentences and, in the wiki, a place; less a share ``missed`` of places.

    ``spurious``: the share of sentences in which it names a place that is none, as places are not annotated there.
    """
    frames, typed = [], []
    for seed in (1, 2, 3):
        # The same for every regime and seed of a corpus: only what was planted makes a difference, and differs by seed.
        random = np.random.default_rng([*corpus.encode()])
        persons = random.binomial(1, 0.8, SENTENCES)
        places = random.binomial(1, 0.8 * (1 - missed), SENTENCES) if "LOC" in TYPES[corpus] else None
        wrong = np.random.default_rng(seed).binomial(1, spurious, SENTENCES)
        rows = {
            "PER": (persons, persons, np.ones(SENTENCES, int)),
            "LOC": (np.zeros(SENTENCES, int), wrong, np.zeros(SENTENCES, int)),
        }
        if places is not None:
            rows["LOC"] = (places, places + wrong, np.ones(SENTENCES, int))
        sums = dict(zip(COUNTS, (sum(parts) for parts in zip(*rows.values(), strict=True)), strict=True))
        frames.append(
            pd.DataFrame(
                {
                    "corpus": corpus,
                    "language": language,
                    "sentence": range(SENTENCES),
                    "document": 0,
                    "seed": seed,
                    **sums,
                }
            )
        )
        typed += [
            (seed, type, *map(int, map(sum, parts))) for type, parts in rows.items() if any(map(any, parts))
        ]
    return Entry(
        "e5",
        regime,
        corpus,
        language,
        view,
        pd.concat(frames, ignore_index=True),
        pd.DataFrame(typed, columns=["seed", "type", *COUNTS]),
    )


def planted(spurious: float = 0.4, missed: float = 0.0) -> list[Entry]:
    """Merging makes the model name places in tweets, where none are annotated; masking leaves everything as it was."""
    entries = [
        entry(regime, corpus, view)
        for regime in ("alone", "masked")
        for corpus in TYPES
        for view in (OWN, EVERY)
    ]
    return [
        *entries,
        entry("union", "tweets", OWN), entry("union", "tweets", EVERY, spurious=spurious),
        *(entry("union", "wiki", view, missed=missed) for view in (OWN, EVERY)),
    ]  # fmt: skip


def tables(entries: list[Entry]) -> dict[str, pd.DataFrame]:
    return comparisons_of(entries, PAIRS, TYPES, DOMAINS, HOW)


def clear(found: dict[str, pd.DataFrame]) -> set[tuple[str, str, str]]:
    rows = found["domains"]
    assert len(rows) == 2 * 2 * 2, "two corpora, two views, two kinds of joint training"
    return set(rows[rows["clear"]][["corpus", "view", "joint"]].itertuples(index=False, name=None))


def test_merging_hurts_exactly_the_corpus_that_does_not_annotate_a_type():
    found = tables(planted())
    assert clear(found) == {("tweets", EVERY, "union")}
    rest = found["domains"][~found["domains"]["clear"]]
    assert (rest["difference"] == 0).all()
    union, masked = findings(found, REGIMES)
    assert [each.what for each in union.every if each.behind] == ["tweets/eng"]
    assert (union.joint, union.lost, masked.foreign) == ("union", None, 0)
    assert union.foreign == pytest.approx(100 * 0.4 / 2, abs=3), (
        "40 places in a hundred tweets, none in as many sentences of the wiki"
    )
    said = sentences((union, masked))
    assert "ahead of a model of each corpus beyond chance in 0 of 8 comparisons and behind in 1" in said[0]
    assert (
        "beyond chance, gains: none, losses: tweets/eng." in said[2] and "no corpus gains or loses" in said[1]
    )


def test_a_type_that_merging_unlearns_is_named():
    found = tables(planted(spurious=0.0, missed=0.5))
    assert clear(found) == {("wiki", view, "union") for view in (OWN, EVERY)}
    union, _ = findings(found, REGIMES)
    assert union.lost is not None and (union.lost.corpus, union.lost.type) == ("wiki/eng", "LOC")
    assert (union.lost.others, union.lost.of) == (0, 1) and union.lost.points < -20
    said = sentences((union,))[3]
    assert "LOC of wiki/eng (-" in said and "of 1 other corpus, none annotates it, too" in said


def test_equal_systems_show_no_difference():
    found = tables(planted(spurious=0.0))
    assert (found["domains"]["difference"] == 0).all() and not clear(found)
    assert all(joined.lost is None and joined.foreign == 0 for joined in findings(found, REGIMES))


def test_types_stand_with_who_else_annotates_them():
    typed = tables(planted())["domain_types"].set_index(["corpus", "type", "regime"])
    assert typed.loc[("tweets", "LOC", "union"), ["annotated", "others", "of", "mentions"]].tolist() == [
        False,
        1,
        1,
        0,
    ]
    assert typed.loc[("wiki", "LOC", "union"), ["annotated", "others", "of", "mentions"]].tolist() == [
        True,
        0,
        1,
        SENTENCES,
    ]
    assert typed.loc[("tweets", "LOC", "union"), "predicted"] == pytest.approx(0.4 * SENTENCES, abs=15)
    assert typed.loc[("wiki", "PER", "alone"), "f1"] == pytest.approx(100 * 2 * 0.8 / 1.8, abs=2)
    assert pd.isna(typed.loc[("tweets", "LOC", "union"), "f1"])


def test_every_score_says_over_what_it_is():
    scores = tables(planted())["by_domain"]
    assert len(scores) == 2 * 2 * 3 and set(scores["domain"]) == set(DOMAINS.values())
    assert scores["regime"].tolist() == ["alone", "union", "masked"] * 4, "alone first, then plainer losses"
    assert (scores["seeds"] == 3).all() and (scores["sentences"] == SENTENCES).all()
    assert scores["f1"].between(scores["low"], scores["high"]).all()


def test_a_corpus_with_nothing_to_join_is_left_out():
    lone = [
        entry(regime, "wiki", view, language="fin") for regime in ("alone", "union") for view in (OWN, EVERY)
    ]
    found = tables([*planted(), *lone])
    assert set(found["domains"]["language"]) == {"eng"}
    alone = tables(lone)
    assert [len(table) for table in alone.values()] == [0, 0, 0]
    assert sentences(findings(alone, REGIMES)) == [NOBODY] == sentences(findings(tables([]), REGIMES))
    assert list(alone["by_domain"]) == list(found["by_domain"])


def test_only_regimes_that_train_the_same_are_set_side_by_side():
    standardized = {"release": "standardized"}
    regimes = {
        "masked": Regime(together=True, ontology="masked", **standardized),
        "union": Regime(together=True, **standardized),
        "english": Regime(together=True, languages=("eng",), **standardized),
        "core": Regime(together=True),
        "separate": Regime(together=False, **standardized),
        "matched": Regime(together=False, steps_of="union", **standardized),
    }
    assert arms(regimes) == [("matched", "union"), ("matched", "masked")], (
        "for as many steps, where there is that"
    )
    del regimes["matched"]
    assert arms(regimes) == [("separate", "union"), ("separate", "masked")]
    assert arms({"individual": Regime(together=False), "core": Regime(together=True)}) == []


def test_steps_of_both_sides_are_told():
    found = tables(planted())
    matched = REGIMES | {"alone": Regime(together=False, release="standardized", steps_of="union")}
    assert "for fewer steps" in sentences(findings(found, REGIMES))[1]
    assert "for as many steps" in sentences(findings(found, matched))[1]
