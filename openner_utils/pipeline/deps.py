"""What dvc.yaml says about the code, compared with the code: rooms, parameters, names and places.

A stage is stale when something in a room that it uses has changed; what was trained or asked is kept all the same, so that
a new wording never trains again. ``problems`` says where the lists are wrong, ``write_deps`` puts them right;
``python -m openner_utils.pipeline.deps [--write]`` does it by hand.
"""

import argparse
import ast
import re
import shlex
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from dvc.dependency import ParamsDependency
from dvc.repo import Repo
from ruamel.yaml import YAML

from openner_utils.pipeline import notebooks
from openner_utils.support import files, paths
from openner_utils.support.code import PACKAGE, imported, modules
from openner_utils.support.errors import OpenNERError

RUNNER = f"{PACKAGE}.pipeline.runner"
MOST_STAGES = 39  # DVC's own cost grows faster than the number of stages
STAGES = "stages"  # the room of which a stage lists single modules
NOT_A_RESULT = "run"  # the params block that changes how a run is carried out, never what comes out


@dataclass(frozen=True)
class Stage:
    """One stage as DVC runs it: ``name`` of its block, ``unit`` of a matrix or "", and what the block lists.

    ``params`` are dotted keys; all paths are relative to the top folder, with slashes.
    """

    name: str
    unit: str
    commands: tuple[str, ...]
    deps: tuple[str, ...]
    params: tuple[str, ...]
    outs: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name}@{self.unit}" if self.unit else self.name


@dataclass(frozen=True)
class Run:
    """What a command executes: a notebook with its executed copy and parameters, or a module."""

    code: str
    page: str = ""
    values: tuple[str, ...] = ()


def load(root: Path = paths.ROOT) -> list[Stage]:
    """Return the stages of ``root/dvc.yaml``, each matrix expanded."""
    with Repo(str(root), uninitialized=True) as repo:
        return sorted(
            (_stage(each) for each in repo.index.stages if getattr(each, "name", None)),
            key=lambda stage: (stage.name, stage.unit),
        )


def _stage(each: Any) -> Stage:
    name, _, unit = each.name.partition("@")
    return Stage(
        name,
        unit,
        tuple([each.cmd] if isinstance(each.cmd, str) else each.cmd),
        tuple(dep.def_path for dep in each.deps if not isinstance(dep, ParamsDependency)),
        tuple(key for dep in each.deps if isinstance(dep, ParamsDependency) for key in dep.params),
        tuple(out.def_path for out in each.outs),
    )


def executes(stage: Stage) -> Run | None:
    """Return the notebook that a stage runs, else the module of the package, else None."""
    module = None
    for command in stage.commands:
        words = shlex.split(command)
        if "-m" not in words[:-1]:
            continue
        name, *rest = words[words.index("-m") + 1 :]
        if name == RUNNER:
            values = tuple(value.partition("=")[0] for flag, value in pairwise(rest) if flag == "-p")
            return Run(rest[0], rest[1], values)
        if name.split(".")[0] == PACKAGE:
            module = Run(f"{name.replace('.', '/')}.py")
    return module


def blocks(codes: Iterable[str], root: Path = paths.ROOT) -> frozenset[str]:
    """Return the blocks of params.yaml that files load by name: ``params.load("train", "limits")``.

    Raises `OpenNERError` where the names are not literal: then nobody can tell what a stage depends on.
    """
    found: set[str] = set()
    for code in codes:
        tree = _tree(code, root)
        loaders = {
            alias.asname or alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module == f"{PACKAGE}.config.params"
            for alias in node.names
            if alias.name == "load"
        }
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not _loads_params(node.func, loaders):
                continue
            names = [each.value for each in node.args if isinstance(each, ast.Constant)]
            if len(names) != len(node.args) or not names:
                raise OpenNERError(
                    f"{code}:{node.lineno}: {ast.unparse(node)} must name its blocks in literal strings, "
                    "so that the pipeline can list them."
                )
            found.update(str(name) for name in names)
    return frozenset(found)


def _loads_params(function: ast.expr, loaders: set[str]) -> bool:
    match function:
        case ast.Name(id=name):
            return name in loaders
        case ast.Attribute(value=ast.Name(id="params") | ast.Attribute(attr="params"), attr="load"):
            return True
        case _:
            return False


def problems(stages: Sequence[Stage], root: Path = paths.ROOT) -> list[str]:
    """Return, as sentences, everything in which the pipeline and the code disagree."""
    found: list[str] = []
    if len(stages) > MOST_STAGES:
        found.append(f"The pipeline has {len(stages)} stages; keep it under {MOST_STAGES + 1}.")
    for stage in stages:
        found += [
            f"{stage}: {out} lies inside data/, which is only ever built from samples/ or downloads/."
            for out in stage.outs
            if Path(out).parts[0] == paths.DATA.name
        ]
        execution = executes(stage)
        if execution is None:
            continue
        if not (root / execution.code).is_file():
            found.append(f"{stage}: {execution.code} does not exist.")
            continue
        relatives = [executes(each) for each in stages if each.name == stage.name]
        found += _dep_problems(stage, execution, [each for each in relatives if each], root)
        if execution.page:
            found += _value_problems(stage, execution, root)
            found += _name_problems(stage, execution, root)
        found += _param_problems(stage, execution, root)
    return found


def place(module: str) -> str:
    """Return what a stage lists for a module: its room, with all that lies there (YAML, prompts, templates too).

    A stage's own module, and what lies in no room, are listed by themselves.

    >>> place("openner_utils/core/columns.py"), place("openner_utils/stages/train.py"), place("notebooks/40_train.py")
    ('openner_utils/core', 'openner_utils/stages/train.py', 'notebooks/40_train.py')
    """
    parts = module.split("/")
    if parts[0] != PACKAGE or len(parts) < 3 or parts[1] == STAGES:
        return module
    return "/".join(parts[:2])


def _needed(execution: Run, root: Path) -> frozenset[str]:
    return frozenset(map(place, modules(execution.code, root))) | {execution.code}


def _dep_problems(stage: Stage, execution: Run, relatives: list[Run], root: Path) -> list[str]:
    """Compare the lists of rooms; units of one matrix share a list, so each may list what another one needs."""
    listed = {dep for dep in stage.deps if _is_code(dep)}
    needed = _needed(execution, root)
    needless = listed - frozenset().union(
        *(_needed(each, root) for each in relatives if (root / each.code).is_file())
    )
    advice = f"Run: python -m {PACKAGE}.pipeline.deps --write"
    found = []
    if missing := ", ".join(sorted(needed - listed)):
        found.append(f"{stage}: uses {missing}, which deps does not list. {advice}")
    if needless:
        found.append(f"{stage}: deps lists {', '.join(sorted(needless))}, which it does not use. {advice}")
    return found


def _value_problems(stage: Stage, execution: Run, root: Path) -> list[str]:
    notebook = notebooks.load(root / execution.code)
    wanted, passed = set(notebooks.parameters(notebook, execution.code)), set(execution.values)
    return [
        *(
            f"{stage}: {execution.code} has the parameter {each}, which cmd does not pass."
            for each in sorted(wanted - passed)
        ),
        *(
            f"{stage}: cmd passes {each}, which {execution.code} does not have."
            for each in sorted(passed - wanted)
        ),
    ]


def _param_problems(stage: Stage, execution: Run, root: Path) -> list[str]:
    """Compare the blocks that the code loads with the ``params:`` list.

    Counted are the notebook, what it imports itself, and every module below that is not another stage's.
    """
    used = modules(execution.code, root)
    direct = set(imported(execution.code, root)) | {execution.code}
    others = {each for each in used if each.startswith(f"{PACKAGE}/stages/")} - direct
    loaded = blocks(sorted((used | direct) - others - {f"{PACKAGE}/config/params.py"}), root) - {NOT_A_RESULT}
    listed = {key.split(".")[0] for key in stage.params}
    return [
        *(
            f"{stage}: loads the block {each}, which params does not list."
            for each in sorted(loaded - listed)
        ),
        *(f"{stage}: params lists {each}, which it does not load." for each in sorted(listed - loaded)),
    ]


def _name_problems(stage: Stage, execution: Run, root: Path) -> list[str]:
    """Check one name in four places: stage, notebook, module in stages/, folder in artifacts/.

    A question's notebook has the question's name, which is the unit of its stage.
    """
    found = []
    notebook = re.fullmatch(r"notebooks/\d\d_(\w+)\.py", execution.code)
    if not notebook or notebook[1] not in (stage.name, stage.unit):
        found.append(f"{stage}: its notebook should be notebooks/NN_{stage.name}.py, not {execution.code}.")
    module = f"{PACKAGE}/stages/{stage.name}.py"
    if module not in modules(execution.code, root):
        found.append(f"{stage}: {execution.code} does not import {module}.")
    home = f"{paths.ARTIFACTS.name}/{stage.name}/"
    if not execution.page.startswith(home):
        found.append(f"{stage}: its executed notebook should lie in {home}, not at {execution.page}.")
    if not any(Path(execution.page).is_relative_to(out) for out in stage.outs):
        found.append(f"{stage}: {execution.page} is in none of its outs.")
    found += [
        f"{stage}: {out} should lie in {home} or {paths.REPORTS.name}/."
        for out in stage.outs
        if not out.startswith((home, home.rstrip("/"), f"{paths.REPORTS.name}/"))
    ]
    return found


def write_deps(root: Path = paths.ROOT) -> bool:
    """Put the lists of rooms in ``root/dvc.yaml`` right, keeping all else and its comments; say if it changed.

    What a matrix spells with ``${…}`` stays as it is.
    """
    source = root / paths.PIPELINE.name
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    before = source.read_text(encoding="utf-8")
    content = yaml.load(before)
    stages = load(root)
    changed = False
    for name, entry in content["stages"].items():
        block = entry.get("do", entry)
        mine = [stage for stage in stages if stage.name == name]
        runs = [each for each in map(executes, mine) if each and (root / each.code).is_file()]
        listed = block.setdefault("deps", []) if runs else []
        spelled = {dep for stage in mine for dep in stage.deps} - set(listed)  # by ${…}
        needed = frozenset().union(*(_needed(each, root) for each in runs)) - spelled
        for index in reversed(range(len(listed))):
            if _is_code(listed[index]) and "${" not in listed[index] and listed[index] not in needed:
                del listed[index]
                changed = True
        for each in sorted(needed - set(listed)):
            listed.append(each)
            changed = True
    if changed:
        with files.atomic(source) as beside:
            yaml.dump(content, beside)
    return changed


def _is_code(dep: str) -> bool:
    top = dep.split("/")[0]
    return top == PACKAGE or (top == paths.NOTEBOOKS.name and dep.endswith(".py"))


def _tree(code: str, root: Path) -> ast.Module:
    return ast.parse((root / code).read_text(encoding="utf-8"), filename=code)


def main(arguments: list[str] | None = None) -> int:
    """Say where dvc.yaml and the code disagree, after mending the lists of rooms if asked; return the exit status."""
    parser = argparse.ArgumentParser(prog=f"python -m {PACKAGE}.pipeline.deps", description=main.__doc__)
    parser.add_argument("--write", action="store_true", help="rewrite the lists of rooms in dvc.yaml")
    try:
        if parser.parse_args(arguments).write and write_deps():
            print(f"{paths.relative(paths.PIPELINE)}: lists of rooms rewritten")
        found = problems(load())
    except OpenNERError as error:
        found = [str(error)]
    for problem in found:
        print(problem, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
