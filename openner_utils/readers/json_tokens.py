"""JSON with sentences, each with its tokens and one label per token: a list, an object a line, or a Hugging Face dataset."""

from collections.abc import Iterable
from typing import Any, ClassVar

from openner_utils.core.changes import Change
from openner_utils.readers import json_entries
from openner_utils.readers.cutting import Cut
from openner_utils.readers.delimited import REPLACEMENT
from openner_utils.readers.guess.evidence import Detected, Sample, Unread
from openner_utils.readers.guess.json_keys import LABELS, TOKENS, numbers, rank
from openner_utils.readers.guess.labels import labels_of
from openner_utils.readers.hugging_face import Table, label_of, looks_like, named_labels, table_in, table_of
from openner_utils.readers.json_entries import Entries, is_text, layout_of, objects_of
from openner_utils.readers.layout import Layout, RawFile
from openner_utils.readers.reading import Builder, Faults, Reading
from openner_utils.readers.text import half_pair, read_text
from openner_utils.support.records import Record

_OTHER_END = "token that ends elsewhere than its offsets"


class Options(Record):
    """Keys of an object. With ``offsets`` the object holds a text, too: GATE publishes tweets so."""

    distinct: ClassVar[tuple[str, ...]] = ("tokens", "labels")
    """Options that name columns, no two of them the same."""
    layout: Entries | Table = "list"
    """See `json_entries.Entries` and `hugging_face`."""
    tokens: str = "tokens"
    labels: str = "ner_tags"
    names: tuple[str, ...] = ()
    """Labels by their number, where the file has numbers and does not say what they mean itself."""
    offsets: str | None = None
    """Key of a list with [start, end] of each token, in characters of the text."""
    text: str = "text"
    """Key of the text, looked up where there are offsets."""


def read(raw: RawFile, layout: Layout) -> Reading:
    """Read one JSON file; the line given for a token is the one on which its sentence's object begins."""
    options, faults = layout.parsed(Options), Faults(raw, layout)
    text, counts = read_text(raw, faults)
    built = Builder(raw)
    changes: list[Change] = []
    names = options.names
    entries: Iterable[tuple[int, dict[str, Any]]]
    if options.layout == "columns" or options.layout == "rows":
        rows, named = table_of(text, options.layout, faults)
        entries, names = ((1, row) for row in rows), names or named.get(options.labels, ())
    else:
        entries = objects_of(text, layout_of(text, layout, options.layout), faults)
    for line, entry in entries:
        words, tags = entry.get(options.tokens), entry.get(options.labels)
        if not isinstance(words, list) or not isinstance(tags, list) or not words or len(words) != len(tags):
            what = f"{options.tokens!r} and {options.labels!r} must be lists of one length, not empty"
            faults.add(line, "column-count", what, "Correct the entry", ["tokens", "labels"])
            continue
        filled = [REPLACEMENT if _is_empty(word) else word for word in words]
        if not (are_tokens(faults, line, filled) and _are_labels(faults, line, tags)):
            continue
        tags, unnamed = named_labels(tags, names, faults, (line, built.n_sentences))
        offsets = entry.get(options.offsets) if options.offsets else []
        kept = list(range(len(words)))
        if any(map(_is_empty, words)):
            kept, dropped = _without_empty(faults, line, built.n_sentences, words, tags)
            changes += dropped
            if isinstance(offsets, list) and len(offsets) == len(words):
                offsets = [offsets[at] for at in kept]
            words, tags = [filled[at] for at in kept], [tags[at] for at in kept]
        places = _places(faults, line, words, entry.get(options.text), offsets) if options.offsets else []
        if places is None:
            continue
        wrong = sum(end != given for (_, end), (_, given) in zip(places, offsets or (), strict=True))
        counts[_OTHER_END] = counts.get(_OTHER_END, 0) + wrong
        built.sentence(words, tags, line, places)
        changes += [change for change in unnamed if change.token in kept]
    counts = {what: number for what, number in counts.items() if number}
    return Reading(built.columns(), tuple(changes), counts, faults=faults.sorted())


def cut(raw: RawFile, layout: Layout) -> Cut | None:
    """Return how the file is cut into parts, if it has an entry a line."""
    usual = layout.parsed(Options).layout
    return None if usual == "columns" or usual == "rows" else json_entries.cut(raw, layout, usual)


def are_tokens(faults: Faults, line: int, words: list[Any]) -> bool:
    """Return whether all of ``words`` are text; the first that is none is noted."""
    for word in words:
        if not is_text(word):
            faults.add(line, "bad-json", f"token {word!r:.40} is no text", "Correct the entry")
            return False
    return True


def _is_empty(word: Any) -> bool:
    return word is None or word == ""


def _without_empty(
    faults: Faults, line: int, sentence: int, words: list[Any], tags: list[str]
) -> tuple[list[int], list[Change]]:
    """Return which tokens stay, and a row for each that is empty: it is left out, but for the first where all are, which stays.

    Each is a fault. What stays has U+FFFD for its text, so that the sentence does.
    """
    kept = [at for at, word in enumerate(words) if not _is_empty(word)] or [0]
    rows = []
    for at, word in enumerate(words):
        if not _is_empty(word):
            continue
        faults.add(line, "empty-token", f"token {word!r} is no text", "Correct the entry")
        if at in kept:
            rows.append(Change(line, sentence, at, "", REPLACEMENT, "token: empty"))
        else:
            rows.append(Change(line, sentence, at, tags[at], None, "empty-token"))
    return kept, rows


def _are_labels(faults: Faults, line: int, tags: list[Any]) -> bool:
    for tag in tags:
        if type(tag) not in (str, int) or half_pair(str(tag)) or "\0" in str(tag):
            what = f"label {tag!r:.40} is neither text nor number"
            faults.add(line, "missing-label", what, "Correct the entry", ["labels"])
            return False
    return True


def _places(
    faults: Faults, line: int, words: list[str], text: Any, offsets: Any
) -> list[tuple[int, int]] | None:
    """Return where each token lies in the text: it must be found at its begin; some published ends are wrong.

    None, and a fault, if one does not lie there.
    """
    if not isinstance(text, str) or not isinstance(offsets, list) or len(offsets) != len(words):
        what = "there is no text, or not one pair of offsets for each token"
        faults.add(line, "bad-span", what, "Correct the entry", ["text", "offsets"])
        return None
    places: list[tuple[int, int]] = []
    for word, place in zip(words, offsets, strict=True):
        last = places[-1][1] if places else 0
        match place:
            case [int(start), int(end)] if last <= start < end:
                if text.startswith(word, start):
                    places.append((start, start + len(word)))
                    continue
        what = f"token {word!r:.40} does not lie at {place!r:.40} of the text"
        faults.add(line, "bad-span", what, "Correct the offsets")
        return None
    return places


def sniff(sample: Sample) -> Detected | Unread | None:
    """Return how the sample is read if it is one object that is a table; see `hugging_face`.

    Other JSON is left to `guess.json_keys`.
    """
    value = sample.json.entries[0] if sample.json and len(sample.json.entries) == 1 else None
    layout = looks_like(value)
    if value is None or layout is None:
        return None
    rows, named = table_in(value, layout)
    columns = list(rows[0]) if rows else []
    word = min(
        (key for key in columns if rank(key, TOKENS) < len(TOKENS)),
        key=lambda key: rank(key, TOKENS),
        default=None,
    )
    label = min(
        (key for key in columns if rank(key, LABELS) < len(LABELS)),
        key=lambda key: rank(key, LABELS),
        default=None,
    )
    word, label = sample.given.get("tokens", word), sample.given.get("labels", label)
    if word is None or label is None or not all(isinstance(row.get(label), list) for row in rows):
        return None
    names = sample.given.get("names") or named.get(label, ())
    sentences = [[str(label_of(tag, names)) for tag in row[label]] for row in rows]
    if all(tag.isdecimal() for sentence in sentences for tag in sentence):
        return numbers(label)
    found = labels_of(sentences, sample.whole, sample.outside)
    why = (
        f"a table of {layout}, tokens under {word!r}, labels under {label!r}",
        "--option tokens=KEY, --option labels=KEY",
    )
    options = {"layout": layout, "tokens": word, "labels": label}
    sure = min(0.97, found.confidence)
    return Detected(
        "json_tokens", found.scheme, sure, (why, *found.reasons), options, found.spelling, found.types
    )
