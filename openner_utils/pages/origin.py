"""Where pages and papers come from: the commit, the machine and the packages of the process that writes them.

What they were computed from is told by content (`passport`), which holds on every machine; this says where to begin looking when
it does not.
"""

import os
import platform
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("torch", "transformers", "pandas", "dvc")
"""The packages whose versions are named; all of them are pinned by the file of packages."""
COMMAND = "dvc repro"
"""What runs the pipeline; `make reproduce` sets up its environment before, and compares its tables afterwards."""
_WRITTEN = (":!dvc.lock", ":!reports")
"""Tracked files that a run or `openner verify --accept` writes; changes of theirs are no other code."""
UNKNOWN = "not known (without git)"


def commit(root: Path) -> str:
    """Return the hash and the date of the commit of a work tree, and whether tracked files that decide results differ from it.

    It is read behind the word "commit", which whoever shows it writes.
    """
    if shutil.which("git") is None:
        return UNKNOWN
    told = [
        subprocess.run(["git", "-C", root, *words], capture_output=True, text=True, check=False)
        for words in (
            ["log", "-1", "--format=%H of %cs"],
            ["status", "--porcelain", "--untracked-files=no", "--", ".", *_WRITTEN],
        )
    ]
    if any(each.returncode for each in told):
        return UNKNOWN
    changed = len(told[1].stdout.splitlines())
    return told[0].stdout.strip() + (f" with {changed} tracked files changed" if changed else "")


def told(root: Path) -> dict[str, str]:
    """Return all of it, by what it is: the commit that lies at ``root``, the command, this machine and its packages."""
    return {"commit": commit(root), "command": COMMAND, "machine": machine(), "packages": packages()}


def machine() -> str:
    """Return the processor, how many of its cores there are, and the system."""
    return f"{processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"


def packages() -> str:
    """Return the versions of Python and of the packages that decide most."""
    return ", ".join(
        [f"Python {platform.python_version()}", *(f"{each} {version(each)}" for each in PACKAGES)]
    )


def processor() -> str:
    """Return what the processor calls itself."""
    told = Path("/proc/cpuinfo")  # `platform.processor` is empty on most Linux systems
    lines = told.read_text("utf-8", errors="replace").splitlines() if told.is_file() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or platform.processor() or "unknown processor"
