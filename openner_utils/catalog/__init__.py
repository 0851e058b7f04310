"""The catalog: one YAML card per corpus, and the languages with family and script.

A card says where a corpus comes from, how its files are read, what its labels mean and what is expected in it.
Everything about a corpus is in its card; the card's file name is the corpus id used everywhere else.
"""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from openner_utils.catalog.globs import is_pattern
from openner_utils.catalog.standards import known_language, known_licence
from openner_utils.core.encoding import OUTSIDE
from openner_utils.support import paths, within
from openner_utils.support.documents import read_mapping
from openner_utils.support.errors import OpenNERError, unknown
from openner_utils.support.records import Record, parse

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Commit = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}$")]
Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+$", max_length=64)]
Iso6393 = Annotated[str, StringConstraints(pattern=r"^[a-z]{3}$"), AfterValidator(known_language)]
Split = Literal["train", "dev", "test"]
Scheme = Literal["IO", "IOB1", "IOB2", "BIOES", "BILOU", "BMES", "spans"]
Step = Literal[
    "drop-blank-tokens",
    "strip-control-characters",
    "strip-position-numbers",
    "strip-language-prefixes",
    "nfc",
]
Flaw = Literal[
    "empty-label", "empty-token", "missing-label", "unknown-label", "bad-span", "column-count", "bad-json"
]


SNAPSHOT = "snapshot.zip"
"""Archive of a whole repository on GitHub at its commit, as GitHub packs it; paths in it are those from the repository's root."""

TODO = "TODO"
"""What a draft of a card says where a person has to decide."""

FOLDER = "file"
"""Scheme of the address of a folder of this machine."""


class Licence(Record):
    """Licence of a corpus: an SPDX identifier (``unclear`` where the publisher states none) and a note."""

    spdx: Annotated[str, AfterValidator(known_licence)]
    note: str = ""


class Source(Record):
    """Publisher's repository, pinned; ``samples`` stands for the compendium's own collection.

    A repository on GitHub is pinned by its commit; elsewhere ``repository`` is the address under which the files
    lie, with the version in it where the host has versions. ``file:///…`` is a folder of this machine, for a corpus of one's
    own, of which copies are fetched. ``instructions`` say what a person must do where
    the publisher restricts access: such a corpus is never fetched from the network.
    """

    repository: str
    commit: Commit | None = None
    instructions: str = ""

    @model_validator(mode="after")
    def _pinned(self) -> "Source":
        path = self.repository.startswith(("/", "~", "."))
        if "//" not in self.repository and not path:  # the compendium's own, or what a draft leaves open
            return self
        if not _is_address(self.repository):
            raise ValueError(
                "repository is `samples`, an address, https://…, without a query, or a folder of this machine, file:///…"
            )
        if "@" in urlsplit(self.repository).netloc:
            raise ValueError(
                "a repository's address with a name or a password would stand in reports; leave them out"
            )
        if self.repository.startswith("https://github.com/") and self.commit is None:
            raise ValueError("a source on GitHub needs its commit")
        return self


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        whole = parts.port != 0  # a port that is no number raises, as a bracket that is never closed does
    except ValueError:
        return False
    bare = not parts.query and not parts.fragment
    if parts.scheme == FOLDER:
        return bare and not parts.netloc and parts.path.startswith("/") and text.isprintable()
    web = bool(parts.hostname) and parts.scheme in ("https", "http")
    return whole and bare and web and text.isprintable() and " " not in text


class Expect(Record):
    """Counts expected in one file, and who counted: ``publisher`` or ``independent`` (raw bytes, not our reader).

    ``types`` counts mentions after the default repair by their published type; None where nobody counted. Where the file's
    path is a pattern, the counts are those of all its files together, and ``files`` is how many there are.
    """

    sentences: int
    tokens: int
    types: dict[str, int] | None = None
    files: int | None = Field(default=None, ge=1)
    origin: Literal["publisher", "independent"]

    @property
    def mentions(self) -> int | None:
        """Mentions of all types."""
        return None if self.types is None else sum(self.types.values())


class Figure(Record):
    """Counts that somebody has published of a language of the corpus, or of one of its splits, for comparison only.

    ``origin`` says who states them; ``reason`` why what is found here differs, where it does.
    """

    language: Iso6393
    split: Split | None = None
    sentences: int | None = None
    tokens: int | None = None
    mentions: int | None = None
    origin: str
    reason: str = ""


class Division(Record):
    """How a file whose split is ``all`` is divided, because its publisher did not: shares of dev and test.

    ``by`` document keeps documents whole; ``by`` block takes runs of ``size`` sentences, for corpora whose
    documents are not marked. Which part a unit comes into follows from a hash of its place, so that it stays
    the same for the same files (see `division`).
    """

    by: Literal["document", "block"]
    size: int = Field(default=20, ge=1)
    dev: float = Field(ge=0, lt=1)
    test: float = Field(gt=0, lt=1)


class File(Record):
    """One raw file of a corpus, or many that are alike. ``path`` is relative to the repository, and to ``data/<corpus>/``.

    A path may be a pattern (``data/**/*.tsv``), or a folder (``data/``) with all that is below it (see `globs`), for files in
    an archive or in ``samples``, which need no listing to be fetched.

    ``archive`` names the downloaded zip or tar file that holds the member ``path``; then bytes and SHA-256
    are the archive's. `SNAPSHOT` is the whole repository on GitHub. ``split`` None marks a file that others need (for instance the .txt beside a .ann), ``all``
    one that the card's division cuts into splits. Without bytes and SHA-256 the file is *unverified*: nobody
    has had its bytes at hand, and the first fetch records them (see `sources.store`).
    """

    path: str
    archive: str | None = None
    language: Iso6393
    split: Literal["train", "dev", "test", "all"] | None
    bytes: int | None = Field(default=None, ge=0)
    sha256: Sha256 | None = None
    expect: Expect | None = None

    @model_validator(mode="after")
    def _pinned_whole(self) -> "File":
        try:
            for path in (self.path.removesuffix("/"), self.archive or self.path.removesuffix("/")):
                within.plain(path, "a file of the corpus")
        except OpenNERError as error:
            raise ValueError(str(error).removesuffix(".")) from error
        if (self.bytes is None) != (self.sha256 is None):
            raise ValueError(f"{self.path}: give both bytes and sha256, or neither")
        if self.expect is not None and (self.expect.files is not None) != self.pattern:
            raise ValueError(f"{self.path}: expect tells `files` where the path is a pattern, and only there")
        return self

    @property
    def pattern(self) -> bool:
        """Whether the path stands for many files."""
        return is_pattern(self.path)

    @property
    def download(self) -> str:
        """Path of what is downloaded, relative to the repository."""
        return self.archive or self.path


class Card(Record):
    """One corpus. ``types`` maps each original entity type to its standardized name (see `ontology`)."""

    id: Id
    name: str
    openner: str | None = None
    """The dataset's name in OpenNER 1.0, where it is one of the 36."""
    domain: str
    description: str
    source: Source
    licence: Licence
    citation: str
    reader: str
    options: dict[str, Any] = {}
    scheme: Scheme
    types: dict[str, str]
    spelling: dict[str, str] = {}
    """How the corpus spells labels, raw to clean, one to one: ``OUT: O``, ``BNEP: B-NEP``, ``PER: I-PER``."""
    outside: tuple[str, ...] = ()
    """Labels beside the one for O that are no entities, such as tags of languages. They are read as O and counted, and
    stay as they are in files that are written back."""
    faults: dict[str, str] = {}
    """Raw labels that are slips, and what is meant: ``I--ORG: I-ORG``. Each use is a row of the ledger."""
    allow: tuple[Flaw, ...] = ()
    """Flaws that the publisher's files are known to have; each is repaired, counted and put into the ledger."""
    steps: tuple[Step, ...] = ()
    """Cleaning steps that change or drop tokens, in this order; each change is a row of the ledger (see `cleaning`)."""
    longest: int | None = Field(default=None, ge=1)
    """Most tokens of a sentence, where the publisher has not marked them all: a longer one is cut where a sentence ends inside
    it (see `cutting`), each cut a row of the ledger. `expect` counts the sentences after that."""
    division: Division | None = None
    published: tuple[Figure, ...] = ()
    counted_by: str = ""
    """The command that counts a raw file, ``FILE``, without our readers: what files are expected to hold rests on it."""
    files: tuple[File, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _divided(self) -> "Card":
        if (self.division is not None) != any(file.split == "all" for file in self.files):
            raise ValueError("a division belongs to files whose split is `all`, and they need one")
        return self

    @model_validator(mode="after")
    def _patterns_can_be_fetched(self) -> "Card":
        for file in self.files:
            if file.pattern and file.archive is None and self.source.repository != "samples":
                raise ValueError(
                    f"{file.path}: name the archive that holds these files, or list them one by one"
                )
        return self

    @model_validator(mode="after")
    def _one_meaning(self) -> "Card":
        twice = sorted({*self.outside} & {OUTSIDE, *self.spelling, *self.faults})
        if twice:
            raise ValueError(f"outside names {', '.join(twice)}, which has a meaning already")
        return self

    @model_validator(mode="after")
    def _counted(self) -> "Card":
        if bool(self.counted_by) != any(file.expect for file in self.files):
            raise ValueError(
                "files with `expect` need `counted_by`, the command that counts them, and only they"
            )
        for file in self.files:
            if file.expect and (unknown := set(file.expect.types or ()) - set(self.types)):
                raise ValueError(
                    f"{file.path}: expects types that the card lacks: {', '.join(sorted(unknown))}"
                )
        return self

    @property
    def unverified(self) -> bool:
        """Whether the bytes of some file have never been at hand when the card was written."""
        return any(file.sha256 is None for file in self.files)

    @property
    def languages(self) -> tuple[str, ...]:
        """ISO 639-3 codes in alphabetical order."""
        return tuple(sorted({file.language for file in self.files}))

    @property
    def annotated(self) -> tuple[File, ...]:
        """The files that hold sentences, in the card's order."""
        return tuple(file for file in self.files if file.split is not None)


class Language(Record):
    """A language: English name, family and ISO 15924 script of its written form in the catalog's corpora."""

    name: str
    family: str
    script: str


def load_card(name: str, cards: Path = paths.CARDS) -> Card:
    """Return the card of corpus ``name``; an unknown name is answered with the nearest one.

    A language or a standardized type that there is not is an error with the line to add.
    """
    from openner_utils.catalog import known  # which needs the records of this module
    from openner_utils.catalog.ontology import entity_types

    there = corpora(cards)
    if name not in there:
        raise unknown("corpus", name, there)
    path = within.within(cards, f"{name}.yaml", "corpus")
    card = card_at(path)
    known.check(card, path, languages(), entity_types())
    return card


def card_at(path: Path) -> Card:
    """Return the card in a file, whose name without ending is the corpus's id: of the catalog, or a draft.

    What a draft leaves open, such as the language, is not checked.
    """
    content = read_mapping(path)
    if "id" in content:
        raise OpenNERError(
            f"{paths.relative(path)}: id: a corpus is called what its card's file is. Leave it out."
        )
    return parse(Card, {"id": path.stem, **content}, paths.relative(path), path)


def corpora(cards: Path = paths.CARDS) -> tuple[str, ...]:
    """Return the ids of all corpora in the catalog, sorted."""
    return tuple(sorted(path.stem for path in cards.glob("*.yaml") if path.is_file()))


def load_cards(names: Iterable[str] | None = None, cards: Path = paths.CARDS) -> dict[str, Card]:
    """Return cards by id: those named, or all."""
    return {name: load_card(name, cards) for name in (corpora(cards) if names is None else names)}


@cache
def languages() -> dict[str, Language]:
    """Return every known language by its ISO 639-3 code."""
    table = read_mapping(paths.LANGUAGES)
    for code in table["languages"]:
        try:
            known_language(str(code))
        except ValueError as error:
            raise OpenNERError(f"{paths.relative(paths.LANGUAGES)}: {error}.") from error
    return {
        code: parse(Language, entry, f"languages.yaml: {code}") for code, entry in table["languages"].items()
    }


def language(code: str) -> Language:
    """Return one language; an unknown code is an error that names the table to extend."""
    known = languages()
    if code not in known:
        raise OpenNERError(f"{unknown('language', code, known)} Add it to {paths.relative(paths.LANGUAGES)}.")
    return known[code]
