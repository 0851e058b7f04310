"""A search as others read it: a table of trials, and the best recipe as a block of params.yaml."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from openner_utils.search.space import TRIED
from openner_utils.search.trials import Tried
from openner_utils.support.files import write_text

TABLE, BEST = "trials.tsv", "best.yaml"
COLUMNS = (
    "trial", "phase", "state", *TRIED, "trained_epochs", "dev_f1", "best_epoch", "best_dev_f1", "loss", "constant_loss"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A trial of a search by its number; ``phase`` is empty where there are none."""

    number: int
    phase: str
    tried: Tried

    @property
    def state(self) -> str:
        """How it ended; collapsed if it learnt nothing from the text."""
        return "collapsed" if self.tried.collapsed else self.tried.state

    def cells(self) -> list[str]:
        """Return what stands under `COLUMNS`; F1 in percent."""
        tried = self.tried
        best = max(range(len(tried.dev_f1)), key=lambda epoch: tried.dev_f1[epoch], default=None)
        values = (getattr(tried.recipe, name) for name in TRIED)
        return [
            str(self.number),
            self.phase,
            self.state,
            *("" if value is None else str(value) for value in values),
            str(len(tried.dev_f1)),
            f"{100 * tried.f1:.2f}",
            "" if best is None else str(best + 1),
            "" if best is None else f"{100 * tried.dev_f1[best]:.2f}",
            f"{tried.losses[-1]:z.4f}" if tried.losses else "",
            f"{tried.constant_loss:z.4f}",
        ]


def ranked(rows: Sequence[Row]) -> list[Row]:
    """Return the trials that were trained to their ends, the best F1 first; of equal ones that of fewer epochs, then the earlier."""
    whole = [
        row
        for row in rows
        if row.tried.state == "finished" and len(row.tried.dev_f1) == row.tried.recipe.epochs
    ]
    return sorted(whole, key=lambda row: (-row.tried.f1, row.tried.recipe.epochs, row.number))


def block(name: str, best: Row, trials: int) -> str:
    """Return the recipe of the best of so many trials as it stands in params.yaml, under ``name``; what is as usual is left out."""
    values = best.tried.recipe.model_dump(exclude_defaults=True)
    found = (
        f"# F1 on dev {100 * best.tried.f1:.1f}, with one seed: trial {best.number}, the best of {trials}\n"
    )
    return found + yaml.safe_dump({"encoders": {name: values}}, sort_keys=False)


def write(folder: Path, rows: Sequence[Row], name: str) -> None:
    """Write the table of all trials into a folder, and the best recipe, under ``name``, if any trial came to its end."""
    lines = ["\t".join(COLUMNS), *("\t".join(row.cells()) for row in rows)]
    write_text(folder / TABLE, "\n".join(lines) + "\n")
    if best := ranked(rows):
        write_text(folder / BEST, block(name, best[0], len(rows)))
