"""Tables in CSV with a sentence a row: its words in one cell, and as many labels in another.

A cell is words with white space between them (labels may have commas), or a list of texts as JSON, Python or NumPy write it:
``["Ada", "ran"]``, ``['Ada', 'ran']``, ``['Ada' 'ran']``. A list in quotes may go over several lines. Nothing in a cell is run.
"""

import ast
import json
import re
import warnings
from collections import Counter
from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import regex

from openner_utils.core.changes import Change
from openner_utils.readers.csv_rows import Column, delimiters_of, place_of, taken_apart
from openner_utils.readers.guess.evidence import Detected, Sample, Unread
from openner_utils.readers.guess.json_keys import LABELS, TOKENS, numbers
from openner_utils.readers.guess.labels import is_label, label_share, labels_of, look_like_types, types_of
from openner_utils.readers.hugging_face import label_of, named_labels
from openner_utils.readers.layout import Layout, RawFile
from openner_utils.readers.reading import Builder, Faults, Reading
from openner_utils.readers.text import half_pair, read_text
from openner_utils.support.records import Record

_LIST = re.compile(r"\[\s*(?:['\"\]]|$)")
"""Begins a cell that is a list; words may begin with a bracket, too."""
_ITEM = regex.compile(r"'(?:[^'\\]|\\.)*+'|\"(?:[^\"\\]|\\.)*+\"|-?\d++", regex.DOTALL)
_BLANKS = re.compile(r"[ \t\r\n]+")
"""Between words of a cell; other white space is a part of them."""
_GAP = re.compile(r"\s*+,\s*+|\s++")
_MOST_LINES = 1000
"""Lines over which the quotes of one row may go: NumPy breaks long lists."""
_COLUMNS = ("tokens", "labels")
"""Options that name columns; where one is wrong, both are to be said."""
_FEW = 200
"""Rows from which a table is guessed."""
_MOST = 0.9
"""Share of rows with as many labels as words from which on these belong together."""
_SURE = 0.98
"""Confidence of whole sentences in cells: surer than that the cells themselves are tokens and labels, which the same names say."""


class Options(Record):
    """Which columns hold what."""

    distinct: ClassVar[tuple[str, ...]] = ("tokens", "labels")
    """Options that name columns, no two of them the same."""
    delimiter: Literal[",", ";", "\t", "|"] = ","
    header: bool = True
    """Whether the first line names the columns."""
    tokens: Column = "tokens"
    labels: Column = "ner_tags"
    names: tuple[str, ...] = ()
    """Labels by their number, where the cells hold numbers."""
    encoding: str = "utf-8"
    """Any text encoding that Python knows by name."""


def read(raw: RawFile, layout: Layout) -> Reading:
    """Read one table; the line of a token is that on which its row begins, and the file is one document."""
    options = layout.parsed(Options)
    faults = Faults(raw, layout)
    text, counts = read_text(raw, faults, options.encoding)
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    builder, changes = Builder(raw), list[Change]()
    names: Sequence[str] | None = None
    places, width = None, 0
    for line, _, cells in taken_apart(lines, options.delimiter, _MOST_LINES):
        if cells is None:
            what = f"{lines[line - 1]!r:.60} is no row of cells"
            faults.add(line, "column-count", what, "Close its quotes, and write a quote inside them twice")
        elif places is None and cells:
            names, width = cells if options.header else None, len(cells)
            columns = (options.tokens, options.labels)
            places = [place_of(column, names, width, _COLUMNS, faults) for column in columns]
        if not cells or places is None or names is cells or not any(map(str.strip, cells)):
            continue
        if len(cells) != width:
            what = f"{len(cells)} cell(s) where the first line has {width}"
            faults.add(line, "column-count", what, options=["delimiter"])
            continue
        changes += _add(line, cells[places[0]], cells[places[1]], options.names, builder, faults)
    return Reading(builder.columns(), tuple(changes), counts, faults=faults.sorted())


def _add(
    line: int, text: str, labels: str, names: Sequence[str], builder: Builder, faults: Faults
) -> list[Change]:
    """Add the sentence of a row, and return what was left out or read as O: empty tokens, labels without a name.

    Cells that do not fit are a fault.
    """
    words, tags = words_in(text), labels_in(labels)
    if words is None or tags is None:
        cell = text if words is None else labels
        faults.add(line, "column-count", f"{cell!r:.60} is no list of texts", "Write the list anew")
        return []
    if len(words) != len(tags) or not words:
        what = f"{len(words)} words with {len(tags)} labels"
        faults.add(line, "column-count", what, "Give each word one label", ["tokens", "labels"])
        return []
    if any(half_pair(str(each)) or "\0" in str(each) for each in (*words, *tags)):
        faults.add(line, "column-count", "half of a surrogate pair, or NUL, which no text holds")
        return []
    tags, unnamed = named_labels(tags, names, faults, (line, builder.n_sentences))
    kept = [at for at, word in enumerate(words) if word.strip()]
    left_out = [at for at, word in enumerate(words) if not word.strip()]
    for _ in left_out:
        faults.add(line, "empty-token", "empty token")
    rows = [Change(line, builder.n_sentences, at, tags[at], None, "empty-token") for at in left_out]
    if kept:
        builder.sentence([words[at] for at in kept], [tags[at] for at in kept], line)
    return rows + [change for change in unnamed if change.token in kept]


def words_in(cell: str) -> list[str] | None:
    """Return the words of a cell; None for a list that is not one of texts.

    >>> words_in("Ada ran"), words_in("['Ada' 'ran']"), words_in("[ x ]"), words_in("['Ada' ... 'ran']")
    (['Ada', 'ran'], ['Ada', 'ran'], ['[', 'x', ']'], None)
    """
    if not _LIST.match(cell.lstrip()):
        return [word for word in _BLANKS.split(cell) if word]
    found = _list(cell.strip())
    return None if found is None or not all(isinstance(one, str) for one in found) else found


def labels_in(cell: str) -> list[Any] | None:
    """Return the labels of a cell, texts or numbers; None for a list of something else.

    >>> labels_in("B-PER, O"), labels_in('["B-PER", "O"]'), labels_in("[3 0]"), labels_in("[None]")
    (['B-PER', 'O'], ['B-PER', 'O'], [3, 0], None)
    """
    if cell.lstrip().startswith("["):
        return _list(cell.strip())
    return [label for label in re.split(r"[\s,]+", cell.strip()) if label]


def _list(text: str) -> list[Any] | None:
    """Return the texts and numbers of a list as JSON, Python or NumPy write it; None for anything else."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return _items(text)
    right = isinstance(value, list) and all(type(one) in (str, int) for one in value)
    return value if right else None


def _items(text: str) -> list[Any] | None:
    """Return the items between the brackets of a list, whose signs between items may be left out, as NumPy does."""
    found: list[Any] = []
    at, end = 1, len(text) - 1
    if len(text) < 2 or text[-1] != "]":
        return None
    while at < end and text[at].isspace():
        at += 1
    while at < end:
        item = _ITEM.match(text, at, end)
        if item is None:
            return None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # Python warns of backslashes that escape nothing
                found.append(ast.literal_eval(item[0]) if "\\" in item[0] else _plain(item[0]))
        except (ValueError, SyntaxError):
            return None
        gap = _GAP.match(text, item.end(), end)
        if gap is None and item.end() < end:
            return None
        at = gap.end() if gap else item.end()
    return found


def _plain(item: str) -> str | int:
    return item[1:-1] if item[0] in "'\"" else int(item[:18])


def sniff(sample: Sample) -> Detected | Unread | None:
    """Return how the sample is read if most rows hold several labels in one cell, and as many words in another."""
    if sample.json is not None or not sample.filled or {"token", "label"} & sample.given.keys():
        return None
    for delimiter in delimiters_of(sample.given, ("\t", ",", ";", "|")):
        if delimiter not in sample.filled[0]:
            continue
        found = [cells for _, _, cells in taken_apart(sample.filled, delimiter, _MOST_LINES) if cells]
        width = Counter(map(len, found)).most_common(1)[0][0] if found else 0
        rows = [cells for cells in found if len(cells) == width]
        if width > 1 and 2 * len(rows) > len(found) and (told := _of_rows(sample, rows[:_FEW], delimiter)):
            return told
        if told := _never_closed(sample, delimiter):
            return told
    return None


def _never_closed(sample: Sample, delimiter: str) -> Unread | None:
    """Return what to say of a table with a sentence a row, most of whose rows have a quote that is never closed."""
    rows = list(taken_apart(sample.filled[1 : _FEW + 1], delimiter, _MOST_LINES))
    wrong = [line + 1 for line, _, cells in rows if cells is None]
    bare = [line.replace('"', "") for line in sample.filled[1 : _FEW + 1] if delimiter in line]
    several = sum(any(map(_is_row_of_labels, _last_cells(line, delimiter))) for line in bare)
    if 2 * len(wrong) <= len(rows) or 2 * several <= len(rows):
        return None
    line = sample.lines.index(sample.filled[wrong[0] - 1]) + 1
    what = f"a sentence a row, and quotes that are not closed in {len(wrong)} of {len(rows)} rows"
    return Unread(what, _SURE, "Close the quotes, and write a quote inside them twice.", line)


def _last_cells(line: str, delimiter: str) -> tuple[str, str]:
    """Return the last cell of a row without quotes, and what stands from its first bracket on, which may hold the delimiter."""
    return line.rpartition(delimiter)[2], line[line.find("[") :]


def _of_rows(sample: Sample, rows: Sequence[list[str]], delimiter: str) -> Detected | Unread | None:
    header = sample.given.get("header", not any(_is_row_of_labels(cell) for cell in rows[0]))
    names, body = (rows[0], rows[1:]) if header else (None, rows)
    width, best, other_lengths = len(rows[0]), None, None
    for at in _order(names, width, LABELS, sample.given.get("labels")):
        labels = [labels_in(row[at]) or [] for row in body]
        lists = _lists(body, at)
        if not _are_labels(labels, lists, names is not None and names[at].strip().lower() in LABELS):
            continue
        for other in _order(names, width, TOKENS, sample.given.get("tokens")):
            words = [words_in(row[other]) or [] for row in body]
            alike = sum(len(one) == len(tags) for one, tags in zip(words, labels, strict=True))
            if at == other:
                continue
            if alike >= _MOST * len(body):
                return _detected(sample, names, (other, at), delimiter, labels)
            if 2 * alike > len(body) and (best is None or alike > best[0]):
                best = alike, other, at, labels
            if 2 * max(sum(len(one) > 1 for one in words), sum(lists), sum(_lists(body, other))) > len(body):
                other_lengths = other_lengths or (other, at)
    if best is not None:  # the rows that do not fit are faults, each with its line
        return _detected(sample, names, best[1:3], delimiter, best[3])
    return None if other_lengths is None else _of_other_lengths(body, *other_lengths)


def _lists(rows: Sequence[list[str]], at: int) -> list[bool]:
    """Return of each row whether a cell is a list."""
    return [row[at].lstrip().startswith("[") for row in rows]


def _of_other_lengths(rows: Sequence[list[str]], words: int, labels: int) -> Unread:
    """Return what to say of rows whose labels are not as many as words, with the first that shows it."""
    if 2 * sum(_lists(rows, words)) > len(rows):
        counts = [(len(words_in(row[words]) or []), len(labels_in(row[labels]) or [])) for row in rows]
        (n_words, n_labels), *_ = wrong = [each for each in counts if each[0] != each[1]]
        what = (
            f"lists of words in cell {words} and of labels in cell {labels}, whose lengths differ in {len(wrong)} of {len(rows)} "
            f"rows (in the first of these: {n_words} and {n_labels})"
        )
        hint = (
            "Write as many labels as words in each row; where other cells are meant, name them: --reader csv_sentences "
            "--option tokens=COLUMN --option labels=COLUMN."
        )
        return Unread(what, _SURE, hint, 1)
    what = f"a whole sentence a row, with several labels in cell {labels} and in no cell as many words"
    hint = (
        "Labels count words that the file does not hold apart: ask its publisher how the text was cut, and write each token and "
        "its label on a line of their own, with a tab between, and an empty line after each sentence. Where other cells are meant, "
        "name them: --reader csv_sentences --option tokens=COLUMN --option labels=COLUMN."
    )
    return Unread(what, _SURE, hint, 1)


def _order(names: Sequence[str] | None, width: int, usual: Sequence[str], said: Column | None) -> list[int]:
    """Return the places of columns, those with usual names first; only the one that is ``said``, if any."""
    if isinstance(said, int):
        return [said] if 0 <= said < width else []
    if said is not None:
        return [names.index(said)] if names and said in names else []
    plain = [name.strip().lower() for name in names or [""] * width]
    return sorted(range(width), key=lambda at: usual.index(plain[at]) if plain[at] in usual else len(usual))


def _is_row_of_labels(cell: str) -> bool:
    labels = labels_in(cell) or []
    return len(labels) > 1 and all(is_label(str(label)) for label in labels)


def _are_labels(cells: Sequence[Sequence[Any]], lists: Sequence[bool], named: bool) -> bool:
    """Return whether most cells hold several labels, or a list; numbers, and types without prefix, only under a usual name."""
    several = sum(
        len(labels) > 1 or (is_list and bool(labels)) for labels, is_list in zip(cells, lists, strict=True)
    )
    if 2 * several <= len(cells):  # an empty list speaks for nothing
        return False
    uses = Counter(str(label) for labels in cells for label in labels)
    if all(isinstance(label, int) for labels in cells for label in labels):
        return named
    if label_share(uses) >= _MOST and (named or types_of(uses)):
        return True
    return named and look_like_types(uses)


def _detected(
    sample: Sample,
    names: Sequence[str] | None,
    places: tuple[int, int],
    delimiter: str,
    cells: Sequence[Sequence[Any]],
) -> Detected | Unread:
    tokens, labels = (names[at] if names is not None and names.count(names[at]) == 1 else at for at in places)
    named = sample.given.get("names", ())
    if not named and all(isinstance(label, int) for row in cells for label in row):
        return numbers(str(labels))
    found = labels_of(
        [[str(label_of(one, named)) for one in row] for row in cells], sample.whole, sample.outside
    )
    why = (
        f"a table with a sentence a row, words in {tokens!r} and as many labels in {labels!r}",
        "--option tokens=COLUMN, --option labels=COLUMN",
    )
    options: dict[str, Any] = {"delimiter": delimiter, "tokens": tokens, "labels": labels}
    options |= {} if names is not None else {"header": False}
    sure = min(_SURE, found.confidence + 0.04)
    return Detected(
        "csv_sentences", found.scheme, sure, (why, *found.reasons), options, found.spelling, found.types
    )
