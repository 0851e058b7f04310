"""What holds a model's replies to an automaton: llguidance where it is there and the tokenizer allows it, else `Constraint`.

llguidance (guidance-ai, MIT licence, `requirements-grammar.txt`) reads the automaton as a grammar and says which tokens may come
next, however the text is cut into tokens; `Constraint` cuts each choice by itself. Both accept the same texts. llguidance needs
tokens that are bytes, which byte-level tokenizers have and those with a fallback to bytes; each byte must have a token, so that any
sentence can be said. What it gives up on (a long sentence, a grammar beyond its limits) is held by `Constraint`, too, and so are
lists, which are no grammar, and sentences that hold the text of a control token, such as ``</s>``, which it would write as that token; each
reply says what held it.
"""

from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any

import numpy as np

from openner_utils.llm.automata import Automaton
from openner_utils.llm.chat import controls
from openner_utils.llm.constrained import AUTOMATON, Constraint, Held
from openner_utils.llm.grammar import lark

REQUIREMENTS = "requirements-grammar.txt"
LLGUIDANCE = "llguidance"
LONGEST = 400
"""Words of the longest sentence that llguidance gets: it goes through a grammar by recursion, and 1,000 end a stack of 1 MB."""
_IN_UTF8 = frozenset({*range(0xC0), *range(0xC2, 0xF5)})


class Matched:
    """One reply under way, held by llguidance; ``tokenizer`` is its own form of the model's.

    Where llguidance meets a limit of its own in the middle of a reply, the reply ends there and is never finished, like one that
    was cut off.
    """

    def __init__(self, matcher: Any, tokenizer: Any, ends: Sequence[int], engine: str) -> None:
        self.engine = engine
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
            self._gave_up = True
            return sorted(self._ends)
        mask = np.frombuffer(words, "<u4")
        # Few of a vocabulary's tokens may come next, so most words of 32 bits are 0, and are not unpacked.
        some = np.flatnonzero(mask)
        at, bit = np.nonzero(
            np.unpackbits(mask[some].view(np.uint8).reshape(-1, 4), axis=1, bitorder="little")
        )
        found: Sequence[int] = (32 * some[at] + bit).tolist()
        return found

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
        self._controls = controls(tokenizer) if self._bytes is not None else frozenset()
        self.name = AUTOMATON if self._bytes is None else f"{LLGUIDANCE} {version(LLGUIDANCE)}"

    def hold(self, automaton: Automaton) -> Held:
        """Begin a reply that is held to an automaton."""
        matched = self._matched(automaton)
        return Constraint(automaton, self._encode, self._ends[0]) if matched is None else matched

    def _matched(self, automaton: Automaton) -> Matched | None:
        if self._bytes is None or not automaton.as_grammar or len(automaton.words) > LONGEST:
            return None
        # With or without what is written between two words: a text of a control token may stand over a border.
        if any(control in sep.join(automaton.words) for control in self._controls for sep in ("", " ")):
            return None
        from llguidance import LLMatcher

        matcher = LLMatcher(self._bytes, lark(automaton), log_level=0)
        return None if matcher.is_error() else Matched(matcher, self._bytes, self._ends, self.name)


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
