"""What each figure and table was made from: the function, and the files with their SHA-256.

With the pinned data, the parameters and the code of the commit, that traces every number back to data and code.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from openner_utils.support import paths
from openner_utils.support.files import sha256, write_text


@dataclass(slots=True)
class Passport:
    """Entries are added as figures and tables are made."""

    rows: list[dict[str, str]] = field(default_factory=list)

    def add(self, what: Path, function: str, sources: Sequence[Path]) -> None:
        """Record that ``what`` was made by ``function`` from ``sources``."""
        for source in sources:
            self.rows.append(
                {
                    "what": paths.relative(what),
                    "function": function,
                    "source": paths.relative(source),
                    "sha256": sha256(source),
                }
            )

    def frame(self) -> pd.DataFrame:
        """Return one row per figure or table and source."""
        return pd.DataFrame(self.rows, columns=["what", "function", "source", "sha256"])

    def write(self, path: Path) -> None:
        """Write the entries as CSV."""
        write_text(path, self.frame().to_csv(index=False))
