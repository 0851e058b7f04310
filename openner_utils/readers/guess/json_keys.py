"""Guessing JSON of tokens with labels, of tokens with ranges, and of texts with spans: which key holds what.

Keys are chosen over all sampled entries, by what they hold (lists of one length, labels, spans that begin and end with words
of the text) and by their names; never by one entry, and an empty list speaks for nothing.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from openner_utils.readers.guess.evidence import Detected, Json, Sample, Unread
from openner_utils.readers.guess.labels import label_share, labels_of, look_like_types, may_be_ids, types_of
from openner_utils.readers.guess.words import is_unspaced
from openner_utils.readers.hugging_face import label_of
from openner_utils.readers.json_entries import in_order

Entries = Sequence[Mapping[str, Any]]

TOKENS = ("tokens", "token", "words", "word", "tokenized_text", "form", "forms", "sentence", "text")
LABELS = (
    "ner_tags",
    "ner",
    "ner_labels",
    "labels",
    "label",
    "tags",
    "tag",
    "ner_tag",
    "bio",
    "iob",
    "entities",
)
_NO_TOKENS = ("lemma", "pos", "upos", "xpos", "feat", "head", "dep", "id", "chunk", "stem", "lang")
"""How keys of other lists of one text a token begin."""
_TEXTS = ("text", "sentence", "content", "body", "data", "raw", "document")
_SPANS = ("entities", "label", "labels", "spans", "ents", "annotations", "ner", "mentions")
_AGREE = 0.9
"""Share of spans' edges that lie between words, from which on spans belong to a text."""
_DOCUMENTS = ("doc", "document", "doc_id", "document_id")


def sniff(sample: Sample) -> Detected | Unread | None:
    """Return how ``json_tokens``, ``json_nested`` or ``json_spans`` would read the sample."""
    json = sample.json
    if json is None or not json.objects or json.layout == "object":
        return None
    return (
        _tokens(sample, json) or _nested(json) or (_spans(sample, json) if json.layout == "lines" else None)
    )


def rank(key: str, usual: Sequence[str]) -> int:
    """Return the place of a key among usual names, the first best; after all of them if it is none."""
    return usual.index(key.lower()) if key.lower() in usual else len(usual)


# --- a label for each token -----------------------------------------------------------------------------------


def _tokens(sample: Sample, json: Json) -> Detected | Unread | None:
    """Return the guess for two lists of one length, one of them of labels."""
    entries, given = json.objects, sample.given
    lists = _lists(entries)
    labels = [key for key in lists if given.get("labels", key) == key and _hold_labels(key, entries, given)]
    tokens = [key for key in lists if given.get("tokens", key) == key and _hold_texts(key, entries)]
    pairs = [(word, label) for label in labels for word in tokens if word not in labels and word != label]
    equal = [pair for pair in pairs if _of_one_length(*pair, entries)]
    # Keys named as usual whose lists are mostly of other lengths: reading says in which entries they are.
    pairs = equal or [pair for pair in pairs if _are_usual(*pair)]
    if not pairs:
        return None
    ranked = sorted(pairs, key=lambda pair: (_unlike_labels(pair[1], entries), *_unlike(*pair)))
    word, label = ranked[0]
    rival = next((pair for pair in ranked[1:] if _unlike(*pair) == _unlike(word, label)), None)
    names = given.get("names", ())
    sentences = [
        [str(label_of(one, names)) for one in entry[label]]
        for entry in entries
        if isinstance(entry.get(label), list)
    ]
    if all(value.isdecimal() for sentence in sentences for value in sentence):
        return numbers(label)
    found = labels_of(sentences, sample.whole, sample.outside)
    told = f"JSON {json.layout}, tokens under {word!r}, labels under {label!r}"
    others = sorted({key for pair in ranked for key in pair} - {word, label})
    told += f" ({', '.join(map(repr, others))} would fit as well)" if others else ""
    return Detected(
        "json_tokens",
        found.scheme,
        min(found.confidence, 0.5 if rival else 0.95 if equal else 0.65),
        ((told, "--option tokens=KEY, --option labels=KEY"), *found.reasons),
        _token_options(word, label, json),
        found.spelling,
        found.types,
        rival=_token_options(*rival, json) if rival else None,
    )


def _token_options(word: str, label: str, json: Json) -> dict[str, str]:
    named = (("tokens", word, "tokens"), ("labels", label, "ner_tags"), ("layout", json.layout, "list"))
    return {name: value for name, value, usual in named if value != usual}


def _lists(entries: Entries) -> list[str]:
    """Return the keys that hold a list with something in it in some entry, in order."""
    found = {
        key: None for entry in entries for key, value in entry.items() if isinstance(value, list) and value
    }
    return list(found)


def _hold_texts(key: str, entries: Entries) -> bool:
    values = [entry[key] for entry in entries if isinstance(entry.get(key), list)]
    return all(isinstance(one, str) for value in values for one in value)


def _hold_labels(key: str, entries: Entries, given: Mapping[str, Any]) -> bool:
    """Return whether the lists under a key are labels of tokens: spelled as such, or numbers, or said to be."""
    values = [one for entry in entries if isinstance(entry.get(key), list) for one in entry[key]]
    if not all(type(one) in (str, int) for one in values):
        return False
    if given.get("labels") == key:
        return True
    if all(isinstance(one, int) for one in values):
        return rank(key, LABELS) < len(LABELS) or key.lower().endswith(("tags", "labels"))
    uses = Counter(map(str, values))
    return label_share(uses) >= 0.9 or look_like_types(uses)


def _unlike_labels(key: str, entries: Entries) -> int:
    """Return 0 for a key under which labels name types, 1 for one of ``O`` alone, 2 for one of numbers or ids."""
    values = [one for entry in entries if isinstance(entry.get(key), list) for one in entry[key]]
    if all(isinstance(one, int) for one in values):
        return 2
    uses = Counter(map(str, values))
    if may_be_ids(uses):
        return 2
    return 0 if types_of(uses) or look_like_types(uses) else 1


def _unlike(word: str, label: str) -> tuple[int, int, int]:
    """Return how little the names of two keys are those of tokens and labels; lower is better."""
    other = word.lower().startswith(_NO_TOKENS) or label.lower().startswith(_NO_TOKENS)
    return int(other), rank(label, LABELS), rank(word, TOKENS)


def _are_usual(word: str, label: str) -> bool:
    return rank(word, TOKENS) < len(TOKENS) and rank(label, LABELS) < len(LABELS)


def _of_one_length(one: str, other: str, entries: Entries) -> bool:
    """Return whether two keys hold lists of one length wherever both hold lists."""
    both = [
        (entry[one], entry[other])
        for entry in entries
        if _is_list(entry.get(one)) and _is_list(entry.get(other))
    ]
    return bool(both) and sum(len(left) == len(right) for left, right in both) >= 0.9 * len(both)


def _is_list(value: object) -> bool:
    return isinstance(value, list)


def numbers(label: str) -> Unread:
    """Return what stands against labels that are numbers without names."""
    what = f"the labels under {label!r} are numbers, and no file says which label each one is"
    hint = "Name them in the publisher's order (for a data set of Hugging Face: the names of this feature): --option names=[O,B-PER]."
    return Unread(what, 0.9, hint)


# --- ranges of tokens -----------------------------------------------------------------------------------------


def _nested(json: Json) -> Detected | None:
    """Return the guess for tokens with mentions that are ranges of token numbers, as Thai-NNER has them."""
    mentions = [one for entry in json.objects for one in _list_of(entry, "entities")]
    shaped = all(isinstance(one, dict) and {"span", "entity_type"} <= one.keys() for one in mentions)
    if (
        json.layout != "list"
        or not mentions
        or not shaped
        or not all("tokens" in entry for entry in json.objects)
    ):
        return None
    types = tuple(sorted({str(one["entity_type"]) for one in mentions}))
    told = ("JSON list, mentions as ranges of tokens", "--reader")
    return Detected("json_nested", "spans", 0.95, (told,), types=types)


def _list_of(entry: Mapping[str, Any], key: str) -> list[Any]:
    value = entry.get(key)
    return value if isinstance(value, list) else []


# --- texts with spans -----------------------------------------------------------------------------------------


def _spans(sample: Sample, json: Json) -> Detected | Unread | None:
    """Return the guess for texts with spans [start, end, type]."""
    entries, given = json.objects, sample.given
    texts = [key for key in _texts(entries) if given.get("text", key) == key]
    spans = [key for key in _lists(entries) if given.get("spans", key) == key and _hold_spans(key, entries)]
    if not spans and (empty := _nothing(json)):
        texts, spans = [text for text in texts if text in _TEXTS], [empty]
    fit = {(text, span): agreement(text, span, entries) for text in texts for span in spans}
    if not fit:
        return None
    text, span = min(fit, key=lambda pair: (fit[pair] <= _AGREE, *_unlike_spans(*pair), -fit[pair]))
    usual = rank(text, _TEXTS) < len(_TEXTS) and rank(span, _SPANS) < len(_SPANS)
    sure = 0.95 if fit[text, span] > _AGREE else 0.7 if usual else 0.3
    if usual and fit[text, span] == 1.0:
        sure = 0.97  # surer than ranges of tokens, which by chance may lie between words of a text, too
    rival = next(
        (one for one in spans if one != span and _equal(one, span) and fit[text, one] > _AGREE), None
    )
    told = f"JSON lines, text under {text!r}, spans under {span!r}"
    types = tuple(sorted({in_order(one)[2] for entry in entries for one in _list_of(entry, span)}))
    told += (
        ""
        if fit[text, span] > _AGREE or not types
        else f", of whose edges {fit[text, span]:.0%} lie between words"
    )
    return Detected(
        "json_spans",
        "spans",
        sure if rival is None else 0.5,
        ((told, "--option text=KEY, --option spans=KEY"),),
        _span_options(text, span, entries),
        types=types,
        rival=None if rival is None else _span_options(text, rival, entries),
    )


def _nothing(json: Json) -> str:
    """Return the key that is named like one of spans and always empty, where no other key holds more than words; or nothing."""
    values = [item for entry in json.objects for item in entry.items() if isinstance(item[1], list | dict)]
    keys = {key for key, _ in values} - {key for key, value in values if value}
    if any(isinstance(value, dict) or not all(isinstance(one, str) for one in value) for _, value in values):
        return ""
    return min(keys & set(_SPANS), key=lambda key: rank(key, _SPANS), default="")


def _texts(entries: Entries) -> list[str]:
    """Return the keys that may hold texts: named so, or several words, or words beyond ASCII."""
    found: dict[str, None] = {}
    for entry in entries:
        for key, value in entry.items():
            if isinstance(value, str) and (
                rank(key, _TEXTS) < len(_TEXTS) or " " in value or not value.isascii()
            ):
                found[key] = None
    return list(found)


def _equal(span: str, other: str) -> bool:
    """Return whether the name of neither key is more usual for spans than that of the other."""
    return (rank(span, _SPANS) < len(_SPANS)) == (rank(other, _SPANS) < len(_SPANS))


def _span_options(text: str, span: str, entries: Entries) -> dict[str, str]:
    document = next((key for key in _DOCUMENTS if all(key in entry for entry in entries)), None)
    named = (("text", text, "text"), ("spans", span, "entities"), ("document", document, None))
    return {name: key for name, key, usual in named if key is not None and key != usual}


def _hold_spans(key: str, entries: Entries) -> bool:
    """Return whether every value under a key is a list of start, end and type, in this order or with the type first."""
    values = [in_order(one) for entry in entries for one in _list_of(entry, key)]
    return all(
        isinstance(one, list)
        and len(one) == 3
        and type(one[0]) is int
        and type(one[1]) is int
        and isinstance(one[2], str)
        for one in values
    )


def _unlike_spans(text: str, span: str) -> tuple[bool, int, int]:
    """Return how little the names of two keys are those of texts and spans; lower is better."""
    places = rank(text, _TEXTS), rank(span, _SPANS)
    return len(_TEXTS) in places[:1] or len(_SPANS) in places[1:], *places


def agreement(text: str, span: str, entries: Entries) -> float:
    """Return the share of spans' edges that lie inside the text, not inside a word; spans are [start, end, …].

    >>> agreement("t", "s", [{"t": "Mira left.", "s": [[0, 4, "PER"]]}])
    1.0
    >>> agreement("t", "s", [{"t": "doc-0001", "s": [[0, 1, "person"]]}])
    0.5
    """
    edges = [
        _is_edge(entry[text], edge) and one[0] < one[1]
        for entry in entries
        if isinstance(entry.get(text), str)
        for one in map(in_order, _list_of(entry, span))
        for edge in one[:2]
    ]
    return sum(edges) / len(edges) if edges else 0.0


def _is_edge(text: str, place: int) -> bool:
    """Return whether a place in a text is not inside a word; where words have no blanks between them, any place may be one."""
    if not 0 < place < len(text):
        return 0 <= place <= len(text)
    beside = text[place - 1 : place + 1]
    return not beside.isalnum() or any(map(is_unspaced, beside))
