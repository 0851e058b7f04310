"""Labels as cleaning left them as a patch for the publisher: a unified diff of the original bytes, in which only labels change.

Lines stand one to one before and after, so the hunks are made directly. Encoding, byte order mark, line ends and
separators stay as they are, and `git apply` takes the patch in the publisher's repository.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from openner_utils.catalog import Card, File
from openner_utils.catalog.patterns import present
from openner_utils.core.changes import RULES, Kind
from openner_utils.core.repair import differences
from openner_utils.curation.clean import clean_file, open_raw
from openner_utils.exports.rewrite import Changes, Labels, rewritten
from openner_utils.readers.layout import Layout, RawFile
from openner_utils.readers.parts import Part
from openner_utils.readers.reading import NO_LABEL
from openner_utils.support import paths
from openner_utils.support.errors import OpenNERError

CONTEXT = 3
"""Unchanged lines shown around a change."""
_WHY_NOT = {
    "json_tokens": "its labels lie in JSON lists, where a label has no line of its own",
    "json_nested": "its labels lie in JSON lists, where a label has no line of its own",
}
_SPANS = "it is published as text with spans, which have no labels to repair"


@dataclass(frozen=True, slots=True)
class Patch:
    """A patch over several files, and per file with changed lines how many there are under each rule (`changes.RULES`)."""

    content: bytes
    changed: dict[str, Counter[str]]


def patch(card: Card, data: Path | None = None) -> Patch:
    """Return the labels of a corpus that cleaning changes as a patch; ``data`` is the folder of corpora (default: data/).

    Raises `OpenNERError` for formats in which a repair is no change of a line, and says why.
    """
    pieces: list[bytes] = []
    changed: dict[str, Counter[str]] = {}
    data = data or paths.DATA
    for file in present(card, data / card.id):
        if file.sha256 is None and not (data / card.id / file.path).is_file():
            continue  # a file that nobody has had at hand
        raw = open_raw(data, card, file)
        layout = Layout.of(card)
        labels = Labels.of(raw, layout)
        if labels is None:
            why = _WHY_NOT.get(card.reader, _SPANS)
            raise OpenNERError(
                f"No patch can be made for {card.id}: {why}. What was changed stands in "
                f"artifacts/clean/{card.id}.ledger.parquet."
            )
        changes, rules = repairs(raw, card, file)
        if not len(changes.lines):
            continue
        if raw.packed:
            raise OpenNERError(
                f"{raw.path}: a packed file, which no patch can change. Unpack it, repair it with openner repair, and send it."
            )
        before = raw.whole()
        if b"\0" in before:
            raise OpenNERError(
                f"{raw.path}: git takes UTF-16 for binary, so no patch can be made. Send the file itself."
            )
        after = b"".join(rewritten(Part(raw, layout), changes, labels))
        pieces += diff(file.path, before, after)
        changed[file.path] = rules
    return Patch(b"".join(pieces), changed)


def repairs(raw: RawFile, card: Card, file: File) -> tuple[Changes, Counter[str]]:
    """Return the lines of a file whose label cleaning changes, the new labels as the corpus spells them, and by which rules."""
    cleaned = clean_file(raw, card, file)
    published, written = cleaned.raw, cleaned.written
    changed = differences(published, written, stay=card.outside)
    if NO_LABEL in published.names:  # a line that has no label cannot be given one by replacing it
        changed = changed[published.labels[changed] != published.names.index(NO_LABEL)]
    rows = cleaned.ledger.filter(pc.is_in(cleaned.ledger["line"], pa.array(published.lines[changed])))
    rules = Counter(rule for rule in rows["rule"].to_pylist() if RULES[rule].kind is Kind.LABEL)
    return Changes(published.lines[changed], written.labels[changed], written.names), rules


def diff(name: str, before: bytes, after: bytes) -> Iterator[bytes]:
    """Yield a unified diff of two contents with the same number of lines."""
    old, new = before.split(b"\n"), after.split(b"\n")
    if not old[-1]:  # after a final line end comes no line
        old, new = old[:-1], new[:-1]
    changed = [number for number, (a, b) in enumerate(zip(old, new, strict=True)) if a != b]
    if not changed:
        return
    tab = "\t" if " " in name else ""
    yield f"--- a/{name}{tab}\n+++ b/{name}{tab}\n".encode()
    for start, stop in _hunks(changed, len(old)):
        yield f"@@ -{start + 1},{stop - start} +{start + 1},{stop - start} @@\n".encode()
        yield from _hunk(old, new, start, stop, before.endswith(b"\n"))


def _hunks(changed: Sequence[int], count: int) -> Iterator[tuple[int, int]]:
    """Yield ranges of lines around the changed ones; those that would touch are one."""
    start = stop = -1
    for line in changed:
        if start >= 0 and line - CONTEXT > stop:
            yield start, stop
            start = -1
        if start < 0:
            start = max(0, line - CONTEXT)
        stop = min(count, line + CONTEXT + 1)
    yield start, stop


def _hunk(old: Sequence[bytes], new: Sequence[bytes], start: int, stop: int, closed: bool) -> Iterator[bytes]:
    def shown(mark: bytes, lines: Sequence[bytes], number: int) -> bytes:
        missing = b"" if closed or number < len(lines) - 1 else b"\\ No newline at end of file\n"
        return mark + lines[number] + b"\n" + missing

    number = start
    while number < stop:
        if old[number] == new[number]:
            yield shown(b" ", old, number)
            number += 1
            continue
        run = number
        while run < stop and old[run] != new[run]:
            run += 1
        yield from (shown(b"-", old, line) for line in range(number, run))
        yield from (shown(b"+", new, line) for line in range(number, run))
        number = run
