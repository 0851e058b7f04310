"""What became of the replies of one asking: read and grounded under every policy, and as rows of tables.

One row for each loss, fault, prediction or reply, with the columns that tell its asking from others (`Asking.names`).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import pandas as pd
import pyarrow as pa

from openner_utils.core.artifacts import COSTS
from openner_utils.core.encoding import IOB2
from openner_utils.core.releases import prediction_table
from openner_utils.llm import audit, grounding, on_dev, order_effect, prompts, spending
from openner_utils.llm.askings import Asking, rates
from openner_utils.llm.questions import Question
from openner_utils.llm.replies import Parsed
from openner_utils.llm.store import Record
from openner_utils.llm.ways import As
from openner_utils.support.words import visible

T = TypeVar("T")
MALFORMED = "malformed answer"
"""The fault of a question whose every answer was none that can be read."""
OTHER_MODEL = "server names another model"
"""The fault of a reply that a server says to be of another model than the one asked: an alias, a newer version, or a stand-in."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Replies to all questions of one corpus, language and split, grounded under one policy."""

    policy: grounding.Policy
    part: tuple[str, str, str]
    sentences: tuple[int, ...]
    outcomes: tuple[grounding.Outcome, ...]
    seed: int


def tested(questions: Sequence[Question], of_each: Sequence[T]) -> list[T]:
    """Return what belongs to test sentences, of something that each question has."""
    return [each for question, each in zip(questions, of_each, strict=True) if question.part[2] == "test"]


def read(asking: Asking, questions: Sequence[Question], records: Sequence[Record]) -> list[Parsed]:
    """Return the mentions that each reply names, by the names that its prompt gave the types."""
    return [_said(asking, q, record) for q, record in zip(questions, records, strict=True)]


def _said(asking: Asking, question: Question, record: Record) -> Parsed:
    if record.finish_reason == "malformed":
        return Parsed(faults=(MALFORMED,))
    labels = question.labels
    said = labels.resolved(grounding.parse(record.reply, question.tokens, labels.read, asking.format))
    return replace(said, faults=(*said.faults, OTHER_MODEL)) if record.served else said


def readings(asking: Asking, questions: Sequence[Question], parsed: Sequence[Parsed]) -> list[Reading]:
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


def answered_on_dev(
    asking: Asking, questions: Sequence[Question], records: Sequence[Record], policy: grounding.Policy
) -> list[on_dev.Answered]:
    """Return what was answered to dev sentences."""
    of = [number for number, question in enumerate(questions) if question.part[2] == "dev"]
    parsed = read(asking, [questions[n] for n in of], [records[n] for n in of])
    return [
        on_dev.Answered(q.part, q.sentence, q.gold, _grounded(said, q, asking.format, policy).labels)
        for q, said in zip((questions[n] for n in of), parsed, strict=True)
    ]


def under_order(asking: Asking, asked: Sequence[Question], readings: Sequence[Reading]) -> order_effect.Asked:
    """Return the labels that the replies give under the order of types of their asking; ``readings``: those under the main policy."""
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


def predictions(names: dict[str, Any], reading: Reading) -> pa.Table:
    """Return the predictions of one reading, as `core.releases` lays them out."""
    return prediction_table(
        {**names, "regime": "", "labels_from": "", "policy": reading.policy, "seed": reading.seed},
        reading.part,
        reading.sentences,
        pa.array([outcome.labels for outcome in reading.outcomes], pa.list_(pa.string())),
        [len(outcome.losses) for outcome in reading.outcomes],
    )


def loss_rows(names: dict[str, Any], reading: Reading) -> list[dict[str, Any]]:
    """Return how many of the mentions that were named became what, one row for each of `grounding.OUTCOMES`."""
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


def where(names: dict[str, Any], reading: Reading) -> dict[str, Any]:
    """Return the columns of a row on replies to one corpus and language."""
    corpus, language, _ = reading.part
    return {**names, "corpus": corpus, "language": language}


def fault_rows(names: dict[str, Any], reading: Reading) -> list[dict[str, Any]]:
    """Return how often each fault occurred in one reading."""
    counts = Counter(fault for outcome in reading.outcomes for fault in outcome.faults)
    return [
        {**where(names, reading), "fault": fault, "count": count} for fault, count in sorted(counts.items())
    ]


def took_rows(
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


def answered_rows(
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


def audited(
    asking: Asking,
    questions: Sequence[Question],
    records: Sequence[Record],
    parsed: Sequence[Parsed],
    policy: grounding.Policy,
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
    return audit.audit(asked, replies, parsed, asking.format, policy)


def costs(llm: str, askings: Sequence[Asking], answers: Sequence[Sequence[Record]]) -> pd.DataFrame:
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
                "cost": spent.cost(rates(asking.model)) if asking.model.price else None,
            }
        )  # fmt: skip
    return pd.DataFrame(rows, columns=COSTS.empty().columns).astype({"cost": float})


def few_lost(lost: pd.DataFrame) -> pd.DataFrame:
    """Return the first lost mentions of the model for each way of decoding, language and reason, made visible."""
    few = lost[~lost["control"].astype(bool)].groupby(["decoding", "language", "reason"], sort=True).head(2)
    shown = few[["decoding", "language", "reason", "text", "type", "sentence"]]
    return shown.assign(**{name: shown[name].map(visible) for name in ("text", "type", "sentence")})


def examples(
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
