"""The files under a path: of a file, a folder, an archive, or a snapshot of a whole repository.

What holds no sentences by its name (code, documentation, packed tables) is set apart unopened. Archives are unpacked into a
folder that is gone at the end, as safely as when a corpus is fetched.
"""

import os
import re
import tempfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from openner_utils.catalog.globs import is_pattern
from openner_utils.sources import archives
from openner_utils.sources.store import Store
from openner_utils.support.errors import OpenNERError
from openner_utils.support.files import STANDARD, below
from openner_utils.support.process import scratch
from openner_utils.support.within import plain, reached, within

_DOCUMENTATION = re.compile(
    r"(README|LICEN[SC]E|COPYING).*|(NOTICE|CHANGELOG|CITATION|AUTHORS)(\.\w+)?", re.IGNORECASE
)
"""Names of files that speak of a corpus."""
_KINDS = {
    "documentation": "md markdown rst adoc pdf doc docx ppt pptx odt tex bib rtf",
    "code": "py ipynb sh bash bat js java class jar c cc cpp h hpp r rb go scala jl lua php sql m css scss sass less liquid "
    "yaml yml toml ini cfg lock gradle cmake diff patch",
    "a picture": "png jpg jpeg gif svg ico webp",
    "a web page": "html htm",
    "a log": "log",
    "packed values": "pkl pickle npy npz h5 hdf5 pt pth bin onnx safetensors model ckpt parquet arrow feather db sqlite "
    "spacy xls xlsx ods vec gitignore",
    "an archive of a kind that is not opened: unpack it, and name the folder": "rar 7z bz2 xz zst lz4",
}
_KIND_OF = {f".{ending}": kind for kind, endings in _KINDS.items() for ending in endings.split()}
_PREDICTED = {"pred", "preds", "prediction", "predictions", "predicted", "output", "outputs"}
"""Words of a path whose files a system wrote, no annotator."""
_NAME = "a file"
_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@dataclass(frozen=True, slots=True)
class Source:
    """A file that may hold sentences: ``path`` is where its bytes lie, ``name`` what a card calls it, and ``archive`` the
    archive that holds it.
    """

    path: Path
    name: str
    archive: str | None = None


@dataclass(frozen=True, slots=True)
class Gathered:
    """What lies under a path. ``root``: the folder from which names count; ``apart``: name → why it is set apart."""

    root: Path
    sources: tuple[Source, ...]
    apart: dict[str, str]


@contextmanager
def gathered(source: Path) -> Iterator[Gathered]:
    """Yield the files of a file, a folder or an archive; members of archives are there as long as this is open.

    Raises `OpenNERError` for a path that holds no file, and for an archive that is damaged or unsafe.
    """
    if source == STANDARD:
        raise OpenNERError("-: a card is of files. Save what comes, and name the file.")
    if source.suffix == ".ann" and source.with_suffix(".txt").exists():
        source = source.with_suffix(".txt")
    if not source.exists():
        raise OpenNERError(f"{source}: no such file or folder. Correct the path.")
    apart: dict[str, str] = {}
    with scratch() as room:
        if not source.is_dir():
            root, names = source.parent, [source.name]
            if why := _unfit(source.name, root):
                raise OpenNERError(f"{source}: {why}.")
        else:
            root = source
            there = [path.relative_to(source).as_posix() for path in _walk(source)]
            names = [name for name in there if not _is_unfit(name, root, apart)]
        chosen = names if not source.is_dir() else list(_chosen(names, apart))
        sources = [Source(root / name, name) for name in chosen if not _packed(name)]
        for number, name in enumerate(filter(_packed, chosen)):
            try:
                sources += _members(root, name, Path(room) / str(number), apart)
            except OpenNERError as error:
                if not source.is_dir():
                    raise
                apart[name] = str(error)
        yield Gathered(root, tuple(sources), apart)


def words_of(path: str) -> list[list[str]]:
    """Return the words of a path in small letters, of each part a list, the file's name last.

    A word ends where letters and digits meet, at other signs, and where a capital begins a word.

    >>> words_of("data/eng.testa"), words_of("trivia10k13trainSet.bio")
    ([['data'], ['eng', 'testa']], [['trivia', 'k', 'train', 'set', 'bio']])
    """
    return [
        [word.lower() for run in re.findall(r"[^\W\d_]+", part) for word in _CAPITAL.split(run)]
        for part in PurePosixPath(path).parts
    ]


def told_apart(apart: dict[str, str]) -> list[str]:
    """Return what was set apart in lines: of several files with one reason the number and the first names.

    >>> told_apart({"a.py": "code", "b.py": "code", "c.txt": "the file is empty. Fetch it."})
    ['2 files (a.py, b.py): code', 'c.txt: the file is empty. Fetch it.']
    """
    reasons: dict[str, list[str]] = {}
    for name, why in apart.items():
        reasons.setdefault(why, []).append(name)
    return [f"{_shown(names)}: {why}" for why, names in reasons.items()]


def _shown(names: Sequence[str]) -> str:
    names = [name if name.isprintable() else repr(name) for name in names]
    if len(names) == 1:
        return names[0]
    return f"{len(names)} files ({', '.join(names[:3])}{', …' if len(names) > 3 else ''})"


def _walk(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder, in order.

    A pipe or a device, at which reading might wait for ever, is an error, and so is a folder that cannot be listed.
    """
    for file in below(folder):
        if any(part.startswith(".") for part in file.relative_to(folder).parts):
            continue
        if file.is_dir():
            raise OpenNERError(
                f"{file}: a folder that cannot be listed. Allow it, or take it out of the other folder."
            )
        if file.exists() and not file.is_file():
            raise OpenNERError(f"{file}: a pipe or a device, no file. Take it out of the folder.")
        yield file


def _chosen(names: Sequence[str], apart: dict[str, str]) -> Iterator[str]:
    """Yield the names of files that may hold sentences; the others go to ``apart``."""
    known = set(names)
    for name in names:
        path = PurePosixPath(name)
        if path.suffix.lower() == ".ann" and str(path.with_suffix(".txt")) in known:
            continue  # read with the text beside it
        if _DOCUMENTATION.fullmatch(path.name):
            apart[name] = "documentation"
        elif (kind := _KIND_OF.get(path.suffix.lower())) and not _packed(name):
            apart[name] = kind
        elif any(_PREDICTED.intersection(words) for words in words_of(name)):
            apart[name] = "predictions of a system"
        else:
            yield name


def _packed(name: str) -> bool:
    return name.lower().endswith(archives.ENDINGS)


def _members(root: Path, name: str, room: Path, apart: dict[str, str]) -> Iterable[Source]:
    """Unpack the members of an archive that may hold sentences below ``room``, and return them."""
    archive = root / name
    set_apart: dict[str, str] = {}
    known = [member for member in archives.members(archive) if _visible(member)]
    fitting = [member for member in known if not _is_unfit(member, None, set_apart)]
    chosen = [member for member in _chosen(fitting, set_apart) if not _nested(member, set_apart)]
    beside = [str(PurePosixPath(member).with_suffix(".ann")) for member in chosen]
    wanted = [*chosen, *sorted({*beside} & {*fitting} - {*chosen})]
    apart |= {f"{name}/{member}": why for member, why in set_apart.items()}
    unpack(archive, wanted, room)
    return [Source(room / member, member, name) for member in chosen]


def unpack(archive: Path, members: Collection[str], room: Path) -> None:
    """Put members of an archive, paths or patterns, below the folder ``room``, under their names; see `archives.unpack`."""
    with tempfile.TemporaryDirectory(prefix="store-", dir=room.parent) as place:
        store = Store(Path(place))
        for member, digest in archives.unpack(archive, archive.name.lower(), members, store).items():
            target = within(room, member, archive.name)
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                os.link(store.path(digest), target)
            except (
                OSError
            ) as error:  # a member is a folder of another one, or has its name in another spelling
                raise OpenNERError(
                    f"{archive}: member {member!r} cannot lie beside the others ({error.strerror}). Rename it in the archive."
                ) from error


def _visible(member: str) -> bool:
    return not any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(member).parts if part != "..")


def _is_unfit(name: str, root: Path | None, apart: dict[str, str]) -> bool:
    """Return whether a card cannot name a file, which then goes to ``apart``; see `_unfit`."""
    if why := _unfit(name, root):
        apart[name] = why
    return bool(why)


def _unfit(name: str, root: Path | None) -> str:
    """Return why a card cannot name a file below ``root`` (None: in an archive), or the .ann file beside it; or an empty text."""
    if is_pattern(name):
        return "its name has '*' or '?', which stand for many files on a card. Rename it"
    beside = [str(PurePosixPath(name).with_suffix(".ann"))] if name.endswith(".txt") else []
    try:
        for each in (name, *beside):
            plain(each, _NAME) if root is None else reached(root, each, _NAME)
    except OpenNERError as error:
        return str(error).removeprefix(f"{_NAME}: ").removesuffix(".")
    return ""


def _nested(member: str, apart: dict[str, str]) -> bool:
    if not _packed(member):
        return False
    apart[member] = "an archive in an archive. Unpack it, and name it or the folder"
    return True
