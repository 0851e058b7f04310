import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.llm import replies
from openner_utils.llm.inline_replies import parse_inline
from openner_utils.llm.json_replies import parse_json
from openner_utils.llm.list_replies import parse_lists
from openner_utils.llm.pair_replies import parse_pairs
from openner_utils.llm.places import visible
from openner_utils.llm.reasoning import opened_reasoning
from openner_utils.llm.replies import Emitted, Parsed
from openner_utils.llm.token_replies import parse_tokens

A = '{"text": "Ada", "type": "PER"}'
B = '{"text": "Rome", "type": "LOC"}'
ADA, ROME = Emitted("Ada", "PER"), Emitted("Rome", "LOC")
FAULTS = {value for name, value in vars(replies).items() if name.isupper() and isinstance(value, str)}
TAG = Emitted("<think>", "LOC")
OTHER, AROUND, ASIDE, BROKEN, BAD, NUMBER, ENDLESS = (
    "answer in another form",
    "text around the answer",
    "other answer set aside",
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
        (f"[{A} {B}]", [ADA, ROME], [OTHER]),
        (f"[{A}, {B},]", [ADA, ROME], [OTHER]),
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
        (f"[{A}] or rather\n[{B}]", [ROME], [AROUND, ASIDE]),
        (f"```\n[{A}]\n```\nNo:\n```json\n[{B}]\n```", [ROME], [ASIDE]),
        (f"[{A}]\nNo name at all:\n[]", [], [AROUND, ASIDE]),
        (f"[{A}]\nFinal answer: []", [], [AROUND, ASIDE]),
        (f"[{A}, {{broken}}\nAgain: [{B}]", [ROME], [AROUND, ASIDE]),
        (f'[{{"text": "Ro\nAgain: [{B}]', [ROME], [AROUND]),
        (f'[{A}]\nAgain: [{B}, {{"text": "Mil', [ROME], [BROKEN, ASIDE]),
        (f'[{A}]\nAgain: [{{"text": "Mil', [], [BROKEN, ASIDE]),
        (f"[{B}] (in the form [{{text, type}}])", [ROME], [AROUND]),
        (f'{{"entities": [{A}, {B}]}}', [ADA, ROME], [OTHER]),
        ('{"entities": []}', [], [OTHER]),
        (f'{{"result": {{"n": [1], "entities": [{A}]}}}}', [ADA], [OTHER]),
        ('{"result": {"n": 0, "entities": []}}', [], [OTHER]),
        (f'{{"note": "see []", "entities": [{A}], "more": "[]"}}', [ADA], [OTHER]),
        (f'{{"entities": [{A}, {B}', [ADA, ROME], [OTHER, BROKEN]),
        (f"{A}\n{B}\n", [ADA, ROME], [OTHER]),
        (f"{A}, {B}", [ADA, ROME], [OTHER]),
        (A, [ADA], [OTHER]),
        (f'{A}\n{{"text": "Ro', [ADA], [OTHER, BROKEN]),
        (f"{A}\nis wrong, it must be\n{B}", [ROME], [OTHER, AROUND, ASIDE]),
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
    parsed = inline(reply, text, ("PER", "LOC", "ORG"))
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


THREE = (
    '{"text": "Mira Halon", "type": "PER"}',
    '{"text": "Turku", "type": "LOC"}',
    '{"text": "Oulu", "type": "LOC"}',
)
FIRST, SECOND, THIRD = THREE
LIST = f"[{', '.join(THREE)}]"
MIRA = (Emitted("Mira Halon", "PER"), Emitted("Turku", "LOC"), Emitted("Oulu", "LOC"))
TYPES = ("PER", "LOC", "ORG")


@pytest.mark.parametrize(
    "reply",
    [
        "1. {}\n2. {}\n3. {}", "- {}\n- {}\n- {}", "{}; {}; {}", "{} // a\n{} # b\n{} /* c */", "[{}]\n[{}]\n[{}]",
        "```json\n{}\n```\n```json\n{}\n```\n```json\n{}\n```", "```json\n[{}]\n```\n\n```json\n[{}, {}]\n```",
        "PER: [{}]\nLOC: [{}, {}]\nORG: []", "**PER**: [{}]\n**LOC:** [{}, {}]\n**ORG**: []", "1. PER: {}\n2. LOC: {}\n3. LOC: {}",
        "Entity 1: {}\nEntity 2: {}\nEntity 3: {}", '{{"PER": [{}], "LOC": [{}, {}], "ORG": []}}', '[{{"entities": [{}, {}, {}]}}]',
        '{{"a": {}, "b": {}, "c": {}}}', "[{}, // a\n {}, /* b */ {} # c\n]", "[{}, {}, {},]", "[{} {} {}]",
    ],
)  # fmt: skip
def test_neighbours_are_one_answer(reply):
    assert parse_json(reply.format(*THREE), TYPES) == Parsed(MIRA, (OTHER,))


@pytest.mark.parametrize(
    "reply",
    [
        LIST.replace('"', "'"), LIST.replace('"', "“"), LIST.replace('"text"', "text").replace('"type"', "type"),
        LIST.replace('"', '\\"'), '"' + LIST.replace('"', '\\"') + '"', LIST.replace('"}', '",}'),
    ],
    ids=["single", "typographic", "bare keys", "escaped", "string", "comma"],
)  # fmt: skip
def test_a_complete_answer_that_is_no_json_is_read(reply):
    assert parse_json(reply, TYPES) == Parsed(MIRA, (OTHER,))


def test_an_apostrophe_in_single_quotes_is_text():
    assert parse_json("[{'text': 'Ada's', 'type': 'PER'}]").mentions == (Emitted("Ada's", "PER"),)


@pytest.mark.parametrize(
    ("note", "aside"),
    [
        ("\n\nThere are no organizations, so for ORG the list would be [].", 0), (" (see [{}])", 0), ("\n\nORG: none []", 0),
        ('\n\nNote: {"text": "moved", "type": "ORG"} is not included.', 1), ('\nI left out [{"text": "moved", "type": "ORG"}] here.', 1),
        (" I ended with </think>.", 0), ("\n\nThe items are like {text, type}.", 0),
    ],
)  # fmt: skip
def test_a_note_does_not_replace_the_answer(note, aside):
    assert parse_json(LIST + note, TYPES) == Parsed(MIRA, (AROUND, *[ASIDE] * aside))


REASONED = [
    "<|channel|>analysis<|message|>{}<|end|><|start|>assistant<|channel|>final<|message|>{}<|return|>", "[THINK]{}[/THINK]{}",
    "<|START_THINKING|>{}<|END_THINKING|>{}", "<|begin_of_thought|>{}<|end_of_thought|>\n{}", "<seed:think>{}</seed:think>{}",
    '<think lang="en">{}</think>{}', "◁think▷{}◁/think▷{}", "<think>{}</think>{}<|im_end|>",
]  # fmt: skip


@pytest.mark.parametrize("form", REASONED)
def test_reasoning_has_many_marks(form):
    assert parse_json(form.format(f"Perhaps [{A}]?", LIST)) == Parsed(MIRA)
    assert inline(form.format(f"{DRAFT}\n", FINAL), "Oulu is a town .") == inline(FINAL, "Oulu is a town .")
    opened = form.partition("{}")[0]
    for cut in (opened, f"{opened}Perhaps {LIST}? No, it is a ci", f"{opened}{DRAFT}"):
        assert parse_json(cut).faults == inline(cut, "Oulu is a town .").faults == (ENDLESS,)


@pytest.mark.parametrize("form", REASONED)
def test_the_prompt_may_open_the_reasoning(form):
    opened, rest = form.split("{}", 1)
    assert opened_reasoning(f"<|user|>Oulu<|assistant|>{opened}\n").strip() == opened
    assert opened_reasoning(f"{opened}x") == ""
    assert parse_json(f"Perhaps [{A}]?{rest.format(LIST)}") == Parsed(MIRA)


@pytest.mark.parametrize(
    "reply", ["The <think> tag is not needed.\n{}", "{}\n</think>", "{} I ended with </think>."]
)
def test_a_mark_that_bounds_nothing_is_a_word(reply):
    assert parse_json(reply.format(LIST)).mentions == MIRA


@pytest.mark.parametrize("reply", ["The <think> tag is not needed.\n{}", "{}\n</think>"])
def test_a_mark_that_bounds_nothing_is_a_word_inline(reply):
    assert [m.type for m in inline(reply.format(FINAL), "Oulu is a town .").mentions] == ["LOC"]


@pytest.mark.parametrize(
    "note",
    [
        "\nOriginal: {}", '\nOriginal: "{}"', '\n"{}"', '\nThe sentence "{}" has one name.', "\nNote: *{}*", "\nOriginal sentence: {} !",
    ],
)  # fmt: skip
@pytest.mark.parametrize(("answer", "sentence"), [(FINAL, "Oulu is a town ."), ("<LOC>Oulu</LOC>", "Oulu")])
def test_the_plain_sentence_quoted_does_not_replace_the_marked_one(answer, sentence, note):
    parsed = inline(answer + note.format(sentence), sentence)
    assert [(m.text, m.type) for m in parsed.mentions] == [("Oulu", "LOC")] and parsed.faults == (AROUND,)


def test_the_plain_sentence_that_fills_the_last_line_counts():
    assert inline(f"{DRAFT}\nNo:\nOulu is a town .", "Oulu is a town .").mentions == ()


@pytest.mark.parametrize("arrow", ["->", "→", "=>", ":"])
def test_sentence_and_answer_may_share_a_line(arrow):
    parsed = inline(f"Oulu is a town . {arrow} {FINAL}", "Oulu is a town .")
    assert [(m.text, m.type) for m in parsed.mentions] == [("Oulu", "LOC")] and parsed.faults == (AROUND,)


@pytest.mark.parametrize("name", ["sentence", "text", "TAGGED"])
def test_a_tag_around_the_whole_answer_that_is_no_type_is_a_wrapper(name):
    parsed = inline(f"<{name}>{FINAL}</{name}>", "Oulu is a town .", TYPES)
    assert [m.type for m in parsed.mentions] == ["LOC"] and parsed.faults == (OTHER,)
    assert inline("<MISC>Oulu</MISC>", "Oulu", TYPES).mentions == (Emitted("Oulu", "MISC", 0, 4),)


anything = st.text(
    st.one_of(st.sampled_from('<>/[]{}":, \nabPER`\\'), st.characters(codec=None)) | st.just("\ud800")
)
pieces = st.lists(
    st.sampled_from([
        "<think>", "</think>", "<PER>", "</PER>", "[", "]", "{", "}", A, B, ", ", "\n", "```", '"', "\\", "a b",
        '{"text": "', '", "type": "', '{"entities": ', ": ", "\ud800", "0", "1e999", "NaN",
    ])
).map("".join)  # fmt: skip


@pytest.mark.parametrize("parse", [parse_pairs, parse_lists])
@pytest.mark.parametrize(
    ("reply", "mentions", "faults"),
    [
        ("PER: Ada\nLOC: Rome\n", [ADA, ROME], []),
        ("per: Ada\nLOC : Rome", [Emitted("Ada", "per"), ROME], []),
        ("Answer: PER: Ada\nLOC: Rome", [ADA, ROME], []),
        ("- **PER**: Ada\n- **LOC:** Rome", [ADA, ROME], []),
        ("1. PER: Ada\n2. LOC: Rome", [ADA, ROME], []),
        ("```\nPER: Ada\n```", [ADA], []),
        ("<think>PER: Rome?</think>\nPER: Ada", [ADA], []),
        ("PER: Rome? No.</think>PER: Ada", [ADA], []),
        ("<think>PER: Rome", [], ["reasoning never ended"]),
        ('LOC: "Rome; Ostia | Tivoli" #2', [Emitted("Rome; Ostia | Tivoli", "LOC", occurrence=2)], []),
        ('LOC: "Rome: a town"', [Emitted("Rome: a town", "LOC")], []),
        ('ORG: "Rome" Club', [Emitted('"Rome" Club', "ORG")], []),
        ('PER: "Ada', [Emitted('"Ada', "PER")], []),
        ('PER: "None"', [Emitted("None", "PER")], []),
        ("PER: Ada\nSHIP: Rome", [ADA, Emitted("Rome", "SHIP")], []),
        ("None", [], []),
        ("**None.**", [], []),
        ("Answer: None.", [], []),
        ("Here you are:\nPER: Ada\nNote that Rome is a town.", [ADA], [AROUND]),
        ("PER: Rome\nOr rather:\nPER: Ada", [ADA], [AROUND, ASIDE]),
        ("PER: Ada\nBut no.\nNone", [], [AROUND, ASIDE]),
        ("Note: this is a town", [], ["unparsable"]),
        ("SHIP: Rome", [], ["unparsable"]),
        ("", [], ["empty reply"]),
        ("```\n```", [], ["empty reply"]),
    ],
)  # fmt: skip
def test_a_mention_or_a_type_a_line(parse, reply, mentions, faults):
    parsed = parse(reply, "AdasawRome", ["PER", "LOC", "ORG"])
    assert list(parsed.mentions) == mentions
    assert list(parsed.faults) == faults


@pytest.mark.parametrize(
    ("parse", "reply", "mentions"),
    [
        (parse_pairs, "PER: Ada; LOC: Rome", [ADA, ROME]),
        (parse_pairs, "PER: Ada;LOC : Rome;", [ADA, ROME]),
        (parse_pairs, "Answer: PER: Ada; LOC: Rome", [ADA, ROME]),
        (parse_pairs, "PER: Ada; SHIP: Rome", [ADA, Emitted("Rome", "SHIP")]),
        (parse_pairs, "PER:", [Emitted("", "PER")]),
        (parse_lists, "PER: Ada | Rome", [ADA, Emitted("Rome", "PER")]),
        (parse_lists, "PER: Ada|\nLOC: Rome", [ADA, ROME]),
        (parse_lists, "PER: Ada\nORG: None\nLOC: Rome", [ADA, ROME]),
        (parse_lists, "PER: Ada\nORG: -\nLOC: Rome", [ADA, ROME]),
        (parse_lists, "PER: Ada\nORG:\nLOC: Rome", [ADA, ROME]),
        (parse_lists, "PER: Ada | LOC: Rome", [ADA, ROME]),
        (parse_lists, 'LOC: "Rome | Ostia" #2 | Rome', [Emitted("Rome | Ostia", "LOC", occurrence=2), ROME]),
        (parse_lists, "PER: None\nLOC: None", []),
    ],
)  # fmt: skip
def test_several_in_a_line(parse, reply, mentions):
    assert parse(reply, "AdasawRome", ["PER", "LOC", "ORG"]) == Parsed(tuple(mentions))


@pytest.mark.parametrize(
    ("reply", "mentions", "faults"),
    [
        ("Ada B-PER\nsaw O\nRome B-LOC", ["PER Ada", "LOC Rome"], []),
        ("Ada\tB-PER\nsaw\tO\nRome\tB-LOC", ["PER Ada", "LOC Rome"], []),
        ("```\nAda B-per\nsaw O\n\nRome B-LOC\n```", ["per Ada", "LOC Rome"], []),
        ("Ada B-PER\nsaw I-PER\nRome I-PER", ["PER Ada saw Rome"], []),
        ("Ada I-PER\nsaw I-LOC\nRome B-LOC", ["PER Ada", "LOC saw", "LOC Rome"], []),
        ("Ada B-PER\nsaw B-PER\nRome O", ["PER Ada", "PER saw"], []),
        ("Ada B-SHIP\nsaw O\nRome O", ["SHIP Ada"], []),
        ("Ada B-corporation or group\nsaw O\nRome O", ["corporation or group Ada"], []),
        ("<think>Ada B-LOC</think>\nAda B-PER\nsaw O\nRome O", ["PER Ada"], []),
        ("<think>Ada B-LOC", [], ["reasoning never ended"]),
        ("Ada B-PER\nsaw O\nRo", ["PER Ada"], ["list broken off"]),
        ("Ada B-LOC\nsaw O\nRome O\nBetter:\nAda B-PER\nsaw O\nRome O", ["PER Ada"], [AROUND, ASIDE]),
        ("Ada B-PER\nsaw O\nRome O\nOf these it is:\nRome B-LOC", ["PER Ada"], [AROUND, ASIDE]),
        ("Ada is a person.", [], ["unparsable"]),
        ("O", [], ["unparsable"]),
        ("", [], ["empty reply"]),
    ],
)  # fmt: skip
def test_tokens(reply, mentions, faults):
    parsed = parse_tokens(reply, "AdasawRome", ["PER", "LOC", "ORG", "corporation or group"])
    assert [f"{each.type} {each.text}" for each in parsed.mentions] == mentions
    assert all(parsed.text[each.start : each.end] == each.text for each in parsed.mentions)
    assert list(parsed.faults) == faults


IN_LINES = (parse_pairs, parse_lists, parse_tokens)
in_lines = st.lists(
    st.sampled_from([
        "PER", "LOC", "B-PER", "I-LOC", "O", ": ", " | ", "|", "; ", "None", "\n", " ", '"', "#2", "a", "b", "Ada", "<think>",
        "</think>", "```", "- ", "\\",
    ])
).map("".join)  # fmt: skip


@given(anything | pieces | in_lines)
def test_no_reply_can_stop_the_parser(reply):
    of_lines = [parse(reply, "ab", ["PER", "LOC"]) for parse in IN_LINES]
    for parsed in (parse_json(reply), inline(reply, "a b"), *of_lines):
        assert set(parsed.faults) <= FAULTS


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
        "a\n" * 50_000, "<" * 500_000, "[{'" * 50_000, "[{“" * 50_000, "[/*[" * 50_000, "[[{}]," * 50_000,
        f"[{A}] x " * 10_000, "a <think> " * 20_000, f"[{A}]</think> " * 10_000, "PER: []\n" * 50_000, "<|" * 100_000,
    ],
    ids=range(24),
)  # fmt: skip
def test_the_time_for_a_reply_is_bounded(reply):
    begin = time.process_time()
    parse_json(reply)
    inline(reply, "a" * 4_000)
    for parse in IN_LINES:
        parse(reply, "a" * 4_000, ["PER", "LOC"])
    assert time.process_time() - begin < 20


@pytest.mark.parametrize("parse", IN_LINES)
@pytest.mark.parametrize(
    "part",
    [
        "PER: a\n", "PER: a; ", "PER: a | ", "PER: \"", "a B-PER\n", "a B-", "B-PER ", " ", "a ", "a O ", "O", "| ", "#1", "*", "None\n",
        "A" * 61 + ":", "\\", '"\\',
    ],
)  # fmt: skip
def test_the_time_for_a_reply_in_lines_is_bounded(parse, part):
    reply = "PER: " + part * (400_000 // len(part)) + "x"
    begin = time.process_time()
    parse(reply, "a" * 4_000, ["PER", "LOC"])
    assert time.process_time() - begin < 10


@pytest.mark.parametrize("part", ['{"a":x},', '{"a":', '[{"', "[{", f"{A}{{bad ", "<think></think>"])
def test_the_time_for_the_longest_reply_is_bounded(part):
    reply = "[" + part * ((replies.LONGEST - 1) // len(part))
    begin = time.process_time()
    assert parse_json(reply).faults
    assert time.process_time() - begin < 20


def test_a_reply_that_is_too_long_is_not_read():
    reply = f"[{A}]" + " " * replies.LONGEST
    assert parse_json(reply).faults == inline(reply, "a").faults == ("reply too long",)
