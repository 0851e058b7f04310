"""A copy of the compendium in another folder, in which stages run in a process of its own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from openner_utils.support import paths

CODE = ("openner_utils", "notebooks")
"""What makes a folder a compendium: code, and the notebooks of its stages."""

EVERY_NOTEBOOK = """
# Runs the notebook of each unit of each stage, one after the other, in this process: a kernel for each would take minutes.
from openner_utils.support.process import insist_on_utf8

insist_on_utf8()

import sys
from pathlib import Path

import nbformat
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from openner_utils.config.params import OfUnits, folder, load, units
from openner_utils.pipeline import notebooks
from openner_utils.support.paths import HERE


def outputs_of(shell, cell):
    with capture_output() as captured:
        result = shell.run_cell(cell.source)
    result.raise_error()
    shown = [nbformat.v4.new_output("display_data", each.data, metadata=each.metadata or {}) for each in captured.outputs]
    said = [nbformat.v4.new_output("stream", name="stdout", text=captured.stdout)] if captured.stdout else []
    return said + shown


def execute(script, out, values):
    InteractiveShell.clear_instance()  # a new one for each notebook, and the one that there is: without one, display prints
    shell = InteractiveShell.instance()
    notebook = notebooks.load(script)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = outputs_of(shell, cell)
            if "parameters" in cell.metadata.get("tags", []):
                shell.user_ns.update(values)
    out.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, out)


def main():
    of_stage = units(load(OfUnits, HERE.params))
    for script in sorted(HERE.notebooks.glob("[1-9]*.py")):
        number, _, subject = script.stem.partition("_")
        if number == "80":
            execute(script, HERE.artifacts / "compare" / subject / "page.ipynb", {})
            continue
        for unit in of_stage.get(subject, [{}]):
            parts = [subject, *([folder(unit)] if unit else [])]
            execute(script, HERE.artifacts.joinpath(*parts, "page.ipynb"), unit)


if __name__ == "__main__":
    main()
"""


def compendium(root: Path, values: Mapping[str, object]) -> None:
    """Make ``root`` a compendium with these parameters, without corpora, git or DVC."""
    for name in CODE:
        shutil.copytree(
            paths.ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "*.ipynb")
        )
    (root / "benchmarks").mkdir()
    shutil.copy(paths.BENCHMARKS / "significance.csv", root / "benchmarks")
    (root / "params.yaml").write_text(yaml.safe_dump(dict(values), allow_unicode=True), encoding="utf-8")
    (root / "every_notebook.py").write_text(EVERY_NOTEBOOK, encoding="utf-8")


def run(
    root: Path, words: Sequence[str], environment: Mapping[str, str] | None = None, umask: int = -1
) -> str:
    """Run ``python`` with these words in a copy and return what it says; one that fails fails the test with its words."""
    inherited = {name: value for name, value in os.environ.items() if name != "OPENNER_ROOT"}
    done = subprocess.run(
        [sys.executable, *words],
        cwd=root,
        env=inherited | {"PYTHONPATH": str(root)} | dict(environment or {}),
        umask=umask,
        capture_output=True,
        check=False,
    )
    said = (done.stdout + done.stderr).decode("utf-8", "backslashreplace")
    assert done.returncode == 0, f"{' '.join(words)}\n{said[-3000:]}"
    return said
