"""One page of the chosen sentences."""

from markupsafe import Markup

from openner_utils.catalog import language, load_card
from openner_utils.pages.browse import marks
from openner_utils.pages.browse.selection import CORE, Choice, Library
from openner_utils.pages.render import rendered

SIZE = 10
"""Sentences shown at a time."""


def page(library: Library, choice: Choice, start: int = 0, size: int = SIZE) -> Markup:
    """Return HTML with up to ``size`` of the chosen sentences from position ``start`` on, under a legend."""
    chosen = library.sentences(choice)
    some = chosen[start : start + size]
    what = "sentences with a difference" if choice.errors_only and choice.model else "sentences"
    range_ = f"{start + 1} to {start + len(some)} of {len(chosen):,} {what}" if some else f"No {what}"
    return rendered(
        "browse.html.j2",
        title=f"{place(choice.corpus, choice.language, choice.split)}: {range_}",
        source=_source(library, choice),
        legend=marks.legend(some),
        table=marks.table(some) if some else "",
    )


def place(corpus: str, code: str, split: str) -> str:
    """Return the name of a part."""
    return f"{load_card(corpus).name} ({corpus}), {language(code).name}, {split}"


def _source(library: Library, choice: Choice) -> str:
    if choice.model:
        types = "core types only" if choice.model.release == CORE else "the types that the corpus annotates"
        return f"Predicted by {choice.model}; {types}."
    if library.models(choice.corpus, choice.language, choice.split):
        return "Gold mentions only, all standardized types. Choose a model to see what it predicts."
    return "Gold mentions only, all standardized types: there are no predictions for this part yet."
