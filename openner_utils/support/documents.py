"""Reading YAML and JSON that somebody else may have written: within limits, and with every fault named by file and line.

Size and depth are checked before anything is built, since a parser that is led too deep takes the whole program with it.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from openner_utils.support.errors import OpenNERError
from openner_utils.support.paths import relative
from openner_utils.support.words import shortened

MOST_BYTES = 32 << 20
"""Size of the largest file that is read."""
DEEPEST = 64
"""Levels of lists and mappings inside each other; ours have below ten."""
MOST_VALUES = 1_000_000
"""Values of a YAML file, each alias counted as what it stands for."""
LARGEST = 1 << 53
"""The largest whole number of a YAML file, either way: up to it every program that reads JSON keeps numbers exactly."""
_DECIMAL = re.compile(r"[-+]?(?:0|[1-9]\d*)")
"""A whole number as people write it; YAML takes 010 for 8, 0x10 for 16, 1:30 for 90 and 1_0 for 10."""


_UNFIT = (ValueError, OverflowError, AttributeError, KeyError, IndexError, TypeError)
"""What the library raises where a value is not what its tag says (``!!bool x``)."""


class _Loader(yaml.CSafeLoader):
    """The safe loader (in C, ten times faster), which otherwise keeps the last of two equal keys without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                problem = f"the key {shortened(repr(key.value))} stands there twice"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
            if isinstance(key, yaml.ScalarNode):
                seen.add(key.value)
        return super().construct_mapping(node, deep)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        if isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:int":
            _check_number(node)
        try:
            return super().construct_object(node, deep)
        except _UNFIT as error:  # a date or a number that looks like one and is none
            told = shortened(repr(node.value)) if isinstance(node, yaml.ScalarNode) else "a value"
            problem = f"{told} cannot be read as what it is marked or looks like ({node.tag.rpartition(':')[2]}); quote it if it is a text"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark) from error


def _check_number(node: yaml.ScalarNode) -> None:
    """Raise for a whole number in another notation than decimal digits, or beyond `LARGEST`."""
    told = shortened(repr(node.value))
    if not _DECIMAL.fullmatch(node.value):
        problem = (
            f"{told} is a number in another notation; write it in decimal digits, or quote it if it is a text"
        )
    elif len(node.value) > len(str(LARGEST)) + 1 or abs(int(node.value)) > LARGEST:
        problem = f"{told} is beyond the largest number that is taken, {LARGEST:,}; quote it if it is a text"
    else:
        return
    raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)


def read_yaml(path: Path) -> Any:
    """Return the content of a YAML file; every fault is an `OpenNERError` with file and line."""
    return of_yaml(_text(path), relative(path))


def of_yaml(text: str, where: str) -> Any:
    """Return the value of a YAML text; ``where`` names its origin in error messages."""
    try:
        _check_size(text)
        return yaml.load(text, _Loader)
    except yaml.YAMLError as error:
        raise OpenNERError(_yaml_fault(error, text, where)) from error
    except _UNFIT as error:  # of lists and mappings, which are filled when all has been read
        raise OpenNERError(
            f"{where}: a list or mapping is marked as what it is not ({shortened(str(error))}). Take the mark (!!) away and run again."
        ) from error


def read_mapping(path: Path) -> dict[str, Any]:
    """Return the content of a YAML file that holds keys and values; an empty one holds none."""
    return mapping(_text(path), relative(path))


def mapping(text: str, where: str) -> dict[str, Any]:
    """Return the value of a YAML text that holds keys and values; ``where`` names its origin in error messages."""
    content = of_yaml(text, where)
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise OpenNERError(
            f"{where}:{_line(text)}: {_kind(content)}, where lines of the form `key: value` are wanted. "
            "Correct the file and run again."
        )
    for key in content:
        if not isinstance(key, str):
            raise OpenNERError(
                f"{where}:{_line(text, [key])}: the key {shortened(repr(key))} is {_kind(key)}, not a name. Quote it, or correct the file."
            )
    return content


def line_of(path: Path, *keys: str | int) -> int:
    """Return the 1-based line at which a YAML file has a key or an item: ``line_of(path, "files", 2, "language")``.

    Where the file lacks one of the keys, it is the line of the last one that is there.
    """
    return _line(path.read_text(encoding="utf-8-sig"), keys)


def _line(text: str, keys: Sequence[str | int] = ()) -> int:
    node = yaml.compose(text, yaml.CSafeLoader)
    line = node.start_mark.line if node and not keys else 0
    for key in keys:
        found: tuple[yaml.Node, yaml.Node] | None = None
        if isinstance(node, yaml.MappingNode):
            found = next(((name, value) for name, value in node.value if name.value == str(key)), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
            found = node.value[key], node.value[key]
        if found is None:
            break
        line, node = found[0].start_mark.line, found[1]
    return int(line) + 1


def read_json(path: Path) -> Any:
    """Return the value of a JSON file; every fault is an `OpenNERError` with file and line."""
    return of_json(_text(path), relative(path))


def of_json(text: str, where: str) -> Any:
    """Return the value of a JSON text; ``where`` names its origin in error messages."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise OpenNERError(f"{where}:{error.lineno}: {error.msg}. Correct the file and run again.") from error
    except RecursionError as error:
        raise OpenNERError(
            f"{where}: nested too deeply to be read. Correct the file and run again."
        ) from error
    except ValueError as error:  # a number of thousands of digits
        raise OpenNERError(f"{where}: {error}. Correct the file and run again.") from error


def _text(path: Path) -> str:
    """Return the text of a file that is not too large; a folder or what is not UTF-8 is an `OpenNERError`."""
    where = relative(path)
    try:
        if path.is_file() and (size := path.stat().st_size) > MOST_BYTES:
            raise OpenNERError(
                f"{where}: {size:,} bytes; at most {MOST_BYTES:,} are read. Give a smaller file."
            )
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise OpenNERError(f"{where}: not valid UTF-8 ({error.reason}). Save the file as UTF-8.") from error
    except OSError as error:
        raise OpenNERError(
            f"{where}: {error.strerror}. Put a file there that can be read, and run again."
        ) from error


def _check_size(text: str) -> None:
    """Raise unless a YAML text is neither too deep nor, with its aliases spelled out, too large."""
    sizes: dict[str, int] = {}
    open_at: list[tuple[str | None, int]] = []
    values = 0
    for event in yaml.parse(text, yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionEndEvent):
            anchor, before = open_at.pop()
            if anchor:
                sizes[anchor] = values - before
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor in {anchor for anchor, _ in open_at}:
                raise _limit("an alias of what it lies in", event)
            values += sizes.get(str(event.anchor), 1)
        elif isinstance(event, yaml.NodeEvent):
            values += 1
            if isinstance(event, yaml.CollectionStartEvent):
                open_at.append((event.anchor, values))
                if len(open_at) > DEEPEST:
                    raise _limit(f"nested more than {DEEPEST} levels deep", event)
        if values > MOST_VALUES:
            raise _limit(f"more than {MOST_VALUES:,} values", event)


def _limit(problem: str, event: yaml.Event) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=event.start_mark)  # type: ignore[arg-type]


def _yaml_fault(error: yaml.YAMLError, text: str, where: str) -> str:
    mark = getattr(error, "problem_mark", None)
    # without a mark it is a character that YAML does not allow
    line = mark.line + 1 if mark else text.count("\n", 0, getattr(error, "position", 0)) + 1
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "not valid YAML"
    return f"{where}:{line}: {problem}. Correct the file and run again."


def _kind(value: Any) -> str:
    kinds = {
        list: "a list",
        dict: "a mapping",
        str: "a text",
        bool: "a truth value",
        int: "a number",
        float: "a number",
    }
    return next((name for kind, name in kinds.items() if isinstance(value, kind)), "a date or something else")
