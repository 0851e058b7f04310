"""What is tried: learning rates, batch sizes, epochs and heads around a recipe."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal, Self

from openner_utils.config.params import Encoder, Search

TRIED = ("learning_rate", "batch_size", "epochs", "head", "crf_learning_rate")
"""The keys of a recipe that a search may change."""

_AROUND = 5.0  # a rate is tried from a fifth of the recipe's to five times as much
_OF_FIELD = 100.0  # a field's rate is tried from the encoder's to a hundred times as much
_DIGITS = 3


@dataclass(frozen=True, slots=True)
class Space:
    """The values that are tried, ``recipe``'s own among them; rates lie within bounds, on a logarithmic scale."""

    recipe: Encoder
    learning_rate: tuple[float, float]
    batch_size: tuple[int, ...]
    epochs: tuple[int, ...]
    head: tuple[Literal["linear", "crf"], ...]
    crf_learning_rate: tuple[float, float]

    @classmethod
    def around(cls, recipe: Encoder, search: Search) -> Self:
        """Return the space that ``search`` asks for; what it leaves open lies around the recipe."""
        rate, batch, epochs = recipe.learning_rate, recipe.batch_size, recipe.epochs
        field = recipe.crf_learning_rate or rate
        return cls(
            recipe,
            _bounds(search.learning_rate or (rate / _AROUND, rate * _AROUND), rate),
            _values(search.batch_size or (batch, 2 * batch), batch),
            _values(search.epochs or (math.ceil(epochs / 2), epochs, 2 * epochs), epochs),
            tuple(dict.fromkeys((*search.head, recipe.head))),
            _bounds(search.crf_learning_rate or (rate, rate * _OF_FIELD), field),
        )

    def chosen(self, values: dict[str, Any]) -> Encoder:
        """Return the recipe with other values for some of `TRIED`; rates have three digits, so that they can be written down.

        The loss is on first sub-tokens under a field.
        """
        rounded = {
            name: float(f"{value:.{_DIGITS}g}") if isinstance(value, float) else value
            for name, value in values.items()
        }
        changed = {"crf_learning_rate": None} | rounded
        if changed["head"] == "crf":
            changed["loss_on"] = "first"
        return Encoder.model_validate(self.recipe.model_dump() | changed)

    def grid(self) -> list[Encoder]:
        """Return all combinations of three rates (the recipe's or the middle one between the bounds), batch sizes and heads.

        Epochs stay as they are. A field has the lowest and the highest of its rates in turn.
        """
        recipes = [self.recipe]
        for rate, size, head in product(_three(self.learning_rate), self.batch_size, self.head):
            for field in self.crf_learning_rate if head == "crf" else (None,):
                recipes.append(
                    self.chosen(
                        {"learning_rate": rate, "batch_size": size, "head": head, "crf_learning_rate": field}
                    )
                )
        return list(_each_once(recipes))


def _bounds(bounds: tuple[float, float], own: float) -> tuple[float, float]:
    return min(bounds[0], own), max(bounds[1], own)


def _values(values: Sequence[int], own: int) -> tuple[int, ...]:
    return tuple(sorted({*values, own}))


def _three(bounds: tuple[float, float]) -> tuple[float, float, float]:
    return bounds[0], math.sqrt(bounds[0] * bounds[1]), bounds[1]


def _each_once(recipes: Sequence[Encoder]) -> Iterator[Encoder]:
    seen: list[Encoder] = []
    for recipe in recipes:
        if recipe not in seen:
            seen.append(recipe)
            yield recipe
