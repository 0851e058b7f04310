"""From a reply in the tokens format to the mentions it emitted. Whatever a reply holds, parsing returns; it never raises.

A line is a token, a blank and its label: ``O``, or ``B-`` and ``I-`` with a type. So the lines give the sentence again, like an
inline answer, and its mentions have their places. An ``I-`` without a mention of its type to go on with begins one. Of several
runs of such lines the last counts that is the sentence, else the longest.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from openner_utils.llm.line_replies import FENCE, answer_in
from openner_utils.llm.places import visible
from openner_utils.llm.replies import BROKEN_OFF, SET_ASIDE, TRAILING, UNPARSABLE, Emitted, Parsed


@dataclass(frozen=True, slots=True)
class _Token:
    """A token of a reply: its text, the state B, I or O, and the type, or ""."""

    text: str
    state: str
    type: str


def parse_tokens(reply: str, sentence: str, types: Collection[str]) -> Parsed:
    """Return what a reply in the tokens format says; ``sentence`` is the text as shown to the model, without blanks.

    >>> parse_tokens("Ada B-PER\\nLovelace I-PER\\nsaw O", "AdaLovelacesaw", ["PER"]).mentions
    (Emitted(text='Ada Lovelace', type='PER', start=0, end=12, occurrence=None),)
    """
    body = answer_in(reply, sentence, types)
    if isinstance(body, Parsed):
        return body
    pattern = _line_of(types)
    lines = [line for line in body.split("\n") if line.strip() and not FENCE.fullmatch(line)]
    tokens = [_token(pattern.fullmatch(line.strip())) for line in lines]
    runs = list(_runs(tokens))
    if not runs:
        return Parsed(faults=(UNPARSABLE,))
    exact = [run for run in runs if _text(tokens, run) == sentence]
    start, end = exact[-1] if exact else max(reversed(runs), key=lambda run: run[1] - run[0])
    chosen = [token for token in tokens[start:end] if token]
    text = " ".join(token.text for token in chosen)
    # A limit may cut the last line before its label.
    broken = end == len(lines) - 1 and sentence.startswith(visible(text + lines[end]))
    faults = [BROKEN_OFF] * broken
    faults += [TRAILING] * (sum(last - first for first, last in runs) + broken < len(lines))
    faults += [SET_ASIDE for run in runs if run != (start, end) and _says_something(tokens, run)]
    return Parsed(tuple(_mentions(chosen, text)), tuple(faults), text)


def _line_of(types: Collection[str]) -> re.Pattern[str]:
    names = "|".join(re.escape(type) for type in sorted(types, key=len, reverse=True))
    return re.compile(
        rf"(?P<token>.*\S)\s+(?:O|(?P<state>[BI])-(?P<type>(?i:{names or '(?!)'})|\S+))", re.DOTALL
    )


def _token(line: re.Match[str] | None) -> _Token | None:
    return line and _Token(line["token"], line["state"] or "O", line["type"] or "")


def _runs(tokens: Sequence[_Token | None]) -> Iterator[tuple[int, int]]:
    """Yield where lines with tokens that are neighbours begin and end."""
    start = 0
    while start < len(tokens):
        end = start
        while end < len(tokens) and tokens[end] is not None:
            end += 1
        if end > start:
            yield start, end
        start = end + 1


def _text(tokens: Sequence[_Token | None], run: tuple[int, int]) -> str:
    return visible("".join(token.text for token in tokens[slice(*run)] if token))


def _says_something(tokens: Sequence[_Token | None], run: tuple[int, int]) -> bool:
    return any(token.type for token in tokens[slice(*run)] if token)


def _mentions(tokens: Sequence[_Token], text: str) -> Iterator[Emitted]:
    """Yield the mentions, with their places in ``text``, the tokens with blanks between them."""
    at, start, end, type = 0, 0, 0, ""
    for token in tokens:
        goes_on = token.state == "I" and bool(type) and token.type.casefold() == type.casefold()
        if type and not goes_on:
            yield Emitted(text[start:end], type, start, end)
            type = ""
        if token.type and not goes_on:
            start, type = at, token.type
        end = at + len(token.text)
        at = end + 1
    if type:
        yield Emitted(text[start:end], type, start, end)
