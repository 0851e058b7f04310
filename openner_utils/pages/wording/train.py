"""How well one encoder does, in sentences."""

from collections.abc import Mapping, Sequence

from openner_utils.pages.views.train import Collapsed, Extreme
from openner_utils.support.rounding import shown
from openner_utils.support.words import counted


def extremes(found: Sequence[Extreme]) -> str:
    """Return where an encoder does best and worst; nothing ``found`` is a regime of donors and targets."""
    if not found:
        return "Donors and targets have no scores of their own: [who helps whom](compare-transfer.html) tells them by the target's size."
    best, worst = found
    return f"Best on {_named(best)}, worst on {_named(worst)}. Intervals stand on the page [which encoder, in which language](compare-encoders.html), confusions of types and errors to read on that of each [system](systems.html)."


def _named(each: Extreme) -> str:
    """Return a test set with its F1, and over how many seeds that is a mean."""
    spread = f", standard deviation {shown(each.sd)}" if each.seeds > 1 else ""
    return f"{each.corpus}/{each.language} (F1 {shown(each.f1)}; {counted(each.seeds, 'seed')}{spread})"


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
