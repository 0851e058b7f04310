"""The folder of an export: made beside its place and swapped in whole, and never at the cost of what somebody else put there.

A list of what was written lies in it, with the SHA-256 of each file, so that a later export knows what it may replace.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from openner_utils.support.documents import read_json
from openner_utils.support.errors import OpenNERError, refused_in_rust
from openner_utils.support.files import sha256, write_json

LIST = ".openner-export.json"
MODEL, TAGGER = "openner.json", "opentypes.json"
"""What lies in the folder of a trained model (`encoders.saved`) and in that of one for any types (`opentypes.saved`)."""


def refuse_foreign(out: Path, model: bool = False) -> None:
    """Raise `OpenNERError` unless a folder is new, empty, or holds just what an export wrote there.

    Only another model (``model``) takes the place of a trained one: training took long, and what else is exported can be made again.
    """
    if Path.cwd().is_relative_to(out.resolve()):
        raise OpenNERError(
            f"{out}: the folder that you stand in, or one above it, which cannot be replaced. Name another."
        )
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise OpenNERError(f"{out}: not a folder. Name a new one.")
    if not model and any((out / name).is_file() for name in (MODEL, TAGGER)):
        raise OpenNERError(f"{out}: holds a trained model, which would be lost. Name a new folder.")
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
        what = (
            f"holds what was not written there by this command, such as {changed[0]}"
            if changed
            else "was not written by this command"
        )
        raise OpenNERError(
            f"{out}: {what}. Name a new folder, so that nothing is lost and no old file stays among new ones."
        )


def refuse_changed(folder: Path, except_for: Sequence[str] = ()) -> None:
    """Raise `OpenNERError` where a file that an export wrote into ``folder`` is gone or is not as it was written.

    ``except_for`` names files that may be edited. A folder without a list, as of another tool, is not looked at.
    """
    path = folder / LIST
    listed = read_json(path) if path.is_file() else {}
    if not isinstance(listed, dict):
        raise OpenNERError(
            f"{path}: no list of files with their hashes. Remove it, or write the folder again."
        )
    for name, hash in listed.items():
        if name not in except_for and not ((folder / name).is_file() and sha256(folder / name) == hash):
            raise OpenNERError(
                f"{folder / name}: missing, or not as it was written. Make the folder again, or remove {path} if the change is meant."
            )


@contextmanager
def replaced(out: Path) -> Iterator[Path]:
    """Yield a fresh folder beside ``out``; when the block ends it takes the place of what was there. On an error all stays.

    The place is held until then: long work may stand in the block, and fails before it begins where no folder can be made. Raises
    `OpenNERError` where another process is writing the same folder.
    """
    beside, before = (out.with_name(f".{out.name}.{end}") for end in ("part", "before"))
    made = [folder for folder in out.parents if not folder.exists()]
    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        with _held(beside, out):
            if before.exists() and not out.exists():  # an export was killed between the two renamings below
                before.rename(out)
            try:
                yield beside
                written = sorted(path for path in beside.rglob("*") if path.is_file())
                write_json(
                    beside / LIST, {path.relative_to(beside).as_posix(): sha256(path) for path in written}
                )
                shutil.rmtree(before, ignore_errors=True)
                if out.exists():
                    out.rename(before)
                beside.rename(out)
                shutil.rmtree(before, ignore_errors=True)
            finally:
                shutil.rmtree(beside, ignore_errors=True)
    except BaseException as error:
        for folder in made:
            with suppress(OSError):  # somebody else has put something there
                folder.rmdir()
        if told := refused_in_rust(error, out):
            raise told from error
        raise


@contextmanager
def _held(beside: Path, out: Path) -> Iterator[None]:
    """Make the folder ``beside``, emptied of what a killed process left there, and hold a lock on it, which ends with the process."""
    while True:
        beside.mkdir(exist_ok=True)
        held = os.open(beside, os.O_RDONLY | os.O_DIRECTORY)
        try:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise OpenNERError(
                    f"{out}: another command is writing this folder. Wait until it ends, or name another folder."
                ) from None
            except OSError:  # a file system without locks
                pass
            if not _is_at(held, beside):  # its writer has just put it in place
                continue
            for left in beside.iterdir():
                if left.is_dir() and not left.is_symlink():
                    shutil.rmtree(left)
                else:
                    left.unlink()
            yield
            return
        finally:
            os.close(held)


def _is_at(held: int, folder: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(held), folder.stat())
    except FileNotFoundError:
        return False
