"""Profiles: named sets of choices that are written to params.yaml as a whole.

profiles/sample.yaml is the default and holds every block. Any other profile names the blocks that differ; it starts
from ``extends`` (another profile) or from the sample, and replaces whole blocks, never parts of one.
"""

import shutil
from io import StringIO
from itertools import chain, count
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from openner_utils.config.params import OfData, OfUnits, Whole, blocks, folder, units
from openner_utils.support.documents import mapping, read_mapping
from openner_utils.support.errors import OpenNERError, unknown
from openner_utils.support.files import exclusive, write_text
from openner_utils.support.paths import HERE, Place
from openner_utils.support.records import parse
from openner_utils.support.within import within

SAMPLE = "sample"


def names(profiles: Path = HERE.profiles) -> tuple[str, ...]:
    """Return the names of all profiles in a folder."""
    return tuple(sorted(path.stem for path in profiles.glob("*.yaml") if path.is_file()))


def read(name: str, profiles: Path = HERE.profiles) -> str:
    """Return the text of params.yaml under a profile: the sample's, comments kept, with the blocks that differ."""
    extended = _chain(name, profiles)
    if not extended:
        return _path(SAMPLE, profiles).read_text(encoding="utf-8")
    merged = _with_comments(_path(SAMPLE, profiles))
    for profile in reversed(extended):
        for block, value in _with_comments(_path(profile, profiles)).items():
            if block == "extends":
                continue
            if block not in Whole.model_fields:
                raise OpenNERError(f"profiles/{profile}.yaml: {unknown('block', block, Whole.model_fields)}")
            merged[block] = value
    out = StringIO()
    _yaml().dump(merged, out)
    text = out.getvalue()
    where = f"profiles/{name}.yaml"
    parse(Whole, mapping(text, where), where)
    return text


def corpora(name: str, profiles: Path = HERE.profiles) -> tuple[str, ...]:
    """Return the corpora that a profile uses."""
    where = f"profiles/{name}.yaml"
    return blocks(OfData, mapping(read(name, profiles), where), where).data.corpora


def use(name: str, place: Place = HERE) -> tuple[Path, ...]:
    """Write params.yaml as the profile says, and take out of artifacts/ what it has no unit for.

    Folders of another choice would otherwise stay, and DVC would count them among what later stages depend on. What DVC
    has made is removed: its cache and ``.openner/resume`` keep it. Anything else may be somebody's own: it is moved to
    ``.openner/aside``, and where it went is returned.
    """
    text = read(name, place.profiles)
    with exclusive(place.downloads):
        wanted = units(blocks(OfUnits, mapping(text, name), f"profiles/{name}.yaml"))
        write_text(place.params, text)
        made = _made(place)
        moved = []
        for stage, each in wanted.items():
            kept = {folder(unit) for unit in each}
            for found in sorted((place.artifacts / stage).glob("*")):
                if found.name in kept or found.name == ".gitkeep":
                    continue
                if place.relative(found) in made and not found.is_symlink():
                    shutil.rmtree(found)
                else:
                    moved.append(_moved(found, place.own / "aside" / stage))
        return tuple(moved)


def _made(place: Place) -> frozenset[str]:
    """Return the outputs that DVC has made and keeps in its cache, as dvc.lock lists them."""
    if not place.lock.is_file():
        return frozenset()
    stages = read_mapping(place.lock).get("stages") or {}
    return frozenset(out["path"] for stage in stages.values() for out in stage.get("outs", ()))


def _moved(found: Path, home: Path) -> Path:
    """Move a file or folder to ``home``, under a name that is free there, and return where it lies now."""
    home.mkdir(parents=True, exist_ok=True)
    names = chain([found.name], (f"{found.name}-{number}" for number in count(2)))
    target = next(path for path in (within(home, each, "artifacts/") for each in names) if not path.exists())
    return found.rename(target)


def _chain(name: str, profiles: Path) -> list[str]:
    """Return a profile and those it extends, nearest first, without the sample."""
    found: list[str] = []
    while name != SAMPLE:
        if name in found:
            raise OpenNERError(
                f"profiles/{name}.yaml extends itself: {' → '.join([*found, name])}. Break the circle."
            )
        found.append(name)
        name = str(read_mapping(_path(name, profiles)).get("extends", SAMPLE))
    return found


def _path(name: str, profiles: Path) -> Path:
    known = names(profiles)
    if name not in known:
        raise unknown("profile", name, known)
    return within(profiles, f"{name}.yaml", "profile")


def _with_comments(path: Path) -> Any:
    """Return the content of a profile with its comments."""
    if not read_mapping(path):  # says what keeps it from being read
        return {}
    try:
        return _yaml().load(path)
    except YAMLError as error:
        what = " ".join(str(error).split())
        raise OpenNERError(f"profiles/{path.name}: {what}. Correct the file and run again.") from error


def _yaml() -> YAML:
    yaml = YAML()
    yaml.width = 118
    yaml.preserve_quotes = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml
