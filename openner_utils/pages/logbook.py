"""The log of experiments: entries whose tables a command writes from result files, never a hand."""

from datetime import date
from pathlib import Path

import pandas as pd

from openner_utils.analysis import methods
from openner_utils.analysis.audit import expected
from openner_utils.config.params import Data, Encoder, Limits, Name, Train, load
from openner_utils.core.artifacts import COMPARISON, SCORES
from openner_utils.core.releases import read_table
from openner_utils.pages import tables
from openner_utils.pages.wording import comparison
from openner_utils.pages.wording import methods as errors_in_words
from openner_utils.support import paths
from openner_utils.support.documents import read_json
from openner_utils.support.errors import OpenNERError
from openner_utils.support.files import sha256, write_text
from openner_utils.support.markdown import listed
from openner_utils.support.records import Record
from openner_utils.support.words import counted


class Params(Record):
    """The blocks of params.yaml that a log entry tells."""

    data: Data
    limits: Limits
    encoders: dict[Name, Encoder]
    train: Train


CORPORA_HEAD = """# The corpora: found, expected, published

What the audit found in every part of every corpus that is at hand. `card` compares with the counts that the corpus's
card expects, taken over the raw bytes without our readers; `published` with figures that others state. `=` is equality,
a number what was found less what was stated. Written by `openner log corpora`; figures of OpenNER 1.0 carry the certainty that
their origin says. The counts hold for the files at hand, not always for the whole corpus.
"""

HEAD = """# Log of experiments

Dated entries, newest last, failures included. Tables are written by `openner log add`, from result files whose
SHA-256 stands under each; what was learnt is written by hand below them.
"""


def entry(title: str, day: date) -> str:
    """Return a log entry on the present results: setting, headline scores, what each question found."""
    scores_file = SCORES.path(paths.ARTIFACTS)
    if not scores_file.is_file():
        raise OpenNERError("There are no scores yet. Run the pipeline first: dvc repro")
    params = load(Params)
    lines = [f"## {day.isoformat()} {title}", "", f"Corpora: {', '.join(params.data.corpora)}."]
    for name, encoder in params.encoders.items():
        lines.append(
            f"{name}: `{encoder.checkpoint}`, learning rate {encoder.learning_rate:g}, {encoder.epochs} epochs, batch "
            f"{encoder.batch_size}, seeds {', '.join(map(str, params.train.seeds))}, "
            f"train sentences per corpus and language {params.limits.train_sentences or 'all'}, "
            f"test sentences {params.limits.test_sentences or 'all'}."
        )
    lines += ["", headline(pd.read_parquet(scores_file)), ""]
    summaries = sorted(paths.artifact("compare").glob("*/summary.json"))
    for summary in summaries:
        lines.append(listed(read_json(summary)))
    sources = [scores_file, *summaries]
    lines += [
        "",
        "From:",
        "",
        *(f"- `{paths.relative(path)}`, SHA-256 `{sha256(path)}`" for path in sources),
        "",
    ]
    return "\n".join(lines)


def headline(scores: pd.DataFrame) -> str:
    """Return a Markdown table: mean F1 (conlleval, percent) over seeds by system and corpus/language."""
    chosen = scores[(scores["type"] == "ALL") & (scores["convention"] == "conlleval")].copy()
    chosen["test set"] = chosen["corpus"] + "/" + chosen["language"]
    chosen["control"] = chosen["control"].map({True: "control", False: ""})
    names = ["system", "regime", "labels_from", "format", "decoding", "policy", "control"]
    chosen["system"] = chosen[names].agg(lambda row: " ".join(value for value in row if value), axis=1)
    table = 100 * chosen.pivot_table(index="test set", columns="system", values="f1", aggfunc="mean")
    seeds = chosen.groupby("system")["seed"].nunique()
    table.columns = pd.Index([f"{system} ({counted(seeds[system], 'seed')})" for system in table.columns])
    return tables.in_markdown(table.reset_index(names="test set"))


def corpora() -> None:
    """Write docs/corpora.md: what the audit found in each part of each corpus, against card and published figures."""
    file = COMPARISON.path(paths.ARTIFACTS)
    found = comparison.table(expected.parts(read_table(file).to_pandas()))
    source = f"From `{paths.relative(file)}`, SHA-256 `{sha256(file)}`."
    write_text(paths.CORPORA, f"{CORPORA_HEAD}\n{source}\n\n{tables.in_markdown(found)}\n")


def errors(day: date | None = None) -> None:
    """Append the simulated error rates of intervals and tests to docs/log.md."""
    source = paths.BENCHMARKS / "significance.csv"
    simulated = tables.read(source)
    title = "Error rates of intervals and tests, by simulation"
    lines = [
        f"## {(day or date.today()).isoformat()} {title}",
        "",
        listed(errors_in_words.sentences(methods.findings(simulated))),
    ]
    for name, table in methods.tables(simulated).items():
        lines += ["", f"Settings: {name}. Rates in percent; spread and detectable in points of F1.", ""]
        lines.append(tables.in_markdown(table))
    lines += ["", f"From `{paths.relative(source)}`, SHA-256 `{sha256(source)}`.", ""]
    _append("\n".join(lines))


def of_file(title: str, source: Path, day: date) -> str:
    """Return a log entry that shows the CSV file ``source`` as a table, with its hash."""
    lines = [f"## {day.isoformat()} {title}", "", tables.in_markdown(tables.read(source)), ""]
    return "\n".join([*lines, f"From `{paths.relative(source.resolve())}`, SHA-256 `{sha256(source)}`.", ""])


def add_file(title: str, source: Path, day: date | None = None) -> None:
    """Append a CSV file as a table, with its hash, to docs/log.md."""
    _append(of_file(title, source, day or date.today()))


def add(title: str, day: date | None = None) -> None:
    """Append an entry on the present results to docs/log.md."""
    _append(entry(title, day or date.today()))


def _append(text: str) -> None:
    before = paths.LOG.read_text(encoding="utf-8") if paths.LOG.is_file() else HEAD
    write_text(paths.LOG, f"{before.rstrip()}\n\n{text}")
