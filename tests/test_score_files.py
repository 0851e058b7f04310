"""Scoring files: all conventions, several predictions, and refusal of other tokens."""

from pathlib import Path

import pytest

from openner_utils.errors import OpenNERError
from openner_utils.labels_file import Format
from openner_utils.score_files import score_files

GOLD = "Ada B-PER\nLo I-PER\nran O\n\nOslo B-LOC\n"


def written(folder: Path, **contents: str) -> list[Path]:
    for name, content in contents.items():
        (folder / name).write_text(content)
    return [folder / name for name in contents]


def test_conventions_stand_side_by_side(tmp_path) -> None:
    gold, found = written(tmp_path, gold=GOLD, found="Ada B-LOC\nLo I-LOC\nran O\n\nOslo I-LOC\n")
    rows = {(row["convention"], row["type"]): row for row in score_files(gold, [found]).rows()}
    assert rows["conlleval", "ALL"]["f1"] == rows["conlleval", "PER"]["f1"] + 0.5 == 0.5
    assert rows["discard", "ALL"]["f1"] == 0
    assert rows["untyped", "ALL"]["f1"] == 1
    assert rows["conlleval", "ALL"]["f1_deviation"] is None


def test_several_predictions_give_mean_and_deviation(tmp_path) -> None:
    gold, good, bad = written(tmp_path, gold=GOLD, good=GOLD, bad="Ada O\nLo O\nran O\n\nOslo O\n")
    row = score_files(gold, [good, bad]).rows()[0]
    assert (row["type"], row["f1"], row["f1_deviation"]) == ("ALL", 0.5, pytest.approx(0.5**0.5))
    assert [each["predicted"] for each in row["predictions"]] == [2, 0]


def test_files_of_different_formats_meet(tmp_path) -> None:
    gold, found = written(
        tmp_path, gold=GOLD, found='[{"tokens": ["Ada", "Lo", "ran"], "ner_tags": ["B-PER", "E-PER", "O"]},\n'
        '{"tokens": ["Oslo"], "ner_tags": ["S-LOC"]}]',
    )  # fmt: skip
    assert score_files(gold, [found]).rows()[0]["f1"] == 1


def test_each_file_is_read_in_its_own_scheme(tmp_path) -> None:
    gold, found = written(
        tmp_path, gold="Ada B-PER\nLo E-PER\nran O\n\nOslo S-LOC\n", found="Ada I-PER\nLo I-PER\nran O\n\nOslo I-LOC\n"
    )  # fmt: skip
    scored = score_files(gold, [found])
    assert (scored.reference.format.scheme, scored.predictions[0].format.scheme) == ("BIOES", "IO")
    assert {row["f1"] for row in scored.rows()} == {1}
    assert [note.split(":")[0] for note in scored.notes] == [str(gold), str(found)]
    assert "BIOES labels of this file were first read as conlleval" in scored.notes[0]
    # Said to be IOB2, both begin their mentions wrongly, which discard does not forgive.
    wrong, same = written(tmp_path, wrong=GOLD, same=GOLD.replace("B-", "I-"))
    scored = score_files(wrong, [same], Format(scheme="IOB2"))
    assert scored.notes == ()
    assert {row["convention"]: row["f1"] for row in scored.rows() if row["type"] == "ALL"} == {
        "conlleval": 1, "discard": 0, "untyped": 1,
    }  # fmt: skip


def test_a_scheme_that_shows_late_is_the_references(tmp_path) -> None:
    end = "ran O\n" * 20000 + "Ada S-PER\n"
    gold, found = written(tmp_path, gold=f"Oslo S-LOC\n{end}", found=f"Oslo O\n{end}")
    assert score_files(gold, [found]).predictions[0].format.scheme == "BIOES"


def test_in_conlleval_layout_the_last_column_is_the_prediction(tmp_path) -> None:
    gold, found = written(tmp_path, gold=GOLD, found="Ada B-PER O\nLo I-PER O\nran O O\n\nOslo B-LOC B-LOC\n")
    for reference in (gold, found):
        scored = score_files(reference, [found])
        row = scored.rows()[0]
        assert (row["type"], row["precision"], row["recall"]) == ("ALL", 1, 0.5)
        assert (
            f"{found}: columns 1, 2 look like labels; the last of them, column 2, is scored"
            in scored.notes[-1]
        )
    assert "the first of them, column 1, is scored" in scored.notes[0]
    assert score_files(found, [found], Format(options={"label": 1})).rows()[0]["f1"] == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (GOLD.replace("ran", "sat"), r"gold:3: the token is 'ran' here and 'sat' at .*found:3\. "),
        (GOLD.replace("\n\n", "\n"), r"a sentence begins at .*gold:5 and not in the other file \(.*gold:5 and .*found:4\)"),
        (GOLD + "end O\n", r"found:6: token 'end' comes after the last token of .*gold:5"),
        (GOLD[:-12], r"gold:5: token 'Oslo' comes after the last token of .*found:3"),
    ],
    ids=["token", "sentence", "longer", "shorter"],
)  # fmt: skip
def test_other_tokens_are_refused(content, message, tmp_path) -> None:
    gold, found = written(tmp_path, gold=GOLD, found=content)
    with pytest.raises(OpenNERError, match=message):
        score_files(gold, [found])


def test_a_prediction_in_the_very_columns_of_the_reference_is_read_as_the_reference_is(tmp_path) -> None:
    gold, found = tmp_path / "gold", tmp_path / "found"
    gold.write_text("Ada\tB-PER\tO\nran\tO\tO\n\nOslo\tB-LOC\tO\n")
    found.write_text("Ada\tB-PER\tO\nran\tO\tO\n\nOslo\tO\tO\n")
    row = score_files(gold, [found]).rows()[0]
    assert (row["precision"], row["recall"]) == (1, 0.5)
