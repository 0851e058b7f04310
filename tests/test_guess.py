"""Guessing how a file is read, from its bytes alone."""

from pathlib import Path

import pytest

from openner_utils import labels_file
from openner_utils.catalog import load_card
from openner_utils.errors import FormatError
from openner_utils.guess import Guess, fits, guess
from tests.reading import FIXTURES, raw


def guessed(content: str | bytes, folder: Path, name: str = "in.txt", **given: object) -> Guess:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return guess(path, given)


@pytest.mark.parametrize(
    ("name", "separator"),
    [
        ("crlf.tsv", "tab"),
        ("bom_first_token.txt", "space"),
        ("docstart_between_sentences.txt", "space"),
        ("two_blanks_between_columns.txt", "whitespace"),
        ("empty.txt", "tab"),
    ],
)
def test_the_separator(name: str, separator: str) -> None:
    assert guess(FIXTURES / name).options["separator"] == separator


@pytest.mark.parametrize(
    ("labels", "scheme"),
    [
        ("B-X I-X O B-X", "IOB2"),
        ("B-X O B-X", "IOB2"),
        ("I-X O I-X", "IO"),
        ("I-X B-X O I-Y O I-X", "IOB1"),
        ("B-X E-X S-X", "BIOES"),
        ("B-X L-X U-X", "BILOU"),
        ("B-X M-X E-X", "BMES"),
        ("X O X", "IO"),
        ("O O", "IOB2"),
    ],
)
def test_the_scheme(labels: str, scheme: str, tmp_path: Path) -> None:
    found = guessed("".join(f"w{n}\t{label}\n" for n, label in enumerate(labels.split())), tmp_path)
    assert found.scheme == scheme
    assert found.reasons[-1][1] == "--scheme"


@pytest.mark.parametrize(
    ("content", "options"),
    [
        ("EU NNP B-NP B-ORG\nran VBD B-VP O\n", {"label": None}),
        (
            "#\tsource\n1\tAda\tB-PER\tO\n2\tran\tO\tO\n",
            {"token": 1, "label": 2, "extra": 3, "comment": "#\t"},
        ),
        ("# id = 1\nAda\tB-PER\n#\tO\n", {"comment": "# "}),
        ("word\tlabel\tid\na\tB-X\t0\nb\tO\t0\nc\tO\t1\n", {"header": True, "sentence_id": 2, "label": 1}),
        ("a\tO\n\nb\tB-X\n", {"header": None, "sentence_id": None}),
        ("1\ta\tO\n2\tb\tB-X\n\n1\tc\tO\n", {"token": 1, "sentence_id": None}),
    ],
    ids=["chunks", "layers", "number sign", "header", "two columns", "counter"],
)
def test_columns(content: str, options: dict[str, object], tmp_path: Path) -> None:
    found = guessed(content, tmp_path).options
    assert {name: found.get(name) for name in options} == options


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("Ólso\tB-X\n".encode(), None),
        ("Ólso\tB-X\n".encode("latin-1"), "latin-1"),
        ("“Olso”\tB-X\n".encode("cp1252"), "cp1252"),
        ("Ólso\tB-X\n".encode("utf-16"), "utf-16"),
        ("Ólso\tB-X\n".encode() + b"\xe1\tO\n", None),
        (b"a" + "é".encode() * 40_000, None),
    ],
    ids=["utf-8", "latin-1", "cp1252", "utf-16", "damaged utf-8", "cut inside a character"],
)
def test_the_encoding(content: bytes, encoding: str | None, tmp_path: Path) -> None:
    assert guessed(content, tmp_path).options.get("encoding") == encoding


def test_json(tmp_path: Path) -> None:
    found = guessed('[{"id": 1, "words": ["Ada", "ran"], "tags": ["B-PER", "O"]}]', tmp_path)
    assert (found.reader, found.options) == ("json_tokens", {"tokens": "words", "labels": "tags"})
    found = guessed('{"doc": "d", "body": "Ada ran", "label": [[0, 3, "PER"]]}\n', tmp_path)
    assert (found.reader, found.scheme) == ("json_spans", "spans")
    assert found.options == {"text": "body", "spans": "label", "document": "doc"}
    for content, key in (('[{"a": 1}]', "tokens=KEY"), ('{"a": 1}\n', "text=KEY")):
        with pytest.raises(FormatError, match=key):
            guessed(content, tmp_path)
    assert guessed("[\tO\n{\tB-X\n", tmp_path).reader == "delimited"


@pytest.mark.parametrize(
    ("content", "reader", "options"),
    [
        ("<PER>Ada Lo</PER> ran .\n", "inline_xml", {}),
        ('In <ENAMEX TYPE="LOC">Oslo</ENAMEX> .\n', "inline_xml", {"attribute": "TYPE"}),
        ("[PER Ada Lo] ran .\n", "bracketed", {}),
        ("Ada/B-PER ran/O ./O\n", "bracketed", {"form": "slash"}),
        ("Ada ran\n[(0, 3, 'PER', 'Ada')]\n", "text_and_list", {}),
        ('text,entities\n"Ada ran","[[0, 3, ""PER""]]"\n', "csv_spans", {}),
        ("id,text,start,end,type\n1,Ada ran,0,3,PER\n", "csv_spans", {"layout": "spans", "type": "type"}),
        (
            '[{"tokens": ["Ada"], "entities": [{"span": [0, 1], "entity_type": "PER", "text": "Ada"}]}]',
            "json_nested",
            {},
        ),
    ],
)
def test_mentions_marked_in_the_text(
    content: str, reader: str, options: dict[str, object], tmp_path: Path
) -> None:
    found = guessed(content, tmp_path)
    assert (found.reader, found.options) == (reader, options)
    columns = labels_file.open_file(tmp_path / "in.txt").columns
    assert "B-LOC" in columns.names or "B-PER" in columns.names


def test_only_the_beginning_is_looked_at(tmp_path: Path) -> None:
    found = guessed("a\tI-X\nb\tO\n" * 10_000 + "c\tB-X\n", tmp_path)
    assert found.scheme == "IOB1"  # which allows for what comes later


def test_what_is_given_is_not_guessed(tmp_path: Path) -> None:
    found = guessed("a b\tO B-X\n", tmp_path, separator="space", label=1)
    assert found.options["separator"] == "space" and found.options["label"] == 1
    assert "--separator" not in {option for _, option in found.reasons}


def test_a_weaker_guess_fits_a_stronger_scheme() -> None:
    assert fits("IOB2", Guess("delimited", "IO")) and fits("BIOES", Guess("delimited", "IOB2"))
    assert not fits("IOB2", Guess("delimited", "BIOES"))


@pytest.mark.parametrize(
    "name", ["cronica", "gazette", "habari", "lexis", "novyny", "sahafa", "samachar", "siso", "uutiset",
             "webpages", "yedion", "zena"],
)  # fmt: skip
def test_the_sample_corpora_are_read_as_their_cards_say(name: str) -> None:
    card = load_card(name)
    files = [file for file in card.annotated if file.split == "train"]
    for found in (guess(raw(card, file)) for file in files):
        assert (found.reader, found.scheme) == (card.reader, card.scheme)
        usual = {"tokenizer": "words", "docstart": True, "key": "name"}
        ours, theirs = (
            {k: v for k, v in o.items() if usual.get(k) != v and k != "tokenizer"}
            for o in (found.options, card.options)
        )
        assert ours == theirs
