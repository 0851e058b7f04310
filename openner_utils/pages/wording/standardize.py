"""What became of the entity types, in sentences."""

from openner_utils.pages.views.standardize import Kept, Renamed
from openner_utils.support.rounding import share, shown
from openner_utils.support.words import counted


def renamed(found: Renamed) -> str:
    """Return how many type names became how many."""
    return (
        f"{counted(found.original, 'original type name')} became {counted(found.standardized, 'standardized type')}; "
        f"{found.renamed:,} of {counted(found.mentions, 'mention')} changed their type's name."
    )


def kept(found: Kept) -> str:
    """Return what the core release keeps, and how well that is known."""
    known = ", ".join(f"{word}: {number:,}" for word, number in found.by_certainty.items())
    (most, most_percent), (least, least_percent) = found.most, found.least
    return (
        f"The core release keeps {found.kept:,} of {counted(found.mentions, 'mention')} ({share(found.kept / found.mentions)}). "
        f"It drops most in {most} ({shown(most_percent, 0)}%) and least in {least} ({shown(least_percent, 0)}%). Kept mentions "
        f"by how their core type is known: {known}. A dropped mention's tokens become `O`, so that a model trained on the core "
        "release learns to pass over them."
    )
