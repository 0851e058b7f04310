"""A copy of the compendium in another folder, run there as a user runs it: by commands, in processes of their own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from openner_utils.config.params import OfUnits, blocks, folder, units
from openner_utils.support import paths

CODE = ("openner_utils", "notebooks")
"""What makes a folder a compendium: code, and the notebooks of its stages."""


def compendium(root: Path, values: Mapping[str, object]) -> None:
    """Make ``root`` a compendium with these parameters, without corpora, git or DVC."""
    for name in CODE:
        shutil.copytree(
            paths.ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "*.ipynb")
        )
    (root / "benchmarks").mkdir()
    shutil.copy(paths.BENCHMARKS / "significance.csv", root / "benchmarks")
    (root / "params.yaml").write_text(yaml.safe_dump(dict(values), allow_unicode=True), encoding="utf-8")


def command(*words: str) -> list[str]:
    """Return the command ``python -m …``, which runs the copy's code when it is run inside the copy."""
    return [sys.executable, "-m", *words]


def stages(values: Mapping[str, object]) -> dict[str, list[str]]:
    """Return the command of each unit of each stage, by stage and unit, in an order in which they can run."""
    of_units = units(blocks(OfUnits, values, "params"))
    questions = sorted(path.stem.partition("_")[2] for path in paths.NOTEBOOKS.glob("80_*.py"))
    every = of_units | {"compare": [{"question": question} for question in questions]}
    found = {}
    for path in sorted(paths.NOTEBOOKS.glob("[1-9]*.py")):
        number, _, subject = path.stem.partition("_")
        stage = "compare" if number == "80" else subject
        for unit in every.get(stage, [{}]):
            if stage == "compare" and unit["question"] != subject:
                continue
            given = [word for name, value in unit.items() for word in ("-p", f"{name}={value}")]
            if stage == "compare":
                given = []  # a question is its notebook
            parts = [stage, *([folder(unit)] if unit else [])]
            out = "/".join(["artifacts", *parts, "page.ipynb"])
            found["/".join(parts)] = command(
                "openner_utils.pipeline.runner", f"notebooks/{path.name}", out, *given
            )
    return found


def run(
    root: Path, words: Sequence[str], environment: Mapping[str, str] | None = None, umask: int = -1
) -> str:
    """Run a command in a copy and return what it says; one that fails fails the test with its words."""
    inherited = {name: value for name, value in os.environ.items() if name != "OPENNER_ROOT"}
    done = subprocess.run(
        words,
        cwd=root,
        env=inherited | {"PYTHONPATH": str(root)} | dict(environment or {}),
        umask=umask,
        capture_output=True,
        check=False,
    )
    said = (done.stdout + done.stderr).decode("utf-8", "backslashreplace")
    assert done.returncode == 0, f"{' '.join(words)}\n{said[-3000:]}"
    return said
