"""Numbers and foreign text in what people read."""

import re

_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, which terminals obey, those that turn the direction of the text behind them, and halves of surrogate
pairs, which no file in UTF-8 can hold."""


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun: ``1 corpus``, ``1,890 sentences``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


LONGEST = 2_000
"""Characters of a text that a page or a message shows."""


_TIED = re.compile(r"(?<=\bn) (?==)|(?<==) (?=\d)|(?<=\d) (?=%)")
"""Blanks between a number and what it is nothing without."""


def unbroken(text: str) -> str:
    """Return text in which no line ends within ``n = 40`` or ``80 %``.

    >>> unbroken("n = 40, at 80 % power")
    'n\\xa0=\\xa040, at 80\\xa0% power'
    """
    return _TIED.sub("\xa0", text)


def shortened(text: str, most: int = 160) -> str:
    """Return text with its middle left out where it is longer than ``most`` characters.

    >>> shortened("from begin to end", 10)
    'from … end'
    """
    if len(text) <= most:
        return text
    half = (most - 1) // 2
    return f"{text[: most - 1 - half]}…{text[-half:]}"


def shown(text: str) -> str:
    """Return text as people are to see it: `visible`, and cut after `LONGEST` characters, which is said.

    >>> shown("a" * 5000)[-24:]
    'aaaa… (5,000 characters)'
    """
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}… ({len(text):,} characters)"
    return visible(text)


def visible(text: str) -> str:
    r"""Return text with control characters, direction overrides and half surrogate pairs written out, so that they do nothing.

    Tabs and line ends stay, and so do the marks that right-to-left scripts are written with.

    >>> visible("red: \x1b[31m")
    'red: <U+001B>[31m'
    """
    return _UNSEEN.sub(_written_out, text)


def on_line(text: str) -> str:
    r"""Return text as `visible` does, with line ends written out, too: a name of a file may hold some, and stays on its line.

    >>> on_line("a\nb.tsv:1: empty token")
    'a<U+000A>b.tsv:1: empty token'
    """
    return visible(text).replace("\n", "<U+000A>")


def _written_out(found: re.Match[str]) -> str:
    return f"<U+{ord(found[0]):04X}>"
