"""Sentences of two lines, the words and below them their labels, which no reader takes."""

from collections import Counter
from collections.abc import Sequence

from openner_utils.readers.guess.evidence import Sample, Unread
from openner_utils.readers.guess.labels import USUAL, is_label, label_share, look_like_types, types_of

_Pair = tuple[list[str], list[str]]
"""Words and their labels."""
_MOST = 0.9
"""Share of the lines in pairs that must be of one length, and of labels below the words."""
_COLUMNS = (
    "Write columns: python -c 'import sys; rows = [line.split() for line in "
    'sys.stdin.buffer.read().decode("utf-8-sig").split("\\n") if line.strip()]; '
    'print("\\n\\n".join("\\n".join(map("\\t".join, zip(*pair))) for pair in zip(rows[::2], rows[1::2])))\' < FILE > OUT.'
)


def sniff(sample: Sample) -> Unread | None:
    """Return what stands against a file in which every second line holds labels alone, as many as the line above has words."""
    if sample.json is not None or len(sample.filled) < 2:
        return None
    pairs: list[_Pair] = []
    for number, window in enumerate(sample.windows):
        rows = [line.split() for line in window.split("\n") if line.strip()]
        first, second = _pairs(rows), _pairs(rows[1:])
        # A window inside the file may begin with labels.
        pairs += second if number and _fit(second) > _fit(first) else first
    if not pairs or _fit(pairs) < _MOST or all(len(words) == 1 for words, _ in pairs):
        return None
    labels = Counter(label for _, below in pairs for label in below)
    alone = Counter(word for words, _ in pairs for word in words)
    prefixed = bool(types_of(labels)) and label_share(labels) >= _MOST
    if not prefixed and not (look_like_types(labels) and {word.lower() for word in labels} <= USUAL | {"o"}):
        return None
    if label_share(alone) >= _MOST:
        return None
    what = f"sentences of two lines, words and below them their labels ({' '.join(pairs[0][1])!r:.60}), which is not read"
    return Unread(what, 0.98, _COLUMNS, 2)


def _pairs(rows: Sequence[list[str]]) -> list[_Pair]:
    """Return each two rows, words and labels."""
    return list(zip(rows[::2], rows[1::2], strict=False))


def _fit(pairs: Sequence[_Pair]) -> float:
    """Return the share of pairs of one length of which the first has a word at its beginning and at its end."""
    fit = sum(
        len(words) == len(labels) and not is_label(words[0]) and not is_label(words[-1])
        for words, labels in pairs
    )
    return fit / len(pairs) if pairs else 0.0
