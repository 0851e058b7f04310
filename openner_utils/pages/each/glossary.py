"""The page of words: what this run's systems and regimes are, and what the words of all pages mean."""

from collections.abc import Iterator, Mapping

import pandas as pd

from openner_utils.pages import tables
from openner_utils.pages.corpora.sections import Section
from openner_utils.pages.each.choices import blocks
from openner_utils.pages.takeaway import Table
from openner_utils.pages.wording import glossary
from openner_utils.support.paths import Place

LEAD = "What words and heads of columns mean. In a table a head with dotted underline tells its meaning where the pointer rests on it."


def sections(place: Place) -> list[Section]:
    """Return a section on the names of this run, and one for each group of words."""
    own = {**systems(place), **dict(_regimes(place))}
    named = [
        Section(
            "Names of this run",
            "As params.yaml has them; the page of choices has their recipes.",
            [_table(own)],
        )
    ]
    return [
        *(named if own else []),
        *(Section(heading, "", [_table(words)]) for heading, words in glossary.GROUPS.items()),
    ]


def systems(place: Place) -> dict[str, str]:
    """Return what each encoder and language model of the run is, by name."""
    known = blocks(place)
    said = {}
    for name, block in known.get("encoders", {}).items():
        said[str(name)] = f"encoder, {_checkpoint(str(block['checkpoint']))}"
    for name, block in known.get("llms", {}).items():
        said[str(name)] = f"language model, {_checkpoint(str(block['checkpoint']))}"
    return said


def told(place: Place) -> str:
    """Return in a sentence what the names of systems and regimes stand for; nothing where there are none."""
    own = {**systems(place), **dict(_regimes(place))}
    return f"{'; '.join(f'{name}: {what}' for name, what in own.items())}." if own else ""


def _checkpoint(written: str) -> str:
    """Return where a model comes from, in words."""
    kind, _, name = written.partition(":")
    if kind == "package":
        return f"pretrained ({name})"
    if kind == "scratch":
        return "trained from scratch on the run's own sentences"
    if kind == "pipeline":
        return "tuned by this run"
    return f"pretrained ({written})"


def _regimes(place: Place) -> Iterator[tuple[str, str]]:
    for name, block in blocks(place).get("train", {}).get("regimes", {}).items():
        what = "one model for all together" if block["together"] else "one model for each corpus and language"
        of = ", ".join(block.get("languages") or ())
        yield str(name), f"regime, {what}{f': {of}' if of else ''}"


def _table(words: Mapping[str, str]) -> Table:
    return tables.show(pd.DataFrame({"word": words.keys(), "meaning": words.values()}, dtype=object))
