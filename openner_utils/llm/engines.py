"""What holds a model's replies to an automaton: llguidance where it is there and the tokenizer allows it, else `Constraint`.

llguidance (guidance-ai, MIT licence, `requirements-grammar.txt`) reads the automaton as a grammar and says which tokens may come
next, however the text is cut into tokens; `Constraint` cuts each choice by itself. Both accept the same texts. llguidance needs
tokens that are bytes, which byte-level tokenizers have and those with a fallback to bytes; each byte must have a token, so that any
sentence can be said. What it gives up on (a long sentence, a grammar beyond its limits) is held by `Constraint`, too, and so are
lists, which are no grammar; each reply says what held it.

Where one text alone may follow, llguidance names the token that the tokenizer makes of it. That may be one which was added to the
vocabulary, a control token (``</s>``) or not (``<td>``), and is no text to llguidance itself; then the text is spelled in others.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from importlib.metadata import version
from typing import Any

import numpy as np

from openner_utils.llm.automata import Automaton
from openner_utils.llm.constrained import AUTOMATON, Constraint, Held
from openner_utils.llm.grammar import TooLargeError, lark

REQUIREMENTS = "requirements-grammar.txt"
LLGUIDANCE = "llguidance"
LONGEST = 400
"""Words of the longest sentence that llguidance gets: it goes through a grammar by recursion, and 1,000 end a stack of 1 MB."""
_IN_UTF8 = frozenset({*range(0xC0), *range(0xC2, 0xF5)})


class Matched:
    """One reply under way, held by llguidance; ``tokenizer`` is its own form of the model's, ``beginning`` gives the tokens with which a text
    may begin.

    Where llguidance meets a limit of its own in the middle of a reply, the reply ends there and is never finished, like one that
    was cut off.
    """

    def __init__(
        self,
        matcher: Any,
        tokenizer: Any,
        ends: Sequence[int],
        engine: str,
        beginning: Callable[[bytes], list[int]],
    ) -> None:
        self.engine = engine
        self._beginning = beginning
        self._matcher, self._tokenizer, self._ends = matcher, tokenizer, ends
        self._ids: list[int] = []
        self._finished = self._gave_up = False

    @property
    def finished(self) -> bool:
        """Whether the reply is complete."""
        return self._finished

    @property
    def text(self) -> str:
        """The reply's text so far: of a reply that was cut off, the complete characters."""
        said: bytes = self._tokenizer.decode_bytes(self._ids)
        return said.decode("utf-8", "ignore")

    def allowed(self) -> Sequence[int]:
        """Return the token ids that may come next, in rising order; only the ends once the reply is complete."""
        if self._finished or self._matcher.is_stopped():
            return sorted(self._ends)
        words = self._matcher.compute_bitmask()
        if self._matcher.is_error():
            return self._given_up()
        mask = np.frombuffer(words, "<u4")
        # Few of a vocabulary's tokens may come next, so most words of 32 bits are 0, and are not unpacked.
        some = np.flatnonzero(mask)
        at, bit = np.nonzero(
            np.unpackbits(mask[some].view(np.uint8).reshape(-1, 4), axis=1, bitorder="little")
        )
        found: list[int] = (32 * some[at] + bit).tolist()
        if not (found and self._can_follow(found[0])):
            begun = self._beginning(self._matcher.compute_ff_bytes())
            found = [id for id in begun if self._can_follow(id)]
        return found or self._given_up()

    def _given_up(self) -> Sequence[int]:
        self._gave_up = True
        return sorted(self._ends)

    def _can_follow(self, id: int) -> bool:
        if id in self._ends and self._matcher.is_accepting():
            return True
        return bool(self._matcher.validate_tokens([id]))

    def advance(self, id: int) -> None:
        """Take the next token id, one of those allowed; `ValueError` for any other."""
        if self._finished or self._gave_up:
            return
        if id in self._ends and (self._matcher.is_stopped() or self._matcher.is_accepting()):
            self._finished = True
        elif self._matcher.is_stopped() or not self._matcher.validate_tokens([id]):
            raise ValueError(f"Token id {id} is not allowed here")
        else:
            self._matcher.consume_token(id)
            self._ids.append(id)


class Engine:
    """What holds replies of one model; ``name`` is what it is called where replies are kept, with its version.

    ``tokenizer`` is the model's, ``encode`` gives a text's token ids, ``ends`` are the ids that end a reply, the first one
    preferred.
    """

    def __init__(self, tokenizer: Any, encode: Callable[[str], Sequence[int]], ends: Sequence[int]) -> None:
        self._encode, self._ends = encode, ends
        self._bytes = of_bytes(tokenizer, ends)
        self.name = AUTOMATON if self._bytes is None else f"{LLGUIDANCE} {version(LLGUIDANCE)}"

    def hold(self, automaton: Automaton) -> Held:
        """Begin a reply that is held to an automaton."""
        matched = self._matched(automaton)
        return Constraint(automaton, self._encode, self._ends[0]) if matched is None else matched

    def _matched(self, automaton: Automaton) -> Matched | None:
        if self._bytes is None or not automaton.as_grammar or len(automaton.words) > LONGEST:
            return None
        from llguidance import LLMatcher

        try:
            matcher = LLMatcher(self._bytes, lark(automaton), log_level=0)
        except TooLargeError:
            return None
        if matcher.is_error():
            return None
        return Matched(matcher, self._bytes, self._ends, self.name, self._beginning)

    @cached_property
    def _ids(self) -> Mapping[bytes, int]:
        """The bytes of every token that is text, and its id."""
        ids = (id for id in range(self._bytes.vocab_size) if not self._bytes.is_special_token(id))
        return {self._bytes.decode_bytes([id]): id for id in ids}

    @cached_property
    def _longest(self) -> int:
        """Bytes of the longest token."""
        return max(map(len, self._ids))

    def _beginning(self, text: bytes) -> list[int]:
        """Return the ids of the tokens with which a text may begin, in rising order."""
        begun = (text[:end] for end in range(1, min(len(text), self._longest) + 1))
        return sorted(self._ids[each] for each in begun if each in self._ids)


def of_bytes(tokenizer: Any, ends: Sequence[int]) -> Any:
    """Return llguidance's form of a tokenizer of Transformers; None where it has none, or is not installed."""
    if getattr(tokenizer, "backend_tokenizer", None) is None:
        return None
    try:
        from llguidance import hf

        found = hf.from_tokenizer(tokenizer, eos_token=list(ends))
    except (ImportError, ValueError):  # not installed, or its tokens are no bytes
        return None
    said = {found.decode_bytes([id]) for id in range(found.vocab_size) if not found.is_special_token(id)}
    return found if all(bytes([byte]) in said for byte in _IN_UTF8) else None
