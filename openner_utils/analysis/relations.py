"""How the languages of a donor and of a test set are related, by the catalog's family and script."""

from openner_utils.catalog import language

HOME = "itself"
BOTH, FAMILY, SCRIPT, NEITHER = "same family and script", "same family", "same script", "neither"
DONORS = (BOTH, FAMILY, SCRIPT, NEITHER)
"""How a donor's language is related to the tested one."""


def relation(donor: tuple[str, ...], target: tuple[str, ...]) -> str:
    """Return how what a model was trained on is related to what it is tested on, both a corpus and a language."""
    if donor == target:
        return HOME
    one, other = language(donor[1]), language(target[1])
    family, script = one.family == other.family, one.script == other.script
    return {(True, True): BOTH, (True, False): FAMILY, (False, True): SCRIPT}.get((family, script), NEITHER)
