"""Inner layers are written in the encoding of the outer one, and what is written reads alike."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.core.encoding import ENCODINGS
from openner_utils.ownfiles.find import find
from openner_utils.ownfiles.format import Format
from openner_utils.ownfiles.opening import Opened, inspect, open_file, raw_file
from openner_utils.ownfiles.survey import Bounds
from openner_utils.ownfiles.writing import convert_file, repair_file
from tests.readers.own import mentions

RAGGED = "University\tB-ORG\nof\tI-ORG\nOslo\tI-ORG\tB-LOC\nran\tO\n"


def layers_of(opened: Opened) -> list[tuple[int, int, int, str, int]]:
    return [
        (one.sentence, one.start, one.end, one.type, one.layer)
        for portion in opened.portions()
        for one in portion.reading.layers
    ]


@pytest.mark.parametrize("to", ["BIOES", "BILOU", "BMES", "IOB2"])
def test_a_small_ragged_file_is_guessed_alike_in_what_convert_writes(to: str, tmp_path: Path) -> None:
    (tmp_path / "f.tsv").write_text(RAGGED)
    convert_file(open_file(tmp_path / "f.tsv"), tmp_path / "out.tsv", to)
    again = open_file(tmp_path / "out.tsv")
    assert again.format.scheme == to
    assert {fault.flaw for fault in find(again)} == {"overlap"}
    assert layers_of(again) == [(0, 2, 3, "LOC", 1)]
    convert_file(again, tmp_path / "back.tsv", "IOB2")
    assert (tmp_path / "back.tsv").read_text() == RAGGED


LAYER = st.lists(st.sampled_from(["O", "B-PER", "B-LOC", "I-PER", "I-LOC"]), min_size=4, max_size=4)


@given(
    text=st.lists(st.tuples(LAYER, LAYER, LAYER), min_size=1, max_size=5),
    to=st.sampled_from(sorted(ENCODINGS)),
    codec=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    end=st.sampled_from(["\n", "\r\n"]),
    parts=st.booleans(),
)
def test_layers_are_the_same_in_every_encoding(
    text, to: str, codec: str, end: str, parts: bool, tmp_path_factory
) -> None:
    folder = tmp_path_factory.mktemp("inner")
    lines = []
    for outer, *inner in text:
        for number, row in enumerate(zip(outer, *inner, strict=True)):
            cells = [f"é{number}", *row]
            lines.append("\t".join(cells[:-1] if row[-1] == "O" and lines else cells))
        lines.append("")
    (folder / "f").write_bytes(end.join(lines).encode(codec))
    options = {"separator": "tab", "label": 1, "extra": (2, 3), "encoding": codec}
    bounds = Bounds(1, 1) if parts else None
    opened = inspect(raw_file(folder / "f"), Format("delimited", "IOB2", options), bounds)
    repair_file(opened, folder / "out", to=to)
    again = inspect(raw_file(folder / "out"), Format("delimited", to, options), bounds)
    assert not {"unknown-label", "transition"} & {fault.flaw for fault in find(again)}
    assert to == "IOB2" or "invalid transition in an inner layer" not in again.found.counts
    if to != "IO":  # in which neighbours of one type are one mention
        assert layers_of(again) == layers_of(opened)
        assert mentions(again.reading, to) == mentions(opened.reading)
