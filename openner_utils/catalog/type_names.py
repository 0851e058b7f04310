"""Names that corpora use for entity types, and the standardized names that they are known to stand for.

This serves files without a card and drafts of cards. A name is translated only where every subject means the same by
it; one that means different things (``PRO`` is a product, a profession, a field of study) is asked for, with what it
may be. What the corpora of the catalog do stands on their cards.
"""

import difflib
import re

from openner_utils.catalog.ontology import entity_types
from openner_utils.catalog.taxonomy.words import is_slip

SYNONYMS = {
    "PER": ("PERSON", "PERS", "HUMAN", "NEP"),
    "LOC": ("LOCATION", "PLACE", "NEL", "GEO"),
    "ORG": ("ORGANIZATION", "ORGANISATION", "ORGANIZACAO", "NEO", "INSTITUTION"),
    "CORPORATION": ("CORP", "COMPANY"),
    "GPE": ("GEOPOLITICAL", "GEO_POLITICAL_ENTITY"),
    "GPE-LOC": ("GPE_LOC",),
    "GPE-ORG": ("GPE_ORG",),
    "FACILITY": ("FAC", "BUILDING"),
    "NORP": ("NATIONALITY", "NATIONALITIES"),
    "EVENT": ("EVT",),
    "PRODUCT": ("PROD", "PRODUCTS"),
    "CREATIVE_WORK": ("CREATIVE-WORK", "WORK_OF_ART", "WORK-OF-ART", "CW", "CREATIVEWORK"),
    "MISC": ("MISCELLANEOUS", "OTH", "OTHER", "MIS"),
    "LANG": ("LANGUAGE", "LNG"),
    "DATE": ("DATES",),
    "CARDINAL": ("CRD",),
    "ORDINAL": ("ORD",),
    "NUM": ("NUMBER",),
    "QUANTITY": ("QNT",),
    "PERCENT": ("PCT",),
}
"""Standardized name → other spellings of it, in capitals, that stand for it in every subject."""

UNSURE = {
    "ART": ("ART", "CREATIVE_WORK", "PRODUCT"),
    "BAND": ("BAND", "ORG"),
    "CURRENCY": ("MONEY", "MISC"),
    "DAT": ("DATE", "MISC"),
    "DT": ("DATE",),
    "EDUCATION": ("EDUCATION", "ORG"),
    "EV": ("EVENT",),
    "EVE": ("EVENT", "TIME"),
    "FIELD": ("FIELD", "FIELD_OF_STUDY", "DISCIPLINE", "FACILITY"),
    "GROUP": ("GROUP", "NORP", "ORG"),
    "GRP": ("GROUP", "NORP", "ORG"),
    "HUM": ("PER", "NORP"),
    "LC": ("LOC",),
    "LOCAL": ("LOC", "FACILITY"),
    "MATERIAL": ("RECIPE_MATERIAL", "DATA_SET"),
    "MEDIA": ("MEDIA", "ORG", "CREATIVE_WORK"),
    "MON": ("MONEY", "DATE"),
    "NAME": ("PER", "MISC"),
    "NUMEX": ("NUM", "MONEY", "PERCENT"),
    "OG": ("ORG",),
    "PEOPLE": ("PER", "NORP"),
    "PERIOD": ("PERIOD", "DATE"),
    "POSITION": ("POSITION", "DESIGNATION", "LOC"),
    "PRO": ("PRODUCT", "FIELD_OF_STUDY", "DESIGNATION"),
    "PS": ("PER",),
    "QT": ("QUANTITY", "CARDINAL"),
    "RELIGION": ("RELIGION", "NORP"),
    "TASK": ("TASK", "PROJECT"),
    "TI": ("TIME", "TITLE_AFFIX"),
    "TIM": ("TIME", "DATE", "DATETIME"),
    "TITLE": ("TITLE_AFFIX", "POSITION", "CREATIVE_WORK"),
    "WOA": ("CREATIVE_WORK", "ART"),
}
"""Names in capitals that mean different things in different subjects, or are too short to be sure → what they may be."""


def candidates(type: str) -> tuple[str, ...]:
    """Return the standardized names that an original type may stand for, for a person to choose from; maybe none.

    >>> candidates("TITLE")
    ('TITLE_AFFIX', 'POSITION', 'CREATIVE_WORK')
    >>> candidates("Organisatoin")
    ('ORG',)
    """
    plain = type.upper()
    if plain in UNSURE:
        return UNSURE[plain]
    stands_for = {spelling: name for name, spellings in SYNONYMS.items() for spelling in spellings}
    stands_for |= {name.upper(): name for name in entity_types()}
    near = difflib.get_close_matches(plain, stands_for, n=3, cutoff=0.7)
    return tuple(dict.fromkeys(stands_for[name] for name in near if is_slip(plain, name)))


def nearest(type: str) -> str | None:
    """Return the standardized name of an original type, by spelling and known synonyms; None where that is not certain."""
    plain = type.upper()
    if plain in UNSURE:
        return None
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
