"""A model in an ONNX file, computed by ONNX Runtime on the CPU; `openner_utils.api.exporting` writes such files.

ONNX Runtime is no part of the compendium's environment: ``make onnx`` adds what `NEEDED` pins.
"""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from transformers.modeling_outputs import TokenClassifierOutput

from openner_utils.support.errors import OpenNERError
from openner_utils.support.words import visible

NEEDED = "requirements-onnx.lock"
"""Pins what this module and `openner_utils.api.exporting` need beside the compendium's environment."""
GRAPH = "model.onnx"
IDS, MASK, LOGITS = "input_ids", "attention_mask", "logits"
"""The graph's inputs, integers [batch, sub-tokens], and its output [batch, sub-tokens, labels]."""


def package(name: str) -> Any:
    """Return a package that only exported models need; `OpenNERError` where it is not installed."""
    try:
        return import_module(name)
    except ImportError as error:
        raise OpenNERError(
            f"Exported models need {name}, which is not installed ({visible(str(error))}). Install it: make onnx, or "
            f"pip install --no-deps --require-hashes -r {NEEDED}"
        ) from error


class Exported(nn.Module):
    """Logits of labels out of an ONNX file; it is called as the model that was exported, and cannot be trained.

    Windows are computed one by one and without filling. In int8 one scale is taken for all that is computed at once, so
    the labels of a window would hang on those beside it; and on a CPU nothing is lost by it.
    """

    def __init__(self, graph: Path, labels: Sequence[str]) -> None:
        super().__init__()
        runtime = package("onnxruntime")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        options.log_severity_level = 3  # errors; what is worth a warning is up to whoever wrote the file
        try:
            self._session = runtime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # whatever ONNX Runtime trips over in a file of others
            raise _refused(graph, visible(" ".join(str(error).split()))[:300]) from error
        inputs, outputs = ([each.name for each in side] for side in (self._inputs(), self._outputs()))
        if inputs != [IDS, MASK] or outputs != [LOGITS] or self._outputs()[0].shape[-1] != len(labels):
            raise _refused(
                graph,
                f"it does not go from {IDS} and {MASK} to {LOGITS} of {len(labels)} labels",
            )

    def forward(self, input_ids: Tensor, attention_mask: Tensor, **_: Any) -> TokenClassifierOutput:
        """Return logits [batch, sub-tokens, labels] of ids [batch, sub-tokens] with a mask of 1 (sub-token) and 0 (filling)."""
        ids, mask = (np.asarray(each.cpu(), dtype=np.int64) for each in (input_ids, attention_mask))
        logits = np.zeros((*ids.shape, self._outputs()[0].shape[-1]), dtype=np.float32)
        for row, length in enumerate(mask.sum(1).tolist()):
            read = {IDS: ids[row : row + 1, :length], MASK: mask[row : row + 1, :length]}
            logits[row, :length] = self._session.run([LOGITS], read)[0][0]
        return TokenClassifierOutput(logits=torch.from_numpy(logits))

    def _inputs(self) -> Any:
        return self._session.get_inputs()

    def _outputs(self) -> Any:
        return self._session.get_outputs()


def _refused(graph: Path, why: str) -> OpenNERError:
    return OpenNERError(
        f"{graph} cannot be loaded: {why.rstrip('.')}. Export the model again: openner model export --help"
    )
