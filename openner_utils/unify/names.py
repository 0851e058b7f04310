"""What the types of a corpus of the catalog are called when corpora are put side by side."""

from collections.abc import Mapping
from typing import Literal, get_args

from openner_utils.catalog import Card
from openner_utils.catalog.taxonomy import universal

Types = Literal["universal", "standardized", "published"]
"""As in the taxonomy (`catalog.taxonomy`), as in `catalog.ontology`, or as the corpus has them."""
TYPES: tuple[Types, ...] = get_args(Types)


def names_of(card: Card, types: Types) -> Mapping[str, str]:
    """Return what each published type of a corpus is called; one that is left out keeps its name."""
    if types == "universal":
        return {raw: entry.to for raw, entry in universal().mapped.get(card.id, {}).items()}
    return card.types if types == "standardized" else {}
