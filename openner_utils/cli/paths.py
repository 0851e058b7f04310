"""What no path of the command line may be. None is empty: ``Path("")`` is the current folder, and a shell variable that was never set must not name that."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from typer.core import TyperGroup

from openner_utils.support.errors import OpenNERError
from openner_utils.support.files import STANDARD

NO_FOLDER = "-: standard output is a stream, and what this command writes goes into a folder. Name one."
EMPTY = "an empty path. Name a file or a folder; . is the current one, and a shell variable that is not set is empty."


class NoEmptyPath(TyperGroup):
    """The commands of ``openner``, each of which refuses an empty path by the name of its parameter."""

    def __init__(self, *given: Any, **named: Any) -> None:
        """Take what Typer makes of the commands, and guard every parameter of every one."""
        super().__init__(*given, **named)
        for command in _every(self):
            for parameter in command.params:
                as_typer_does = parameter.process_value
                parameter.process_value = partial(_process, as_typer_does, parameter)


def folder(path: Path | None) -> Path | None:
    """Return the folder that an option names; it is no stream, so ``-`` is refused before a folder of that name is made."""
    if path == STANDARD:
        raise OpenNERError(NO_FOLDER)
    return path


def refuse_over(out: Path, source: Path, model: Path, types: Path | None = None) -> None:
    """Refuse to write over what is read: the file that a model is asked about, that of ``types``, or the model."""
    if out == STANDARD:
        return
    for each in (source, types):
        if each not in (None, STANDARD) and out.exists() and each.exists() and out.samefile(each):
            raise OpenNERError(f"{out}: the file that is read. Name another, so that it is not lost.")
    if out.resolve().is_relative_to(model.resolve()):
        raise OpenNERError(f"{out}: lies in the folder of the model. Name a file elsewhere.")


def result(out: Path, *read: Path | None) -> None:
    """Refuse a place where a command cannot put its result, before it works: a stream, a folder, a device, or a file that it reads."""
    if out == STANDARD:
        raise OpenNERError(
            "-: standard output is a stream, and what this command writes is a file. Name one."
        )
    if out.is_dir():
        raise OpenNERError(f"{out}: a folder, where a file is to be written. Name a file in it.")
    if out.exists() and not out.is_file():
        raise OpenNERError(f"{out}: a device, pipe or socket, which no file may replace. Name a file.")
    for each in read:
        if each is not None and out.exists() and each.exists() and out.samefile(each):
            raise OpenNERError(f"{out}: the file that is read. Name another, so that it is not lost.")


def beside(page: Path, out: Path | None, *read: Path | None) -> None:
    """Refuse a place for a page that `result` refuses, one in a folder that is read where a file lies, and one in ``out``.

    The folder ``out`` is replaced whole the next time, and not while a file lies there that this command did not list.
    """
    result(page, *read)
    if page.exists() and any(
        each and each.is_dir() and page.resolve().is_relative_to(each.resolve()) for each in read
    ):
        raise OpenNERError(f"{page}: lies in a folder that is read. Name another, so that it is not lost.")
    if out is not None and page.resolve().is_relative_to(out.resolve()):
        raise OpenNERError(
            f"{page}: lies in {out}, which is replaced whole each time. Name a file beside it, such as {out}.html."
        )


def _every(command: Any) -> Iterator[Any]:
    """Yield a command, or those of a group and of the groups in it."""
    within = getattr(command, "commands", None)
    if within is None:
        yield command
        return
    for each in within.values():
        yield from _every(each)


def _process(as_typer_does: Any, parameter: Any, context: Any, value: Any) -> Any:
    """Return what Typer makes of a value; once it is a path, nobody can tell ``""`` from ``.``."""
    made = as_typer_does(context, value)
    pairs = zip(value or (), made or (), strict=True) if isinstance(made, list | tuple) else ((value, made),)
    if any(raw == "" and isinstance(path, Path) for raw, path in pairs):
        option = parameter.param_type_name == "option"
        name = max(parameter.opts, key=len) if option else parameter.metavar or parameter.name.upper()
        raise OpenNERError(f"{name}: {EMPTY}")
    return made
