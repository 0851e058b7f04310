"""The option ``--seed``."""

from collections.abc import Sequence
from typing import Annotated

import typer

from openner_utils.support.seeds import LARGEST_SEED

Seed = Annotated[int, typer.Option(min=0, max=LARGEST_SEED, help="Decides every random choice.")]


def each_once(given: Sequence[int] | None) -> tuple[int, ...]:
    """Return the seeds that were given, each once, for a training that counts twice narrows no interval; else 1, 2 and 3.

    >>> each_once([4, 2, 4]), each_once(None)
    ((4, 2), (1, 2, 3))
    """
    return tuple(dict.fromkeys(given or (1, 2, 3)))
