"""The option ``--seed``."""

from typing import Annotated

import typer

from openner_utils.support.seeds import LARGEST_SEED

Seed = Annotated[int, typer.Option(min=0, max=LARGEST_SEED, help="Decides every random choice.")]
