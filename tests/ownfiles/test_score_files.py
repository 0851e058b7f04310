"""Scoring files: all conventions, several predictions, and refusal of other tokens."""

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from seqscore.scripts.seqscore import cli

from openner_utils.core.document import Mention, Span
from openner_utils.core.encoding import ENCODINGS, IOB2, get_encoding
from openner_utils.ownfiles.format import Format
from openner_utils.ownfiles.score_files import Scored, score_files
from openner_utils.scoring.mentions import CONVENTIONS
from openner_utils.support.errors import FormatError, OpenNERError
from tests.strategies import TYPES, labels

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
    assert rows["conlleval", "ALL"]["f1_standard_deviation"] is None
    assert rows["conlleval", "ALL"]["f1_standard_error"] is None


def test_several_predictions_give_mean_deviation_and_error(tmp_path) -> None:
    gold, good, bad = written(tmp_path, gold=GOLD, good=GOLD, bad="Ada O\nLo O\nran O\n\nOslo O\n")
    row = score_files(gold, [good, bad]).rows()[0]
    assert (row["type"], row["f1"], row["f1_standard_deviation"]) == ("ALL", 0.5, pytest.approx(0.5**0.5))
    assert row["f1_standard_error"] == pytest.approx(0.5)
    assert [each["predicted"] for each in row["predictions"]] == [2, 0]


def test_files_of_different_formats_meet(tmp_path) -> None:
    gold, found = written(
        tmp_path, gold=GOLD, found='[{"tokens": ["Ada", "Lo", "ran"], "ner_tags": ["B-PER", "E-PER", "O"]},\n'
        '{"tokens": ["Oslo"], "ner_tags": ["S-LOC"]}]',
    )  # fmt: skip
    assert score_files(gold, [found], prediction_scheme="BIOES").rows()[0]["f1"] == 1


def all_f1(scored: Scored) -> dict[str, float]:
    return {row["convention"]: row["f1"] for row in scored.rows() if row["type"] == "ALL"}


def test_each_file_is_read_in_the_scheme_that_is_said(tmp_path) -> None:
    gold, found = written(
        tmp_path, gold="Ada B-PER\nLo E-PER\nran O\n\nOslo S-LOC\n", found="Ada I-PER\nLo I-PER\nran O\n\nOslo I-LOC\n"
    )  # fmt: skip
    scored = score_files(gold, [found], prediction_scheme="IO")
    assert (scored.reference.format.scheme, scored.predictions[0].format.scheme) == ("BIOES", "IO")
    assert set(all_f1(scored).values()) == {1}
    assert [note.split(":")[0] for note in scored.notes] == [str(gold), str(found), str(found)]
    assert "BIOES labels of this file were first read as conlleval" in scored.notes[0]
    # Said to be IOB2, both begin their mentions wrongly, which discard does not forgive.
    wrong, same = written(tmp_path, wrong=GOLD, same=GOLD.replace("B-", "I-"))
    scored = score_files(wrong, [same], Format(scheme="IOB2"))
    assert scored.notes == (f"{same}: no mentions under discard: precision is undefined and shown as 0.00",)
    assert all_f1(scored) == {"conlleval": 1, "discard": 0, "untyped": 1}


@pytest.mark.parametrize(
    ("found", "discard"),
    [  # whatever the labels alone look like, they are those of IOB2
        ("I-PER I-PER O I-LOC", 0), ("I-PER I-PER O B-LOC", 2 / 3), ("B-PER I-PER O I-LOC", 2 / 3),
        ("B-PER I-PER O B-LOC", 1), ("O O O I-LOC", 0), ("O O O O", 0), ("I-LOC I-PER I-PER I-LOC", 0),
        ("B-PER B-PER B-PER B-LOC", 1 / 3),
    ],
)  # fmt: skip
def test_a_prediction_is_read_in_the_scheme_of_the_reference(found: str, discard: float, tmp_path) -> None:
    ran = "".join(
        f"{token} {label}\n" for token, label in zip(("Ada", "Lo", "ran", "Oslo"), found.split(), strict=True)
    )
    gold, prediction = written(tmp_path, gold=GOLD.replace("\n\n", "\n"), prediction=ran)
    scored = score_files(gold, [prediction])
    assert scored.predictions[0].format.scheme == "IOB2"
    assert scored.predictions[0].told.endswith("the scheme of the reference (--prediction-scheme)")
    assert all_f1(scored)["discard"] == pytest.approx(discard)
    noted = [
        note
        for note in scored.notes
        if "if it stood alone; it is read as IOB2: the scheme of the reference" in note
    ]
    assert len(noted) == ("B-" not in found and "I-" in found), scored.notes
    assert all("give --prediction-scheme IO" in note for note in noted)


MENTIONS = (
    ((Mention(Span(0, 2), "PER"), Mention(Span(3, 4), "LOC")), 4),
    ((Mention(Span(1, 2), "ORG"), Mention(Span(3, 6), "PER")), 7),
)
"""Mentions that do not touch, which all encodings hold, and the length of their sentence."""


def in_columns(rows: Iterable[Sequence[str]]) -> str:
    return "\n".join("".join(f"w{n} {label}\n" for n, label in enumerate(row)) for row in rows)


def in_all_schemes(folder: Path) -> dict[str, Path]:
    """Write MENTIONS in every scheme; what is written in IO and in IOB1 is the same."""
    texts = {
        name: in_columns(encoding.encode(mentions, length) for mentions, length in MENTIONS)
        for name, encoding in ENCODINGS.items()
    }
    return dict(zip(texts, written(folder, **texts), strict=True))


@pytest.mark.parametrize("scheme", ENCODINGS)
@pytest.mark.parametrize("other", ENCODINGS)
def test_a_prediction_in_another_scheme_is_scored_when_that_is_said(
    scheme: str, other: str, tmp_path
) -> None:
    files = in_all_schemes(tmp_path)
    scored = score_files(files[scheme], [files[other]], Format(scheme=scheme), other)
    assert (scored.reference.format.scheme, scored.predictions[0].format.scheme) == (scheme, other)
    assert all_f1(scored) == dict.fromkeys(CONVENTIONS, 1)


NAMES = [name for name in ENCODINGS if name != "IOB1"]
"""Schemes that their labels show; MENTIONS look the same in IO and in IOB1."""
UNREADABLE = [(a, b) for a in NAMES for b in NAMES if set(ENCODINGS[b].states) - set(ENCODINGS[a].states)]


@pytest.mark.parametrize(("scheme", "other"), UNREADABLE)
def test_a_prediction_that_the_scheme_of_the_reference_cannot_read_is_an_error(
    scheme: str, other: str, tmp_path
) -> None:
    files = in_all_schemes(tmp_path)
    message = rf"{other}:\d+: '[A-Z]-[A-Z]+' is no {scheme} label.*give --prediction-scheme \w+; .*--allow unknown-label"
    with pytest.raises(FormatError, match=message) as caught:
        score_files(files[scheme], [files[other]])
    (hinted,) = re.findall(r"give --prediction-scheme (\w+)", str(caught.value))
    found = score_files(files[scheme], [files[other]], prediction_scheme=hinted)
    assert hinted == other and all_f1(found) == dict.fromkeys(CONVENTIONS, 1)
    found = score_files(files[scheme], [files[other]], Format(allow=("unknown-label",)))
    labels_of_other = files[other].read_text().split()[1::2]
    unread = sum(label[0] not in ENCODINGS[scheme].states for label in labels_of_other)
    assert found.predictions[0].passed_over == {"unknown-label": unread}


def test_beside_a_reference_of_spans_a_prediction_is_iob2(tmp_path) -> None:
    (tmp_path / "gold").write_text('{"text": "w0 w1 w2 w3", "entities": [[0, 5, "PER"], [9, 11, "LOC"]]}\n')
    files = written(
        tmp_path,
        i=in_columns([["I-PER", "I-PER", "O", "I-LOC"]]),
        e=in_columns([["B-PER", "E-PER", "O", "S-LOC"]]),
    )
    scored = score_files(tmp_path / "gold", files[:1])
    assert all_f1(scored) == {"conlleval": 1, "discard": 0, "untyped": 1}
    assert scored.predictions[0].told.endswith("the reference holds spans (--prediction-scheme)")
    with pytest.raises(FormatError, match=r"'E-PER' is no IOB2 label.* give --prediction-scheme BIOES"):
        score_files(tmp_path / "gold", files[1:])
    for said in (Format(), "BIOES"), (Format(scheme="BIOES"), None):
        assert all_f1(score_files(tmp_path / "gold", files[1:], *said)) == dict.fromkeys(CONVENTIONS, 1)
    assert all_f1(score_files(files[1], [tmp_path / "gold"])) == dict.fromkeys(CONVENTIONS, 1)


def test_a_slip_in_a_prediction_is_an_error_with_its_line(tmp_path) -> None:
    gold, found = written(tmp_path, gold=GOLD, found=GOLD.replace("B-LOC", "X-LOC"))
    with pytest.raises(
        FormatError,
        match=r"found:5: 'X-LOC' is no IOB2 label.* Correct it, or give another --scheme, or --allow unknown-label\.",
    ):
        score_files(gold, [found])
    scored = score_files(gold, [found], Format(allow=("unknown-label",)))
    assert scored.predictions[0].told_passed_over.endswith("unknown-label 1")
    assert scored.rows()[0]["recall"] == 0.5


@pytest.mark.parametrize(
    ("gold", "found", "f1"),
    [
        ("PER PER O LOC O O", "PER PER LOC LOC LOC LOC", 0.5),  # without O, LOC would be taken for it
        ("PER PER O LOC O O", "I-PER I-PER O I-LOC O O", 1),
        ("B_PER I_PER O B_LOC O O", "I_PER I_PER O I_LOC O O", 1),  # without B, types seem to begin with I_
        ("B_PER I_PER O B_LOC O O", "B-PER I-PER O B-LOC O O", 1),
        ("B-PER I-PER O B-LOC O O", "B_PER I_PER O B_LOC O O", 1),
        ("B-PER I-PER _ B-LOC _ _", "B-PER I-PER B-LOC B-LOC B-LOC B-LOC", 4 / 7),
        ("B-PER I-PER _ B-LOC _ _", "B-PER I-PER O B-LOC O O", 1),
        ("B-PER I-PER O B-LOC O O", "B-PER I-PER _ B-LOC _ _", 1),
    ],
)
def test_labels_of_a_prediction_are_spelled_as_in_the_reference(
    gold: str, found: str, f1: float, tmp_path
) -> None:
    files = written(tmp_path, gold=in_columns([gold.split()]), found=in_columns([found.split()]))
    assert score_files(files[0], files[1:]).rows()[0]["f1"] == pytest.approx(f1)


def test_labels_without_prefix_are_no_labels_of_iob2(tmp_path) -> None:
    gold, found = written(tmp_path, gold=GOLD, found=GOLD.replace("B-", "").replace("I-", ""))
    with pytest.raises(FormatError, match=r"found:1: 'PER' is no IOB2 label.*--prediction-scheme IO;"):
        score_files(gold, [found])
    assert all_f1(score_files(gold, [found], prediction_scheme="IO")) == dict.fromkeys(CONVENTIONS, 1)


def test_an_empty_label_in_a_prediction(tmp_path) -> None:
    gold, found = tmp_path / "gold", tmp_path / "found"
    gold.write_text(GOLD.replace(" ", "\t"))
    found.write_text(GOLD.replace(" ", "\t").replace("B-LOC", ""))
    with pytest.raises(FormatError, match=r"found:5: empty label.*--allow empty-label"):
        score_files(gold, [found])
    scored = score_files(gold, [found], Format(allow=("empty-label",)))
    assert scored.rows()[0]["recall"] == 0.5 and scored.predictions[0].passed_over == {"empty-label": 1}


@pytest.mark.parametrize(
    ("scheme", "gold", "found", "counts"),
    [  # worked out by hand: correct, predicted, reference
        ("BIOES", "B-PER E-PER O", "B-PER E-LOC O", (1, 1, 1)),
        ("BIOES", "B-PER I-LOC E-ORG", "B-PER I-PER E-PER", (1, 1, 1)),
        ("BIOES", "S-PER S-LOC O", "S-ORG S-ORG O", (2, 2, 2)),
        ("BILOU", "B-PER L-PER O", "B-PER L-LOC O", (1, 1, 1)),
        ("BMES", "B-PER M-LOC E-PER", "B-PER M-PER E-LOC", (1, 1, 1)),
        (
            "IOB1",
            "I-PER I-LOC O",
            "I-PER I-LOC O",
            (2, 2, 2),
        ),  # two valid mentions, told apart by their types
        ("IOB1", "I-PER I-PER O", "I-PER I-LOC O", (0, 2, 1)),
        ("IO", "I-PER I-LOC O", "I-LOC I-PER O", (2, 2, 2)),
    ],
)
def test_types_are_taken_away_in_the_scheme_of_the_file(scheme, gold, found, counts, tmp_path) -> None:
    files = written(tmp_path, gold=in_columns([gold.split()]), found=in_columns([found.split()]))
    scored = score_files(files[0], files[1:], Format(scheme=scheme))
    one = scored.scores[0]["untyped"]["ALL"]
    assert (one.correct, one.predicted, one.reference) == counts


# --- where a score is undefined -------------------------------------------------------------------------------

NOTHING = GOLD.replace("B-PER", "O").replace("I-PER", "O").replace("B-LOC", "O")
OF_GOLD = "gold: no mentions: recall is undefined and shown as 0.00, and F1 is 0.00 whatever is predicted"
OF_FOUND = "found: no mentions: precision is undefined and shown as 0.00"


@pytest.mark.parametrize(
    ("gold", "found", "notes"),
    [
        (NOTHING, NOTHING, [OF_FOUND, OF_GOLD]), (NOTHING, GOLD, [OF_GOLD]), (GOLD, NOTHING, [OF_FOUND]), (GOLD, GOLD, []),
        (GOLD, GOLD.replace("B-", "I-"), ["no mentions under discard: precision is undefined"]),
        (GOLD.replace("B-", "I-"), GOLD, ["gold: no mentions under discard: recall is undefined"]),
        (GOLD, GOLD.replace("LOC", "ORG"), ["not among the types of the reference: ORG. Such mentions are wrong in ALL (micro)"]),
        (NOTHING, GOLD.replace("LOC", "ORG"), [OF_GOLD]),
    ],
)  # fmt: skip
def test_what_is_undefined_is_said(gold: str, found: str, notes: list[str], tmp_path) -> None:
    files = written(tmp_path, gold=gold, found=found)
    scored = score_files(files[0], files[1:], Format(scheme="IOB2"))
    assert len(scored.notes) == len(notes)
    assert all(said in note for said, note in zip(notes, scored.notes, strict=True))
    assert (scored.rows()[0]["f1"] > 0) == (NOTHING not in (gold, found))


# --- SeqScore's command -------------------------------------------------------------------------------------

SEQSCORE = {"IO": "IO", "IOB1": "IOB", "IOB2": "BIO", "BIOES": "BIOES", "BILOU": "BILOU", "BMES": "BMES"}
"""Our names of encodings → SeqScore's."""


def seqscore(gold: Path, found: Sequence[Path], scheme: str, repair: str) -> list[dict[str, str]]:
    """Return the rows of `seqscore score` at full precision."""
    words = ["score", "--labels", SEQSCORE[scheme], "--repair-method", repair, "--score-format", "delim"]
    words += ["--full-precision", "--quiet", "--reference", str(gold), *map(str, found)]
    done = CliRunner().invoke(cli, words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    header, *lines = (line.split("\t") for line in done.stdout.splitlines())
    return [dict(zip(header, line, strict=False)) for line in lines]


def assert_equal_to_seqscore(gold: Path, found: Path, scheme: str, repair: str, convention: str) -> None:
    scored = score_files(gold, [found])
    assert scored.reference.format.scheme == scored.predictions[0].format.scheme == scheme
    theirs = {
        row["Type"]: tuple(int(row[name]) for name in ("Correct", "Predicted", "Reference"))
        for row in seqscore(gold, [found], scheme, repair)
    }
    ours = {
        type: (score.correct, score.predicted, score.reference)
        for type, score in scored.scores[0][convention].items()
    }
    assert {type: counts for type, counts in ours.items() if any(counts) or type == "ALL"} == theirs


def mentions_of_rows(draw: st.DrawFn, lengths: Sequence[int]) -> list[list[Mention]]:
    rows = []
    for length in lengths:
        place, row = 0, []
        while place < length:
            end = draw(st.integers(place + 1, length))
            if draw(st.booleans()):
                row.append(Mention(Span(place, end), draw(st.sampled_from(TYPES))))
            place = end
        rows.append(row)
    return rows


CLEAR = [
    Mention(Span(0, 1), "LOC"),
    Mention(Span(1, 2), "LOC"),
    Mention(Span(3, 6), "PER"),
    Mention(Span(7, 8), "ORG"),
]
"""A sentence of 9 tokens that shows in which scheme it is written, if there are few others."""


@st.composite
def cases(draw: st.DrawFn) -> tuple[str, list[tuple[str, ...]], list[tuple[str, ...]]]:
    """Return a scheme, valid labels of a reference, and labels of a prediction, as invalid as SeqScore repairs."""
    scheme = draw(st.sampled_from(sorted(ENCODINGS)))
    encoding = ENCODINGS[scheme]
    lengths = [9] * 6 + draw(st.lists(st.integers(1, 9), max_size=3))
    given = [CLEAR] * 6 + mentions_of_rows(draw, lengths[6:])
    gold = [encoding.encode(row, length) for row, length in zip(given, lengths, strict=True)]
    if scheme in ("IO", "IOB1", "IOB2"):
        found = [tuple(draw(labels(encoding)) for _ in range(length)) for length in lengths]
    else:
        found = [
            encoding.encode(row, length)
            for row, length in zip(mentions_of_rows(draw, lengths), lengths, strict=True)
        ]
    return scheme, gold, found


@given(case=cases())
def test_counts_are_those_of_seqscores_command_in_every_scheme(case, tmp_path_factory) -> None:
    scheme, reference, prediction = case
    folder = tmp_path_factory.mktemp("pair")
    gold, found = written(folder, gold=in_columns(reference), found=in_columns(prediction))
    repairs = {"IOB2": ("conlleval", "discard"), "IOB1": ("conlleval",)}.get(scheme, ("none",))
    for repair in repairs:
        assert_equal_to_seqscore(gold, found, scheme, repair, "conlleval" if repair == "none" else repair)


@given(data=st.data())
def test_predictions_with_hardly_any_b_are_discarded_as_in_seqscore(data, tmp_path_factory) -> None:
    states = data.draw(st.lists(st.sampled_from("IIIIIIIIBO"), min_size=9, max_size=9))
    row = ["O" if state == "O" else f"{state}-{data.draw(st.sampled_from(TYPES))}" for state in states]
    folder = tmp_path_factory.mktemp("pair")
    gold, found = written(folder, gold=in_columns([IOB2.encode(CLEAR, 9)]), found=in_columns([row]))
    for repair in ("conlleval", "discard"):
        assert_equal_to_seqscore(gold, found, "IOB2", repair, repair)


def test_mean_and_standard_error_are_those_of_seqscore(tmp_path) -> None:
    files = written(
        tmp_path, gold=GOLD, one=GOLD, two=GOLD.replace("B-LOC", "O"), three=GOLD.replace("ran O", "ran B-LOC"),
        four=GOLD.replace("I-PER", "O"),
    )  # fmt: skip
    theirs = {(row["File"], row["Type"]): row for row in seqscore(files[0], files[1:], "IOB2", "conlleval")}
    for row in score_files(files[0], files[1:]).rows():
        if row["convention"] == "conlleval":
            assert row["f1"] == pytest.approx(float(theirs["Mean", row["type"]]["F1"]))
            assert row["f1_standard_error"] == pytest.approx(float(theirs["SE", row["type"]]["F1"]))
            assert row["f1_standard_deviation"] == pytest.approx(2 * row["f1_standard_error"])


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
            in scored.columns[-1]
        )
        assert not any("not one of its mentions" in note for note in scored.notes)
    assert "the first of them, column 1, is scored" in scored.columns[0]
    assert score_files(found, [found], Format(options={"label": 1})).rows()[0]["f1"] == 1


def test_columns_without_a_mention_in_common_are_named(tmp_path) -> None:
    (layers,) = written(tmp_path, gold="Ada B-PER O\nof O O\nOslo O B-LOC\n")
    scored = score_files(layers, [layers])
    assert scored.rows()[0]["f1"] == 0
    assert any("layers, or labels of another kind? --label says which" in note for note in scored.notes)
    assert len(scored.columns) == 2
    assert score_files(layers, [layers], Format(options={"label": 1})).columns == ()


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


@pytest.mark.parametrize(
    ("ours", "theirs", "named"),
    [
        ("Bj\u00f6rn", "Bjo\u0308rn", "NFC and NFD"), ("Bjo\u0308rn", "Bj\u00f6rn", "NFD and NFC"),
        ("Bj\u00f6rn \u1eadt", "Bj\u00f6rn \u1ea1\u0302t", "NFC and neither NFC nor NFD"), ("\u212b", "\u00c5", "neither NFC nor NFD and NFC"),
    ],
)  # fmt: skip
def test_tokens_that_differ_in_normalization_only(ours: str, theirs: str, named: str, tmp_path) -> None:
    gold, found = written(tmp_path, gold=f"ran\tO\n{ours}\tB-PER\n", found=f"ran\tO\n{theirs}\tB-PER\n")
    message = rf"gold:2: the token is .* here and .* at .*found:2, which differ in Unicode normalization only \({named}\)"
    with pytest.raises(FormatError, match=message) as caught:
        score_files(gold, [found])
    command = re.search("python -c .* < FILE > FILE.nfc", str(caught.value)).group()
    for path in (gold, found):
        subprocess.run(
            command.replace("python", sys.executable, 1).replace("FILE", str(path)), shell=True, check=True
        )
    normal = [path.with_name(f"{path.name}.nfc") for path in (gold, found)]
    assert score_files(normal[0], normal[1:]).rows()[0]["f1"] == 1


def test_a_prediction_in_the_very_columns_of_the_reference_is_read_as_the_reference_is(tmp_path) -> None:
    gold, found = tmp_path / "gold", tmp_path / "found"
    gold.write_text("Ada\tB-PER\tO\nran\tO\tO\n\nOslo\tB-LOC\tO\n")
    found.write_text("Ada\tB-PER\tO\nran\tO\tO\n\nOslo\tO\tO\n")
    row = score_files(gold, [found]).rows()[0]
    assert (row["precision"], row["recall"]) == (1, 0.5)


def test_gold_is_not_scored_against_gold_in_silence(tmp_path) -> None:
    one, two = written(tmp_path, one="Ada B-PER B-PER\nx O B-LOC\n", two="Ada B-PER O\nx O B-LOC\n")
    scored = score_files(one, [two])
    assert scored.rows()[0]["f1"] == 1
    told = f"warning: {two}: column 1 holds the very mentions of {one}, and the files differ elsewhere"
    assert told in scored.columns[-1] and "--prediction-label 2" in scored.columns[-1]
    right = score_files(one, [one, two], Format(options={"label": 1}), prediction_label=2)
    assert [each["correct"] for each in right.rows()[0]["predictions"]] == [1, 0] and right.columns == ()
    assert score_files(one, [two], prediction_label=2).rows()[0]["f1"] == 0
    one.write_text(two.read_text())
    assert not any("warning" in told for told in score_files(one, [two]).columns)


# --- types that only look alike -----------------------------------------------------------------------------

ALIKE = {
    "nothing to see": ("LOC", "L\u200bOC", "U+200B ZERO WIDTH SPACE"),
    "a no-break space inside": ("WORK OF ART", "WORK\u00a0OF ART", "U+00A0 NO-BREAK SPACE"),
    "decomposed": ("\u00c9TAT", "E\u0301TAT", "Unicode normalization only"),
    "another form": ("LOC", "\uff2cOC", "U+FF2C FULLWIDTH LATIN CAPITAL LETTER L"),
    "Cyrillic": ("LOC", "L\u041eC", "U+041E CYRILLIC CAPITAL LETTER O"),
    "Greek": ("LOC", "L\u039fC", "U+039F GREEK CAPITAL LETTER OMICRON"),
}  # fmt: skip


def of_types(path: Path, *types: str) -> Path:
    """Write a file of one mention of each type, with a tab, and return it."""
    path.write_text("".join(f"Oslo{number}\tB-{type}\nran\tO\n" for number, type in enumerate(types)))
    return path


def rewritten(path: Path, error: FormatError) -> Path:
    """Run the command that an error gives, which writes the file in another way, and return that file."""
    command = str(error).partition("Write it in one way: ")[2].replace("python", sys.executable, 1)
    assert f"< {path} > FILE" in command
    out = path.with_name(f"{path.name}.new")
    subprocess.run(command.replace("> FILE", f"> {out}"), shell=True, check=True)
    return out


@pytest.mark.parametrize("odd_in", ["prediction", "reference", "both"])
@pytest.mark.parametrize(("plain", "odd", "named"), ALIKE.values(), ids=ALIKE.keys())
def test_types_that_only_look_alike_are_an_error_with_its_line(plain, odd, named, odd_in, tmp_path) -> None:
    options = Format(options={"separator": "tab"})
    gold = of_types(tmp_path / "gold", "PER", odd if odd_in == "reference" else plain)
    found = of_types(tmp_path / "found", "PER", plain if odd_in == "reference" else odd)
    wrong, line = (gold if odd_in == "reference" else found), 3
    if odd_in == "both":  # in the reference itself
        gold = found = wrong = of_types(tmp_path / "gold", "PER", plain, odd)
        line = 5
    with pytest.raises(FormatError, match=re.escape(named)) as caught:
        score_files(gold, [found], options)
    assert (caught.value.path, caught.value.line) == (str(wrong), line)
    assert ascii(odd) in str(caught.value) and ascii(plain) in str(caught.value)
    new = rewritten(wrong, caught.value)
    pair = (new, new) if odd_in == "both" else (new, found) if odd_in == "reference" else (gold, new)
    assert score_files(pair[0], [pair[1]], options).rows()[0]["f1"] == 1


@pytest.mark.parametrize("odd", ["LOC ", " LOC", "LOC\u00a0", "LOC\u200b"])
def test_white_space_around_a_type_is_said_and_not_scored(odd: str, tmp_path) -> None:
    options = Format(options={"separator": "tab"})
    gold, found = of_types(tmp_path / "gold", "PER", "LOC"), of_types(tmp_path / "found", "PER", odd)
    scored = score_files(gold, [found], options)
    assert scored.rows()[0]["f1"] == 1
    assert scored.predictions[0].told_slips == (f"{found}: 1 label has white space around, which is not read")


def test_where_either_spelling_may_be_meant_the_references_is(tmp_path) -> None:
    options = Format(options={"separator": "tab"})
    gold, found = (
        of_types(tmp_path / name, "PER", type)
        for name, type in (("gold", "WORK OF ART"), ("found", "WORKOFART"))
    )
    with pytest.raises(FormatError, match=r"found:3: .*U\+0020 SPACE") as caught:
        score_files(gold, [found], options)
    assert score_files(gold, [rewritten(found, caught.value)], options).rows()[0]["f1"] == 1


@pytest.mark.parametrize("escaped", [True, False])
def test_the_command_works_on_json(escaped: bool, tmp_path) -> None:
    gold, found = tmp_path / "gold", tmp_path / "found"
    for path, type in ((gold, "\u00c9TAT"), (found, "E\u0301TAT")):
        rows = [{"tokens": ["Oslo", "ran"], "ner_tags": [f"B-{type}", "O"]}]
        path.write_text(json.dumps(rows, ensure_ascii=escaped))
    with pytest.raises(FormatError, match="Unicode normalization only") as caught:
        score_files(gold, [found])
    assert score_files(gold, [rewritten(found, caught.value)]).rows()[0]["f1"] == 1


@pytest.mark.parametrize(
    ("gold", "found"), [("PER", "per"), ("\u00c9TAT", "\u00e9tat"), ("Stra\u00dfe", "STRASSE")]
)
def test_types_that_differ_in_case_are_scored_with_a_note(gold: str, found: str, tmp_path) -> None:
    files = [of_types(tmp_path / "gold", "LOC", gold), of_types(tmp_path / "found", "LOC", found)]
    said = f"the types {found} and {gold} differ in case only and are scored as two types"
    scored = score_files(files[0], files[1:])
    assert scored.notes[0] == f"{files[1]}:3: {said}"
    assert f"not among the types of the reference: {found}. " in scored.notes[1] and len(scored.notes) == 2
    assert scored.rows()[0]["f1"] == 0.5
    both = of_types(tmp_path / "both", gold, found)
    assert score_files(both, [both]).notes == (f"{both}:3: {said}",)


def test_types_of_other_names_are_only_wrong(tmp_path) -> None:
    files = [of_types(tmp_path / "gold", "LOC", "GPE_LOC"), of_types(tmp_path / "found", "ORG", "GPELOC")]
    scored = score_files(files[0], files[1:])
    (note,) = scored.notes
    assert "not among the types of the reference: GPELOC, ORG. " in note and scored.rows()[0]["f1"] == 0


@pytest.mark.parametrize(
    ("label", "named"),
    [("\u0412-LOC", "U+0412 CYRILLIC CAPITAL LETTER VE"), ("\u041e", "U+041E CYRILLIC CAPITAL LETTER O")],
)
def test_a_letter_of_another_script_in_a_label_is_named(label: str, named: str, tmp_path) -> None:
    gold, found = written(tmp_path, gold=GOLD, found=GOLD.replace("B-LOC", label))
    with pytest.raises(FormatError, match=rf"found:5: '{label}' is no IOB2 label.*{re.escape(named)}"):
        score_files(gold, [found])
    with pytest.raises(FormatError, match=rf"found:5: .*{re.escape(named)}"):
        score_files(found, [gold])


@pytest.mark.parametrize("contents", [("", ""), ("\n\n", ""), ("", "\n")])
def test_two_files_without_sentences_are_no_score_of_zero(contents: tuple[str, str], tmp_path) -> None:
    gold, found = written(tmp_path, gold=contents[0], found=contents[1])
    with pytest.raises(OpenNERError, match="gold: the file is empty"):
        score_files(gold, [found])


@pytest.mark.parametrize(
    ("scheme", "noted"), [("IO", True), ("IOB1", True), ("IOB2", False), ("BIOES", False)]
)
def test_where_types_stay_borders_without_types_that_is_said(scheme: str, noted: bool, tmp_path) -> None:
    encoding = get_encoding(scheme)
    gold = tmp_path / "gold"
    gold.write_text(
        in_columns([encoding.encode([Mention(Span(0, 1), "PER"), Mention(Span(1, 2), "LOC")], 3)])
    )
    notes = score_files(gold, [gold], Format(scheme=scheme)).notes
    assert any("types are borders of mentions still" in note for note in notes) == noted


def test_of_types_that_differ_in_case_each_is_told_once_beside_the_first(tmp_path: Path) -> None:
    path = tmp_path / "gold.tsv"
    path.write_text("".join(f"w\tB-{type}\nx\tO\n" for type in ("per", "Per", "PER", "pEr")))
    notes = [note for note in score_files(path, [path]).notes if "differ in case only" in note]
    assert [note.partition(" the types ")[2].partition(" differ")[0] for note in notes] == [
        "Per and per",
        "PER and per",
        "pEr and per",
    ]
