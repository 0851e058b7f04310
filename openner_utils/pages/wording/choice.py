"""What was chosen on dev, in sentences."""

from collections.abc import Iterator

from openner_utils.analysis.choice import Findings
from openner_utils.support.rounding import shown
from openner_utils.support.words import counted


def sentences(found: Findings) -> Iterator[str]:
    """Yield a sentence for each model."""
    for each in found.choices:
        yield (
            f"{each.system}: of {each.ways} ways of asking, {each.format} with {each.decoding} decoding is the best on dev (mean F1 over languages "
            f"{shown(each.f1)}, {counted(each.sentences, 'sentence')})."
        )
