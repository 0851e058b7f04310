"""How a prompt reaches a causal language model: in its chat template, where its tokenizer has one; and what ends its reply.

Asking and tuning share this, so that a model is trained on exactly the tokens that it is asked with.
"""

from typing import Any

from openner_utils.support.errors import OpenNERError


def rendered(tokenizer: Any, prompt: str) -> str:
    """Return a prompt in the tokenizer's chat template, or "" where it has none."""
    if not tokenizer.chat_template:
        return ""
    return str(
        tokenizer.apply_chat_template(
            [{"role": "user", "content": prompt}], add_generation_prompt=True, tokenize=False
        )
    )


def prompt_ids(tokenizer: Any, prompt: str) -> list[int]:
    """Return the token ids of a prompt, with whatever its template, or else the tokenizer, puts around it."""
    filled = rendered(tokenizer, prompt)
    ids: list[int] = tokenizer(filled or prompt, add_special_tokens=not filled)["input_ids"]
    return ids


def end_ids(tokenizer: Any, lm: Any) -> list[int]:
    """Return the ids that end a reply: those of the model's generation config, then the tokenizer's.

    The first is the one that tuning and constrained decoding end a reply with.
    """
    configured = lm.generation_config.eos_token_id
    ids = configured if isinstance(configured, list) else [configured]
    ends = [id for id in (*ids, tokenizer.eos_token_id) if id is not None]
    if not ends:
        raise OpenNERError("The model has no end-of-sequence token, so its replies would never end.")
    return list(dict.fromkeys(ends))
