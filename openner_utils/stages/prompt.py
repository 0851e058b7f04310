"""Ask one language model in one format, keep its replies verbatim, and ground what they name."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from openner_utils.catalog import language
from openner_utils.config.params import Data, Limits, Llm, Name, Prompt
from openner_utils.core.artifacts import (
    ACCOUNT,
    CONTROL,
    CORE_RELEASE,
    MODEL,
    PROMPTED,
    READINGS,
    REASONS,
    REPLIES,
)
from openner_utils.core.encoding import IOB2
from openner_utils.core.releases import Part, columns_of, limited, parts, prediction_table, select
from openner_utils.llm import audit, grounding, prompts
from openner_utils.llm.backends import Backend
from openner_utils.llm.constrained import automaton
from openner_utils.llm.local import LocalBackend
from openner_utils.llm.replies import Parsed
from openner_utils.llm.server import ServerBackend
from openner_utils.llm.store import Record, Store, ask
from openner_utils.runs.executors import Advance, this_machine
from openner_utils.runs.machine import CPU, resolve
from openner_utils.stages import Work
from openner_utils.support.errors import OpenNERError, unknown
from openner_utils.support.progress import bar
from openner_utils.support.records import Record as Blocks
from openner_utils.support.words import visible

READS = (CORE_RELEASE, MODEL, CONTROL)
WRITES = (PROMPTED, ACCOUNT, READINGS, REASONS, REPLIES)
PIPELINE = "pipeline:"
MALFORMED = "malformed answer"
"""The fault of a question whose every answer was none that can be read."""


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
    replies, made visible, beside their sentences. ``policy`` is the main one of the grounding policies in ``losses``.
    ``reasons``: what became of everything that replies began to name, by run, reading and reason (`llm.audit`); ``lost``:
    a few lost mentions of the model by decoding and reason.
    """

    losses: pd.DataFrame
    faults: pd.DataFrame
    replies: pd.DataFrame
    examples: pd.DataFrame
    policy: grounding.Policy
    reasons: pd.DataFrame
    lost: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Question:
    """One test sentence as it is asked."""

    part: tuple[str, str, str]
    sentence: int
    tokens: tuple[str, ...]
    separator: str
    prompt: str


@dataclass(frozen=True, slots=True)
class Asking:
    """All questions to one model, or to its control, under one way of decoding; the replies go to ``replies``."""

    model: Llm
    checkpoint: str
    format: prompts.Format
    decoding: str
    control: bool
    replies: Path

    def __str__(self) -> str:
        return f"Asking {self.replies.stem}"

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


def run(work: Work, params: Params, llm: str, format: str) -> Result:
    """Ask ``llm`` in ``format`` and hand over what came out."""
    if llm not in params.llms:
        raise unknown("language model", llm, params.llms)
    if format not in prompts.FORMATS:
        raise unknown("prompt format", format, prompts.FORMATS)
    asked_in: prompts.Format = next(known for known in prompts.FORMATS if known == format)
    model, limits = params.llms[llm], params.limits
    whole = work.inputs.of_corpora(CORE_RELEASE, params.data.corpora)
    release = limited(whole, limits.train_sentences, 0, limits.test_sentences)
    questions = _questions(release, model, asked_in, params.prompt.test_sentences)
    askings = _askings(model, asked_in, work)
    # Each asking gets a process; a server answers several requests at a time itself.
    executor = this_machine(work.workers, resolve("fp32") if model.backend == "local" else CPU)
    with bar(f"ask {llm}, {format}", total=len(askings) * len(questions)) as shown:
        answers = executor.carry_out(partial(_ask, questions), askings, shown.advance)

    replies = work.outputs.path(REPLIES)
    losses: list[dict[str, Any]] = []
    faults: list[dict[str, Any]] = []
    counts: list[dict[str, Any]] = []
    tables: list[pa.Table] = []
    audits: list[audit.Audit] = []
    asked = _asked(release, questions)
    for asking, records in zip(askings, answers, strict=True):
        keys = list(dict.fromkeys(record.key for record in records))
        Store(asking.replies).write(replies / asking.replies.name, keys)
        names = asking.names(llm)
        parsed = _parsed(asking.format, questions, records)
        readings = _readings(asking.format, questions, parsed)
        said = [record.reply for record in records]
        found = audit.audit(asked, said, parsed, asking.format, params.prompt.policy)
        audits.append(audit.named(found, names))
        tables += [_predictions(names, reading) for reading in readings]
        losses += [row for reading in readings for row in _losses(names, reading)]
        first = grounding.POLICIES[asking.format][0]
        answered = [reading for reading in readings if reading.policy == first]
        faults += [row for reading in answered for row in _faults(names, reading)]
        counts += [{**_where(names, reading), "replies": len(reading.outcomes)} for reading in answered]
    work.outputs.put(PROMPTED, pa.concat_tables(tables))
    columns = [*askings[0].names(llm), "corpus", "language", "fault", "count"]
    result = Result(
        pd.DataFrame(losses),
        pd.DataFrame(faults, columns=columns),
        pd.DataFrame(counts),
        _examples(questions, askings, answers),
        audit.main_reading(asked_in, params.prompt.policy).policy,
        pd.concat([each.reasons for each in audits]),
        _few_lost(pd.concat([each.lost for each in audits])),
    )
    work.outputs.put(ACCOUNT, result.losses)
    work.outputs.put(READINGS, pd.concat([each.counts for each in audits]))
    work.outputs.put(REASONS, result.reasons)
    return result


def _parsed(format: prompts.Format, questions: Sequence[Question], records: Sequence[Record]) -> list[Parsed]:
    types = tuple(prompts.CORE_TYPES)
    return [
        Parsed(faults=(MALFORMED,))
        if record.finish_reason == "malformed"
        else grounding.parse(record.reply, question.tokens, types, format)
        for question, record in zip(questions, records, strict=True)
    ]


def _asked(release: pa.Table, questions: Sequence[Question]) -> list[audit.Asked]:
    """Return the questions with what the release says of their sentences."""
    known: dict[tuple[tuple[str, str, str], int], tuple[int, tuple[str, ...]]] = {}
    for part in parts(release):
        if part.split == "test":
            places = (part.table[name].to_pylist() for name in ("sentence", "document"))
            for number, document, (_, labels) in zip(*places, columns_of(part.table).rows(), strict=True):
                known[part.key, number] = document, labels
    asked = []
    for question in questions:
        document, labels = known[question.part, question.sentence]
        mentions = tuple(IOB2.decode(labels))
        asked.append(
            audit.Asked(
                question.part,
                question.sentence,
                document,
                question.tokens,
                question.separator,
                mentions,
                {type: type for type in prompts.CORE_TYPES},
            )
        )
    return asked


def _few_lost(lost: pd.DataFrame) -> pd.DataFrame:
    """Return the first lost mentions of the model for each way of decoding, language and reason, made visible."""
    few = lost[~lost["control"].astype(bool)].groupby(["decoding", "language", "reason"], sort=True).head(2)
    shown = few[["decoding", "language", "reason", "text", "type", "sentence"]]
    return shown.assign(**{name: shown[name].map(visible) for name in ("text", "type", "sentence")})


def _readings(
    format: prompts.Format, questions: Sequence[Question], parsed: Sequence[Parsed]
) -> list[Reading]:
    """Ground the same replies under every policy of their format."""
    types = tuple(prompts.CORE_TYPES)
    readings = []
    for policy in grounding.POLICIES[format]:
        for part in dict.fromkeys(question.part for question in questions):
            chosen = [number for number, question in enumerate(questions) if question.part == part]
            outcomes = [
                grounding.ground(parsed[n], questions[n].tokens, types, format, policy) for n in chosen
            ]
            readings.append(
                Reading(policy, part, tuple(questions[n].sentence for n in chosen), tuple(outcomes))
            )
    return readings


def _predictions(names: dict[str, Any], reading: Reading) -> pa.Table:
    return prediction_table(
        {**names, "regime": "", "labels_from": "", "policy": reading.policy, "seed": 0},
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


def _questions(release: pa.Table, model: Llm, format: prompts.Format, most: int | None) -> list[Question]:
    """Return a question for each test sentence, with worked examples from its corpus's training split."""
    prompt = prompts.load(f"{format}_short" if model.checkpoint.startswith(PIPELINE) else format)
    questions: list[Question] = []
    for part in parts(limited(release, 0, 0, most)):
        if part.split != "test" or (model.languages is not None and part.language not in model.languages):
            continue
        separator = prompts.separator(language(part.language).script)
        examples = _shots(release, part, model.shots, separator)
        numbers = part.table["sentence"].to_pylist()
        for number, (tokens, _) in zip(numbers, columns_of(part.table).rows(), strict=True):
            text = prompt.render(tokens, prompts.CORE_TYPES, examples, separator)
            questions.append(Question(part.key, number, tokens, separator, text))
    if not questions:
        raise OpenNERError(
            f"No test sentence in {model.languages}. Choose other languages for the model in params.yaml."
        )
    return questions


def _shots(release: pa.Table, part: Part, count: int, separator: str) -> list[prompts.Example]:
    """Return the first training sentences that hold a mention."""
    if not count:
        return []
    train = select(release, corpus=part.corpus, language=part.language, split="train").sort_by("sentence")
    named = (
        prompts.Example(*row, separator)
        for row in columns_of(train).rows()
        if any(label != "O" for label in row[1])
    )
    return list(islice(named, count))


def _askings(model: Llm, format: prompts.Format, work: Work) -> list[Asking]:
    if "constrained" in model.decoding and model.backend == "server":
        raise OpenNERError(
            "A server gives no hold for constrained decoding. Take it off the model in params.yaml."
        )
    if "constrained" in model.decoding and format == "pairs":
        raise OpenNERError(
            "The format pairs is not decoded under constraint. Take it out of `prompt.formats`, or `constrained` off the model."
        )
    if model.checkpoint.startswith(PIPELINE) and format == "pairs":
        raise OpenNERError(
            f"{model.checkpoint} is trained on the formats inline and json, and asked in no other. Take pairs out of "
            "`prompt.formats`, or the model out of `llms`."
        )
    checkpoints = {False: model.checkpoint}
    if model.checkpoint.startswith(PIPELINE):
        tuned = model.checkpoint.removeprefix(PIPELINE)
        checkpoints = {False: str(work.inputs.path(MODEL, model=tuned))}
        if model.control:
            checkpoints[True] = str(work.inputs.path(CONTROL, model=tuned))
    return [
        Asking(
            model, checkpoint, format, decoding, control,
            work.resume / f"{format}-{decoding}{'-control' if control else ''}.jsonl",
        )
        for control, checkpoint in checkpoints.items()
        for decoding in model.decoding
    ]  # fmt: skip


def _ask(questions: list[Question], asking: Asking, advance: Advance) -> list[Record]:
    model = asking.model
    backend: Backend
    if model.backend == "server":
        if not model.server:
            raise OpenNERError("A model behind a server needs `server`, its address, in params.yaml.")
        backend = ServerBackend(asking.checkpoint, model.server)
    else:
        backend = LocalBackend(asking.checkpoint, model.revision)
    types = tuple(prompts.CORE_TYPES)
    automata = (
        [automaton(q.tokens, types, asking.format, q.separator) for q in questions]
        if asking.decoding == "constrained"
        else None
    )
    return ask(
        backend,
        [q.prompt for q in questions],
        model.max_new_tokens,
        Store(asking.replies),
        automata,
        advance,
    )


def _examples(questions: list[Question], askings: list[Asking], answers: list[list[Record]]) -> pd.DataFrame:
    """Return the first two sentences of each language with every reply to them."""
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
            for a, records in zip(askings, answers, strict=True)
        ]
    )
