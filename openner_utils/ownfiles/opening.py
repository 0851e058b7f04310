"""One's own files, opened: how a file is read is guessed where the user does not say it.

The fast path, a delimited file, imports neither the catalog nor pandas.
"""

import shlex
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice, pairwise
from pathlib import Path

from openner_utils.core.columns import Columns
from openner_utils.core.encoding import OUTSIDE, Encoding, get_encoding
from openner_utils.ownfiles import labels
from openner_utils.ownfiles.format import Format
from openner_utils.ownfiles.survey import WHOLE, Bounds, Portion, Survey
from openner_utils.readers import module_of
from openner_utils.readers.guess import Guess, guess
from openner_utils.readers.guess.labels import labels_of, spelling_of, undressed
from openner_utils.readers.layout import RawFile
from openner_utils.readers.meaning import SLIP, Meaning, fault_of
from openner_utils.readers.reading import NO_LABEL, Fault, Faults, Reading, in_order
from openner_utils.readers.stored import is_blank
from openner_utils.support.errors import FormatError, OpenNERError
from openner_utils.support.files import STANDARD, below, is_folder
from openner_utils.support.words import counted, on_line

_OTHERS = 10
"""Faults that are named beside the first one."""
_UNBROKEN = 100
"""Tokens of a sentence behind which the file may end sentences otherwise than by blank lines."""
_SENTENCES = 2000
"""Sentences from which the scheme is guessed where the user names the reader."""


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """A file that has been read to its end (``found``), with its labels taken for those of an encoding.

    ``format``: how it is read, and why. ``meanings``: labels as written → what each is read as; one that cannot be read is ``O``.
    ``allow``: flaws that are passed over; ``asked``: what the user said of it, which commands that are named say again.
    """

    found: Survey
    format: Guess
    encoding: Encoding
    meanings: Mapping[str, Meaning]
    allow: tuple[str, ...] = ()
    asked: Format = field(default_factory=Format)

    @property
    def raw(self) -> RawFile:
        """The file, opened."""
        return self.found.raw

    @property
    def path(self) -> Path:
        """The file."""
        return self.raw.path

    def portions(self) -> Iterator[Portion]:
        """Yield the file's parts; see `meant` and `faults_of`."""
        return self.found.portions()

    def meant(self, portion: Portion) -> Columns:
        """Return a part with labels spelled as the encoding spells them."""
        columns = portion.reading.columns
        return columns.rename([self.meanings[name].label for name in columns.names])

    @property
    def whole(self) -> Portion:
        """All of the file as one part, for what cannot be done part by part; it is read again if there are several."""
        found = self.found if self.found.parts == 1 else Survey.of(self.raw, self.found.layout, WHOLE)
        return next(found.portions())

    @property
    def reading(self) -> Reading:
        """All of the file as written; see `whole`."""
        return self.whole.reading

    @property
    def columns(self) -> Columns:
        """All of the file with labels spelled as the encoding spells them; see `whole`."""
        return self.meant(self.whole)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What is wrong with lines and labels of all of the file, by line; see `whole`."""
        return (*self.found.of_whole, *self.faults_of(self.whole))

    def faults_of(self, portion: Portion) -> tuple[Fault, ...]:
        """Return what is wrong with lines and labels of a part, by line."""
        faults = self._faults()
        labels.note(faults, portion.reading.columns, self.meanings)
        return in_order((*portion.reading.faults, *faults.sorted()))

    def _faults(self) -> Faults:
        return Faults(self.raw, self.format.layout(self.allow))

    @property
    def flaws(self) -> Counter[str]:
        """Flaw of lines or labels → how many faults have it."""
        met = Counter(self.found.flaws)
        for name, each in self.meanings.items():
            if each.flaw:
                met[each.flaw] += self.found.uses[name].number
        return met

    def strict(self) -> "Opened":
        """Return this file, or raise the first fault that is not allowed, with the others below it.

        A label with white space around it can be read.
        """
        faults = self._faults()
        for name, each in self.meanings.items():
            if each.flaw:
                fault_of(faults, self.found.uses[name].line, name, each)
        for fault in in_order((*in_order(self.found.first.values()), *faults.sorted())):
            if self._bars(fault):
                error = fault.error
                raise FormatError(
                    error.path, error.line, error.what, error.hint, error.flaw, *self._others(fault)
                )
        return self

    def _bars(self, fault: Fault) -> bool:
        """Return whether a fault keeps the file from being read: it is not allowed, and nothing is read in spite of it."""
        return fault.flaw not in (*self.allow, SLIP)

    def _others(self, first: Fault) -> Iterator[str]:
        """Yield where and what the faults are that bar the file beside the first, a line each, and how many more there are."""
        number = sum(met for flaw, met in self.flaws.items() if flaw not in (*self.allow, SLIP)) - 1
        if number < 1:
            return
        every = (*self.found.of_whole, *(each for part in self.portions() for each in self.faults_of(part)))
        others = [f"{each.place}: {each.what}" for each in islice(filter(self._bars, every), _OTHERS + 1)]
        shown = [each for each in others if each != f"{first.place}: {first.what}"][:_OTHERS]
        yield from shown
        if number > len(shown):
            named = "-" if self.path == STANDARD else shlex.quote(str(self.path))
            yield f"and {counted(number - len(shown), 'other')}: openner validate {named}{self.asked.said}"

    @property
    def passed_over(self) -> dict[str, int]:
        """Flaw that was allowed → how many times it was met."""
        met = self.flaws
        return {flaw: met[flaw] for flaw in dict.fromkeys(self.allow) if met[flaw]}

    @property
    def told(self) -> str:
        """How the file was read and why, in one line, with the options that overrule it."""
        why = ", ".join(f"{what} ({option})" if option else what for what, option in self.format.reasons)
        return f"{self.path}: read as {self.format.reader}, {self.format.scheme}{': ' if why else ''}{why}"

    @property
    def told_left_out(self) -> str:
        """How many mentions were left out, by rule, in one line; empty if none was."""
        rules = self.found.left_out
        shown = ", ".join(f"{rule} {number:,}" for rule, number in sorted(rules.items()))
        what = f"{'is' if rules.total() == 1 else 'are'} left out of the flat labels"
        return (
            f"{self.path}: {counted(rules.total(), 'mention')} {what} ({shown}); openner validate lists them"
            if rules
            else ""
        )

    @property
    def told_passed_over(self) -> str:
        """How many lines have flaws that were allowed, and what else the reader counted, each in one line; or empty."""
        flaws = self.flaws  # which are told, or listed, as such
        counts = {what: met for what, met in self.found.counts.items() if not flaws[what.replace(" ", "-")]}
        uses = self.found.uses
        outside = {
            name: uses[name].number for name in self.format.outside if name in uses and uses[name].number
        }
        told = (
            ("allowed and passed over", self.passed_over),
            ("read as O", outside),
            ("counted", counts),
        )
        return "\n".join(
            f"{on_line(str(self.path))}: {how}: "
            + ", ".join(f"{what} {number:,}" for what, number in met.items())
            for how, met in told
            if met
        )

    @property
    def unbroken(self) -> bool:
        """Whether all of a long file of columns is one sentence."""
        one = self.found.sentences == 1 and self.found.tokens > _UNBROKEN
        return one and self.format.reader == "delimited"

    @property
    def told_unbroken(self) -> str:
        """What may end sentences where all of a long file of columns is one, in one line; else empty."""
        if not self.unbroken:
            return ""
        ways = "--option sentence_id=COLUMN, or --option flags=COLUMN and --option sentence=FLAG"
        return (
            f"{self.path}: all {self.found.tokens:,} tokens are one sentence, because nothing ends it. "
            f"If a column numbers sentences or flags their ends, say {ways}"
        )

    @property
    def told_slips(self) -> str:
        """How many labels have white space around them, in one line; empty if none has."""
        number = self.flaws[SLIP]
        return (
            f"{self.path}: {counted(number, 'label has', 'labels have')} white space around, which is not read"
            if number
            else ""
        )

    def spelled(self, columns: Columns) -> Columns:
        """Return labels as the file spells them."""
        back = {clean: raw for raw, clean in self.format.spelling.items()}
        return columns.rename([back.get(name, name) for name in columns.names])


def files_of(path: Path) -> list[Path]:
    """Return the files of a folder that may hold sentences, or the one file; a pipe or a device in a folder is an error."""
    found = found_in(path)
    for file in found if is_folder(path) else ():
        refuse_stream(file)
    return found


def refuse_stream(file: Path) -> None:
    """Refuse a pipe or a device that was found in a folder, where reading might wait for ever, and a folder that is closed."""
    if file.is_dir():
        raise OpenNERError(
            f"{file}: a folder that cannot be listed. Allow it, or take it out of the other folder."
        )
    if file.exists() and not file.is_file():
        raise OpenNERError(f"{file}: a pipe or a device, no file. Take it out of the folder, or name files.")


def found_in(path: Path) -> list[Path]:
    """Return the files of a folder that may hold sentences, or the one file.

    Annotations of BRAT stand for themselves only where the text beside them is missing, which is then named. A link that leads
    nowhere is among them, and fails when it is opened; pipes, devices and folders that cannot be listed are,
    too (see `refuse_stream`).
    """
    if not is_folder(path):
        return [path]
    found = [
        file
        for file in below(path)
        if not any(part.startswith(".") for part in file.relative_to(path).parts)
        and not file.name.upper().startswith(("README", "LICENSE", "LICENCE"))
        and file.suffix not in (".md", ".parquet")
        and not (file.suffix == ".ann" and file.with_suffix(".txt").exists())
    ]
    if not found:
        raise OpenNERError(f"{path}: no file with sentences in this folder. Name files.")
    return found


def open_file(path: Path, format: Format | None = None) -> Opened:
    """Read a file as the user says and as is guessed; the first fault that is not allowed is a `FormatError`."""
    return inspect(raw_file(path), format).strict()


def raw_file(path: Path) -> RawFile:
    """Open a file (``-``: standard input); for annotations of BRAT that is the text beside them."""
    return RawFile.open(path.with_suffix(".txt") if path.suffix == ".ann" else path)


def inspect(raw: RawFile, format: Format | None = None, bounds: Bounds | None = None) -> Opened:
    """Read a file as the user says and as is guessed, whatever is wrong with it, and hold as much of it as ``bounds`` say."""
    format = (format or Format()).check()
    settled = _settled(raw, format)
    found = Survey.of(raw, settled.layout(format.allow), bounds or Bounds())
    if not settled.scheme:  # the user named the reader, and nothing was guessed of its labels
        settled = _with_scheme(settled, found, format.scheme)
        if found.layers:  # which were read in no scheme yet
            found = Survey.of(raw, settled.layout(format.allow), bounds or Bounds())
    return replace(with_labels(found, settled, format.allow), asked=format)


def read_again(opened: Opened, format: Guess) -> Opened:
    """Return a file as ``format`` says to read it, from the bytes that are there."""
    if (format.reader, format.options) == (opened.format.reader, opened.format.options):
        return with_labels(opened.found, format, opened.allow)
    found = Survey.of(opened.raw, format.layout(opened.allow), opened.found.bounds)
    return with_labels(found, format, opened.allow)


def with_labels(found: Survey, format: Guess, allow: tuple[str, ...]) -> Opened:
    """Return a file that has been read, its labels taken for those of ``format``."""
    encoding = get_encoding("IOB2" if format.scheme == "spans" else format.scheme)
    uses = {name: use.number for name, use in found.uses.items()}
    if set(format.spelling.values()) - {OUTSIDE}:
        # Labels without prefix may go on after what was guessed from.
        met: Counter[str] = Counter()
        for name, number in uses.items():
            if name not in format.outside and name != NO_LABEL:
                met[undressed(name)] += number
        del met[""]  # an empty label is a flaw, whatever it may stand for
        format = replace(format, spelling=spelling_of(met) | format.spelling)
    return Opened(found, format, encoding, labels.meanings(uses, format.read_as, encoding), allow)


def _settled(raw: RawFile, format: Format) -> Guess:
    """Return how a file is read: what the user says, and what is guessed for the rest."""
    given = dict(format.options)
    try:
        found = guess(raw, given, format.reader, format.outside)
    except FormatError:
        if format.reader is None or is_blank(raw.content):
            raise
        return Guess(format.reader, "", given, outside=format.outside)
    fields = module_of(found.reader).Options.model_fields
    guessed = {name: value for name, value in found.options.items() if name in fields}
    found = replace(found, options=guessed | given)
    if format.scheme in (None, found.scheme):
        return found
    return _in_scheme(found, str(format.scheme))


def _in_scheme(found: Guess, scheme: str) -> Guess:
    """Return a guess for labels in the scheme that the user says."""
    get_encoding(scheme)
    if found.scheme == "spans":  # there are no labels of which the scheme could be told
        return found
    # How O is spelled holds in every scheme; labels without prefix are read only where they were guessed.
    kept = {raw: clean for raw, clean in found.spelling.items() if clean == OUTSIDE}
    reasons = tuple(reason for reason in found.reasons if reason[1] != "--scheme")
    return replace(found, scheme=scheme, spelling=kept, reasons=reasons)


def _with_scheme(settled: Guess, found: Survey, scheme: str | None) -> Guess:
    """Return how labels are read by a reader that the user names: as spans, as the user says, or as they look."""
    if found.spans:
        return replace(settled, scheme="spans")
    first = list(islice(_labels_of(found), _SENTENCES))
    told = labels_of(first, len(first) == found.sentences, settled.outside)
    settled = replace(
        settled, scheme=told.scheme, spelling=told.spelling, types=told.types, reasons=told.reasons
    )
    return settled if scheme in (None, told.scheme) else _in_scheme(settled, str(scheme))


def _labels_of(found: Survey) -> Iterator[list[str]]:
    """Yield the labels of each sentence, empty where a token has none."""
    for portion in found.portions():
        columns = portion.reading.columns
        names = ["" if name == NO_LABEL else name for name in columns.names]
        for start, end in pairwise(columns.sentences.tolist()):
            yield [names[label] for label in columns.labels[start:end].tolist()]
