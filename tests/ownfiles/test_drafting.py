"""Drafts of cards: valid cards that read their corpus at once, with nothing claimed that nobody has checked."""

import cProfile
import gzip
import pstats
import random
import shlex
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from openner_utils.catalog import Card, card_at
from openner_utils.cli import main as cli
from openner_utils.core.encoding import BILOU, BIOES, IOB2
from openner_utils.curation import clean as cleaning
from openner_utils.ownfiles.card_count import count
from openner_utils.ownfiles.drafting import Drafts, draft
from openner_utils.ownfiles.drafting.origin import language_of, origin_of, split_of
from openner_utils.ownfiles.format import Format
from openner_utils.ownfiles.opening import open_file
from openner_utils.support.errors import OpenNERError
from openner_utils.support.progress import Step, watched
from openner_utils.support.records import parse
from tests.reading import read
from tests.strategies import label_rows

FILES = {
    "ner-train.tsv": "#\tdoc\n1\tAda\tB-PERSON\tO\n2\tran\tO\tO\n\n1\tOslo\tI-loc\tO\n1\tIt\tB-WHAT\tO\n",
    "ner-dev.tsv": "1\tAda\tB-PERSON\tO\n2\t\tO\tO\n",
    "README.md": "About.\n",
}
PLAIN = "Ada B-PER\nleft O\nOslo B-LOC\n\nIda B-PER\nstayed O\n"
JSON = '[{"tokens": ["Ada"], "ner_tags": ["B-PER"]}]'


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return _laid(tmp_path / "My corpus", FILES)


def _laid(folder: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    return folder


def _cards(drafted: Drafts) -> list[Card]:
    return [parse(Card, {"id": each.id, **yaml.safe_load(each.text)}, each.id) for each in drafted.cards]


def _counted(drafted: Drafts, out: Path) -> list[str]:
    """What the command that `openner card new` names says of each file; it must not fail."""
    rows = [row for path in drafted.write(out) for row in count(path, drafted.root)]
    assert not [row.told for row in rows if row.failed]
    return [row.told for row in rows]


def _promised(drafted: Drafts) -> list[str]:
    """The counts in the comments of the drafts, as the command writes them."""
    lines = [line for each in drafted.cards for line in each.text.split("\n") if "our count" in line]
    return [line.partition("to be checked: ")[2].partition(";")[0] for line in lines]


def openner(*words: object) -> Result:
    return CliRunner().invoke(cli.app, [str(word) for word in words])


def test_the_draft_is_a_card_that_reads_the_files(corpus: Path) -> None:
    drafted = draft(corpus, language="eng")
    (card,) = _cards(drafted)
    assert card.id == "my_corpus"
    assert (card.reader, card.scheme, card.allow) == ("delimited", "IOB2", ("empty-token",))
    assert card.types == {"PERSON": "PER", "WHAT": "TODO", "loc": "LOC"}
    assert {file.path: file.split for file in card.files} == {"ner-train.tsv": "train", "ner-dev.tsv": "dev"}
    for file in card.files:
        reading = read(corpus / file.path, card, file)
        assert (corpus / file.path).stat().st_size == file.bytes
        assert len(reading.columns) in (1, 4)


def test_counts_are_no_claims(corpus: Path) -> None:
    text = draft(corpus).cards[0].text
    assert "expect:" not in text and "origin: independent" not in text
    assert "# our count, to be checked: 2 sentences, 4 tokens, 3 mentions; 1 invalid transition\n" in text
    assert "language: und  # TODO" in text and "WHAT: TODO  # TODO: no standardized name" in text


def test_why_is_said(corpus: Path) -> None:
    assert "tabs between columns" in draft(corpus).cards[0].guessed
    assert (
        "# guessed: lines that begin with '#\\t' are comments"
        in draft(corpus / "ner-train.tsv").cards[0].text
    )


def test_brat_files_stand_beside_each_other(tmp_path: Path) -> None:
    _laid(tmp_path, {"a.txt": "Ada ran\n", "a.ann": "T1\tPER 0 3\tAda\n"})
    for source in (tmp_path, tmp_path / "a.txt", tmp_path / "a.ann"):
        (card,) = _cards(draft(source, "x"))
        assert [(file.path, file.split) for file in card.files] == [("a.txt", "all"), ("a.ann", None)]


def test_a_card_is_never_overwritten(corpus: Path, tmp_path: Path) -> None:
    drafted = draft(corpus, "mine")
    assert drafted.write(tmp_path) == [tmp_path / "mine.yaml"]
    with pytest.raises(OpenNERError, match="there is a card already"):
        drafted.write(tmp_path)
    with pytest.raises(OpenNERError, match="'My Id' is no corpus id"):
        draft(corpus, "My Id")


# --- kinds of files -------------------------------------------------------------------------------------------


def test_each_kind_of_file_has_a_card(corpus: Path, tmp_path: Path) -> None:
    _laid(corpus, {"json/x.json": JSON})
    drafted = draft(corpus, "x")
    assert [(card.id, card.reader, len(card.files)) for card in _cards(drafted)] == [
        ("x", "delimited", 2), ("x_json", "json_tokens", 1)
    ]  # fmt: skip
    with pytest.raises(OpenNERError, match="2 cards are to be written"):
        drafted.write(tmp_path / "one.yaml")
    (tmp_path / "x_json.yaml").write_text("")
    with pytest.raises(OpenNERError, match="there is a card already"):
        drafted.write(tmp_path)
    assert not (tmp_path / "x.yaml").exists(), "either all are written, or none"


def test_a_repository_is_searched_for_its_data(tmp_path: Path) -> None:
    folder = _laid(
        tmp_path / "repo",
        {
            "README.md": "The texts have a licence.\n",
            "LICENSE": "Apache License\nVersion 2.0, January 2004\n",
            "src/train.py": "import sys\n\nprint('B-PER')\n",
            "requirements.txt": "numpy==1.0\ntorch>=2\n",
            "package.json": '{"name": "x", "version": "1"}\n',
            "notes.txt": "This is about the corpus.\nIt was made by hand.\n",
            "vocab.txt": "the\nof\nand\n",
            "empty.txt": "",
            "data/eng/train.txt": PLAIN,
            "data/eng/test.txt": "Ada O\nleft O\n\nBo O\n",
            "data/amh/train.txt": "ሰላም B-PER\nነው O\n",
            "old/copy.txt": PLAIN,
            "output/pred.txt": PLAIN,
            ".git/HEAD": "ref: refs/heads/main\n",
            ".git/refs/heads/main": f"{'ab' * 20}\n",
            ".git/config": '[remote "origin"]\n\turl = https://github.com/owner/corpus.git\n',
        },
    )
    drafted = draft(folder)
    (card,) = _cards(drafted)
    assert {file.path: (file.split, file.language) for file in card.files} == {
        "data/amh/train.txt": ("train", "amh"),
        "data/eng/test.txt": ("test", "eng"),
        "data/eng/train.txt": ("train", "eng"),
    }
    assert (card.source.repository, card.source.commit) == ("https://github.com/owner/corpus", "ab" * 20)
    assert card.licence.spdx == "unclear"
    assert "LICENSE reads like Apache-2.0, README.md:1 speaks of a licence" in drafted.cards[0].text
    apart = "\n".join(drafted.apart)
    for name in ("src/train.py", "requirements.txt", "package.json", "notes.txt", "vocab.txt", "empty.txt"):
        assert name in apart
    assert "old/copy.txt: the same bytes as data/eng/train.txt" in apart
    assert "output/pred.txt: predictions of a system" in apart
    assert len(_counted(drafted, tmp_path / "cards")) == 3


def test_where_no_file_holds_labels_that_is_an_error_that_names_them(tmp_path: Path) -> None:
    folder = _laid(
        tmp_path / "x", {"notes.txt": "This is about the corpus.\nIt was made by hand.\n", "a.py": "x = 1\n"}
    )
    with pytest.raises(OpenNERError, match=r"no file with labels(.|\n)*a.py: code\n  notes.txt: ") as error:
        draft(folder)
    assert "Traceback" not in str(error.value)


def _zip(folder: Path, out: Path) -> None:
    with zipfile.ZipFile(out, "w") as packed:
        for path in sorted(folder.rglob("*.t*")):
            packed.write(path, path.relative_to(folder).as_posix())


def _tar(folder: Path, out: Path) -> None:
    with tarfile.open(
        out, "w:" + {".gz": "gz", ".bz2": "bz2", ".xz": "xz", ".tar": ""}[out.suffix]
    ) as packed:
        for path in sorted(folder.rglob("*.t*")):
            packed.add(path, "./" + path.relative_to(folder).as_posix())


@pytest.mark.parametrize(
    ("name", "pack"),
    [("x.zip", _zip), ("x.tar", _tar), ("x.tar.gz", _tar), ("x.tar.bz2", _tar), ("x.tar.xz", _tar)],
)
@pytest.mark.parametrize("inside", [False, True], ids=["alone", "in a folder"])
def test_archives_are_opened(
    name: str, pack: Callable[[Path, Path], None], inside: bool, tmp_path: Path
) -> None:
    folder = _laid(
        tmp_path / "in",
        {"d/train.txt": PLAIN, "d/test.txt": "Ada B-PER\nran O\n", "b/a.txt": "Ada ran\n", "b/a.tsv": "x\n"},
    )
    place = tmp_path / "out"
    place.mkdir()
    pack(folder, place / name)
    drafted = draft(place if inside else place / name, "x")
    (card,) = _cards(drafted)
    stored = (place / name).stat().st_size
    assert [(file.path, file.archive, file.split, file.bytes) for file in card.files] == [
        ("d/test.txt", name, "test", stored), ("d/train.txt", name, "train", stored)
    ]  # fmt: skip
    told = _counted(drafted, tmp_path / "cards")
    assert told == [
        "d/test.txt: 1 sentence, 2 tokens, 1 mention (PER 1)",
        "d/train.txt: 2 sentences, 5 tokens, 3 mentions (LOC 1, PER 2)",
    ]


def test_brat_in_an_archive(tmp_path: Path) -> None:
    folder = _laid(tmp_path / "in", {"a.txt": "Ada ran\n", "a.ann.t": ""})
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as packed:
        packed.write(folder / "a.txt", "c/a.txt")
        packed.writestr("c/a.ann", "T1\tPER 0 3\tAda\n")
    drafted = draft(tmp_path / "x.zip")
    assert [file.path for file in _cards(drafted)[0].files] == ["c/a.txt", "c/a.ann"]
    assert _counted(drafted, tmp_path / "cards") == ["c/a.txt: 1 sentence, 2 tokens, 1 mention (PER 1)"]


def test_a_member_that_is_a_folder_of_another_one_is_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as packed:
        packed.writestr("a", "Ada\tB-PER\n\n" * 20)
        packed.writestr("a/train.tsv", "Ada\tB-PER\n\n" * 20)
    with pytest.raises(OpenNERError, match=r"x.zip: member 'a/train.tsv' cannot lie beside the others"):
        draft(tmp_path / "x.zip")


def test_a_damaged_archive_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"PK\x03\x04 cut short")
    with pytest.raises(OpenNERError, match=r"x\.zip: damaged or cut short"):
        draft(tmp_path / "x.zip")
    _laid(tmp_path, {"a.txt": PLAIN})
    assert any("x.zip: " in line and "damaged" in line for line in draft(tmp_path, "x").apart)


def test_corpora_that_share_no_type_have_cards_of_their_own(tmp_path: Path) -> None:
    one = "a B-Gene\nb O\n\n" * 60
    other = "c B-City\nd O\n\n" * 60
    _laid(tmp_path, {"genes/train.txt": one, "genes/test/a.txt": one + one, "cities/train.txt": other})
    drafted = draft(tmp_path, "x")
    assert [(card.id, list(card.types)) for card in _cards(drafted)] == [
        ("x", ["Gene"]),
        ("x_cities", ["City"]),
    ]


@pytest.mark.parametrize(
    "content",
    [
        "Olso\tB-ORG\tB-LOC\nran\tO\tO\n",
        '[{"tokens": ["Olso", "FK"], "entities": ['
        '{"span": [0, 2], "entity_type": "ORG", "text": "Olso FK"}, '
        '{"span": [0, 1], "entity_type": "LOC", "text": "Olso"}]}]',
    ],
    ids=["second column", "spans"],
)
def test_types_that_occur_only_nested_are_listed(content: str, tmp_path: Path) -> None:
    path = tmp_path / "layers.txt"
    path.write_text(content)
    text = draft(path).cards[0].text
    assert "allow:" not in text
    assert "LOC: LOC  # 1 mention, all nested" in text and "ORG: ORG  # 1 mention\n" in text


def test_what_the_user_says_overrules_the_guess(tmp_path: Path) -> None:
    file = tmp_path / "odd.txt"
    file.write_text("Ada I-PER\nOslo I-LOC\n\nran O\n")
    text = draft(file, None, "eng", Format(scheme="IOB2")).cards[0].text
    assert "scheme: IOB2" in text


# --- flaws ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", [None, Format(allow=("missing-label",))])
@pytest.mark.parametrize("content", ["B-LOC\tWien\nwort\nO\tein\n", "Wien\tB-LOC\nwort\nein\tO\n"])
def test_a_flaw_is_on_the_card_with_its_number(content: str, asked: Format | None, tmp_path: Path) -> None:
    path = tmp_path / "flawed.txt"
    path.write_text(content)
    drafted = draft(path, asked=asked)
    text = drafted.cards[0].text
    assert (
        "allow:  # flaws that the files have\n  - missing-label  # lines with it: 1; lost by it: nothing\n"
        in text
    )
    assert "our count, to be checked: 1 sentence, 3 tokens, 1 mention" in text
    (card,) = _cards(drafted)
    cleaned = cleaning.clean(read(path, card, card.files[0]), card, card.files[0])
    assert cleaned.counts["ledger: missing-label"] == 1
    assert cleaned.repaired.tokens.to_pylist() == ["Wien", "wort", "ein"]
    assert cleaning.undo(cleaned.repaired, cleaned.ledger, card) == [["B-LOC", None, "O"]]


def test_another_separator_is_found_behind_the_sample(tmp_path: Path) -> None:
    path = tmp_path / "in.txt"
    path.write_text(
        "Ada\tB-PER\nran\tO\n\n" * 4000 + "Bo    B-PER\nsat    O\n\n" * 9 + "Ada\tB-PER\nran\tO\n\n" * 8000
    )
    drafted = draft(path)
    assert _cards(drafted)[0].options == {"separator": "whitespace"} and drafted.cards[0].flaws == ()
    assert _counted(drafted, tmp_path / "cards") == [
        "in.txt: 12,009 sentences, 24,018 tokens, 12,009 mentions (PER 12,009)"
    ]


LOSSES = {
    "unknown-label": ("Ada\tB-PER\nran\tO\nto\tI--LOC\nOslo\tI--LOC\n", "2 labels 'I--LOC'"),
    "missing-label": (
        "Ada\tB-PER\nran\tO\nBo    B-PER\n" + "x\tO\n" * 9 + "y z\tO\n", "1 labels that stand in the token"
    ),
    "empty-token": ("Ada\tB-PER\nran\tO\n\tB-LOC\n", "1 labels 'B-LOC'"),
    "bad-span": ('{"text": "Oto left.", "entities": [[0, 3, "PER"], [5, 99, "LOC"]]}\n', "1 mention"),
    "bad-json": ('{"text": "Oto left.", "entities": [[0, 3, "PER"]]}\n' * 9 + '{"text": \n', "1 entries"),
}  # fmt: skip


@pytest.mark.parametrize("flaw", LOSSES)
def test_a_flaw_that_costs_labels_or_tokens_is_never_allowed_but_told_in_numbers(
    flaw: str, tmp_path: Path
) -> None:
    content, lost = LOSSES[flaw]
    path = tmp_path / "flawed.txt"
    path.write_text(content)
    drafted = draft(path)
    (card,) = _cards(drafted)
    assert flaw not in card.allow
    (told,) = drafted.cards[0].flaws
    assert told.startswith(f"{flaw}: ") and f"it would lose {lost}" in told
    assert f"# TODO: {told}" in drafted.cards[0].text
    (row,) = count(drafted.write(tmp_path / "cards")[0], tmp_path)
    assert row.failed and "flawed.txt:" in row.told, "the card stops there, and says where"


def test_a_flaw_that_the_user_allows_is_on_the_card_with_what_it_costs(tmp_path: Path) -> None:
    path = tmp_path / "flawed.txt"
    path.write_text(LOSSES["unknown-label"][0])
    drafted = draft(path, asked=Format(allow=("unknown-label",)))
    assert "  - unknown-label  # lines with it: 2; lost by it: 2 labels 'I--LOC'\n" in drafted.cards[0].text
    assert _counted(drafted, tmp_path / "cards") == [
        "flawed.txt: 1 sentence, 4 tokens, 1 mention (PER 1); changed: unknown-label 2"
    ]


def test_white_space_around_labels_is_named_as_slips(tmp_path: Path) -> None:
    path = tmp_path / "slips.tsv"
    path.write_text("Mira\tB-PER\nHalon\tI-PER \nmet\tO\nOto\tB-PER \n\nTurku\tB-LOC\nis\tO\n")
    drafted = draft(path)
    assert _cards(drafted)[0].faults == {"I-PER ": "I-PER", "B-PER ": "B-PER"}
    assert _counted(drafted, tmp_path / "cards") == [
        "slips.tsv: 2 sentences, 6 tokens, 3 mentions (LOC 1, PER 2); changed: fault named by the card 2"
    ]


# --- troubles that are known ----------------------------------------------------------------------------------

LATE = "Ada\tPER\nbor\t0\ni\t0\nOslo\tLOC\n\n" * 4000 + "Bo    PER\ngick    0\n\n" * 3000
TROUBLES = {
    "a separator that changes late": (LATE, "7,000 sentences, 22,000 tokens, 11,000 mentions (LOC 4,000, PER 7,000)"),
    "a token like a comment": (
        "# file: x\n" + "word O\n" * 10_000 + "# O\nWien B-LOC\n", "1 sentence, 10,002 tokens, 1 mention (LOC 1)"
    ),
    "a comment with a tab": ("# file:\tabc\nDie O\nWien B-LOC\n", "1 sentence, 2 tokens, 1 mention (LOC 1)"),
    "one column more in a line": (
        "Ada\tB-PER\nlives\tO\textra\nhere\tO\n", "1 sentence, 3 tokens, 1 mention (PER 1)"
    ),
    "a missing label in the first column": (
        "B-LOC\tWien\nwort\nO\tein\n", "1 sentence, 3 tokens, 1 mention (LOC 1); changed: missing-label 1"
    ),
    "the label first, with its letter behind": (
        "PRS-B Marcus\nPRS-I Tullius\n0 venit\nGEO-B Romam\n0 .\n\n" * 30,
        "30 sentences, 150 tokens, 60 mentions (GEO 30, PRS 30)",
    ),
    "ragged layers": (
        "University\tB-ORG\nof\tI-ORG\nTurku\tI-ORG\tB-LOC\nhired\tO\nMira\tB-PER\n\n" * 20,
        "20 sentences, 100 tokens, 40 mentions (ORG 20, PER 20); 20 inner mentions",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("content", "right"), TROUBLES.values(), ids=TROUBLES.keys())
def test_troubles(content: str, right: str, tmp_path: Path) -> None:
    path = tmp_path / "in.txt"
    path.write_text(content)
    drafted = draft(path)
    assert drafted.cards[0].flaws == ()
    assert _counted(drafted, tmp_path / "cards") == [f"in.txt: {right}"]


def test_a_column_too_many_is_counted_on_the_card(tmp_path: Path) -> None:
    path = tmp_path / "in.txt"
    path.write_text(TROUBLES["one column more in a line"][0])
    assert "  - column-count  # lines with it: 1; lost by it: nothing" in draft(path).cards[0].text


def test_steps_that_would_change_tokens_are_named_and_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "in.tsv"
    path.write_text("Ada\tB-PER\n \tO\ne\u0301\tO\n")
    drafted = draft(path)
    told = "# TODO: steps that would change or drop tokens, of which none is taken: "
    assert told + "drop-blank-tokens (1 token), nfc (1 token)\n" in drafted.cards[0].text
    assert _cards(drafted)[0].steps == ()


def test_packed_files(tmp_path: Path) -> None:
    line = '{"text": "Oto left.", "entities": [{"start": 0, "end": 3, "label": "PER"}]}\n'
    (tmp_path / "spans.jsonl.gz").write_bytes(gzip.compress(line.encode()))
    drafted = draft(tmp_path / "spans.jsonl.gz")
    assert drafted.cards[0].id == "spans"
    assert _counted(drafted, tmp_path) == ["spans.jsonl.gz: 1 sentence, 3 tokens, 1 mention (PER 1)"]


GROUPS = {
    "digits in one file": {
        "a.tsv": "Ada\t1\tB-PER\nsang\t2\tO\n", "b.tsv": "Bo\tx\tB-PER\nleft\ty\tO\n\nCy\tx\tB-PER\nstayed\ty\tO\n"
    },
    "ids of sentences in one file": {
        "a.tsv": "Ada\ts1\tB-PER\nsang\ts1\tO\nBo\ts2\tB-PER\nleft\ts2\tO\n", "b.tsv": "Cy\ts9\tB-PER\nsat\ts9\tO\n",
        "c.tsv": "Di\tz\tB-PER\n\nwent\tz\tO\n",
    },
    "comments in one file": {"a.tsv": "# one\nAda\tB-PER\n", "b.tsv": "#\tO\nBo\tB-PER\n\n#\tB-LOC\n"},
    "a header in one file": {"a.tsv": "token\ttag\nAda\tB-PER\nran\tO\n", "b.tsv": "Bo\tB-PER\n\nsat\tO\n"},
    "blanks in one file, tabs in another": {"a.txt": "Ada B-PER\nran O\n\nCy B-PER\n", "b.txt": "Bo\tB-PER\nsat\tO\n"},
    "a layer in one file": {"a.tsv": "Ada\tB-PER\tO\nOslo\tB-ORG\tB-LOC\n", "b.tsv": "Bo\tB-PER\n\nsat\tO\n"},
    "an empty token in one file, blanks in another": {
        "a.txt": "Ada\tB-PER\n\tO\nran\tO\n", "b.txt": "Bo B-PER\nsat O\n\nCy B-PER\n" * 9
    },
    "an empty token in one file, tokens behind numbers in another": {
        "a.txt": "1\tAda\tB-PER\n2\tran\tO\n\n1\tCy\tB-PER\n" * 9, "b.txt": "Bo\tB-PER\n\tO\nsat\tO\n"
    },
    "no types in one file": {"a.txt": "Ada B-PER\nran O\n" * 9, "b.txt": "Bo B\nLo I\n\nsat O\n"},
    "other columns": {"a.tsv": "Ada\tB-PER\nran\tO\n", "b.tsv": "B-PER\tBo\n\nO\tsat\n"},
    "a header of documents in one file": {"a.txt": "-DOCSTART- O\n\nAda B-PER\n", "b.txt": "Bo B-PER\n\nsat O\n"},
}  # fmt: skip


def test_tokens_in_another_column_are_another_kind(tmp_path: Path) -> None:
    _laid(
        tmp_path,
        {
            "a.txt": "Ada B-PER\nran O\n\nBo B-PER\n" * 9,
            "b.txt": "1\tAda\tB-PER\n2\tran\tO\n\n1\tCy\tB-PER\n",
        },
    )
    options = {card.files[0].path: card.options for card in _cards(draft(tmp_path, "x"))}
    assert options == {"a.txt": {"separator": "space"}, "b.txt": {"separator": "tab", "token": 1}}


@pytest.mark.parametrize("files", GROUPS.values(), ids=GROUPS.keys())
def test_no_file_pays_for_another(files: dict[str, str], tmp_path: Path) -> None:
    """Read together, each file has what it has when it is read alone."""
    folder = _laid(tmp_path / "c", files)
    alone = []
    for name in files:
        (line,) = _promised(draft(folder / name, "x"))
        alone.append(f"{name}: {line}")
    told = _counted(draft(folder, "x"), tmp_path / "cards")
    assert sorted(line.split(" (")[0].split(";")[0] for line in told) == sorted(alone)


# --- where files come from ------------------------------------------------------------------------------------


def test_a_short_file_without_mentions_is_one_of_the_others_and_a_long_one_lacks_its_labels(
    tmp_path: Path,
) -> None:
    plain = "".join(f"w{n} O\n" + "\n" * (n % 9 == 0) for n in range(3000))
    _laid(
        tmp_path, {"train.txt": PLAIN * 99, "test.txt": plain, "dev.txt": "\n".join(plain.split("\n")[:900])}
    )
    drafted = draft(tmp_path, "x")
    assert [file.path for file in _cards(drafted)[0].files] == ["dev.txt", "train.txt"]
    assert drafted.apart == ("test.txt: no mention was found: every label is read as O",)


def test_two_versions_of_one_text_are_named(tmp_path: Path) -> None:
    rows = [f"w{n} B-PER\n" + f"x{n} O\n" * 5 for n in range(8)]
    _laid(
        tmp_path,
        {"v1/train.txt": "\n".join(rows), "v2/train.txt": "\n".join([*rows[:6], "a O\n" * 6, "b O\n" * 6])},
    )
    text = draft(tmp_path, "x").cards[0].text
    assert (
        "# TODO: 75% of its sentences stand in v1/train.txt, too" in text
        and text.count("too: versions of one text") == 1
    )


@pytest.mark.parametrize("names", [("test.txt", "train.txt"), ("train.txt", "validation.txt")])
def test_a_file_that_stands_in_a_larger_one_is_named_whichever_comes_first(
    names: tuple[str, str], tmp_path: Path
) -> None:
    rows = [f"w{n} B-PER\n" + f"x{n} O\n" * 5 for n in range(40)]
    small, large = sorted(names, key="train.txt".__eq__)
    _laid(tmp_path, {small: "\n".join(rows[:9]), large: "\n".join(rows)})
    (again,) = draft(tmp_path, "x").cards[0].again
    assert again.startswith(f"{small}: 100% of its sentences stand in {large}, too")


def test_a_small_file_that_is_read_in_another_way_and_badly_is_set_apart(tmp_path: Path) -> None:
    _laid(
        tmp_path,
        {"a.txt": PLAIN * 99, "posts/x.md.txt": "[PER Ada] ran [x and [LOC Oslo] too.\nSo [PER Bo] sat.\n"},
    )
    drafted = draft(tmp_path, "x")
    assert [card.id for card in _cards(drafted)] == ["x"]
    assert any("posts/x.md.txt: " in line for line in drafted.apart)


SPLITS = {
    "contest_train.tsv": "train", "devanagari_train.tsv": "train", "latest.tsv": "", "val.tsv": "dev",
    "protest_dev.tsv": "dev", "eng.testa": "dev", "eng.testb": "test", "train_dev.txt": "", "attest/greatest.txt": "",
    "test/part1.txt": "test", "train/latest.txt": "train", "Train.TXT": "train", "trivia10k13train.bio": "train",
    "restauranttrain.bio": "", "ner_devel.conll": "dev", "data/validation/1.json": "dev", "train_test_split/dev.txt": "dev",
    "en_ewt-ud-train.iob2": "train", "testing.txt": "test", "evaluation.txt": "", "trainSet.txt": "train",
}  # fmt: skip


@pytest.mark.parametrize(("path", "split"), SPLITS.items())
def test_a_split_is_a_whole_word_of_the_path(path: str, split: str) -> None:
    assert split_of(path) == split


def test_a_split_that_no_word_tells_is_open_and_the_card_runs(tmp_path: Path) -> None:
    _laid(tmp_path, {"latest.txt": PLAIN, "val.txt": "Ada B-PER\n"})
    drafted = draft(tmp_path, "x")
    (card,) = _cards(drafted)
    assert {file.path: file.split for file in card.files} == {"latest.txt": "all", "val.txt": "dev"}
    assert "split: all  # TODO: train, dev or test?" in drafted.cards[0].text


@pytest.mark.parametrize(
    ("path", "text", "code"),
    [
        ("data/amh/dev.txt", "ሰላም", "amh"), ("data/amh/dev.txt", "peace", ""), ("Portuguese/x.txt", "casa", "por"),
        ("fin.train", "talo", "fin"), ("final/fin-eng.txt", "house", ""), ("finish/line.txt", "house", ""),
        ("data/x.txt", "ሰላም", ""), ("SEC/FIN5.txt", "house", ""), ("FIN/a.txt", "talo", ""), ("a.fin", "talo", "fin"), ("kor/a.txt", "집", "kor"), ("jpn/a.txt", "家", "jpn"),
    ],
)  # fmt: skip
def test_a_language_is_named_where_path_and_letters_agree(path: str, text: str, code: str) -> None:
    assert language_of(path, [text]) == code


def test_a_place_in_a_mirror_names_repository_and_commit(tmp_path: Path) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    top = tmp_path / "github.com" / "owner" / "name" / commit
    _laid(top, {"data/eng/train.txt": PLAIN, "LICENSE": "Permission is hereby granted, free of charge"})
    for folder in (top, top / "data"):
        drafted = draft(folder, "x")
        (card,) = _cards(drafted)
        assert (card.source.repository, card.source.commit) == ("https://github.com/owner/name", commit)
        assert [file.path for file in card.files] == ["data/eng/train.txt"] and drafted.root == top
        assert "LICENSE reads like MIT" in drafted.cards[0].text
    assert origin_of(tmp_path).repository == ""


# --- what was written runs ------------------------------------------------------------------------------------


def _columns(rows: list[list[str]], separator: str, first: bool) -> str:
    def line(number: int, label: str) -> str:
        return separator.join((label, f"w{number}") if first else (f"w{number}", label))

    return "\n".join("".join(f"{line(n, label)}\n" for n, label in enumerate(row)) for row in rows)


ENCODED = st.sampled_from([IOB2, BIOES, BILOU]).flatmap(
    lambda encoding: st.lists(label_rows(encoding), min_size=1, max_size=3)
)


@settings(max_examples=60, deadline=None)
@given(files=ENCODED, separator=st.sampled_from(["\t", " "]), first=st.booleans())
def test_small_corpora_give_by_their_drafts_what_the_drafts_promise(
    files: list[list[list[str]]], separator: str, first: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("c")
    kept = {f"part{n}.txt": _columns(rows, separator, first) for n, rows in enumerate(files)}
    _laid(folder, kept)
    try:
        drafted = draft(folder, "x")
    except OpenNERError:
        return  # too little to go by, which is said
    if any(each.flaws for each in drafted.cards):
        return
    told = _counted(drafted, folder / "cards")
    assert [line.partition(": ")[2].split(" (")[0].split(";")[0] for line in told] == _promised(drafted)
    read_files = [file.path for card in _cards(drafted) for file in card.files]
    tokens = sum(
        len(row) for name, rows in zip(kept, files, strict=True) for row in rows if name in read_files
    )
    sentences = sum(len(rows) for name, rows in zip(kept, files, strict=True) if name in read_files)
    numbers = [line.split(": ")[1].replace(",", "").split() for line in told]
    assert sum(int(number[0]) for number in numbers) == sentences
    assert sum(int(number[2]) for number in numbers) == tokens


def test_the_command_names_the_next_one_which_works(corpus: Path, tmp_path: Path) -> None:
    done = openner("card", "new", corpus, "-o", tmp_path / "cards")
    assert done.exit_code == 0, done.stderr
    assert "set apart: README.md: documentation" in done.stderr
    (next_command,) = [line for line in done.stdout.split("\n") if line.startswith("  openner ")]
    words = shlex.split(next_command)
    counted = openner(*words[1:])
    assert counted.exit_code == 0 and "ner-train.tsv: 2 sentences, 4 tokens, 3 mentions" in counted.stdout


def test_counting_by_a_card_names_what_is_not_as_it_says(corpus: Path, tmp_path: Path) -> None:
    (path,) = draft(corpus, "x").write(tmp_path)
    expect = "expect: {sentences: 2, tokens: 5, types: {PERSON: 1, loc: 1, WHAT: 1}, origin: independent}"
    text = path.read_text().replace("    # our count", f"    {expect}\n    # ")
    path.write_text(f"{text}counted_by: python -m tests.counting.conll FILE\n")
    rows = list(count(path, corpus))
    assert [row.failed for row in rows] == [True, True]
    assert rows[0].told.endswith("expected: sentences 2, tokens 5, loc 1, WHAT 1")
    assert rows[1].told.endswith("expected: tokens 5")
    (corpus / "ner-dev.tsv").write_text("changed")
    assert "its SHA-256 is" in next(iter(count(path, corpus))).told
    (corpus / "ner-dev.tsv").unlink()
    assert "No such file" in next(iter(count(path, corpus))).told
    with pytest.raises(OpenNERError, match="lines of the form `key: value`"):
        list(count(corpus / "README.md", corpus))


def test_counting_takes_patterns_and_archives(tmp_path: Path) -> None:
    folder = _laid(tmp_path / "in", {"d/a.txt": PLAIN, "d/b.txt": "Ada B-PER\nran O\n"})
    _zip(folder, tmp_path / "x.zip")
    (path,) = draft(tmp_path / "x.zip", "x").write(tmp_path)
    card = yaml.safe_load(path.read_text())
    types = {"PER": 3, "LOC": 1}
    expect = {"files": 2, "sentences": 3, "tokens": 7, "types": types, "origin": "independent"}
    card |= {
        "files": [card["files"][0] | {"path": "d/*.txt", "expect": expect}],
        "counted_by": "python -m tests.counting.conll FILE",
    }
    path.write_text(yaml.safe_dump(card))
    rows = list(count(path, tmp_path))
    assert [row.told.split(": ")[0] for row in rows] == ["d/a.txt", "d/b.txt", "d/*.txt"]
    assert rows[-1] == rows[-1].__class__(
        "d/*.txt: 2 files, 3 sentences, 7 tokens, 4 mentions (LOC 1, PER 3); as expected"
    )
    (tmp_path / "x.zip").unlink()
    assert [row.failed for row in count(path, tmp_path)] == [True, True, True]


@pytest.mark.parametrize(
    ("types", "said"),
    [
        ("{PER: 2, LOC: 1}", "3 mentions (LOC 1, PER 2); as expected"),
        ("{PER: 1, LOC: 2}", "3 mentions (LOC 1, PER 2); expected: PER 1, LOC 2"),
    ],
)  # fmt: skip
def test_mentions_are_compared_by_type(types: str, said: str, tmp_path: Path) -> None:
    folder = _laid(tmp_path / "a", {"train.txt": PLAIN})
    (path,) = draft(folder, "x").write(tmp_path)
    expect = f"    expect: {{sentences: 2, tokens: 5, types: {types}, origin: independent}}\n    # our count"
    text = path.read_text().replace("    # our count", expect, 1)
    path.write_text(text + "counted_by: python -m tests.counting.conll FILE\n")
    (row,) = count(path, folder)
    assert row.told.endswith(said) and row.failed == ("expected:" in said)


def test_drafts_are_the_same_whatever_the_order_on_the_disk(tmp_path: Path) -> None:
    files = {f"{n}.txt": f"w{n} B-PER\nx O\n" for n in range(6)}
    texts = []
    for seed in (1, 2):
        names = list(files)
        random.Random(seed).shuffle(names)
        folder = _laid(tmp_path / str(seed), {name: files[name] for name in names})
        texts.append(draft(folder, "x").cards[0].text)
    assert texts[0] == texts[1]


def test_labels_that_mean_o_beside_entities_are_named_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "in.txt"
    path.write_text("ko gn\nMira ne-b-per\nHalon ne-i-per\nestuvo es\nen es\nTurku ne-b-loc\n\n" * 30)
    with pytest.raises(OpenNERError, match="--outside es --outside gn"):
        draft(path)
    drafted = draft(path, asked=Format(outside=("es", "gn")))
    assert (
        "outside:  # labels that mean O, too\n  - es  # 60 times\n  - gn  # 30 times\n"
        in drafted.cards[0].text
    )
    assert _counted(drafted, tmp_path / "cards") == [
        "in.txt: 30 sentences, 180 tokens, 60 mentions (loc 30, per 30); changed: outside label 90"
    ]


@pytest.mark.parametrize("odd", ["\u2028", "\u2029", "\x85", "\u202e", "\xa0", "\ufeff", "\U000e0041"])
def test_a_type_with_what_cannot_be_seen_gives_a_card_that_can_be_read(odd: str, tmp_path: Path) -> None:
    text = f"Ada\tB-P{odd}ER\nran\tO\n\nBo\tB-LOC\nran\tO\n\n"
    (tmp_path / "x.txt").write_text(text, encoding="utf-8")
    options = {"separator": "tab", "label": 1}
    (drafted,) = draft(tmp_path / "x.txt", asked=Format("delimited", "IOB2", options)).cards
    (path,) = draft(tmp_path / "x.txt", asked=Format("delimited", "IOB2", options)).write(tmp_path / "x.yaml")
    assert all(each.isprintable() or each == "\n" for each in drafted.text)
    assert set(card_at(path).types) == {f"P{odd}ER", "LOC"}


ODD = {
    "no UTF-8": "bad\udcff.txt",
    "too long": "n" * 246 + ".txt",
    "a pattern": "a: b #c *?[x] {y}.txt",
    "a pattern in a folder": "what?/a.txt",
    "a blank before": " lead.txt",
    "a backslash": "back\\slash.txt",
    "a device": "con",
    "a tab": "tab\t.txt",
    "a line end": "line\nend.txt",
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
@pytest.mark.parametrize("packed", [None, "zip", "tar"])
def test_a_file_that_a_card_cannot_name_is_set_apart(odd: str, packed: str | None, tmp_path: Path) -> None:
    folder = _laid(tmp_path / "x", {"good: a #b [c] {d}.txt": PLAIN, odd: PLAIN.replace("Ida", "Ulf")})
    name = odd if odd.isprintable() else repr(odd)
    if packed == "zip" and not odd.isascii():
        pytest.skip("names of a zip are text")
    if packed:
        archive = tmp_path / "packed" / f"x.{packed}"
        archive.parent.mkdir()
        with tarfile.open(archive, "w") if packed == "tar" else zipfile.ZipFile(archive, "w") as out:
            for path in folder.rglob("*"):
                inner = path.relative_to(folder).as_posix()
                out.add(path, inner) if isinstance(out, tarfile.TarFile) else out.write(path, inner)
        folder = archive.parent
        name = repr(f"x.{packed}/{odd}") if not odd.isprintable() else f"x.{packed}/{odd}"
    drafted = draft(folder, "x")
    (apart,) = drafted.apart
    assert apart.startswith(f"{name}: ")
    assert len(_counted(drafted, tmp_path / "cards")) == 1
    assert openner("card", "new", folder, "-o", tmp_path / "told").exit_code == 0
    if not packed and "/" not in odd:
        with pytest.raises(OpenNERError):
            draft(folder / odd, "x")


@pytest.mark.parametrize("linked", ["s.txt", "s.ann", "s.zip", "README.md"])
def test_a_link_that_leads_out_of_the_folder_is_not_followed(linked: str, tmp_path: Path) -> None:
    folder = _laid(
        tmp_path / "x", {"a.txt": PLAIN, "within.tsv": PLAIN.replace(" ", "\t"), "s.txt": "Ulf ran\n"}
    )
    secret = tmp_path / f"secret{Path(linked).suffix}"
    secret.write_text("T1\tPER 0 3\tUlf\n" if linked == "s.ann" else "MIT License of Ulf B-PER\n")
    if linked == "s.zip":
        _zip(folder, secret)
    (folder / linked).unlink(missing_ok=True)
    (folder / linked).symlink_to(secret)
    (folder / "link.tsv").symlink_to("within.tsv")
    drafted = draft(folder, "x")
    assert "MIT" not in drafted.cards[0].text
    assert len(_counted(drafted, tmp_path / "cards")) == 2
    assert any("a link that leads out of its folder" in line and linked in line for line in drafted.apart)
    if linked != "README.md":
        with pytest.raises(OpenNERError, match="leads out of its folder"):
            draft(folder / linked, "x")


@pytest.mark.parametrize(
    ("files", "linked"),
    [
        ({"s.txt": PLAIN}, "s.txt"),
        ({"data/s.txt": PLAIN}, "data/s.txt"),
        ({"a.txt": "Ulf ran\n", "a.ann": "T1\tPER 0 3\tUlf\n"}, "a.ann"),
    ],
)
def test_counting_follows_no_link_out_of_the_folder(
    files: dict[str, str], linked: str, tmp_path: Path
) -> None:
    folder = _laid(tmp_path / "x", files)
    (card,) = draft(folder, "x").write(tmp_path / "cards")
    secret = tmp_path / "secret"
    (folder / linked).rename(secret)
    (folder / linked).symlink_to(secret)
    (row,) = count(card, folder)
    assert row.failed and f"'{linked}' is a link that leads out of its folder" in row.told


@pytest.mark.parametrize("kinds", [["O", "B-PER"], ["O"], ["B-LOC", "O", "I-ORG"]])
def test_the_work_grows_with_the_files_and_not_with_their_square(kinds: list[str], tmp_path: Path) -> None:
    calls = []
    for number in (20, 20, 160):  # what is imported and kept is so at the second
        archive = tmp_path / f"x{len(calls)}.zip"
        with zipfile.ZipFile(archive, "w") as packed:
            packed.writestr("whole.txt", PLAIN * 20)
            for n in range(number):
                packed.writestr(f"{n}.txt", "".join(f"w{n} {kind}\n" for kind in kinds * 2))
        with cProfile.Profile() as profile:
            drafted = draft(archive, "x")
        assert len(_cards(drafted)[0].files) == number + 1
        calls.append(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]
    assert calls[2] < 8.5 * calls[1]


@pytest.mark.parametrize("id", ["", "con", "com1", "A", "a-b", "x" * 65])
def test_an_id_that_is_no_name_of_a_file_is_refused(id: str, tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("Ada\tB-PER\nran\tO\n")
    with pytest.raises(OpenNERError, match=r"1 to 64 lower-case letters|cannot be a file on every system"):
        draft(tmp_path / "a.tsv", id)


@pytest.mark.parametrize("name", ["../../a.tsv", "/a.tsv", "a/../b.tsv", "con.tsv"])
def test_a_name_in_a_zip_is_refused_alike_by_every_command(name: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        packed.writestr(name, "Ada\tB-PER\nran\tO\n")
    for command in (draft, open_file):
        with pytest.raises(OpenNERError) as caught:
            command(tmp_path / "a.zip")
        assert repr(name) in str(caught.value)


def test_reading_many_files_is_shown(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.tsv").write_text(f"Ada{number}\tB-PER\nran\tO\n")
    shown: set[tuple[str, float | None]] = set()

    class Kept:
        def show(self, step: Step) -> None:
            shown.add((step.description, step.total))

        def clear(self) -> None:
            pass

    with watched(Kept()):
        draft(tmp_path, "x")
    assert shown == {("reading files", 3)}


def test_a_language_that_there_is_not_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("Ada\tB-PER\nran\tO\n")
    with pytest.raises(OpenNERError, match=r"'zzz' is no language of ISO 639-3.*such as fin"):
        draft(tmp_path / "a.tsv", language="zzz")


def test_a_folder_without_files_says_so(tmp_path: Path) -> None:
    with pytest.raises(OpenNERError, match=r"there is no file in it\. Name a file"):
        draft(tmp_path)


def test_a_file_of_a_folder_without_labels_is_drafted_when_it_is_named_alone(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("Ada\tO\nran\tO\n")
    (tmp_path / "b.tsv").touch()
    with pytest.raises(OpenNERError, match="name one alone that is to be read all the same") as caught:
        draft(tmp_path)
    assert [line.split(":")[0].strip() for line in caught.value.details] == ["a.tsv", "b.tsv"]
    assert draft(tmp_path / "a.tsv").cards
    with pytest.raises(OpenNERError, match="the file is empty"):
        draft(tmp_path / "b.tsv")
