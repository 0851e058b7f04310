"""JSON whose entries do not agree on a key: some have their labels under ``label``, the others under ``labels``."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from openner_utils.readers.guess.evidence import Json, Sample, Unread

_GROUPS = (
    (("tokens", "text"), ("tokens", "token", "words", "word", "text", "sentence", "content", "tokenized_text")),
    (
        ("labels", "spans", "mentions"),
        ("ner_tags", "ner", "labels", "label", "tags", "tag", "entities", "spans", "ents", "mentions", "annotations"),
    ),
)  # fmt: skip
"""Options that name a key, and the keys that are usual for what it holds."""
_PLAIN = re.compile(r"\w+")


def sniff(sample: Sample) -> Unread | None:
    """Return what stands against entries each of which has one of two keys, unless the user says which is meant."""
    json = sample.json
    if json is None or json.layout == "object" or len(json.objects) < 2:
        return None
    for options, usual in _GROUPS:
        if not sample.given.keys() & set(options) and (keys := _apart(json.objects, usual)):
            return _refused(json, *keys)
    return None


def _apart(entries: Sequence[Mapping[str, Any]], usual: Sequence[str]) -> tuple[str, str] | None:
    """Return the more and the less frequent key, where each entry has one of two with the same kind of value."""
    kinds: dict[str, set[type]] = {}
    uses: dict[str, int] = {}
    for entry in entries:
        mine = [key for key in entry if key.lower() in usual]
        if len(mine) != 1:
            return None
        kinds.setdefault(mine[0], set()).add(type(entry[mine[0]]))
        uses[mine[0]] = uses.get(mine[0], 0) + 1
    if len(uses) != 2 or len(set().union(*kinds.values())) != 1:
        return None
    most, least = sorted(uses, key=lambda key: -uses[key])
    return most, least


def _refused(json: Json, most: str, least: str) -> Unread:
    at = next(number for number, entry in enumerate(json.objects) if least in entry)
    line = json.lines[at] if len(json.lines) == len(json.objects) else 0
    what = f"{least!r} is a key here, where other entries have {most!r}"
    fix = "Write one key in all entries"
    plain = _PLAIN.fullmatch(most) and _PLAIN.fullmatch(least)
    if plain and not any(_holds(value, least) for entry in json.objects for value in entry.values()):
        fix += f""": sed 's/"{least}" *:/"{most}":/g' FILE > OUT"""
    return Unread(what, 0.98, f"{fix}.", line)


def _holds(value: Any, key: str) -> bool:
    """Return whether an object inside a value has this key, which the same replacement would change."""
    inside = [value]
    while inside:  # no recursion, since JSON may nest as deep as that goes
        one = inside.pop()
        if isinstance(one, dict):
            if key in one:
                return True
            inside += one.values()
        elif isinstance(one, list):
            inside += one
    return False
