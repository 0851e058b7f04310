"""Passages that hold somebody's address or account, which no corpus for names needs. The policy, in full:

- Names of people are what NER is about; they stay.
- A passage with an e-mail address, a public IPv4 address, the number of a payment card or an IBAN is left out, whole. Nothing is
  masked: offsets and text stay those of the document. Digits of any script count, and letters, signs and blanks in full width.
- So is one whose page has an e-mail address, or the name and password of a visitor, in its own address (`personal_address`).
- Addresses that FineWeb-2 has put in the place of real ones, and those kept for examples (RFC 2606, RFC 5737), are no reason.
- Every passage keeps the address of its page, so that whoever asks for removal can be served: `openner web filter --without`
  takes a list of documents out again.

Telephone numbers, street addresses and names that together betray a person are not looked for.
"""

import ipaddress
import re
import sys
import unicodedata
from collections.abc import Iterator
from functools import cache
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray

from openner_utils.web.characters import codes

EMAIL, ADDRESS, CARD, ACCOUNT = (
    "personal data: e-mail address", "personal data: IP address", "personal data: payment card", "personal data: bank account",
)  # fmt: skip
PASSWORD = "personal data: name and password"

_EMAIL = re.compile(r"[\w.%+-]{1,64}@(?:[\w-]+\.)+[^\W\d_]{2,24}")
_EXAMPLE = re.compile(r"(?i)@(?:[\w-]+\.)*(?:example\.(?:com|org|net)|example|test|invalid|localhost)\Z")
_VISITOR = re.compile(r"\A[a-z][a-z0-9+.-]*://[^/?#@:]*:[^/?#@]+@", re.IGNORECASE)
_IPV4 = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![0-9.])")
_CARD = re.compile(r"[0-9](?:[ -]?[0-9]){12,18}(?![0-9])")
_PRINTED = re.compile(
    r"(?=([0-9]{4}(?:([ -])[0-9]{4}(?:\2[0-9]{4}){2}(?:\2[0-9]{3})?|([ -])[0-9]{6}\3[0-9]{4,5}))(?![0-9]))"
)
"""A card as it is printed: in groups of four (and three), or of four, six and five or four; other numbers may stand beside it."""
_GROUPS = re.compile(r"[0-9]{4}[ -][0-9]{4}")
_LONG = re.compile(r"[0-9]{2}[ -]?[A-Za-z0-9]{4}[ -]?[A-Za-z0-9]{4}")
"""What every printed card, and every account, holds: begins with a digit, and most texts have none, so that the slower search is spared."""
_IBAN = re.compile(r"(?ai)[A-Z]{2}[0-9]{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?\b")
_LAST = 0x20000
"""No digit and no blank stands at this code point or behind it."""
_FEWEST_OF_ADDRESS, _FEWEST_OF_ACCOUNT = 4, 10
"""Digits that a text with an address, or with a card or an account, has at the least; most texts have fewer.

A search for what begins with one of a few characters is quick; what stands before is looked at afterwards."""


def personal(text: str) -> str:
    """Return why a passage is left out for personal data, or nothing.

    >>> personal("Write to ada@lovelace.uk or to info@example.org")
    'personal data: e-mail address'
    """
    code = codes(text)
    if not text.isascii():
        known = _plain()[code]
        if not np.array_equal(known, code):
            code, text = known, known.tobytes().decode("utf-32-le")
    if "@" in text and any(not _EXAMPLE.search(found[0]) for found in _EMAIL.finditer(text)):
        return EMAIL
    digits = np.count_nonzero((code >= ord("0")) & (code <= ord("9")))
    if digits >= _FEWEST_OF_ADDRESS and any(_is_public(each) for each in _alone(_IPV4, text)):
        return ADDRESS
    if digits < _FEWEST_OF_ACCOUNT:
        return ""
    patterns = (_CARD, _PRINTED) if _GROUPS.search(text) else (_CARD,)
    if any(_is_card(_joined(each)) for pattern in patterns for each in _alone(pattern, text)):
        return CARD
    if _LONG.search(text) and any(_is_iban(_joined(each).upper()) for each in _alone(_IBAN, text)):
        return ACCOUNT
    return ""


def personal_address(address: str) -> str:
    """Return why a page's own address bars its passage, or nothing.

    >>> personal_address("https://example.org/unsubscribe?who=ada%40lovelace.uk")
    'personal data: e-mail address'
    >>> personal_address("https://ada:1815@intranet/page")
    'personal data: name and password'
    """
    if "@" not in address and "%40" not in address:
        return ""
    if _VISITOR.match(address):
        return PASSWORD
    return EMAIL if any(not _EXAMPLE.search(found[0]) for found in _EMAIL.finditer(unquote(address))) else ""


def _joined(number: str) -> str:
    return re.sub("[ -]", "", number)


@cache
def _plain() -> NDArray[np.uint32]:
    """Return what each character is read as [1,114,112]: digits, blanks, hyphens and what is written in full width as ASCII."""
    table = np.arange(sys.maxunicode + 1, dtype=np.uint32)
    table[0xFF01:0xFF5F] = np.arange(0x21, 0x7F)
    for each in range(0x80, _LAST):
        category = unicodedata.category(chr(each))
        if category == "Nd":
            table[each] = ord("0") + unicodedata.decimal(chr(each))
        elif category == "Zs":
            table[each] = ord(" ")
    table[[0x2010, 0x2011, 0x2012, 0x2013, 0x2212]] = ord("-")
    return table


def _alone(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    """Yield what a pattern finds that is no part of a longer number or word."""
    for found in pattern.finditer(text):
        before = text[max(0, found.start() - 1) : found.start()]
        if not (before.isalnum() or before == "."):
            yield found[1] if found.lastindex else found[0]  # what stands in a look-ahead has no length


def _is_public(address: str) -> bool:
    try:
        return ipaddress.IPv4Address(address).is_global
    except ValueError:
        return False


def _is_card(digits: str) -> bool:
    """Return whether a number begins as payment cards do and its check digit is right (ISO/IEC 7812, Luhn)."""
    if digits[0] not in "3456" or len(set(digits)) < 4:
        return False
    doubled = (int(each) * 2 for each in digits[-2::-2])
    total = sum(map(int, digits[-1::-2])) + sum(each - 9 if each > 9 else each for each in doubled)
    return total % 10 == 0


def _is_iban(account: str) -> bool:
    """Return whether the check digits of an account are right (ISO 13616)."""
    moved = account[4:] + account[:4]
    return 15 <= len(account) <= 34 and int("".join(str(int(each, 36)) for each in moved)) % 97 == 1
