"""Raw replies, verbatim, on disk: an interrupted run asks only what is missing, a new parser asks nothing.

One JSON line per reply, in the order in which they came, each flushed to disk when it comes. The
key is the SHA-256 of what determines a reply: model and machine, prompt, decoding. A last line that a kill left incomplete is
dropped. Nothing else is kept, in particular no header and no key of a server.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from openner_utils.llm.backends import Backend, NoReply, Reply
from openner_utils.llm.constrained import Automaton
from openner_utils.runs.executors import Advance, nobody
from openner_utils.runs.key import digest
from openner_utils.support import files
from openner_utils.support.errors import FormatError, OpenNERError
from openner_utils.support.words import visible

IN_A_ROW = 8
"""Questions without a reply, one after the other, after which no more are asked: it is not the questions' fault."""


@dataclass(frozen=True, slots=True)
class Record:
    """One stored reply and what determined it; ``constrained`` is the automaton's description, or empty."""

    key: str
    model: str
    max_new_tokens: int
    constrained: str
    prompt: str
    reply: str
    finish_reason: str


def key_of(backend: str, prompt: str, max_new_tokens: int, constrained: str = "") -> str:
    """Return the key under which a reply is kept; ``backend`` is the key of what answers."""
    return digest([backend, prompt, max_new_tokens, constrained])


class Store:
    """The replies of one file, in memory and on disk; only one process may write to a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._records: dict[str, Record] = {}
        if path.exists():
            self._load()

    def __len__(self) -> int:
        return len(self._records)

    def __contains__(self, key: object) -> bool:
        return key in self._records

    def __getitem__(self, key: str) -> Record:
        return self._records[key]

    def __iter__(self) -> Iterator[Record]:
        return iter(self._records.values())

    def add(self, records: Sequence[Record]) -> None:
        """Append replies and flush them to disk, all in one write; a disk that takes them not is an `OpenNERError`."""
        lines = "".join(map(_line, records))
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with open(self.path, "ab") as out:
                out.write(lines.encode("utf-8"))
                out.flush()
                os.fsync(out.fileno())
        except OSError as error:
            raise OpenNERError(
                f"{self.path}: {error.strerror}. Replies before this one are kept: correct this and run the same command "
                "again."
            ) from error
        self._records.update((record.key, record) for record in records)

    def write(self, path: Path, keys: Sequence[str]) -> None:
        """Write the replies with these keys to another file, in this order, atomically."""
        files.write_text(path, "".join(_line(self._records[key]) for key in keys))

    def _load(self) -> None:
        content = self.path.read_bytes()
        whole = content.rfind(b"\n") + 1
        for number, line in enumerate(content[:whole].splitlines(), start=1):
            try:
                record = _record(json.loads(line))
            except (ValueError, TypeError, RecursionError) as error:
                raise FormatError(
                    self.path,
                    number,
                    f"no stored reply ({type(error).__name__}: {visible(str(error))})",
                    "Remove the line; the reply is asked for again",
                ) from error
            self._records[record.key] = record
        if whole < len(content):
            with open(self.path, "r+b") as out:
                out.truncate(whole)


def _record(value: dict[str, Any]) -> Record:
    """Return a stored reply; a value that is none is a `TypeError`."""
    record = Record(**value)
    texts = (record.key, record.model, record.constrained, record.prompt, record.reply, record.finish_reason)
    if not all(isinstance(text, str) for text in texts) or type(record.max_new_tokens) is not int:
        raise TypeError("a field of another type")
    return record


def _line(record: Record) -> str:
    """Return a record as one line of JSON, in ASCII where it holds what UTF-8 cannot (half a surrogate pair)."""
    line = json.dumps(asdict(record), ensure_ascii=False)
    if not line.isascii() and any("\ud800" <= character <= "\udfff" for character in line):
        line = json.dumps(asdict(record))
    return line + "\n"


def ask(
    backend: Backend,
    prompts: Sequence[str],
    max_new_tokens: int,
    store: Store,
    automata: Sequence[Automaton] | None = None,
    advance: Advance = nobody,
) -> list[Record]:
    """Return a reply for each prompt, from the store where it has one, from the model otherwise.

    Replies are greedy and have at most ``max_new_tokens`` tokens; ``automata`` constrains each prompt's reply.
    ``advance`` is told of prompts as they are answered.

    A question without a reply stops no other, unless `IN_A_ROW` have none. One whose answer is malformed every time gets an
    empty reply that says so (``malformed``), when all others have theirs. Raises `OpenNERError` at the end if a question has none.
    """
    constraints = [repr(automaton) for automaton in automata] if automata is not None else [""] * len(prompts)
    keys = [
        key_of(backend.key, prompt, max_new_tokens, constrained)
        for prompt, constrained in zip(prompts, constraints, strict=True)
    ]

    def record(number: int, reply: Reply) -> Record:
        return Record(
            keys[number],
            backend.model,
            max_new_tokens,
            constraints[number],
            prompts[number],
            reply.text,
            reply.finish_reason,
        )

    without: dict[int, NoReply] = {}
    in_a_row = 0
    # Batches are cut from all prompts, those with a stored reply included, and stored whole: so a run that was
    # interrupted computes the same sentences together as one that was not, and gets the same replies.
    order = sorted(range(len(prompts)), key=lambda number: (len(prompts[number]), number))
    for at in range(0, len(order), backend.batch_size):
        batch = order[at : at + backend.batch_size]
        missing = [number for number in batch if keys[number] not in store]
        if missing:
            chosen = None if automata is None else [automata[number] for number in missing]
            asked = [prompts[number] for number in missing]
            for together in backend.generate(asked, max_new_tokens, chosen):
                store.add([record(missing[n], reply) for n, reply in together if isinstance(reply, Reply)])
                failed = {missing[n]: reply for n, reply in together if isinstance(reply, NoReply)}
                without |= failed
                in_a_row = in_a_row + len(failed) if len(failed) == len(together) else 0
            if in_a_row >= IN_A_ROW:
                raise _without(without, len(prompts), f" Asking stopped: {in_a_row} in a row had none.")
        advance(len(batch))
    malformed = [number for number, each in without.items() if each.malformed]
    if len(malformed) < len(without) or not any(key in store for key in keys):
        if without:
            raise _without(without, len(prompts))
    else:
        store.add([record(number, Reply("", "malformed")) for number in malformed])
    return [store[key] for key in keys]


def _without(without: Mapping[int, NoReply], of: int, more: str = "") -> OpenNERError:
    *_, last = without.values()
    return OpenNERError(
        f"{len(without)} of {of} questions got no reply; the last: {last.why}.{more} Replies so far are kept: run the same "
        "command again."
    )
