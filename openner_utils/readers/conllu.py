"""CoNLL-U with the label in the MISC column: delimited columns, and one value looked up in the last of them."""

from dataclasses import replace

import numpy as np

from openner_utils.core.encoding import OUTSIDE
from openner_utils.readers import delimited
from openner_utils.readers.guess.labels import type_of
from openner_utils.readers.layout import Layout, RawFile
from openner_utils.readers.reading import Faults, Reading, in_order
from openner_utils.support.records import Record

COLUMNS = delimited.Options(separator="tab", token=1, label=9, id=0, comment="#")


class Options(Record):
    """``key`` is the name before the equals sign in MISC; a token without it is outside."""

    key: str = "name"


def read(raw: RawFile, layout: Layout) -> Reading:
    """Read one CoNLL-U file; comment lines ``# newdoc`` begin documents."""
    key, faults = layout.parsed(Options).key, Faults(raw, layout)
    reading = delimited.read_columns(raw, layout, COLUMNS, label_of=lambda misc: _label(misc, key))
    reading = reading.closed(Faults(raw, layout))
    if not any(_value(misc, key) for misc in reading.columns.names):
        what = f"no token has {key}= in its MISC column"
        raise Faults(raw, layout).fail(0, "no-label", what, "Take a file with labels", ["key"])
    _note_keys(reading, key, faults)
    columns = reading.columns.rename([_label(misc, key) for misc in reading.columns.names])
    changes = tuple(replace(row, before=_label(row.before or "", key)) for row in reading.changes)
    found = in_order((*reading.faults, *faults.sorted()))
    return replace(reading, columns=columns, changes=changes, faults=found)


def _note_keys(reading: Reading, key: str, faults: Faults) -> None:
    """Note tokens whose MISC has the key twice, or a label under the key in other letters: one of two labels would be lost."""
    for number, misc in enumerate(reading.columns.names):
        parts = [part.partition("=") for part in misc.split("|")]
        same = [value for name, _, value in parts if name == key]
        like = [
            name for name, _, value in parts if name != key and name.lower() == key.lower() and type_of(value)
        ]
        if len(same) < 2 and not like:
            continue
        what = (
            f"{key}= stands {len(same)} times in MISC"
            if len(same) > 1
            else f"a label under {like[0]}=, not under {key}="
        )
        fix = "Write one label" if len(same) > 1 else f"Write {key}="
        for line in reading.columns.lines[np.flatnonzero(reading.columns.labels == number)].tolist():
            faults.add(line, "misc-key", what, fix)


def _label(misc: str, key: str) -> str:
    return _value(misc, key) or OUTSIDE


def _value(misc: str, key: str) -> str:
    """Return the value of ``key`` in a MISC field such as ``name=B-PER|SpaceAfter=No``, or an empty string."""
    values = (part.partition("=") for part in misc.split("|"))
    return next((value for name, _, value in values if name == key), "")
