"""Fetching corpora: every file that a card pins into the store, many at a time."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Lock

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from openner_utils.catalog import FOLDER, Card, File
from openner_utils.sources.address import mirrored, url
from openner_utils.sources.archives import DamagedArchiveError, UnsafeArchiveError, unpack
from openner_utils.sources.store import Store
from openner_utils.sources.transfer import (
    Folder,
    Https,
    Mirror,
    Transport,
    UnavailableError,
    WrongContentError,
    download,
    download_unverified,
)
from openner_utils.support.errors import OpenNERError

NOTHING = hashlib.sha256().hexdigest()
"""What a file without a byte has."""
WORKERS = 8
"""Files fetched at a time; publishers throttle more."""


@dataclass(frozen=True)
class Outcome:
    """What became of one corpus: its files, the bytes that had to be fetched, and failures.

    ``recorded``: for each file that the card does not verify, the path, size and SHA-256 to write into it;
    ``absent``: such files that the mirror lacks; ``restricted``: what to do for files that are never fetched from
    the network; ``empty``: members of archives that hold nothing. These are no failures.
    """

    corpus: str
    files: int
    fetched: int
    failures: tuple[str, ...]
    recorded: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    restricted: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Item:
    """One download of one corpus, with the members that are wanted from it where it is an archive."""

    corpus: str
    file: File
    address: str
    members: frozenset[str]
    lock: Lock
    """Shared by all items with the same content, which two corpora may have in common."""
    instructions: str

    @property
    def own(self) -> bool:
        """Whether it lies in a folder of this machine."""
        return self.address.startswith(f"{FOLDER}:")


class RestrictedError(OpenNERError):
    """A file that a person must get from its publisher; the message says how."""


class _StoppedError(Exception):
    """Ends a transfer from inside because the user interrupted the command."""


def fetch(cards: Iterable[Card], store: Store, transport: Transport) -> list[Outcome]:
    """Bring all files of ``cards`` into the store; a failing file stops no other.

    Objects that are there and right are not fetched again. Progress is shown on standard error.
    """
    cards = list(cards)
    with store.exclusive(), _bars() as bars:
        locks: defaultdict[str, Lock] = defaultdict(Lock)
        plans = {card.id: _plan(card, locks) for card in cards}
        sizes = {name: sum(item.file.bytes or 0 for item in plan) for name, plan in plans.items()}
        tasks = {name: bars.add_task(name, total=size) for name, size in sizes.items()}
        tallies = {name: _Tally() for name in plans}
        stop = Event()
        pool = ThreadPoolExecutor(WORKERS)
        try:
            running = {
                pool.submit(_one, item, store, transport, _Meter(bars, tasks[item.corpus], stop)): item
                for items in plans.values()
                for item in items
            }
            for future in as_completed(running):
                item = running[future]
                tallies[item.corpus].take(item, future, isinstance(transport, Mirror))
        except BaseException:
            stop.set()
            raise
        finally:
            pool.shutdown(cancel_futures=True)
    return [tallies[card.id].outcome(card) for card in cards]


@dataclass
class _Tally:
    """What has become of one corpus so far."""

    fetched: int = 0
    failures: list[str] = field(default_factory=list)
    recorded: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    restricted: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)

    def take(self, item: _Item, future: Future["_Came"], mirror: bool) -> None:
        """Take note of what became of one download; whatever went wrong with it is its own fault and nobody else's."""
        try:
            came = future.result()
        except RestrictedError as error:
            self.restricted.append(str(error))
        except UnavailableError as error:
            if mirror and item.file.sha256 is None and not item.own:
                self.absent.append(item.file.download)
            else:
                self.failures.append(str(error))
        except (OpenNERError, OSError) as error:
            self.failures.append(str(error))
        except Exception as error:
            self.failures.append(
                f"{item.file.download}: {type(error).__name__}: {error}. Look at it by hand."
            )
        else:
            self.fetched += came.bytes
            self.recorded += came.recorded
            self.empty += came.empty

    def outcome(self, card: Card) -> Outcome:
        """Return it all, in an order that does not hang on which download ended first."""
        lists = (self.failures, self.recorded, self.absent, self.restricted, self.empty)
        return Outcome(card.id, len(card.files), self.fetched, *(tuple(sorted(each)) for each in lists))


def _plan(card: Card, locks: Mapping[str, Lock]) -> list[_Item]:
    """Return the distinct downloads of a card, in the card's order."""
    wanted: dict[str, list[File]] = {}
    for file in card.files:
        wanted.setdefault(file.sha256 or url(card, file), []).append(file)
    return [
        _Item(
            card.id,
            group[0],
            url(card, group[0]),
            frozenset(file.path for file in group if file.archive),
            locks[key],
            card.source.instructions,
        )
        for key, group in wanted.items()
    ]


_RECORD = Lock()
"""Held while the store's record of unverified downloads is rewritten."""


@dataclass(frozen=True)
class _Came:
    """The bytes that had to come for one download, lines on what was recorded, and members that hold nothing."""

    bytes: int
    recorded: tuple[str, ...]
    empty: tuple[str, ...]


def _one(item: _Item, store: Store, transport: Transport, meter: "_Meter") -> _Came:
    """Fetch and, where needed, unpack one item."""
    with item.lock:
        digest = store.digest(item.file, item.address)
        absent = digest is None or not store.verify(digest)
        if item.own:
            transport = Folder()
        if absent and item.instructions and isinstance(transport, Https):
            raise RestrictedError(
                f"{item.file.path} is not fetched by itself. {item.instructions} Lay the files under a folder "
                f"DIR as {mirrored(item.address)}, and run: openner fetch {item.corpus} --mirror DIR"
            )
        if absent and item.file.sha256 and item.file.bytes is not None:
            download(item.address, item.file.sha256, item.file.bytes, store, transport, meter.report)
            digest = item.file.sha256
        elif absent:
            found = download_unverified(item.address, store, transport)
            if digest and found != digest:
                raise WrongContentError(
                    f"{item.address}: when it first came its SHA-256 was {digest}, now it is {found}: the publisher's "
                    "file has changed. Compare both; to take the new one, remove its line from downloads/recorded.json."
                )
            digest = found
            with _RECORD:
                store.record_digest(item.address, found)
        assert digest is not None
        size = store.path(digest).stat().st_size
        missing = {path for path in item.members if not _whole(store.held(digest, path), store)}
        if missing:
            store.record(digest, _unpacked(digest, item, missing, store), missing)
        held = {name: each for path in item.members for name, each in store.held(digest, path).items()}
    meter.report(item.file.bytes or 0)
    line = f"{item.file.download}: bytes: {size}, sha256: {digest}"
    empty = (f"{item.file.download}: {name}" for name in sorted(held) if held[name] == NOTHING)
    return _Came(size if absent else 0, () if item.file.sha256 else (line,), tuple(empty))


def _unpacked(digest: str, item: _Item, members: set[str], store: Store) -> dict[str, str]:
    try:
        return unpack(store.path(digest), item.file.download, members, store)
    except (DamagedArchiveError, UnsafeArchiveError) as error:
        hint = (
            "Compare the card's size and SHA-256 with the publisher's file. An archive that was packed anew is fetched with "
            "--mirror, once the card has its size and SHA-256."
        )
        raise type(error)(f"{error} {hint}") from error


def _whole(held: Mapping[str, str], store: Store) -> bool:
    """Return whether members of an archive are there and, read again, right."""
    return bool(held) and all(store.verify(digest) for digest in held.values())


class _Meter:
    """Adds the progress of one file to the bar of its corpus."""

    def __init__(self, bars: Progress, task: TaskID, stop: Event) -> None:
        self._bars, self._task, self._stop = bars, task, stop
        self._position = 0

    def report(self, position: int) -> None:
        """Take note that ``position`` bytes of the file have come."""
        if self._stop.is_set():
            raise _StoppedError
        self._bars.advance(self._task, position - self._position)
        self._position = position


@contextmanager
def _bars() -> Iterator[Progress]:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        yield bars
