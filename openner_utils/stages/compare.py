"""Answer one question from the scores: tables with intervals and tests, and a summary in plain words."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from openner_utils.analysis import encoders, llms, prompts, regimes, repair
from openner_utils.config.params import Params, load
from openner_utils.core.releases import read_table
from openner_utils.pages.tables import read
from openner_utils.pages.wording import encoders as of_encoders
from openner_utils.pages.wording import llms as of_llms
from openner_utils.pages.wording import prompts as of_prompts
from openner_utils.pages.wording import regimes as of_regimes
from openner_utils.pages.wording import repair as of_repair
from openner_utils.support import paths
from openner_utils.support.errors import unknown
from openner_utils.support.files import write_json, write_text

STAGE = "compare"
QUESTIONS = ("encoders", "llms", "prompts", "regimes", "repair")


def inputs() -> list[Path]:
    """Return the counts per sentence, on which every question is answered."""
    return [paths.artifact("score", "sentences.parquet")]


def outputs(question: str) -> list[Path]:
    """Return the summary; the question's tables lie beside it."""
    return [paths.artifact(STAGE, question, "summary.json")]


@dataclass(frozen=True, slots=True)
class Result:
    """The question's tables by name, and what was found, one sentence a line."""

    tables: dict[str, pd.DataFrame]
    summary: list[str]


def run(question: str) -> Result:
    """Answer ``question``, write its tables and summary, and return both."""
    if question not in QUESTIONS:
        raise unknown("question", question, QUESTIONS)
    params = load("compare", "encoders", "train", "ablations", "llms", "prompt")
    sentences = read_table(paths.artifact("score", "sentences.parquet")).to_pandas()
    how = params.compare
    if question == "encoders":
        tables = encoders.tables(sentences, _tokenizers(params), how)
        summary = of_encoders.sentences(encoders.findings(tables))
    elif question == "regimes":
        tables = regimes.tables(sentences, _runs(params), params.train.regimes, how)
        summary = of_regimes.sentences(regimes.findings(tables))
    elif question == "repair":
        tables = repair.tables(sentences, *_changes(params), how)
        summary = of_repair.sentences(repair.findings(tables))
    elif question == "llms":
        tables = llms.tables(sentences, params.prompt.policy, how)
        summary = of_llms.sentences(llms.findings(tables))
    else:
        tables = prompts.tables(sentences, _losses(params), params.prompt.policy, how)
        summary = of_prompts.sentences(prompts.findings(tables))
    for name, table in tables.items():
        write_text(paths.artifact(STAGE, question, f"{name}.csv"), table.to_csv(index=False))
    write_json(paths.artifact(STAGE, question, "summary.json"), summary)
    return Result(tables, summary)


def _tokenizers(params: Params) -> pd.DataFrame:
    """Return one row per system, corpus and language: what its tokenizer does to the test tokens."""
    reports = [
        read(paths.artifact("train", f"{encoder}-{regime}", "tokenizer.csv")).assign(system=encoder)
        for encoder in params.encoders
        for regime in params.train.regimes
    ]
    # Regimes share languages, and a tokenizer does the same to a language under each.
    return pd.concat(reports, ignore_index=True).drop_duplicates(["system", "corpus", "language"])


def _changes(params: Params) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the repaired labels of every part, and the labels in which each arm differs in what it was trained on."""
    arms = [read(paths.artifact("ablate", ablation, "changed.csv")) for ablation in params.ablations]
    return read(paths.artifact("audit", "repairs.csv")), pd.concat(
        arms or [pd.DataFrame()], ignore_index=True
    )


def _runs(params: Params) -> pd.DataFrame:
    """Return one row per training: what was trained on, and the optimizer steps that it took."""
    return pd.concat(
        [
            read(paths.artifact("train", f"{encoder}-{regime}", "runs.csv"))
            for encoder in params.encoders
            for regime in params.train.regimes
        ],
        ignore_index=True,
    )


def _losses(params: Params) -> pd.DataFrame:
    """Return what became of the mentions that replies named."""
    accounts = [
        read(paths.artifact("prompt", f"{llm}-{format}", "losses.csv"))
        for llm in params.llms
        for format in params.prompt.formats
    ]
    columns = [*prompts.ACCOUNT, "corpus", "language", "reason", "mentions"]
    return pd.concat(accounts, ignore_index=True) if accounts else pd.DataFrame(columns=columns)
