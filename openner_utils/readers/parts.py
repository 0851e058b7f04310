"""A file in parts, each of which is read as a file of its own, so that memory follows the part and not the file."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from openner_utils.readers import module_of
from openner_utils.readers.cutting import Cut
from openner_utils.readers.layout import Layout, RawFile
from openner_utils.readers.reading import Reading
from openner_utils.readers.text import MARK, mark_of
from openner_utils.support.errors import FormatError

PART = 1 << 23
"""Bytes of a part, at the least."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a file: ``raw`` is it as a file of its own, ``layout`` how that is read, ``line`` how many lines come before.

    A file with a byte order mark has one in each part: ``added`` is how many bytes of ``raw`` the file does not hold there.
    """

    raw: RawFile
    layout: Layout
    line: int = 0
    added: int = 0

    def read(self) -> Reading:
        """Read this part, with lines as they count in the file; what only the whole file settles is open still."""
        try:
            reading: Reading = module_of(self.layout.reader).read(self.raw, self.layout)
        except FormatError as error:
            line = error.line + self.line if error.line else 0
            raise FormatError(error.path, line, error.what, error.hint, error.flaw, *error.details) from error
        if self.added:
            counts = {what: number for what, number in reading.counts.items() if what != MARK}
            reading = replace(reading, counts=counts)
        return reading.moved(self.line)


def parts_of(raw: RawFile, layout: Layout, size: int = PART) -> Iterator[Part]:
    """Yield the parts of a file, each of ``size`` bytes or more but for the last; one where it cannot be cut."""
    module = module_of(layout.reader)
    cut: Cut | None = module.cut(raw, layout) if len(raw.content) > size and hasattr(module, "cut") else None
    if cut is None:
        yield Part(raw, layout)
        return
    later = replace(layout, options={**layout.options, **cut.options})
    mark = mark_of(raw.content)
    start = line = 0
    while start < len(raw.content):
        end = cut.after(raw.content, start + size)
        content = raw.content[start : end if end >= 0 else len(raw.content)]
        # What would be taken for a mark, though the file does not begin here, gets one before it.
        added = (mark or mark_of(content)) if start else b""
        part = replace(raw, content=added + content, packed=b"")
        yield Part(part, later if start else layout, line, len(added))
        line += cut.lines(content)
        start += len(content)
