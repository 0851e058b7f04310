"""What was read and changed in cleaning, in sentences."""

from openner_utils.pages.views.clean import Changed, Read
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
