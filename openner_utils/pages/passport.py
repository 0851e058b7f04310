"""What figures, tables and pages were made from: each by function and files, all by data, choices, code and packages, with SHA-256.

That traces every number back; what has changed since is told by `freshness`.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from openner_utils.catalog import Card
from openner_utils.support import paths
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


@dataclass(frozen=True, slots=True)
class Basis:
    """What lies beneath all that a run makes: ``what`` it is, ``source`` as people call it, and its SHA-256."""

    what: str
    source: str
    sha256: str

    @classmethod
    def of_corpus(cls, card: Card, place: Place) -> "Basis":
        """Return that of a corpus: its files in data/, its version and licence."""
        version = card.source.commit[:12] if card.source.commit else card.source.repository.partition(":")[0]
        found = tree(place.data / card.id)
        return cls("data", f"{card.id}, version {version}, licence {card.licence.spdx}", found)

    @classmethod
    def of_run(cls, place: Place) -> "list[Basis]":
        """Return those that all corpora share: choices, code, packages."""
        files = (("choices", place.params), ("packages", place.requirements))
        return [
            *(cls(what, place.relative(path), sha256(path)) for what, path in files if path.is_file()),
            cls("code", paths.PACKAGE.name, tree(paths.PACKAGE)),
        ]


def basis(place: Place, cards: Iterable[Card]) -> list[Basis]:
    """Return what lies beneath a run on these corpora."""
    return [*(Basis.of_corpus(card, place) for card in cards), *Basis.of_run(place)]


def tree(folder: Path) -> str:
    """Return the SHA-256 of the files of a folder, by name and content; what Python leaves beside code is none of them."""
    whole = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            whole.update(f"{path.relative_to(folder).as_posix()}\0{sha256(path)}\n".encode())
    return whole.hexdigest()
