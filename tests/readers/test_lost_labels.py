"""Labels that stand where no token is, or twice, are findings with their lines."""

import pytest

from openner_utils.ownfiles.find import find
from openner_utils.ownfiles.opening import inspect
from tests.readers.test_guess_kinds import raw

MIDDLE = "\t_" * 7
FOUND = {
    "a range in MISC": (f"1-2\tZum{MIDDLE}\tname=B-LOC\n1\tZu{MIDDLE}\tname=O\n2\tdem{MIDDLE}\t_\n3\tBo{MIDDLE}\tname=B-PER\n", [(1, "label-on-node")]),
    "a range without a label in MISC": (f"1-2\tZum{MIDDLE}\tSpaceAfter=No\n1\tZu{MIDDLE}\tname=B-PER\n2\tdem{MIDDLE}\t_\n", []),
    "O in MISC": (f"1-2\tZum{MIDDLE}\tname=O\n1\tZu{MIDDLE}\tname=B-PER\n2\tdem{MIDDLE}\t_\n", []),
    "an empty node in MISC": (f"1\tZu{MIDDLE}\tname=B-PER\n1.1\tx{MIDDLE}\tname=B-LOC\n", [(2, "label-on-node")]),
    "a range in a column": ("1-2\tZum\tB-LOC\n1\tZu\tO\n2\tdem\tO\n3\tBo\tB-PER\n", [(1, "label-on-node")]),
    "an empty node in a column": ("1\tZu\tB-PER\n1.1\tx\tB-LOC\n2.1\ty\tO\n2\tBo\tO\n", [(2, "label-on-node")]),
    "no label in a column": ("1-2\tZum\t_\n1\tZu\tB-PER\n2\tdem\tO\n", []),
    "a range in a named column": ("# global.columns = ID FORM NER\n1-2\tZum\tB-LOC\n1\tZu\tO\n2\tdem\tB-PER\n", [(2, "label-on-node")]),
    "a key twice": (f"1\tAda{MIDDLE}\tNER=B-PER|NER=B-LOC\n2\tran{MIDDLE}\tNER=O\n", [(1, "misc-key")]),
    "a key in other letters": (f"1\tAda{MIDDLE}\tNER=B-PER\n2\tBo{MIDDLE}\tner=B-PER\n", [(2, "misc-key")]),
    "a key alike that holds no label": (f"1\tAda{MIDDLE}\tname=B-PER|Name=Ada\n2\tBo{MIDDLE}\tName=Bo\n", []),
}  # fmt: skip


@pytest.mark.parametrize(("content", "expected"), FOUND.values(), ids=FOUND.keys())
def test_a_label_that_would_be_lost_is_found(content: str, expected: list[tuple[int, str]]) -> None:
    assert [(each.line, each.flaw) for each in find(inspect(raw(content)))] == expected
