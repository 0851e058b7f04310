"""CoNLL-U Plus: delimited columns whose names stand in the file's first line, ``# global.columns = …``."""

import re
from typing import ClassVar

from openner_utils.readers import delimited
from openner_utils.readers.layout import Layout, RawFile
from openner_utils.readers.reading import Faults, Reading
from openner_utils.support.errors import unknown
from openner_utils.support.records import Record

_HEADER = re.compile(rb"^# global\.columns\b([^\n]*)", re.MULTILINE)


class Options(Record):
    """Which of the named columns hold what. A column ``ID`` is recognized by its name."""

    distinct: ClassVar[tuple[str, ...]] = ("column", "form")
    """Options that name columns, no two of them the same."""
    column: str
    """Name of the column with the labels, for instance ``CONLL:NER``."""
    form: str = "FORM"
    """Name of the column with the tokens."""


def read(raw: RawFile, layout: Layout) -> Reading:
    """Read one CoNLL-U Plus file; comment lines ``# newdoc`` begin documents, ranges and empty nodes are no tokens."""
    names, columns = named_columns(raw, layout)
    return delimited.read_columns(raw, layout, columns, width=len(names))


def named_columns(raw: RawFile, layout: Layout) -> tuple[list[str], delimited.Options]:
    """Return the names of a file's columns, and how these lie."""
    options, faults = layout.parsed(Options), Faults(raw, layout)
    names = _names(raw.whole(), faults)
    for option, name in (("form", options.form), ("column", options.column)):
        if name not in names:
            what = str(unknown("column", name, names)).rstrip(".")
            raise faults.fail(1, "column-count", what, "Name it in the first line", [option])
    columns = delimited.Options(
        token=names.index(options.form),
        label=names.index(options.column),
        id=names.index("ID") if "ID" in names else None,
        # Where ids come first no token line begins with #. Elsewhere a token may, such as a hashtag.
        comment="#" if names[0] == "ID" else "# ",
    )
    return names, columns


def _names(content: bytes, faults: Faults) -> list[str]:
    """Return the names of the columns; further lines that name them must agree with the first."""
    content = content.removeprefix(b"\xef\xbb\xbf")
    first: list[str] | None = None
    for header in _HEADER.finditer(content):
        line = 1 + content.count(b"\n", 0, header.start())
        try:
            names = header[1].decode("utf-8").partition("=")[2].split()
        except UnicodeDecodeError:
            names = []
        if first is None and line > 1:
            break
        if not names or len(set(names)) < len(names) or names != (first or names):
            what = "the names of the columns are none, not all different, or not those of the first line"
            raise faults.fail(line, "column-count", what, "Write one header: # global.columns = ID FORM …")
        first = names
    if first is None:
        what = "the first line does not name the columns"
        fix = "Begin with # global.columns = ID FORM …"
        raise faults.fail(1, "column-count", what, fix, ["reader"])
    return first
