"""Guessing how a file is read, from its bytes alone."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openner_utils.catalog import load_card
from openner_utils.core.encoding import decode
from openner_utils.ownfiles.opening import open_file
from openner_utils.ownfiles.writing import repair_file
from openner_utils.readers.guess import Guess, fits, guess
from openner_utils.readers.layout import RawFile
from openner_utils.support.errors import FormatError
from tests.reading import FIXTURES, raw


def guessed(content: str | bytes, folder: Path, name: str = "in.txt", **given: object) -> Guess:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return guess(RawFile.open(path), given)


@pytest.mark.parametrize(
    ("name", "separator"),
    [
        ("crlf.tsv", "tab"),
        ("bom_first_token.txt", "space"),
        ("docstart_between_sentences.txt", "space"),
        ("two_blanks_between_columns.txt", "whitespace"),
    ],
)
def test_the_separator(name: str, separator: str) -> None:
    assert guess(RawFile.open(FIXTURES / name)).options["separator"] == separator


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
        (b"a" + "é".encode() * 40_000 + b"\tO\nb\tB-X\n", None),
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
        ("Ada/B-PER ran/O ./O\n", "glued_fields", {"separator": "/"}),
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
    columns = open_file(tmp_path / "in.txt").columns
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
    for found in (guess(RawFile.open(raw(card, file))) for file in files):
        assert (found.reader, found.scheme) == (card.reader, card.scheme)
        usual = {"tokenizer": "words", "docstart": True, "key": "name"}
        ours, theirs = (
            {k: v for k, v in o.items() if usual.get(k) != v and k != "tokenizer"}
            for o in (found.options, card.options)
        )
        assert ours == theirs


@pytest.mark.parametrize(
    "content",
    [
        "Anna B-PER\nsov O\n\n<i> O\nBo B-PER\n</i> O\nsov O\n",
        "Anna PER\nsov O\n\n<i> O\nBo PER\n</i> O\nsov O\n",
        "Anna B-PER\nsov O\n\n[Applause O\nBo B-PER\n] O\nsov O\n",
    ],
    ids=["tags", "tags, no prefix", "brackets"],
)
def test_tokens_that_look_like_marks(content: str, tmp_path: Path) -> None:
    found = guessed(content, tmp_path)
    assert (found.reader, found.options["separator"], found.types) == ("delimited", "space", ("PER",))


def test_marks_end_on_their_line(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="nothing in the file looks like labels"):
        guessed("a <b> c d e\nf g </b>\nh [Ab c\nd ] e f\n", tmp_path)


@pytest.mark.parametrize(
    ("content", "columns", "label"),
    [
        ("Ada NNP B-PER B-PER\nran VBD O O\nOslo NNP B-LOC O\n", (2, 3), 2),
        ("Ada B-PER\nran O\n", (1,), None),
        ("B-PER\tAda\nO\tran\n", (0,), 0),
        ("B_PER\tAda\nI_PER\tLo\nO\tran\n", (0,), 0),
        ("B-PER\tB-PER\tAda\nO\tO\tran\n", (0, 1), 0),
        ("EU NNP B-NP B-ORG\nran VBD B-VP O\n", (3,), None),
    ],
    ids=["conlleval", "one", "label first", "label first, other spelling", "labels first", "chunks"],
)
def test_label_columns(content: str, columns: tuple[int, ...], label: int | None, tmp_path: Path) -> None:
    found = guessed(content, tmp_path)
    assert found.label_columns == columns
    assert found.options.get("label") == label
    assert ("look like labels" in str(found.reasons)) == (len(columns) > 1)
    opened = open_file(tmp_path / "in.txt")
    assert opened.columns.tokens[1].as_py() in ("ran", "Lo")


def test_label_columns_are_empty_for_other_formats(tmp_path: Path) -> None:
    assert guessed("[PER Ada Lo] ran .\n", tmp_path).label_columns == ()


@pytest.mark.parametrize(
    ("begin", "inside", "outside"),
    [
        ("B_PER", "I_PER", "O"),
        ("PER-B", "PER-I", "O"),
        ("b-PER", "i-PER", "o"),
        ("PER_b", "PER_i", "O"),
        ("B–PER", "I–PER", "O"),
        ("BPER", "IPER", "O"),
    ],
)
def test_prefixes_in_another_spelling(begin: str, inside: str, outside: str, tmp_path: Path) -> None:
    content = f"Ada\t{begin}\nLo\t{inside}\nran\t{outside}\n\nBo\t{begin}\nsat\t{outside}\n"
    found = guessed(content, tmp_path)
    assert (found.scheme, found.types) == ("IOB2", ("PER",))
    assert found.spelling[begin] == "B-PER" and found.spelling[inside] == "I-PER"
    assert f"{begin} is read as B-PER" in found.reasons[-1][0]
    path, out = tmp_path / "in.txt", tmp_path / "out.txt"
    path.write_text(content.replace(f"Bo\t{begin}", f"Bo\t{inside}"))
    assert repair_file(open_file(path), out).changed == 1
    assert out.read_text() == content


@pytest.mark.parametrize(
    "spelled", ["{0}_{1}", "{1}-{0}", "{0}{1}", "{0}:{1}", "{1}/{0}", "{2}-{3}", "{3}_{2}"]
)
@given(
    rows=st.lists(
        st.lists(st.sampled_from(["O", "B PER", "I PER", "B LOC", "I LOC"]), min_size=1), min_size=1
    )
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_a_repair_writes_in_another_spelling_is_read_back(
    spelled: str, rows: list[list[str]], tmp_path: Path
) -> None:
    def written(label: str) -> str:
        state, _, type = label.partition(" ")
        return spelled.format(state, type, state.lower(), type.lower()) if type else label

    rows = [*rows, ["B PER", "O", "O"]]
    path, out = tmp_path / "in.tsv", tmp_path / "out.tsv"
    path.write_text("".join("".join(f"Ada\t{written(label)}\n" for label in row) + "\n" for row in rows))
    before = open_file(path)
    repair_file(before, out)
    after = open_file(out)
    mentions = [
        [
            (m.start.tolist(), m.end.tolist(), [m.types[type] for type in m.type])
            for m in [decode(o.columns, o.encoding)]
        ]
        for o in (before, after)
    ]
    assert mentions[0] == mentions[1] and {type.upper() for type in mentions[0][0][2]} <= {"PER", "LOC"}


@pytest.mark.parametrize(
    "labels", ["B_cell O T_cell O", "BLOOD O CELL O", "B_cell O O O", "BUILDING O BRAND O"]
)
def test_a_letter_without_its_pair_belongs_to_the_type(labels: str, tmp_path: Path) -> None:
    found = guessed("".join(f"w\t{label}\n" for label in labels.split()), tmp_path)
    assert found.types == tuple(sorted({label for label in labels.split() if label != "O"}))


@pytest.mark.parametrize(
    ("content", "comment"),
    [
        ("# id = 1\nAda\tB-PER\n# id = 2\nran\tO\n", "# "),
        ("#id\nAda\tB-PER\n# text\nran\tO\n", "#"),
        ("# id = 1\n#\tO\n#\tO\n#\tO\nAda\tB-PER\n", "# "),
        ("Ada PER\nran O\n# PER\n# O\nBo PER\n", None),
        ("PER\tAda\tx\nO\tran\tx\n", None),
    ],
    ids=["one beginning", "several", "rarer than tokens", "labels that others have", "none"],
)
def test_comments(content: str, comment: str | None, tmp_path: Path) -> None:
    assert guessed(content, tmp_path).options.get("comment") == comment


@pytest.mark.parametrize("slip", ["E-PER", "M-PER", "S-PER", "U-PER"])
def test_one_slip_does_not_change_the_scheme(slip: str, tmp_path: Path) -> None:
    found = guessed("Ada\tB-PER\nLo\tI-PER\nran\tO\n\n" * 10 + f"Bo\t{slip}\n", tmp_path)
    assert found.scheme == "IOB2"
    assert "1 of 21" in found.reasons[-1][0]


@pytest.mark.parametrize(
    ("rows", "column"),
    [
        ("Ada\tN\tB-PER\nBo\tN\tB-PER\nran\tV\tO\n", None),
        ("Ada\ts1\tB-PER\nBo\ts1\tB-PER\nran\ts2\tO\n", 1),
        ("Ada\ts1\tB-PER\nBo\ts1\tB-PER\nran\ts2\tO\nsat\ts1\tO\n", None),
        ("Ada\t1\tB-PER\nBo\t1\tB-PER\n\nran\t2\tO\n", None),
    ],
    ids=["parts of speech", "ids", "comes back", "blank lines"],
)
def test_sentence_ids(rows: str, column: int | None, tmp_path: Path) -> None:
    assert guessed(rows, tmp_path).options.get("sentence_id") == column


def test_json_lines_of_tokens(tmp_path: Path) -> None:
    found = guessed('{"tokens": ["Ada", "ran"], "ner_tags": ["B-PER", "O"]}\n' * 2, tmp_path)
    assert (found.reader, found.options) == ("json_tokens", {"layout": "lines"})
    assert open_file(tmp_path / "in.txt").columns.n_sentences == 2


@pytest.mark.parametrize("form", ["[{}]", "{}\n"])
def test_numbers_for_labels_are_explained(form: str, tmp_path: Path) -> None:
    entry = '{"tokens": ["Ada", "ran"], "ner_tags": [1, 0]}'
    with pytest.raises(FormatError, match=r"numbers.*option names="):
        guessed(form.replace("{}", entry), tmp_path)
