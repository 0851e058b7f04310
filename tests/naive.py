"""A second, slow and simple way to read raw corpora, against which readers are checked: nothing of ours is used.

Each function yields the sentences of a file as published, a list of (token, label) pairs each; the label is None on
a line that has none.
"""

import json
import re
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from openner_utils.catalog import Card, File
from tests.reading import MIRROR, raw

Pair = tuple[str, str | None]


def at_hand(of: Card, file: File) -> bool:
    """Tell whether a file (its archive, where it lies in one) is on this machine."""
    return place(of, file).is_file()


def place(of: Card, file: File) -> Path:
    """Return where a file, or the archive that holds it, lies."""
    return raw(of, file)


def unpacked(of: Card, file: File, folder: Path) -> Path:
    """Return a file as a path: itself, or the member of its archive, unpacked below ``folder``."""
    if file.archive is None:
        return place(of, file)
    target = folder / of.id / file.path
    target.parent.mkdir(parents=True, exist_ok=True)
    if file.archive.endswith(".zip"):
        with zipfile.ZipFile(place(of, file)) as packed:
            target.write_bytes(packed.read(file.path))
    else:
        with tarfile.open(place(of, file)) as packed:
            member = next(m for m in packed if m.name.removeprefix("./") == file.path)
            target.write_bytes(packed.extractfile(member).read())  # type: ignore[union-attr]
    return target


def text_of(path: Path, of: Card) -> str:
    """Return a file's text without byte order mark."""
    content = path.read_bytes()
    if of.options.get("surrogates"):
        return content.decode("utf-8", "surrogatepass")
    return content.decode(of.options.get("encoding", "utf-8")).removeprefix("\ufeff")


def sentences(path: Path, of: Card) -> Iterator[list[Pair]]:
    """Yield the sentences of a file that is published with one label per token."""
    if of.reader == "json_tokens":
        for entry in json.loads(text_of(path, of)):
            tokens, labels = of.options.get("tokens", "tokens"), of.options.get("labels", "ner_tags")
            yield list(zip(entry[tokens], map(str, entry[labels]), strict=True))
        return
    if of.reader == "json_nested":
        yield from (_outermost(entry) for entry in json.loads(text_of(path, of)))
        return
    if of.options.get("surrogates"):
        yield from map(_joined, _columns(text_of(path, of), of))
        return
    yield from _columns(text_of(path, of), of)


def _joined(row: list[Pair]) -> list[Pair]:
    """Put halves of characters together; the second half's token is then empty."""
    tokens = [token for token, _ in row]
    for here in range(len(tokens) - 1):
        if "\ud800" <= tokens[here] < "\udc00" <= tokens[here + 1] < "\ue000":
            pair = "".join(tokens[here : here + 2])
            tokens[here : here + 2] = [pair.encode("utf-16", "surrogatepass").decode("utf-16"), ""]
    return list(zip(tokens, [label for _, label in row], strict=True))


def _columns(text: str, of: Card) -> Iterator[list[Pair]]:
    rows: list[Pair] = []
    mark: str | None = None
    for fields in _lines(text, of):
        ended = fields is None or (mark is not None and fields[of.options["sentence_id"]] != mark)
        if ended and rows:
            yield rows
            rows = []
        if fields is None:
            continue
        mark = fields[of.options["sentence_id"]] if of.options.get("sentence_id") is not None else None
        rows.append(_pair(fields, of))
    if rows:
        yield rows


def _outermost(entry: dict[str, Any]) -> list[Pair]:
    labels = ["O"] * len(entry["tokens"])
    for entity in sorted(entry["entities"], key=lambda e: (e["span"][0], -e["span"][1])):
        start, end = entity["span"]
        if all(label == "O" for label in labels[start:end]):
            kind = entity["entity_type"]
            labels[start:end] = [f"B-{kind}", *[f"I-{kind}"] * (end - start - 1)]
    return list(zip(entry["tokens"], labels, strict=True))


def _lines(text: str, of: Card) -> Iterator[list[str] | None]:
    """Yield the fields of each token line, and None for each line that ends a sentence."""
    options: dict[str, Any] = of.options
    conllu = of.reader in ("conllu", "conllu_plus")
    comment = "#" if conllu else options.get("comment")
    identifier = 0 if of.reader == "conllu" else options.get("id")
    split = {"space": " ", "whitespace": None}.get(options.get("separator", "tab"), "\t")
    for line in text.split("\n")[1 if options.get("header") else 0 :]:
        line = line.removesuffix("\r")
        if of.reader == "conllu_plus" and line.startswith("# global.columns"):
            names = line.partition("=")[2].split()
            identifier = names.index("ID") if "ID" in names else None
            _PLUS[of.id] = names.index(options.get("form", "FORM")), names.index(options["column"])
        if comment and line.startswith(comment):
            continue
        fields = line.split(split)
        if not line.strip() or (options.get("docstart") and line.startswith("-DOCSTART-")):
            yield None
        elif identifier is None or not re.search(r"[-.]", fields[identifier]):
            yield fields


_PLUS: dict[str, tuple[int, int]] = {}
"""Columns of token and label in the CoNLL-U Plus file that is being read, by corpus."""


def _pair(fields: list[str], of: Card) -> Pair:
    if of.reader == "conllu_plus":
        token, label = _PLUS[of.id]
        return fields[token], fields[label]
    if of.reader == "conllu":
        found = re.search(rf"(?:^|\|){of.options.get('key', 'name')}=([^|]+)", fields[9])
        return fields[1], found[1] if found else "O"
    if of.options.get("rest"):
        return " ".join(fields[:-1]), fields[-1]
    token = fields[of.options.get("token", 0)]
    return token, fields[of.options.get("label", -1)] if len(fields) > 1 else None


def mentions(rows: list[Pair], of: Card) -> int:
    """Count the mentions of a sentence, as after the default repair: whatever does not go on with one begins one."""
    count = 0
    state, last = "O", ""
    for _, raw_label in rows:
        label = of.faults.get(raw_label or "", of.spelling.get(raw_label or "", raw_label or "O"))
        now, _, type = label.partition("-")
        if of.scheme in ("IOB2", "IOB1", "IO"):
            goes_on = now == "I" and state != "O"
        else:
            goes_on = now in "IEML" and state in "BIM"
        count += bool(type) and not (goes_on and type == last)
        state, last = now, type
    return count


def spans(path: Path, of: Card) -> Iterator[str]:
    """Yield the spans of a file that is published as text with spans, as ``start end type``."""
    if of.reader == "brat":
        for line in path.with_suffix(".ann").read_text("utf-8").split("\n"):
            found = re.match(r"T\d+\t(\S+)[ \t](\d+[ \t]\d+(?:;\d+[ \t]\d+)*)", line)
            if found:
                yield f"{found[2]} {found[1]}".replace("\t", " ")
    else:
        for line in text_of(path, of).splitlines():
            yield from (f"{start} {end} {type}" for start, end, type in json.loads(line)["entities"])


__all__ = ["MIRROR", "Pair", "at_hand", "place", "sentences", "spans", "text_of", "unpacked"]
