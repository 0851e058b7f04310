"""A small tagger learns types by their names, finds types that it never saw, and is saved and read whole."""

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from openner_utils.api import opentypes
from openner_utils.catalog.taxonomy import universal
from openner_utils.core.columns import Columns, from_rows
from openner_utils.exports.folder import LIST
from openner_utils.opentypes import learning, saved
from openner_utils.opentypes.learning import Learnt, OpenTagger
from openner_utils.opentypes.material import Material
from openner_utils.opentypes.model import made as made_model
from openner_utils.opentypes.prediction import predict
from openner_utils.opentypes.recipe import Recipe
from openner_utils.opentypes.words import TypeWords, of_taxonomy
from openner_utils.scoring.mentions import ALL, score
from openner_utils.support.errors import OpenNERError
from tests.unify import made

RECIPE = Recipe(epochs=4, batch_size=8, max_length=32, overlap=8, widest=4, size=64, learning_rate=3e-4)
WORDS = {"PER": TypeWords(name="person"), "LOC": TypeWords(name="location")}
PEOPLE = ("Ada Lovelace", "Alan Turing", "Marie Curie", "Grace Hopper", "Noam", "Peter Smith", "Mary Jones")
PLACES = ("London", "Paris", "Oslo", "New York", "Berlin", "Rome")
FORMS = (
    "[%s|PER] lived in [%s|LOC] .",
    "yesterday [%s|PER] came from [%s|LOC] .",
    "[%s|PER] likes [%s|LOC] a lot .",
)


def sentences(count: int, seed: int) -> Columns:
    draw = random.Random(seed)
    return from_rows(
        [made.row(draw.choice(FORMS) % (draw.choice(PEOPLE), draw.choice(PLACES))) for _ in range(count)]
    )


def without(columns: Columns, type: str) -> Columns:
    """Return sentences in which mentions of a type are not marked."""
    return columns.rename(["O" if name.endswith(type) else name for name in columns.names])


@pytest.fixture(scope="module")
def trained() -> tuple[OpenTagger, Learnt]:
    torch.set_num_threads(1)
    return learning.train(RECIPE, [Material("letters", sentences(64, 1), WORDS)], 1)


def test_types_are_learnt_by_name_and_others_are_found_by_theirs(trained: tuple[OpenTagger, Learnt]) -> None:
    tagger, learnt = trained
    assert learnt.losses[-1] < learnt.losses[0] / 2
    assert (learnt.steps, learnt.mentions, learnt.lost) == (32, 128, 0)
    test = sentences(30, 2)
    assert score(test, predict(tagger, test, WORDS).columns)[ALL].f1 > 0.9
    # Names that were never seen, near to those that were.
    renamed = {"PER": TypeWords(name="scientist"), "LOC": TypeWords(name="city")}
    assert score(test, predict(tagger, test, renamed).columns)[ALL].f1 > 0.7
    alone = predict(tagger, test, {"LOC": WORDS["LOC"]})
    assert set(alone.columns.label_strings().to_pylist()) == {"O", "B-LOC", "I-LOC"}


def test_probabilities_are_those_of_mentions_and_none_is_found_above_certainty(
    trained: tuple[OpenTagger, Learnt],
) -> None:
    tagger, _ = trained
    test = sentences(10, 3)
    found = predict(tagger, test, WORDS)
    inside = found.columns.labels > 0
    assert inside.any()
    assert (found.sure[inside] >= 0.5).all()
    assert ((found.sure >= 0) & (found.sure <= 1)).all()
    assert not (predict(tagger, test, WORDS, least=1.0).columns.labels > 0).any()


def test_one_seed_gives_one_model_and_another_another() -> None:
    once = replace_epochs(1)
    material = [Material("letters", sentences(8, 1), WORDS)]
    one, again, other = (learning.train(once, material, seed)[0].model.state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(one[name], again[name]) for name in one)
    assert any(not torch.equal(one[name], other[name]) for name in one)


def replace_epochs(epochs: int) -> Recipe:
    return RECIPE.model_copy(update={"epochs": epochs})


def test_a_corpus_is_no_witness_against_types_that_it_does_not_annotate() -> None:
    """Half of the sentences come from a corpus that marks no place; whether it says that it looked for them is all that differs."""
    whole, half = sentences(32, 1), without(sentences(64, 4), "LOC")
    test = sentences(40, 2)

    def recall(words: dict[str, TypeWords]) -> float:
        materials = [Material("whole", whole, WORDS), Material("half", half, words)]
        tagger, _ = learning.train(RECIPE, materials, 1)
        return score(test, predict(tagger, test, WORDS).columns)["LOC"].recall

    masked, claimed = recall({"PER": WORDS["PER"]}), recall(dict(WORDS))
    assert masked > 0.9
    assert claimed < 0.6


def test_long_mentions_are_counted_and_are_no_negatives() -> None:
    rows = [made.row("[a b c d e f|PER] met [Noam|PER] .")] * 4
    _, learnt = learning.train(replace_epochs(1), [Material("long", from_rows(rows), WORDS)], 1)
    assert (learnt.mentions, learnt.lost) == (8, 4)


def test_a_tagger_is_saved_and_read_whole(trained: tuple[OpenTagger, Learnt], tmp_path: Path) -> None:
    recipe = replace_epochs(1)
    made_here, _ = opentypes.train([Material("letters", sentences(8, 1), WORDS)], recipe, tmp_path / "model")
    read = opentypes.load(tmp_path / "model")
    test = sentences(10, 2)
    assert read.about == made_here.about
    assert read.about.corpora[0].mentions == {"LOC": 8, "PER": 8}
    for one, other in zip(
        read.tagger.model.state_dict().values(), made_here.tagger.model.state_dict().values(), strict=True
    ):
        assert torch.equal(one, other)
    assert np.array_equal(read.label(test).sure, made_here.label(test).sure)
    written = {path.suffix for path in (tmp_path / "model").rglob("*") if path.is_file()}
    assert written <= {".json", ".safetensors", ".txt", ""}
    opentypes.train([Material("letters", sentences(8, 1), WORDS)], recipe, tmp_path / "model")  # over its own


def test_texts_are_read_and_asked_for_other_types(trained: tuple[OpenTagger, Learnt]) -> None:
    tagger, _ = trained
    about = saved.About(
        recipe=RECIPE, seed=1, corpora=(), words=WORDS, steps=1, losses=(), mentions=0, lost=0
    )
    model = opentypes.OpenModel(tagger, about, WORDS).asked(["scientist", "city"])
    text = "yesterday Ada Lovelace came from New York ."
    for mention in model.predict(text):
        assert text[mention.start : mention.end] == mention.text
        assert mention.type in ("scientist", "city")
        assert 0.5 <= mention.score <= 1
    assert [mention.text for mention in model.predict(text)] == ["Ada Lovelace", "New York"]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Material("a", sentences(2, 1), {"PER": WORDS["PER"]}), "mentions of LOC"),
        (lambda: Material("a", sentences(2, 1), {}), "no type"),
        (lambda: Material("a", sentences(2, 1), {**WORDS, "HUM": WORDS["PER"]}), "both called 'person'"),
        (lambda: Material("a", sentences(2, 1), {**WORDS, "X": TypeWords(name=" ")}), "empty name"),
        (
            lambda: learning.train(RECIPE, [Material("a", from_rows([(["a"], ["O"])]), WORDS)], 1),
            "no mention in what is trained on",
        ),
        (lambda: saved.read(Path("/nowhere/at/all")), "no tagger for open types"),
    ],
)
def test_what_cannot_be_learnt_or_read_is_said(make: Callable[[], object], said: str) -> None:
    with pytest.raises(OpenNERError, match=said):
        make()


def test_damaged_parts_of_a_saved_tagger_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    opentypes.train([Material("letters", sentences(4, 1), WORDS)], replace_epochs(1), folder)
    (folder / saved.HEAD).write_bytes(b"no weights")
    with pytest.raises(OpenNERError, match=r"head\.safetensors: missing, or not as it was written"):
        opentypes.load(folder)
    (folder / LIST).unlink()
    with pytest.raises(OpenNERError, match="not the head of this tagger"):
        opentypes.load(folder)


def test_words_of_types_come_from_the_taxonomy() -> None:
    words = of_taxonomy(universal(), ["location -> water body", "PER", "WORK_OF_ART"])
    assert words["location -> water body"].name == "location, water body"
    assert words["location -> water body"].definition
    assert words["PER"].name == "person"
    assert words["WORK_OF_ART"] == TypeWords(name="work of art")
    assert opentypes.words_of(["river"])["river"].definition
    assert opentypes.words_of(["a gadget of a spy"])["a gadget of a spy"] == TypeWords(
        name="a gadget of a spy"
    )


def test_types_of_a_file_have_the_definitions_that_it_gives(tmp_path: Path) -> None:
    path = tmp_path / "types.yaml"
    path.write_text("gizmo: A thing that spies carry.\nriver:\n", encoding="utf-8")
    words = opentypes.read_words(path)
    assert words["gizmo"] == TypeWords(name="gizmo", definition="A thing that spies carry.")
    assert words["river"].definition
    path.write_text("[gizmo, river]", encoding="utf-8")
    assert list(opentypes.read_words(path)) == ["gizmo", "river"]
    path.write_text("3", encoding="utf-8")
    with pytest.raises(OpenNERError, match="no types"):
        opentypes.read_words(path)


def test_sub_tokens_that_no_sentence_touches_come_back_as_they_were() -> None:
    still = RECIPE.model_copy(update={"epochs": 1, "weight_decay": 0.0})
    _, before = made_model(still, 1)
    tagger, _ = learning.train(still, [Material("letters", sentences(8, 1), WORDS)], 1)
    old, new = (
        model.encoder.get_input_embeddings().state_dict()["weight"] for model in (before, tagger.model)
    )
    same = torch.eq(old, new).all(dim=1)
    assert len(old) == len(new)
    assert 0 < int((~same).sum()) < 60
