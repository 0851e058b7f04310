"""Tables in CSV with a sentence a row."""

import csv
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openner_utils.ownfiles.format import Format
from openner_utils.ownfiles.opening import inspect, open_file, raw_file
from openner_utils.readers.csv_sentences import labels_in, words_in
from openner_utils.readers.guess import guess
from openner_utils.readers.layout import RawFile
from openner_utils.support.errors import FormatError
from tests.readers.own import changes, faults, read_text
from tests.reading import FIXTURES, sentences

READ = ["Ada/B-PER ran/O home/O", "Oslo/B-LOC"]


@pytest.mark.parametrize(
    "content",
    [
        "sentence,tags\nAda ran home,B-PER O O\nOslo,B-LOC\nBo ran,B-PER O\n",
        'id;text;labels\n1;Ada ran home;B-PER,O,O\n2;Oslo;B-LOC\n3;"Bo  ran ";"B-PER, O"\n',
        'tokens,ner_tags\n"[""Ada"", ""ran"", ""home""]","[""B-PER"", ""O"", ""O""]"\n"[""Oslo""]","[""B-LOC""]"\n"[""Bo"",""ran""]","[""B-PER"",""O""]"\n',
        "n,words,tags,note\n1,\"['Ada', 'ran', 'home']\",\"['B-PER', 'O', 'O']\",x\n2,['Oslo'],['B-LOC'],y\n3,\"['Bo', 'ran']\",\"['B-PER', 'O']\",\n",
        "words\ttags\n\"['Ada' 'ran'\n 'home']\"\t\"['B-PER' 'O'\n 'O']\"\n['Oslo']\t['B-LOC']\n['Bo' \"ran\"]\t['B-PER' 'O']\n",
        "Ada ran home\tB-PER O O\nOslo\tB-LOC\nBo ran\tB-PER O\n",
        "O O B-PER|Lo lo Bo\nB-PER O O|Ada ran home\nB-LOC|Oslo\nB-PER O|Bo ran\n",
    ],
)
def test_rows_of_whole_sentences_are_known_and_read(content: str, tmp_path) -> None:
    (tmp_path / "f.csv").write_text(content)
    opened = open_file(tmp_path / "f.csv")
    assert opened.format.reader == "csv_sentences"
    found = sentences(opened.reading)
    assert found[-3:] == [*READ, "Bo/B-PER ran/O"]


def test_numbers_are_labels_once_they_are_named() -> None:
    content = 'tokens,ner_tags\n"[""Ada"", ""ran""]","[1, 0]"\n"[""x"", ""y""]",[0 0]\n'
    raw = RawFile(FIXTURES / "f", "f", content.encode())
    with pytest.raises(FormatError, match=r"'ner_tags' are numbers.* --option names=\[O,B-PER\]"):
        guess(raw)
    found = guess(raw, {"names": ("O", "B-PER")})
    assert (found.reader, found.types) == ("csv_sentences", ("PER",))
    reading = read_text("csv_sentences", content, names=["O", "B-PER"])
    assert sentences(reading) == ["Ada/B-PER ran/O", "x/O y/O"]


@pytest.mark.parametrize(
    ("row", "flaw"),
    [
        ("Ada ran,O", "column-count"),
        ("Ada", "column-count"),
        ("['Ada' ... 'ran'],['O' ... 'O']", "column-count"),
        ("['Ada' 'ran'],['O' O]", "column-count"),
        ("['Ada'],[None]", "column-count"),
        ('"[""\\ud83d""]",O', "column-count"),
        ("['\\x'],O", "column-count"),
        ('"Ada,O', "column-count"),
    ],
)
def test_a_row_that_does_not_fit_is_a_fault_and_the_others_are_read(row: str, flaw: str) -> None:
    reading = read_text("csv_sentences", f"tokens,ner_tags\n{row}\n\nOslo,B-LOC\n")
    assert faults(reading)[0] == (2, flaw)
    assert sentences(reading) == ["Oslo/B-LOC"]


def test_an_empty_token_of_a_list_is_left_out_and_told() -> None:
    reading = read_text("csv_sentences", "tokens,ner_tags\n['Ada' '' 'ran'],B-PER O O\n")
    assert (sentences(reading), faults(reading)) == (["Ada/B-PER ran/O"], [(2, "empty-token")])
    assert changes(reading) == [(2, "O", None, "empty-token")]


@pytest.mark.parametrize(
    "content",
    [
        'id,text,labels\n1,Anna lives in Paris,"B-PER, O, O"\n2,Bob met her,"B-PER, O"\n',
        "sentence\ttags\nAda ran here\tB-PER O\nBo ran home\tB-PER O\n",
    ],
)
def test_labels_that_are_not_as_many_as_words_are_refused_for_what_they_are(content: str) -> None:
    with pytest.raises(
        FormatError, match=r"a whole sentence a row, with several labels .* in no cell as many"
    ):
        guess(RawFile(FIXTURES / "f", "f", content.encode()))


@pytest.mark.parametrize(
    "content", ["Word,Tag\nAda,B-PER\nran,O\n", "word,tag\nAda Lee,B-PER\nNew York,B-LOC\nran,O\n"]
)
def test_a_token_a_row_stays_so(content: str) -> None:
    assert guess(RawFile(FIXTURES / "f", "f", content.encode())).reader == "csv_tokens"


WORD = st.text(st.sampled_from("ab'\"\\[],é…\n \U0001f600"), min_size=1, max_size=5).filter(str.strip)


@given(st.lists(WORD, max_size=4))
def test_lists_are_read_as_each_program_writes_them(words: list[str]) -> None:
    numpy = "[" + "\n ".join(map(repr, words)) + "]"
    assert words_in(repr(words)) == words_in(json.dumps(words)) == words_in(numpy) == words
    assert labels_in(repr(words)) == words


@settings(deadline=None)
@given(
    st.lists(
        st.lists(st.tuples(WORD, st.sampled_from(["O", "B-PER", "I-a,b"])), min_size=1, max_size=4),
        min_size=1,
    )
)
def test_what_is_written_is_read(text: list[list[tuple[str, str]]]) -> None:
    file = io.StringIO()
    table = csv.writer(file, lineterminator="\n")
    table.writerow(["tokens", "ner_tags"])
    for sentence in text:
        table.writerow([repr([word for word, _ in sentence]), repr([label for _, label in sentence])])
    reading = read_text("csv_sentences", file.getvalue())
    assert [list(zip(*row, strict=True)) for row in reading.columns.rows()] == text
    assert not reading.faults


def test_a_number_without_a_name_is_a_fault_and_read_as_o() -> None:
    content = "tokens,ner_tags\n['Ada' '' 'ran' 'x'],[1 -100 -1 7]\n['Bo'],[1]\n"
    reading = read_text("csv_sentences", content, names=["O", "B-PER"])
    assert sentences(reading) == ["Ada/B-PER ran/O x/O", "Bo/B-PER"]
    assert [flaw for _, flaw in faults(reading)].count("unknown-label") == 3
    assert (2, "-1", "O", "unknown-label") in changes(reading) and (2, "7", "O", "unknown-label") in changes(
        reading
    )


def test_a_cell_beyond_the_limit_of_the_csv_module_is_read(tmp_path) -> None:
    words = 70_000
    long = f"{'x ' * words},{'O ' * words}\n"
    (tmp_path / "f.csv").write_text(f"tokens,ner_tags\nAda ran,B-PER O\n{long}Bo ran,B-PER O\n")
    before = csv.field_size_limit()
    opened = open_file(tmp_path / "f.csv")
    assert (opened.found.sentences, opened.found.tokens) == (3, words + 4)
    assert csv.field_size_limit() == before < 2 * words


RAGGED = "sentence,tags\nAda ran,B-PER O\nBo ran,B-PER O\nDi ran home,B-PER O\nCy ran,B-PER O\n"


def test_one_ragged_row_among_few_is_a_fault_with_its_line(tmp_path) -> None:
    (tmp_path / "f.csv").write_text(RAGGED)
    for said in (Format(), Format(reader="csv_sentences")):
        opened = inspect(raw_file(tmp_path / "f.csv"), said.check())
        assert (opened.format.reader, faults(opened.reading)) == ("csv_sentences", [(4, "column-count")])
        assert sentences(opened.reading) == ["Ada/B-PER ran/O", "Bo/B-PER ran/O", "Cy/B-PER ran/O"]


def test_columns_that_nothing_names_are_asked_for(tmp_path) -> None:
    (tmp_path / "f.csv").write_text("a,b\nAda ran,x y\n")
    with pytest.raises(FormatError, match=r"--option tokens=… or --option labels=…"):
        inspect(raw_file(tmp_path / "f.csv"), Format(reader="csv_sentences").check())


@pytest.mark.parametrize(
    "rows",
    [
        [("['Ada', 'x']", "['B-PER']"), ("['Bo']", "['B-PER', 'O']"), ("['Bo']", "['O']"), ("['x']", "[]")],
        [("['Ada']", "['B-PER', 'O']"), ("['Bo']", "['B-PER', 'O']")],
        [("['Ada', 'ran']", "['B-PER', 'O', 'O']"), ("['Bo', 'x', 'y']", "['B-PER', 'O']")],
    ],
)
def test_lists_of_other_lengths_are_no_labels_by_themselves(rows: list[tuple[str, str]]) -> None:
    file = io.StringIO()
    csv.writer(file).writerows([("tokens", "labels"), *rows])
    with pytest.raises(
        FormatError, match="lists of words in cell 0 and of labels in cell 1, whose lengths differ"
    ):
        guess(RawFile(FIXTURES / "f", "f", file.getvalue().encode()))
