"""Is what people read still what the pipeline would make? Stale and hand-edited artifacts, figures, tables and pages by name.

DVC has written down of each stage what it read and made (dvc.lock). Where something that a stage reads has changed since, all that was
made from it is stale; where something that a stage made has changed, somebody edited it. Nothing is asked of a network.
"""

import hashlib
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from openner_utils.core.artifacts import PASSPORT
from openner_utils.support.documents import read_json
from openner_utils.support.paths import Place

NAMED = 5
"""Files of a changed folder that are named as the cause; of more, the number is said."""
_DRAWN = (".svg", ".csv")


@dataclass(slots=True)
class Freshness:
    """``stale``: what is stale → why; ``edited``: what was changed after it was made → how; ``known``: whether DVC ran anything here."""

    stale: dict[str, list[str]] = field(default_factory=dict)
    edited: dict[str, str] = field(default_factory=dict)
    known: bool = True

    @property
    def fresh(self) -> bool:
        """Whether nothing is named."""
        return not (self.stale or self.edited)

    def __str__(self) -> str:
        if not self.known and self.fresh:
            return "DVC has run nothing here (dvc.lock), so what is stale cannot be told."
        if self.fresh:
            return "Every artifact, figure, table and page is what the pipeline made from what lies here."
        lines = []
        by_cause: dict[tuple[str, ...], list[str]] = {}
        for what, why in self.stale.items():
            by_cause.setdefault(tuple(why), []).append(what)
        for causes, products in by_cause.items():
            lines += [
                f"Stale, since other than when they were made: {'; '.join(causes)}",
                *(f"  {product}" for product in sorted(products)),
            ]
        if self.stale:
            lines.append("  dvc repro makes them anew.")
        if self.edited:
            lines += [
                "Changed after they were made:",
                *(f"  {what}: {how}" for what, how in sorted(self.edited.items())),
            ]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class _Stage:
    """A stage as DVC sees it: what it makes, the stages it reads from, and its own changed ``causes``."""

    name: str
    outs: tuple[str, ...]
    above: tuple[str, ...]
    causes: tuple[str, ...]


def look(place: Place) -> Freshness:
    """Return what is stale and what was edited in the run at ``place``."""
    found = Freshness(edited=dict(_committed(place)))
    if not (place.lock.is_file() and (place.root / ".dvc").is_dir()):
        found.known = False
        return found
    stages = {stage.name: stage for stage in _stages(place, found)}
    causes = _causes(stages)
    for name, why in causes.items():
        if why:
            made = (out for out in stages[name].outs if out != place.relative(place.data))
            found.stale |= dict.fromkeys(made, why)
    found.stale |= dict(_drawn(place, stages, causes))
    found.stale |= dict(_pages(place, stages, causes))
    return found


def _stages(place: Place, found: Freshness) -> Iterator[_Stage]:
    """Yield every stage of the pipeline and what pins data/; what was edited goes to ``found``."""
    from dvc.repo import Repo  # takes a third of a second

    with Repo(str(place.root)) as repo, repo.lock:
        graph = repo.index.graph
        cache = Path(repo.cache.local.path)
        # DVC calls stages and paths by where this process was started; these names hang on nothing.
        names = {stage: getattr(stage, "name", None) or Path(stage.path).name for stage in repo.index.stages}
        for stage, name in names.items():
            paths = {str(each): each for each in (*stage.deps, *stage.outs)}
            causes: list[str] = []
            for changed in next(iter(stage.status().values()), []):
                if isinstance(changed, str):  # "changed command", "always changed"
                    causes.append(f"{name}: {changed}")
                    continue
                for told, how in changed.get("changed deps", {}).items():
                    if isinstance(how, Mapping):  # keys of params.yaml
                        causes += [f"{Path(told).name}: {key}" for key in how]
                    else:
                        path = _path(repo, paths[told])
                        causes += _some(path, _inside(place, path, paths[told], cache))
                for told, how in changed.get("changed outs", {}).items():
                    path = _path(repo, paths[told])
                    files = _inside(place, path, paths[told], cache)
                    if path == place.relative(place.data):
                        causes += _some(path, files)
                    found.edited |= dict.fromkeys(files or [path], str(how))
            outs = tuple(_path(repo, out) for out in stage.outs)
            yield _Stage(name, outs, tuple(names[each] for each in graph.successors(stage)), tuple(causes))


def _path(repo: Any, output: Any) -> str:
    """Return the path of what DVC calls an output, from the top folder."""
    path = Path(output.fs_path)
    return path.relative_to(repo.root_dir).as_posix() if path.is_relative_to(repo.root_dir) else str(path)


def _some(path: str, files: list[str]) -> list[str]:
    if len(files) > NAMED:
        return [*files[:NAMED], f"{len(files) - NAMED} more of {path}"]
    return files or [path]


def _inside(place: Place, path: str, output: Any, cache: Path) -> list[str]:
    """Return the files of a folder that differ from what DVC keeps of it; none where it keeps nothing, or of a file."""
    digest = output.hash_info.value or ""
    listing = cache / digest[:2] / digest[2:]
    folder = place.root / path
    if not digest.endswith(".dir") or not listing.is_file():
        return []
    rows = read_json(listing)
    known = {str(row["relpath"]): str(row["md5"]) for row in rows} if isinstance(rows, list) else {}
    there = {each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file()}
    ignored = {name for name in there - known.keys() if "__pycache__" in name or name.endswith(".pyc")}
    changed = [
        name
        for name in sorted((there | known.keys()) - ignored)
        if name not in there or name not in known or _md5(folder / name) != known[name]
    ]
    return [f"{path}/{name}" for name in changed]


def _md5(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _causes(stages: Mapping[str, _Stage]) -> dict[str, list[str]]:
    """Return stage → what has changed of all that it is made from, its own dependencies first."""
    known: dict[str, list[str]] = {}

    def of(name: str) -> list[str]:
        if name not in known:
            above = [each for each in stages[name].above if each in stages]
            whole = [*stages[name].causes, *(cause for each in above for cause in of(each))]
            known[name] = list(dict.fromkeys(whole))
        return known[name]

    # That an artifact is another one says less than what it was made anew for, where that is known.
    roots = {name: [each for each in of(name) if not each.startswith("artifacts/")] for name in stages}
    return {name: roots[name] or of(name) for name in stages}


def _owner(stages: Mapping[str, _Stage], path: str) -> str:
    """Return the stage that makes a path."""
    return next(
        (
            name
            for name, stage in stages.items()
            if any(path == out or path.startswith(f"{out}/") for out in stage.outs)
        ),
        "",
    )


def _drawn(
    place: Place, stages: Mapping[str, _Stage], causes: Mapping[str, list[str]]
) -> Iterator[tuple[str, list[str]]]:
    """Yield each stale figure and table, by the sources that its passport names."""
    passport = PASSPORT.path(place.artifacts)
    if not passport.is_file():
        return
    for what, rows in pd.read_parquet(passport).groupby("what"):
        own = stages[owner].causes if (owner := _owner(stages, str(what))) else ()
        why = [*own, *(each for source in rows["source"] for each in causes.get(_owner(stages, source), ()))]
        if why:
            yield str(what), list(dict.fromkeys(why))


def _pages(
    place: Place, stages: Mapping[str, _Stage], causes: Mapping[str, list[str]]
) -> Iterator[tuple[str, list[str]]]:
    """Yield each stale page: that of a stage's unit by what that is made from, all others by what any is."""
    units = {name.replace("@", "-"): name for name in stages}
    owner = _owner(stages, place.relative(place.pages))
    for page in sorted(place.pages.glob("*.html")) if owner else ():
        unit = units.get(page.stem)
        why = [*stages[owner].causes, *causes[unit]] if unit else causes[owner]
        if why:
            yield place.relative(page), list(dict.fromkeys(why))


def _committed(place: Place) -> Iterator[tuple[str, str]]:
    """Yield the committed tables and figures that are neither as committed nor as the run made them."""
    done = subprocess.run(
        ["git", "status", "--porcelain", "-z", "--no-renames", "--", str(place.tables), str(place.figures)],
        cwd=place.root,
        capture_output=True,
        text=True,
        check=False,
    )
    for line in done.stdout.split("\0") if done.returncode == 0 else ():
        path = place.root / line[3:]
        made = place.made / path.name
        if path.suffix in _DRAWN and not (
            path.is_file() and made.is_file() and path.read_bytes() == made.read_bytes()
        ):
            yield line[3:], "neither as committed nor as this run made it"
