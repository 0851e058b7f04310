"""The interval beside F1: over sentences, over documents where a file marks enough of them, and over predictions."""

from pathlib import Path

import numpy as np
import pytest

from openner_utils.core.encoding import IOB2
from openner_utils.exports import conll
from openner_utils.ownfiles.format import Format
from openner_utils.ownfiles.opening import open_file
from openner_utils.ownfiles.score_files import score_files
from openner_utils.ownfiles.score_interval import Margin
from openner_utils.ownfiles.survey import Bounds
from openner_utils.scoring.mentions import CONVENTIONS, count
from openner_utils.scoring.significance import interval
from tests.planted import planted


def written(path: Path, right_until: int, documents: int = 1, sentences: int = 40) -> Path:
    """Write sentences with a mention each, of which those from ``right_until`` on are not found."""
    each = sentences // documents
    lines = []
    for n in range(sentences):
        if documents > 1 and n % each == 0:
            lines.append("-DOCSTART-\tO\n\n")
        lines.append(f"w{n}\t{'B-PER' if n < right_until else 'O'}\nran\tO\n\n")
    path.write_text("".join(lines))
    return path


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    return written(tmp_path / "gold.txt", 40)


def test_it_is_the_interval_of_the_counts_by_sentence(tmp_path: Path) -> None:
    for name, seed in {"gold": 1, "found": 2}.items():
        conll.write(tmp_path / name, planted(30, seed=seed))
    reference = open_file(tmp_path / "gold", Format()).columns
    labels = np.roll(reference.labels, 1)
    conll.write(tmp_path / "found", reference.with_labels(labels, reference.names))
    found = open_file(tmp_path / "found", Format(scheme=IOB2.name)).columns
    scored = score_files(tmp_path / "gold", [tmp_path / "found"])
    assert set(scored.margins) == set(CONVENTIONS)
    for convention, margin in scored.margins.items():
        expected = interval(
            count(reference, found, convention).values.sum(axis=1, dtype=np.int64)[None], 0.95
        )
        assert margin == Margin(expected.low, expected.high, 30, "sentence")


@pytest.mark.parametrize(
    ("documents", "over"), [(1, "40 sentences"), (8, "40 sentences"), (20, "20 documents")]
)
def test_documents_are_the_units_where_there_are_ten(tmp_path: Path, documents: int, over: str) -> None:
    reference = written(tmp_path / "gold.txt", 40, documents)
    margin = score_files(reference, [written(tmp_path / "found.txt", 30, documents)]).margins["conlleval"]
    assert margin.over == over and 0 < margin.low < 6 / 7 < margin.high < 1


def test_parts_of_a_file_are_no_documents(tmp_path: Path, gold: Path) -> None:
    found = written(tmp_path / "found.txt", 30)
    parts, whole = (score_files(gold, [found], bounds=each).margins for each in (Bounds(1, 1), None))
    assert parts == whole and parts["conlleval"].over == "40 sentences"


def test_runs_that_differ_widen_it(tmp_path: Path, gold: Path) -> None:
    same, other = written(tmp_path / "a.txt", 30), written(tmp_path / "b.txt", 10)
    middle = written(tmp_path / "c.txt", 20)
    widths = [
        margin.high - margin.low
        for runs in ([middle, middle], [same, other])
        for margin in [score_files(gold, runs).margins["conlleval"]]
    ]
    assert widths[0] < widths[1]


def test_mentions_compared_by_characters_have_none(gold: Path) -> None:
    assert score_files(gold, [gold], align="characters").margins == {}
