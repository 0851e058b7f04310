"""Sentences that are too long, cut where a sentence ends inside them: a card asks for it with `catalog.Card.longest`.

For corpora whose publisher marked no sentences, or only some. A sentence ends after a sign that ends sentences (of any script,
by Unicode's property Sentence_Break) and the signs that close behind it; a full stop at the end of a word counts only where
nothing better is near, because it may be that of an abbreviation. A sign inside a mention, flat or nested, ends none, so no
mention is cut and labels stay as they are. Each cut is a row of the ledger, from which the published sentences come back.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import regex

from openner_utils.core.changes import Change
from openner_utils.core.columns import Columns, Mask, Offsets
from openner_utils.core.encoding import Mentions
from openner_utils.curation.steps import positions
from openner_utils.readers.reading import Nested, Reading

RULE = "sentence cut"
NO_PLACE = "sentence that is too long and has no place to cut"
_SIGNS = regex.compile(r"[\p{SB=ATerm}\p{SB=STerm}…]+")
_WORD_WITH_SIGN = regex.compile(r".*[\p{L}\p{M}\p{N}][\p{SB=STerm}…]+", regex.DOTALL)
"""A word with signs at its end that no abbreviation has."""
_CLOSES = regex.compile(r"[\p{Pe}\p{Pf}]+")
_WORD_WITH_STOP = regex.compile(r"[^\p{SB=ATerm}\p{SB=STerm}…]*[\p{L}\p{M}\p{N}]\p{SB=ATerm}")
"""A word with one full stop, at its end."""
_STRAIGHT = ('"', "'")
"""Quotes that open and close: every second one closes."""


def cut(reading: Reading, mentions: Mentions, longest: int) -> Reading:
    """Return a reading in which sentences of more than ``longest`` tokens are cut; ``mentions`` are those in its labels.

    One that has no place to be cut stays longer, and is counted.
    """
    columns = reading.columns
    too_long = np.flatnonzero(np.diff(columns.sentences) > longest)
    if not len(too_long):
        return reading
    named = _named(reading, mentions)
    begins: list[int] = []
    for number in too_long.tolist():
        start, end = (int(each) for each in columns.sentences[number : number + 2])
        tokens = columns.tokens.slice(start, end - start).to_pylist()
        begins += (start + place for place in cuts(tokens, named[start:end], longest))
    counts = dict(reading.counts)
    sentences = np.sort(np.concatenate((columns.sentences, np.array(begins, np.int64))))
    if left := int((np.diff(sentences) > longest).sum()):
        counts[NO_PLACE] = left
    return _moved(replace(reading, counts=counts), sentences, np.array(begins, np.int64))


def cuts(tokens: Sequence[str], named: Mask, longest: int) -> Iterator[int]:
    """Yield the tokens of one sentence at which a new one begins: as late as ``longest`` allows.

    ``named``: which tokens are in a mention; a sign in one ends no sentence.

    >>> list(cuts("Ada ran . She fell . Dr. X came .".split(), np.zeros(10, np.bool_), 5))
    [3, 6]
    >>> list(cuts("Ada ran. She fell.".split(), np.zeros(4, np.bool_), 3))
    [2]
    """
    sure, unsure = _places(tokens, named)
    both = sorted((*sure, *unsure))
    start = 0
    while len(tokens) - start > longest:
        place = _last(sure, start, start + longest) or _last(unsure, start, start + longest)
        if not place:  # none is near enough, so the first that comes
            later = bisect_right(both, start)
            if later == len(both):
                return
            place = both[later]
        yield place
        start = place


def _last(places: Sequence[int], after: int, upto: int) -> int:
    """Return the last of the places that lies after one token and up to another; 0 if there is none."""
    at = bisect_right(places, upto) - 1
    return places[at] if at >= 0 and places[at] > after else 0


def _places(tokens: Sequence[str], named: Mask) -> tuple[list[int], list[int]]:
    """Return the tokens before which a sentence ends: surely, and where a word ends in a full stop."""
    sure: list[int] = []
    unsure: list[int] = []
    ended = abbreviated = False
    straight = dict.fromkeys(_STRAIGHT, 0)
    for number, (token, in_mention) in enumerate(zip(tokens, named.tolist(), strict=True)):
        closes = _CLOSES.fullmatch(token) is not None or straight.get(token, 0) % 2 == 1
        if token in straight:
            straight[token] += 1
        stops = _SIGNS.fullmatch(token) is not None and not in_mention
        if stops or (closes and not in_mention):
            ended |= stops
            continue
        if ended:
            sure.append(number)
        elif abbreviated and not token[:1].islower():
            unsure.append(number)
        abbreviated = not in_mention and _WORD_WITH_STOP.fullmatch(token) is not None
        ended = not in_mention and _WORD_WITH_SIGN.fullmatch(token) is not None
    return sure, unsure


def _named(reading: Reading, mentions: Mentions) -> Mask:
    """Return the tokens [n_tokens] that are in a mention, flat or nested."""
    columns = reading.columns
    named = np.zeros(len(columns), np.bool_)
    firsts = columns.sentences
    nested = ((int(firsts[each.sentence]), each) for each in reading.layers)
    spans = [*zip(mentions.start.tolist(), mentions.end.tolist(), strict=True)]
    for start, end in (*spans, *((first + each.start, first + each.end) for first, each in nested)):
        named[start:end] = True
    return named


def _moved(reading: Reading, sentences: Offsets, begins: Offsets) -> Reading:
    """Return a reading with other sentences, that begin at ``begins`` too: documents, changes and layers go along."""
    columns = reading.columns
    home, places = positions(reading, begins.astype(np.int32))
    published: dict[int, list[int]] = {}
    for number, place in zip(home.tolist(), places, strict=True):
        published.setdefault(number, []).append(place)
    new = np.searchsorted(sentences, columns.sentences).astype(np.int64)  # old sentence → its first piece
    cut_at = [
        Change(int(columns.lines[token]), number, 0, "", columns.tokens[token].as_py(), RULE)
        for token, number in zip(begins.tolist(), np.searchsorted(sentences, begins).tolist(), strict=True)
    ]
    moved = replace(columns, sentences=sentences, documents=new[columns.documents])
    changes = [_moved_change(change, moved, new, published) for change in reading.changes]
    layers = [_moved_layer(nested, columns, sentences) for nested in reading.layers]
    return replace(reading, columns=moved, changes=(*changes, *cut_at), layers=tuple(layers))


def _moved_change(change: Change, columns: Columns, new: Offsets, published: dict[int, list[int]]) -> Change:
    """Return a change at its new place: ``published`` holds, by sentence, the published places at which pieces begin."""
    begins = published.get(change.sentence, [])
    first = int(new[change.sentence])
    if change.token >= 0:
        piece = bisect_right(begins, change.token)
        token = change.token - (begins[piece - 1] if piece else 0)
        return replace(change, sentence=first + piece, token=token)
    start = re.match(r"\d+", str(change.before))
    if not begins or columns.starts is None or start is None:
        return replace(change, sentence=first)
    pieces = columns.sentences[first + 1 : first + 1 + len(begins)]
    piece = int(np.searchsorted(columns.starts[pieces], int(start[0]), side="right"))
    return replace(change, sentence=first + piece)


def _moved_layer(nested: Nested, columns: Columns, sentences: Offsets) -> Nested:
    token = int(columns.sentences[nested.sentence]) + nested.start
    number = int(np.searchsorted(sentences, token, side="right")) - 1
    start = token - int(sentences[number])
    return replace(nested, sentence=number, start=start, end=start + nested.end - nested.start)
