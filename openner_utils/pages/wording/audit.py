"""What is in the corpora, in sentences."""

from openner_utils.analysis.audit.distributions import Unseen
from openner_utils.analysis.audit.overview import Overview
from openner_utils.analysis.leakage import Decontamination
from openner_utils.support.markdown import escaped
from openner_utils.support.rounding import share
from openner_utils.support.words import counted


def sentences(found: Overview) -> list[str]:
    """Return the overview, one sentence a line, the answer first."""
    return [
        _size(found), _expected(found), *_published(found), *_unverified(found), _repaired(found), _contaminated(found),
        *_removed(found), _unseen(found),
    ]  # fmt: skip


def _size(found: Overview) -> str:
    return (
        f"{counted(found.sentences, 'sentence')} with {counted(found.mentions, 'mention')} from "
        f"{counted(found.corpora, 'corpus', 'corpora')} in {counted(found.languages, 'language')}, "
        f"{counted(found.families, 'family', 'families')} and {counted(found.scripts, 'script')}; "
        f"{share(found.plain_share)} of the sentences hold no mention."
    )


def _expected(found: Overview) -> str:
    silent = f" For {counted(found.silent, 'count')} the cards expect nothing." if found.silent else ""
    if not found.expectations:
        return "The cards expect no counts, so nothing could be compared."
    missed = found.expectations - found.met
    if missed:
        return (
            f"{missed:,} of {counted(found.expectations, 'count')} differ from what the cards expect.{silent}"
        )
    return f"All {counted(found.expectations, 'count')} are what the cards expect.{silent}"


def _published(found: Overview) -> list[str]:
    if not found.published:
        return []
    return [
        f"{found.published_met:,} of {counted(found.published, 'published figure')} are what is found here."
    ]


def _unverified(found: Overview) -> list[str]:
    if not found.unverified:
        return []
    return [
        f"{counted(len(found.unverified), 'corpus has', 'corpora have')} unverified files, which nobody had at hand "
        f"when the cards were written: {', '.join(map(escaped, found.unverified))}."
    ]


def _repaired(found: Overview) -> str:
    return (
        f"{counted(found.repaired, 'label was', 'labels were')} repaired, in all splits and of all types; the "
        f"ledgers, which hold other changes too, have {counted(found.changes, 'row')}."
    )


def _contaminated(found: Overview) -> str:
    sets = counted(found.test_sets, "test set")
    if not found.contaminated_test_sets:
        return f"None of {sets} shares a sentence with training data, not even nearly."
    return (
        f"{found.contaminated_test_sets} of {sets} share sentences with training data, exactly or nearly: "
        f"{share(found.contaminated_share, 1)} of all test sentences that were compared."
    )


def _removed(found: Overview) -> list[str]:
    if not found.removed:
        return []
    return [
        f"{counted(found.removed, 'training sentence')} that a test set holds, exactly or nearly, stand not in the core "
        "release, which models are trained on."
    ]


def _unseen(found: Overview) -> str:
    return f"{share(found.unseen_share)} of the test mentions do not occur with their type in the training split of their corpus."


def decontaminated(found: Decontamination) -> str:
    """Return what taking sentences out of training data did."""
    if not found.removed:
        return (
            "No sentence was taken out of training data; `standardize.decontaminate` in params.yaml does so."
        )
    cases = ", ".join(f"{why}: {number:,}" for why, number in found.removed.items())
    return (
        f"`standardize.decontaminate` has taken {counted(sum(found.removed.values()), 'training sentence')} ({cases}) out of "
        f"the core release; {counted(found.left, 'test sentence')} of {found.contaminated:,} have their like in its training "
        "data still. What was removed, by number:"
    )


def unseen(found: Unseen | None) -> str:
    """Return how much of the test sets training has not shown."""
    if found is None:
        return "There is no corpus with a training split and a test set."
    return (
        f"{found.unseen:,} of {counted(found.mentions, 'test mention')} have not been seen with their type. The share is "
        f"lowest in {found.corpus} ({found.language}): {share(found.share)}."
    )
