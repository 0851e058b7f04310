"""What commands that pass a run's artifacts on say first: which of these the pipeline would make anew."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from openner_utils.cli.say import say
from openner_utils.support.paths import Place

T = TypeVar("T")


def tell_stale(place: Place, taken: Iterable[Path]) -> None:
    """Name on standard error what of ``taken``, artifacts or folders of them, is older than what lies here, or was edited."""
    from openner_utils.pages.freshness import Freshness, look

    whole = look(place)
    names = [place.relative(path) for path in taken]
    found = Freshness(_of(names, whole.stale), _of(names, whole.edited))
    if not found.fresh:
        for line in str(found).split("\n"):
            say(f"warning: {line}" if not line.startswith(" ") else line, err=True)


def _of(names: Iterable[str], found: Mapping[str, T]) -> dict[str, T]:
    """Return what is said of ``names``, of what lies in them, and of the folders they lie in."""
    return {
        what: said
        for what, said in found.items()
        if any(what == name or what.startswith(f"{name}/") or name.startswith(f"{what}/") for name in names)
    }
