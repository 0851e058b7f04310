"""What executors on other machines have in common: jobs are refused where their result would not be that of their key.

A run's key is computed where the grid is: over this code, these versions of libraries, and the device that was asked for
(`openner_utils.runs.key`). A worker elsewhere that differs in any of them must not compute the run.
"""

import hashlib
import os
import pickle
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self

from openner_utils.runs.executors import J, R, Work, raise_named
from openner_utils.runs.key import LIBRARIES
from openner_utils.support import paths
from openner_utils.support.errors import OpenNERError

REQUIREMENTS = "requirements-grids.txt"
"""The packages of executors on other machines."""

_TELL_EVERY = 0.5  # seconds between two words on how far a job is


@dataclass(frozen=True, slots=True)
class Footing:
    """What a run's key says of where it is computed: ``device`` (cpu or cuda), versions of ``libraries``, hash of the ``code``."""

    device: str
    libraries: Mapping[str, str]
    code: str

    @classmethod
    def here(cls, device: str) -> Self:
        """Return this process's own, with the device that was asked for."""
        return cls(device, {name: _version(name) for name in LIBRARIES}, _code(paths.PACKAGE))

    def stand(self) -> None:
        """Take this footing in a worker, before it has loaded torch; `OpenNERError` where that cannot be."""
        if self.device == "cpu":
            os.environ["CUDA_VISIBLE_DEVICES"] = ""
        found = Footing.here(self.device)
        differ = [
            f"{name} {found.libraries[name]} in place of {wanted}"
            for name, wanted in self.libraries.items()
            if found.libraries[name] != wanted
        ]
        if found.code != self.code:
            differ.append("other code of openner_utils, or code that was changed since the grid began")
        if self.device == "cuda" and not _has_gpu():
            differ.append("no GPU, which `run.gpus` asks for")
        if differ:
            raise OpenNERError(
                f"The worker {os.uname().nodename} has {'; '.join(differ)}. Its result would not be that of this run: make the "
                "two alike and run the same command again."
            )


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "no such package"


def _code(package: Path) -> str:
    whole = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        whole.update(f"{path.relative_to(package).as_posix()}\0".encode() + path.read_bytes())
    return whole.hexdigest()


def _has_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


class Told:
    """Progress as a job makes it, told on at most twice a second, and to the last bit when the block ends."""

    def __init__(self, tell: Callable[[float], None]) -> None:
        self._tell, self._untold, self._last = tell, 0.0, time.monotonic()

    def __call__(self, amount: float) -> None:
        """Take in that more has been done."""
        self._untold += amount
        if time.monotonic() - self._last >= _TELL_EVERY:
            self._flush()

    def _flush(self) -> None:
        if self._untold:
            self._tell(self._untold)
        self._untold, self._last = 0.0, time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._flush()


@dataclass(frozen=True, slots=True)
class Raised:
    """The error of a job, as it comes back from a worker: ``trace`` is where it was raised there."""

    error: Exception
    trace: str

    def again(self, job: object) -> NoReturn:
        """Raise it here, with the job's name."""
        if not isinstance(self.error, OpenNERError):
            self.error.add_note(self.trace)
        raise_named(self.error, job)


def carry_out_elsewhere(
    footing: Footing, work: Work[J, R], job: J, tell: Callable[[float], None]
) -> R | Raised:
    """Carry out one job in a worker; ``tell`` is told of progress."""
    try:
        footing.stand()
        with Told(tell) as advance:
            return work(job, advance)
    except Exception as error:
        trace = "".join(traceback.format_exception(error))
        try:
            pickle.loads(pickle.dumps(error))
        except Exception:  # an error that cannot travel is told in words
            return Raised(RuntimeError(f"{type(error).__name__}: {error}"), trace)
        return Raised(error, trace)
