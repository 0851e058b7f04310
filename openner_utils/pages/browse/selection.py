"""What can be browsed, and the sentences of a choice."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from openner_utils.core.document import Mention
from openner_utils.core.encoding import IOB2
from openner_utils.core.releases import PART_KEYS, RUN_KEYS, columns_of, read_table, select, with_labels
from openner_utils.core.spacing import gaps
from openner_utils.pages.browse.filters import EVERYTHING, Filter
from openner_utils.scoring import errors
from openner_utils.support.documents import read_json
from openner_utils.support.errors import OpenNERError

STAGES = ("train", "ablate", "prompt")
"""Stages whose units leave ``predictions.parquet``."""
SPLITS = ("test", "dev", "train")
"""The order in which splits are offered."""
SHOWN = ("sentence", "tokens", "starts", "ends", "labels")
"""The columns of a release that a `Shown` is made of."""
ANSWERS = "answered.parquet"
"""Beside the predictions of a language model, its replies."""
FACTS, CORE = "run.json", "core"
"""What a unit of training says of itself (`artifacts.Trained`), and the release of all others."""


@dataclass(frozen=True, slots=True)
class Model:
    """One run in a file of predictions; ``keys`` are the values of `releases.RUN_KEYS`, ``release`` that which it was trained on."""

    path: Path
    keys: tuple[Any, ...]
    release: str = CORE

    def __str__(self) -> str:
        run = dict(zip(RUN_KEYS, self.keys, strict=True))
        asked = (run["format"], run["decoding"], run["policy"] and f"grounding {run['policy']}")
        trained = (run["regime"], run["labels_from"] and f"labels {run['labels_from']}")
        control = "control" if run["control"] else ""
        return " · ".join(filter(None, (run["system"], *trained, *asked, control, f"seed {run['seed']}")))


@dataclass(frozen=True, slots=True)
class Choice:
    """What is looked at. Without a ``model`` only gold mentions are shown; ``second``: another model, or another seed, beside it."""

    corpus: str
    language: str
    split: str
    model: Model | None = None
    second: Model | None = None
    filter: Filter = EVERYTHING


@dataclass(frozen=True, slots=True)
class Shown:
    """One sentence: its number within the part, tokens, gold mentions, and predicted ones (None without a model).

    ``gaps`` are what stands before each token: a blank, or nothing where the corpus says that tokens touch. ``second``: what another
    model predicts; ``errors``: kinds of error of the first; ``rules``: by which its labels were repaired; ``unseen``: whether training
    sentences lack one of its gold mentions; ``reply``: that of a language model, and what of it was ``lost``.
    """

    number: int
    tokens: tuple[str, ...]
    gaps: tuple[str, ...]
    gold: tuple[Mention, ...]
    predicted: tuple[Mention, ...] | None = None
    second: tuple[Mention, ...] | None = None
    errors: frozenset[str] = frozenset()
    rules: frozenset[str] = frozenset()
    unseen: bool = False
    reply: str = ""
    lost: str = ""

    @classmethod
    def of(cls, row: Mapping[str, Any], predicted: tuple[Mention, ...] | None = None) -> "Shown":
        """Return the sentence in a row of a release, with the columns `SHOWN`."""
        return cls(row["sentence"], tuple(row["tokens"]), gaps(row), IOB2.decode(row["labels"]), predicted)

    @property
    def wrong(self) -> bool:
        """Whether a model predicted something else than the gold mentions."""
        return self.predicted is not None and self.predicted != self.gold


class Library:
    """The releases and predictions in a folder of artifacts; what was read once is remembered."""

    sentences: Callable[[Choice], tuple[Shown, ...]]
    """Return the chosen sentences in the order of the file.

    With a model gold mentions are those of the release that it was trained on; without one, those of all standardized types.
    """

    def __init__(self, artifacts: Path) -> None:
        self.artifacts = artifacts
        self.sentences = lru_cache(maxsize=4)(self._sentences)
        self._whole = lru_cache(maxsize=4)(self._part)

    @cached_property
    def parts(self) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
        """What can be browsed: corpus → language → splits."""
        found: dict[str, dict[str, set[str]]] = {}
        for file in sorted((self.artifacts / "standardize" / "standardized").glob("*.parquet")):
            for row in _distinct(file, PART_KEYS):
                found.setdefault(row["corpus"], {}).setdefault(row["language"], set()).add(row["split"])
        if not found:
            raise OpenNERError(
                "There are no sentences to browse yet. Run: make reproduce (or dvc repro standardize)"
            )
        return {
            corpus: {
                code: tuple(split for split in SPLITS if split in splits)
                for code, splits in sorted(languages.items())
            }
            for corpus, languages in found.items()
        }

    @cached_property
    def _runs(self) -> Mapping[tuple[str, str, str], tuple[Model, ...]]:
        """The runs that predicted each part."""
        found: dict[tuple[str, str, str], list[Model]] = {}
        for stage in STAGES:
            for file in sorted((self.artifacts / stage).glob("*/predictions.parquet")):
                release = _release(file.with_name(FACTS))
                for row in _distinct(file, (*RUN_KEYS, *PART_KEYS)):
                    part = (row["corpus"], row["language"], row["split"])
                    found.setdefault(part, []).append(
                        Model(file, tuple(row[key] for key in RUN_KEYS), release)
                    )
        return {
            part: tuple(sorted(models, key=lambda model: (str(model), model.path)))
            for part, models in found.items()
        }

    def models(self, corpus: str, language: str, split: str) -> tuple[Model, ...]:
        """Return the runs whose predictions cover a part."""
        return self._runs.get((corpus, language, split), ())

    def default(self) -> Choice:
        """Return the first test set with predictions, or the first one there is; with its first model, all sentences."""
        known = [
            (corpus, code, split)
            for split in SPLITS
            for corpus, codes in self.parts.items()
            for code in codes
            if split in codes[code]
        ]
        part = next((part for part in known if self.models(*part)), known[0])
        return Choice(*part, model=next(iter(self.models(*part)), None))

    def rules(self, corpus: str) -> tuple[str, ...]:
        """Return the rules by which labels of a corpus were changed."""
        return tuple(sorted({rule for rules in self._repaired(corpus).values() for rule in rules}))

    def _repaired(self, corpus: str) -> Mapping[tuple[str, int], frozenset[str]]:
        """Return the rules by which labels were changed, by file and line; nothing where there is no ledger."""
        path = self.artifacts / "clean" / f"{corpus}.ledger.parquet"
        found: dict[tuple[str, int], set[str]] = {}
        if path.is_file():
            for row in pq.read_table(path, columns=["file", "line", "rule"]).to_pylist():
                found.setdefault((row["file"], row["line"]), set()).add(row["rule"])
        return {place: frozenset(rules) for place, rules in found.items()}

    def _sentences(self, choice: Choice) -> tuple[Shown, ...]:
        return tuple(
            each for each in self._whole(replace(choice, filter=EVERYTHING)) if choice.filter.passes(each)
        )

    def _part(self, choice: Choice) -> tuple[Shown, ...]:
        """Return all sentences of a choice, whatever its filter."""
        release = choice.model.release if choice.model else "standardized"
        table = read_table(self.artifacts / "standardize" / release / f"{choice.corpus}.parquet")
        rows = select(table, **_part(choice)).sort_by("sentence")
        first, second = (
            None if model is None else _predicted(choice, model) for model in (choice.model, choice.second)
        )
        if first is not None:
            rows = rows.filter(
                pa.array([number in first for number in rows["sentence"].to_pylist()], pa.bool_())
            )
        kinds = _errors(rows, first)
        known = _known(select(table, **(_part(choice) | {"split": "train"})))
        repaired, replies = self._repaired(choice.corpus), _replies(choice)
        found = []
        for row in rows.select([*SHOWN, "file", "lines"]).to_pylist():
            number = row["sentence"]
            each = Shown.of(row, None if first is None else IOB2.decode(first[number]))
            mentions = {(each.tokens[m.span.start : m.span.end], m.type) for m in each.gold}
            rules = [repaired.get((row["file"], line), frozenset()) for line in row["lines"]]
            reply, lost = replies.get(number, ("", ""))
            found.append(
                replace(
                    each,
                    second=IOB2.decode(second[number]) if second and number in second else None,
                    errors=kinds.get(number, frozenset()),
                    rules=frozenset[str]().union(*rules),
                    unseen=not mentions <= known,
                    reply=reply,
                    lost=lost,
                )
            )
        return tuple(found)


def _release(facts: Path) -> str:
    """Return the release that a unit was trained on; the core one where its folder does not say (language models)."""
    return str(read_json(facts).get("release", CORE)) if facts.is_file() else CORE


def _part(choice: Choice) -> dict[str, str]:
    return dict(zip(PART_KEYS, (choice.corpus, choice.language, choice.split), strict=True))


def _predicted(choice: Choice, model: Model) -> dict[int, list[str]]:
    """Return the labels that a model predicts in each sentence of a part."""
    run = dict(zip(RUN_KEYS, model.keys, strict=True))
    rows: pa.Table = select(read_table(model.path), **run, **_part(choice)).select(["sentence", "labels"])
    return {row["sentence"]: row["labels"] for row in rows.to_pylist()}


def _errors(rows: pa.Table, predicted: Mapping[int, list[str]] | None) -> dict[int, frozenset[str]]:
    """Return the kinds of error in each sentence of a release's rows."""
    if not predicted or not len(rows):
        return {}
    numbers = rows["sentence"].to_pylist()
    reference = columns_of(rows)
    labels = pa.chunked_array([pa.array([predicted[number] for number in numbers], pa.list_(pa.string()))])
    found: dict[int, set[str]] = {}
    for each in errors.compared(reference, with_labels(reference, labels)):
        if each.kind != errors.RIGHT:
            found.setdefault(numbers[each.sentence], set()).add(each.kind)
    return {number: frozenset(kinds) for number, kinds in found.items()}


def _known(train: pa.Table) -> set[tuple[tuple[str, ...], str]]:
    """Return the mentions of training sentences, as their words and type."""
    return {
        (tuple(row["tokens"][m.span.start : m.span.end]), m.type)
        for row in train.select(["tokens", "labels"]).to_pylist()
        for m in IOB2.decode(row["labels"])
    }


def _replies(choice: Choice) -> dict[int, tuple[str, str]]:
    """Return the replies of a language model to the sentences of a part, and what of each was lost; of an encoder nothing."""
    path = choice.model.path.with_name(ANSWERS) if choice.model else None
    if choice.model is None or path is None or not path.is_file():
        return {}
    run = dict(zip(RUN_KEYS, choice.model.keys, strict=True))
    asked = {name: run[name] for name in ("decoding", "control")}
    rows = select(read_table(path), **asked, **_part(choice)).to_pylist()
    return {
        row["sentence"]: (row["reply"], "; ".join(filter(None, (row["lost"], row["faults"])))) for row in rows
    }


def _distinct(file: Path, keys: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the combinations of values in some columns of a file."""
    rows: list[dict[str, Any]] = (
        pq.read_table(file, columns=list(keys)).group_by(list(keys)).aggregate([]).to_pylist()
    )
    return rows
