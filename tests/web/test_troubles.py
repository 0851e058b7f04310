"""Planted trouble goes through the real commands, and each piece ends where it should."""

from collections import Counter
from dataclasses import replace

import pyarrow.parquet as pq
import pytest

from openner_utils.web.collecting import Cut, collect
from openner_utils.web.filtering import OUTCOMES, PASSAGES, Choice, filter_passages
from openner_utils.web.labelled import documents, write_shard
from openner_utils.web.looking import Rules
from openner_utils.web.passages import read
from openner_utils.web.shards import shards
from openner_utils.web.troubles import EACH, INSTRUCTION, MARKUP, ends, plant
from openner_utils.web.working import Here
from tests.web.marked import named

SENTENCES = [
    named(f"On day {n} of the year {1000 + 7 * n} Ada wrote {n * 31} letters to house {n * n} in Oslo .", ("Ada", "PER"), number=n)
    for n in range(5 * EACH + 2)
]  # fmt: skip


@pytest.fixture(scope="module")
def filtered(tmp_path_factory):
    """The outcomes of documents and records, the texts of what was kept, and what was planted."""
    home = tmp_path_factory.mktemp("troubles")
    _, lines, planted = plant(documents(SENTENCES, 1))
    write_shard(lines, home / "in" / "shard.jsonl")
    records = collect(shards([home / "in"]), Cut(), home / "passages.parquet", Here())
    filter_passages([home / "passages.parquet"], Rules(words=6), Choice(), home / "out", Here())
    table = pq.read_table(home / "out" / OUTCOMES).to_pylist()
    end = {row["id"]: row["outcome"] for row in table}
    outcomes = {each.document: end[each.id] for each in read(home / "passages.parquet")}
    faults = Counter({outcome: n for (_, _, outcome), n in records.records.items()})
    return outcomes, faults, [each.text for each in read(home / "out" / PASSAGES)], planted


def test_every_trouble_ends_as_it_should(filtered):
    outcomes, faults, _, planted = filtered
    rows = ends(planted, outcomes, faults)
    assert len(rows) == 9
    assert all(planted == EACH == right for _, _, planted, right in rows), rows


def test_instructions_and_markup_stay_text(filtered):
    kept = filtered[2]
    assert sum(text.endswith(INSTRUCTION.rstrip()) for text in kept) == EACH
    assert sum(text.endswith(MARKUP) for text in kept) == EACH


def test_trouble_that_ends_otherwise_is_seen(filtered):
    outcomes, _, _, planted = filtered
    (script, *_) = (each for each in planted if each.what == "a script")
    rows = {row[0]: row[3] for row in ends(planted, outcomes | {script.document: "short"}, Counter())}
    assert rows["a script"] == EACH - 1 and rows["a line that breaks off"] == 0
    assert rows["a copy under another address"] == EACH


def test_too_few_documents_are_left_as_they_are():
    made = documents(SENTENCES[:2], 1)
    found, _, planted = plant(made)
    assert found[:2] == made
    assert {each.what for each in planted} == {
        "a menu",
        "two words",
        "a line that breaks off",
        "a record without text",
    } or len(made) >= EACH


def test_a_copy_counts_where_it_is_its_twin_that_is_dropped():
    found, _, planted = plant(documents(SENTENCES, 1))
    (copy, *_) = (each for each in planted if each.twin)
    assert next(each for each in found if each.id == copy.document) == replace(
        next(each for each in found if each.id == copy.twin), id=copy.document
    )
    rows = {
        row[0]: row[3]
        for row in ends([copy], {copy.document: "kept", copy.twin: "near duplicate"}, Counter())
    }
    assert rows == {copy.what: 1}
