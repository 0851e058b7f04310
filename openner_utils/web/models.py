"""Language models of params.yaml as what is asked about passages: a backend, and what may be spent."""

from pathlib import Path

from openner_utils.config.params import Llm
from openner_utils.llm.backends import Backend
from openner_utils.llm.local import LocalBackend
from openner_utils.llm.server import LONGEST, ServerBackend
from openner_utils.llm.spending import Budget, Rates, total
from openner_utils.llm.store import Store
from openner_utils.support.errors import OpenNERError


def backend_of(model: Llm, tuned: Path | None = None) -> Backend:
    """Return the backend of a language model; ``tuned``: where a model of the stage tune lies.

    Raises `OpenNERError` for one that answers no new question, and a server without an address.
    """
    if model.backend == "server":
        if not model.server:
            raise OpenNERError("A model behind a server needs `server`, its address, in params.yaml.")
        server, longest = model.server, max(LONGEST, model.timeout)
        return ServerBackend(model.checkpoint, server, model.concurrency, model.timeout, longest)
    if model.backend == "stored":
        raise OpenNERError(
            "A model with backend `stored` answers no new question. Give the backend that its replies came from; those that "
            "were kept here are not asked for again."
        )
    return LocalBackend(str(tuned) if tuned else model.checkpoint, model.revision)


def rates_of(model: Llm) -> Rates | None:
    """Return what a million tokens of a model cost, None where params.yaml states no price."""
    return Rates(model.price.prompt, model.price.completion) if model.price else None


def budget_of(model: Llm, replies: Path) -> Budget | None:
    """Return what may be spent on a model, less what its stored replies took; None: no limit."""
    if model.budget is None:
        return None
    spent = total(record.usage for record in Store(replies))
    return Budget(spent, model.budget.tokens, model.budget.cost, rates_of(model) or Rates())
