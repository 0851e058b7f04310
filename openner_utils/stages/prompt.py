"""Ask one language model in one format, keep its replies verbatim, and ground what they name."""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from openner_utils import paths
from openner_utils.catalog import language
from openner_utils.errors import OpenNERError, unknown
from openner_utils.files import write_text
from openner_utils.llm import backends, grounding, prompts
from openner_utils.llm.constrained import automaton
from openner_utils.llm.store import Record, Store, ask
from openner_utils.params import Llm, load
from openner_utils.releases import (
    Part,
    columns_of,
    limited,
    parts,
    prediction_table,
    read_releases,
    select,
    write_table,
)

STAGE = "prompt"
PIPELINE = "pipeline:"


def inputs(corpora: tuple[str, ...]) -> list[Path]:
    """Return the core release of each corpus."""
    return [paths.artifact("standardize", "core", f"{corpus}.parquet") for corpus in corpora]


def outputs(llm: str, format: str) -> list[Path]:
    """Return predictions, the account of every mention, and the folder of raw replies, one file per variant."""
    unit = f"{llm}-{format}"
    return [paths.artifact(STAGE, unit, name) for name in ("predictions.parquet", "losses.csv", "replies")]


@dataclass(frozen=True, slots=True)
class Result:
    """``losses``: emitted mentions by variant, language and reason; ``faults``: replies by what was wrong with them.

    ``examples``: a few replies, verbatim, beside their sentences.
    """

    losses: pd.DataFrame
    faults: pd.DataFrame
    examples: pd.DataFrame


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
    """All questions to one model under one way of decoding; ``variant`` names both."""

    variant: str
    backend: str
    checkpoint: str
    revision: str | None
    server: str | None
    constrained: bool
    max_new_tokens: int
    format: prompts.Format
    replies: Path


def run(llm: str, format: str) -> Result:
    """Ask ``llm`` in ``format`` and write what came out."""
    params = load("data", "limits", "llms", "prompt", "run")
    if llm not in params.llms:
        raise unknown("language model", llm, params.llms)
    if format not in prompts.FORMATS:
        raise unknown("prompt format", format, prompts.FORMATS)
    model = params.llms[llm]
    release = limited(
        read_releases(paths.artifact("standardize", "core"), params.data.corpora),
        params.limits.train_sentences, None, params.limits.test_sentences,
    )  # fmt: skip
    questions = _questions(release, model, format, params.prompt.test_sentences)
    predictions_file, losses_file, replies = outputs(llm, format)
    askings = _askings(model, format, paths.resume(STAGE, f"{llm}-{format}"))
    # A local model gets one process with one thread per asking; a server answers several requests at a time itself.
    with ProcessPoolExecutor(
        min(params.run.count(), len(askings)), get_context("spawn"), initializer=_alone
    ) as pool:
        answers = list(pool.map(_ask, askings, [questions] * len(askings)))
    losses: list[dict[str, Any]] = []
    faults: list[dict[str, Any]] = []
    tables: list[pa.Table] = []
    for asking, records in zip(askings, answers, strict=True):
        Store(asking.replies).write(
            replies / f"{asking.variant}.jsonl", list(dict.fromkeys(r.key for r in records))
        )
        outcomes = [
            grounding.read(record.reply, question.tokens, tuple(prompts.CORE_TYPES), asking.format)
            for question, record in zip(questions, records, strict=True)
        ]
        for part in dict.fromkeys(question.part for question in questions):
            chosen = [number for number, question in enumerate(questions) if question.part == part]
            account = grounding.tally(outcomes[number] for number in chosen)
            fixed = {"system": llm, "variant": asking.variant, "corpus": part[0], "language": part[1]}
            for reason in ("grounded", *grounding.LOSSES):
                losses.append({**fixed, "reason": reason, "mentions": account.pop(reason, 0)})
            replied = account.pop("replies")
            account.pop("emitted")
            faults += [
                {**fixed, "replies": replied, "fault": fault, "count": n}
                for fault, n in sorted(account.items())
            ]
            names = {
                "system": llm,
                "regime": "prompt",
                "labels_from": "",
                "variant": asking.variant,
                "seed": 0,
            }
            tables.append(
                prediction_table(
                    names, part, [questions[n].sentence for n in chosen], [outcomes[n].labels for n in chosen]
                )
            )
    write_table(predictions_file, pa.concat_tables(tables))
    write_text(losses_file, pd.DataFrame(losses).to_csv(index=False))
    columns = ["system", "variant", "corpus", "language", "replies", "fault", "count"]
    return Result(
        pd.DataFrame(losses), pd.DataFrame(faults, columns=columns), _examples(questions, askings, answers)
    )


def _alone() -> None:
    import torch

    torch.set_num_threads(1)


def _questions(release: pa.Table, model: Llm, format: str, most: int | None) -> list[Question]:
    """Return a question for each test sentence, with worked examples from its corpus's training split."""
    prompt = prompts.load(f"{format}_short" if model.checkpoint.startswith(PIPELINE) else format)
    questions: list[Question] = []
    for part in parts(release):
        if part.split != "test" or (model.languages is not None and part.language not in model.languages):
            continue
        separator = prompts.separator(language(part.language).script)
        examples = _shots(release, part, model.shots)
        for number, (tokens, _) in zip(
            part.table["sentence"].to_pylist()[:most], columns_of(part.table).rows(), strict=False
        ):
            text = prompt.render(tokens, prompts.CORE_TYPES, examples, separator)
            questions.append(Question(part.key, number, tokens, separator, text))
    if not questions:
        raise OpenNERError(
            f"No test sentence in {model.languages}. Choose other languages for the model in params.yaml."
        )
    return questions


def _shots(release: pa.Table, part: Part, count: int) -> list[prompts.Example]:
    """Return the first training sentences that hold a mention."""
    if not count:
        return []
    train = select(release, corpus=part.corpus, language=part.language, split="train").sort_by("sentence")
    named = (
        prompts.Example(*row) for row in columns_of(train).rows() if any(label != "O" for label in row[1])
    )
    return [example for example, _ in zip(named, range(count), strict=False)]


def _askings(model: Llm, format: str, folder: Path) -> list[Asking]:
    checkpoints = {"": model.checkpoint}
    if model.checkpoint.startswith(PIPELINE):
        trained = paths.artifact("tune", model.checkpoint.removeprefix(PIPELINE))
        checkpoints = {"": str(trained / "model")} | (
            {"-control": str(trained / "control")} if model.control else {}
        )
    askings = []
    for kind, checkpoint in checkpoints.items():
        for decoding in model.decoding:
            if decoding == "constrained" and model.backend == "server":
                raise OpenNERError(
                    "A server gives no hold for constrained decoding. Take it off the model in params.yaml."
                )
            variant = f"{format}-{decoding}{kind}"
            askings.append(
                Asking(
                    variant, model.backend, checkpoint, model.revision, model.server, decoding == "constrained",
                    model.max_new_tokens, "inline" if format == "inline" else "json", folder / f"{variant}.jsonl",
                )
            )  # fmt: skip
    return askings


def _ask(asking: Asking, questions: list[Question]) -> list[Record]:
    backend: backends.Backend
    if asking.backend == "server":
        if not asking.server:
            raise OpenNERError("A model behind a server needs `server`, its address, in params.yaml.")
        backend = backends.ServerBackend(asking.checkpoint, asking.server)
    else:
        backend = backends.LocalBackend(asking.checkpoint, asking.revision)
    types = tuple(prompts.CORE_TYPES)
    automata = (
        [automaton(q.tokens, types, asking.format, q.separator) for q in questions]
        if asking.constrained
        else None
    )
    return ask(
        backend,
        [q.prompt for q in questions],
        asking.max_new_tokens,
        Store(asking.replies),
        automata,
        f"ask {asking.variant}",
    )


def _examples(questions: list[Question], askings: list[Asking], answers: list[list[Record]]) -> pd.DataFrame:
    """Return the first two sentences of each language with every variant's reply."""
    first: dict[str, list[int]] = {}
    for number, question in enumerate(questions):
        first.setdefault(question.part[1], []).append(number)
    return pd.DataFrame(
        [
            {
                "language": code,
                "sentence": questions[n].separator.join(questions[n].tokens),
                "variant": a.variant,
                "reply": r[n].reply,
            }
            for code, numbers in first.items()
            for n in numbers[:2]
            for a, r in zip(askings, answers, strict=True)
        ]
    )
