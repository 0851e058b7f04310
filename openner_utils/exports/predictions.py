"""The prediction bank of a run: every prediction as a file of spans with its run's key, beside the reference that it was scored on."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from openner_utils.config.params import OfUnits, folder, load, units
from openner_utils.core.artifacts import ABLATED, CORE_RELEASE, PROMPTED, STANDARDIZED, TRAINED, Folder
from openner_utils.core.releases import PART_KEYS, RUN_KEYS, columns_of, select, with_labels
from openner_utils.exports import jsonl
from openner_utils.exports.folder import refuse_foreign, replaced
from openner_utils.exports.tables import write_csv
from openner_utils.support.files import sha256
from openner_utils.support.paths import HERE, Place
from openner_utils.support.progress import track
from openner_utils.support.within import within

RUNS = "runs.csv"
"""The bank's table of contents: each file's run, part, number of sentences and SHA-256."""
_MADE = {"train": TRAINED.predictions, "ablate": ABLATED.predictions, "prompt": PROMPTED}
STAGES = tuple(_MADE)
"""The stages whose predictions are written."""
_KEYS = (*RUN_KEYS, *PART_KEYS)


@dataclass(frozen=True, slots=True)
class Banked:
    """A file of predictions: its path in the bank, the run's key and part, and its sentences."""

    path: str
    keys: Mapping[str, Any]
    sentences: int


def write(out: Path, place: Place = HERE) -> list[Banked]:
    """Write every prediction of the run at ``place`` into the folder ``out``; return what was written.

    A file holds one run's prediction of one part as JSON lines: id, run key, text, tokens and spans ([start, end, type] in
    characters of the text). ``reference/`` has the same sentences with the spans of the release. ``out`` must be new, empty or an
    earlier export. Raises `OpenNERError` where the run has no predictions yet.
    """
    refuse_foreign(out)
    params, store = load(OfUnits, place.params), Folder(place.artifacts)
    made = [(stage, unit) for stage in _MADE for unit in units(params)[stage]]
    done: list[Banked] = []
    with replaced(out) as fresh:
        for stage, unit in track(made, "predictions"):
            standardized = stage == "train" and params.train.regimes[unit["regime"]].release == "standardized"
            release = STANDARDIZED if standardized else CORE_RELEASE
            for keys, rows in _runs(store.get(_MADE[stage], unit)):
                gold = select(
                    store.get(release, {"corpus": keys["corpus"]}), **{k: keys[k] for k in PART_KEYS}
                )
                gold = gold.filter(
                    pc.is_in(gold["sentence"], value_set=rows["sentence"].combine_chunks())
                ).sort_by("sentence")
                name = f"{stage}/{folder(unit)}/{_name(keys)}.jsonl"
                _write(within(fresh, name, stage), gold, rows["labels"], keys)
                _reference(fresh, "standardized" if standardized else "core", gold, keys)
                done.append(Banked(name, keys, len(rows)))
        write_csv(fresh / RUNS, ["file", *_KEYS, "sentences", "sha256"], _contents(done, fresh))
    return done


def _runs(table: pa.Table) -> Iterator[tuple[dict[str, Any], pa.Table]]:
    """Yield each run's prediction of each part, sentences in order."""
    keys = table.select(list(_KEYS)).group_by(list(_KEYS)).aggregate([])
    for each in keys.sort_by([(key, "ascending") for key in _KEYS]).to_pylist():
        yield each, select(table, **each).sort_by("sentence")


def _name(keys: Mapping[str, Any]) -> str:
    """Return the name of a run's file in its unit's folder: the part, and what tells runs of the unit apart.

    >>> _name({"corpus": "habari", "language": "swa", "split": "test", "decoding": "", "policy": "", "control": False, "seed": 1})
    'habari-swa-test-seed1'
    """
    told = [keys[key] for key in (*PART_KEYS, "decoding", "policy") if keys[key]]
    return re.sub(
        r"[^\w.-]", "_", "-".join([*told, *(["control"] if keys["control"] else []), f"seed{keys['seed']}"])
    )


def _write(path: Path, gold: pa.Table, labels: pa.ChunkedArray | None, fixed: Mapping[str, Any]) -> None:
    columns = columns_of(gold)
    part = [fixed[key] for key in PART_KEYS]
    ids = ["-".join([*part, str(number)]) for number in gold["sentence"].to_pylist()]
    shown = columns if labels is None else with_labels(columns, labels)
    jsonl.write(path, shown, fixed, ids, gold["file"].to_pylist())


def _reference(fresh: Path, release: str, gold: pa.Table, keys: Mapping[str, Any]) -> None:
    """Write the reference of a part, once; of runs on fewer sentences the larger set is kept."""
    part = {key: keys[key] for key in PART_KEYS}
    path = within(fresh, f"reference/{release}/{'-'.join(part.values())}.jsonl", "predictions")
    if not path.exists() or path.read_bytes().count(b"\n") < len(gold):
        _write(path, gold, None, part)


def _contents(done: list[Banked], fresh: Path) -> Iterator[list[object]]:
    """Yield the row of each file."""
    for each in done:
        values = [each.keys[key] for key in _KEYS]
        yield [each.path, *values, each.sentences, sha256(fresh / each.path)]
