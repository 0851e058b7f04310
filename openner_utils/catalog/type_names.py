"""Names that corpora use for entity types, and the standardized names nearest to them.

This serves files without a card and drafts of cards: a proposal for a person to check. What the corpora of the
catalog do stands on their cards.
"""

import re

from openner_utils.catalog.ontology import entity_types

SYNONYMS = {
    "PER": ("PERSON", "PERS", "PEOPLE", "HUMAN", "NEP", "PS", "HUM", "NAME"),
    "LOC": ("LOCATION", "PLACE", "NEL", "LC", "GEO", "LOCAL"),
    "ORG": ("ORGANIZATION", "ORGANISATION", "ORGANIZACAO", "NEO", "OG", "INSTITUTION"),
    "CORPORATION": ("CORP", "COMPANY"),
    "GROUP": ("GRP",),
    "GPE": ("GEOPOLITICAL", "GEO_POLITICAL_ENTITY"),
    "GPE-LOC": ("GPE_LOC",),
    "GPE-ORG": ("GPE_ORG",),
    "FACILITY": ("FAC", "BUILDING"),
    "NORP": ("NATIONALITY", "NATIONALITIES"),
    "EVENT": ("EVT", "EVE", "EV"),
    "PRODUCT": ("PRO", "PROD", "PRODUCTS"),
    "CREATIVE_WORK": ("CREATIVE-WORK", "WORK_OF_ART", "WORK-OF-ART", "WOA", "CW", "CREATIVEWORK"),
    "MISC": ("MISCELLANEOUS", "OTH", "OTHER", "MIS"),
    "LANG": ("LANGUAGE", "LNG"),
    "DATE": ("DAT", "DT"),
    "TIME": ("TIM", "TI"),
    "CARDINAL": ("CRD",),
    "ORDINAL": ("ORD",),
    "NUM": ("NUMBER", "NUMEX"),
    "MONEY": ("MON", "CURRENCY"),
    "QUANTITY": ("QNT", "QT"),
    "PERCENT": ("PCT",),
    "TITLE_AFFIX": ("TITLE",),
}
"""Standardized name → other spellings of it, in capitals."""


def nearest(type: str) -> str | None:
    """Return the standardized name of an original type, by spelling and known synonyms; None where none is known."""
    plain = type.upper()
    variants = (plain, plain.replace("-", "_"), plain.replace("_", "-"))
    known = entity_types()
    upper = {name.upper(): name for name in known}
    for variant in variants:
        if variant in upper:
            return upper[variant]
        for name, spellings in SYNONYMS.items():
            if variant in spellings and name in known:
                return name
    part = re.fullmatch(r"(.+?)[-_]?(DERIV|PART)", plain)
    if part and (base := nearest(part[1])) and f"{base}-{part[2]}" in known:
        return f"{base}-{part[2]}"
    return None
