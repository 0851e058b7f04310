"""What it takes to hold a reply to a sentence's grammar: before the first token, and at each one, by either engine.

Both engines say the same replies, the right answers to test sentences of the samples, all languages in turn, in the
formats inline and JSON. Vocabularies are those of the tiny LM and of the packaged encoders, as a byte-fallback tokenizer would hold them:
their own tokens are no bytes, so that one engine alone could be measured on them. Time is that of the processor. The peer of each
claim is a budget.
"""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import median, quantiles
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from benchmarks import Claim, NeededError
from benchmarks.training import some
from openner_utils.catalog import language, load_cards
from openner_utils.llm.automata import Automaton, automaton
from openner_utils.llm.constrained import AUTOMATON, Constraint, Held
from openner_utils.llm.engines import LLGUIDANCE, REQUIREMENTS, Engine
from openner_utils.llm.prompts import CORE_TYPES, Format, answer, separator
from openner_utils.llm.states import END, State
from openner_utils.llm.tiny import vocabulary
from openner_utils.sources.build import SAMPLES
from openner_utils.support.errors import OpenNERError
from openner_utils.training import checkpoints

START, MASK = 10.0, 0.2
"""Milliseconds: the budgets of compiling and the first mask, and of each further one."""
SENTENCES = 150
LONG = 50
"""Tokens of the longer sentences, which are several joined."""
FORMATS: tuple[Format, ...] = ("inline", "json")
ENDING = "</s>"


@dataclass(frozen=True, slots=True)
class Case:
    """One sentence in one format: what may be said of it, and the texts of which the right answer consists."""

    make: Callable[[], Automaton]
    said: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of processor time: before the first token of each reply, and at each further one."""

    starts: list[float]
    masks: list[float]


def run() -> list[Claim]:
    """Return the claims on both engines, with each vocabulary, and on longer sentences with the largest one."""
    short, long = cases(SENTENCES), cases(SENTENCES // 3, LONG)
    claims: list[Claim] = []
    tokenizers = vocabularies()
    largest = max(tokenizers, key=lambda name: len(tokenizers[name]))
    for name, pieces in tokenizers.items():
        tokenizer = byte_fallback(pieces)
        claims += measured(f"{name} ({len(tokenizer):,} tokens)", tokenizer, short, "sample sentences")
        if name == largest:
            claims += measured(
                f"{name} ({len(tokenizer):,} tokens)", tokenizer, long, f"sentences of {LONG} tokens"
            )
    return claims


def measured(name: str, tokenizer: Any, said: Sequence[Case], of: str) -> list[Claim]:
    """Return the claims on both engines with one vocabulary; `OpenNERError` where they do not say the same."""
    encode = cache(lambda text: tuple(tokenizer(text, add_special_tokens=False)["input_ids"]))
    end = tokenizer.convert_tokens_to_ids(ENDING)
    engine = Engine(tokenizer, encode, [end])
    if not engine.name.startswith(LLGUIDANCE):
        raise NeededError(f"The benchmark grammar needs {LLGUIDANCE}: pip install -r {REQUIREMENTS}")
    holds: dict[str, Callable[[Automaton], Held]] = {
        AUTOMATON: lambda asked: Constraint(asked, encode, end),
        LLGUIDANCE: engine.hold,
    }
    claims = []
    for held_by, hold in holds.items():
        found = times(said, hold, encode, end)
        for what, each, budget in (
            ("compile and first mask", found.starts, START),
            ("mask at each further token", found.masks, MASK),
        ):
            note = f"{len(said)} {of}, inline and JSON in turn; median of {len(each):,}, 9 of 10 within {quantiles(each, n=10)[-1]:.3g} ms"
            claims.append(
                Claim(
                    f"{held_by}, {name}, {of}: {what} against the budget",
                    "ms",
                    median(each),
                    budget,
                    1,
                    note,
                    True,
                )
            )
    return claims


def times(
    said: Sequence[Case],
    hold: Callable[[Automaton], Held],
    encode: Callable[[str], tuple[int, ...]],
    end: int,
) -> Times:
    """Return how long the right answers take to be held, token by token."""
    found = Times([], [])
    for case in said:
        ids = [id for text in case.said for id in encode(text)]
        began = time.process_time()
        reply = hold(case.make())
        allowed = reply.allowed()
        found.starts.append(1000 * (time.process_time() - began))
        for id in ids:
            if id not in allowed:
                raise OpenNERError("An engine does not allow the right answer. Do not compare speed.")
            began = time.process_time()
            reply.advance(id)
            allowed = reply.allowed()
            found.masks.append(1000 * (time.process_time() - began))
        reply.advance(end)
        if not reply.finished or reply.text != "".join(case.said):
            raise OpenNERError("An engine says something else. Do not compare speed.")
    return found


def cases(count: int, least: int = 0) -> list[Case]:
    """Return so many sentences, inline and JSON in turn; of ``least`` tokens at least, joined where they are shorter."""
    found: list[Case] = []
    for tokens, labels, sep in sentences(least):
        format = FORMATS[len(found) % len(FORMATS)]

        def make(tokens: tuple[str, ...] = tokens, format: Format = format, sep: str = sep) -> Automaton:
            return automaton(tokens, tuple(CORE_TYPES), format, sep)

        said = spelled(make(), answer(tokens, labels, format, sep))
        found.append(Case(make, said))
        if len(found) == count:
            return found
    raise OpenNERError(f"The sample corpora have {len(found)} of {count} sentences. Take fewer.")


def spelled(said: Automaton, text: str) -> tuple[str, ...]:
    """Return the choices of an automaton that spell a text."""
    ways: list[tuple[State, int, tuple[str, ...]]] = [(said.start, 0, ())]
    while ways:
        state, at, texts = ways.pop()
        for choice, target in said.choices(state):
            if target == END and at == len(text):
                return texts
            if text.startswith(choice, at) and target != END:
                ways.append((target, at + len(choice), (*texts, choice) if choice else texts))
    raise OpenNERError(f"{text!r} is no right answer.")


def sentences(least: int = 0) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], str]]:
    """Yield tokens, labels and what stands between tokens of test sentences of the samples, all languages in turn."""
    parts = sorted(
        {(card.id, file.language) for card in load_cards().values() if card.source.repository == SAMPLES
         for file in card.annotated if file.split == "test"}
    )  # fmt: skip
    of = [_joined(corpus, code, least) for corpus, code in parts]
    while of:
        for each in list(of):
            if (sentence := next(each, None)) is None:
                of.remove(each)
            else:
                yield sentence


def _joined(corpus: str, code: str, least: int) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], str]]:
    """Yield sentences of one language, joined until they have ``least`` tokens."""
    tokens: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    for more, their in some(load_cards()[corpus], code, "test", None, sys.maxsize).rows():
        tokens, labels = (*tokens, *more), (*labels, *their)
        if len(tokens) >= least:
            yield tokens, labels, separator(language(code).script)
            tokens, labels = (), ()


def vocabularies() -> dict[str, list[str]]:
    """Return the pieces of the tiny LM and of the packaged encoders, with ▁ for a blank."""
    minilm, e5 = (checkpoints.find(name).folder for name in (checkpoints.MINILM, checkpoints.E5))
    assert minilm is not None and e5 is not None  # packages lie in folders
    of_minilm, of_e5 = (
        Tokenizer.from_file(str(folder / "tokenizer.json")).get_vocab() for folder in (minilm, e5)
    )
    tiny = vocabulary.of_checkpoint(minilm, torch.zeros(len(of_minilm), 1), [], seed=1).pieces
    return {
        "tiny LM": [_word_piece(piece) for piece in tiny],
        checkpoints.MINILM.partition(":")[2]: [_word_piece(piece) for piece in of_minilm],
        checkpoints.E5.partition(":")[2]: list(of_e5),
    }


def _word_piece(piece: str) -> str:
    return piece.removeprefix("##") if piece.startswith("##") else f"▁{piece}"


def byte_fallback(pieces: Sequence[str]) -> Any:
    """Return a tokenizer that cuts texts into as few of these pieces as it can, and what they lack into bytes."""
    whole = dict.fromkeys([ENDING, "<unk>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", *pieces])
    scored = [(piece, 0.0 if piece.startswith("<0x") else -10.0) for piece in whole]
    text = Tokenizer(models.Unigram(scored, unk_id=1, byte_fallback=True))
    text.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never", split=False)
    text.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    text.add_special_tokens([ENDING, "<unk>"])
    return PreTrainedTokenizerFast(tokenizer_object=text, eos_token=ENDING, unk_token="<unk>")
