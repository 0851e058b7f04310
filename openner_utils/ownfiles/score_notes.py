"""Notes beside scores: what a convention means in a file's scheme, what was aligned, and where a score is undefined."""

from collections.abc import Iterator, Mapping, Sequence

from openner_utils.core.encoding import IOB2
from openner_utils.ownfiles.opening import Opened
from openner_utils.scoring.mentions import ALL, CONVENTIONS, Score
from openner_utils.support.words import counted


def of_scheme(opened: Opened) -> Iterator[str]:
    """Yield notes on what a convention means in the scheme of a file."""
    if opened.encoding is not IOB2:
        yield (
            f"{opened.path}: discard is defined for IOB2; the {opened.encoding.name} labels of this file were first "
            "read as conlleval reads them"
        )
    if opened.encoding.begin == opened.encoding.inside:
        yield (
            f"{opened.path}: untyped takes types away before labels are read; in {opened.encoding.name} only its type "
            "may tell a mention from the one before it, so here types are borders of mentions still"
        )


def of_borders(gold: Opened, prediction: Opened) -> Iterator[str]:
    """Yield a note on what was aligned by characters, where tokens or sentences differ."""
    ours, theirs = gold.columns, prediction.columns
    if ours.tokens.equals(theirs.tokens) and ours.sentences.tolist() == theirs.sentences.tolist():
        return
    sizes = [
        f"{counted(each.n_sentences, 'sentence')} of {counted(len(each), 'token')}" for each in (theirs, ours)
    ]
    yield (
        f"{prediction.path}: {sizes[0]}, over the same text as {gold.path}: {sizes[1]}. Mentions are compared by characters"
    )


def of_reference(gold: Opened, scores: Mapping[str, Mapping[str, Score]]) -> Iterator[str]:
    """Yield a note where the reference holds no mention; ``scores``: by convention and type, of any prediction."""
    empty = [name for name in CONVENTIONS if not scores[name][ALL].reference]
    if empty:
        yield (
            f"{gold.path}: no mentions{_under(empty)}: recall is undefined and shown as 0.00, and F1 is 0.00 whatever is "
            "predicted, even where nothing is, which is right. Leave such a file out of means"
        )


def of_prediction(prediction: Opened, scores: Mapping[str, Mapping[str, Score]]) -> Iterator[str]:
    """Yield notes where a prediction holds no mention, or mentions of a type that the reference lacks."""
    empty = [name for name in CONVENTIONS if not scores[name][ALL].predicted]
    if empty:
        yield f"{prediction.path}: no mentions{_under(empty)}: precision is undefined and shown as 0.00"
    found = scores["conlleval"]
    alone = sorted(type for type, score in found.items() if type != ALL and not score.reference)
    if alone and found[ALL].reference:
        yield (
            f"{prediction.path}: not among the types of the reference: {', '.join(alone)}. Such mentions are wrong in {ALL} "
            "(micro); recall of the type is undefined and shown as 0.00, so leave it out of a mean over types (macro)"
        )


def of_columns(gold: Opened, prediction: Opened, scores: Mapping[str, Mapping[str, Score]]) -> Iterator[str]:
    """Yield a note where columns that were picked among several hold no mention in common."""
    found = scores["conlleval"][ALL]
    if found.reference and found.predicted and not found.correct:
        yield (
            f"{prediction.path}: not one of its mentions is in {gold.path}, so the columns that were picked are hardly a reference "
            "and a prediction of it: layers, or labels of another kind? --label says which column of all files is scored; to "
            "score two columns, write each to a file of its own"
        )


def _under(conventions: Sequence[str]) -> str:
    return "" if len(conventions) == len(CONVENTIONS) else f" under {' and '.join(conventions)}"


def of_alike(gold: Opened, prediction: Opened, other: int) -> str:
    """Return what to say of a prediction whose scored column holds the reference's mentions, though the files differ elsewhere.

    ``other``: its last column that looks like labels.
    """
    return (
        f"warning: {prediction.path}: column {prediction.format.options['label']} holds the very mentions of {gold.path}, and the "
        f"files differ elsewhere: gold labels may be scored here against gold labels. Where column {other} holds the predictions, "
        f"give --prediction-label {other}; --label says which column of the reference is right"
    )
