"""Ask one language model in one format, keep its replies verbatim, and ground what they name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from openner_utils.analysis import leakage
from openner_utils.catalog import language
from openner_utils.config.params import Data, Limits, Llm, Name, Prompt, folder
from openner_utils.core.artifacts import (
    ACCOUNT,
    ANSWERED,
    CONTROL,
    CORE_RELEASE,
    COSTS,
    DEV,
    MODEL,
    PROMPTED,
    READINGS,
    REASONS,
    REPLIES,
    SEED_CONTROL,
    SEED_MODEL,
    TOOK,
    TYPES,
)
from openner_utils.core.releases import limited, select, without
from openner_utils.curation import duplicates
from openner_utils.llm import audit, grounding, order_effect, prompts, reply_tables
from openner_utils.llm.askings import Asking, askings, carry_out, carry_out_here
from openner_utils.llm.embeddings import SentenceEncoder
from openner_utils.llm.questions import Published, Question, Wording, questions
from openner_utils.llm.reply_account import Account
from openner_utils.llm.shots import Shots
from openner_utils.llm.store import Record, Store
from openner_utils.llm.ways import As, asked_by
from openner_utils.runs.executors import this_machine
from openner_utils.runs.machine import resolve
from openner_utils.stages import Work
from openner_utils.support.errors import OpenNERError, unknown
from openner_utils.support.progress import bar
from openner_utils.support.records import Record as Blocks

READS = (CORE_RELEASE, TYPES, MODEL, CONTROL, SEED_MODEL, SEED_CONTROL)
WRITES = (PROMPTED, ACCOUNT, COSTS, DEV, READINGS, REASONS, TOOK, ANSWERED, REPLIES)


class Params(Blocks):
    """The blocks of params.yaml that the stage uses."""

    data: Data
    limits: Limits
    llms: dict[Name, Llm]
    prompt: Prompt


@dataclass(frozen=True, slots=True)
class Result:
    """What came out, for the model and its control (column ``control``) side by side.

    ``losses``: emitted mentions by run, corpus, language and reason, one row for each of `grounding.OUTCOMES`;
    ``faults``: how often each fault occurred (column ``count``; one reply may have a fault several times), the same
    under every policy; ``replies``: how many replies there were, by run, corpus and language; ``examples``: a few
    replies, made visible, beside their sentences. ``policy`` is the main one of the grounding policies in ``losses``. All of
    these are of the first order of types; ``orders`` sets several orders side by side. ``costs``: what a server counted.
    All but the predictions are of the model's first seed, where it has several. ``reasons``: what became of everything that replies began to name, by run, reading and reason (`llm.audit`); ``lost``: a few
    lost mentions of the model by decoding and reason; ``took``: what each reply took, and what held it to its grammar. ``scores``: precision,
    recall and F1 under the main reading (`llm.audit.scored`). ``fewer``: corpora and languages whose prompts have fewer worked examples than
    they were to have (``wanted``), with the fewest that one has.
    """

    losses: pd.DataFrame
    faults: pd.DataFrame
    replies: pd.DataFrame
    examples: pd.DataFrame
    policy: grounding.Policy
    orders: pd.DataFrame
    costs: pd.DataFrame
    reasons: pd.DataFrame
    lost: pd.DataFrame
    took: pd.DataFrame
    scores: pd.DataFrame
    fewer: pd.DataFrame


def run(work: Work, params: Params, llm: str, format: str) -> Result:
    """Ask ``llm`` in ``format`` and hand over what came out."""
    if llm not in params.llms:
        raise unknown("language model", llm, params.llms)
    if format not in prompts.FORMATS:
        raise unknown("prompt format", format, prompts.FORMATS)
    asked_in: prompts.Format = next(known for known in prompts.FORMATS if known == format)
    model = params.llms[llm]
    store = work.place.root / model.replies if model.replies else work.resume
    spent_in = tuple(work.resume.parent / folder({"llm": llm, "format": each}) for each in prompts.FORMATS)
    asked_ways = askings(model, asked_in, store, spent_in, params.prompt.timed, partial(_folder, work))
    asked = _questions(work, params, model, asked_in)
    fewer = _fewer_shots(llm, model.shots, asked[asked_ways[0].asked_as])
    count = len(asked_ways) * len(asked[asked_ways[0].asked_as])
    with bar(f"ask {llm}, {format}", total=count) as shown:
        if model.backend == "local":  # each asking gets a process
            executor = this_machine(work.workers, resolve("fp32"))
            answers = executor.carry_out(partial(carry_out, asked), asked_ways, shown.advance)
        else:  # a server answers several requests at a time itself, and has one budget for all
            answers = [carry_out_here(asked, asking, shown.advance) for asking in asked_ways]
    return _handed_over(work, params, llm, asked, asked_ways, answers, fewer)


def _handed_over(
    work: Work,
    params: Params,
    llm: str,
    asked: Mapping[As, Sequence[Question]],
    askings: Sequence[Asking],
    answers: Sequence[Sequence[Record]],
    fewer: pd.DataFrame,
) -> Result:
    """Ground the replies, hand over what came out, and return it."""
    account = Account(llm, askings[0], params.prompt.policy)
    for asking, records in zip(askings, answers, strict=True):
        keys = list(dict.fromkeys(record.key for record in records))
        Store(asking.replies).write(work.outputs.path(REPLIES) / asking.replies.name, keys)
        account.add(asking, asked[asking.asked_as], records)
    counts = account.counts
    result = Result(
        account.losses,
        account.faults,
        account.replies,
        _examples(asked, askings, answers),
        account.main,
        order_effect.effect(account.orders),
        reply_tables.costs(llm, askings, answers),
        account.reasons,
        reply_tables.few_lost(account.lost),
        account.took,
        audit.scored(counts, audit.main_reading(askings[0].format, account.main)),
        fewer,
    )
    work.outputs.put(PROMPTED, account.predictions)
    work.outputs.put(ACCOUNT, result.losses)
    work.outputs.put(COSTS, result.costs)
    work.outputs.put(READINGS, counts)
    work.outputs.put(REASONS, result.reasons)
    work.outputs.put(TOOK, result.took)
    work.outputs.put(DEV, account.dev)
    work.outputs.put(ANSWERED, account.answered)
    return result


def _examples(
    asked: Mapping[As, Sequence[Question]],
    askings: Sequence[Asking],
    answers: Sequence[Sequence[Record]],
) -> pd.DataFrame:
    """Return a few replies to test sentences beside these."""
    tested = {asked_as: reply_tables.tested(each, each) for asked_as, each in asked.items()}
    of_each = [
        reply_tables.tested(asked[asking.asked_as], records)
        for asking, records in zip(askings, answers, strict=True)
    ]
    return reply_tables.examples(tested, askings, of_each)


def _questions(work: Work, params: Params, model: Llm, format: prompts.Format) -> dict[As, list[Question]]:
    """Return a question for each dev and test sentence that is asked, under each order of types, and with the structure described or not."""
    whole = work.inputs.of_corpora(CORE_RELEASE, params.data.corpora)
    limits = params.limits
    release = limited(whole, limits.train_sentences, limits.dev_sentences, limits.test_sentences)
    asked = limited(release, 0, params.prompt.dev_sentences, params.prompt.test_sentences)
    if model.languages is not None:
        for code in model.languages:
            language(code)  # a misspelt one would be asked nothing, without a word
        there = ", ".join(sorted(set(select(asked, split="test")["language"].to_pylist())))
        asked = asked.filter(pc.is_in(asked["language"], pa.array(model.languages, pa.string())))
    if "test" not in asked["split"].to_pylist():
        named = f" in {', '.join(model.languages)}. There are some in: {there}" if model.languages else ""
        raise OpenNERError(
            f"No test sentence{named}. Choose other `languages` for the model, or other corpora, in params.yaml."
        )
    published: Published = {}
    if model.label_names == "published":
        of_corpora = work.inputs.frame(TYPES).groupby("corpus")[["core", "original", "mentions"]]
        published = {str(name): list(rows.itertuples(index=False, name=None)) for name, rows in of_corpora}
    embed = SentenceEncoder(model.shot_encoder) if model.shots and model.shot_selection == "nearest" else None
    shots = Shots(model.shots, model.shot_selection, model.shot_seed, embed)
    train = _to_be_shown(release, whole) if model.shots else release
    tuned = _folder(work, model.tuned) if model.tuned else None
    return {
        (order, described): questions(
            asked, train, whole, prompt, Wording(model.label_names, model.label_definitions, order), shots, published
        )
        for described, prompt in asked_by(model, format, tuned).items()
        for order in model.label_order_seeds
    }  # fmt: skip


def _fewer_shots(llm: str, wanted: int, asked: Sequence[Question]) -> pd.DataFrame:
    """Return the corpora and languages whose prompts have fewer worked examples than ``wanted``: columns of `Result.fewer`.

    Raises `OpenNERError` where no prompt has any, for then its scores would be called few-shot and be zero-shot.
    """
    shots = pd.DataFrame([(*question.part[:2], question.shots) for question in asked], columns=["corpus", "language", "fewest"])  # fmt: skip
    if wanted and not shots["fewest"].any():
        places = ", ".join(sorted({"/".join(question.part[:2]) for question in asked}))
        raise OpenNERError(
            f"{llm}: no prompt would have a worked example, though `shots` is {wanted}: {places} has no training sentence with a "
            "mention that no test set holds, nor nearly. Set `shots: 0`, or add training sentences."
        )
    found = shots.groupby(["corpus", "language"], as_index=False)["fewest"].min()
    return found[found["fewest"] < wanted].assign(wanted=wanted).reset_index(drop=True)


def _to_be_shown(release: pa.Table, whole: pa.Table) -> pa.Table:
    """Return the training sentences that may be worked examples: those that no test set of ``whole`` holds, nor nearly holds."""
    train = select(release, split="train")
    sentences = duplicates.read([train, select(whole, split="test")])
    return without(train, leakage.contaminating(sentences, duplicates.near_pairs(sentences)))


def _folder(work: Work, tuned: tuple[str, int | None], control: bool = False) -> Path:
    """Return where a model of the stage tune lies, or its control."""
    model, seed = tuned
    if seed is None:
        return work.inputs.path(CONTROL if control else MODEL, model=model)
    return work.inputs.path(SEED_CONTROL if control else SEED_MODEL, model=model, seed=str(seed))
