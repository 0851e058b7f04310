"""Passages annotated by a trained model, part by part: killed, the same call goes on where it was.

A part is what the model reads at once, so that mentions and scores are those of `annotators.annotator` to the bit.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from openner_utils.api import tagging
from openner_utils.llm.grounding import GROUNDED
from openner_utils.runs.executors import Advance
from openner_utils.runs.key import digest, run_key
from openner_utils.support.files import sha256
from openner_utils.web import mentions, working
from openner_utils.web.annotating import Annotation, by_model
from openner_utils.web.passages import Passage

_MENTIONS = "mentions.parquet"
_DECIDING = ("icu4py", "onnxruntime")
"""Packages that decide what a model finds, beside those of every key (`runs.key.LIBRARIES`); neither need be there."""


@dataclass(frozen=True, slots=True)
class _Job:
    model: tagging.Model
    content: str
    passages: tuple[Passage, ...]

    def __str__(self) -> str:
        return f"passage {self.passages[0].id} and those behind it"


def annotate(folder: Path, passages: Sequence[Passage], out: Path) -> Annotation:
    """Annotate passages by the trained model in ``folder``, write them to ``out``, and return them.

    Finished parts lie in a hidden folder beside ``out`` until that is whole, each under a key over the model's files, the passages, the code
    and the packages that decide. Raises `OpenNERError` where no model lies in ``folder``, and where another command writes ``out``.
    """
    model = tagging.load(folder)
    content = digest({path.name: sha256(path) for path in sorted(folder.iterdir()) if path.is_file()})
    jobs = [_Job(model, content, part) for part in _parts(passages)]
    with working.finished(_fill, jobs, _key, out, working.Here(), "passages, by parts") as places:
        found = tuple(each for place in places for each in mentions.read(place / _MENTIONS))
        mentions.write(found, out)
    return Annotation(found, Counter({GROUNDED: sum(len(each.mentions) for each in found)}))


def _parts(passages: Sequence[Passage]) -> Iterator[tuple[Passage, ...]]:
    """Yield the passages that a model reads at once."""
    start = 0
    for texts in tagging.parts(each.text for each in passages):
        yield tuple(passages[start : start + len(texts)])
        start += len(texts)


def _fill(job: _Job, place: Path, advance: Advance) -> None:
    """Write a part with its mentions into an empty folder."""
    found = by_model("", job.model.predict_each).annotate(job.passages)
    mentions.write(found.passages, place / _MENTIONS)


def _key(job: _Job) -> str:
    values = {
        "model": job.content,
        "passages": digest([asdict(each) for each in job.passages]),
        "packages": {name: _version(name) for name in _DECIDING},
    }
    return run_key("api/annotating.py", job.model.machine, values)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
