"""Tables against the committed ones: each kind of change is named with its place, and has its verdict."""

import math
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.analysis import systems
from openner_utils.config.params import Compare
from openner_utils.core.artifacts import PASSPORT
from openner_utils.pages import table_schemas, tables
from openner_utils.pages.table_schemas import Schemas, Table, Times
from openner_utils.pages.verify import Verdict
from openner_utils.pages.verify import compare as compare_at
from openner_utils.stages import figures
from openner_utils.support import paths
from openner_utils.support.errors import OpenNERError

WHOLE = table_schemas.load()
LEVEL = 0.05
IDENTICAL, WITHIN, DIFFERENT = "identical", "within tolerance", "different"

TABLES = {
    "corpora": """\
corpus,language,name,family,script,split,sentences,tokens,mentions,plain
nan,eng,English,Indo-European,Latn,test,82,1500,90,20
zena,NA,Nama,Khoe-Kwadi,Latn,test,26,300,33,4
""",
    "leakage": """\
corpus,language,name,family,script,compared,exact_own,exact_other,near,contaminated,share
zena,NA,Nama,Khoe-Kwadi,Latn,26,1,0,0,1,0.04
""",
    "encoders": """\
regime,language,system,f1,sd,low,high,over,seeds,sentences,mentions,unknown_tokens,characters_lost,spelled_out,fertility
alone,eng,small,61.8,2.0,52.3,70.3,"sentences, seeds",3,82,90,0.0,0.009,0.0,1.14
alone,eng,tall,59.6,1.8,41.7,61.7,"sentences, seeds",3,82,90,0.0,0.0,0.0,5.12
alone,NA,small,47.0,2.0,36.3,57.2,"sentences, seeds",3,77,84,0.0,0.0,0.0,7.22
alone,NA,tall,57.0,2.2,46.3,67.2,"sentences, seeds",3,77,84,0.0,0.0,0.0,7.22
""",
    "encoder_pairs": """\
regime,language,a,b,difference,low,high,p,clear,p_raw,se,seed_se,detectable_80,over,seeds,sentences,mentions
alone,eng,small,tall,-2.2,-9.1,4.7,0.5,False,0.5,3.3,1.2,9.6,"sentences, seeds",3,82,90
alone,NA,small,tall,10.0,0.6,19.4,0.04,True,0.02,3.9,1.4,13.8,"sentences, seeds",3,77,84
alone,fin,small,tall,5.0,-4.0,14.0,0.24,False,0.24,4.1,1.3,12.2,"sentences, seeds",3,77,84
""",
    "prompts": """\
system,language,format,decoding,control,f1,sd,low,high,f1_counted,low_counted,high_counted,over,seeds,sentences,mentions,ungrounded
tiny,eng,inline,free,False,75.9,,62.5,86.2,75.0,60.0,86.0,sentences,1,40,42,1
tiny,eng,json,free,False,30.0,,13.8,45.9,13.1,4.0,20.0,sentences,1,40,42,60
""",
    "prompt_formats": """\
system,language,decoding,ungrounded,difference,low,high,p,clear,p_raw,se,seed_se,detectable_80,over,seeds,sentences,mentions
tiny,eng,free,dropped,-45.9,-65.3,-26.8,0.006,True,0.001,9.2,,27.0,sentences,1,40,42
""",
    "power": """\
corpus,language,seeds,sentences,own,detectable,least,most,pairs,over
zena,NA,1,26,True,24.1,20.0,30.0,3,sentences
zena,NA,10,26,True,,,,3,sentences
""",
    "web_prices": """\
language,passages,prompt_tokens,completion_tokens,untold,accepted,tokens_each,target,confidence,threshold,mean_over_documents
swa,40,2380,1986,0,75,58.21,0.4,0.8,0.41,60.4
""",
}
SOME = WHOLE.model_copy(update={"tables": {name: WHOLE.tables[name] for name in TABLES}})


def compare(committed: dict[str, str], found: dict[str, str], schemas: Schemas) -> Verdict:
    return compare_at(committed, found, schemas, LEVEL)


def changed(name: str, start: str, column: str, value: str) -> dict[str, str]:
    """Return the tables with one cell changed, in the row that begins so."""
    lines = TABLES[name].splitlines()
    at = lines[0].split(",").index(column)
    [number] = [number for number, line in enumerate(lines) if line.startswith(start)]
    over = '"sentences, seeds"'
    cells = lines[number].replace(over, "over").split(",")
    assert cells[at] != value
    cells[at] = value
    lines[number] = ",".join(cells).replace("over", over)
    return TABLES | {name: "\n".join(lines) + "\n"}


def edited(name: str, edit: Callable[[list[str]], list[str]]) -> dict[str, str]:
    """Return the tables with the lines of one edited."""
    return TABLES | {name: "\n".join(edit(TABLES[name].splitlines())) + "\n"}


SMALL_ENG = "encoders [regime alone, language eng, system small]"
PAIR_NA = "encoder_pairs [regime alone, language NA, a small, b tall]"
PAIR_ENG = PAIR_NA.replace("NA", "eng")
PAIR_FIN = PAIR_NA.replace("NA", "fin")
INLINE = "prompts [system tiny, language eng, format inline, decoding free, control False]"
JSON = INLINE.replace("inline", "json")

CELLS = {
    "a count, one more": ("corpora", "zena,NA", "mentions", "34", DIFFERENT, "corpora [corpus zena, language NA, split test] mentions: 33 → 34"),
    "a count, one fewer": ("encoders", "alone,eng,small", "seeds", "2", DIFFERENT, f"{SMALL_ENG} seeds: 3 → 2"),
    "a count gone": ("corpora", "nan,eng", "plain", "", DIFFERENT, "corpora [corpus nan, language eng, split test] plain: 20 → empty"),
    "a name": ("corpora", "zena,NA", "name", "", DIFFERENT, "language NA, split test] name: Nama → empty"),
    "another word": ("encoders", "alone,eng,small", "over", "documents", DIFFERENT, f"{SMALL_ENG} over: sentences, seeds → documents"),
    "a share": ("leakage", "zena,NA", "share", "0.05", DIFFERENT, "leakage [corpus zena, language NA] share: 0.04 → 0.05"),
    "fertility": ("encoders", "alone,eng,small", "fertility", "1.15", DIFFERENT, f"{SMALL_ENG} fertility: 1.14 → 1.15"),
    # sd 2.0 over 3 seeds: 3 * 2.0 * sqrt(2 / 3) = 4.9, and 0.1 for rounding.
    "a score within": ("encoders", "alone,eng,small", "f1", "66.7", WITHIN, f"{SMALL_ENG} f1: 61.8 → 66.7 (allowed: 56.8 to 66.8, 98% of it used)"),
    "a score beyond": ("encoders", "alone,eng,small", "f1", "66.9", DIFFERENT, f"{SMALL_ENG} f1: 61.8 → 66.9 (allowed: 56.8 to 66.8, 102% of it used)"),
    "a score that is no number": ("encoders", "alone,eng,small", "f1", "nan", DIFFERENT, f"{SMALL_ENG} f1: 61.8 → nan"),
    "a score gone": ("encoders", "alone,eng,small", "f1", "", DIFFERENT, f"{SMALL_ENG} f1: 61.8 → empty"),
    "a score without end": ("encoders", "alone,eng,small", "f1", "inf", DIFFERENT, f"{SMALL_ENG} f1: 61.8 → inf"),
    "a bound within": ("encoders", "alone,eng,small", "low", "42.5", WITHIN, f"{SMALL_ENG} low: 52.3 → 42.5"),
    "a bound beyond": ("encoders", "alone,eng,small", "low", "42.3", DIFFERENT, f"{SMALL_ENG} low: 52.3 → 42.3"),
    "an sd within": ("encoders", "alone,eng,small", "sd", "6.0", WITHIN, f"{SMALL_ENG} sd: 2.0 → 6.0"),
    "an sd beyond": ("encoders", "alone,eng,small", "sd", "16.0", DIFFERENT, f"{SMALL_ENG} sd: 2.0 → 16.0"),
    "an sd gone": ("encoders", "alone,eng,small", "sd", "", DIFFERENT, f"{SMALL_ENG} sd: 2.0 → empty"),
    "a difference within": ("encoder_pairs", "alone,fin", "difference", "0.0", WITHIN, f"{PAIR_FIN} difference: 5.0 → 0.0"),
    "a difference that turns": ("encoder_pairs", "alone,fin", "difference", "-9.0", DIFFERENT, f"{PAIR_FIN} difference: 5.0 → -9.0"),
    "an interval": ("encoder_pairs", "alone,fin", "high", "140.0", DIFFERENT, f"{PAIR_FIN} high: 14.0 → 140.0"),
    "a standard error": ("encoder_pairs", "alone,fin", "se", "9.9", DIFFERENT, f"{PAIR_FIN} se: 4.1 → 9.9"),
    "the seeds' part of it": ("encoder_pairs", "alone,fin", "seed_se", "9.9", DIFFERENT, f"{PAIR_FIN} seed_se: 1.3 → 9.9"),
    "what can be detected": ("encoder_pairs", "alone,fin", "detectable_80", "99.0", DIFFERENT, f"{PAIR_FIN} detectable_80: 12.2 → 99.0"),
    "p without a turn": ("encoder_pairs", "alone,eng", "p", "0.999", WITHIN, "within tolerance (1 cells differ)"),
    "p gone": ("encoder_pairs", "alone,eng", "p", "", DIFFERENT, f"{PAIR_ENG} p: 0.5 → empty"),
    "p that is none": ("encoder_pairs", "alone,eng", "p", "1.5", DIFFERENT, f"{PAIR_ENG} p: 0.5 → 1.5"),
    "a decision": ("encoder_pairs", "alone,NA", "clear", "False", DIFFERENT, f"{PAIR_NA} clear: True → False (difference 10.0 → 10.0, p 0.04 → 0.04)"),
    "a decision that is none": ("encoder_pairs", "alone,NA", "clear", "", DIFFERENT, f"{PAIR_NA} clear: True → empty"),
    "what many scores make": ("power", "zena,NA,1,", "detectable", "99.0", WITHIN, "within tolerance (1 cells differ)"),
    "what many scores make, once more": ("power", "zena,NA,10,", "detectable", "8.0", WITHIN, "within tolerance (1 cells differ)"),
    "what no scores make": ("power", "zena,NA,1,", "most", "101.0", DIFFERENT, "most: 30.0 → 101.0"),
    "what no number is": ("power", "zena,NA,1,", "most", "NA", DIFFERENT, "most: 30.0 → NA"),
    "what a model chose": ("web_prices", "swa,40", "accepted", "7", WITHIN, "within tolerance (1 cells differ)"),
    "what a model chose, and nothing": ("web_prices", "swa,40", "threshold", "", WITHIN, "within tolerance (1 cells differ)"),
    "what no model chooses": ("web_prices", "swa,40", "accepted", "-7", DIFFERENT, "accepted: 75 → -7"),
    "what no model chooses, in words": ("web_prices", "swa,40", "accepted", "NA", DIFFERENT, "accepted: 75 → NA"),
    "what a person chose": ("web_prices", "swa,40", "target", "0.5", DIFFERENT, "target: 0.4 → 0.5"),
    "an order": ("encoders", "alone,eng,small", "f1", "59.0", WITHIN, "encoders [regime alone, language eng] order: small 61.8, tall 59.6 → tall 59.6, small 59.0"),
    # One seed: 3 * sqrt(2) times the root mean square of the encoders' sd (2.005) are 8.5 points.
    "one seed within": ("prompts", "tiny,eng,inline", "f1", "67.5", WITHIN, f"{INLINE} f1: 75.9 → 67.5 (allowed: 67.3 to 84.5, 98% of it used)"),
    "one seed beyond": ("prompts", "tiny,eng,inline", "f1", "67.2", DIFFERENT, f"{INLINE} f1: 75.9 → 67.2"),
    "one seed, an sd from nowhere": ("prompts", "tiny,eng,inline", "sd", "1.0", DIFFERENT, f"{INLINE} sd: empty → 1.0"),
    # 8.5 per cent of 42 + 60 mentions are 8.7.
    "lost mentions within": ("prompts", "tiny,eng,json", "ungrounded", "68", WITHIN, f"{JSON} ungrounded: 60 → 68"),
    "lost mentions beyond": ("prompts", "tiny,eng,json", "ungrounded", "72", DIFFERENT, f"{JSON} ungrounded: 60 → 72"),
    # Two sides with one seed each: sqrt(2) times that of one.
    "one seed on both sides, within": ("prompt_formats", "tiny,eng", "difference", "-34.0", WITHIN, "difference: -45.9 → -34.0 (allowed: -58.0 to -33.8, 98% of it used)"),
    "one seed on both sides, beyond": ("prompt_formats", "tiny,eng", "difference", "-33.0", DIFFERENT, "difference: -45.9 → -33.0"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "row", "column", "value", "level", "said"), CELLS.values(), ids=CELLS.keys()
)
def test_a_changed_cell(name: str, row: str, column: str, value: str, level: str, said: str) -> None:
    verdict = compare(TABLES, changed(name, row, column, value), SOME)
    assert verdict.level == level
    assert said in str(verdict)
    assert str(verdict).startswith(f"{level} (1 cells differ)")
    only = {table for table, found in verdict.tables.items() if found.cells or found.faults}
    assert only == {name}


TABLE_CHANGES = {
    "a row gone": (edited("encoders", lambda lines: lines[:-1]), DIFFERENT, "encoders [regime alone, language NA, system tall]: the row is missing"),
    "a row more": (edited("corpora", lambda lines: [*lines, lines[-1].replace("zena", "siso")]), DIFFERENT, "corpora [corpus siso, language NA, split test]: the row is not committed"),
    "a row twice": (edited("corpora", lambda lines: [*lines, lines[-1]]), DIFFERENT, "corpora:4: the second row of zena, NA, test"),
    "another key": (edited("encoder_pairs", lambda lines: [line.replace("fin", "est") for line in lines]), DIFFERENT, f"{PAIR_FIN.replace('fin', 'est')}: the row is not committed"),
    "no rows": (edited("encoders", lambda lines: lines[:1]), DIFFERENT, f"{SMALL_ENG}: the row is missing"),
    "a torn row": (edited("corpora", lambda lines: [*lines, "zena,eng"]), DIFFERENT, "corpora:4: 2 cells, but 10 columns"),
    "an empty file": (TABLES | {"leakage": ""}, DIFFERENT, "leakage: without the columns corpus, language, name"),
    "a column gone": (edited("leakage", lambda lines: [line.rpartition(",")[0] for line in lines]), DIFFERENT, "leakage: without the columns share"),
    "a column more": (edited("leakage", lambda lines: [f"{lines[0]},rate", f"{lines[1]},1"]), DIFFERENT, "leakage: not in table_schemas.yaml: rate"),
    "a column renamed": (edited("leakage", lambda lines: [lines[0].replace("share", "rate"), lines[1]]), DIFFERENT, "leakage: not in table_schemas.yaml: rate"),
    "columns in another order": (edited("leakage", lambda lines: [re.sub(r"^(\w+),(\w+)", r"\2,\1", line) for line in lines]), DIFFERENT, "leakage: the columns stand in another order: language, corpus, name"),
    "rows in another order": (edited("encoders", lambda lines: [lines[0], *lines[:0:-1]]), WITHIN, "The same rows in another order: encoders"),
    "a table gone": ({name: text for name, text in TABLES.items() if name != "prompts"}, DIFFERENT, "prompts: the table was not made by this run"),
    "a table more": (TABLES | {"mystery": "a\n1\n"}, DIFFERENT, "mystery: a table that is not in openner_utils/pages/table_schemas.yaml"),
}  # fmt: skip


@pytest.mark.parametrize(("found", "level", "said"), TABLE_CHANGES.values(), ids=TABLE_CHANGES.keys())
def test_a_changed_table(found: dict[str, str], level: str, said: str) -> None:
    verdict = compare(TABLES, found, SOME)
    assert verdict.level == level
    assert said in str(verdict)


def test_a_table_that_is_not_committed() -> None:
    committed = {name: text for name, text in TABLES.items() if name != "leakage"}
    verdict = compare(committed, TABLES, SOME)
    assert (verdict.level, verdict.tables["leakage"].faults) == (
        DIFFERENT,
        ("leakage: the table is not committed",),
    )


def test_equal_tables_are_identical() -> None:
    verdict = compare(TABLES, TABLES, SOME)
    assert (verdict.level, str(verdict)) == (IDENTICAL, "identical")


def test_a_decision_that_turns_is_named_whether_or_not_its_numbers_are_within() -> None:
    found = TABLES | {
        "encoder_pairs": TABLES["encoder_pairs"].replace(
            "10.0,0.6,19.4,0.04,True,0.02", "9.0,-0.5,18.5,0.062,False,0.031"
        )
    }
    verdict = compare(TABLES, found, SOME)
    assert verdict.level == WITHIN
    assert str(verdict).splitlines() == [
        "within tolerance (6 cells differ)",
        "Conclusions that differ, though every number is within tolerance:",
        f"  {PAIR_NA} clear: True → False (difference 10.0 → 9.0, p 0.04 → 0.062)",
        "  A conclusion near the border may turn on another machine; rely on none that does.",
        "The trained number that is farthest off, in each table:",
        f"  {PAIR_NA} difference: 10.0 → 9.0 (allowed: 4.0 to 16.0, 17% of it used)",
    ]
    beyond = {name: text.replace("9.0,-0.5", "-9.0,-18.5") for name, text in found.items()}
    assert "clear: True → False (difference 10.0 → -9.0" in str(compare(TABLES, beyond, SOME))


def test_a_clear_difference_in_the_other_direction_is_another_conclusion() -> None:
    [conclusion] = (
        compare(TABLES, changed("encoder_pairs", "alone,NA", "difference", "-10.0"), SOME)
        .tables["encoder_pairs"]
        .conclusions
    )
    assert conclusion == f"{PAIR_NA} clear: True → True (difference 10.0 → -10.0, p 0.04 → 0.04)"


def test_a_lead_that_becomes_a_tie_is_another_order_and_the_other_way_round() -> None:
    tied = changed("encoders", "alone,eng,small", "f1", "59.6")
    for tables_of, order in (
        ((TABLES, tied), "small 61.8, tall 59.6 → small 59.6, tall 59.6"),
        ((tied, TABLES), "→ small 61.8"),
    ):
        [conclusion] = compare(*tables_of, SOME).tables["encoders"].conclusions
        assert order in conclusion
    assert not compare(tied, tied, SOME).tables["encoders"].conclusions


IMPOSSIBLE = {
    "a low bound below 0": ("encoders", "alone,eng,small", {"low": "-5.0"}, "not 0 ≤ low -5.0 ≤ f1 61.8 ≤ high 70.3 ≤ 100"),
    "a high bound above 100": ("encoders", "alone,eng,small", {"high": "100.1"}, "≤ high 100.1 ≤ 100"),
    "a low bound above the score": ("encoders", "alone,eng,small", {"low": "61.9"}, "not 0 ≤ low 61.9 ≤ f1 61.8"),
    "a high bound below the score": ("encoders", "alone,eng,small", {"high": "61.7"}, "f1 61.8 ≤ high 61.7"),
    "a score above 100": ("encoders", "alone,eng,small", {"f1": "101.0", "high": "102.0"}, "f1 101.0"),
    "the bounds of a second score": ("prompts", "tiny,eng,json", {"low_counted": "13.2"}, "not 0 ≤ low_counted 13.2 ≤ f1_counted 13.1"),
    "a negative spread": ("encoders", "alone,eng,small", {"sd": "-1.0"}, "not 0 ≤ sd -1.0"),
    "mentions below none": ("prompts", "tiny,eng,inline", {"ungrounded": "-1"}, "not 0 ≤ ungrounded -1"),
    "a difference outside": ("encoder_pairs", "alone,fin", {"difference": "-4.1"}, "not -100 ≤ low -4.0 ≤ difference -4.1"),
    "a difference beyond 100": ("prompt_formats", "tiny,eng", {"low": "-100.5"}, "not -100 ≤ low -100.5"),
    "bounds the wrong way round": ("encoder_pairs", "alone,fin", {"low": "14.0", "high": "-4.0"}, "low 14.0 ≤ difference 5.0 ≤ high -4.0"),
    "clear, and 0 inside": ("encoder_pairs", "alone,NA", {"low": "-0.1"}, "clear True, but the interval from -0.1 to 19.4 holds 0"),
    "not clear, and 0 outside": ("encoder_pairs", "alone,fin", {"low": "0.1"}, "clear False, but the interval from 0.1 to 14.0 leaves out 0"),
    "clear, and p of 1": ("encoder_pairs", "alone,NA", {"p": "1.0"}, "clear True, but p 1.0 at a level of 0.05"),
    "not clear, and a small p": ("encoder_pairs", "alone,fin", {"p": "0.049", "p_raw": "0.049"}, "clear False, but p 0.049"),
    "p below the test's own": ("encoder_pairs", "alone,fin", {"p": "0.23"}, "not 0 ≤ p_raw 0.24 ≤ p 0.23 ≤ 1"),
    "nothing that can be found": ("encoder_pairs", "alone,fin", {"detectable_80": "-3.0"}, "not 0 ≤ detectable_80 -3.0 ≤ 100"),
    "more than can be found": ("encoder_pairs", "alone,fin", {"detectable_80": "100.1"}, "not 0 ≤ detectable_80 100.1 ≤ 100"),
    "a negative standard error": ("encoder_pairs", "alone,fin", {"se": "-0.1"}, "not 0 ≤ se -0.1"),
}  # fmt: skip


def with_cells(name: str, start: str, cells: dict[str, str]) -> dict[str, str]:
    """Return the tables with some cells of the row that begins so changed."""
    schema = WHOLE.tables[name]
    table = Table.of(TABLES[name], schema.key, name)
    chosen = [",".join(row.values()).startswith(start) for row in table.rows.values()]
    assert chosen.count(True) == 1
    rows = [
        {**row, **cells} if is_it else row for row, is_it in zip(table.rows.values(), chosen, strict=True)
    ]
    return TABLES | {name: pd.DataFrame(rows, columns=table.columns).to_csv(index=False, lineterminator="\n")}


@pytest.mark.parametrize(("name", "row", "cells", "said"), IMPOSSIBLE.values(), ids=IMPOSSIBLE.keys())
def test_a_row_that_cannot_be_true_is_a_fault_though_it_is_committed(
    name: str, row: str, cells: dict[str, str], said: str
) -> None:
    found = with_cells(name, row, cells)
    for committed in (TABLES, found):
        verdict = compare(committed, found, SOME)
        assert verdict.level == DIFFERENT
        assert any(said in fault for fault in verdict.tables[name].faults), verdict.tables[name].faults


@pytest.mark.parametrize(
    ("name", "row", "cells"),
    [
        ("encoder_pairs", "alone,NA", {"low": "0.0", "p": "0.05"}),
        ("encoder_pairs", "alone,fin", {"low": "0.0", "p": "0.05", "p_raw": "0.05"}),
        ("encoder_pairs", "alone,fin", {"detectable_80": "", "se": "inf", "low": "-100.0", "high": "100.0"}),
        ("encoders", "alone,eng,small", {"low": "61.8", "high": "61.8"}),
        ("encoders", "alone,eng,small", {"f1": "100.0", "high": "100.0"}),
        ("encoders", "alone,eng,small", {"f1": "0.0", "low": "0.0"}),
    ],
)
def test_a_row_at_the_border_may_be_true(name: str, row: str, cells: dict[str, str]) -> None:
    found = with_cells(name, row, cells)
    assert compare(found, found, SOME).level == IDENTICAL


def test_a_difference_that_cannot_be_found_stands_for_the_largest() -> None:
    near, far = (
        with_cells("encoder_pairs", "alone,fin", {"detectable_80": size}) for size in ("95.0", "12.2")
    )
    none = with_cells("encoder_pairs", "alone,fin", {"detectable_80": ""})
    assert compare(near, none, SOME).level == compare(none, near, SOME).level == WITHIN
    assert "detectable_80: empty → 12.2" in str(compare(none, far, SOME))
    assert compare(none, far, SOME).level == compare(far, none, SOME).level == DIFFERENT
    assert compare(none, none, SOME).level == IDENTICAL


def test_a_difference_of_three_seeds_and_one_may_deviate_as_both_sides_seeds_do() -> None:
    committed = with_cells(
        "encoder_pairs", "alone,fin", {"over": "sentences", "seeds": "3 and 1", "seed_se": ""}
    )
    found = {
        name: text.replace(",fin,small,tall,5.0,", ",fin,small,tall,6.0,") for name, text in committed.items()
    }
    farthest = compare(committed, found, SOME).tables["encoder_pairs"].farthest
    spread = math.sqrt((2.0**2 + 1.8**2 + 2.0**2 + 2.2**2) / 4)
    assert farthest is not None
    assert farthest.highest - 5.0 == pytest.approx(0.1 + 3 * math.sqrt(2) * spread * math.sqrt(1 / 3 + 1))


def test_a_spread_is_not_taken_for_less_than_that_of_rows_that_are_alike() -> None:
    # Three seeds that happened to agree: sd 0.0 beside 2.8 under the same regime and encoder.
    committed = TABLES | {
        "encoders": TABLES["encoders"].replace("61.8,2.0", "61.8,0.0").replace("47.0,2.0", "47.0,2.8")
    }
    found = committed | {"encoders": committed["encoders"].replace("61.8,0.0", "64.0,0.0")}
    farthest = compare(committed, found, SOME).tables["encoders"].farthest
    assert farthest is not None and farthest.share < 1
    assert farthest.highest - 61.8 == pytest.approx(0.1 + 3 * math.sqrt(2 / 3) * math.sqrt((2.8**2 + 0) / 2))


def test_the_spread_of_a_few_seeds_is_the_farthest_number_only_where_it_is_a_fault() -> None:
    both = changed("encoders", "alone,eng,small", "f1", "62.0")["encoders"]
    for sd, column in (("0.5", "f1"), ("19.0", "sd")):
        found = TABLES | {"encoders": both.replace("62.0,2.0", f"62.0,{sd}")}
        farthest = compare(TABLES, found, SOME).tables["encoders"].farthest
        assert farthest is not None and farthest.where == f"{SMALL_ENG} {column}"


def test_where_no_table_has_several_seeds_nothing_may_deviate() -> None:
    name = "prompts"
    one = Schemas(standard_errors=3, times=WHOLE.times, tables={name: WHOLE.tables[name]})
    found = changed(name, "tiny,eng,inline", "f1", "76.1")
    assert compare({name: TABLES[name]}, {name: found[name]}, one).level == DIFFERENT


def test_a_long_list_is_cut_and_counted_and_no_table_hides_another() -> None:
    rows = [f"c{number},eng,English,Indo-European,Latn,test,1,1,1,1" for number in range(200)]
    head = TABLES["corpora"].splitlines()[0]
    committed = TABLES | {"corpora": "\n".join([head, *rows, ""])}
    found = changed("leakage", "zena", "near", "1") | {
        "corpora": committed["corpora"].replace(",test,1,", ",test,2,")
    }
    text = str(compare(committed, found, SOME))
    assert len(text.splitlines()) <= 40
    assert "corpora [corpus c0, language eng, split test] sentences: 1 → 2" in text
    assert "leakage [corpus zena, language NA] near: 0 → 1" in text
    assert "  and 191 more" in text


@given(st.data())
def test_no_cell_can_change_without_a_word(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(TABLES)))
    schema = SOME.tables[name]
    table = Table.of(TABLES[name], schema.key, name)
    row = data.draw(st.sampled_from(list(table.rows.values())))
    column = data.draw(st.sampled_from(table.columns))
    value = data.draw(st.sampled_from(["", "0", "0.0", "NA", "True", "-1.5", "1e9", "61.9", "nan"]))
    if value == row[column]:
        return
    rows = [{**each, column: value} if each is row else each for each in table.rows.values()]
    found = pd.DataFrame(rows, columns=table.columns).to_csv(index=False, lineterminator="\n")
    verdict = compare(TABLES, TABLES | {name: found}, SOME)
    assert verdict.level != IDENTICAL
    if schema.kinds[column] in ("key", "text", "count", "exact"):
        assert verdict.level == DIFFERENT and name in str(verdict)


# --- the command --------------------------------------------------------------------------------------------


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone in which every table is committed; those that are not above have no rows."""
    folder = tmp_path / "reports" / "tables"
    folder.mkdir(parents=True)
    for name, schema in WHOLE.tables.items():
        (folder / f"{name}.csv").write_text(TABLES.get(name, ",".join(schema.kinds) + "\n"))
    (tmp_path / "params.yaml").write_text(f"compare: {{confidence: {1 - LEVEL}}}\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qm", "x")
    return tmp_path


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=folder, check=True)


def a_run(clone: Path) -> Path:
    """Lay down what a run makes, with the tables that are committed, and return its folder."""
    made = clone / "artifacts" / "figures"
    made.mkdir(parents=True)
    PASSPORT.path(clone / "artifacts").write_bytes(b"")
    for table in (clone / "reports" / "tables").glob("*.csv"):
        (made / table.name).write_bytes(table.read_bytes())
    return made


def openner_verify(root: Path, *options: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "openner_utils.cli", "verify", *options],
        env=os.environ | {"OPENNER_ROOT": str(root), "PYTHONPATH": str(paths.ROOT)},
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout + done.stderr


def test_without_a_run_nothing_is_said_to_be_identical(clone: Path) -> None:
    code, said = openner_verify(clone)
    assert code == 1 and "There is no run to compare" in said and "identical" not in said


def test_the_command_ends_with_1_only_where_tables_are_different(clone: Path) -> None:
    made = a_run(clone)
    code, said = openner_verify(clone)
    assert code == 0 and said.startswith("Tables against the last commit: identical\n")
    path = made / "encoders.csv"
    path.write_text(changed("encoders", "alone,eng,small", "f1", "59.0")["encoders"])
    code, said = openner_verify(clone)
    assert code == 0 and said.startswith(
        "Tables against the last commit: within tolerance (1 cells differ)\n"
    )
    assert (
        "  encoders [regime alone, language eng] order: small 61.8, tall 59.6 → tall 59.6, small 59.0\n"
        in said
    )
    path.write_text(changed("encoders", "alone,eng,small", "f1", "9.0")["encoders"])
    code, said = openner_verify(clone)
    assert code == 1 and f"Faults:\n  {SMALL_ENG} f1: 61.8 → 9.0" in said
    path.unlink()
    assert openner_verify(clone)[0] == 1


def test_a_run_leaves_what_is_committed_alone_until_it_is_accepted(clone: Path) -> None:
    made = a_run(clone)
    other = changed("encoders", "alone,eng,small", "f1", "9.0")["encoders"]
    (made / "encoders.csv").write_text(other)
    (made / "losses.svg").write_text("<svg/>")
    (clone / "reports/tables/gone.csv").write_text("a\n")
    assert openner_verify(clone)[0] == 1
    assert f"{SMALL_ENG} f1: 61.8 → 9.0" in (clone / ".openner/comparison.txt").read_text()
    assert (clone / "reports/tables/encoders.csv").read_text() == TABLES["encoders"]

    code, said = openner_verify(clone, "--accept")
    assert code == 0 and "61.8 → 9.0" in said
    assert (clone / "reports/tables/encoders.csv").read_text() == other
    assert (clone / "reports/figures/losses.svg").read_text() == "<svg/>"
    assert not (clone / "reports/tables/gone.csv").exists()


def test_no_stage_writes_what_is_committed_in_reports() -> None:
    stages = yaml.safe_load(paths.PIPELINE.read_text(encoding="utf-8"))["stages"]
    outs = [out for stage in stages.values() for out in stage["outs"]]
    assert [out for out in outs if str(out).startswith("reports/")] == ["reports/html"]


def test_without_a_commit_there_is_nothing_to_compare_with(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    code, said = openner_verify(tmp_path)
    assert code == 1 and said.startswith("error: git ls-tree") and "Run this inside a clone" in said


# --- the schemas --------------------------------------------------------------------------------------------


def test_every_table_has_a_schema_and_no_other() -> None:
    assert WHOLE.tables.keys() == figures.TABLES.keys()


def test_the_tables_of_the_compendium_are_as_their_schemas_say() -> None:
    texts = {path.stem: path.read_text(encoding="utf-8") for path in paths.TABLES.glob("*.csv")}
    assert str(compare(texts, texts, WHOLE)) == IDENTICAL


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"key": ["a"], "text": ["a"]}, "under two kinds"),
        ({"key": ["a"], "alike": ["b"]}, "may only name columns of the key"),
        ({"key": ["a"], "score": ["f1"]}, "a score needs its sd"),
        ({"key": ["a"], "difference": ["d"]}, "a difference needs its seed_se"),
        (
            {"key": ["a"], "difference": ["d"], "seed_se": ["s"], "text": ["seeds"]},
            "a low and a high bound, and a p",
        ),
        (
            {"key": ["a"], "score": ["f"], "sd": ["s"], "count": ["seeds"], "bound": ["low"]},
            "a low and a high one",
        ),
        ({"key": ["a"], "tally": ["lost"]}, "a tally needs a score"),
        ({"key": ["a"], "ranked_within": ["a"]}, "ranked by a score"),
        ({"key": ["a"], "scores": ["d"]}, "Did you mean 'score'"),
    ],
)
def test_a_schema_that_does_not_hang_together_is_refused(fields: dict[str, list[str]], said: str) -> None:
    content = {"standard_errors": 3, "times": WHOLE.times.model_dump(), "tables": {"x": fields}}
    with pytest.raises(OpenNERError, match=said):
        table_schemas.parse(Schemas, content, "here")


# --- what is allowed, against fresh seeds ------------------------------------------------------------------------

HOW = Compare(confidence=0.95)
LANGUAGES = 8


def planted(random: np.random.Generator) -> tuple[dict, dict]:
    """Return the test sets, and what two systems are worth on each: mean and spread over seeds, in logits."""
    sizes = random.choice([25, 80, 200], LANGUAGES)
    sets = {
        f"l{number}": (random.poisson(1.2, size), random.normal(0, 1.2, size))
        for number, size in enumerate(sizes)
    }
    worth = {
        (language, system): (random.normal(-0.5, 1.2), random.choice([0.03, 0.1, 0.2, 0.5]))
        for language in sets
        for system in ("a", "b")
    }
    return sets, worth


def trained(sets: dict, worth: dict, seeds: int, random: np.random.Generator) -> dict[str, str]:
    """Return the tables of one run with fresh seeds."""
    frames = []
    for (language, system), (mean, spread) in worth.items():
        reference, ease = sets[language]
        for seed in range(seeds):
            found = 1 / (1 + np.exp(-(random.normal(mean, spread) + ease)))
            correct = random.binomial(reference, found)
            spurious = random.poisson(0.3 * (1 - found))
            frames.append(
                pd.DataFrame(
                    {
                        "regime": "alone", "language": language, "system": system, "seed": seed, "corpus": "c",
                        "sentence": range(len(reference)), "document": 0, "correct": correct,
                        "predicted": correct + spurious, "reference": reference,
                    }
                )
            )  # fmt: skip
    sentences = pd.concat(frames, ignore_index=True)
    scores = systems.with_intervals(sentences, ["regime", "language", "system"], HOW)
    scores = scores.assign(unknown_tokens=0.0, characters_lost=0.0, spelled_out=0.0, fertility=1.0)
    pairs = [
        (
            {"regime": "alone", "language": language, "a": "a", "b": "b"},
            *(systems.chosen(sentences, language=language, system=system) for system in ("a", "b")),
        )
        for language in sets
    ]
    pairs_table = systems.compared(pairs, HOW)
    return {
        "encoders": tables.to_csv(scores, 1),
        "encoder_pairs": tables.to_csv(pairs_table, 1, p=3, p_raw=3),
    }


@pytest.fixture(scope="module")
def twice() -> list[tuple[dict[str, str], dict[str, str]]]:
    """Return the tables of 20 experiments, each run twice with three fresh seeds."""
    random = np.random.default_rng(7)
    experiments = [planted(random) for _ in range(20)]
    return [tuple(trained(*experiment, 3, random) for _ in range(2)) for experiment in experiments]


def beyond(runs: list[tuple[dict[str, str], dict[str, str]]], times: float) -> dict[str, float]:
    """Return, per kind of column, the share of cells that are off by more than so many times what is allowed."""
    schemas = WHOLE.model_copy(
        update={
            "tables": {name: WHOLE.tables[name] for name in ("encoders", "encoder_pairs")},
            "times": Times(**{kind: times * number for kind, number in WHOLE.times}),
        }
    )
    faults: Counter[str] = Counter()
    cells: Counter[str] = Counter()
    for committed, found in runs:
        for name, table in compare(committed, found, schemas).tables.items():
            for column, kind in schemas.tables[name].kinds.items():
                cells[kind] += LANGUAGES * (2 if name == "encoders" else 1)
                faults[kind] += sum(f"] {column}: " in fault for fault in table.faults)
    return {kind: faults[kind] / number for kind, number in cells.items()}


def test_fresh_seeds_are_within_what_is_allowed(twice: list[tuple[dict[str, str], dict[str, str]]]) -> None:
    assert {kind: share for kind, share in beyond(twice, 1).items() if share > 0.02} == {}


def test_they_are_not_within_half_of_it(twice: list[tuple[dict[str, str], dict[str, str]]]) -> None:
    found = beyond(twice, 0.5)
    assert {kind: found[kind] for kind, _ in WHOLE.times if found[kind] <= 0.01} == {}
