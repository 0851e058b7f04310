"""Who takes foreign text, and what must hold of the answer: right or refused by name, nothing lost without a word.

A target is a function of a case (`Case`); it returns ``read`` or ``refused`` (by an `OpenNERError`), or raises: whatever it
raises is a finding.
"""

import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from typer.testing import CliRunner

from openner_utils.catalog import Card
from openner_utils.cli import main as cli
from openner_utils.core.encoding import ENCODINGS, IOB2, decode
from openner_utils.curation.clean import clean
from openner_utils.llm.automata import automaton
from openner_utils.llm.constrained import Constraint
from openner_utils.llm.grounding import POLICIES
from openner_utils.llm.grounding import read as read_reply
from openner_utils.llm.prompts import FORMATS as REPLIES
from openner_utils.llm.prompts import answer
from openner_utils.ownfiles.count import count
from openner_utils.ownfiles.find import find
from openner_utils.ownfiles.format import Format
from openner_utils.ownfiles.opening import Opened, inspect, raw_file, with_labels
from openner_utils.ownfiles.score_files import score_files
from openner_utils.ownfiles.survey import Bounds, Survey
from openner_utils.ownfiles.undoing import undo
from openner_utils.ownfiles.writing import convert_file, labels_of, repair_file, standardize_file
from openner_utils.readers import READERS, read
from openner_utils.readers.guess import Guess, guess
from openner_utils.readers.layout import OWN_FLAWS, Layout, RawFile
from openner_utils.readers.reading import Reading
from openner_utils.readers.text import encoding_of
from openner_utils.sources.archives import unpack
from openner_utils.sources.store import Store
from openner_utils.support import paths
from openner_utils.support.documents import read_yaml
from openner_utils.support.errors import OpenNERError
from openner_utils.support.records import parse
from tests.fuzz import material, mutate
from tests.readers.test_fuzz import FORMATS, check, of_format
from tests.reading import card as card_of

Outcome = Literal["read", "refused"]
_SUFFIXES = (".txt", ".txt", ".tsv", ".conll", ".conllu", ".json", ".jsonl", ".csv", ".xml", ".gz", "")
_SMALL = 2000
"""Bytes of a file up to which it is also read in the smallest parts that there are."""
TYPES = ("PER", "LOC", "Drug Name", "b")


@dataclass(frozen=True, slots=True)
class Case:
    """One input: the source of chance, the pool of files that it is made from, and a folder to write in."""

    draw: random.Random
    pool: str
    folder: Path

    def changed(self) -> tuple[bytes, bytes]:
        """Return a piece of a file with changes, and what lies beside it; now and then two files are mixed."""
        seed = self.draw.choice(material.pool(self.pool))
        content = material.piece(self.draw, seed)
        if self.draw.random() < 0.05:
            content += material.piece(self.draw, self.draw.choice(material.pool(self.pool)))
        beside = mutate.changed(self.draw, seed.beside) if seed.beside else b""
        return mutate.changed(self.draw, content), beside

    def written(self) -> Path:
        """Write a changed file into the folder, and what lies beside it; return its path."""
        content, beside = self.changed()
        path = self.folder / f"f{self.draw.choice(('.txt', '.ann') if beside else _SUFFIXES)}"
        path.with_suffix(".txt" if beside else path.suffix).write_bytes(content)
        if beside:
            path.with_suffix(".ann").write_bytes(beside)
        return path


@contextmanager
def _refusals(found: list[Outcome], path: Path) -> Iterator[None]:
    """Note an error that a user can act on: it names the file and says what to do."""
    try:
        yield
    except OpenNERError as error:
        text = str(error)
        assert path.stem in text and len(text) < 3000 and "Traceback" not in text, text
        found.append("refused")


def readers(case: Case) -> Outcome:
    """A changed file of a known format is read whole, or refused with its line."""
    name = case.draw.choice(list(FORMATS))
    format = FORMATS[name]
    content = mutate.changed(case.draw, format.valid.encode())
    path = case.folder / "f.txt"
    path.write_bytes(content)
    path.with_suffix(".ann").write_bytes(mutate.changed(case.draw, format.beside.encode()))
    found: list[Outcome] = []
    of = of_format(format)
    with _refusals(found, path):
        reading = read(RawFile.open(path, "f"), Layout.of(of))
        _sound(reading, content)
        # Without the mark at its beginning, but with a second one.
        encoding = encoding_of(RawFile(path, "f", content), "utf-8-sig")
        if format.reader.endswith(("xmi", "xml")) and content[1:2] == b"\0":
            encoding = "utf-16-le"  # which XML is known to be in without a mark
        text = content.decode(encoding, "replace")
        check(reading.strict(), of, format.text(text))
    return "refused" if found else "read"


def any_reader(case: Case) -> Outcome:
    """Any reader takes any file."""
    path = case.written()
    raw = RawFile(
        path, "f", path.with_suffix(".txt").read_bytes() if path.suffix == ".ann" else path.read_bytes()
    )
    reader = case.draw.choice(READERS)
    allow = case.draw.choice(((), OWN_FLAWS))
    found: list[Outcome] = []
    with _refusals(found, path):
        _sound(read(raw, Layout(reader, allow=allow)), raw.content)
    return "refused" if found else "read"


def _sound(reading: Reading, content: bytes) -> None:
    """Check what holds of every reading: tokens with text and lines, faults with lines that there are."""
    columns = reading.columns
    last = content.count(b"\n") + content.count(b"\r") + 1
    assert all(columns.tokens.to_pylist())
    assert not len(columns) or (columns.lines.min() >= 1 and columns.lines.max() <= last)
    for fault in reading.faults:
        there = 0 <= fault.line <= last or fault.path.suffix == ".ann"  # which lies beside
        assert there and fault.what and fault.hint.endswith("."), fault
    for change in reading.changes:
        assert 0 <= change.sentence <= columns.n_sentences and change.line >= 1 and change.kind, change
    for nested in reading.layers:
        length = columns.sentences[nested.sentence + 1] - columns.sentences[nested.sentence]
        assert 0 <= nested.start < nested.end <= length and nested.type and nested.line >= 1


def guessing(case: Case) -> Outcome:
    """What is guessed of a file can be read, twice with the same result."""
    content, _ = case.changed()
    raw = RawFile(case.folder / f"f{case.draw.choice(_SUFFIXES)}", "f", content)
    found: list[Outcome] = []
    with _refusals(found, raw.path):
        guessed = guess(raw)
        assert guessed == guess(raw) and guessed.reasons
        _sound(read(raw, guessed.layout()), content)
    return "refused" if found else "read"


def own_files(case: Case) -> Outcome:
    """What `validate` passes all commands take, and what they write reads alike; what they refuse it lists."""
    path = case.written()
    allow = case.draw.choice(((), (), OWN_FLAWS))
    format = Format(allow=allow)
    found: list[Outcome] = []
    with _refusals(found, path):
        raw = raw_file(path)
        # A part for each sentence of a long file is thousands of parts, which nobody reads but this.
        smallest = Bounds(1, 1) if len(raw.content) <= _SMALL else Bounds(500, 20)
        opened = inspect(raw, format, case.draw.choice((None, smallest, Bounds(100, 2))))
        faults = list(find(opened))
        assert all(fault.what and fault.hint for fault in faults)
        try:
            opened.strict()
        except OpenNERError:
            assert faults
            raise
        clear = not faults
        _repaired(case, opened, clear)
        _converted(case, opened, clear)
        _standardized(case, opened, clear)
        _scored(path, opened, format, clear)
        _by_card(opened, clear)
    return "refused" if found else "read"


def _mentions(opened: Opened) -> list[tuple[int, int, str]]:
    found = decode(opened.columns, opened.encoding)
    types = [found.types[type] for type in found.type.tolist()]
    return list(zip(found.start.tolist(), found.end.tolist(), types, strict=True))


def _again(opened: Opened, out: Path, scheme: str | None = None) -> Opened:
    """Read what was written from a file: in its own layout, or as two columns."""
    raw = RawFile.open(out)
    own = opened.format
    if scheme is not None and (scheme != own.scheme or own.spelling):
        own = Guess(own.reader, scheme, own.options)
    if labels_of(opened) is None:
        spans = own.scheme == "spans"
        own = Guess(
            "delimited",
            "IOB2" if spans else own.scheme,
            {"separator": "tab", "token": 0, "label": 1},
            own.spelling,
        )
        return with_labels(Survey.of(raw, own.layout(), Bounds()), own, ())
    return with_labels(Survey.of(raw, own.layout(opened.allow), Bounds()), own, opened.allow)


def _same_tokens(opened: Opened, again: Opened) -> None:
    assert again.columns.tokens.equals(opened.columns.tokens), "other tokens"
    assert again.columns.sentences.tolist() == opened.columns.sentences.tolist(), "other sentences"


def _repaired(case: Case, opened: Opened, clear: bool) -> None:
    out, ledger, back = (case.folder / name for name in ("out", "ledger.csv", "back"))
    try:
        done = repair_file(opened, out, ledger=ledger)
    except OpenNERError:
        assert not clear
        return
    assert not clear or done.problems == 0
    again = _again(opened, out)
    _same_tokens(opened, again)
    assert _mentions(again) == _mentions(opened), "a repair changed mentions"
    assert {fault.flaw for fault in find(again)} <= {
        *opened.allow,
        "no-mention",
        "no-sentence",  # where every token was empty, which was allowed
        *(fault.flaw for fault in find(opened)),
    } - {"transition"}
    if labels_of(opened) is None:
        return
    undo(again, back, ledger)
    assert back.read_bytes() == opened.raw.content, "undo does not give the file back"
    rows = ledger.read_bytes()
    ledger.write_bytes(mutate.changed(case.draw, rows))
    try:
        undo(again, back, ledger)
    except OpenNERError as error:
        assert "ledger" in str(error)


def _converted(case: Case, opened: Opened, clear: bool) -> None:
    out, to = case.folder / "converted", case.draw.choice(list(ENCODINGS))
    try:
        convert_file(opened, out, to)
    except OpenNERError:
        assert not clear
        return
    again = _again(opened, out, to if opened.format.scheme != to or opened.format.spelling else None)
    if labels_of(opened) is None:
        raw = RawFile.open(out)
        own = Guess("delimited", to, {"separator": "tab", "token": 0, "label": 1})
        again = with_labels(Survey.of(raw, own.layout(), Bounds()), own, ())
    _same_tokens(opened, again)
    if to != "IO":  # in which neighbours of one type are one mention
        assert _mentions(again) == _mentions(opened), "a conversion changed mentions"


def _standardized(case: Case, opened: Opened, clear: bool) -> None:
    out = case.folder / "standardized"
    types = {type for name in opened.columns.names if (type := opened.encoding.split(name)[1])}
    try:
        standardize_file(opened, out, dict.fromkeys(types, "PER"))
    except OpenNERError:
        assert not clear
        return
    _same_tokens(opened, _again(opened, out))


def _scored(path: Path, opened: Opened, format: Format, clear: bool) -> None:
    try:
        scored = score_files(path, [path], format)
    except OpenNERError:
        assert not clear or len(opened.format.label_columns) > 1
        return
    if len(opened.format.label_columns) > 1:  # the first is scored against the last
        return
    total = scored.scores[0]["conlleval"]["ALL"]
    assert total.correct == total.predicted == total.reference == len(_mentions(opened)), total
    assert total.reference == sum(count(opened).mentions.values())
    try:
        aligned = score_files(path, [path], format, align="characters")
    except OpenNERError as error:
        assert "a mention of white space alone" in str(error)
    else:
        assert aligned.scores == scored.scores


def _by_card(opened: Opened, clear: bool) -> None:
    """Read the file as a card says that was filled in from the guess."""
    guessed = opened.format
    types = {type: "PER" for name in opened.columns.names if (type := opened.encoding.split(name)[1])}
    used = set(opened.reading.columns.names)
    spelling = {raw: clean for raw, clean in guessed.spelling.items() if raw in used}
    try:
        of = card_of(
            guessed.reader,
            guessed.options,
            scheme=guessed.scheme,
            spelling=spelling,
            types=types,
            allow=opened.allow,
        )
        reading = read(RawFile(opened.raw.path, "f", opened.raw.content), Layout.of(of))
        done = clean(reading, of, of.files[0])
    except OpenNERError:
        assert not clear
        return
    assert done.repaired.tokens.equals(opened.columns.tokens)
    if clear:
        assert len(decode(done.repaired, IOB2)) == len(_mentions(opened)), "a card reads other mentions"


def commands(case: Case) -> Outcome:
    """The command line ends with exit code 0 or 1 and never with a traceback."""
    path = case.written()
    out = case.folder / "out"
    command = case.draw.choice(("validate", "count", "repair", "convert", "standardize", "score", "card new"))
    words = [*command.split(), str(path)]
    words += [str(path)] if command == "score" else []
    words += ["-o", str(out)] if command in ("repair", "convert", "standardize") else []
    words += ["-o", str(case.folder / "card.yaml"), "--id", "f"] if command == "card new" else []
    words += ["--to", case.draw.choice(list(ENCODINGS))] if command == "convert" else []
    words += ["--json"] if command in ("validate", "count", "score") and case.draw.random() < 0.3 else []
    words += [word for flaw in OWN_FLAWS for word in ("--allow", flaw)] if case.draw.random() < 0.3 else []
    words += ["--reader", case.draw.choice(READERS)] if case.draw.random() < 0.2 else []
    done = CliRunner().invoke(cli.app, words)
    if done.exception and not isinstance(done.exception, OpenNERError | SystemExit):
        raise done.exception
    assert done.exit_code in (0, 1), done.output
    if "--json" in words and done.stdout:
        json.loads(done.stdout)
    return "refused" if done.exit_code else "read"


def cards(case: Case) -> Outcome:
    """A changed card is a card, or refused with its name."""
    names = sorted(paths.CARDS.glob("*.yaml"))
    path = case.folder / "f.yaml"
    content = case.draw.choice(names).read_bytes()
    path.write_bytes(mutate.changed(case.draw, content[: case.draw.choice((600, 1500, 20_000))]))
    found: list[Outcome] = []
    with _refusals(found, path):
        value = read_yaml(path)
        of = parse(Card, {"id": "f", **value} if isinstance(value, dict) else value, str(path))
        read(RawFile(path, "f", case.changed()[0]), Layout.of(of)) if of.reader in READERS else None
    return "refused" if found else "read"


def archives(case: Case) -> Outcome:
    """A changed archive is unpacked as what it holds, or refused by name; so is a packed file of one's own."""
    import gzip
    import io
    import tarfile
    import zipfile

    member, content = "a/f.txt", case.changed()[0]
    kind = case.draw.choice((".zip", ".tar.gz", ".tar", ".gz"))
    made = io.BytesIO()
    if kind == ".zip":
        method = case.draw.choice(
            (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
        )
        with zipfile.ZipFile(made, "w", method) as packed:
            packed.writestr(zipfile.ZipInfo(member), content, method)
    elif kind == ".gz":
        made.write(gzip.compress(content, mtime=0))
    else:
        with tarfile.open(fileobj=made, mode="w:gz" if kind == ".tar.gz" else "w") as tar:
            entry = tarfile.TarInfo(member)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    path = case.folder / f"f{kind}"
    path.write_bytes(
        mutate.changed(case.draw, made.getvalue()) if case.draw.random() < 0.8 else made.getvalue()
    )
    found: list[Outcome] = []
    with _refusals(found, path):
        unpack(path, path.name, [member], Store(case.folder / "store"))
    with _refusals([], path):
        RawFile.open(path)
    return "refused" if found else "read"


_NOISE = (
    "<think>", "</think>", "```json\n", "```", "Answer: ", "\n", "\n\n", " ", "[", "]", "{", "}", '"', "\\", ",", "<PER>", "</PER>",
    "<LOC>", "</b>", "<answer>", "</answer>", '"text":', '"type":', '"occurrence": 2', "null", "\ud83d", "\x00", "…", "é", "1.", "- ",
    "[[[[", '[{"text": "Ada", "type": "PER"}]', "<|im_end|>", "<", ">", "]]]]]]]]", "'", "//", "PER: ", "北",
)  # fmt: skip


def _sentence(draw: random.Random) -> tuple[list[str], list[str]]:
    """Return tokens and valid labels."""
    words = (
        "Ada",
        "Lo",
        "Ada",
        "of",
        "Oslo",
        "<b>",
        "[x]",
        "é",
        "北",
        "a b",
        '"',
        "\\",
        ".",
        "\u00a0",
        "‹",
        "{",
        "x" * 30,
    )
    tokens = [draw.choice(words) for _ in range(draw.choice((1, 3, 8, 30)))]
    labels = [draw.choice(("O", "O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-Drug Name")) for _ in tokens]
    return tokens, list(IOB2.encode(IOB2.decode(labels), len(tokens)))


def replies(case: Case) -> Outcome:
    """Whatever a model writes is read; each mention that it names is grounded, said again, or lost for a reason."""
    draw = case.draw
    tokens, labels = _sentence(draw)
    format = draw.choice(REPLIES)
    reply = answer(tokens, labels, format)
    for _ in range(draw.choice((0, 1, 2, 4, 9))):
        at, end = sorted((draw.randint(0, len(reply)), draw.randint(0, len(reply))))
        kind = draw.randrange(4)
        noise = draw.choice(_NOISE) * draw.choice((1, 1, 1, 1, 300))
        if kind == 0:
            reply = reply[:at] + reply[min(end, at + 20) :]
        elif kind == 1:
            reply = reply[:end] + reply[at:]
        else:
            reply = reply[:at] + noise + reply[at:]
        reply = reply[:_LONGEST]
    before: Any = None
    for policy in POLICIES[format]:
        done = read_reply(reply, tokens, TYPES, format, policy)
        assert done.emitted == done.grounded + done.again + len(done.losses) == sum(done.mentions().values())
        assert len(done.labels) == len(tokens)
        assert IOB2.encode(IOB2.decode(done.labels), len(tokens)) == done.labels
        assert before in (None, done.emitted), "what is emitted depends on the policy"
        before = done.emitted
    return "read" if before else "refused"


_LONGEST = 20_000


def _letters(text: str) -> list[int]:
    return [ord(letter) for letter in text]


def _coarse(text: str) -> list[int]:
    """Return the ids of a poor tokenizer: case is dropped, and all characters outside ASCII are one."""
    return [min(ord(letter), 128) for letter in text.lower()]


def constrained(case: Case) -> Outcome:
    """Whatever constrained decoding lets a model say parses and is grounded, whole."""
    draw = case.draw
    tokens, _ = _sentence(draw)
    format = draw.choice(("inline", "json"))
    types = draw.sample(TYPES, draw.randint(1, len(TYPES)))
    sep = draw.choice((" ", ""))
    reply = Constraint(automaton(tokens, types, format, sep), draw.choice((_letters, _coarse)), 0)
    left = 4000
    while not reply.finished and left:
        allowed = reply.allowed()
        reply.advance(0 if 0 in allowed and draw.random() < 0.5 else draw.choice(allowed))
        left -= 1
    if not reply.finished:
        return "refused"
    for policy in POLICIES[format]:
        done = read_reply(reply.text, tokens, types, format, policy)
        assert done.losses == () and done.faults == () and done.again == 0, reply.text
    return "read"


TARGETS: dict[str, Callable[[Case], Outcome]] = {
    target.__name__: target
    for target in (
        readers, any_reader, guessing, own_files, commands, cards, archives, replies, constrained,
    )
}  # fmt: skip
