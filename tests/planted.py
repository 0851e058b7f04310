"""Sentences with a pattern that any encoder must learn: what follows "mr" is a person, what follows "in" a place."""

import random

from openner_utils.config.params import Encoder
from openner_utils.core.columns import Columns, from_rows

LABELS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")
RECIPE = Encoder(
    checkpoint="scratch:characters",
    learning_rate=1e-2,
    epochs=6,
    batch_size=8,
    weight_decay=0.05,
    warmup_ratio=0.1,
    max_length=64,
    overlap=16,
    precision="fp32",
)


def planted(count: int, seed: int) -> Columns:
    """Return ``count`` sentences; names are random letters, so that only their surroundings tell the type."""
    draw = random.Random(seed)

    def name() -> str:
        return "".join(draw.choices("abdegiklmnorstuv", k=draw.randint(3, 7))).capitalize()

    def filler() -> tuple[list[str], list[str]]:
        words = draw.choices(["we", "saw", "a", "red", "house", "today", "and", "Then", "it", "rained"], k=2)
        return words, ["O", "O"]

    rows = []
    for _ in range(count):
        person = (["mr", name(), name()], ["O", "B-PER", "I-PER"])
        place = (["in", name()], ["O", "B-LOC"])
        parts = draw.sample([person, place, filler(), filler()], k=3)
        rows.append(
            ([t for tokens, _ in parts for t in tokens], [one for _, labels in parts for one in labels])
        )
    return from_rows(rows)
