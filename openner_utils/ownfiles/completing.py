"""A draft of a card completed without a person: what cannot be known of one's own files is said to be so, not left open."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from openner_utils.catalog import TODO
from openner_utils.ownfiles.drafting import Card
from openner_utils.support.errors import OpenNERError

UNSURE = "MISC"
"""The standardized type of names that may mean several things; it is no core type, so nothing is trained from it."""
_SAID = {
    "domain": "own",
    "description": "Files of this machine, added without a publisher.",
    "  note": "Not stated; ask whoever made the files.",
    "citation": "none",
}
"""What stands on the card where a person has to decide, by the beginning of the line."""
_HEAD = "# Added by `openner corpus add`. What stands in comments was guessed, or counted by the readers that read the files."
_TYPE = re.compile(r"^  (?P<name>\S.*?): (?P<known>\S+)  # (?P<note>.*)$")


@dataclass(frozen=True, slots=True)
class Completed:
    """A card's id and text, and the types that became `UNSURE` since nobody said what they mean."""

    id: str
    text: str
    unsure: tuple[str, ...]


def complete(card: Card, root: Path, types: Mapping[str, str]) -> Completed:
    """Return a draft of files below ``root`` without an open place that stops the catalog from being read.

    ``types`` says what raw types mean; names that the files lack are the caller's to refuse. Comments of the draft stay, with
    all that a person should look at. A flaw at which the card would stop is an `OpenNERError`.
    """
    if card.flaws:
        raise OpenNERError(
            f"{root}: what was found there stops the card {card.id}. Correct the files, say how they are read, or allow the flaw "
            "(--allow).",
            *(f"  {line}" for line in card.flaws),
        )
    unsure: list[str] = []
    lines, in_types = [], False
    text = card.text.split("\n")
    for line in text[next(n for n, line in enumerate(text) if not line.startswith("#")) :]:
        in_types = line.startswith("types:") or (in_types and line.startswith("  "))
        lines.append(_typed(line, types, unsure) if in_types else _said(line, root))
    return Completed(card.id, "\n".join([_HEAD, *lines]), tuple(unsure))


def _said(line: str, root: Path) -> str:
    """Return a line of a draft with what holds of any corpus of one's own in its open place."""
    key, _, value = line.partition(": ")
    if not value.startswith(TODO):
        return line
    if key == "  repository":
        return f"{key}: {root.resolve().as_uri()}"
    return f"{key}: {_SAID[key]}" if key in _SAID else line


def _typed(line: str, types: Mapping[str, str], unsure: list[str]) -> str:
    """Return the line of a type with its standardized name; one that nobody knows goes to ``unsure``."""
    match = _TYPE.match(line)
    if match is None:
        return line
    name = match["name"]
    raw = name[1:-1] if name.startswith('"') else name
    if raw in types:
        return f"  {name}: {types[raw]}  # as said with --type"
    if match["known"] == TODO:
        unsure.append(raw)
        return f"  {name}: {UNSURE}  # {match['note']}"
    return line
