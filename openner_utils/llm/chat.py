"""How a prompt reaches a causal language model: in its chat template, where its tokenizer has one; and what ends its reply.

A model without a template goes on with the text of its prompt. When it has answered, it writes further turns like those before, with
sentences of its own; so its answer ends at the blank line that ends a turn.

Text of a corpus may hold what a tokenizer has as a control token: ``</s>``, ``[SEP]``, ``<|im_end|>``. It is text here, cut like any
other, and ends no turn and no reply; only what a template or a tokenizer puts around it are control tokens.

Some templates tell a model the date. It is told the same one every day (`DAY`), or a run that goes on tomorrow would ask otherwise than
today, and a tuned model would be asked otherwise than it was trained.

Asking and tuning share this, so that a model is trained on exactly the tokens that it is asked with.
"""

import json
import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from openner_utils.support.errors import OpenNERError

DAY = date(2025, 1, 1)
"""The date that chat templates tell which tell one."""
_STAND_IN = "\ue0f0"
"""A character of no script, by which the place of a prompt in a template is found."""
_TODAY = re.compile(r"strftime_now\(\s*(['\"])([^'\"]*)\1\s*\)")
_TURN = re.compile(r"\s*\S[\s\S]*?(?=\n[^\S\n]*\n)")
"""A text with something in it, up to the first blank line after that."""


def rendered(tokenizer: Any, prompt: str) -> str:
    """Return a prompt in the tokenizer's chat template, or "" where it has none."""
    if not tokenizer.chat_template:
        return ""
    return str(
        tokenizer.apply_chat_template(
            [{"role": "user", "content": prompt}],
            add_generation_prompt=True,
            tokenize=False,
            chat_template=_dated(tokenizer.get_chat_template()),
        )
    )


def _dated(template: str) -> str:
    """Return a chat template with `DAY` in place of today."""
    return _TODAY.sub(lambda said: json.dumps(DAY.strftime(said[2]), ensure_ascii=False), template)


def controls(tokenizer: Any) -> frozenset[str]:
    """Return the texts that a tokenizer has as control tokens."""
    return frozenset(token.content for token in tokenizer.added_tokens_decoder.values() if token.special)


def text_ids(tokenizer: Any, texts: Sequence[str]) -> list[list[int]]:
    """Return the token ids of texts, in which nothing is a control token, and around which nothing stands."""
    ids: list[list[int]] = tokenizer(list(texts), add_special_tokens=False, split_special_tokens=True)[
        "input_ids"
    ]
    return ids


def prompt_ids(tokenizer: Any, prompt: str) -> list[int]:
    """Return the token ids of a prompt, with whatever its template, or else the tokenizer, puts around it.

    An end that a tokenizer puts behind every text is left out: nothing would follow it.
    """
    filled = rendered(tokenizer, prompt)
    if not filled:
        ids: list[int] = tokenizer(prompt, split_special_tokens=True)["input_ids"]
        return ids[:-1] if ids and ids[-1] == tokenizer.eos_token_id else ids
    if any(control in prompt for control in controls(tokenizer)):
        before, *after = rendered(tokenizer, _STAND_IN).split(_STAND_IN)
        if len(after) == 1:
            # Cut apart only where it must be: a tokenizer may join what stands on both sides of a border.
            return (
                _template_ids(tokenizer, before)
                + text_ids(tokenizer, [prompt])[0]
                + _template_ids(tokenizer, after[0])
            )
    return _template_ids(tokenizer, filled)


def _template_ids(tokenizer: Any, text: str) -> list[int]:
    ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
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
