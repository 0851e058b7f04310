"""The ledger of a repair of one's own file, written part by part."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from openner_utils.core.changes import Change
from openner_utils.core.columns import Columns, Ints
from openner_utils.curation.steps import positions
from openner_utils.exports.rewrite import Labels
from openner_utils.ownfiles.opening import Opened
from openner_utils.ownfiles.survey import Portion
from openner_utils.support.files import Sink, utf8

COLUMNS = ("file", "line", "sentence", "token", "before", "after", "rule", "written")
"""Of a ledger: a file and one `Change` of it a row, and the name of the file that was written with it."""


class Ledger:
    """Writes the rows of a repair: labels that were changed, then tokens, then what flat labels do not hold."""

    def __init__(self, opened: Opened, out: Path, ledger: Path, write: Sink, method: str) -> None:
        self._opened, self._out, self._ledger, self._write, self._method = opened, out, ledger, write, method
        write(self._encoded([COLUMNS]))

    def add(self, portion: Portion, written: Columns, changed: Ints) -> None:
        """Write the rows of a part; ``changed`` are the tokens whose label differs in ``written``."""
        self._write(self._encoded(map(self._cells, self._changes(portion, written, changed))))

    def finish(self) -> None:
        """Write the rows of tokens that were left out or got a text, and those of what flat labels do not hold."""
        found = self._opened.found
        if found.respelled and not Labels.of(self._opened.raw, self._opened.format.layout()):
            for portion in self._opened.portions():  # a file of columns keeps such lines as they are
                self._write(self._encoded(map(self._cells, portion.respelled)))
        for portion in self._opened.portions() if found.cut else ():
            self._write(self._encoded(map(self._cells, portion.left_out)))

    def _changes(self, portion: Portion, written: Columns, changed: Ints) -> Iterator[Change]:
        raw = portion.reading.columns
        sentences, places = positions(portion.reading, changed)
        for token, sentence, place in zip(changed.tolist(), sentences.tolist(), places, strict=True):
            before, after = raw.names[raw.labels[token]], written.names[written.labels[token]]
            rule = self._opened.meanings[before].flaw or self._method
            yield Change(int(raw.lines[token]), sentence + portion.sentence, place, before, after, rule)

    def _cells(self, row: Change) -> Sequence[object]:
        change = (row.line, row.sentence, row.token, row.before, row.after, row.rule)
        return (self._opened.raw.name, *change, self._out.name)

    def _encoded(self, rows: Iterable[Sequence[object]]) -> bytes:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        return utf8(self._ledger, text.getvalue())
