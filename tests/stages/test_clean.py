"""The stages clean and standardize over sample corpora, sound and broken, in a compendium of their own."""

import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
import yaml

from openner_utils.catalog import load_card
from openner_utils.catalog.ontology import CORE
from openner_utils.core.artifacts import CLEANED, CORE_RELEASE, LEDGER, Artifact, Folder
from openner_utils.core.encoding import IOB2, decode
from openner_utils.core.releases import columns_of, parts, select
from openner_utils.curation.clean import undo
from openner_utils.stages import clean, main, standardize
from openner_utils.support import paths
from openner_utils.support.errors import OpenNERError
from openner_utils.support.paths import Place
from tests import tiny
from tests.counting import tally as counting
from tests.reading import raw

CORPORA = ("habari", "siso", "lexis")
PARAMS = "data: {corpora: [habari, siso, lexis]}\nclean: {repair: conlleval}\nstandardize: {core_switches: {GPE: ORG}}\nrun: {workers: 1}\n"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A place with three corpora."""
    for corpus in CORPORA:
        shutil.copytree(paths.SAMPLES / corpus, tmp_path / "data" / corpus)
    (tmp_path / "params.yaml").write_text(PARAMS)
    return Place(tmp_path)


def test_sound_corpora(place: Place) -> None:
    result = main(clean, place)

    def made(artifact: Artifact, corpus: str) -> pa.Table:
        return Folder(place.artifacts).get(artifact, {"corpus": corpus})

    read = result.counts.query("what == 'sentences'")
    assert sorted(set(read["corpus"])) == sorted(CORPORA)
    for corpus in CORPORA:
        of = load_card(corpus)
        table = made(CLEANED, corpus)
        expected = sum(file.expect.sentences for file in of.annotated if file.expect)
        assert len(table) == expected == read.query("corpus == @corpus")["count"].sum()
        for part in parts(table):
            assert part.table["sentence"].to_pylist() == list(range(len(part.table)))
            assert pc.count_distinct(part.table["document"]).as_py() == part.table["document"][-1].as_py() + 1
    assert (result.ledger["corpus"] == "habari").sum() > 10

    # From what is on disk, the files as published.
    of = load_card("habari")
    ledger = made(LEDGER, "habari")
    table = made(CLEANED, "habari")
    for file in of.annotated:
        restored = undo(columns_of(select(table, file=file.path)), select(ledger, file=file.path), of)
        assert restored == [
            [label for _, label in row] for row in counting.sentences(of.counted_by, raw(of, file))
        ]

    types = main(standardize, place).types
    assert types.query("original == 'GPE'")["core"].tolist() == ["ORG"], "the switch of params.yaml counts"
    for corpus in CORPORA:
        cleaned = decode(columns_of(made(CLEANED, corpus)), IOB2)
        mine = types.query("corpus == @corpus")
        assert mine["mentions"].sum() == len(cleaned)
        core = decode(columns_of(made(CORE_RELEASE, corpus)), IOB2)
        assert set(core.types) <= set(CORE)
        assert len(core) == mine[mine["core"] != ""]["mentions"].sum()


def test_a_broken_corpus_is_named_with_file_and_line_and_the_others_complete(place: Place) -> None:
    broken = place.data / "siso" / "NER-siso-dev.tsv"
    lines = broken.read_bytes().split(b"\n")
    lines[4] += b"\textra\tfields"
    broken.write_bytes(b"\n".join(lines))
    changed = place.data / "habari" / "dev.txt"
    changed.write_bytes(changed.read_bytes().replace(b"Mombasa", b"Kisumu"))
    with pytest.raises(OpenNERError) as caught:
        main(clean, place)
    first, *others = str(caught.value).splitlines()
    assert first.startswith("2 of 3 corpora")
    assert any("habari/dev.txt: its SHA-256 is" in line and "openner data use" in line for line in others)
    assert any("NER-siso-dev.tsv:5: 6 column(s) where the other lines have 4" in line for line in others)
    made = {path.name for path in (place.artifacts / "clean").iterdir()}
    assert made == {"lexis.parquet", "lexis.ledger.parquet", "lexis.layers.parquet"}


def test_a_corpus_of_whole_folders_is_cleaned_file_by_file(tmp_path: Path) -> None:
    expect = {"files": 2, "sentences": 3, "tokens": 9, "types": {"PER": 3}, "origin": "independent"}
    files = [
        {"path": "train/", "language": "eng", "split": "train", "expect": expect},
        {"path": "**/test.tsv", "language": "eng", "split": "test"},
    ]
    card = tiny.card("samples", files) | {"reader": "delimited", "longest": 3, "outside": ["lang1"]}
    card |= {"counted_by": "wc FILE"}
    tiny.write(tmp_path / "cards/folders.yaml", yaml.safe_dump(card).encode())
    content = "Ada\tI-PER\nran\tlang1\n.\tO\n"
    for name, times in (("train/a.tsv", 2), ("train/b/c.tsv", 1), ("more/test.tsv", 1)):
        tiny.write(tmp_path / "data/folders" / name, (content * times).encode())
    (tmp_path / "params.yaml").write_text(
        "data: {corpora: [folders]}\nclean: {repair: conlleval}\nrun: {workers: 1}\n"
    )
    place = Place(tmp_path, tmp_path / "cards")
    result = main(clean, place)
    table = Folder(place.artifacts).get(CLEANED, {"corpus": "folders"})
    assert table.group_by(["file", "split"]).aggregate([([], "count_all")]).to_pylist() == [
        {"file": "train/a.tsv", "split": "train", "count_all": 2},
        {"file": "train/b/c.tsv", "split": "train", "count_all": 1},
        {"file": "more/test.tsv", "split": "test", "count_all": 1},
    ]
    assert result.ledger["rule"].value_counts().to_dict() == {
        "conlleval": 4,
        "outside label": 4,
        "sentence cut": 1,
    }
    cut = next(example for example in result.examples if example.rule == "sentence cut")
    assert cut.words is not None and (cut.published, cut.released, cut.words.changed.strip()) == (
        "",
        "Ada",
        "Ada",
    )
    of = load_card("folders", place.cards)
    restored = undo(
        columns_of(select(table, file="train/a.tsv")), select(result_ledger(place), file="train/a.tsv"), of
    )
    assert restored == [["I-PER", "lang1", "O"] * 2]


def result_ledger(place: Place) -> pa.Table:
    return Folder(place.artifacts).get(LEDGER, {"corpus": "folders"})
