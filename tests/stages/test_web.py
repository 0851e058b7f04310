"""The stage `web` at its smallest: two corpora, two taggers that hardly learn, and no language model."""

import pandas as pd
import pytest
import yaml

from openner_utils.stages import main, standardize, web
from openner_utils.support import paths
from openner_utils.support.errors import OpenNERError
from openner_utils.web import mentions
from tests import places


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A place in which the stage has run, its result, and its parameters."""
    choice = yaml.safe_load(paths.PARAMS.read_text(encoding="utf-8"))["web"]
    choice |= {"languages": ["eng", "swa"], "documents": 40, "train_sentences": 80, "llm": None, "least": 0.0}
    choice["tagger"] |= {"epochs": 12}
    values = {
        "data": {"corpora": ["gazette", "habari", "uutiset"]},
        "standardize": {},
        "llms": {},
        "web": choice,
        "run": {"workers": 1},
    }
    place = places.samples(tmp_path_factory.mktemp("web"), yaml.safe_dump(values))
    places.cleaned(place, *values["data"]["corpora"])
    main(standardize, place)
    return place, main(web, place)


def test_every_record_and_passage_is_accounted_for(made):
    place, result = made
    account = result.account.set_index(["step", "outcome"])["number"]
    assert account["records", "passage"] == account["passages"].sum()
    outcomes = pd.read_parquet(place.resume / "web/filtered/outcomes.parquet")
    assert account["passages"].to_dict() == outcomes["outcome"].value_counts().to_dict()
    read = outcomes[(outcomes["outcome"] == "kept") & (outcomes["language"] != "fin")]
    scored = result.ends[result.ends["step"] == "by score and quota"]
    assert scored["number"].sum() == len(read)


def test_all_trouble_ends_as_it_should(made):
    planted = made[1].planted
    assert len(planted) == 9 and (planted["planted"] == planted["ended_so"]).all(), planted


def test_each_mention_of_both_annotators_ends_in_one_way(made):
    ends = made[1].ends
    named = ends[ends["step"].isin([f"mentions: {name}" for name in (web.FIRST, web.OTHER)])]
    assert named["number"].sum() == ends.loc[ends["step"] == "mentions: merging", "number"].sum() > 0


def test_steps_are_measured_in_percent_within_their_intervals(made):
    stages = made[1].stages
    assert set(stages["language"]) == {"ALL", "eng", "swa"} and stages["f1"].max() > 1
    for name in ("precision", "recall", "f1"):
        assert (stages[f"{name}_low"] <= stages[name] + 1e-9).all()
        assert (stages[name] <= stages[f"{name}_high"] + 1e-9).all()
    assert (stages["right"] <= stages["named"]).all() and (stages["right"] <= stages["gold"]).all()


def test_what_is_merged_is_handed_on_with_its_passages(made):
    place, result = made
    merged = list(mentions.read(place.artifacts / "web/merged.parquet"))
    kept = result.ends.set_index(["step", "outcome"]).loc[("by score and quota", "kept"), "number"]
    assert len(merged) == kept and {each.passage.language for each in merged} == {"eng", "swa"}


def test_a_second_run_trains_nothing_and_gives_the_same(made, monkeypatch):
    place, result = made
    monkeypatch.setattr(web.taggers, "fill", lambda *_: pytest.fail("trained again"))
    again = main(web, place)
    for name in ("account", "ends", "ratings", "regression", "stages", "promises", "prices"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(result, name))


def test_too_few_passages_leave_ratings_unlearnt_and_say_so(made):
    place, _ = made
    values = yaml.safe_load(place.params.read_text(encoding="utf-8"))
    values["web"]["documents"] = 12
    place.params.write_text(yaml.safe_dump(values), encoding="utf-8")
    result = main(web, place)
    assert "Rate 50 or more" in result.unfit and result.regression.empty
    assert set(result.ends.loc[result.ends["step"] == "by score and quota", "outcome"]) <= {
        "kept",
        "beyond the quota",
    }


def test_languages_without_sentences_are_named(made):
    place, _ = made
    values = yaml.safe_load(place.params.read_text(encoding="utf-8"))
    values["web"]["languages"] = ["deu"]
    place.params.write_text(yaml.safe_dump(values), encoding="utf-8")
    with pytest.raises(OpenNERError, match=r"web\.languages: deu have no training sentence"):
        main(web, place)
