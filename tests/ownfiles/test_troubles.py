"""Troubles that people reported with their files, each in a few lines, and what is right for them."""

import json
import subprocess
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openner_utils.core.encoding import IOB2
from openner_utils.ownfiles.count import count
from openner_utils.ownfiles.find import find
from openner_utils.ownfiles.format import Format
from openner_utils.ownfiles.opening import Opened, inspect, open_file
from openner_utils.ownfiles.score_files import score_files
from openner_utils.ownfiles.undoing import undo
from openner_utils.ownfiles.writing import convert_file, repair_file
from openner_utils.readers.layout import RawFile
from openner_utils.support.errors import FormatError, OpenNERError
from tests.strategies import label_rows

TAB = {"separator": "tab", "token": 0, "label": 1}
TSV = Format("delimited", "IOB2", TAB)
EVERY = ("empty-label", "empty-token", "missing-label", "unknown-label")


def of(text: str | bytes, format: Format | None = TSV) -> Opened:
    content = text if isinstance(text, bytes) else text.encode()
    return inspect(RawFile(Path("f"), "f", content), format)


@pytest.mark.parametrize(
    ("label", "flaw", "what"),
    [
        ("I-PER ", "slip", "white space around"),
        ("I-PER\u00a0", "slip", r"'I-PER\xa0'"),
        (" I-PER", "slip", "white space around"),
        ("I- PER", "slip", "white space around"),
        ("I-PER\u200b", "slip", r"\u200b"),
        ('"I-PER"', "unknown-label", "quotes at"),
        ("I-PER'", "unknown-label", "quotes at"),
        ("“I-PER”", "unknown-label", "quotes at"),
        ("I-ORG|B-LOC", "unknown-label", "several layers"),
        ("I-ORG+B-LOC", "unknown-label", "several layers"),
        ("O|B-LOC", "unknown-label", "several layers"),
        ("I-ORG_O", "unknown-label", "several layers"),
        ("I-ORG_B-LOC", "unknown-label", "several layers"),
        ("I-ORG O", "unknown-label", "several layers"),
        ("O O", "unknown-label", "several layers"),
        ("I-PER|0.98", "unknown-label", "a number is glued"),
        ("O|0.1", "unknown-label", "a number is glued"),
        ("I-PER (0.7)", "unknown-label", "a number is glued"),
        ("I-PER,", "unknown-label", "',' at the end"),
        ("O,", "unknown-label", "',' at the end"),
        ("I--PER", "unknown-label", "two hyphens"),
        ("(PER*", "unknown-label", "a bracket"),
        ("I-PER)", "unknown-label", "a bracket"),
        ("[I-PER]", "unknown-label", "a bracket"),
        ("I", "unknown-label", "'I' is no IOB2 label"),
        ("B", "unknown-label", "'B' is no IOB2 label"),
        ("B-", "unknown-label", "'B-' is no IOB2 label"),
        ("\u041e", "unknown-label", "U+041E CYRILLIC CAPITAL LETTER O"),
        ("\u0412-PER", "unknown-label", "U+0412 CYRILLIC CAPITAL LETTER VE"),
        ("\u0399-PER", "unknown-label", "U+0399 GREEK CAPITAL LETTER IOTA"),
        ("", "empty-label", "empty label"),
    ],
)
def test_a_label_that_is_none_is_a_named_finding_with_a_way_out(label: str, flaw: str, what: str) -> None:
    opened = of(f"Mira\tB-PER\nHalon\t{label}\nmet\tO\n")
    (found,) = [each for each in find(opened) if each.flaw != "transition"]
    assert (found.line, found.flaw) == (2, flaw) and what in found.what
    assert found.hint.startswith(("Correct it", "Take it off"))
    if flaw == "slip":
        assert count(opened.strict()).mentions == {"PER": 1}
        return
    with pytest.raises(FormatError, match=rf"f:2: .*--allow {flaw}") as caught:
        opened.strict()
    assert what in str(caught.value)


@pytest.mark.parametrize(
    "type", ["Drug Name", "PER/ORG", "A|B", "C-D", "AT&T", "f(x)", "x+y", "O'Neil", "ΠΡΟΣ"]
)
def test_types_with_signs_in_them_are_types(type: str) -> None:
    opened = of(f"a\tB-{type}\nb\tI-{type}\nc\tO\n")
    assert [*find(opened)] == [] and count(opened).mentions == {type: 1}


TROUBLES = {
    "a blank inside a label, tabs between columns": (
        "Take\tO\naspirin\tB-Drug Name\nforte\tI-Drug Name\n\nzinc\tB-Drug Name\n.\tO\n", {"Drug Name": 2}, []
    ),
    "a blank after a label": (
        "Mira\tB-PER\nHalon\tI-PER \nmet\tO\nOto\tB-PER \n\nTurku\tB-LOC\nis\tO\n", {"LOC": 1, "PER": 2}, [2, 4]
    ),
    "a no-break space after a label": ("Mira\tB-PER\nHalon\tI-PER\u00a0\nmet\tO\nOto\tB-PER\n", {"PER": 2}, [2]),
    "null instead of labels": (
        '{"tokens": ["Oto", "was"], "ner_tags": ["B-PER", "O"]}\n{"tokens": ["He"], "ner_tags": null}\n', {"PER": 1}, [2]
    ),
    "a line separator in JSON lines": (
        '{"text": "Mira Halon\u2028met Oto.", "label": [[0, 10, "PER"]]}\n{"text": "Oto left.", "label": [[0, 3, "PER"]]}\n',
        {"PER": 2}, []
    ),
    "a first JSON line over 64 KiB": (
        json.dumps({"text": "Oto " * 20_000, "label": [[0, 3, "PER"]]}) + "\n", {"PER": 1}, []
    ),
    "JSON lines in UTF-16": ('{"text": "Oto left.", "label": [[0, 3, "PER"]]}\n'.encode("utf-16"), {"PER": 1}, []),
    "a byte order mark in the middle": (
        "\ufeff-DOCSTART-\tO\n\nMira\tB-PER\nmet\tO\n\n\ufeff-DOCSTART-\tO\n\nOto\tB-PER\nleft\tO\n", {"PER": 2}, [6]
    ),
    "a token like a document mark, which columns could not hold": (
        '{"tokens": ["-DOCSTART-", "Oto"], "tags": ["O", "B-PER"]}\n', {"PER": 1}, [1]
    ),
    "a type that begins with a hyphen": ("rif\tO\nla\t-O\ncam\tO\ndella\tO\nprof\tO\n.\tO\n\nCon\tO\ngli\tO\nocc\tO\nsul\tO\n", {}, [2]),
    "letters of another script in labels": (
        "Mira\tB-PER\nHalon\tI-PER\nmet\tO\nOto\tB-PER\nin\t\u041e\nTurku\tB-LOC\n", {"LOC": 1, "PER": 2}, [5]
    ),
}  # fmt: skip


@pytest.mark.parametrize(("content", "mentions", "lines"), TROUBLES.values(), ids=TROUBLES.keys())
def test_troubles(content: str | bytes, mentions: dict[str, int], lines: list[int]) -> None:
    opened = of(content, None)
    assert count(opened).mentions == mentions
    assert [each.line for each in find(opened)] == lines


@pytest.mark.parametrize(
    "content",
    ["", "\n\n", "Oto saw Mira in Turku.\nIt rained all day long.\n", "a\tO\nb\tO\n", "a O\nb O\n\nc O\n"],
    ids=["empty", "blank", "prose", "all O", "all O, blanks"],
)
def test_a_file_in_which_no_label_is_recognized_is_never_without_problems(content: str) -> None:
    try:
        found = [*find(of(content, None))]
    except OpenNERError:
        return
    assert [each.flaw for each in found] == ["no-mention"]


def test_layers_in_one_cell_are_refused_and_no_mention_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "in.tsv"
    path.write_text("the\tO\nUniversity\tB-ORG\nof\tI-ORG\nTurku\tI-ORG|B-LOC\nhired\tO\nMira\tB-PER\n")
    for format in (None, TSV):
        with pytest.raises(FormatError, match=r"in\.tsv:4: .*several layers"):
            repair_file(open_file(path, format), tmp_path / "out.tsv")
    assert not (tmp_path / "out.tsv").exists()


def test_what_a_repair_says_it_changed_is_what_it_changed(tmp_path: Path) -> None:
    path, out, again = (tmp_path / name for name in ("in.tsv", "out.tsv", "again.tsv"))
    path.write_text("Mira\tI-PER\nHalon\tI-LOC\nleft\nX\tB-LOC\nY\tI-LOC\n")
    allowed = Format(allow=("missing-label",))
    assert repair_file(open_file(path, allowed), out).changed == 2
    assert out.read_text() == "Mira\tB-PER\nHalon\tB-LOC\nleft\nX\tB-LOC\nY\tI-LOC\n"
    assert repair_file(open_file(out, allowed), again).changed == 0
    assert again.read_bytes() == out.read_bytes()


def test_tokens_that_differ_in_normalization_only_are_said_to(tmp_path: Path) -> None:
    gold, found = tmp_path / "gold.tsv", tmp_path / "found.tsv"
    gold.write_text("Bj\u00f6rn\tB-PER\nleft\tO\n")
    found.write_text("Bjo\u0308rn\tB-PER\nleft\tO\n")
    with pytest.raises(FormatError, match="differ in Unicode normalization only"):
        score_files(gold, [found])


# --- any labels, dressed in any way -------------------------------------------------------------------------

DRESS = st.sampled_from(
    [
        "{}",
        "{}",
        "{}",
        "{} ",
        " {}",
        "{}\u00a0",
        "{}\u200b",
        '"{}"',
        "{}|B-LOC",
        "({}",
        "{})",
        "",
        "B",
        "I",
        "-",
    ]
)


@st.composite
def dressed(draw: st.DrawFn) -> list[list[tuple[str, str]]]:
    """Rows of labels of IOB2, each with the way in which it is written."""
    rows = [[(label, draw(DRESS).format(label)) for label in row] for row in draw(label_rows(IOB2))]
    return [[("B-PER", "B-PER"), ("O", "O")], *rows]  # so that it shows how labels are spelled


@given(rows=dressed(), method=st.sampled_from(["conlleval", "discard"]))
@settings(deadline=None)  # the first example imports what guesses
def test_a_repair_writes_what_validates_and_changes_what_it_says(rows, method, tmp_path_factory) -> None:
    folder = tmp_path_factory.getbasetemp()
    path, out = folder / "dressed.tsv", folder / "dressed.out.tsv"
    path.write_text("\n\n".join("\n".join(f"w\t{written}" for _, written in row) for row in rows) + "\n")
    allowed = Format("delimited", "IOB2", TAB, EVERY)
    opened = open_file(path, allowed)
    done = repair_file(opened, out, method)
    assert {each.flaw for each in find(open_file(out, TSV))} <= {"no-mention"}
    lines = [file.read_bytes().split(b"\n") for file in (path, out)]
    assert sum(a != b for a, b in zip(*lines, strict=True)) == done.changed
    undressed = [
        [label if label == written.strip(" \u00a0\u200b") else written for label, written in row]
        for row in rows
    ]
    plain = "\n\n".join("\n".join(f"w\t{label}" for label in row) for row in undressed) + "\n"
    assert labels_in(opened) == labels_in(of(plain, allowed))


def labels_in(opened: Opened) -> list[str]:
    """Return the labels of a file, as its encoding spells them."""
    return [
        label
        for portion in opened.portions()
        for _, labels in opened.meant(portion).rows()
        for label in labels
    ]


def test_a_comment_of_conllu_that_is_glued_to_its_sign_is_one() -> None:
    word = "1\tAda\t_\t_\t_\t_\t_\t_\t_\tname=B-PER\n"
    opened = of(f"# newdoc\n#text = Ada\n{word}\n", None)
    assert count(opened).mentions == {"PER": 1} and [*find(opened)] == []


PAIRED = "Ada\t{}\nLove\t{}\nran\t{}\n"


@pytest.mark.parametrize(
    ("text", "format"),
    [
        ('{"text": "Ada Love ran", "label": [[0, 3, "B-PER"], [4, 8, "I-PER"], [9, 12, "O"]]}\n', None),
        ('{"text": "Ada ran", "label": [[0, 3, "B-PER"]]}\n', None),
        ("<B-PER>Ada</B-PER> <I-PER>Love</I-PER> ran .\nIn <B-LOC>Rome</B-LOC> .\n", None),
        ("[B-PER Ada] [I-PER Love] ran .\n[B-LOC Rome] is .\n", None),
        (PAIRED.format("B-B-PER", "I-I-PER", "O"), TSV),
        *(
            (
                PAIRED.format(*(shape.format(label) for label in ("B-PER", "I-PER", "O"))),
                Format("delimited", None, TAB),
            )
            for shape in ("<{}>", "[{}]", "#{}", "-{}")
        ),
    ],
)
def test_a_type_that_is_a_label_is_refused_with_a_way_out(text: str, format: Format | None) -> None:
    opened = of(text, format)
    assert {each.flaw for each in find(opened)} == {"unknown-label"}
    with pytest.raises(FormatError, match="Correct it"):
        opened.strict()


@pytest.mark.parametrize("type", ["GPE_LOC", "B-cell", "GPE_O-LOC", "A_B", "PER-0.5"])
def test_a_type_with_signs_in_it_is_a_type(type: str) -> None:
    assert [*find(of(PAIRED.format(f"B-{type}", f"I-{type}", "O")))] == []


@pytest.mark.parametrize("labels", ["B-PER O O B-LOC", "B-PER,O,O,B-LOC"])
def test_a_sentence_on_each_line_is_read_by_its_shape(labels: str) -> None:
    text = f"Ada ran to Paris\t{labels}\nBo sat\tB-PER O\n"
    assert of(text, None).format.reader == "csv_sentences"
    with pytest.raises(FormatError, match=r"f:1: a whole sentence on each line: .* no --token or --label"):
        of(text, Format(options={"label": 1}))


@pytest.mark.parametrize("type", ["CAFE\u0301", "P\u00adER", "\u0420ER", "P\u200bER"])
def test_types_that_look_alike_in_one_mention_are_named_and_never_cut(type: str, tmp_path: Path) -> None:
    plain = "CAF\u00c9" if type.startswith("CAF") else "PER"
    path = tmp_path / "f.tsv"
    path.write_text(f"Ada\tB-{plain}\nLove\tI-{type}\nran\tO\n", encoding="utf-8")
    opened = open_file(path, TSV)
    assert {each.flaw for each in find(opened)} == {"transition", "look-alike-type"}
    with pytest.raises(FormatError, match="but looks like it: they differ in") as caught:
        repair_file(opened, tmp_path / "out.tsv")
    command = str(caught.value).partition("Write it in one way: ")[2].removesuffix(".")
    subprocess.run(command.replace("> FILE", "> again.tsv"), shell=True, check=True, cwd=tmp_path)
    again = open_file(tmp_path / "again.tsv", TSV)
    assert [*find(again)] == [] and sum(count(again).mentions.values()) == 1


def test_a_flaw_that_is_allowed_is_told_once() -> None:
    text = "Ada\tx\tB-PER\nBo\nran\tx\tO\n"
    opened = of(text, Format("delimited", "IOB2", TAB | {"label": 2}, ("missing-label",)))
    assert opened.told_passed_over == "f: allowed and passed over: missing-label 1"


def test_memory_grows_with_the_types_of_a_file_and_not_with_their_square(tmp_path: Path) -> None:
    path = tmp_path / "in.tsv"
    path.write_text("".join(f"a\tB-T{n}\nb\tI-T{n}\nc\tO\n\n" for n in range(10_000)))
    tracemalloc.start()
    opened = open_file(path, TSV)
    found = count(opened).mentions
    repair_file(opened, tmp_path / "out.tsv", to="BIOES")
    scored = score_files(path, [path], TSV)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(found) == len(scored.scores[0]["conlleval"]) - 1 == 10_000
    assert peak < 200 << 20


@pytest.mark.parametrize("label", ["O\x07", "\x07O", "O\x1f", "B-PER\x7f", "O\x85"])
def test_a_control_character_at_a_label_is_white_space_and_no_type(label: str) -> None:
    opened = of(f"Mira\tB-PER\nHalon\t{label}\nmet\tO\n")
    assert [(each.line, each.flaw) for each in find(opened)] == [(2, "slip")]
    plain = of("x\tPER\n" + f"y\t{label if 'B' not in label else 'O'}\nz\tO\n" * 3, None)
    assert count(plain).mentions == {"PER": 1}


def test_types_that_look_alike_but_for_their_case_are_found_by_all_commands(tmp_path: Path) -> None:
    path = tmp_path / "f.tsv"
    path.write_text("Ada\tI-b\nran\tO\nBo\tI-\u0412\nOslo\tI-B\n", encoding="utf-8")
    format = Format("delimited", "IO", TAB)
    (found,) = find(open_file(path, format))
    assert (found.line, found.flaw) == (3, "look-alike-type")
    with pytest.raises(FormatError, match=r"f\.tsv:3: .*CYRILLIC CAPITAL LETTER VE"):
        score_files(path, [path], format)


@pytest.mark.parametrize(
    ("text", "format"),
    [
        ("Ada\tB-PER\nran\tO\n", Format("delimited", "IOB2", {"token": 1, "label": -1})),
        ("w,t\nAda,B-PER\nran,O\n", Format("csv_tokens", None, {"token": "t", "label": 1})),
        (
            "# global.columns = ID FORM\n1\tB-PER\n2\tO\n",
            Format("conllu_plus", None, {"column": "FORM"}),
        ),
    ],
)
def test_one_column_is_not_taken_for_tokens_and_for_labels(text: str, format: Format) -> None:
    with pytest.raises(OpenNERError, match=r"taken both for|column and form both name the column 'FORM'"):
        of(text, format)


def test_an_empty_label_beside_labels_in_another_spelling_is_empty() -> None:
    opened = of("Mira\tB_PER\nHalon\tI_PER\nsang\t\nx\t\n", Format("delimited", None, TAB))
    assert count(opened).mentions == {"PER": 1}
    assert [each.flaw for each in find(opened)] == ["empty-label"] * 2


@pytest.mark.parametrize(
    ("label", "options", "lost"),
    [
        ("B-PER", {}, True),
        ("B-PER ", {}, True),
        ("-X-\tB-PER", {"label": -1}, True),
        ("O\tB-PER", {"label": 1, "extra": 2}, True),
        ("O", {}, False),
        ("-X-\tO", {"label": -1}, False),
        ("-X-\t(12)", {"label": -1}, False),
        ("_", {}, False),
    ],
)
def test_a_line_that_begins_a_document_loses_no_mention(
    label: str, options: dict[str, int], lost: bool
) -> None:
    format = Format("delimited", "IOB2", {**TAB, "docstart": True, **options})
    opened = of(f"-DOCSTART-\t{label}\n\nx\tO\tB-PER\n\n-DOCSTART-\t{label}\n", format)
    marks = [(each.line, each.flaw) for each in find(opened) if each.flaw == "document-mark"]
    assert marks == ([(1, "document-mark"), (5, "document-mark")] if lost else [])


def test_a_document_mark_with_a_mention_is_read_as_a_token_as_its_hint_says() -> None:
    text = "-DOCSTART-\tB-PER\n\nx\tB-PER\nran\tO\n"
    with pytest.raises(FormatError, match=r"f:1: .*'B-PER'.*--option docstart="):
        of(text, None).strict()
    opened = of(text, Format(options={"docstart": False}))
    assert count(opened.strict()).mentions == {"PER": 2} and "begin documents" not in opened.told


@pytest.mark.parametrize("token", ["-DOCSTART-", "-DOCSTART-x"])
def test_a_token_that_columns_cannot_hold_is_refused_before_they_are_written(
    token: str, tmp_path: Path
) -> None:
    path, out = tmp_path / "f.jsonl", tmp_path / "out"
    rows = ([["Ada", "ran"], ["B-PER", "O"]], [[token, "ran"], ["B-PER", "O"]])
    path.write_text("".join(json.dumps({"tokens": a, "ner_tags": b}) + "\n" for a, b in rows))
    with pytest.raises(OpenNERError, match=f"out: the token '{token}' of line 2 would be read back as"):
        repair_file(open_file(path), out)
    assert list(tmp_path.iterdir()) == [path]


def test_a_byte_order_mark_that_would_be_lost_at_the_begin_of_a_file_is_refused(tmp_path: Path) -> None:
    path, out = tmp_path / "f.jsonl", tmp_path / "out"
    path.write_text(json.dumps({"text": "\ufeff In Oslo .", "label": [[5, 9, "LOC"]]}, ensure_ascii=False))
    with pytest.raises(OpenNERError, match=r"out: the token of line 1 begins with a byte order mark"):
        repair_file(open_file(path), out)
    assert list(tmp_path.iterdir()) == [path]


def test_a_token_without_label_in_a_file_of_types_alone_is_no_mention() -> None:
    opened = of("Mira\tPER\nran\tO\nhome\nOto\tPER\nsat\tO\n", Format(allow=("missing-label",)))
    assert count(opened).mentions == {"PER": 2} and "\x00" not in opened.format.spelling


@pytest.mark.parametrize("label", ["I-LOC ", "I-LOC\u00a0", "I- LOC", "I-LOC"])
def test_white_space_at_a_label_cuts_no_mention_at_a_flag(label: str) -> None:
    format = Format("delimited", "IOB2", {"label": 1, "flags": 2})
    opened = of(f"Tel\tB-LOC\tEndOfSentence\nAviv\t{label}\t_\n.\tO\tEndOfSentence\n", format)
    assert (opened.found.sentences, count(opened).mentions) == (1, {"LOC": 1})


@pytest.mark.parametrize(
    ("type", "named"),
    [
        ("PE\x01R", "U+0001"),
        ("LO\x85C", "U+0085"),
        ("LO\u2028C", "U+2028 LINE SEPARATOR"),
        ("\u202eCOL", "U+202E RIGHT-TO-LEFT OVERRIDE"),
    ],
)
def test_a_type_that_holds_what_nobody_sees_is_found(type: str, named: str) -> None:
    (found,) = find(of(f"Oto\tB-ORG\nran\tO\nMira\tB-{type}\n"))
    assert (found.line, found.flaw) == (3, "unseen-character") and named in found.what


def test_a_character_that_nobody_sees_does_not_tell_types_apart() -> None:
    (found,) = find(of("Oto\tB-PER\nran\tO\nMira\tB-PE\x01R\n"))
    assert found.flaw == "look-alike-type" and '.replace("B-PE\\u0001R", "B-PER")' in found.hint


def test_a_very_long_label_is_none_and_is_not_shown_whole() -> None:
    (found,) = find(of(f"Oto\tB-ORG\nran\tO\nMira\tB-{'P' * 5000}\n"))
    assert found.flaw == "unknown-label" and "a label of 5,002 characters" in found.what
    assert len(found.what) < 100


@pytest.mark.parametrize(
    "label",
    [
        "B-a" + "|B-a" * 30 + " x",
        "B-" + "|" * 50_000,
        "B-" + " " * 50_000 + "x",
        "B-a" + "|O" * 50_000 + "|x",
    ],
)
def test_no_label_takes_more_than_a_moment(label: str) -> None:
    begin = time.perf_counter()
    opened = of(f"Oto\tB-ORG\nran\tO\nMira\t{label}\n")
    list(find(opened))
    assert time.perf_counter() - begin < 20


@pytest.mark.parametrize("token", ["A\tb", "A\nb", "A\rb", "b\r"])
def test_a_token_that_no_columns_can_hold_is_found_before_it_is_to_be_written(
    token: str, tmp_path: Path
) -> None:
    path = tmp_path / "f.jsonl"
    path.write_text(json.dumps({"tokens": ["Oto", token], "ner_tags": ["B-PER", "O"]}) + "\n")
    opened = open_file(path)
    assert [(each.line, each.flaw) for each in find(opened)] == [(1, "separator-in-token")]
    with pytest.raises(OpenNERError, match="holds the separator or a line end"):
        convert_file(opened, tmp_path / "out.tsv", "BIOES")


def test_a_label_of_a_ledger_that_the_files_encoding_lacks_is_named(tmp_path: Path) -> None:
    path, out, ledger = (tmp_path / name for name in ("f", "out", "ledger.csv"))
    path.write_bytes("Andr\u00e9\tB-PER\nLef\u00e8vre\tI-LOC\n".encode("latin-1"))
    format = Format("delimited", "IOB2", {"separator": "tab", "token": 0, "label": 1, "encoding": "latin-1"})
    repair_file(open_file(path, format), out, ledger=ledger)
    ledger.write_text(ledger.read_text().replace("I-LOC", "I-\u0412"))
    with pytest.raises(OpenNERError, match=r"U\+0412.* of a ledger cannot be written in .*Convert the file"):
        undo(open_file(out, format), tmp_path / "back", ledger)
    assert not (tmp_path / "back").exists()
