"""The manifest of a grid: a file beside its finished runs that says which runs it consists of, and where each stands.

The file is there for people and for `openner runs status`; what is finished is decided by the kept runs alone.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from openner_utils.runs.kept import Kept
from openner_utils.support.documents import read_json
from openner_utils.support.files import write_text
from openner_utils.support.records import Record, parse

NAME = "runs.json"

State = Literal["finished", "missing", "failed"]


class Listed(Record):
    """One run of a grid: what it is called, its ``key``, where it stands, why it failed, and its specification."""

    run: str
    key: str
    state: State
    error: str = ""
    spec: dict[str, Any]


class _Content(Record):
    runs: tuple[Listed, ...]


@dataclass(slots=True)
class Manifest:
    """The runs of the grid whose finished runs lie in ``place``."""

    place: Path
    runs: list[Listed]

    @classmethod
    def begun(cls, kept: Kept, runs: Sequence[tuple[str, str, Mapping[str, Any]]]) -> Self:
        """Return the manifest of a grid that begins or goes on, and write it; ``runs``: key, name and specification of each."""
        listed = [
            Listed(run=name, key=key, state=_state(kept, key, "missing"), spec=dict(spec))
            for key, name, spec in runs
        ]
        made = cls(kept.place, listed)
        made._write()
        return made

    @classmethod
    def read(cls, place: Path) -> Self:
        """Return what lies in ``place``: what was kept since the file was written is finished, what was removed is missing."""
        path = place / NAME
        content = parse(_Content, read_json(path), str(path))
        kept = Kept(place)
        listed = [_at(run, _state(kept, run.key, run.state)) for run in content.runs]
        return cls(place, listed)

    def finished(self, key: str) -> None:
        """Write down that the runs with this key are kept."""
        self._now(key, "finished", "")

    def failed(self, key: str, why: str) -> None:
        """Write down that the runs with this key raised or were lost."""
        self._now(key, "failed", why)

    def counts(self) -> dict[State, int]:
        """Return how many runs stand where; all states, in this order."""
        states: tuple[State, ...] = ("finished", "missing", "failed")
        return {state: sum(run.state == state for run in self.runs) for state in states}

    def _now(self, key: str, state: State, why: str) -> None:
        self.runs = [_at(run, state, why) if run.key == key else run for run in self.runs]
        self._write()

    def _write(self) -> None:
        text = json.dumps({"runs": [run.model_dump() for run in self.runs]}, indent=1) + "\n"
        path = self.place / NAME
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            self.place.mkdir(parents=True, exist_ok=True)
            write_text(path, text)


def all_below(folder: Path) -> Iterator[Manifest]:
    """Yield the manifests of all grids whose runs are kept below ``folder``."""
    for path in sorted(folder.rglob(NAME)):
        yield Manifest.read(path.parent)


def _at(run: Listed, state: State, why: str | None = None) -> Listed:
    error = run.error if why is None and state == "failed" else why or ""
    return run.model_copy(update={"state": state, "error": error})


def _state(kept: Kept, key: str, otherwise: State) -> State:
    if kept.folder(key).is_dir():
        return "finished"
    return "missing" if otherwise == "finished" else otherwise
