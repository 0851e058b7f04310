"""CoNLL-U with the label in the MISC column: delimited columns, and one value looked up in the last of them."""

from dataclasses import replace

from openner_utils.core.encoding import OUTSIDE
from openner_utils.readers import delimited
from openner_utils.readers.layout import Layout, RawFile
from openner_utils.readers.reading import Faults, Reading
from openner_utils.support.records import Record

COLUMNS = delimited.Options(separator="tab", token=1, label=9, id=0, comment="#")


class Options(Record):
    """``key`` is the name before the equals sign in MISC; a token without it is outside."""

    key: str = "name"


def read(raw: RawFile, layout: Layout) -> Reading:
    """Read one CoNLL-U file; comment lines ``# newdoc`` begin documents."""
    key = layout.parsed(Options).key
    reading = delimited.read_columns(raw, layout, COLUMNS).closed(Faults(raw, layout))
    if not any(_value(misc, key) for misc in reading.columns.names):
        what = f"no token has {key}= in its MISC column"
        raise Faults(raw, layout).fail(0, "no-label", what, "Take a file with labels", ["key"])
    columns = reading.columns.rename([_label(misc, key) for misc in reading.columns.names])
    changes = tuple(replace(row, before=_label(row.before or "", key)) for row in reading.changes)
    return replace(reading, columns=columns, changes=changes)


def _label(misc: str, key: str) -> str:
    return _value(misc, key) or OUTSIDE


def _value(misc: str, key: str) -> str:
    """Return the value of ``key`` in a MISC field such as ``name=B-PER|SpaceAfter=No``, or an empty string."""
    values = (part.partition("=") for part in misc.split("|"))
    return next((value for name, _, value in values if name == key), "")
