"""Running text with tags around mentions: ``<PER>Ada</PER>`` or ``<ENAMEX TYPE="PERSON">Ada</ENAMEX>``.

A small scanner of its own reads the tags. A document type is passed over and nothing that it names is opened; one that defines
entities is refused, so there is nothing to expand. A < or & that begins neither a tag nor a reference is text, and so is what
stands in CDATA. Of tags inside one another the outermost is the flat mention; see `spans`. Offsets count the characters of a
document's text without tags and with references such as ``&amp;`` resolved.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from html.entities import name2codepoint
from typing import Literal, Self

import regex
from pydantic import model_validator

from openner_utils.readers.layout import Layout, RawFile
from openner_utils.readers.reading import Faults, Reading
from openner_utils.readers.spans import Piece, Published, Text, columns_of, get_tokenizer
from openner_utils.readers.text import read_text
from openner_utils.support.errors import FormatError
from openner_utils.support.records import Record

_NAME = r"[^\W\d][\w.:-]*"
_TAG = regex.compile(
    rf"<(?P<slash>/?)(?P<name>{_NAME})"
    rf"(?P<attributes>(?:\s+{_NAME}\s*=\s*(?:\"[^\"<]*\"|'[^'<]*'|[^\s\"'<>=/]+))*+)\s*(?P<empty>/?)>"
)
_ATTRIBUTE = re.compile(rf"({_NAME})\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'<>=/]+))")
_MARK = re.compile(
    r"<!--|<\?|<!|</|<(?=[^\W\d])|&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]*);"
)
_DOCTYPE = regex.compile(
    r"<!DOCTYPE\s+[^\s\[<>]+(?:\s+(?:SYSTEM|PUBLIC|\"[^\"<]*\"|'[^'<]*'))*+\s*(?:\[(?P<subset>[^\]]*)\]\s*)?>"
)
_CDATA = "<![CDATA["
_PREDEFINED = {"apos": "'"}


class Options(Record):
    """Which tags are mentions, and where sentences end."""

    attribute: str | None = None
    """Attribute with the mention's type, for instance TYPE; without it the tag's name is the type."""
    named: tuple[str, ...] = ()
    """Tags whose name is the type, beside others that have it in their ``attribute``."""
    sentence: str | None = None
    """Tag around a sentence; without it lines are sentences."""
    document: str | None = None
    """Tag around a document; without it the file is one."""
    ignore: tuple[str, ...] = ()
    """Tags of another kind: counted and passed over, what stands between them is read."""
    encoding: str = "utf-8"
    """Any text encoding that Python knows by name."""
    tokenizer: Literal["words", "clusters", "whitespace"] = "words"
    """See `spans.TOKENIZERS`."""

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        mention, passed_over = set(self.named), set(self.ignore)
        around = {self.sentence, self.document} - {None}
        if both := sorted(map(str, mention & passed_over | (mention | passed_over) & around)):
            raise ValueError(
                f"the tag {both[0]} stands under two of named, ignore, sentence and document; leave it in one of them"
            )
        return self


def read(raw: RawFile, layout: Layout) -> Reading:
    """Read one file of tagged text; a tag that does not fit the others is a fault, and marks no mention."""
    options, faults = layout.parsed(Options), Faults(raw, layout)
    content, counts = read_text(raw, faults, options.encoding)
    scanner = _Scanner(faults, content, options, counts)
    groups = [[text] for text in scanner.run()]
    return columns_of(groups, get_tokenizer(options.tokenizer), raw, faults, counts)


class _Scanner:
    """Takes a tagged text apart, from its begin to its end."""

    def __init__(self, faults: Faults, content: str, options: Options, counts: dict[str, int]) -> None:
        self.faults, self.content, self.options, self.counts = faults, content, options, counts
        self.newlines = [match.start() for match in re.finditer("\n", content)]
        self.open: list[tuple[str, str | None, int, int]] = []  # tag, type if it is a mention, start, line
        self.mentions: list[int] = []  # which of the open tags are mentions
        self.names: Counter[str] = Counter()  # how many of the open tags have this name
        self.unclosed: set[str] = set()  # ends of comments and the like that do not come any more
        self.done: list[Text] = []
        self._begin()

    def _begin(self) -> None:
        self.parts: list[str] = []
        self.length = 0
        self.cuts: list[tuple[int, int]] = []  # where sentences may begin, and the line there
        self.spans: list[Published] = []

    def run(self) -> list[Text]:
        """Return the documents."""
        self._cut(0)
        at = 0
        while mark := _MARK.search(self.content, at):
            self._text(at, mark.start())
            at = self._reference(mark) if mark[0][0] == "&" else self._markup(mark)
        self._text(at, len(self.content))
        self._leave_open(0)
        self._finish()
        return self.done

    def _line(self, at: int) -> int:
        return bisect_right(self.newlines, at - 1) + 1

    def _fail(self, at: int, what: str, fix: str, options: Iterable[str] = ()) -> FormatError:
        return self.faults.fail(self._line(at), "bad-span", what, fix, options)

    def _note(self, at: int, what: str, fix: str, options: Iterable[str] = ()) -> None:
        """Note a fault after which it is clear how the text goes on."""
        self.faults.add(self._line(at), "bad-span", what, fix, options)

    def _cut(self, at: int) -> None:
        self.cuts.append((self.length, self._line(at)))

    def _add(self, text: str) -> None:
        self.parts.append(text)
        self.length += len(text)

    def _text(self, start: int, end: int) -> None:
        """Take text between tags; its line ends are sentence ends unless a tag marks sentences."""
        if self.options.sentence is None:
            line_end = self.content.find("\n", start, end)
            while line_end >= 0:
                self._add(self.content[start : line_end + 1])
                start = line_end + 1
                self._cut(start)
                line_end = self.content.find("\n", start, end)
        self._add(self.content[start:end])

    def _reference(self, mark: re.Match[str]) -> int:
        body = mark[0][1:-1]
        if body.startswith("#"):
            code = int(body[2:], 16) if body[1] in "xX" else int(body[1:])
        else:
            code = ord(_PREDEFINED.get(body, chr(name2codepoint.get(body, 0))))
        if not 0 < code <= 0x10FFFF or 0xD800 <= code <= 0xDFFF:
            self._note(mark.start(), f"{mark[0]} stands for no character", "Write the character itself")
            self._add(mark[0])
        else:
            self._add(chr(code))
        return mark.end()

    def _markup(self, mark: re.Match[str]) -> int:
        """Take what begins with < and return where it ends."""
        start = mark.start()
        if mark[0] in ("<!--", "<?"):
            close = "-->" if mark[0] == "<!--" else "?>"
            end = self._end_of(mark[0], close, start)
            if end > mark.end():
                self._count("comment or instruction")
            return end
        if mark[0] == "<!":
            return self._declaration(start)
        tag = _TAG.match(self.content, start)
        if not tag or (tag["slash"] and (tag["attributes"] or tag["empty"])):
            shown = self.content[start : start + 30]
            self._note(start, f"{shown!r} is no tag", 'Write it <NAME ATTRIBUTE="VALUE">, and < itself &lt;')
            self._add("<")
            return start + 1
        if tag["slash"]:
            self._close(tag)
        else:
            self._open(tag)
            if tag["empty"]:
                self._close(tag)
        return tag.end()

    def _end_of(self, begin: str, close: str, start: int) -> int:
        """Return where what begins at ``start`` ends; without its ``close`` it is a fault, and text."""
        end = -1 if close in self.unclosed else self.content.find(close, start + len(begin))
        if end >= 0:
            return end + len(close)
        self.unclosed.add(close)
        self._note(start, f"{begin} without {close}", "Close it")
        self._add(begin)
        return start + len(begin)

    def _declaration(self, start: int) -> int:
        """Take CDATA as text, pass over a document type, and return where it ends."""
        if self.content.startswith(_CDATA, start):
            end = self._end_of(_CDATA, "]]>", start)
            if end > start + len(_CDATA):
                self._text(start + len(_CDATA), end - len("]]>"))
            return end
        found = _DOCTYPE.match(self.content, start)
        if not found or "<!ENTITY" in (found["subset"] or ""):
            what = "a declaration" if not found else "a document type that defines entities"
            raise self._fail(start, what, "Remove it, and write the characters themselves for its entities")
        self._count("document type")
        return found.end()

    def _count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1

    def _open(self, tag: regex.Match[str]) -> None:
        name, options = tag["name"], self.options
        type: str | None = None
        if name in (options.sentence, options.document):
            if self.mentions:
                what = f"<{name}> inside the mention <{self.open[self.mentions[0]][0]}>"
                self._note(tag.start(), what, "Close the mention first")
                self._leave_open(self.mentions[0])
            self._boundary(name, tag.end())
        elif name in options.ignore:
            self._count(f"tag <{name}>")
        else:
            by_name = options.attribute is None or name in options.named
            type = name if by_name else self._type(tag, str(options.attribute))
        if type is not None:
            self.mentions.append(len(self.open))
        self.open.append((name, type, self.length, self._line(tag.start())))
        self.names[name] += 1

    def _leave_open(self, depth: int) -> None:
        """Give up the open tags from ``depth`` on: they are never closed, and mark no mentions."""
        for name, _, _, line in self.open[depth:]:
            self.names[name] -= 1
            self.faults.add(line, "bad-span", f"<{name}> is never closed", "Close it")
        self._forget(depth)

    def _forget(self, depth: int) -> None:
        del self.open[depth:]
        while self.mentions and self.mentions[-1] >= depth:
            self.mentions.pop()

    def _type(self, tag: regex.Match[str], attribute: str) -> str | None:
        values = {name: "".join(value) for name, *value in _ATTRIBUTE.findall(tag["attributes"])}
        if not values.get(attribute):
            what = f"<{tag['name']}> has no attribute {attribute}"
            self._note(tag.start(), what, "Give it one", ["named", "ignore", "attribute"])
        return values.get(attribute) or None

    def _close(self, tag: regex.Match[str]) -> None:
        if not self.open or self.open[-1][0] != tag["name"]:
            name, _, _, line = self.open[-1] if self.open else ("", None, 0, 0)
            what = f"</{tag['name']}> where {f'<{name}> of line {line}' if name else 'no tag'} is open"
            self._note(tag.start(), what, "Close tags in the order in which they lie inside one another")
            if not self.names[tag["name"]]:
                return
            # What was opened inside it can only be closed too late.
            meant = next(at for at in reversed(range(len(self.open))) if self.open[at][0] == tag["name"])
            self._leave_open(meant + 1)
        name, type, start, line = self.open[-1]
        self.names[name] -= 1
        self._forget(len(self.open) - 1)
        if type is not None:
            if start == self.length:
                self._note(tag.start(), f"<{name}> of line {line} holds nothing", "Remove it")
            else:
                self.spans.append(Published(start, self.length, type, line))
        elif name in (self.options.sentence, self.options.document):
            self._boundary(name, tag.end())

    def _boundary(self, name: str, at: int) -> None:
        if name == self.options.document:
            self._finish()
            self._begin()
        self._cut(at)

    def _finish(self) -> None:
        """Make a text of what was taken since the last document's begin."""
        text = "".join(self.parts)
        ends = [start for start, _ in self.cuts[1:]] + [self.length]
        pieces = [
            Piece(start, end, line)
            for (start, line), end in zip(self.cuts, ends, strict=True)
            if text[start:end].strip()
        ]
        if pieces or self.spans:
            self.done.append(Text(text, pieces, self.spans))
