"""Exports of the releases for other programs: two columns, Hugging Face Parquet, JSON lines; each with a README.

All are made from the tables of the stage `standardize`, whose hashes stand in the README.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow.compute as pc

from openner_utils import __version__
from openner_utils.catalog import Card, language, load_card
from openner_utils.catalog.ontology import CORE
from openner_utils.core.artifacts import CORE_RELEASE, STANDARDIZED, Folder
from openner_utils.core.columns import Columns
from openner_utils.core.encoding import IOB2, decode, get_encoding, recode
from openner_utils.core.releases import Part, columns_of, parts
from openner_utils.exports import conll, instructions, jsonl, licences, parquet
from openner_utils.exports.folder import refuse_foreign, replaced
from openner_utils.support import markdown, paths
from openner_utils.support.errors import OpenNERError, unknown
from openner_utils.support.files import sha256, write_text
from openner_utils.support.paths import HERE, Place
from openner_utils.support.within import distinct, within

NO_BREAK = "\u00a0"
FORMATS = ("conll", "parquet", "jsonl")
"""Instructions are made elsewhere (`instructions`)."""
RELEASES = {"standardized": STANDARDIZED, "core": CORE_RELEASE}
_HUGGING_FACE = {"train": "train", "dev": "validation", "test": "test"}


@dataclass(frozen=True, slots=True)
class Exported:
    """One file written, with its counts; ``replaced``: tokens with a tab, which in columns is a no-break space."""

    part: Part
    path: Path
    columns: Columns
    replaced: int = 0

    @property
    def mentions(self) -> int:
        """Number of mentions."""
        return len(decode(self.columns, IOB2))


@dataclass(frozen=True, slots=True)
class Source:
    """One corpus: its card and the table that is exported."""

    card: Card
    table: Path
    parts: tuple[Part, ...]

    @property
    def dataset(self) -> str:
        """The corpus's folder in OpenNER's layout."""
        return (self.card.openner or self.card.name).replace(" ", "_").replace("/", "_")


Writer = Callable[[Source, Path, str, str], list[Exported]]


def export(
    format: str,
    out: Path,
    corpora: Sequence[str],
    release: str = "standardized",
    encoding: str = "IOB2",
    place: Place = HERE,
) -> list[Exported]:
    """Write corpora of ``place`` to the folder ``out``; return what was written.

    ``out`` must be new, empty, or what an earlier export made, which is replaced once the new one is whole.
    """
    if format not in FORMATS:
        raise unknown("export format", format, (*FORMATS, instructions.FORMAT))
    if release not in RELEASES:
        raise unknown("release", release, RELEASES)
    if encoding != "IOB2" and format != "conll":
        raise OpenNERError(
            f"--encoding belongs to conll; {format} is written in IOB2 labels or spans. Leave it out."
        )
    get_encoding(encoding)
    refuse_foreign(out)
    sources = [_source(corpus, release, place) for corpus in corpora]
    folders = [f"{source.dataset}/{language}" for source in sources for language in source.card.languages]
    twice = [name for name, number in Counter(folders).items() if number > 1]
    if twice and format == "conll":
        raise OpenNERError(f"Two corpora would be written to the folder {twice[0]}. Export them one by one.")
    distinct(folders, "export")
    write: Writer = {"conll": _conll, "parquet": _parquet, "jsonl": _jsonl}[format]
    with replaced(out) as fresh:
        done = [exported for source in sources for exported in write(source, fresh, release, encoding)]
        write_text(fresh / "README.md", readme(format, release, encoding, sources, done, fresh))
    return [replace(each, path=out / each.path.relative_to(fresh)) for each in done]


def _source(corpus: str, release: str, place: Place) -> Source:
    artifact, unit = RELEASES[release], {"corpus": corpus}
    card, made = load_card(corpus, place.cards), Folder(place.artifacts)
    return Source(card, made.path(artifact, unit), tuple(parts(made.get(artifact, unit))))


def _conll(source: Source, out: Path, release: str, encoding: str) -> list[Exported]:
    done = []
    for part in source.parts:
        columns = columns_of(part.table)
        path = within(out, f"{release}/{source.dataset}/{part.language}/{part.split}.txt", source.card.id)
        tabs = int(pc.sum(pc.match_substring(columns.tokens, "\t")).as_py() or 0)
        plain = (
            replace(columns, tokens=pc.replace_substring(columns.tokens, "\t", NO_BREAK)) if tabs else columns
        )
        conll.write(path, recode(plain, IOB2, get_encoding(encoding)))
        done.append(Exported(part, path, columns, tabs))
    return done


def _parquet(source: Source, out: Path, release: str, encoding: str) -> list[Exported]:
    every = [columns_of(part.table) for part in source.parts]
    types = {type for columns in every for type in _types(columns)} | set(CORE if release == "core" else ())
    names = parquet.label_names(types)
    done = []
    for part, columns in zip(source.parts, every, strict=True):
        path = within(out, f"{_config(part)}/{_HUGGING_FACE[part.split]}.parquet", source.card.id)
        parquet.write(path, columns, _ids(part), names)
        done.append(Exported(part, path, columns))
    return done


def _jsonl(source: Source, out: Path, release: str, encoding: str) -> list[Exported]:
    done = []
    for part in source.parts:
        columns = columns_of(part.table)
        path = within(out, f"{part.corpus}/{part.language}/{part.split}.jsonl", source.card.id)
        fixed = {"corpus": part.corpus, "language": part.language, "split": part.split}
        jsonl.write(path, columns, fixed, _ids(part), part.table["file"].to_pylist())
        done.append(Exported(part, path, columns))
    return done


def _types(columns: Columns) -> set[str]:
    mentions = decode(columns, IOB2)
    return {mentions.types[number] for number in set(mentions.type.tolist())}


def _ids(part: Part) -> list[str]:
    return [f"{part.corpus}-{part.language}-{part.split}-{n}" for n in part.table["sentence"].to_pylist()]


def _config(part: Part) -> str:
    return f"{part.corpus}-{part.language}"


# --- README -------------------------------------------------------------------------------------------------


def readme(
    format: str, release: str, encoding: str, sources: Sequence[Source], done: Sequence[Exported], out: Path
) -> str:
    """Return the text of the export's README.md: a dataset card."""
    lines: list[str] = []
    if format == "parquet":
        lines += _configs(done, out)
    lines += [
        f"# OpenNER compendium, {release} release",
        "",
        _WHAT[format].format(release=release, encoding=encoding),
    ]
    tabs: Counter[str] = Counter()
    for each in done:
        tabs[each.part.corpus] += each.replaced
    if tabs := +tabs:
        told = ", ".join(f"{number} in {corpus}" for corpus, number in tabs.items())
        lines += ["", f"Tokens that hold a tab have a no-break space (U+00A0) in its place: {told}."]
    lines += ["", "## Corpora", "", _corpora(sources, done)]
    lines += ["", "## Licences", "", *licences.told([source.card for source in sources])]
    lines += ["", "## How it was made", "", _MADE.format(version=__version__, release=release)]
    if release == "core":
        lines += ["", "Types were then mapped to PER, LOC and ORG; mentions of other types were dropped."]
    made = [(paths.relative(source.table), f"`{sha256(source.table)}`") for source in sources]
    lines += ["", markdown.table(["input", "SHA-256"], made)]
    lines += ["", "## Citations", "", "Cite each corpus that you use.", ""]
    for source in sources:
        lines += [
            f"**{markdown.escaped(source.card.name)}**",
            "",
            markdown.fenced(source.card.citation.strip()),
            "",
        ]
    return "\n".join(lines)


_WHAT = {
    "conll": "One file per dataset, language and split: `{release}/<Dataset>/<language>/<split>.txt`. Each line is a "
    "token, a tab and its label in {encoding}; a blank line ends a sentence. UTF-8.",
    "parquet": "One configuration per corpus and language, with the splits that the corpus has. Columns: `id`, "
    "`tokens`, and `ner_tags` (IOB2), whose label names stand in each file's metadata as a `ClassLabel`.",
    "jsonl": "One file per corpus, language and split; one sentence a line. `spans` are [start, end, type] in "
    "characters of `text`. `text_is` says what the text is: `"
    + jsonl.JOINED
    + "`, or `"
    + jsonl.ORIGINAL
    + "`, where "
    "`offset` is the place of its first character in the published text and gaps between tokens are blanks.",
}
_MADE = (
    "By `openner export`, version {version} of the compendium, from the tables below. Publishers' files were read as "
    "their cards say, invalid label transitions were repaired, and entity types were given their standardized names "
    "({release} release). Every change stands in a ledger beside the tables."
)


def _configs(done: Sequence[Exported], out: Path) -> list[str]:
    lines = ["---", "configs:"]
    last = ""
    for exported in done:
        name = _config(exported.part)
        if name != last:
            lines += [f"- config_name: {name}", "  data_files:"]
        lines += [
            f"  - split: {_HUGGING_FACE[exported.part.split]}",
            f"    path: {exported.path.relative_to(out).as_posix()}",
        ]
        last = name
    codes = sorted({exported.part.language for exported in done})
    return [
        *lines, "language:", *(f"- {code}" for code in codes), "task_categories:", "- token-classification", "---", "",
    ]  # fmt: skip


def _corpora(sources: Sequence[Source], done: Sequence[Exported]) -> str:
    names = {source.card.id: markdown.escaped(source.card.name) for source in sources}
    counts = ["sentences", "tokens", "mentions"]
    rows = [
        (
            names[each.part.corpus], language(each.part.language).name, each.part.split,
            f"{each.columns.n_sentences:,}", f"{len(each.columns):,}", f"{each.mentions:,}",
        )
        for each in done
    ]  # fmt: skip
    return markdown.table(["corpus", "language", "split", *counts], rows, counts)
