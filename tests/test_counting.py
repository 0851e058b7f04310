"""The counting scripts, by hand: what each makes of a few lines of its format."""

import subprocess
import sys
from pathlib import Path

import pytest

from openner_utils.support import paths
from tests.counting.tally import count, sentences

BY_HAND = {
    "two columns": ("conll FILE", "Ada B-PER\nLo I-PER\nran O\n\n\nOslo I-LOC\n", "2 sentences, 4 tokens, 2 mentions {LOC: 1, PER: 1}"),
    "neighbours": ("conll FILE", "a B-X\nb B-X\nc I-Y\nd I-X\n", "1 sentences, 4 tokens, 4 mentions {X: 3, Y: 1}"),
    "no prefix": ("conll FILE", "a\tX\nb\tX\nc\tO\nd\tX\ne\tY\n", "1 sentences, 5 tokens, 3 mentions {X: 2, Y: 1}"),
    "BIOES": ("conll FILE", "a B-X\nb I-X\nc E-X\nd S-X\ne E-X\n", "1 sentences, 5 tokens, 3 mentions {X: 3}"),
    "blank inside a token": ("conll FILE", "New York B-X\nran O\n", "1 sentences, 2 tokens, 1 mentions {X: 1}"),
    "token without label, empty token": ("conll FILE", "a\tB-X\nb\n\tI-X\n", "1 sentences, 2 tokens, 2 mentions {X: 2}"),
    "a tab at the end": ("conll FILE", "a\tB-X\nb\t\n", "1 sentences, 2 tokens, 1 mentions {X: 1}"),
    "documents, returns, byte order mark": ("conll FILE", "\ufeff-DOCSTART- O\r\n\r\na B-X\r\n", "1 sentences, 1 tokens, 1 mentions {X: 1}"),
    "four columns": ("conll --token 2 --label 3 --comment '#' FILE", "# source\n1\ta\tB-X\tO\n2\tb\tO\tB-Y\n", "1 sentences, 2 tokens, 1 mentions {X: 1}"),
    "slips": ("conll --outside OUT --read-as B-X1=B-X --read-as OO=O FILE", "a B-X1\nb OUT\nc OO\n", "1 sentences, 3 tokens, 1 mentions {X: 1}"),
    "label first, blanks for a tab": ("conll --token 0 --label 1 FILE", "B-X\ta\nI-X  b\nO\tc\n", "1 sentences, 3 tokens, 1 mentions {X: 1}"),
    "another sign than a hyphen": ("conll --sign _ FILE", "a B_X\nb I_X\nc B_X\nd O\n", "1 sentences, 4 tokens, 2 mentions {X: 2}"),
    "a header and numbers": ("numbered FILE", "w\tl\ts\na\tBX\t1\nb\tIX\t1\nc\tIX\t2\n", "2 sentences, 3 tokens, 2 mentions {X: 2}"),
    "words of CoNLL-U": ("conllu --key name FILE", "# text\n1-2\tam\t_\n1\ta\tname=B-X|x=1\n2\tm\t_\n\n1\tb\tx=1|name=B-X\n", "2 sentences, 3 tokens, 2 mentions {X: 2}"),
    "a column of CoNLL-U": ("conllu --label 3 FILE", "1\ta\tB-X\tann\n2\tb\tI-X\tann\n", "1 sentences, 2 tokens, 1 mentions {X: 1}"),
    "named columns": ("conllu_plus --label N FILE", "# global.columns = FORM X N\na\t_\tB-X\nb\tB-Y\tO\n", "1 sentences, 2 tokens, 1 mentions {X: 1}"),
    "lists": ("json_lists FILE", '[{"tokens": ["a", "b"], "ner_tags": ["B-X", "O"]}]', "1 sentences, 2 tokens, 1 mentions {X: 1}"),
    "nested": ("json_nested FILE", '[{"tokens": ["a", "b"], "entities": [{"span": [0, 1], "entity_type": "Y"}, {"span": [0, 2], "entity_type": "X"}]}]', "1 sentences, 2 tokens, 1 mentions {X: 1}"),
    "nested as in SpERT": ("json_nested FILE", '[{"tokens": ["a", "b", "c"], "entities": [{"start": 1, "end": 2, "type": "Y"}, {"start": 0, "end": 2, "type": "X"}]}]', "1 sentences, 3 tokens, 1 mentions {X: 1}"),
    "spans with their words": ("spans --clusters FILE", '{"text": "\u5728\u5317\u4eac\u3002", "entity_list": [{"entity_type": "X", "entity": "\u5317\u4eac", "entity_index": {"begin": 1, "end": 2}}]}', "1 sentences, 4 tokens, 1 mentions {X: 1}"),
    "spans": ("spans FILE", '{"text": "Ann Lo ran.\\nOslo", "entities": [[0, 3, "Y"], [0, 6, "X"], [12, 16, "Z"]]}', "2 sentences, 5 tokens, 2 mentions {X: 1, Z: 1}"),
    "a span ends inside a token": ("spans --clusters FILE", '{"text": "ABvsCD\u00d71", "entities": [[0, 2, "X"], [0, 1, "Y"]]}', "1 sentences, 4 tokens, 1 mentions {X: 1}"),
    "clusters": ("spans --clusters FILE", '{"text": "\u0e19\u0e49\u0e33 7\u6708 ab", "entities": [[0, 3, "X"]]}', "1 sentences, 4 tokens, 1 mentions {X: 1}"),
}  # fmt: skip
"""Trouble → command, content, what is counted."""


@pytest.mark.parametrize(("command", "content", "counted"), BY_HAND.values(), ids=BY_HAND.keys())
def test_by_hand(command: str, content: str, counted: str, tmp_path) -> None:
    path = tmp_path / "raw"
    path.write_bytes(content.encode())
    assert str(count(f"python -m tests.counting.{command}", path)) == counted


def test_brat_and_halves_of_characters(tmp_path) -> None:
    (tmp_path / "a.txt").write_text("Ann Lo ran.\n")
    (tmp_path / "a.ann").write_text("T1\tX 0 3;4 6\tAnn Lo\nT2\tX 0 6\tAnn Lo\n#1\tNote T1\tx\n")
    found = count("python -m tests.counting.spans FILE", tmp_path / "a.txt")
    assert str(found) == "1 sentences, 4 tokens, 1 mentions {X: 1}"
    halves = tmp_path / "halves"
    halves.write_bytes("\ud83d B-X\n\ude00 I-X\n".encode("utf-8", "surrogatepass"))
    command = "python -m tests.counting.conll --halves FILE"
    assert sentences(command, halves) == [[("\U0001f600", "B-X"), ("", "I-X")]]
    assert str(count(command, halves)) == "1 sentences, 1 tokens, 1 mentions {X: 1}"


def test_a_file_may_come_from_standard_input() -> None:
    words = [sys.executable, "-m", "tests.counting.conll", "-"]
    done = subprocess.run(
        words, input="a B-X\n", cwd=Path(paths.ROOT), capture_output=True, text=True, check=True
    )
    assert done.stdout == "1 sentences, 1 tokens, 1 mentions {X: 1}\n"
