"""Who may read the files of a model: whoever the umask lets, of every file."""

import stat
from pathlib import Path

from openner_utils.encoders.saved import ABOUT


def follow_umask(folder: Path, ours: str = ABOUT) -> None:
    """Give each file of a saved model the mode of ``ours``, a file that we write; safetensors lets nobody but the owner read its own."""
    mode = stat.S_IMODE((folder / ours).stat().st_mode)
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(mode)
