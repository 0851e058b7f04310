"""Guessing how a file without a card is read: reader, options, encoding scheme, spelling.

A guess is made from the beginning, the middle and the end of the file. Each format says how it would read them and how sure it
is (`evidence.Detected`); the surest is the guess. It is only ever a proposal: it is said to the user together with its
reasons, and every part of it can be overruled. Where nothing is sure enough, or the format is known and not read, the file is
refused with what to say.
"""

import csv
import json
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from openner_utils.core.encoding import ENCODINGS, OUTSIDE
from openner_utils.readers import READERS, module_of
from openner_utils.readers.guess.evidence import ENOUGH, Detected, Found, Reason, Sample, Unread
from openner_utils.readers.guess.known import by_beginning
from openner_utils.readers.guess.labels import is_label
from openner_utils.readers.guess.sampling import take
from openner_utils.readers.guess.words import tokenizer_of
from openner_utils.readers.layout import Layout, RawFile
from openner_utils.readers.stored import is_blank
from openner_utils.readers.text import MARKS
from openner_utils.support.errors import FormatError

_HERE = (
    "known",
    "json_keys",
    "json_apart",
    "conllu",
    "marked",
    "columns",
    "divided",
    "two_lines",
    "restarts",
)
"""Modules of this package with a function ``sniff``, for readers that have none beside their ``read``."""
_HOPELESS = 0.2
"""Confidence below which a reading is not worth naming."""
_MOST_NAMED = 60
"""Letters of a column's name up to which a hint calls it by that name."""


@dataclass(frozen=True, slots=True)
class Guess:
    """How a file seems to be read, and why.

    ``spelling`` maps labels as the file writes them to labels of ``scheme``, as on a card; ``types`` are the entity types met in the sample. ``label_columns`` are the columns that look like
    labels, left to right (empty unless delimited): the first with entity types is read; if there are several, the file does
    not say which is meant. ``confidence`` is as in `Detected`. ``outside``: labels that mean O, too, as the user says.
    """

    reader: str
    scheme: str
    options: dict[str, Any] = field(default_factory=dict)
    spelling: dict[str, str] = field(default_factory=dict)
    types: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    label_columns: tuple[int, ...] = ()
    confidence: float = 1.0
    outside: tuple[str, ...] = ()

    @property
    def read_as(self) -> dict[str, str]:
        """Labels as the file writes them → labels of the scheme; several may mean O."""
        return self.spelling | dict.fromkeys(self.outside, OUTSIDE)

    def layout(self, allow: tuple[str, ...] = ()) -> Layout:
        """Return the same in the one form in which readers take it, with the flaws that are passed over."""
        return Layout(
            self.reader, self.options, self.scheme, self.spelling, allow=allow, outside=self.outside
        )


def guess(
    raw: RawFile,
    given: Mapping[str, Any] | None = None,
    reader: str | None = None,
    outside: tuple[str, ...] = (),
) -> Guess:
    """Return how a file seems to be read; the ``reader`` and its options that are ``given`` are taken as they are.

    ``outside``: labels that are known to mean O.

    Raises `FormatError` where nothing is sure enough (unless the reader is said), or the format is not read.
    """
    if is_blank(raw.content):
        raise FormatError(raw.path, 0, "the file is empty", "Fetch or write it again.")
    if reader is None and (known := by_beginning(raw)):  # before its bytes are taken for text
        raise FormatError(raw.path, known.line, known.what, known.hint)
    sample, encoding = take(raw, given or {}, outside)
    detected: list[Detected] = []
    unread: list[Unread] = []
    for sniff in _sniffs():
        found = sniff(sample)
        if isinstance(found, Detected) and reader in (None, found.reader):
            detected.append(found)
        elif isinstance(found, Unread):
            unread.append(found)
    detected.sort(key=lambda each: -each.confidence)
    unread.sort(key=lambda each: -each.confidence)
    if reader is None:
        _refuse(sample, detected, unread)
    elif not detected:
        raise FormatError(
            raw.path, 0, f"it does not look like what {reader} reads", "Leave --reader out, or correct it."
        )
    return _settled(sample, detected[0], encoding)


def _sniffs() -> Iterator[Callable[[Sample], Detected | Unread | None]]:
    """Yield what each format says of a sample; of equally sure ones the first counts."""
    modules = (*map(module_of, READERS), *(import_module(f"{__name__}.{name}") for name in _HERE))
    yield from (module.sniff for module in modules if hasattr(module, "sniff"))


def _settled(sample: Sample, best: Detected, encoding: Found[str]) -> Guess:
    """Return the best reading as a guess, with what holds for every reader: the encoding and the tokenizer."""
    path, options, reasons = sample.path, dict(best.options), (*best.reasons, *encoding.reasons)
    known = module_of(best.reader).Options.model_fields
    if encoding.value != "utf-8" and "encoding" in known:
        options["encoding"] = encoding.value
    elif encoding.value != "utf-8" and not sample.raw.content.startswith(tuple(mark for mark, _ in MARKS)):
        program = f"import sys; sys.stdout.buffer.write(sys.stdin.buffer.read().decode('{encoding.value}').encode())"
        hint = f'Convert it: python -c "{program}" < {shlex.quote(str(path))} > OUT.'
        raise FormatError(path, 0, f"{encoding.value}, and {best.reader} reads UTF-8 only", hint)
    if best.scheme == "spans" and "tokenizer" in known and "tokenizer" not in options:
        tokenizer = tokenizer_of(sample, str(options.get("text", "text")))
        options |= {"tokenizer": tokenizer.value} if tokenizer.reasons else {}
        reasons += tokenizer.reasons
    return Guess(
        best.reader,
        best.scheme,
        options,
        dict(best.spelling),
        best.types,
        reasons,
        best.label_columns,
        min(best.confidence, encoding.confidence),
        sample.outside,
    )


# --- refusals -------------------------------------------------------------------------------------------------


def _refuse(sample: Sample, detected: list[Detected], unread: list[Unread]) -> None:
    """Raise `FormatError` for a file that is in a format that is not read, or that may be read in several ways or in none."""
    best = detected[0].confidence if detected else 0.0
    if unread and unread[0].confidence > best:
        raise FormatError(sample.path, unread[0].line, unread[0].what, unread[0].hint)
    if best >= ENOUGH:
        return
    likely = [option for each in detected if each.confidence >= _HOPELESS for option in _ways(each)][:2]
    if likely:
        doubt = detected[0].reasons[0 if detected[0].rival is not None else -1][0]
        what = f"nothing in the file settles how it is read ({doubt})"
        raise FormatError(sample.path, 0, what, f"Say it: {', or '.join(likely)}.")
    raise FormatError(sample.path, *_unknown(sample))


def _ways(found: Detected) -> list[str]:
    """Return what on the command line chooses a reading, and its rival if it has one."""
    return [said(found.reader, options) for options in (found.options, found.rival) if options is not None]


_NAMED = ("separator", "token", "label", "encoding")
"""Reader options that are options of the command line by themselves; columns by their place only."""
VALUES = re.compile(r"true|false|null|[-+]?\d+|\[.*\]|(['\"]).*\1", re.DOTALL)
"""What ``--option NAME=`` takes for another value than the text itself: true, false, a number, a list, quoted text."""


def said(reader: str, options: Mapping[str, Any]) -> str:
    """Return a reader and its options as they are said on the command line.

    >>> said("delimited", {"separator": "tab", "label": 1, "header": True, "docstart": True})
    '--reader delimited --separator tab --label 1 --option header=true'
    """
    # `docstart` is true wherever columns are guessed.
    guessed = {name: value for name, value in options.items() if name != "docstart"}
    return " ".join([f"--reader {reader}", *options_said(guessed)])


def options_said(options: Mapping[str, Any]) -> list[str]:
    r"""Return options of a reader as they are said on the command line, which takes them for the same values.

    >>> " ".join(options_said({"token": 0, "label": "NER tag", "ignore": ("p", "br"), "header": False}))
    '--token 0 --option \'label=NER tag\' --option \'ignore=["p", "br"]\' --option header=false'
    """
    words = []
    for name, value in options.items():
        text = (
            value
            if isinstance(value, str) and not VALUES.fullmatch(value)
            else json.dumps(value, ensure_ascii=False)
        )
        own = name in ("separator", "encoding") or (name in _NAMED and isinstance(value, int))
        words.append(f"--{name} {shlex.quote(text)}" if own else f"--option {shlex.quote(f'{name}={text}')}")
    return words


def _unknown(sample: Sample) -> tuple[int, str, str]:
    """Return line, what is wrong and what to do for a file of which no reader makes anything."""
    if sample.json is not None:
        keys = ", ".join(dict.fromkeys(key for entry in sample.json.objects for key in entry))[:100]
        return (
            sample.json.lines[0],
            f"JSON in which no reader finds tokens with labels, or a text with spans (keys: {keys or 'none'})",
            "Name the keys: --reader json_tokens --option tokens=KEY --option labels=KEY, or --reader json_spans "
            "--option text=KEY --option spans=KEY.",
        )
    for delimiter, named in _DELIMITERS.items():
        least = min((line.count(delimiter) for line in sample.filled[:20]), default=0)
        if least and len(sample.filled) > 1:
            what = f"columns between {named} ({least + 1} of them), of which nothing says what they hold"
            return 1, what, _cells_named(sample, delimiter)
    return (
        0,
        "nothing in the file looks like labels",
        "Labels such as O and B-PER stand in a column of their own, and mentions in running text in tags or brackets. If these "
        "are labels, say where: --reader delimited --separator tab --label COLUMN.",
    )


_DELIMITERS = {",": "commas", ";": "semicolons"}
"""What stands between the cells of tables that programs write, and what it is called."""


def _cells_named(sample: Sample, delimiter: str) -> str:
    """Return how a table is read whose columns have no usual names, with those of its first line."""
    first = sample.filled[0]
    try:
        cells = next(csv.reader([first], delimiter=delimiter), [])
    except csv.Error:  # a carriage return inside the line, or a very long cell
        cells = first.split(delimiter)
    labels = [number for number, cell in enumerate(cells) if is_label(cell)]
    of_table = "" if delimiter == "," else f" --option 'delimiter={delimiter}'"
    if any(
        line.startswith("[") or f'{delimiter}"[' in line or f"{delimiter}[" in line
        for line in sample.filled[1:20]
    ):
        return (
            "Where a row is a sentence, with a list of tokens in one cell and of labels in another, name their columns: --reader "
            f"csv_sentences{of_table} --option tokens=COLUMN --option labels=COLUMN."
        )
    if labels:
        words = next((number for number in range(len(cells)) if number not in labels), 0)
        said = f"--reader csv_tokens{of_table} --option header=false --token {words} --label {labels[0]}"
    else:
        names = [cell if len(cell) <= _MOST_NAMED else str(at) for at, cell in enumerate(cells)]
        token, label = (shlex.quote(f"{option}={names[at]}") for option, at in (("token", 0), ("label", -1)))
        said = f"--reader csv_tokens{of_table} --option {token} --option {label}"
    return f"Where each row is a token, name the columns of tokens and of labels, for instance: {said}"


def fits(scheme: str, other: Guess) -> bool:
    """Return whether a file for which ``other`` was guessed may as well be in ``scheme``."""
    weaker = {
        "IO": ("IOB1", "IOB2", "BIOES", "BILOU"),
        "IOB1": ("IOB2", "BIOES", "BILOU"),
        "IOB2": tuple(ENCODINGS),
    }
    return other.scheme == scheme or scheme in weaker.get(other.scheme, ())
