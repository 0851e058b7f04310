"""What one way of asking brought, in sentences."""

from openner_utils.pages.views.prompts import Told
from openner_utils.support.words import counted


def told(found: Told) -> str:
    """Return what became of the mentions that one run's replies named."""
    who = "control" if found.control else "model"
    return (
        f"{who.capitalize()}, {found.decoding} decoding: {counted(found.replies, 'reply', 'replies')}; of "
        f"{counted(found.named, 'mention')} that the {who} named, {found.grounded:,} have a place in their sentence, "
        f"{found.again:,} name it again, {found.lost:,} are lost."
    )
