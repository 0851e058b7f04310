"""The key of a run: a hash over everything that decides what comes out, and over nothing else.

A result that is kept under its key stands in for the run only while all of that is the same: values and data as given by
the caller, the machine, the code that computes (a comment or docstring does not count), and the versions of the libraries
beneath it. Which code computes is not listed anywhere: it is what the run's module imports, directly or through others.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from openner_utils.runs.machine import Machine
from openner_utils.support import paths
from openner_utils.support.code import PACKAGE, fingerprint, modules
from openner_utils.support.files import sha256

LIBRARIES = ("numpy", "tokenizers", "torch", "transformers")
"""The libraries that compute in every long run."""

CARRIERS = ("config", "runs", "support")
"""Rooms that carry values and results from place to place and make none: what they carried stands in the key itself."""


def digest(value: Any) -> str:
    """Return the SHA-256 of a value made of what JSON holds; equal values give equal hashes, whatever their order of keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def run_key(code: str, machine: Machine, values: Mapping[str, Any], data: Iterable[Path] = ()) -> str:
    """Return the key of a run.

    ``code``: the module of the package that carries the run out, relative to it (``encoders/one_run.py``); ``values``:
    what was chosen and the hashes of what it works on; ``data``: files of the package that it reads, prompts for instance.
    """
    return digest(
        {
            "code": code_key(code, paths.PACKAGE.parent),
            "machine": asdict(machine),
            "values": dict(values),
            "data": {path.name: sha256(path) for path in data},
            "libraries": {name: version(name) for name in LIBRARIES},
        }
    )


@cache
def code_key(code: str, root: Path) -> str:
    """Return the hash of what a module of the package under ``root`` does, all that it imports from the package included.

    It is computed once in a process: what runs is the code that was there when the process began.
    """
    module = f"{PACKAGE}/{code}"
    deciding = sorted(
        name
        for name in {module, *modules(module, root)}
        if name == module or name.split("/")[1] not in CARRIERS
    )
    return digest({name: fingerprint([root / name]) for name in deciding})
