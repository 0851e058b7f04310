"""A copy of the compendium's code in a temporary folder, for tests that change it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from openner_utils.support import paths

CODE = ("openner_utils", "notebooks", "dvc.yaml", "params.yaml")


def clone(root: Path) -> Path:
    """Copy the code, the notebooks and the pipeline to ``root``; a DVC project without git."""
    for name in CODE:
        source = paths.ROOT / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__", "*.ipynb"))
        else:
            shutil.copy(source, root / name)
    (root / ".dvc").mkdir()
    (root / ".dvc" / "config").write_text("[core]\n    no_scm = true\n    analytics = false\n")
    return root


def python(root: Path, *arguments: str) -> str:
    """Run Python on the code of a clone and return what it prints."""
    environment = {name: value for name, value in os.environ.items() if name != "OPENNER_ROOT"}
    done = subprocess.run(
        [sys.executable, *arguments],
        env=environment | {"PYTHONPATH": str(root)},
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout
