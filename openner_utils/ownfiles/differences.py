"""What differs between the tokens of two files: named for what it is, at its first place in both, with what helps."""

import hashlib
import unicodedata
from collections.abc import Iterable, Sequence

import numpy as np

from openner_utils.core.columns import Columns
from openner_utils.ownfiles.lookalikes import folded
from openner_utils.readers.meaning import named
from openner_utils.scoring.aligned import Text, bare, text_of
from openner_utils.support.errors import FormatError
from openner_utils.support.words import shortened

ALIGNMENTS = ("tokens", "characters")
"""How mentions of two files are compared: by tokens, which must be the same, or by characters of the same text."""

NEAR = 50
"""Tokens within which it is looked for where two files meet again."""
_LONGEST = 40
"""Characters of a token that are shown."""
_SHOWN = 12
"""Characters of a text that are shown."""
_BY_CHARACTERS = "or compare mentions by the characters of the text, which is the same: --align characters"


def refuse_other_tokens(reference: Columns, prediction: Columns, same_text: bool) -> None:
    """Raise `FormatError` with the file and line of both where tokens or sentence ends differ first.

    Given are the sentences before and after that place; ``same_text`` says whether all of both files holds one text.
    """
    place = _first(reference, prediction)
    if place is None:
        return
    if place == min(len(reference), len(prediction)):
        raise _one_goes_on(reference, prediction, place, same_text)
    ours, theirs = (each.tokens[place].as_py() for each in (reference, prediction))
    if ours == theirs:
        begins = reference if reference.first[place] else prediction
        what = (
            f"a sentence begins at {_place(begins, place)} and not in the other file "
            f"({_place(reference, place)} and {_place(prediction, place)}), though the tokens are the same so far"
        )
        hint = f"Score predictions for the same sentences{f', {_BY_CHARACTERS}' if same_text else ''}."
        raise FormatError(begins.file, int(begins.lines[place]), what, hint)
    what = f"the token is {_quoted(ours)} here and {_quoted(theirs)} at {_place(prediction, place)}"
    kind, hint = _kind(reference, prediction, place, same_text)
    raise FormatError(
        reference.file, int(reference.lines[place]), f"{what}{f', {kind}' if kind else ''}", hint
    )


def refuse_other_text(reference: Columns, prediction: Columns) -> None:
    """Raise `FormatError` with the file and line of both where their texts differ first, white space aside."""
    gold, found = text_of(reference), text_of(prediction)
    if gold.characters == found.characters:
        return
    shorter = min(len(gold.characters), len(found.characters))
    place = _differ_at(gold.characters, found.characters)
    hint = "Mentions are compared by characters only over one text: write it in both files in the same way."
    if place == shorter:
        longer, text, other = (
            (reference, gold, prediction)
            if len(gold.characters) > shorter
            else (prediction, found, reference)
        )
        what = (
            f"the text goes on with {_from(text, place)!r}, but ends in {other.file}"
            f"{f':{other.lines[-1]}' if len(other) else ''}"
        )
        raise FormatError(longer.file, int(longer.lines[_token(text, place)]), what, hint)
    ours, theirs = _token(gold, place), _token(found, place)
    tokens = reference.tokens[ours].as_py(), prediction.tokens[theirs].as_py()
    what = (
        f"the texts differ, white space aside: {_from(gold, place)!r} here and {_from(found, place)!r} at "
        f"{_place(prediction, theirs)}"
    )
    spelled = _spelled(*tokens)
    if unicodedata.normalize("NFD", gold.characters) == unicodedata.normalize("NFD", found.characters):
        orders = " and ".join(named(each.characters[place : place + 2]) for each in (gold, found))
        spelled = f"combining marks stand in another order over the ends of tokens: {orders}"
        hint = "Put each mark into the token of its letter, in both files."
    raise FormatError(
        reference.file, int(reference.lines[ours]), f"{what}{f' ({spelled})' if spelled else ''}", hint
    )


def hold_one_text(reference: Iterable[Columns], prediction: Iterable[Columns]) -> bool:
    """Return whether two files, given in parts, hold the same characters, white space aside."""
    return _digest(reference) == _digest(prediction)


def _digest(parts: Iterable[Columns]) -> bytes:
    found = hashlib.sha256()
    for part in parts:
        found.update(text_of(part).characters.encode("utf-8"))
    return found.digest()


def _first(reference: Columns, prediction: Columns) -> int | None:
    """Return the first token that differs, in itself or in beginning a sentence; None if none does."""
    shorter = min(len(reference), len(prediction))
    same = np.ones(shorter, np.bool_)
    ours, theirs = reference.tokens.slice(0, shorter), prediction.tokens.slice(0, shorter)
    if not ours.equals(theirs):
        same &= np.array([a == b for a, b in zip(ours.to_pylist(), theirs.to_pylist(), strict=True)])
    begins = reference.first[:shorter] == prediction.first[:shorter]
    wrong = np.flatnonzero(~(same & begins))
    if len(wrong):
        return int(wrong[0])
    return None if len(reference) == len(prediction) else shorter


def _one_goes_on(reference: Columns, prediction: Columns, place: int, same_text: bool) -> FormatError:
    longer, other = sorted((reference, prediction), key=len, reverse=True)
    what = (
        f"token {_quoted(longer.tokens[place].as_py())} comes after the last token of {other.file}"
        f"{f':{other.lines[-1]}' if len(other) else ''}"
    )
    hint = f"Score predictions for the same tokens{f', {_BY_CHARACTERS}' if same_text else ''}."
    return FormatError(longer.file, int(longer.lines[place]), what, hint)


def _kind(reference: Columns, prediction: Columns, place: int, same_text: bool) -> tuple[str, str]:
    """Return what the difference at a token is, if that can be told, and what to do."""
    ours, theirs = (each.tokens.slice(place, NEAR).to_pylist() for each in (reference, prediction))
    if bare(ours[0]) == bare(theirs[0]) and "".join(ours[0].split()) != "".join(theirs[0].split()):
        forms = " and ".join(_normal_form(each) for each in (ours[0], theirs[0]))
        align = "Give --align characters, which takes them for the same, or bring" if same_text else "Bring"
        return (
            f"which differ in Unicode normalization only ({forms})",
            f"{align} both files into one form: {_rewriting('NFC')}",
        )
    if sizes := _same_piece(ours, theirs):
        pieces = [_some(side[:size]) for side, size in zip((ours, theirs), sizes, strict=True)]
        what = f"which is one text in other tokens: {pieces[0]} and {pieces[1]}"
        by = (
            _BY_CHARACTERS if same_text else "the texts differ elsewhere, so --align characters does not help"
        )
        return what, f"Score predictions for the same tokens, {by}."
    for name, here, there in ((prediction.file, ours, theirs), (reference.file, theirs, ours)):
        if left_out := _left_out(here, there):
            what = f"where {name} leaves out {_some(here[:left_out])}"
            return what, "Score predictions for the same tokens: one label for each, long sentences not cut."
    spelled = _spelled(ours[0], theirs[0])
    hint = "Score predictions for the same tokens."
    if spelled and unicodedata.normalize("NFKC", ours[0]) == unicodedata.normalize("NFKC", theirs[0]):
        hint = f"Bring both files into one form: {_rewriting('NFKC')}"
    return f"which {spelled}" if spelled else "", hint


def _same_piece(ours: Sequence[str], theirs: Sequence[str]) -> tuple[int, int] | None:
    """Return the fewest tokens of both sides, from the first on, that hold one text; None where there are none.

    >>> _same_piece(["do", "n't", "go"], ["don't", "go"])
    (2, 1)
    """
    sides = [list(map(bare, ours)), list(map(bare, theirs))]
    sizes, texts = [1, 1], [sides[0][0], sides[1][0]]
    while texts[0] != texts[1] or not texts[0]:
        short = 0 if len(texts[0]) <= len(texts[1]) else 1
        if not texts[1 - short].startswith(texts[short]) or sizes[short] == len(sides[short]):
            return None
        texts[short] += sides[short][sizes[short]]
        sizes[short] += 1
    return sizes[0], sizes[1]


def _left_out(whole: Sequence[str], cut: Sequence[str]) -> int:
    """Return how many tokens of ``whole`` are left out of ``cut`` before three others stand in both; 0 for none.

    >>> _left_out(["a", "b", "c", "d", "e"], ["c", "d", "e"])
    2
    """
    sizes = range(1, len(whole) - 2)
    return next((size for size in sizes if list(whole[size : size + 3]) == list(cut[:3])), 0)


def _spelled(ours: str, theirs: str) -> str:
    """Return how two texts that are meant to be the same are written differently, or nothing."""
    if unicodedata.normalize("NFKC", ours) == unicodedata.normalize("NFKC", theirs):
        return "differ in compatible characters only (NFKC)"
    if ours.casefold() == theirs.casefold():
        return "differ in case only"
    if folded(ours) == folded(theirs):
        odd = [each for each in dict.fromkeys(ours + theirs) if (each in ours) != (each in theirs)]
        return f"look alike and differ in {named(odd)}"
    return ""


def _quoted(token: str) -> str:
    return shortened(repr(token), _LONGEST)


def _some(tokens: Sequence[str]) -> str:
    shown = " ".join(map(_quoted, tokens[:3]))
    return f"{shown}{f' … ({len(tokens)} tokens)' if len(tokens) > 3 else ''}"


def _normal_form(text: str) -> str:
    forms = [form for form in ("NFC", "NFD") if unicodedata.is_normalized(form, text)]
    return forms[0] if forms else "neither NFC nor NFD"


def _rewriting(form: str) -> str:
    """Return a command that writes a file in a form of Unicode normalization."""
    program = (
        "import sys, unicodedata; sys.stdin.reconfigure(encoding='utf-8', newline=''); "
        "sys.stdout.reconfigure(encoding='utf-8', newline=''); "
        f"sys.stdout.write(unicodedata.normalize('{form}', sys.stdin.read()))"
    )
    return f'python -c "{program}" < FILE > FILE.{form.lower()}'


def _place(columns: Columns, token: int) -> str:
    return f"{columns.file}:{columns.lines[token]}"


def _differ_at(ours: str, theirs: str) -> int:
    """Return the first character at which two texts differ, or the length of the shorter one."""
    low, high = 0, min(len(ours), len(theirs))
    while low < high:  # bisection: slices are compared in C, characters are not
        middle = (low + high + 1) // 2
        if ours[low:middle] == theirs[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _token(text: Text, character: int) -> int:
    return int(np.searchsorted(text.offsets, character, side="right")) - 1


def _from(text: Text, character: int) -> str:
    """Return the text from the token on that holds a character."""
    start = int(text.offsets[_token(text, character)])
    return unicodedata.normalize("NFC", text.characters[start : max(character + 1, start + _SHOWN)])
