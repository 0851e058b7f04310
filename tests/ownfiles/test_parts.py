"""A file read in parts of any size is the file read whole: what is found in it, what is written, and what is refused."""

import gzip
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from openner_utils.ownfiles.count import count
from openner_utils.ownfiles.find import find
from openner_utils.ownfiles.format import Format
from openner_utils.ownfiles.opening import Opened, inspect
from openner_utils.ownfiles.score_files import score_files
from openner_utils.ownfiles.survey import WHOLE, Bounds, Portion
from openner_utils.ownfiles.undoing import undo
from openner_utils.ownfiles.writing import convert_file, repair_file, standardize_file
from openner_utils.readers.layout import OWN_FLAWS, RawFile
from openner_utils.readers.parts import parts_of
from openner_utils.readers.stored import CHUNK, Stored, is_blank, lines_of
from openner_utils.support.errors import OpenNERError

LINES = st.sampled_from(
    [
        *(f"{word}\t{label}" for word in ("Ada", "é", "\ufeffBo", "#x") for label in ("B-PER", "I-PER", "O")),
        "ran\tI-LOC", "a\tB-LOC\tB-PER", "b\tO\tI-PER", "alone", "\tO", "\t", " ", "", "", "", "c\t", "d\tI-PER ", "e\tX",
        "# note", "# newdoc", "-DOCSTART-\tO", "f\t\tB-LOC", "g\r\tO", "\u0420\tB-\u0420ER", "h\tB-PER|B-LOC",
        "i\tO\t1", "j\tB-PER\t1-2", "k\tI-PER\t2",
    ]
)  # fmt: skip
TAB = {"separator": "tab", "token": 0, "label": 1, "docstart": True}
OPTIONS = st.sampled_from(
    [
        TAB, TAB | {"comment": "#"}, TAB | {"comment": ["# n", "#x"]}, TAB | {"header": True}, TAB | {"extra": 2},
        TAB | {"sentence_id": 2}, TAB | {"separator": "whitespace", "comment": "#"}, TAB | {"rest": True, "label": -1},
        TAB | {"id": 2}, TAB | {"flags": 2, "sentence": "1"},
    ]
)  # fmt: skip
SIZES = st.builds(Bounds, st.integers(1, 60), st.integers(1, 3))


@st.composite
def columns(draw: st.DrawFn) -> tuple[bytes, dict[str, Any]]:
    """A delimited file with every trouble, and how it is read."""
    end = draw(st.sampled_from(["\n", "\r\n"]))
    text = end.join(draw(st.lists(LINES, min_size=1, max_size=30))) + draw(st.sampled_from(["", end]))
    encoding = draw(
        st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1251"])
    )
    named = "utf-8" if encoding.startswith("utf-8") else encoding
    return text.encode(encoding, "replace"), draw(OPTIONS) | {"encoding": named}


def opened_in(content: bytes, format: Format, bounds: Bounds) -> Opened | str:
    """Return a file as it is opened so, or what is said where it is not."""
    try:
        return inspect(RawFile(Path("f"), "f", content), format, bounds)
    except OpenNERError as error:
        return str(error)


def shown(portion: Portion, opened: Opened) -> list[tuple[Any, ...]]:
    """Return all that is known of the tokens of a part, with sentences as they count in the file."""
    read, meant = portion.reading.columns, opened.meant(portion)
    labels = zip(
        read.tokens.to_pylist(),
        read.label_strings().to_pylist(),
        meant.label_strings().to_pylist(),
        read.lines.tolist(),
        strict=True,
    )
    return [
        (*label, number + portion.sentence)
        for label, number in zip(labels, read.sentence_of.tolist(), strict=True)
    ]


def all_of(opened: Opened) -> dict[str, Any]:
    """Return all that is known of a file."""
    found, portions = opened.found, list(opened.portions())
    return {
        "tokens": [token for portion in portions for token in shown(portion, opened)],
        "respelled": [row for portion in portions for row in portion.respelled],
        "left out": [row for portion in portions for row in portion.left_out],
        "layers": [
            (each.line, each.sentence + portion.sentence, each.start, each.end, each.type, each.layer)
            for portion in portions
            for each in portion.reading.layers
        ],
        "found": list(find(opened)),
        "first": sorted(found.first.items()),
        "sums": (
            found.sentences,
            found.tokens,
            found.uses,
            found.counts,
            found.flaws,
            found.left_out,
            found.spans,
        ),
        "told": (
            opened.told,
            opened.told_left_out,
            opened.told_passed_over,
            opened.told_slips,
            opened.format,
        ),
        "counted": count(opened),
        "refused": outcome(opened.strict),
    }


def outcome(do: Callable[[], object]) -> str:
    """Return what is said where something is refused; nothing where it is not."""
    try:
        do()
    except OpenNERError as error:
        return str(error)
    return ""


@given(file=columns(), bounds=SIZES, allow=st.lists(st.sampled_from(OWN_FLAWS), unique=True))
@settings(deadline=None, max_examples=200)  # the first example imports what guesses
@example(file=(b"a\tO\n\nb\tO\tO\n\nc\tO\tO\n\n", TAB), bounds=Bounds(1, 1), allow=[])
@example(file=(b"\xef\xbb\xbfa\tO\n\n\xef\xbb\xbfb\tO\n", TAB), bounds=Bounds(1, 1), allow=[])
@example(file=(b"a\tB-LOC\tB-PER\n\t\n\tO", TAB | {"id": 2}), bounds=Bounds(1, 1), allow=[])
@example(
    file=("Ada\tB-PER\n\nx\tB-\u0420ER\n\nAda\tI-PER\n".encode(), TAB),
    bounds=Bounds(1, 1),
    allow=[],
)
@example(
    file=("x\t\u0a0a\n\ny\tB-\u0a0a\u0a00\n".encode("utf-16"), TAB | {"encoding": "utf-16"}),
    bounds=Bounds(3, 1),
    allow=[],
)
def test_columns_in_parts_are_the_columns_read_whole(
    file: tuple[bytes, dict[str, Any]], bounds: Bounds, allow: list[str]
) -> None:
    content, options = file
    format = Format("delimited", "IOB2", options, tuple(allow))
    whole, parts = (opened_in(content, format, each) for each in (WHOLE, bounds))
    if isinstance(whole, str) or isinstance(parts, str):
        assert parts == whole
    else:
        assert all_of(parts) == all_of(whole)


ENTRIES = st.sampled_from(
    [
        {"tokens": ["Ada", "ran"], "ner_tags": ["B-PER", "O"]}, {"tokens": ["Bo"], "ner_tags": ["I-PER"]},
        {"tokens": ["é", ""], "ner_tags": ["O", "B-LOC"]}, {"tokens": [], "ner_tags": []}, {"tokens": ["x"]},
        {"tokens": ["a", "b"], "ner_tags": ["O"]}, [1], "x", {"tokens": [""], "ner_tags": ["O"]},
    ]
)  # fmt: skip
TEXTS = st.sampled_from(
    [
        {"text": "Ada ran", "entities": [[0, 3, "PER"]]}, {"text": "\U0001f600 Ada ran", "entities": [[3, 6, "PER"]]},
        {"text": "Ada ran", "entities": [[0, 2, "PER"]]}, {"text": "  ", "entities": [[0, 1, "PER"]]},
        {"text": "", "entities": []}, {"text": "Bo is", "entities": [[0, 2, "A"], [0, 5, "B"], [1, 3, "C"]]},
        {"text": "x", "entities": [[0, 9, "PER"]]}, {"text": "y"}, {"text": "\u00e9 y", "entities": [[0, 2, "PER"]]},
    ]
)  # fmt: skip


@given(
    entries=st.one_of(st.lists(ENTRIES, min_size=1), st.lists(TEXTS, min_size=1)),
    bounds=SIZES,
    odd=st.sampled_from(["", "{broken\n", "\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
@settings(deadline=None, max_examples=120)
@example(
    entries=[{"text": "a", "entities": []}, {"text": " ", "entities": [[0, 1, "X"]]}],
    bounds=Bounds(1, 1),
    odd="",
    encoding="utf-8",
)
def test_json_lines_in_parts_are_those_read_whole(
    entries: list[Any], bounds: Bounds, odd: str, encoding: str
) -> None:
    text = odd.join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in [*entries, *entries])
    spans = isinstance(entries[0], dict) and "text" in entries[0]
    reader, scheme = ("json_spans", "spans") if spans else ("json_tokens", "IOB2")
    format = Format(reader, scheme, {"layout": "lines"}, ("empty-token",))
    whole, parts = (opened_in(text.encode(encoding), format, each) for each in (WHOLE, bounds))
    if isinstance(whole, str) or isinstance(parts, str):
        assert parts == whole
    else:
        assert all_of(parts) == all_of(whole)


def written(folder: Path, content: bytes, format: Format, bounds: Bounds) -> dict[str, object]:
    """Return what all commands that write make of a file, or what they refuse."""
    folder.mkdir(exist_ok=True)
    path = folder / "in"
    path.write_bytes(content)
    found: dict[str, object] = {}

    def take(name: str, do: Callable[[Path], object]) -> None:
        out = folder / name
        out.unlink(missing_ok=True)
        said = outcome(lambda: found.update({f"{name} done": do(out)}))
        found[name] = said.replace(str(folder), ""), out.read_bytes() if out.exists() else None
        assert not said or not out.exists()

    def opened(file: Path = path, own: Format = format) -> Opened:
        return inspect(RawFile.open(file, "in"), own, bounds)

    ledger = folder / "ledger"
    ledger.unlink(missing_ok=True)
    take("repaired", lambda out: repair_file(opened().strict(), out, ledger=ledger))
    take("discarded", lambda out: repair_file(opened().strict(), out, "discard"))
    take("recoded", lambda out: repair_file(opened().strict(), out, to="BIOES"))
    take("converted", lambda out: convert_file(opened().strict(), out, "BILOU"))
    take(
        "standardized",
        lambda out: standardize_file(opened().strict(), out, {"PER": "PER", "LOC": "", "X": "ORG"}),
    )
    if ledger.exists():
        found["ledger"] = ledger.read_bytes()
        take("undone", lambda out: undo(opened(folder / "repaired"), out, ledger))
        take("of other", lambda out: undo(opened(), out, ledger))
    return found


EVEN = st.sampled_from(
    [
        *(f"{word}\t{label}" for word in ("Ada", "é") for label in ("B-PER", "I-PER", "O", "B-LOC", "I-LOC")),
        "", "", "", " ", "-DOCSTART-\tO", "alone", "\tB-PER", "c\t", "d\tI-PER ", "e\tX", "h\tB-PER\u200b",
    ]
)  # fmt: skip


@st.composite
def even(draw: st.DrawFn) -> tuple[bytes, str]:
    """A file of two columns, most of which can be written, and its encoding."""
    end = draw(st.sampled_from(["\n", "\r\n"]))
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1"]))
    lines = draw(st.lists(EVEN, min_size=1, max_size=40))
    return end.join([*lines, draw(st.sampled_from(["", "z\tO"]))]).encode(encoding, "replace"), encoding


@given(file=even(), bounds=SIZES)
@settings(deadline=None, max_examples=80)
def test_what_is_written_in_parts_is_what_is_written_at_once(
    file: tuple[bytes, str], bounds: Bounds, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content, encoding = file
    encoding = "utf-8" if encoding == "utf-8-sig" else encoding
    format = Format("delimited", "IOB2", TAB | {"encoding": encoding}, OWN_FLAWS)
    base = tmp_path_factory.getbasetemp()
    whole, parts = (
        written(base / name, content, format, each) for name, each in (("a", WHOLE), ("b", bounds))
    )
    assert parts == whole


@given(entries=st.lists(TEXTS, min_size=1), bounds=SIZES)
@settings(deadline=None, max_examples=50)
def test_json_is_written_in_parts_as_at_once(
    entries: list[Any], bounds: Bounds, tmp_path_factory: pytest.TempPathFactory
) -> None:
    right = [entry for entry in entries if entry.get("entities") and entry["entities"][0][1] < 9]
    content = "".join(json.dumps(entry) + "\n" for entry in right or [{"text": "a", "entities": []}]).encode()
    format = Format("json_spans", "spans", {"layout": "lines"})
    base = tmp_path_factory.getbasetemp()
    whole, parts = (
        written(base / name, content, format, each) for name, each in (("a", WHOLE), ("b", bounds))
    )
    assert parts == whole


@given(
    rows=st.lists(
        st.lists(st.sampled_from(["B-PER", "I-PER", "O", "B-LOC"]), min_size=1, max_size=4), min_size=1
    ),
    others=st.lists(st.sampled_from(["B-PER", "I-PER", "O"]), min_size=1),
    change=st.sampled_from(["", "", "token", "border", "more", "less"]),
    bounds=SIZES,
)
@settings(deadline=None, max_examples=100)
def test_scores_in_parts_are_those_of_the_whole(
    rows: list[list[str]],
    others: list[str],
    change: str,
    bounds: Bounds,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    reference, prediction = (tmp_path_factory.getbasetemp() / name for name in ("gold", "found"))
    sentences = [[f"w{number}\t{label}\n" for number, label in enumerate(row)] for row in rows]
    reference.write_text("\n".join(map("".join, sentences)))
    spread = [[f"w{n}\t{others[n % len(others)]}\n" for n in range(len(row))] for row in rows]
    if change == "token":
        spread[-1][-1] = "x\tO\n"
    elif change == "border":
        spread = [[line for row in spread for line in row]]
    elif change == "more":
        spread[-1] += ["y\tO\n"]
    elif change == "less":
        del spread[-1]
    prediction.write_text("# a comment that moves lines\n" * 3 + "\n\n".join(map("".join, spread)))
    format = Format("delimited", "IOB2", TAB | {"comment": "#"})

    def scored(bounds: Bounds) -> object:
        try:
            found = score_files(reference, [prediction, reference], format, bounds=bounds)
        except OpenNERError as error:
            return str(error)
        return found.rows(), found.notes

    assert scored(bounds) == scored(WHOLE)


def test_a_large_file_stays_on_the_disk_and_is_one_all_the_same(tmp_path: Path) -> None:
    content = b"".join(b"word%d\tB-PER\nran\tO\n\n" % number for number in range(2 * CHUNK // 20))
    path = tmp_path / "large"
    path.write_bytes(content)
    raw = RawFile.open(path, most=1000)
    stored = raw.content
    assert isinstance(stored, Stored) and len(content) > 2 * CHUNK
    path.unlink()  # what took its place, or that it is gone, does not matter
    assert (len(stored), raw.whole(), stored[7:9], stored[-3:]) == (
        len(content),
        content,
        content[7:9],
        content[-3:],
    )
    for sought in (b"word0", b"\n\n", b"ran\tO\n\nword77777", b"nowhere", content[CHUNK - 2 : CHUNK + 2]):
        assert stored.find(sought) == content.find(sought)
        assert stored.find(sought, 30, 2000) == content.find(sought, 30, 2000)
    assert stored.count(b"\n") == content.count(b"\n") and stored.count(b"\n", 9, 99) == content.count(
        b"\n", 9, 99
    )
    assert stored.startswith((b"x", b"word")) and not stored.startswith(b"x")
    assert b"".join(lines_of(stored)) == content and all(
        piece.endswith(b"\n") for piece in lines_of(stored) if piece
    )
    assert not is_blank(stored)


@pytest.mark.parametrize("kind", ["pipe", "gz", "plain"])
def test_a_large_file_is_unpacked_and_a_pipe_is_emptied_into_a_temporary_file(
    kind: str, tmp_path: Path
) -> None:
    content = b"Ada\tB-PER\nran\tO\n\n" * 9
    path = tmp_path / "file"
    if kind == "pipe":
        os.mkfifo(path)
        threading.Thread(target=path.write_bytes, args=[content]).start()
    else:
        path.write_bytes(gzip.compress(content) if kind == "gz" else content)
    raw = RawFile.open(path, most=20)
    assert isinstance(raw.content, Stored) and raw.whole() == content
    opened = inspect(raw, Format("delimited", "IOB2", TAB), Bounds(30, 1))
    assert (opened.found.parts, opened.found.sentences, count(opened).mentions) == (5, 9, {"PER": 9})
    if kind == "gz":
        assert raw.packed[:] == raw.stored[:] == path.read_bytes()


@pytest.mark.parametrize(
    ("text", "options", "sizes"),
    [
        ("a\tO\n\nb\tO\n\n\n\nc\tO", {}, [5, 5, 5]),
        ("a\tO\n \t\nb\tO\n", {}, [7, 4]),
        ("a\tO\nb\tO\n", {}, [8]),
        (
            "a\tO\t1\na\tO\t1\na\tO\t2\n# x\na\tO\t3\na\tO\t4\n",
            {"sentence_id": 2, "comment": "#"},
            [12, 16, 6],
        ),
        ("a\tO\n\nb\tO\n", {"encoding": "iso2022_jp"}, [9]),
        ("a\tO\t_\n\nb\tO\t_\n", {"flags": 2}, [13]),
    ],
    ids=["blank lines", "white space", "none", "ids", "an encoding with shifts", "flags"],
)
def test_a_file_is_cut_where_sentences_end(text: str, options: dict[str, Any], sizes: list[int]) -> None:
    raw = RawFile(Path("f"), "f", text.encode())
    layout = Format("delimited", "IOB2", TAB | options)
    opened = inspect(raw, layout, Bounds(1, 1))
    parts = list(parts_of(raw, opened.found.layout, 1))
    assert [len(part.raw.whole()) - part.added for part in parts] == sizes
    assert b"".join(part.raw.whole()[part.added :] for part in parts) == raw.whole()
    assert [part.line for part in parts] == [
        raw.whole()[: sum(sizes[:number])].count(b"\n") for number in range(len(sizes))
    ]


@pytest.mark.parametrize("change", [b"B-NEW", b"O\nx\tO"], ids=["label", "token"])
def test_a_file_that_changes_while_it_is_read_is_a_named_error(change: bytes, tmp_path: Path) -> None:
    path, out = tmp_path / "in", tmp_path / "out"
    path.write_bytes(b"Ada\tB-PER\n\n" * 9)
    opened = inspect(RawFile.open(path, most=10), Format("delimited", "IOB2", TAB), Bounds(1, 1))
    with open(path, "r+b") as file:
        file.seek(4 * 11 + 4)
        file.write(change)
    with pytest.raises(OpenNERError, match="in: the file changed while it was read"):
        repair_file(opened, out)
    assert not out.exists()
