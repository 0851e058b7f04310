"""A page for each language, each system and the replies of each language model: what they say, escaped, and from which rows."""

import csv
import os
import platform
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from markupsafe import Markup

from openner_utils.catalog import load_cards
from openner_utils.core.artifacts import (
    ANSWER,
    ANSWERED,
    BREAKDOWNS,
    CONFUSIONS,
    CORE_RELEASE,
    ERRORS,
    PROMPTED,
    SCORES,
    Folder,
    Inputs,
)
from openner_utils.core.columns import from_rows
from openner_utils.core.releases import prediction_table, release_table, write_table
from openner_utils.pages import origin
from openner_utils.pages.each import choices, found, replies
from openner_utils.pages.each import language as of_language
from openner_utils.pages.each import system as of_system
from openner_utils.pages.each.write import languages, systems, write
from openner_utils.pages.report import Page
from openner_utils.pages.takeaway import Table
from openner_utils.support.paths import Place
from tests.broken import broken, taken_away
from tests.live import live_parts
from tests.pages.test_report import Elements

EVIL = "<script>alert(1)</script>"
RUN = {
    "system": "e5", "regime": "alone", "labels_from": "release", "format": "", "decoding": "", "policy": "", "control": False,
    "seed": 1, "corpus": "uutiset", "language": "fin", "split": "test",
}  # fmt: skip
ASKED = RUN | {
    "system": "tiny",
    "regime": "",
    "labels_from": "",
    "format": "json",
    "decoding": "free",
    "policy": "free",
}
UNIT = {"llm": "tiny", "format": "json"}
SCORE = {"type": "ALL", "convention": "conlleval", "correct": 1, "predicted": 2, "reference": 4}
RATES = {"precision": 0.5, "recall": 0.25}
INTERVAL = {"low": 30.0, "high": 60.0, "over": "2 sentences", "seeds": 1, "sentences": 2, "mentions": 4}


def markup(shown: Markup | Table) -> str:
    return str(shown.data if isinstance(shown, Table) else shown)


def frames() -> dict[str, pd.DataFrame]:
    runs = [
        RUN | {"f1": 0.5},
        RUN | {"regime": "joint", "f1": 0.6},
        ASKED | {"f1": 0.4},
        ASKED | {"control": True, "f1": 0.1},
    ]
    scores = [run | SCORE | RATES for run in runs]
    scores += [run | SCORE | RATES | {"type": "PER"} for run in runs]
    errors = {
        "sentence": 1, "kind": "missed", "reference_type": "PER", "predicted_type": "", "reference": EVIL, "predicted": "",
        "before": "by", "behind": "",
    }  # fmt: skip
    pairs = {"low": -30.0, "high": -2.0, "p": 0.01, "clear": True, "sentences": 2}
    return {
        "by_language": pd.DataFrame(
            [
                {"regime": regime, "language": "fin", "system": "e5", "f1": f1, **INTERVAL, "fertility": 2.0}
                for regime, f1 in (("alone", 50.0), ("joint", 60.0))
            ]
        ),
        "equal": pd.DataFrame(
            [{"language": "fin", "system": "tiny", "regime": "", "format": "json", "decoding": "free", "f1": 40.0, **INTERVAL}]
        ),
        "pairs": pd.DataFrame(
            [
                {"language": "fin", "a": "e5, alone", "b": "tiny, json, free", "difference": -16.0, **pairs},
                {"language": "fin", "a": "e5, alone", "b": "e5, joint", "difference": 10.0, **pairs},
            ]
        ),
        "transfer": pd.DataFrame(
            [
                {
                    "system": "e5", "regime": "alone", "trained": trained, "corpus": "uutiset", "language": "fin",
                    "relation": "same script", "cell": cell, "f1": 22.0, **INTERVAL,
                }
                for trained, cell in (("habari/swa", "shared types"), ("habari/swa", "all types"))
            ]
        ),
        "scores": pd.DataFrame(scores),
        "breakdowns": pd.DataFrame([RUN | {"by": "tokens", "group": "1", "correct": 1, "predicted": 2, "reference": 4}]),
        "confusions": pd.DataFrame(
            [run | {"kind": "missed", "reference_type": "PER", "predicted_type": "", "mentions": 3} for run in runs]
        ),
        "errors": pd.DataFrame([run | errors for run in runs]),
    }  # fmt: skip


@pytest.fixture
def inputs(tmp_path: Path) -> Inputs:
    """Artifacts of one test set in Finnish, which an encoder and a language model were scored on."""
    store, tables = Folder(tmp_path / "artifacts"), frames()
    for name, (question, table) in found._ANSWERS.items():
        path = ANSWER.path(store.root, question=question, table=table)
        write_table(path, pa.Table.from_pandas(tables[name], preserve_index=False))
    for artifact, name in (
        (SCORES, "scores"),
        (BREAKDOWNS, "breakdowns"),
        (CONFUSIONS, "confusions"),
        (ERRORS, "errors"),
    ):
        write_table(artifact.path(store.root), pa.Table.from_pandas(tables[name], preserve_index=False))
    gold = from_rows([(["Ada", "left", EVIL], ["B-PER", "O", "O"]), (["Bo", "ran"], ["B-PER", "O"])])
    write_table(
        CORE_RELEASE.path(store.root, corpus="uutiset"), release_table("uutiset", "fin", "test", gold, gold)
    )
    keys = {
        name: ASKED[name]
        for name in ("system", "regime", "labels_from", "format", "decoding", "policy", "control", "seed")
    }
    labels = pa.array([["O", "O", "O"], ["B-PER", "O"]])
    predicted = prediction_table(keys, ("uutiset", "fin", "test"), (0, 1), labels, [1, 0])
    write_table(PROMPTED.path(store.root, **UNIT), predicted)
    answered = [
        {
            **{name: ASKED[name] for name in ("system", "format", "decoding", "control", "corpus", "language", "split")},
            "sentence": number, "reply": reply, "lost": lost, "faults": "",
        }
        for number, reply, lost in ((0, f'[{{"text": "{EVIL}!"}}]', f"{EVIL}! [PER]: absent from text"), (1, '[{"text": "Bo"}]', ""))
    ]  # fmt: skip
    write_table(ANSWERED.path(store.root, **UNIT), pa.Table.from_pylist(answered, ANSWERED.schema))
    return Inputs(store, (*found.READS, *replies.READS))


def test_a_language_has_its_systems_best_first_and_only_its_shared_types(inputs: Inputs) -> None:
    scored = found.Scored.read(inputs, "free")
    assert (scored.languages, scored.systems) == (["fin"], ["e5", "tiny"])
    assert of_language.lead("fin", scored).startswith(
        "The highest F1 of an encoder is 60.0 (30.0 to 60.0; e5, joint; n = 2 sentences)."
    )
    assert "Of 2 pairs of systems 2 are told apart" in of_language.lead("fin", scored)
    sections = {
        each.heading: "".join(map(markup, each.shown)) for each in of_language.sections("fin", scored)
    }
    whole = sections["Encoders on whole test sets"]
    assert whole.index("e5, joint") < whole.index("e5, alone")
    assert sections["What helps"].count("habari/swa") == 1
    assert EVIL not in sections["Errors to read"] and "&lt;script&gt;" in sections["Errors to read"]


def test_a_system_is_set_against_others_with_its_own_side_first(inputs: Inputs) -> None:
    scored = found.Scored.read(inputs, "free")
    rows = of_system._against("tiny", scored).to_dict("records")
    assert [(row["run"], row["other"], row["difference"]) for row in rows] == [
        ("tiny, json, free", "e5, alone", -16.0)
    ]
    rows = of_system._against("e5", scored).to_dict("records")
    assert [(row["other"], row["difference"], row["low"], row["high"]) for row in rows] == [
        ("tiny, json, free", 16.0, 2.0, 30.0)
    ], "a pair of one system's own runs is none with another"
    assert "ahead beyond chance in 1 of 1 comparison" in of_system.lead("e5", scored)
    assert "tiny, json, free 40.0 (n = 1 test set)" in of_system.lead("tiny", scored), (
        "its control is no run of it"
    )


def test_all_pages_are_written_linked_and_escaped(inputs: Inputs, tmp_path: Path) -> None:
    place = Place(tmp_path)
    nav = [Page(place.pages / "index.html", "Overview"), languages(place), systems(place)]
    cards = load_cards(["uutiset", "habari", "japanese_gsd"])
    write(found.Scored.read(inputs, "free"), cards, ["uutiset"], [UNIT], inputs, "free", place, nav, "Small.")
    for page in ("index", "corpus-uutiset", "prompt-tiny-json"):  # which others write
        (place.pages / f"{page}.html").write_text("<p>x</p>")
    assert broken(place.pages) == []
    assert {f"data/replies-tiny-json/table-1.{form}" for form in ("csv", "tex")} <= set(
        taken_away(place.pages)
    )
    for page in ("index", "corpus-uutiset", "prompt-tiny-json"):
        (place.pages / f"{page}.html").unlink()
    pages = {path.name: path.read_text(encoding="utf-8") for path in place.pages.glob("*.html")}
    assert sorted(pages) == [
        "catalog.html", "choices.html", "glossary.html", "language-fin.html", "language-jpn.html", "language-swa.html", "languages.html", "replies-tiny-json.html",
        "system-e5.html", "system-tiny.html", "systems.html",
    ]  # fmt: skip
    assert all(live_parts(html) == [] for html in pages.values())
    for listing, page in (
        ("languages", "language-fin"),
        ("systems", "system-tiny"),
        ("system-tiny", "replies-tiny-json"),
    ):
        assert {"href": f"{page}.html"} in Elements(pages[f"{listing}.html"]).of("a")
    told = Elements(pages["replies-tiny-json.html"]).text
    assert "2 replies, 1 of which do not say what the reference says." in told
    assert f"{EVIL}! [PER]: absent from text" in told and '[{"text": "Bo"}]' in told
    assert "60.0 (30–60)" in Elements(pages["languages.html"]).text
    data = (place.pages / "data" / "replies-tiny-json" / "table-1.csv").read_text(encoding="utf-8")
    assert f"{EVIL}! [PER]: absent from text" in data and "Ada [PER]" in data


def test_a_language_that_was_not_scored_says_so_and_what_the_catalog_has(
    inputs: Inputs, tmp_path: Path
) -> None:
    place, cards = Place(tmp_path), load_cards(["uutiset", "japanese_gsd", "ancora_spa"])
    nav = [languages(place)]
    write(found.Scored.read(inputs, "free"), cards, ["uutiset"], [UNIT], inputs, "free", place, nav)
    card = cards["japanese_gsd"]
    sentences = sum(file.expect.sentences for file in card.annotated if file.expect)
    text = Elements((place.pages / "language-jpn.html").read_text(encoding="utf-8")).text
    assert "No system was scored in this language in this run." in text
    assert f"The catalog has 1 corpus in it, with {sentences:,} sentences." in text
    for said in (card.name, card.licence.spdx, "Japonic, Jpan"):
        assert said in text
    spanish = Elements((place.pages / "language-spa.html").read_text(encoding="utf-8")).text
    assert "whose sentences nobody counted" in spanish and "0 of 3 files" in spanish
    assert "No system was scored" not in (place.pages / "language-fin.html").read_text(encoding="utf-8")
    listed = pd.read_csv(place.pages / "data" / "catalog" / "table-1.csv", keep_default_na=False)
    assert listed["id"].tolist() == list(cards) and listed["in this run"].tolist() == [True, False, False]
    assert listed["licence"].tolist() == [each.licence.spdx for each in cards.values()]


def test_the_choices_of_a_run_stand_on_a_page_recipes_side_by_side(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text(
        "encoders:\n  a: {epochs: 2, head: crf}\n  b: {epochs: 3}\ntrain:\n  seeds: [1, 2]\n  regimes: {x: {tested: all}}\nrun: {workers: 9}\n"
    )
    found = {each.heading: each.shown[0] for each in choices.sections(Place(tmp_path))}
    assert list(found) == ["this report", "encoders", "train"], "no result hangs on the block run"
    said = [each.text for each in choices.sections(Place(tmp_path))]
    assert said == [
        "",
        "One encoder and its recipe.",
        "Seeds and regimes; the encoders have their own block.",
    ]
    told = {
        name: table.bundle["csv"].splitlines() for name, table in found.items() if isinstance(table, Table)
    }
    assert told["encoders"] == ["encoders,epochs,head", "a,2,crf", "b,3,"]
    assert told["train"] == ["choice,value", 'seeds,"1, 2"', "regimes.x.tested,all"]
    where = dict(csv.reader(told["this report"]))
    assert where["commit"] == origin.UNKNOWN and where["command"] == "dvc repro"
    assert where["machine"].startswith(f"{origin.processor()}, {os.cpu_count()} cores, ")
    assert where["packages"].startswith(f"Python {platform.python_version()}, torch 2.")
    assert [each.heading for each in choices.sections(Place(tmp_path / "none"))] == ["this report"]


def test_a_language_says_whether_its_best_encoder_is_ahead_beyond_chance() -> None:
    own = pd.DataFrame({"system": ["e5", "minilm", "letters"], "regime": "joint", "f1": [70.0, 60.0, 10.0]})
    pairs = pd.DataFrame(
        [
            {
                "a": "e5, joint",
                "b": "minilm, joint",
                "difference": -10.0,
                "low": -25.0,
                "high": 5.0,
                "clear": False,
            },
            {
                "a": "letters, joint",
                "b": "e5, joint",
                "difference": 60.0,
                "low": 50.0,
                "high": 70.0,
                "clear": True,
            },
            {
                "a": "letters, joint",
                "b": "minilm, joint",
                "difference": 50.0,
                "low": 40.0,
                "high": 60.0,
                "clear": True,
            },
        ]
    )
    assert of_language._ahead(own, pairs) == (
        "It is ahead of 1 of 2 other runs of encoders beyond chance; of the next, minilm, joint, by 10.0 points (-5.0 to 25.0), not beyond "
        "chance."
    )
    pairs["clear"] = True
    assert of_language._ahead(own, pairs).endswith("by 10.0 points (-5.0 to 25.0), beyond chance.")
    assert of_language._ahead(own, pairs.head(0)) == "" == of_language._ahead(own.head(1), pairs)
