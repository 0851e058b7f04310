"""A tagger for any list of entity types: trained on corpora with types of their own, asked for types that it may never have seen.

from openner_utils.api.opentypes import load
load("MODEL").asked(["river", "bridge"]).predict("The Tower Bridge crosses the Thames.")
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np

from openner_utils import __version__
from openner_utils.api.modes import follow_umask
from openner_utils.api.tagging import TextTagger
from openner_utils.catalog import corpora as catalogued
from openner_utils.catalog import load_card
from openner_utils.catalog.taxonomy import universal
from openner_utils.core.columns import Columns
from openner_utils.encoders.prediction import Prediction
from openner_utils.exports.folder import refuse_changed, refuse_foreign, replaced
from openner_utils.opentypes import learning, prediction, saved, words
from openner_utils.opentypes.learning import Learnt, OpenTagger
from openner_utils.opentypes.material import Material
from openner_utils.opentypes.recipe import Recipe
from openner_utils.opentypes.saved import About
from openner_utils.opentypes.words import TypeWords
from openner_utils.runs.executors import Advance, nobody
from openner_utils.runs.key import LIBRARIES
from openner_utils.runs.machine import CPU, Machine
from openner_utils.support.documents import read_yaml
from openner_utils.support.errors import OpenNERError
from openner_utils.support.paths import HERE, Place
from openner_utils.unify.corpora import Corpus
from openner_utils.unify.names import Types, names_of


@dataclass(frozen=True, slots=True, eq=False)
class OpenModel(TextTagger):
    """A trained tagger and the types that it is asked for; ``about`` says what it was made from.

    ``words``: label → the words that the tagger reads; ``least``: probability from which a span is a mention.
    """

    tagger: OpenTagger
    about: About
    words: Mapping[str, TypeWords]
    least: float = prediction.LEAST

    def asked(self, types: Iterable[str] | Mapping[str, TypeWords]) -> "OpenModel":
        """Return the model as one that is asked for these types and no others (see `words_of`)."""
        found = types if isinstance(types, Mapping) else words_of(types)
        return replace(self, words=words.checked(found, "types to predict"))

    def label(self, sentences: Columns) -> Prediction:
        """Return sentences under the mentions that are found (IOB2); the labels that they have are not looked at."""
        return prediction.predict(self.tagger, sentences, self.words, self.least)


def words_of(types: Iterable[str]) -> dict[str, TypeWords]:
    """Return the words of types that a person names: by the taxonomy where one of its types is called so, else as they stand."""
    known = universal()
    found = {}
    for type in types:
        try:
            meant = known.named(words.CORE.get(type, type))
        except OpenNERError:  # no type of the taxonomy, or several
            meant = ""
        found[type] = words.of_taxonomy(known, [meant])[meant] if meant else TypeWords(name=type)
    return found


def read_words(path: Path) -> dict[str, TypeWords]:
    """Return the types of a YAML file: a list of types, or type → definition (an empty one: that of the taxonomy, if it has one)."""
    content = read_yaml(path)
    listed = content if isinstance(content, list) else list(content) if isinstance(content, dict) else []
    if not listed or not all(isinstance(each, str) for each in listed):
        raise OpenNERError(f"{path}: no types. Write a list of types, or one `type: definition` a line.")
    if not isinstance(content, dict):
        return words_of(listed)
    said = {type: str(definition) for type, definition in content.items() if definition}
    of_others = words_of(type for type in listed if type not in said)
    return {
        type: TypeWords(name=type, definition=said[type]) if type in said else of_others[type]
        for type in listed
    }


def material_of(corpus: Corpus, types: Types = "universal", place: Place = HERE) -> Material:
    """Return a corpus as something to learn from, as `api.collecting.gather` gave it under these names of ``types``.

    A corpus of the catalog annotates what its card declares, whether it occurs or not; a file of one's own what occurs in it.
    """
    annotated = dict.fromkeys(corpus.types)
    if corpus.name in catalogued(place.cards):
        card = load_card(corpus.name, place.cards)
        names = names_of(card, types)
        annotated |= dict.fromkeys(names.get(raw, raw) for raw in card.types)
    return Material(corpus.name, corpus.columns, words.of_taxonomy(universal(), sorted(annotated)))


def train(
    materials: Sequence[Material],
    recipe: Recipe,
    out: Path,
    seed: int = 1,
    machine: Machine = CPU,
    advance: Advance = nobody,
) -> tuple[OpenModel, Learnt]:
    """Train a tagger, write it into the folder ``out`` (new, empty, or of an earlier one), and return it and what training came to."""
    refuse_foreign(out, model=True)
    with replaced(out) as folder:
        tagger, learnt = learning.train(recipe, materials, seed, machine, advance)
        about = About(
            recipe=recipe,
            seed=seed,
            corpora=tuple(_told(each) for each in materials),
            words={type: each for material in materials for type, each in material.words.items()},
            steps=learnt.steps,
            losses=learnt.losses,
            mentions=learnt.mentions,
            lost=learnt.lost,
            versions={"openner": __version__, **{name: version(name) for name in LIBRARIES}},
        )
        saved.write(tagger, about, folder)
        follow_umask(folder, saved.ABOUT)
    return OpenModel(tagger, about, about.words), learnt


def _told(material: Material) -> saved.Corpus:
    mentions = material.mentions
    counts = np.bincount(mentions.type, minlength=len(mentions.types)).tolist()
    return saved.Corpus(
        name=material.name,
        sentences=material.columns.n_sentences,
        mentions=dict(zip(mentions.types, counts, strict=True)),
        types=tuple(material.words),
    )


def load(folder: str | Path, machine: Machine = CPU) -> OpenModel:
    """Return the tagger that ``openner tagger train`` wrote into a folder, asked for the types that it was trained on.

    Only data is read: safetensors, JSON and the tokenizer's files. Raises `OpenNERError` where no tagger lies there, or a damaged one.
    """
    refuse_changed(Path(folder))
    tagger, about = saved.read(Path(folder), machine)
    return OpenModel(tagger, about, about.words)
