import pytest
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.llm import parsing
from openner_utils.llm.parsing import Emitted, parse

A = '{"text": "Ada", "type": "PER"}'
B = '{"text": "Rome", "type": "LOC"}'
ADA, ROME = Emitted("Ada", "PER"), Emitted("Rome", "LOC")


@pytest.mark.parametrize(
    ("reply", "mentions", "faults"),
    [
        (f"[{A}, {B}]", [ADA, ROME], []),
        ("[]", [], []),
        ("[ ]\n", [], []),
        (f"```json\n[{A}]\n```", [ADA], []),
        (f"Here is the list:\n```\n[{A}]\n```\nAnything else?", [ADA], []),
        (f"```json\n[{A}, {B}", [ADA, ROME], ["list broken off"]),
        (f"As asked [1]: [{A}] and so on", [ADA], ["text around the answer"]),
        ("Nothing found: []", [], ["text around the answer"]),
        (f'[{A}, {{"text": "Ro', [ADA], ["list broken off"]),
        (f'[{A}, {{"text": "[]", "ty', [ADA], ["list broken off"]),
        (f"[{A} {B}]", [ADA], ["list broken off"]),
        ("", [], ["empty reply"]),
        ("```\n\n```", [], ["empty reply"]),
        ("I cannot do that.", [], ["unparsable"]),
        ('[["Ada", "PER"]]', [], ["unparsable"]),
        (f'[{A}, "Rome", {{"text": 3, "type": "LOC"}}]', [ADA], ["item without text and type"] * 2),
        ('[{"text": "\\ud800", "type": "PER"}]', [Emitted("?", "PER")], []),
        ("[" * 100_000, [], ["unparsable"]),
        ('[{"a": ' + "[" * 100_000, [], ["list broken off"]),
    ],
)
def test_json(reply, mentions, faults):
    parsed = parse(reply, "json")
    assert list(parsed.mentions) == mentions
    assert list(parsed.faults) == faults


@pytest.mark.parametrize(
    ("reply", "text", "mentions", "faults"),
    [
        ("a <PER>Ada</PER> b", "a Ada b", [("Ada", "PER", 2, 5)], []),
        ("```\n<LOC>X</LOC>\n```", "X", [("X", "LOC", 0, 1)], []),
        (
            "<ORG>U of <LOC>X</LOC></ORG>", "U of X",
            [("U of X", "ORG", 0, 6), ("X", "LOC", 5, 6)], [],
        ),
        ("<A>x<B>y</A>z</B>", "xyz", [("xy", "A", 0, 2)], ["tag never closed", "tag never opened"]),
        ("x</A>y", "xy", [], ["tag never opened"]),
        ("<A>x", "x", [], ["tag never closed"]),
        ("<A></A>", "", [("", "A", 0, 0)], []),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2", [], []),
        ("  ", "", [], ["empty reply"]),
    ],
)  # fmt: skip
def test_inline(reply, text, mentions, faults):
    parsed = parse(reply, "inline")
    assert parsed.text == text
    assert [(m.text, m.type, m.start, m.end) for m in parsed.mentions] == mentions
    assert list(parsed.faults) == faults


@given(st.text(st.sampled_from('<>/[]{}":, \nabPER`\\')), st.sampled_from(["inline", "json"]))
def test_no_reply_can_stop_the_parser(reply, format):
    assert set(parse(reply, format).faults) <= set(parsing.FAULTS)
