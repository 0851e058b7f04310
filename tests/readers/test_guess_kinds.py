"""Guessing files of every kind of trouble that people have met: each is read rightly, or refused with its reason."""

import bz2
import gzip
import json
import lzma

import pytest

from openner_utils.core.encoding import get_encoding
from openner_utils.readers import read
from openner_utils.readers.guess import guess
from openner_utils.readers.layout import RawFile
from openner_utils.support.errors import FormatError
from tests.reading import FIXTURES


def raw(content: str | bytes, name: str = "f") -> RawFile:
    return RawFile(FIXTURES / name, name, content if isinstance(content, bytes) else content.encode())


def found(content: str | bytes) -> tuple[list[str], list[str]]:
    """Return the sentences of a file of which nothing is said, and its mentions as ``TYPE: token token``."""
    guessed = guess(raw(content))
    reading = read(raw(content), guessed.layout())
    assert reading.faults == ()
    clean = {name: guessed.spelling.get(name.strip(), name.strip()) for name in reading.columns.names}
    columns = reading.columns.rename([clean[name] for name in reading.columns.names])
    encoding = get_encoding("IOB2" if guessed.scheme == "spans" else guessed.scheme)
    rows = list(columns.rows())
    mentions = [
        f"{each.type}: {' '.join(tokens[each.span.start : each.span.end])}"
        for tokens, labels in rows
        for each in encoding.decode(labels)
    ]
    return [" ".join(tokens) for tokens, _ in rows], mentions


def lines(*entries: object) -> str:
    return "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries)


LABELS = {
    "bare B and I": ("Mira\tB\nHalon\tI\nsang\tO\n\nOto\tB\n", ["MENTION: Mira Halon", "MENTION: Oto"]),
    "bare, small": ("Mira b\nHalon i\nsang o\nOto b\n", ["MENTION: Mira Halon", "MENTION: Oto"]),
    "bare, five letters": ("Mira B\nde I\nLa E\nsang O\nOto S\n", ["MENTION: Mira de La", "MENTION: Oto"]),
    "bare I": ("Mira\tI\nHalon\tI\nsang\tO\n", ["MENTION: Mira Halon"]),
    "ids before": ("S-1 Ada PER\nS-1 ran O\n\nS-2 Bo PER\nS-2 fell O\n", ["PER: Ada", "PER: Bo"]),
    "ids behind": ("Ada\tPER\tU-1\nran\tO\tU-1\n\nBo\tPER\tU-2\nfell\tO\tU-2\n", ["PER: Ada", "PER: Bo"]),
    "ids for blank lines": ("S-1\tAda\tB-PER\nS-1\tran\tO\nS-2\tBo\tB-PER\nS-2\tfell\tO\n", ["PER: Ada", "PER: Bo"]),
    "ids that are no numbers": ("B-a Ada B-PER\nB-a ran O\n\nB-b Bo B-PER\nB-b fell O\n\nB-a Bo B-PER\n", ["PER: Ada", "PER: Bo", "PER: Bo"]),
    "no O beside a layer": ("1\tUniversity\tB-ORG\tO\n2\tof\tI-ORG\tO\n3\tOslo\tI-ORG\tB-LOC\n", ["ORG: University of Oslo"]),
    "types that are numbers": ("Ada\tB-1\nran\tO\nBo\tB-2\n", ["1: Ada", "2: Bo"]),
    "two words a sentence": ("Ada B-PER\nO O\n\nBo B-PER\nran O\n", ["PER: Ada", "PER: Bo"]),
    "token numbers and blank lines": ("1\tAda\tB-PER\n2\tran\tO\n\n1\tBo\tB-PER\n", ["PER: Ada", "PER: Bo"]),
    "a table without header, ids behind": ("Ada,PER,U-1\nran,O,U-1\nBo,PER,U-2\nfell,O,U-2\n", ["PER: Ada", "PER: Bo"]),
    "a table without header, numbers before": ('1,Ada,B-PER\n1,",",O\n2,Bo,B-PER\n2,fell,O\n', ["PER: Ada", "PER: Bo"]),
    "a table without header, semicolons": ("1;Ada;PER\n1;ran;O\n2;Bo;PER\n2;fell;O\n", ["PER: Ada", "PER: Bo"]),
    "a table without header, sentences named once": ("Sentence: 1,Ada,NNP,B-PER\n,ran,VBD,O\nSentence: 2,Bo,NNP,B-PER\n,fell,VBD,O\n", ["PER: Ada", "PER: Bo"]),
    "a table without header, empty rows": ("Ada,B-PER\nran,O\n,\nBo,B-PER\nfell,O\n", ["PER: Ada", "PER: Bo"]),
    "Flair's dictionaries": (lines({"text": "Ada ran", "labels": [], "entities": [{"text": "Ada", "start_pos": 0, "end_pos": 3, "type": "PER"}]}), ["PER: Ada"]),
    "a bar between blanks": ("Mira ||| B-PER\nsang ||| O\n", ["PER: Mira"]),
    "spans by offset and length": (lines({"text": "Mira sang to Oto", "entities": [{"type": "PER", "offset": 0, "length": 4}, {"type": "PER", "offset": 13, "length": 3}]}), ["PER: Mira", "PER: Oto"]),
    "a Python list of tuples": ('[("Oto ran", {"entities": [(0, 3, "PER")]})]\n', ["PER: Oto"]),
    "a Python list of tuples with a name": ('TRAIN_DATA = [\n    ("Oto ran", {"entities": [(0, 3, "PER")]}),\n]\n', ["PER: Oto"]),
    "Label Studio's CSV": ('id,label,text\n1,"[{""start"":0,""end"":8,""text"":""Oto Love"",""labels"":[""person""]}]",Oto Love ran\n2,,Nobody\n', ["person: Oto Love"]),
    "spans with one label in CSV": ('text,label\n"Oto Love ran","[{""start"":0,""end"":8,""text"":""Oto Love"",""label"":""person""}]"\n', ["person: Oto Love"]),
    "spans in lists in CSV": ('text;label\n"Oto ran";"[[0, 3, \'person\']]"\n', ["person: Oto"]),
    "a blank inside": ("Take\tO\nx\tB-Drug Name\ny\tI-Drug Name\n", ["Drug Name: x y"]),
    "a blank inside, no prefix": ("Take\tO\nx\tDrug Name\nthen\tO\ny\tDrug Name\n", ["Drug Name: x", "Drug Name: y"]),
    "blanks inside each": ("x\tB-Drug Name\ny\tI-Drug Name\nz\tB-Dose Rate\n", ["Drug Name: x y", "Dose Rate: z"]),
    "a blank after": ("Mira\tB-PER\nHalon\tI-PER \nsang\tO\n", ["PER: Mira Halon"]),
    "a no-break space after": ("Mira\tB-PER\nHalon\tI-PER\xa0\nsang\tO\n", ["PER: Mira Halon"]),
    "a blank before": ("Mira\t B-PER\nHalon\tI-PER\nsang\tO\n", ["PER: Mira Halon"]),
    "a word for O": ("Mira\tPERSON\nOto\tPERSON\nTurku\tLOCATION\nwas\tNONE\n", ["PERSON: Mira Oto", "LOCATION: Turku"]),
    "another word for O": ("Mira\tPER\nsang\tother\nwell\tother\n", ["PER: Mira"]),
    "a sign for O": ("Mira\tB-PER\nsang\t_\nwell\t_\n", ["PER: Mira"]),
    "a number for O, prefix behind": ("PRS-B Mira\nPRS-I Halon\n0 sang\nGEO-B Oslo\n", ["PRS: Mira Halon", "GEO: Oslo"]),
    "a bar in a type": ("a\tB-ORG|GPE\nb\tI-ORG|GPE\nc\tO\n", ["ORG|GPE: a b"]),
    "nothing but prefixes": ("Mira\tB-PER\nHalon\tI-PER\nOto\tB-PER\n", ["PER: Mira Halon", "PER: Oto"]),
    "W for one token": ("Mira\tB-PER\nde\tM-PER\nLa\tE-PER\nsang\tO\nOto\tW-PER\n", ["PER: Mira de La", "PER: Oto"]),
    "W for one token, I inside": ("Mira B-PER\nde I-PER\nLa E-PER\nsang O\nOto W-PER\n", ["PER: Mira de La", "PER: Oto"]),
    "W, bare": ("Mira B\nde M\nLa E\nsang O\nOto W\n", ["MENTION: Mira de La", "MENTION: Oto"]),
    "bare, M inside": ("Mira B\nde M\nLa E\nsang O\nOto S\n", ["MENTION: Mira de La", "MENTION: Oto"]),
    "a language at each token": ("en:Mira\tB-PER\nen:sang\tO\n", ["PER: en:Mira"]),
}  # fmt: skip
COLUMNS = {
    "comments with semicolons": ("; file 1\n; by me\nOto\tB-PER\n;\tO\n\nBo\tB-PER\n", ["PER: Oto", "PER: Bo"]),
    "comments with per cent signs": ("% file one\n%% by me and you\nOto B-PER\n% O\n\nBo B-PER\n", ["PER: Oto", "PER: Bo"]),
    "comments with slashes": ("// file 1\nOto\tB-PER\nran\tO\n\nBo\tB-PER\n", ["PER: Oto", "PER: Bo"]),
    "a token that is a sign": ("Oto B-PER\nsold O\n5 B-PCT\n% I-PCT\n; O\n// O\n", ["PER: Oto", "PCT: 5 %"]),
    "comments between runs of blanks": ("# id 1\tdomain=en\nMira _ _ B-PER\nsang _ _ O\n", ["PER: Mira"]),
    "comments of two words": ("# newdoc\nMira    B-PER\nsang     O\n\n# newdoc\nshe   O\n", ["PER: Mira"]),
    "a comment with a tab": ("# file:\tabc\nDie O\nWien B-LOC\n", ["LOC: Wien"]),
    "a token #, other comments": ("# file: x\nDie O\n# O\nWien B-LOC\n", ["LOC: Wien"]),
    "tokens with #": ("#\tO\n# x\tO\n#tag\tB-MISC\n", ["MISC: #tag"]),
    "tokens with blanks": ("New York\tB-LOC\nis\tO\n10 000\tB-NUM\n", ["LOC: New York", "NUM: 10 000"]),
    "a blank after each line": ("Mira B-PER \nHalon I-PER\nsang O \n", ["PER: Mira Halon"]),
    "blanks beside tabs": ("Mira \t B-PER\nsang \t O\n", ["PER: Mira"]),
    "a tab after each line": ("Mira\tB-PER\t\nsang\tO\t\n", ["PER: Mira"]),
    "two separators": ("Mira\tB-PER\nsang\tO\n\nOto   B-PER\nsat   O\n", ["PER: Mira", "PER: Oto"]),
    "a token that names a column": ("Tags\ttag\tO\nfor\tfor\tO\nMira\tMira\tB-PER\n", ["PER: Mira"]),
    "a token Label": ("Label\tO\nis\tO\nMira\tB-PER\n", ["PER: Mira"]),
    "a token NER": ("NER\tnoun\tO\nMira\tMira\tB-PER\n", ["PER: Mira"]),
    "chunks before names": ("EU NNP B-NP B-ORG\nran VBD B-VP O\n", ["ORG: EU"]),
    "a sentence id before the token": ("s1\tMira\tB-PER\ns1\tsang\tO\ns2\tOto\tB-PER\ns2\tsat\tO\n", ["PER: Mira", "PER: Oto"]),
    "a document id before the token": ("d1\t0\tMira\tB-PER\nd1\t1\tsang\tO\n\nd1\t0\tOto\tB-PER\n", ["PER: Mira", "PER: Oto"]),
    "ranges of ids": ("# text = Mira\n1\tMira\tB-PER\n2-3\tdon't\t_\n2\tdo\tO\n3\tn't\tO\n", ["PER: Mira"]),
    "types after slashes": ("Mira/PERSON left/O\n1/2/O Turku/LOCATION\n", ["PERSON: Mira", "LOCATION: Turku"]),
}  # fmt: skip
JSON = {
    "lemmas before tokens": (lines({"lemmas": ["oto", "be"], "tokens": ["Oto", "was"], "ner_tags": ["B-PER", "O"]}), ["PER: Oto"]),
    "parts of speech, too": (lines({"pos": ["X", "Y"], "chunk_tags": ["B-NP", "B-VP"], "words": ["Oto", "was"], "ner": ["B-PER", "O"]}), ["PER: Oto"]),
    "stems in a list": (json.dumps([{"sentence": ["Oto", "was"], "stems": ["oto", "wa"], "labels": ["B-PER", "O"]}]), ["PER: Oto"]),
    "types without prefix": (lines({"tokens": ["Oto", "was", "in", "Turku"], "tags": ["PER", "O", "O", "LOC"]}), ["PER: Oto", "LOC: Turku"]),
    "an empty list first": (lines({"text": "Nobody sang.", "label": [], "Comments": []}, {"text": "Oto sang.", "label": [[0, 3, "PER"]], "Comments": []}), ["PER: Oto"]),
    "an empty list of another kind": (lines({"text": "Oto sang", "relations": [], "entities": [[0, 3, "PER"]]}), ["PER: Oto"]),
    "metadata longer than the text": (lines({"text": "Mira met Oto.", "source": "https://example.org/a/b/article-000123.html", "label": [[0, 4, "PER"], [9, 12, "PER"]]}), ["PER: Mira", "PER: Oto"]),
    "a title longer than the text": (lines({"title": "A long title that goes on and on about Turku", "text": "Oto sang.", "label": [[0, 3, "PER"]]}), ["PER: Oto"]),
    "a summary that does not fit": (lines({"summary": "He went north, said Mira", "body": "Mira Halon met Oto.", "spans": [[0, 10, "PER"], [15, 18, "PER"]]}), ["PER: Mira Halon", "PER: Oto"]),
    "line separators in texts": (lines({"text": "Oto\u2028sang.", "label": [[0, 3, "PER"]]}, {"text": "Mira\x85left", "label": []}), ["PER: Oto"]),
    "a long first line": (lines({"text": "Oto sang . " * 7000, "label": [[0, 3, "PER"]]}, {"text": "Mira", "label": []}), ["PER: Oto"]),
    "a long first value of a list": (json.dumps([{"tokens": ["Oto", "sang"] * 9000, "ner_tags": ["B-PER", "O"] * 9000}]), ["PER: Oto"] * 9000),
    "a long list on one line": (json.dumps([{"id": n, "tokens": ["Oto", "sang"], "ner_tags": ["B-PER", "O"]} for n in range(2000)]), ["PER: Oto"] * 2000),
    "a long list on many lines": (json.dumps([{"id": n, "tokens": ["Oto"], "ner_tags": ["B-PER"]} for n in range(2000)], indent=1), ["PER: Oto"] * 2000),
    "no blanks between words": (lines({"url": "https://example.org/a", "text": "米拉住在图尔库。", "label": [[0, 2, "PER"], [4, 7, "LOC"]]}), ["PER: 米 拉", "LOC: 图 尔 库"]),
    "no blanks, escaped": (json.dumps({"text": "มิราอยู่ที่ออสโล", "entities": [[0, 4, "PER"]]}), ["PER: มิ ร า"]),
    "no blanks, pairs": (json.dumps([["ミラはトゥルクへ", {"entities": [[0, 2, "PER"]]}]]), ["PER: ミ ラ"]),
    "the type first": (lines({"text": "Oto sang", "label": [["PER", 0, 3]]}), ["PER: Oto"]),
    "the type first, of tokens": (lines({"tokens": ["Oto", "Bo", "sang"], "ner": [["PER", 0, 1]]}, {"tokens": ["Oslo"], "ner": [["LOC", 0, 0]]}), ["PER: Oto Bo", "LOC: Oslo"]),
    "the type first, of tokens, ends after": (lines({"tokens": ["Oto", "Bo", "sang"], "entities": [["PER", 0, 3]]}), ["PER: Oto Bo sang"]),
    "UTF-16": (lines({"text": "Oto sang", "label": [[0, 3, "PER"]]}).encode("utf-16"), ["PER: Oto"]),
}  # fmt: skip


@pytest.mark.parametrize(("content", "mentions"), LABELS.values(), ids=LABELS.keys())
def test_labels_as_they_are_written(content: str, mentions: list[str]) -> None:
    assert found(content)[1] == mentions


@pytest.mark.parametrize(("content", "mentions"), COLUMNS.values(), ids=COLUMNS.keys())
def test_columns_as_they_lie(content: str, mentions: list[str]) -> None:
    assert found(content)[1] == mentions


@pytest.mark.parametrize(("content", "mentions"), JSON.values(), ids=JSON.keys())
def test_json_whatever_its_keys(content: str | bytes, mentions: list[str]) -> None:
    assert found(content)[1] == mentions


def test_a_first_token_that_looks_like_a_header_is_kept() -> None:
    assert found(COLUMNS["a token that names a column"][0])[0] == ["Tags for Mira"]
    assert found("Word\tTag\nOto\tB-PER\nsang\tO\n")[0] == ["Oto sang"]


@pytest.mark.parametrize("line", ["%", "; X", ";)", "%\tX", "%%", "//"])
def test_a_faulty_line_that_begins_with_a_sign_is_no_comment(line: str) -> None:
    content = f"Oto\tB-PER\nran\tO\n{line}\n" if "\t" in line else f"Oto B-PER\nran O\n{line}\n"
    read_so = read(raw(content), guess(raw(content)).layout())
    assert len(read_so.columns) == 3 and not read_so.counts.get("comment line")


@pytest.mark.parametrize("mark", ["# newdoc id = {}", "# document_id = {}", "# hipe2022:document_id = {}"])
@pytest.mark.parametrize("sign", ["\t", " "])
def test_a_comment_that_begins_a_document_does(mark: str, sign: str) -> None:
    words = [f"{mark.format(name)}\nOto{sign}B-PER\nran{sign}O\n" for name in "ab"]
    for gap in ("", "\n"):
        content = gap.join(words)
        columns = read(raw(content), guess(raw(content)).layout()).columns
        assert columns.documents.tolist() == [0, 1, 2]


def test_null_instead_of_labels_is_no_crash() -> None:
    content = lines(
        {"tokens": ["He"], "ner_tags": None}, {"tokens": ["Oto", "was"], "ner_tags": ["B-PER", "O"]}
    )
    guessed = guess(raw(content))
    assert (guessed.reader, guessed.types) == ("json_tokens", ("PER",))
    assert [fault.line for fault in read(raw(content), guessed.layout()).faults] == [1]


REFUSED = {
    "empty": ("", "the file is empty"),
    "blank lines": ("\n \n\n", "the file is empty"),
    "prose": ("Oto saw Mira in Turku.\nIt rained all day long.\n", "nothing in the file looks like labels"),
    "prose of lines of two words": ("one two\nthree four\nfive six\n", "nothing in the file looks like labels"),
    "prose with footnotes": ("Some [See page five] text.\nOther [See table two] text.\n", "nothing in the file settles"),
    "parts of speech": ("The\tDT\ndog\tNN\nran\tVBD\n\nA\tDT\ncat\tNN\nsat\tVBD\n", "nothing in the file looks like labels"),
    "parts of speech after slashes": ("The/DT dog/NN\nA/DT cat/NN\n", "nothing in the file looks like labels"),
    "lemmas": ("dogs\tdog\ncats\tcat\nran\trun\nsat\tsit\n", "nothing in the file looks like labels"),
    "numbers for labels": ("a\t1\nb\t0\nc\t0\nd\t2\n", "nothing in the file looks like labels"),
    "a list of names": ("Oslo\tLOC\nTurku\tLOC\nMira\tPER\n", "no O, and LOC is the most frequent label"),
    "layers, bar": ("a\tB-ORG|O\nb\tI-ORG|B-LOC\nc\tO\n", r":1: labels of several layers in one cell \('B-ORG\|O'\)"),
    "layers, comma": ("a\tB-ORG,O\nb\tI-ORG,B-LOC\nc\tO,O\n", ":1: labels of several layers"),
    "layers, plus": ("a\tB-ORG+O\nb\tI-ORG+B-LOC\nc\tO\n", ":1: labels of several layers"),
    "Cyrillic labels": ("a\tО\nb\tО\nc\tВ-PER\nd\tО\n", r"'О' \(U\+041E CYRILLIC CAPITAL LETTER O\)"),
    "several kinds of O": ("Mira ne-b-per\nHalon ne-i-per\nestuvo es\nko gn\n\n" * 3, r"several labels would stand for O \(es, gn\)"),
    "CoNLL-U without labels": ("1\tMira\tM\tP\t_\t_\t0\tr\t_\tSpaceAfter=No\n", "CoNLL-U without a label in its last column"),
    "JSON without labels": (lines({"id": 1, "title": "x"}), r":1: JSON in which no reader finds.*\(keys: id, title\)"),
    "JSON too deep": ('{"a": ' + "[" * 3000 + "]" * 3000 + "}\n", ":1: JSON nested too deeply"),
    "JSON too deep below": (lines({"tokens": ["a"], "ner_tags": ["O"]}) + '{"a":' * 3000 + "1" + "}" * 3000, ":2: JSON nested too deeply"),
    "spans under two keys": (lines({"text": "Oto sang", "label": [[0, 3, "PER"]]}, {"text": "Mira sat", "labels": [[0, 4, "PER"]]}), ":2: 'labels' is a key here, where other entries have 'label'"),
    "labels under two keys": (lines({"tokens": ["Oto"], "tag": ["B-PER"]}, {"tokens": ["Mira"], "tags": ["B-PER"]}), ":2: 'tags' is a key here"),
    "tokens under two keys": (lines({"tokens": ["Oto"], "tags": ["B-PER"]}, {"words": ["Mira"], "tags": ["B-PER"]}), ":2: 'words' is a key here"),
    "a no-break space between columns": ("Mira\xa0B-PER\nsang\xa0O\n", r":1: U\+00A0 NO-BREAK SPACE between columns"),
    "a wide space between columns": ("Mira\u3000B-PER\nsang\u3000O\n", r":1: U\+3000 IDEOGRAPHIC SPACE between columns"),
    "numbers for labels in JSON": (lines({"tokens": ["a", "b"], "ner_tags": [1, 0]}), "are numbers, and no file says"),
    "commas and a carriage return": ("Mira,sang\rto,her\nOto,ran,by\n", ":1: columns between commas"),
    "commas and a very long cell": (f"{'x' * 140_000},b,c\nd,e,f\n", r":1: columns between commas.*--option token=0 --option label=c$"),
    "a Python list": ("[{'tokens': ['Oto', 'ran'], 'ner_tags': ['B-PER', 'O'], 'x': None}]\n", ":1: a list as Python writes it"),
    "a Python list over lines": ("[{'tokens': ['Oto'],\n  'ner_tags': ['B-PER']},\n {'tokens': ['sat'], 'ner_tags': ['O']}]\n", ":1: a list as Python writes it"),
    "two Python lists": ("['Oto', 'ran']\n['B-PER', 'O']\n", ":1: 2 lists as Python writes them, in one file"),
    "two Python lists with names": ("tokens = [['Oto', 'ran'], ['x']]\nlabels = [['B-PER', 'O'],\n ['O']]\n", ":1: 2 lists as Python writes them, in one file"),
    "two Python lists of tuples": ('TRAIN = [("Oto ran", {"entities": [(0, 3, "PER")]})]\nDEV = [("Bo ran", {"entities": [(0, 2, "PER")]})]\n', ":1: 2 lists as Python"),
    "splits under keys": (json.dumps({"train": [{"tokens": ["Oto"], "ner_tags": ["B-PER"]}], "dev": [{"tokens": ["Bo"], "ner_tags": ["B-PER"]}]}), r":1: JSON with several lists of entries, under 'train', 'dev'.*the same with \"dev\""),
    "lists written as text in JSON": (lines({"tokens": "['Oto', 'ran']", "ner_tags": "['B-PER', 'O']"}), r":1: JSON with lists written as text \(under 'tokens', 'ner_tags'\)"),
    "lists written as text in a list": (json.dumps([{"tokens": "['Oto', 'ran']", "ner_tags": "['B-PER', 'O']"}], indent=1), ":1: JSON with lists written as text"),
    "a line for Excel": ("sep=;\nWord;Tag\nOto;B-PER\nran;O\n", ":1: a line for Excel before the table"),
    "a Python list of pairs": ("[[('Oto', 'B-PER'), ('ran', 'O')], [('Bo', 'B-PER')]]\n", ":1: a list as Python writes it"),
    "a list of pairs": ('[[["Oto", "B-PER"], ["ran", "O"]], [["Bo", "B-PER"]]]', ":1: JSON of pairs"),
    "pairs, a sentence a line": ('[["Oto", "B-PER"], ["ran", "O"]]\n\n[["Bo", "B-PER"]]\n', ":1: JSON of pairs"),
    "a line separator in glued words": ("Oto\u2028B-PER ran\u2028O\nBo\u2028B-PER\n", r":1: U\+2028 LINE SEPARATOR between each word"),
    "a no-break space in glued words": ("Oto\xa0B-PER ran\xa0O\nBo\xa0B-PER\n", r":1: U\+00A0 NO-BREAK SPACE between each word"),
    "quotes of sentences that are not closed": ('sentence,tags\n"Oto ran,B-PER O\n"Bo sat,B-PER O\n', ":2: a sentence a row, and quotes that are not closed in 2 of 2 rows"),
    "quotes of lists that are not closed": ("sentence,tags\n\"Oto ran\",\"['B-PER', 'O']\n\"Bo sat\",\"['B-PER', 'O']\n", ":2: a sentence a row, and quotes that are not closed"),
    "a list below a key": (json.dumps({"version": 1, "data": {"train": [{"tokens": ["Oto"], "ner_tags": ["B-PER"]}]}}), ":1: JSON with its entries in a list below 'data' → 'train'"),
    "several words a line behind a colon": ("Oto:B-PER ran:O\nBo:B-PER\n", r":1: U\+003A COLON between each word and its label\. Say it: --reader glued_fields"),
    "a tar archive": (b"train.tsv" + bytes(91) + b"0000644".ljust(156, b"\0") + b"\0ustar\x0000" + b"\0" * 247 + b"a\tO\nb\tB-X\n", "a tar archive"),
    "sentences of two lines": ("He ran\nO O\n\nHe met\nO O\n\nHe Bo\nO B-PER\n", r":2: sentences of two lines, words and below them their labels \('O O'\)"),
    "sentences of two lines alike": ("Ada ran\nB-PER O\n\nAda fell\nB-PER O\n\nAda slept\nB-PER O\n", ":2: sentences of two lines"),
    "sentences of two lines without prefix": ("Ada\tran\nPER\tO\nBo\tfell\tthen\nPER\tO\tO\n", ":2: sentences of two lines"),
    "token numbers that begin again": ("1\tAda\tB-PER\n2\tran\tO\n1\tBo\tB-PER\n2\tfell\tO\n3\t.\tO\n", ":3: the numbers of tokens begin again at 1"),
    "token numbers that begin again at 0": ("0\tAda\tB-PER\n1\tran\tO\n0\tBo\tB-PER\n1\tfell\tO\n", ":3: the numbers of tokens begin again at 0"),
    "token numbers that begin again, some alone": ("1\tAda\tB-PER\n1\tBo\tB-PER\n2\tfell\tO\n1\tCy\tB-PER\n", ":4: the numbers of tokens begin again at 1"),
    "token numbers that begin again in a table": ('id,word,tag\n1,Ada,B-PER\n2,",",O\n1,Bo,B-PER\n', ":4: the numbers of tokens begin again at 1"),
    "one number before every token": ("1\tAda\tB-PER\n1\tBo\tB-PER\n", "1 stands before every token.*--option sentence_id=0; where it numbers tokens, write blank lines: "),
    "one number before every token of a table": ("1,Ada,B-PER\n1,Bo,B-PER\n", "1 stands before every token.*--option sentence=0; where it numbers tokens, write blank lines: "),
    "a table of empty cells": (",\n,\n", "nothing says what they hold"),
    "a table with a header that nobody knows": ("w;t\nAda;B-PER\nran;O\n", "columns between semicolons .*'delimiter=;' --option token=w --option label=t"),
    "entries by their names": (json.dumps({"s1": {"words": ["Ada"], "tags": ["B-PER"]}, "s2": {"words": ["Bo"], "tags": ["B-PER"]}}), "JSON with each entry under a name, which is not read"),
    "BioC in JSON": (json.dumps({"source": "x", "documents": [{"id": "1", "passages": [{"text": "Ada"}]}]}), "BioC, which is not read"),
    "ids alone": ("Ada\tU-1\nran\tU-1\nBo\tU-2\n", "nothing in the file settles how it is read"),
    "no text": (bytes(range(256)) * 20, "it holds NUL bytes"),
    "Parquet": (b"PAR1\x15\x04\x15\xff\xfe\x00\x80", "Parquet, which is not read"),
    "bzip2": (bz2.compress(b"Ada\tB-PER\n"), "a file packed by bzip2, which is not read. Unpack it"),
    "xz": (lzma.compress(b"Ada\tB-PER\n"), "a file packed by xz, which is not read. Unpack it"),
    "gzip inside gzip": (gzip.compress(b"Ada\tB-PER\n"), "packed twice by gzip"),
    "zstd": (b"\x28\xb5\x2f\xfd\x20\x01", "a file packed by zstd"),
    "7z": (b"7z\xbc\xaf\x27\x1c\x00\x04", "a 7z archive"),
    "lists in cells": ("id,tokens,ner\n0,\"['Ada', x]\",\"['B-PER', y]\"\n", "--reader csv_sentences --option tokens=COLUMN"),
    "a web page": ("<!DOCTYPE html>\n<html><body>Sign in</body></html>", "a web page, which is not read"),
    "Rasa": ('version: "3.1"\nnlu:\n- intent: greet\n  examples: |\n    - hi\n', "Rasa training data, which is not read"),
    "PubTator": ("123|t|A title\n123|a|Text.\n123\t0\t1\tA\tGene\n", "PubTator, which is not read"),
    "DataTurks": (lines({"content": "Oto sang", "annotation": []}), "DataTurks, which is not read"),
    "Cyrillic bytes": ("Мира\tB-PER\nушла\tO\nв\tO\nТурку\tB-LOC\n".encode("cp1251"), "--encoding cp1251, or --encoding"),
    "Chinese bytes": ("米拉\tB-PER\n离开\tO\n图尔库\tB-LOC\n".encode("gb18030"), "--encoding gb18030, or --encoding"),
    "UTF-16 without mark in JSON": (lines({"text": "Oto", "label": [[0, 3, "PER"]]}).encode("utf-16-le"), r"decode\('utf-16-le'\)"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "what"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_not_sure_is_refused(content: str | bytes, what: str) -> None:
    with pytest.raises(FormatError, match=what):
        guess(raw(content))


SAID = {
    "O that is not there": ("Mira\tPERSON\nOto\tPERSON\nwas\tNONE\n", "no O, so NONE is read as O, though PERSON is more frequent"),
    "no O at all": ("Mira\tB-PER\nHalon\tI-PER\nOto\tB-PER\n", "no O, and B-PER is the most frequent label"),
    "a language at each token": ("zh-yue:Mira\tB-PER\nzh-yue:sang\tO\n", "every token begins with the mark of a language, zh-yue:"),
    "another key": (lines({"lemmas": ["oto"], "tokens": ["Oto"], "ner_tags": ["B-PER"]}), "'lemmas' would fit as well"),
    "one long sentence": ("a O\nb B-X\n" * 600, "nothing marks where sentences end"),
    "an inner layer": ("a\tB-X\nb\tI-X\tB-Y\nc\tO\n" * 5, "5 of the sampled lines have one more label"),
    "edges inside words": (lines({"text": "Mira sang.", "label": [[1, 5, "PER"]]}), "of whose edges 50% lie between words"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "what"), SAID.values(), ids=SAID.keys())
def test_what_is_doubtful_is_said(content: str, what: str) -> None:
    assert any(what in reason for reason, _ in guess(raw(content)).reasons)


def test_what_stands_in_the_middle_or_at_the_end_counts() -> None:
    plain = "Oto\tI-PER\nsang\tO\n\n" * 4000
    for place in (len(plain) // 34 * 17, len(plain) // 17 * 17):
        content = plain[:place] + "Mira\tI-PER\nBo\tB-PER\nsat\tO\n\n" * 40 + plain[place:]
        assert guess(raw(content)).scheme == "IOB1"


def test_a_token_far_from_the_sample_is_no_comment() -> None:
    content = "# id 1\nMira O\n\n" + "sang O\n\n" * 9000 + "# O\n\n" + "sat O\n\n" * 9000 + "Oto B-PER\n"
    guessed = guess(raw(content))
    assert guessed.options["comment"] == "# id"
    assert len(read(raw(content), guessed.layout()).columns) == 18_003
