"""What the stages make for each other: each artifact's name, its form, and the one way from it to a file.

A stage hands on tables as Parquet, so that types are kept: ``NA`` and ``nan`` stay words, whole numbers stay whole, and an
empty text is no missing one. What stands in braces in a name differs from unit to unit:

>>> CORE_RELEASE.path(Path("artifacts"), corpus="habari").as_posix()
'artifacts/standardize/core/habari.parquet'
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from openner_utils.core.changes import LEDGER_ROWS
from openner_utils.core.releases import LAYERS, PREDICTIONS, RELEASE, TRANSFERRED, write_table
from openner_utils.support.documents import read_json
from openner_utils.support.errors import OpenNERError
from openner_utils.support.files import write_json
from openner_utils.support.within import name, within


@dataclass(frozen=True, slots=True)
class Artifact:
    """One kind of file: ``name`` is its place under artifacts/, and the stage that makes it comes first.

    ``.parquet`` is a table with ``schema`` (None where it follows from what was asked), ``.json`` a value; any other name
    is a file or folder that its maker writes itself.
    """

    name: str
    schema: pa.Schema | None = None

    @property
    def stage(self) -> str:
        """The stage that makes it."""
        return self.name.partition("/")[0]

    def path(self, artifacts: Path, **unit: str) -> Path:
        """Return where the artifact of a unit lies; ``unit`` gives each name in braces, which must be a plain one."""
        names = {key: name(value, f"artifacts/{self.stage}") for key, value in unit.items()}
        return within(artifacts, self.name.format(**names), f"artifacts/{self.stage}")

    def empty(self) -> pd.DataFrame:
        """Return a table without rows, in the artifact's form."""
        frame: pd.DataFrame = (self.schema or pa.schema([])).empty_table().to_pandas()
        return frame


class Store(Protocol):
    """A place for artifacts: a folder (`Folder`), or memory (`Memory`)."""

    def get(self, artifact: Artifact, unit: Mapping[str, str], columns: Sequence[str] | None = None) -> Any:
        """Return a table, or the value of a JSON file; a missing one is an `OpenNERError`."""
        ...

    def put(self, artifact: Artifact, value: Any, unit: Mapping[str, str]) -> None:
        """Keep a table that has the artifact's schema, or a value."""
        ...

    def path(self, artifact: Artifact, unit: Mapping[str, str]) -> Path:
        """Return where a file or folder lies that its maker writes itself."""
        ...


@dataclass(frozen=True, slots=True)
class Folder:
    """Artifacts as files under ``root``."""

    root: Path

    def get(self, artifact: Artifact, unit: Mapping[str, str], columns: Sequence[str] | None = None) -> Any:
        """Return what a file holds; of a table only ``columns``, if given."""
        path = self.path(artifact, unit)
        if not path.is_file():
            raise OpenNERError(f"{path}: missing. Run the stage {artifact.stage}: dvc repro {artifact.stage}")
        return (
            read_json(path)
            if path.suffix == ".json"
            else pq.read_table(path, columns=columns and list(columns))
        )

    def put(self, artifact: Artifact, value: Any, unit: Mapping[str, str]) -> None:
        """Write a file, whole or not at all."""
        path = self.path(artifact, unit)
        if path.suffix == ".json":
            write_json(path, value)
        else:
            write_table(path, value)

    def path(self, artifact: Artifact, unit: Mapping[str, str]) -> Path:
        """Return where an artifact lies."""
        return artifact.path(self.root, **unit)


@dataclass(frozen=True, slots=True)
class Memory:
    """Artifacts by name, for what need not be written; those that their makers write themselves have no place here."""

    values: dict[str, Any] = field(default_factory=dict)

    def get(self, artifact: Artifact, unit: Mapping[str, str], columns: Sequence[str] | None = None) -> Any:
        """Return what was put."""
        name = artifact.name.format(**unit)
        if name not in self.values:
            raise OpenNERError(f"{name}: missing. Run the stage {artifact.stage}: dvc repro {artifact.stage}")
        value = self.values[name]
        return value if columns is None else value.select(list(columns))

    def put(self, artifact: Artifact, value: Any, unit: Mapping[str, str]) -> None:
        """Keep a value."""
        self.values[artifact.name.format(**unit)] = value

    def path(self, artifact: Artifact, unit: Mapping[str, str]) -> Path:
        """Raise `ValueError`: nothing lies anywhere."""
        raise ValueError(f"{artifact.path(Path(), **unit)} is in memory; a folder is wanted")


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a stage may read. An artifact that it does not name among ``reads`` is a `ValueError`: dvc.yaml lacks it, too."""

    store: Store
    reads: tuple[Artifact, ...]

    def table(self, artifact: Artifact, columns: Sequence[str] | None = None, **unit: str) -> pa.Table:
        """Return a table, or some of its columns."""
        _named(artifact, self.reads)
        return self.store.get(artifact, unit, columns)

    def frame(self, artifact: Artifact, **unit: str) -> pd.DataFrame:
        """Return a table as pandas has it, each column of the type in which it was put."""
        frame: pd.DataFrame = self.table(artifact, **unit).to_pandas()
        return frame

    def of_corpora(
        self, artifact: Artifact, corpora: Iterable[str], columns: Sequence[str] | None = None
    ) -> pa.Table:
        """Return the tables of several corpora, one below the other, without copying them."""
        return pa.concat_tables(self.table(artifact, columns, corpus=corpus) for corpus in corpora)

    def value(self, artifact: Artifact, **unit: str) -> Any:
        """Return the value of a JSON file."""
        _named(artifact, self.reads)
        return self.store.get(artifact, unit)

    def path(self, artifact: Artifact, **unit: str) -> Path:
        """Return where an artifact lies."""
        _named(artifact, self.reads)
        return self.store.path(artifact, unit)


@dataclass(frozen=True, slots=True)
class Outputs:
    """What a stage may make; ``unit`` is the unit that it works on, known to every artifact."""

    store: Store
    writes: tuple[Artifact, ...]
    unit: Mapping[str, str] = field(default_factory=dict)

    def put(self, artifact: Artifact, value: pa.Table | pd.DataFrame | Any, **more: str) -> None:
        """Keep a table or a value. A table with other columns than the artifact's is a `ValueError`."""
        _named(artifact, self.writes)
        if isinstance(value, pd.DataFrame | pa.Table):
            value = _table(value, artifact)
        self.store.put(artifact, value, {**self.unit, **more})

    def path(self, artifact: Artifact, **more: str) -> Path:
        """Return where a file or folder of the stage's own making goes."""
        _named(artifact, self.writes)
        return self.store.path(artifact, {**self.unit, **more})


def _named(artifact: Artifact, allowed: tuple[Artifact, ...]) -> None:
    if artifact not in allowed:
        raise ValueError(
            f"{artifact.name} is none of the stage's {', '.join(each.name for each in allowed) or 'artifacts'}"
        )


def _table(value: pa.Table | pd.DataFrame, artifact: Artifact) -> pa.Table:
    """Return a table in the artifact's form; columns that are missing, too many or of other types are a `ValueError`."""
    form = artifact.schema
    names = list(value) if isinstance(value, pd.DataFrame) else value.column_names
    if form is not None and names != form.names:
        raise ValueError(
            f"{artifact.name}: columns {', '.join(names)}, where {', '.join(form.names)} are wanted"
        )
    table = (
        pa.Table.from_pandas(value, form, preserve_index=False) if isinstance(value, pd.DataFrame) else value
    )
    if form is not None and not table.schema.equals(form):
        raise ValueError(f"{artifact.name}: its columns should be\n{form}\nbut are\n{table.schema}")
    return table


def _form(**types: str) -> pa.Schema:
    """Return a schema; names that Python does not allow are not needed here."""
    return pa.schema([(name, pa.type_for_alias(kind)) for name, kind in types.items()])


_PART = {"corpus": "string", "language": "string", "split": "string"}
_NAMED = {"corpus": "string", "language": "string", "name": "string", "family": "string", "script": "string"}
_COUNTS = {"sentences": "int64", "tokens": "int64", "mentions": "int64"}
_RATES = {"per_100_tokens": "float64", "per_100_mentions": "float64"}
_ARM = {"system": "string", "regime": "string", "labels_from": "string"}

# --- clean
CLEANED = Artifact("clean/{corpus}.parquet", RELEASE)
LEDGER = Artifact("clean/{corpus}.ledger.parquet", LEDGER_ROWS)
NESTED = Artifact("clean/{corpus}.layers.parquet", LAYERS)
MET = Artifact("clean/counts.parquet", _form(**_PART, file="string", what="string", count="int64"))
"""What was met in each raw file, and how often."""

# --- standardize
STANDARDIZED = Artifact("standardize/standardized/{corpus}.parquet", RELEASE)
CORE_RELEASE = Artifact("standardize/core/{corpus}.parquet", RELEASE)
TYPES = Artifact(
    "standardize/types.parquet",
    _form(
        corpus="string",
        original="string",
        standardized="string",
        core="string",
        certainty="string",
        mentions="int64",
    ),
)
CONTESTED = Artifact(
    "standardize/contested.parquet",
    _form(
        switch="string", standardized="string", core="string", instead="string", mentions="int64", certainty="string",
        reason="string",
    ),
)  # fmt: skip
REMOVED = Artifact(
    "standardize/removed.parquet",
    _form(
        **_PART, sentence="int64", why="string", similarity="float64", test_corpus="string", test_language="string",
        test_sentence="int64",
    ),
)  # fmt: skip
"""The training sentences that the core release lacks, because a test set holds them."""

# --- audit
COUNTS = Artifact("audit/counts.parquet", _form(**_NAMED, split="string", **_COUNTS, plain="int64"))
CORE_TYPES = Artifact(
    "audit/core_types.parquet", _form(**_NAMED, split="string", type="string", mentions="int64")
)
COMPARISON = Artifact(
    "audit/comparison.parquet",
    _form(
        **_PART, what="string", found="int64", expected="int64", expected_by="string", difference="int64",
        status="string", other_repair="bool", unverified="bool", published="int64", published_by="string",
        published_reason="string", from_published="int64",
    ),
)  # fmt: skip
REPAIRS = Artifact(
    "audit/repairs.parquet", _form(**_PART, types="string", **_COUNTS, repaired="int64", **_RATES)
)
CHANGES = Artifact("audit/changes.parquet", _form(**_PART, rule="string", changes="int64"))
CONTAMINATION = Artifact(
    "audit/contamination.parquet",
    _form(
        **_NAMED, compared="int64", exact_own="int64", exact_other="int64", near="int64", contaminated="int64",
        share="float64",
    ),
)  # fmt: skip
OVERLAP = Artifact(
    "audit/overlap.parquet",
    _form(
        corpus="string", language="string", sentence="int64", own_train="bool", other_train="bool", similarity="float64",
        near_corpus="string", near_language="string", near_sentence="int64",
    ),
)  # fmt: skip
"""The test sentences of which training data hold something (`analysis.leakage`)."""
AUDITED = Artifact("audit/{table}.parquet")
"""The tables of the audit that no other stage reads."""
AUDIT_SUMMARY = Artifact("audit/summary.json")

# --- train, ablate: the same of each unit
_RUNS = _form(
    **_ARM, corpus="string", language="string", target_corpus="string", target_language="string", target_sentences="int64",
    seed="int64", sentences="int64", epochs="float64", steps="int64", loss="float64", constant_loss="float64", device="string",
    precision="string",
)  # fmt: skip
_CURVES = _form(
    system="string",
    labels_from="string",
    corpus="string",
    language="string",
    seed="int64",
    epoch="int64",
    loss="float64",
    dev_f1="float64",
)
_TOKENIZER = _form(
    corpus="string", language="string", sentences="int64", tokens="int64", unknown_tokens="float64",
    unknown_pieces="float64", replaced_tokens="float64", case_lost="float64", characters_lost="float64",
    spelled_out="float64", fertility="float64", several_windows="float64", shortened_tokens="int64", uncovered_tokens="int64",
)  # fmt: skip


_PREDICTED = {
    field.name: str(field.type)
    for field in PREDICTIONS
    if field.name not in ("sentence", "labels", "ungrounded")
}
"""What a prediction is of: a run and a part."""
_GROUP = {"group": "string", "correct": "int64", "predicted": "int64", "reference": "int64"}


@dataclass(frozen=True, slots=True)
class Trained:
    """What a unit of training leaves: predictions, its runs, learning curves, the tokenizer report, what it ran on.

    ``unrestricted``: predictions in all types of the model, also those that the test set's corpus does not annotate; empty on
    the core release. ``transferred``: what models of one corpus and language predict of others', in all types of the model.
    ``familiarity``: mentions of the test sets by whether the run's training sentences hold them (`scoring.breakdowns`).
    """

    predictions: Artifact
    unrestricted: Artifact
    transferred: Artifact
    familiarity: Artifact
    runs: Artifact
    curves: Artifact
    tokenizer: Artifact
    facts: Artifact

    @classmethod
    def of(cls, unit: str) -> "Trained":
        """Return the artifacts in the folder ``unit``."""
        return cls(
            Artifact(f"{unit}/predictions.parquet", PREDICTIONS),
            Artifact(f"{unit}/unrestricted.parquet", PREDICTIONS),
            Artifact(f"{unit}/transferred.parquet", TRANSFERRED),
            Artifact(f"{unit}/familiarity.parquet", _form(**_PREDICTED, **_GROUP)),
            Artifact(f"{unit}/runs.parquet", _RUNS),
            Artifact(f"{unit}/curves.parquet", _CURVES),
            Artifact(f"{unit}/tokenizer.parquet", _TOKENIZER),
            Artifact(f"{unit}/run.json"),
        )

    def all(self) -> tuple[Artifact, ...]:
        """Return them all."""
        return (
            self.predictions, self.unrestricted, self.transferred, self.familiarity, self.runs, self.curves, self.tokenizer,
            self.facts,
        )  # fmt: skip


TRAINED = Trained.of("train/{encoder}-{regime}")
ABLATED = Trained.of("ablate/{ablation}")
CHANGED = Artifact(
    "ablate/{ablation}/changed.parquet",
    _form(**_ARM, together="bool", corpus="string", language="string", **_COUNTS, differ="int64", **_RATES),
)
"""The training labels in which an arm differs from the repaired one; empty for arms with planted flaws."""
PLANTED = Artifact(
    "ablate/{ablation}/planted.parquet",
    _form(
        **_ARM, kind="string", dose="float64", repair="string", corpus="string", language="string", seed="int64", **_COUNTS,
        flawed="int64", differ="int64",
    ),
)  # fmt: skip
"""What was planted in the training labels of an arm, a share ``dose`` of the mentions: mentions ``flawed``, labels that ``differ`` after
``repair``; empty for arms without."""

# --- tune, prompt
MODEL = Artifact("tune/{model}/model")
CONTROL = Artifact("tune/{model}/control")
SEED_MODEL = Artifact("tune/{model}/seed-{seed}")
SEED_CONTROL = Artifact("tune/{model}/seed-{seed}-control")
"""The same, trained with a further seed."""
LOSSES = Artifact("tune/{model}/losses.parquet", _form(trained="string", step="int64", loss="float64"))
PROMPTED = Artifact("prompt/{llm}-{format}/predictions.parquet", PREDICTIONS)
ACCOUNT = Artifact(
    "prompt/{llm}-{format}/losses.parquet",
    _form(
        system="string", format="string", decoding="string", policy="string", control="bool", corpus="string",
        language="string", reason="string", mentions="int64",
    ),
)  # fmt: skip
"""What became of every mention that a reply named."""
_ASKED = {"system": "string", "format": "string", "decoding": "string", "control": "bool"}
_READING = {"policy": "string", "matching": "string", "borders": "string"}
READINGS = Artifact(
    "prompt/{llm}-{format}/readings.parquet",
    _form(
        **_ASKED, rule="string", **_READING, **_PART, sentence="int32", document="int32", correct="int64", predicted="int64",
        reference="int64", ungrounded="int32",
    ),
)  # fmt: skip
"""Counts per sentence of the same replies, read in other ways and under the rules of other tools (`llm.audit`)."""
REASONS = Artifact(
    "prompt/{llm}-{format}/reasons.parquet",
    _form(**_ASKED, **_READING, corpus="string", language="string", reason="string", mentions="int64"),
)
"""What became of every mention that a reply began to name, under each of these readings."""
DEV = Artifact(
    "prompt/{llm}-{format}/dev.parquet",
    _form(
        **_ASKED,
        seed="int64",
        **_PART,
        sentence="int64",
        correct="int64",
        predicted="int64",
        reference="int64",
    ),
)
"""Counts on dev sentences, where some are asked, under the main policy: what a format is chosen by."""
COSTS = Artifact(
    "prompt/{llm}-{format}/costs.parquet",
    _form(
        system="string", format="string", decoding="string", control="bool", order="int64", replies="int64",
        untold="int64", prompt_tokens="int64", completion_tokens="int64", cost="float64",
    ),
)  # fmt: skip
"""What a server counted: tokens of prompts and replies, the replies of which it told nothing, and their cost at the price in params.yaml."""
TOOK = Artifact(
    "prompt/{llm}-{format}/took.parquet",
    _form(
        **_ASKED, **_PART, sentence="int32", engine="string", prompt_tokens="float64", completion_tokens="float64",
        seconds="float64",
    ),
)  # fmt: skip
"""What each reply took, and what held it to its grammar: empty where nobody told, where nothing did, and where a run was not timed."""
REPLIES = Artifact("prompt/{llm}-{format}/replies")
ANSWERED = Artifact(
    "prompt/{llm}-{format}/answered.parquet",
    _form(**_ASKED, **_PART, sentence="int32", reply="string", lost="string", faults="string"),
)
"""Each reply, verbatim but made visible, with the mentions that have no place under the main policy, and why, and what was wrong with it."""

# --- web
WEB_ACCOUNT = Artifact("web/account.parquet", _form(step="string", outcome="string", number="int64"))
"""What became of records, and of the passages that were read; the numbers of a step add up to what it was given."""
WEB_ENDS = Artifact("web/ends.parquet", _form(step="string", outcome="string", number="int64"))
"""The same of what hangs on trained models: passages by score and quota, mentions by annotator and in merging."""
WEB_PLANTED = Artifact(
    "web/planted.parquet", _form(trouble="string", outcome="string", planted="int64", ended_so="int64")
)
WEB_RATINGS = Artifact("web/ratings.parquet", _form(rater="string", rating="string", passages="int64"))
"""How many passages each rater gave each score, or what was wrong with its reply."""
WEB_REGRESSION = Artifact(
    "web/regression.parquet",
    _form(
        target="string", seed="int64", penalty="float64", train="int64", dev="int64", test="int64", dev_f1="float64",
        test_f1="float64",
    ),
)  # fmt: skip
WEB_AGREEMENT = Artifact(
    "web/agreement.parquet",
    _form(
        language="string", type="string", passages="int64", both="int64", f1="float64", f1_low="float64", f1_high="float64",
        kappa="float64",
    ),
)  # fmt: skip
WEB_STAGES = Artifact(
    "web/stages.parquet",
    _form(
        language="string", stage="string", passages="int64", documents="int64", gold="int64", named="int64", right="int64",
        precision="float64", precision_low="float64", precision_high="float64", recall="float64", recall_low="float64",
        recall_high="float64", f1="float64", f1_low="float64", f1_high="float64",
    ),
)  # fmt: skip
"""What each step costs in precision and recall against the labels that were hidden (percent), with 95 % intervals."""
WEB_PROMISES = Artifact(
    "web/promises.parquet",
    _form(
        language="string", calibrated_on="int64", judged_precision="float64", true_precision="float64",
        judged_recall="float64", true_recall="float64", kappa="float64", target="float64", confidence="float64",
        threshold="float64", tested_documents="int64", tested_right="int64", p="float64", mean_over_documents="float64",
    ),
)  # fmt: skip
WEB_PRICES = Artifact(
    "web/prices.parquet",
    _form(
        language="string", passages="int64", prompt_tokens="int64", completion_tokens="int64", untold="int64",
        accepted="int64", tokens_each="float64", target="float64", confidence="float64", threshold="float64",
        mean_over_documents="float64",
    ),
)  # fmt: skip
"""What an accepted mention takes in tokens, beside the threshold from which on a precision is promised."""
WEB_SUMMARY = Artifact("web/summary.json")
WEB_MERGED = Artifact("web/merged.parquet")
"""The kept passages with the mentions of both annotators merged (`web.mentions`)."""

# --- score, compare
SCORES = Artifact(
    "score/scores.parquet",
    _form(
        **_PREDICTED, type="string", convention="string", correct="int64", predicted="int64", reference="int64",
        precision="float64", recall="float64", f1="float64",
    ),
)  # fmt: skip
SENTENCES = Artifact(
    "score/sentences.parquet",
    _form(
        **_PREDICTED, sentence="int32", document="int32", convention="string", correct="int64", predicted="int64",
        reference="int64", ungrounded="int32",
    ),
)  # fmt: skip
"""Counts per sentence, on which every comparison rests."""
RULED = Artifact(
    "score/rules.parquet",
    _form(
        **_PREDICTED, sentence="int32", rule="string", correct="float64", predicted="float64", reference="float64",
    ),
)  # fmt: skip
"""Counts of encoders under the rules of other scorers (`scoring.rules`), of those sentences where they are others than under conlleval."""
BREAKDOWNS = Artifact("score/breakdowns.parquet", _form(**_PREDICTED, by="string", **_GROUP))
"""Mentions by their length, and of encoders by whether training knew them."""
CONFUSIONS = Artifact(
    "score/confusions.parquet",
    _form(**_PREDICTED, kind="string", reference_type="string", predicted_type="string", mentions="int64"),
)
"""What became of every mention (`scoring.errors`)."""
ERRORS = Artifact(
    "score/errors.parquet",
    _form(
        **_PREDICTED, sentence="int32", kind="string", reference_type="string", predicted_type="string", reference="string",
        predicted="string", before="string", behind="string",
    ),
)  # fmt: skip
"""Every error of every run, with the words around it."""
ANSWER = Artifact("compare/{question}/{table}.parquet")
SUMMARY = Artifact("compare/{question}/summary.json")

# --- figures, report: what people read lies in reports/
PASSPORT = Artifact(
    "figures/passport.parquet", _form(what="string", function="string", source="string", sha256="string")
)
