"""Files of other kinds: what they are is named, and the command or option of the hint makes them readable."""

import json
import shlex
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openner_utils.ownfiles.opening import open_file
from openner_utils.support.errors import FormatError
from tests.ownfiles.test_drafting import openner
from tests.readers.test_guess_properties import PLAIN
from tests.reading import sentences

EMOJI = "\U0001f600".encode("utf-16-le").decode("utf-16-le", "surrogatepass")
CESU = "".join(chr(int.from_bytes(EMOJI.encode("utf-16-be")[at : at + 2])) for at in (0, 2))
WRITTEN = {
    "CESU-8": (
        f"Ada\tB-PER\n{CESU}\tO\n".encode("utf-8", "surrogatepass"), "CESU-8 .* no UTF-8", "Ada/B-PER \U0001f600/O",
    ),
    "a little of CESU-8": (
        f"Žofie\tB-PER\nŽáček\tI-PER\n{CESU}\tO\n".encode("utf-8", "surrogatepass"), "CESU-8", "Žofie/B-PER Žáček/I-PER \U0001f600/O",
    ),
    "a JSON text sequence": (
        b'\x1e{"tokens": ["Ada",\n "ran"], "ner_tags": ["B-PER", "O"]}\n\x1e{"tokens": ["x"], "ner_tags": ["O"]}\n',
        r"a JSON text sequence \(RFC 7464\), which is not read", "Ada/B-PER ran/O",
    ),
    "objects side by side": (
        b'{"tokens": ["Ada", "ran"], "ner_tags": ["B-PER", "O"]}{"tokens": ["x"], "ner_tags": ["O"]} {"tokens": ["\xc3\xa9"], "ner_tags": ["O"]}\n',
        "JSON objects one after the other", "Ada/B-PER ran/O",
    ),
    "objects over several lines": (
        b'{\n "tokens": ["Ada", "ran"],\n "ner_tags": ["B-PER", "O"]\n}\n{\n "tokens": ["x"],\n "ner_tags": ["O"]\n}\n',
        "JSON objects one after the other", "Ada/B-PER ran/O",
    ),
    "dictionaries of Python": (
        b"{'tokens': ['Ada', 'ran'], 'ner_tags': ['B-PER', 'O']}\r\n{'tokens': [\"x's\"], 'ner_tags': ['O']}\n",
        "dictionaries as Python writes them", "Ada/B-PER ran/O",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", WRITTEN)
def test_the_command_of_the_hint_writes_a_file_that_is_read(kind: str, tmp_path: Path) -> None:
    content, what, first = WRITTEN[kind]
    (tmp_path / "FILE").write_bytes(content)
    with pytest.raises(FormatError, match=what) as caught:
        open_file(tmp_path / "FILE")
    command = caught.value.hint.partition(": ")[2].removesuffix(".")
    subprocess.run(command, shell=True, check=True, cwd=tmp_path)
    assert sentences(open_file(tmp_path / "OUT").reading)[0] == first


@pytest.mark.parametrize("begin", [" # webanno.custom.NamedEntity | value\n", "# webanno.custom.Name | v\n"])
def test_webanno_2_is_named_and_read_by_the_hint(begin: str, tmp_path: Path) -> None:
    path = tmp_path / "f.tsv"
    path.write_text(
        f"{begin}#id=1\n#text=Ada ran\n1-1\tAda\tB-PER\t_\n1-2\tran\tO\t_\n\n#id=2\n2-1\tBo\tB-PER\t_\n"
    )
    with pytest.raises(FormatError, match="WebAnno TSV 2, which is not read") as caught:
        open_file(path)
    way = shlex.split(caught.value.hint.partition("columns lie: ")[2].removesuffix("."))
    assert "2 sentences, 3 tokens, 2 mentions (PER 2)" in openner("count", path, *way).output


def test_webanno_1_is_read_as_columns(tmp_path: Path) -> None:
    (tmp_path / "f.tsv").write_text(
        "#id=1\n#text=Ada ran\n1-1\tAda\tN\tB-PER\n1-2\tran\tV\tO\n\n#id=2\n2-1\tBo\tN\tB-PER\n"
    )
    assert sentences(open_file(tmp_path / "f.tsv").reading) == ["Ada/B-PER ran/O", "Bo/B-PER"]


Rows = list[list[tuple[str, str]]]
FIRST = [("Ada", "B-PER"), ("ran", "O"), ("home", "O")]


def _halves(rows: Rows) -> tuple[list[list[str]], list[list[str]]]:
    return [[word for word, _ in row] for row in rows], [[label for _, label in row] for row in rows]


def _entries(rows: Rows) -> list[dict[str, list[str]]]:
    return [{"tokens": words, "ner_tags": labels} for words, labels in zip(*_halves(rows), strict=True)]


FORMS = {
    "two lines": lambda rows: "".join(
        f"{' '.join(words)}\n{' '.join(labels)}\n\n" for words, labels in zip(*_halves(rows), strict=True)
    ),
    "numbers": lambda rows: "".join(
        f"{number}\t{word}\t{label}\n" for row in rows for number, (word, label) in enumerate(row, 1)
    ),
    "numbers from 0": lambda rows: "".join(
        f"{number}\t{word}\t{label}\n" for row in rows for number, (word, label) in enumerate(row)
    ),
    "numbers in a table": lambda rows: "".join(
        f"{number},{word},{label}\n" for row in rows for number, (word, label) in enumerate(row, 1)
    ),
    "two Python lists": lambda rows: "words = {}\nlabels = {}\n".format(*_halves(rows)),
    "splits": lambda rows: json.dumps({"train": _entries(rows), "dev": _entries(rows[:1])}),
    "lists as text": lambda rows: "".join(
        json.dumps({key: str(value) for key, value in entry.items()}) + "\n" for entry in _entries(rows)
    ),
    "a line for Excel": lambda rows: (
        "sep=;\nWord;Tag\n" + "\n".join("".join(f"{word};{label}\n" for word, label in row) for row in rows)
    ),
}
"""Sentences in forms that are not read → their text."""


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.lists(st.tuples(PLAIN, st.sampled_from(["O", "B-PER", "B-LOC"])), min_size=2, max_size=5),
        max_size=5,
    )
)
def test_any_sentences_are_read_back_after_the_command_of_the_hint(
    form: str, rows: Rows, tmp_path: Path
) -> None:
    rows = [FIRST, *rows, FIRST]
    (tmp_path / "FILE").write_text(FORMS[form](rows))
    with pytest.raises(FormatError, match=r"which is not read|begin again|for Excel") as caught:
        open_file(tmp_path / "FILE")
    command = caught.value.hint.partition(": ")[2].partition("; the same")[0].removesuffix(".")
    subprocess.run(command, shell=True, check=True, cwd=tmp_path)
    expected = [" ".join(f"{word}/{label}" for word, label in row) for row in rows]
    assert sentences(open_file(tmp_path / "OUT").reading) == expected
