"""Words with labels behind an unusual sign: it is named, and what the hint says to do reads the file."""

import subprocess
from pathlib import Path

import pytest

from openner_utils.ownfiles.format import Format
from openner_utils.ownfiles.opening import inspect, open_file, raw_file
from openner_utils.readers.guess import columns
from openner_utils.readers.guess.sampling import take
from openner_utils.readers.layout import RawFile
from openner_utils.support.errors import FormatError
from tests.reading import sentences

LINES = [("Ada", "B-PER"), ("ran", "O"), ("O", "O"), ("a{}b", "B-LOC")]


@pytest.mark.parametrize("sign", ["\x0b", "\x0c", "\x1c", "\x1f", "\x85", "\u2028", "#", "_", "::", "~"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_command_of_the_hint_writes_tabs(sign: str, end: str, tmp_path: Path) -> None:
    rows = [(word.format(sign), label) for word, label in LINES]
    path = tmp_path / "FILE"
    path.write_bytes(end.join([*(f"{word}{sign}{label}" for word, label in rows), ""]).encode())
    with pytest.raises(FormatError, match=f"U\\+{ord(sign[0]):04X} .* between each word") as caught:
        open_file(path)
    command = caught.value.hint.partition("Write tabs: ")[2].removesuffix(".")
    subprocess.run(command, shell=True, check=True, cwd=tmp_path)
    assert sentences(open_file(tmp_path / "OUT").reading) == [
        " ".join(f"{word}/{label}" for word, label in rows)
    ]


@pytest.mark.parametrize("sign", ["_", "#", "~", "::", "|||"])
def test_a_sentence_a_line_is_read_as_the_hint_says(sign: str, tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text(f"Ada{sign}B-PER ran{sign}O\nBo{sign}B-PER a{sign}b{sign}O\n")
    with pytest.raises(FormatError, match="Say it: --reader glued_fields --separator ") as caught:
        open_file(path)
    assert sign in caught.value.hint
    opened = open_file(path, Format("glued_fields", options={"separator": sign}))
    assert sentences(opened.reading) == ["Ada/B-PER ran/O", f"Bo/B-PER a{sign}b/O"]


@pytest.mark.parametrize("hyphen", ["\u2212", "\ufe63", "\uff0d", "\u2013"])
def test_another_hyphen_in_labels_is_read_and_said(hyphen: str, tmp_path: Path) -> None:
    (tmp_path / "f").write_text(f"Ada\tB{hyphen}PER\nLo\tI{hyphen}PER\nran\tO\n", encoding="utf-8")
    opened = inspect(raw_file(tmp_path / "f"))
    assert not opened.faults and opened.format.types == ("PER",)
    assert any(f"B{hyphen}PER is read as B-PER" in why for why, _ in opened.format.reasons)


@pytest.mark.parametrize("sign", ["#", "/", "|"])
def test_a_line_of_very_many_words_is_no_table_of_tokens(sign: str) -> None:
    sample, _ = take(RawFile(Path("f"), "f", f"Ada{sign}B-PER ran{sign}O ".encode() * 1000), {})
    assert columns.sniff(sample) is None


@pytest.mark.parametrize("blank", ["\xa0", "\u2028", "\u3000"])
def test_a_blank_of_unicode_is_a_part_of_a_word(blank: str) -> None:
    text = f"10{blank}000/O Ada/B-PER\nran/O\n"
    assert sentences(inspect(RawFile(Path("f"), "f", text.encode())).reading) == [
        f"10{blank}000/O Ada/B-PER",
        "ran/O",
    ]
