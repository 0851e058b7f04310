"""Labels of one's own files, checked as labels: what each is read as, and what is wrong with it."""

import re
from collections.abc import Iterable, Mapping

import numpy as np

from openner_utils.core.columns import Columns
from openner_utils.core.encoding import OUTSIDE, Encoding
from openner_utils.readers.guess.labels import LABEL
from openner_utils.readers.meaning import UNKNOWN, Meaning, fault_of, meaning
from openner_utils.readers.reading import Faults

_ALONE = "Correct it: write the type alone, once a mention, and no mention for O"
_SIGNS = re.compile(r"^[\W_]+|[\W_]+$")


def meanings(uses: Mapping[str, int], spelling: Mapping[str, str], encoding: Encoding) -> dict[str, Meaning]:
    """Return what each label of a file means; ``uses``: label → how many tokens have it. One that none has is ``O``, and right."""
    found = {
        name: meaning(name, spelling, encoding) if number else Meaning(OUTSIDE)
        for name, number in uses.items()
    }
    types = {name: encoding.split(each.label)[1] for name, each in found.items()}
    doubled = prefixed(filter(None, types.values()))
    return {
        name: Meaning(OUTSIDE, UNKNOWN, f"the type {types[name]!r} is itself a label", _ALONE)
        if types[name] in doubled
        else each
        for name, each in found.items()
    }


def prefixed(types: Iterable[str]) -> set[str]:
    """Return the types that are themselves labels, with or without signs around them.

    One that only looks like a label (``B-cell``) is a type, unless a letter differs (``I-cell``), ``O`` stands beside it, or the
    rest of it is a type, too (``cell``).

    >>> sorted(prefixed(["B-PER", "I-PER", "O", "LOC"])), prefixed(["B-cell", "T-cell"]), prefixed(["PER", "B-PER", "B-cell"])
    (['B-PER', 'I-PER', 'O'], set(), {'B-PER'})
    """
    bare = {type: _SIGNS.sub("", type) for type in types}
    matches = {type: match for type, label in bare.items() if (match := LABEL.match(label))}
    letters: dict[str, set[str]] = {}
    for match in matches.values():
        letters.setdefault(match["type"], set()).add(match["state"])
    outside = {type for type, label in bare.items() if label == OUTSIDE}
    shouted = len(matches) == len(bare) and all(match["type"].isupper() for match in matches.values())
    if matches and (outside or shouted or any(len(of_type) > 1 for of_type in letters.values())):
        return {*matches, *outside}
    return {type for type, match in matches.items() if match["type"] in bare.values()}


def note(faults: Faults, columns: Columns, found: Mapping[str, Meaning]) -> None:
    """Note each token whose label is wrong; ``found`` is what `meanings` gave."""
    wrong = np.array([bool(found[name].flaw) for name in columns.names], np.bool_)
    for token in np.flatnonzero(wrong.take(columns.labels)).tolist():
        name = columns.names[int(columns.labels[token])]
        fault_of(faults, int(columns.lines[token]), name, found[name])
