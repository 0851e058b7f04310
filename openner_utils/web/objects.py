"""Questions about passages that are answered by one JSON object, and what a reply to one says.

A prompt file has lines of comments (``#``), and fields in braces, each once. A passage is put into it as a JSON string, so that
nothing in it can end the string, begin a line, or look like the words of the prompt.
"""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from openner_utils.llm.asking import ask
from openner_utils.llm.backends import Backend
from openner_utils.llm.marks import without_reasoning
from openner_utils.llm.replies import EMPTY, NEVER_ENDED, TOO_LONG
from openner_utils.llm.spending import Budget, Sum, total
from openner_utils.llm.store import Store
from openner_utils.support.progress import bar

PROMPTS = Path(__file__).parent / "prompts"
MALFORMED = "malformed answer"
NO_OBJECT = "no JSON object with what was asked for"
LONGEST = 100_000
"""Characters of the longest reply that is read."""
_TRIES = 1_000
"""Opening braces of a reply at which an object is looked for."""


@dataclass(frozen=True, slots=True)
class Model:
    """What is asked: a backend, where its replies are kept, how long they may be, and what may be spent (None: no limit)."""

    backend: Backend
    replies: Path
    max_new_tokens: int
    budget: Budget | None = None


@cache
def wording(name: str) -> str:
    """Return the text of a prompt file, without its comments."""
    lines = (PROMPTS / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.startswith("#")).strip()


def written(value: object) -> str:
    """Return a value as it stands in a prompt: JSON on one line, with every character but those that end lines as it is.

    >>> print(written('a "b"\\n{passage}'))
    "a \\"b\\"\\n{passage}"
    """
    text = json.dumps(value, ensure_ascii=False)
    return "".join(each if each.isprintable() else json.dumps(each)[1:-1] for each in text)


def rendered(name: str, fields: Mapping[str, str]) -> str:
    """Return a prompt with its fields filled in, all at once: what fills one is never searched for another."""
    text = wording(name)
    places = sorted((text.index(f"{{{field}}}"), field) for field in fields)
    parts, last = [], 0
    for at, field in places:
        parts += [text[last:at], fields[field]]
        last = at + len(field) + 2
    return "".join([*parts, text[last:]])


def answers(model: Model, prompts: Sequence[str], names: Sequence[str]) -> tuple[list[str | None], Sum]:
    """Return a reply to each prompt, None for one whose every answer was malformed, and the tokens that they took.

    Replies come from the store where it has them. Raises `OpenNERError` where a question gets none.
    """
    with bar("replies", len(prompts)) as progress:
        records = ask(
            model.backend,
            prompts,
            model.max_new_tokens,
            Store(model.replies),
            advance=progress.advance,
            names=names,
            budget=model.budget,
        )
    texts = [None if each.finish_reason == "malformed" else each.reply for each in records]
    return texts, total(each.usage for each in {each.key: each for each in records}.values())


def object_of(reply: str | None, keys: Collection[str]) -> tuple[dict[str, Any], str]:
    """Return the last JSON object of a reply that has all of these keys, and "", or an empty one and what is wrong.

    Whatever a reply holds, this returns.

    >>> object_of('Well: {"score": 3, "reason": "names"} That is it.', ["score"])
    ({'score': 3, 'reason': 'names'}, '')
    >>> object_of("I cannot rate this.", ["score"])
    ({}, 'no JSON object with what was asked for')
    """
    if reply is None:
        return {}, MALFORMED
    if len(reply) > LONGEST:
        return {}, TOO_LONG
    if not reply.strip():
        return {}, EMPTY
    text = without_reasoning(reply, "", ())
    if text is None:
        return {}, NEVER_ENDED
    found: dict[str, Any] = {}
    at = 0
    for _ in range(_TRIES):
        at = text.find("{", at)
        if at < 0:
            break
        try:
            value, end = json.JSONDecoder().raw_decode(text, at)
            value = whole(value)
        except (ValueError, RecursionError):
            at += 1
            continue
        at = end
        if isinstance(value, dict) and all(key in value for key in keys):
            found = value
    return (found, "") if found else ({}, NO_OBJECT)


def whole(value: Any) -> Any:
    r"""Return what JSON holds without halves of surrogate pairs, which it may spell and no file can hold.

    >>> whole({"reason": ["\ud83d!", 3]})
    {'reason': ['�!', 3]}
    """
    match value:
        case str():
            return _HALF.sub("\ufffd", value)
        case list():
            return [whole(each) for each in value]
        case dict():
            return {whole(key): whole(each) for key, each in value.items()}
    return value


_HALF = re.compile("[\ud800-\udfff]")


def points(value: object, highest: int) -> int | None:
    """Return a whole number from 0 to ``highest``, None for everything else.

    >>> points(3, 4), points(3.0, 4), points("3", 4), points(5, 4), points(True, 4), points(2.5, 4)
    (3, 3, 3, None, None, None)
    """
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit() and len(value) < 4:
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= highest else None
