"""A card drafted from a corpus's files, for a person to complete: what could be guessed, and TODO for the rest."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from openner_utils.catalog.type_names import candidates, nearest
from openner_utils.core.encoding import OUTSIDE, states
from openner_utils.core.validation import count_problems
from openner_utils.ownfiles.count import count
from openner_utils.ownfiles.format import Format
from openner_utils.ownfiles.opening import Opened, files_of, inspect, raw_file, read_again
from openner_utils.readers.guess import Guess, fits
from openner_utils.readers.layout import OWN_FLAWS, RawFile
from openner_utils.support.errors import OpenNERError
from openner_utils.support.files import write_text

TODO = "TODO"
_SPLITS = (("train", ("train",)), ("dev", ("dev", "valid", "testa")), ("test", ("test", "testb")))
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*$")
_NOT_PLAIN = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}


@dataclass(frozen=True, slots=True)
class Draft:
    """The card's id, its text, and what was guessed and why, a line each."""

    id: str
    text: str
    told: tuple[str, ...]

    def write(self, out: Path) -> Path:
        """Write the card to the file ``out``, or into the folder ``out``; an existing card is kept."""
        path = out if out.suffix == ".yaml" else out / f"{self.id}.yaml"
        if path.exists():
            raise OpenNERError(
                f"{path}: there is a card already. Give another --id, or another place with -o."
            )
        write_text(path, self.text)
        return path


def draft(source: Path, name: str | None = None, language: str = "und", asked: Format | None = None) -> Draft:
    """Inspect a file, or the files of a folder, and return a card to complete; ``asked`` overrules what is guessed.

    The card has no `expect`: counts that this program makes would only confirm itself. They stand in comments,
    to be compared with a count made in another way.
    """
    id = name or re.sub(r"[^a-z0-9]+", "_", source.stem.lower()).strip("_")
    if not re.fullmatch(r"[a-z0-9_]+", id):
        raise OpenNERError(
            f"{id!r} is no corpus id: lower-case letters, digits and _ only. Give one with --id."
        )
    # Every flaw that the files have goes on the card, with its number, whether or not it is allowed here.
    found = [inspect(raw_file(path), replace(asked or Format(), allow=())) for path in files_of(source)]
    format = _agreed(found, source)
    flaws: Counter[str] = Counter()
    counted: list[tuple[Opened, str]] = []
    types: Counter[str] = Counter()
    nested: Counter[str] = Counter()
    for each in found:
        flaws.update(each.flaws)
        opened = read_again(each, format)
        numbers = count(opened)
        types.update(numbers.mentions)
        nested.update(opened.found.layers)
        invalid = sum(
            count_problems(states(opened.meant(portion), opened.encoding)) for portion in opened.portions()
        )
        note = (
            f"our count, to be checked: {numbers.sentences} sentences, {numbers.tokens} tokens, "
            f"{sum(numbers.mentions.values())} mentions; {invalid} invalid transitions"
        )
        counted.append((opened, note))
    base = source if source.is_dir() else source.parent
    text = "\n".join(
        [
            *_head(id),
            *_reading(format, flaws),
            *_types(types, nested),
            "files:",
            *(line for opened, note in counted for line in _file(opened, base, language, note)),
            "",
        ]
    )
    told = tuple(f"{what} ({option})" if option == "--scheme" else what for what, option in format.reasons)
    return Draft(id, text, told)


def _agreed(files: Sequence[Opened], source: Path) -> Guess:
    """Return the guess that fits all files."""
    for candidate in files:
        if all(
            other.format.reader == candidate.format.reader and fits(candidate.format.scheme, other.format)
            for other in files
        ):
            return _joined([*(each.format for each in files), candidate.format])
    seen = ", ".join(sorted({f"{each.format.reader} in {each.format.scheme}" for each in files}))
    raise OpenNERError(
        f"{source}: the files seem to be read in different ways ({seen}). Draft one card for each kind of file."
    )


def _joined(guesses: Sequence[Guess]) -> Guess:
    """Return the last guess with what only other files showed, such as comments; where they differ it is right."""
    options: dict[str, Any] = {}
    spelling: dict[str, str] = {}
    for each in guesses:
        options |= each.options
        spelling |= each.spelling
    last = guesses[-1]
    told = {option for _, option in last.reasons}
    others = dict.fromkeys(reason for each in guesses for reason in each.reasons if reason[1] not in told)
    return replace(last, options=options, spelling=spelling, reasons=(*others, *last.reasons))


def _head(id: str) -> list[str]:
    return [
        "# Drafted by `openner card new`. Complete every TODO, check what was guessed, and count once more with a",
        "# program that does not use our readers before you write `expect` (see docs/how-to/real-data.md).",
        f"name: {id}  # TODO: as the publisher calls it",
        f"domain: {TODO}",
        f"description: {TODO}",
        "source:",
        f"  repository: {TODO}  # on GitHub with `commit:`",
        "licence:",
        "  spdx: unclear  # TODO: SPDX id, and where it is stated",
        f"  note: {TODO}",
        f"citation: {TODO}",
    ]


def _reading(settled: Guess, flaws: Mapping[str, int]) -> list[str]:
    options = dict(settled.options)
    if options.get("docstart") and not any(option == "--option docstart" for _, option in settled.reasons):
        del options["docstart"]
    lines = [f"# guessed: {what}" for what, _ in settled.reasons]
    lines.append(f"reader: {settled.reader}")
    if options:
        lines.append(f"options: {_flow(options)}")
    lines.append(f"scheme: {settled.scheme}")
    used = {raw: clean for raw, clean in settled.spelling.items() if raw and raw != OUTSIDE}
    if used:
        lines.append(f"spelling: {_flow(used)}")
    allowed = [f"  - {flaw}  # lines with it: {flaws[flaw]}" for flaw in sorted(flaws) if flaw in OWN_FLAWS]
    if allowed:
        lines += ["allow:  # flaws that the files have", *allowed]
    if "column-count" in flaws:
        lines.append("# TODO: some lines have another number of columns: openner validate says which")
    return lines


def _types(types: Mapping[str, int], nested: Mapping[str, int]) -> list[str]:
    if not types and not nested:
        return ["types: {}  # TODO: no mention was found"]
    lines = ["types:  # original name: standardized name (openner_utils/catalog/ontology.yaml)"]
    for type in sorted({*types, *nested}):
        known = nearest(type)
        note = f"{types[type]} mentions" if type in types else f"{nested[type]} mentions, all nested"
        maybe = f" (maybe {', '.join(near)})" if (near := candidates(type)) else ""
        note = note if known else f"TODO: no standardized name is certain{maybe}; {note}"
        lines.append(f"  {_scalar(type)}: {_scalar(known or TODO)}  # {note}")
    return lines


def _file(opened: Opened, base: Path, language: str, note: str) -> list[str]:
    raws = [opened.raw]
    if opened.format.reader == "brat":
        raws.append(RawFile.open(opened.path.with_suffix(".ann")))
    lines = []
    for raw in raws:
        path = raw.path.relative_to(base)
        lines += [
            f"  - path: {_scalar(path.as_posix())}",
            f"    language: {language}{'  # TODO: ISO 639-3' if language == 'und' else ''}",
            f"    split: {_split(path) if raw is opened.raw else 'null'}",
            f"    bytes: {len(raw.stored)}",
            f"    sha256: {raw.sha256}",
        ]
        if raw is opened.raw:
            lines.append(f"    # {note}")
    return lines


def _split(path: Path) -> str:
    """Return the split that a file's name or folder tells; ``train`` with a TODO where neither does."""
    for part in (path.stem.lower(), path.name.lower(), path.parent.name.lower()):
        for split, names in reversed(_SPLITS):
            if split == "test" and "testa" in part:
                continue
            if any(name in part for name in names):
                return split
    return f"train  # {TODO}"


def _flow(values: Mapping[str, Any]) -> str:
    return "{" + ", ".join(f"{_scalar(key)}: {_scalar(value)}" for key, value in values.items()) + "}"


def _scalar(value: Any) -> str:
    """Return a value as YAML; JSON strings are YAML, too."""
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _NOT_PLAIN:
        return value
    return json.dumps(value, ensure_ascii=False)
