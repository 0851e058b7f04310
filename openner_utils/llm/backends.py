"""What answers prompts, behind one interface: `local` (Transformers), or `server` (OpenAI-compatible).

Both answer greedily. A local model may be constrained, and so may a server that takes a grammar; a server may be asked to keep to
a JSON schema (guided).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from openner_utils.llm.automata import Automaton
from openner_utils.llm.spending import Usage

SERVER = "server"
"""The engine of a server that was sent a grammar; what it makes of it is its own affair."""

FinishReason = Literal["stop", "length", "prompt too long", "malformed"]


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's reply, verbatim, and why it ended: by itself, at the token limit, or because none was made.

    Where the reply began inside reasoning, the text begins with the mark that opened it: chat templates of reasoning
    models write that mark into the prompt, and servers keep it, with the reasoning, apart from the reply.
    ``usage``: the tokens that it took, as a server tells it, or the tokenizer; None where nobody tells. ``engine``: what held
    it to an automaton (`engines`; `SERVER`), None if nothing did. ``seconds``: how long it took, for those of a batch alike.
    ``served``: what a server calls the model that answered, where that is not what was asked for.
    """

    text: str
    finish_reason: FinishReason
    usage: Usage | None = None
    engine: str | None = None
    seconds: float | None = field(default=None, compare=False)
    served: str | None = None


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
    reply; ``engine`` says what holds replies to automata. ``batch_size`` prompts are answered together; None where each is
    answered by itself.
    """

    model: str
    key: str
    batch_size: int | None

    @property
    def engine(self) -> str:
        """What holds replies to automata."""

    def generate(
        self,
        prompts: Iterable[str],
        max_new_tokens: int,
        automata: Sequence[Automaton] | None = None,
        guidance: Sequence[str] | None = None,
    ) -> Iterator[Answers]:
        """Yield the answers as they come, those that come together at a time: one for each prompt, whatever happens.

        A prompt is taken when it can be asked, so that ``prompts`` may end early; what was taken is answered still.
        ``automata`` constrains each reply; ``guidance`` is the JSON schema that a server is asked to keep
        each to, and may be empty.
        """
