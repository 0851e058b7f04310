"""The grammar of a sentence says its right answers and nothing else."""

import json
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from openner_utils.core.encoding import IOB2
from openner_utils.llm.automata import AS_GRAMMARS, automaton
from openner_utils.llm.grammar import TooLargeError, gbnf, lark
from openner_utils.llm.grounding import POLICIES, read
from openner_utils.llm.prompts import answer
from openner_utils.support.errors import OpenNERError

TYPES = ("PER", "LOC")
_SYMBOL = re.compile(r'"((?:[^"\\]|\\.)*)"|(\w+)')
words = st.text(st.sampled_from("abAB<>\"'\\é北ไ[]{}:#;|*`␣‹ \u00a0\u200b\u0007\n"), min_size=1, max_size=3)
sentences = (
    st.lists(words, min_size=1, max_size=6)
    | st.lists(
        st.sampled_from(["a", "b", "ab", " ", "<PER>", "</PER>", '"', '", "type": "', "北", "北京"]),
        min_size=1,
        max_size=8,
    )
    | st.lists(st.sampled_from(["a", "#", "1", "#2", ";", "None", '"']), min_size=1, max_size=6)
)
separators = st.sampled_from([" ", ""])
formats = st.sampled_from(AS_GRAMMARS)


class Recognizer:
    """Reads the rules of a grammar, in either syntax, as a machine: its rules end in at most one other state."""

    def __init__(self, grammar, is_, literal):
        self.literal = literal
        self.rules = {}
        for line in grammar.splitlines():
            name, _, alternatives = line.partition(is_)
            self.rules[name] = self.alternatives(alternatives)
        self.start = self.rules.pop("root" if is_ == " ::= " else "start")[0][0][1]

    def alternatives(self, text):
        """Return each alternative as (whether it is a name, the name or the text)."""
        found, position = [[]], 0
        while position < len(text):
            if text.startswith(" | ", position):
                found.append([])
                position += 3
            elif text[position] == " ":
                position += 1
            else:
                symbol = _SYMBOL.match(text, position)
                named = symbol[2] is not None
                found[-1].append((named, symbol[2] if named else self.literal(symbol[0])))
                position = symbol.end()
        return found

    def says(self, text):
        reached, seen = [(0, ((True, self.start),))], set()
        while reached:
            at, symbols = reached.pop()
            if (at, symbols) in seen:
                continue
            seen.add((at, symbols))
            if not symbols:
                if at == len(text):
                    return True
                continue
            (named, symbol), rest = symbols[0], symbols[1:]
            if named:
                reached += [(at, (*each, *rest)) for each in self.rules[symbol]]
            elif text.startswith(symbol, at):
                reached.append((at + len(symbol), rest))
        return False


def in_gbnf(literal):
    return re.sub(
        r"\\(x[0-9A-F]{2}|.)",
        lambda mark: chr(int(mark[1][1:], 16)) if len(mark[1]) > 1 else mark[1],
        literal[1:-1],
    )


def recognizers(*asked):
    said = automaton(*asked)
    return Recognizer(gbnf(said), " ::= ", in_gbnf), Recognizer(lark(said), ": ", json.loads)


def test_a_grammar_is_a_line_for_each_state():
    second = '"Ann" "\\", \\"type\\": \\"PER\\", \\"occurrence\\": 2}]" s1'
    assert gbnf(automaton(["Ann", "Ann"], ["PER"], "json")).splitlines() == [
        "root ::= s0",
        's0 ::= "[]" s1 | "[{\\"text\\": \\"" s2',
        's1 ::= ""',
        f's2 ::= "Ann" s3 | {second}',
        's3 ::= " Ann" "\\", \\"type\\": \\"PER\\"}]" s1 '
        f'| "\\", \\"type\\": \\"PER\\", \\"occurrence\\": 1}}, {{\\"text\\": \\"" {second} '
        '| "\\", \\"type\\": \\"PER\\", \\"occurrence\\": 1}]" s1',
    ]


@settings(deadline=None)
@given(sentences, st.data(), formats, separators)
def test_every_right_answer_can_be_said(tokens, data, format, sep):
    label = st.sampled_from(["O", "B-PER", "I-PER", "B-LOC", "I-LOC"])
    labels = data.draw(st.lists(label, min_size=len(tokens), max_size=len(tokens)))
    right = answer(tokens, IOB2.encode(IOB2.decode(labels), len(tokens)), format, sep)
    assert [each.says(right) for each in recognizers(tokens, TYPES, format, sep)] == [True, True]


@settings(deadline=None)
@given(sentences, st.data(), formats, separators)
@example(["a", "b", "ab"], None, "json", "")
def test_what_can_be_said_is_grounded_whole_and_is_the_right_answer_for_what_it_says(
    tokens, data, format, sep
):
    rules = recognizers(tokens, TYPES, format, sep)[0]
    reply = _walked(rules, data)
    for policy in POLICIES[format]:
        outcome = read(reply, tokens, TYPES, format, policy)
        assert outcome.losses == () and outcome.faults == () and outcome.again == 0
        assert outcome.emitted == outcome.grounded == len(IOB2.decode(outcome.labels))
        assert reply == answer(tokens, outcome.labels, format, sep)


def _walked(rules, data):
    """Return a reply that follows rules at random (without ``data``: always the first)."""
    said, symbols = "", [(True, rules.start)]
    while symbols:
        named, symbol = symbols.pop(0)
        if named:
            several = rules.rules[symbol]
            symbols[:0] = several[data.draw(st.integers(0, len(several) - 1)) if data else 0]
        else:
            said += symbol
    return said


@settings(deadline=None)
@given(sentences, st.data(), formats, separators)
def test_a_reply_that_is_changed_can_be_said_only_if_it_is_the_right_answer_to_something(
    tokens, data, format, sep
):
    rules = recognizers(tokens, TYPES, format, sep)
    reply = _walked(rules[0], data)
    at = data.draw(st.integers(0, len(reply)))
    wrong = (
        reply[:at] + data.draw(st.sampled_from(["", "a", '"', "<", "1", " ", "\n", "}"])) + reply[at + 1 :]
    )
    outcome = read(wrong, tokens, TYPES, format)
    right = wrong == answer(tokens, outcome.labels, format, sep)
    assert [each.says(wrong) for each in rules] == [right, right]


def test_a_grammar_grows_with_the_sentence_and_not_with_its_square():
    for format in AS_GRAMMARS:
        lines = [
            gbnf(automaton([f"w{n}" for n in range(count)], TYPES, format)).count("\n")
            for count in (50, 100, 200)
        ]
        assert lines[2] - lines[1] <= 2 * (lines[1] - lines[0]) + 2


def test_lists_are_no_grammar():
    with pytest.raises(OpenNERError, match="ListsAutomaton has too many states"):
        gbnf(automaton(["a"], TYPES, "lists"))


@pytest.mark.parametrize("format", ["json", "pairs"])
def test_a_sentence_that_repeats_one_word_by_hundreds_is_too_much_for_a_grammar(format):
    with pytest.raises(TooLargeError, match=r"'x x x .*….* x x'"):
        gbnf(automaton(["x"] * 600, TYPES, format))
    assert gbnf(automaton(["x"] * 2000, TYPES, "inline"))
