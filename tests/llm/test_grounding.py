import json
import random
import time
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.core.encoding import IOB2
from openner_utils.llm.grounding import LOSSES, OUTCOMES, POLICIES, parse, read, total
from openner_utils.llm.labels import Label, Labels
from openner_utils.llm.pair_replies import pair
from openner_utils.llm.prompts import FORMATS, answer

TYPES = ("PER", "LOC", "ORG")
TOKENS = ["Paris", "met", "Ann", "Paris", "in", "New", "York", ",", "New", "York", "State", "."]
LISTED = POLICIES["json"]


def said(*mentions):
    return json.dumps(
        [dict(zip(("text", "type", "occurrence"), mention, strict=False)) for mention in mentions]
    )


def places(outcome):
    return [(m.span.start, m.span.end, m.type) for m in IOB2.decode(outcome.labels)]


@pytest.mark.parametrize(
    ("mentions", "policy", "expected", "losses"),
    [
        ([("Ann Paris", "PER"), ("New York", "LOC")], "cursor", [(2, 4, "PER"), (5, 7, "LOC")], []),
        ([("Paris", "LOC"), ("Paris", "PER")], "cursor", [(0, 1, "LOC"), (3, 4, "PER")], []),
        ([("New York", "LOC"), ("Paris", "PER")], "cursor", [(5, 7, "LOC")], ["only before the cursor"]),
        ([("New York", "LOC"), ("Paris", "PER")], "free", [(0, 1, "PER"), (5, 7, "LOC")], []),
        ([("Ann", "PER"), ("Paris", "LOC")], "free", [(2, 3, "PER"), (3, 4, "LOC")], []),
        ([("State", "ORG"), ("Ann", "PER")], "cursor", [(2, 3, "PER"), (10, 11, "ORG")], []),
        ([("Ann Paris", "per"), ("NewYork,", "loc")], "cursor", [(2, 4, "PER"), (5, 8, "LOC")], []),
        ([("Ann", "PER"), ("Ann", "ORG")], "cursor", [(2, 3, "PER")], ["overlaps an earlier mention"]),
        ([("nn", "PER"), ("P", "PER")], "free", [], ["crosses token border"] * 2),
        ([("ann", "PER"), ("Anna", "PER")], "free", [], ["absent from text"] * 2),
        ([(" ", "PER"), ("", "LOC")], "free", [], ["empty mention"] * 2),
        ([("Ann", "CITY")], "free", [], ["unknown type"]),
        ([("Paris", "LOC")], "all", [(0, 1, "LOC"), (3, 4, "LOC")], []),
        ([("Ann Paris", "PER"), ("Paris", "LOC")], "all", [(0, 1, "LOC"), (2, 4, "PER")], []),
        ([("Ann", "PER"), ("Ann", "LOC")], "all", [(2, 3, "PER")], ["overlaps an earlier mention"]),
        ([("New York State", "LOC"), ("New York", "LOC")], "all", [(5, 7, "LOC"), (8, 11, "LOC")], []),
    ],
)
def test_a_list_is_grounded_by_its_texts(mentions, policy, expected, losses):
    outcome = read(said(*mentions), TOKENS, TYPES, "json", policy)
    assert places(outcome) == expected
    assert [loss.reason for loss in outcome.losses] == losses
    assert outcome.again == 0


@pytest.mark.parametrize("policy", LISTED)
@pytest.mark.parametrize(
    ("mentions", "expected", "again", "losses"),
    [
        ([("Paris", "PER", 2), ("Paris", "LOC", 1)], [(0, 1, "LOC"), (3, 4, "PER")], 0, []),
        ([("York", "ORG", 2)], [(9, 10, "ORG")], 0, []),
        ([("Ann", "PER", 1)], [(2, 3, "PER")], 0, []),
        ([("Paris", "LOC", 2), ("Paris", "LOC", 2)], [(3, 4, "LOC")], 1, []),
        ([("Ann", "PER"), ("Ann", "PER")], [(2, 3, "PER")], 1, []),
        ([("Ann Paris", "PER"), ("Paris", "LOC", 2)], [(2, 4, "PER")], 0, ["overlaps an earlier mention"]),
    ],
)
def test_an_occurrence_says_which_place_is_meant_whatever_the_policy(
    policy, mentions, expected, again, losses
):
    outcome = read(said(*mentions), TOKENS, TYPES, "json", policy)
    assert places(outcome) == expected
    assert outcome.again == again
    assert [loss.reason for loss in outcome.losses] == losses


@pytest.mark.parametrize("number", [0, -1, 3, 99, 10**30, "x", "2", True, 2.0, [1]])
@pytest.mark.parametrize("policy", LISTED)
def test_an_absurd_occurrence_is_a_fault_and_the_policy_decides(number, policy):
    absurd = read(said(("Paris", "LOC", number)), TOKENS, TYPES, "json", policy)
    without = read(said(("Paris", "LOC")), TOKENS, TYPES, "json", policy)
    assert absurd.labels == without.labels and absurd.grounded == 1
    assert absurd.faults == ("no such occurrence",)


@pytest.mark.parametrize(
    ("policy", "mentions", "again"),
    [
        ("cursor", [("Paris", "LOC")] * 3, 1),
        ("free", [("Paris", "LOC")] * 4, 2),
        ("all", [("Paris", "LOC")] * 2, 1),
        ("free", [("paris", "LOC")] * 2, 0),
    ],
)
def test_a_mention_named_again_is_neither_lost_nor_grounded(policy, mentions, again):
    outcome = read(said(*mentions), TOKENS, TYPES, "json", policy)
    assert outcome.again == again
    assert outcome.emitted == outcome.grounded + outcome.again + len(outcome.losses)


def test_text_without_blanks_is_grounded_at_token_borders():
    tokens = ["他", "在", "北京", "大学", "读书"]
    found = read(said(("北京大学", "ORG"), ("京", "LOC")), tokens, TYPES, "json")
    assert places(found) == [(2, 4, "ORG")]
    assert [loss.reason for loss in found.losses] == ["crosses token border"]
    assert places(read("他在<ORG>北京大学</ORG>读书", tokens, TYPES, "inline")) == [(2, 4, "ORG")]


@pytest.mark.parametrize("type", ["PER", "per"])
def test_types_that_differ_in_capitals_alone_are_told_apart(type):
    assert read(said(("Ann", type)), TOKENS, ["PER", "per", "LOC"], "json").labels[2] == f"B-{type}"
    assert read(said(("Ann", "Loc")), TOKENS, ["PER", "per", "LOC"], "json").labels[2] == "B-LOC"


SENTENCE = ["Ann", "saw", "<b>", "in", "Rome", "."]


@pytest.mark.parametrize(
    ("reply", "expected", "losses", "faults"),
    [
        ("<PER>Ann</PER> saw ‹b› in <LOC>Rome</LOC> .", [(0, 1, "PER"), (4, 5, "LOC")], [], []),
        ("<PER>Ann</PER> saw ‹b› in <LOC>Rome</LOC>.", [(0, 1, "PER"), (4, 5, "LOC")], [], []),
        (
            "Sure! <PER>Ann</PER> saw ‹b› in <LOC>Rome</LOC> .",
            [(0, 1, "PER"), (4, 5, "LOC")],
            [],
            ["text changed"],
        ),
        ("<PER>Ann</PER> saw in <LOC>Rom</LOC>", [(0, 1, "PER")], ["crosses token border"], ["text changed"]),
        ("<PER>Anna</PER> saw ‹b› in Rome .", [], ["absent from text"], ["text changed"]),
        ("<CITY>Ann</CITY> saw ‹b› in Rome .", [], ["unknown type"], []),
        ("<PER>Ann saw <LOC>‹b›</LOC></PER> in Rome .", [(0, 3, "PER")], ["overlaps an earlier mention"], []),
        ("<PER><PER>Ann</PER></PER> saw ‹b› in Rome .", [(0, 1, "PER")], [], []),
        ("Ann <PER></PER> saw ‹b› in Rome .", [], ["empty mention"], []),
        ("Ann s<PER>aw</PER> ‹b› in Rome .", [], ["crosses token border"], []),
        ("<PER>Ann</PER> saw ‹b", [(0, 1, "PER")], [], ["text changed"]),
        ("", [], [], ["empty reply"]),
    ],
)
def test_a_marked_sentence_is_grounded_by_its_places(reply, expected, losses, faults):
    outcome = read(reply, SENTENCE, TYPES, "inline")
    assert places(outcome) == expected
    assert [loss.reason for loss in outcome.losses] == losses
    assert list(outcome.faults) == faults
    assert outcome.emitted == outcome.grounded + outcome.again + len(losses)


def test_a_long_name_is_aligned_before_what_was_left_out():
    tokens = ["Paris", "and", "other", "towns", "like", "Parma", "in", "Italy"]
    assert places(read("<LOC>Parma</LOC> in Italy", tokens, TYPES, "inline")) == [(5, 6, "LOC")]


words = st.lists(st.text(st.sampled_from('abA<>"é北 '), min_size=1, max_size=3), min_size=1, max_size=6)
emitted = st.lists(
    st.tuples(
        st.text(st.sampled_from("abA é北"), max_size=4), st.sampled_from([*TYPES, "X"]), st.integers(-1, 3)
    ),
    max_size=8,
)


@given(words, emitted, st.sampled_from(LISTED))
def test_every_listed_mention_is_grounded_named_again_or_lost_by_reason(tokens, mentions, policy):
    outcome = read(said(*mentions), tokens, TYPES, "json", policy)
    counts = outcome.mentions()
    assert outcome.emitted == len(mentions) == counts.total()
    assert {loss.reason for loss in outcome.losses} <= set(LOSSES) and set(counts) <= set(OUTCOMES)
    assert len(outcome.labels) == len(tokens)
    if policy != "all":
        assert outcome.grounded == len(IOB2.decode(outcome.labels))


@given(words, emitted)
def test_the_free_policy_loses_nothing_that_the_cursor_grounds(tokens, mentions):
    free, cursor = (read(said(*mentions), tokens, TYPES, "json", policy) for policy in ("free", "cursor"))
    assert "only before the cursor" not in {loss.reason for loss in free.losses}
    if not cursor.losses:
        assert free == cursor


pieces = st.sampled_from(["<PER>", "</PER>", "<LOC>", "</LOC>", "<X>", "</X>", *'abA"é北 \n'])


@given(words, st.lists(pieces, max_size=14).map("".join))
def test_every_marked_mention_is_grounded_named_again_or_lost_by_reason(tokens, reply):
    outcome = read(reply, tokens, TYPES, "inline")
    assert outcome.emitted == outcome.mentions().total()
    assert outcome.grounded == len(IOB2.decode(outcome.labels))


NASTY = [
    " ", "\u00a0", "\u3000", "\u2028", "\n", "\r\n", "\t", "\u200b", "\ufeff", "\x00", "\u3000a", "a b", "a\nb", "␣", "␣␣",
    "<PER>", "</PER>", "<", ">", "‹", "›", "‹PER›", "<think>", "</think>", "<thinking>", "[THINK]", "[/THINK]", "◁think▷", "◁/think▷", "<|end|>", "<|x|>", "[", "]", "[]", "[{", "}]",
    "{", "}", '"', "\\", "\\n", "```", ":", "'", "'s", "a", "aa", "A", "é", "e\u0301", "\u0301", "北", "北京", "京", "ไทย",
    "ย", "ه\u200cا", "👩\u200d🚀", "\U0001f468", "Ann", "New", "York", "null", '{"text": "a", "type": "PER"}', "---",
]  # fmt: skip
KINDS = ("PER", "per", "LOC", "think", 'a"b', "a\\", "Ä b", "{x}")
tokens_of_any_kind = st.lists(
    st.sampled_from(NASTY) | st.text(min_size=1, max_size=4), min_size=1, max_size=9
)


@st.composite
def labelled(draw):
    """A sentence of any tokens, and any valid IOB2 labels."""
    tokens = draw(tokens_of_any_kind | st.lists(st.sampled_from("ab\u00a0"), min_size=1, max_size=9))
    label = st.sampled_from(["O", *(f"{state}-{type}" for state in "BI" for type in KINDS)])
    labels = draw(st.lists(label, min_size=len(tokens), max_size=len(tokens)))
    return tokens, IOB2.encode(IOB2.decode(labels), len(tokens))


@given(labelled(), st.sampled_from(["", " "]), st.sampled_from(["", "<think>[] <PER>a</PER></think>\n"]))
def test_the_right_inline_answer_gives_exactly_the_labels(sentence, sep, reasoning):
    tokens, labels = sentence
    types = [type for type in KINDS if type != "think"] if reasoning else KINDS
    if reasoning and any(label.endswith("think") for label in labels):
        return
    outcome = read(reasoning + answer(tokens, labels, "inline", sep), tokens, types, "inline")
    assert outcome.labels == labels
    assert not outcome.losses and not outcome.faults and not outcome.again


@given(labelled(), st.sampled_from(["", " "]), st.randoms(use_true_random=False), st.booleans())
def test_the_right_json_answer_gives_exactly_the_labels_in_any_order_under_every_policy(
    sentence, sep, chance, reasoning
):
    tokens, labels = sentence
    right = answer(tokens, labels, "json", sep)
    items = json.loads(right)
    chance.shuffle(items)
    before = "<think>[] or " + right.replace("</", "") + "?</think>" if reasoning else ""
    for reply in (right, before + right, json.dumps(items), before + json.dumps(items, ensure_ascii=False)):
        for policy in LISTED:
            outcome = read(reply, tokens, KINDS, "json", policy)
            assert outcome.labels == labels
            assert not outcome.losses and not outcome.faults and not outcome.again
            assert outcome.grounded == outcome.emitted == len(items)


@given(labelled(), st.sampled_from(["", " "]), st.randoms(use_true_random=False), st.booleans())
def test_the_right_pairs_give_exactly_the_labels_in_any_order_under_every_policy(
    sentence, sep, chance, reasoning
):
    tokens, labels = sentence
    right = answer(tokens, labels, "pairs", sep)
    parsed = parse(right, tokens, KINDS, "pairs")
    shuffled = list(parsed.mentions)
    chance.shuffle(shuffled)
    before = "<think>PER: a; or None?</think>\n" if reasoning else ""
    for mentions in (parsed.mentions, shuffled):
        said = [pair(each.type, each.text, each.occurrence) for each in mentions]
        for reply in (
            before + ("; ".join(said) or "None"),
            before + "Answer:\n- " + ("\n- ".join(said) or "None"),
        ):
            for policy in LISTED:
                outcome = read(reply, tokens, KINDS, "pairs", policy)
                assert outcome.labels == labels
                assert not outcome.losses and not outcome.again
                assert outcome.grounded == outcome.emitted == len(said)
    assert not parsed.faults


@given(labelled(), st.sampled_from(["", " "]), st.randoms(use_true_random=False), st.booleans())
def test_the_right_lists_give_exactly_the_labels_in_any_order_under_every_policy(
    sentence, sep, chance, reasoning
):
    tokens, labels = sentence
    right = answer(tokens, labels, "lists", sep)
    parsed = parse(right, tokens, KINDS, "lists")
    assert not parsed.faults
    shuffled = right.split("\n")
    chance.shuffle(shuffled)
    before = "<think>PER: a | b\nNone?</think>\n" if reasoning else ""
    for lines in (right.split("\n"), shuffled):
        for reply in (before + "\n".join(lines), before + "Answer:\n- " + "\n- ".join(lines)):
            for policy in LISTED:
                outcome = read(reply, tokens, KINDS, "lists", policy)
                assert outcome.labels == labels
                assert not outcome.losses and not outcome.again
                assert outcome.grounded == outcome.emitted == len(parsed.mentions)


@given(
    labelled(),
    st.sampled_from(["", " "]),
    st.sampled_from(["", "<think>a B-PER\nb O</think>\n", "Sure:\n\n"]),
)
def test_the_right_tokens_give_exactly_the_labels(sentence, sep, before):
    tokens, labels = sentence
    types = [type for type in KINDS if type != "think"] if before else KINDS
    if before and any(label.endswith("think") for label in labels):
        return
    outcome = read(before + answer(tokens, labels, "tokens", sep), tokens, types, "tokens")
    assert outcome.labels == labels
    assert not outcome.losses and not outcome.again
    assert outcome.faults == (("text around the answer",) if before.startswith("Sure") else ())


NAMED = tuple(
    Label(type, name)
    for type, name in zip(
        KINDS,
        ("person", "corporation or group", "creative-work", "人物", "địa điểm", "Ort", "GPE_LOC", "مكان"),
        strict=True,
    )
)


@given(labelled(), st.sampled_from(FORMATS), st.integers(0, 9))
def test_whatever_types_are_called_and_in_whatever_order_the_right_answer_gives_the_labels(
    sentence, format, order
):
    tokens, labels = sentence
    called = Labels(NAMED).in_order(order)
    right = answer(tokens, called.named(labels), format)
    outcome = read(right, tokens, called.names, format)
    assert called.standard(outcome.labels) == labels
    assert not outcome.losses and not outcome.faults


@given(labelled())
def test_the_occurrence_is_written_exactly_where_a_text_stands_more_than_once(sentence):
    tokens, labels = sentence
    for item, mention in zip(json.loads(answer(tokens, labels, "json")), IOB2.decode(labels), strict=True):
        without = {name: value for name, value in item.items() if name != "occurrence"}
        everywhere = read(json.dumps([without] * (len(tokens) + 1)), tokens, KINDS, "json", "free")
        if "occurrence" not in item:
            assert places(everywhere) == [(mention.span.start, mention.span.end, mention.type)]
        else:
            assert item["occurrence"] >= 1
            other = {**without, "occurrence": 3 - item["occurrence"] if item["occurrence"] < 3 else 1}
            elsewhere = read(json.dumps([other]), tokens, KINDS, "json")
            assert (
                elsewhere.grounded == 1
                and elsewhere.labels != read(json.dumps([item]), tokens, KINDS, "json").labels
            )


@pytest.mark.parametrize(
    ("policy", "tokens", "text"),
    [
        ("free", [f"w{n}" for n in range(4_000)], lambda n: f"w{n}"),
        ("cursor", ["a"] * 4_000, lambda n: "a" * (n % 50 + 1)),
        ("all", ["a"] * 4_000, lambda n: "a"),
    ],
    ids=["distinct", "overlapping", "equal"],
)
def test_the_time_for_50_000_items_is_bounded(policy, tokens, text):
    reply = said(*((text(n), TYPES[n % 2]) for n in range(50_000)))
    begin = time.process_time()
    outcome = read(reply, tokens, TYPES, "json", policy)
    assert time.process_time() - begin < 30
    assert outcome.emitted == 50_000 == outcome.mentions().total()


def long_sentence(alphabet):
    chance = random.Random(0)
    names = ["".join(chance.choices(alphabet, k=chance.randint(2, 8))) for _ in range(800)]
    return [chance.choice(names) for _ in range(4_000)], chance


@pytest.mark.parametrize(("changes", "least"), [(1, 1.0), (50, 0.9), (1_000, 0.5)])
def test_a_changed_reply_to_a_sentence_of_4_000_tokens_is_aligned(changes, least):
    tokens, chance = long_sentence("etaoinshrdlu")
    said_words = [f"<PER>{token}</PER>" if n % 7 == 0 else token for n, token in enumerate(tokens)]
    for _ in range(changes):
        said_words[chance.randrange(4_000)] = "XYZ"
    begin = time.process_time()
    outcome = read(" ".join(said_words), tokens, TYPES, "inline")
    assert time.process_time() - begin < 30
    assert outcome.faults == ("text changed",)
    assert outcome.grounded >= least * outcome.emitted


@pytest.mark.parametrize("alphabet", ["ab", "a"])
def test_what_takes_too_long_to_align_is_a_fault(alphabet):
    tokens, chance = long_sentence(alphabet)
    reply = "".join(chance.choices(alphabet, k=30_000)) + "<PER>b</PER>"
    begin = time.process_time()
    outcome = read(reply, tokens, TYPES, "inline")
    assert time.process_time() - begin < 30
    assert "too much changed to align" in outcome.faults
    assert outcome.emitted == outcome.mentions().total()


def test_accounts_add_up():
    outcomes = [
        read(said(("Ann", "PER"), ("X", "PER")), TOKENS, TYPES, "json"),
        read(said(("Ann", "PER"), ("Ann", "PER")), TOKENS, TYPES, "json"),
        read("no", TOKENS, TYPES, "json"),
    ]
    assert +total(outcome.mentions() for outcome in outcomes) == Counter(
        {"grounded": 2, "named again": 1, "absent from text": 1}
    )
