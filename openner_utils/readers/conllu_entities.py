r"""CoNLL-U with mentions in brackets in the MISC column, ``Entity=(e1-person-1-`` … ``Entity=e1)``, as UniversalAnaphora has it.

The format is that of CorefUD and GUM (UniversalAnaphora, "UA CoNLL-U proposal, compact"): a comment names what stands between
the hyphens of an opening bracket, a closing one repeats its first part, and ``[1/2]`` tells the parts of a mention with gaps:

    # global.Entity = eid-etype-head-other
    1  Mira   …  Entity=(e1-person-1-
    2  Halon  …  Entity=e1)
    3  Turku  …  Entity=(e2-place-1-)|SpaceAfter=No

These are mentions of coreference, so pronouns and phrases are among them where the corpus has them.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import regex

from openner_utils.core.changes import Change
from openner_utils.readers.guess.evidence import Detected, Sample
from openner_utils.readers.layout import Layout, RawFile
from openner_utils.readers.reading import Faults, Reading
from openner_utils.readers.text import read_text
from openner_utils.readers.token_spans import Marked, Range, Tokens, ranges_of, reading_of
from openner_utils.support.records import Record

_FIELDS = re.compile(r"# global\.Entity\s*=\s*(\S+)\s*")
_BRACKETS = regex.compile(r"(?:\([^()]+\)?|[^()]+\))*+")
_BRACKET = re.compile(r"\((?P<opened>[^()]+)(?P<single>\)?)|(?P<closed>[^()]+)\)")
_PART = re.compile(r"(?P<id>[^\[\]]*)(?:\[(?P<part>\d+)/(?P<parts>\d+)\])?(?:-|$)")
_ID = re.compile(r"(?P<word>[0-9]+)|[0-9]+[-.][0-9]+")
_TYPE = "etype"


class Options(Record):
    """``key`` is the name before the equals sign in MISC."""

    key: str = "Entity"


@dataclass(slots=True)
class _Open:
    """A bracket that is open: what stands in it, the token at which it opened, the line, and its place among all brackets."""

    content: str
    start: int
    line: int
    place: int


@dataclass(slots=True)
class _Document:
    """A document as it is read; mentions are ranges of its tokens."""

    tokens: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    """Number of tokens at the end of each sentence."""
    marks: dict[int, Marked] = field(default_factory=dict)
    """Mentions by the place of the bracket that opens them."""
    open: list[_Open] = field(default_factory=list)
    parts: dict[str, tuple[_Open, list[Range]]] = field(default_factory=dict)
    """First bracket and parts of mentions with gaps, by what stands before [1/2] there, until the last part comes."""


def read(raw: RawFile, layout: Layout) -> Reading:
    """Read one CoNLL-U file; comment lines ``# newdoc`` begin documents. A mention is cut at the end of its sentence."""
    options = layout.parsed(Options)
    faults = Faults(raw, layout)
    content, counts = read_text(raw, faults)
    reader = _Reader(options.key, counts, faults)
    for number, line in enumerate(content.split("\n"), 1):
        reader.take(number, line.removesuffix("\r"))
    documents = reader.finish()
    changes: list[Change] = []
    texts: list[list[Tokens]] = []
    for document in documents:
        before = sum(map(len, texts))
        texts.append(list(_sentences(document, before, changes)))
    if not reader.met:
        what = f"no token has {options.key}= in its MISC column"
        raise faults.fail(0, "no-label", what, "Take a file with entities", ["key", "reader"])
    return reading_of(texts, raw, {what: n for what, n in counts.items() if n}, faults, changes)


class _Reader:
    """Takes a file line by line."""

    def __init__(self, key: str, counts: dict[str, int], faults: Faults) -> None:
        self.key, self.counts, self.faults = key, counts, faults
        self.fields: Sequence[str] | None = None
        self.met = 0
        self.documents = [_Document()]

    def take(self, number: int, line: str) -> None:
        document = self.documents[-1]
        if not line.strip():
            self._end_sentence()
        elif line.startswith("#"):
            if line.startswith("# newdoc"):
                self._end_document()
            elif found := _FIELDS.fullmatch(line):
                self.fields = found[1].split("-")
        else:
            cells = line.split("\t")
            id = _ID.fullmatch(cells[0])
            if len(cells) != 10 or not id or not cells[1].strip():
                what = (
                    f"{line!r:.40} is no word in 10 columns" if id else f"{cells[0]!r:.40} is no id of a word"
                )
                self.faults.add(number, "column-count", what)
                return
            is_word = id["word"] is not None
            start = len(document.tokens)
            if is_word:
                document.tokens.append(cells[1])
                document.lines.append(number)
            else:
                self._count("multiword or empty node")
            self._brackets(number, self._value(cells[9]), start, start + is_word)

    def finish(self) -> list[_Document]:
        """Return the documents that hold a token."""
        self._end_document()
        return [document for document in self.documents if document.tokens]

    def _value(self, misc: str) -> str:
        pairs = (part.partition("=") for part in misc.split("|"))
        return next((value for name, _, value in pairs if name == self.key), "")

    def _count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1

    def _end_sentence(self) -> None:
        document = self.documents[-1]
        if len(document.tokens) > (document.ends[-1] if document.ends else 0):
            document.ends.append(len(document.tokens))

    def _end_document(self) -> None:
        self._end_sentence()
        for one in self.documents[-1].open:
            self.faults.add(one.line, "bad-span", f"the bracket ({one.content:.40} is never closed")
        for one, _ in self.documents[-1].parts.values():
            self.faults.add(
                one.line, "bad-span", f"the last part of the mention ({one.content:.40} is missing"
            )
        self.documents.append(_Document())

    def _brackets(self, number: int, value: str, start: int, end: int) -> None:
        """Take the brackets of one word [start, end) of the document, or of an empty node before word ``start``."""
        if not _BRACKETS.fullmatch(value):
            self.faults.add(number, "bad-span", f"{value!r:.60} is no row of brackets")
            return
        document = self.documents[-1]
        for found in _BRACKET.finditer(value):
            self.met += 1
            if found["opened"]:
                one = _Open(found["opened"], start, number, self.met)
                if found["single"]:
                    self._close(one, end)
                else:
                    document.open.append(one)
                continue
            content = found["closed"]
            at = next(
                (at for at in reversed(range(len(document.open))) if _closes(content, document.open[at])),
                None,
            )
            if at is None:
                self.faults.add(number, "bad-span", f"{content!r:.40}) closes a bracket where none is open")
            else:
                self._close(document.open.pop(at), end)

    def _close(self, one: _Open, end: int) -> None:
        """Note a mention, or a part of one."""
        document = self.documents[-1]
        part = _PART.match(one.content)
        ranges: Iterable[Range] = [(one.start, end)] if one.start < end else []
        if part and part["part"]:
            _, parts = document.parts.setdefault(part["id"], (one, []))
            parts += ranges
            if part["part"] != part["parts"]:
                return
            one, ranges = document.parts.pop(part["id"])
        kind = self._type(one)
        if kind in ("", "_"):
            self._count("mention without type")
        elif not ranges:
            self._count("mention of an empty node")
        else:
            numbers = (number for first, last in ranges for number in range(first, last))
            document.marks[one.place] = Marked(ranges_of(numbers), kind, one.line)

    def _type(self, one: _Open) -> str:
        if self.fields is None or _TYPE not in self.fields:
            what = "no comment before the first bracket tells what stands in it"
            fix = "Write one that names the parts between its hyphens: # global.Entity = eid-etype-head-other"
            raise self.faults.fail(one.line, "bad-span", what, fix, ["reader"])
        values = one.content.split("-", len(self.fields) - 1)
        at = self.fields.index(_TYPE)
        return values[at] if at < len(values) else ""


def _closes(content: str, one: _Open) -> bool:
    return one.content == content or one.content.startswith(f"{content}-")


def _sentences(document: _Document, before: int, changes: list[Change]) -> Iterator[Tokens]:
    """Yield the sentences of a document, of which the first has the number ``before``."""
    in_sentence: list[list[Marked]] = [[] for _ in document.ends]
    for _, mark in sorted(document.marks.items()):
        number = bisect_right(document.ends, mark.ranges[0][0])
        start, end = (document.ends[number - 1] if number else 0), document.ends[number]
        ranges = tuple((first - start, last - start) for first, last in mark.ranges)
        inside = tuple((first, min(last, end - start)) for first, last in ranges if first < end - start)
        whole, cut = Marked(ranges, mark.type, mark.line), Marked(inside, mark.type, mark.line)
        if inside != ranges:
            changes.append(
                Change(mark.line, before + number, -1, str(whole), str(cut), "cut at sentence end")
            )
        in_sentence[number].append(cut)
    start = 0
    for end, marks in zip(document.ends, in_sentence, strict=True):
        yield Tokens(document.tokens[start:end], document.lines[start:end], marks)
        start = end


def sniff(sample: Sample) -> Detected | None:
    """Return how the sample is read if a comment names what stands in brackets, or the last of ten columns holds them."""
    misc = [
        line.split("\t")[9] for line in sample.filled if line.count("\t") == 9 and not line.startswith("#")
    ]
    key = sample.given.get("key", Options().key)
    brackets = sum(bool(re.search(rf"(?:^|\|){re.escape(str(key))}=[^|]*[()]", one)) for one in misc)
    declared = any(map(_FIELDS.fullmatch, sample.lines))
    if not brackets and not declared:
        return None
    why = (f"CoNLL-U with mentions in brackets under {key}=", "--option key")
    return Detected("conllu_entities", "spans", 1.0 if declared else 0.96, (why,))
