"""CoNLL-U Plus: delimited columns whose names stand in the file's first line, ``# global.columns = …``."""

import re
from pathlib import Path

from openner_utils.catalog import Card, File
from openner_utils.readers import Reading, delimited, options_of
from openner_utils.support.errors import FormatError, unknown
from openner_utils.support.records import Record

_HEADER = re.compile(rb"^# global\.columns\b([^\n]*)", re.MULTILINE)


class Options(Record):
    """Which of the named columns hold what. A column ``ID`` is recognized by its name."""

    column: str
    """Name of the column with the labels, for instance ``CONLL:NER``."""
    form: str = "FORM"
    """Name of the column with the tokens."""


def read(path: Path, card: Card, file: File) -> Reading:
    """Read one CoNLL-U Plus file; comment lines ``# newdoc`` begin documents, ranges and empty nodes are no tokens."""
    options = options_of(Options, card)
    names = _names(path)
    for name in (options.form, options.column):
        if name not in names:
            hint = "Check the columns on the card."
            raise FormatError(path, 1, str(unknown("column", name, names)).rstrip("."), hint, "column-count")
    columns = delimited.Options(
        token=names.index(options.form),
        label=names.index(options.column),
        id=names.index("ID") if "ID" in names else None,
        # Where ids come first no token line begins with #. Elsewhere a token may, such as a hashtag.
        comment="#" if names[0] == "ID" else "# ",
    )
    return delimited.read_columns(path, columns, card.allow, file.path, width=len(names))


def _names(path: Path) -> list[str]:
    """Return the names of the columns; further lines that name them must agree with the first."""
    content = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
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
            raise FormatError(
                path,
                line,
                "the names of the columns are none, not all different, or not those of the first line",
                "Expected one header: # global.columns = ID FORM ….",
                "column-count",
            )
        first = names
    if first is None:
        hint = "Expected: # global.columns = ID FORM …. Check the reader on the card."
        raise FormatError(path, 1, "the first line does not name the columns", hint, "column-count")
    return first
