"""Checkpoints that are made here, once, of what a package or a file carries in another form."""

import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from openner_utils.support.errors import refused_in_rust


def made_once(folder: Path, make: Callable[[Path], None]) -> Path:
    """Return ``folder``; if it is not there, ``make`` is handed a folder to fill, which then takes its place.

    Several processes may ask at once: each makes it aside, and one of them puts it in place.
    """
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as aside:
            try:
                make(Path(aside) / "made")
            except Exception as error:
                if told := refused_in_rust(error, folder):
                    raise told from error
                raise
            with suppress(OSError):  # another process was faster
                (Path(aside) / "made").rename(folder)
    return folder
