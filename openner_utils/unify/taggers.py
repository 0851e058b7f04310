"""Taggers that learn from one corpus and read another, for conflicts by model."""

from dataclasses import dataclass

from openner_utils.config.params import Encoder
from openner_utils.core.columns import Columns
from openner_utils.encoders import loop, models
from openner_utils.encoders.models import Tagger
from openner_utils.encoders.prediction import predict
from openner_utils.runs.machine import CPU, Machine


@dataclass(frozen=True, slots=True)
class ByEncoder:
    """Learns by the recipe of an encoder."""

    recipe: Encoder
    machine: Machine = CPU

    def __call__(self, sentences: Columns, seed: int) -> "Learnt":
        """Return a tagger that is trained on sentences; `OpenNERError` where they have no mention."""
        labels = models.labels_of(models.types_in(sentences))
        tagger = models.load(self.recipe.checkpoint, self.recipe.revision, labels, seed, self.recipe.head)
        loop.train(tagger, self.recipe, sentences, None, seed, self.machine)
        return Learnt(tagger, self.recipe, self.machine)


@dataclass(frozen=True, slots=True, eq=False)
class Learnt:
    """A tagger that is trained."""

    tagger: Tagger
    recipe: Encoder
    machine: Machine

    def __call__(self, sentences: Columns) -> Columns:
        """Return sentences under predicted labels."""
        return predict(self.tagger, self.recipe, sentences, self.machine).columns
