"""An empty path, which a shell variable that is not set leaves behind, is refused by every command that takes a path."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import typer
from typer.testing import CliRunner

from openner_utils.cli import main as cli

LINES = "Ada B-PER\nran O\n"


def commands(command: Any, *words: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the words and the command of every command of a group."""
    for name, each in getattr(command, "commands", {}).items():
        yield from commands(each, *words, name)
    if not hasattr(command, "commands"):
        yield words, command


def takes_path(kind: Any) -> bool:
    return kind is Path or any(map(takes_path, get_args(kind)))


def filled(parameter: Any, value: str) -> list[str]:
    return [max(parameter.opts, key=len), value] if parameter.param_type_name == "option" else [value]


def cases() -> Iterator[Any]:
    """Yield the arguments that leave one path of a command empty, and what that path is called."""
    for words, command in commands(typer.main.get_command(cli.app)):
        for each in command.params:
            if each.name == "help" or not takes_path(each.type_descriptor.annotation):
                continue
            others = [other for other in command.params if other.required and other is not each]
            # Arguments keep their order: what comes before the empty one is filled, and so is what must follow.
            given = sorted([*others, each], key=command.params.index)
            arguments = [word for other in given for word in filled(other, "" if other is each else "given")]
            name = (
                max(each.opts, key=len) if each.opts[0].startswith("-") else each.metavar or each.name.upper()
            )
            yield pytest.param([*words, *arguments], name, id=f"{' '.join(words)} {name}")


@pytest.mark.parametrize(("arguments", "name"), cases())
def test_an_empty_path_is_refused_by_name(
    arguments: list[str], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "given").write_text(LINES)
    done = CliRunner().invoke(cli.app, arguments)
    said = f"{done.exception}{done.output}"
    assert done.exit_code and (f"{name}: an empty path" in said or "Invalid value" in said), said
    assert [path.read_text() for path in tmp_path.iterdir()] == [LINES]


def test_the_current_folder_may_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "in.conll").write_text(LINES)
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert CliRunner().invoke(cli.app, ["convert", "../in.conll", "-o", ".", "--to", "IO"]).exit_code == 0
    assert (tmp_path / "elsewhere" / "in.conll").read_text() == "Ada I-PER\nran O\n"


@pytest.mark.parametrize(
    "command", [["prune", "", "-o", "out"], ["conflicts", "", "given"]], ids=lambda each: each[0]
)
def test_an_empty_name_of_a_corpus_is_not_the_current_folder(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "given").write_text(LINES)
    assert "an empty name" in str(CliRunner().invoke(cli.app, command).exception)
