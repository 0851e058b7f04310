"""Small taggers that are trained here, as annotators: each on its own part of labelled sentences, kept under a key.

A passage is read sentence by sentence, as the sentences are that a tagger was trained on; a mention's score is the probability of the
least probable of its tokens' labels.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from openner_utils.config.params import Encoder
from openner_utils.core.columns import Columns, from_rows
from openner_utils.core.encoding import IOB2, decode
from openner_utils.llm import prompts
from openner_utils.readers.spans import get_tokenizer
from openner_utils.runs.executors import Advance, Executor, nobody
from openner_utils.runs.kept import Kept
from openner_utils.runs.key import digest, run_key
from openner_utils.runs.machine import resolve
from openner_utils.web import mentions
from openner_utils.web.mentions import Annotated, TextMention
from openner_utils.web.passages import Passage
from openner_utils.web.segmenting import sentence_ends

if TYPE_CHECKING:
    from openner_utils.encoders.models import Tagger

MENTIONS = "mentions.parquet"
"""The file that a job writes."""


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """A tagger that is trained on ``sentences`` (IOB2) with this ``seed``, and then finds the mentions of ``passages``."""

    name: str
    recipe: Encoder
    seed: int
    sentences: Columns
    passages: tuple[Passage, ...]

    def __str__(self) -> str:
        return self.name

    @property
    def key(self) -> str:
        """The key of what is found."""
        values = {
            "recipe": self.recipe.model_dump(),
            "seed": self.seed,
            "sentences": digest([[list(tokens), list(labels)] for tokens, labels in self.sentences.rows()]),
            "passages": digest([asdict(each) for each in self.passages]),
        }
        return run_key("web/taggers.py", resolve(self.recipe.precision), values)


def annotated(
    jobs: Sequence[Job], home: Path, by: Executor, advance: Advance = nobody
) -> list[list[Annotated]]:
    """Return the passages of each job with the mentions that its tagger found; what is kept in ``home`` is not trained again.

    ``advance`` is told of tokens as they are trained on.
    """
    kept = Kept(home)
    keys = [job.key for job in jobs]
    missing = set(kept.missing(keys))
    kept.carry_out(
        fill, [(key, job) for key, job in zip(keys, jobs, strict=True) if key in missing], by, advance
    )
    kept.drop_others(keys)
    return [list(mentions.read(kept.folder(key) / MENTIONS)) for key in keys]


def fill(job: Job, folder: Path, advance: Advance) -> None:
    """Train a tagger in one thread, which gives the same numbers everywhere, and write what it finds into an empty folder."""
    import torch

    from openner_utils.encoders import loop, models

    torch.set_num_threads(1)
    recipe, machine = job.recipe, resolve(job.recipe.precision)
    labels = models.labels_of(models.types_in(job.sentences))
    tagger = models.load(recipe.checkpoint, recipe.revision, labels, job.seed, recipe.head)
    loop.train(tagger, recipe, job.sentences, None, job.seed, machine, advance=advance)
    mentions.write(_found(tagger, job), folder / MENTIONS)


def parts(sentences: Columns, count: int) -> list[Columns]:
    """Return sentences dealt out to ``count`` taggers, one after the other."""
    return [
        sentences.pick(np.arange(part, sentences.n_sentences, count, dtype=np.int32)) for part in range(count)
    ]


def _found(tagger: "Tagger", job: Job) -> Iterator[Annotated]:
    from openner_utils.encoders.prediction import predict

    pieces = [(number, tokens) for number, each in enumerate(job.passages) for tokens in tokens_of(each)]
    found: list[list[TextMention]] = [[] for _ in job.passages]
    if pieces:
        words = [[job.passages[number].text[a:b] for a, b in tokens] for number, tokens in pieces]
        asked = from_rows([(each, ["O"] * len(each)) for each in words])
        prediction = predict(tagger, job.recipe, asked, resolve(job.recipe.precision))
        edges = prediction.columns.sentences.tolist()
        marked = decode(prediction.columns, IOB2)
        columns = (marked.sentence, marked.start, marked.end, marked.type)
        for sentence, first, last, type in zip(*(each.tolist() for each in columns), strict=True):
            number, tokens = pieces[sentence]
            start, end = tokens[first - edges[sentence]][0], tokens[last - 1 - edges[sentence]][1]
            sure = min(1.0, float(prediction.sure[first:last].min()))
            found[number].append(TextMention(start, end, marked.types[type], sure))
    for passage, own in zip(job.passages, found, strict=True):
        yield Annotated(passage, tuple(own))


def tokens_of(passage: Passage) -> Iterator[list[tuple[int, int]]]:
    """Yield the tokens of each sentence of a passage, as characters [start, end) of its text; sentences without any are left out."""
    tokenize = get_tokenizer("words" if prompts.separator(passage.script) else "clusters")
    start = 0
    for end in sentence_ends(passage.text):
        tokens = [(start + a, start + b) for a, b in tokenize(passage.text[start:end])]
        start = end
        if tokens:
            yield tokens
