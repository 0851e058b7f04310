"""The commands for one's own files: what they print, where, and how they end."""

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from openner_utils import readers
from openner_utils.cli import format as cli_format
from openner_utils.cli import main as cli
from openner_utils.support.errors import OpenNERError

FLAWED = "Ada B-PER\nran O\n\nPort I-LOC\nSaid I-LOC\n"


@pytest.fixture
def flawed(tmp_path: Path) -> Path:
    (tmp_path / "in.txt").write_text(FLAWED)
    return tmp_path / "in.txt"


def openner(*words: object) -> Result:
    return CliRunner().invoke(cli.app, [str(word) for word in words])


def test_validate(flawed: Path) -> None:
    done = openner("validate", flawed)
    assert done.exit_code == 1
    assert done.stdout == (
        f"{flawed}:4: invalid transition O → I-LOC at token 'Port'\n"
        f"{flawed}: 2 sentences, 4 tokens, 1 problem\n"
    )
    assert done.stderr == (
        f"{flawed}: read as delimited, IOB2: single blanks between columns (--separator), "
        "B- begins mentions, so taken for IOB2 (--scheme)\n"
        "transition: Repair it: openner repair FILE -o OUT.\n"
    )
    assert openner("validate", flawed, "--scheme", "IOB1").exit_code == 1
    (report,) = json.loads(openner("validate", flawed, "--json").stdout)
    assert report["problems"] == [
        {"line": 4, "kind": "transition", "what": "invalid transition O → I-LOC at token 'Port'"}
    ]


def test_repair_undo_convert_and_validate(flawed: Path) -> None:
    out, ledger, back, converted = (flawed.with_name(name) for name in ("out", "ledger.csv", "back", "bioes"))
    repaired = openner("repair", flawed, "-o", out, "--ledger", ledger)
    assert "1 label repaired" in repaired.stdout and "a record" not in repaired.stderr
    assert openner("validate", out).exit_code == 0
    assert ledger.read_text().splitlines()[1] == f"{flawed},4,1,0,I-LOC,B-LOC,conlleval,out"
    assert openner("undo", out, ledger, "-o", back).exit_code == 0 and back.read_text() == FLAWED
    assert openner("convert", out, "-o", converted, "--to", "BIOES").exit_code == 0
    assert converted.read_text() == "Ada S-PER\nran O\n\nPort B-LOC\nSaid E-LOC\n"


def test_a_format_without_columns_of_its_own_is_said_to_become_two(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("Sentence #,Word,POS,Tag\nSentence: 1,Ada,NNP,B-per\n,ran,VBD,O\n")
    out = tmp_path / "out.conll"
    assert "1 sentence, 2 tokens in BIOES, from csv_tokens as two columns → " in (
        openner("convert", path, "-o", out, "--to", "BIOES").stdout
    )
    assert out.read_text() == "Ada\tS-per\nran\tO\n\n"


def test_a_long_file_of_one_sentence_is_asked_what_ends_sentences(tmp_path: Path) -> None:
    path = tmp_path / "flags.tsv"
    path.write_text("Ada\tB-PER\t-\nran\tO\tEOS\n" * 60)
    asked = openner("count", path, "--label", 1).stderr
    assert "all 120 tokens are one sentence" in asked and "--option flags=COLUMN" in asked
    said = openner("count", path, "--label", 1, "--option", "flags=2", "--option", "sentence=EOS")
    assert said.exit_code == 0 and "60 sentences" in said.stdout and "one sentence" not in said.stderr


def test_hints_for_comments_and_for_labels_without_type(tmp_path: Path) -> None:
    path = tmp_path / "odd.tsv"
    path.write_text("@ part 1\nAda\tB-PER\nran\tO\nto\tI\n")
    done = openner("validate", path)
    assert "missing-label: Correct the line, or give another --separator or --option comment=…" in done.stderr
    assert ":4: 'I' is no IOB2 label" in done.stdout and "--outside I" not in done.stderr
    taken = openner("validate", path, "--option", "comment=@", "--allow", "unknown-label")
    assert taken.exit_code == 0 and "comment line 1" in taken.stderr


def test_count_and_score_as_json(flawed: Path) -> None:
    (row,) = json.loads(openner("count", flawed, "--json").stdout)
    assert row == {
        "file": str(flawed),
        "sentences": 2,
        "tokens": 4,
        "mentions": 2,
        "types": {"LOC": 1, "PER": 1},
    }
    scored = json.loads(openner("score", flawed, flawed, flawed, "--json").stdout)
    assert {each["convention"] for each in scored["scores"]} == {"conlleval", "discard", "untyped"}
    assert (scored["reference_scheme"], scored["prediction_schemes"]) == ("IOB2", ["IOB2", "IOB2"])
    for name in ("precision", "recall", "f1"):
        assert scored["scores"][0][f"{name}_standard_deviation"] == 0
        assert scored["scores"][0][f"{name}_standard_error"] == 0
    assert "2 mentions (LOC 1, PER 1)" in openner("count", flawed).stdout


def test_scores_of_several_predictions_say_what_stands_beside_them(tmp_path: Path) -> None:
    words = [f"w{n}" for n in range(32)]
    for name, right in (("gold", 32), ("one", 1), ("two", 3)):
        lines = (f"{word} {'B-PER' if n < right else 'B-LOC'}\n" for n, word in enumerate(words))
        (tmp_path / name).write_text(
            "".join(lines) if name != "gold" else "".join(f"{w} B-PER\n" for w in words)
        )
    done = openner("score", tmp_path / "gold", tmp_path / "one")
    first, head, row, *_ = done.stdout.splitlines()
    assert first == "Reference read as IOB2, predictions as IOB2."
    assert head.split() == ["convention", "type", "P", "R", "F1", "mentions"]
    assert row.split() == ["conlleval", "ALL", "3.13", "3.13", "3.13", "32"], (
        "1 of 32 is 3.125 %, rounded half up"
    )
    done = openner("score", tmp_path / "gold", tmp_path / "one", tmp_path / "two")
    _, head, row, *_, last = done.stdout.splitlines()
    assert head.split()[2:-1] == ["P", "SD", "SE", "R", "SD", "SE", "F1", "SD", "SE"]
    assert row.split()[2:-1] == ["6.25", "4.42", "3.13"] * 3, "of 3.125 % and 9.375 %"
    assert "SD: standard deviation (n-1). SE: standard error of the mean" in last and "SeqScore 0.9" in last


def test_systems_with_other_tokens_are_scored_by_characters(tmp_path: Path) -> None:
    (tmp_path / "gold").write_text("Ada B-PER\ndon't O\n\nOslo B-LOC\n")
    (tmp_path / "found").write_text("Ada B-PER\ndo O\nn't O\nOslo I-PER\n")
    done = openner("score", tmp_path / "gold", tmp_path / "found")
    assert isinstance(done.exception, OpenNERError) and "--align characters" in str(done.exception)
    done = openner("score", tmp_path / "gold", tmp_path / "found", "--align", "characters")
    assert done.stdout.splitlines()[2].split() == ["conlleval", "ALL", "50.00", "50.00", "50.00", "2"]
    assert "Mentions are compared by characters" in done.stderr
    scored = json.loads(
        openner("score", tmp_path / "gold", tmp_path / "found", "--align", "characters", "--json").stdout
    )
    assert scored["align"] == "characters" and scored["scores"][0]["f1"] == 0.5


def test_the_scheme_of_predictions_can_be_said(tmp_path: Path) -> None:
    (tmp_path / "gold").write_text("Ada B-PER\nLo I-PER\nran O\n")
    (tmp_path / "found").write_text("Ada B-PER\nLo E-PER\nran O\n")
    done = openner("score", tmp_path / "gold", tmp_path / "found")
    assert isinstance(done.exception, OpenNERError)
    assert f"{tmp_path / 'found'}:2: 'E-PER' is no IOB2 label" in str(done.exception)
    assert "give --prediction-scheme BIOES;" in str(done.exception)
    done = openner("score", tmp_path / "gold", tmp_path / "found", "--prediction-scheme", "iobes")
    assert done.exit_code == 0 and done.stdout.startswith("Reference read as IOB2, predictions as BIOES.\n")
    assert done.stdout.splitlines()[2].split()[2:] == ["100.00", "100.00", "100.00", "1"]
    assert f"{tmp_path / 'found'}: read as delimited, BIOES" in done.stderr
    assert "discard is defined for IOB2; the BIOES labels of this file" in done.stderr
    done = openner("score", tmp_path / "gold", tmp_path / "found", "--prediction-scheme", "IOB")
    assert "IOB means two encodings" in str(done.exception)


def test_a_type_of_another_case_is_a_note_and_no_sentences_are_an_error(tmp_path: Path) -> None:
    gold, found, none = (tmp_path / name for name in ("gold", "found", "none"))
    gold.write_text("Ada B-PER\nran O\nOslo B-LOC\n")
    found.write_text("Ada B-PER\nran O\nOslo B-loc\n")
    none.write_text("")
    done = openner("score", gold, found)
    assert done.exit_code == 0
    assert f"{found}:3: the types loc and LOC differ in case only" in done.stderr
    done = openner("score", none, none)
    assert done.exit_code == 1 and not done.stdout
    assert "none: the file is empty" in str(done.exception)


def test_a_prediction_that_begins_mentions_with_i_is_wrong_where_that_is_not_the_scheme(
    tmp_path: Path,
) -> None:
    (tmp_path / "gold").write_text("Ada B-PER\nLo I-PER\nran O\nOslo B-LOC\n")
    (tmp_path / "found").write_text("Ada I-PER\nLo I-PER\nran O\nOslo I-LOC\n")
    done = openner("score", tmp_path / "gold", tmp_path / "found")
    rows = {tuple(line.split()[:2]): line.split()[4] for line in done.stdout.splitlines()[2:]}
    assert (rows["conlleval", "ALL"], rows["discard", "ALL"], rows["untyped", "ALL"]) == (
        "100.00",
        "0.00",
        "100.00",
    )
    assert (
        "found: labels begin with I only, so taken for IO, if it stood alone; it is read as IOB2"
        in done.stderr
    )


def test_standardize(flawed: Path) -> None:
    assert openner("repair", flawed, "-o", flawed).exit_code == 0
    done = openner("standardize", flawed, "-o", flawed.with_name("out"), "--map", "PER=", "--core")
    assert done.stdout.startswith("LOC → LOC, PER → dropped → ")


def test_a_folder_becomes_a_folder(flawed: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert openner("repair", flawed.parent, "-o", out, "--to", "IO").exit_code == 0
    assert (out / "in.txt").read_text().startswith("Ada I-PER\n")


def test_card_new(flawed: Path) -> None:
    done = openner("card", "new", flawed, "--id", "mine")
    assert done.exit_code == 0 and (flawed.parent / "mine.yaml").is_file()
    assert "guessed: single blanks between columns\n" in done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["repair", "{}", "-o", "x", "--option", "header"], "expected NAME=VALUE"),
        (["standardize", "{}", "-o", "x", "--map", "PER"], "expected OLD=NEW"),
        (["standardize", "{}", "-o", "x", "--map", "=PER"], "--map =PER: expected OLD=NEW"),
        (["validate", "{}", "--scheme", "IOB3"], "Did you mean 'IOB"),
        (["validate", "{}", "--reader", "brats"], "Did you mean 'brat'"),
        (["validate", "{}", "--allow", "empty-tokens"], "Did you mean 'empty-token'"),
        (["validate", "{}", "--option", "heather=true"], "heather"),
        (["convert", "{}", "-o", "x", "--to", "BIOS"], "Did you mean 'BIOES'"),
        (
            ["convert", "{}", "-o", "x", "--to", "JSONL"],
            "JSONL is a form of files.*openner export jsonl --out",
        ),
        (["convert", "{}", "-o", "x", "--to", "iob"], "Say IOB2 .* or IOB1"),
        (["convert", "{}", "-o", "x", "--to", "BMEWO"], "is BMES with W- for S-"),
        (["validate", "{}", "--scheme", "BMEOW"], "is BMES with W- for S-"),
        (["validate", "{}", "--separator", "comma"], "--reader csv_tokens"),
        (["validate", "{}", "--separator", ","], "--reader csv_tokens"),
        (["validate", "{}", "--separator", "tabs"], "Did you mean 'tab'.*space, tab, whitespace"),
        (["validate", "{}", "--encoding", "nope"], "such as utf-8, latin-1"),
        (["validate", "{}", "--encoding", "hex"], "such as utf-8, latin-1"),
        (["validate", "{}", "--label", "7"], "no column 7 .* from 0 to 1, or from -2 to -1"),
        (["validate", "{}", "--label", "-5"], "no column -5 .* from 0 to 1, or from -2 to -1"),
        (["validate", "{}", "--token", "2"], "no column 2 .* from 0 to 1"),
        (["validate", "{}", "--option", "label=x"], "label: Input should be a valid integer"),
        (["validate", "{}", "--option", "comment=5"], "Put text in quotes"),
        (["validate", "{}", "--option", "extra=[a: b: c]"], "double quotes"),
        (["validate", "{}", "--reader", "json_tokens", "--encoding", "latin-1"], "unknown key 'encoding'"),
        (["repair", "{}", "-o", "x", "--ledger", "{}"], "the ledger would take the place of the labels"),
        (["repair", "{}", "-o", "x", "--ledger", "x"], "the ledger would take the place of the labels"),
    ],
)
def test_mistakes(words: list[str], message: str, flawed: Path) -> None:
    done = openner(*(word.format(flawed) for word in words))
    assert isinstance(done.exception, OpenNERError)
    assert re.search(message, str(done.exception), re.IGNORECASE | re.DOTALL)
    assert "card" not in str(done.exception)


@pytest.mark.parametrize(
    ("name", "ours"),
    [("BIO", "IOB2"), ("iob2", "IOB2"), ("IOBES", "BIOES"), ("biose", "BIOES"), ("BILUO", "BILOU"), ("bmes", "BMES")],
)  # fmt: skip
def test_other_names_of_schemes(name: str, ours: str) -> None:
    assert cli_format.scheme_of(name) == ours


def test_the_help_names_every_reader() -> None:
    shown = "".join(openner("validate", "--help").stdout.split())
    assert all(name in shown for name in readers.READERS)


def test_a_ledger_of_a_repair_that_converts_is_refused_before_anything_is_written(flawed: Path) -> None:
    out, ledger = flawed.with_name("out.tsv"), flawed.with_name("ledger.csv")
    done = openner("repair", flawed, "-o", out, "--to", "BIOES", "--ledger", ledger)
    assert done.exit_code == 1
    assert "Repair without --to, and convert the repaired file" in str(done.exception)
    assert not out.exists() and not ledger.exists()
    assert openner("repair", flawed, "-o", out, "--to", "IOB2", "--ledger", ledger).exit_code == 0


def test_a_comment_may_begin_with_a_bracket(flawed: Path) -> None:
    flawed.write_text("[a\n" + FLAWED)
    assert "4 tokens" in openner("validate", flawed, "--option", "comment=[a").stdout
    flawed.write_text("5\n" + FLAWED)
    assert "4 tokens" in openner("validate", flawed, "--option", "comment='5'").stdout


KEYS = '[{"words": ["Ada", "ran"], "tags": ["S-PER", "O"]}]'


def test_named_keys_reach_the_reader(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(KEYS.replace("S-PER", "x S-PER"))  # no labels, so nothing is guessed
    words = ["count", path, "--reader", "json_tokens", "--option", "tokens=words", "--option", "labels=tags"]
    assert "unknown" not in str(openner(*words, "--allow", "unknown-label").exception)
    path.write_text(KEYS)
    assert openner(*words).stdout == f"{path}: 1 sentence, 2 tokens, 1 mention (PER 1)\n"
    assert "BIOES" in openner(*words).stderr
    path.write_text('{"tokens": ["Ada", "ran"], "ner_tags": ["I-PER", "O"]}\n' * 2)
    done = openner("count", path, "--reader", "json_tokens", "--option", "layout=lines")
    assert done.stdout == f"{path}: 2 sentences, 4 tokens, 2 mentions (PER 2)\n"


def test_a_named_reader_leaves_the_rest_to_be_guessed(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("[ORG Ada] x\n")  # taken for brackets
    done = openner("validate", path, "--reader", "delimited", "--allow", "unknown-label")
    assert "read as delimited" in done.stderr and "--separator" in done.stderr
    path.write_text("{ S-PER\n} O\n")
    (tmp_path / "a.ann").write_text("")
    done = openner("count", path, "--reader", "delimited")
    assert done.stdout == f"{path}: 1 sentence, 2 tokens, 1 mention (PER 1)\n" and "BIOES" in done.stderr


@pytest.fixture
def nested(tmp_path: Path) -> Path:
    (tmp_path / "n.jsonl").write_text('{"text": "Ada Lo ran", "entities": [[0, 6, "PER"], [0, 3, "ORG"]]}\n')
    return tmp_path / "n.jsonl"


def test_mentions_left_out_are_shown(nested: Path) -> None:
    told = f"{nested}: 1 mention is left out of the flat labels (overlap 1); openner validate lists them\n"
    out, ledger = nested.with_name("out"), nested.with_name("ledger.csv")
    done = openner("validate", nested)
    assert done.exit_code == 1
    assert f"{nested}:1: mention '0 3 ORG' is left out of the flat labels: overlap\n" in done.stdout
    assert told in openner("count", nested).stderr
    assert told in openner("convert", nested, "-o", out, "--to", "IO").stderr
    assert told in openner("repair", nested, "-o", out, "--ledger", ledger).stderr
    assert ledger.read_text().splitlines()[1] == f"{nested},1,0,-1,0 3 ORG,,overlap,out"


def test_where_files_are_written(nested: Path, flawed: Path, tmp_path: Path) -> None:
    before = nested.read_bytes()
    for words in (["convert", "--to", "IO"], ["repair"], ["standardize"]):
        done = openner(words[0], nested, "-o", nested, *words[1:])
        assert "two columns would take its place" in str(done.exception) and nested.read_bytes() == before
    (tmp_path / "there").mkdir()
    assert openner("repair", flawed, "-o", tmp_path / "there").exit_code == 0
    assert (tmp_path / "there" / "in.txt").is_file()
    (tmp_path / "from").mkdir()
    for path in (nested, flawed):
        path.rename(tmp_path / "from" / path.name)
    done = openner("repair", tmp_path / "from", "-o", tmp_path / "to")
    assert sorted(path.name for path in (tmp_path / "to").iterdir()) == ["in.txt", "n.jsonl.conll"]
    assert f"→ {tmp_path / 'to' / 'n.jsonl.conll'}\n" in done.stdout
    done = openner("repair", tmp_path / "from", "-o", tmp_path / "there" / "in.txt")
    assert "Give -o a folder" in str(done.exception)


def test_a_folder_goes_on_after_a_file_that_cannot_be_read(flawed: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.txt").write_bytes(b"a O\n\x00 O\n")
    folder, bad = tmp_path, tmp_path / "bad.txt"
    done = openner("validate", folder)
    assert (
        done.exit_code == 1
        and f"{bad}: it holds NUL bytes, the first on line 2" in done.stdout
        and f"{flawed}:4: " in done.stdout
    )
    first, second = json.loads(openner("validate", folder, "--json").stdout)
    assert first["problems"][0]["kind"] == "unreadable" and second["tokens"] == 4
    done = openner("count", folder)
    assert done.exit_code == 1 and "4 tokens" in done.stdout and f"1 file failed: {bad}\n" in done.stderr
    first, second = json.loads(openner("count", folder, "--json").stdout)
    assert "NUL byte" in first["error"] and second["tokens"] == 4
    flawed.write_text(FLAWED.replace("Port I-", "Port B-"))
    for words in (["convert", "--to", "BIOES"], ["repair"], ["standardize"]):
        out = tmp_path.with_name(f"{tmp_path.name}-{words[0]}")
        done = openner(words[0], folder, "-o", out, *words[1:])
        assert done.exit_code == 1 and f"1 file failed: {bad}\n" in done.stderr
        assert [path.name for path in out.iterdir()] == ["in.txt"]


def test_a_type_that_no_file_holds_is_a_warning(flawed: Path) -> None:
    assert openner("repair", flawed, "-o", flawed).exit_code == 0
    done = openner("standardize", flawed, "-o", flawed.with_name("out"), "--map", "NOPE=PER")
    assert done.exit_code == 0
    assert "warning: --map NOPE=PER: no file that was read holds the type NOPE\n" in done.stderr


LEDGER = "file,line,sentence,token,before,after,rule,written\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "ledger.csv:1: not a ledger"),
        (b"\xff\xfe\x00\x01", "not a text file"),
        (b"PK\x00\x01,\x00\n", "ledger.csv:1: not a ledger|not a text file"),
        (LEDGER + "in.txt,four,1,0,I-LOC,B-LOC,conlleval,out\n", "ledger.csv:2: line 'four' is no number"),
        (LEDGER + "in.txt,4\n", "ledger.csv:2: 2 cells instead of 8"),
        (LEDGER + "in.txt,4,1,0,I-LOC,B-LOC,conlleval,out\n" * 2, "ledger.csv:3: line 4 .* second time"),
        (LEDGER + "other.txt,4,1,0,I-LOC,B-LOC,conlleval,o\n", "ledger.csv:2: the row is about o,"),
        (LEDGER + "in.txt,4,2,0,I-LOC,B-LOC,conlleval,out\n", "ledger.csv:2: .*not token 0 of sentence 2"),
        (LEDGER + "in.txt,4,1,7,I-LOC,B-LOC,conlleval,out\n", "ledger.csv:2: .*not token 7 of sentence 1"),
        (LEDGER + "in.txt,3,1,0,I-LOC,B-LOC,conlleval,out\n", "ledger.csv:2: .*no token on line 3"),
        (LEDGER + "in.txt,99,1,0,I-LOC,B-LOC,conlleval,out\n", "ledger.csv:2: .*no token on line 99"),
        (LEDGER + "in.txt,1,0,0,I-LOC,B-LOC,conlleval,out\n", "ledger.csv:2: .*not have the label B-LOC"),
    ],
)  # fmt: skip
def test_a_ledger_that_does_not_fit(content: str | bytes, message: str, flawed: Path) -> None:
    out, ledger = flawed.with_name("out"), flawed.with_name("ledger.csv")
    assert openner("repair", flawed, "-o", out).exit_code == 0
    ledger.write_bytes(content if isinstance(content, bytes) else content.encode())
    done = openner("undo", out, ledger, "-o", flawed.with_name("back"))
    assert isinstance(done.exception, OpenNERError) and re.search(message, str(done.exception))
    assert not flawed.with_name("back").exists()


MISSING = {
    "first": "B-LOC\tWien\nwort\nO\tein\n",
    "first, middle": "B-LOC\tWien\tNE\nwort\nO\tein\tART\n",
    "middle": "Wien\tB-LOC\tNE\nwort\nein\tO\tART\n",
    "last, middle": "NE\tWien\tB-LOC\nwort\nART\tein\tO\n",
    "last": "Wien\tB-LOC\nwort\nein\tO\n",
    "first, on the first line": "wort\nB-LOC\tWien\nO\tein\n",
}
"""Column of the label (and of the token, where the label does not stand beside it): one line lacks its label."""
COMMANDS = {
    "validate": ("{file}",),
    "repair": ("{file}", "-o", "{out}", "--ledger", "{out}.csv"),
    "repair in BIOES": ("{file}", "-o", "{out}", "--to", "BIOES"),
    "convert": ("{file}", "-o", "{out}", "--to", "BIOES"),
    "standardize": ("{file}", "-o", "{out}"),
    "count": ("{file}",),
    "score": ("{file}", "{file}"),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("content", MISSING.values(), ids=MISSING.keys())
def test_a_missing_label_is_refused_by_name_or_counted(content: str, command: str, tmp_path: Path) -> None:
    path, out = tmp_path / "in.tsv", tmp_path / "out.tsv"
    path.write_text(content)
    line = 1 + content.split("\n").index("wort")
    words = [word.format(file=path, out=out) for word in (command.split()[0], *COMMANDS[command])]
    given = ("--token", "1", "--label", "2") if content == MISSING["last, middle"] else ()
    refused = openner(*words, *given)
    assert refused.exit_code == 1 and not out.exists()
    if command == "validate":
        assert refused.stdout.startswith(
            f"{path}:{line}: missing label: 1 column(s) where the other lines have "
        )
        assert refused.stdout.endswith(f"\n{path}: 1 sentence, 3 tokens, 1 problem\n")
    else:
        assert isinstance(refused.exception, OpenNERError)
        assert re.match(
            rf"{path}:{line}: missing label: 1 column.* --allow missing-label\.", str(refused.exception)
        )
    passed = openner(*words, *given, "--allow", "missing-label")
    assert passed.exit_code == 0, passed.exception
    assert passed.stderr.count(f"{path}: allowed and passed over: missing-label 1\n") >= 1
    if command in ("validate", "repair", "count"):
        assert "1 sentence, 3 tokens" in passed.stdout
    if command == "repair":
        assert "0 labels repaired" in passed.stdout and out.read_text() == content
        assert len(Path(f"{out}.csv").read_text().splitlines()) == 1
    if command.endswith(("BIOES", "convert")):
        assert out.read_text() == content.replace("B-LOC", "S-LOC")
    if command == "count":
        assert "1 mention (LOC 1)" in passed.stdout
    if command == "score":
        assert re.search(r"conlleval +LOC +100.00 +100.00 +100.00 +1", passed.stdout)


def test_each_flaw_that_is_allowed_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "in.tsv"
    path.write_text("a\tB-PER\n\tO\nb\nc\t\nd\tXYZ\ne\tQRS\nf\tB-LOC\n")
    flaws = ("empty-label", "empty-token", "missing-label", "unknown-label")
    done = openner("count", path, *(word for flaw in flaws for word in ("--allow", flaw)))
    shown = "empty-label 1, empty-token 1, missing-label 1, unknown-label 2"
    assert f"{path}: allowed and passed over: {shown}\n" in done.stderr


def test_a_header_that_is_all_of_a_file_is_no_crash(tmp_path: Path) -> None:
    path = tmp_path / "in.tsv"
    path.write_text("B-LOC\tein\nO\twort\n")
    done = openner("count", path, "--separator", "space", "--option", "header=true")
    assert isinstance(done.exception, OpenNERError)


def test_a_ledger_of_a_file_written_as_two_columns_says_that_it_is_a_record(nested: Path) -> None:
    out, ledger, back = (nested.with_name(name) for name in ("out", "ledger.csv", "back"))
    many = nested.with_name("many.jsonl")
    many.write_text('{"tokens": ["Ada", "ran", "Lo"], "ner_tags": ["I-PER", "O", "I-PER"]}\n')
    kaggle, rows = nested.with_name("kaggle.csv"), nested.with_name("rows.csv")
    kaggle.write_text("Sentence #,Word,POS,Tag\nSentence: 1,Ada,NNP,I-per\n,ran,VBD,O\n")
    rows.write_text("tokens,ner_tags\nAda ran,I-PER O\nBo ran,B-PER O\n")
    for source in (nested, many, kaggle, rows):
        given = () if source is nested else ("--scheme", "IOB2")
        done = openner("repair", source, "-o", out, "--ledger", ledger, *given)
        assert (
            done.exit_code == 0 and f"{ledger}: A ledger of JSON, of spans, or of another file" in done.stderr
        )
        done = openner("undo", out, ledger, "-o", back, *given)
        assert isinstance(done.exception, OpenNERError) and not back.exists()
        assert "is a record, which cannot be undone from" in str(done.exception)


def test_a_repair_of_columns_with_inner_labels_is_undone(tmp_path: Path) -> None:
    source = Path(__file__).parents[1] / "fixtures" / "nested_second_column.tsv"
    flawed, out, ledger, back = (tmp_path / name for name in ("in.tsv", "out", "ledger.csv", "back"))
    flawed.write_text(source.read_text().replace("B-", "I-", 1))
    given = ("--scheme", "IOB2")
    assert "1 label repaired" in openner("repair", flawed, *given, "-o", out, "--ledger", ledger).stdout
    assert ",-1," in ledger.read_text()
    assert "1 label restored" in openner("undo", out, ledger, *given, "-o", back).stdout
    assert back.read_bytes() == flawed.read_bytes()


@pytest.mark.parametrize("command", [("repair",), ("standardize",), ("convert", "--to", "BIOES")])
@pytest.mark.parametrize("where", ["", "elsewhere"])
def test_files_of_a_folder_do_not_take_one_place(command: tuple[str, ...], where: str, nested: Path) -> None:
    folder, out = nested.parent, nested.parent.with_name(f"{nested.parent.name}{where}")
    other = nested.with_name("n.jsonl.conll")
    other.write_text("Eva\tB-PER\nran\tO\n")
    before = other.read_bytes()
    done = openner(command[0], folder, "-o", out, *command[1:])
    assert isinstance(done.exception, OpenNERError)
    assert f"{out / other.name}: {nested} would be written there" in str(done.exception) or (
        f"{out / other.name}: {other} would be written there" in str(done.exception)
    )
    assert other.read_bytes() == before and sorted(folder.iterdir()) == [nested, other]
    assert out == folder or not out.exists()
    other.rename(folder / "other.conll")
    assert openner(command[0], folder, "-o", out, *command[1:]).exit_code == 0


def test_a_folder_is_repaired_in_place_and_twice_to_one_place(flawed: Path) -> None:
    folder, out = flawed.parent, flawed.parent.with_name(f"{flawed.parent.name}-out")
    for _ in range(2):
        assert openner("repair", folder, "-o", out).exit_code == 0
    assert openner("repair", folder, "-o", folder / "inside").exit_code == 0
    done = openner("repair", folder, "-o", folder / "inside")
    assert isinstance(done.exception, OpenNERError) and not (folder / "inside" / "inside").exists()
    (folder / "inside" / flawed.name).unlink()
    assert openner("repair", folder, "-o", folder).exit_code == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["score", "-", "-"], "standard input is one stream"),
        (["score", "{}", "-", "-"], "standard input is one stream"),
        (["undo", "-", "-", "-o", "x"], "standard input is one stream"),
        (["repair", "{}", "-o", "-", "--ledger", "-"], "the ledger would take the place of the labels"),
    ],
)
def test_a_stream_is_one_thing(words: list[str], message: str, flawed: Path) -> None:
    done = openner(*(word.format(flawed) for word in words))
    assert isinstance(done.exception, OpenNERError) and message in str(done.exception) and not done.stdout


def test_a_link_that_leads_nowhere_is_told_and_the_others_are_read(flawed: Path, tmp_path: Path) -> None:
    link = tmp_path / "gone.txt"
    link.symlink_to("nowhere.txt")
    for command in ("validate", "count"):
        done = openner(command, tmp_path)
        assert done.exit_code == 1 and f"{link}: No such file" in done.output and "4 tokens" in done.stdout


@pytest.mark.parametrize("command", ["validate", "count", "repair", "convert --to IO", "standardize"])
def test_a_pipe_in_a_folder_is_an_error_and_the_others_have_their_turn(
    command: str, flawed: Path, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    flawed.write_text("Ada B-PER\nran O\n")
    writes = command not in ("validate", "count")
    done = openner(*command.split(), tmp_path, *(["-o", tmp_path / "out"] if writes else []))
    assert done.exit_code == 1 and f"{tmp_path}/pipe.txt: a pipe or a device, no file" in done.output
    assert "1 sentence, 2 tokens" in done.output or "PER → PER" in done.output
    assert not writes or (tmp_path / "out" / "in.txt").is_file()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["standardize", "{}", "-o", "x", "--map", "PER=PER", "--map", "PER=LOC"], "PER was mapped before"),
        (["count", "{}", "--option", "header=true", "--option", "header=false"], "header was given before"),
        (["count", "{}", "--token", "0", "--option", "token=1"], "token was given before, as 0"),
    ],
)
def test_what_is_said_twice_and_differs_is_refused(words: list[str], message: str, flawed: Path) -> None:
    done = openner(*(word.format(flawed) for word in words))
    assert isinstance(done.exception, OpenNERError) and message in str(done.exception)


def test_what_a_terminal_would_obey_is_written_out(tmp_path: Path) -> None:
    path = tmp_path / "red\x1b[31m\x9b1m\u202e.txt"
    path.write_text("Ada B-P\x1bX\nran O\n\nOslo I-LOC\n")
    for command in (["validate"], ["count"], ["validate", "--json"], ["count", "--json"]):
        done = openner(*command, path, tmp_path / "gone\x1b")
        assert done.output and not set(done.output) & {"\x1b", "\x9b", "\u202e"}
    (row, *_) = json.loads(openner("count", "--json", path).stdout)
    assert row["file"] == str(path) and row["types"] == {"LOC": 1, "P\x1bX": 1}


def test_a_line_end_in_the_name_of_a_file_ends_no_line(tmp_path: Path) -> None:
    folder = tmp_path / "a\nb"
    folder.mkdir()
    (folder / "c\nd.txt").write_text("-DOCSTART- O\n\nAda B-PER\nran O \n\nOslo I-LOC\n")
    (folder / "e\nf.txt").write_text("")
    for words in (
        ("validate", folder),
        ("count", folder / "c\nd.txt", folder / "gone\n"),
        ("repair", folder, "-o", folder),
        ("convert", folder / "c\nd.txt", "--to", "IO", "-o", tmp_path / "out"),
        ("score", folder / "c\nd.txt", folder / "e\nf.txt"),
        ("card", "new", folder / "e\nf.txt"),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "openner_utils.cli", *map(str, words)],
            capture_output=True,
            text=True,
            cwd=tmp_path,
        )
        said = (done.stdout + done.stderr).splitlines()
        assert any("a<U+000A>b" in line for line in said) and "Traceback" not in done.stderr, done.stderr
        assert not any(line.startswith(("b/", "d.txt", "f.txt", ":")) for line in said), said


def test_tokens_that_are_left_out_of_json_are_rows_of_its_ledger(tmp_path: Path) -> None:
    path, ledger = tmp_path / "in.jsonl", tmp_path / "ledger.csv"
    path.write_text('{"tokens": ["Ada", "", "ran"], "ner_tags": ["B-PER", "I-PER", "O"]}\n')
    openner("repair", path, "-o", tmp_path / "out", "--ledger", ledger, "--allow", "empty-token")
    assert ledger.read_text().splitlines()[1:] == [f"{path},1,0,1,I-PER,,empty-token,out"]


def test_commands_print_by_one_function_that_writes_out_what_terminals_obey() -> None:
    sources = Path(cli.__file__).parent.glob("*.py")
    found = {path.name for path in sources if re.search(r"\becho\(|\bprint\(", path.read_text("utf-8"))}
    assert found == {"say.py"}


def test_validation_says_what_to_do_about_each_label_that_has_a_flaw(tmp_path: Path) -> None:
    path = tmp_path / "in.tsv"
    path.write_text("Ada\tB-PER\nran\tX\nto\tY\nOslo\tX\n" + "on\tO\n" * 20)
    said = openner("validate", path, "--scheme", "IOB2").stderr
    hints = [line for line in said.splitlines() if line.startswith("unknown-label: ")]
    assert [hint.count("--outside X") for hint in hints] == [1, 0]
    assert [hint.count("--outside Y") for hint in hints] == [0, 1]
    path.write_text("Ada\tB-PER\n" + "".join(f"ran\tX{n}\n" for n in range(9)) + "on\tO\n" * 200)
    said = openner("validate", path, "--scheme", "IOB2").stderr
    assert said.count("--outside X") == 5 and "unknown-label: 4 others likewise" in said


@pytest.mark.parametrize("odd", ["PE\u2028R", "PE\u00a0R"])
def test_look_alike_types_come_before_a_repair_that_would_refuse_them(odd: str, tmp_path: Path) -> None:
    path, out = tmp_path / "in.tsv", tmp_path / "out"
    path.write_text(f"Ada\tB-PER\nLo\tI-{odd}\nran\tO\nBo\tB-PER\n", encoding="utf-8")
    for words in (
        ("convert", path, "--to", "IO"),
        ("standardize", path, "--map", f"{odd}=PER"),
        ("repair", path),
    ):
        done = openner(*words, "-o", out, "--scheme", "IOB2")
        assert isinstance(done.exception, OpenNERError) and "but looks like it" in str(done.exception)
        assert "openner repair" not in str(done.exception) and not out.exists()
    hints = openner("validate", path, "--scheme", "IOB2").stderr.splitlines()[-2:]
    assert hints[0].startswith("look-alike-type: Write it in one way: ")
    assert hints[1].startswith("transition: Write the types that look alike in one way first")


@pytest.mark.parametrize("options", [(), ("--reader", "delimited"), ("--reader", "json_tokens")])
def test_an_empty_file_is_said_to_be_empty(options: tuple[str, ...], flawed: Path, tmp_path: Path) -> None:
    empty, rows = tmp_path / "empty", tmp_path / "in.jsonl"
    empty.write_text("\n")
    rows.write_text('{"tokens": ["Ada", "ran"], "ner_tags": ["B-PER", "O"]}\n')
    of_columns = (flawed, empty), (empty, flawed)
    pairs = ((rows, empty), (empty, rows)) if "json_tokens" in options else of_columns
    for pair in (*pairs, *(() if options else ((rows, empty),))):
        done = openner("score", *pair, *options)
        assert str(done.exception) == f"{empty}: the file is empty. Fetch or write it again."
    assert str(openner("count", empty, *options).exception).startswith(f"{empty}: the file is empty")


@pytest.mark.parametrize("label", ["I-P ER", "I-P\nER", "I-P\rER"])
def test_no_ledger_takes_a_line_apart(label: str, flawed: Path) -> None:
    out, ledger, back = (flawed.with_name(name) for name in ("out.tsv", "ledger.csv", "back.tsv"))
    assert openner("repair", flawed, "-o", out, "--scheme", "IOB2", "--ledger", ledger).exit_code == 0
    with open(ledger, newline="") as file:
        names, *rows = csv.reader(file)
    with open(ledger, "w", newline="") as file:
        csv.writer(file).writerows([names, *([*row[:4], label, *row[5:]] for row in rows)])
    done = openner("undo", out, ledger, "-o", back, "--scheme", "IOB2")
    assert "holds what ends a label in such a file" in str(done.exception) and not back.exists()


def test_a_link_to_itself_is_named_and_stops_no_other(flawed: Path) -> None:
    folder, loop = flawed.with_name("folder"), flawed.with_name("loop")
    loop.symlink_to("loop")
    for words in (("repair", flawed, "-o", loop), ("undo", flawed, loop, "-o", loop)):
        assert isinstance(openner(*words, "--scheme", "IOB2").exception, (OpenNERError, OSError))
    folder.mkdir()
    (folder / "a.tsv").write_text(FLAWED)
    (folder / "loop.tsv").symlink_to("loop.tsv")
    done = openner("repair", folder, "-o", flawed.with_name("out"), "--scheme", "IOB2")
    assert "loop.tsv: Too many levels of symbolic links" in done.stderr and "1 file failed" in done.stderr
    assert (flawed.with_name("out") / "a.tsv").is_file()


def test_what_the_system_refuses_is_said_by_the_name_that_the_user_gave(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("Ada\tB-PER\nran\tO\n")
    long = "n" * 245 + ".tsv"
    for words, name in (
        (("validate", "/proc/self/mem"), "/proc/self/mem: "),
        (("validate", tmp_path / "none.tsv"), f"{tmp_path}/none.tsv: "),
        (("convert", tmp_path / "a.tsv", "--to", "BIOES", "-o", tmp_path / long), f"{tmp_path}/{long}: "),
        (("convert", tmp_path / "a.tsv", "--to", "BIOES", "-o", "/proc/x.tsv"), "/proc/x.tsv: "),
    ):
        with pytest.raises(SystemExit) as caught:
            cli.main([str(word) for word in words])
        assert str(caught.value).startswith(f"error: {name}"), caught.value


@pytest.mark.parametrize(
    "words",
    [
        ("--option", "comment=\udcff"),
        ("--outside", "\udcff"),
        ("--encoding", "\udcff"),
        ("--scheme", "I\udcff"),
    ],
)
def test_options_that_are_no_utf8_are_refused_by_name(words: tuple[str, str], flawed: Path) -> None:
    for command in (["validate"], ["count"], ["convert", "-o", str(flawed.with_name("out")), "--to", "IO"]):
        with pytest.raises(SystemExit) as ended:
            cli.main([*command, str(flawed), *words])
        assert str(ended.value).startswith(f"error: {words[0]} ") and "not UTF-8" in str(ended.value)


SEVERAL = "a\tB-PER\nb\nc\tX\nd\t\ne\tO\n"


@pytest.mark.parametrize(
    "words", [["repair", "-o", "out"], ["convert", "-o", "out", "--to", "IO"], ["count"]]
)
@pytest.mark.parametrize("of_folder", [False, True])
def test_all_faults_that_bar_a_file_are_named_at_once(
    words: list[str], of_folder: bool, tmp_path: Path, capfd, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("f").mkdir()
    Path("f/a.tsv").write_text(SEVERAL)
    with pytest.raises(SystemExit) as ended:
        cli.main([*words, "f" if of_folder else "f/a.tsv"])
    told = f"{capfd.readouterr().err}\n{ended.value}"
    assert "error: f/a.tsv:2: missing label" in told
    assert "\nf/a.tsv:3: 'X' is no IOB2 label" in told and "\nf/a.tsv:4: empty label" in told
    assert told.count("f/a.tsv:2") == 1


def test_of_very_many_faults_some_are_named_and_the_command_that_lists_all(
    tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("f.tsv").write_text("a\tB-PER\na\tO\n" + "b\tX\n" * 100)
    with pytest.raises(SystemExit) as ended:
        cli.main(["repair", "f.tsv", "-o", "out", "--reader", "delimited"])
    *named, last = str(ended.value).split("\n")
    assert len(named) == 11 and last == "and 89 others: openner validate f.tsv --reader delimited"
    done = openner(*last.partition("openner ")[2].split())
    assert done.exit_code == 1 and done.stdout.count("'X' is no IOB2 label") == 100


def test_an_undo_needs_the_options_that_the_repair_was_given(tmp_path: Path) -> None:
    """The token ``#`` keeps comments from being guessed: without the option one is a sentence."""
    flawed, out, ledger, back = (tmp_path / name for name in ("in.conll", "out", "ledger.csv", "back"))
    flawed.write_text("# a file\n# with\n\nAda B-PER\nran O\nto O\n\nPort I-LOC\n# O\n1 O\n")
    given = ("--option", 'comment=["# a","# with"]')
    assert "1 label repaired" in openner("repair", flawed, *given, "-o", out, "--ledger", ledger).stdout
    refused = openner("undo", out, ledger, "-o", back)
    assert refused.exit_code == 1 and "with the options that openner repair was given" in str(
        refused.exception
    )
    assert openner("undo", out, ledger, *given, "-o", back).exit_code == 0
    assert back.read_bytes() == flawed.read_bytes()
