"""A GGUF file gives a checkpoint that Transformers loads; parts that are missing or changed are refused."""

import hashlib

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM

from openner_utils.support.errors import FormatError, OpenNERError
from openner_utils.training import checkpoints, gguf_files, loading
from openner_utils.training.gguf_files import checkpoint_of

WIDTH, HEADS, DEEP, LAYERS = 32, 2, 64, 1
PIECES = [
    "<pad>",
    "<eos>",
    "<bos>",
    "<unk>",
    "▁",
    "a",
    "n",
    "A",
    "An",
    "Ann",
    "▁Ann",
    *(f"<0x{n:02X}>" for n in range(256)),
]


def write(path, gguf, quantized=False):
    """Write a Gemma 3 of random weights, and return the weights; ``quantized`` ones have 8 bits and a scale for 32 of them."""
    random = np.random.default_rng(0)
    writer = gguf.GGUFWriter(path, "gemma3")
    writer.add_context_length(128)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(DEEP)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(1)
    writer.add_key_length(16)
    writer.add_value_length(16)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(10000.0)
    writer.add_sliding_window(64)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(PIECES)
    writer.add_token_scores([0.0] * 4 + [-float(n) for n in range(1, len(PIECES) - 3)])
    special, byte = gguf.TokenType.CONTROL, gguf.TokenType.BYTE
    writer.add_token_types(
        [special] * 4 + [byte if p.startswith("<0x") else gguf.TokenType.NORMAL for p in PIECES[4:]]
    )
    for name, id in (("pad", 0), ("eos", 1), ("bos", 2), ("unk", 3)):
        getattr(writer, f"add_{name}_token_id")(id)
    shapes = {"token_embd": (len(PIECES), WIDTH), "output_norm": (WIDTH,)}
    for layer in range(LAYERS):
        at = f"blk.{layer}."
        shapes |= {f"{at}{norm}_norm": (WIDTH,) for norm in ("attn", "post_attention", "ffn", "post_ffw")}
        shapes |= {f"{at}attn_{norm}_norm": (16,) for norm in "qk"}
        shapes |= {f"{at}attn_q": (HEADS * 16, WIDTH), f"{at}attn_k": (16, WIDTH), f"{at}attn_v": (16, WIDTH)}
        shapes |= {f"{at}attn_output": (WIDTH, HEADS * 16), f"{at}ffn_down": (WIDTH, DEEP)}
        shapes |= {f"{at}ffn_gate": (DEEP, WIDTH), f"{at}ffn_up": (DEEP, WIDTH)}
    tensors = {}
    for name, shape in shapes.items():
        tensor = random.normal(size=shape).astype(np.float32)
        if quantized and len(shape) == 2:
            packed = gguf.quants.quantize(tensor, gguf.GGMLQuantizationType.Q8_0)
            writer.add_tensor(f"{name}.weight", packed, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
            tensor = gguf.quants.dequantize(packed, gguf.GGMLQuantizationType.Q8_0)
        else:
            writer.add_tensor(f"{name}.weight", tensor)
        tensors[name] = tensor
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return tensors


@pytest.mark.parametrize("quantized", [False, True])
def test_weights_come_out_as_they_went_in(tmp_path, quantized):
    gguf = pytest.importorskip("gguf", reason=f"pip install -r {gguf_files.REQUIREMENTS}")
    path = tmp_path / "small.gguf"
    written = write(path, gguf, quantized)
    folder = checkpoint_of([path], "small", tmp_path / "home", notice="Under terms.\n")
    assert sorted(each.name for each in folder.iterdir() if each.suffix in (".gguf", ".bin")) == []
    assert (folder / "NOTICE").read_text() == "Under terms.\n"
    found = checkpoints.in_folder(folder)
    model = loading.model_of("small", found, AutoModelForCausalLM, fresh=lambda _, __: False)
    weights = dict(model.named_parameters())
    for name, tensor in (("embed_tokens", "token_embd"), ("layers.0.self_attn.q_proj", "blk.0.attn_q"), ("layers.0.mlp.down_proj", "blk.0.ffn_down")):  # fmt: skip
        assert torch.equal(weights[f"model.{name}.weight"], torch.from_numpy(written[tensor]))
    tokenizer = loading.tokenizer_of("small", found)
    ids = tokenizer("Ann", add_special_tokens=False)["input_ids"]
    assert tokenizer.decode(ids) == "Ann" and tokenizer.unk_token_id not in ids
    before = (folder / "model.safetensors").stat().st_mtime_ns
    assert checkpoint_of([path], "small", tmp_path / "home") == folder
    assert (folder / "model.safetensors").stat().st_mtime_ns == before


def test_a_file_is_the_same_checkpoint_in_however_many_parts(tmp_path):
    gguf = pytest.importorskip("gguf", reason=f"pip install -r {gguf_files.REQUIREMENTS}")
    path, home = tmp_path / "small.gguf", tmp_path / "home"
    write(path, gguf)
    content = path.read_bytes()
    parts = [tmp_path / "0", tmp_path / "1"]
    parts[0].write_bytes(content[:1000])
    parts[1].write_bytes(content[1000:])
    whole = hashlib.sha256(content).hexdigest()
    assert checkpoint_of(parts, "small", home, whole) == checkpoint_of([path], "small", home)
    with pytest.raises(FormatError, match="not those that were published"):
        checkpoint_of(parts[::-1], "small", home, whole)


@pytest.mark.parametrize("content", [b"", b"no model", b"GGUF" + b"\xff" * 100])
def test_what_is_no_gguf_file_is_refused_and_leaves_nothing(tmp_path, content):
    pytest.importorskip("gguf", reason=f"pip install -r {gguf_files.REQUIREMENTS}")
    path = tmp_path / "small.gguf"
    path.write_bytes(content)
    with pytest.raises(OpenNERError, match="small cannot be loaded"):
        checkpoint_of([path], "small", tmp_path / "home")
    assert list((tmp_path / "home").iterdir()) == []


def test_gemma_is_not_installed_unasked_and_the_error_names_its_terms(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.path", [])
    monkeypatch.setattr("sys.meta_path", [])
    with pytest.raises(
        OpenNERError, match=r"(?s)Gemma Terms of Use found at ai\.google\.dev/gemma/terms.*pip install -r"
    ):
        gguf_files.gemma(tmp_path)
