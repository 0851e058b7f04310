"""Checkpoints that are made here, once, of what a package or a file carries in another form."""

import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def made_once(folder: Path, make: Callable[[Path], None]) -> Path:
    """Return ``folder``; if it is not there, ``make`` is handed a folder to fill, which then takes its place.

    Several processes may ask at once: each makes it aside, and one of them puts it in place.
    """
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as aside:
            make(Path(aside) / "made")
            with suppress(OSError):  # another process was faster
                (Path(aside) / "made").rename(folder)
    return folder
