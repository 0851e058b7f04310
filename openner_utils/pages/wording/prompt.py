"""What one way of asking brought, in sentences."""

from openner_utils.pages.views.prompts import Fewer, Told
from openner_utils.support.words import counted


def told(found: Told) -> str:
    """Return what became of the mentions that one run's replies named."""
    who = "control" if found.control else "model"
    return (
        f"{who.capitalize()}, {found.decoding} decoding: {counted(found.replies, 'reply', 'replies')}; of "
        f"{counted(found.named, 'mention')} that the {who} named, {found.grounded:,} have a place in their sentence, "
        f"{found.again:,} name it again, {found.lost:,} are lost."
    )


def fewer(found: Fewer) -> str:
    """Return that prompts of a corpus and language have fewer worked examples than they were to have."""
    return (
        f"{found.corpus} ({found.language}): as few as {found.fewest:,} of {counted(found.wanted, 'worked example')} in a "
        "prompt, for its training sentences give no more."
    )
