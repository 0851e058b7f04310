"""What holds for a guess on any file: what is written is read back or refused, and nothing is lost in silence."""

import json
import subprocess
import sys
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from openner_utils.core.columns import Columns, from_rows
from openner_utils.core.encoding import ENCODINGS, IOB2, get_encoding
from openner_utils.core.repair import repair
from openner_utils.exports import conll, jsonl
from openner_utils.readers import read
from openner_utils.readers.guess import guess
from openner_utils.readers.guess.sampling import WINDOW, take
from openner_utils.readers.layout import RawFile
from openner_utils.readers.reading import Reading
from openner_utils.support.errors import FormatError
from tests.strategies import labels

WORDS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=8)
PLAIN = st.text("abcdefghij", min_size=1, max_size=8)


def rows_of(encoding: str, words: st.SearchStrategy[str]) -> st.SearchStrategy[list[list[tuple[str, str]]]]:
    """Sentences of a few words with a label each."""
    word = st.tuples(words, labels(get_encoding(encoding), ("PER", "Drug Name")))
    return st.lists(st.lists(word, min_size=1, max_size=7), min_size=1, max_size=8)


def columns_of(rows: list[list[tuple[str, str]]]) -> Columns:
    return from_rows([([word for word, _ in row], [label for _, label in row]) for row in rows])


def read_back(content: bytes, name: str = "f") -> Reading | None:
    """Return a file of which nothing is said as it is read; None if it is refused or something is said to be wrong."""
    raw = RawFile(Path(name), name, content)
    try:
        reading = read(raw, guess(raw).layout())
    except FormatError:
        return None
    return None if reading.faults else reading


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_columns_are_read_back_or_refused(data: st.DataObject) -> None:
    encoding = data.draw(st.sampled_from(sorted(ENCODINGS)))
    columns = columns_of(data.draw(rows_of(encoding, WORDS)))
    reading = read_back(bytes(conll.content(Path("f"), columns, "\t")))
    if reading is not None:
        assert list(reading.columns.rows()) == list(columns.rows())


@settings(max_examples=50, deadline=None)
@given(rows_of("IOB2", PLAIN))
def test_usual_columns_are_read_back(rows: list[list[tuple[str, str]]]) -> None:
    reading = read_back(bytes(conll.content(Path("f"), columns_of(rows), "\t")))
    assert reading is not None and list(reading.columns.rows()) == list(columns_of(rows).rows())


@settings(max_examples=50, deadline=None)
@given(rows_of("IOB2", PLAIN), st.permutations(["text", "tokens", "spans", "id", "file", "line", "text_is"]))
def test_json_lines_are_read_back_whatever_the_order_of_their_keys(
    rows: list[list[tuple[str, str]]], order: list[str]
) -> None:
    columns = repair(columns_of(rows), IOB2, "conlleval")
    ids, files = [f"s{n}" for n in range(len(rows))], ["a/b.txt"] * len(rows)
    records = [{key: one[key] for key in order} for one in jsonl.records(columns, {}, ids, files)]
    reading = read_back("".join(json.dumps(one) + "\n" for one in records).encode())
    assert reading is not None
    assert list(reading.columns.rows()) == list(columns.rows())


BETWEEN = {
    "tab": "{}\t{}\n",
    "blank": "{} {}\n",
    "blanks": "{}   {}\n",
    "comma": "{},{}\n",
    "semicolon": "{};{}\n",
    "a column more": "{}\tX\t{}\n",
    "a label more": "{0}\t{1}\t{1}\n",
    "a label less": "{0}\n",
    "tab and blank": "{}\t {}\n",
}
LINES = [(f"w{n}", "B-PER" if n % 5 == 0 else "O") for n in range(14_000)]


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(sorted(BETWEEN)),
    st.sampled_from(sorted(BETWEEN)),
    st.integers(1, len(LINES) - 1),
    st.booleans(),
)
def test_a_change_of_separator_is_never_read_in_silence(
    before: str, after: str, place: int, back: bool
) -> None:
    forms = [
        BETWEEN[before] if n < place or (back and n > place + 3) else BETWEEN[after]
        for n in range(len(LINES))
    ]
    content = "".join(form.format(*line) for form, line in zip(forms, LINES, strict=True)).encode()
    assert len(content) > 4 * WINDOW
    reading = read_back(content)
    if reading is not None:
        found = [
            (token, label.strip())
            for row in reading.columns.rows()
            for token, label in zip(*row, strict=True)
        ]
        if any(label == "X" for _, label in found):
            return  # `X` is no label, and every command on labels says so, with its line
        expected = LINES if "less" not in before + after else None
        assert found == expected


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(0, 3000), min_size=1, max_size=400), st.sampled_from(["utf-8", "utf-16", "latin-1"])
)
def test_windows_are_whole_lines_in_order(lengths: list[int], encoding: str) -> None:
    lines = [f"{number}:{'é' * length}" for number, length in enumerate(lengths)]
    raw = RawFile(Path("f"), "f", "\r\n".join((*lines, "")).encode(encoding))
    sample, _ = take(raw, {"encoding": encoding})
    seen = [line for window in sample.windows for line in window.split("\n")[:-1]]
    places = [int(line.partition(":")[0]) for line in seen]
    assert [lines[place] for place in places] == seen
    assert places == sorted(set(places)) and places[0] == 0 and places[-1] == len(lines) - 1
    assert sample.whole == (len(seen) == len(lines))


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=200) | st.text('\t\n OBI-PER{}[]":,#|/<>()*_0aé', max_size=120).map(str.encode))
def test_any_bytes_are_guessed_or_refused(content: bytes) -> None:
    try:
        found = guess(RawFile(Path("f"), "f", content))
    except FormatError:
        return
    assert found.confidence >= 0.6 and found.reasons


def test_a_guess_imports_neither_the_catalog_nor_pandas() -> None:
    program = (
        "import sys; from pathlib import Path; from openner_utils.readers.guess import guess; "
        "from openner_utils.readers.layout import RawFile; "
        "guess(RawFile(Path('f'), 'f', b'Oto\\tB-PER\\nsang\\tO\\n')); "
        "print([name for name in sys.modules if name in ('pandas', 'torch') or name.startswith('openner_utils.catalog')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
