"""The marks between which models that reason write what is no answer, and prompts that open them."""

import re

_NAMES = "think|thinking|thought|thoughts|reasoning|reflection|analysis"
REASONING = (
    (rf"<(?:[\w.-]++:)?(?:{_NAMES})(?:\s[^<>\n]*+)?>", rf"</(?:[\w.-]++:)?(?:{_NAMES})\s*+>"),
    (r"\[THINK\]", r"\[/THINK\]"),
    (r"◁think▷", r"◁/think▷"),
    (r"<\|(?:START_THINKING|begin_of_thought)\|>", r"<\|(?:END_THINKING|end_of_thought)\|>"),
    (
        r"<\|channel\|>\s*+(?!final)\w[^<>]*+<\|message\|>",
        r"<\|end\|>|<\|channel\|>\s*+final[^<>]*+<\|message\|>",
    ),
)
"""Marks that open and close reasoning; one kind never closes another. The last are the channels of gpt-oss."""
_OPENS_AT_END = re.compile(rf"(?:{'|'.join(opens for opens, _ in REASONING)})\s*\Z", re.IGNORECASE)


def opened_reasoning(prompt: str) -> str:
    """Return the mark with which a rendered prompt opens the reasoning, so that the reply begins inside it, or ""."""
    mark = _OPENS_AT_END.search(prompt)
    return mark[0] if mark else ""
