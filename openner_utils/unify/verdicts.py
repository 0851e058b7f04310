"""What kind of conflict a candidate is, and what the type maps could say to resolve it.

The kinds are B2NER's (Yang et al. 2025, section 3.1): another scope, another span, another kind of mention, another granularity; and
subsumption, where one type is part of another one. A verdict is a suggestion by rules that are told with it, no more.
"""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from openner_utils.catalog.taxonomy import ARROW, OTHERS
from openner_utils.catalog.taxonomy.words import plain
from openner_utils.unify.alike import Meaning, alike
from openner_utils.unify.conflicts import CROSSING, LONGER, SHORTER, TYPE, Candidate, Conflicts
from openner_utils.unify.corpora import Corpus
from openner_utils.unify.standing import folded

Kind = Literal["scope", "span", "kind of mention", "granularity", "subsumption"]
SWAPPED = 0.5
"""Effect from which, in both directions, two types have changed names."""
COMMON = 0.5
"""How much more often, as a share, texts must be written small than the other texts of their type to be common nouns."""
REPEATED = 2.0
"""How many times as often texts must be marked as the others of their type to be common nouns, where letters have no case."""
GENERAL = "general mention of"
MARKS, NAMES = "{} marks as {}", "taggers of {} name {}"
"""How it is said that a corpus marks a type, and that those who learnt from it do."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A candidate with its kind, why it is that, and what to call which published types of which corpus.

    ``settled``: the taxonomy calls both types differently already.
    """

    candidate: Candidate
    kind: Kind
    why: str
    corpus: str
    raw: tuple[str, ...]
    to: str
    settled: bool


def judge(found: Conflicts, corpora: Sequence[Corpus], meaning: Meaning, marks: str = MARKS) -> list[Verdict]:
    """Return a verdict on each candidate, in their order. ``marks``: how it is said that a corpus, or who learnt from it, marks a type."""
    judges = _Judge({corpus.name: corpus for corpus in corpora}, found, meaning, marks)
    return [judges.of(candidate) for candidate in found.candidates]


def suggestions(verdicts: Sequence[Verdict]) -> list[dict[str, object]]:
    """Return what the clear verdicts suggest in the form of the taxonomy's maps of corpora, one entry per published type.

    Of several verdicts on one type the clearest counts; what the taxonomy has settled is left out.
    """
    groups: dict[str, dict[str, dict[str, str]]] = defaultdict(dict)
    for each in verdicts:
        if each.candidate.clear and not each.settled:
            for raw in each.raw:
                groups[each.corpus].setdefault(raw, {"to": each.to, "by": "mentions", "why": each.why})
    return [
        {"corpora": [corpus], "by": "mentions", "why": "suggested by `openner conflicts`", "types": types}
        for corpus, types in sorted(groups.items())
    ]


class _Judge:
    def __init__(self, corpora: Mapping[str, Corpus], found: Conflicts, meaning: Meaning, marks: str) -> None:
        self._corpora, self._meaning, self._marks = corpora, meaning, marks
        self._parts = {(edge.here, edge.type, edge.there, edge.wider) for edge in found.edges}
        self._effects = {
            (each.here, each.like, each.there, each.other): each.effect
            for each in found.candidates
            if each.outcome == TYPE and each.type == each.like
        }
        self._looks = {name: _Looks(corpus) for name, corpus in corpora.items()}

    def of(self, each: Candidate) -> Verdict:
        here, there = self._name(each.here, each.type), self._name(each.there, each.like)
        settled = bool(
            (one := self._meaning(each.here, each.type).type)
            and (other := self._meaning(each.there, each.like).type)
            and one != other
        )

        def verdict(kind: Kind, why: str, corpus: str, type: str, to: str) -> Verdict:
            raw = self._corpora[corpus].raw.get(type, (type,))
            return Verdict(each, kind, why, corpus, raw, to, settled)

        marked = self._marks.format(each.here, each.type)
        said = f"of {each.texts} texts that {marked}, {each.there} has {each.otherwise}"
        if each.outcome in (SHORTER, LONGER, CROSSING):
            words = ", ".join(filter(None, (extra.strip(" …") for extra in each.extras)))
            longer = each.there if each.outcome == LONGER else each.here
            type, name = (each.like, there) if longer == each.there else (each.type, here)
            to = f"{name} with {plain(words)}" if words else f"{name} (other borders)"
            more = f" ({words})" if words else ""
            return verdict("span", f"{said} {each.outcome} in places{more}", longer, type, to)
        if each.outcome == TYPE:
            return verdict(*self._other_type(each, said, here, there))
        nominal = self._nominal(each)
        if nominal:
            to = here if GENERAL in here else f"{here} or {GENERAL} {here}"
            return verdict("kind of mention", f"{said} unmarked, {nominal}", each.here, each.type, to)
        return verdict("scope", f"{said} unmarked", each.there, each.like, f"{there} (in part)")

    def _other_type(
        self, each: Candidate, said: str, here: str, there: str
    ) -> tuple[Kind, str, str, str, str]:
        why = f"{said} as {each.other}"
        other = self._name(each.there, each.other)
        back = alike(each.other, each.there, self._corpora[each.here].types, each.here, self._meaning)
        swapped = self._effects.get((each.here, each.other, each.there, each.like), 0.0)
        if min(each.effect, swapped) >= SWAPPED:
            # One of the two corpora is renamed, or the names would change places again.
            if each.here < each.there:
                renamed = each.there, each.other, here
            else:
                renamed = each.here, each.type, other
            return "scope", f"{why}, and the other way round", *renamed
        if not back or back == each.type:
            why += f", which {each.here} has not beside {each.type}"
            return (
                "granularity",
                why,
                each.there,
                each.like,
                there if there.endswith(OTHERS) else f"{there}{OTHERS}",
            )
        if (each.here, each.type, each.there, each.other) in self._parts:
            to = here if here.startswith(other) else f"{other}{ARROW}{here}"
            return "subsumption", f"{why}, and fewer the other way round", each.here, each.type, to
        to = here if other in here else f"{here} or {other}"
        return "scope", why, each.here, each.type, to

    def _nominal(self, each: Candidate) -> str:
        """Return why texts that are not marked there look like common nouns, or nothing."""
        kinds = self._meaning(each.here, each.type).mention
        names_only = bool(kinds) and set(kinds) <= {"name", "derived", "value"}
        return self._looks[each.here].common(each.type, each.forms, each.rest, cased_only=names_only)

    def _name(self, corpus: str, type: str) -> str:
        return self._meaning(corpus, type).type or plain(type) or type


class _Looks:
    """How a corpus writes the texts of its types."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus

    @cached_property
    def _of_type(self) -> dict[str, dict[str, Counter[str]]]:
        """Type → text as it is compared → how often it begins with a small letter, a capital, or neither."""
        mentions = self._corpus.mentions()
        tokens = self._corpus.columns.tokens.to_pylist()
        found: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
        for start, end, type in zip(
            mentions.start.tolist(), mentions.end.tolist(), mentions.type.tolist(), strict=True
        ):
            text = "".join(map(folded, tokens[start:end]))
            category = unicodedata.category(tokens[start][0]) if tokens[start] else ""
            found[mentions.types[type]][text][category if category in ("Ll", "Lu", "Lt") else ""] += 1
        return found

    def common(self, type: str, texts: Sequence[str], others: Sequence[str], cased_only: bool) -> str:
        """Return why some texts of a type look like common nouns beside others, or nothing."""
        known = self._of_type[type]
        some, rest = ([known[text] for text in each if text in known] for each in (texts, others))
        if not some or not rest:
            return ""
        one, other = _cased(some), _cased(rest)
        if one and other:
            small = [sum(each["Ll"] for each in of) / sum(map(_letters, of)) for of in (one, other)]
            return "mostly written small" if small[0] - small[1] >= COMMON else ""
        often = [sum(each.total() for each in of) / len(of) for of in (some, rest)]
        return "texts that repeat" if not cased_only and often[0] >= REPEATED * often[1] else ""


def _cased(of: Sequence[Counter[str]]) -> list[Counter[str]]:
    return [each for each in of if _letters(each)]


def _letters(counts: Counter[str]) -> int:
    return counts["Ll"] + counts["Lu"] + counts["Lt"]
