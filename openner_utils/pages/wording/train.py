"""How well one encoder does, in sentences."""

from collections.abc import Mapping, Sequence

from openner_utils.pages.views.train import Collapsed, Extreme
from openner_utils.support.rounding import shown


def extremes(found: Sequence[Extreme]) -> str:
    """Return where an encoder does best and worst; nothing ``found`` is a regime of donors and targets."""
    if not found:
        return "Donors and targets have no scores of their own: [who helps whom](transfer.html) tells them by the target's size."
    best, worst = found
    return (
        f"Best on {best.corpus}/{best.language} ({shown(best.f1)}), worst on {worst.corpus}/{worst.language} "
        f"({shown(worst.f1)})."
    )


def collapsed(found: Sequence[Collapsed], runs: int) -> str:
    """Return which of ``runs`` learnt nothing from the text."""
    if not found:
        return f"In each of the {runs:,} runs the loss fell below that of a model that knows only how frequent each label is."
    named = "; ".join(
        f"{each.trained}, seed {each.seed}: {shown(each.loss, 3)} (such a model: {shown(each.constant, 3)})"
        for each in found
    )
    return (
        f"**{len(found):,} of {runs:,} runs learnt nothing from the text**: their loss did not fall below that of a model that "
        f"knows only how frequent each label is. Their F1 tells of a failed training, not of the encoder: {named}. Lower the "
        "learning rate, or train for more steps."
    )


def left_out(found: Mapping[str, tuple[int, int]]) -> str:
    """Return how many sentences limits left out of each split."""
    names = {"train": "training", "dev": "dev", "test": "test"}
    said = [f"{left:,} of {of:,} {names[split]}" for split, (left, of) in found.items() if left]
    if not said:
        return "`limits` left out no sentence."
    return f"`limits` left out {', '.join(said)} sentences, chosen by a hash of their place."
