"""A language model as the judge of annotations: two marks from 0 to 5, and lists of what is wrong, extra and missing.

After FiNERweb's judge (`prompts/judge_v1.txt`). What it lists is matched with the mentions that were judged, and with the passage,
character by character; what matches neither is counted and left out. As an annotator (`as_judge`) its mentions are those that it does
not object to, and those that it misses; so it is calibrated like any other judge (`judging.calibrated`).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from openner_utils.llm.spending import Sum
from openner_utils.web.characters import WORD, codes, kinds
from openner_utils.web.documents import language_of
from openner_utils.web.mentions import Annotated, TextMention
from openner_utils.web.objects import Model, answers, object_of, points, rendered, written

PROMPT = "judge_v1"
HIGHEST = 5
NO_MARK = "no whole number from 0 to 5 as a mark"
NOT_LISTED = "objection to what was not marked"
NOT_THERE = "missing mention that the passage does not hold"
_LISTS = ("wrong", "extra", "missing")


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the judge says of a passage's mentions; marks are None where the reply is no opinion (`faults` says why).

    ``wrong``, ``extra``: numbers of mentions; ``missing``: mentions at free places of the passage, from left to right.
    """

    faithfulness: int | None
    completeness: int | None
    wrong: tuple[int, ...] = ()
    extra: tuple[int, ...] = ()
    missing: tuple[TextMention, ...] = ()
    faults: tuple[str, ...] = ()


def opinions(annotated: Sequence[Annotated], model: Model) -> tuple[list[Opinion], Sum]:
    """Return what a language model says of each passage's mentions, and the tokens that it took. Nothing is asked twice."""
    prompts = [rendered(PROMPT, _fields(each)) for each in annotated]
    replies, spent = answers(model, prompts, [each.passage.id for each in annotated])
    return [opinion(each, reply) for each, reply in zip(annotated, replies, strict=True)], spent


def _fields(annotated: Annotated) -> dict[str, str]:
    mentions = [{"text": annotated.text_of(each), "type": each.type} for each in annotated.mentions]
    return {
        "language": language_of(annotated.passage.language)[0],
        "passage": written(annotated.passage.text),
        "mentions": written(mentions),
    }


def opinion(annotated: Annotated, reply: str | None) -> Opinion:
    """Return what a reply says. Two equal mentions that it objects to once are objected to from left to right."""
    value, fault = object_of(reply, ("faithfulness", "completeness"))
    if fault:
        return Opinion(None, None, faults=(fault,))
    marks = [points(value[name], HIGHEST) for name in ("faithfulness", "completeness")]
    faults = [NO_MARK for mark in marks if mark is None]
    lists = {name: _items(value.get(name)) for name in _LISTS}
    taken: set[int] = set()
    objected: dict[str, list[int]] = {"wrong": [], "extra": []}
    for name, numbers in objected.items():
        for text, type in lists[name]:
            number = _number(annotated, text, type, taken)
            if number is None:
                faults.append(NOT_LISTED)
                continue
            taken.add(number)
            numbers.append(number)
    missing: list[TextMention] = []
    for text, type in lists["missing"]:
        place = _place(annotated, text, missing)
        if place is None or not type:
            faults.append(NOT_THERE)
        else:
            missing.append(TextMention(place, place + len(text), type))
    return Opinion(
        marks[0],
        marks[1],
        tuple(sorted(objected["wrong"])),
        tuple(sorted(objected["extra"])),
        tuple(sorted(missing, key=lambda each: each.span)),
        tuple(faults),
    )


def _items(value: object) -> list[tuple[str, str]]:
    """Return the texts and types of a list; what is neither an object with a text nor a text is left out."""
    found = []
    for item in value if isinstance(value, list) else ():
        text, type = (item.get("text"), item.get("type")) if isinstance(item, dict) else (item, "")
        if isinstance(text, str) and text:
            found.append((text, type if isinstance(type, str) else ""))
    return found


def _number(annotated: Annotated, text: str, type: str, taken: set[int]) -> int | None:
    """Return the first mention with this text that is not taken; with this type, if there is one."""
    free = [
        n for n, each in enumerate(annotated.mentions) if n not in taken and annotated.text_of(each) == text
    ]
    typed = [n for n in free if annotated.mentions[n].type == type]
    return next(iter(typed or free), None)


def _place(annotated: Annotated, text: str, missing: Sequence[TextMention]) -> int | None:
    """Return the first place of a text in the passage where nothing is marked, and nothing else missing; one within words counts last.

    A text of blanks names nothing, and has none.
    """
    whole, within = annotated.passage.text, None
    at = whole.find(text) if text.strip() else -1
    while at >= 0:
        mention = TextMention(at, at + len(text), "-")
        if not any(mention.shared(each) for each in (*annotated.mentions, *missing)):
            if not (_divides(whole, at) or _divides(whole, mention.end)):
                return at
            within = at if within is None else within
        at = whole.find(text, at + 1)
    return within


def _divides(text: str, at: int) -> bool:
    """Return whether a border at an offset would divide a word; in scripts without blanks none does."""
    around = text[max(0, at - 1) : at + 1]
    return 0 < at < len(text) and bool((kinds()[codes(around)] == WORD).all())


def gave_none(said: Opinion) -> bool:
    """Return whether a reply gave no mark, so that the judge stands for nothing in this passage."""
    return said.faithfulness is None and said.completeness is None


def as_judge(annotated: Sequence[Annotated], given: Sequence[Opinion]) -> list[Annotated]:
    """Return the judge's own mentions: those that it does not object to, and those that it misses.

    Where it gave no opinion it stands for nothing.
    """
    found = []
    for each, said in zip(annotated, given, strict=True):
        objected = {*said.wrong, *said.extra}
        kept = [mention for n, mention in enumerate(each.mentions) if n not in objected]
        found.append(each.with_mentions(() if gave_none(said) else [*kept, *said.missing]))
    return found


def account(given: Sequence[Opinion]) -> Counter[str]:
    """Return what was listed, and what was wrong with replies, by name."""
    found = Counter({name: sum(len(getattr(each, name)) for each in given) for name in _LISTS})
    found.update(fault for each in given for fault in each.faults)
    return found
