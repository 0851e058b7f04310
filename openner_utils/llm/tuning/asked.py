"""How a tuned model is to be asked: a small file beside its weights."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from openner_utils.llm.prompts import Format
from openner_utils.support import files
from openner_utils.support.documents import read_json

NAME = "instructions.json"


@dataclass(frozen=True, slots=True)
class Asked:
    """The prompt files that a model was tuned on, what it was tuned from, and how many of its weights were trained, and how."""

    prompts: tuple[str, ...]
    checkpoint: str
    trained: int
    method: str

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """Return what lies beside a model; None beside the compendium's own small one, which is asked in one way alone."""
        path = folder / NAME
        if not path.is_file():
            return None
        values = read_json(path)
        return cls(**values | {"prompts": tuple(values["prompts"])})

    def write(self, folder: Path) -> None:
        """Write it beside a model."""
        files.write_json(folder / NAME, asdict(self))

    def of(self, format: Format) -> str | None:
        """Return the prompt file of a format that it was tuned on; None if there is none."""
        return next((name for name in self.prompts if name.split("_")[0] == format), None)
