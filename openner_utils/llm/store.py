"""Raw replies, verbatim, on disk: an interrupted run asks only what is missing, a new parser asks nothing.

One JSON line per reply, in the order in which they came, each flushed to disk when it comes. The
key is the SHA-256 of what determines a reply: model and machine, prompt, decoding. A last line that a kill left incomplete is
dropped. Nothing else is kept, in particular no header and no key of a server. Whoever asks for replies holds the file
(`Store.alone`), so that nobody else asks for the same ones, and pays for them, at the same time.
"""

import errno
import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from openner_utils.llm.spending import MOST_TOKENS, Usage
from openner_utils.runs.key import digest
from openner_utils.support import files
from openner_utils.support.errors import FormatError, OpenNERError
from openner_utils.support.words import visible

_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)
"""What file systems say that know no locks."""


@dataclass(frozen=True, slots=True)
class Record:
    """One stored reply and what determined it.

    ``constrained`` is the automaton's description, or the JSON schema that a server was asked to keep to, or empty; ``engine``
    is what held the reply to the automaton. Tokens are there where a server, or the tokenizer, told them, ``seconds`` where the
    run was timed, and ``served`` where a server calls the model that answered otherwise than ``model``.
    """

    key: str
    model: str
    max_new_tokens: int
    constrained: str
    prompt: str
    reply: str
    finish_reason: str
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    engine: str | None = None
    seconds: float | None = None
    served: str | None = None

    @property
    def usage(self) -> Usage | None:
        """The tokens that it took, where they are known."""
        if self.prompt_tokens is None or self.completion_tokens is None:
            return None
        return Usage(self.prompt_tokens, self.completion_tokens)


def key_of(backend: str, prompt: str, max_new_tokens: int, constrained: str = "") -> str:
    """Return the key under which a reply is kept; ``backend`` is the key of what answers."""
    return digest([backend, prompt, max_new_tokens, constrained])


class Store:
    """The replies of one file, in memory and on disk.

    A file that is only read stays as it is: what a kill left incomplete goes when the next reply is added, by whoever holds
    the file then (`alone`).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._records: dict[str, Record] = {}
        self._torn_at: int | None = None
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

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the file while replies are asked for and added; what another process added since it was read is known then.

        Raises `OpenNERError` if another process holds it, or if it cannot be written. A process that ends holds it no longer.
        """
        with ExitStack() as open_files:
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                held = open_files.enter_context(open(self.path, "ab"))
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise OpenNERError(
                    f"{self.path}: another run is asking for these replies. Wait until it ends, then run the same command "
                    "again: what it has got by then is not asked for twice."
                ) from None
            except OSError as error:
                if error.errno not in _NO_LOCKS:
                    raise self._refused(error) from error
            self._load()
            yield

    def add(self, records: Sequence[Record]) -> None:
        """Append replies and flush them to disk, all in one write; a disk that takes them not is an `OpenNERError`."""
        if not records:
            return  # a store with nothing new may be one that nobody may write to
        lines = "".join(map(_line, records))
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with open(self.path, "ab") as out:
                if self._torn_at is not None:
                    out.truncate(self._torn_at)
                self._torn_at = out.seek(0, os.SEEK_END)  # if this write fails
                out.write(lines.encode("utf-8"))
                out.flush()
                os.fsync(out.fileno())
        except OSError as error:
            raise self._refused(error) from error
        self._torn_at = None
        self._records.update((record.key, record) for record in records)

    def write(self, path: Path, keys: Sequence[str]) -> None:
        """Write the replies with these keys to another file, in this order, atomically."""
        files.write_text(path, "".join(_line(self._records[key]) for key in keys))

    def _refused(self, error: OSError) -> OpenNERError:
        return OpenNERError(
            f"{self.path}: {error.strerror}. Replies before this one are kept: correct this and run the same command again."
        )

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
        self._torn_at = whole if whole < len(content) else None


def _record(value: dict[str, Any]) -> Record:
    """Return a stored reply; a value that is none is a `TypeError`."""
    record = Record(**value)
    texts = (record.key, record.model, record.constrained, record.prompt, record.reply, record.finish_reason)
    numbers = (record.prompt_tokens, record.completion_tokens)
    if (
        not all(isinstance(text, str) for text in texts)
        or type(record.max_new_tokens) is not int
        or not all(number is None or _is_count(number) for number in numbers)
        or not all(text is None or isinstance(text, str) for text in (record.engine, record.served))
        or not (record.seconds is None or type(record.seconds) is float)
    ):
        raise TypeError("a field of another type, or a count that is none")
    return record


def _is_count(number: object) -> bool:
    return type(number) is int and 0 <= number <= MOST_TOKENS


def _line(record: Record) -> str:
    """Return a record as one line of JSON, in ASCII where it holds what UTF-8 cannot (half a surrogate pair)."""
    value = {name: each for name, each in asdict(record).items() if each is not None}
    line = json.dumps(value, ensure_ascii=False)
    if not line.isascii() and any("\ud800" <= character <= "\udfff" for character in line):
        line = json.dumps(value)
    return line + "\n"
