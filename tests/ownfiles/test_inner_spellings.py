"""Labels of inner layers are read as the outer ones are, in each spelling; what is wrong with them is said alike."""

from pathlib import Path

import pytest

from openner_utils.ownfiles.find import find
from openner_utils.ownfiles.format import Format
from openner_utils.ownfiles.opening import Opened, inspect
from openner_utils.ownfiles.writing import convert_file
from openner_utils.readers.layout import RawFile
from openner_utils.support.errors import FormatError, OpenNERError

TABS = {"separator": "tab", "label": 1, "extra": 2}


def of(
    inner: str, outer: tuple[str, str] = ("B-ORG", "I-ORG"), inner_outside: str = "O", **more: object
) -> Opened:
    """Open three tokens with an outer mention of two, and an inner label for the second."""
    begin, inside = outer
    text = f"Uni\t{begin}\t{inner_outside}\nTurku\t{inside}\t{inner}\nran\tO\t{inner_outside}\n"
    return inspect(RawFile(Path("f"), "f", text.encode()), Format(options=TABS, **more))


def layers(opened: Opened) -> list[str]:
    return [each.type for each in opened.reading.layers]


SPELLED = {
    "underscore": (("B_ORG", "I_ORG"), "B_LOC"),
    "behind": (("ORG-B", "ORG-I"), "LOC-B"),
    "small": (("b-org", "i-org"), "b-loc"),
    "glued": (("BORG", "IORG"), "BLOC"),
    "bare": (("ORG", "ORG"), "LOC"),
    "marked": (("ne-B-ORG", "ne-I-ORG"), "ne-B-LOC"),
    "without type": (("B", "I"), "B"),
}


@pytest.mark.parametrize("name", SPELLED)
@pytest.mark.parametrize("said", [{}, {"reader": "delimited"}])
def test_an_inner_label_is_spelled_as_the_outer_ones_are(name: str, said: dict[str, str]) -> None:
    outer, inner = SPELLED[name]
    opened = of(inner, outer, **said)
    assert [each.upper() for each in layers(opened)] == ["MENTION" if name == "without type" else "LOC"]
    assert [fault.flaw for fault in find(opened)] == ["overlap"]


WRONG = {
    "B-LOC,": ("unknown-label", "',' at the end of the label"),
    "B-LOC, ": ("unknown-label", "',' at the end of the label"),
    '"B-LOC"': ("unknown-label", "quotes at the label"),
    "B--LOC": ("unknown-label", "two hyphens"),
    "B-LOC|B-PER": ("unknown-label", "labels of several layers"),
    "B-LOC/0.98": ("unknown-label", "a number is glued"),
    "X": ("unknown-label", "is no IOB2 label"),
    "B-LOC ": ("slip", "white space around"),
    "": ("empty-label", "empty label"),
}


@pytest.mark.parametrize("inner", WRONG)
def test_what_is_wrong_with_an_inner_label_is_what_would_be_wrong_with_an_outer_one(inner: str) -> None:
    flaw, what = WRONG[inner]
    (fault, *_) = find(of(inner))
    assert (fault.line, fault.flaw) == (2, flaw)
    assert fault.what.startswith("inner layer 1: ")
    assert what in fault.what
    outer = inspect(
        RawFile(Path("f"), "f", f"Uni\tB-ORG\nTurku\t{inner}\nran\tO\n".encode()),
        Format("delimited", "IOB2", {"separator": "tab"}),
    )
    assert flaw in {each.flaw for each in find(outer)}


def test_a_label_that_means_o_is_said_for_inner_layers_too(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"if it means O, give --outside _"):
        of("B-LOC", inner_outside="_").strict()
    opened = of("B-LOC", inner_outside="_", outside=("_",))
    assert layers(opened.strict()) == ["LOC"]
    convert_file(opened, tmp_path / "out", "BIOES")
    assert (tmp_path / "out").read_text() == "Uni\tB-ORG\t_\nTurku\tE-ORG\tS-LOC\nran\tO\t_\n"


def test_white_space_around_an_inner_label_is_taken_off_by_a_conversion(tmp_path: Path) -> None:
    convert_file(of("B-LOC "), tmp_path / "out", "BIOES")
    assert (tmp_path / "out").read_text() == "Uni\tB-ORG\tO\nTurku\tE-ORG\tS-LOC\nran\tO\tO\n"


TWICE = [
    ("delimited", {"label": 1, "extra": [2, 2]}, "extra names twice the column 2"),
    ("delimited", {"label": 1, "extra": [1, 2]}, "label and extra both name the column 1"),
    ("delimited", {"label": 1, "extra": [2, -1]}, "column 2 is taken both for extra and for extra"),
    ("delimited", {"label": 1, "extra": 0}, "token and extra both name the column 0"),
    ("delimited", {"label": 1, "sentence_id": 1}, "label and sentence_id both name the column 1"),
    ("delimited", {"label": 1, "id": -3}, "column 0 is taken both for token and for id"),
    ("delimited", {"label": 1, "flags": 0}, "token and flags both name the column 0"),
    ("conll2012", {"token": 1, "label": 1}, "token and label both name the column 1"),
    ("conllu_plus", {"column": "NER", "form": "NER"}, "column and form both name the column 'NER'"),
    (
        "csv_tokens",
        {"token": "w", "label": "t", "sentence": "w"},
        "token and sentence both name the column 'w'",
    ),
    ("csv_sentences", {"tokens": 1, "labels": 1}, "tokens and labels both name the column 1"),
    ("csv_spans", {"text": "a", "spans": "a"}, "text and spans both name the column 'a'"),
    ("hipe", {"nested": ["NE-X", "NE-X"]}, "nested names twice the column 'NE-X'"),
    ("hipe", {"column": "NE-X", "nested": ["NE-X"]}, "column and nested both name the column 'NE-X'"),
    ("json_tokens", {"tokens": "t", "labels": "t"}, "tokens and labels both name the column 't'"),
    ("json_spans", {"text": "t", "spans": "t"}, "text and spans both name the column 't'"),
    ("json_token_spans", {"tokens": "t", "mentions": "t"}, "tokens and mentions both name the column 't'"),
]


@pytest.mark.parametrize(("reader", "options", "what"), TWICE)
def test_a_column_is_named_once(reader: str, options: dict[str, object], what: str) -> None:
    text = "# global.columns = ID FORM NER\nUni\tB-ORG\tO\nTurku\tI-ORG\tB-LOC\n\nran\tO\tO\n"
    with pytest.raises(OpenNERError, match=what):
        inspect(RawFile(Path("f"), "f", text.encode()), Format(reader, "IOB2", options)).strict()
