"""What a judge holds of annotations: how many are right, what is wrong, made up and missing; and how far the judge can be trusted.

A judge is an annotator whose mentions are compared with those that are judged. With the gold labels as the judge, the same
comparison tells the truth; so a judge is calibrated by setting the two side by side (`calibrated`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from openner_utils.web.agreement import kappa
from openner_utils.web.mentions import Annotated, TextMention


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a judge says of one passage's mentions.

    ``right``: the judge names them, too; ``wrong``: it names something there, with another type or other borders; ``extra``: it
    names nothing there; ``missing``: mentions of the judge where nothing was annotated.
    """

    right: tuple[TextMention, ...]
    wrong: tuple[TextMention, ...]
    extra: tuple[TextMention, ...]
    missing: tuple[TextMention, ...]
    wanted: int

    @property
    def named(self) -> int:
        """Mentions that were judged."""
        return len(self.right) + len(self.wrong) + len(self.extra)

    @property
    def faithfulness(self) -> float | None:
        """Share of judged mentions that are right; None without any."""
        return len(self.right) / self.named if self.named else None

    @property
    def completeness(self) -> float | None:
        """Share of the judge's own mentions that were annotated; None without any."""
        return len(self.right) / self.wanted if self.wanted else None


def judge(annotated: Annotated, judges: Annotated) -> Verdict:
    """Return what a judge, by its own mentions of the same passage, says of annotated ones."""
    own = {(mention.span, mention.type) for mention in judges.mentions}
    right = tuple(each for each in annotated.mentions if (each.span, each.type) in own)
    others = [each for each in annotated.mentions if each not in right]
    touched = [any(each.shared(mention) for mention in judges.mentions) for each in others]
    return Verdict(
        right,
        tuple(each for each, meets in zip(others, touched, strict=True) if meets),
        tuple(each for each, meets in zip(others, touched, strict=True) if not meets),
        tuple(
            each
            for each in judges.mentions
            if not any(each.shared(mention) for mention in annotated.mentions)
        ),
        len(judges.mentions),
    )


def scored(annotated: Sequence[Annotated], judges: Sequence[Annotated]) -> list[Annotated]:
    """Return annotations with the judge's scores: its own for a mention that it names with the same span and type, 0 for others.

    A judge that gives no scores gives 1.
    """
    found = []
    for one, other in zip(annotated, judges, strict=True):
        sure = {(each.span, each.type): 1.0 if each.score is None else each.score for each in other.mentions}
        found.append(
            one.with_mentions(
                TextMention(*each.span, each.type, sure.get((each.span, each.type), 0.0))
                for each in one.mentions
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class Calibration:
    """A judge beside the truth, over the same passages: shares of right mentions as judged and as they are.

    ``kappa``: Cohen's, of the two verdicts (right or not) on each judged mention; None where chance alone would agree on all.
    Shares are None where there is nothing that they could be of.
    """

    mentions: int
    judged_precision: float | None
    true_precision: float | None
    judged_recall: float | None
    true_recall: float | None
    kappa: float | None


def calibrated(
    annotated: Sequence[Annotated], judges: Sequence[Annotated], gold: Sequence[Annotated]
) -> Calibration:
    """Return how a judge's verdicts on annotations compare with those of the gold labels."""
    said = [judge(one, other) for one, other in zip(annotated, judges, strict=True)]
    true = [judge(one, other) for one, other in zip(annotated, gold, strict=True)]
    both = [
        (str(mention in one.right), str(mention in other.right))
        for each, one, other in zip(annotated, said, true, strict=True)
        for mention in each.mentions
    ]
    judged, real = _shares(said), _shares(true)
    return Calibration(len(both), judged[0], real[0], judged[1], real[1], kappa(both))


def _shares(verdicts: Sequence[Verdict]) -> tuple[float | None, float | None]:
    """Return precision and recall over all passages."""
    right, named, wanted = (
        (sum(each) for each in zip(*((len(v.right), v.named, v.wanted) for v in verdicts), strict=True))
        if verdicts
        else (0, 0, 0)
    )
    return right / named if named else None, right / wanted if wanted else None
