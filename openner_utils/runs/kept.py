"""Folders that long work made, kept under the run's key."""

import shutil
from pathlib import Path


def take(place: Path, key: str, target: Path) -> bool:
    """Copy the folder that is kept under ``key`` in ``place`` to ``target``; say if there was one."""
    if not (place / key).is_dir():
        return False
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(place / key, target)
    return True


def keep(place: Path, key: str, made: Path) -> None:
    """Keep the folder ``made`` under ``key``; of each place only the last one is kept.

    It is copied beside and then renamed, so that an interrupted copy is never taken for a whole one.
    """
    shutil.rmtree(place, ignore_errors=True)
    beside = place / "unfinished"
    shutil.copytree(made, beside)
    beside.rename(place / key)
