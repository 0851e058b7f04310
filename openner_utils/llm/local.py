"""A causal language model on this machine, by Transformers: greedy replies, free or under constraint."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from openner_utils.llm import chat, openings
from openner_utils.llm.automata import Automaton, Led
from openner_utils.llm.backends import Answers, Reply
from openner_utils.llm.engines import Engine
from openner_utils.llm.reasoning import opened_reasoning
from openner_utils.llm.spending import Usage
from openner_utils.runs.key import digest, run_key
from openner_utils.runs.machine import Machine, resolve
from openner_utils.training import checkpoints


class LocalBackend:
    """A causal LM on this machine, from a folder or, with ``revision``, from the hub.

    ``lead``: the white space that stands before answers in the prompts' worked examples; a reply under constraint of a model without a chat
    template begins with it.
    """

    def __init__(
        self, checkpoint: str | Path, revision: str | None = None, batch_size: int = 32, lead: str = ""
    ) -> None:
        # Transformers and PyTorch take seconds to import; reading stored replies needs neither.
        import torch
        from transformers import AutoModelForCausalLM, GenerationConfig

        from openner_utils.llm.tiny import pointer_lm  # noqa: F401  (makes the pipeline's own model known to Transformers)
        from openner_utils.training import loading

        name = str(checkpoint)
        found = checkpoints.find(name, revision)
        self._torch = torch
        self.batch_size: int | None = batch_size
        self.model = f"{Path(found.source).name}@{digest(found.content())}"
        self._device = resolve("fp32").device
        self._tokenizer: Any = loading.tokenizer_of(name, found, padding_side="left")
        lm: Any = loading.model_of(name, found, AutoModelForCausalLM, fresh=lambda _, __: False)
        self._lm = lm.to(self._device).eval()
        # A checkpoint computes in the precision in which its weights are stored.
        stored = str(lm.dtype).removeprefix("torch.").replace("bfloat", "bf").replace("float", "fp")
        machine = Machine(self._device, stored)
        self._lead = "" if self._tokenizer.chat_template else lead
        self.key = run_key("llm/local.py", machine, {"model": self.model, "lead": self._lead})
        with loading.explained(name):
            self._end = chat.end_ids(self._tokenizer, self._lm)
            if self._tokenizer.pad_token_id is None:
                self._tokenizer.pad_token_id = self._end[0]
            # Else a checkpoint's habits, such as beams or a penalty, would be mixed into what is greedy here.
            self._lm.generation_config = GenerationConfig()
            chat.rendered(
                self._tokenizer, "a"
            )  # a chat template that cannot be filled is told before anything is asked
        self._longest: int | None = getattr(self._lm.config, "max_position_embeddings", None)
        self._pieces: dict[str, tuple[int, ...]] = {}
        self._engine: Engine | None = None

    @property
    def engine(self) -> str:
        """What holds replies to automata, and its version."""
        return self._held_by().name

    def _held_by(self) -> Engine:
        # Made when it is asked for: it reads the whole vocabulary, which free decoding needs not.
        if self._engine is None:
            self._engine = Engine(self._tokenizer, self._encode, self._end)
        return self._engine

    def generate(
        self,
        prompts: Iterable[str],
        max_new_tokens: int,
        automata: Sequence[Automaton] | None = None,
        guidance: Sequence[str] | None = None,
    ) -> Iterator[Answers]:
        """Yield the replies to all prompts together, which are one batch.

        A prompt that has no room in the model's context gets an empty reply that says so.
        """
        if guidance is not None:
            raise ValueError("a model on this machine is constrained and not guided")
        prompts = list(prompts)
        encoded = [self._prompt_ids(prompt) for prompt in prompts]
        room = self._longest or max(map(len, encoded))
        fits = [number for number, ids in enumerate(encoded) if len(ids) <= room]
        replies: list[Reply] = [Reply("", "prompt too long")] * len(prompts)
        if fits:
            chosen = [automata[number] for number in fits] if automata is not None else None
            answered = self._answer([encoded[number] for number in fits], max_new_tokens, chosen)
            for number, reply in zip(fits, answered, strict=True):
                opened = (
                    opened_reasoning(chat.rendered(self._tokenizer, prompts[number]))
                    if automata is None
                    else ""
                )
                replies[number] = replace(reply, text=opened + reply.text)
        yield list(enumerate(replies))

    def _prompt_ids(self, prompt: str) -> list[int]:
        return chat.prompt_ids(self._tokenizer, prompt)

    def _encode(self, text: str) -> tuple[int, ...]:
        if text not in self._pieces:
            self._pieces[text] = tuple(chat.text_ids(self._tokenizer, [text])[0])
        return self._pieces[text]

    def _answer(
        self, prompts: Sequence[Sequence[int]], max_new_tokens: int, automata: Sequence[Automaton] | None
    ) -> list[Reply]:
        """Return the greedy replies to prompts given as token ids, padded to one batch.

        A reply under constraint is spelled by its automaton, one without by the tokenizer; it is whole if it ended by
        itself, and not because the limit was reached. A batch takes its time together, of which each reply has an equal share.
        """
        from transformers import GenerationConfig, LogitsProcessorList, StoppingCriteriaList

        from openner_utils.llm.guide import Guide

        batch = self._tokenizer.pad({"input_ids": list(prompts)}, return_tensors="pt").to(self._device)
        continues = automata is None and not self._tokenizer.chat_template
        begun = batch["input_ids"].shape[1]
        started = time.perf_counter()
        led = [Led(each, self._lead) if self._lead else each for each in automata or ()]
        held = [self._held_by().hold(automaton) for automaton in led]
        guide = Guide(held) if automata is not None else None
        with self._torch.inference_mode():
            out = self._lm.generate(
                input_ids=batch["input_ids"],
                attention_mask=batch["attention_mask"],
                past_key_values=openings.begun(self._lm, prompts),
                generation_config=GenerationConfig(
                    max_new_tokens=max_new_tokens,
                    do_sample=False,
                    eos_token_id=self._end,
                    pad_token_id=self._tokenizer.pad_token_id,
                ),
                logits_processor=LogitsProcessorList([guide] if guide else []),
                stopping_criteria=StoppingCriteriaList([partial(self._ended, begun)] if continues else []),
            )
        seconds = (time.perf_counter() - started) / len(prompts)
        replies = []
        for row, ids in enumerate(out[:, begun:].tolist()):
            stop = next((at for at, id in enumerate(ids) if id in self._end), None)
            tokens = len(ids) if stop is None else stop + 1
            if guide:
                reply = guide.take_last(row, ids)
                text, whole, engine = reply.text, reply.finished, reply.engine
            else:
                text = self._tokenizer.decode(ids[:stop], skip_special_tokens=False)
                whole, engine = stop is not None, None
                if continues and (end := chat.turn_end(text)) is not None:
                    text, whole = text[:end], True
                    # A row that is done before others of its batch is filled up.
                    while ids[tokens - 1] == self._tokenizer.pad_token_id:
                        tokens -= 1
            usage = Usage(len(prompts[row]), tokens)
            replies.append(Reply(text, "stop" if whole else "length", usage, engine, seconds))
        return replies

    def _ended(self, begun: int, ids: Any, scores: Any, **_: Any) -> Any:
        """Return for each row of ids whether the turn that its reply is has ended, for a model that goes on with others."""
        texts = self._tokenizer.batch_decode(ids[:, begun:], skip_special_tokens=False)
        ended = [chat.turn_end(text) is not None for text in texts]
        return self._torch.tensor(ended, device=ids.device)
