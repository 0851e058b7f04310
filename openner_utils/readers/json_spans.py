"""JSON with texts and character spans: doccano, Prodigy, spaCy's training data, Label Studio's JSON-MIN and others.

An entry is an object with a text and a list of spans, or a pair of the text and such an object (spaCy 2's training tuples). A
span is a list ``[start, end, type]``, or ``[type, start, end]``, or an object:

- doccano (backend/data_export): ``{"text": …, "label": [[0, 4, "PER"]]}``, or with relations
  ``"entities": [{"label": "PER", "start_offset": 0, "end_offset": 4}], "relations": […]``;
- Prodigy (docs, "NER"): ``{"text": …, "tokens": [{"text": "Ada", "start": 0, "end": 3}], "spans": [{"start": 0, "end": 3,
  "label": "PER"}], "answer": "accept"}``;
- spaCy 2 ("Training data"): ``["Ada ran", {"entities": [[0, 3, "PER"]]}]``, or the same as a list of tuples in Python;
- spans with their offsets in an object of their own: ``{"text": …, "entity_list": [{"entity_type": "PER", "entity_index":
  {"begin": 0, "end": 3}}]}``;
- Label Studio ("Export", JSON-MIN): ``{"text": …, "label": [{"start": 0, "end": 3, "text": "Ada", "labels": ["PER"]}]}``.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar, Literal

import regex

from openner_utils.readers import json_entries
from openner_utils.readers.cutting import Cut
from openner_utils.readers.guess.evidence import Detected, Sample
from openner_utils.readers.guess.json_keys import agreement, rank
from openner_utils.readers.json_entries import Entries, entries_of, in_order, is_text, layout_of
from openner_utils.readers.layout import Layout, RawFile
from openner_utils.readers.offsets import Fit, Unit, cause, in_characters
from openner_utils.readers.reading import Faults, Reading
from openner_utils.readers.spans import Piece, Published, Text, columns_of, get_tokenizer
from openner_utils.readers.text import half_pair, read_text
from openner_utils.support.records import Record

ACCEPT = "accept"


class Options(Record):
    """Keys of an entry and of its spans, and how its text becomes tokens."""

    distinct: ClassVar[tuple[str, ...]] = ("text", "spans", "tokens")
    """Options that name columns, no two of them the same."""
    layout: Entries = "lines"
    text: str = "text"
    spans: str = "entities"
    """Key of the list of spans."""
    start: str = "start"
    end: str = "end"
    length: str | None = None
    """Key of a span's length, where spans have it instead of an end."""
    type: str = "label"
    """Keys of spans that are objects, and of tokens; a type that is a list stands for as many spans. ``entity_index.begin``
    is the key ``begin`` of the object under ``entity_index``."""
    words: str = "text"
    """Key of a span's words, where spans have one: they must be those of the text at its place."""
    offsets: Unit | None = None
    """What start and end count: characters, and if that is not said, too, but then other units are looked at."""
    inclusive: bool | None = None
    """Whether the end is the last character of a span; else it is the one after. If that is not said, it is looked at, too."""
    tokens: str | None = None
    """Key of a list of tokens with their start and end; without it the tokenizer makes them."""
    answer: str | None = None
    """Key of the annotator's answer: entries for which it is not ``accept`` are left out, and counted."""
    document: str | None = None
    """Key whose value is the same for the sentences of a document; without it each text is one."""
    tokenizer: Literal["words", "clusters", "whitespace"] = "words"
    """See `spans.TOKENIZERS`."""


def read(raw: RawFile, layout: Layout) -> Reading:
    """Read one JSON file; each entry is a sentence, neighbours with one document value a document."""
    options, faults = layout.parsed(Options), Faults(raw, layout)
    content, counts = read_text(raw, faults)
    groups: list[list[Text]] = []
    last: object = None
    fit = Fit()
    tokenize = get_tokenizer(options.tokenizer)
    for line, value in entries_of(content, layout_of(content, layout, options.layout), faults):
        entry = _entry(line, value, options, faults)
        if entry is None:
            continue
        if options.answer and entry.get(options.answer) != ACCEPT:
            what = f"entry whose {options.answer} is not {ACCEPT}"
            counts[what] = counts.get(what, 0) + 1
            continue
        words = _words(line, entry, options, faults) or tokenize(entry[options.text])
        text = text_of(line, entry, words, options, faults)
        if options.offsets is None and options.inclusive is None:
            fit.take(line, text.text, [(span.start, span.end) for span in text.spans], words)
        document = entry.get(options.document) if options.document else line
        if groups and document == last:
            groups[-1].append(text)
        else:
            groups.append([text])
        last = document
    return replace(columns_of(groups, tokenize, raw, faults, counts), open=fit)


def cut(raw: RawFile, layout: Layout) -> Cut | None:
    """Return how the file is cut into parts, if it has an entry a line."""
    return json_entries.cut(raw, layout, layout.parsed(Options).layout)


def _entry(line: int, value: Any, options: Options, faults: Faults) -> dict[str, Any] | None:
    """Return an entry as an object with a text and a list of spans; what is none is a fault."""
    match value:
        case (str(), dict()):
            value = value[1] | {options.text: value[0]}
    if options.answer and isinstance(
        value, dict
    ):  # where there is no mention Prodigy may leave their list out
        value = {options.spans: []} | value
    text, spans = (
        (value.get(options.text), value.get(options.spans)) if isinstance(value, dict) else (None, None)
    )
    if isinstance(text, str) and not half_pair(text) and isinstance(spans, list):
        return value
    what = f"no object with a text {options.text!r} and a list of spans {options.spans!r}"
    faults.add(line, "bad-json", what, "Correct the entry", ["text", "spans", "layout"])
    return None


def text_of(
    line: int, entry: dict[str, Any], words: Sequence[tuple[int, int]], options: Options, faults: Faults
) -> Text:
    """Return the text of an entry with its spans; what is no span of it is a fault."""
    text = entry[options.text]
    place = in_characters(text, options.offsets or "characters")
    spans: list[Published] = []
    for span in entry[options.spans]:
        start, end, types = _parts(span, options)
        edges = (place(start), place(end + bool(options.inclusive))) if _are_numbers(start, end) else (-1, -1)
        given = span.get(options.words) if isinstance(span, dict) else None
        if types and 0 <= edges[0] < edges[1] and given in (None, text[slice(*edges)]):
            spans += [Published(*edges, kind, line) for kind in types]
            continue
        what = f"{span!r:.100} is no span of the text with a type"
        if types and isinstance(given, str) and _are_numbers(start, end):
            what = f"the text at {start} {end} is not {given!r:.40}{cause(text, (start, end + bool(options.inclusive)), given)}"
        faults.add(
            line, "bad-span", what, "Correct the span", ["start", "end", "type", "offsets", "inclusive"]
        )
    return Text(text, [Piece(0, len(text), line, words)], spans)


def _parts(span: Any, options: Options) -> tuple[Any, Any, list[str]]:
    """Return start, end and types of a span; no type if it is none."""
    start: Any
    end: Any
    kind: Any
    match in_order(span):
        case dict():
            start, end, kind = (
                _under(span, key) for key in (options.start, options.length or options.end, options.type)
            )
            if options.length and _are_numbers(start, end):
                end += start
        case [start, end, kind, *_]:
            pass
        case _:
            return None, None, []
    kinds: list[Any] = kind if isinstance(kind, list) else [kind]
    return start, end, kinds if all(map(is_text, kinds)) else []


def _under(span: dict[str, Any], key: str) -> Any:
    """Return what stands under a key, or under one of an object in the span: ``outer.inner``."""
    outer, dot, inner = key.partition(".")
    if key in span or not dot:
        return span.get(key)
    within = span.get(outer)
    return within.get(inner) if isinstance(within, dict) else None


def _edges(span: Any, options: Options) -> tuple[int, int]:
    """Return where a span begins and where it is over."""
    start, end, _ = _parts(span, options)
    return start, end + bool(options.inclusive)


def _words(line: int, entry: dict[str, Any], options: Options, faults: Faults) -> Sequence[tuple[int, int]]:
    """Return where the published tokens of an entry lie; nothing if there are none or if they do not hold its whole text."""
    if options.tokens is None or options.tokens not in entry:
        return ()
    tokens, text = entry.get(options.tokens), entry[options.text]
    place = in_characters(text, options.offsets or "characters")
    words: list[tuple[int, int]] = []
    between = ""
    for token in tokens if isinstance(tokens, list) else []:
        start, end, _ = _parts(token, options)
        last = words[-1][1] if words else 0
        if not _are_numbers(start, end) or not last <= place(start) < place(end):
            break
        between += text[last : place(start)]
        words.append((place(start), place(end)))
    else:
        between += text[words[-1][1] if words else 0 :]
        if isinstance(tokens, list) and not between.strip():
            return words
    what = f"{options.tokens!r} is no list of tokens with start and end, in order, that holds the whole text"
    faults.add(line, "bad-span", what, "Correct the entry", ["tokens"])
    return ()


def _are_numbers(*values: Any) -> bool:
    return all(type(value) is int for value in values)


_TEXTS = ("text", "sentence", "content", "data")
_SPANS = ("entities", "spans", "label", "labels", "annotations", "ents", "mentions")
_NAMES = {
    "start": ("start", "start_offset", "begin", "start_char", "start_pos", "from", "offset"),
    "end": ("end", "end_offset", "end_char", "end_pos", "to"),
    "length": ("length", "len"),
    "type": ("label", "labels", "type", "tag", "entity_type", "entity_group", "entity", "class"),
}
"""Keys of spans that are objects."""
_PAIRS = regex.compile(r"\s*(?:#.*\s+)*+(?:\w+\s*=\s*)?\[\s*[(\[]\s*[\"']")
"""How a list of pairs in Python begins, after comments and with or without a name."""


def sniff(sample: Sample) -> Detected | None:
    """Return how the sample is read if its entries are texts with spans: pairs, a list, or spans that are objects.

    Spans ``[start, end, type]`` in JSON lines are left to `guess.json_keys`.
    """
    json = sample.json
    layout, values = (json.layout, json.entries) if json else ("python", _python(sample))
    if layout == "object" or not values:
        return None
    entries = [_object(value) for value in values]
    if any("answer" in entry for entry in entries):
        entries = [{"spans": []} | entry for entry in entries]
    pairs = not any(isinstance(value, dict) for value in values)
    keys_of = list(dict.fromkeys(key for entry in entries for key in entry))
    found = [
        (text, span, keys)
        for text in sorted(set(_TEXTS) & set(keys_of), key=lambda key: rank(key, _TEXTS))
        for span in sorted(keys_of, key=lambda key: rank(key, _SPANS))
        if all(isinstance(entry.get(text), str) and isinstance(entry.get(span), list) for entry in entries)
        and (keys := _span_keys([one for entry in entries for one in entry[span]])) is not None
    ]
    if not found or (layout == "lines" and not pairs and not found[0][2]):
        return None
    text, span, keys = found[0]
    options: dict[str, Any] = {"layout": layout, "text": text, "spans": span, **keys}
    options |= _words_of(entries, Options.model_validate(options)) if keys else {}
    first = entries[0]
    if isinstance(first.get("tokens"), list) and any(
        isinstance(one, dict) and "start" in one for one in first["tokens"]
    ):
        options["tokens"] = "tokens"
    if any(entry.get("answer") in (ACCEPT, "reject", "ignore") for entry in entries):
        options["answer"] = "answer"
    plain = [
        {"t": entry[text], "s": [_edges(one, Options.model_validate(options)) for one in entry[span]]}
        for entry in entries
    ]
    share = agreement("t", "s", plain)
    told = (
        f"{'Python' if layout == 'python' else 'JSON ' + layout}, text under {text!r}, spans under {span!r}"
    )
    told += ", ends their last characters" if options.get("inclusive") else ""
    told += "" if share > _AGREE else f", of whose edges {share:.0%} lie between words"
    types = {
        kind
        for entry in entries
        for one in entry[span]
        for kind in _parts(one, Options.model_validate(keys))[2]
    }
    return Detected(
        "json_spans",
        "spans",
        0.96 if share > _AGREE else 0.7,
        ((told, "--option text=KEY, --option spans=KEY"),),
        options,
        types=tuple(sorted(types)),
    )


_AGREE = 0.9
"""Share of spans' edges that lie between words, from which on spans belong to a text."""


def _python(sample: Sample) -> list[Any]:
    """Return the entries of a list in Python, if the sample begins like one of pairs."""
    if not _PAIRS.match(sample.windows[0] if sample.windows else ""):
        return []
    content = sample.raw.whole().decode(sample.encoding, "replace").removeprefix("\ufeff")
    return [value for _, value in entries_of(content, "python", Faults(sample.raw, Layout("json_spans")))]


def _object(value: Any) -> dict[str, Any]:
    match value:
        case (str(text), dict(entry)):
            return {**entry, _TEXTS[0]: text}
        case dict():
            return value
    return {}


def _span_keys(spans: Sequence[Any]) -> dict[str, str] | None:
    """Return the keys of spans that are objects, nothing for spans that are lists; None if they are no spans, or none are there."""
    if spans and all(
        isinstance(span, list) and len(span) >= 3 and _are_numbers(*in_order(span)[:2]) for span in spans
    ):
        return {}
    if not spans or not all(isinstance(span, dict) for span in spans):
        return None
    outer = [key for key, value in spans[0].items() if isinstance(value, dict)]
    keys = {
        name: next(
            (key for key in _ways(usual, outer) if all(_under(span, key) is not None for span in spans)), ""
        )
        for name, usual in _NAMES.items()
    }
    del keys["end" if keys["length"] and not keys["end"] else "length"]
    last = keys["length"] if "length" in keys else keys["end"]
    numbers = all(_are_numbers(_under(span, keys["start"]), _under(span, last)) for span in spans)
    return keys if all(keys.values()) and numbers else None


def _words_of(entries: Sequence[dict[str, Any]], options: Options) -> dict[str, Any]:
    """Return the key under which spans have their words, and whether their ends are the last characters, as these words say."""
    spans = [(entry[options.text], span) for entry in entries for span in entry[options.spans]]
    keys = [key for key, value in spans[0][1].items() if isinstance(value, str) and key != options.type]
    for key in keys:
        fits = [0, 0]
        for text, span in spans:
            start, end, _ = _parts(span, options)
            for inclusive in (0, 1):
                fits[inclusive] += text[start : end + inclusive] == span.get(key)
        if 2 * max(fits) > len(spans):
            return ({"words": key} if key != "text" else {}) | (
                {"inclusive": True} if fits[1] > fits[0] else {}
            )
    return {}


def _ways(usual: Sequence[str], outer: Sequence[str]) -> list[str]:
    """Return the usual keys, of a span and of the objects in it."""
    return [*usual, *(f"{key}.{inner}" for key in outer for inner in usual)]
