"""Delimited columns: one token a line, sentences apart by blank lines or by a sentence-id column.

The work is done on the file's bytes as arrays, a few passes for the whole file, because this is the format of
most corpora and the largest of them have millions of lines.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from openner_utils.core.changes import Change
from openner_utils.core.columns import Columns, Ints, Mask, Offsets, concat
from openner_utils.core.encoding import OUTSIDE, mentions_of, states
from openner_utils.core.validation import count_problems
from openner_utils.readers.cutting import Cut, at_blank_lines, at_changes, codec_of
from openner_utils.readers.document_marks import DOCSTART, DOCUMENTS, labels_of_mentions
from openner_utils.readers.layout import Layout, RawFile
from openner_utils.readers.meaning import fault_of, inner_meanings
from openner_utils.readers.reading import NO_LABEL, Faults, Nested, Reading
from openner_utils.readers.sentence_ends import INSIDE, flagged, inside_mention
from openner_utils.readers.text import read_text
from openner_utils.readers.widths import ODD, Widths
from openner_utils.support.records import Record

Bytes = NDArray[np.uint8]
NEWLINE, RETURN, TAB, BLANK = 10, 13, 9, 32
PIECE = 1 << 21
"""Bytes that are worked on at a time, at the least."""
_INVALID = "invalid transition in an inner layer"
_NOTHING = (OUTSIDE, "_", "", NO_LABEL)
"""What a range of words or an empty node may have for a label."""
REPLACEMENT = "\ufffd"
"""Stands for the token of a sentence that holds nothing but empty tokens."""


class Options(Record):
    """How the columns lie. Positions count from 0; negative ones from the last column."""

    distinct: ClassVar[tuple[str, ...]] = ("token", "label", "extra", "sentence_id", "flags", "id")
    """Options that name columns, no two of them the same."""
    separator: Literal["tab", "space", "whitespace"] = "tab"
    """``whitespace``: any run of blanks and tabs is one separator."""
    token: int = 0
    label: int = -1
    rest: bool = False
    """Whether the token, then the first column, is all that stands before the label, separators too."""
    extra: int | tuple[int, ...] | None = None
    """Column or columns of inner layers of labels, outermost first: left out of the flat view, kept as layers. Lines
    may lack those after the other columns."""
    comment: str | tuple[str, ...] | None = None
    """Lines that begin so, or in one of several ways, are comments; ``# newdoc`` and ``# document_id`` among them
    begin a document."""
    docstart: bool = False
    """Whether lines that begin with -DOCSTART- begin a document."""
    sentence_id: int | None = None
    """Column whose change of value begins a sentence, in files without blank lines."""
    flags: int | None = None
    """Column that flags the last token of each sentence, in files without blank lines or beside them."""
    sentence: str = "EndOfSentence"
    """The flag: the whole cell of that column, or one of several with ``|`` between them."""
    id: int | None = None
    """Column with CoNLL-U ids: ranges (``1-2``) and empty nodes (``1.1``) are passed over."""
    header: bool = False
    """Whether the first line names the columns and is passed over."""
    encoding: str = "utf-8"
    """Any text encoding that Python knows by name."""
    surrogates: bool = False
    """Whether characters beyond the first 65,536 (emoji) stand as two surrogate halves on two lines, which is no valid
    UTF-8: the character is put together on the first line, and the token of the second is empty."""

    @property
    def comments(self) -> tuple[str, ...]:
        """How comments begin."""
        comment = () if self.comment is None else self.comment
        return comment if isinstance(comment, tuple) else (comment,)

    @property
    def places(self) -> tuple[tuple[str, int], ...]:
        """The options that name columns, each with its column."""
        single = ((name, getattr(self, name)) for name in self.distinct if name != "extra")
        inner = (("extra", column) for column in self.extras)
        return (*((name, column) for name, column in single if column is not None), *inner)

    @property
    def extras(self) -> tuple[int, ...]:
        """The columns of inner layers."""
        extra = () if self.extra is None else self.extra
        return extra if isinstance(extra, tuple) else (extra,)


def read(raw: RawFile, layout: Layout) -> Reading:
    """Read one delimited file; see `Options`. Inner layers are decoded by the layout's scheme and spelling."""
    return read_columns(raw, layout, layout.parsed(Options))


def read_columns(
    raw: RawFile,
    layout: Layout,
    options: Options,
    width: int | None = None,
    label_of: Callable[[str], str] = str,
) -> Reading:
    """Read a file of columns that lie as ``options`` say; ``width`` is their number if the file names them.

    ``label_of`` gives the label in a cell of the column of labels, of which all comes out.

    Lines that break the format (another number of columns, no token, no label) are faults, and are read with what
    they have; what number is right is open till all of the file is read. Raises `FormatError` for bytes that are no text.
    """
    faults = Faults(raw, layout)
    if options.extras and options.label < 0:
        what = "the column of labels is counted from the end, and lines with a label of an inner layer are longer"
        raise faults.fail(0, "column-count", what, "Count it from 0", ["label"])
    content, counts = _content(raw, faults, options)
    blocks: list[_Block] = []
    first_line = 0
    for data in _pieces(content, options):
        block = _block(data, first_line, options, layout)
        blocks.append(block)
        first_line += block.n_lines
    for block in blocks:
        _note(faults, block)
        for line, cells in block.nodes.items():
            labels = [label_of(cells[0]), *cells[1:]]
            if lost := next((label for label in labels if layout.meant(label) not in _NOTHING), None):
                what = f"a range of words, or an empty node, has the label {lost!r}, and is no token"
                faults.add(line, "label-on-node", what, "Write the label on the words of the range")
    reading = _join(blocks, Counter(counts | {ODD: 0}), raw.name)
    if options.flags is not None and len(reading.columns) and not any(block.flags for block in blocks):
        what = f"no line has the flag {options.sentence} in column {options.flags}, so nothing ends sentences"
        faults.add(0, "no-flag", what, "Flag the last token of each sentence", ["flags", "sentence"])
    layers: list[Nested] = []
    for number in range(len(options.extras)):
        inner = concat([block.inner[number] for block in blocks])
        layers += mentions_of_layer(faults, inner, number + 1, layout, reading.counts)
    widths = _widths_of(blocks, options, width)
    return replace(reading, layers=tuple(layers), faults=faults.sorted(), open=widths)


def cut(raw: RawFile, layout: Layout) -> Cut | None:
    """Return how the file is cut into parts: at blank lines, or where the id of the sentence changes."""
    options = layout.parsed(Options)
    codec = codec_of(raw, options.encoding)
    if codec is None or options.flags is not None:
        return None
    later = {"header": False}
    if options.sentence_id is None:
        return at_blank_lines(codec, later)
    return at_changes(_id_of(options, options.sentence_id), later) if len("a".encode(codec)) == 1 else None


def _id_of(options: Options, column: int) -> Callable[[bytes], bytes | None]:
    """Return what gives the sentence's id on a line, and None for a line that may hold no token."""
    separator = {"tab": b"\t", "space": b" ", "whitespace": None}[options.separator]
    passed_over = (DOCSTART, *options.comments)
    signs = tuple(sign.encode("utf-8") for sign in passed_over)

    def id_of(line: bytes) -> bytes | None:
        cells = [] if not line.strip() or line.startswith(signs) else line.rstrip(b"\r").split(separator)
        return cells[column] if -len(cells) <= column < len(cells) else None

    return id_of


def mentions_of_layer(
    faults: Faults, columns: Columns, number: int, layout: Layout, counts: dict[str, int]
) -> Iterator[Nested]:
    """Yield the mentions of one inner layer; after an invalid transition a new one opens, as conlleval reads it.

    How many of these there are is added to ``counts``.
    """
    encoding, meant = layout.encoding, []
    for id, each in enumerate(inner_meanings(columns.names, layout)):
        meant.append(each.label)
        if each.flaw:
            for line in columns.lines[columns.labels == id].tolist():
                fault_of(faults, line, columns.names[id], each, number)
    columns = columns.rename(meant)
    parts = states(columns, encoding)
    if problems := count_problems(parts):
        counts[_INVALID] = counts.get(_INVALID, 0) + problems
    found = mentions_of(columns, parts)
    first = columns.sentences[found.sentence]
    for start, end, sentence, type, line in zip(
        (found.start - first).tolist(),
        (found.end - first).tolist(),
        found.sentence.tolist(),
        found.type.tolist(),
        columns.lines[found.start].tolist(),
        strict=True,
    ):
        yield Nested(line, sentence, start, end, found.types[type], number)


def _content(raw: RawFile, faults: Faults, options: Options) -> tuple[bytes, dict[str, int]]:
    """Return the file's text as UTF-8 bytes, and what was met in decoding it."""
    joined = 0

    def mend(content: bytes) -> bytes:
        nonlocal joined
        content, joined = HALVES.subn(_join_halves, content)
        return content

    text, counts = read_text(raw, faults, options.encoding, mend if options.surrogates else bytes)
    counts["surrogate halves joined"] = joined
    content = text.encode("utf-8")
    if options.separator == "whitespace":
        # Runs of white space count as one tab, and none at a line's edges; line numbers stay as they are.
        content = re.sub(rb"[ \t]+", b"\t", content)
        content = re.sub(rb"(?m)^\t|\t(?=\r?$)", b"", content)
    return content, counts


HALVES = re.compile(
    rb"^(\xed[\xa0-\xaf][\x80-\xbf])([\t ][^\n]*\n)(\xed[\xb0-\xbf][\x80-\xbf])(?=[\t ])", re.MULTILINE
)
"""Two lines that begin with the halves of one character."""


def _join_halves(pair: re.Match[bytes]) -> bytes:
    """Return two lines that begin with the halves of a character, as one that begins with it and one without token."""
    halves = (pair[1] + pair[3]).decode("utf-8", "surrogatepass")
    whole = halves.encode("utf-16", "surrogatepass").decode("utf-16")
    return whole.encode("utf-8") + pair[2]


def _pieces(content: bytes, options: Options) -> Iterator[Bytes]:
    """Yield the content in pieces that begin at a blank line: small ones stay in the processor's cache."""
    data = np.frombuffer(content, dtype=np.uint8)
    start = 0
    while start < len(content):
        gap = -1 if options.sentence_id is not None else content.find(b"\n\n", start + PIECE)
        end = len(content) if gap < 0 else gap + 2
        yield data[start:end]
        start = end


@dataclass(frozen=True, slots=True)
class _Block:
    """A piece of a file, read by itself; ``inner`` is the same as ``columns`` under the labels of each inner layer.

    ``opens`` says whether its first token begins a document, ``leaves_open`` whether a document's begin stands
    after its last token. ``widths``: number of columns → the token lines that have it. ``empty``, ``wordless`` and
    ``returns`` are the lines without a token, those where a sentence without a word begins, and those with a carriage
    return inside. ``marks``: line of a document mark → its label, where that is one of a mention. ``flags`` is how many lines
    are flagged as a sentence's last. ``nodes``: line of a range of words or an empty node → its label, and those of inner layers.
    """

    columns: Columns
    inner: tuple[Columns, ...]
    changes: tuple[Change, ...]
    counts: dict[str, int]
    n_lines: int
    opens: bool
    leaves_open: bool
    widths: dict[int, Ints]
    empty: Ints
    wordless: Ints
    returns: Ints
    marks: dict[int, str]
    flags: int
    nodes: dict[int, tuple[str, ...]]


def _block(data: Bytes, first_line: int, options: Options, layout: Layout) -> _Block:
    lines = _lines(data)
    kinds = _kinds(lines, options, first_line == 0)
    fields = _Fields.of(lines, _where(kinds.token), options)
    line_numbers = fields.line + np.int32(first_line + 1)

    token_starts, token_ends = fields.before_last() if options.rest else fields.span(options.token)
    unlabelled = fields.count < 2 if options.label != options.token else np.zeros(len(fields), np.bool_)
    if options.id is None and options.sentence_id is None:
        # The only cell of a line is its token, whichever column holds the tokens on the other lines.
        token_starts = np.where(unlabelled, fields.start, token_starts)
        token_ends = np.where(unlabelled, fields.end, token_ends)
    empty = token_ends == token_starts
    document = np.cumsum(kinds.opens_document, dtype=np.int32)
    document_of_token = document[fields.line]
    boundary = _boundaries(lines, fields, kinds, document_of_token, options)
    labels = _labels(data, *fields.span(options.label), unlabelled)
    ends = _flagged(data, fields, options)
    inside = inside_mention(labels, ends, layout)
    boundary[1:] |= (ends & ~inside)[:-1]

    counts = {kind: int(mask.sum()) for kind, mask in kinds.passed_over.items()}
    counts |= {"carriage return": lines.returns, "missing label": int(unlabelled.sum())}
    counts[INSIDE] = int(inside.sum())
    words = np.ones(len(fields), dtype=np.bool_)
    if options.id is not None:
        ids = _strings(data, *fields.span(options.id))
        words = ~pc.match_substring_regex(ids, "[-.]").to_numpy(zero_copy_only=False)
        counts["multiword or empty node"] = int((~words).sum())
    empty &= words
    blank = _rescued(boundary, words & empty, words)
    keep = words & (~empty | blank)
    inner = [_inner(data, fields, column) for column in options.extras]
    if inner:
        counts["inner layer label"] = sum(
            len(fields) - _times(layer, OUTSIDE) - _times(layer, NO_LABEL) for layer in inner
        )
    sentences, documents = _offsets(boundary, document_of_token, keep)
    tokens = _strings(data, token_starts[keep], token_ends[keep])
    columns = Columns(
        tokens=pc.if_else(pc.equal(tokens, ""), REPLACEMENT, tokens) if blank.any() else tokens,
        labels=np.from_dlpack(labels.indices)[keep],  # to_numpy would import pandas first
        names=tuple(labels.dictionary.to_pylist()),
        sentences=sentences,
        documents=documents,
        lines=line_numbers[keep],
    )
    return _Block(
        columns,
        tuple(
            replace(
                columns, labels=np.from_dlpack(layer.indices)[keep], names=tuple(layer.dictionary.to_pylist())
            )
            for layer in inner
        ),
        _changes(line_numbers, labels, boundary, words, empty, blank),
        counts,
        len(lines.start),
        opens=bool(len(fields) and document_of_token[0] > 0),
        leaves_open=bool(len(document) and document[-1] > (document_of_token[-1] if len(fields) else 0)),
        widths=_widths(fields, line_numbers),
        empty=line_numbers[empty],
        wordless=_wordless(line_numbers, boundary, keep),
        returns=_returns_inside(lines, first_line),
        marks=_marks(lines, _where(kinds.passed_over["-DOCSTART- line"]), first_line, options, layout),
        flags=int(ends.sum()),
        nodes=_nodes(line_numbers, words, (labels, *inner)),
    )


def _nodes(
    line_numbers: Ints, words: Mask, layers: Sequence[pa.DictionaryArray]
) -> dict[int, tuple[str, ...]]:
    """Return line of a range or an empty node → the cells of its labels."""
    return {
        int(line_numbers[row]): tuple(layer[row].as_py() for layer in layers)
        for row in np.flatnonzero(~words).tolist()
    }


def _flagged(data: Bytes, fields: "_Fields", options: Options) -> Mask:
    """Return which token lines are flagged as a sentence's last."""
    if options.flags is None:
        return np.zeros(len(fields), dtype=np.bool_)
    return flagged(_strings(data, *fields.span(options.flags)), options.sentence)


def _inner(data: Bytes, fields: "_Fields", column: int) -> pa.DictionaryArray:
    """Return the labels of an inner layer [n_lines]; a line that lacks the column has none."""
    lacking = fields.count <= column if column >= 0 else fields.count < -column
    return _labels(data, *fields.span(column), lacking)


def _times(labels: pa.DictionaryArray, name: str) -> int:
    """Return how many lines have this label."""
    names = labels.dictionary.to_pylist()
    return int((labels.indices.to_numpy() == names.index(name)).sum()) if name in names else 0


def _widths(fields: "_Fields", line_numbers: Ints) -> dict[int, Ints]:
    """Return number of columns → the lines that have it."""
    widths = np.flatnonzero(np.bincount(fields.count)).tolist()
    if len(widths) == 1:
        return {widths[0]: line_numbers}
    return {width: line_numbers[fields.count == width] for width in widths}


def _wordless(line_numbers: Ints, boundary: Mask, keep: Mask) -> Ints:
    """Return the lines on which sentences begin that hold no word."""
    if keep.all():
        return line_numbers[:0]
    first_of = _where(boundary)
    return line_numbers[first_of[~np.logical_or.reduceat(keep, first_of)]]


def _returns_inside(lines: "_Lines", first_line: int) -> Ints:
    """Return the lines with a carriage return that is no part of a line end: it would hide one, and a token with it."""
    if np.count_nonzero(lines.data == RETURN) == lines.returns:
        return np.zeros(0, np.int32)
    inside = np.flatnonzero(lines.data[:-1] == RETURN)
    inside = inside[lines.data[inside + 1] != NEWLINE]
    return np.unique(first_line + np.searchsorted(lines.start, inside, side="right")).astype(np.int32)


def _marks(lines: "_Lines", marks: Ints, first_line: int, options: Options, layout: Layout) -> dict[int, str]:
    """Return line of a document mark → its label, where that is one of a mention, which would be lost with the line."""
    fields = _Fields.of(lines, marks, options)
    found: dict[int, str] = {}
    for column in (options.label, *options.extras) if len(fields) else ():
        for place, label in labels_of_mentions(_strings(lines.data, *fields.span(column)), layout):
            found.setdefault(int(marks[place]) + first_line + 1, label)
    return found


def _widths_of(blocks: list[_Block], options: Options, known: int | None) -> Widths:
    """Return how many columns the lines of all blocks have; ``known`` is their number if the file names it."""
    lines: dict[int, list[Ints]] = {}
    for block in blocks:
        for width, some in block.widths.items():
            lines.setdefault(width, []).append(some)
    found = {width: np.concatenate(some) for width, some in lines.items()}
    return Widths(
        Counter({width: len(some) for width, some in found.items()}),
        {width: int(some[0]) for width, some in found.items()},
        found,
        options.places,
        max(options.token, options.label, int(options.label != options.token), options.flags or 0),
        (min(options.extras, default=0), max(options.extras, default=-1)),
        options.rest,
        known,
    )


def _note(faults: Faults, block: _Block) -> None:
    """Note what is wrong with the lines of one piece."""
    for line in block.empty.tolist():
        faults.add(line, "empty-token", "empty token")
    for line in block.wordless.tolist():
        what = "the sentence that begins here holds no word"
        faults.add(line, "no-word", what, "Remove it from the file")
    for line in block.returns.tolist():
        what = "carriage return inside the line"
        faults.add(line, "carriage-return", what, "Give the file Unix line ends")
    for line, label in block.marks.items():
        what = f"a {DOCSTART} line begins a document, and holds no token for the label {label!r}"
        faults.add(line, "document-mark", what, "Write O there, if no token is meant", ["docstart"])


def _join(blocks: list[_Block], counts: Counter[str], name: str) -> Reading:
    """Return the blocks as one reading: labels under one vocabulary, sentences and documents counted on."""
    changes: list[Change] = []
    document_starts: list[Offsets] = []
    n_sentences = 0
    pending = True
    for block in blocks:
        counts.update(block.counts)
        changes += [replace(row, sentence=row.sentence + n_sentences) for row in block.changes]
        if block.columns.n_sentences:
            starts = block.columns.documents[:-1] + n_sentences
            document_starts.append(starts if pending or block.opens else starts[1:])
            pending = False
        pending |= block.leaves_open
        n_sentences += block.columns.n_sentences
    joined = concat([block.columns for block in blocks], file=name)
    documents = np.concatenate((*document_starts, [n_sentences])) if document_starts else joined.documents
    return Reading(replace(joined, documents=documents.astype(np.int64)), tuple(changes), dict(counts))


@dataclass(frozen=True, slots=True)
class _Lines:
    """Where each line lies in the bytes: [start, end) without its line end."""

    data: Bytes
    start: Ints
    end: Ints
    returns: int


def _where(mask: Mask) -> Ints:
    """Return the positions at which ``mask`` holds; files are below 2 GiB, so 32 bits do and are half the work."""
    return np.flatnonzero(mask).astype(np.int32)


def _lines(data: Bytes) -> _Lines:
    end = _where(data == NEWLINE)
    if len(data) and (not len(end) or end[-1] != len(data) - 1):
        end = np.append(end, np.int32(len(data)))
    start = np.zeros_like(end)
    start[1:] = end[:-1] + 1
    returns = end > start
    returns[returns] = data[end[returns] - 1] == RETURN
    return _Lines(data, start, end - returns, int(returns.sum()))


def _as_read(prefix: str, options: Options) -> str:
    """Return how the beginning of a line stands in the content, where runs of white space are one tab."""
    return re.sub(r"[ \t]+", "\t", prefix) if options.separator == "whitespace" else prefix


def _begins(lines: _Lines, prefix: str) -> Mask:
    """Return which lines begin with ``prefix``."""
    mask = np.ones(len(lines.start), dtype=np.bool_)
    for offset, byte in enumerate(prefix.encode("utf-8")):
        mask &= lines.start + offset < lines.end
        mask[mask] = lines.data[lines.start[mask] + offset] == byte
    return mask


@dataclass(frozen=True, slots=True)
class _Kinds:
    """What the lines are [n_lines]."""

    token: Mask
    separator: Mask
    opens_document: Mask
    passed_over: dict[str, Mask]


def _kinds(lines: _Lines, options: Options, at_file_start: bool) -> _Kinds:
    blank = lines.end == lines.start
    # A line of white space only is a separator as well; such lines are few, so they are looked at one by one.
    first = lines.data[np.minimum(lines.start, len(lines.data) - 1)]
    for line in np.flatnonzero(~blank & ((first == TAB) | (first == BLANK))):
        blank[line] = not lines.data[lines.start[line] : lines.end[line]].tobytes().strip()
    none = np.zeros(len(blank), dtype=np.bool_)
    header = none.copy()
    header[:1] = options.header and at_file_start
    comment = none.copy()
    for sign in options.comments:
        comment |= _begins(lines, _as_read(sign, options)) & ~header
    docstart = _begins(lines, DOCSTART) if options.docstart else none
    # A piece begins after a blank line (or at the file's first one), so one that it begins with is one too many.
    surplus = blank & np.concatenate((np.ones(1, np.bool_), blank[:-1]))
    passed_over = {
        "comment line": comment,
        "-DOCSTART- line": docstart,
        "header line": header,
        "surplus blank line": surplus,
    }
    opens_document = docstart.copy()
    for mark in DOCUMENTS if options.comments else ():
        opens_document |= _begins(lines, _as_read(mark, options)) & comment
    return _Kinds(~(blank | header | comment | docstart), blank | docstart, opens_document, passed_over)


@dataclass(frozen=True, slots=True)
class _Fields:
    """The columns of the token lines: line numbers (from 0), column counts, and where the separators lie.

    ``first`` is the position, among the file's ``separators``, of a line's first one.
    """

    line: Ints
    start: Ints
    end: Ints
    count: Ints
    first: Ints
    separators: Ints

    def __len__(self) -> int:
        return len(self.line)

    @classmethod
    def of(cls, lines: _Lines, token_lines: Ints, options: Options) -> "_Fields":
        start, end = lines.start[token_lines], lines.end[token_lines]
        separators = _where(lines.data == (BLANK if options.separator == "space" else TAB))
        first = np.searchsorted(separators, start).astype(np.int32)
        count = np.searchsorted(separators, end).astype(np.int32) - first + 1
        return cls(token_lines, start, end, count, first, separators)

    def span(self, column: int) -> tuple[Ints, Ints]:
        """Return where a column lies in the bytes [n_lines]; a column that a line lacks is empty, at its end."""
        if len(self) and (self.count == self.count[0]).all():
            return self._span(column if column >= 0 else int(self.count[0]) + column)
        start, end = self.end.copy(), self.end.copy()
        for count in np.unique(self.count):
            some = self.count == count
            line, begin, finish = self.line[some], self.start[some], self.end[some]
            part = _Fields(line, begin, finish, self.count[some], self.first[some], self.separators)
            start[some], end[some] = part._span(column if column >= 0 else int(count) + column)
        return start, end

    def before_last(self) -> tuple[Ints, Ints]:
        """Return where all that stands before the last column lies [n_lines]; the whole line, if it has one column."""
        several = self.count > 1
        end = self.end.copy()
        end[several] = self.separators[(self.first + self.count - 2)[several]]
        return self.start, end

    def _span(self, column: int) -> tuple[Ints, Ints]:
        """Return where a column counted from 0 lies, on lines that all have the same number of columns."""
        last = int(self.count[0]) - 1 if len(self) else -1
        if not 0 <= column <= last:
            return self.end, self.end
        start = self.start if column == 0 else self.separators[self.first + (column - 1)] + 1
        end = self.end if column == last else self.separators[self.first + column]
        return start, end


def _boundaries(
    lines: _Lines, fields: _Fields, kinds: _Kinds, document_of_token: Ints, options: Options
) -> Mask:
    """Return which token lines begin a sentence."""
    boundary = np.zeros(len(fields), dtype=np.bool_)
    boundary[:1] = True
    blocks = np.cumsum(kinds.separator, dtype=np.int32)[fields.line]
    boundary[1:] |= np.diff(blocks) > 0
    boundary[1:] |= np.diff(document_of_token) > 0
    if options.sentence_id is not None:
        ids = _strings(lines.data, *fields.span(options.sentence_id)).dictionary_encode().indices.to_numpy()
        boundary[1:] |= np.diff(ids) != 0
    return boundary


def _strings(data: Bytes, start: Ints, end: Ints) -> pa.StringArray:
    """Return the pieces [start, end) of UTF-8 bytes as Arrow strings; they lie in order and apart."""
    mark = np.zeros(len(data) + 1, dtype=np.int8)
    mark[start] += 1
    mark[end] -= 1
    inside = np.cumsum(mark[:-1], dtype=np.int8).astype(np.bool_)
    offsets = np.zeros(len(start) + 1, dtype=np.int32)
    np.cumsum(end - start, out=offsets[1:])
    return pa.StringArray.from_buffers(len(start), pa.py_buffer(offsets), pa.py_buffer(data[inside]))


def _labels(data: Bytes, start: Ints, end: Ints, unlabelled: Mask) -> pa.DictionaryArray:
    encoded = _strings(data, start, end).dictionary_encode()
    if not unlabelled.any():
        return encoded
    names = [*encoded.dictionary.to_pylist(), NO_LABEL]
    indices = np.where(unlabelled, len(names) - 1, encoded.indices.to_numpy()).astype(np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(indices), pa.array(names))


def _changes(
    line_numbers: Ints, labels: pa.DictionaryArray, boundary: Mask, words: Mask, empty: Mask, rescued: Mask
) -> tuple[Change, ...]:
    """Return a ledger row for each line whose token is empty; positions count published words."""
    sentence_of = np.cumsum(boundary) - 1
    first_of = np.flatnonzero(boundary)
    words_before: Offsets = np.cumsum(words) - words
    # Sentences of nodes alone are left without a token, and are none.
    stays = np.logical_or.reduceat((words & ~empty) | rescued, first_of) if len(first_of) else boundary
    number = np.cumsum(stays) - 1
    rows = []
    for row in np.flatnonzero(empty):
        label = labels[int(row)].as_py()
        before = None if label == NO_LABEL else label
        sentence = int(sentence_of[row])
        place = (
            int(line_numbers[row]),
            int(number[sentence]),
            int(words_before[row] - words_before[first_of[sentence]]),
        )
        if rescued[row]:
            rows.append(Change(*place, "", REPLACEMENT, "token: empty"))
        else:
            rows.append(Change(*place, before, None, "empty-token"))
    return tuple(rows)


def _rescued(boundary: Mask, empty: Mask, words: Mask) -> Mask:
    """Return the first line of each sentence whose words are all empty: it stays, so that the sentence does."""
    rescued = np.zeros(len(boundary), dtype=np.bool_)
    if empty.any():
        first_of = _where(boundary)
        wordless = ~np.logical_or.reduceat(words & ~empty, first_of)
        rows = np.flatnonzero(empty)
        sentence = (np.cumsum(boundary) - 1)[rows]
        _, first = np.unique(sentence, return_index=True)
        chosen = rows[first]
        rescued[chosen[wordless[sentence[first]]]] = True
    return rescued


def _offsets(boundary: Mask, document: Ints, keep: Mask) -> tuple[Offsets, Offsets]:
    """Return sentence and document offsets of the kept tokens; sentences left without a token vanish."""
    sentence = (np.cumsum(boundary, dtype=np.int32) - 1)[keep]
    begins = np.flatnonzero(np.diff(sentence, prepend=-1) > 0)
    sentences = np.append(begins, len(sentence)).astype(np.int64)
    document_of_sentence = document[keep][begins]
    opens = np.flatnonzero(np.diff(document_of_sentence, prepend=document_of_sentence[:1] - 1) != 0)
    documents = np.append(opens, len(begins)).astype(np.int64) if len(begins) else np.zeros(1, np.int64)
    return sentences if len(sentence) else np.zeros(1, np.int64), documents
