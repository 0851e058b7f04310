"""What prompts begin with alike: found in any batch, and a model that has read it once says the same as one that reads all."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import (
    BertConfig,
    BertLMHeadModel,
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    MambaConfig,
    MambaForCausalLM,
)

from openner_utils.llm import openings
from openner_utils.llm.openings import LEAST, ready

SIZES = {"vocab_size": 50, "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
         "num_key_value_heads": 1, "pad_token_id": 0, "eos_token_id": 1, "bos_token_id": 2}  # fmt: skip


def llama():
    torch.manual_seed(1)
    return LlamaForCausalLM(LlamaConfig(**SIZES)).eval()


def gpt2():
    """Places have vectors of their own, learnt."""
    torch.manual_seed(1)
    return GPT2LMHeadModel(GPT2Config(vocab_size=50, n_embd=16, n_layer=2, n_head=2, eos_token_id=1)).eval()


def gemma(window):
    """Layers that see so many places back, and others that see all."""
    torch.manual_seed(1)
    kinds = ["sliding_attention", "full_attention"]
    return Gemma3ForCausalLM(
        Gemma3TextConfig(**SIZES, head_dim=8, sliding_window=window, layer_types=kinds)
    ).eval()


def batch(seed=3):
    """Prompts of two corpora: instructions of all, examples of each, and a question."""
    draw = torch.Generator().manual_seed(seed)
    some = lambda count: torch.randint(3, 50, (count,), generator=draw).tolist()  # noqa: E731
    instructions = some(70)
    corpora = [instructions + some(30), instructions + some(36)]
    return [corpora[number % 2] + some(5 + number) for number in range(6)]


ids = st.lists(st.integers(0, 2), min_size=1, max_size=3)


@given(st.lists(st.tuples(st.sampled_from([0, LEAST, LEAST + 5]), ids), min_size=1, max_size=6))
def test_what_is_ready_is_shared_and_ends_at_one_place(made):
    prompts = [[9] * shared + rest for shared, rest in made]
    counts = ready(prompts)
    longest = max(map(len, prompts))
    assert all(0 <= count < len(each) for count, each in zip(counts, prompts, strict=True))
    if any(counts):
        assert len({longest - len(each) + count for count, each in zip(counts, prompts, strict=True)}) == 1
        for number, (count, each) in enumerate(zip(counts, prompts, strict=True)):
            others = prompts[:number] + prompts[number + 1 :]
            assert any(other[:count] == each[:count] for other in others)


@pytest.mark.parametrize("model", [llama, gpt2, lambda: gemma(256)], ids=["llama", "gpt2", "gemma3"])
def test_a_model_goes_on_as_if_it_had_read_all(model):
    lm, prompts = model(), batch()
    longest = max(map(len, prompts))
    filled = torch.tensor([[0] * (longest - len(each)) + each for each in prompts])
    mask = torch.tensor([[0] * (longest - len(each)) + [1] * len(each) for each in prompts])
    how = {
        "attention_mask": mask, "max_new_tokens": 8, "do_sample": False, "output_scores": True, "return_dict_in_generate": True,
    }  # fmt: skip
    cache = openings.begun(lm, prompts)
    places = cache.get_seq_length()
    seen = []
    lm.register_forward_pre_hook(
        lambda _, __, given: seen.append(given["input_ids"].shape[1]), with_kwargs=True
    )
    fast = lm.generate(filled, past_key_values=cache, **how)
    assert seen[0] == longest - places == 10, "the openings are not read anew"
    slow = lm.generate(filled, **how)
    assert torch.equal(fast.sequences, slow.sequences)
    for one, other in zip(fast.scores, slow.scores, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_nothing_is_ready_where_it_could_change_a_reply():
    assert openings.begun(gemma(64), batch()) is None, "a window narrower than the openings"
    assert openings.begun(llama(), [batch()[0]]) is None, "one prompt alone"
    mamba = MambaForCausalLM(MambaConfig(vocab_size=50, hidden_size=16, state_size=4, num_hidden_layers=2))
    assert openings.begun(mamba.eval(), batch()) is None, "states that are no keys and values"
    both_ways = BertLMHeadModel(BertConfig(**SIZES)).eval()
    assert openings.begun(both_ways, batch()) is None, "an encoder, which keeps nothing"
    of_ours = type("ReadsBothWays", (LlamaForCausalLM,), {"__module__": "elsewhere"})(LlamaConfig(**SIZES))
    assert openings.begun(of_ours, batch()) is None, "a model of somebody else's"
