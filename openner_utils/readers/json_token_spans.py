"""JSON with lists of tokens and mentions that are token numbers: GLiNER, W2NER, SpERT, SciERC and DyGIE++.

An entry has tokens, or sentences that are lists of tokens (then its mentions are a list for each, and the entry is a document).
A mention is a list ``[first, last, type, …]``, or with the type first, an object with these, or an object with ``index``, the numbers of all its tokens.

- GLiNER (urchade/GLiNER, data): ``{"tokenized_text": […], "ner": [[first, last, type], …]}``, the last token included;
- W2NER (ljynlp/W2NER, README): ``{"sentence": […], "ner": [{"index": [0, 1], "type": …}, …]}``;
- SpERT (lavis-nlp/spert): ``{"tokens": […], "entities": [{"start": 0, "end": 2, "type": …}, …]}``, the end excluded;
- SciERC, DyGIE++ (dwadden/dygiepp, doc/data.md): ``{"doc_key": …, "sentences": [[…], …], "ner": [[[first, last, type], …], …]}``,
  the last token included, and numbers count from the document's beginning.
"""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Literal

from openner_utils.readers.guess.evidence import Detected, Sample
from openner_utils.readers.guess.json_keys import rank
from openner_utils.readers.json_entries import Entries, entries_of, in_order, is_text, layout_of
from openner_utils.readers.layout import Layout, RawFile
from openner_utils.readers.reading import Faults, Reading
from openner_utils.readers.text import read_text
from openner_utils.readers.token_spans import Marked, Range, Tokens, ranges_of, reading_of
from openner_utils.support.records import Record


class Options(Record):
    """Keys of an entry, and what its numbers count."""

    distinct: ClassVar[tuple[str, ...]] = ("tokens", "mentions")
    """Options that name columns, no two of them the same."""
    layout: Entries = "lines"
    tokens: str = "tokenized_text"
    """Key of the tokens, or of the sentences."""
    mentions: str = "ner"
    inclusive: bool = True
    """Whether the second number of a mention is its last token; else it is the one after."""
    count: Literal["sentence", "document"] = "sentence"
    """Where numbers begin again at 0."""
    start: str = "start"
    end: str = "end"
    index: str = "index"
    type: str = "type"
    """Keys of mentions that are objects."""


def read(raw: RawFile, layout: Layout) -> Reading:
    """Read one JSON file; every line given is the one on which an entry begins. Entries without sentences are one document."""
    options = layout.parsed(Options)
    faults = Faults(raw, layout)
    text, counts = read_text(raw, faults)
    documents: list[list[Tokens]] = []
    single: list[Tokens] | None = None
    for line, entry in entries_of(text, layout_of(text, layout, options.layout), faults):
        sentences = _sentences(entry, line, options, faults)
        if sentences is None:
            continue
        if not _is_nested(entry[options.tokens]):
            if single is None:
                single = []
                documents.append(single)
            single += sentences
        else:
            documents.append(list(sentences))
    return reading_of(documents, raw, counts, faults)


def _is_nested(tokens: Any) -> bool:
    return isinstance(tokens, list) and all(isinstance(one, list) for one in tokens)


def _sentences(entry: Any, line: int, options: Options, faults: Faults) -> list[Tokens] | None:
    """Return the sentences of an entry; one that has none is a fault."""
    tokens = entry.get(options.tokens) if isinstance(entry, dict) else None
    if not isinstance(tokens, list) or not tokens:
        what = f"the entry has no list {options.tokens!r}, or an empty one"
        faults.add(line, "bad-json", what, "Correct the entry", ["tokens", "layout"])
        return None
    mentions = entry.get(options.mentions)
    if not _is_nested(tokens):
        tokens, mentions = [tokens], [mentions]
    if not isinstance(mentions, list) or len(mentions) != len(tokens):
        what = f"{options.mentions!r} is no list with a list of mentions for each of {len(tokens)} sentences"
        faults.add(line, "bad-span", what, "Correct the entry", ["mentions"])
        mentions = [[]] * len(tokens)
    return list(_checked(tokens, mentions, line, options, faults))


def _checked(
    sentences: Sequence[Any], mentions: Sequence[Any], line: int, options: Options, faults: Faults
) -> Iterator[Tokens]:
    first = 0
    for words, marks in zip(sentences, mentions, strict=True):
        bad = [word for word in words if not is_text(word)]
        if bad:
            faults.add(line, "bad-json", f"token {bad[0]!r:.40} is no text", "Correct the entry")
        elif not words:
            faults.add(line, "empty-token", "a sentence without tokens", "Correct the entry")
        else:
            yield Tokens(words, line, list(_marked(marks, first, len(words), line, options, faults)))
        first += len(words) if options.count == "document" else 0


def _marked(
    mentions: Any, first: int, length: int, line: int, options: Options, faults: Faults
) -> Iterator[Marked]:
    """Yield the mentions of a sentence whose first token has the number ``first``."""
    for mention in mentions if isinstance(mentions, list) else [mentions]:
        ranges, kind = _ranges(mention, options)
        if ranges and is_text(kind) and first <= ranges[0][0] and ranges[-1][1] <= first + length:
            yield Marked(tuple((start - first, end - first) for start, end in ranges), kind, line)
        else:
            what = f"{mention!r:.80} is no mention in tokens {first} to {first + length - 1}"
            faults.add(
                line, "bad-span", what, "Correct the entry", ["inclusive", "count", "start", "end", "type"]
            )


def _ranges(mention: Any, options: Options) -> tuple[tuple[Range, ...], Any]:
    """Return the ranges of tokens of a mention, and its type; no range if it is no mention."""
    match in_order(mention):
        case [start, end, kind, *_]:
            pass
        case dict() if isinstance(index := mention.get(options.index), list):
            whole = all(type(number) is int for number in index)
            return ranges_of(index) if whole else (), mention.get(options.type)
        case dict():
            start, end, kind = (mention.get(key) for key in (options.start, options.end, options.type))
        case _:
            return (), None
    if type(start) is not int or type(end) is not int or start >= end + options.inclusive:
        return (), None
    return ((start, end + options.inclusive),), kind


_TOKENS = ("tokenized_text", "tokens", "sentence", "sentences", "words")
_MENTIONS = ("ner", "entities", "mentions", "spans")


def sniff(sample: Sample) -> Detected | None:
    """Return how the sample is read if its entries have lists of tokens, or of sentences, and mentions in token numbers."""
    json = sample.json
    if json is None or not json.objects or json.layout == "object":
        return None
    keys = list(dict.fromkeys(key for entry in json.objects for key in entry))
    entries = {key: [entry for entry in json.objects if _are_tokens(entry.get(key))] for key in keys}
    tokens = [key for key in keys if 2 * len(entries[key]) > len(json.objects)]
    tokens = [key for key in tokens if rank(key, _TOKENS) < len(_TOKENS) or sample.given.get("tokens") == key]
    pairs = [
        (word, key)
        for word in sorted(tokens, key=lambda key: rank(key, _TOKENS))
        for key in sorted(keys, key=lambda key: rank(key, _MENTIONS))
        if rank(key, _MENTIONS) < len(_MENTIONS) and _hold_mentions(entries[word], word, key)
    ]
    if not pairs:
        return None
    word, key = pairs[0]
    marks = [one for entry in entries[word] for one in _flat(entry, word, key) if _is_mention(one)]
    options = {
        "tokens": word,
        "mentions": key,
        "layout": json.layout,
        "inclusive": _is_inclusive(entries[word], word, key),
    }
    options |= {"count": "document"} if _is_nested(entries[word][0][word]) else {}
    why = (
        f"JSON {json.layout}, tokens under {word!r}, mentions in their numbers under {key!r}",
        "--option tokens=KEY, --option mentions=KEY, --option inclusive=",
    )
    types = {_ranges(one, Options())[1] for one in marks}
    return Detected("json_token_spans", "spans", 0.96, (why,), options, types=tuple(sorted(types)))


def _are_tokens(value: Any) -> bool:
    texts = [word for one in value for word in one] if _is_nested(value) else value
    return isinstance(value, list) and bool(texts) and all(isinstance(word, str) for word in texts)


def _flat(entry: Any, word: str, key: str) -> list[Any]:
    """Return the mentions of an entry, of all its sentences."""
    mentions = entry.get(key)
    if not isinstance(mentions, list):
        return []
    nested = _is_nested(entry[word])
    return [one for of in mentions if isinstance(of, list) for one in of] if nested else mentions


def _is_mention(mark: Any) -> bool:
    ranges, kind = _ranges(mark, Options())
    return bool(ranges) and is_text(kind)


def _hold_mentions(entries: Sequence[Any], word: str, key: str) -> bool:
    """Return whether most of what a key holds are mentions in token numbers: the others are faults, each with its line."""
    marks = [one for entry in entries for one in _flat(entry, word, key)]
    return 2 * sum(map(_is_mention, marks)) > len(marks)


def _is_inclusive(entries: Sequence[Any], word: str, key: str) -> bool:
    """Return whether last numbers are those of tokens: more mentions begin where they end than end after the last token.

    Objects with start and end of which nothing tells are taken for SpERT's, which excludes the end.
    """
    alone = behind = 0
    objects = False
    for entry in entries:
        length = sum(map(len, entry[word])) if _is_nested(entry[word]) else len(entry[word])
        for mark in filter(_is_mention, _flat(entry, word, key)):
            start, end = _edges(mark)
            alone += start == end
            behind += end == length
            objects |= isinstance(mark, dict)
    return alone > behind or (alone == behind and not objects)


def _edges(mention: Any) -> tuple[int, int]:
    if isinstance(mention, dict):
        return mention.get("start", 0), mention.get("end", -1)
    start, end, *_ = in_order(mention)
    return start, end
