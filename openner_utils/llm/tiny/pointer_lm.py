"""A small causal LM that can learn to answer our prompts from a few hundred sentences.

A plain causal LM of this size needs many thousands of examples before it can repeat a sentence at all. The reader
gets three things for free, and learns the rest:

1. **It reads the prompt in both directions** (a prefix LM), so that an encoder's pretrained weights keep their
   meaning; the answer is generated from left to right, each token seeing the prompt and the answer so far.
2. **An answer token takes the position of the prompt token that it repeats**: the next place after the one
   before (the *cursor*). Tags, and pieces of JSON, take the position of the cursor.
3. **It copies by pointing** (a pointer network: Vinyals, Fortunato and Jaitly 2015): the score of each prompt token
   as next token is the match of the present state with the state *before* that prompt token. Beside these
   stand scores for the symbols of which answers consist (tags, pieces of JSON, the end).

So it has no words of its own: in free decoding too it can only say tokens of its prompt and symbols, in any order.
What it can get wrong is everything else: skip and repeat words, leave tags open, stop halfway.

The vocabulary begins with the tokens of text; from ``first_symbol`` on come the symbols, which have vectors of
their own, so that those of text can be kept as they are.
"""

from typing import Any

import torch
from torch import Tensor, nn
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    BertConfig,
    BertModel,
    DynamicCache,
    GenerationMixin,
)
from transformers.modeling_outputs import CausalLMOutputWithPast
from transformers.models.bert.modeling_bert import BertPreTrainedModel

NEVER = -1e4
"""Score of a token that cannot come next."""
MATCH = 16.0
"""Score, before training, with which a state points at what followed a state equal to it."""


class ReaderConfig(BertConfig):
    """A BERT configuration and the id of the first symbol in the vocabulary."""

    model_type = "openner_reader"
    first_symbol: int = 0


class ReaderLM(BertPreTrainedModel, GenerationMixin):
    """The model; works with Transformers' ``generate`` and its left-padded batches."""

    config_class = ReaderConfig
    config: ReaderConfig

    def __init__(self, config: ReaderConfig) -> None:
        super().__init__(config)
        width = config.hidden_size
        self.bert = BertModel(config, add_pooling_layer=False)
        self.marks = nn.Embedding(config.vocab_size - config.first_symbol, width)
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.state = nn.Linear(2 * width, width)
        self.symbols = nn.Linear(width, config.vocab_size - config.first_symbol)
        self.post_init()  # type: ignore[no-untyped-call]

    def start_pointing(self) -> None:
        """Set the pointer so that it copies before any training: a state points at what followed its like.

        Symbols get vectors as long as those of text.
        """
        with torch.no_grad():
            self.marks.weight.normal_(0.0, float(self.bert.embeddings.word_embeddings.weight.std()))
            for layer in (self.query, self.key):
                nn.init.eye_(layer.weight)
                nn.init.zeros_(layer.bias)
            # The expected square length of a state follows from the last normalization; a state that meets its
            # like then scores MATCH.
            encoder: Any = self.bert.encoder
            last: nn.LayerNorm = encoder.layer[-1].output.LayerNorm
            square = float((last.weight**2 + last.bias**2).sum())
            self.query.weight.mul_(MATCH * self.config.hidden_size**0.5 / square)

    def scores(self, states: Tensor, prompt: Tensor, copyable: Tensor) -> tuple[Tensor, Tensor]:
        """Return the scores of prompt tokens and of symbols as next token.

        ``states`` [batch, steps, width] of the answer so far, ``prompt`` [batch, length, width] states of the
        prompt, ``copyable`` [batch, length] which of its tokens may be copied. Returns [batch, steps, length]
        and [batch, steps, symbols].
        """
        keys = nn.functional.pad(self.key(prompt)[:, :-1], (0, 0, 1, 0))
        match = self.query(states) @ keys.transpose(1, 2) / self.config.hidden_size**0.5
        match = match.masked_fill(~copyable[:, None], NEVER)
        ahead = match.softmax(-1) @ prompt
        hidden = nn.functional.gelu(self.state(torch.cat([states, ahead], -1)))
        return match, self.symbols(hidden)

    def read(self, ids: Tensor, mask: Tensor, positions: Tensor, answer: Tensor, **more: Any) -> Any:
        """Return the body's output for tokens [batch, length] under a mask [batch, 1, length, seen].

        ``answer`` says which tokens belong to the answer (its marker included).
        """
        symbol = ids - self.config.first_symbol
        vectors = torch.where(
            symbol[..., None] < 0, self.bert.embeddings.word_embeddings(ids), self.marks(symbol.clamp_min(0))
        )
        return self.bert(
            inputs_embeds=vectors,
            attention_mask=mask,
            position_ids=positions,
            token_type_ids=answer.long(),
            **more,
        )

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        past_key_values: Any = None,
        use_cache: bool = True,
        **_: Any,
    ) -> CausalLMOutputWithPast:
        """Read prompts [batch, length], or take the next token of each answer [batch, 1].

        ``attention_mask`` [batch, length so far] is 0 at padding. Returns logits [batch, 1, vocabulary] for the token after
        it, and the cache with which the next call goes on.
        """
        if attention_mask is None:
            attention_mask = torch.ones_like(input_ids)
        cache = past_key_values if past_key_values is not None else DynamicCache(config=self.config)
        if cache.get_seq_length() == 0:
            states = self._begin(input_ids, attention_mask.bool(), cache)
        else:
            states = self._go_on(input_ids, attention_mask.bool(), cache)
        # The prompt stays with the cache: its ids and states are what every later step copies from.
        prompt: _Prompt = cache.prompt  # type: ignore[union-attr]
        match, symbols = self.scores(states[:, -1:], prompt.states, prompt.copyable)
        logits = spread(match, symbols, prompt.ids, self.config.first_symbol)
        return CausalLMOutputWithPast(logits=logits, past_key_values=cache)

    def _begin(self, ids: Tensor, seen: Tensor, cache: Any) -> Tensor:
        length = ids.shape[1]
        positions = (seen.cumsum(1) - 1).clamp_min(0)
        cursor = first_cursor(ids, seen, self.config.first_symbol)
        positions[:, -1] = positions.gather(1, cursor[:, None])[:, 0]
        answer = torch.zeros_like(seen)
        answer[:, -1] = True
        # Rows of padding see themselves, for a softmax over nothing is not a number.
        mask = seen[:, None, None] | torch.eye(length, dtype=torch.bool, device=ids.device)
        states = self.read(
            ids, mask, positions, answer, past_key_values=cache, use_cache=True
        ).last_hidden_state
        cache.prompt = _Prompt(ids, positions, states, copyable(ids, seen, self.config.first_symbol), cursor)
        return states

    def _go_on(self, ids: Tensor, seen: Tensor, cache: Any) -> Tensor:
        prompt: _Prompt = cache.prompt
        prompt.cursor = next_cursor(prompt.cursor, ids[:, 0], prompt.ids, prompt.copyable)
        positions = prompt.positions.gather(1, prompt.cursor[:, None])
        answer = torch.ones_like(ids, dtype=torch.bool)
        out = self.read(ids, seen[:, None, None], positions, answer, past_key_values=cache, use_cache=True)
        states: Tensor = out.last_hidden_state
        return states


class _Prompt:
    """What a batch's later steps need of its prompts; ``cursor`` [batch] moves along."""

    def __init__(
        self, ids: Tensor, positions: Tensor, states: Tensor, copyable: Tensor, cursor: Tensor
    ) -> None:
        self.ids, self.positions, self.states, self.copyable = ids, positions, states, copyable
        self.cursor = cursor


def first_cursor(ids: Tensor, seen: Tensor, first_symbol: int) -> Tensor:
    """Return where the cursor begins [batch]: at the last symbol before the prompt's last token.

    ``ids`` and ``seen`` [batch, length] are left-padded prompts and which of their tokens are no padding. That symbol is
    the marker right before the sentence; without one it is the prompt's first token.

    >>> prompt = torch.tensor([[0, 31, 5, 6, 32]])  # padding, a marker, two words, the answer's marker
    >>> first_cursor(prompt, prompt > 0, first_symbol=30)
    tensor([1])
    """
    symbol = (ids >= first_symbol) & seen
    symbol[:, -1] = False
    places = torch.arange(ids.shape[1], device=ids.device)
    first = seen.long().argmax(1)
    return torch.maximum(torch.where(symbol, places, -1).amax(1), first)


def copyable(ids: Tensor, seen: Tensor, first_symbol: int) -> Tensor:
    """Return which tokens of left-padded prompts may be copied [batch, length]: those of text, but the first."""
    result = seen & (ids < first_symbol)
    result[torch.arange(len(ids), device=ids.device), seen.long().argmax(1)] = False
    return result


def next_cursor(cursor: Tensor, ids: Tensor, prompt_ids: Tensor, copyable: Tensor) -> Tensor:
    """Return the cursor [batch] after one more answer token: at its next place in the prompt, else unmoved.

    ``ids`` [batch] are the new tokens, ``prompt_ids`` and ``copyable`` [batch, length] the prompt.

    >>> prompt = torch.tensor([[31, 5, 6, 5, 32]])
    >>> words = torch.tensor([[False, True, True, True, False]])
    >>> first = next_cursor(torch.tensor([0]), torch.tensor([5]), prompt, words)
    >>> first, next_cursor(first, torch.tensor([5]), prompt, words), next_cursor(first, torch.tensor([33]), prompt, words)
    (tensor([1]), tensor([3]), tensor([1]))
    """
    places = torch.arange(prompt_ids.shape[1], device=ids.device)
    ahead = (prompt_ids == ids[:, None]) & copyable & (places > cursor[:, None])
    return torch.where(ahead.any(1), ahead.long().argmax(1), cursor)


def spread(match: Tensor, symbols: Tensor, prompt_ids: Tensor, first_symbol: int) -> Tensor:
    """Return logits over the vocabulary: a text token's is the log-sum-exp over its places in the prompt.

    ``match`` [batch, 1, length] and ``symbols`` [batch, 1, symbols] as `ReaderLM.scores` gives them; ``prompt_ids`` [batch,
    length]. Returns [batch, 1, vocabulary]. A token that the prompt lacks gets `NEVER`. The greatest score is taken out of
    the sum and put back, so that the exponential cannot overflow.
    """
    batch, steps, _ = match.shape
    vocabulary = first_symbol + symbols.shape[-1]
    best = match.amax(-1, keepdim=True)
    index = prompt_ids[:, None].expand_as(match)
    total = match.new_zeros(batch, steps, vocabulary).scatter_add(-1, index, (match - best).exp())
    logits = torch.where(total > 0, total.clamp_min(1e-30).log() + best, NEVER)
    logits[..., first_symbol:] = symbols
    return logits


AutoConfig.register(ReaderConfig.model_type, ReaderConfig, exist_ok=True)
AutoModelForCausalLM.register(ReaderConfig, ReaderLM, exist_ok=True)
