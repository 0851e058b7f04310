"""Training writes down what a model was made from, and how well it does on what it was not trained on."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from openner_utils.api.provenance import known_of
from openner_utils.api.training import Held, train
from openner_utils.core.columns import concat
from openner_utils.encoders import loop, saved
from openner_utils.encoders.about import Known
from openner_utils.readers.layout import RawFile
from openner_utils.support import paths
from openner_utils.support.errors import OpenNERError
from openner_utils.support.paths import Place
from tests.planted import RECIPE, planted

NOBODY = Place(paths.ROOT / "no such folder")


def named(columns, file):
    return replace(columns, file=file)


@pytest.fixture(scope="module")
def twice(tmp_path_factory):
    """The same model trained twice, on two files of one name, with two files of one language to be scored on."""
    place = tmp_path_factory.mktemp("made")
    files = [
        named(planted(60, seed=1), "/home/ada/a/train.conll"),
        named(planted(60, seed=2), "/home/ada/b/train.conll"),
    ]
    dev = concat([planted(30, seed=3), planted(60, seed=2)])
    held = Held([named(dev, "/home/ada/dev.conll")], [
        named(planted(20, seed=seed), f"/home/ada/test{seed}.conll") for seed in (4, 5)
    ])  # fmt: skip
    known = {each.file: Known(language="eng", licence="CC0-1.0") for each in (*files, *held.test)}
    for number in (1, 2):
        train(RECIPE, files, place / f"model{number}", held, 1, known=known)
    return place / "model1", place / "model2"


@pytest.fixture
def idle(monkeypatch):
    """Training fails the test: it must not begin."""
    monkeypatch.setattr(loop, "train", lambda *_, **__: pytest.fail("training began"))


def _mine(folder):
    (folder / "model").mkdir()
    (folder / "model" / "thesis.txt").write_text("dear")


def _link(folder):
    (folder / "elsewhere").mkdir()
    (folder / "model").symlink_to(folder / "elsewhere")


def _dangling(folder):
    (folder / "model").symlink_to(folder / "nowhere")


def _file(folder):
    (folder / "model").write_text("dear")


@pytest.mark.parametrize("make", [_mine, _link, _dangling, _file])
def test_a_place_that_cannot_be_written_is_refused_before_training(make, tmp_path, idle):
    make(tmp_path)
    before = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*"))
    with pytest.raises(OpenNERError, match=re.escape(str(tmp_path / "model"))):
        train(RECIPE, [planted(20, seed=1)], tmp_path / "model")
    assert sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*")) == before


@pytest.mark.parametrize("name", [".", ".."])
def test_the_folder_that_one_stands_in_is_refused(name, tmp_path, idle, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OpenNERError, match="that you stand in"):
        train(RECIPE, [planted(20, seed=1)], Path(name))


def test_where_no_folder_can_be_made_training_does_not_begin(tmp_path, idle):
    (tmp_path / "file").write_text("dear")
    with pytest.raises(OSError, match=r"Not a directory|File exists"):
        train(RECIPE, [planted(20, seed=1)], tmp_path / "file" / "model")


def test_a_model_takes_the_place_of_a_model_but_never_of_what_was_put_beside_it(tmp_path):
    for seed in (1, 2):
        train(RECIPE, [planted(20, seed=1)], tmp_path / "model", seed=seed)
        assert saved.about(tmp_path / "model").seed == seed
    (tmp_path / "model" / "train.conll").write_text("the only copy")
    with pytest.raises(OpenNERError, match=r"such as train\.conll"):
        train(RECIPE, [planted(20, seed=1)], tmp_path / "model")
    assert (tmp_path / "model" / "train.conll").read_text() == "the only copy"


def test_files_are_called_by_what_tells_them_apart(twice):
    about = saved.about(twice[0])
    assert about.trained_on == ("a/train.conll", "b/train.conll")
    for path in twice[0].iterdir():
        assert b"/home/ada" not in path.read_bytes(), path.name


def test_each_file_is_scored_and_each_language_that_has_several(twice):
    scores = saved.about(twice[0]).scores
    assert [(each.split, each.material.called) for each in scores] == [
        ("dev", "dev.conll"), ("test", "test4.conll"), ("test", "test5.conll"), ("test", "all of these"),
    ]  # fmt: skip
    assert all(0 < each.low <= each.f1 <= each.high <= 1 for each in scores)
    for each in scores:  # its mentions are shared out among types
        assert sum(own.mentions for own in each.types.values()) == each.material.mentions
        assert all(0 <= own.f1 <= 1 for own in each.types.values())
    one, other, both = scores[1:]
    assert both.material.mentions == one.material.mentions + other.material.mentions
    assert both.high - both.low < max(one.high - one.low, other.high - other.low)


def test_whoever_may_read_one_file_of_a_model_may_read_all(twice, tmp_path):
    (tmp_path / "any").touch()
    modes = {path.name: path.stat().st_mode for path in twice[0].iterdir()}
    assert "model.safetensors" in modes and set(modes.values()) == {(tmp_path / "any").stat().st_mode}


def test_sentences_that_were_trained_on_are_counted(twice):
    def texts(columns):
        bounds = zip(columns.sentences, columns.sentences[1:], strict=False)
        return [tuple(columns.tokens[start:end].to_pylist()) for start, end in bounds if end - start >= 5]

    trained_on = {*texts(planted(60, seed=1)), *texts(planted(60, seed=2))}
    dev, *others = saved.about(twice[0]).scores
    expected = [
        sum(text in trained_on for text in texts(planted(n, seed=seed)))
        for n, seed in ((30, 3), (20, 4), (20, 5))
    ]
    assert dev.seen == expected[0] + len(texts(planted(60, seed=2))) > expected[0]
    assert [each.seen for each in others] == [*expected[1:], sum(expected[1:])]
    assert f"| dev | 90 | {dev.seen} |" in (twice[0] / "README.md").read_text()


def test_equal_trainings_differ_in_what_tells_of_the_run_alone(twice):
    first, second = (
        {
            path.name: path.read_text(encoding="utf-8")
            for path in folder.iterdir()
            if path.name in ("README.md", "openner.json", "config.json")
        }
        for folder in twice
    )
    first["README.md"], second["README.md"] = (
        each["README.md"].split("## This run")[0] for each in (first, second)
    )
    first["openner.json"], second["openner.json"] = (
        re.sub(r'"ran": \{[^}]*\}', "", each["openner.json"]) for each in (first, second)
    )
    assert first == second
    assert (twice[0] / "model.safetensors").read_bytes() == (twice[1] / "model.safetensors").read_bytes()


def test_the_example_is_of_the_samples_and_never_of_the_users_text(twice):
    example = saved.about(twice[0]).example
    assert example.language == "eng"
    words = {word for path in paths.SAMPLES.rglob("*") if path.is_file() for word in _words(path)}
    assert set(re.findall(r"\w+", example.text)) <= words
    assert all(example.text[start:end].strip() for start, end, _ in example.mentions)


def _words(path):
    return re.findall(r"\w+", path.read_text(encoding="utf-8", errors="replace"))


def test_a_card_knows_a_file_by_its_bytes(tmp_path):
    copied = tmp_path / "renamed.txt"
    shutil.copy(paths.SAMPLES / "habari" / "test.txt", copied)
    known = known_of(RawFile.open(copied), NOBODY, language="fin", licence="mine")
    assert (known.corpus, known.language, known.licence) == ("Habari", "swa", "CC-BY-4.0")
    copied.write_text(copied.read_text(encoding="utf-8") + "\nAda B-PER\n", encoding="utf-8")
    known = known_of(RawFile.open(copied), NOBODY, language="fin", licence="mine")
    assert (known.corpus, known.language, known.licence) == (None, "fin", "mine")
    known = known_of(RawFile.open(copied), NOBODY)
    assert (known.corpus, known.language, known.licence) == (None, None, None)


def test_a_language_that_is_none_is_refused(tmp_path):
    (tmp_path / "a.txt").write_text("Ada B-PER\n")
    with pytest.raises(OpenNERError, match=r"Unknown language \(ISO 639-3\) 'english'"):
        known_of(RawFile.open(tmp_path / "a.txt"), NOBODY, language="english")
    with pytest.raises(OpenNERError, match=r"of three letters: swa \(Swahili\) or swe \(Swedish\)"):
        known_of(RawFile.open(tmp_path / "a.txt"), NOBODY, language="sw")
