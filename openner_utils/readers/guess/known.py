"""Formats that are known and not read: each is refused by its name, with what turns it into one that is read."""

import ast
import json
import re
from dataclasses import dataclass
from typing import Any

from openner_utils.readers.guess.evidence import Sample, Unread
from openner_utils.readers.guess.json_keys import LABELS, TOKENS
from openner_utils.readers.guess.python_lists import python_lists
from openner_utils.readers.layout import RawFile

_BY_LINES = "Write it as JSON lines, an object of tokens and labels each, and give --reader json_tokens --option layout=lines."
_BY_TEXT = 'Write it as JSON lines, {"text": …, "entities": [[start, end, type], …]}, or export it so where it was annotated.'
_BY_COLUMNS = (
    "Export it as CoNLL: a token and its label a line, a tab between them, a blank line after each sentence."
)


_GAP = 1000
"""Characters behind an object among which the next one begins."""
_LONGEST = 100_000
"""Characters of a list that is written as text, at the most."""
_SURE = 0.99
"""Confidence that objects are objects, however well their lines look like something else."""


@dataclass(frozen=True, slots=True)
class _Known:
    name: str
    begins: re.Pattern[bytes]
    hint: str


def _known(name: str, begins: bytes, hint: str) -> _Known:
    return _Known(
        name, re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:" + begins + rb")", re.IGNORECASE | re.DOTALL), hint
    )


_UNPACK = "Unpack it, and name what comes out; what is packed by gzip is read as it is."
_XML = rb"(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)?(?:<!DOCTYPE[^>]*>\s*)?"
_SEQUENCE = (
    "Write JSON lines: python -c 'import json, sys; [print(json.dumps(json.loads(one), ensure_ascii=False)) "
    'for one in sys.stdin.read().split("\\x1e") if one.strip()]\' < FILE > OUT.'
)
_TEXTS = (
    'Write JSON lines: python -c \'import json, re, sys; text = sys.stdin.buffer.read().decode("utf-8-sig").strip(); at = 0; '
    "[print(json.dumps(one)) for _ in iter(lambda: at < len(text), False) for one, end in [json.JSONDecoder().raw_decode(text, at)] "
    'if [at := re.compile(r"\\s*").match(text, end).end()]]\' < FILE > OUT.'
)
_PYTHON = (
    "Write JSON lines: python -c 'import ast, json, sys; [print(json.dumps(ast.literal_eval(line.strip()))) "
    'for line in sys.stdin.buffer.read().decode("utf-8-sig").split("\\n") if line.strip()]\' < FILE > OUT.'
)
_PAIRS = (
    'Write columns: python -c \'import json, sys; text = sys.stdin.buffer.read().decode("utf-8-sig"); '
    'print("\\n\\n".join("\\n".join("\\t".join(pair) for pair in one) for one in {values}))\' < FILE > OUT.'
)
_INSIDE = (
    'Write the list alone: python -c \'import json, sys; json.dump(json.loads(sys.stdin.buffer.read().decode("utf-8-sig")){path}, '
    "sys.stdout)' < FILE > OUT."
)
_VALUES_ALONE = (
    "Write a list of them: python -c 'import json, sys; "
    'json.dump(list(json.loads(sys.stdin.buffer.read().decode("utf-8-sig")).values()), sys.stdout)\' < FILE > OUT.'
)
_SPLITS = (
    'Write each list to a file of its own: python -c \'import json, sys; json.dump(json.loads(sys.stdin.buffer.read().decode("utf-8-sig"))'
    "[{first}], sys.stdout)' < FILE > OUT; the same with {others}."
)
_LISTS = (
    'Write lists: python -c \'import ast, json, sys; text = sys.stdin.buffer.read().decode("utf-8-sig"); '
    "[print(json.dumps({{key: ast.literal_eval(value) if key in {keys} else value for key, value in entry.items()}})) "
    "for entry in {values}]' < FILE > OUT."
)
_EXCEL = re.compile(r"\ufeff?sep=.[\t,;]*\n", re.IGNORECASE)
"""The line that tells Excel what stands between cells."""
_VALUES = {"list": "json.loads(text)", "lines": 'map(json.loads, filter(str.strip, text.split("\\n")))'}
_WEBANNO = (
    "Export WebAnno TSV 3, or say how its columns lie: --reader delimited --separator tab --token 1 --label 2 "
    '--option \'comment=["#", " #"]\'.'
)
_FORMATS = (
    _known("a JSON text sequence (RFC 7464)", rb"\x1e\s*[{\[]", _SEQUENCE),
    _known("WebAnno TSV 2", rb"#\s*webanno\.custom\.|#\s*de\.tudarmstadt\.\S+ *\|", _WEBANNO),
    _known(
        "the ledger of a repair",
        rb"file,line,sentence,token,before,after,rule,written\s",
        "It holds changes: openner undo takes it, with the file that was written with it.",
    ),
    _known("Parquet", rb"PAR1", "Read it with pyarrow. " + _BY_LINES),
    _known("Arrow", rb"ARROW1", "Read it with pyarrow. " + _BY_LINES),
    _known(
        "a Python pickle", rb"\x80[\x02-\x05]", "A pickle can run any program when it is opened. " + _BY_LINES
    ),
    _known("SQLite", rb"SQLite format 3\0", "Query it for its texts. " + _BY_TEXT),
    _known(
        "a tar archive",
        rb"[^\0]{1,100}\0.{156,256}ustar",
        "Unpack it, and name one of its files or the folder.",
    ),
    _known("a file packed twice by gzip", rb"\x1f\x8b", "Unpack it once, and name what comes out."),
    _known("a file packed by bzip2", rb"BZh[1-9]1AY&SY", _UNPACK),
    _known("a file packed by xz", rb"\xfd7zXZ\0", _UNPACK),
    _known("a file packed by zstd", rb"\x28\xb5\x2f\xfd", _UNPACK),
    _known("a 7z archive", rb"7z\xbc\xaf\x27\x1c", _UNPACK),
    _known("a RAR archive", rb"Rar!\x1a\x07", _UNPACK),
    _known("a document of an office program", rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _BY_COLUMNS),
    _known("PDF", rb"%PDF-", "It holds pages, no labels. Fetch the corpus itself."),
    _known(
        "a web page",
        rb"<!DOCTYPE html|<html",
        "Fetch the file itself: this is a page about it, or a login or error page.",
    ),
    _known("FoLiA", _XML + rb"<FoLiA", _BY_COLUMNS),
    _known("TEI", _XML + rb"<TEI", _BY_COLUMNS),
    _known("NAF", _XML + rb"<NAF", _BY_COLUMNS),
    _known("BioC", _XML + rb"<collection>\s*<source>", _BY_TEXT),
    _known("ACE", _XML + rb"<source_file", _BY_TEXT),
    _known("PubTator", rb"\d+\|t\|", _BY_TEXT),
    _known("Rasa training data", rb"(?:version: *\S+\s+)?nlu:\s|## *intent:", _BY_TEXT),
    _known("INCEpTION's UIMA JSON", rb'\{\s*"%', _BY_COLUMNS),
)
_KEYS = (
    ("DataTurks", {"content", "annotation"}, _BY_TEXT),
    ("Google's entity extraction", {"textSegmentAnnotations"}, _BY_TEXT),
    ("BioC", {"source", "documents"}, _BY_TEXT),
    ("BioC", {"passages"}, _BY_TEXT),
    ("AutoML", {"annotations", "text_snippet"}, _BY_TEXT),
    (
        "spaCy's JSON of version 2",
        {"paragraphs"},
        "Convert it with spaCy, and export its entities. " + _BY_TEXT,
    ),
)


def by_beginning(raw: RawFile) -> Unread | None:
    """Return which format the bytes begin like."""
    head = raw.content[: 1 << 12]
    for format in _FORMATS:
        if format.begins.match(head):
            return Unread(f"{format.name}, which is not read", 1.0, format.hint)
    return None


def sniff(sample: Sample) -> Unread | None:
    """Return which format the JSON of a sample has the keys of."""
    objects = sample.json.objects if sample.json else ()
    for name, keys, hint in _KEYS:
        if objects and all(keys <= entry.keys() for entry in objects):
            return Unread(f"{name}, which is not read", 0.8, hint)
    if sample.json and sample.json.layout in _VALUES and all(map(_are_pairs, sample.json.entries)):
        what = "JSON of pairs, a token and its label each, which is not read"
        return Unread(what, 0.8, _PAIRS.format(values=_VALUES[sample.json.layout]))
    written = [
        key
        for key in (objects[0] if objects else ())
        if key.lower() in (*TOKENS, *LABELS) and all(_is_written(entry.get(key)) for entry in objects)
    ]
    if written:
        what = f"JSON with lists written as text (under {', '.join(map(repr, written))}), which is not read"
        values = _VALUES.get(sample.json.layout if sample.json else "", "[json.loads(text)]")
        return Unread(what, 0.9, _LISTS.format(keys=json.dumps(written), values=values))
    if sample.json and len(sample.json.entries) == 1 and len(splits := _splits(sample.json.entries[0])) > 1:
        what = f"JSON with several lists of entries, under {', '.join(map(repr, splits))}, which is not read"
        first, *others = map(json.dumps, splits)
        return Unread(what, 0.5, _SPLITS.format(first=first, others=", ".join(others)))
    if sample.json and len(sample.json.entries) == 1 and _are_named(sample.json.entries[0]):
        return Unread("JSON with each entry under a name, which is not read", 0.5, _VALUES_ALONE)
    if sample.json and len(sample.json.entries) == 1 and (path := _list_in(sample.json.entries[0])):
        what = f"JSON with its entries in a list below {' → '.join(map(repr, path))}, which is not read"
        return Unread(what, 0.5, _INSIDE.format(path="".join(f"[{json.dumps(key)}]" for key in path)))
    if sample.json is None and sample.windows and _EXCEL.match(sample.windows[0]):
        return Unread("a line for Excel before the table", _SURE, "Leave it out: sed 1d < FILE > OUT.", 1)
    return _apart(sample) if sample.json is None and sample.filled else None


def _is_written(value: Any) -> bool:
    """Return whether a value is text that is a list as Python writes it."""
    if not isinstance(value, str) or not value.startswith("[") or len(value) > _LONGEST:
        return False
    try:
        return isinstance(ast.literal_eval(value), list)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return False


def _splits(value: Any) -> list[str]:
    """Return the keys of an object under which lists of objects stand, if there is nothing else in it."""
    if not isinstance(value, dict) or not all(re.fullmatch(r"[\w .-]+", key) for key in value):
        return []
    lists = all(
        isinstance(inner, list) and inner and all(isinstance(each, dict) for each in inner)
        for inner in value.values()
    )
    return list(value) if lists else []


def _are_named(value: Any) -> bool:
    """Return whether a value is an object of several objects that have their keys in common: entries by their names."""
    inner = list(value.values()) if isinstance(value, dict) else []
    alike = len(inner) > 1 and all(isinstance(each, dict) for each in inner)
    return alike and len(set.intersection(*({*each} for each in inner))) > 1


def _list_in(value: Any, deepest: int = 3) -> tuple[str, ...]:
    """Return the keys that lead to the first list of objects in an object; nothing where there is none.

    Objects beside a text are its mentions, and the object is an entry itself.
    """
    if isinstance(value, dict) and any(isinstance(value.get(key), str) for key in ("text", "content")):
        return ()
    for key, inner in value.items() if isinstance(value, dict) and deepest else ():
        if not re.fullmatch(r"[\w .-]+", key):
            continue
        if isinstance(inner, list) and inner and all(isinstance(each, dict) for each in inner):
            return (key,)
        if below := _list_in(inner, deepest - 1):
            return (key, *below)
    return ()


def _are_pairs(sentence: Any) -> bool:
    """Return whether a value is a list of pairs of texts."""
    return isinstance(sentence, list) and all(
        isinstance(pair, list) and len(pair) == 2 and all(isinstance(each, str) for each in pair)
        for pair in sentence
    )


def _apart(sample: Sample) -> Unread | None:
    """Return what to say of objects that stand one after the other, not one a line, or are written as Python does."""
    begin, first = sample.windows[0].lstrip("\ufeff \t\r\n"), sample.filled[0].lstrip("\ufeff \t")
    if told := python_lists(begin, sample.whole):
        return told
    if not begin.startswith("{"):
        return None
    try:
        value, end = json.JSONDecoder().raw_decode(begin)
    except (ValueError, RecursionError):
        value, end = None, 0
    if isinstance(value, dict) and value and re.match(r"\s*\{", begin[end : end + _GAP]):
        return Unread("JSON objects one after the other, not one a line, which is not read", _SURE, _TEXTS, 1)
    try:
        written = ast.literal_eval(first) if re.match(r"\{\s*['\"]", first) and not end else None
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None
    if not isinstance(written, dict) or not written:
        return None
    return Unread("dictionaries as Python writes them, which are no JSON", _SURE, _PYTHON, 1)
