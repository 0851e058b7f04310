"""What each figure and table was made from: the function, and the files with their SHA-256.

With the pinned data, the parameters and the code of the commit, that traces every number back to data and code.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from openner_utils.support.files import sha256
from openner_utils.support.paths import Place


@dataclass(slots=True)
class Passport:
    """Entries are added as figures and tables are made; paths are those inside ``place``."""

    place: Place
    rows: list[dict[str, str]] = field(default_factory=list)

    def add(self, what: Path, function: str, sources: Sequence[Path]) -> None:
        """Record that ``what`` was made by ``function`` from ``sources``."""
        for source in sources:
            self.rows.append(
                {
                    "what": self.place.relative(what),
                    "function": function,
                    "source": self.place.relative(source),
                    "sha256": sha256(source),
                }
            )

    def frame(self) -> pd.DataFrame:
        """Return one row per figure or table and source."""
        return pd.DataFrame(self.rows, columns=["what", "function", "source", "sha256"])
