"""Cleaning: from a file as published to valid IOB2 labels, with every change counted and recorded.

In this order: steps on tokens that the card chooses (`steps`) → labels as spelled by the corpus → faults that the
card names → sentences that are too long cut (`cutting`) → IOB2 with transitions as published → transitions repaired. `clean` returns both label columns and the ledger from which `undo` gives the
published labels back.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from openner_utils.catalog import Card, File
from openner_utils.catalog.rebuilding import rebuilding
from openner_utils.core.changes import RULES, Change, Kind, ledger_of
from openner_utils.core.columns import Columns, encode_names, uses
from openner_utils.core.encoding import IOB2, OUTSIDE, LabelError, decode, get_encoding, recode, states
from openner_utils.core.repair import Spelling, differences, repair, restore
from openner_utils.core.validation import count_problems
from openner_utils.curation import steps
from openner_utils.curation.cutting import cut
from openner_utils.readers import read
from openner_utils.readers.layout import Layout, RawFile
from openner_utils.readers.reading import NO_LABEL, Nested, Reading
from openner_utils.support.errors import FormatError, OpenNERError

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Cleaned:
    """One file cleaned.

    ``raw``: tokens after the card's steps, labels as published; the same tokens under other labels are ``published`` (IOB2,
    transitions unrepaired), ``repaired`` (valid IOB2) and ``written`` (repaired, as the corpus itself writes labels).
    ``ledger``: see `changes.LEDGER_ROWS`; ``counts``: what was met, by name; ``layers``: nested mentions beside them.
    """

    raw: Columns
    published: Columns
    repaired: Columns
    written: Columns
    ledger: pa.Table
    counts: dict[str, int]
    layers: tuple[Nested, ...] = ()


def open_raw(data: Path, card: Card, file: File) -> RawFile:
    """Return a file of a corpus from the folder of corpora; one that is missing is an error."""
    path = data / card.id / file.path
    if not path.is_file():
        raise OpenNERError(f"{path}: missing. {rebuilding(data, card.id)}")
    return RawFile.open(path, file.path)


def check_hash(data: Path, raw: RawFile, card: Card, file: File) -> None:
    """Raise `OpenNERError` for a file of the folder ``data`` that is not the one of its card."""
    # An archive's member has no hash of its own on the card; its archive was checked when it was fetched.
    if file.archive is None and file.sha256 and raw.sha256 != file.sha256:
        raise OpenNERError(
            f"{raw.path}: its SHA-256 is {raw.sha256}, the card {card.id} expects {file.sha256}. If the change is meant, "
            f"correct the card; else: {rebuilding(data, card.id)}"
        )


def clean_file(raw: RawFile, card: Card, file: File, method: str = "conlleval") -> Cleaned:
    """Read one file as its card says, and clean it."""
    return clean(read(raw, Layout.of(card)), card, file, method)


def clean(reading: Reading, card: Card, file: File, method: str = "conlleval") -> Cleaned:
    """Clean one file with repair ``method``.

    Raises `FormatError` with file and line for the first fault of the reading that the card does not allow, and for a
    label that neither scheme, spelling nor faults of the card explain, unless the card allows that flaw.
    """
    reading = steps.apply(reading.strict(card.allow), card.steps)
    scheme = "IOB2" if card.scheme == "spans" else card.scheme
    encoding = get_encoding(scheme)
    meant, rules = _meant(reading.columns, card, scheme)
    if card.longest is not None:
        reading = cut(reading, decode(reading.columns.rename(meant), encoding), card.longest)
    raw = reading.columns
    as_read = raw.rename(meant)
    parts = states(as_read, encoding)
    # Encodings whose first state differs from the inner one say where a mention begins, so their transitions
    # can be kept as published; in IO and IOB1 that follows only from decoding.
    published = as_read if scheme == "IOB2" else _as_published(as_read, scheme)
    repaired = repair(published, IOB2, method)
    written = Spelling.of(scheme, card.spelling).write(repaired)
    changes = (*_changes(reading, published, repaired, written, rules, method), *reading.changes)
    counts = Counter(reading.counts)
    counts.update(steps.report(raw))
    counts["invalid transition"] = count_problems(parts)
    counts.update(f"ledger: {change.rule}" for change in changes)
    counts.update({f"outside label {name}": number for name, number in uses(raw, card.outside).items()})
    counts["sentences"], counts["tokens"] = raw.n_sentences, len(raw)
    counts["mentions as repaired"] = len(decode(repaired, IOB2)) if method != "none" else 0
    ledger = ledger_of(changes, card.id, file.language, str(file.split), raw.file)
    found = {name: n for name, n in sorted(counts.items()) if n}
    return Cleaned(raw, published, repaired, written, ledger, found, reading.layers)


def _meant(raw: Columns, card: Card, scheme: str) -> tuple[list[str], dict[str, str]]:
    """Return what each raw label name means, and the ledger rule of those that are slips."""
    encoding = get_encoding(scheme)
    layout = Layout.of(card)
    meant: list[str] = []
    rules: dict[str, str] = {}
    used = uses(raw, raw.names)
    for number, name in enumerate(raw.names):
        if name not in used:  # such as O where outside is spelled OUT
            meant.append(OUTSIDE)
            continue
        label = layout.meant(name)
        if name in card.faults:
            rules[name] = "fault named by the card"
        elif name in card.outside:
            rules[name] = "outside label"
        elif name in ("", NO_LABEL):
            label, rules[name] = (
                OUTSIDE,
                _allowed(raw, card, number, "empty-label" if name == "" else "missing-label"),
            )
        try:
            type = encoding.split(label)[1]
            if type and type not in card.types:
                raise LabelError(f"entity type {type!r} is not on the card")
        except LabelError as error:
            if "unknown-label" in card.allow:
                label, rules[name] = OUTSIDE, "unknown-label"
            else:
                raise FormatError(
                    raw.file,
                    _line(raw, number),
                    str(error),
                    f"Correct it, name it under faults on the card {card.id} (under outside, if it means O), "
                    "or allow unknown-label.",
                    "unknown-label",
                ) from error
        meant.append(label)
    return meant, rules


def _allowed(raw: Columns, card: Card, number: int, flaw: str) -> str:
    if flaw not in card.allow:
        raise FormatError(
            raw.file,
            _line(raw, number),
            flaw.replace("-", " "),
            f"Correct it, or allow {flaw} on the card {card.id}.",
            flaw,
        )
    return flaw


def _line(raw: Columns, number: int) -> int:
    return int(raw.lines[np.flatnonzero(raw.labels == number)[0]])


def _as_published(read: Columns, scheme: str) -> Columns:
    """Return IOB2 labels with transitions as published.

    In the five-state encodings B and S begin a mention and the other states go on with one, so the letters are
    translated one by one and what was invalid stays so. Where the translation would turn an invalid transition
    into a valid one (``E-X I-X``), the new mention that decoding sees is written with B-.
    """
    encoding = get_encoding(scheme)
    if encoding.begin == encoding.inside:
        return recode(read, encoding, IOB2)
    first = (encoding.begin, encoding.single)
    names = [
        OUTSIDE if name == OUTSIDE else ("B" if encoding.split(name)[0] in first else "I") + name[1:]
        for name in read.names
    ]
    translated = read.rename(names)
    hidden = states(read, encoding).invalid & states(translated, IOB2).continues
    if not hidden.any():
        return translated
    vocabulary = (
        *translated.names,
        *(
            name
            for name in ("B" + n[1:] for n in translated.names if n != OUTSIDE)
            if name not in translated.names
        ),
    )
    begin = np.array(
        [vocabulary.index(n if n == OUTSIDE else "B" + n[1:]) for n in translated.names], np.int32
    )
    return translated.with_labels(np.where(hidden, begin[translated.labels], translated.labels), vocabulary)


def _changes(
    reading: Reading,
    published: Columns,
    repaired: Columns,
    written: Columns,
    rules: dict[str, str],
    method: str,
) -> list[Change]:
    """Return the changes of labels: those that do not follow from the repaired ones alone (``written``)."""
    raw = reading.columns
    changed = differences(raw, written)
    changes: list[Change] = []
    sentences, positions = steps.positions(reading, changed)
    for token, sentence, position in zip(changed.tolist(), sentences.tolist(), positions, strict=True):
        name = raw.names[raw.labels[token]]
        before, after = published.names[published.labels[token]], repaired.names[repaired.labels[token]]
        rule = rules.get(name) or (method if before != after else "not as the scheme writes it")
        line = int(raw.lines[token])
        changes.append(Change(line, sentence, position, None if name == NO_LABEL else name, after, rule))
    return changes


def undo(repaired: Columns, ledger: pa.Table, card: Card) -> list[list[str | None]]:
    """Return the published label sequences of a file published with one label per token.

    ``repaired`` and ``ledger`` are those of `clean`; the raw file is not needed.
    """
    written = Spelling.of(card.scheme, card.spelling).write(repaired)
    of_labels = ledger.filter(_is_of(ledger, Kind.LABEL, Kind.DROPPED))
    return _whole(restore((labels for _, labels in written.rows()), of_labels), ledger)


def _whole(sentences: Sequence[list[T]], ledger: pa.Table) -> list[list[T]]:
    """Return sentences as published: those that were cut off the one before are put behind it."""
    begun = set(ledger.filter(_is_of(ledger, Kind.BORDER))["sentence"].to_pylist())
    whole: list[list[T]] = []
    for number, sentence in enumerate(sentences):
        if number in begun:
            whole[-1] += sentence
        else:
            whole.append(sentence)
    return whole


def undo_tokens(repaired: Columns, ledger: pa.Table) -> list[list[str]]:
    """Return the published token texts per sentence, but for tokens that were dropped because they hold nothing."""
    sentences = [list(tokens) for tokens, _ in repaired.rows()]
    dropped: dict[int, list[int]] = {}
    for row in ledger.filter(_is_of(ledger, Kind.DROPPED)).to_pylist():
        dropped.setdefault(row["sentence"], []).append(row["token"])
    rows = ledger.filter(_is_of(ledger, Kind.TEXT)).to_pylist()
    for row in reversed(rows):  # a token that two steps changed goes back through both
        before = sum(place < row["token"] for place in dropped.get(row["sentence"], ()))
        sentences[row["sentence"]][row["token"] - before] = row["before"]
    return _whole(sentences, ledger)


def _is_of(ledger: pa.Table, *kinds: Kind) -> pa.ChunkedArray:
    """Return which rows of a ledger are changes of these kinds [n_rows]."""
    rules = [name for name, rule in RULES.items() if rule.kind in kinds]
    return pc.is_in(ledger["rule"], pa.array(rules))


def undo_spans(repaired: Columns, ledger: pa.Table) -> list[list[str]]:
    """Return, per sentence, the published spans ``start end type`` of a file published as text with spans, sorted."""
    if repaired.starts is None or repaired.ends is None:
        raise ValueError("These columns have no character offsets")
    # Rows of labels were changed after spans had become labels.
    of_labels = ledger.filter(_is_of(ledger, Kind.LABEL, Kind.DROPPED))
    published = restore((labels for _, labels in repaired.rows()), of_labels)
    labels, names = encode_names([str(label) for sentence in published for label in sentence])
    mentions = decode(repaired.with_labels(labels, names), IOB2)
    sentences: list[list[str]] = [[] for _ in range(repaired.n_sentences)]
    for start, end, sentence, type in zip(
        mentions.start, mentions.end, mentions.sentence, mentions.type, strict=True
    ):
        sentences[sentence].append(
            f"{repaired.starts[start]} {repaired.ends[end - 1]} {mentions.types[type]}"
        )
    for row in ledger.filter(_is_of(ledger, Kind.SPAN)).to_pylist():
        spans = sentences[row["sentence"]]
        if row["after"] is not None:
            spans.remove(row["after"])
        spans.append(row["before"])
    return [sorted(spans) for spans in _whole(sentences, ledger)]
