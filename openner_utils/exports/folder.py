"""The folder of an export: made beside its place and swapped in whole, and never at the cost of what somebody else put there.

A list of what was written lies in it, with the SHA-256 of each file, so that a later export knows what it may replace.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from openner_utils.support.documents import read_json
from openner_utils.support.errors import OpenNERError
from openner_utils.support.files import sha256, write_json

LIST = ".openner-export.json"


def refuse_foreign(out: Path) -> None:
    """Raise `OpenNERError` unless a folder is new, empty, or holds just what an export wrote there."""
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise OpenNERError(f"{out}: not a folder. Name a new one.")
    there = {
        path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_symlink() or not path.is_dir()
    }
    if not there:
        return
    listed = read_json(out / LIST) if LIST in there else {}
    changed = [
        name
        for name in sorted(there - {LIST})
        if (out / name).is_symlink() or not isinstance(listed, dict) or listed.get(name) != sha256(out / name)
    ]
    if changed or not listed:
        what = f"holds what no export wrote there, such as {changed[0]}" if changed else "is no export"
        raise OpenNERError(
            f"{out}: {what}. Name a new folder, so that nothing is lost and no old file stays among new ones."
        )


@contextmanager
def replaced(out: Path) -> Iterator[Path]:
    """Yield a fresh folder beside ``out``; when the block ends it takes the place of what was there. On an error all stays."""
    beside, before = (out.with_name(f".{out.name}.{end}") for end in ("part", "before"))
    shutil.rmtree(beside, ignore_errors=True)  # of an export that was killed
    if before.exists() and not out.exists():
        before.rename(out)
    beside.mkdir(parents=True)
    try:
        yield beside
        written = sorted(path for path in beside.rglob("*") if path.is_file())
        write_json(beside / LIST, {path.relative_to(beside).as_posix(): sha256(path) for path in written})
        shutil.rmtree(before, ignore_errors=True)
        if out.exists():
            out.rename(before)
        beside.rename(out)
        shutil.rmtree(before, ignore_errors=True)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
