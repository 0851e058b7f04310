"""What answers prompts, behind one interface: `local` (Transformers), or `server` (OpenAI-compatible).

Both answer greedily. A local model may be constrained; a server gives no hold for that.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from openner_utils.llm.constrained import Automaton

FinishReason = Literal["stop", "length", "prompt too long", "malformed"]


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's reply, verbatim, and why it ended: by itself, at the token limit, or because none was made.

    Where the reply began inside reasoning, the text begins with the mark that opened it: chat templates of reasoning
    models write that mark into the prompt, and servers keep it, with the reasoning, apart from the reply.
    """

    text: str
    finish_reason: FinishReason


@dataclass(frozen=True, slots=True)
class NoReply:
    """That a question got no reply, and why, in words.

    ``malformed``: there was an answer each time, but never one that can be read. That may be the question's own fault; all
    else (no connection, no time, a refusal) is the server's.
    """

    why: str
    malformed: bool = False


Answers = list[tuple[int, Reply | NoReply]]
"""What came together, with the numbers of the prompts."""


class Backend(Protocol):
    """A model that answers prompts.

    ``model`` names it, weights included, in stored replies; ``key`` is a hash of all but the question that decides a
    reply. ``batch_size`` prompts are answered at a time.
    """

    model: str
    key: str
    batch_size: int

    def generate(
        self, prompts: Sequence[str], max_new_tokens: int, automata: Sequence[Automaton] | None = None
    ) -> Iterator[Answers]:
        """Yield the answers as they come, those that come together at a time: one for each prompt, whatever happens.

        ``automata`` constrains each reply.
        """
