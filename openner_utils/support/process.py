"""What surrounds this process: environment variables, the encoding of file names, a folder for what is temporary."""

import fcntl
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

_PREFIX, _LOCK = "openner-held-", ".lock"
_YOUNG = 60.0
"""Seconds in which a folder without a lock may be one that is just being made."""


@contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables inside the block, and afterwards what was there before."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def scratch() -> Iterator[Path]:
    """Yield a temporary folder that is removed when the block ends, or, if this process is killed, by the next one's.

    A lock that ends with the process, and with its children, tells which of them nobody uses.
    """
    home = Path(tempfile.gettempdir())
    for left in home.glob(f"{_PREFIX}*"):
        if _abandoned(left):
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    try:
        with open(folder / _LOCK, "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _abandoned(folder: Path) -> bool:
    """Return whether a temporary folder is this user's, and nobody holds it."""
    try:
        if folder.is_symlink() or folder.stat().st_uid != os.getuid():
            return False
        with open(folder / _LOCK) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:  # made just now, or killed before it had its lock
        return folder.exists() and time.time() - folder.stat().st_mtime > _YOUNG
    except OSError:
        return False
    return True


def insist_on_utf8() -> None:
    """Begin this process anew in Python's UTF-8 mode, if it takes file names and text for anything else.

    So a path such as ``größer/`` works in every locale; processes that are started from here inherit the mode.
    """
    if sys.getfilesystemencoding() != "utf-8":
        os.environ["PYTHONUTF8"] = "1"
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
