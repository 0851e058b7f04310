"""Models behind one interface: a local causal LM (Transformers), or an OpenAI-compatible server.

Both answer greedily. A local model may be constrained; a server gives no hold for that.
"""

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import httpx
from tenacity import RetryCallState, RetryError, Retrying, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_exponential

from openner_utils.llm.constrained import Automaton
from openner_utils.llm.reasoning import opened_reasoning
from openner_utils.runs.key import digest, run_key
from openner_utils.runs.machine import Machine, resolve
from openner_utils.support.errors import OpenNERError
from openner_utils.training import checkpoints

API_KEY = "OPENNER_API_KEY"
"""Environment variable with the server's key; it is read nowhere else and written nowhere."""

FinishReason = Literal["stop", "length", "prompt too long"]


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's reply, verbatim, and why it ended: by itself, at the token limit, or because none was made.

    Where the reply began inside reasoning, the text begins with the mark that opened it: chat templates of reasoning
    models write that mark into the prompt, and servers keep it, with the reasoning, apart from the reply.
    """

    text: str
    finish_reason: FinishReason


class Backend(Protocol):
    """A model that answers prompts.

    ``model`` names it, weights included, in stored replies; ``key`` is a hash of all but the question that decides a
    reply. ``batch_size`` prompts are answered at a time.
    """

    model: str
    key: str
    batch_size: int

    def generate(
        self, prompts: Sequence[str], max_new_tokens: int, automata: Sequence[Automaton] | None = None
    ) -> Iterator[list[tuple[int, Reply]]]:
        """Yield the replies as they come, those that come together at a time, with the numbers of their prompts.

        ``automata`` constrains each reply.
        """


class LocalBackend:
    """A causal LM on this machine, from a folder or, with ``revision``, from the hub."""

    def __init__(self, checkpoint: str | Path, revision: str | None = None, batch_size: int = 32) -> None:
        # Transformers and PyTorch take seconds to import; reading stored replies needs neither.
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        from openner_utils.llm.tiny import pointer_lm  # noqa: F401  (makes the pipeline's own model known to Transformers)

        found = checkpoints.find(str(checkpoint), revision)
        self._torch = torch
        self.batch_size = batch_size
        self.model = f"{Path(found.source).name}@{digest(found.content())}"
        self._device = resolve("fp32").device
        self._tokenizer: Any = AutoTokenizer.from_pretrained(
            found.source, padding_side="left", **found.options
        )
        lm: Any = AutoModelForCausalLM.from_pretrained(found.source, use_safetensors=True, **found.options)
        self._lm = lm.to(self._device).eval()
        # A checkpoint computes in the precision in which its weights are stored.
        stored = str(lm.dtype).removeprefix("torch.").replace("bfloat", "bf").replace("float", "fp")
        machine = Machine(self._device, stored)
        self.key = run_key("llm/backends.py", machine, {"model": self.model})
        self._end = _end_ids(self._tokenizer, self._lm)
        if self._tokenizer.pad_token_id is None:
            self._tokenizer.pad_token_id = self._end[0]
        self._longest: int | None = getattr(self._lm.config, "max_position_embeddings", None)
        self._pieces: dict[str, tuple[int, ...]] = {}

    def generate(
        self, prompts: Sequence[str], max_new_tokens: int, automata: Sequence[Automaton] | None = None
    ) -> Iterator[list[tuple[int, Reply]]]:
        """Yield the replies to all prompts together, which are one batch.

        A prompt that has no room in the model's context gets an empty reply that says so.
        """
        encoded = [self._prompt_ids(prompt) for prompt in prompts]
        room = self._longest or max(map(len, encoded))
        fits = [number for number, ids in enumerate(encoded) if len(ids) <= room]
        replies = [Reply("", "prompt too long")] * len(prompts)
        if fits:
            chosen = [automata[number] for number in fits] if automata is not None else None
            answered = self._answer([encoded[number] for number in fits], max_new_tokens, chosen)
            for number, reply in zip(fits, answered, strict=True):
                opened = opened_reasoning(self._rendered(prompts[number])) if automata is None else ""
                replies[number] = Reply(opened + reply.text, reply.finish_reason)
        yield list(enumerate(replies))

    def _rendered(self, prompt: str) -> str:
        """Return a prompt in the tokenizer's chat template, or "" where it has none."""
        if not self._tokenizer.chat_template:
            return ""
        return str(
            self._tokenizer.apply_chat_template(
                [{"role": "user", "content": prompt}], add_generation_prompt=True, tokenize=False
            )
        )

    def _prompt_ids(self, prompt: str) -> list[int]:
        rendered = self._rendered(prompt)
        tokens = self._tokenizer(rendered or prompt, add_special_tokens=not rendered)
        ids: list[int] = tokens["input_ids"]
        return ids

    def _encode(self, text: str) -> tuple[int, ...]:
        if text not in self._pieces:
            self._pieces[text] = tuple(self._tokenizer(text, add_special_tokens=False)["input_ids"])
        return self._pieces[text]

    def _answer(
        self, prompts: Sequence[Sequence[int]], max_new_tokens: int, automata: Sequence[Automaton] | None
    ) -> list[Reply]:
        """Return the greedy replies to prompts given as token ids, padded to one batch.

        A reply under constraint is spelled by its automaton, one without by the tokenizer; it is whole if it ended by
        itself, and not because the limit was reached.
        """
        from transformers import GenerationConfig, LogitsProcessorList

        from openner_utils.llm.guide import Guide

        batch = self._tokenizer.pad({"input_ids": list(prompts)}, return_tensors="pt").to(self._device)
        guide = Guide(automata, self._encode, self._end[0]) if automata is not None else None
        with self._torch.inference_mode():
            out = self._lm.generate(
                input_ids=batch["input_ids"],
                attention_mask=batch["attention_mask"],
                generation_config=GenerationConfig(
                    max_new_tokens=max_new_tokens,
                    do_sample=False,
                    eos_token_id=self._end,
                    pad_token_id=self._tokenizer.pad_token_id,
                ),
                logits_processor=LogitsProcessorList([guide] if guide else []),
            )
        replies = []
        for row, ids in enumerate(out[:, batch["input_ids"].shape[1] :].tolist()):
            stop = next((at for at, id in enumerate(ids) if id in self._end), None)
            if guide:
                constraint = guide.take_last(row, ids)
                text, whole = constraint.text, constraint.finished
            else:
                text = self._tokenizer.decode(ids[:stop], skip_special_tokens=False)
                whole = stop is not None
            replies.append(Reply(text, "stop" if whole else "length"))
        return replies


def _end_ids(tokenizer: Any, lm: Any) -> list[int]:
    """Return the ids that end a reply: those of the model's generation config, else the tokenizer's."""
    configured = lm.generation_config.eos_token_id
    ids = configured if isinstance(configured, list) else [configured]
    ends = [id for id in (*ids, tokenizer.eos_token_id) if id is not None]
    if not ends:
        raise OpenNERError("The model has no end-of-sequence token, so its replies would never end.")
    return list(dict.fromkeys(ends))


class _TroubleError(Exception):
    """No reply, but perhaps one the next time, after ``wait`` seconds at least."""

    def __init__(self, what: str, wait: float = 0.0) -> None:
        self.wait = wait
        super().__init__(what)


class ServerBackend:
    """A model behind an OpenAI-compatible ``/v1/chat/completions``.

    ``url`` is the server's base, such as ``http://localhost:8000``. ``batch_size`` requests run at a time. Busy
    (429), failing (5xx) and silent servers are tried again, ``attempts`` times in all, with doubling pauses from
    ``pause`` seconds on, or as long as the server asks for. ``transport`` replaces the network in tests.
    """

    def __init__(
        self,
        model: str,
        url: str,
        batch_size: int = 4,
        timeout: float = 120.0,
        attempts: int = 5,
        pause: float = 1.0,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.model, self.batch_size = model, batch_size
        self.key = digest({"server": model})  # how a server computes is its own affair
        self._url = url.rstrip("/").removesuffix("/v1") + "/v1/chat/completions"
        self._attempts, self._pause, self._sleep = attempts, pause, sleep
        self._client = httpx.Client(timeout=timeout, transport=transport)

    def generate(
        self, prompts: Sequence[str], max_new_tokens: int, automata: Sequence[Automaton] | None = None
    ) -> Iterator[list[tuple[int, Reply]]]:
        """Yield each reply when it comes.

        Raises `OpenNERError`, after the other replies, when the server gives one of them in none of all attempts.
        """
        if automata is not None:
            raise OpenNERError(
                f"{self.model}: a server's decoding cannot be constrained. Remove 'constrained' from its decoding."
            )
        failed: OpenNERError | None = None
        with ThreadPoolExecutor(self.batch_size) as pool:
            asked = {
                pool.submit(self._ask, prompt, max_new_tokens): number
                for number, prompt in enumerate(prompts)
            }
            for answer in as_completed(asked):
                try:
                    reply = answer.result()
                except OpenNERError as error:
                    failed = failed or error
                else:
                    yield [(asked[answer], reply)]
        if failed:
            raise failed

    def _ask(self, prompt: str, max_new_tokens: int) -> Reply:
        body = {
            "model": self.model,
            "messages": [{"role": "user", "content": prompt}],
            "max_tokens": max_new_tokens,
            "temperature": 0,
            "stream": False,
        }
        again = Retrying(
            stop=stop_after_attempt(self._attempts),
            wait=self._wait,
            retry=retry_if_exception_type(_TroubleError),
            sleep=self._sleep,
        )
        try:
            return again(self._ask_once, body)
        except RetryError as error:
            raise OpenNERError(
                f"{self._url} gave no reply in {self._attempts} attempts; last: "
                f"{_without_key(str(error.last_attempt.exception()))}. Replies so far are kept: run the same command "
                "again."
            ) from error

    def _wait(self, state: RetryCallState) -> float:
        """Return the seconds before the next attempt: twice as many each time, or what the server asks for."""
        trouble = state.outcome.exception() if state.outcome else None
        asked = trouble.wait if isinstance(trouble, _TroubleError) else 0.0
        return max(asked, wait_exponential(multiplier=self._pause)(state))

    def _ask_once(self, body: dict[str, Any]) -> Reply:
        try:
            response = self._client.post(self._url, json=body, headers=self._headers())
        except httpx.TransportError as error:
            raise _TroubleError(f"{type(error).__name__}: {error}") from error
        if response.status_code == 429 or response.status_code >= 500:
            wait = _seconds(response.headers.get("retry-after"))
            raise _TroubleError(f"status {response.status_code}", wait)
        if response.status_code != 200:
            raise OpenNERError(
                f"{self._url} refused the request with status {response.status_code}: "
                f"{_without_key(response.text[:300])}. Check the model's name, the address and {API_KEY}."
            )
        try:
            return self._reply(response)
        except (ValueError, LookupError, TypeError) as error:
            raise _TroubleError(f"an answer that is no chat completion ({type(error).__name__})") from error

    def _reply(self, response: httpx.Response) -> Reply:
        choice = json.loads(response.text)["choices"][0]
        message = choice["message"]
        text = message["content"] or ""
        cut = choice.get("finish_reason") == "length"
        if not text and cut:
            # The limit was reached before the answer began: all that was written is reasoning.
            text = f"<think>{message.get('reasoning_content') or message.get('reasoning') or ''}"
        if not isinstance(text, str):
            raise TypeError("content is no text")
        return Reply(text, "length" if cut else "stop")

    @staticmethod
    def _headers() -> dict[str, str]:
        key = os.environ.get(API_KEY)
        return {"Authorization": f"Bearer {key}"} if key else {}


def _seconds(text: str | None) -> float:
    """Return a Retry-After header in seconds, at most a minute; a date or nonsense counts as none."""
    try:
        return min(60.0, max(0.0, float(text or 0)))
    except ValueError:
        return 0.0


def _without_key(text: str) -> str:
    """Return the text of an error with the key, should the server repeat it, left out. Replies are never edited."""
    key = os.environ.get(API_KEY)
    return text.replace(key, "[key]") if key else text
