"""Running a notebook as a step of the pipeline.

``python -m openner_utils.pipeline.runner notebooks/NN_subject.py OUT.ipynb -p name=value …`` executes a percent script with
Papermill from the compendium's top folder. Unlike Papermill alone it refuses unknown, missing and ill-typed
parameters; writes ``OUT.ipynb`` only when every cell has run, in a form that is byte-identical from run to run;
shows progress on the terminal; and leaves no process behind, however it ends.
"""

import argparse
import logging
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import Any, NoReturn

import nbformat
import papermill
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from openner_utils.config.params import folder
from openner_utils.pipeline import notebooks
from openner_utils.support import files, paths, progress
from openner_utils.support.errors import OpenNERError, unknown
from openner_utils.support.paths import HERE, Place
from openner_utils.support.process import environment, insist_on_utf8, scratch
from openner_utils.support.within import within
from openner_utils.support.words import shortened, visible

# A kernel warns about local TCP ports at each start, and at times of the interrupt that is part of its shutdown.
_QUIET_KERNEL = ["--IPKernelApp.log_level=50"]

# The first argument is the kernel's process group. Ends with standard input: when the runner closes it or dies.
# SIGTERM first, so that Python's resource tracker may remove shared memory.
_WATCHDOG = """
cat >/dev/null
kill -s TERM -- "-$1" || exit 0
for tenth in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    sleep 0.1
    kill -s 0 -- "-$1" || exit 0
done
kill -s KILL -- "-$1"
"""


class CellFailedError(Exception):
    """A run ended in a cell: its 1-based ``cell`` number in the script, and ``what`` happened in one line.

    ``kept`` is the notebook as far as it ran; None if nothing of it could be written.
    """

    def __init__(self, script: Path, cell: int, what: str, kept: Path | None) -> None:
        self.script, self.cell, self.what, self.kept = script, cell, what, kept
        where = f"\n  The notebook as far as it ran: {paths.relative(kept)}" if kept else ""
        super().__init__(f"FAILED {paths.relative(script)} cell {cell}: {what}{where}")


def run(script: Path, out: Path, values: dict[str, Any], place: Place = HERE) -> None:
    """Execute a percent script with parameter ``values`` and write its normalized copy to ``out``.

    Raises `OpenNERError` if the values do not fit the parameters cell, and `CellFailedError` if a cell fails; then
    ``out`` is left as it was and the partly executed notebook is kept under ``.openner/failed/``.
    """
    where = paths.relative(script)
    notebook = notebooks.load(script)
    check(values, notebooks.parameters(notebook, where), where)
    at = 0  # index of the cell that runs now, the injected one included

    with (
        scratch() as room,
        environment(_quiet(place, room)),
        progress.watched(),
        progress.bar(where, len(notebook.cells) + bool(values)) as cells,
        _Guard() as guard,
    ):

        def started(cell_index: int, **_: Any) -> None:
            nonlocal at
            at = cell_index

        part = room / "part.ipynb"
        try:
            executed = papermill.execute_notebook(
                notebook,
                part,
                parameters=values,
                kernel_name="python3",
                cwd=paths.ROOT,
                progress_bar=False,
                # The rest goes to the notebook client.
                kernel_manager_class=guard.kernels,
                extra_arguments=_QUIET_KERNEL,
                connection_file=str(room / "kernel.json"),
                on_cell_start=started,
                on_cell_complete=lambda **_: cells.advance(),
            )
        except (PapermillExecutionError, DeadKernelError, OSError) as error:
            # Papermill puts the cell with this run's values right after the one with the parameters.
            tags = [cell.metadata.get("tags", []) for cell in notebook.cells[:at]]
            number = 1 + at - (bool(values) and any(notebooks.PARAMETERS in each for each in tags))
            raise CellFailedError(
                script, max(number, 1), _one_line(error), _keep(part, out, place)
            ) from error
        files.write_text(out, notebooks.dump(normalize(executed)))
        _failed(out, place).unlink(missing_ok=True)


def _quiet(place: Place, room: Path) -> dict[str, str]:
    """Return what makes kernels quiet, depend on nothing of the user's, order sets alike, and leave nothing behind."""
    settings = place.own / "ipython"
    settings.mkdir(parents=True, exist_ok=True)
    return {
        "IPYTHONDIR": str(settings),
        "JUPYTER_CONFIG_DIR": str(place.own / "jupyter"),
        "JUPYTER_RUNTIME_DIR": str(room / "runtime"),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "PYTHONHASHSEED": "0",
        "TMPDIR": str(room),
    }


def check(values: dict[str, Any], defaults: dict[str, Any], where: str) -> None:
    """Raise `OpenNERError` unless ``values`` give every required parameter, no unknown one, and each in its type."""
    for name, value in values.items():
        if name not in defaults:
            raise OpenNERError(f"{where}: {unknown('parameter', name, defaults)}")
        default = defaults[name]
        if default is ... or default is None:
            continue
        fits = isinstance(value, type(default)) and isinstance(value, bool) == isinstance(default, bool)
        if not fits and not (isinstance(default, float) and type(value) is int):
            raise OpenNERError(
                f"{where}: parameter {name!r} is {value!r}, but a value like {default!r} is wanted. "
                "Values are read as YAML: quote a string that looks like a number."
            )
    missing = [name for name, default in defaults.items() if default is ... and name not in values]
    if missing:
        raise OpenNERError(f"{where}: no value for {', '.join(missing)}. Pass -p {missing[0]}=VALUE.")


def read_values(assignments: list[str]) -> dict[str, Any]:
    """Return the values of ``name=value`` arguments; each value is a YAML 1.2 scalar or list."""
    yaml = YAML(typ="safe", pure=True)
    values: dict[str, Any] = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals or not name.isidentifier():
            raise OpenNERError(f"-p {assignment}: write a parameter as name=value.")
        if name in values:
            raise OpenNERError(f"-p {assignment}: {name} is given twice.")
        try:
            value = yaml.load(text)
        except (YAMLError, ValueError, RecursionError) as error:  # a date that is none is a ValueError
            raise OpenNERError(
                f"-p {shortened(assignment)}: {shortened(repr(text))} is not valid YAML. Quote it."
            ) from error
        for scalar in value if isinstance(value, list) else [value]:
            if not isinstance(scalar, str | int | float | None):
                raise OpenNERError(
                    f"-p {assignment}: only strings, numbers, booleans and lists of them are passed."
                )
        values[name] = value
    return values


def unit_of(stage: str, names: str) -> dict[str, str]:
    """Return the parameters of the unit that DVC runs, which it names in the environment variable DVC_STAGE.

    So no name of params.yaml ever stands in a command that a shell reads.

    >>> unit_of("train@minilm-individual", "encoder-regime")
    {'encoder': 'minilm', 'regime': 'individual'}
    """
    unit, keys = stage.partition("@")[2], names.split("-")
    values = unit.split("-")
    if len(values) != len(keys) or not re.fullmatch(r"[a-z0-9_-]+", unit):
        raise OpenNERError(
            f"--unit {names}: `dvc repro` runs this, and {stage or 'no stage'!r} is no such unit. By hand, name the page that "
            f"is to be written, and pass {' '.join(f'-p {key}=NAME' for key in keys)}."
        )
    return dict(zip(keys, values, strict=True))


def normalize(executed: NotebookNode) -> NotebookNode:
    """Return an executed notebook without what differs between two runs of the same code.

    Times, random cell ids, absolute paths, memory addresses and the way in which streams were cut are gone.
    """
    cells = []
    for number, cell in enumerate(executed.cells, 1):
        tags = {"tags": list(cell.metadata.tags)} if cell.metadata.get("tags") else {}
        kept = nbformat.from_dict({**cell, "id": f"cell-{number:03d}", "metadata": tags})
        if cell.cell_type == "code":
            kept.outputs = [_neutral(output) for output in _joined_streams(cell.outputs)]
        cells.append(kept)
    pairing = "jupytext"  # an executed copy is nobody's twin
    metadata = {key: value for key, value in notebooks.METADATA.items() if key != pairing}
    copy: NotebookNode = nbformat.v4.new_notebook(cells=cells, metadata=metadata)
    return copy


def main(arguments: list[str] | None = None, place: Place = HERE) -> int:
    """Run a notebook and return the exit status; faults are told in a line, without a traceback."""
    insist_on_utf8()
    parser = argparse.ArgumentParser(
        prog="python -m openner_utils.pipeline.runner", description="Run a notebook."
    )
    parser.add_argument("notebook", type=Path, help="percent script, such as notebooks/10_clean.py")
    parser.add_argument(
        "out", type=Path, help="where the executed notebook goes, such as artifacts/clean/page.ipynb"
    )
    parser.add_argument(
        "-p", dest="values", action="append", default=[], metavar="NAME=VALUE", help="parameter"
    )
    parser.add_argument(
        "--unit",
        metavar="NAME-NAME",
        help="take these parameters from the unit that `dvc repro` runs; OUT is then the stage's folder",
    )
    given = parser.parse_args(arguments)
    logging.getLogger("papermill").setLevel(logging.CRITICAL)  # what it would say, we say
    if "DVC_STAGE" in os.environ:
        threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    try:
        out, values = given.out.resolve(), read_values(given.values)
        if given.unit:
            unit = unit_of(os.environ.get("DVC_STAGE", ""), given.unit)
            out, values = within(out, f"{folder(unit)}/page.ipynb", "--unit"), values | unit
        run(given.notebook.resolve(), out, values, place)
    except (OpenNERError, CellFailedError) as error:
        print(visible(str(error)), file=sys.stderr)
        return 1
    except OSError as error:  # before the first cell, or after the last
        print(visible(f"{paths.relative(given.notebook.resolve())}: {_fault(error)}"), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted. The same command continues the work.", file=sys.stderr)
        return 130
    return 0


class _Guard:
    """Ends the kernel and all its children when the block ends, or when this process dies in whatever way.

    In the block SIGINT raises KeyboardInterrupt and SIGTERM SystemExit, with the kernel already ended.
    """

    def __init__(self) -> None:
        self._watchdogs: dict[int, subprocess.Popen[bytes]] = {}
        self._handlers: dict[signal.Signals, Any] = {}
        guard = self

        class Kernels(AsyncKernelManager):
            """Starts kernels under the eyes of the guard."""

            async def _async_launch_kernel(self, kernel_cmd: list[str], **options: Any) -> None:
                await super()._async_launch_kernel(kernel_cmd, **options)
                guard._watch(self.provisioner.pid)  # type: ignore[union-attr]

        self.kernels = Kernels

    def __enter__(self) -> "_Guard":
        for number in (signal.SIGINT, signal.SIGTERM):
            self._handlers[number] = signal.signal(number, self._stop)
        return self

    def __exit__(self, *_: object) -> None:
        for watchdog in self._watchdogs.values():
            watchdog.communicate()  # closes its standard input
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def _watch(self, group: int) -> None:
        """Start the watchdog of a kernel, which leads a process group of its own."""
        self._watchdogs[group] = subprocess.Popen(
            ["/bin/sh", "-c", _WATCHDOG, "watchdog", str(group)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # out of reach of the terminal's Ctrl-C
        )

    def _stop(self, number: int, _: object) -> NoReturn:
        """End the kernel first, or the notebook client would interrupt it and wait for it to end by itself."""
        logging.getLogger("asyncio").disabled = True  # it would complain about the cell that never finished
        for group in self._watchdogs:
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGTERM)
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        sys.exit(128 + number)


def _end_with_parent(parent: int) -> None:
    """End this process when ``parent`` is gone: a stage must not outlive the `dvc` that waits for it."""
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


def _failed(out: Path, place: Place) -> Path:
    """Return where a partly executed notebook goes: not among a stage's outputs, which DVC deletes."""
    inside = out.relative_to(place.root).as_posix() if out.is_relative_to(place.root) else out.name
    return within(place.own / "failed", inside, "the executed notebook")


def _keep(part: Path, out: Path, place: Place) -> Path | None:
    """Keep a notebook as far as it ran, and return where it lies; None where it cannot be read or written."""
    kept = _failed(out, place)
    with suppress(OSError, nbformat.reader.NotJSONError):
        files.write_text(kept, notebooks.dump(normalize(nbformat.read(part, as_version=4))))
        return kept
    return None


def _one_line(error: PapermillExecutionError | DeadKernelError | OSError) -> str:
    """Say what a cell raised, or what kept it from running; our own errors speak for themselves, others are named."""
    if isinstance(error, OSError):
        return f"the notebook cannot run on: {_fault(error)}"
    if isinstance(error, DeadKernelError):
        return "the kernel died, perhaps for want of memory"
    message = _neutral_text(" ".join(error.evalue.split()))
    return message if error.ename in _own_errors(OpenNERError) else f"{error.ename}: {message}"


def _fault(error: OSError) -> str:
    named = error.filename and error.strerror  # papermill raises its own, with a sentence
    what = f"{error.filename}: {error.strerror}" if named else str(error).rstrip(".")
    return f"{what}. Correct this and rerun."


def _own_errors(kind: type[OpenNERError]) -> set[str]:
    return {kind.__name__}.union(*(_own_errors(each) for each in kind.__subclasses__()))


def _joined_streams(outputs: list[NotebookNode]) -> Iterator[NotebookNode]:
    """Yield the outputs with neighbouring pieces of stdout and stderr joined, stdout first.

    How a stream is cut into pieces, and how the two interleave, is a matter of timing.
    """
    for is_stream, group in groupby(outputs, lambda output: output.output_type == "stream"):
        pieces = list(group)
        if not is_stream:
            yield from pieces
            continue
        for name in ("stdout", "stderr"):
            if text := "".join(piece.text for piece in pieces if piece.name == name):
                yield nbformat.v4.new_output("stream", name=name, text=text)


def _neutral(value: Any) -> Any:
    """Return a copy of an output with all its text made independent of place and time."""
    match value:
        case str():
            return _neutral_text(value)
        case dict():
            neutral = {
                key: each if key.startswith(("image/", "application/pdf")) else _neutral(each)
                for key, each in value.items()
            }
            return type(value)(neutral)
        case list():
            return [_neutral(each) for each in value]
        case _:
            return value


_PLACES = [
    (re.compile(re.escape(str(paths.ROOT)) + r"/\.venv/lib/python[\d.]+/site-packages/"), ""),
    (re.compile(re.escape(sys.prefix) + r"/lib/python[\d.]+/site-packages/"), ""),
    (re.compile(re.escape(sys.base_prefix) + r"/lib/python[\d.]+/"), ""),
    (re.compile(re.escape(str(paths.ROOT)) + "/"), ""),
    (re.compile(re.escape(str(paths.ROOT)) + r"\b"), "."),
    (re.compile(r"[^\s\"']*/ipykernel_\d+/\d+\.py"), "<cell>"),
    (re.compile(r"\b0x[0-9a-f]{8,16}\b"), "0x…"),
]


def _neutral_text(text: str) -> str:
    for pattern, neutral in _PLACES:
        text = pattern.sub(neutral, text)
    return text


if __name__ == "__main__":
    sys.exit(main())
