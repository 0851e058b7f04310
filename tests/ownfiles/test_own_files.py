"""Files without a card: validated, repaired and converted as SeqScore does it."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import seqscore.conll
from hypothesis import given, settings
from hypothesis import strategies as st

from openner_utils.core.columns import from_rows
from openner_utils.core.encoding import ENCODINGS, IOB2
from openner_utils.exports import conll
from openner_utils.ownfiles.count import count
from openner_utils.ownfiles.find import find
from openner_utils.ownfiles.format import Format
from openner_utils.ownfiles.opening import files_of, inspect, open_file, raw_file
from openner_utils.ownfiles.undoing import undo
from openner_utils.ownfiles.writing import convert_file, destination, repair_file, standardize_file
from openner_utils.support.errors import FormatError, OpenNERError
from tests.reading import FIXTURES
from tests.strategies import label_rows, with_tokens

UTF8 = Format(options={"encoding": "utf-8"})
AS_IOB2 = Format(scheme="IOB2")
FLAWED = "Ada I-PER\nran O\n\nPort I-LOC\nSaid I-LOC\nFC I-ORG\n"


@pytest.fixture
def flawed(tmp_path: Path) -> Path:
    (tmp_path / "in.txt").write_text(FLAWED)
    return tmp_path / "in.txt"


def test_validation_names_file_line_and_token(flawed) -> None:
    problems = list(find(open_file(flawed, AS_IOB2)))
    assert [f"{each.place}: {each.what}" for each in problems] == [
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
    opened = open_file(flawed, AS_IOB2)
    done = repair_file(opened, out, method, to)
    assert (opened.found.sentences, opened.found.tokens, done.problems) == (2, 5, 3)
    a, b, c, d, e = labels.split()
    assert out.read_text() == f"Ada {a}\nran {b}\n\nPort {c}\nSaid {d}\nFC {e}\n"


def test_a_file_may_replace_itself(flawed) -> None:
    repair_file(open_file(flawed, AS_IOB2), flawed)
    assert flawed.read_text().startswith("Ada B-PER\n")
    assert [*find(open_file(flawed))] == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("bad_label.tsv", r"bad_label\.tsv:\d+: 'LOC' is no IOB2 label"),
        ("three_columns_in_two.txt", r"three_columns_in_two\.txt:2: 3 column"),
        ("latin1_declared_utf8.txt", r"latin1_declared_utf8\.txt:2: byte 0xe1"),
    ],
)
def test_a_malformed_file_is_refused_and_nothing_is_written(name, message, tmp_path) -> None:
    with pytest.raises(OpenNERError, match=message):
        repair_file(open_file(FIXTURES / name, UTF8), tmp_path / "out.txt")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(FormatError, match=r"empty\.txt: the file is empty"):
        open_file(FIXTURES / "empty.txt")


def seqscore_command(*arguments: str | Path) -> None:
    program = "import sys; from seqscore.scripts.seqscore import cli; cli()"
    subprocess.run([sys.executable, "-c", program, *map(str, arguments)], check=True, capture_output=True)


@pytest.mark.parametrize("method", ["conlleval", "discard"])
def test_the_same_bytes_as_seqscores_command_line(flawed, method) -> None:
    ours, repaired, theirs = (flawed.with_name(name) for name in ("ours", "repaired", "theirs"))
    repair_file(open_file(flawed, AS_IOB2), ours, method, "BIOES")
    seqscore_command("repair", "--labels", "BIO", "--repair-method", method, "-q", flawed, repaired)
    seqscore_command("convert", "--input-labels", "BIO", "--output-labels", "BIOES", repaired, theirs)
    assert ours.read_text().split() == theirs.read_text().split()


@given(rows=label_rows(IOB2), method=st.sampled_from(["conlleval", "discard"]))
@settings(deadline=None)  # the first example imports what guesses
def test_the_same_mentions_as_seqscore_from_the_same_file(rows, method, tmp_path_factory) -> None:
    folder = tmp_path_factory.getbasetemp()
    conll.write(folder / "in.tsv", from_rows(with_tokens(rows)))
    repair_file(open_file(folder / "in.tsv", AS_IOB2), folder / "out.tsv", method, "BIOES")

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
        repair_file(open_file(FIXTURES / "missing_label.txt"), tmp_path / "out.txt")


def test_the_command_does_without_pandas(flawed) -> None:
    # Importing it takes longer than repairing a file of a million tokens; Arrow does so where it can.
    program = (
        "import sys; from pathlib import Path; from openner_utils.ownfiles.opening import open_file\n"
        "from openner_utils.ownfiles.count import count; from openner_utils.ownfiles.find import find\n"
        "from openner_utils.ownfiles.writing import repair_file\n"
        "opened = open_file(Path(sys.argv[1])); list(find(opened)); count(opened)\n"
        "repair_file(opened, Path(sys.argv[1]), to='BIOES')\n"
        "sys.exit('pandas' in sys.modules or 'openner_utils.catalog' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program, str(flawed)], check=False).returncode == 0


LINES = st.sampled_from(["", "", "# note", "-DOCSTART- O", " "])


@st.composite
def files(draw: st.DrawFn, valid: bool = False) -> tuple[bytes, str]:
    """A delimited file with all that must stay: mark, line ends, blank lines, comments, other columns; its scheme."""
    encoding = ENCODINGS[draw(st.sampled_from(sorted(ENCODINGS)))]
    rows = draw(label_rows(encoding))
    if valid:
        rows = [list(encoding.encode(encoding.decode(row), len(row))) for row in rows]
    separator = draw(st.sampled_from([" ", "\t"]))
    columns = draw(st.integers(0, 2))
    lines = []
    for row in rows:
        lines += [separator.join(["wörd", *["x"] * columns, label]) for label in row]
        lines += ["", *draw(st.lists(LINES, max_size=2))]
    end = draw(st.sampled_from(["\n", "\r\n"]))
    text = end.join(lines) + draw(st.sampled_from(["", end]))
    return draw(st.sampled_from([b"", b"\xef\xbb\xbf"])) + text.encode(), encoding.name


def as_written(content: bytes, scheme: str, folder: Path) -> tuple[Path, Format]:
    (folder / "in.txt").write_bytes(content)
    separator = "tab" if b"\t" in content else "space"
    options = {"separator": separator, "comment": "#", "label": -1, "token": 0, "docstart": True}
    return folder / "in.txt", Format("delimited", scheme, options)


@given(file=files())
@settings(deadline=None)  # the first example imports what guesses
def test_a_repair_is_undone_from_its_ledger(file, tmp_path_factory) -> None:
    source, format = as_written(*file, tmp_path_factory.getbasetemp())
    out, ledger, back = (source.with_name(name) for name in ("out", "ledger.csv", "back"))
    done = repair_file(open_file(source, format), out, ledger=ledger)
    assert {each.flaw for each in find(open_file(out, format))} <= {"no-mention"}
    assert undo(open_file(out, format), back, ledger) == done.changed
    assert back.read_bytes() == source.read_bytes()


@given(file=files(valid=True), to=st.sampled_from(["IOB1", "IOB2", "BIOES", "BILOU", "BMES"]))
@settings(deadline=None)  # the first example imports what guesses
def test_a_conversion_and_its_return_give_the_same_bytes(file, to, tmp_path_factory) -> None:
    source, format = as_written(*file, tmp_path_factory.getbasetemp())
    out, back = source.with_name("out"), source.with_name("back")
    convert_file(open_file(source, format), out, to)
    convert_file(open_file(out, replace(format, scheme=to)), back, str(format.scheme))
    assert back.read_bytes() == source.read_bytes()


@pytest.mark.parametrize(
    ("content", "options"),
    [
        (b"\xef\xbb\xbfAda\tx\tI-PER\r\nran\tx\tO\r\n", {}),
        ("Ada  I-PER \nr\u00e1n\t O\n".encode(), {"separator": "whitespace"}),
        ("\u00c1da\tI-PER\nran\tO".encode("latin-1"), {"encoding": "latin-1"}),
        ("\u00c1da\tI-PER\nran\tO\n".encode("utf-16"), {"encoding": "utf-16"}),
        (b"# note\n1\tAda\tI-PER\t0\n\n\n\n1\tran\tO\t0\n", {"comment": "# ", "token": 1, "label": 2}),
        (b"1\tAda\t_\t_\t_\t_\t_\t_\t_\tA=1|name=I-PER|B=2\n2\tran\t_\t_\t_\t_\t_\t_\t_\tname=O\n", {}),
    ],
    ids=["mark and returns", "runs of blanks", "latin-1", "utf-16", "comments and columns", "conllu"],
)
def test_only_the_label_changes(content, options, tmp_path) -> None:
    path, out = tmp_path / "in", tmp_path / "out"
    path.write_bytes(content)
    repair_file(open_file(path, Format(scheme="IOB2", options=options)), out)
    old, new = (
        "I-PER".encode(options.get("encoding", "utf-8")),
        "B-PER".encode(options.get("encoding", "utf-8")),
    )
    if options.get("encoding") == "utf-16":
        old, new = old[2:], new[2:]
    assert out.read_bytes() == content.replace(old, new)


def test_validation_goes_on_after_each_flaw(tmp_path) -> None:
    path = tmp_path / "in.tsv"
    path.write_text("a\tB-PER\n\tO\nb\nc\t\nd\tXYZ\ne\tB-LOC\n\nf\tI-LOC\n")
    opened = inspect(raw_file(path))
    assert [(each.line, each.flaw) for each in find(opened)] == [
        (2, "empty-token"), (3, "missing-label"), (4, "empty-label"), (5, "unknown-label"), (8, "transition"),
    ]  # fmt: skip
    assert opened.found.tokens == 6
    allowed = Format(allow=("empty-token", "missing-label", "empty-label", "unknown-label"))
    assert [each.line for each in find(open_file(path, allowed))] == [8]
    repair_file(open_file(path, allowed), path)
    assert path.read_text() == "a\tB-PER\n\tO\nb\nc\tO\nd\tO\ne\tB-LOC\n\nf\tB-LOC\n"


def test_conversion_refuses_what_needs_a_repair(flawed) -> None:
    with pytest.raises(FormatError, match=r"in\.txt:1: invalid transition O → I-PER, and 2 others"):
        convert_file(open_file(flawed, AS_IOB2), flawed.with_name("out"), "BIOES")


def test_types_get_standardized_names_and_core_types(tmp_path) -> None:
    path, out = tmp_path / "in.tsv", tmp_path / "out.tsv"
    path.write_text("a\tB-person\nb\tI-person\nc\tB-fac\nd\tB-date\ne\tB-what\n")
    with pytest.raises(OpenNERError, match="no standardized name is certain for what"):
        standardize_file(open_file(path), out, {})
    standardize_file(open_file(path), out, {"what": ""})
    assert out.read_text() == "a\tB-PER\nb\tI-PER\nc\tB-FACILITY\nd\tB-DATE\ne\tO\n"
    standardize_file(open_file(path), out, {"what": "GPE"}, core=True)
    assert out.read_text() == "a\tB-PER\nb\tI-PER\nc\tB-LOC\nd\tO\ne\tB-LOC\n"
    with pytest.raises(OpenNERError, match="Give --map what=EVENT"):
        standardize_file(open_file(path), out, {"what": "EVNT"})


def test_json_and_spans_become_two_columns(tmp_path) -> None:
    convert_file(open_file(FIXTURES / "token_lists.json"), tmp_path / "out", "BIOES")
    assert (tmp_path / "out").read_text().split("\n\n")[0] == "Ada\tS-PER\nran\tO"
    (tmp_path / "a.txt").write_text("Ada Lo ran\n")
    (tmp_path / "a.ann").write_text("T1\tPER 0 6\tAda Lo\n")
    for name in ("a.txt", "a.ann"):
        convert_file(open_file(tmp_path / name), tmp_path / "out", "BIOES")
        assert (tmp_path / "out").read_text() == "Ada\tB-PER\nLo\tE-PER\nran\tO\n\n"


def test_labels_spelled_otherwise_are_written_as_they_were(tmp_path) -> None:
    path, out = tmp_path / "in.txt", tmp_path / "out.txt"
    path.write_text("a OUT\nb OUT\nc OUT\nd OUT\ne I-PER\nf OUT\n\ng B-LOC\n")
    repair_file(open_file(path), out)
    assert out.read_text() == path.read_text().replace("I-PER", "B-PER")
    assert count(open_file(path)).mentions == {"LOC": 1, "PER": 1}


def test_a_ledger_of_another_file_is_refused(flawed) -> None:
    ledger = flawed.with_name("ledger.csv")
    repair_file(open_file(flawed, AS_IOB2), flawed.with_name("out"), ledger=ledger)
    with pytest.raises(FormatError, match=r"ledger\.csv:2: line 1 of .* does not have the label B-PER"):
        undo(open_file(flawed, AS_IOB2), flawed.with_name("back"), ledger)


def test_a_folder_gives_its_files(tmp_path) -> None:
    for name in ("b/x.txt", "README.md", ".hidden", "a.tsv", "b/y.ann"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("a O\n")
    found = files_of(tmp_path)
    assert [file.relative_to(tmp_path).as_posix() for file in found] == ["a.tsv", "b/x.txt", "b/y.ann"], (
        "annotations without their text are to be named"
    )
    targets = [destination(inspect(raw_file(file)), tmp_path, Path("out")) for file in found[:2]]
    assert targets == [Path("out/a.tsv"), Path("out/b/x.txt")]
