"""The out-of-domain test of a tagger for open types, over corpora of the catalog and files of one's own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

import numpy as np

from openner_utils.api.collecting import gather
from openner_utils.api.opentypes import material_of
from openner_utils.catalog import corpora as catalogued
from openner_utils.catalog import load_card
from openner_utils.opentypes.material import Material
from openner_utils.opentypes.recipe import Recipe
from openner_utils.ownfiles.format import Format
from openner_utils.runs.executors import nobody, this_machine
from openner_utils.runs.kept import Kept
from openner_utils.support.errors import OpenNERError
from openner_utils.support.paths import HERE, Place
from openner_utils.support.progress import bar
from openner_utils.unify import draws, transfer
from openner_utils.unify.corpora import Corpus
from openner_utils.unify.transfer import Fold, Job, Tested

KEPT = "transfer"
"""The folder of finished trainings among what the compendium keeps for itself."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sentences of each corpus, at most, drawn by what they hold: to ``train`` on and to ``test`` on."""

    train: int
    test: int


def folds(
    names: Sequence[str], sizes: Sizes, place: Place = HERE, format: Format | None = None
) -> list[Fold]:
    """Return a fold for each domain of some corpora, under the taxonomy's types.

    The domain is that of the card; a file of one's own is a domain. A corpus of the catalog whose card names several domains, and
    that has a folder for each, is one corpus for each of them, which annotates what occurs in it; all are held out together.
    """
    sides: list[list[Material]] = []
    domain_of: dict[str, str] = {}
    for split, most in (("train", sizes.train), ("test", sizes.test)):
        found: list[Material] = []
        for corpus in gather(names, split, "universal", place, format):
            parts = _parts(corpus, place)
            for part in parts:
                domain_of[part.name] = _domain(corpus.name, place)
                found.append(_material(part, most // len(parts), len(parts) > 1, place))
        sides.append(found)
    train, test = sides
    made = list(transfer.folds(train, test, domain_of))
    if len(made) < 2:
        raise OpenNERError(
            f"All corpora are of one domain ({made[0].held if made else 'none'}). Name some of another one, too."
        )
    return made


def test(
    made: Sequence[Fold], recipe: Recipe, seeds: Sequence[int], workers: int, place: Place = HERE
) -> list[Tested]:
    """Train and test each fold with each seed, in so many processes. What is finished is kept and not done again."""
    kept = Kept(place.own / KEPT)
    jobs = {job.key: job for job in (Job(fold, recipe, seed) for seed in seeds for fold in made)}
    missing = kept.missing(list(jobs))
    with bar("trainings", len(jobs)) as shown:
        shown.advance(len(jobs) - len(missing))
        todo = [(key, jobs[key]) for key in missing]
        kept.carry_out(
            transfer.fill, todo, this_machine(workers), nobody, finished=lambda _: shown.advance(1)
        )
    return [each for key in jobs for each in transfer.read(kept.folder(key))]


def _domain(name: str, place: Place) -> str:
    return load_card(name, place.cards).domain if name in catalogued(place.cards) else name


def _parts(corpus: Corpus, place: Place) -> list[Corpus]:
    """Return the parts of a corpus that its card calls domains, each with a folder of its own, or the corpus itself."""
    folders = [PurePath(origin.file).parent.name for origin in corpus.origins]
    several = sorted(set(folders))
    if "," not in _domain(corpus.name, place) or len(several) < 2:
        return [corpus]
    return [
        replace(corpus.pick(np.flatnonzero(np.array(folders) == folder)), name=f"{corpus.name}/{folder}")
        for folder in several
    ]


def _material(corpus: Corpus, most: int, is_part: bool, place: Place) -> Material:
    order = draws.order(draws.keys(corpus), seed=0)[: max(most, 1)]
    whole = material_of(corpus, "universal", place)
    words = {type: whole.words[type] for type in corpus.types} if is_part else whole.words
    return Material(corpus.name, corpus.pick(np.sort(order)).columns, words)
