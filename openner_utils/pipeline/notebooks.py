"""Notebooks as text: the percent script that people edit and its .ipynb twin for browsing.

``notebooks/NN_subject.py`` is the source; the twin beside it is generated, holds no output and the same bytes come
out of the same script. Ids follow a cell's content, so that an edit changes the lines of the edited cells only.

``python -m openner_utils.pipeline.notebooks`` rewrites the twins, ``--check`` only names those that are out of step.
"""

import argparse
import ast
import difflib
import hashlib
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbformat import NotebookNode

from openner_utils.support import files, paths
from openner_utils.support.errors import OpenNERError

PARAMETERS = "parameters"
"""Tag of the cell whose assignments are a notebook's parameters."""
INJECTED = "injected-parameters"
"""Tag that Papermill gives to the cell with the values of a run."""

METADATA: dict[str, Any] = {
    # Pairs the two files in JupyterLab: saving one writes the other.
    "jupytext": {
        "cell_metadata_filter": "tags,-all",
        "formats": "ipynb,py:percent",
        "notebook_metadata_filter": "-all",
    },
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def load(script: Path) -> NotebookNode:
    """Return the notebook of a percent script, with fixed metadata and cell ids and without outputs."""
    if not script.is_file():
        near = difflib.get_close_matches(script.name, [each.name for each in script.parent.glob("*.py")], n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise OpenNERError(f"{paths.relative(script)}: there is no such notebook.{hint}")
    try:
        read = jupytext.reads(script.read_text(encoding="utf-8"), fmt="py:percent")
    except (ValueError, SyntaxError) as error:
        raise OpenNERError(f"{paths.relative(script)}: not a percent script: {error}") from error
    seen: Counter[str] = Counter()
    cells = []
    for cell in read.cells:
        content = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:12]
        seen[content] += 1
        tags = {"tags": list(cell.metadata.tags)} if cell.metadata.get("tags") else {}
        make = getattr(nbformat.v4, f"new_{cell.cell_type}_cell")  # code, markdown or raw
        cells.append(make(cell.source, id=f"{content}-{seen[content]}", metadata=tags))
    notebook: NotebookNode = nbformat.v4.new_notebook(cells=cells, metadata=METADATA)
    return notebook


def parameters(notebook: NotebookNode, where: str) -> dict[str, Any]:
    """Return the names assigned in the parameters cell with their defaults; ``...`` marks a required one.

    Without such a cell there are none. ``where`` names the notebook in errors.
    """
    tagged = [cell for cell in notebook.cells if PARAMETERS in cell.metadata.get("tags", [])]
    if len(tagged) > 1:
        raise OpenNERError(f"{where}: {len(tagged)} cells are tagged {PARAMETERS!r}. Keep one.")
    found: dict[str, Any] = {}
    for statement in ast.parse(tagged[0].source).body if tagged else []:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.expr() as value):
                pass
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                pass
            case ast.Expr(value=ast.Constant(value=str())):
                continue
            case _:
                raise OpenNERError(
                    f"{where}: the parameters cell may only assign literals to names, "
                    f"not {ast.unparse(statement)!r}. Move this into the next cell."
                )
        try:
            found[name] = ast.literal_eval(value)
        except ValueError as error:
            raise OpenNERError(
                f"{where}: the default of the parameter {name!r} must be a literal, or ... if it is required."
            ) from error
    return found


def twin(script: Path) -> str:
    """Return the text of the .ipynb twin of a percent script."""
    return dump(load(script))


def dump(notebook: NotebookNode) -> str:
    """Return a notebook as the text of an .ipynb file, keys sorted."""
    return str(nbformat.writes(notebook, version=4)) + "\n"


def sync(folder: Path = paths.NOTEBOOKS, write: bool = True) -> list[Path]:
    """Return the .ipynb files in ``folder`` that do not follow from their script; with ``write``, mend them.

    A twin whose script is gone is one of them, and is removed.
    """
    wanted = {script.with_suffix(".ipynb"): twin(script) for script in sorted(folder.glob("*.py"))}
    stale = [path for path in sorted(folder.glob("*.ipynb")) if path not in wanted]
    stale += [
        path
        for path, text in wanted.items()
        if not path.exists() or path.read_bytes() != text.encode("utf-8")
    ]
    for path in stale if write else []:
        if path in wanted:
            files.write_text(path, wanted[path])
        else:
            path.unlink()
    return sorted(stale)


def main(arguments: list[str] | None = None, folder: Path = paths.NOTEBOOKS) -> int:
    """Bring the twins in step, or with ``--check`` say which are not; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m openner_utils.pipeline.notebooks", description=main.__doc__
    )
    parser.add_argument("--check", action="store_true", help="change nothing; fail if a twin is out of step")
    check = parser.parse_args(arguments).check
    try:
        stale = sync(folder, write=not check)
    except OpenNERError as error:
        print(error, file=sys.stderr)
        return 1
    for path in stale:
        if check:
            print(
                f"{paths.relative(path)}: not in step with its script. Run: python -m openner_utils.pipeline.notebooks"
            )
        else:
            print(f"{paths.relative(path)}: {'written' if path.exists() else 'removed'}")
    return 1 if stale and check else 0


if __name__ == "__main__":
    sys.exit(main())
