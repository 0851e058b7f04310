"""Delimited columns: one small file for each trouble, and properties over any file."""

import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from openner_utils import readers
from openner_utils.core.columns import from_rows
from openner_utils.exports import conll
from openner_utils.readers import delimited
from openner_utils.readers.layout import Layout, RawFile
from openner_utils.readers.reading import Nested, Reading
from openner_utils.support.errors import FormatError, OpenNERError
from tests.reading import FIXTURES, FLAWS, card, documents, fixture, read, sentences

TAB, SPACE = {"separator": "tab"}, {"separator": "space"}


@pytest.mark.parametrize(
    ("name", "options", "allow", "expected", "counts"),
    [
        ("bom_first_token.txt", SPACE, (), ["Ada/B-PER ran/O"], {"byte order mark": 1}),
        ("crlf.tsv", TAB, (), ["Ada/B-PER ran/O", "Oslo/B-LOC"], {"carriage return": 4}),
        ("no_final_line_end.txt", SPACE, (), ["Ada/B-PER", "Oslo/B-LOC"], {}),
        ("blank_lines_of_white_space.tsv", TAB, (), ["Ada/B-PER", "Oslo/B-LOC"], {"surplus blank line": 5}),
        (
            "docstart_between_sentences.txt",
            SPACE | {"docstart": True},
            (),
            ["Ada/B-PER", "ran/O", "Oslo/B-LOC", "Linz/B-LOC"],
            {"-DOCSTART- line": 4},
        ),
        ("comment_lines.tsv", {"comment": "#"}, (), ["Oslo/B-LOC"], {"comment line": 5}),
        ("empty_label.tsv", TAB, (), ["Ada/B-PER Lovelace/ ran/O"], {}),
        (
            "missing_label.txt",
            SPACE,
            ("missing-label",),
            ["Ada/B-PER Lovelace/\x00 ran/O"],
            {"missing label": 1},
        ),
        ("empty_token.txt", SPACE, ("empty-token",), ["Ada/B-PER Oslo/I-LOC", "ran/O"], {}),
        (
            "three_columns_in_two.txt",
            SPACE,
            ("column-count",),
            ["Ada/B-PER ran/O Oslo/B-LOC"],
            {"line with another number of columns": 1},
        ),
        (
            "surrogate_halves_on_two_lines.tsv",
            TAB | {"surrogates": True},
            ("empty-token",),
            ["a/O \U0001f48a/B-PER b/O"],
            {"surrogate halves joined": 1},
        ),
        ("separator_in_token.txt", SPACE | {"rest": True}, (), ["Ada Lovelace B./B-PER ran/O", "a/O"], {}),
        ("latin1_declared_utf8.txt", SPACE | {"encoding": "latin-1"}, (), ["Ada/B-PER Cádiz/B-LOC"], {}),
        (
            "sentence_id_no_blank_lines.tsv",
            TAB | {"label": 1, "sentence_id": 2, "header": True},
            (),
            ["Ada/BNEP ran/O", "Oslo/BNEL", "Ada/BNEP"],
            {"header line": 1},
        ),
        ("io_without_prefix.tsv", TAB, (), ["Ada/PER Lovelace/PER Oslo/LOC"], {}),
        (
            "nested_second_column.tsv",
            TAB | {"token": 1, "label": 2, "extra": 3},
            (),
            ["University/B-ORG of/I-ORG Oslo/I-ORG"],
            {"inner layer label": 1},
        ),
        (
            "runs_of_blanks.txt",
            {"separator": "whitespace"},
            (),
            ["Ada/B-PER ran/O", "Oslo/B-LOC"],
            {"carriage return": 1},
        ),
        ("separators_of_unicode.tsv", TAB, (), ["a\u00a0b/O \u2028/O \x85x/O"], {}),
    ],
)
def test_what_is_read(
    name: str, options: dict[str, Any], allow: tuple[str, ...], expected: list[str], counts: dict[str, int]
) -> None:
    reading = fixture(name, card("delimited", options, allow=allow))
    assert sentences(reading) == expected
    assert reading.counts == counts


@pytest.mark.parametrize(
    ("name", "options", "line", "what"),
    [
        ("missing_label.txt", SPACE, 2, "1 column.* where the other lines have 2.*allow missing-label"),
        ("empty_token.txt", SPACE, 2, "empty token.*allow empty-token"),
        ("three_columns_in_two.txt", SPACE, 2, "3 column.* have 2.*allow column-count"),
        ("two_blanks_between_columns.txt", SPACE, 2, "3 column"),
        ("one_column_file.txt", SPACE, 1, "1 column.* where 2 are needed"),
        ("crlf.tsv", SPACE, 1, "1 column.*or correct separator or token or label on the card tiny"),
        ("crlf.tsv", TAB | {"label": 5}, 1, "2 column.* where 6 are needed"),
        (
            "latin1_declared_utf8.txt",
            SPACE,
            2,
            "byte 0xe1 is not valid utf-8.*correct encoding on the card tiny",
        ),
        ("nul_byte.txt", SPACE, 2, "NUL byte"),
        ("carriage_return_inside.tsv", TAB, 2, "3 column"),
        ("bom_first_token.txt", SPACE | {"encoding": "utf8x"}, 0, "'utf8x' is no text encoding"),
    ],
)
def test_what_is_refused_names_file_and_line(
    name: str, options: dict[str, Any], line: int, what: str
) -> None:
    place = f"{name}:{line}: " if line else f"{name}: "
    with pytest.raises(FormatError, match=what) as caught:
        fixture(name, card("delimited", options))
    assert place in str(caught.value)


@pytest.mark.parametrize(
    ("name", "options", "scheme", "expected"),
    [
        (
            "two_inner_columns.txt",
            SPACE | {"label": 1, "extra": [2, 3]},
            "IOB2",
            [(3, 0, 2, 4, "LOC", 1), (4, 0, 3, 4, "CITY", 2), (6, 1, 0, 1, "LOC", 2)],
        ),
        (
            "nested_second_column.tsv",
            TAB | {"token": 1, "label": 2, "extra": -1},
            "IOB1",
            [(3, 0, 2, 3, "LOC", 1)],
        ),
    ],
)
def test_inner_layers_are_kept_and_read_as_conlleval_reads_them(name, options, scheme, expected) -> None:
    of = card("delimited", options, scheme=scheme)
    assert fixture(name, of).layers == tuple(Nested(*row) for row in expected)
    assert not fixture(name, card("delimited", options | {"extra": None})).layers


@pytest.mark.parametrize(
    ("name", "what", "flaw"),
    [
        ("inner_label_unknown.tsv", "inner layer 1: 'B_PER' is no IOB2 label", "unknown-label"),
        ("inner_label_empty.tsv", "inner layer 1: empty label", "empty-label"),
    ],
)
def test_an_inner_label_that_is_none_is_refused_unless_allowed(name: str, what: str, flaw: str) -> None:
    options = TAB | {"token": 1, "label": 2, "extra": 3}
    with pytest.raises(FormatError, match=f"{name}:2: {what}.*allow {flaw}"):
        fixture(name, card("delimited", options))
    allowed = fixture(name, card("delimited", options, allow=(flaw,)))
    assert not allowed.layers and allowed.counts == {"inner layer label": 1}


def test_lines_may_lack_the_label_of_an_inner_layer() -> None:
    raw = RawFile(FIXTURES / "f", "f", b"University\tB-ORG\nof\tI-ORG\nTurku\tI-ORG\tB-LOC\nsang\tO\n")
    found = readers.read(raw, Layout("delimited", {"label": 1, "extra": 2}))
    assert found.layers == (Nested(3, 0, 2, 3, "LOC", 1),)
    assert (found.faults, found.counts) == ((), {"inner layer label": 1})
    (fault,) = readers.read(raw, Layout("delimited", {"label": 1})).faults
    assert (fault.line, fault.flaw) == (3, "column-count")


def test_inner_labels_are_spelled_and_corrected_as_the_card_says() -> None:
    options = TAB | {"token": 1, "label": 2, "extra": 3}
    of = card("delimited", options, faults={"B_PER": "B-PER"}, spelling={"B-LOC": "X"})
    assert fixture("inner_label_unknown.tsv", of).layers == (Nested(2, 0, 1, 2, "PER", 1),)


@pytest.mark.parametrize(
    ("content", "encoding", "what"),
    [
        (
            b"a\tO\n\xed\xa0\xbd\tO\n",
            "utf-8",
            r":2: byte 0xed is not valid utf-8 \(it begins half of a surrogate",
        ),
        (b"a\tO\n\\ud83d\tO\n", "unicode_escape", ":2: half of a surrogate pair"),
        (b"a\tO\n", "undefined", ": not valid undefined"),
        (b"a\tO\n", "rot13", ": 'rot13' is no text encoding"),
        (b"a\tO\n", "a\0", r": 'a\\x00' is no text encoding"),
        (b"a\tO\n\xff", "punycode", "any.tsv"),
        (b"a\x00\n\x00a", "utf-16-le", "any.tsv:2: .*is not valid utf-16-le"),
    ],
)
def test_text_that_its_encoding_cannot_hold(content: bytes, encoding: str, what: str, tmp_path: Any) -> None:
    path = tmp_path / "any.tsv"
    path.write_bytes(content)
    of = card("delimited", {"encoding": encoding})
    with pytest.raises(FormatError, match=what):
        read(path, of, of.files[0])


def test_emoji_as_two_surrogate_halves_on_two_lines_are_named() -> None:
    with pytest.raises(FormatError, match=r"two_lines\.txt:2: byte 0xed .*half of a surrogate pair"):
        fixture("surrogate_halves_on_two_lines.txt", card("delimited"))


@pytest.mark.parametrize("name", ["empty.txt", "only_comments.tsv"])
def test_a_file_without_a_sentence_is_refused(name: str) -> None:
    with pytest.raises(FormatError, match="holds no sentence"):
        fixture(name, card("delimited", {"comment": "#"}))


def test_allowing_every_flaw_does_not_let_a_hidden_line_end_pass() -> None:
    with pytest.raises(FormatError, match=r"inside\.tsv:2: carriage return inside the line"):
        fixture("carriage_return_inside.tsv", card("delimited", TAB, allow=FLAWS))


def test_a_sentence_of_empty_tokens_keeps_one_with_a_replacement_character() -> None:
    reading = fixture("sentence_of_empty_token.txt", card("delimited", SPACE, allow=FLAWS))
    assert any(sentence.startswith("\ufffd/") for sentence in sentences(reading))
    (row,) = reading.changes
    assert (row.token, row.before, row.after, row.rule) == (0, "", "\ufffd", "token: empty")


def test_removed_tokens_are_recorded_with_their_place() -> None:
    reading = fixture("empty_token.txt", card("delimited", SPACE, allow=("empty-token",)))
    found = [(r.line, r.sentence, r.token, r.before, r.after, r.rule) for r in reading.changes]
    assert found == [(2, 0, 1, "O", None, "empty-token"), (4, 0, 3, "I-LOC", None, "empty-token")]
    assert reading.columns.lines.tolist() == [1, 3, 6]


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("docstart_between_sentences.txt", SPACE | {"docstart": True}, [2, 1, 1]),
        ("docstart_between_sentences.txt", SPACE, [5]),
        ("comment_lines.tsv", {"comment": "# "}, [1, 1, 1]),
    ],
)
def test_documents(name: str, options: dict[str, Any], expected: list[int]) -> None:
    assert documents(fixture(name, card("delimited", options, allow=FLAWS))) == expected


@pytest.mark.parametrize(
    ("of", "message"),
    [
        (card("delimeted"), "Unknown reader 'delimeted'. Did you mean 'delimited'"),
        (card("delimited", {"seperator": "tab"}), "card tiny: options: .*Did you mean 'separator'"),
        (card("delimited", {"separator": "comma"}), "card tiny: options: separator"),
    ],
)
def test_wrong_reader_or_option_gets_the_nearest_name(of: Any, message: str) -> None:
    with pytest.raises(OpenNERError, match=message):
        fixture("crlf.tsv", of)


# --- any file -----------------------------------------------------------------------------------------------

LINES = [
    "Ada B-PER",
    "ran O",
    "Oslo I-LOC",
    "",
    "-DOCSTART- O",
    "# newdoc",
    "# note",
    " O",
    "x",
    "a b O",
    " ",
    "y ",
]
options = st.fixed_dictionaries(
    {"separator": st.sampled_from(["space", "tab", "whitespace"])},
    optional={
        "docstart": st.booleans(),
        "comment": st.just("#"),
        "header": st.booleans(),
        "sentence_id": st.sampled_from([0, 1]),
        "extra": st.sampled_from([1, -1, (1, 2)]),
        "id": st.just(0),
        "token": st.sampled_from([0, 1, -1]),
        "label": st.sampled_from([0, 1, 2, -1]),
        "encoding": st.sampled_from(["latin-1", "utf-16"]),
    },
)
flaws = st.lists(st.sampled_from(FLAWS), unique=True)
likely = st.lists(st.sampled_from(LINES), max_size=14).flatmap(
    lambda lines: st.sampled_from([b"\n", b"\r\n"]).map(lambda end: end.join(s.encode() for s in lines) + end)
)


def outcome(path: Any, of: Any) -> Reading | OpenNERError:
    try:
        return read(path, of, of.files[0])
    except OpenNERError as error:
        return error


@given(content=st.binary(max_size=60) | likely, options=options, allow=flaws)
@example(content=b"\xef\xbb\xbf", options={"separator": "tab"}, allow=[])
@example(content=b"\xff\xfea", options={"separator": "tab", "encoding": "utf-16"}, allow=[])
def test_any_bytes_give_a_reading_or_an_error_that_names_the_file(
    content: bytes, options: dict[str, Any], allow: list[str], tmp_path_factory: Any
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.bytes"
    path.write_bytes(content)
    found = outcome(path, card("delimited", options, allow=allow))
    assert isinstance(found, Reading) or re.search(r"any\.bytes|Name each column once", str(found))


@given(content=likely)
def test_every_token_line_is_a_token_or_a_removal(content: bytes, tmp_path_factory: Any) -> None:
    path = tmp_path_factory.getbasetemp() / "tokens.txt"
    path.write_bytes(content)
    found = outcome(path, card("delimited", {"separator": "space"}, allow=FLAWS))
    lines = content.decode().replace("\r\n", "\n").split("\n")
    if isinstance(found, Reading):
        taken = {*found.columns.lines.tolist(), *(removal.line for removal in found.changes)}
        assert taken == {number for number, line in enumerate(lines, 1) if line.strip()}
        dropped = [removal for removal in found.changes if removal.after is None]
        assert len(taken) == len(found.columns) + len(dropped)
        for token, number in zip(found.columns.tokens.to_pylist(), found.columns.lines, strict=True):
            assert token == (lines[number - 1].split(" ")[0] or "\ufffd")


@given(content=likely, options=options, allow=flaws)
@example(
    content=b"x\nx\n\nAda B-PER\n\nran O\nran O\nran O\n",
    options={"separator": "space"},
    allow=["missing-label"],
)
@example(content=b"a b O\n\nran O\n\nran O\n", options={"separator": "space"}, allow=[])
@example(
    content=b"ran O\n\n\n\n-DOCSTART- O\n\nran O\n",
    options={"separator": "space", "docstart": True},
    allow=[],
)
def test_reading_in_pieces_equals_reading_at_once(
    content: bytes, options: dict[str, Any], allow: list[str], tmp_path_factory: Any
) -> None:
    path = tmp_path_factory.getbasetemp() / "pieces.txt"
    path.write_bytes(content)
    of = card("delimited", options, allow=allow)
    whole = outcome(path, of)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "PIECE", 1)
        pieces = outcome(path, of)
    if isinstance(whole, OpenNERError):
        assert str(pieces) == str(whole)
        return
    assert isinstance(pieces, Reading)
    assert list(pieces.columns.rows()) == list(whole.columns.rows())
    assert pieces.columns.documents.tolist() == whole.columns.documents.tolist()
    assert pieces.columns.lines.tolist() == whole.columns.lines.tolist()
    assert (pieces.changes, pieces.counts, pieces.layers) == (whole.changes, whole.counts, whole.layers)


words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n\r\t\x00"), min_size=1).filter(
    lambda word: word.strip(" ") and not word.startswith("\ufeff")
)
rows = st.lists(
    st.lists(st.tuples(words, st.sampled_from(["O", "B-PER", "I-LOC"])), min_size=1, max_size=4),
    min_size=1,
    max_size=4,
)


@given(rows=rows)
def test_what_is_written_is_read_again(rows: list[list[tuple[str, str]]], tmp_path_factory: Any) -> None:
    written = from_rows([tuple(zip(*row, strict=True)) for row in rows])
    path = tmp_path_factory.getbasetemp() / "written.tsv"
    conll.write(path, written)
    reading = delimited.read(RawFile.open(path), Layout("delimited"))
    assert list(reading.columns.rows()) == list(written.rows())
    assert reading.columns.lines.tolist() == written.lines.tolist()
    assert not reading.changes


@pytest.mark.parametrize("token", ["a b", "a\tb", "a\nb"])
def test_a_token_that_the_format_cannot_hold_is_refused(token: str, tmp_path: Any) -> None:
    separator = " " if " " in token else "\t"
    with pytest.raises(OpenNERError, match=r"token .* holds the separator or a line end"):
        conll.write(tmp_path / "out.txt", from_rows([(["x", token], ["O", "O"])]), separator)
    assert not (tmp_path / "out.txt").exists()
