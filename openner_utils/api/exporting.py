"""A saved model written anew for ONNX Runtime: the graph of its encoder, and everything else as it was.

The graph comes from torch's exporter on top of ``torch.export``. The older one, which records a single run, gives graphs
that are wrong for other lengths or not valid at all, both without a word. So what was written is always compared with the model
before it is kept.
"""

import logging
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from openner_utils.api.examples import sentences_of
from openner_utils.api.modes import follow_umask
from openner_utils.api.tagging import read, tokens_of
from openner_utils.catalog import languages
from openner_utils.core.alignment import align
from openner_utils.core.columns import Columns, from_rows
from openner_utils.core.encoding import IOB2, decode
from openner_utils.encoders import saved
from openner_utils.encoders.about import About, Form
from openner_utils.encoders.exported import GRAPH, IDS, LOGITS, MASK, Exported, package
from openner_utils.encoders.models import Tagger
from openner_utils.encoders.prediction import predict, scores_of
from openner_utils.exports.folder import refuse_foreign, replaced
from openner_utils.runs.machine import CPU
from openner_utils.support.errors import OpenNERError
from openner_utils.support.paths import HERE, Place

OPSET = 18
"""Version of ONNX's operators that graphs are written in."""
CLOSE = 1e-3
"""How far logits of the fp32 graph may be from those of the model, relative to the largest."""
QUANTIZED = ("MatMul", "Gemm", "Gather", "Attention", "EmbedLayerNormalization")
"""Operators whose weights become int8: products of matrices, and tables of sub-tokens. Convolutions stay, for ONNX Runtime has
none for these weights."""


COMPARED = 200
"""Sentences of samples whose labels are compared before and after."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Labels by the model and by its exported form, on some sentences of the compendium's samples, both on this machine's CPU.

    ``differing`` of ``tokens`` have another label; the model finds ``mentions`` there; ``before`` and ``after`` are the seconds that
    either took, in fp32 and as exported.
    """

    tokens: int
    differing: int
    mentions: int
    before: float
    after: float


class _Logits(nn.Module):
    """A model as a function from ids and mask to logits."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self._model = model

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        found: Tensor = self._model(input_ids=input_ids, attention_mask=attention_mask).logits
        return found


def export(folder: Path, out: Path, int8: bool = False, place: Place = HERE) -> tuple[About, Compared | None]:
    """Write the saved model of ``folder`` into ``out`` as an ONNX file, with 8-bit weights if ``int8``.

    Return what it says, and how its labels on the samples of ``place`` compare with the model's: samples in the languages that the
    model was trained on, in all where these are not known; None where there are none. ``out`` may hold an earlier model, and is written whole or not at all. Raises `OpenNERError` where the packages for it are
    not installed, where the model is exported already, and where the graph does not give what the model gives.
    """
    saved.about(folder)  # a wrong path is told of before anything is to be installed
    for name in ("onnx", "onnxscript", "onnxruntime"):
        package(name)
    if folder.resolve() == out.resolve():
        raise OpenNERError(f"{out}: the model itself lies there. Name another folder to export it to.")
    refuse_foreign(out, model=True)
    tagger, about = read(folder)
    if about.form is not None:
        raise OpenNERError(f"{folder}: exported already. Export the model that it was made from.")
    form = Form(file="onnx", weights="int8" if int8 else "fp32")
    about = about.model_copy(update={"form": form})
    with replaced(out) as made:
        tagger.pretrained.config.save_pretrained(made)
        write_graph(tagger, made / GRAPH)
        _compare(tagger, about, made / GRAPH)
        if int8:
            _quantize(made / GRAPH)
        exported = _read(tagger, made / GRAPH)  # refuses a graph that does not load
        compared = _compared(tagger, exported, about, place)
        if compared is not None:
            told = {name: getattr(compared, name) for name in ("tokens", "differing", "mentions")}
            about = about.model_copy(update={"form": form.model_copy(update=told)})
        saved.save_beside(tagger, about, made)
        follow_umask(made)
    return about, compared


def _read(tagger: Tagger, path: Path) -> Tagger:
    """Return a tagger whose logits come out of the graph of a path."""
    return Tagger(tagger.tokenizer, Exported(path, tagger.labels), tagger.labels, tagger.crf, tagger.longest)


def _compared(model: Tagger, exported: Tagger, about: About, place: Place) -> Compared | None:
    texts = [text for *_, text in sentences_of(about.languages or sorted(languages()), place)]
    chosen = texts[:: max(1, len(texts) // COMPARED)][:COMPARED]  # of all languages alike
    words = [tokens for text in chosen for tokens in tokens_of(text, about.unspaced != "characters")]
    if not words:
        return None
    sentences = from_rows([(tokens, ["O"] * len(tokens)) for tokens in words])
    recipe = about.encoder.model_copy(update={"precision": "fp32"})
    found, seconds = [], []
    for tagger in (model, exported):
        begun = time.perf_counter()
        found.append(predict(tagger, recipe, sentences, CPU).columns)
        seconds.append(time.perf_counter() - begun)
    before, after = found
    differing = int((before.labels != after.labels).sum())
    return Compared(len(sentences), differing, len(decode(before, IOB2)), *seconds)


def write_graph(tagger: Tagger, path: Path) -> None:
    """Write the graph of a tagger's model, from ids and mask of any batch and length to logits."""
    # Whatever the tokenizer makes of a word: some know no Latin letter.
    start = align(tagger.tokenizer, from_rows([(["a"], ["O"])])).sub_tokens[0]
    ids = torch.full((2, 16), start)
    mask = torch.ones_like(ids)
    mask[1, 8:] = 0
    axes = {0: "batch", 1: "sub_tokens"}
    model = _Logits(tagger.model).eval()
    with _quiet():
        try:
            program = torch.onnx.export(
                model, (ids, mask), dynamo=True, dynamic_shapes=(axes, axes), verbose=False, opset_version=OPSET,
                input_names=[IDS, MASK], output_names=[LOGITS],
            )  # fmt: skip
        except (torch.onnx.errors.OnnxExporterError, RuntimeError) as error:
            kind = type(tagger.model).__name__
            said = " ".join(str(error).split())[:300]
            raise OpenNERError(f"torch cannot export a {kind} ({said}). Use the model as it is.") from error
        if program is None:
            raise AssertionError("torch gave no program")
        program.save(path)


def _quantize(path: Path) -> None:
    """Give a graph 8-bit weights; what they are multiplied with is quantized when it is computed.

    Of the eight bits seven are used, for the sums of some processors (x86 without VNNI) overflow otherwise: labels must not
    hang on the machine.
    """
    quantization = package("onnxruntime.quantization")
    full = path.with_name(f"full-{path.name}")
    path.rename(full)
    with _quiet():
        quantization.quantize_dynamic(
            full, path, op_types_to_quantize=list(QUANTIZED), per_channel=True, reduce_range=True,
            weight_type=quantization.QuantType.QInt8,
        )  # fmt: skip
    for done in (full, path.with_name(f"{path.name}.data")):  # weights beyond 2 GB lie in a file of their own
        done.unlink(missing_ok=True)


def _compare(tagger: Tagger, about: About, path: Path) -> None:
    """Refuse a graph whose logits are not the model's, on sentences of one token, of several, and of several windows."""
    read = _read(tagger, path)
    before, after = (scores_of(each, about.encoder, _probe(about), CPU) for each in (tagger, read))
    apart = float(np.abs(before - after).max())
    if apart > CLOSE * float(np.abs(before).max()):
        raise OpenNERError(
            f"The exported graph does not give what the model gives (logits are {apart:.2g} apart). Nothing was written; "
            "use the model as it is."
        )


def _probe(about: About) -> Columns:
    words = ["Ada", "Lovelace", "lived", "in", "London", "and", "北京", ",", "где", "Ο", "Όμηρος", "!"]
    lengths = (1, len(words), 2 * about.encoder.max_length)
    return from_rows(
        [((words * length)[:length], ["O"] * length) for length in lengths],
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what the libraries say of themselves from the terminal."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
