"""What the path and the neighbours of a corpus's files tell: splits, languages, the repository, and what speaks of a licence.

Nothing is said that is not certain: a split is a whole word of the path, a language is a word of the path that the script of
the letters bears out, and a licence is only pointed at, since that of a repository need not be that of its texts.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from openner_utils.catalog import languages
from openner_utils.ownfiles.drafting.gather import words_of

SPLITS = {
    "train": ("train", "training", "trainset", "traindata"),
    "dev": ("dev", "devel", "development", "devset", "val", "valid", "validation", "testa"),
    "test": ("test", "testing", "testset", "testdata", "testb"),
}
"""Split → the words of a path that name it."""
_SCRIPTS = {
    "Latn": "LATIN", "Cyrl": "CYRILLIC", "Arab": "ARABIC", "Deva": "DEVANAGARI", "Beng": "BENGALI", "Hani": "CJK", "Hans": "CJK",
    "Hant": "CJK", "Grek": "GREEK", "Hebr": "HEBREW", "Thai": "THAI", "Ethi": "ETHIOPIC", "Kore": "HANGUL", "Hang": "HANGUL",
    "Jpan": "CJK", "Geor": "GEORGIAN", "Armn": "ARMENIAN", "Taml": "TAMIL", "Telu": "TELUGU", "Knda": "KANNADA",
    "Mlym": "MALAYALAM", "Gujr": "GUJARATI", "Guru": "GURMUKHI", "Sinh": "SINHALA", "Mymr": "MYANMAR", "Khmr": "KHMER",
    "Laoo": "LAO", "Orya": "ORIYA", "Tibt": "TIBETAN",
}  # fmt: skip
"""ISO 15924 → how Unicode names the letters of a script."""
_ENOUGH = 0.5
"""Share of the letters that must be of a language's script."""
_LICENCES = (
    ("CC-BY-NC-SA-4.0", r"Attribution-NonCommercial-ShareAlike 4\.0|\bCC[ -]BY-NC-SA[ -]4\.0"),
    ("CC-BY-NC-ND-4.0", r"Attribution-NonCommercial-NoDerivatives 4\.0|\bCC[ -]BY-NC-ND[ -]4\.0"),
    ("CC-BY-NC-4.0", r"Attribution-NonCommercial 4\.0|\bCC[ -]BY-NC[ -]4\.0"),
    ("CC-BY-SA-4.0", r"Attribution-ShareAlike 4\.0|\bCC[ -]BY-SA[ -]4\.0"),
    ("CC-BY-SA-3.0", r"Attribution-ShareAlike 3\.0|\bCC[ -]BY-SA[ -]3\.0"),
    ("CC-BY-4.0", r"Attribution 4\.0|\bCC[ -]BY[ -]4\.0"),
    ("CC-BY-3.0", r"Attribution 3\.0|\bCC[ -]BY[ -]3\.0"),
    ("CC0-1.0", r"CC0 1\.0"),
    ("Apache-2.0", r"Apache License\s+Version 2\.0"),
    ("MIT", r"Permission is hereby granted, free of charge|\bMIT License"),
    ("GPL-3.0", r"GNU GENERAL PUBLIC LICENSE\s+Version 3"),
    ("GPL-2.0", r"GNU GENERAL PUBLIC LICENSE\s+Version 2"),
    ("BSD-3-Clause", r"Neither the name of"),
)
"""SPDX id → words by which the text of a licence is known; the first that fits counts."""
_MIRRORED = re.compile(r"github\.com/([^/]+)/([^/]+)/([0-9a-f]{40})(?:/(.*))?$")


def split_of(path: str) -> str:
    """Return the split that a path names by a whole word: of the file, else of its nearest folder; empty where none or several do.

    >>> split_of("data/eng.testa"), split_of("train/part-1.conll"), split_of("latest.tsv"), split_of("train_dev.txt")
    ('dev', 'train', '', '')
    """
    for words in reversed(words_of(path)):
        named = {split for split, names in SPLITS.items() if set(names).intersection(words)}
        if named:
            return named.pop() if len(named) == 1 else ""
    return ""


def language_of(path: str, text: Iterable[str]) -> str:
    """Return the ISO 639-3 code of the language that a path names and the letters of ``text`` bear out; empty if uncertain.

    A folder, or the first or last piece of the file's name, is a code in small letters; or any word is a language's English name.

    >>> language_of("data/amh/dev.txt", ["ሰላም"]), language_of("data/amh/dev.txt", ["peace"]), language_of("FIN5.txt", ["a"])
    ('amh', '', '')
    """
    known = languages()
    names = {language.name.lower(): code for code, language in known.items()}
    parts = [re.split(r"[\W_]+", part) for part in PurePosixPath(path).with_suffix("").parts]
    *folders, file = parts or [[""]]
    whole = (
        [pieces[0] for pieces in folders if len(pieces) == 1] + file[:1] + file[-1:] + [Path(path).suffix[1:]]
    )
    words = {word for part in words_of(path) for word in part}
    named = {word for word in whole if word in known} | {names[word] for word in words & names.keys()}
    if len(named) != 1 or words & known.keys() - named:
        return ""
    (code,) = named
    return code if _in_script(known[code].script, text) else ""


def _in_script(script: str, text: Iterable[str]) -> bool:
    letters = Counter(
        unicodedata.name(letter, "?").split(" ")[0] for word in text for letter in word if letter.isalpha()
    )
    return bool(letters) and letters[_SCRIPTS.get(script, script)] > _ENOUGH * letters.total()


@dataclass(frozen=True, slots=True)
class Origin:
    """Where files come from: the folder ``root`` from which a card's paths count, and, if known, its repository and commit."""

    root: Path
    repository: str = ""
    commit: str = ""


def origin_of(folder: Path) -> Origin:
    """Return the origin of a folder: the top of a clone, or a place in a mirror (see docs/how-to/real-data.md)."""
    place = folder.resolve()
    if match := _MIRRORED.search(place.as_posix()):
        below = len(Path(match[4]).parts) if match[4] else 0
        root = place.parents[below - 1] if below else place
        return Origin(root, f"https://github.com/{match[1]}/{match[2]}", match[3])
    config, head = folder / ".git" / "config", _head(folder / ".git")
    if head and config.is_file():
        said = config.read_text("utf-8", "replace")
        if address := re.search(r"url = (?:https://|git@)(github\.com)[/:](\S+?)(?:\.git)?\s", said):
            return Origin(folder, f"https://{address[1]}/{address[2]}", head)
    return Origin(folder)


def _head(git: Path) -> str:
    """Return the commit that is checked out; empty if that cannot be seen."""
    head = git / "HEAD"
    if not head.is_file():
        return ""
    said = head.read_text("utf-8", "replace").strip()
    name = said.removeprefix("ref: ")
    if name != said:
        loose, packed = git / name, git / "packed-refs"
        said = loose.read_text("utf-8", "replace").strip() if loose.is_file() else ""
        if not said and packed.is_file():
            found = re.search(
                rf"^([0-9a-f]{{40}}) {re.escape(name)}$", packed.read_text("utf-8", "replace"), re.MULTILINE
            )
            said = found[1] if found else ""
    return said if re.fullmatch("[0-9a-f]{40}", said) else ""


def licences_near(folder: Path, root: Path) -> list[str]:
    """Return what the documentation in a folder, and in those above it up to ``root``, says of licences."""
    folder, root = folder.resolve(), root.resolve()
    above = [place for place in folder.parents if place.is_relative_to(root)]
    named = [path for place in above for path in place.iterdir()] + list(folder.rglob("*"))
    found = []
    for path in sorted(named):
        upper = path.name.upper()
        if not upper.startswith(("LICEN", "COPYING", "README")) or not path.is_file():
            continue
        name = path.relative_to(root).as_posix()
        if not (name.isprintable() and path.resolve().is_relative_to(root)):  # or a link that leads out
            continue
        text = path.read_text("utf-8", "replace")[:100_000]
        licence = next((spdx for spdx, words in _LICENCES if re.search(words, text, re.IGNORECASE)), "")
        line = next(
            (n for n, one in enumerate(text.split("\n"), 1) if re.search(r"licen[sc]e", one, re.IGNORECASE)),
            0,
        )
        if not upper.startswith("README"):
            found.append(f"{name} reads like {licence}" if licence else f"{name} states terms")
        elif licence or line:
            found.append(f"{name}{f':{line}' if line else ''} speaks of {licence or 'a licence'}")
    return found
