"""Tokenizers and models out of checkpoints (`checkpoints`) by Transformers, checked before and after.

A checkpoint is data of others. What would need its own code, or weights that are no safetensors, is refused before a
library sees it; whatever a library then trips over, and weights that are absent or of another shape, are an `OpenNERError`
that names the checkpoint. Nothing of a checkpoint is run (but its chat template, in Jinja's sandbox), and nobody is asked.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from transformers import AutoConfig, AutoTokenizer, PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerBase
from transformers.models.auto.tokenization_auto import get_tokenizer_config, tokenizer_class_from_name
from transformers.utils import logging as transformers_logging

from openner_utils.support.documents import read_json
from openner_utils.support.errors import OpenNERError
from openner_utils.support.words import visible
from openner_utils.training.checkpoints import Checkpoint

COUNTS = ("hidden_size", "num_hidden_layers", "num_attention_heads", "vocab_size", "max_position_embeddings")
"""What a model has at least one of, as far as its config names them."""
LAYERS = 1000
"""More layers than any model has; each is made before its weights are looked for."""
OBJECTS = ("config.json", "generation_config.json", "tokenizer_config.json", "*.index.json")
"""Files of a checkpoint that hold one JSON object."""
LONGEST = 300
"""Characters of a library's words that an error repeats."""


@contextmanager
def explained(name: str) -> Iterator[None]:
    """Turn whatever a library raises while it reads the checkpoint ``name`` into an `OpenNERError`.

    That may be anything: libraries trust what they read.
    """
    transformers_logging.disable_progress_bar()
    try:
        yield
    except OpenNERError:
        raise
    except Exception as error:
        raise _refused(name, _said(error)) from error


def tokenizer_of(name: str, checkpoint: Checkpoint, **options: Any) -> PreTrainedTokenizerBase:
    """Return a checkpoint's tokenizer, which is of a class that Transformers knows; ``name`` is named in errors."""
    with explained(name):
        rows = getattr(config_of(name, checkpoint).get_text_config(), "vocab_size", None)
        told = get_tokenizer_config(checkpoint.source, **checkpoint.options)
        _without_code(name, "tokenizer_config.json", told)
        kind = told.get("tokenizer_class")
        if kind is not None and tokenizer_class_from_name(kind) is None:
            raise _refused(
                name, f"its tokenizer is a {visible(str(kind))!r}, which Transformers does not know"
            )
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
            checkpoint.source, use_fast=True, **options, **checkpoint.options
        )
        vocabulary = tokenizer.get_vocab()
        if not set(vocabulary) - set(tokenizer.all_special_tokens):
            # Without files of a tokenizer Transformers makes an empty one, to which every word is unknown.
            raise _refused(name, "its tokenizer knows no word")
        text = max(vocabulary, key=lambda each: vocabulary[each])
        if isinstance(rows, int) and vocabulary[text] >= rows:
            raise _refused(
                name,
                f"its tokenizer numbers the sub-token {visible(text)!r} {vocabulary[text]}, and config.json has vocab_size {rows}",
            )
        return tokenizer


def model_of(
    name: str,
    checkpoint: Checkpoint,
    kind: Any,
    fresh: Callable[[PreTrainedModel, str], bool],
    **options: Any,
) -> PreTrainedModel:
    """Return a checkpoint's model, made by ``kind``, an auto class of Transformers.

    ``fresh`` says of which weights the checkpoint may lack; all others are there, and all have the shape that its config says.
    """
    with explained(name):
        config_of(name, checkpoint)
        try:
            model: PreTrainedModel
            model, loading = kind.from_pretrained(
                checkpoint.source,
                use_safetensors=True,
                output_loading_info=True,
                **options,
                **checkpoint.options,
            )
        except RuntimeError as error:
            raise _refused(name, f"its weights do not fit config.json ({_said(error)})") from error
        if absent := sorted(key for key in loading["missing_keys"] if not fresh(model, key)):
            raise _refused(name, f"{len(absent)} weights are absent, first {absent[0]}")
        return model


def config_of(name: str, checkpoint: Checkpoint) -> PreTrainedConfig:
    """Return a checkpoint's config, with sound counts and without code of its own."""
    with explained(name):
        if checkpoint.folder is not None:
            check_folder(name, checkpoint.folder)
        config: PreTrainedConfig = AutoConfig.from_pretrained(checkpoint.source, **checkpoint.options)
        _without_code(name, "config.json", vars(config))
        for key in COUNTS:
            count = getattr(config, key, None)
            any_length = key == "max_position_embeddings" and count == -1  # XLNet
            if isinstance(count, int) and count < 1 and not any_length:
                raise _refused(name, f"config.json: {key} is {count}")
        layers = getattr(config, "num_hidden_layers", None)
        if isinstance(layers, int) and layers > LAYERS:
            raise _refused(name, f"config.json: num_hidden_layers is {layers:,}")
        return config


def check_folder(name: str, folder: Path) -> None:
    """Refuse a folder whose files are not what they are called, and one that names other weights than its own."""
    for path in sorted(path for pattern in OBJECTS for path in folder.glob(pattern)):
        value = read_json(path)
        if not isinstance(value, dict):
            raise _refused(name, f"{path.name} holds no JSON object")
        _without_code(name, path.name, value)
        for part in value.get("weight_map", {}).values():
            if Path(part).name != part or not part.endswith(".safetensors"):
                raise _refused(
                    name, f"{path.name} names {visible(part)!r}, which is no safetensors file of the folder"
                )
    if (folder / "adapter_config.json").exists():
        raise _refused(name, "it is an adapter; merge it into its model first")


def _without_code(name: str, file: str, told: dict[str, Any]) -> None:
    if told.get("auto_map"):
        raise _refused(
            name, f"{file} has an `auto_map`: the model comes with code of its own, which is never run"
        )
    for kernel in _kernels(told):
        raise _refused(
            name, f"{file} names the kernel {visible(kernel)!r} of the hub: it is code, which is never run"
        )


def _kernels(told: Mapping[Any, Any]) -> Iterator[str]:
    """Yield the kernels of the hub that a config, or one in it, wants attention or the like to be computed by."""
    for key, value in told.items():
        values = list(value.values()) if isinstance(value, Mapping) else [value]
        if "_implementation" in str(key):  # a label is numbered
            yield from (each for each in values if isinstance(each, str) and "/" in each)
        if isinstance(value, Mapping):
            yield from _kernels(value)


def _said(error: Exception) -> str:
    """Return what a library said, in one line."""
    return f"{type(error).__name__}: {visible(' '.join(str(error).split()))[:LONGEST]}".rstrip(".: ")


def _refused(name: str, why: str) -> OpenNERError:
    return OpenNERError(
        f"Checkpoint {name} cannot be loaded: {why}. It needs config.json, a fast tokenizer and model.safetensors, all "
        "whole, of one model, and of a kind that Transformers knows."
    )
