"""Every choice of the run, as params.yaml says it: what was trained and asked, with which recipe and seeds."""

import json
from collections.abc import Iterator
from typing import Any, get_args

import pandas as pd

from openner_utils.config.params import Whole
from openner_utils.pages import origin, tables
from openner_utils.pages.corpora.sections import Section
from openner_utils.support.documents import read_mapping
from openner_utils.support.paths import Place
from openner_utils.support.records import Record

LEAD = (
    "Where this report was made, and the file params.yaml, a section for each block: what was trained and asked, with which recipes and seeds, and how it was judged. "
    "What a block may say, and what holds where it is silent, stands in openner_utils/config/params.py."
)
NO_RESULT = "run"
"""The block that says how a run is carried out; no result hangs on it."""


def sections(place: Place) -> list[Section]:
    """Return a section on where the run took place, and one for each block of the choices that decides results."""
    where = [_section("this report", origin.told(place.root))]
    return [*where, *(_section(name, block) for name, block in blocks(place).items() if name != NO_RESULT)]


def blocks(place: Place) -> dict[str, Any]:
    """Return the blocks of params.yaml by name; none where it is missing."""
    return (
        {str(name): block for name, block in read_mapping(place.params).items()}
        if place.params.is_file()
        else {}
    )


def _section(name: str, block: Any) -> Section:
    entries = isinstance(block, dict) and block and all(isinstance(each, dict) for each in block.values())
    if entries:  # one row each, so that recipes stand beside each other
        rows = [{name: key, **dict(_flat(each))} for key, each in block.items()]
        frame = pd.DataFrame(rows, dtype=object).fillna("")
    else:
        frame = pd.DataFrame([{"choice": key, "value": value} for key, value in _flat(block)], dtype=object)
    return Section(name, _meaning(name), [tables.show(frame.astype(str))])


def _meaning(name: str) -> str:
    """Return the sentence that says what a block of params.yaml is; nothing of what is none."""
    field = Whole.model_fields.get(name)
    record = next(_records(field.annotation), None) if field else None
    return "" if record is None else (record.__doc__ or "").partition("\n")[0].replace("`", "")


def _records(annotation: Any) -> Iterator[type[Record]]:
    """Yield the records that a type names: of ``dict[str, Encoder] | None`` that of one encoder."""
    if isinstance(annotation, type) and issubclass(annotation, Record):
        yield annotation
    for each in get_args(annotation):
        yield from _records(each)


def _flat(value: Any, beneath: str = "") -> Iterator[tuple[str, str]]:
    """Yield the single values below a value with their keys, joined by dots; a list is one value."""
    if isinstance(value, dict) and value:
        for key, each in value.items():
            yield from _flat(each, f"{beneath}.{key}" if beneath else str(key))
    elif isinstance(value, list):
        yield beneath, ", ".join(each if isinstance(each, str) else json.dumps(each) for each in value)
    else:
        yield (
            beneath,
            value if isinstance(value, str) else json.dumps(value),
        )  # null, true: as the file has it
