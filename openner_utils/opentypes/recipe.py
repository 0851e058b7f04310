"""How a tagger for any list of types is made."""

from typing import Literal, Self

from pydantic import Field, model_validator

from openner_utils.support.records import Record
from openner_utils.training.checkpoints import MINILM


class Recipe(Record):
    """One encoder and how it is trained.

    ``checkpoint`` and ``revision``: as `training.checkpoints` has them. ``widest``: most tokens of a mention that can be found.
    ``size``: units of the networks that are trained from scratch. ``max_length`` counts sub-tokens of one window, special ones included;
    ``overlap`` those that neighbours share. ``precision`` is what the encoder computes in. ``learning_rate`` is the peak rate of the checkpoint's weights, ``head_learning_rate`` that of new ones.

    Switches of what types look like in training: ``most`` types of a corpus in a batch (those of its sentences, then others at random; None:
    all that it annotates); ``dropout``: probability that a type is left out of a batch; ``rename``: probability that a type goes by
    another of its names there; ``definitions``: a type's text is its name and its definition, where that is known.
    """

    checkpoint: str = MINILM
    revision: str | None = None
    widest: int = Field(default=8, ge=1)
    size: int = Field(default=256, ge=1)
    max_length: int = Field(default=128, ge=16)
    overlap: int = Field(default=32, ge=0)
    precision: Literal["fp32", "bf16"] = "fp32"
    epochs: int = Field(default=3, ge=1)
    batch_size: int = Field(default=8, ge=1)
    learning_rate: float = Field(default=2e-4, gt=0)
    head_learning_rate: float = Field(default=1e-3, gt=0)
    weight_decay: float = Field(default=0.01, ge=0)
    warmup_ratio: float = Field(default=0.1, ge=0, le=1)
    most: int | None = Field(default=18, ge=1)
    dropout: float = Field(default=0.1, ge=0, lt=1)
    rename: float = Field(default=0.0, ge=0, le=1)
    definitions: bool = False

    @model_validator(mode="after")
    def _windows_move_on(self) -> Self:
        if self.overlap >= self.max_length // 2:
            raise ValueError("overlap: less than half of max_length, or windows would hardly move on")
        return self
