"""Asking a model for what a store lacks: each reply is kept when it comes, and what has none is named.

A question without a reply stops no other, unless `IN_A_ROW` have none, or the budget is spent. What is under way then is
waited for and kept. The same command asks again for what is missing, and for nothing else.
"""

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path

from openner_utils.llm.automata import Automaton
from openner_utils.llm.backends import Answers, Backend, NoReply, Reply
from openner_utils.llm.spending import Budget, Sum
from openner_utils.llm.store import Record, Store, key_of
from openner_utils.runs.executors import Advance, nobody
from openner_utils.support import files
from openner_utils.support.errors import OpenNERError
from openner_utils.support.words import on_line, visible

IN_A_ROW = 8
"""Questions without a reply, one after the other, after which no more are asked: it is not the questions' fault."""
NAMED = 10
"""Questions without a reply that an error names; a file beside the store names all."""


def ask(
    backend: Backend,
    prompts: Sequence[str],
    max_new_tokens: int,
    store: Store,
    automata: Sequence[Automaton] | None = None,
    advance: Advance = nobody,
    names: Sequence[str] | None = None,
    budget: Budget | None = None,
    guidance: Sequence[str] | None = None,
    timed: bool = False,
) -> list[Record]:
    """Return a reply for each prompt, from the store where it has one, from the model otherwise.

    Replies are greedy and have at most ``max_new_tokens`` tokens; ``automata`` constrains each prompt's reply, ``guidance``
    is the JSON schema that a server is asked to keep it to. ``timed``: each reply is kept with the seconds that it took.
    ``advance`` is told of prompts as they are answered; ``names`` are those of the questions, for errors. No question is
    begun when the ``budget`` is spent; those under way, which are as many as the backend asks at a time, may exceed it.

    A question whose answer is malformed every time gets an empty reply that says so (``malformed``), when all others have
    theirs. Raises `OpenNERError` at the end if a question has none; `missing_file` then names all that have none.
    """
    asking = _Asking(
        backend, prompts, max_new_tokens, store, automata, guidance, budget or Budget(Sum()), timed
    )
    with store.alone() if asking.without() else nullcontext():
        asking.carry_out(advance)
    named = names or _numbers(prompts)
    missing = missing_file(store.path)
    if without := asking.without():
        files.write_text(missing, "".join(f"{named[n]}\t{on_line(why)}\n" for n, why in without.items()))
        first = [f"  {named[number]}" for number in list(without)[:NAMED]]
        more = [f"  and {len(without) - NAMED:,} more"] if len(without) > NAMED else []
        raise OpenNERError(asking.said(without), *first, *more, f"All of them: {missing}")
    if missing.exists():  # a folder that is only read need not be asked
        missing.unlink()
    return [store[key] for key in asking.keys]


def replay(
    path: Path,
    model: str,
    prompts: Sequence[str],
    max_new_tokens: int,
    constraints: Sequence[str],
    names: Sequence[str] | None = None,
) -> list[Record]:
    """Return the replies that a store holds of a model, named as in the store, to the same prompts; nobody is asked.

    Raises `OpenNERError` if the store, or a reply, is missing.
    """
    if not path.is_file():
        raise OpenNERError(f"{path}: no stored replies. Put the folder `replies` of params.yaml there.")
    kept = {
        (record.prompt, record.max_new_tokens, record.constrained): record
        for record in Store(path)
        if record.model == model
    }
    asked = [(prompt, max_new_tokens, each) for prompt, each in zip(prompts, constraints, strict=True)]
    missing = [
        name for name, question in zip(names or _numbers(prompts), asked, strict=True) if question not in kept
    ]
    if missing:
        first = [f"  {name}" for name in missing[:NAMED]]
        more = [f"  and {len(missing) - NAMED:,} more"] if len(missing) > NAMED else []
        models = ", ".join(sorted({visible(record.model) for record in Store(path)})[:NAMED]) or "no model"
        raise OpenNERError(
            f"{path}: {len(missing)} of {len(asked)} questions have no stored reply of {model}. It holds {len(Store(path)):,} "
            f"replies of {models}; prompts, `max_new_tokens` and decoding must be those with which it was made.",
            *first,
            *more,
        )
    return [kept[question] for question in asked]


def constraints(
    prompts: Sequence[str], automata: Sequence[Automaton] | None, guidance: Sequence[str] | None
) -> list[str]:
    """Return what each reply is held to, as it is stored: an automaton's description, a JSON schema, or nothing."""
    if automata is not None:
        return [repr(automaton) for automaton in automata]
    return list(guidance) if guidance is not None else [""] * len(prompts)


def _numbers(prompts: Sequence[str]) -> list[str]:
    return [f"question {number + 1}" for number in range(len(prompts))]


def missing_file(store: Path) -> Path:
    """Return the file beside a store that names the questions without a reply, each with the reason, after a run that ended so."""
    return store.with_suffix(".missing.tsv")


class _Asking:
    """All questions to one backend, and what has become of them so far."""

    def __init__(
        self,
        backend: Backend,
        prompts: Sequence[str],
        max_new_tokens: int,
        store: Store,
        automata: Sequence[Automaton] | None,
        guidance: Sequence[str] | None,
        budget: Budget,
        timed: bool,
    ) -> None:
        self._backend, self._prompts, self._max_new_tokens = backend, prompts, max_new_tokens
        self._store, self._automata, self._guidance, self._budget = store, automata, guidance, budget
        self._timed = timed
        self._constraints = constraints(prompts, automata, guidance)
        held_by = f"{backend.engine}: " if automata is not None else ""
        self.keys = [
            key_of(backend.key, prompt, max_new_tokens, held_by + constrained)
            for prompt, constrained in zip(prompts, self._constraints, strict=True)
        ]
        self._failed: dict[int, NoReply] = {}
        self._in_a_row = 0
        self._stopped = ""

    def carry_out(self, advance: Advance) -> None:
        """Ask for all that the store lacks, unless there is a reason to stop."""
        # Batches are cut from all prompts, those with a stored reply included, and stored whole: so a run that was
        # interrupted computes the same sentences together as one that was not, and gets the same replies.
        order = sorted(range(len(self._prompts)), key=lambda number: (len(self._prompts[number]), number))
        size = self._backend.batch_size or len(order) or 1
        for at in range(0, len(order), size):
            batch = order[at : at + size]
            missing = [number for number in batch if self.keys[number] not in self._store]
            if self._backend.batch_size is None:  # a prompt that is there twice is paid for once
                missing = list({self.keys[number]: number for number in missing}.values())
            advance(len(batch) - len(missing))
            if missing and not self._stops():
                automata = None if self._automata is None else [self._automata[n] for n in missing]
                guidance = None if self._guidance is None else [self._guidance[n] for n in missing]
                asked = self._while_sensible(missing)
                for together in self._backend.generate(asked, self._max_new_tokens, automata, guidance):
                    self._take(missing, together)
                    advance(len(together))
        self._keep_malformed()

    def _stops(self) -> bool:
        """Return whether no more are to be asked; the first reason for it stays."""
        lasting = f"{self._in_a_row} in a row had none" if self._in_a_row >= IN_A_ROW else ""
        self._stopped = self._stopped or lasting or self._budget.reached
        return bool(self._stopped)

    def _while_sensible(self, numbers: Sequence[int]) -> Iterator[str]:
        for number in numbers:
            if self._stops():
                return
            yield self._prompts[number]

    def _take(self, numbers: Sequence[int], together: Answers) -> None:
        """Keep the answers that came together to the questions with these numbers."""
        replies = [(numbers[n], reply) for n, reply in together if isinstance(reply, Reply)]
        self._store.add([self._record(number, reply) for number, reply in replies])
        for _, reply in replies:
            self._budget.add(reply.usage)
        failed = {numbers[n]: reply for n, reply in together if isinstance(reply, NoReply)}
        self._failed |= failed
        self._in_a_row = self._in_a_row + len(failed) if len(failed) == len(together) else 0

    def _record(self, number: int, reply: Reply) -> Record:
        usage = reply.usage
        return Record(
            self.keys[number],
            self._backend.model,
            self._max_new_tokens,
            self._constraints[number],
            self._prompts[number],
            reply.text,
            reply.finish_reason,
            usage.prompt if usage else None,
            usage.completion if usage else None,
            reply.engine,
            round(reply.seconds, 4) if self._timed and reply.seconds is not None else None,
            reply.served,
        )

    def _keep_malformed(self) -> None:
        """Let what was malformed each time be a reply, if all other questions have one: else it may be the server's fault."""
        lacking = {key for key in self.keys if key not in self._store}
        malformed = [number for number, each in self._failed.items() if each.malformed]
        answered = len(lacking) < len(set(self.keys)) and not self._stopped
        if answered and {self.keys[number] for number in malformed} == lacking:
            self._store.add([self._record(number, Reply("", "malformed")) for number in malformed])

    def without(self) -> dict[int, str]:
        """Return the questions without a reply, in their order, and why they have none."""
        failed = {self.keys[number]: each.why for number, each in self._failed.items()}
        return {
            number: failed.get(key, f"not asked: {self._stopped}")
            for number, key in enumerate(self.keys)
            if key not in self._store
        }

    def said(self, without: dict[int, str]) -> str:
        """Return in words that questions have no reply."""
        last = f"; the last: {list(self._failed.values())[-1].why}" if self._failed else ""
        stopped = f" Asking stopped: {self._stopped}." if self._stopped else ""
        return (
            f"{len(without)} of {len(self.keys)} questions got no reply{last}.{stopped} Replies so far are kept: run the same "
            "command again. Without a reply:"
        )
