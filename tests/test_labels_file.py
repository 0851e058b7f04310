"""Files without a card: validated, repaired and converted as SeqScore does it."""

import subprocess
import sys
from pathlib import Path

import pytest
import seqscore.conll
from hypothesis import given
from hypothesis import strategies as st

from openner_utils import labels_file
from openner_utils.columns import from_rows
from openner_utils.encoding import IOB2
from openner_utils.errors import FormatError, OpenNERError
from openner_utils.writers import conll
from tests.reading import FIXTURES
from tests.strategies import label_rows, with_tokens

FLAWED = "Ada I-PER\nran O\n\nPort I-LOC\nSaid I-LOC\nFC I-ORG\n"


@pytest.fixture
def flawed(tmp_path: Path) -> Path:
    (tmp_path / "in.txt").write_text(FLAWED)
    return tmp_path / "in.txt"


def test_validation_names_file_line_and_token(flawed) -> None:
    problems = labels_file.validate_file(flawed)
    assert [str(problem) for problem in problems] == [
        f"{flawed}:1: invalid transition O → I-PER at token 'Ada'",
        f"{flawed}:4: invalid transition O → I-LOC at token 'Port'",
        f"{flawed}:6: invalid transition I-LOC → I-ORG at token 'FC'",
    ]


@pytest.mark.parametrize(
    ("method", "to", "labels"),
    [
        ("conlleval", None, "B-PER O B-LOC I-LOC B-ORG"),
        ("discard", None, "O O O O O"),
        ("none", None, "I-PER O I-LOC I-LOC I-ORG"),
        ("conlleval", "BIOES", "S-PER O B-LOC E-LOC S-ORG"),
        ("conlleval", "IO", "I-PER O I-LOC I-LOC I-ORG"),
    ],
)
def test_repair_and_conversion(flawed, method, to, labels) -> None:
    out = flawed.with_name("out.tsv")
    done = labels_file.repair_file(flawed, out, "IOB2", method, to)
    assert (done.sentences, done.tokens, done.problems) == (2, 5, 3)
    a, b, c, d, e = labels.split()
    assert out.read_text() == f"Ada\t{a}\nran\t{b}\n\nPort\t{c}\nSaid\t{d}\nFC\t{e}\n\n"


def test_a_file_may_replace_itself(flawed) -> None:
    labels_file.repair_file(flawed, flawed)
    assert flawed.read_text().startswith("Ada\tB-PER\n")
    assert labels_file.validate_file(flawed) == ()


@pytest.mark.parametrize(
    ("name", "separator"),
    [
        ("crlf.tsv", "tab"),
        ("bom_first_token.txt", "space"),
        ("docstart_between_sentences.txt", "space"),
        ("empty.txt", "tab"),
    ],
)
def test_the_separator_is_seen_from_the_first_line(name, separator) -> None:
    assert labels_file.guess(FIXTURES / name).separator == separator


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("bad_label.tsv", "'LOC' is no IOB2 label"),
        ("three_columns_in_two.txt", r"three_columns_in_two\.txt:2: 3 column"),
        ("latin1_declared_utf8.txt", r"latin1_declared_utf8\.txt:2: byte 0xe1"),
    ],
)
def test_a_malformed_file_is_refused_and_nothing_is_written(name, message, tmp_path) -> None:
    with pytest.raises(OpenNERError, match=message):
        labels_file.repair_file(FIXTURES / name, tmp_path / "out.txt")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_gives_an_empty_file(tmp_path) -> None:
    done = labels_file.repair_file(FIXTURES / "empty.txt", tmp_path / "out.txt")
    assert (done.tokens, (tmp_path / "out.txt").read_bytes()) == (0, b"")


def seqscore_command(*arguments: str | Path) -> None:
    program = "import sys; from seqscore.scripts.seqscore import cli; cli()"
    subprocess.run([sys.executable, "-c", program, *map(str, arguments)], check=True, capture_output=True)


@pytest.mark.parametrize("method", ["conlleval", "discard"])
def test_the_same_bytes_as_seqscores_command_line(flawed, method) -> None:
    ours, repaired, theirs = (flawed.with_name(name) for name in ("ours", "repaired", "theirs"))
    labels_file.repair_file(flawed, ours, "IOB2", method, "BIOES")
    seqscore_command("repair", "--labels", "BIO", "--repair-method", method, "-q", flawed, repaired)
    seqscore_command("convert", "--input-labels", "BIO", "--output-labels", "BIOES", repaired, theirs)
    assert ours.read_text().split("\n\n") == theirs.read_text().split("\n\n")


@given(rows=label_rows(IOB2), method=st.sampled_from(["conlleval", "discard"]))
def test_the_same_mentions_as_seqscore_from_the_same_file(rows, method, tmp_path_factory) -> None:
    folder = tmp_path_factory.getbasetemp()
    conll.write(folder / "in.tsv", from_rows(with_tokens(rows)))
    labels_file.repair_file(folder / "in.tsv", folder / "out.tsv", "IOB2", method, "BIOES")

    def mentions(name: str, encoding: str, repair: str | None) -> list[list[object]]:
        (document,) = seqscore.conll.ingest_conll_file(
            folder / name,
            encoding,
            "utf-8",
            seqscore.conll.LineSpec(0, -1),
            repair=repair,
            ignore_document_boundaries=True,
            allow_comment_lines=False,
            quiet=True,
        )
        return [list(sentence.mentions) for sentence in document]

    assert mentions("out.tsv", "BIOES", None) == mentions("in.tsv", "BIO", method)


def test_a_missing_label_is_refused(tmp_path) -> None:
    with pytest.raises(FormatError, match=r"missing_label\.txt:2"):
        labels_file.repair_file(FIXTURES / "missing_label.txt", tmp_path / "out.txt")


def test_the_command_does_without_pandas(flawed) -> None:
    # Importing it takes longer than repairing a file of a million tokens; Arrow does so where it can.
    program = (
        "import sys; from pathlib import Path; from openner_utils.labels_file import repair_file\n"
        "repair_file(Path(sys.argv[1]), Path(sys.argv[1]), to='BIOES'); sys.exit('pandas' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program, str(flawed)], check=False).returncode == 0
