"""Hints work when they are followed: what they name exists, and the command gets further with it.

Further is another place, another fault, or success. Every hint that the fixtures and the tables of troubles bring up is
followed, read as its file is guessed and, for some, by a reader that does not fit.
"""

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from openner_utils.cli import main as cli
from openner_utils.cli.format import OPTIONS, format_of
from openner_utils.ownfiles.find import find
from openner_utils.ownfiles.opening import inspect, raw_file
from openner_utils.ownfiles.score_files import score_files
from openner_utils.ownfiles.writing import convert_file
from openner_utils.readers import READERS, module_of
from openner_utils.support.errors import FormatError, OpenNERError
from tests.ownfiles.test_troubles import TROUBLES
from tests.readers.test_guess_kinds import REFUSED
from tests.reading import FIXTURES

_PLACEHOLDER = re.compile(r"[A-Z]{3,}$|.*…|OLD=NEW")
_COMMAND = re.compile(r"(?:python -c|sed|openner repair) .* (?:> (?:FILE|OUT)[\w.]*|-o OUT(?: --to \w+)?)")
_WAYS = re.compile(r",? or (?:give )?|: |, |; ")
NUMBERS = ("token", "label")


def words_of(way: str) -> list[tuple[str, str]]:
    """Return the options in one way out, each with its value, which may be empty."""
    found: list[tuple[str, str]] = []
    try:
        words = shlex.split(way.strip().removesuffix("."))
    except ValueError:  # a quote of prose
        words = way.strip().removesuffix(".").split()
    for at, word in enumerate(words):
        if word.startswith("--"):
            after = words[at + 1] if at + 1 < len(words) and not words[at + 1].startswith("--") else ""
            value = after if after.startswith("delimiter=") else after.rstrip("`,:;)")
            found.append((word.removeprefix("--").strip("`,.:;)"), value))
    return found


def ways_of(hint: str) -> Iterator[list[tuple[str, str]]]:
    """Yield the ways out that a hint names, each with its options."""
    plain = _COMMAND.sub("", hint)
    for part in re.split(r",? or (?=(?:give )?(?:another )?--)", plain):
        if options := words_of(part[part.index("--") :] if "--" in part else ""):
            yield options


def format_with(options: list[tuple[str, str]], said: dict[str, Any]) -> Any:
    given: dict[str, Any] = dict.fromkeys(OPTIONS) | said
    for name, value in options:
        if name in ("option", "allow", "outside"):
            given[name] = [*(given[name] or []), value]
        else:
            given[name] = int(value) if name in NUMBERS and value.lstrip("-").isdecimal() else value
    return format_of(**given)


def first_error(path: Path, format: Any, reading: str = "strict") -> FormatError | None:
    """Return what stops a file first, if anything does."""
    try:
        opened = inspect(raw_file(path), format).strict()
        if reading == "convert":
            convert_file(opened, path.parent / "converted", "BIOES")
    except FormatError as error:
        return error
    except OpenNERError as error:  # of the command, not of a place in the file
        what, _, hint = str(error).partition(". ")
        return FormatError(path, 0, what, hint)
    return None


def further(before: FormatError, after: FormatError | None) -> bool:
    """Return whether a command got further."""
    return after is None or (after.line, after.what, after.flaw) != (before.line, before.what, before.flaw)


def followed(path: Path, error: FormatError, said: dict[str, Any]) -> None:
    """Follow every way out that an error names."""
    reader = said.get("reader")
    for options in ways_of(error.hint):
        for name, value in options:
            assert name in (*OPTIONS, "prediction-scheme", "align"), f"--{name} is no option ({error})"
            named = next((word for key, word in options if key == "reader" and word in READERS), reader)
            key = value.partition("=")[0]
            if name == "option" and named:
                assert key in module_of(named).Options.model_fields, f"{named} has no option {key} ({error})"
        if all(value and not any(map(_PLACEHOLDER.match, value.split("="))) for _, value in options):
            after = first_error(path, format_with(options, said))
            assert further(error, after), f"{options} does not help: {error}"
    if command := _COMMAND.search(error.hint):
        run(path, command[0], error, said)


def run(path: Path, command: str, error: FormatError, said: dict[str, Any]) -> None:
    """Run a command that a hint gives, in the folder of the file, and read what it wrote."""
    out = path.with_name(f"mended{path.suffix}")
    target = re.search(r"(?:> |-o )((?:FILE|OUT)[\w.]*)", command)
    assert target, command
    command = command.replace(target[0], target[0].replace(target[1], str(out)))
    command = re.sub(r"(?<=< )FILE\b|(?<=repair )FILE\b|(?<=' )FILE\b", str(path), command)
    done = subprocess.run(command, shell=True, cwd=path.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and out.is_file(), (command, done.stderr)
    options = next(ways_of(error.hint), [])
    after = first_error(out, format_with(options, said if options else {}))
    assert further(error, after), f"{command} does not help: {after}"


def contents() -> Iterator[tuple[str, bytes]]:
    for path in sorted(FIXTURES.iterdir()):
        if path.suffix != ".ann":
            yield path.name, path.read_bytes()
    for name, (content, *_) in (REFUSED | TROUBLES).items():
        yield (
            f"{name}.txt".replace(" ", "_").replace("/", "_"),
            content if isinstance(content, bytes) else content.encode(),
        )


CONTENTS = dict(contents())


@pytest.mark.parametrize("name", CONTENTS)
def test_a_hint_works_when_it_is_followed(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(CONTENTS[name])
    beside = (FIXTURES / name).with_suffix(".ann")
    if beside.is_file():
        path.with_suffix(".ann").write_bytes(beside.read_bytes())
    odd = READERS[sum(name.encode()) % len(READERS)]
    for said in ({}, {"reader": odd}):
        error = first_error(path, format_with([], said))
        if error is not None:
            followed(path, error, said)


def test_hints_are_met() -> None:
    """The fixtures bring up hints of every kind that has a command or an option."""
    met: set[str] = set()
    for name, content in CONTENTS.items():
        path = FIXTURES / name
        try:
            opened = inspect(raw_file(path) if path.is_file() else _raw(name, content))
        except FormatError as error:
            met.update(name for way in ways_of(error.hint) for name, _ in way)
            met.update(word.split()[0] for word in _COMMAND.findall(error.hint))
            continue
        met.update(name for fault in opened.faults for way in ways_of(fault.hint) for name, _ in way)
        assert all(fault.hint for fault in find(opened))
    assert met >= {
        "allow",
        "encoding",
        "label",
        "option",
        "reader",
        "scheme",
        "separator",
        "token",
        "python",
        "sed",
    }


def _raw(name: str, content: bytes) -> Any:
    from openner_utils.readers.layout import RawFile

    return RawFile(Path(name), name, content)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("Ada\tB-PER\nran\tO\nOslo\tI-LOC\n", "convert"),
    ],
)
def test_a_command_in_a_hint_names_its_file_and_can_be_run(text: str, command: str, tmp_path: Path) -> None:
    path = tmp_path / "a file's name.tsv"
    path.write_text(text)
    error = first_error(path, None, command)
    assert error is not None
    words = shlex.split(re.search(r"openner .*", error.hint)[0].removesuffix("."))
    assert str(path) in words


GOLD = "Bj\u00f6rn\tB-PER\nvan\tI-PER\nran\tO\n"


@pytest.mark.parametrize(
    "prediction",
    [
        GOLD.replace("I-PER", "E-PER") + "Oslo\tS-LOC\n",
        GOLD.replace("\u00f6", "o\u0308"),
        "Bj\u00f6rn van\tB-PER\nran\tO\n",
        GOLD.replace("van\tI-PER\n", "v\tI-PER\nan\tI-PER\n"),
        GOLD + "\nOslo\tI-LOC\n",
        GOLD.replace("PER", "P\u0415R"),
        GOLD.replace("I-PER", "X-PER"),
    ],
)
def test_a_hint_of_score_works_when_it_is_followed(prediction: str, tmp_path: Path) -> None:
    gold, found = tmp_path / "gold.tsv", tmp_path / "found.tsv"
    gold.write_text(GOLD, encoding="utf-8")
    found.write_text(prediction, encoding="utf-8")
    error = scoring_error(gold, found, [])
    assert error is not None
    for options in ways_of(error.hint):
        assert {name for name, _ in options} <= {*OPTIONS, "prediction-scheme", "align"}
        assert not all(value for _, value in options) or further(
            error, scoring_error(gold, found, options)
        ), error
    if command := _COMMAND.search(error.hint):
        mended = []
        for path in (gold, found):
            mended.append(tmp_path / f"mended.{path.name}")
            words = re.sub(r"< \S+ > \S+", f"< {path} > {mended[-1]}", command[0])
            subprocess.run(words, shell=True, check=True, cwd=tmp_path)
        assert further(error, scoring_error(mended[0], mended[1], []))


def scoring_error(gold: Path, found: Path, options: list[tuple[str, str]]) -> FormatError | None:
    named = dict(options)
    scheme, align = named.pop("prediction-scheme", None), named.pop("align", "tokens")
    try:
        score_files(gold, [found], format_with([*named.items()], {}), scheme, align)
    except FormatError as error:
        return error
    return None


@pytest.mark.parametrize("type", ["WHAT", "AIKA", "TITLE", "two words", "it's", "$(x)"])
def test_a_hint_of_standardize_works_when_it_is_followed(type: str, tmp_path: Path) -> None:
    path, out = tmp_path / "f.tsv", tmp_path / "out.tsv"
    path.write_text(f"Ada\tB-{type}\nran\tO\n")
    words = ["standardize", str(path), "-o", str(out), "--separator", "tab", "--scheme", "IOB2"]
    with pytest.raises(OpenNERError, match="no standardized name is certain") as caught:
        CliRunner().invoke(cli.app, words, catch_exceptions=False)
    maps = re.findall(r"--map (.*?)(?=, or | to drop)", str(caught.value))
    assert len(maps) == 2
    for given in maps:
        (mapped,) = shlex.split(given)
        done = CliRunner().invoke(cli.app, [*words, "--map", mapped.replace("=NAME", "=PER")])
        assert done.exit_code == 0, done.output
    command = re.search(r"openner (taxonomy suggest .*)$", str(caught.value))
    assert command
    done = CliRunner().invoke(cli.app, shlex.split(command[1]))
    assert done.exit_code == 0 and done.stdout, done.output
