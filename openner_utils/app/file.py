"""A labelled file that somebody sends: how it is read, what is wrong, what a repair would change, and how well predictions fit it.

Nothing of it is kept: it lies in a temporary folder while the answer is made.
"""

import base64
import csv
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from openner_utils.api.tagging import Model
from openner_utils.app.differences import differences
from openner_utils.app.forms import Upload
from openner_utils.core.columns import Columns
from openner_utils.core.encoding import IOB2, recode
from openner_utils.core.validation import validate_columns
from openner_utils.ownfiles.count import count
from openner_utils.ownfiles.find import find
from openner_utils.ownfiles.opening import Opened, inspect, raw_file
from openner_utils.ownfiles.score_files import Scores, score_files
from openner_utils.ownfiles.score_interval import Margin, margins
from openner_utils.ownfiles.writing import repair_file
from openner_utils.scoring.mentions import ALL, CONVENTIONS
from openner_utils.scoring.mentions import count as count_mentions
from openner_utils.support.errors import OpenNERError
from openner_utils.support.process import scratch
from openner_utils.support.within import within

SHOWN = 200
"""Rows of a list that are shown; of more, the number is said."""
MOST_SENTENCES = 5_000
"""Sentences that models are asked about."""
_PACKED = (b"\x1f\x8b", b"PK\x03\x04", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")


@dataclass(frozen=True, slots=True)
class Listed:
    """Rows of a list as far as they are shown, and how many there are."""

    rows: list[tuple[str, ...]]
    number: int


@dataclass(slots=True)
class Checked:
    """What is said of a file. What could not be done stands in ``errors``, by what it was.

    ``scores``: what was scored, convention, F1 with its interval, precision and recall in percent, right, predicted and reference
    mentions. ``pairs``: of the models that were scored (`differences`). ``downloads``: name of a file → its bytes as an address that
    browsers save.
    """

    name: str
    told: str = ""
    size: str = ""
    types: list[tuple[str, int]] = field(default_factory=list)
    faults: Listed | None = None
    ledger: Listed | None = None
    scores: list[tuple[str, ...]] = field(default_factory=list)
    pairs: list[tuple[str, ...]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    downloads: dict[str, str] = field(default_factory=dict)


def check(file: Upload, prediction: Upload | None, models: Mapping[str, Model]) -> Checked:
    """Return what is to be said of a labelled file, beside predictions and models; one that cannot be read is an `OpenNERError`."""
    checked = Checked(file.name)
    with scratch() as room:
        path = _laid(room, "labelled", file)
        plain = _Plain({str(path): file.name})
        with_it = None
        if prediction is not None:
            with_it = _laid(room, "predictions", prediction)
            plain.names[str(with_it)] = prediction.name
        try:
            opened = inspect(raw_file(path))
        except OpenNERError as error:
            raise OpenNERError(plain(str(error)), *map(plain, error.details)) from error
        checked.told = plain(opened.told)
        checked.size = f"{opened.found.sentences:,} sentences, {opened.found.tokens:,} tokens"
        steps: dict[str, Callable[[], None]] = {
            "counts": partial(_counted, checked, opened),
            "faults": partial(_faults, checked, opened, plain),
            "ledger": partial(_repaired, checked, opened, room, file.name),
        }
        if prediction is not None and with_it is not None:
            steps["scores of the predictions"] = partial(
                _scored, checked, path, with_it, prediction.name, plain
            )
        counts: dict[str, NDArray[np.int32]] = {}
        for name, model in models.items():
            steps[f"scores of {name}"] = partial(_asked, checked, opened, name, model, counts)
        for what, step in steps.items():
            try:
                step()
            except OpenNERError as error:
                checked.errors[what] = plain(str(error))
        checked.pairs = differences(counts)
    return checked


@dataclass(frozen=True, slots=True)
class _Plain:
    """Puts the names that files were sent with in the place of their paths."""

    names: dict[str, str]

    def __call__(self, text: str) -> str:
        for path, name in self.names.items():
            text = text.replace(path, name)
        return text


def _laid(room: Path, stem: str, upload: Upload) -> Path:
    """Lay a file into the temporary folder, under a name of ours; packed files are refused."""
    if upload.content.startswith(_PACKED):
        raise OpenNERError(f"{upload.name}: a packed file. Unpack it, and send what it holds.")
    ending = re.search(r"\.[A-Za-z0-9]{1,10}$", upload.name)
    path = within(room, f"{stem}{ending[0] if ending else '.txt'}", "the upload")
    path.write_bytes(upload.content)
    return path


def _counted(checked: Checked, opened: Opened) -> None:
    checked.types = list(count(opened.strict()).mentions.items())


def _faults(checked: Checked, opened: Opened, plain: _Plain) -> None:
    rows: list[tuple[str, ...]] = []
    number = 0
    hints: dict[str, None] = {}
    for fault in find(opened):
        number += 1
        if number <= SHOWN:
            rows.append((str(fault.line), fault.flaw, plain(fault.what)))
            hints[plain(fault.hint)] = None
    checked.faults = Listed(rows, number)
    checked.notes += list(filter(None, hints))[:5]


def _repaired(checked: Checked, opened: Opened, room: Path, name: str) -> None:
    out, ledger = within(room, "repaired", "the repair"), within(room, "ledger.csv", "the repair")
    repair_file(opened.strict(), out, ledger=ledger)
    content = ledger.read_text(encoding="utf-8")
    every = list(csv.DictReader(io.StringIO(content)))
    rows = [tuple(row[key] for key in ("line", "before", "after", "rule")) for row in every[:SHOWN]]
    checked.ledger = Listed(rows, len(every))
    if every:
        stem = re.sub(r"[^\w.-]", "_", name)
        checked.downloads[f"repaired-{stem}"] = _address(out.read_bytes())
        checked.downloads[f"ledger-{stem}.csv"] = _address(content.encode("utf-8"))


def _address(content: bytes) -> str:
    return f"data:application/octet-stream;base64,{base64.b64encode(content).decode('ascii')}"


def _scored(checked: Checked, path: Path, prediction: Path, name: str, plain: _Plain) -> None:
    scored = score_files(path, [prediction])
    checked.scores += list(_rows(name, scored.scores[0], scored.margins))
    checked.notes += [plain(note) for note in (*scored.columns, *scored.notes)]


def _asked(
    checked: Checked, opened: Opened, name: str, model: Model, counts: dict[str, NDArray[np.int32]]
) -> None:
    """Score a model on the file, and keep its counts per sentence; what it was trained on, whoever sends the file knows."""
    if opened.found.sentences > MOST_SENTENCES:
        raise OpenNERError(
            f"{opened.found.sentences:,} sentences, where models are asked about {MOST_SENTENCES:,} here. Send fewer, or use: "
            "openner predict MODEL --file, then openner score."
        )
    gold = _iob2(opened.strict())
    predicted = model.label(gold).columns
    found = {each: count_mentions(gold, predicted, each) for each in CONVENTIONS}
    by_sentence = {each: counted.values.sum(axis=1) for each, counted in found.items()}
    bounds = margins([by_sentence], np.diff(gold.documents))
    checked.scores += list(_rows(name, {each: counted.scores() for each, counted in found.items()}, bounds))
    counts[name] = by_sentence[CONVENTIONS[0]]
    if other := sorted({type for type, _ in checked.types} - set(model.types)):
        checked.notes.append(
            f"{name} knows no {', '.join(other)}: such mentions count as missed. The convention untyped leaves types aside."
        )


def _iob2(opened: Opened) -> Columns:
    columns = opened.columns
    if opened.encoding is not IOB2 and (problems := validate_columns(columns, opened.encoding)):
        raise OpenNERError(
            f"{len(problems)} invalid transitions, the first on line {problems[0].line}. Send the repaired file."
        )
    return replace(columns if opened.encoding is IOB2 else recode(columns, opened.encoding, IOB2), file="")


def _rows(name: str, scores: Scores, bounds: Mapping[str, Margin]) -> list[tuple[str, ...]]:
    rows = []
    for convention, by_type in scores.items():
        each = by_type[ALL]
        values = (f"{100 * value:.1f}" for value in (each.f1, each.precision, each.recall))
        counts = map(str, (each.correct, each.predicted, each.reference))
        f1, *others = values
        margin = bounds.get(convention)
        interval = f"{100 * margin.low:.1f}–{100 * margin.high:.1f}, {margin.over}" if margin else ""
        rows.append((name, convention, f1, interval, *others, *counts))
    return rows
