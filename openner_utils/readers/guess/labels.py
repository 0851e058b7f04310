"""Guessing from labels alone: what is a label, the encoding scheme, the spelling, the entity types."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from openner_utils.core.encoding import OUTSIDE

Reason = tuple[str, str]
"""Something guessed, in words, and the option of the command line that overrules it."""

LABEL = re.compile(r"(?P<state>[BIESLUM])-(?P<type>\S+)$")
"""A label as encodings spell it."""
_GLUED = re.compile(r"(?P<state>[BI])(?P<type>[A-Z]{2,})$")
_SIGN = r"(?P<sign>[-_:./|‐‑‒–—])"
_AFFIXED = (
    re.compile(rf"(?P<state>[BIESLUM]){_SIGN}(?P<type>\S+)$"),
    re.compile(rf"(?P<state>[bieslum]){_SIGN}(?P<type>\S+)$"),
    re.compile(rf"(?P<type>\S+){_SIGN}(?P<state>[BIESLUM])$"),
    re.compile(rf"(?P<type>\S+){_SIGN}(?P<state>[bieslum])$"),
    re.compile(r"(?P<sign>)(?P<state>[BIESLUM])(?P<type>[A-Z]{2,})$"),
)
_NOTHING = ("o", "0", "_", "-", "OUT")
"""Other spellings of ``O``; where none occurs, the most frequent label stands for it."""
_SHARE = 0.1
"""Share of the labels with prefix below which letters other than B and I are slips."""


def is_label(value: str) -> bool:
    """Return whether ``value`` is ``O``, or has the letter of an encoding before a hyphen or glued to its type."""
    return value == OUTSIDE or bool(type_of(value))


def type_of(value: str) -> str:
    """Return the entity type in a label; empty for ``O`` and for what is no label."""
    match = LABEL.match(value) or _GLUED.match(value)
    return match["type"] if match else ""


def types_of(values: Sequence[str]) -> set[str]:
    """Return the entity types in a column of labels, in whatever spelling."""
    other = _affixed(Counter(values))
    return {type for value in values if (type := type_of(other.get(value, value)))}


def look_like_labels(values: Sequence[str]) -> bool:
    """Return whether nearly all values are labels, in the usual spelling or another."""
    if not values:
        return False
    uses = Counter(values)
    fit = sum(number for value, number in uses.items() if is_label(value))
    if fit < 0.9 * len(values) and (other := _affixed(uses)):
        fit = sum(number for value, number in uses.items() if value in other or value in (OUTSIDE, "o"))
    return fit >= 0.9 * len(values)


def scheme_of(
    sentences: Sequence[list[str]], whole: bool
) -> tuple[str, dict[str, str], tuple[str, ...], Reason]:
    """Return scheme, spelling, types, and the reason for the scheme.

    Letters other than B and I count only if together they make up a tenth of the labels with prefix: below that
    they are slips, for validation to show. (Every mention of a scheme that has them has one, so a tenth means
    mentions of ten tokens.) Of those that count the frequent ones decide: L and U against E, S and M for BILOU,
    M against I for BMES.
    """
    values = Counter(label for labels in sentences for label in labels if label)
    spelling = spelling_of(values)
    clean = [[spelling.get(label, label) for label in labels if label] for labels in sentences]
    prefixed = [match for labels in clean for label in labels if (match := LABEL.match(label))]
    types = tuple(sorted({match["type"] for match in prefixed}))
    letters = Counter(match["state"] for match in prefixed)
    if not letters:
        return "IOB2", spelling, types, ("no mention in sight, so taken for IOB2", "--scheme")
    if set(letters) == {"I"} and any(
        clean == f"I-{raw}" and raw in values for raw, clean in spelling.items()
    ):
        return "IO", spelling, types, ("labels without prefix, so taken for IO", "--scheme")
    name, why = _by_letters(letters, clean, whole)
    return name, spelling, types, (f"{_respelled(spelling, values)}{why}, so taken for {name}", "--scheme")


def _by_letters(letters: Counter[str], sentences: Sequence[list[str]], whole: bool) -> tuple[str, str]:
    others = sorted(letter for letter in letters if letter not in "BI")
    rest = sum(letters[letter] for letter in others)
    if rest < _SHARE * letters.total():
        name, why = _two_letters(sentences, set(letters) - set(others), whole)
        slips = f" ({rest} of {letters.total()} with {', '.join(others)} count as slips)" if rest else ""
        return name, why + slips
    why = f"labels begin with {', '.join(sorted(letters))}"
    if letters["L"] + letters["U"] > letters["E"] + letters["S"] + letters["M"]:
        return "BILOU", why
    return ("BMES" if letters["M"] > letters["I"] else "BIOES"), why


def _respelled(spelling: Mapping[str, str], values: Mapping[str, int]) -> str:
    """Say what is spelled in another way, by its first example."""
    told = [f"{raw} is read as {clean}" for raw, clean in spelling.items() if clean == OUTSIDE]
    told += [
        f"{raw} is read as {clean}" for raw, clean in spelling.items() if clean != OUTSIDE and raw in values
    ][:1]
    return "".join(f"{one}, " for one in told)


def spelling_of(values: Counter[str]) -> dict[str, str]:
    """Return labels that are not spelled as an encoding spells them → labels that are.

    Where types come with the letters of an encoding in another place, case or with another sign (``B_PER``,
    ``PER-B``, ``b-per``, ``BPER``), every type is spelled with every letter that occurs, so that labels that were
    not met, or that a repair needs, are spelled alike.
    """
    odd = [value for value in values if value != OUTSIDE and not LABEL.match(value)]
    if not odd or all(value.isdecimal() for value in odd):
        return {}
    affixed = _affixed(values)
    spelling: dict[str, str] = {}
    left = [value for value in odd if value not in affixed]
    if OUTSIDE not in values and left:
        outside = next((value for value in _NOTHING if value in left), None)
        outside = outside or max(left, key=lambda value: values[value])
        spelling[outside] = OUTSIDE
        left.remove(outside)
    if affixed:
        return spelling | affixed
    if len(left) + len(spelling) + (OUTSIDE in values) < len(values):
        # Some label has the usual prefix: the others are slips, which validation must show.
        return spelling
    return spelling | {value: f"I-{value}" for value in left} if len(left) <= 60 else {}


def _affixed(values: Mapping[str, int]) -> dict[str, str]:
    """Return the spelling of labels with affixes in another place, case or sign; empty if there are none.

    Nearly all labels must have the same kind of affix, and some type must come with B and with another letter:
    ``B_cell`` alone is a type.
    """
    named = {value: uses for value, uses in values.items() if value != OUTSIDE and value not in _NOTHING}
    for pattern in _AFFIXED:
        states: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))  # by sign and type
        uses: Counter[str] = Counter()
        for value, number in named.items():
            if match := pattern.match(value):
                states[match["sign"]][match["type"]].add(match["state"])
                uses[match["sign"]] += number
        for sign, of_type in states.items():
            usual = pattern is _AFFIXED[0] and sign == "-"
            paired = any({"B", "b"} & found and len(found) > 1 for found in of_type.values())
            outside = 0 if OUTSIDE in values or set(_NOTHING) & set(values) else max(named.values())
            if usual or not paired or uses[sign] < 0.9 * (sum(named.values()) - outside):
                continue
            letters = sorted(set().union(*of_type.values()))
            return {
                _spelled(pattern, sign, letter, type): f"{letter.upper()}-{type}"
                for type in of_type
                for letter in letters
            }
    return {}


def _spelled(pattern: re.Pattern[str], sign: str, letter: str, type: str) -> str:
    after = pattern in _AFFIXED[2:4]
    return f"{type}{sign}{letter}" if after else f"{letter}{sign}{type}"


def _two_letters(sentences: Sequence[Sequence[str]], letters: set[str], whole: bool) -> tuple[str, str]:
    """Tell IO, IOB1 and IOB2 apart: in IOB1 a mention begins with B- only right after one of the same type."""
    if letters == {"I"}:
        # IOB1 reads and means the same, and allows for a B- further down.
        return ("IO", "labels begin with I only") if whole else ("IOB1", "labels begin with I only so far")
    needless = bare = 0
    for labels in sentences:
        before = ""
        for label in labels:
            state, _, type = label.partition("-")
            if state == "B":
                needless += type != before
            elif state == "I":
                bare += type != before
            before = type
    if bare > 4 * needless:
        return "IOB1", "B- stands where mentions of one type touch, and else I- begins them"
    return "IOB2", "B- begins mentions"
