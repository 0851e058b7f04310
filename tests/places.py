"""A place with choices and the sample corpora, in which a test runs stages."""

from pathlib import Path

from openner_utils.core.artifacts import Folder
from openner_utils.stages import clean, work
from openner_utils.support import paths
from openner_utils.support.paths import Place


def samples(root: Path, params: str = "") -> Place:
    """Return a place whose data/ are the sample corpora; ``params`` is the text of its params.yaml."""
    place = Place(root)
    place.params.write_text(params, encoding="utf-8")
    place.data.symlink_to(paths.SAMPLES)
    return place


def cleaned(place: Place, *corpora: str) -> None:
    """Clean corpora in this process."""
    outputs = work(clean, place, Folder(place.artifacts)).outputs
    for corpus in corpora:
        clean.clean_corpus(corpus, "conlleval", place, outputs)
