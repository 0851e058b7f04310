"""What answers prompts, behind one interface: `local` (Transformers), or `server` (OpenAI-compatible).

Both answer greedily. A local model may be constrained; a server may be asked to keep to a JSON schema (guided).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from openner_utils.llm.constrained import Automaton
from openner_utils.llm.spending import Usage

FinishReason = Literal["stop", "length", "prompt too long", "malformed"]


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's reply, verbatim, and why it ended: by itself, at the token limit, or because none was made.

    Where the reply began inside reasoning, the text begins with the mark that opened it: chat templates of reasoning
    models write that mark into the prompt, and servers keep it, with the reasoning, apart from the reply.
    ``usage``: the tokens that a server charges for; None where nobody tells.
    """

    text: str
    finish_reason: FinishReason
    usage: Usage | None = None


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
    reply. ``batch_size`` prompts are answered together; None where each is answered by itself.
    """

    model: str
    key: str
    batch_size: int | None

    def generate(
        self,
        prompts: Iterable[str],
        max_new_tokens: int,
        automata: Sequence[Automaton] | None = None,
        guidance: Sequence[str] | None = None,
    ) -> Iterator[Answers]:
        """Yield the answers as they come, those that come together at a time: one for each prompt, whatever happens.

        A prompt is taken when it can be asked, so that ``prompts`` may end early; what was taken is answered still.
        ``automata`` constrains each reply of a local model; ``guidance`` is the JSON schema that a server is asked to keep
        each to, and may be empty.
        """
