"""The trained models that the app offers, each loaded when it is first asked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from openner_utils.api.tagging import Model, load
from openner_utils.encoders import saved
from openner_utils.support.errors import OpenNERError, unknown
from openner_utils.support.paths import Place

FOLDER = "models"
"""Where trained models are looked for, in the compendium."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A model as the page shows it: its name, entity types and languages."""

    name: str
    types: str
    languages: str


@dataclass(slots=True)
class Models:
    """Models by name. One works at a time, since each takes all threads."""

    folders: dict[str, Path]
    lock: Lock = field(default_factory=Lock)
    _loaded: dict[str, Model] = field(default_factory=dict)

    @classmethod
    def of(cls, folders: Sequence[Path], place: Place) -> "Models":
        """Return the models in these folders or, where none is named, those below models/; a folder without one is an `OpenNERError`."""
        found = folders or sorted(each.parent for each in (place.root / FOLDER).glob(f"*/{saved.ABOUT}"))
        for folder in folders:
            saved.about(folder)
        names = [each.name for each in found]
        return cls({each.name if names.count(each.name) == 1 else str(each): each for each in found})

    def offered(self) -> list[Offered]:
        """Return what there is to choose from."""
        rows = []
        for name, folder in self.folders.items():
            about = saved.about(folder)
            types = sorted({label[2:] for label in about.labels if label != "O"})
            rows.append(Offered(name, ", ".join(types), ", ".join(about.languages)))
        return rows

    def chosen(self, names: Iterable[str]) -> dict[str, Model]:
        """Return models by name, loaded; the caller holds ``lock``. A name that is not offered is an `OpenNERError`."""
        models = {}
        for name in dict.fromkeys(names):
            if name not in self.folders:
                raise unknown("model", name, self.folders)
            if name not in self._loaded:
                try:
                    self._loaded[name] = load(self.folders[name])
                except OSError as error:
                    raise OpenNERError(
                        f"{name}: the model cannot be read. Look at its folder, and train it again if need be."
                    ) from error
            models[name] = self._loaded[name]
        return models
