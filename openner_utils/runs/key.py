"""The key of a run: a hash over everything that decides what comes out, and over nothing else.

A result that is kept under its key stands in for the run only while all of that is the same: values and data as given by the
caller, the code of the modules that compute (a comment or docstring does not count), and the versions of the libraries
beneath them.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from openner_utils.support import paths
from openner_utils.support.code import fingerprint
from openner_utils.support.files import sha256

LIBRARIES = ("numpy", "tokenizers", "torch", "transformers")
"""The libraries that compute in every long run."""


def digest(value: Any) -> str:
    """Return the SHA-256 of a value made of what JSON holds; equal values give equal hashes, whatever their order of keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def run_key(values: Mapping[str, Any], code: Iterable[str], data: Iterable[Path] = ()) -> str:
    """Return the key of a run.

    ``values``: what was chosen and the hashes of what it works on; ``code``: modules of the package that decide the result,
    relative to it (``core/columns.py``); ``data``: files of the package that they read, prompts for instance.
    """
    return digest(
        {
            "values": dict(values),
            "code": {name: fingerprint([paths.PACKAGE / name]) for name in code},
            "data": {path.name: sha256(path) for path in data},
            "libraries": {name: version(name) for name in LIBRARIES},
        }
    )
