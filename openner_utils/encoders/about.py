"""What a trained model says of itself: how it reads and decodes, what it was made from, and what it came to."""

from typing import Literal

from pydantic import Field, field_validator

from openner_utils.config.params import Encoder
from openner_utils.core.encoding import IOB2, OUTSIDE
from openner_utils.support.records import Record


class Known(Record):
    """What is known of a file beside its content; None is unknown.

    ``corpus`` and ``repository``: name of the corpus and its publisher's address, where a card of the catalog knows the file;
    ``language``: ISO 639-3; ``licence``: an SPDX identifier, or what the user said; ``sha256`` of the bytes.
    """

    corpus: str | None = None
    repository: str | None = None
    language: str | None = Field(default=None, pattern="^[a-z]{3}$")
    licence: str | None = None
    sha256: str | None = None


class Material(Record):
    """One file that was trained on or scored: what it is ``called``, its counts, and what else is known of it."""

    called: str
    sentences: int
    tokens: int
    mentions: int
    known: Known = Known()


class OfType(Record):
    """Scores (fractions) on one entity type, and how many ``mentions`` the reference has of it."""

    mentions: int
    precision: float
    recall: float
    f1: float


class Scored(Record):
    """Scores (fractions) on one file, or on all of one language: F1 has the bounds of its 95 % interval over other sentences,
    or other documents where the file marks ten or more. ``seen``: how many of its sentences stand in the training files,
    too (see `curation.duplicates`); ``predicted``: mentions that were predicted there; None where nobody looked.
    ``types``: the same by entity type; empty where nobody counted them.
    """

    split: Literal["dev", "test"]
    material: Material
    precision: float
    recall: float
    f1: float
    low: float
    high: float
    seen: int | None = None
    predicted: int | None = None
    types: dict[str, OfType] = {}


class Example(Record):
    """A sentence of the compendium's own samples, and what the model finds in it: characters [start, end), type."""

    corpus: str
    language: str
    text: str
    mentions: tuple[tuple[int, int, str], ...]


class Ran(Record):
    """What another training of the same would have otherwise: seconds of training on which device, and when it ended (UTC).

    ``hashes``: what it was made with, by name → SHA-256: the code, and the list of packages.
    """

    seconds: float
    device: str
    ended: str
    hashes: dict[str, str] = {}


class Form(Record):
    """How the model's weights lie in the folder, if not as Transformers saves them.

    ``differing``: of how many of ``tokens`` tokens of the compendium's samples the label is another than that of the model before,
    which finds ``mentions`` there; None where there are no samples. Of a model that says O everywhere the first says nothing.
    """

    file: Literal["onnx"]
    weights: Literal["fp32", "int8"]
    tokens: int | None = None
    differing: int | None = None
    mentions: int | None = None

    @property
    def silent(self) -> bool:
        """Whether both forms say O to all of the samples: that they agree on it says nothing of how they agree on mentions."""
        return self.mentions == 0 and self.differing == 0


class Losses(Record):
    """Training loss per token (nats) in the ``last`` epoch, beside that of a model that knows only how frequent labels are."""

    last: float
    constant: float

    @property
    def learnt(self) -> bool:
        """Whether the training learnt anything from the text."""
        return self.last < self.constant


class About(Record):
    """What ``openner.json`` holds. All but ``ran`` follows from the data, the recipe, the seed and the machine."""

    version: Literal[1] = 1
    encoder: Encoder
    """The recipe; its ``checkpoint`` is the one that training began with."""
    labels: tuple[str, ...]
    """Every label that the model can give, in the order of its outputs (IOB2)."""
    seed: int
    trained_on: tuple[str, ...]
    """Files or corpora, as their users call them."""
    sentences: int
    steps: int
    types: dict[str, int]
    """Entity type → mentions that were trained on."""
    unspaced: Literal["words", "characters"] | None = None
    """What tokens of Thai, Lao, Khmer and Burmese were; None where there were none."""
    material: tuple[Material, ...] = ()
    losses: Losses | None = None
    scores: tuple[Scored, ...] = ()
    example: Example | None = None
    versions: dict[str, str] = {}
    """Packages that trained it."""
    form: Form | None = None
    ran: Ran | None = None

    @field_validator("labels")
    @classmethod
    def _labels_are_iob2(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for label in value:
            IOB2.split(label)
        if OUTSIDE not in value or len(set(value)) < len(value):
            raise ValueError("these are no labels of a model: O and others, each once")
        return value

    @property
    def plain(self) -> bool:
        """Whether the pipeline of Transformers loads the model."""
        return (
            self.form is None
            and self.encoder.head == "linear"
            and ":characters" not in self.encoder.checkpoint
        )

    @property
    def languages(self) -> tuple[str, ...]:
        """ISO 639-3 codes of what it was trained on, as far as they are known."""
        return tuple(sorted({each.known.language for each in self.material if each.known.language}))

    @property
    def unknown(self) -> int:
        """How many of the sentences that it was trained on stand in files whose language is not known."""
        return sum(each.sentences for each in self.material if not each.known.language)
