"""Guessing how a file without a card is read, from its first 64 KiB: reader, options, encoding scheme, spelling.

A guess is only ever a proposal: it is said to the user together with the reason, and every part of it can be
overruled. Where nothing speaks for anything, the guess is two columns in IOB2.
"""

import codecs
import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from openner_utils.core.encoding import ENCODINGS, OUTSIDE
from openner_utils.readers.guess_labels import LABEL, Reason, is_label, look_like_labels, scheme_of, types_of
from openner_utils.readers.guess_labels import spelling_of as spelling_of  # part of what this module offers
from openner_utils.readers.layout import Layout, RawFile
from openner_utils.support.errors import FormatError

SAMPLE = 1 << 16
"""Bytes that are looked at; the rest of a file is not read twice."""

_CHUNKS = {"NP", "VP", "PP", "ADJP", "ADVP", "SBAR", "PRT", "CONJP", "INTJ", "LST", "UCP"}
"""Types of syntactic chunks, which CoNLL-2003 has in a column of its own before the one of names."""
_HEADERS = {"label", "labels", "tag", "tags", "ner", "ner_tag", "ner_tags", "iob", "entity"}
_DOCUMENT_KEYS = ("doc", "document", "doc_id", "document_id")

Rows = list[list[str]]


@dataclass(frozen=True, slots=True)
class Guess:
    """How a file seems to be read, and why.

    ``spelling`` maps labels as the file writes them to labels of ``scheme``, as on a card; ``types`` are the entity
    types met in the sample. ``label_columns`` are the columns that look like labels, left to right (empty unless
    delimited): the first with entity types is read; if there are several, the file does not say which is meant.
    """

    reader: str
    scheme: str
    options: dict[str, Any] = field(default_factory=dict)
    spelling: dict[str, str] = field(default_factory=dict)
    types: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    label_columns: tuple[int, ...] = ()

    def layout(self, allow: tuple[str, ...] = ()) -> Layout:
        """Return the same in the one form in which readers take it, with the flaws that are passed over."""
        return Layout(self.reader, self.options, self.scheme, self.spelling, allow=allow)


def guess(raw: RawFile, given: Mapping[str, Any] | None = None, reader: str | None = None) -> Guess:
    """Return how a file seems to be read; the ``reader`` and its options that are ``given`` are taken as they are."""
    given, path = given or {}, raw.path
    text, whole, options, reasons = _sampled(raw, given)
    if reader in (None, "brat") and (
        path.suffix == ".ann" or (path.suffix == ".txt" and path.with_suffix(".ann").is_file())
    ):
        return Guess("brat", "spans", reasons=(("annotations in .ann beside the text", "--reader"),))
    found = _json(path, text, whole) or (None if _has_columns(text) else _marked(text))
    if found is None or reader == "delimited":
        _check_places(path, text, whole, given)
        found = guess_columns(text, whole, given)
    if reader not in (None, found.reader):
        raise FormatError(path, 0, f"it does not look like what {reader} reads", "Leave --reader out.")
    return replace(found, options=found.options | options, reasons=(*found.reasons, *reasons))


def _check_places(path: Path, text: str, whole: bool, given: Mapping[str, Any]) -> None:
    places = {name: given[name] for name in ("token", "label", "sentence_id") if given.get(name) is not None}
    found = guess_columns(text, whole, {name: value for name, value in given.items() if name not in places})
    split = {"tab": "\t", "space": " ", "whitespace": None}[found.options.get("separator", "tab")]
    widths = Counter(len(line.split(split)) for line in text.splitlines() if line.strip())
    width = widths.most_common(1)[0][0] if widths else 0
    for name, place in places.items():
        if width and not -width <= place < width:
            what = f"no column {place} for --{name}: most lines have {width}"
            hint = f"Give one from 0 to {width - 1}, or from -{width} to -1; or another --separator."
            raise FormatError(path, 0, what, hint)


def _sampled(raw: RawFile, given: Mapping[str, Any]) -> tuple[str, bool, dict[str, Any], tuple[Reason, ...]]:
    """Return the first whole lines of a file, whether they are all, and what is known: options, and what to say."""
    sample, whole = raw.content[:SAMPLE], len(raw.content) <= SAMPLE
    text, encoding, reasons = _decoded(sample, whole)
    if "encoding" in given:
        text, reasons = sample.decode(given["encoding"], "replace").removeprefix("\ufeff"), ()
    if not whole:
        text = text[: text.rfind("\n") + 1] or text  # the last line may be cut
    return text, whole, ({"encoding": encoding} if encoding != "utf-8" else {}) | dict(given), reasons


def _decoded(sample: bytes, whole: bool) -> tuple[str, str, tuple[Reason, ...]]:
    """Return the sample's text, the encoding, and what is worth saying about it."""
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return (
            sample.decode("utf-16", "replace"),
            "utf-16",
            (("UTF-16 by its byte order mark", "--encoding"),),
        )
    if sample.startswith(codecs.BOM_UTF8):
        return sample[3:].decode("utf-8", "replace"), "utf-8", (("UTF-8 with byte order mark", "--encoding"),)
    try:
        # A character may be cut at the end of the sample.
        return codecs.getincrementaldecoder("utf-8")().decode(sample, whole), "utf-8", ()
    except UnicodeDecodeError:
        text = sample.decode("utf-8", "ignore")
    if any(ord(character) > 127 for character in text):
        # Most of it is UTF-8, so the file is damaged and no encoding is right; reading says where.
        return sample.decode("utf-8", "replace"), "utf-8", ()
    encoding = "cp1252" if re.search(rb"[\x80-\x9f]", sample) else "latin-1"
    return (
        sample.decode(encoding, "replace"),
        encoding,
        ((f"not UTF-8, so taken for {encoding}", "--encoding"),),
    )


# --- JSON ---------------------------------------------------------------------------------------------------


def _json(path: Path, text: str, whole: bool) -> Guess | None:
    """Return the guess for a JSON list, or JSON lines, of token lists or of texts with spans."""
    start = text.lstrip()
    if start.startswith("{"):
        try:
            entries = [json.loads(line) for line in text.splitlines() if line.strip()]
        except ValueError:
            return None
        entries = [entry for entry in entries if isinstance(entry, dict)]
        keys = next(_token_keys(entries), None)
        if keys is None:
            return _json_lines(path, entries)
        return _json_tokens(path, entries, keys, {"layout": "lines"}, whole)
    if not re.match(r"\[\s*\{", start):
        return None
    entries = list(_objects(start))
    if not entries:
        return None
    keys = next(_token_keys(entries), None)
    if keys is None and all("tokens" in entry and _is_nested(entry.get("entities")) for entry in entries):
        return Guess(
            "json_nested", "spans", reasons=(("JSON list, mentions as ranges of tokens", "--reader"),)
        )
    if keys is None:
        raise FormatError(
            path,
            1,
            "a JSON list whose objects hold no list of tokens with a list of labels",
            "Give --option tokens=KEY and --option labels=KEY with --reader json_tokens.",
        )
    return _json_tokens(path, entries, keys, {}, whole)


def _json_tokens(
    path: Path, entries: Sequence[dict[str, Any]], keys: tuple[str, str], layout: dict[str, Any], whole: bool
) -> Guess:
    tokens, labels = keys
    sentences = [list(map(str, entry[labels])) for entry in entries if isinstance(entry.get(labels), list)]
    if all(label.isdecimal() for sentence in sentences for label in sentence):
        raise FormatError(
            path,
            1,
            f"the labels under {labels!r} are numbers, and no file says which label each one is",
            "Replace them by the label names that the publisher lists (for a data set of Hugging Face: the names "
            "of this feature, in order); no --option can say it (on a card, `spelling` can).",
        )
    usual = (("tokens", tokens, "tokens"), ("labels", labels, "ner_tags"))
    options = layout | {name: key for name, key, default in usual if key != default}
    scheme, spelling, types, why = scheme_of(sentences, whole)
    form = "lines" if layout else "list"
    where = f"JSON {form}, tokens under {tokens!r}, labels under {labels!r}"
    return Guess("json_tokens", scheme, options, spelling, types, ((where, "--option"), why))


def _is_nested(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) and "span" in one for one in value)


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSON list that may be cut short."""
    decoder, position = json.JSONDecoder(), 1
    while True:
        match = re.compile(r"[\s,]*").match(text, position)
        position = match.end() if match else position
        try:
            entry, position = decoder.raw_decode(text, position)
        except ValueError:
            return
        if isinstance(entry, dict):
            yield entry


def _token_keys(entries: Sequence[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield pairs of keys whose values are a list of texts and a list of labels of the same length."""
    first: dict[str, Any] = next(
        (e for e in entries if any(isinstance(v, list) and v for v in e.values())), {}
    )
    lists = {key: value for key, value in first.items() if isinstance(value, list) and value}
    for labels, values in lists.items():
        if not all(isinstance(value, str | int) for value in values):
            continue
        labelled = [str(v) for e in entries for v in e.get(labels, []) if isinstance(e.get(labels), list)]
        if not (look_like_labels(labelled) or all(isinstance(v, int) for v in values)):
            continue
        for tokens, words in lists.items():
            if (
                tokens != labels
                and len(words) == len(values)
                and all(isinstance(word, str) for word in words)
            ):
                yield tokens, labels


def _json_lines(path: Path, entries: Sequence[dict[str, Any]]) -> Guess:
    texts: Counter[str] = Counter()
    spans: Counter[str] = Counter()
    types: set[str] = set()
    for entry in entries:
        for key, value in entry.items():
            if isinstance(value, str):
                texts[key] += len(value)
            elif isinstance(value, list) and all(_is_span(one) for one in value):
                spans[key] += 1 + len(value)
                types |= {one[2] for one in value}
    if not texts or not spans:
        raise FormatError(
            path,
            1,
            "JSON lines without a text and a list of spans [start, end, type]",
            "Name the keys with --reader json_spans --option text=KEY --option spans=KEY.",
        )
    text, span = texts.most_common(1)[0][0], spans.most_common(1)[0][0]
    document = next((key for key in _DOCUMENT_KEYS if all(key in entry for entry in entries)), None)
    options = {
        name: key
        for name, key, usual in (
            ("text", text, "text"),
            ("spans", span, "entities"),
            ("document", document, None),
        )
        if key != usual
    }
    why = f"JSON lines, text under {text!r}, spans under {span!r}"
    return Guess("json_spans", "spans", options, types=tuple(sorted(types)), reasons=((why, "--option"),))


def _is_span(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 3
        and isinstance(value[0], int)
        and isinstance(value[1], int)
        and isinstance(value[2], str)
    )


# --- text with marks ---------------------------------------------------------------------------------------

_TAGGED = re.compile(
    r"<(?P<tag>[A-Za-z][\w-]*)(?: +(?P<attribute>TYPE|type)=\"[^\"<\n]*\")?>[^<\t\n]+</(?P=tag)>"
)
_BRACKETED = re.compile(r"\[[A-Z][A-Za-z_-]+ [^\[\]\t\n]+\]")
_SLASHED = re.compile(r"\S+/(O|[BI]-\S+)$")
_SPAN_COLUMNS = {"start", "end", "text"}


def _marked(text: str) -> Guess | None:
    """Return the guess for running text with tags, brackets or slashes, a list below each text, or CSV with spans."""
    lines = [line for line in text.split("\n") if line.strip()]
    if not lines or any("\t" in line for line in lines[:50]):
        return None
    found: tuple[str, dict[str, Any], str] | None = None
    names = [name.strip().strip('"').lower() for name in lines[0].split(",")]
    if "text" in names and {"entities", "spans"} & set(names):
        spans = next(name for name in ("entities", "spans") if name in names)
        found = "csv_spans", {"spans": spans} if spans != "entities" else {}, "CSV with a column of spans"
    elif set(names) >= _SPAN_COLUMNS and {"label", "type"} & set(names):
        type = "label" if "label" in names else "type"
        found = "csv_spans", {"layout": "spans", "type": type}, "CSV with one span a row"
    elif len(lines) > 1 and lines[1].startswith("[(") and not lines[0].startswith("[("):
        found = "text_and_list", {}, "a list of mentions below each text"
    elif sum(bool(_SLASHED.match(word)) for word in text.split()) > 0.9 * len(text.split()):
        found = "bracketed", {"form": "slash"}, "a label after each word and a slash"
    elif tagged := _TAGGED.search(text):
        options = {"attribute": tagged["attribute"]} if tagged["attribute"] else {}
        found = "inline_xml", options, "tags around mentions"
    elif _BRACKETED.search(text):
        found = "bracketed", {}, "brackets around mentions"
    if found is None:
        return None
    reader, options, why = found
    scheme = "IOB2" if options.get("form") == "slash" else "spans"
    return Guess(reader, scheme, options, reasons=((why, "--reader"),))


# --- columns ------------------------------------------------------------------------------------------------


def _has_columns(text: str) -> bool:
    """Return whether most lines have the same number of columns, one of them of labels."""
    lines = [line for line in text.split("\n") if line.strip()]
    rows = [line.split() for line in lines]
    width, number = Counter(map(len, rows)).most_common(1)[0] if rows else (0, 0)
    if width < 2 or number < 0.8 * len(rows):
        return False
    rows = [row for row in rows if len(row) == width]
    for column in zip(*rows, strict=True):
        few = OUTSIDE in column and len(set(column)) <= max(2, len(rows) / 5)  # labels without prefix
        if few or look_like_labels(column):
            return True
    return False


def guess_columns(text: str, whole: bool, given: Mapping[str, Any]) -> Guess:
    """Return how a text of columns is read; ``whole`` says whether it is all of the file, ``given`` what is known."""
    lines = [line.rstrip("\r") for line in text.split("\n")]
    separator, why = _separator([line for line in lines if line.strip()])
    if "separator" in given:
        separator = given["separator"]
    options: dict[str, Any] = {"separator": separator, "docstart": True}
    reasons: list[Reason] = [] if "separator" in given else [(why, "--separator")]
    split = {"tab": "\t", "space": " ", "whitespace": None}[separator]
    rows = [line.split(split) if line.strip() else [] for line in lines]
    widths = Counter(len(row) for row in rows if len(row) > 1)
    width = widths.most_common(1)[0][0] if widths else 2
    if width == 10 and separator == "tab" and (found := _conllu(rows, whole)):
        return found
    comment = given["comment"] if "comment" in given else _comment(lines, rows, width)
    if comment:
        options["comment"] = comment
        reasons.append((f"lines that begin with {comment!r} are comments", "--option comment"))
    rows = [
        []
        if line.startswith("-DOCSTART-") or (comment and line.startswith(comment)) or len(row) != width
        else row
        for line, row in zip(lines, rows, strict=True)
    ]
    filled = [row for row in rows if row]
    if filled and given.get("header", _is_header(filled[0])):
        options["header"] = True
        reasons.append(("the first line is a header", "--option header"))
        rows[rows.index(filled[0])] = []
        filled = filled[1:]
    columns = _label_columns(filled, width)
    label, extra = _label_and_extra(filled, width, columns)
    if "label" in given:
        label, extra = given["label"] + (width if given["label"] < 0 else 0), None
    token = given.get("token", _token_column(filled, width, label, columns))
    if label != width - 1:
        options["label"] = label
    if token:
        options["token"] = token
    if extra is not None:
        options["extra"] = extra
        several = ", ".join(map(str, columns))
        why = f"columns {several} look like labels: {label} is read, {extra} left alone (a layer, or predictions)"
        reasons.append((why, "--label, --option extra"))
    if any(line.startswith("-DOCSTART-") for line in lines):
        reasons.append(("-DOCSTART- lines begin documents", "--option docstart"))
    blank = any(not line.strip() for line in lines[:-1])
    sentence_id = None if blank else _sentence_id(filled, width, {token, label, *columns})
    if sentence_id is not None:
        options["sentence_id"] = sentence_id
        why = f"no blank lines, so column {sentence_id} marks sentences"
        reasons.append((why, "--option sentence_id"))
    names = text.split("\n", 1)[0].partition("=")[2].split() if text.startswith("# global.columns") else []
    if len(names) == width and separator == "tab":
        return _conllu_plus(names, rows, token, label, whole)
    if width > 2:
        reasons.append((f"token in column {token}, label in column {label} of {width}", "--token, --label"))
    scheme, spelling, types, why_scheme = scheme_of(list(_sentences(rows, label, sentence_id)), whole)
    seen = columns or (label,)
    return Guess("delimited", scheme, options, spelling, types, (*reasons, why_scheme), seen)


def _separator(lines: Sequence[str]) -> tuple[str, str]:
    # A line that holds nothing but its token and a label's separator counts; comments hold blanks as well.
    tabs = sum("\t" in line for line in lines)
    blanks = sum(" " in line for line in lines)
    if not lines or (tabs >= max(1, blanks / 2) and tabs > len(lines) / 2):
        return "tab", "tabs between columns" if tabs else "nothing to see, so tabs between columns"
    if not tabs and not any("  " in line.strip() for line in lines):
        return "space", "single blanks between columns"
    if tabs > blanks:
        return "tab", "tabs between columns"
    return "whitespace", "runs of white space between columns"


def _comment(lines: Sequence[str], rows: Rows, width: int) -> str | None:
    """Return how comment lines begin, or None; a token may be a number sign, too.

    A line with the usual number of columns and a label that other lines have, or that is spelled as one, is no
    comment. The number sign alone is the answer only where comments go on in different ways.
    """
    others = [row for row in rows if len(row) == width and not row[0].startswith("#")]
    label, _ = _label_and_extra(others, width, _label_columns(others, width))
    known = {row[label] for row in others}
    known = known if len(known) <= max(2, len(others) / 5) else set()
    odd: list[str] = []
    tokens: list[str] = []
    for line, row in zip(lines, rows, strict=True):
        if line.startswith("#") and row:
            fits_in = len(row) == width and (row[label] in known or is_label(row[label]))
            (tokens if fits_in else odd).append(line)
    beginning = {line[:2] for line in odd}
    if not odd or (len(beginning) > 1 and tokens):
        return None
    if len(beginning) > 1:
        return "#"
    comment = beginning.pop()
    clear = comment in ("# ", "#\t") or len(odd) >= len(tokens)
    return comment if clear and not any(token.startswith(comment) for token in tokens) else None


def _label_columns(rows: Rows, width: int) -> tuple[int, ...]:
    """Return the columns that look like labels; the first only if it holds nothing else, and another the tokens."""
    columns = [[row[number] for row in rows] for number in range(width)]
    fitting = [n for n, column in enumerate(columns) if look_like_labels(column)]
    types = {n: types_of(columns[n]) for n in fitting}
    fitting = [n for n in fitting if not (types[n] and types[n] <= _CHUNKS)]
    if 0 in fitting and (len(fitting) == width or not types[0]):
        fitting.remove(0)
    return tuple(fitting)


def _label_and_extra(rows: Rows, width: int, fitting: Sequence[int]) -> tuple[int, int | None]:
    """Return the column of labels, and that of a second layer of them if there is one."""
    named = [n for n in fitting if types_of([row[n] for row in rows])]
    if named:
        return named[0], next((n for n in fitting if n > named[0]), None)
    if fitting:
        return fitting[-1], None
    # Labels without prefixes: few different values, one of them much more frequent than the others.
    for number in range(width - 1, 0, -1):
        values = Counter(row[number] for row in rows)
        if not all(value.isdecimal() for value in values) and len(values) <= max(2, len(rows) / 5):
            return number, None
    return width - 1, None


def _token_column(rows: Rows, width: int, label: int, labels: Sequence[int]) -> int:
    """Return the first column that is no counter; columns of labels are none of tokens."""
    for number in range(width):
        if number == label or number in labels:
            continue
        values = [row[number] for row in rows]
        counts = values and all(re.fullmatch(r"\d+([-.]\d+)?", value) for value in values)
        if not counts or number >= label:
            return number
    return 0


def _is_header(row: Sequence[str]) -> bool:
    return any(cell.lower() in _HEADERS for cell in row[1:])


def _sentence_id(rows: Rows, width: int, others: Collection[int]) -> int | None:
    """Return the column, none of ``others``, whose values come in runs, hold digits and never come back."""
    if len(rows) < 2:
        return None
    for number in range(width):
        values = [row[number] for row in rows]
        changes = sum(a != b for a, b in pairwise(values))
        runs = changes and len(set(values)) == changes + 1 < len(values)
        if number not in others and runs and all(re.search(r"\d", value) for value in values):
            return number
    return None


def _sentences(rows: Rows, label: int, sentence_id: int | None) -> Iterator[list[str]]:
    """Yield the labels of each sentence."""
    labels: list[str] = []
    last: str | None = None
    for row in rows:
        here = row[sentence_id] if row and sentence_id is not None else None
        if labels and (not row or here != last):
            yield labels
            labels = []
        if row:
            labels.append(row[label])
        last = here
    if labels:
        yield labels


def _conllu(rows: Rows, whole: bool) -> Guess | None:
    """Return the guess for CoNLL-U with labels in MISC: ten columns, ids in the first, KEY=LABEL in the last."""
    words = [row for row in rows if len(row) == 10 and not row[0].startswith("#")]
    if not words or not all(re.fullmatch(r"\d+([-.]\d+)?", row[0]) for row in words):
        return None
    keys = Counter(
        key
        for row in words
        for key, _, value in (part.partition("=") for part in row[9].split("|"))
        if LABEL.match(value)
    )
    if not keys:
        return None
    key = keys.most_common(1)[0][0]

    def label(row: list[str]) -> str:
        values = dict(part.partition("=")[::2] for part in row[9].split("|"))
        return values.get(key, OUTSIDE)

    plain = [[label(row)] if len(row) == 10 and row in words else [] for row in rows]
    scheme, spelling, types, why = scheme_of(list(_sentences(plain, 0, None)), whole)
    options = {"key": key} if key != "name" else {}
    return Guess(
        "conllu",
        scheme,
        options,
        spelling,
        types,
        ((f"CoNLL-U with labels under {key}= in MISC", "--option key"), why),
    )


def _conllu_plus(names: Sequence[str], rows: Rows, token: int, label: int, whole: bool) -> Guess:
    """Return the guess for CoNLL-U Plus, whose first line names the columns."""
    scheme, spelling, types, why = scheme_of(list(_sentences(rows, label, None)), whole)
    options = {"column": names[label]} | ({} if names[token] == "FORM" else {"form": names[token]})
    where = f"CoNLL-U Plus by its first line, labels in its column {names[label]}"
    return Guess("conllu_plus", scheme, options, spelling, types, ((where, "--option column"), why))


def fits(scheme: str, other: "Guess") -> bool:
    """Return whether a file for which ``other`` was guessed may as well be in ``scheme``."""
    weaker = {
        "IO": ("IOB1", "IOB2", "BIOES", "BILOU"),
        "IOB1": ("IOB2", "BIOES", "BILOU"),
        "IOB2": tuple(ENCODINGS),
    }
    return other.scheme == scheme or scheme in weaker.get(other.scheme, ())
