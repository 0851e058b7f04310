"""Patches for publishers: git takes them, and nothing but labels changes."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.catalog import Card
from openner_utils.exports import upstream
from openner_utils.support.errors import OpenNERError
from tests import reading

LONG = "".join(f"w{n} O\n" for n in range(12))
CORPORA = {
    "plain": ({"separator": "space"}, b"Ada I-PER\nran O\n\nOslo B-LOC\n"),
    "no final line end": ({"separator": "space"}, b"a O\n\nAda I-PER"),
    "mark and returns": ({}, b"\xef\xbb\xbfAda\tI-PER\r\nran\tO\r\n\r\nLo\tI-PER\r\n"),
    "latin-1": ({"encoding": "latin-1"}, "\u00c1da\tI-PER\nr\u00e1n\tO\n".encode("latin-1")),
    "runs of blanks": ({"separator": "whitespace"}, b"Ada  \tI-PER \nran O\n"),
    "columns": ({"token": 1, "label": 2, "comment": "#"}, b"# a\n1\tAda\tI-PER\tO\n2\tran\tO\tO\n"),
    "several hunks": ({"separator": "space"}, f"A I-PER\n{LONG}B I-LOC\nc I-PER\n{LONG}D I-ORG\n".encode()),
}


def corpus(folder: Path, content: bytes, name: str = "data/te st.txt", **fields: object) -> Card:
    """Write an invented corpus of one file and return its card."""
    file = {"path": name, "language": "eng", "split": "train", "bytes": 1, "sha256": "0" * 64}
    path = folder / "tiny" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    reader = str(fields.pop("reader", "delimited"))
    return reading.card(reader, fields.pop("options", {}), files=[file], **fields)  # type: ignore[arg-type]


def applied(folder: Path, patch: bytes) -> None:
    """Apply a patch in the corpus's folder as its publisher would."""
    where = folder / "tiny"
    (folder / "labels.patch").write_bytes(patch)
    for words in (["init", "-q"], ["apply", "--check", "../labels.patch"], ["apply", "../labels.patch"]):
        subprocess.run(
            ["git", "-c", "core.autocrlf=false", *words], cwd=where, check=True, capture_output=True
        )


@pytest.mark.parametrize("name", CORPORA)
def test_git_applies_the_patch(name: str, tmp_path: Path) -> None:
    options, content = CORPORA[name]
    card = corpus(tmp_path, content, options=options)
    made = upstream.patch(card, tmp_path)
    assert sum(rules.total() for rules in made.changed.values()) == made.content.count(
        b"\n-"
    ) - made.content.count(b"\n--- ")
    applied(tmp_path, made.content)
    after = (tmp_path / "tiny" / "data/te st.txt").read_bytes()
    assert after != content and after.replace(b"B-", b"I-") == content.replace(b"B-", b"I-")
    assert upstream.patch(card, tmp_path).content == b"", "the next patch has nothing to do"


def test_spelling_and_named_faults(tmp_path: Path) -> None:
    content = b"a OUT\nb I-PER\nc B--PER\n"
    card = corpus(
        tmp_path, content, "f.txt", options={"separator": "space"}, spelling={"OUT": "O"}, faults={"B--PER": "B-PER"}
    )  # fmt: skip
    made = upstream.patch(card, tmp_path).content
    assert b"-b I-PER\n-c B--PER\n+b B-PER\n+c B-PER\n" in made
    applied(tmp_path, made)
    assert (tmp_path / "tiny" / "f.txt").read_bytes() == b"a OUT\nb B-PER\nc B-PER\n"


def test_conllu_changes_one_value(tmp_path: Path) -> None:
    row = b"1\tAda" + b"\t_" * 7 + b"\tA=1|name=I-PER|B=2\n"
    card = corpus(tmp_path, b"# text = Ada\n" + row, "a.conllu", reader="conllu")
    applied(tmp_path, upstream.patch(card, tmp_path).content)
    assert row.replace(b"I-PER", b"B-PER") in (tmp_path / "tiny" / "a.conllu").read_bytes()


def test_conllu_plus_has_its_label_where_the_first_line_says(tmp_path: Path) -> None:
    content = b"# global.columns = ID FORM X:NER MISC\n1\tAda\tI-PER\t_\n"
    card = corpus(tmp_path, content, "a.conllup", reader="conllu_plus", options={"column": "X:NER"})
    applied(tmp_path, upstream.patch(card, tmp_path).content)
    assert (tmp_path / "tiny" / "a.conllup").read_bytes() == content.replace(b"I-PER", b"B-PER")


def test_changed_lines_stand_under_their_rules(tmp_path: Path) -> None:
    content = b"a B-PER\nb O\nc I-PER\nd B-PRE\n"
    card = corpus(
        tmp_path, content, "f.txt", options={"separator": "space"}, scheme="IOB1", faults={"B-PRE": "I-PER"}
    )
    assert upstream.patch(card, tmp_path).changed == {
        "f.txt": {"not as the scheme writes it": 1, "fault named by the card": 1}
    }
    card = corpus(tmp_path, b"a O\nb I-PER\n", "f.txt", options={"separator": "space"})
    assert upstream.patch(card, tmp_path).changed == {"f.txt": {"conlleval": 1}}


@pytest.mark.parametrize(
    ("reader", "why"),
    [("brat", "text with spans"), ("json_spans", "text with spans"), ("json_tokens", "no line of its own")],
)
def test_formats_without_lines_of_labels_say_so(reader: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(OpenNERError, match=f"No patch can be made for tiny: .*{why}"):
        upstream.patch(corpus(tmp_path, b"", reader=reader), tmp_path)


def test_utf_16_is_binary_to_git(tmp_path: Path) -> None:
    card = corpus(tmp_path, "Ada\tI-PER\n".encode("utf-16"), options={"encoding": "utf-16"})
    with pytest.raises(OpenNERError, match="git takes UTF-16 for binary"):
        upstream.patch(card, tmp_path)


@given(
    lines=st.lists(st.tuples(st.sampled_from([b"a", b"", b"b\r"]), st.booleans()), min_size=1, max_size=30),
    closed=st.booleans(),
)
def test_git_applies_any_diff(
    lines: list[tuple[bytes, bool]], closed: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    lines = [*lines, (b"end", False)]
    end = b"\n" if closed else b""
    before = b"\n".join(text for text, _ in lines) + end
    after = b"\n".join(text + b"!" * changed for text, changed in lines) + end
    made = b"".join(upstream.diff("f", before, after))
    assert bool(made) == (before != after)
    if made:
        folder = tmp_path_factory.mktemp("diff")
        (folder / "tiny").mkdir()
        (folder / "tiny" / "f").write_bytes(before)
        applied(folder, made)
        assert (folder / "tiny" / "f").read_bytes() == after
