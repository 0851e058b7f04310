"""The commands `openner tagger`."""

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from openner_utils.cli import main as cli
from openner_utils.exports import transfer as exports
from openner_utils.support import paths
from openner_utils.support.errors import OpenNERError
from openner_utils.support.paths import Place


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A place whose data/ holds a corpus of the sample collection."""
    made = Place(tmp_path_factory.mktemp("place"))
    made.data.mkdir(parents=True)
    (made.data / "yedion").symlink_to(paths.SAMPLES / "yedion")
    return made


def openner(place: Place, *words: object) -> Result:
    return CliRunner().invoke(cli.app, [*map(str, words)], obj=place, catch_exceptions=False)


@pytest.fixture(scope="module")
def model(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tagger of a corpus and a file of one's own, trained for an epoch, with the smallest of spans."""
    folder = tmp_path_factory.mktemp("tagger")
    own = folder / "letters.txt"
    sentences = (f"Ada{n}\tB-PER\nleft\tO\nNew\tB-LOC\nYork\tI-LOC\n" for n in range(8))
    own.write_text("\n".join(sentences), encoding="utf-8")
    recipe = folder / "recipe.yaml"
    recipe.write_text("{epochs: 1, widest: 1, max_length: 64, overlap: 8}", encoding="utf-8")
    done = openner(
        place, "tagger", "train", "yedion", own, "-o", folder / "model", "--recipe", recipe, "--split", "dev"
    )
    assert done.exit_code == 0, done.output
    assert "letters: 8 sentences, 16 mentions of 2 types" in done.output
    assert "have more than 1 tokens" in done.output
    return folder / "model"


def test_a_corpus_annotates_what_its_card_declares(model: Path) -> None:
    about = json.loads((model / "opentypes.json").read_text(encoding="utf-8"))
    of_card, of_file = about["corpora"]
    assert set(of_card["mentions"]) < set(of_card["types"])
    assert set(of_file["types"]) == {"PER", "LOC"}
    assert about["words"]["PER"]["name"] == "person"
    assert about["lost"] > 8


def test_mentions_of_types_that_are_named_are_json_lines(place: Place, model: Path, tmp_path: Path) -> None:
    text, types = tmp_path / "text.txt", tmp_path / "types.yaml"
    text.write_text("Ada met Noam in Oslo.\n\nNothing.\n", encoding="utf-8")
    types.write_text("gizmo: A thing that spies carry.\n", encoding="utf-8")
    asked = ["--type", "scientist", "--types", types, "--least", 0.0]
    done = openner(place, "tagger", "predict", model, text, *asked, "-o", tmp_path / "out.jsonl")
    assert done.exit_code == 0, done.output
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["text"] for row in rows] == ["Ada met Noam in Oslo.", "", "Nothing."]
    # From a probability of 0 every token is a mention of one of the two.
    assert [len(row["mentions"]) for row in rows] == [6, 0, 2]
    assert {mention["type"] for row in rows for mention in row["mentions"]} <= {"scientist", "gizmo"}
    for row in rows:
        for mention in row["mentions"]:
            assert row["text"][mention["start"] : mention["end"]] == mention["text"]


def test_tokens_come_back_in_columns(place: Place, model: Path, tmp_path: Path) -> None:
    file = tmp_path / "tokens.txt"
    file.write_text("Ada\tO\nleft\tB-X\n\nOslo\tO\n", encoding="utf-8")
    done = openner(
        place,
        "tagger",
        "predict",
        model,
        file,
        "--tokens",
        "--type",
        "a city",
        "--least",
        0,
        "-o",
        tmp_path / "out",
    )
    assert done.exit_code == 0, done.output
    assert (tmp_path / "out").read_text(
        encoding="utf-8"
    ) == "Ada\tB-a city\nleft\tB-a city\n\nOslo\tB-a city\n\n"


def test_what_does_not_fit_is_said(place: Place, model: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("widht: 3", encoding="utf-8")
    with pytest.raises(OpenNERError, match=r"recipe.yaml:1: widht: .*widest"):
        openner(place, "tagger", "train", "yedion", "-o", tmp_path / "out", "--recipe", recipe)
    with pytest.raises(OpenNERError, match="kind of types"):
        openner(place, "tagger", "train", "yedion", "-o", tmp_path / "out", "--types", "univresal")
    with pytest.raises(OpenNERError, match="no tagger for open types"):
        openner(place, "tagger", "predict", tmp_path, recipe)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(OpenNERError, match="not written there"):
        openner(place, "tagger", "train", "yedion", "-o", tmp_path / "full")


def test_nothing_that_is_read_and_no_tagger_is_lost(place: Place, model: Path, tmp_path: Path) -> None:
    types, text = tmp_path / "types.yaml", tmp_path / "text.txt"
    types.write_text("- river\n", encoding="utf-8")
    text.write_text("Ada left.\n", encoding="utf-8")
    with pytest.raises(OpenNERError, match="the file that is read"):
        openner(place, "tagger", "predict", model, text, "--types", types, "-o", types)
    assert types.read_text(encoding="utf-8") == "- river\n"
    two_domains(tmp_path)
    files = tmp_path / "news.txt", tmp_path / "rivers.txt"
    with pytest.raises(OpenNERError, match="holds a trained model"):
        openner(place, "conflicts", *files, "--out", model)
    with pytest.raises(OpenNERError, match="the file that is read"):
        openner(place, "tagger", "transfer", *files, "-o", tmp_path / "told", "--page", files[0])
    (tmp_path / "none.txt").write_text("it\tO\nrains\tO\n", encoding="utf-8")
    with pytest.raises(OpenNERError, match=r"none: no type\. It has no mention"):
        openner(place, "tagger", "train", tmp_path / "none.txt", "-o", tmp_path / "out")


def two_domains(folder: Path) -> Place:
    """Write two files of one domain each, and a recipe that takes no time."""
    for name, type in (("news", "PER"), ("rivers", "river")):
        sentences = (f"Ada{n}\tB-{type}\nleft\tO\n" for n in range(6))
        (folder / f"{name}.txt").write_text("\n".join(sentences), encoding="utf-8")
    (folder / "recipe.yaml").write_text(
        "{epochs: 1, widest: 1, max_length: 32, overlap: 8}", encoding="utf-8"
    )
    return Place(folder / "place")


def test_domains_are_held_out_once_and_what_is_finished_is_kept(tmp_path: Path) -> None:
    place = two_domains(tmp_path)
    files = tmp_path / "news.txt", tmp_path / "rivers.txt"
    more = ["--recipe", tmp_path / "recipe.yaml", "--seed", 1, "-n", 4, "--test", 4]
    done = openner(place, "tagger", "transfer", *files, *more, "-o", tmp_path / "out")
    assert done.exit_code == 0, done.output
    with open(tmp_path / "out" / "transfer.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {(row["held"], row["slice"]) for row in rows} == {
        (held, name) for held in ("news", "rivers", "mean over domains") for name in ("all", "unseen")
    }
    assert {row["mentions"] for row in rows if row["held"] == "news"} == {"4"}
    with open(tmp_path / "out" / "types.csv", encoding="utf-8", newline="") as file:
        types = {row["type"]: row for row in csv.DictReader(file)}
    assert types["PER"]["nearest"] == "river"
    assert types["PER"]["familiarity"] == types["river"]["familiarity"]
    kept = {path: path.stat().st_mtime_ns for path in (place.own / "transfer").glob("*/tested.json")}
    assert len(kept) == 2
    openner(place, "tagger", "transfer", *files, *more, "-o", tmp_path / "out")
    assert kept == {path: path.stat().st_mtime_ns for path in (place.own / "transfer").glob("*/tested.json")}
    with pytest.raises(OpenNERError, match="of one domain"):
        openner(place, "tagger", "transfer", files[0], *more, "-o", tmp_path / "other")


def test_arms_are_compared_with_the_full_one_and_answered_on_a_page(tmp_path: Path) -> None:
    place = two_domains(tmp_path)
    out, page = tmp_path / "out", tmp_path / "page.html"
    words = ["tagger", "transfer", tmp_path / "news.txt", tmp_path / "rivers.txt", "-o", out]
    words += ["--recipe", tmp_path / "recipe.yaml", "--seed", 1, "-n", 4, "--test", 4, "-k", 2]
    with pytest.raises(OpenNERError, match="No domain is finished"):
        openner(place, *words, "--finished")
    with pytest.raises(OpenNERError, match=r"Unknown arm 'prunde'\. Did you mean 'pruned'"):
        openner(place, *words, "--arm", "prunde")
    assert openner(place, *words).exit_code == 0
    comparisons, _, options = exports.read(out)
    assert (comparisons, options["arms"]) == ([], ["full"])
    some = ["--arm", "published names", "--arm", "pruned", "--page", page]
    done = openner(place, *words, *some)
    assert "Do names that agree help?" in done.output
    comparisons, rows, options = exports.read(out)
    assert {(each.arm, each.slice) for each in comparisons} == {
        (arm, name) for arm in ("published names", "pruned") for name in ("all", "unseen")
    }
    assert {each.domains for each in comparisons} == {2}
    assert all(each.arm_sentences <= 2 < each.base_sentences for each in comparisons if each.arm == "pruned")
    assert len(rows) == 24
    written = page.read_text(encoding="utf-8")
    assert written.count("<h2>") == 4
    assert "types called after their corpus" in written.lower()
    assert ": not run." in written
    before = written
    assert openner(place, *words, "--finished", *some).exit_code == 0
    assert page.read_text(encoding="utf-8") == before
    (out / "ablations.csv").unlink()
    with pytest.raises(OpenNERError, match="no out-of-domain test lies there"):
        exports.read(out)
