"""Exports: layouts, labels, features, offsets, and what the README says."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import mistune
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from openner_utils.catalog import Licence, Source, load_card
from openner_utils.core.artifacts import CLEANED, CORE_RELEASE, STANDARDIZED
from openner_utils.core.columns import Columns, from_rows
from openner_utils.core.releases import release_table, write_table
from openner_utils.exports import conll, folder, instructions, jsonl, licences, parquet
from openner_utils.exports import releases as exports
from openner_utils.support.errors import OpenNERError
from openner_utils.support.files import sha256
from openner_utils.support.paths import Place
from openner_utils.unify.instructions import Options
from tests.live import live_parts

ROWS = [(["Ada", "Lo", "ran"], ["B-PER", "I-PER", "O"]), (["Oslo"], ["B-LOC"])]


@pytest.fixture
def artifacts(tmp_path: Path) -> Path:
    """A place with two corpora of the catalog with invented sentences."""
    for corpus, language in (("habari", "swa"), ("wnut17", "eng")):
        tables = [
            release_table(corpus, language, split, columns, columns)
            for split in ("train", "dev", "test")
            for columns in [from_rows(ROWS, f"{split}.txt")]
        ]
        for release in exports.RELEASES.values():
            write_table(release.path(Place(tmp_path).artifacts, corpus=corpus), pa.concat_tables(tables))
    return tmp_path


def export(root: Path, *arguments: Any, **named: Any) -> list[exports.Exported]:
    return exports.export(*arguments, **named, place=Place(root))


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ((["A\tda"], ["O"]), r"token 'A\\tda' holds the separator"),
        ((["Ada"], ["B-P\tR"]), r"label 'B-P\\tR' holds the separator.*another name"),
        ((["Ada"], ["B-P\nR"]), r"label 'B-P\\nR' holds"),
    ],
)
def test_what_columns_cannot_hold_is_refused(row: tuple[list[str], list[str]], what: str) -> None:
    with pytest.raises(OpenNERError, match=what):
        conll.content(Path("out.txt"), from_rows([row], "in"))


def test_two_columns_in_the_layout_of_openner(artifacts: Path) -> None:
    out = artifacts / "out"
    done = export(artifacts, "conll", out, ["habari", "wnut17"], encoding="BIOES")
    assert len(done) == 6
    assert {path.relative_to(out).as_posix() for path in out.rglob("*.txt")} >= {
        f"standardized/Habari/swa/{split}.txt" for split in ("train", "dev", "test")
    }
    assert done[0].path.read_text() == "Ada\tB-PER\nLo\tE-PER\nran\tO\n\nOslo\tS-LOC\n\n"
    export(artifacts, "conll", artifacts / "core", ["habari"], "core")
    assert (artifacts / "core" / "core" / "Habari" / "swa" / "dev.txt").is_file()


def test_a_tab_inside_a_token_becomes_a_no_break_space_and_is_said(artifacts: Path) -> None:
    columns = from_rows([(["30\t8230", "kg"], ["O", "O"])], "train.txt")
    table = release_table("habari", "swa", "train", columns, columns)
    write_table(CORE_RELEASE.path(Place(artifacts).artifacts, corpus="habari"), table)
    (done,) = export(artifacts, "conll", artifacts / "out", ["habari"], "core")
    assert done.path.read_text() == "30\u00a08230\tO\nkg\tO\n\n"
    assert "in its place: 1 in habari." in (artifacts / "out" / "README.md").read_text()


def test_parquet_says_its_features(artifacts: Path) -> None:
    out = artifacts / "out"
    export(artifacts, "parquet", out, ["habari"])
    table = pq.read_table(out / "habari-swa" / "validation.parquet")
    features = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
    assert features["ner_tags"] == {
        "feature": {"names": ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"], "_type": "ClassLabel"},
        "_type": "Sequence",
    }
    assert table.schema.field("ner_tags").type == pa.list_(pa.int64())
    assert table.to_pylist()[0] == {
        "id": "habari-swa-dev-0", "tokens": ["Ada", "Lo", "ran"], "ner_tags": [3, 4, 0],
    }  # fmt: skip
    header = (out / "README.md").read_text().split("---")[1]
    assert "- config_name: habari-swa\n" in header
    assert "  - split: validation\n    path: habari-swa/validation.parquet\n" in header


def test_datasets_reads_the_folder(artifacts: Path) -> None:
    datasets = pytest.importorskip("datasets")
    export(artifacts, "parquet", artifacts / "out", ["habari"])
    loaded = datasets.load_dataset(str(artifacts / "out"), "habari-swa", cache_dir=str(artifacts / "cache"))
    feature = loaded["train"].features["ner_tags"].feature
    assert feature.names == ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]


def test_label_names_are_ordered_by_type() -> None:
    assert parquet.label_names(["PER", "DATE"]) == ["O", "B-DATE", "I-DATE", "B-PER", "I-PER"]


def test_jsonl_joins_tokens_where_there_are_no_offsets(artifacts: Path) -> None:
    export(artifacts, "jsonl", artifacts / "out", ["habari"])
    lines = (artifacts / "out" / "habari" / "swa" / "train.jsonl").read_text().splitlines()
    first = json.loads(lines[0])
    assert first["text"] == "Ada Lo ran" and first["spans"] == [[0, 6, "PER"]]
    assert first["text_is"] == jsonl.JOINED and "offset" not in first
    assert (first["file"], first["line"]) == ("train.txt", 1)


def with_offsets(starts: list[int], ends: list[int]) -> Columns:
    plain = from_rows([(["Ada", "Lo", "."], ["B-PER", "I-PER", "O"])])
    return replace(plain, starts=np.array(starts, np.int32), ends=np.array(ends, np.int32))


def test_jsonl_keeps_offsets_where_there_are_some() -> None:
    (record,) = jsonl.records(with_offsets([10, 15, 17], [13, 17, 18]), {}, ["x"], ["f"])
    assert record["text"] == "Ada  Lo." and record["spans"] == [[0, 7, "PER"]]
    assert (record["text_is"], record["offset"]) == (jsonl.ORIGINAL, 10)
    assert all(record["text"][s:e].split() == ["Ada", "Lo"] for s, e, _ in record["spans"])


def test_jsonl_joins_where_a_step_changed_a_tokens_length() -> None:
    (record,) = jsonl.records(with_offsets([10, 15, 18], [14, 17, 19]), {}, ["x"], ["f"])
    assert (record["text"], record["text_is"]) == ("Ada Lo .", jsonl.JOINED)


def test_the_readme(artifacts: Path) -> None:
    export(artifacts, "conll", artifacts / "out", ["habari", "wnut17"], "core")
    text = (artifacts / "out" / "README.md").read_text()
    assert "| Habari | Swahili | train | 2 | 4 | 2 |" in text
    assert sha256(CORE_RELEASE.path(Place(artifacts).artifacts, corpus="habari")) in text
    assert "derczynski-etal-2017-results" in text and "mapped to PER, LOC and ORG" in text


def test_nothing_of_a_card_becomes_live_in_the_readme(artifacts: Path) -> None:
    live = (
        "<script>alert(1)</script> | [x](javascript:alert(1)) ``` {{ 7*7 }} \x1b[31m\u202e\n```\n# No heading"
    )
    done = export(artifacts, "conll", artifacts / "out", ["habari"])
    card = load_card("habari")
    hostile = card.model_copy(update={
        "name": live, "citation": live, "licence": Licence.model_construct(spdx=live, note=live), "source": Source(repository=f"javascript:{live}"),
    })  # fmt: skip
    source = exports.Source(hostile, STANDARDIZED.path(Place(artifacts).artifacts, corpus="habari"), ())
    text = exports.readme("conll", "core", "IOB2", [source], done, artifacts / "out")
    html = str(mistune.create_markdown(escape=False, plugins=["table"])(text))
    assert live_parts(html) == []
    assert html.count("<h1>") == 1 and "<h1>No heading" not in html
    assert all(character.isprintable() or character == "\n" for character in text)
    assert html.count("{{ 7*7 }}") == 10


def test_the_strictest_licence_comes_first() -> None:
    names = ["CC0-1.0", "CC-BY-4.0", "unclear", "CC-BY-SA-4.0", "CC-BY-NC-SA-4.0", "CC-BY-NC-4.0", "MIT",
             "CC-BY-NC-ND-4.0", "LDC User Agreement"]  # fmt: skip
    assert sorted(names, key=licences.strictness) == [
        "unclear", "LDC User Agreement", "CC-BY-NC-ND-4.0", "CC-BY-NC-SA-4.0", "CC-BY-NC-4.0", "CC-BY-SA-4.0",
        "CC-BY-4.0", "MIT", "CC0-1.0",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("spdx", "like"),
    [
        ("CC-BY-NC-4.0 AND CC-BY-NC-SA-4.0", "CC-BY-NC-SA-4.0"),
        ("CC-BY-4.0 AND MIT", "CC-BY-4.0"),
        ("CC-BY-SA-4.0 AND CC-BY-NC-ND-1.0", "CC-BY-NC-ND-1.0"),
        ("MIT AND LDC User Agreement", "unclear"),
        ("(CC-BY-NC-4.0 OR MIT)", "MIT"),
        ("MIT AND (CC-BY-4.0 OR unclear)", "unclear"),
    ],
)
def test_licences_that_hold_together_are_as_strict_as_the_strictest(spdx: str, like: str) -> None:
    """``AND`` is no ND; one of several may be chosen; what is nested is not known to allow anything."""
    assert licences.strictness(spdx) == licences.strictness(like)
    assert [instructions.fits(spdx, use) for use in ("adaptable", "open")] == [
        instructions.fits(like, use) for use in ("adaptable", "open")
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("csv", ["habari"]), "Unknown export format 'csv'"),
        (("conll", ["habari"], "cores"), "Did you mean 'core'"),
        (("conll", ["zena"]), "zena.parquet: missing. Run the stage standardize: dvc repro standardize"),
        (("jsonl", ["habari"], "core", "BIOES"), "--encoding belongs to conll"),
    ],
)
def test_mistakes_write_nothing(words, message, artifacts: Path) -> None:
    format, *rest = words
    with pytest.raises(OpenNERError, match=message):
        export(artifacts, format, artifacts / "out", *rest)
    assert not (artifacts / "out").exists()


def test_a_folder_with_content_is_left_alone(artifacts: Path) -> None:
    with pytest.raises(
        OpenNERError, match="holds what was not written there by this command, such as artifacts/"
    ):
        export(artifacts, "conll", artifacts, ["habari"])


def test_an_export_is_repeated_into_its_folder_and_takes_the_place_of_the_old_one(artifacts: Path) -> None:
    out = artifacts / "out"
    export(artifacts, "conll", out, ["habari", "wnut17"])
    (artifacts / ".out.part").mkdir()  # of one that was killed
    (artifacts / ".out.part" / "half.txt").write_text("half")
    export(artifacts, "jsonl", out, ["habari"])
    assert sorted(path.name for path in out.iterdir()) == [folder.LIST, "README.md", "habari"]
    assert sorted(path.name for path in artifacts.iterdir()) == ["artifacts", "out"]


def test_a_failed_export_leaves_the_old_one(artifacts: Path) -> None:
    out = artifacts / "out"
    export(artifacts, "conll", out, ["habari"])
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    with pytest.raises(ZeroDivisionError), folder.replaced(out) as fresh:
        (fresh / "half.txt").write_text("half")
        raise ZeroDivisionError
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
    assert sorted(path.name for path in artifacts.iterdir()) == ["artifacts", "out"]


def test_an_export_between_two_renames_is_taken_up(artifacts: Path) -> None:
    out = artifacts / "out"
    export(artifacts, "conll", out, ["habari"])
    out.rename(artifacts / ".out.before")
    with pytest.raises(ZeroDivisionError), folder.replaced(out):
        raise ZeroDivisionError
    assert (out / "README.md").is_file()


@pytest.mark.parametrize(
    "trouble", ["a file of one's own", "an edited file", "a list that is none", "a link"]
)
def test_what_somebody_put_into_an_export_is_never_lost(trouble: str, artifacts: Path) -> None:
    out = artifacts / "out"
    export(artifacts, "conll", out, ["habari"])
    match trouble:
        case "a file of one's own":
            (out / "notes.txt").write_text("mine")
        case "an edited file":
            (out / "README.md").write_text("mine")
        case "a list that is none":
            (out / folder.LIST).write_text("[]")
        case "a link":
            (out / "link").symlink_to("README.md")
    with pytest.raises(OpenNERError, match="Name a new folder"):
        export(artifacts, "conll", out, ["habari"])


def instructions_at(root: Path, *corpora: str, **named: Any) -> instructions.Done:
    return instructions.export(root / "out", corpora, Options(), place=Place(root), **named)


@pytest.fixture
def cleaned(artifacts: Path) -> Path:
    """The same place with tables of the stage clean, whose types are as published."""
    for corpus, language, type in (("habari", "swa", "LOC"), ("wnut17", "eng", "location")):
        rows = [
            (["Ada", "left"], ["B-" + ("PER" if type == "LOC" else "person"), "O"]),
            (["Oslo"], [f"B-{type}"]),
        ]
        tables = [
            release_table(corpus, language, split, columns, columns)
            for split in ("train", "dev", "test")
            for columns in [from_rows(rows, f"{split}.txt")]
        ]
        write_table(CLEANED.path(Place(artifacts).artifacts, corpus=corpus), pa.concat_tables(tables))
    return artifacts


def test_instructions_in_the_layout_of_hugging_face(cleaned: Path) -> None:
    done = instructions_at(cleaned, "habari", "wnut17")
    assert done.counts.total() == 12
    text = (cleaned / "out" / "README.md").read_text(encoding="utf-8")
    head = yaml.safe_load(text.split("---")[1])
    files = {each["split"]: each["path"] for each in head["configs"][0]["data_files"]}
    assert set(files) == {"train", "validation", "test"}
    assert head["language"] == ["eng", "swa"]
    for path in files.values():
        lines = (cleaned / "out" / path).read_text(encoding="utf-8").splitlines()
        found = [json.loads(line) for line in lines]
        assert {each["corpus"] for each in found} == {"habari", "wnut17"}
        assert {tuple(each) for each in found} == {
            ("id", "corpus", "language", "instruction", "output", "labels", "sentence", "entities"),
        }
    assert found[0]["output"] == "person: Ada"
    assert "person" in text or "universal" in text
    assert sha256(CLEANED.path(Place(cleaned).artifacts, corpus="habari")) in text


def test_corpora_are_left_out_by_their_licence(cleaned: Path) -> None:
    cards = {name: load_card(name).licence.spdx for name in ("habari", "wnut17")}
    for use in instructions.USES:
        wanted = {name for name, spdx in cards.items() if instructions.fits(spdx, use)}
        done = instructions_at(cleaned, "habari", "wnut17", use=use)
        assert {corpus for corpus, *_ in done.counts} == wanted
        assert set(done.left_out) == set(cards) - wanted
    nc = {name: instructions.fits("CC-BY-NC-SA-4.0", name) for name in instructions.USES}
    assert nc == {"any": True, "known": True, "adaptable": True, "open": False}
    with pytest.raises(OpenNERError, match="adaptable"):
        instructions_at(cleaned, "habari", use="adaptible")
