"""What readers make of a file of which nothing is said: their own formats, and no others."""

import json

import pytest

from openner_utils.readers import READERS, read
from openner_utils.readers.guess import guess
from openner_utils.readers.layout import Layout, RawFile
from openner_utils.support.errors import FormatError
from tests.readers.own import faults, mentions
from tests.reading import FIXTURES, sentences


def raw(content: str) -> RawFile:
    return RawFile(FIXTURES / "f", "f", content.encode())


@pytest.mark.parametrize(
    ("name", "reader", "expected"),
    [
        ("every_cell_quoted.tsv", "csv_tokens", [["PER: Mira Halon"], ["PER: Oto"]]),
        ("sentence_named_in_each_row.csv", "csv_tokens", [["per: Mira"], ["geo: Turku"]]),
        ("sentence_named_once.csv", "csv_tokens", [["per: Mira"], ["geo: Turku"]]),
        ("spans_as_objects_beside_relations.jsonl", "json_spans", [["ORG: Nexora", "LOC: Turku"], ["PER: Mira Halon"]]),
        ("metadata_longer_than_text.jsonl", "json_spans", [["PER: Mira Halon", "PER: Oto"], ["LOC: Turku"]]),
        ("spans_as_objects_beside_an_empty_list.jsonl", "json_spans", [["PER: Mira"], []]),
        ("pairs_of_text_and_spans.json", "json_spans", [["PER: Mira"], ["PER: Oto"]]),
        ("tasks_with_annotations.json", "label_studio", [["PER: Mira Halon", "LOC: Turku"], ["PER: Oto"]]),
        ("token_spans_beside_an_id.jsonl", "json_token_spans", [["person: Mira Halon", "organization: Nexora Group"]]),
        ("spans_counted_in_a_document.jsonl", "json_token_spans", [["Method: tagger"], ["Material: Nexora data"]]),
        ("token_spans_as_objects.json", "json_token_spans", [["Peop: Mira Halon"], ["Loc: Turku"]]),
        ("webanno_tsv3.tsv", "webanno_tsv", [["PER: Mira Halon", "PER: Oto", "LOC: Turku"], ["PER: Mira Halon"]]),
        ("parentheses.tsv", "conll2012", [["PERSON: Mira Halon", "PERSON: Oto", "GPE: Turku"], ["GPE: Turku", "DATE: May 5 , 2001"]]),
        ("parentheses_nested.conll", "conll2012", [["ORG: University of Oslo"], ["ORG: Ada"], ["PERSON: Bo"]]),
        ("sentence_ends_in_flags.tsv", "hipe", [["pers: Mira Halon"], ["pers: Oto"], ["loc: Turku"]]),
        ("entity_brackets.conllu", "conllu_entities", [["person: Mira Halon", "place: Turku"]]),
        ("start_and_end.txt", "opennlp", [["person: Mira"], ["person: Oto"], ["person: Ada"]]),
        ("cas.xmi", "uima_xmi", [["PER: Mira Halon"], ["PER: Oto"]]),
        ("gate_document.xml", "gate_xml", [["Person: Mira Halon"], ["Person: Oto"]]),
        ("rows_beside_features.json", "json_tokens", [["PER: Mira Halon"], ["PER: Oto"]]),
        ("slash_tags_without_prefix.txt", "glued_fields", None),
        ("pipes_between_fields.iob", "glued_fields", [["PERSON: Mira"], ["PERSON: Oto"], ["GPE: Turku"]]),
    ],
)  # fmt: skip
def test_a_file_is_known_by_itself(name, reader, expected) -> None:
    found = guess(RawFile.open(FIXTURES / name))
    assert found.reader == reader
    reading = read(RawFile.open(FIXTURES / name), found.layout())
    assert expected is None or mentions(reading) == expected
    assert faults(reading) == []


def entry(**more: object) -> str:
    return json.dumps(more, ensure_ascii=False)


PRODIGY = entry(
    text="Ada ran",
    spans=[{"start": 0, "end": 3, "token_start": 0, "token_end": 0, "label": "PER"}],
    tokens=[{"text": "Ada", "start": 0, "end": 3}, {"text": "ran", "start": 4, "end": 7}],
    answer="accept",
)


@pytest.mark.parametrize(
    ("content", "reader", "expected"),
    [
        (PRODIGY, "json_spans", ["Ada/B-PER ran/O"]),
        (PRODIGY + "\n" + PRODIGY.replace("accept", "reject"), "json_spans", ["Ada/B-PER ran/O"]),
        ('[{"text": "Ada", "label": [{"start": 0, "end": 3, "text": "Ada", "labels": ["P"]}]}]', "json_spans", ["Ada/B-P"]),
        ('["Ada ran", {"entities": [[0, 3, "P"]]}]\n["x", {"entities": []}]', "json_spans", ["Ada/B-P ran/O", "x/O"]),
        (entry(sentence=["Ada", "ran"], ner=[{"index": [0], "type": "P"}], word=[]), "json_token_spans", ["Ada/B-P ran/O"]),
        (entry(tokenized_text=["Ada", "B", "ran"], ner=[[0, 1, "P"]]), "json_token_spans", ["Ada/B-P B/I-P ran/O"]),
        (entry(tokens=["Ada", "ran"], entities=[{"start": 0, "end": 1, "type": "P"}]), "json_token_spans", ["Ada/B-P ran/O"]),
        (entry(tokens=[["Ada", "ran"], ["x"]], ner_tags=[["B-P", "O"], ["O"]], id=["0", "1"]), "json_tokens", ["Ada/B-P ran/O", "x/O"]),
        ('# x\nDATA = [("Ada ran", {"entities": [(0, 3, "P")]})]\n', "json_spans", ["Ada/B-P ran/O"]),
        (PRODIGY + "\n" + entry(text="x", answer="accept"), "json_spans", ["Ada/B-PER ran/O", "x/O"]),
        ('[{"text": "Ada", "ner": [{"start": 0, "end": 3, "text": "Ada", "labels": ["P"]}]}]', "json_spans", ["Ada/B-P"]),
        ("<doc>\n<p><PER>Ada</PER> ran</p>\n</doc>\n", "inline_xml", ["Ada/B-PER ran/O"]),
        ('<DOC>\n<ENAMEX TYPE="P">Ada</ENAMEX> ran\n</DOC>\n', "inline_xml", ["Ada/B-P ran/O"]),
        ("<ORG>Bank of <LOC>Oslo</LOC></ORG> ran\n", "inline_xml", ["Bank/B-ORG of/I-ORG Oslo/I-ORG ran/O"]),
        ("Word;Tag\nAda;B-P\n;\nran;O\n", "csv_tokens", ["Ada/B-P", "ran/O"]),
        ("token,pos,label\nAda,NNP,B-P\n\nran,VBD,O\n", "csv_tokens", ["Ada/B-P", "ran/O"]),
        ("Ada|B-P ran|O\nx|O\n", "glued_fields", ["Ada/B-P ran/O", "x/O"]),
        ("<START:P> Ada <END> ran\nx\n", "opennlp", ["Ada/B-P ran/O", "x/O"]),
        ("1\tAda\t(P*)\n2\tran\t*\n", "conll2012", ["Ada/B-P ran/O"]),
        ("TOKEN\tNE-COARSE-LIT\tMISC\nAda\tB-P\tEndOfSentence\nran\tO\t_\n", "hipe", ["Ada/B-P", "ran/O"]),
        ("Word\tTag\nAda\tB-P\nran\tO\n", "delimited", ["Ada/B-P ran/O"]),
    ],
)  # fmt: skip
def test_other_files_of_each_kind(content, reader, expected) -> None:
    found = guess(raw(content))
    assert found.reader == reader
    reading = read(raw(content), found.layout())
    assert sentences(reading) == expected
    assert faults(reading) == []


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("#FORMAT=WebAnno TSV 2\n1-1\tAda\tPER\n", "WebAnno TSV 2, which is not read"),
        ("#FORMAT=WebAnno TSV 3.3\n#T_SP=x.POS|PosValue\n\n\n1-1\t0-3\tAda\tN\n", "without a layer of spans"),
        ("#FORMAT=WebAnno TSV 3.3\n#T_SP=x.A|v\n#T_SP=x.B|v\n\n\n1-1\t0-3\tAda\tN\t_\n", "option layer=A --option feature=v, .*option layer=B --option feature=v"),
        (entry(tokens=[["Ada", "ran"], ["x"]], ner_tags=[[1, 0], [0]]), "are numbers.*option names="),
        ("(Ada) ran * away\n(Bo) sat * down\n", "nothing in the file|settles"),
    ],
)  # fmt: skip
def test_what_is_not_settled_is_refused(content, what) -> None:
    with pytest.raises(FormatError, match=what):
        guess(raw(content))


def test_every_reader_that_is_guessed_is_registered() -> None:
    assert guess(raw("Ada\tB-P\nran\tO\n")).reader in READERS


@pytest.mark.parametrize(
    "content",
    [entry(tokens=[["Ada", "ran"]], ner_tags=[[1, 0]]), entry(tokens=["Ada", "ran"], ner_tags=[1, 0])],
)
def test_numbers_that_are_named_are_labels(content: str) -> None:
    names = ["O", "B-P"]
    found = guess(raw(content), {"names": names})
    assert found.types == ("P",)
    assert sentences(read(raw(content), Layout(found.reader, found.options | {"names": names}))) == [
        "Ada/B-P ran/O"
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('<?xml version="1.0"?><d><PER>Mira</PER> ran</d>', ["PER: Mira"]),
        ("<!-- of 2020 --><doc><sent><PER>Mira</PER> ran to <LOC>Oslo</LOC>.</sent></doc>", ["PER: Mira", "LOC: Oslo"]),
        ("<s><ORG>University of <LOC>Turku</LOC></ORG></s>", ["ORG: University of Turku"]),
        ("<d><ENAMEX TYPE='PERSON'>Mira</ENAMEX> ran</d>", ["PERSON: Mira"]),
        ('<d>\n<NE TYPE="PERSON" STATUS="OPT">Mira</NE> ran\n</d>', ["PERSON: Mira"]),
        ('<d>\n<NE id="1" TYPE="PERSON">Mira</NE> ran\n</d>', ["PERSON: Mira"]),
    ],
)  # fmt: skip
def test_what_stands_around_a_text_is_no_mention(text: str, expected: list[str]) -> None:
    found = guess(raw(text))
    reading = read(raw(text), found.layout())
    assert found.reader == "inline_xml" and faults(reading) == []
    assert [each for sentence in mentions(reading) for each in sentence] == expected
