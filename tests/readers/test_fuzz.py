"""Every reader, given any bytes or a valid file with a few changes: a reading, or an error with file and line.

What the text of a file is, without its labels, is worked out here a second time and simply; the tokens must hold all
of it, whatever the reader made of the rest.
"""

import ast
import csv
import html
import io
import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openner_utils.curation.clean import clean
from openner_utils.readers.reading import Reading
from openner_utils.support.errors import OpenNERError
from tests.reading import FLAWS, card, read


@dataclass(frozen=True)
class Format:
    """A reader with options, a valid file, and the text that a file holds (None: it cannot be said simply)."""

    reader: str
    options: dict[str, Any]
    valid: str
    text: Callable[[str], str]
    beside: str = ""
    """Annotations for the reader of BRAT."""
    scheme: str = "IOB2"


def columns(
    token: int, least: int = 1, skip: str = r"(?!)", separator: str | None = "\t"
) -> Callable[[str], str]:
    """Take column ``token`` of each line that does not match ``skip``."""

    def text(content: str) -> str:
        lines = [line.removesuffix("\r") for line in content.split("\n")]
        rows = [
            line.split(separator)
            if separator
            else re.findall(r"[^ \t\r]+", line)  # other white space stays in words
            for line in lines
            if line.strip() and not re.match(skip, line)
        ]
        return "".join(row[token] for row in rows if len(row) > max(token, least - 1))

    return text


def json_texts(content: str) -> str:
    return "".join(json.loads(line)["text"] for line in content.split("\n") if line.strip())


def json_lists(content: str) -> str:
    return "".join("".join(entry["tokens"]) for entry in json.loads(content))


def csv_texts(content: str) -> str:
    return "".join(row["text"] for row in csv.DictReader(io.StringIO(content, newline="\n")))


def csv_texts_once(content: str) -> str:
    rows = csv.DictReader(io.StringIO(content, newline="\n"))
    return "".join({row["id"]: row["text"] for row in reversed(list(rows))}.values().__reversed__())


def first_of_pairs(content: str) -> str:
    return "".join([line for line in content.replace("\r\n", "\n").split("\n") if line.strip()][::2])


def untagged(content: str) -> str:
    plain = re.sub(
        r"<!--.*?-->|<\?.*?\?>|</?[^\W\d](?:\"[^\"]*\"|'[^']*'|[^<>\"'])*>", "", content, flags=re.DOTALL
    )

    def character(mark: re.Match[str]) -> str:
        if not (mark[1] or mark[2]):
            return html.unescape(mark[0])
        code = int(mark[1], 16) if mark[1] else int(mark[2])
        return chr(code) if code <= sys.maxunicode else mark[0]

    return re.sub(r"&(?:#x([0-9a-f]+)|#([0-9]+)|\w+);", character, plain, flags=re.IGNORECASE)


def unbracketed(content: str) -> str:
    return re.sub(r"\\([\[\]\\])|\[[^\s\[\]\\]+[ \t]+|\]", lambda mark: mark[1] or "", content)


def csv_cells(content: str) -> str:
    rows = list(csv.reader(io.StringIO(content, newline="\n")))
    at = rows[0].index("Word")
    return "".join(row[at] for row in rows[1:] if any(cell.strip() for cell in row))


def csv_sentence_cells(content: str) -> str:
    rows = [row for row in csv.reader(io.StringIO(content, newline="\n")) if row]
    at = rows[0].index("tokens")
    return "".join(words_of(row[at]) for row in rows[1:] if any(cell.strip() for cell in row))


def words_of(cell: str) -> str:
    if not re.match(r"\s*\[\s*(['\"\]]|$)", cell):
        return cell
    try:
        return "".join(json.loads(cell))
    except ValueError:
        items = re.findall(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", cell, re.DOTALL)
        return "".join(ast.literal_eval(item.replace("\n", "\\n").replace("\r", "\\r")) for item in items)


def json_texts_of(*keys: str) -> Callable[[str], str]:
    """Join what lies under ``keys`` in each object of a list, whether it is text or lists of it."""

    def text(content: str) -> str:
        found = json.loads(content)
        for key in keys:
            found = [one[key] for one in found]
        return flat(found)

    return text


def flat(value: Any) -> str:
    return value if isinstance(value, str) else "".join(map(flat, value))


def webanno(content: str) -> str:
    rows = [line.split("\t") for line in content.split("\n") if not line.startswith("#")]
    text = "".join(row[2] for row in rows if len(row) > 2 and "." not in row[0])
    return re.sub(r"\\(->|.)", lambda mark: "" if mark[1] in "tnr" else mark[1], text)


def hipe(content: str) -> str:
    rows = [line.split("\t") for line in content.split("\n")]
    return "".join(row[0] for row in rows[1:] if len(row) == len(rows[0]))


FORMATS = {
    "csv_tokens": Format(
        "csv_tokens", {"sentence": "s"}, 's,Word,Tag\n1,Ada,B-PER\n,"""",O\n2,"a,b",B-LOC\n', csv_cells
    ),
    "json_token_spans": Format(
        "json_token_spans",
        {"layout": "list"},
        '[{"tokenized_text": ["Ada", "of", "Oslo"],\n "ner": [[0, 0, "PER"], [0, 2, "X"]]},'
        '\n{"tokenized_text": ["b"], "ner": []}]',
        json_texts_of("tokenized_text"),
        scheme="spans",
    ),
    "json_sentences": Format(
        "json_token_spans",
        {"layout": "list", "tokens": "sentences", "count": "document"},
        '[{"sentences": [["Ada"], ["ran"]], "ner": [[[0, 0, "PER"]], [{"index": [1], "type": "X"}]]}]',
        json_texts_of("sentences"),
        scheme="spans",
    ),
    "json_pairs": Format(
        "json_spans",
        {"layout": "list", "offsets": "utf16"},
        '[["Ada ran", {"entities": [{"start": 0, "end": 3, "text": "Ada", "label": ["PER", "X"]}]}],\n["Oslo", {"entities": []}]]',
        lambda content: "".join(
            one[0] if isinstance(one, list) else one["text"] for one in json.loads(content)
        ),
        scheme="spans",
    ),
    "label_studio": Format(
        "label_studio",
        {},
        '[{"data": {"text": "Ada ran"}, "annotations": [{"result":\n'
        '[{"type": "labels", "value": {"start": 0, "end": 3, "labels": ["PER"]}}]}]}]',
        json_texts_of("data", "text"),
        scheme="spans",
    ),
    "json_columns": Format(
        "json_tokens",
        {"layout": "columns", "names": ["O", "B-PER"]},
        '{"tokens": [["Ada", "ran"], ["Oslo"]], "ner_tags": [[1, 0], [0]]}',
        lambda content: flat(json.loads(content)["tokens"]),
    ),
    "json_rows": Format(
        "json_tokens",
        {"layout": "rows"},
        '{"features": [{"name": "ner_tags", "type": {"feature": {"names": ["O", "B-PER"]}}}],\n'
        ' "rows": [{"row": {"tokens": ["Ada", "ran"], "ner_tags": [1, 0]}}]}',
        lambda content: flat([one["row"]["tokens"] for one in json.loads(content)["rows"]]),
    ),
    "webanno_tsv": Format(
        "webanno_tsv",
        {},
        "#FORMAT=WebAnno TSV 3.3\n#T_SP=a.NamedEntity|value\n\n\n#Text=Ada ran\n1-1\t0-3\tAda\tPER[1]|X\t\n"
        "1-2\t4-7\tran\tPER[1]\t\n1-2.1\t4-5\tr\tX\t\n\n2-1\t8-9\t\\_\t_\t\n",
        webanno,
        scheme="spans",
    ),
    "conll2012": Format(
        "conll2012",
        {"token": 0, "label": -1},
        "#begin document (x); part 000\nAda NNP (X(PER*)\nran VBD *)\n\nOslo NNP (LOC)\n\n#end document\n",
        columns(0, 1, "#(begin|end) document", separator=None),
        scheme="spans",
    ),
    "hipe": Format(
        "hipe",
        {},
        "TOKEN\tNE-COARSE-LIT\tNE-NESTED\tMISC\n# x:document_id = 1\nAda\tB-PER\tO\t_\n#x\tI-PER\tB-LOC\tEndOfSentence\n"
        "ran\tO\t_\t_\n\nOslo\tB-LOC\tO\tEndOfSentence\n",
        hipe,
    ),
    "conllu_entities": Format(
        "conllu_entities",
        {},
        "# newdoc\n# global.Entity = eid-etype-head\n1-2\tab"
        + "\t_" * 8
        + "\n1\tAda"
        + "\t_" * 7
        + "\tEntity=(1-PER-1(2-X-2\n"
        "2\tran" + "\t_" * 7 + "\tEntity=2)1)(3-LOC-1)\n",
        columns(1, skip=r"#|[^\t]*[-.][^\t]*\t"),
        scheme="spans",
    ),
    "opennlp": Format(
        "opennlp",
        {},
        "<START:PER> Ada <END> ran\n\n<START> Oslo <END>\n",
        lambda content: "".join(
            word for word in content.split() if not re.fullmatch(r"<START(:[^\s:>]*)?>|<END>", word)
        ),
        scheme="spans",
    ),
    "uima_xmi": Format(
        "uima_xmi",
        {},
        '<xmi:XMI xmlns:xmi="http://www.omg.org/XMI" xmlns:c="c" xmlns:n="n">\n'
        '<c:Sofa xmi:id="1" sofaID="_InitialView" sofaString="Ada ran&#10;Oslo"/>\n'
        '<n:Token sofa="1" begin="0" end="3"/><n:Sentence sofa="1" begin="0" end="7"/>\n'
        '<n:NamedEntity sofa="1" begin="0" end="3" value="PER"/><n:NamedEntity sofa="1" begin="2" end="10" value="X"/>\n'
        "</xmi:XMI>",
        lambda content: next(
            one.attrib["sofaString"]
            for one in fromstring(content.encode()).iter()
            if one.get("sofaID") == "_InitialView"
        ),
        scheme="spans",
    ),
    "gate_xml": Format(
        "gate_xml",
        {"types": ["PER", "X"]},
        '<GateDocument>\n<TextWithNodes><Node id="0"/>Ada<Node id="3"/> ran &amp;\nOslo<Node id="9"/></TextWithNodes>\n'
        '<AnnotationSet><Annotation Type="PER" StartNode="0" EndNode="3"/><Annotation Type="X" StartNode="3" EndNode="9"/>\n'
        '<Annotation Type="Token" StartNode="0" EndNode="3"/></AnnotationSet>\n</GateDocument>',
        lambda content: "".join(
            "".join(one.itertext()) for one in fromstring(content.encode()).iter("TextWithNodes")
        ),
        scheme="spans",
    ),
    "glued_fields": Format(
        "glued_fields",
        {"fields": 3},
        "Ada|NNP|B-PER a|b|X|O\n\nOslo|NNP|I-LOC\n",
        lambda content: "".join(word.rsplit("|", 2)[0] for word in re.split(r"[ \t\r\n]+", content)),
    ),
    "csv_sentences": Format(
        "csv_sentences",
        {},
        'tokens,ner_tags\nAda ran,B-PER O\n"[""Oslo"", ""x""]","[\'I-LOC\' \'O\']"\n',
        csv_sentence_cells,
    ),
    "delimited": Format(
        "delimited", {"extra": 2, "label": 1}, "Ada\tB-PER\tO\nran\tO\tO\n\nOslo\tB-LOC\tI-LOC\n", columns(0)
    ),
    "conllu": Format(
        "conllu",
        {},
        "# newdoc\n1-2\tab" + "\t_" * 8 + "\n1\tAda" + "\t_" * 7 + "\tname=B-PER\n2\tran" + "\t_" * 8 + "\n",
        columns(1, skip=r"#|[^\t]*[-.][^\t]*\t"),
    ),
    "conllu_plus": Format(
        "conllu_plus",
        {"column": "X:NER"},
        "# global.columns = FORM LEMMA X:NER\nAda\tAda\tB-PER\n#x\t_\tO\n\n# newdoc\nOslo\t_\tI-LOC\n",
        columns(0, skip="# "),
    ),
    "json_tokens": Format(
        "json_tokens",
        {},
        '[{"tokens": ["Ada", "ran"],\n "ner_tags": ["B-PER", "O"]},\n{"tokens": ["Oslo"], "ner_tags": [1]}]',
        json_lists,
    ),
    "json_lines": Format(
        "json_tokens",
        {"layout": "lines", "offsets": "o"},
        '{"text": "Ada ran", "tokens": ["Ada", "ran"], "ner_tags": ["B-PER", "O"], "o": [[0, 3], [4, 7]]}\n',
        lambda content: "".join(
            "".join(json.loads(line)["tokens"]) for line in content.split("\n") if line.strip()
        ),
    ),
    "json_nested": Format(
        "json_nested",
        {},
        '[{"tokens": ["University", "of", "Oslo"],\n "entities": [{"span": [0, 3], "entity_type": "ORG"}, '
        '{"span": [2, 3], "entity_type": "LOC", "text": "Oslo"}]}]',
        json_lists,
    ),
    "json_spans": Format(
        "json_spans",
        {"document": "d"},
        '{"text": "Ada saw Oslo", "d": 1, "entities": [[0, 3, "PER"], [0, 12, "X"], [9, 12, "LOC"]]}\n',
        json_texts,
        scheme="spans",
    ),
    "csv_texts": Format(
        "csv_spans",
        {},
        'text,entities\n"Ada ran\nto ""Oslo""","[[0, 3, ""PER""], [0, 7, ""X""]]"\nran,"[(0, 1, \'LOC\')]"\n',
        csv_texts,
        scheme="spans",
    ),
    "csv_rows": Format(
        "csv_spans",
        {"layout": "spans"},
        'id,text,start,end,label\nx,"Ada\nran",0,3,PER\nx,,0,2,LOC\ny,Oslo,,,\n',
        csv_texts_once,
        scheme="spans",
    ),
    "text_and_list": Format(
        "text_and_list",
        {},
        "Ada saw Oslo\n[(0, 3, 'PER', 'Ada'), (4, 12, 'X', 'saw Oslo'), (8, 12, 'LOC', \"Oslo\")]\n\nran\n[]\n",
        first_of_pairs,
        scheme="spans",
    ),
    "inline_xml": Format(
        "inline_xml",
        {"ignore": ["br"], "document": "doc"},
        "<doc><ORG>University of <LOC>Oslo</LOC></ORG> &amp; co<!-- x -->\n<PER>A&#100;a</PER><br/> ran</doc>\n",
        untagged,
        scheme="spans",
    ),
    "enamex": Format(
        "inline_xml",
        {"attribute": "TYPE", "sentence": "s"},
        '<s><ENAMEX TYPE="PER">Ada</ENAMEX> ran</s>\n<s>Oslo</s>\n',
        untagged,
        scheme="spans",
    ),
    "bracketed": Format(
        "bracketed",
        {},
        "[ORG University of [LOC Oslo]]\n\\[1\\]\n\n[PER Ada] ran\n",
        unbracketed,
        scheme="spans",
    ),
    "slash": Format(
        "glued_fields",
        {"separator": "/"},
        "Ada/B-PER and/or/O\n\nOslo/I-LOC\n",
        lambda content: "".join(word.rpartition("/")[0] for word in re.split(r"[ \t\r\n]+", content)),
    ),
    "brat": Format(
        "brat",
        {},
        "Ada ran\nto Oslo\n",
        lambda content: content,
        "T1\tPER 0 3\tAda\nT2\tX 0 7\nT3\tLOC 11 15\tOslo\nT4\tX 0 3;4 5\nR1\tx\n",
        scheme="spans",
    ),
}

INSERTED = [
    *(bytes([number]) for number in (0, 9, 10, 13, 32, 0xC3, 0xFF)),
    *(
        s.encode()
        for s in (
            "\ufeff",
            "\x1c",
            "\u2028",
            "\u0301",
            "é",
            "𝄞",
            "\\ud83d",
            "<",
            ">",
            "&#55296;",
            "&x;",
            "<!",
        )
    ),
    *(
        s.encode()
        for s in ('"', "'", "[", "]", "(", ",", "{", "\\", "/", "-", "99999999999999999999", "1e999", "null")
    ),
    b"\xed\xa0\xbd",
    b"\r\n",
    b"\n\n",
    b"[[[[[[[[[[",
]


@st.composite
def changed(draw: st.DrawFn, valid: bytes) -> bytes:
    """A file with one to three pieces cut out, doubled, put in or put elsewhere."""
    content = valid
    for _ in range(draw(st.integers(1, 3))):
        at, end = sorted(draw(st.tuples(*[st.integers(0, len(content))] * 2)))
        kind = draw(st.sampled_from(["insert", "insert", "cut", "double", "replace", "end"]))
        piece = draw(st.sampled_from(INSERTED)) if kind in ("insert", "replace") else content[at : at + 8]
        content = {
            "insert": content[:at] + piece + content[at:],
            "cut": content[:at] + content[min(end, at + 8) :],
            "double": content[:at] + piece + content[at:],
            "replace": content[:at] + piece + content[at + 1 :],
            "end": content[:at],
        }[kind]
    return content


def outcome(path: Path, of: Any) -> Reading | None:
    """Return the reading, or None after an error that names the file."""
    try:
        return read(path, of, of.files[0])
    except OpenNERError as error:
        assert re.search(rf"{path.stem}\.\w+(:[1-9][0-9]*)?: ", str(error)), error
        return None


def squeezed(text: str) -> str:
    return "".join(text.split())


def check(reading: Reading, of: Any, published: str) -> None:
    columns = reading.columns
    tokens = columns.tokens.to_pylist()
    assert all(tokens) and columns.lines.min() >= 1
    assert squeezed("".join(tokens)) == squeezed(published)
    for nested in reading.layers:
        length = columns.sentences[nested.sentence + 1] - columns.sentences[nested.sentence]
        assert 0 <= nested.start < nested.end <= length and nested.type and nested.line >= 1
    if columns.starts is not None:
        assert len(reading.layers) == sum(removal.rule == "overlap" for removal in reading.changes)
        assert (columns.starts < columns.ends).all()
    try:
        clean(reading, of, of.files[0])
    except OpenNERError as error:
        assert "f:" in str(error)  # the name of the file on the card, and a line


def of_format(format: Format, allow: tuple[str, ...] = ()) -> Any:
    return card(format.reader, format.options, scheme=format.scheme, allow=allow)


@pytest.mark.parametrize("name", FORMATS)
def test_the_valid_file_is_read_whole(name: str, tmp_path: Path) -> None:
    format = FORMATS[name]
    path = tmp_path / "valid.txt"
    path.write_bytes(format.valid.encode())
    path.with_suffix(".ann").write_text(format.beside)
    reading = outcome(path, of_format(format))
    assert reading is not None
    check(reading, of_format(format), format.text(format.valid))


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=150, deadline=5000, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_changed_file_is_read_whole_or_refused(
    name: str, data: st.DataObject, tmp_path_factory: Any
) -> None:
    format = FORMATS[name]
    content = data.draw(changed(format.valid.encode()))
    beside = data.draw(changed(format.beside.encode())) if format.beside else b""
    path = tmp_path_factory.getbasetemp() / "changed.txt"
    path.write_bytes(content)
    path.with_suffix(".ann").write_bytes(beside)
    of = of_format(format)
    reading = outcome(path, of)
    if reading is not None:
        check(reading, of, format.text(content.decode().removeprefix("\ufeff")))


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=60, deadline=5000)
@given(content=st.binary(max_size=60), allow=st.sampled_from([(), FLAWS]))
def test_any_bytes_are_read_or_refused(name: str, content: bytes, allow: Any, tmp_path_factory: Any) -> None:
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_bytes(content)
    path.with_suffix(".ann").write_bytes(content[::-1])
    outcome(path, of_format(FORMATS[name], allow))


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    "piece", ["[", "[[0,", '{"text":', "(", "-", "<a>", "[A ", '"', "\\", "1", "a\t", "\n"]
)
def test_a_long_run_of_one_piece_does_not_hang_or_crash(name: str, piece: str, tmp_path: Path) -> None:
    path = tmp_path / "run.txt"
    for where in (0, len(FORMATS[name].valid) // 2, FORMATS[name].valid.rfind("\n")):
        valid = FORMATS[name].valid
        for number in (300, 990, 20000):
            path.write_text(valid[:where] + piece * number + valid[where:])
            path.with_suffix(".ann").write_text(FORMATS[name].beside)
            outcome(path, of_format(FORMATS[name]))
