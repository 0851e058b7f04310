"""Ask one language model in one format, keep its replies verbatim, and ground what they name."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

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
from openner_utils.core.encoding import IOB2
from openner_utils.core.releases import limited, prediction_table, select
from openner_utils.llm import audit, grounding, on_dev, order_effect, prompts, spending
from openner_utils.llm.asking import ask, constraints, replay
from openner_utils.llm.automata import automaton
from openner_utils.llm.backends import Backend
from openner_utils.llm.embeddings import SentenceEncoder
from openner_utils.llm.local import LocalBackend
from openner_utils.llm.questions import Published, Question, Wording, questions
from openner_utils.llm.replies import Parsed
from openner_utils.llm.server import LONGEST, ServerBackend
from openner_utils.llm.shots import Shots
from openner_utils.llm.store import Record, Store
from openner_utils.llm.ways import DESCRIBED, As, asked_by, check
from openner_utils.runs.executors import Advance, raise_named, this_machine
from openner_utils.runs.machine import resolve
from openner_utils.stages import Work
from openner_utils.support.errors import OpenNERError, unknown
from openner_utils.support.progress import bar
from openner_utils.support.records import Record as Blocks
from openner_utils.support.words import visible

READS = (CORE_RELEASE, TYPES, MODEL, CONTROL, SEED_MODEL, SEED_CONTROL)
WRITES = (PROMPTED, ACCOUNT, COSTS, DEV, READINGS, REASONS, TOOK, ANSWERED, REPLIES)
T = TypeVar("T")
MALFORMED = "malformed answer"
"""The fault of a question whose every answer was none that can be read."""
OTHER_MODEL = "server names another model"
"""The fault of a reply that a server says to be of another model than the one asked: an alias, a newer version, or a stand-in."""


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
    recall and F1 under the main reading (`llm.audit.scored`).
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


@dataclass(frozen=True, slots=True)
class Asking:
    """All questions to one model, or to its control, under one way of decoding and one order of types.

    ``seed`` is the further seed that the model was tuned with, None for its first.

    The replies go to ``replies``; ``spent_in`` are the folders with all replies of the model, in whatever format. ``timed``: they
    are kept with the seconds that they take.
    """

    model: Llm
    checkpoint: str
    format: prompts.Format
    decoding: str
    control: bool
    order: int
    seed: int | None
    replies: Path
    spent_in: tuple[Path, ...]
    timed: bool

    def __str__(self) -> str:
        return f"Asking {self.replies.stem}"

    @property
    def drawn(self) -> int:
        """The seed by which its predictions are told apart: that of the order of types, or the model's further one."""
        return self.order if self.seed is None else self.seed

    @property
    def asked_as(self) -> As:
        """Which of the ways of putting a question is asked."""
        return self.order, self.decoding == DESCRIBED

    def names(self, system: str) -> dict[str, Any]:
        """Return the columns that tell this asking from others."""
        return {"system": system, "format": self.format, "decoding": self.decoding, "control": self.control}


@dataclass(frozen=True, slots=True)
class Reading:
    """Replies to all questions of one corpus, language and split, grounded under one policy."""

    policy: grounding.Policy
    part: tuple[str, str, str]
    sentences: tuple[int, ...]
    outcomes: tuple[grounding.Outcome, ...]
    seed: int


def run(work: Work, params: Params, llm: str, format: str) -> Result:
    """Ask ``llm`` in ``format`` and hand over what came out."""
    if llm not in params.llms:
        raise unknown("language model", llm, params.llms)
    if format not in prompts.FORMATS:
        raise unknown("prompt format", format, prompts.FORMATS)
    asked_in: prompts.Format = next(known for known in prompts.FORMATS if known == format)
    model = params.llms[llm]
    askings = _askings(model, asked_in, work, llm, params.prompt.timed)
    asked = _questions(work, params, model, asked_in)
    count = len(askings) * len(asked[askings[0].asked_as])
    with bar(f"ask {llm}, {format}", total=count) as shown:
        if model.backend == "local":  # each asking gets a process
            executor = this_machine(work.workers, resolve("fp32"))
            answers = executor.carry_out(partial(_ask, asked), askings, shown.advance)
        else:  # a server answers several requests at a time itself, and has one budget for all
            answers = [_ask_here(asked, asking, shown.advance) for asking in askings]
    return _handed_over(work, params, llm, asked, askings, answers)


def _handed_over(
    work: Work,
    params: Params,
    llm: str,
    asked: Mapping[As, Sequence[Question]],
    askings: Sequence[Asking],
    answers: Sequence[Sequence[Record]],
) -> Result:
    """Ground the replies, hand over what came out, and return it."""
    first = askings[0]
    tested = {asked_as: _tested(questions, questions) for asked_as, questions in asked.items()}
    main: grounding.Policy = "offsets" if first.format in grounding.MARKED else params.prompt.policy
    losses: list[dict[str, Any]] = []
    faults: list[dict[str, Any]] = []
    counts: list[dict[str, Any]] = []
    tables: list[pa.Table] = []
    orders: list[order_effect.Asked] = []
    audits: list[audit.Audit] = []
    took: list[dict[str, Any]] = []
    dev: list[dict[str, Any]] = []
    answered: list[dict[str, Any]] = []
    for asking, every in zip(askings, answers, strict=True):
        keys = list(dict.fromkeys(record.key for record in every))
        Store(asking.replies).write(work.outputs.path(REPLIES) / asking.replies.name, keys)
        names = asking.names(llm)
        dev += on_dev.counts(names, asking.drawn, _on_dev(asking, asked[asking.asked_as], every, main))
        records = _tested(asked[asking.asked_as], every)
        parsed = _parsed(asking, tested[asking.asked_as], records)
        readings = _readings(asking, tested[asking.asked_as], parsed)
        tables += [_predictions(names, reading) for reading in readings]
        if asking.seed is not None:
            continue
        orders.append(
            _under_order(asking, tested[asking.asked_as], [r for r in readings if r.policy == main])
        )
        if asking.order != first.order:
            continue
        losses += [row for reading in readings for row in _losses(names, reading)]
        once = [each for each in readings if each.policy == grounding.POLICIES[asking.format][0]]
        faults += [row for reading in once for row in _faults(names, reading)]
        answered += _answered(
            names, tested[asking.asked_as], records, [r for r in readings if r.policy == main]
        )
        took += _took(names, tested[asking.asked_as], records)
        audits.append(audit.named(_audited(asking, tested[asking.asked_as], records, parsed, params), names))
        counts += [{**_where(names, reading), "replies": len(reading.outcomes)} for reading in once]
    work.outputs.put(PROMPTED, pa.concat_tables(tables))
    read = pd.concat([each.counts for each in audits])
    result = Result(
        pd.DataFrame(losses),
        pd.DataFrame(faults, columns=[*first.names(llm), "corpus", "language", "fault", "count"]),
        pd.DataFrame(counts),
        _examples(
            tested,
            askings,
            [_tested(asked[a.asked_as], every) for a, every in zip(askings, answers, strict=True)],
        ),
        main,
        order_effect.effect(orders),
        _costs(llm, askings, answers),
        pd.concat([each.reasons for each in audits]),
        _few_lost(pd.concat([each.lost for each in audits])),
        pd.DataFrame(took).astype(dict.fromkeys(("prompt_tokens", "completion_tokens", "seconds"), float)),
        audit.scored(read, audit.main_reading(first.format, main)),
    )
    work.outputs.put(ACCOUNT, result.losses)
    work.outputs.put(COSTS, result.costs)
    work.outputs.put(READINGS, read)
    work.outputs.put(REASONS, result.reasons)
    work.outputs.put(TOOK, result.took)
    work.outputs.put(DEV, pd.DataFrame(dev, columns=DEV.empty().columns))
    work.outputs.put(ANSWERED, pd.DataFrame(answered, columns=ANSWERED.empty().columns))
    return result


def _tested(questions: Sequence[Question], of_each: Sequence[T]) -> list[T]:
    """Return what belongs to test sentences, of something that each question has."""
    return [each for question, each in zip(questions, of_each, strict=True) if question.part[2] == "test"]


def _on_dev(
    asking: Asking, questions: Sequence[Question], records: Sequence[Record], policy: grounding.Policy
) -> list[on_dev.Answered]:
    """Return what was answered to dev sentences."""
    of = [number for number, question in enumerate(questions) if question.part[2] == "dev"]
    parsed = _parsed(asking, [questions[n] for n in of], [records[n] for n in of])
    return [
        on_dev.Answered(q.part, q.sentence, q.gold, _grounded(said, q, asking.format, policy).labels)
        for q, said in zip((questions[n] for n in of), parsed, strict=True)
    ]


def _under_order(
    asking: Asking, asked: Sequence[Question], readings: Sequence[Reading]
) -> order_effect.Asked:
    labels = {
        (*reading.part, number): outcome.labels
        for reading in readings
        for number, outcome in zip(reading.sentences, reading.outcomes, strict=True)
    }
    return order_effect.Asked(
        asking.decoding,
        asking.control,
        asking.order,
        tuple(question.part[1] for question in asked),
        tuple(question.gold for question in asked),
        tuple(labels[(*question.part, question.sentence)] for question in asked),
    )


def _costs(llm: str, askings: Sequence[Asking], answers: Sequence[Sequence[Record]]) -> pd.DataFrame:
    """Return what a server counted for the replies of each asking, at the model's price; a local model has no rows."""
    rows = []
    for asking, records in zip(askings, answers, strict=True):
        spent = spending.total(each.usage for each in {record.key: record for record in records}.values())
        if asking.model.backend == "local":
            continue
        rows.append(
            {
                **asking.names(llm), "order": asking.order, "replies": spent.replies, "untold": spent.untold,
                "prompt_tokens": spent.prompt, "completion_tokens": spent.completion,
                "cost": spent.cost(_rates(asking.model)) if asking.model.price else None,
            }
        )  # fmt: skip
    return pd.DataFrame(rows, columns=COSTS.empty().columns).astype({"cost": float})


def _took(
    names: dict[str, Any], questions: Sequence[Question], records: Sequence[Record]
) -> list[dict[str, Any]]:
    """Return what each reply to one asking took."""
    return [
        {
            **names, **dict(zip(("corpus", "language", "split"), q.part, strict=True)), "sentence": q.sentence,
            "engine": record.engine or "", "prompt_tokens": record.prompt_tokens,
            "completion_tokens": record.completion_tokens, "seconds": record.seconds,
        }
        for q, record in zip(questions, records, strict=True)
    ]  # fmt: skip


def _answered(
    names: dict[str, Any],
    questions: Sequence[Question],
    records: Sequence[Record],
    readings: Sequence[Reading],
) -> list[dict[str, Any]]:
    """Return each reply to one asking with what was lost of it; ``readings``: of each part that under the main policy."""
    outcomes = {
        (*reading.part, number): outcome
        for reading in readings
        for number, outcome in zip(reading.sentences, reading.outcomes, strict=True)
    }
    rows = []
    for question, record in zip(questions, records, strict=True):
        outcome = outcomes[(*question.part, question.sentence)]
        lost = [f"{loss.mention.text} [{loss.mention.type}]: {loss.reason}" for loss in outcome.losses]
        rows.append(
            {
                **names, **dict(zip(("corpus", "language", "split"), question.part, strict=True)),
                "sentence": question.sentence, "reply": visible(record.reply), "lost": visible("\n".join(lost)),
                "faults": "\n".join(outcome.faults),
            }
        )  # fmt: skip
    return rows


def _parsed(asking: Asking, questions: Sequence[Question], records: Sequence[Record]) -> list[Parsed]:
    """Return the mentions that each reply names, by the names that its prompt gave the types."""
    return [_said(asking, q, record) for q, record in zip(questions, records, strict=True)]


def _said(asking: Asking, question: Question, record: Record) -> Parsed:
    if record.finish_reason == "malformed":
        return Parsed(faults=(MALFORMED,))
    labels = question.labels
    said = labels.resolved(grounding.parse(record.reply, question.tokens, labels.read, asking.format))
    return replace(said, faults=(*said.faults, OTHER_MODEL)) if record.served else said


def _audited(
    asking: Asking,
    questions: Sequence[Question],
    records: Sequence[Record],
    parsed: Sequence[Parsed],
    params: Params,
) -> audit.Audit:
    """Read the replies to one asking in every other way, too."""
    asked = [
        audit.Asked(
            q.part, q.sentence, q.document, q.tokens, q.separator, tuple(IOB2.decode(q.gold)),
            {label.name: label.type for label in q.labels.each},
        )
        for q in questions
    ]  # fmt: skip
    replies = [record.reply for record in records]
    return audit.audit(asked, replies, parsed, asking.format, params.prompt.policy)


def _few_lost(lost: pd.DataFrame) -> pd.DataFrame:
    """Return the first lost mentions of the model for each way of decoding, language and reason, made visible."""
    few = lost[~lost["control"].astype(bool)].groupby(["decoding", "language", "reason"], sort=True).head(2)
    shown = few[["decoding", "language", "reason", "text", "type", "sentence"]]
    return shown.assign(**{name: shown[name].map(visible) for name in ("text", "type", "sentence")})


def _readings(asking: Asking, questions: Sequence[Question], parsed: Sequence[Parsed]) -> list[Reading]:
    """Ground the same replies under every policy of their format."""
    format = asking.format
    readings = []
    for policy in grounding.POLICIES[format]:
        for part in dict.fromkeys(question.part for question in questions):
            chosen = [number for number, question in enumerate(questions) if question.part == part]
            outcomes = [_grounded(parsed[n], questions[n], format, policy) for n in chosen]
            numbers = tuple(questions[n].sentence for n in chosen)
            readings.append(Reading(policy, part, numbers, tuple(outcomes), asking.drawn))
    return readings


def _grounded(
    parsed: Parsed, question: Question, format: prompts.Format, policy: grounding.Policy
) -> grounding.Outcome:
    """Ground a reply by the names that its prompt gave the types, and return labels of core types."""
    outcome = grounding.ground(parsed, question.tokens, question.labels.names, format, policy)
    return replace(outcome, labels=question.labels.standard(outcome.labels))


def _predictions(names: dict[str, Any], reading: Reading) -> pa.Table:
    return prediction_table(
        {**names, "regime": "", "labels_from": "", "policy": reading.policy, "seed": reading.seed},
        reading.part,
        reading.sentences,
        pa.array([outcome.labels for outcome in reading.outcomes], pa.list_(pa.string())),
        [len(outcome.losses) for outcome in reading.outcomes],
    )


def _losses(names: dict[str, Any], reading: Reading) -> list[dict[str, Any]]:
    corpus, language, _ = reading.part
    counts = grounding.total(outcome.mentions() for outcome in reading.outcomes)
    system, format, decoding, control = names.values()
    return [
        {
            "system": system, "format": format, "decoding": decoding, "policy": reading.policy, "control": control,
            "corpus": corpus, "language": language, "reason": reason, "mentions": counts[reason],
        }
        for reason in grounding.OUTCOMES
    ]  # fmt: skip


def _where(names: dict[str, Any], reading: Reading) -> dict[str, Any]:
    corpus, language, _ = reading.part
    return {**names, "corpus": corpus, "language": language}


def _faults(names: dict[str, Any], reading: Reading) -> list[dict[str, Any]]:
    counts = Counter(fault for outcome in reading.outcomes for fault in outcome.faults)
    return [
        {**_where(names, reading), "fault": fault, "count": count} for fault, count in sorted(counts.items())
    ]


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
    tuned = _folder(work, model.tuned) if model.tuned else None
    return {
        (order, described): questions(
            asked, release, whole, prompt, Wording(model.label_names, model.label_definitions, order), shots, published
        )
        for described, prompt in asked_by(model, format, tuned).items()
        for order in model.label_order_seeds
    }  # fmt: skip


def _folder(work: Work, tuned: tuple[str, int | None], control: bool = False) -> Path:
    """Return where a model of the stage tune lies, or its control."""
    model, seed = tuned
    if seed is None:
        return work.inputs.path(CONTROL if control else MODEL, model=model)
    return work.inputs.path(SEED_CONTROL if control else SEED_MODEL, model=model, seed=str(seed))


def _askings(model: Llm, format: prompts.Format, work: Work, llm: str, timed: bool) -> list[Asking]:
    check(model, format)
    checkpoints: dict[tuple[int | None, bool], str] = {(None, False): model.checkpoint}
    if model.tuned is not None:
        name, first = model.tuned
        checkpoints = {
            (seed, control): str(_folder(work, (name, seed or first), control))
            for seed in (None, *model.more_seeds)
            for control in ((False, True) if model.control else (False,))
        }
    store = work.place.root / model.replies if model.replies else work.resume
    spent_in = tuple(work.resume.parent / folder({"llm": llm, "format": each}) for each in prompts.FORMATS)
    return [
        Asking(
            model, checkpoint, format, decoding, control, order, seed,
            store / f"{format}-{decoding}{'-control' if control else ''}{_mark('order', order)}{_mark('seed', seed)}.jsonl",
            spent_in, timed,
        )
        for (seed, control), checkpoint in checkpoints.items()
        for decoding in model.decoding
        for order in model.label_order_seeds
    ]  # fmt: skip


def _mark(name: str, seed: int | None) -> str:
    return f"-{name}{seed}" if seed else ""


def _ask(asked: Mapping[As, list[Question]], asking: Asking, advance: Advance) -> list[Record]:
    model, questions = asking.model, asked[asking.asked_as]
    prompted, names = [q.prompt for q in questions], [q.name for q in questions]
    automata = guidance = None
    if asking.decoding == "constrained":
        automata = [automaton(q.tokens, q.labels.names, asking.format, q.separator) for q in questions]
    elif asking.decoding == "guided":
        guidance = [prompts.schema(q.labels.names) for q in questions]
    if model.backend == "stored":
        held_to = constraints(prompted, automata, guidance)
        return replay(asking.replies, asking.checkpoint, prompted, model.max_new_tokens, held_to, names)
    backend: Backend
    if model.backend == "server":
        assert model.server is not None  # params see to that
        backend = ServerBackend(
            asking.checkpoint, model.server, model.concurrency, model.timeout, max(LONGEST, model.timeout),
            grammar=model.grammar,
        )  # fmt: skip
    else:
        # What is tuned here was trained on answers right behind the prompt.
        lead = "" if model.tuned else questions[0].lead
        backend = LocalBackend(asking.checkpoint, model.revision, lead=lead)
    store, budget = Store(asking.replies), _budget(asking)
    return ask(
        backend,
        prompted,
        model.max_new_tokens,
        store,
        automata,
        advance,
        names,
        budget,
        guidance,
        asking.timed,
    )


def _ask_here(asked: Mapping[As, list[Question]], asking: Asking, advance: Advance) -> list[Record]:
    try:
        return _ask(asked, asking, advance)
    except OpenNERError as error:
        raise_named(error, asking)


def _budget(asking: Asking) -> spending.Budget:
    """Return what may be spent on the model in all, and what has been, in whatever format and decoding."""
    limit = asking.model.budget
    if limit is None:
        return spending.Budget(spending.Sum())
    stores = [path for folder in asking.spent_in for path in sorted(folder.glob("*.jsonl"))]
    spent = spending.total(record.usage for path in stores for record in Store(path))
    return spending.Budget(spent, limit.tokens, limit.cost, _rates(asking.model))


def _rates(model: Llm) -> spending.Rates:
    return spending.Rates(model.price.prompt, model.price.completion) if model.price else spending.Rates()


def _examples(
    asked: Mapping[As, Sequence[Question]],
    askings: Sequence[Asking],
    answers: Sequence[Sequence[Record]],
) -> pd.DataFrame:
    """Return the first two sentences of each language with every reply to them under the first order of types."""
    questions = asked[askings[0].asked_as]
    chosen = [
        (asking, records)
        for asking, records in zip(askings, answers, strict=True)
        if asking.drawn == askings[0].drawn
    ]
    first: dict[str, list[int]] = {}
    for number, question in enumerate(questions):
        first.setdefault(question.part[1], []).append(number)
    return pd.DataFrame(
        [
            {
                "language": code,
                "sentence": questions[n].separator.join(prompts.shown(questions[n].tokens, a.format)),
                "decoding": a.decoding,
                "control": a.control,
                "reply": visible(records[n].reply),
            }
            for code, numbers in first.items()
            for n in numbers[:2]
            for a, records in chosen
        ]
    )
