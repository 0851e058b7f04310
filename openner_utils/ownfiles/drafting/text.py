"""The text of a drafted card: YAML with what was guessed and counted in comments, and TODO at each open place."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from openner_utils.catalog import TODO
from openner_utils.catalog.type_names import candidates, nearest
from openner_utils.core.columns import uses
from openner_utils.core.encoding import OUTSIDE
from openner_utils.core.validation import validate_columns
from openner_utils.curation.steps import would_change
from openner_utils.ownfiles.drafting.blocks import Block, Read
from openner_utils.ownfiles.drafting.flaws import ALLOWABLE, Found
from openner_utils.ownfiles.drafting.gather import Source
from openner_utils.ownfiles.drafting.origin import Origin, language_of, split_of
from openner_utils.readers.layout import RawFile
from openner_utils.support.words import counted

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*$")
_NOT_PLAIN = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
_LETTERS_FROM = 500
"""Tokens of a file by whose letters a language is checked."""
_DOCUMENTS = 10
"""Documents from which on files are divided by them."""


def open_places(card: str) -> int:
    """Return how many lines of a card's text there are to complete; its first line tells of them."""
    return sum(TODO in line for line in card.split("\n")[1:])


def head(id: str, origin: Origin, licences: Sequence[str]) -> list[str]:
    """Return the lines of a card that say what a corpus is and where it comes from."""
    source = [f"  repository: {TODO}  # an address, on GitHub with `commit:`, or file:///… for a folder"]
    if origin.repository:
        source = [f"  repository: {origin.repository}", f"  commit: {origin.commit}"]
    seen = f"; {', '.join(licences)}: does it hold for the texts?" if licences else ""
    return [
        "# Drafted by `openner card new`. Complete every TODO, check what was guessed, and count once more with a",
        "# program that does not use our readers before you write `expect` and `counted_by` (docs/how-to/cards.md).",
        f"name: {id}  # TODO: as the publisher calls it",
        f"domain: {TODO}",
        f"description: {TODO}",
        "source:",
        *source,
        "licence:",
        f"  spdx: unclear  # TODO: SPDX id, and where it is stated{seen}",
        f"  note: {TODO}",
        f"citation: {TODO}",
    ]


def reading(
    block: Block, flaws: Mapping[str, Found], slips: Mapping[str, str], allowed: Sequence[str]
) -> list[str]:
    """Return the lines that say how the files are read, and which of their flaws are passed over.

    ``allowed``: flaws that the user has decided to pass over; of the others those go on the card that cost nothing.
    """
    format = block.format
    lines = [f"# guessed: {what}" for what, _ in format.reasons]
    lines.append(f"reader: {format.reader}")
    if options := options_of(block):
        lines.append(f"options: {_flow(options)}")
    lines.append(f"scheme: {format.scheme}")
    used = {raw: clean for raw, clean in format.spelling.items() if raw and raw != OUTSIDE}
    if used:
        lines.append(f"spelling: {_flow(used)}")
    if format.outside:
        met = {
            name: sum(uses(each.opened.reading.columns, [name]).get(name, 0) for each in block.files)
            for name in format.outside
        }
        lines += [
            "outside:  # labels that mean O, too",
            *(f"  - {_scalar(name)}  # {n} times" for name, n in met.items()),
        ]
    if slips:
        lines += [
            "faults:  # labels with white space around them",
            *(f"  {_scalar(a)}: {_scalar(b)}" for a, b in slips.items()),
        ]
    lines += _steps(block)
    passed = [
        each for each in flaws.values() if each.flaw in ALLOWABLE and (each.harmless or each.flaw in allowed)
    ]
    if passed:
        lines.append("allow:  # flaws that the files have")
        lines += [
            f"  - {each.flaw}  # lines with it: {each.places}; lost by it: {each.told or 'nothing'}"
            for each in passed
        ]
    return [*lines, *(f"# {TODO}: {told}" for told in not_allowed(flaws, allowed))]


def _steps(block: Block) -> list[str]:
    """Return what steps on tokens would change: none is taken unless a person asks for it."""
    met: Counter[str] = Counter()
    for each in block.files:
        met.update(would_change(each.opened.columns))
    if not met:
        return []
    told = ", ".join(f"{step} ({counted(number, 'token')})" for step, number in met.items())
    return [f"# {TODO}: steps that would change or drop tokens, of which none is taken: {told}"]


def not_allowed(flaws: Mapping[str, Found], allowed: Sequence[str]) -> list[str]:
    """Return a line for each flaw that a draft does not allow: how often it is met, where first, what it would lose."""
    return [
        f"{each.flaw}: {each.places:,} lines, the first {each.first}; "
        + (f"allowed, it would lose {each.told}" if each.lost else "it cannot be allowed")
        + ". Correct the files, the options or `faults`; until then the card stops there"
        for each in flaws.values()
        if not (each.harmless or (each.flaw in allowed and each.flaw in ALLOWABLE))
    ]


def options_of(block: Block) -> dict[str, Any]:
    """Return the reader's options as a card says them: whether -DOCSTART- lines begin documents is known from all lines."""
    options = dict(block.format.options)
    if "docstart" in options and not any(
        each.opened.reading.counts.get("-DOCSTART- line") for each in block.files
    ):
        del options["docstart"]
    return options


def types(block: Block) -> list[str]:
    """Return the lines that translate entity types, those that occur only in inner layers too."""
    flat: Counter[str] = Counter()
    nested: Counter[str] = Counter()
    for each in block.files:
        flat.update(each.counted.mentions)
        nested.update(mention.type for mention in each.opened.reading.layers)
    if not flat and not nested:
        return ["types: {}  # TODO: no mention was found"]
    lines = ["types:  # original name: standardized name (openner_utils/catalog/ontology.yaml)"]
    for type in sorted({*flat, *nested}):
        known = nearest(type)
        note = (
            counted(flat[type], "mention")
            if type in flat
            else f"{counted(nested[type], 'mention')}, all nested"
        )
        maybe = f" (maybe {', '.join(near)})" if (near := candidates(type)) else ""
        note = note if known else f"TODO: no standardized name is certain{maybe}; {note}"
        lines.append(f"  {_scalar(type)}: {_scalar(known or TODO)}  # {note}")
    return lines


def files(
    block: Block, folder: Path, origin: Origin, language: str, again: Mapping[Source, str]
) -> list[str]:
    """Return the lines for the files, and how those are divided whose paths name no split.

    ``again`` tells of files of which another one holds half of the sentences.
    """
    splits = {each.source: split_of(each.source.name) for each in block.files}
    lines = []
    if open := [each for each in block.files if not splits[each.source]]:
        documents = sum(len(each.opened.columns.documents) - 1 for each in open)
        by = "document" if documents >= _DOCUMENTS else "block"
        why = "of the files without splits; take it out once each has one"
        lines.append(f"division: {{by: {by}, dev: 0.1, test: 0.1}}  # {TODO}: {why}")
    packed = {each.source.archive for each in block.files if each.source.archive}
    archives = {name: _stored((folder / name).read_bytes()) for name in packed}
    above = folder.resolve().relative_to(origin.root.resolve())
    lines.append("files:")
    for each in block.files:
        lines += _file(each, above, archives, language, splits[each.source])
        if each.source in again:
            lines.append(f"    # {TODO}: {again[each.source]}")
    return lines


def _stored(content: bytes) -> tuple[int, str]:
    """Return size and SHA-256."""
    return len(content), hashlib.sha256(content).hexdigest()


def _file(
    each: Read, above: Path, archives: Mapping[str, tuple[int, str]], language: str, split: str
) -> Iterator[str]:
    raws = [(each.source.name, each.opened.raw)]
    if each.opened.format.reader == "brat":
        beside = RawFile.open(each.opened.path.with_suffix(".ann"))
        raws.append((str(PurePosixPath(each.source.name).with_suffix(".ann")), beside))
    if language == "und":
        tokens = each.opened.columns.tokens.slice(0, _LETTERS_FROM).to_pylist()
        language = language_of(each.source.name, tokens) or language
    archive = each.source.archive
    for number, (name, raw) in enumerate(raws):
        size, digest = archives[archive] if archive else (len(raw.stored), raw.sha256)
        yield f"  - path: {_scalar(name if archive else (above / name).as_posix())}"
        if archive:
            yield f"    archive: {_scalar((above / archive).as_posix())}"
        yield f"    language: {language}{f'  # {TODO}: ISO 639-3' if language == 'und' else ''}"
        named = split or f"all  # {TODO}: train, dev or test? The path does not say"
        yield f"    split: {'null' if number else named}"
        yield f"    bytes: {size}"
        yield f"    sha256: {digest}"
        if not number:
            yield f"    # {_counts(each)}"
        if not number and each.opened.unbroken:
            yield f"    # {TODO}: nothing ends its one sentence; does a column number sentences or flag their ends (sentence_id, flags)?"


def _counts(each: Read) -> str:
    """Return the counts of a file, which are no `expect`: they come from the readers that they would check."""
    found = each.counted
    invalid = len(validate_columns(each.opened.columns, each.opened.encoding))
    return (
        f"our count, to be checked: {counted(found.sentences, 'sentence')}, {counted(found.tokens, 'token')}, "
        f"{counted(sum(found.mentions.values()), 'mention')}; {counted(invalid, 'invalid transition')}"
    )


def _flow(values: Mapping[str, Any]) -> str:
    return "{" + ", ".join(f"{_scalar(key)}: {_scalar(value)}" for key, value in values.items()) + "}"


def shown(text: str) -> str:
    r"""Return the text of a card with what cannot be seen as escapes, which YAML reads in quotes; else it may end a line.

    >>> shown("P\u2028ER")
    'P\\U00002028ER'
    """
    return "".join(each if each.isprintable() or each == "\n" else f"\\U{ord(each):08x}" for each in text)


def _scalar(value: Any) -> str:
    """Return a value as YAML; JSON strings are YAML, too."""
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _NOT_PLAIN:
        return value
    return json.dumps(value, ensure_ascii=False)
