"""JSON of Hugging Face datasets that is one object: columns, or rows beside the features that name their labels.

- ``columns`` (``datasets.Dataset.to_dict``): ``{"tokens": [[…], …], "ner_tags": [[…], …]}``;
- ``rows`` (the dataset viewer's API, ``/rows`` and ``/first-rows``): ``{"features": [{"name": "ner_tags", "type": {"feature":
  {"names": ["O", "B-PER"], "_type": "ClassLabel"}, …}}], "rows": [{"row": {"tokens": […], "ner_tags": […]}}]}``.
"""

import json
from collections.abc import Sequence
from typing import Any, Literal

from openner_utils.core.changes import Change
from openner_utils.core.encoding import OUTSIDE
from openner_utils.readers.json_entries import once
from openner_utils.readers.reading import Faults

Table = Literal["columns", "rows"]


def table_of(
    text: str, layout: Table, faults: Faults
) -> tuple[list[dict[str, Any]], dict[str, tuple[str, ...]]]:
    """Return the rows of a table and, by column, the names of its class labels; what is no such table is an error."""
    try:
        value = json.loads(text, object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        what = f"not valid JSON: {getattr(error, 'msg', error)}"
        raise faults.fail(
            getattr(error, "lineno", 1), "bad-json", what, "Fetch the file again", ["layout"]
        ) from error
    columns = value if isinstance(value, dict) and layout == "columns" else None
    if columns is not None and columns and all(isinstance(column, list) for column in columns.values()):
        lengths = {len(column) for column in columns.values()}
        if len(lengths) > 1:
            what = f"the columns have {', '.join(map(str, sorted(lengths)))} rows"
            raise faults.fail(1, "column-count", what, "Let all columns have as many", ["layout"])
        return table_in(columns, layout)
    rows = value.get("rows") if isinstance(value, dict) and layout == "rows" else None
    if not isinstance(rows, list) or not all(isinstance(_row(one), dict) for one in rows):
        what = "the file is no object of columns" if layout == "columns" else "the file has no list of rows"
        raise faults.fail(1, "bad-json", what, "Correct the file", ["layout", "reader"])
    for number, one in enumerate(rows):
        if one.get("truncated_cells"):
            what = f"row {number} is cut short: {', '.join(map(str, one['truncated_cells']))}"
            faults.add(1, "bad-json", what, "Ask for fewer rows at once")
    return table_in(value, layout)


def table_in(value: dict[str, Any], layout: Table) -> tuple[list[dict[str, Any]], dict[str, tuple[str, ...]]]:
    """Return the rows of a JSON value that is a table, and the names of its class labels; see `table_of`."""
    if layout == "columns":
        return [dict(zip(value, row, strict=False)) for row in zip(*value.values(), strict=False)], {}
    return [_row(one) for one in value["rows"]], _names(value.get("features"))


def _row(one: Any) -> Any:
    return one.get("row") if isinstance(one, dict) else None


def _names(features: Any) -> dict[str, tuple[str, ...]]:
    """Return the names of class labels, by column."""
    named: dict[str, tuple[str, ...]] = {}
    for feature in features if isinstance(features, list) else []:
        match feature:
            case {"name": str(column), "type": {"feature": {"names": list(names)}}}:
                named[column] = tuple(map(str, names))
    return named


def label_of(value: Any, names: Sequence[str]) -> Any:
    """Return the name of a class label; what is none stays as it is.

    >>> label_of(1, ["O", "B-PER"]), label_of("B-PER", []), label_of(7, ["O"])
    ('B-PER', 'B-PER', 7)
    """
    return names[value] if type(value) is int and 0 <= value < len(names) else value


def named_labels(
    values: Sequence[Any], names: Sequence[str], faults: Faults, place: tuple[int, int]
) -> tuple[list[str], list[Change]]:
    """Return the labels of a sentence by their names, and a row for each that has none: it is a fault, and read as O.

    ``place``: the sentence's line and its number in the file. Without ``names`` labels stay as they are.
    """
    line, sentence = place
    labels, changes = [str(label_of(value, names)) for value in values], list[Change]()
    for at, label in enumerate(labels):
        if names and label not in names:
            what = f"label {label!r:.40} is none of the {len(names)} that have names"
            faults.add(line, "unknown-label", what, "Correct it", ["labels", "names"])
            changes.append(Change(line, sentence, at, label, OUTSIDE, "unknown-label"))
            labels[at] = OUTSIDE
    return labels, changes


def looks_like(value: Any) -> Table | None:
    """Return the layout of a JSON value that may be such a table: rows, or columns that hold a list a row."""
    if not isinstance(value, dict):
        return None
    if isinstance(value.get("rows"), list) and all(isinstance(_row(one), dict) for one in value["rows"]):
        return "rows"
    lists = [column for column in value.values() if isinstance(column, list) and column]
    nested = [column for column in lists if all(isinstance(cell, list) for cell in column)]
    return "columns" if len(nested) > 1 and len(lists) == len(value) else None
