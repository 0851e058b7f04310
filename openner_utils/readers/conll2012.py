r"""CoNLL-2012 and its relatives: columns with mentions in parentheses, ``(PERSON*``, ``*)``, ``(GPE)``, ``*``.

The format of OntoNotes as CoNLL-2011 and CoNLL-2012 released it (conll.cemantix.org/2012/data.html): columns between runs of
blanks, the token the fourth and names the eleventh; ``#begin document`` and ``#end document`` stand around each part of a
document. A parenthesis opens a mention with its type, ``*`` stands for the token, ``)`` closes the mention opened last, so
mentions lie inside one another:

    University  (ORG*
    of          *
    Oslo        (GPE*))
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import ClassVar

from openner_utils.readers.glued_fields import words_of
from openner_utils.readers.guess.evidence import Detected, Sample
from openner_utils.readers.layout import Layout, RawFile
from openner_utils.readers.reading import Faults, Reading
from openner_utils.readers.text import read_text
from openner_utils.readers.token_spans import Marked, Tokens, reading_of
from openner_utils.support.records import Record

_MARK = re.compile(r"\((?P<type>[^\s()*]+)|\)|\*")
_BEGIN = "#begin document"
_END = "#end document"


class Options(Record):
    """Columns, from 0; negative ones from the last."""

    distinct: ClassVar[tuple[str, ...]] = ("token", "label")
    """Options that name columns, no two of them the same."""
    token: int = 3
    label: int = 10
    encoding: str = "utf-8"
    """Any text encoding that Python knows by name."""


def read(raw: RawFile, layout: Layout) -> Reading:
    """Read one file; without ``#begin document`` lines it is one document."""
    options = layout.parsed(Options)
    faults = Faults(raw, layout)
    content, counts = read_text(raw, faults, options.encoding)
    return reading_of(_documents(content, options, faults), raw, counts, faults)


def _documents(content: str, options: Options, faults: Faults) -> Iterator[list[Tokens]]:
    sentences: list[Tokens] = []
    rows: list[tuple[int, list[str]]] = []
    for number, line in enumerate([*content.split("\n"), ""], 1):
        edge = line.startswith((_BEGIN, _END))
        if line.strip() and not edge:
            rows.append((number, words_of(line)))
            continue
        sentences += _sentence(rows, options, faults)
        rows = []
        if edge:
            yield sentences
            sentences = []
    yield sentences


def _sentence(rows: Sequence[tuple[int, list[str]]], options: Options, faults: Faults) -> list[Tokens]:
    """Return the sentence that rows make, or nothing if none of them is right."""
    tokens: list[str] = []
    lines: list[int] = []
    marks: list[Marked] = []
    open: list[int] = []  # places in marks, where mentions stand in the order in which they begin
    for number, cells in rows:
        try:
            token, cell = cells[options.token], cells[options.label]
        except IndexError:
            what = f"{len(cells)} column(s), and none that is the token's or the label's"
            faults.add(number, "column-count", what, options=["token", "label"])
            continue
        tokens.append(token)
        lines.append(number)
        if _MARK.sub("", cell) or cell.count("*") > 1:
            what = f"{cell!r:.40} is no * with types in parentheses"
            faults.add(number, "unknown-label", what, options=["label"])
            continue
        for mark in _MARK.finditer(cell):
            if mark["type"]:
                open.append(len(marks))
                marks.append(Marked(((len(tokens) - 1, len(tokens)),), mark["type"], number))
            elif mark[0] == ")" and open:
                at = open.pop()
                marks[at] = replace(marks[at], ranges=((marks[at].ranges[0][0], len(tokens)),))
            elif mark[0] == ")":
                faults.add(number, "bad-span", f"{cell!r:.40} closes a mention where none is open")
    for at in open:
        what = f"the mention ({marks[at].type} is not closed in its sentence"
        faults.add(marks[at].line, "bad-span", what)
    closed = [mark for at, mark in enumerate(marks) if at not in open]
    return [Tokens(tokens, lines, closed)] if tokens else []


def sniff(sample: Sample) -> Detected | None:
    """Return how the sample is read if ``#begin document`` is its first line, or a column of it holds types in parentheses."""
    body = [words_of(line) for line in sample.filled if not line.startswith("#")]
    if not body or sample.json is not None:
        return None
    if sample.filled[0].startswith(_BEGIN) and min(map(len, body)) > Options().label:
        return Detected("conll2012", "spans", 1.0, (("columns of CoNLL-2012", "--reader"),))
    width = min(map(len, body))
    cells = {column: [row[column] for row in body] for column in range(width)}
    found = [column for column, values in cells.items() if _holds_mentions(values)]
    if not found:
        return None
    label = int(sample.given.get("label", found[-1]))
    words = (at for at in range(width) if at not in found and not all(map(str.isdecimal, cells[at])))
    options = {"token": int(sample.given.get("token", next(words, 0))), "label": label}
    why = (f"types in parentheses in column {label}", "--token, --label")
    rival = None if len(found) == 1 or "label" in sample.given else options | {"label": found[0]}
    types = sorted(
        {mark["type"] for cell in cells.get(label, ()) for mark in _MARK.finditer(cell) if mark["type"]}
    )
    return Detected(
        "conll2012", "spans", 0.9 if rival is None else 0.5, (why,), options, types=tuple(types), rival=rival
    )


def _holds_mentions(cells: Sequence[str]) -> bool:
    """Return whether all cells are made of parentheses and ``*``, and as many open as close."""
    whole = "".join(cells)
    return (
        not any(map(_MARK.sub, [""] * len(cells), cells))
        and "*" in whole
        and 0 < whole.count("(") == whole.count(")")
    )
