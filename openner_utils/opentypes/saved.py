"""A trained tagger in a folder: safetensors and JSON alone, read without running anything of it."""

from pathlib import Path
from typing import Literal

from safetensors.torch import load_file, save_file

from openner_utils.encoders.models import FastTokenizer
from openner_utils.opentypes.learning import OpenTagger
from openner_utils.opentypes.model import of_checkpoint
from openner_utils.opentypes.recipe import Recipe
from openner_utils.opentypes.words import TypeWords
from openner_utils.runs.machine import CPU, Machine
from openner_utils.support.documents import read_json
from openner_utils.support.errors import OpenNERError
from openner_utils.support.files import write_text
from openner_utils.support.records import Record, parse
from openner_utils.training import checkpoints

ABOUT, HEAD, ENCODER = "opentypes.json", "head.safetensors", "encoder"


class Corpus(Record):
    """A corpus that was trained on: its sentences, its mentions by type, and the types that it annotates."""

    name: str
    sentences: int
    mentions: dict[str, int]
    types: tuple[str, ...]


class About(Record):
    """What a tagger says of itself. ``words``: the types that it was trained on; ``lost``: mentions that no span was scored for."""

    version: Literal[1] = 1
    recipe: Recipe
    seed: int
    corpora: tuple[Corpus, ...]
    words: dict[str, TypeWords]
    steps: int
    losses: tuple[float, ...]
    mentions: int
    lost: int
    versions: dict[str, str] = {}


def write(tagger: OpenTagger, about: About, folder: Path) -> None:
    """Write a tagger into an empty folder."""
    tagger.model.encoder.save_pretrained(folder / ENCODER)
    if isinstance(tagger.tokenizer, FastTokenizer):
        tagger.tokenizer.save(folder / ENCODER)
    save_file(tagger.model.head.state_dict(), folder / HEAD)
    write_text(folder / ABOUT, about.model_dump_json(indent=1) + "\n")


def read(folder: Path, machine: Machine = CPU) -> tuple[OpenTagger, About]:
    """Return a saved tagger and what it says of itself; `OpenNERError` for a folder without one, or with a damaged one."""
    path = folder / ABOUT
    if not path.is_file():
        raise OpenNERError(
            f"{folder}: no tagger for open types lies there ({ABOUT} is missing). Make one: openner tagger train --help"
        )
    about = parse(About, read_json(path), str(path))
    found = checkpoints.in_folder((folder / ENCODER).resolve())
    tokenizer, model = of_checkpoint(about.recipe, found, str(folder / ENCODER))
    try:
        model.head.load_state_dict(load_file(folder / HEAD))
    except Exception as error:  # whatever a library trips over in a damaged file
        raise OpenNERError(f"{folder / HEAD}: not the head of this tagger. Train it again.") from error
    return OpenTagger(tokenizer, model.to(machine.device).eval(), about.recipe, machine), about
