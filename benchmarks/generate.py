"""How fast a model on this machine answers: the local backend beside a loop that calls `generate` for one prompt after the other.

The model is a Llama of random weights with the packaged encoder's vocabulary, in fp32, so that it needs no download and every reply reaches
the limit of tokens. Questions are test sentences of the samples, all languages in turn, inline: with instructions, and by the short prompt of models
that are tuned here. Both sides must say the same tokens. Time is that of the clock, on all cores of this machine.
"""

import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from benchmarks import Claim
from benchmarks.grammar import sentences
from openner_utils.llm import chat, prompts
from openner_utils.llm.asking import ask
from openner_utils.llm.local import LocalBackend
from openner_utils.llm.store import Store
from openner_utils.support.errors import OpenNERError
from openner_utils.training import checkpoints

QUESTIONS, NEW_TOKENS, RUNS = 32, 24, 2
GOAL = 3.0
WIDTH, LAYERS = 256, 4
CHAT = "{{ messages[0]['content'] }}"


def run() -> list[Claim]:
    """Return a claim for each prompt file."""
    with tempfile.TemporaryDirectory() as folder:
        weights = made(Path(folder) / "model")
        return [claim(weights, Path(folder), name) for name in ("inline_short", "inline")]


def made(folder: Path, width: int = WIDTH, layers: int = LAYERS) -> Path:
    """Save the model in a folder, and return it."""
    found = checkpoints.find(checkpoints.MINILM).folder
    assert found is not None  # packages lie in folders
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_file(str(found / "tokenizer.json")),
        eos_token="[SEP]",
        pad_token="[PAD]",
    )
    tokenizer.chat_template = CHAT
    tokenizer.save_pretrained(folder)
    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=width, intermediate_size=11 * width // 4, num_hidden_layers=layers,
        num_attention_heads=8, num_key_value_heads=4, max_position_embeddings=2048, eos_token_id=tokenizer.eos_token_id,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def claim(weights: Path, folder: Path, name: str) -> Claim:
    """Return the claim on the questions that a prompt file asks."""
    prompt = prompts.load(name)
    asked = [
        prompt.render(tokens, prompts.CORE_TYPES, sep=sep)
        for tokens, _, sep in islice(sentences(), QUESTIONS)
    ]
    backend, plain = LocalBackend(weights), _loop(weights)
    ours = others = float("inf")
    for number in range(RUNS):  # in turn, so that what else the machine does meets both
        store = Store(folder / f"{name}-{number}.jsonl")
        seconds, said = _timed(partial(_asked, backend, asked, store))
        other_seconds, other_said = _timed(partial(plain, asked))
        if said != other_said:
            raise OpenNERError("The backend and the loop do not say the same tokens. Do not compare speed.")
        ours, others = min(ours, seconds), min(others, other_seconds)
    tokens = len(asked) * NEW_TOKENS
    note = (
        f"{len(asked)} questions, {NEW_TOKENS} tokens each, a Llama of {WIDTH} x {LAYERS} in fp32, batches of {backend.batch_size}, equal tokens; "
        f"best of {RUNS}, {torch.get_num_threads()} threads"
    )
    return Claim(
        f"local backend, {name}: tokens per second against one `generate` for each prompt", "tokens/s",
        tokens / ours, tokens / others, GOAL, note,
    )  # fmt: skip


def _asked(backend: LocalBackend, asked: Sequence[str], store: Store) -> list[str]:
    return [each.reply for each in ask(backend, asked, NEW_TOKENS, store)]


def _loop(weights: Path) -> Callable[[Sequence[str]], list[str]]:
    """Return what answers prompts one by one."""
    tokenizer: Any = PreTrainedTokenizerFast.from_pretrained(weights)
    model: Any = AutoModelForCausalLM.from_pretrained(weights, dtype=torch.float32).eval()

    def answer(asked: Sequence[str]) -> list[str]:
        said = []
        for text in asked:
            ids = torch.tensor([chat.prompt_ids(tokenizer, text)])
            with torch.inference_mode():
                out = model.generate(
                    input_ids=ids,
                    attention_mask=torch.ones_like(ids),
                    max_new_tokens=NEW_TOKENS,
                    do_sample=False,
                )
            said.append(tokenizer.decode(out[0, ids.shape[1] :], skip_special_tokens=False))
        return said

    return answer


def _timed(work: Callable[[], list[str]]) -> tuple[float, list[str]]:
    began = time.perf_counter()
    found = work()
    return time.perf_counter() - began, found
