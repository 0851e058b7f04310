"""Prompts: what a model is shown, and how a right answer is written, in each of five formats.

- ``inline``: the sentence again, with ``<TYPE>…</TYPE>`` around each mention;
- ``json``: a list of ``{"text": …, "type": …}``, one for each mention, in order of appearance. Where the text stands
  at several places of the sentence, ``"occurrence": …`` says which of them is meant, counted from 1;
- ``pairs``: types and texts, ``PER: Ada; LOC: Rome #2``, with the occurrence as a number where it is needed (after B2NER's
  answers, which have no occurrence: Yang et al. 2025, appendix C.2);
- ``lists``: a line for each type with its texts, ``PER: Ada | Bo``: few tokens, as is the aim of SLENDER (Ren & Teo 2025,
  acl-industry.59), whose own form was not at hand;
- ``tokens``: each token and its label, one a line, ``Ada B-PER``.

So a right answer says of each mention where it is, and the items of a list may stand in any order.

The wording lies in one text file per prompt in ``prompts/``, shared by the smallest and the largest model. A file
has comment lines (``#``), a head with ``{types}`` and ``{first_type}``, a line ``---``, and one turn with
``{sentence}`` and ``{answer}``. A prompt is the head, a turn for each worked example, and a last turn that ends
where the answer begins.
"""

import json
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import Literal, get_args

from openner_utils.core.document import Mention
from openner_utils.core.encoding import IOB2
from openner_utils.llm.line_replies import NOTHING
from openner_utils.llm.list_replies import listed
from openner_utils.llm.pair_replies import BETWEEN, pair
from openner_utils.llm.places import Places
from openner_utils.support import paths
from openner_utils.support.errors import OpenNERError, unknown

Format = Literal["inline", "json", "pairs", "lists", "tokens"]
FORMATS: tuple[Format, ...] = get_args(Format)

CORE_TYPES = {
    "PER": "names of people, real or invented",
    "LOC": "names of places: countries, towns, rivers, mountains, streets, buildings",
    "ORG": "names of organizations: companies, authorities, schools, clubs, parties, media",
}
"""The core types with a one-line definition each, as prompts give them."""

_WRITTEN_TOGETHER = frozenset({"Hani", "Hans", "Hant", "Jpan", "Thai", "Khmr", "Laoo", "Mymr", "Tibt"})


def separator(script: str) -> str:
    """Return what stands between two tokens in a script (ISO 15924): a blank, or nothing."""
    return "" if script in _WRITTEN_TOGETHER else " "


BLANK = "␣"
"""What is shown in place of a token without any visible character, such as a no-break space."""

_INVISIBLE = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})


def shown(tokens: Sequence[str], format: Format) -> tuple[str, ...]:
    """Return tokens as the model sees them, each with something to see and on one line.

    A token without a visible character becomes `BLANK`, and blanks inside a token become single plain ones. Inline,
    angle brackets are tags, so those of the sentence become ‹ and ›. The sentence may hold these signs itself; then
    two of its tokens look alike, as equal tokens do, and answers tell them apart by their places.
    """
    words = tuple(
        BLANK if all(unicodedata.category(character) in _INVISIBLE for character in token)
        else " ".join(token.split())
        for token in tokens
    )  # fmt: skip
    if format != "inline":
        return words
    return tuple(word.replace("<", "‹").replace(">", "›") for word in words)


def opening(type: str) -> str:
    """Return the tag that opens a mention."""
    return f"<{type}>"


def closing(type: str) -> str:
    """Return the tag that closes a mention."""
    return f"</{type}>"


def quoted(text: str) -> str:
    """Return text as it stands between the quotes of a JSON string."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


# The pieces of which a JSON answer consists, besides the mentions' texts: one spelling for training answers and
# for constrained decoding, and (as single symbols) for the vocabulary of models trained here.
EMPTY_LIST = "[]"
LIST_BEGIN = '[{"text": "'
_NEXT_ITEM = '}, {"text": "'
_LIST_END = "}]"


def typed(type: str) -> str:
    """Return what ends a mention's text in a JSON answer and gives its type."""
    return f'", "type": {json.dumps(type, ensure_ascii=False)}'


def numbered(type: str) -> str:
    """Return the type, and the name of the occurrence that follows it."""
    return f'{typed(type)}, "occurrence"'


def next_item(occurrence: int | None = None) -> str:
    """Return the occurrence, where one is given, and what begins the next mention's text."""
    return _number(occurrence) + _NEXT_ITEM


def list_end(occurrence: int | None = None) -> str:
    """Return the occurrence, where one is given, and what ends a JSON answer."""
    return _number(occurrence) + _LIST_END


def _number(occurrence: int | None) -> str:
    return "" if occurrence is None else f": {occurrence}"


def schema(types: Sequence[str]) -> str:
    """Return the JSON schema of an answer in the format ``json`` with these types, for servers that keep replies to one.

    >>> json.loads(schema(["PER"]))["items"]["properties"]["type"]
    {'enum': ['PER']}
    """
    item = {
        "type": "object",
        "properties": {
            "text": {"type": "string"},
            "type": {"enum": list(types)},
            "occurrence": {"type": "integer"},
        },
        "required": ["text", "type"],
        "additionalProperties": False,
    }
    return json.dumps({"type": "array", "items": item}, ensure_ascii=False)


def item_ends(type: str, occurrence: int | None) -> tuple[str, str]:
    """Return what follows a mention's text if another mention comes, and if none does."""
    head = typed(type) if occurrence is None else numbered(type)
    return head + next_item(occurrence), head + list_end(occurrence)


def answer(tokens: Sequence[str], labels: Sequence[str], format: Format, sep: str = " ") -> str:
    """Return the right answer for a sentence with these labels (IOB2) in a format."""
    mentions = IOB2.decode(labels)
    words = shown(tokens, format)
    return _WRITTEN[format](words, mentions, sep)


def _inline(words: Sequence[str], mentions: Sequence[Mention], sep: str) -> str:
    before = {mention.span.start: opening(mention.type) for mention in mentions}
    after = {mention.span.end - 1: closing(mention.type) for mention in mentions}
    return sep.join(f"{before.get(n, '')}{word}{after.get(n, '')}" for n, word in enumerate(words))


def _json(words: Sequence[str], mentions: Sequence[Mention], sep: str) -> str:
    if not mentions:
        return EMPTY_LIST
    places = Places(words)
    parts = [LIST_BEGIN]
    for mention in mentions:
        another, none = item_ends(mention.type, places.occurrence(mention.span))
        parts.append(quoted(sep.join(words[mention.span.start : mention.span.end])))
        parts.append(none if mention is mentions[-1] else another)
    return "".join(parts)


def _pairs(words: Sequence[str], mentions: Sequence[Mention], sep: str) -> str:
    places = Places(words)
    said = (
        pair(each.type, sep.join(words[each.span.start : each.span.end]), places.occurrence(each.span))
        for each in mentions
    )
    return BETWEEN.join(said) or NOTHING


def _lists(words: Sequence[str], mentions: Sequence[Mention], sep: str) -> str:
    places = Places(words)
    return listed(
        [
            (each.type, sep.join(words[each.span.start : each.span.end]), places.occurrence(each.span))
            for each in mentions
        ]
    )


def _tokens(words: Sequence[str], mentions: Sequence[Mention], sep: str) -> str:
    labels = IOB2.encode(mentions, len(words))
    return "\n".join(f"{word} {label}" for word, label in zip(words, labels, strict=True))


_WRITTEN: Mapping[Format, Callable[[Sequence[str], Sequence[Mention], str], str]] = {
    "inline": _inline,
    "json": _json,
    "pairs": _pairs,
    "lists": _lists,
    "tokens": _tokens,
}


@dataclass(frozen=True, slots=True)
class Example:
    """A worked example: tokens, their labels (IOB2), and what its language writes between two tokens."""

    tokens: tuple[str, ...]
    labels: tuple[str, ...]
    separator: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt file: its format, the head (may be empty) and the turn, with their placeholders."""

    name: str
    format: Format
    head: str
    turn: str

    def render(
        self,
        tokens: Sequence[str],
        types: Mapping[str, str],
        examples: Iterable[Example] = (),
        sep: str = " ",
    ) -> str:
        """Return the prompt for one sentence; ``types`` gives each entity type's one-line definition, which may be empty.

        Labels of ``examples`` have these types.
        """
        head = self.head.format(
            types="\n".join(
                f"- {type}: {definition}" if definition else f"- {type}" for type, definition in types.items()
            ),
            first_type=next(iter(types)),
        )
        turns = [
            self._turn(
                example.tokens,
                example.separator,
                answer(example.tokens, example.labels, self.format, example.separator),
            )
            for example in examples
        ]
        question = self._turn(tokens, sep, "").rstrip()
        return "\n\n".join(part for part in (head, *turns, question) if part)

    def _turn(self, tokens: Sequence[str], sep: str, reply: str) -> str:
        # Not str.format twice: sentences hold braces of their own.
        before, after = self.turn.split("{sentence}")
        # Where tokens are to be labelled, each must be seen, also where a language writes none.
        sep = " " if self.format == "tokens" else sep
        return f"{before}{sep.join(shown(tokens, self.format))}{after.replace('{answer}', reply)}"

    @property
    def lead(self) -> str:
        """The white space between the prompt's end and an answer in worked examples: what a model goes on with that has no chat template."""
        before = self.turn.removesuffix("{answer}")
        return before[len(before.rstrip()) :]

    @property
    def markers(self) -> tuple[str, str]:
        """The fixed texts of the turn before the sentence and before the answer, stripped."""
        before, after = self.turn.split("{sentence}")
        return before.strip(), after.removesuffix("{answer}").strip()


_HEAD_USES = "the head may use {types} and {first_type} as they are; write other braces twice"


def load(name: str, folder: Path | None = None) -> Prompt:
    """Return the prompt file of a name such as ``inline`` or ``json_short``; its format is the name's first word.

    Raises `OpenNERError` for an unknown name, or a file that lacks a part.
    """
    source = folder or paths.PROMPTS
    known = {path.stem: path for path in sorted(source.glob("*.txt"))}
    if name not in known:
        raise unknown("prompt", name, known)
    format = next((known_format for known_format in FORMATS if name.split("_")[0] == known_format), None)
    where = paths.relative(known[name])
    if format is None:
        raise OpenNERError(f"{where}: begin the file's name with its format: {', '.join(FORMATS)}.")
    try:
        lines = known[name].read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise OpenNERError(f"{where}: not valid UTF-8 ({error.reason}). Save the file as UTF-8.") from error
    kept = [line for line in lines if not line.startswith("#")]
    if kept.count("---") != 1:
        raise OpenNERError(f"{where}: put one line --- between the head and the turn.")
    cut = kept.index("---")
    head, turn = "\n".join(kept[:cut]).strip(), "\n".join(kept[cut + 1 :]).strip()
    if turn.count("{sentence}") != 1 or not turn.partition("{sentence}")[2].endswith("{answer}"):
        raise OpenNERError(f"{where}: the turn must hold {{sentence}} once and end with {{answer}}.")
    try:
        used = [part[1:] for part in Formatter().parse(head) if part[1] is not None]
    except ValueError as error:
        raise OpenNERError(f"{where}: {_HEAD_USES} ({error}).") from error
    if others := [field for field, *form in used if field not in ("types", "first_type") or any(form)]:
        raise OpenNERError(f"{where}: {_HEAD_USES} ({{{others[0]}}} is there).")
    return Prompt(name, format, head, turn)
