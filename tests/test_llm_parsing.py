import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.llm import parsing
from openner_utils.llm.parsing import Emitted, parse_inline, parse_json
from openner_utils.llm.places import visible

A = '{"text": "Ada", "type": "PER"}'
B = '{"text": "Rome", "type": "LOC"}'
ADA, ROME = Emitted("Ada", "PER"), Emitted("Rome", "LOC")
TAG = Emitted("<think>", "LOC")
OTHER, AROUND, BROKEN, BAD, NUMBER, ENDLESS = (
    "answer in another form",
    "text around the answer",
    "list broken off",
    "item without text and type",
    "no such occurrence",
    "reasoning never ended",
)


@pytest.mark.parametrize(
    ("reply", "mentions", "faults"),
    [
        (f"[{A}, {B}]", [ADA, ROME], []),
        ("[]", [], []),
        ("[ ]\n", [], []),
        (f"```json\n[{A}]\n```", [ADA], []),
        (f"Here is the list:\n```\n[{A}]\n```\nAnything else?", [ADA], []),
        (f"```json\n[{A}, {B}", [ADA, ROME], [BROKEN]),
        (f"As asked [1]: [{A}] and so on", [ADA], [AROUND]),
        ("Nothing found: []", [], [AROUND]),
        (f'[{A}, {{"text": "Ro', [ADA], [BROKEN]),
        (f'[{A}, {{"text": "[]", "ty', [ADA], [BROKEN]),
        (f'[{A}, {{"text": "Rome", "type": "LOC", "occ', [ADA], [BROKEN]),
        (f"[{A} {B}]", [ADA, ROME], [BROKEN]),
        (f"[{A}, {B},]", [ADA, ROME], [BROKEN]),
        (f'[{{"text": "the "Bank"", "type": "ORG"}}, {A}, {B}]', [ADA, ROME], [BROKEN, BAD]),
        (f'[{A}, {{"text": "a" "type": "PER"}}, {B}]', [ADA, ROME], [BROKEN, BAD]),
        ("", [], ["empty reply"]),
        ("```\n\n```", [], ["empty reply"]),
        ("I cannot do that.", [], ["unparsable"]),
        ('[["Ada", "PER"]]', [], ["unparsable"]),
        ('{"PER": ["Ada"], "LOC": []}', [], ["unparsable"]),
        (f'[{A}, "Rome", {{"text": 3, "type": "LOC"}}]', [ADA], [BAD] * 2),
        ('[{"text": "\\ud800", "type": "PER"}]', [Emitted("?", "PER")], []),
        ("[" * 100_000, [], ["unparsable"]),
        ('[{"a": ' + "[" * 100_000, [], [BROKEN]),
    ],
)
def test_json(reply, mentions, faults):
    parsed = parse_json(reply)
    assert list(parsed.mentions) == mentions
    assert list(parsed.faults) == faults


@pytest.mark.parametrize(
    ("reply", "mentions", "faults"),
    [
        (f"[{A}] or rather\n[{B}]", [ROME], [AROUND]),
        (f"```\n[{A}]\n```\nNo:\n```json\n[{B}]\n```", [ROME], []),
        (f"[{A}]\nNo name at all: []", [], [AROUND]),
        (f"[{A}, {{broken}}\nAgain: [{B}]", [ROME], [AROUND]),
        (f'[{{"text": "Ro\nAgain: [{B}]', [ROME], [AROUND]),
        (f'[{A}]\nAgain: [{B}, {{"text": "Mil', [ROME], [BROKEN]),
        (f'[{A}]\nAgain: [{{"text": "Mil', [], [BROKEN]),
        (f"[{B}] (in the form [{{text, type}}])", [ROME], [AROUND]),
        (f'{{"entities": [{A}, {B}]}}', [ADA, ROME], [OTHER]),
        ('{"entities": []}', [], [OTHER]),
        (f'{{"result": {{"n": [1], "entities": [{A}]}}}}', [ADA], [OTHER]),
        ('{"result": {"n": 0, "entities": []}}', [], [OTHER]),
        (f'{{"note": "see []", "entities": [{A}], "more": "[]"}}', [ADA], [OTHER]),
        (f'{{"entities": [{A}, {B}', [ADA, ROME], [BROKEN]),
        (f"{A}\n{B}\n", [ADA, ROME], [OTHER]),
        (f"{A}, {B}", [ADA, ROME], [OTHER]),
        (A, [ADA], [OTHER]),
        (f'{A}\n{{"text": "Ro', [ADA], [OTHER, BROKEN]),
        (f"{A}\nis wrong, it must be\n{B}", [ROME], [OTHER, AROUND]),
        (f"```jsonl\n{A}\n{B}\n```", [ADA, ROME], [OTHER]),
    ],
)
def test_of_several_json_answers_in_whatever_form_the_last_counts(reply, mentions, faults):
    parsed = parse_json(reply)
    assert list(parsed.mentions) == mentions
    assert list(parsed.faults) == faults


@pytest.mark.parametrize(
    ("reply", "mentions", "faults"),
    [
        (f"<think>Perhaps [{A}]?</think>\n[{B}]", [ROME], []),
        (f"<think>\n```json\n[{A}]\n```\n</think>\n```json\n[{B}]\n```", [ROME], []),
        (f"<THINK >Perhaps [{A}]?</Think>[{B}]", [ROME], []),
        (f"<thinking>[{A}]</thinking><reasoning>[{A}]</reasoning>[{B}]", [ROME], []),
        (f"So [{A}]? No.\n</think>\n\n[{B}]", [ROME], []),
        (f'So [{A}, {{"text": "x\n</think>\n[{B}]', [ROME], []),
        (f"[{B}]<think>is that right?</think>", [ROME], []),
        (f"<think>a <think> in the text, b </think> c [{A}] </think>[{B}]", [ROME], []),
        (f"<think>[{A}] or [{B}", [], [ENDLESS]),
        (f"[{A}] <think>or", [], [ENDLESS]),
        (f"<think>[{A}]</think>", [], ["empty reply"]),
        (f"<think>[{A}]</think>I do not know.", [], ["unparsable"]),
        (f"<think>no</think>Well, [{B}]", [ROME], [AROUND]),
        ('[{"text": "<think>", "type": "LOC"}]', [TAG], []),
        ('<think>what is "<think>"?</think>[{"text": "<think>", "type": "LOC"}]', [TAG], []),
        ('[{"text": "</think>", "type": "LOC"}]', [Emitted("</think>", "LOC")], []),
        ('{"text": "</think>", "type": "LOC"}', [Emitted("</think>", "LOC")], [OTHER]),
        ('[{"text": "</think>", "type": "LOC"}, {"text": "<thi', [Emitted("</think>", "LOC")], [BROKEN]),
        ('[{"text": "a ] b [{", "type": "LOC"}]', [Emitted("a ] b [{", "LOC")], []),
    ],
)
def test_reasoning_is_no_answer_and_the_strings_of_an_answer_are_no_reasoning(reply, mentions, faults):
    parsed = parse_json(reply)
    assert list(parsed.mentions) == mentions
    assert list(parsed.faults) == faults


@pytest.mark.parametrize(
    ("number", "occurrence", "faults"),
    [
        ("2", 2, []), ("0", 0, []), ("null", None, []), ('"x"', None, [NUMBER]), ('"2"', None, [NUMBER]),
        ("true", None, [NUMBER]), ("2.0", None, [NUMBER]), ("[2]", None, [NUMBER]), ("-9", -9, []),
    ],
)  # fmt: skip
def test_an_occurrence_is_a_whole_number(number, occurrence, faults):
    parsed = parse_json(f'[{{"text": "Ada", "type": "PER", "occurrence": {number}}}]')
    assert parsed.mentions == (Emitted("Ada", "PER", occurrence=occurrence),)
    assert list(parsed.faults) == faults


def inline(reply, sentence, types=("PER",)):
    return parse_inline(reply, visible(sentence), types)


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
        ("```\n```", "", [], ["empty reply"]),
    ],
)  # fmt: skip
def test_tags(reply, text, mentions, faults):
    parsed = inline(reply, text)
    assert parsed.text == text
    assert [(m.text, m.type, m.start, m.end) for m in parsed.mentions] == mentions
    assert list(parsed.faults) == faults


DRAFT, FINAL = "<PER>Oulu</PER> is a town .", "<LOC>Oulu</LOC> is a town ."
SHORT = "<LOC>Oulu</LOC> is a town"


@pytest.mark.parametrize(
    ("reply", "found", "faults"),
    [
        (FINAL, "LOC", []),
        (f"{DRAFT}\n{FINAL}", "LOC", [AROUND]),
        (f"Draft: {DRAFT}\n\nAnswer: {FINAL}", "LOC", [AROUND]),
        (f'**{DRAFT}**\nor "{FINAL}"', "LOC", [AROUND]),
        (f"```\n{DRAFT}\n```\nNo:\n```\n{FINAL}\n```\nDone.", "LOC", []),
        (f"{DRAFT}\n{SHORT}\nThat is all .", "LOC", [AROUND]),
        (f"Answer:\n{FINAL}\nHere, Oulu is a town, so it is a place.", "LOC", [AROUND]),
        ("<LOC>Oulu</LOC>\nis a\ntown .", "LOC", []),
        (f"Use <PER> for people.\n{FINAL}", "LOC", [AROUND]),
        (f"<think>{DRAFT}</think>{FINAL}", "LOC", []),
        (f"{DRAFT}</think>\n{FINAL}", "LOC", []),
        (f"<think>{DRAFT}</think>\n<answer>{FINAL}</answer>", "LOC", []),
        (f"<Answer>\n{FINAL}\n</Answer>", "LOC", []),
        (f"<think>{DRAFT}</thinking>\n{FINAL}\n<analysis>{DRAFT}</analysis>", "LOC", []),
        (f"<think>{DRAFT}", None, [ENDLESS]),
        (f"<think>{DRAFT}</think>", None, ["empty reply"]),
    ],
)
def test_the_last_marked_sentence_counts(reply, found, faults):
    parsed = inline(reply, "Oulu is a town .")
    assert [mention.type for mention in parsed.mentions] == ([found] if found else [])
    assert list(parsed.faults) == faults


def test_an_answer_of_one_letter_is_not_found_in_other_words():
    parsed = inline("<PER>I</PER>\nI hope that this is what I was asked.", "I")
    assert [mention.text for mention in parsed.mentions] == ["I"]


def test_a_type_may_be_named_as_reasoning_or_an_answer_is():
    for type in ("think", "answer"):
        parsed = inline(f"a <{type}>Ada</{type}> b", "a Ada b", [type.capitalize()])
        assert [(mention.text, mention.type) for mention in parsed.mentions] == [("Ada", type)]


anything = st.text(
    st.one_of(st.sampled_from('<>/[]{}":, \nabPER`\\'), st.characters(codec=None)) | st.just("\ud800")
)
pieces = st.lists(
    st.sampled_from([
        "<think>", "</think>", "<PER>", "</PER>", "[", "]", "{", "}", A, B, ", ", "\n", "```", '"', "\\", "a b",
        '{"text": "', '", "type": "', '{"entities": ', ": ", "\ud800", "0", "1e999", "NaN",
    ])
).map("".join)  # fmt: skip


@given(anything | pieces)
def test_no_reply_can_stop_the_parser(reply):
    for parsed in (parse_json(reply), inline(reply, "a b")):
        assert set(parsed.faults) <= set(parsing.FAULTS)


@given(pieces)
def test_what_stands_in_reasoning_has_no_part_in_the_answer(draft):
    draft = draft.replace("</think>", "")
    assert parse_json(f"<think>{draft}</think>[{A}]") == parse_json(f"[{A}]")
    assert inline(f"<think>{draft}</think>{FINAL}", "Oulu is a town .") == inline(FINAL, "Oulu is a town .")


@pytest.mark.parametrize(
    "reply",
    [
        "[{" * 50_000, '[{"a' * 50_000, f"[{A} [{{" * 9_000, f"{A}{{bad " * 9_000, '{"a":' * 50_000,
        ('{"a":' * 900 + "x ") * 50, "<think>" * 50_000, "</think>[]" * 50_000, "<think></think>" * 20_000,
        "<A>" * 50_000 + "</B>" * 50_000, '[{"text":"' + "\\" * 500_001, "```\n" * 50_000, "[" + " " * 500_000,
        "a\n" * 50_000, "<" * 500_000,
    ],
    ids=range(15),
)  # fmt: skip
def test_the_time_for_a_reply_is_bounded(reply):
    begin = time.process_time()
    parse_json(reply)
    inline(reply, "a" * 4_000)
    assert time.process_time() - begin < 20


def test_a_reply_that_is_too_long_is_not_read():
    reply = f"[{A}]" + " " * parsing.LONGEST
    assert parse_json(reply).faults == inline(reply, "a").faults == ("reply too long",)
