"""CoNLL-U with the label in the MISC column: delimited columns, and one value looked up in the last of them."""

from dataclasses import replace
from pathlib import Path

from openner_utils.catalog import Card, File
from openner_utils.core.encoding import OUTSIDE
from openner_utils.readers import Reading, delimited, options_of
from openner_utils.support.errors import FormatError
from openner_utils.support.records import Record

COLUMNS = delimited.Options(separator="tab", token=1, label=9, id=0, comment="#")


class Options(Record):
    """``key`` is the name before the equals sign in MISC; a token without it is outside."""

    key: str = "name"


def read(path: Path, card: Card, file: File) -> Reading:
    """Read one CoNLL-U file; comment lines ``# newdoc`` begin documents."""
    options = options_of(Options, card)
    reading = delimited.read_columns(path, COLUMNS, card.allow, file.path)
    if not any(_value(misc, options.key) for misc in reading.columns.names):
        raise FormatError(
            path, 0, f"no token has {options.key}= in its MISC column", "Check the key on the card."
        )
    columns = reading.columns.rename([_label(misc, options.key) for misc in reading.columns.names])
    removals = tuple(replace(row, before=_label(row.before or "", options.key)) for row in reading.removals)
    return replace(reading, columns=columns, removals=removals)


def _label(misc: str, key: str) -> str:
    return _value(misc, key) or OUTSIDE


def _value(misc: str, key: str) -> str:
    """Return the value of ``key`` in a MISC field such as ``name=B-PER|SpaceAfter=No``, or an empty string."""
    values = (part.partition("=") for part in misc.split("|"))
    return next((value for name, _, value in values if name == key), "")
