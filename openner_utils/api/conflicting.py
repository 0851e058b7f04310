"""Conflicts between types of several corpora, by either method."""

from collections.abc import Sequence
from dataclasses import dataclass

from openner_utils.config.params import Encoder, Encoders, load
from openner_utils.exports.conflicts import MODEL, Found
from openner_utils.runs.machine import resolve
from openner_utils.support.errors import unknown
from openner_utils.support.paths import HERE, Place
from openner_utils.support.progress import bar
from openner_utils.unify import by_model, conflicts
from openner_utils.unify.alike import Meaning
from openner_utils.unify.corpora import Corpus
from openner_utils.unify.taggers import ByEncoder
from openner_utils.unify.verdicts import NAMES, judge


@dataclass(frozen=True, slots=True)
class Options:
    """How taggers are made: the name of their ``encoder``, seeds, and most sentences of a corpus to learn from, and to read."""

    encoder: str
    seeds: tuple[int, ...]
    sentences: int


def recipe_of(options: Options, place: Place = HERE) -> Encoder:
    """Return the recipe of params.yaml that the taggers are made by; `OpenNERError` for a name that is not there."""
    recipes = load(Encoders, place.params).encoders
    if options.encoder not in recipes:
        raise unknown("encoder", options.encoder, recipes)
    return recipes[options.encoder]


def find(
    method: str, corpora: Sequence[Corpus], options: Options, recipe: Encoder | None, meaning: Meaning
) -> Found:
    """Return what a method finds; ``recipe`` is what `MODEL` needs."""
    if method != MODEL or recipe is None:
        found = conflicts.detect(corpora, meaning)
        return Found(method, judge(found, corpora, meaning), found.edges)
    learn = ByEncoder(recipe, resolve(recipe.precision))
    with bar("taggers", len(corpora) * len(options.seeds)) as shown:
        read = by_model.detect(
            corpora, learn, options.seeds, options.sentences, meaning, told=lambda _: shown.advance(1)
        )
    verdicts = judge(read.conflicts, corpora, meaning, NAMES)
    return Found(method, verdicts, read.conflicts.edges, read.scores)
