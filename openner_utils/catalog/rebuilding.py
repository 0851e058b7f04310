"""The command that builds data/ again, as errors name it: with every corpus that params.yaml lists, none is to get lost."""

from pathlib import Path

from openner_utils.catalog import card_at, corpora
from openner_utils.config.params import OfData, load
from openner_utils.support import paths
from openner_utils.support.paths import Place

SAMPLES = "samples"


def rebuilding(data: Path, corpus: str, cards: Path = paths.CARDS) -> str:
    """Return what to do where ``data`` lacks a file of ``corpus``, or holds another one, as the end of an error."""
    place = Place(data.parent)
    if not place.params.is_file():  # a folder that nobody has built
        return "Lay it there, or correct the card."
    known = corpora(cards)
    wanted = [
        name for name in dict.fromkeys((*load(OfData, place.params).data.corpora, corpus)) if name in known
    ]
    own = {name for name in known if card_at(cards / f"{name}.yaml").source.repository == SAMPLES}
    use = f"openner data use {SAMPLES if own == set(wanted) else ' '.join(wanted)}"
    fetched = [name for name in wanted if name not in own]
    fetch = f"openner fetch {' '.join(fetched)} && " if fetched else ""
    return f"Build the data again: {fetch}{use}"
