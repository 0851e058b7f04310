"""Numbers and foreign text in what people read."""

import re

_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters, which terminals obey, and those that turn the direction of the text behind them."""


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun: ``1 corpus``, ``1,890 sentences``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def shortened(text: str, most: int = 160) -> str:
    """Return text with its middle left out where it is longer than ``most`` characters.

    >>> shortened("from begin to end", 10)
    'from … end'
    """
    if len(text) <= most:
        return text
    half = (most - 1) // 2
    return f"{text[: most - 1 - half]}…{text[-half:]}"


def visible(text: str) -> str:
    r"""Return text with control characters and direction overrides written out, so that they do nothing.

    Tabs and line ends stay, and so do the marks that right-to-left scripts are written with.

    >>> visible("red: \x1b[31m")
    'red: <U+001B>[31m'
    """
    return _UNSEEN.sub(lambda found: f"<U+{ord(found[0]):04X}>", text)
