"""The out-of-domain test of a tagger for open types, over corpora of the catalog and files of one's own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

import numpy as np
from numpy.typing import NDArray

from openner_utils.api.collecting import gather
from openner_utils.api.opentypes import material_of
from openner_utils.catalog import corpora as catalogued
from openner_utils.catalog import load_card
from openner_utils.opentypes.material import Material
from openner_utils.opentypes.recipe import Recipe
from openner_utils.ownfiles.format import Format
from openner_utils.runs.executors import nobody, this_machine
from openner_utils.runs.kept import Kept
from openner_utils.support.errors import OpenNERError, unknown
from openner_utils.support.paths import HERE, Place
from openner_utils.support.progress import bar
from openner_utils.unify import arms as arms_
from openner_utils.unify import draws, pruning, transfer
from openner_utils.unify.arms import Arm, Asked
from openner_utils.unify.corpora import Corpus
from openner_utils.unify.names import Types, names_of
from openner_utils.unify.transfer import Fold, Job, Tested
from openner_utils.unify.vectors import of_checkpoint

KEPT = "transfer"
"""The folder of finished trainings among what the compendium keeps for itself."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sentences of each corpus, at most, drawn by what they hold: to ``train`` on and to ``test`` on; ``pool``: of a type in a pruned set."""

    train: int
    test: int
    pool: int = 10


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """Corpora of one split, under the types of the taxonomy and, with the same sentences, under published ones."""

    corpora: list[Corpus]
    universal: list[Material]
    published: list[Material]


@dataclass(frozen=True, slots=True, eq=False)
class Test:
    """An out-of-domain test: its folds, the arms of each, the seeds."""

    folds: list[Fold]
    arms: dict[str, list[Arm]]
    seeds: Sequence[int]

    def jobs(self) -> dict[str, Job]:
        """Return every training by its key, arm after arm, so that an arm is finished before the next begins."""
        return {
            job.key: job
            for place in range(len(self.arms[self.folds[0].held]))
            for fold in self.folds
            for seed in self.seeds
            for job in [Job(fold, self.arms[fold.held][place], seed)]
        }


def prepare(
    names: Sequence[str],
    sizes: Sizes,
    recipe: Recipe,
    seeds: Sequence[int],
    arms: Sequence[str] = (arms_.FULL,),
    place: Place = HERE,
    format: Format | None = None,
) -> Test:
    """Return a test on some corpora, with a fold for each domain, and the arms that are named (the full one always).

    The domain is that of the card; a file of one's own is a domain. A corpus of the catalog whose card names several domains, and
    that has a folder for each, is one corpus for each of them, which annotates what occurs in it; all are held out together.
    """
    for arm in arms:
        if arm not in arms_.ARMS:
            raise unknown("arm", arm, arms_.ARMS)
    domain_of: dict[str, str] = {}
    train, test = (
        _side(names, split, most, domain_of, place, format)
        for split, most in (("train", sizes.train), ("test", sizes.test))
    )
    made = list(transfer.folds(train.universal, test.universal, domain_of))
    if len(made) < 2:
        raise OpenNERError(
            f"All corpora are of one domain ({made[0].held if made else 'none'}). Name some of another one, too."
        )
    wanted = {arms_.FULL, *arms}
    few = _few(train.corpora, sizes, recipe, place) if {arms_.PRUNED, arms_.DRAWN} & wanted else {}
    asked = {each.name: _asked_as_published(each, place) for each in test.published}
    of_fold = {}
    for fold in made:
        whole = arms_.full(fold, recipe)
        of_fold[fold.held] = [
            _arm(name, whole, train.published, asked, few) for name in arms_.ARMS if name in wanted
        ]
    return Test(made, of_fold, seeds)


def _arm(
    name: str,
    whole: Arm,
    published: Sequence[Material],
    asked: Mapping[str, Asked],
    few: Mapping[str, Mapping[str, NDArray[np.int64]]],
) -> Arm:
    """Return an arm of a fold; ``published`` and ``asked``: all corpora under published types; ``few``: see `_few`."""
    match name:
        case arms_.PUBLISHED:
            return arms_.published(whole, published, {each: asked[each] for each in whole.asked})
        case arms_.NAMED:
            return arms_.with_corpus_names(whole)
        case arms_.UNREGULARIZED:
            return arms_.unregularized(whole)
        case arms_.PRUNED | arms_.DRAWN:
            return arms_.with_few(whole, name, few[name])
    return whole


def carry_out(test: Test, workers: int, place: Place = HERE, train: bool = True) -> list[Tested]:
    """Train and test each fold of each arm with each seed, in so many processes. What is finished is kept and not done again.

    Without ``train`` what is finished is returned as it is.
    """
    kept = Kept(place.own / KEPT)
    jobs = test.jobs()
    missing = kept.missing(list(jobs))
    if train:
        with bar("trainings", len(jobs)) as shown:
            shown.advance(len(jobs) - len(missing))
            todo = [(key, jobs[key]) for key in missing]
            kept.carry_out(
                transfer.fill, todo, this_machine(workers), nobody, finished=lambda _: shown.advance(1)
            )
        missing = []
    return [each for key in jobs if key not in missing for each in transfer.read(kept.folder(key))]


def _side(
    names: Sequence[str],
    split: str,
    most: int,
    domain_of: dict[str, str],
    place: Place,
    format: Format | None,
) -> _Side:
    """Return the corpora of a split, and note the domain of each."""
    found = _Side([], [], [])
    both = (gather(names, split, types, place, format) for types in ("universal", "published"))
    for corpus, as_published in zip(*both, strict=True):
        parts = _parts(corpus, place)
        for part, other in zip(parts, _parts(as_published, place), strict=True):
            domain_of[part.name] = _domain(corpus.name, place)
            # Keys hang on labels: one draw for both, or they would be different sentences.
            drawn = np.sort(draws.order(draws.keys(part), seed=0)[: max(most // len(parts), 1)])
            found.corpora.append(part.pick(drawn))
            found.universal.append(_material(part, drawn, "universal", len(parts) > 1, place))
            raw = _material(other, drawn, "published", len(parts) > 1, place)
            found.published.append(Material(raw.name, raw.columns, arms_.as_published(raw.words)))
    return found


def _few(
    corpora: Sequence[Corpus], sizes: Sizes, recipe: Recipe, place: Place
) -> dict[str, dict[str, NDArray[np.int64]]]:
    """Return for the arms with few sentences which ones of each corpus stay: those of pruning, and as many that are drawn."""
    embed = of_checkpoint(recipe.checkpoint, place.own / "embeddings", recipe.revision)
    pruned = pruning.prune(
        [pruning.Candidates.of(each, embed(list(each.texts()))) for each in corpora],
        pruning.Options(k=sizes.pool),
    )
    kept = {each.name: pruned.kept(each.name) for each in corpora}
    drawn = {
        each.name: np.sort(draws.order(draws.keys(each), pruned.options.seed)[: len(kept[each.name])])
        for each in corpora
    }
    return {arms_.PRUNED: kept, arms_.DRAWN: drawn}


def _asked_as_published(material: Material, place: Place) -> Asked:
    """Return a test corpus under published types, each of which stands for a type of the taxonomy."""
    name = material.name.partition("/")[0]
    to = names_of(load_card(name, place.cards), "universal") if name in catalogued(place.cards) else {}
    return Asked(material.words, {type: to.get(type, type) for type in material.words})


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


def _material(
    corpus: Corpus, drawn: NDArray[np.int64], types: Types, is_part: bool, place: Place
) -> Material:
    whole = material_of(corpus, types, place)
    words = {type: whole.words[type] for type in corpus.types} if is_part else whole.words
    return Material(corpus.name, corpus.pick(drawn).columns, words)
