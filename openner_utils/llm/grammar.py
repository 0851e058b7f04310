"""An automaton written as a grammar, for what reads grammars: llguidance (Lark), or a model server (GBNF).

States are rules, numbered in the order in which they are met, and the texts that lead from one to another are its alternatives.
Texts that lead to one state together are a rule of their own, for many states share them (the end of an item in JSON, with
each type), and a state with one way on is written where it is used. So a sentence takes a few rules for each token, more
only where texts are repeated: where one word is repeated hundreds of times, their number grows with its square, and there is none (`MOST_STATES`).

In Lark's syntax every rule is a terminal (in capitals): llguidance then makes one regular expression of them, whose derivatives
it computes as they are needed. GBNF is llama.cpp's form; vLLM and SGLang read it, too.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from openner_utils.llm.automata import Automaton
from openner_utils.llm.states import END, State
from openner_utils.support.errors import OpenNERError
from openner_utils.support.words import shortened, visible

MOST_STATES = 20_000
"""States of the largest automaton that is written as a grammar; a natural sentence of 4,000 tokens has fewer."""
_in_lark = json.JSONEncoder(ensure_ascii=False).encode
_MARKS = re.compile(r'["\\\x00-\x1f\x7f]')


class TooLargeError(OpenNERError):
    """An automaton that has more states than a grammar is made of."""


def lark(automaton: Automaton) -> str:
    """Return what may be said, in the syntax of llguidance; `TooLargeError` where that is too much.

    >>> from openner_utils.llm.automata import automaton
    >>> print(lark(automaton(["Ann"], ["PER"], "inline")))
    start: S0
    S0: "Ann" S1 | "<PER>" "Ann" "</PER>" S1
    S1: ""
    <BLANKLINE>
    """
    return _written(automaton, "start: S0\n", "S", "G", ": ", _in_lark)


def gbnf(automaton: Automaton) -> str:
    """Return what may be said, in the syntax of llama.cpp; `TooLargeError` where that is too much.

    >>> from openner_utils.llm.automata import automaton
    >>> print(gbnf(automaton(["\\\\"], ["PER"], "json")).splitlines()[1])
    s0 ::= "[]" s1 | "[{\\"text\\": \\"" "\\\\\\\\" "\\", \\"type\\": \\"PER\\"}]" s1
    """
    return _written(automaton, "root ::= s0\n", "s", "g", " ::= ", _in_gbnf)


def _in_gbnf(text: str) -> str:
    marked = _MARKS.sub(lambda mark: f"\\{mark[0]}" if mark[0] in '"\\' else f"\\x{ord(mark[0]):02X}", text)
    return f'"{marked}"'


def _written(
    automaton: Automaton, first: str, state: str, group: str, is_: str, literal: Callable[[str], str]
) -> str:
    """Return the rules of an automaton: ``state`` and ``group`` begin their names, ``is_`` stands before what they are."""
    if not automaton.as_grammar:
        raise OpenNERError(
            f"A {type(automaton).__name__} has too many states for a grammar. Constrain a model on this machine, or choose another format."
        )
    rules = _Rules(automaton, state, group, literal)
    lines = [f"{name}{is_}{' | '.join(alternatives)}\n" for name, alternatives in rules.of_states()]
    lines += [f"{name}{is_}{' | '.join(map(literal, texts))}\n" for texts, name in rules.groups.items()]
    return first + "".join(lines)


@dataclass(slots=True)
class _Rules:
    """The rules of an automaton as they are found: names of states and of groups of texts."""

    automaton: Automaton
    state: str
    group: str
    literal: Callable[[str], str]
    names: dict[State, str] = field(default_factory=dict)
    groups: dict[tuple[str, ...], str] = field(default_factory=dict)
    _queue: list[State] = field(default_factory=list)
    _known: dict[State, Sequence[tuple[str, State]]] = field(default_factory=dict)

    def of_states(self) -> list[tuple[str, list[str]]]:
        """Return each state's name and its alternatives, the start first."""
        self._named(self.automaton.start)
        found = []
        for state in self._queue:  # it grows meanwhile
            if len(self._queue) > MOST_STATES:
                raise TooLargeError(
                    f"The sentence {shortened(visible(' '.join(self.automaton.words)), 80)!r} repeats its words so often that what may be said of it "
                    "is too much for a grammar. Ask a model on this machine, ask with free decoding, or leave the sentence out."
                )
            found.append((self.names[state], self._alternatives(state)))
        return found

    def _named(self, state: State) -> str:
        if state not in self.names:
            self.names[state] = f"{self.state}{len(self.names)}"
            self._queue.append(state)
        return self.names[state]

    def _choices(self, state: State) -> Sequence[tuple[str, State]]:
        if state not in self._known:
            self._known[state] = self.automaton.choices(state)
        return self._known[state]

    def _alternatives(self, state: State) -> list[str]:
        texts: dict[State, list[str]] = {}
        for text, target in self._choices(state):
            texts.setdefault(target, []).append(text)
        return [part for target, each in texts.items() for part in self._leading(each, target)]

    def _leading(self, texts: Sequence[str], target: State) -> list[str]:
        """Return the alternatives that lead to one state by these texts."""
        if target == END:
            return [self.literal("")]
        onward = []
        while len(choices := self._choices(target)) == 1 and choices[0][1] != END:
            ((text, target),) = choices
            onward += [self.literal(text)] if text else []
        onward.append(self._named(target))
        spelled = tuple(text for text in texts if text)
        found = [" ".join(onward)] if len(spelled) < len(texts) else []
        if spelled:
            begin = self.literal(spelled[0]) if len(spelled) == 1 else self._grouped(spelled)
            found.insert(0, " ".join([begin, *onward]))
        return found

    def _grouped(self, texts: tuple[str, ...]) -> str:
        return self.groups.setdefault(texts, f"{self.group}{len(self.groups)}")
