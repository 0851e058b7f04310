"""Annotators of web text by name: a trained model's folder, or a language model of params.yaml."""

from pathlib import Path

from openner_utils.api.tagging import load
from openner_utils.config.params import Llm, Name
from openner_utils.config.params import load as load_params
from openner_utils.core.artifacts import MODEL, SEED_MODEL
from openner_utils.llm import prompts
from openner_utils.llm.ways import asked_by
from openner_utils.support.errors import OpenNERError, unknown
from openner_utils.support.paths import HERE, Place
from openner_utils.support.records import Record
from openner_utils.web.annotating import FAMILIES, OPEN, PROMPTS, Annotator, Asked, by_llm, by_model
from openner_utils.web.models import backend_of, budget_of, rates_of
from openner_utils.web.objects import Model

REPLIES = "web"
"""The folder of stored replies among what the compendium keeps for itself."""


class _Llms(Record):
    """The block of params.yaml that is read."""

    llms: dict[Name, Llm]


def annotator(called: str, format: str = "json", free: bool = False, place: Place = HERE) -> Annotator:
    """Return the annotator that ``called`` names: a folder with a trained model, or a name under ``llms`` of params.yaml.

    A language model is asked in ``format``; ``free``: for the most specific types that it knows (JSON alone), else for PER, LOC
    and ORG. Its replies are kept below ``place`` and never asked for twice. Raises `OpenNERError` for what is neither.
    """
    if not called.strip():
        raise OpenNERError(
            "--by: an empty name. Name a folder with a trained model, or a language model of params.yaml."
        )
    folder = Path(called)
    if folder.is_dir():
        return by_model(folder.resolve().name, load(folder).predict_each)
    return _llm(
        called, _known(called, "neither a folder with a trained model nor", place), format, free, place
    )


def model(called: str, what: str, place: Place = HERE) -> Model:
    """Return a language model of params.yaml as what answers questions about passages; ``what`` names the file of its replies."""
    known = _known(called, "not", place)
    replies = place.own / REPLIES / f"{called}-{what}.jsonl"
    return Model(
        backend_of(known, _tuned(known, place)), replies, known.max_new_tokens, budget_of(known, replies)
    )


def _known(called: str, what: str, place: Place) -> Llm:
    llms = load_params(_Llms, place.params).llms
    if called not in llms:
        names = ", ".join(llms) or "which has none"
        raise OpenNERError(f"{called}: {what} a language model of params.yaml ({names}).")
    return llms[called]


def _llm(name: str, model: Llm, format: str, free: bool, place: Place) -> Annotator:
    asked_in = next((known for known in prompts.FORMATS if known == format), None)
    if asked_in is None:
        raise unknown("prompt format", format, prompts.FORMATS)
    if free and asked_in != "json":
        raise OpenNERError(
            f"Free types are asked for in JSON alone, not in {format}. Leave out one of the two."
        )
    tuned = _tuned(model, place)
    prompt = prompts.load(OPEN, PROMPTS) if free else asked_by(model, asked_in, tuned).get(False)
    if prompt is None:
        raise OpenNERError(
            f"{name} is asked in described prompts alone. Add `free` to its `decoding` in params.yaml."
        )
    replies = place.own / REPLIES / f"{name}-{prompt.name}.jsonl"
    types = FAMILIES if free else prompts.CORE_TYPES
    return by_llm(
        f"{name}, {prompt.name}",
        Asked(
            backend_of(model, tuned),
            prompt,
            types,
            replies,
            model.max_new_tokens,
            free,
            budget=budget_of(model, replies),
            rates=rates_of(model),
        ),
    )


def _tuned(model: Llm, place: Place) -> Path | None:
    if model.tuned is None:
        return None
    name, seed = model.tuned
    made = (
        MODEL.path(place.artifacts, model=name)
        if seed is None
        else SEED_MODEL.path(place.artifacts, model=name, seed=str(seed))
    )
    if not made.is_dir():
        raise OpenNERError(f"{place.relative(made)}: missing. Run the stage that trains it: dvc repro tune")
    return made
