"""What dvc.yaml says about the code, compared with the code: rooms, artifacts, parameters, questions, names and places.

A stage is stale when something in a room that it uses has changed; what was trained or asked is kept all the same, so that
a new wording never trains again. ``problems`` says where the lists are wrong, ``write_deps`` puts those of rooms and
questions right;
``python -m openner_utils.pipeline.deps [--write]`` does it by hand.
"""

import argparse
import re
import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

from dvc.dependency import ParamsDependency
from dvc.repo import Repo
from ruamel.yaml import YAML

from openner_utils.pipeline import notebooks
from openner_utils.support import files, paths
from openner_utils.support.code import PACKAGE, modules
from openner_utils.support.errors import OpenNERError

RUNNER = f"{PACKAGE}.pipeline.runner"
MOST_STAGES = 39  # DVC's own cost grows faster than the number of stages
STAGES = "stages"  # the room of which a stage lists single modules
# where a notebook's subject has modules of the same name
OF_SUBJECTS = (f"{PACKAGE}/analysis", f"{PACKAGE}/pages/wording")
COMPARE, QUESTION = "compare", "question"  # the stage that answers questions, and what its matrix calls them


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


@dataclass(frozen=True)
class Contract:
    """What a stage's module says of itself: the blocks of params.yaml it uses, and the stages whose artifacts it reads."""

    blocks: frozenset[str]
    reads: frozenset[str]


def contracts(names: Iterable[str]) -> dict[str, Contract]:
    """Return the contract of each stage of this name that has a module."""
    found = {}
    for name in names:
        if (paths.PACKAGE / STAGES / f"{name}.py").is_file():
            module = import_module(f"{PACKAGE}.{STAGES}.{name}")
            reads = {artifact.stage for artifact in module.READS} - {name}
            found[name] = Contract(frozenset(module.Params.model_fields), frozenset(reads))
    return found


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
            unit = next((value.split("-") for flag, value in pairwise(rest) if flag == "--unit"), ())
            page = f"{rest[1]}/{stage.unit}/page.ipynb" if unit else rest[1]
            return Run(rest[0], page, (*values, *unit))
        if name.split(".")[0] == PACKAGE:
            module = Run(f"{name.replace('.', '/')}.py")
    return module


def problems(stages: Sequence[Stage], said: Mapping[str, Contract], root: Path = paths.ROOT) -> list[str]:
    """Return, as sentences, everything in which the pipeline and the code disagree.

    ``said``: what the modules of the stages say of themselves (`contracts`).
    """
    found = _question_problems(stages, root)
    if len(stages) > MOST_STAGES:
        found.append(f"The pipeline has {len(stages)} stages; keep it under {MOST_STAGES + 1}.")
    needed: dict[Run, frozenset[str]] = {}
    for run in filter(None, map(executes, stages)):
        if run not in needed and (root / run.code).is_file():
            needed[run] = _needed(run, root)
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
        of_any = frozenset().union(*(needed[each] for each in relatives if each in needed))
        found += _dep_problems(stage, needed[execution], of_any)
        if execution.page:
            found += _value_problems(stage, execution, root)
            found += _name_problems(stage, execution, root)
        if stage.name in said:
            found += _contract_problems(stage, said[stage.name])
    return found


def _question_problems(stages: Sequence[Stage], root: Path) -> list[str]:
    listed = {stage.unit for stage in stages if stage.name == COMPARE}
    there = set(paths.Place(root).questions) if listed else set()
    if listed == there:
        return []
    advice = f"Run: python -m {PACKAGE}.pipeline.deps --write"
    return [f"{COMPARE}: answers {', '.join(sorted(listed))}; there are {', '.join(sorted(there))}. {advice}"]


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
    """Return what a run uses; the modules on its notebook's subject are found by name, not by an import."""
    subject = Path(execution.code).stem.partition("_")[2]
    named = [f"{folder}/{subject}.py" for folder in OF_SUBJECTS]
    codes = [execution.code, *(each for each in named if (root / each).is_file())]
    return frozenset(place(each) for code in codes for each in (code, *modules(code, root)))


def _dep_problems(stage: Stage, needed: frozenset[str], of_any: frozenset[str]) -> list[str]:
    """Compare the lists of rooms with what the stage needs; units of one matrix share a list, so it may hold what ``of_any`` needs."""
    listed = {dep for dep in stage.deps if _is_code(dep)}
    needless = listed - of_any
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


def _contract_problems(stage: Stage, said: Contract) -> list[str]:
    """Compare ``params:`` and the artifacts among ``deps:`` with what the stage's module says of itself."""
    home = f"{paths.ARTIFACTS.name}/"
    reads = {dep.removeprefix(home).split("/")[0] for dep in stage.deps if dep.startswith(home)}
    blocks = {key.split(".")[0] for key in stage.params}
    return [
        *(
            f"{stage}: uses the block {each}, which params does not list."
            for each in sorted(said.blocks - blocks)
        ),
        *(f"{stage}: params lists {each}, which it does not use." for each in sorted(blocks - said.blocks)),
        *(f"{stage}: reads {home}{each}, which deps does not list." for each in sorted(said.reads - reads)),
        *(
            f"{stage}: deps lists {home}{each}, which it does not read."
            for each in sorted(reads - said.reads)
        ),
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
    """Put the lists of rooms and of questions in ``root/dvc.yaml`` right, keeping all else; say if it changed.

    What a matrix spells with ``${…}`` stays as it is.
    """
    source = root / paths.PIPELINE.name
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 118
    yaml.indent(mapping=2, sequence=4, offset=2)
    before = source.read_text(encoding="utf-8")
    content = yaml.load(before)
    changed = _write_questions(content["stages"].get(COMPARE), root)
    if changed:  # the new ones are stages that DVC tells the rooms of
        _dump(yaml, content, source)
    stages = load(root)
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
        _dump(yaml, content, source)
    return changed


def _write_questions(compare: Any, root: Path) -> bool:
    """Put the list of questions right; say if it changed."""
    listed = compare["matrix"][QUESTION] if compare and "matrix" in compare else []
    there = paths.Place(root).questions
    if not listed or list(listed) == list(there):
        return False
    listed[:] = there
    return True


def _dump(yaml: YAML, content: Any, target: Path) -> None:
    with files.atomic(target) as beside:
        # Where a list goes on in the next line, a blank would stay at the end of the first.
        yaml.dump(content, beside, transform=lambda text: re.sub(r" +$", "", text, flags=re.MULTILINE))


def _is_code(dep: str) -> bool:
    top = dep.split("/")[0]
    return top == PACKAGE or (top == paths.NOTEBOOKS.name and dep.endswith(".py"))


def main(arguments: list[str] | None = None) -> int:
    """Say where dvc.yaml and the code disagree, after mending the lists of rooms and questions if asked; return the exit status."""
    parser = argparse.ArgumentParser(prog=f"python -m {PACKAGE}.pipeline.deps", description=main.__doc__)
    parser.add_argument(
        "--write", action="store_true", help="rewrite the lists of rooms and questions in dvc.yaml"
    )
    try:
        if parser.parse_args(arguments).write and write_deps():
            print(f"{paths.relative(paths.PIPELINE)}: lists rewritten")
        stages = load()
        found = problems(stages, contracts({stage.name for stage in stages}))
    except OpenNERError as error:
        found = [str(error)]
    for problem in found:
        print(problem, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
