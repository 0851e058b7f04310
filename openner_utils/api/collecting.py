"""Corpora of the catalog and one's own files, gathered under one set of types: what is pruned, compared and made into instructions."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from openner_utils.catalog import corpora, load_card
from openner_utils.catalog.taxonomy import universal
from openner_utils.core.artifacts import CLEANED, Memory, Outputs
from openner_utils.core.columns import Columns, concat
from openner_utils.core.encoding import IOB2, recode
from openner_utils.ownfiles.format import Format
from openner_utils.ownfiles.opening import files_of, open_file
from openner_utils.stages import clean
from openner_utils.support.errors import OpenNERError
from openner_utils.support.paths import HERE, Place
from openner_utils.unify.alike import Meaning, Meant
from openner_utils.unify.corpora import Corpus, Origin
from openner_utils.unify.names import Types, names_of


def gather(
    names: Sequence[str],
    split: str = "train",
    types: Types = "universal",
    place: Place = HERE,
    format: Format | None = None,
) -> list[Corpus]:
    """Return the corpora that ``names`` call: ids of the catalog, whose files data/ holds, or files and folders of one's own.

    Of a corpus of the catalog the sentences of one ``split`` are taken (`EVERY`: of all), cleaned as in the pipeline. A folder of
    one's own is one corpus; its files are read as ``format`` says, and its types stay as they are. A type that the taxonomy
    does not know keeps its published name. Raises `OpenNERError` for an empty name, which as a path would be the current folder.
    """
    if "" in names:
        raise OpenNERError(
            "CORPUS|FILE…: an empty name. Name a corpus, a file or a folder; a shell variable that is not set is empty."
        )
    found = [
        _of_catalog(name, split, types, place) if name in corpora(place.cards) else _own(Path(name), format)
        for name in names
    ]
    twice = sorted({one.name for one in found if sum(one.name == other.name for other in found) > 1})
    if twice:
        raise OpenNERError(f"Two corpora would be called {twice[0]}. Rename a file or folder.")
    return found


def meaning(place: Place = HERE) -> Meaning:
    """Return what types of corpora mean, whichever way they are called: by the taxonomy and by the corpora's cards.

    A type of one's own file, and one that its corpus does not map, means what the taxonomy's type of its very name does.
    """
    known = universal()

    def meant(corpus: str, type: str) -> Meant:
        standard = load_card(corpus, place.cards).types.get(type, "") if corpus in catalogued else ""
        entries = known.mapped.get(corpus, {})
        name = entries[type].to if type in entries else type
        if name not in known.types:
            return Meant(standard=standard)
        standard = standard or next(iter(known.standardized(name)), "")
        return Meant(name, known.lineage(name)[1:], standard, known.mention(name))

    catalogued = frozenset(corpora(place.cards))
    return cache(meant)


def _of_catalog(name: str, split: str, types: Types, place: Place) -> Corpus:
    memory = Memory()
    clean.clean_corpus(name, "conlleval", place, Outputs(memory, clean.WRITES))
    found = Corpus.of_release(name, memory.get(CLEANED, {"corpus": name}), split)
    return found.renamed(names_of(load_card(name, place.cards), types))


def _own(path: Path, format: Format | None) -> Corpus:
    if not path.exists():
        raise OpenNERError(
            f"{path}: neither a corpus of the catalog nor a file. `openner data show` lists the catalog."
        )
    pieces: list[Columns] = []
    origins: list[Origin] = []
    for file in files_of(path):
        opened = open_file(file, format).strict()
        columns = recode(opened.columns, opened.encoding, IOB2)
        pieces.append(columns)
        origins += [
            Origin(f"{file.stem}-{number}", "und", str(file)) for number in range(columns.n_sentences)
        ]
    return Corpus(path.stem if path.is_file() else path.resolve().name, concat(pieces), tuple(origins), {})
