"""Git in a temporary folder, for tests of what is told of a commit."""

import subprocess
from pathlib import Path

_WHO = ("-c", "user.name=x", "-c", "user.email=x@example.org")


def git(folder: Path, *words: str) -> str:
    """Run Git in a folder, as somebody who may commit, and return what it prints."""
    done = subprocess.run(["git", *_WHO, *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()
