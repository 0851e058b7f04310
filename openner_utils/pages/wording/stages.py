"""What the stages' own pages say of their tables."""

from openner_utils.pages.views.clean import Changed, Read
from openner_utils.pages.views.prompts import Told
from openner_utils.pages.views.standardize import Kept, Renamed
from openner_utils.pages.views.train import Extreme
from openner_utils.support.rounding import share, shown
from openner_utils.support.words import counted


def read(found: Read) -> str:
    """Return how much was read, and where transitions are invalid."""
    size = (
        f"{counted(found.sentences, 'sentence')} with {counted(found.tokens, 'token')} and "
        f"{counted(found.mentions, 'mention')} were read from {counted(found.corpora, 'corpus', 'corpora')}."
    )
    if not found.invalid:
        return f"{size} No transition between labels is invalid."
    verb = "is" if found.invalid == 1 else "are"
    return f"{size} {counted(found.invalid, 'transition')} between labels {verb} invalid, in {', '.join(found.invalid_in)}."


def changed(found: Changed | None) -> str:
    """Return how much was changed, and where most."""
    if found is None:
        return "The ledger is empty: nothing had to be changed."
    return (
        f"The ledger has {counted(found.rows, 'row')} under {counted(found.rules, 'rule')}, the most of them in {found.corpus}: "
        f"{found.most:,} beside {counted(found.mentions, 'mention')}."
    )


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


def extremes(best: Extreme, worst: Extreme) -> str:
    """Return where an encoder does best and worst."""
    return (
        f"Best on {best.corpus}/{best.language} ({shown(best.f1)}), worst on {worst.corpus}/{worst.language} "
        f"({shown(worst.f1)})."
    )


def told(found: Told) -> str:
    """Return what became of the mentions that one run's replies named."""
    who = "control" if found.control else "model"
    return (
        f"{who.capitalize()}, {found.decoding} decoding: {counted(found.replies, 'reply', 'replies')}; of "
        f"{counted(found.named, 'mention')} that the {who} named, {found.grounded:,} have a place in their sentence, "
        f"{found.again:,} name it again, {found.lost:,} are lost."
    )
