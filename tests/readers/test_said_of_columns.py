"""Options of the reader ``delimited`` on the command line: what the guess leaves to the user, it takes as said."""

from pathlib import Path

import pytest

from openner_utils.ownfiles.count import Counted, count
from openner_utils.ownfiles.format import Format
from openner_utils.ownfiles.opening import inspect
from openner_utils.readers.layout import RawFile
from openner_utils.support.errors import FormatError

FLAGS = "Ada\tB-PER\t_\nran\tO\tEOS\nTel\tB-LOC\tx|EOS\nAviv\tI-LOC\t_\n.\tO\tEOS\n"
LAYERS = "a\tB-ORG\nb\tI-ORG\tB-LOC\nc\tO\n\nd\tB-ORG\tB-PER\tB-LOC\n"


def read(content: str, **options: object) -> tuple[Counted, int]:
    opened = inspect(RawFile(Path("f"), "f", content.encode()), Format(options=options)).strict()
    return count(opened), len(opened.reading.layers)


def test_several_signs_of_comments() -> None:
    content = "# id\t1\n%% x\nDie O\n# O\nWien B-LOC\n"
    assert read(content, comment=["# id", "%%"]) == (Counted(1, 3, {"LOC": 1}), 0)


def test_sub_tokens_are_no_comments() -> None:
    """BERT's corpora label the first sub-token of a word, and give the others a label such as X."""
    raw = RawFile(Path("f"), "f", b"Ad\tB-PER\n##a\tX\nran\tO\n")
    assert count(inspect(raw, Format(outside=("X",))).strict()) == Counted(1, 3, {"PER": 1})
    with pytest.raises(FormatError, match=r"f:2: 'X' is no IOB2 label.*--outside X"):
        inspect(raw).strict()


def test_flags_end_sentences_and_no_mention() -> None:
    assert read(FLAGS, flags=2, sentence="EOS", label=1) == (Counted(2, 5, {"LOC": 1, "PER": 1}), 0)
    assert read(FLAGS, flags=2, sentence="EOS")[0].sentences == 2


def test_inner_layers_are_ragged_and_wide() -> None:
    assert read(LAYERS, extra=[2, 3]) == (Counted(2, 4, {"ORG": 2}), 3)
    assert read(LAYERS, extra=[2, 3], label=1) == (Counted(2, 4, {"ORG": 2}), 3)


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (LAYERS, {"extra": [2, 3], "label": -1}, r"Count it from 0, or give another --label"),
        (
            FLAGS,
            {"flags": 2, "sentence": "END"},
            r"no line has the flag END.*--option flags=… or --option sentence=…",
        ),
        (FLAGS, {"flags": 7, "label": 1}, r"3 column\(s\) where 8 are needed"),
    ],
)
def test_what_does_not_fit_is_named(content: str, options: dict[str, object], message: str) -> None:
    with pytest.raises(FormatError, match=message):
        read(content, **options)
