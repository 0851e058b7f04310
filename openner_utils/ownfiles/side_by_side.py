"""Two files with the same tokens, sentence by sentence, however each of them is cut into parts."""

from collections.abc import Iterator
from unicodedata import is_normalized, normalize

import numpy as np

from openner_utils.core.columns import Columns, concat
from openner_utils.support.errors import FormatError, OpenNERError

_TO_NFC = (
    "python -c \"import sys, unicodedata; sys.stdin.reconfigure(encoding='utf-8', newline=''); "
    "sys.stdout.reconfigure(encoding='utf-8', newline=''); "
    "sys.stdout.write(unicodedata.normalize('NFC', sys.stdin.read()))\" < FILE > FILE.nfc"
)


class _Side:
    """One of the two files: ``rest`` is what of it is not yet compared, ``last`` the place of the last token so far."""

    def __init__(self, parts: Iterator[Columns]) -> None:
        self._parts = parts
        self._take(next(parts))

    def _take(self, rest: Columns) -> None:
        self.rest = rest
        self.last = f"{rest.file}:{rest.lines[-1]}" if len(rest) else getattr(self, "last", rest.file)

    def more(self) -> bool:
        """Go on by a part, and tell whether there is one."""
        part = next(self._parts, None)
        if part is not None:
            self._take(concat([self.rest, part], part.file) if len(self.rest) else part)
        return part is not None

    def taken(self, sentences: int) -> Columns:
        """Return the next sentences, which are compared now."""
        found = self.rest.some(0, sentences)
        self.rest = self.rest.some(sentences, self.rest.n_sentences)
        return found


def side_by_side(
    reference: Iterator[Columns], prediction: Iterator[Columns]
) -> Iterator[tuple[Columns, Columns]]:
    """Yield the same sentences of two files, some at a time; given are the parts of each, at least one.

    Raises `OpenNERError` with the file and line of both where tokens or sentence ends differ first.
    """
    sides = _Side(reference), _Side(prediction)
    while True:
        ours, theirs = (side.rest for side in sides)
        _refuse_difference(ours, theirs)
        shorter = min(len(ours), len(theirs))
        # The last sentence of one may go on in the other: then the next part tells.
        whole = min(int(rest.sentences.searchsorted(shorter, "right")) - 1 for rest in (ours, theirs))
        if whole:
            yield sides[0].taken(whole), sides[1].taken(whole)
        behind, ahead = sorted(sides, key=lambda side: len(side.rest))
        if behind.more():
            continue
        if len(ahead.rest) > len(behind.rest):
            raise _longer(ahead, behind)
        if not ahead.more():
            return


def _longer(longer: _Side, other: _Side) -> OpenNERError:
    rest, at = longer.rest, len(other.rest)
    return OpenNERError(
        f"{rest.file}:{rest.lines[at]}: token {rest.tokens[at].as_py()!r} comes after the last token of {other.last}. "
        "Score predictions for the same tokens."
    )


def _refuse_difference(reference: Columns, prediction: Columns) -> None:
    """Raise `FormatError` with the line of both where tokens or sentence ends differ, as far as both go."""
    shorter = min(len(reference), len(prediction))
    same = np.ones(shorter, np.bool_)
    ours, theirs = reference.tokens.slice(0, shorter), prediction.tokens.slice(0, shorter)
    if not ours.equals(theirs):
        same &= np.array([a == b for a, b in zip(ours.to_pylist(), theirs.to_pylist(), strict=True)])
    begins = reference.first[:shorter] == prediction.first[:shorter]
    wrong = np.flatnonzero(~(same & begins))
    if len(wrong):
        token = int(wrong[0])
        places = [f"{each.file}:{each.lines[token]}" for each in (reference, prediction)]
        texts = [each.tokens[token].as_py() for each in (reference, prediction)]
        if texts[0] == texts[1]:
            begin = places[0] if reference.first[token] else places[1]
            raise FormatError(
                reference.file,
                int(reference.lines[token]),
                f"a sentence begins at {begin} and not in the other file ({' and '.join(places)})",
                "Score predictions for the same sentences.",
            )
        what = f"the token is {texts[0]!r} here and {texts[1]!r} at {places[1]}"
        hint = "Score predictions for the same tokens."
        forms = [_normal_form(text) for text in texts]
        if normalize("NFC", texts[0]) == normalize("NFC", texts[1]):
            what += f", which differ in Unicode normalization only ({forms[0]} and {forms[1]})"
            hint = f"Bring both files into one form: {_TO_NFC}"
        raise FormatError(reference.file, int(reference.lines[token]), what, hint)


def _normal_form(text: str) -> str:
    forms = [form for form in ("NFC", "NFD") if is_normalized(form, text)]
    return forms[0] if forms else "neither NFC nor NFD"
