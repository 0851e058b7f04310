"""How well one encoder does, in sentences."""

from openner_utils.pages.views.train import Extreme
from openner_utils.support.rounding import shown


def extremes(best: Extreme, worst: Extreme) -> str:
    """Return where an encoder does best and worst."""
    return (
        f"Best on {best.corpus}/{best.language} ({shown(best.f1)}), worst on {worst.corpus}/{worst.language} "
        f"({shown(worst.f1)})."
    )
