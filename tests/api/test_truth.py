"""Labelled text without its labels, and small annotators that are trained for it."""

from pathlib import Path

import pytest

from openner_utils.api import truth as module
from openner_utils.api.truth import box_of, gold, trained_here
from openner_utils.core.encoding import IOB2, decode
from openner_utils.support import paths
from openner_utils.support.errors import OpenNERError
from openner_utils.support.paths import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A place whose data/ holds two corpora of the sample collection, with the choices of a run."""
    made = Place(tmp_path)
    made.data.mkdir()
    for corpus in ("gazette", "habari"):
        (made.data / corpus).symlink_to(paths.SAMPLES / corpus)
    made.params.write_text(paths.PARAMS.read_text(encoding="utf-8"), encoding="utf-8")
    return made


def test_gold_has_core_types_languages_and_documents(place: Place) -> None:
    found = gold(["gazette", "habari"], place=place)
    assert {each.passage.language for each in found} == {"eng", "swa"}
    assert {mention.type for each in found for mention in each.mentions} == {"PER", "LOC", "ORG"}
    documents = {
        code: len({each.passage.document for each in found if each.passage.language == code})
        for code in ("eng", "swa")
    }
    sentences = {code: sum(each.passage.language == code for each in found) for code in ("eng", "swa")}
    assert 10 <= documents["eng"] < sentences["eng"]  # gazette marks its documents
    assert documents["swa"] == sentences["swa"]  # habari does not
    assert {each.passage.licence for each in found} <= {"CC0-1.0", "CC-BY-4.0"}


def test_a_language_can_be_chosen_and_one_that_is_not_there_is_named(place: Place) -> None:
    assert {each.passage.language for each in gold(["gazette", "habari"], "test", ["swa"], 9, place)} == {
        "swa"
    }
    with pytest.raises(OpenNERError, match="swa"):
        gold(["gazette"], "test", ["swa"], place=place)


def test_annotators_learn_from_parts_that_share_no_sentence(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    taught = []

    class Model:
        def predict_each(self, texts):
            return ([] for _ in texts)

    def train(recipe, files, out, seed, place):
        taught.append((seed, files))
        return Model(), ()

    monkeypatch.setattr(module, "train", train)
    made = trained_here(["gazette", "habari"], 3, "characters", place)
    assert [each.name for each in made] == ["characters 1", "characters 2", "characters 3"]
    assert [seed for seed, _ in taught] == [1, 2, 3]
    sizes = [sum(columns.n_sentences for columns in files) for _, files in taught]
    assert sum(sizes) == sum(len(gold([name], "train", place=place)) for name in ("gazette", "habari"))
    assert max(sizes) - min(sizes) <= 2
    assert {type for _, files in taught for each in files for type in decode(each, IOB2).types} == {
        "PER",
        "LOC",
        "ORG",
    }
    assert box_of(made, 0.5, 0.9).judge is made[2]
    assert box_of(made[:2], 0.5, 0.9).judge is None
    with pytest.raises(OpenNERError, match="encoder"):
        trained_here(["gazette"], 1, "nobody", place)
