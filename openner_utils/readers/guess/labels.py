"""Guessing from labels alone: what is a label, the encoding scheme, the spelling, the slips, the entity types."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import regex

from openner_utils.core.encoding import OUTSIDE
from openner_utils.readers.guess.evidence import Reason

UNNAMED = "MENTION"
"""The type of mentions whose labels are nothing but ``B``, ``I`` and ``O``."""
LABEL = re.compile(r"(?P<state>[BIESLUM])-(?P<type>\S(?:.*\S)?)$")
"""A label as encodings spell it; a type may hold blanks."""
_GLUED = re.compile(r"(?P<state>[BI])(?P<type>[A-Z]{2,})$")
_ALONE = re.compile(r"W(?=-\S|$)")
"""The letter for a mention of one token in BMEWO, which our encodings write S."""
_BLANK = r"[\s\x01-\x1f\x7f-\x9f\u200b-\u200f\u2060\ufeff]"
_BLANK_EDGES = re.compile(rf"^{_BLANK}++|(?<!{_BLANK}){_BLANK}++$|(?<=^[A-Z]-){_BLANK}++")
"""White space around a label or its type; characters that are not seen count."""
_SIGN = r"(?P<sign>[-_:./|‐‑‒–—−﹣－])"
_AFFIXED = (
    re.compile(rf"(?P<state>[BIESLUM]){_SIGN}(?P<type>\S+)$"),
    re.compile(rf"(?P<state>[bieslum]){_SIGN}(?P<type>\S+)$"),
    re.compile(rf"(?P<type>\S+){_SIGN}(?P<state>[BIESLUM])$"),
    re.compile(rf"(?P<type>\S+){_SIGN}(?P<state>[bieslum])$"),
    re.compile(r"(?P<sign>)(?P<state>[BIESLUM])(?P<type>[A-Z]{2,})$"),
    re.compile(rf"(?P<before>\S+[-_.])(?P<state>[BIESLUM]){_SIGN}(?P<type>\S+)$"),
    re.compile(rf"(?P<before>\S+[-_.])(?P<state>[bieslum]){_SIGN}(?P<type>\S+)$"),
)
_SMALL = (_AFFIXED[1], _AFFIXED[3], _AFFIXED[6])
"""Those in small letters."""
_GLUE = r"(?:[|;,+$#&/]|_{1,2})"
_LABELS = rf"(?:O{_GLUE})*+(?:O(?!\S)|[BIESLUM]-\S++)"
"""Labels without a blank between them. Nothing in it is tried twice: a cell of a hundred characters must not take hours."""
_LAYERED = regex.compile(rf"{_LABELS}(?:\s++{_LABELS})*+$")
_BORDER = regex.compile(rf"\s|(?<!\S)O{_GLUE}|\S{{3}}{_GLUE}{_LABELS}")
"""Labels of several layers in one cell, such as ``I-ORG|B-LOC``, and the border between two of them; what follows it is a label,
too, unlike in ``B-GPE_LOC``."""
_NOTHING = {
    "o", "0", "_", "-", "*", "--", "out", "outside", "none", "null", "nil", "n/a", "na", "other",
}  # fmt: skip
"""Other spellings of ``O``, in small letters."""
USUAL = {
    "per", "pers", "person", "people", "name", "prs", "loc", "location", "gpe", "geo", "place", "org", "organization",
    "organisation", "group", "misc", "date", "time", "money", "percent", "product", "event", "disease", "chemical",
    "gene", "protein", "drug",
}  # fmt: skip
"""Types that are never the outside, in small letters, however frequent they are."""
_SYNTAX = {
    "CC", "CD", "DT", "EX", "FW", "IN", "JJ", "JJR", "JJS", "LS", "MD", "NN", "NNS", "NNP", "NNPS", "PDT", "POS", "PRP",
    "PRP$", "RB", "RBR", "RBS", "RP", "SYM", "TO", "UH", "VB", "VBD", "VBG", "VBN", "VBP", "VBZ", "WDT", "WP", "WP$", "WRB",
    "ADJ", "ADP", "ADV", "AUX", "CCONJ", "DET", "INTJ", "NOUN", "NUM", "PART", "PRON", "PROPN", "PUNCT", "SCONJ", "VERB", "X",
}  # fmt: skip
"""Parts of speech, which are no entity types."""
_TYPE = re.compile(r"[^\W\d_](?:[\w .:/&+'-]*\w)?$")
"""A type without the letter of an encoding: a word, never ``KEY=VALUE``, brackets or quoted text."""
_LATIN = str.maketrans("ОВІЕЅМοΟΒΙΕΜＯＢＩＥＳＭＬＵ", "OBIESMoOBIEMOBIESMLU")
"""Letters of other scripts that look like those of labels."""
_MARKED = re.compile(r"(?:\S*[-_.])?(?P<state>[BIESLUMbieslum])[-_](?P<type>\S.*)$")
"""A label with the letter of an encoding somewhere before its type, such as ``ne-b-per``."""
_Glue = tuple[str, str]
"""What stands before a label's letter, and between that and the type."""
_MOST = 60
"""Types without prefix, at the most."""
_VARIED = 500
"""Different values of a column, at the most, that are all looked at: where more than a quarter differ it holds no labels."""
_LONGEST = 100
"""Characters of a label, at the most, that counts where columns are told apart."""
LONGEST = 200
"""Characters of a label, at the most: no longer one is read as a label, nor are layers looked for in it."""
_SHARE = 0.1
"""Share of the labels with prefix below which letters other than B and I are slips."""
_HALF = 0.5
"""Share of all labels from which on the most frequent one may stand for ``O`` if nothing else does."""


@dataclass(frozen=True, slots=True)
class Labels:
    """What labels tell.

    ``spelling`` maps labels as written to labels of ``scheme``, one to one. ``confidence`` is as in `Detected`.
    """

    scheme: str
    confidence: float
    reasons: tuple[Reason, ...]
    spelling: dict[str, str] = field(default_factory=dict)
    types: tuple[str, ...] = ()


def undressed(label: str) -> str:
    """Return a label without white space around it and its type.

    >>> undressed("B- PER\\x07")
    'B-PER'
    """
    return _BLANK_EDGES.sub("", label)


def is_label(value: str) -> bool:
    """Return whether ``value`` is ``O``, or has the letter of an encoding before a hyphen or glued to its type."""
    return value == OUTSIDE or bool(type_of(value))


def type_of(value: str) -> str:
    """Return the entity type in a label; empty for ``O`` and for what is no label."""
    match = LABEL.match(value) or _GLUED.match(value)
    return match["type"] if match else ""


def types_of(values: Iterable[str]) -> set[str]:
    """Return the entity types in a column of labels, in whatever spelling."""
    uses = Counter(map(undressed, values))
    other = _affixed(uses) or _bare(uses)
    return {type for value in uses if (type := type_of(other.get(value, value)))}


def may_be_ids(values: Iterable[str]) -> bool:
    """Return whether labels may be ids that look like labels: nothing is outside, and all types are numbers.

    >>> may_be_ids(["S-1", "S-2"]), may_be_ids(["B-1", "O"]), may_be_ids(["B-PER"])
    (True, False, False)
    """
    uses = set(map(undressed, values))
    types = types_of(uses)
    return (
        bool(types)
        and all(map(str.isdecimal, types))
        and not any(value.lower() in _NOTHING for value in uses)
    )


def look_like_labels(values: Sequence[str]) -> bool:
    """Return whether nearly all values are labels, in the usual spelling or another."""
    return label_share(Counter(values)) >= 0.9


def label_share(uses: Counter[str]) -> float:
    """Return the share of values that are labels with a prefix, or ``O``, in the usual spelling or another.

    White space around them, and letters that only look like theirs, are slips, which reading shows.
    """
    total = uses.total()
    if len(uses) > max(_VARIED, total / 4):
        return 0.0
    clean: Counter[str] = Counter()
    for value, number in uses.items():
        if len(value) <= _LONGEST:
            clean[latin(undressed(value))] += number
    single = _with_w(clean)
    clean = Counter({single.get(value, value): number for value, number in clean.items()})
    fit = sum(number for value, number in clean.items() if is_label(value))
    other = _affixed(clean) or _bare(clean) if fit < 0.9 * total else {}
    if other or any(map(type_of, clean)):
        also = {value for value in clean if value in other or value.lower() in _NOTHING}
        fit = sum(
            number for value, number in clean.items() if value in also or (not other and is_label(value))
        )
    return fit / total if total else 0.0


def latin(value: str) -> str:
    """Return a label with its first letter in Latin, where it is one of another script that looks so.

    >>> latin("\\N{CYRILLIC CAPITAL LETTER VE}-LOC")
    'B-LOC'
    """
    return value[:1].translate(_LATIN) + value[1:] if value[1:2] in ("", "-") else value


def _with_w(values: Iterable[str]) -> dict[str, str]:
    """Return labels with W for a mention of one token → the same with S; empty where W is no letter of an encoding.

    It is one beside E of longer mentions, where no label has the S that it stands for.

    >>> _with_w(["B-PER", "E-PER", "W-LOC", "O"]), _with_w(["B-PER", "W-LOC"])
    ({'W-LOC': 'S-LOC'}, {})
    """
    begins = {value[0] for value in values if value and (value[1:2] == "-" or len(value) == 1)}
    if not {"W", "B", "E"} <= begins or "S" in begins:
        return {}
    return {value: f"S{value[1:]}" for value in values if _ALONE.match(value)}


def look_like_types(uses: Counter[str]) -> bool:
    """Return whether values may be labels without prefix: few different words, and something that stands for ``O``."""
    clean = {undressed(value): number for value, number in uses.items()}
    named = [value for value in clean if value != OUTSIDE and value.lower() not in _NOTHING]
    if not named or len(clean) > max(3, uses.total() / 4) or not all(_TYPE.match(value) for value in named):
        return False
    types = Counter({value: clean[value] for value in named})
    return OUTSIDE in clean or (len(named) < len(clean) and may_be_types(types))


def may_be_types(uses: Counter[str]) -> bool:
    """Return whether values may be labels without prefix though nothing stands for ``O``: few, often, or usual types."""
    often = 3 * len(uses) <= uses.total() or all(value.isupper() or value.lower() in USUAL for value in uses)
    return often and not _SYNTAX.issuperset(uses) and all(_TYPE.match(value) for value in uses)


def outsides(uses: Counter[str]) -> list[str]:
    """Return the labels of which each stands for ``O``, where there are several: those without a letter beside those with one.

    >>> outsides(Counter({"ne-b-per": 3, "ne-i-per": 2, "es": 9, "gn": 8}))
    ['es', 'gn']
    """
    marked = {value: match for value in uses if (match := _MARKED.match(value))}
    paired = {match["type"] for match in marked.values() if match["state"] in "Bb"}
    paired &= {match["type"] for match in marked.values() if match["state"] not in "Bb"}
    plain = [value for value in uses if value not in marked and not is_label(value)]
    if OUTSIDE in uses or not paired or len(plain) < 2 or any(value.lower() in _NOTHING for value in plain):
        return []
    return sorted(plain, key=lambda value: -uses[value])


def outside_share(uses: Counter[str]) -> float:
    """Return the share of values that are written as tokens outside of mentions are."""
    fit = sum(number for value, number in uses.items() if value == OUTSIDE or value.lower() in _NOTHING)
    return fit / uses.total() if uses else 0.0


def layered(names: Iterable[str]) -> str:
    """Return the first label in which those of several layers are glued, such as ``I-ORG|B-LOC``; empty if none is.

    >>> layered(["O", "B-PER", "I-ORG|B-LOC"])
    'I-ORG|B-LOC'
    >>> layered(["B-PER/ORG", "B-GPE_LOC"])
    ''
    """
    return next(
        (name for name in names if len(name) <= LONGEST and _LAYERED.match(name) and _BORDER.search(name)),
        "",
    )


def labels_of(sentences: Sequence[list[str]], whole: bool, outside: Collection[str] = ()) -> Labels:
    """Return what the labels of a sample tell; ``whole`` says whether it is all of the file, ``outside`` what means O.

    Letters other than B and I count only if together they make up a tenth of the labels with prefix: below that
    they are slips, for validation to show. (Every mention of a scheme that has them has one, so a tenth means
    mentions of ten tokens.) Of those that count the frequent ones decide: L and U against E, S and M for BILOU,
    M against I for BMES.
    """
    # White space around a label is a slip, which reading shows.
    sentences = [
        [OUTSIDE if label in outside else bare for label in labels if (bare := undressed(label))]
        for labels in sentences
    ]
    values = Counter(label for labels in sentences for label in labels)
    spelling = spelling_of(values)
    clean = [[spelling.get(label, label) for label in labels] for labels in sentences]
    found = _scheme(clean, values, spelling, whole)
    return replace(found, spelling=spelling)


def _scheme(
    sentences: Sequence[list[str]], values: Counter[str], spelling: Mapping[str, str], whole: bool
) -> Labels:
    """Return scheme and types of labels that are spelled as encodings do; ``values`` are as written."""
    prefixed = [match for labels in sentences for label in labels if (match := LABEL.match(label))]
    types = tuple(sorted({match["type"] for match in prefixed}))
    letters = Counter(match["state"] for match in prefixed)
    if not letters:
        why = "no mention in sight, so taken for IOB2"
        return Labels("IOB2", 0.7 if outside_share(values) > 0.9 else 0.0, ((why, "--scheme"),))
    respelled, sure = _respelled(spelling, values)
    if set(letters) == {"I"} and any(
        clean == f"I-{raw}" and raw in values for raw, clean in spelling.items()
    ):
        why = f"{respelled}labels without prefix, so taken for IO"
        return Labels("IO", min(0.8, sure), ((why, "--scheme"),), types=types)
    name, why = _by_letters(letters, sentences, whole)
    return Labels(
        name, min(0.95, sure), ((f"{respelled}{why}, so taken for {name}", "--scheme"),), types=types
    )


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


def _respelled(spelling: Mapping[str, str], values: Mapping[str, int]) -> tuple[str, float]:
    """Say what is spelled in another way, by its first example, and what stands for ``O``; and how sure that is."""
    sure, told = 1.0, []
    outside = next((raw for raw, clean in spelling.items() if clean == OUTSIDE), None)
    frequent = max(values, key=lambda value: values[value])
    if outside is not None:
        told.append(f"no O, so {outside} is read as O")
        sure = 1.0 if outside.lower() in _NOTHING else 0.65
    if outside != frequent and OUTSIDE not in values:
        told.append(
            f"no O, and {frequent} is the most frequent label"
            if not told
            else f"though {frequent} is more frequent"
        )
        sure = sure if outside is not None or (LABEL.match(frequent) and frequent not in spelling) else 0.5
    told += [
        f"{raw} is read as {clean}" for raw, clean in spelling.items() if clean != OUTSIDE and raw in values
    ][:1]
    return "".join(f"{one}, " for one in told), sure


def spelling_of(values: Counter[str]) -> dict[str, str]:
    """Return labels that are not spelled as an encoding spells them → labels that are.

    Where types come with the letters of an encoding in another place, case or with another sign (``B_PER``,
    ``PER-B``, ``b-per``, ``BPER``), every type is spelled with every letter that occurs, so that labels that were
    not met, or that a repair needs, are spelled alike.
    """
    if single := _with_w(values):
        plain = spelling_of(Counter({single.get(value, value): number for value, number in values.items()}))
        types = {match["type"] for value in values if (match := LABEL.match(single.get(value, value)))}
        # A label that was not met, or that a repair needs, is spelled alike.
        for_types = {f"W-{type}": f"S-{type}" for type in sorted(types)}
        return for_types | {f"W{raw[1:]}" if clean[0] == "S" else raw: clean for raw, clean in plain.items()}
    odd = [value for value in values if value != OUTSIDE and not LABEL.match(value)]
    if not odd or all(value.isdecimal() for value in odd):
        return {}
    affixed = _affixed(values) or _bare(values)
    spelling: dict[str, str] = {}
    left = [value for value in odd if value not in affixed and latin(value) != OUTSIDE]
    short = [
        value for value in left if len(value) <= LONGEST
    ]  # longer ones are text that slipped into the place of a label
    if OUTSIDE not in values and short:
        outside = _outside(values, short, other=bool(affixed) or len(odd) < len(values))
        if outside is not None:
            spelling[outside] = OUTSIDE
            left.remove(outside)
    if affixed:
        return spelling | affixed
    alike = [value for value in odd if latin(value) == OUTSIDE]
    if len(left) + len(alike) + len(spelling) + (OUTSIDE in values) < len(values):
        # Some label has the usual prefix: the others are slips, which validation must show.
        return spelling
    return spelling | {value: f"I-{value}" for value in left} if len(left) <= _MOST else {}


def _outside(values: Counter[str], left: Sequence[str], other: bool) -> str | None:
    """Return which label of ``left`` stands for ``O``: one that is known to, or else a frequent one that is no usual type.

    ``other`` says whether there are labels with prefix, beside which any label without can only stand for ``O``.
    """
    known = [value for value in left if value.lower() in _NOTHING]
    if known:
        return max(known, key=lambda value: values[value])
    frequent = max(left, key=lambda value: values[value])
    if other or (frequent.lower() not in USUAL and values[frequent] >= _HALF * values.total()):
        return frequent
    return None


def _bare(values: Mapping[str, int]) -> dict[str, str]:
    """Return the spelling of labels that are the letter of an encoding alone; empty if there are others, or no B.

    >>> _bare({"B": 3, "I": 2, "O": 9})
    {'B': 'B-MENTION', 'I': 'I-MENTION'}
    """
    named = {value for value in values if value != OUTSIDE and value.lower() not in _NOTHING}
    for letters in ("BIESLUM", "bieslum"):
        if named and named <= set(letters) and (letters[0] in named or named == {letters[1]}):
            # A label that was not met, or that a repair needs, is spelled alike.
            return {letter: f"{letter.upper()}-{UNNAMED}" for letter in sorted(named | set(letters[:2]))}
    return {}


def _affixed(values: Mapping[str, int]) -> dict[str, str]:
    """Return the spelling of labels with affixes in another place, case or sign, or behind a mark of their own; empty if there
    are none.

    Nearly all labels must have the same kind of affix, and some type must come with B and with another letter, or else all
    labels but ``O`` must have B or I and types that are no rest of a word: ``B_cell`` alone is a type, as BUILDING is.

    >>> _affixed({"B_DRUG": 3, "B_DOSE": 1, "O": 9})["I_DOSE"], _affixed({"B_cell": 3, "O": 9})
    ('I-DOSE', {})
    >>> _affixed({"ne-b-per": 2, "ne-i-per": 1, "O": 9})["ne-i-per"]
    'I-per'
    """
    nothing = {value for value in values if value == OUTSIDE or value.lower() in _NOTHING}
    named = {value: uses for value, uses in values.items() if value not in nothing}
    total, most = sum(named.values()), max(named.values(), default=0)
    for pattern in _AFFIXED:
        states: dict[_Glue, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))  # by glue and type
        uses: Counter[_Glue] = Counter()
        for value, number in named.items():
            if match := pattern.match(value):
                parts = match.groupdict()
                glue = parts.get("before", ""), parts["sign"]
                states[glue][parts["type"]].add(parts["state"])
                uses[glue] += number
        for (before, sign), of_type in states.items():
            usual = pattern is _AFFIXED[0] and sign == "-"
            paired = any({"B", "b"} & found and len(found) > 1 for found in of_type.values())
            all_named = uses[before, sign] == total
            alone = bool(nothing) and not before and all_named and _are_affixes(sign, of_type)
            outside = 0 if nothing else most
            if usual or not (paired or alone) or uses[before, sign] < 0.9 * (total - outside):
                continue
            letters = sorted(
                set().union(*of_type.values(), () if paired else "bi" if pattern in _SMALL else "BI")
            )
            return {
                before + _spelled(pattern, sign, letter, type): f"{letter.upper()}-{type}"
                for type in of_type
                for letter in letters
            }
    return {}


def _are_affixes(sign: str, of_type: Mapping[str, set[str]]) -> bool:
    """Return whether B and I, of which no type has both, are affixes; that is seen by the types."""
    if not set().union(*of_type.values()) <= set("BIbi"):
        return False
    if not sign:
        return all(type.lower() in USUAL for type in of_type)
    words = all(type[0].isalpha() for type in of_type)
    return words and (len(of_type) > 1 or all(type.isupper() or type.lower() in USUAL for type in of_type))


def _spelled(pattern: re.Pattern[str], sign: str, letter: str, type: str) -> str:
    after = pattern in _AFFIXED[2:4]
    return f"{type}{sign}{letter}" if after else f"{letter}{sign}{type}"


def like(spelling: Mapping[str, str]) -> Callable[[str], str]:
    """Return what gives the label that one without a ``spelling`` stands for, if it is spelled as those that have one; else itself.

    >>> [like(spelling)(label) for label, spelling in [("B_LOC", {"B_ORG": "B-ORG"}), ("LOC", {"ORG": "I-ORG"}), ("LOC", {})]]
    ['B-LOC', 'I-LOC', 'LOC']
    """
    named = {raw: clean for raw, clean in spelling.items() if clean != OUTSIDE}
    single = any(_ALONE.match(raw) and clean[0] == "S" for raw, clean in named.items())
    raw, clean = next(((raw, clean) for raw, clean in named.items() if not _ALONE.match(raw)), ("", ""))
    patterns = [
        (pattern, match)
        for pattern in _AFFIXED
        if (match := pattern.match(raw)) and f"{match['state'].upper()}-{match['type']}" == clean
    ]

    def found(label: str) -> str:
        if label in spelling or label == OUTSIDE:
            return spelling.get(label, label)
        if single and _ALONE.match(label):
            return f"S{label[1:]}"
        if raw and clean == f"I-{raw}":
            return f"I-{label}" if _TYPE.match(label) else label
        for pattern, match in patterns:
            own = pattern.match(label)
            if own and all(
                own[name] == match[name] for name in ("before", "sign") if name in match.groupdict()
            ):
                return f"{own['state'].upper()}-{own['type']}"
        return label

    return found


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
