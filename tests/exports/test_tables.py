"""Tables as CSV that a spreadsheet opens."""

import csv
from pathlib import Path

from openner_utils.exports.tables import write_csv


def test_no_text_of_others_is_a_formula(tmp_path: Path) -> None:
    """Reasons of models, labels and names of files begin as others like."""
    texts = ["=HYPERLINK(1)", "@SUM(1)", "+1+1", "-2+3", "\tx", "-", "PER", "a=b"]
    write_csv(tmp_path / "t.csv", ("text",), [[each] for each in texts])
    with open(tmp_path / "t.csv", encoding="utf-8", newline="") as file:
        cells = [row[0] for row in csv.reader(file)][1:]
    assert cells == [f"'{each}" for each in texts[:6]] + texts[6:]


def test_numbers_stay_numbers(tmp_path: Path) -> None:
    write_csv(tmp_path / "t.csv", ("a", "b", "c", "d"), [[-0.5, "-0.5", -3, None]])
    assert (tmp_path / "t.csv").read_text("utf-8") == "a,b,c,d\n-0.5000,-0.5,-3,\n"
