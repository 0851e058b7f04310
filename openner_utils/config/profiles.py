"""Profiles: named sets of choices that are written to params.yaml as a whole.

profiles/sample.yaml is the default and holds every block. Any other profile names the blocks that differ; it starts
from ``extends`` (another profile) or from the sample, and replaces whole blocks, never parts of one.
"""

import shutil
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from openner_utils.config.params import OfData, OfUnits, Whole, blocks, folder, load, units
from openner_utils.support import paths
from openner_utils.support.errors import OpenNERError, unknown
from openner_utils.support.files import write_text
from openner_utils.support.paths import HERE, Place
from openner_utils.support.records import parse

SAMPLE = "sample"


def names(profiles: Path = paths.PROFILES) -> tuple[str, ...]:
    """Return the names of all profiles in a folder."""
    return tuple(sorted(path.stem for path in profiles.glob("*.yaml")))


def read(name: str, profiles: Path = paths.PROFILES) -> str:
    """Return the text of params.yaml under a profile: the sample's, comments kept, with the blocks that differ."""
    if name == SAMPLE:
        return _path(SAMPLE, profiles).read_text(encoding="utf-8")
    yaml = _yaml()
    merged = yaml.load(_path(SAMPLE, profiles))
    for profile in reversed(_chain(name, profiles)):
        for block, value in (yaml.load(_path(profile, profiles)) or {}).items():
            if block == "extends":
                continue
            if block not in Whole.model_fields:
                raise OpenNERError(f"profiles/{profile}.yaml: {unknown('block', block, Whole.model_fields)}")
            merged[block] = value
    out = StringIO()
    yaml.dump(merged, out)
    text = out.getvalue()
    parse(Whole, YAML(typ="safe").load(text), f"profiles/{name}.yaml")
    return text


def corpora(name: str) -> tuple[str, ...]:
    """Return the corpora that a profile uses."""
    return blocks(OfData, YAML(typ="safe").load(read(name)), f"profiles/{name}.yaml").data.corpora


def use(name: str, place: Place = HERE) -> None:
    """Write params.yaml as the profile says, and remove from artifacts/ what it has no unit for.

    Folders of another choice would otherwise stay, and DVC would count them among what later stages depend on.
    Nothing is lost: DVC's cache and ``.openner/resume`` keep them.
    """
    write_text(place.params, read(name))
    for stage, each in units(load(OfUnits, place.params)).items():
        kept = {folder(unit) for unit in each}
        for found in (place.artifacts / stage).glob("*/"):
            if found.name not in kept:
                shutil.rmtree(found)


def _chain(name: str, profiles: Path) -> list[str]:
    """Return a profile and those it extends, nearest first, without the sample."""
    chain: list[str] = []
    while name != SAMPLE:
        if name in chain:
            raise OpenNERError(
                f"profiles/{name}.yaml extends itself: {' → '.join([*chain, name])}. Break the circle."
            )
        chain.append(name)
        content: dict[str, Any] = _yaml().load(_path(name, profiles)) or {}
        name = str(content.get("extends", SAMPLE))
    return chain


def _path(name: str, profiles: Path) -> Path:
    path = profiles / f"{name}.yaml"
    if not path.is_file():
        raise unknown("profile", name, names(profiles))
    return path


def _yaml() -> YAML:
    yaml = YAML()
    yaml.width = 118
    yaml.preserve_quotes = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml
