"""The key of a model server: where it comes from, and that nothing that is written down holds it.

It goes out in one header. A server may repeat it in what it says, whole or in part and in another spelling; its words are quoted
without it, or not at all, and a reply that holds it is no reply.
"""

import base64
import html
import os
import re
import urllib.parse
from functools import lru_cache

from openner_utils.support.errors import OpenNERError

API_KEY = "OPENNER_API_KEY"
"""Environment variable with the server's key; it is read nowhere else and written nowhere."""
SHORTEST_KEY = 8
"""Characters of the shortest key: a shorter one, such as ``none``, would stand in many a text by chance."""
PART = 12
"""Characters of a key, one behind the other, that are a part of it which is not shown; fewer are what servers leave of a masked one."""
WIDEST = 12
"""Characters that stand for one of the key, at the most (``&#x000002f;``)."""
UNSAID = "[words that hold a part of the key]"


def api_key() -> str | None:
    """Return the server's key, None if there is none; one that cannot be a key is an `OpenNERError` that does not show it."""
    key = os.environ.get(API_KEY)
    if not key:
        return None
    hint = f"Set {API_KEY} to the key alone, or unset it for a server that needs none."
    if not all("!" <= character <= "~" for character in key):
        raise OpenNERError(
            f"{API_KEY} holds a blank, a line break or another character that no key has. {hint}"
        )
    if len(key) < SHORTEST_KEY:
        raise OpenNERError(f"{API_KEY} has {len(key)} characters, fewer than any key. {hint}")
    return key


def without_key(text: str) -> str:
    """Return a server's or library's words with the key left out; where they hold a part of it still, none of them."""
    key = api_key()
    if not key:
        return text
    text = re.sub("".join(map(_spelled, key)), "[key]", text)
    return UNSAID if _holds_part(text, _parts(key)) else text


def _spelled(character: str) -> str:
    r"""Return a pattern of a character as it is, and as JSON, addresses, web pages and quoted bytes write it.

    >>> [bool(re.fullmatch(_spelled("/"), text)) for text in ("/", "\\/", "%2f", "\\u002F", "&#47;", "x")]
    [True, True, True, True, True, False]
    """
    code, slashes = ord(character), r"\\{0,4}"  # not any number: a server could send millions
    ways = (rf"%{code:02x}", rf"{slashes}u{code:04x}", rf"{slashes}x{code:02x}", rf"&\#x0{{0,6}}{code:x};")
    plain = rf"{slashes}{re.escape(character)}|{re.escape(html.escape(character))}|&\#0{{0,6}}{code};"
    return rf"(?:{plain}|(?i:{'|'.join(ways)}))"


def _holds_part(text: str, parts: frozenset[str]) -> bool:
    """Return whether a text holds a part of a key, whatever its capitals and whatever blanks and unseen signs stand between."""
    said = "".join(each for each in text.casefold() if "!" <= each <= "~")
    once = urllib.parse.unquote(said)
    texts = {said, once, urllib.parse.unquote(once)}
    return any(part in each for each in texts for part in parts)


@lru_cache(maxsize=1)
def _parts(key: str) -> frozenset[str]:
    """Return the parts of a key, as it is, from behind, in hexadecimal digits and in base64, in small letters.

    >>> {"abcdefgh", "hgfedcba", "616263646566", "ywjjzgvm"} <= _parts("abcdefgh")
    True
    """
    raw = key.encode("ascii")
    # In base64 three bytes are four signs, so a key is written in three ways, by what stands before it.
    encoded = [base64.b64encode(bytes(at) + raw).decode("ascii") for at in range(3)]
    # The signs at both ends hang on what stands beside the key.
    inner = [each[4 * (at > 0) : len(each) // 4 * 4 - 4] for at, each in enumerate(encoded)]
    spelled = [key, key[::-1], raw.hex(), *(each for each in inner if len(each) >= SHORTEST_KEY)]
    return frozenset(
        each[at : at + PART].casefold() for each in spelled for at in range(max(1, len(each) - PART + 1))
    )
