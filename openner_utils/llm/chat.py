"""How a prompt reaches a causal language model: in its chat template, where its tokenizer has one; and what ends its reply.

A model without a template goes on with the text of its prompt. When it has answered, it writes further turns like those before, with
sentences of its own; so its answer ends at the blank line that ends a turn.

Asking and tuning share this, so that a model is trained on exactly the tokens that it is asked with.
"""

import re
from typing import Any

from openner_utils.support.errors import OpenNERError

_TURN = re.compile(r"\s*\S[\s\S]*?(?=\n[^\S\n]*\n)")
"""A text with something in it, up to the first blank line after that."""


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


def turn_end(text: str) -> int | None:
    """Return where the first turn of a text ends, at its first blank line behind anything else; None if it has not ended.

    >>> text = "\\n\\n[]\\n\\nSentence: and so on"
    >>> text[: turn_end(text)], turn_end(" []")
    ('\\n\\n[]', None)
    """
    found = _TURN.match(text)
    return found.end() if found else None
