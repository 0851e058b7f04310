"""What a card can say of a publisher's ways: small corpora, each with one trouble, read and cleaned as a card says."""

import gzip
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from openner_utils.catalog import Card
from openner_utils.core.encoding import IOB2, decode
from openner_utils.curation.clean import Cleaned, clean, clean_file, undo, undo_tokens
from openner_utils.exports.upstream import patch
from openner_utils.readers import read
from openner_utils.readers.layout import Layout, RawFile
from openner_utils.support.errors import FormatError, OpenNERError
from tests.reading import card

CHANGES_LATE = "Ada\tPER\nbor\t0\ni\t0\nOslo\tLOC\n\n" * 4000 + "Bo    PER\ngick    0\n\n" * 3000
BARE = {"0": "O", "PER": "I-PER", "LOC": "I-LOC"}
SUFFIXED = {f"{type}-{letter}": f"{letter}-{type}" for type in ("PRS", "GEO") for letter in "BI"} | {"0": "O"}
NE = {f"ne-{letter}-{type}": f"{letter.upper()}-{type}" for type in ("per", "loc") for letter in "bi"}


def cleaned(content: str, of: Card) -> Cleaned:
    return clean(read(RawFile(Path("f"), "f", content.encode()), Layout.of(of)), of, of.files[0])


def mentions(found: Cleaned) -> dict[str, int]:
    of = decode(found.repaired, IOB2)
    return dict(Counter(of.types[type] for type in of.type.tolist()))


def layers(found: Cleaned) -> dict[str, int]:
    return dict(Counter(f"{each.type} {each.layer}" for each in found.layers))


CASES: dict[str, tuple[str, dict[str, Any], tuple[int, int, dict[str, int]], dict[str, int]]] = {
    "the separator changes late": (
        CHANGES_LATE, {"options": {"separator": "whitespace"}, "scheme": "IO", "spelling": BARE},
        (7000, 22_000, {"PER": 7000, "LOC": 4000}), {},
    ),
    "the separator changes late, and is allowed to": (
        CHANGES_LATE,
        {"options": {"separator": "tab"}, "scheme": "IO", "spelling": BARE, "allow": ("missing-label",)},
        (7000, 22_000, {"PER": 4000, "LOC": 4000}), {"missing label": 6000, "ledger: missing-label": 6000},
    ),
    "a token that looks like a comment": (
        "# file: x\n" + "word O\n" * 10_000 + "# O\nWien B-LOC\n", {"options": {"separator": "space", "comment": "# file:"}},
        (1, 10_002, {"LOC": 1}), {"comment line": 1},
    ),
    "a token that looks like a comment, tabs": (
        "# file x\n#\tO\n# y\nWien\tB-LOC\n", {"options": {"comment": "# "}}, (1, 2, {"LOC": 1}), {"comment line": 2},
    ),
    "a comment with a tab": (
        "# file:\tabc\nDie O\nWien B-LOC\n", {"options": {"separator": "space", "comment": "#"}},
        (1, 2, {"LOC": 1}), {"comment line": 1},
    ),
    "a comment with a tab, among runs of white space": (
        "# file:\tabc\nDie   O\nWien \tB-LOC\n", {"options": {"separator": "whitespace", "comment": "#"}},
        (1, 2, {"LOC": 1}), {"comment line": 1},
    ),
    "several signs of comments": (
        "%% head\n# id 1\nDie O\n# O\n// note\twith a tab\nWien B-LOC\n",
        {"options": {"separator": "space", "comment": ["# id", "%%", "//"]}}, (1, 3, {"LOC": 1}), {"comment line": 3},
    ),
    "a label is missing in the first column": (
        "B-LOC\tWien\nwort\nO\tein\n", {"options": {"label": 0, "token": 1}, "allow": ("missing-label",)},
        (1, 3, {"LOC": 1}), {"missing label": 1, "ledger: missing-label": 1},
    ),
    "one column too many": (
        "Ada\tB-PER\nlives\tO\textra\nhere\tO\n", {"options": {"label": 1}, "allow": ("column-count",)},
        (1, 3, {"PER": 1}), {"line with another number of columns": 1},
    ),
    "the label comes first, its letter last": (
        "PRS-B Marcus\nPRS-I Tullius\n0 venit\nGEO-B Romam\n0 .\n\n" * 30,
        {"options": {"separator": "space", "label": 0, "token": 1}, "spelling": SUFFIXED, "types": {"PRS": "PER", "GEO": "LOC"}},
        (30, 150, {"PRS": 30, "GEO": 30}), {},
    ),
    "a ragged inner layer": (
        "University\tB-ORG\nof\tI-ORG\nTurku\tI-ORG\tB-LOC\nhired\tO\nMira\tB-PER\n\n" * 20, {"options": {"label": 1, "extra": 2}},
        (20, 100, {"ORG": 20, "PER": 20}), {"inner layer label": 20},
    ),
    "wide inner layers": (
        "a\tB-ORG\tB-ORG\tB-LOC\nb\tI-ORG\tI-ORG\nc\tI-ORG\tI-LOC\nd\tO\n", {"options": {"label": 1, "extra": [2, 3]}},
        (1, 4, {"ORG": 1}), {"inner layer label": 4, "invalid transition in an inner layer": 1},
    ),
    "tags of languages beside entities": (
        "ko gn\nMira ne-b-per\nHalon ne-i-per\nestuvo es\nen es\nTurku ne-b-loc\n\n" * 30,
        {"options": {"separator": "space"}, "spelling": NE, "outside": ("gn", "es"), "types": {"per": "PER", "loc": "LOC"}},
        (30, 180, {"per": 30, "loc": 30}), {"outside label gn": 30, "outside label es": 60, "ledger: outside label": 90},
    ),
    "tags of languages beside O": (
        "yo\tlang1\nBo\tB-PER\nsaw\tlang2\n.\tO\n", {"outside": ("lang1", "lang2", "mixed")},
        (1, 4, {"PER": 1}), {"outside label lang1": 1, "outside label lang2": 1, "ledger: outside label": 2},
    ),
    "labels without a type": (
        "Ada\tB\nLovelace\tI\nsaw\tO\nOto\tB\nthen\tO\nBo\tI\n",
        {"spelling": {"B": "B-NAME", "I": "I-NAME"}, "types": {"NAME": "MISC"}},
        (1, 6, {"NAME": 3}), {"invalid transition": 1, "ledger: conlleval": 1},
    ),
    "labels without a type, five letters": (
        "Ada\tb\nof\ti\nOslo\te\nsaw\to\nOto\ts\n",
        {"spelling": {"b": "B-X", "i": "I-X", "e": "E-X", "s": "S-X", "o": "O"}, "scheme": "BIOES", "types": {"X": "MISC"}},
        (1, 5, {"X": 2}), {},
    ),
    "flags end sentences": (
        "Ada\tB-PER\tNoSpaceAfter\nran\tO\tEndOfLine|EndOfSentence\nTel\tB-LOC\tEndOfSentence\nAviv\tI-LOC\t_\n.\tO\tEndOfSentence\n",
        {"options": {"label": 1, "flags": 2}}, (2, 5, {"PER": 1, "LOC": 1}), {"sentence end inside a mention": 1},
    ),
    "a value ends sentences": (
        "Ada\tPER\t0\nran\tOUT\t1\nBo\tPER\t1\nOslo\tLOC\t0\n",
        {"options": {"label": 1, "flags": 2, "sentence": "1"}, "scheme": "IO", "spelling": {"OUT": "O", "PER": "I-PER", "LOC": "I-LOC"}},
        (3, 4, {"PER": 2, "LOC": 1}), {},
    ),
    "a whole document as one sentence": (
        "Ada\tB-PER\nran\tO\n.\tO\n" * 50, {"longest": 10}, (17, 150, {"PER": 50}), {"ledger: sentence cut": 16},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("content", "says", "expected", "counts"), CASES.values(), ids=CASES.keys())
def test_a_card_says_it_and_all_of_it_comes_back(
    content: str, says: dict[str, Any], expected: tuple[int, int, dict[str, int]], counts: dict[str, int]
) -> None:
    of = card("delimited", **says)
    found = cleaned(content, of)
    assert (found.repaired.n_sentences, len(found.repaired), mentions(found)) == expected
    told = {
        what: number
        for what, number in found.counts.items()
        if what not in ("sentences", "tokens", "mentions as repaired")
    }
    assert told == counts
    published = read(RawFile(Path("f"), "f", content.encode()), Layout.of(of)).columns
    assert undo(found.repaired, found.ledger, of) == [
        [None if label == "\0" else label for label in labels] for _, labels in published.rows()
    ]
    assert undo_tokens(found.repaired, found.ledger) == [list(tokens) for tokens, _ in published.rows()]


def test_inner_layers_are_kept() -> None:
    ragged, wide = (
        cleaned(CASES[name][0], card("delimited", **CASES[name][1]))
        for name in ("a ragged inner layer", "wide inner layers")
    )
    assert layers(ragged) == {"LOC 1": 20}
    assert layers(wide) == {"ORG 1": 1, "LOC 1": 1, "LOC 2": 1}


REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "the separator changes late": (
        CHANGES_LATE, {"scheme": "IO", "spelling": BARE},
        r"f:20001: missing label: 1 column\(s\) where the other lines have 2.*allow missing-label",
    ),
    "a label is missing in the first column": (
        "B-LOC\tWien\nwort\nO\tein\n", {"options": {"label": 0, "token": 1}}, "f:2: missing label.*allow missing-label",
    ),
    "one column too many": (
        "Ada\tB-PER\nlives\tO\textra\nhere\tO\n", {"options": {"label": 1}}, r"f:2: 3 column\(s\).*allow column-count",
    ),
    "an inner layer, and the label counted from the end": (
        "Turku\tB-ORG\tB-LOC\na\tO\n", {"options": {"extra": 2}}, "f: .* inner layer are longer.*Count it from 0.*correct label on the card",
    ),
    "a layer more than the card knows": (
        "a\tB-ORG\tB-ORG\tB-LOC\nb\tI-ORG\tI-ORG\nc\tO\nd\tO\n", {"options": {"label": 1, "extra": 2}}, r"f:1: 4 column\(s\)",
    ),
    "a label that is neither an entity nor named as outside": (
        "yo\tlang1\nBo\tB-PER\nsaw\tlang2\n", {"outside": ("lang1",)}, "f:3: 'lang2' is no IOB2 label.*under outside, if it means O",
    ),
    "no line has the flag": (
        "Ada\tB-PER\t_\nran\tO\t_\n", {"options": {"label": 1, "flags": 2}}, "f: no line has the flag EndOfSentence.*correct flags or sentence",
    ),
    "the column of flags is not there": (
        "Ada\tB-PER\nran\tO\n", {"options": {"label": 1, "flags": 2}}, r"f:1: 2 column\(s\) where 3 are needed",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("content", "says", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_a_card_does_not_say_is_refused_by_name(
    content: str, says: dict[str, Any], message: str
) -> None:
    with pytest.raises(FormatError, match=message):
        cleaned(content, card("delimited", **says))


def test_an_outside_label_has_one_meaning() -> None:
    with pytest.raises(ValueError, match="outside names es, which has a meaning already"):
        card("delimited", spelling={"es": "O"}, outside=("gn", "es"))


def test_a_patch_for_the_publisher_leaves_outside_labels_alone(tmp_path: Path) -> None:
    file = tmp_path / "tiny/f"
    file.parent.mkdir()
    file.write_text("yo\tlang1\nBo\tI-PER\nsaw\tlang2\n.\tO\n")
    made = patch(card("delimited", outside=("lang1", "lang2")), tmp_path)
    assert made.changed == {"f": {"conlleval": 1}}
    changed = [line for line in made.content.decode().split("\n") if line[1:2].isalpha() and line[0] != " "]
    assert changed == ["-Bo\tI-PER", "+Bo\tB-PER"]


def test_where_labels_are_missing_none_is_empty() -> None:
    of = card("delimited", allow=("missing-label", "empty-token"))
    found = cleaned("Ada\tB-PER\nx\n\tO\n", of)
    assert undo(found.repaired, found.ledger, of) == [["B-PER", None, "O"]]


def test_one_card_reads_files_that_look_unlike() -> None:
    of = card("delimited", {"label": 2})
    one = cleaned("Ada\t1\tB-PER\nsang\t2\tO\n", of)
    two = cleaned("Bo\tx\tB-PER\nleft\ty\tO\n\nCy\tx\tB-PER\nstayed\ty\tO\n", of)
    assert [found.repaired.n_sentences for found in (one, two)] == [1, 2]
    assert [mentions(found) for found in (one, two)] == [{"PER": 1}, {"PER": 2}]


SPANS = '{"text": "Oto left.", "entities": [{"start": 0, "end": 3, "label": "PER"}]}\n'


@pytest.mark.parametrize("name", ["spans.jsonl.gz", "spans.jsonl.zip", "spans.jsonl"])
def test_a_packed_file_of_a_card_is_read(name: str, tmp_path: Path) -> None:
    of = card("json_spans", {"start": "start", "end": "end", "type": "label"}, scheme="spans")
    found = clean_file(RawFile.open(packed(tmp_path / name, SPANS), name), of, of.files[0])
    assert (len(found.repaired), mentions(found)) == (3, {"PER": 1})


def test_no_patch_is_made_for_a_packed_file(tmp_path: Path) -> None:
    (tmp_path / "tiny").mkdir()
    of = card("delimited", files=[{"path": "f.gz", "language": "eng", "split": "train"}])
    packed(tmp_path / "tiny/f.gz", "Ada\tB-PER\n")
    assert patch(of, tmp_path).changed == {}
    packed(tmp_path / "tiny/f.gz", "Ada\tI-PER\n")
    with pytest.raises(OpenNERError, match=r"f.gz: a packed file, which no patch can change. Unpack it"):
        patch(of, tmp_path)


def packed(path: Path, content: str) -> Path:
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(content.encode()))
    elif path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("inside", content)
    else:
        path.write_text(content)
    return path
