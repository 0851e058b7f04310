"""What the standards know that a card refers to: ISO 639-3 codes of languages, and SPDX identifiers of licences."""

import difflib
from functools import cache

import langcodes
from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

UNCLEAR = "unclear"
"""What a card says where the publisher states no licence."""
_USUAL = (
    "Apache-2.0", "CC-BY-2.5", "CC-BY-3.0", "CC-BY-4.0", "CC-BY-NC-4.0", "CC-BY-NC-ND-4.0", "CC-BY-NC-SA-3.0", "CC-BY-NC-SA-4.0",
    "CC-BY-ND-4.0", "CC-BY-SA-3.0", "CC-BY-SA-4.0", "CC0-1.0", "GPL-3.0-only", "GPL-3.0-or-later", "LGPL-3.0-only", "MIT",
    "ODbL-1.0", "PDDL-1.0",
)  # fmt: skip
"""Licences that corpora have, of which the nearest are named."""


@cache
def known_language(code: str) -> str:
    """Return a code of ISO 639-3; one that the registry of language subtags does not know is a `ValueError`.

    >>> known_language("fin")
    'fin'
    """
    if not langcodes.tag_is_valid(code):
        raise ValueError(f"{code!r} is no language of ISO 639-3 (und stands for one that is not known)")
    return code


@cache
def known_licence(spdx: str) -> str:
    """Return an SPDX expression as it is; one with an unknown identifier is a `ValueError` with the nearest ones.

    >>> known_licence("CC-BY-SA-4.0 AND MIT")
    'CC-BY-SA-4.0 AND MIT'
    """
    if spdx == UNCLEAR:
        return spdx
    try:
        usual = canonicalize_license_expression(spdx)
    except InvalidLicenseExpression:
        near = difflib.get_close_matches(spdx.upper(), _USUAL, n=2, cutoff=0.6)
        meant = f"Did you mean {' or '.join(map(repr, near))}? " if near else ""
        raise ValueError(
            f"{spdx!r} is no SPDX identifier of a licence. {meant}Where none fits, say {UNCLEAR}, and what is stated in the note"
        ) from None
    if usual != spdx:
        raise ValueError(f"SPDX writes {usual!r} for {spdx!r}")
    return spdx
