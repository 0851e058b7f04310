"""Guessing CoNLL-U with labels in its last column, and CoNLL-U Plus, whose first line names its columns."""

import re
from collections.abc import Callable, Iterator, Sequence

from openner_utils.core.encoding import OUTSIDE
from openner_utils.readers.guess.evidence import Detected, Sample, Unread
from openner_utils.readers.guess.labels import LABEL, labels_of, may_be_ids
from openner_utils.readers.guess.places import label_columns_of, label_of, token_of

_ID = re.compile(r"\d+([-.]\d+)?")
_WIDTH = 10
_PLUS = "# global.columns"


def sniff(sample: Sample) -> Detected | Unread | None:
    """Return how ``conllu`` or ``conllu_plus`` would read the sample."""
    if sample.windows and sample.windows[0].startswith(_PLUS):
        return _plus(sample)
    body = [line for line in sample.filled if not line.startswith("#")]
    if not body or any(line.count("\t") != _WIDTH - 1 for line in body):
        return None
    words = [line.split("\t") for line in body]
    if not all(_ID.fullmatch(row[0]) for row in words):
        return None
    values: dict[str, list[str]] = {}
    for key, value in (each for row in words for each in _values(row[9]) if LABEL.match(each[1])):
        values.setdefault(key, []).append(value)
    keys = sorted(values, key=lambda key: (may_be_ids(values[key]), -len(values[key])))
    key = str(sample.given.get("key") or next(iter(keys), ""))
    if not key and any(LABEL.match(cell) for row in words for cell in row[2:]):
        return None  # labels stand alone in a column
    if not key:
        hint = "Give --option key=KEY if labels have another key there, or --reader delimited --label COLUMN."
        return Unread("CoNLL-U without a label in its last column (KEY=B-TYPE)", 0.8, hint)
    sentences = _sentences(sample.lines, "#", lambda row: dict(_values(row[9])).get(key, OUTSIDE))
    labels = labels_of(sentences, sample.whole, sample.outside)
    return Detected(
        "conllu",
        labels.scheme,
        0.95,
        ((f"CoNLL-U with labels under {key}= in MISC", "--option key"), *labels.reasons),
        {"key": key} if key != "name" else {},
        labels.spelling,
        labels.types,
    )


def _values(misc: str) -> Iterator[tuple[str, str]]:
    """Yield keys and values of a MISC field such as ``name=B-PER|SpaceAfter=No``."""
    for part in misc.split("|"):
        key, equals, value = part.partition("=")
        if equals:
            yield key, value


def _sentences(lines: Sequence[str], comment: str, label: Callable[[list[str]], str]) -> list[list[str]]:
    """Return the labels of each sentence; ``label`` takes them from the columns of a line that is no ``comment``."""
    sentences: list[list[str]] = [[]]
    for line in lines:
        if not line.strip():
            sentences.append([])
        elif not line.startswith(comment):
            sentences[-1].append(label(line.split("\t")))
    return [labels for labels in sentences if labels]


def _plus(sample: Sample) -> Detected | Unread | None:
    """Return the guess for columns that the first line names."""
    names = sample.windows[0].split("\n", 1)[0].partition("=")[2].split()
    rows = [line.split("\t") for line in sample.filled if not line.startswith("# ")]
    rows = [row for row in rows if len(row) == len(names)]
    if not rows:
        return None
    asked = sample.given.get("column")
    place = {"label": names.index(asked)} if asked in names else {}
    label = label_of(rows, len(names), place, label_columns_of(rows, len(names)))
    if label.confidence == 0 or names[label.value] == "FORM":
        hint = "Give --option column=NAME if one of the named columns holds labels."
        return Unread("CoNLL-U Plus without a column of labels", 0.8, hint)
    form = "FORM" if "FORM" in names else names[token_of(rows, len(names), {label.value}, {}).value]
    sentences = _sentences(
        sample.lines, "# ", lambda row: row[label.value] if len(row) == len(names) else OUTSIDE
    )
    labels = labels_of(sentences, sample.whole, sample.outside)
    column = names[label.value]
    where = f"CoNLL-U Plus by its first line, labels in its column {column}"
    return Detected(
        "conllu_plus",
        labels.scheme,
        label.confidence,
        ((where, "--option column"), *labels.reasons),
        {"column": column} | ({} if form == "FORM" else {"form": form}),
        labels.spelling,
        labels.types,
    )
