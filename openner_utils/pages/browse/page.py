"""One page of the chosen sentences."""

from collections.abc import Sequence

from markupsafe import Markup

from openner_utils.catalog import language, load_card
from openner_utils.pages.browse import marks
from openner_utils.pages.browse.filters import DIFFERENCE, Counted, Filter
from openner_utils.pages.browse.selection import CORE, Choice, Library, Shown
from openner_utils.pages.render import rendered

SIZE = 10
"""Sentences shown at a time."""


def page(library: Library, choice: Choice, start: int = 0, size: int = SIZE) -> Markup:
    """Return HTML with up to ``size`` of the chosen sentences from position ``start`` on, under a legend."""
    chosen = library.sentences(choice)
    some = chosen[start : start + size]
    what = _what(choice)
    range_ = f"{start + 1} to {start + len(some)} of {len(chosen):,} {what}" if some else f"No {what}"
    return rendered(
        "browse.html.j2",
        title=f"{place(choice.corpus, choice.language, choice.split)}: {range_}",
        source=_source(library, choice),
        scores=_scores(choice, chosen),
        legend=marks.legend(some),
        table=marks.table(some) if some else "",
    )


def _what(choice: Choice) -> str:
    """Return what is shown: sentences, or those that have what a filter asks for."""
    asked = choice.filter
    if asked == Filter(error=DIFFERENCE):
        return "sentences with a difference"
    said = {
        "words": asked.text,
        "type": asked.type,
        "error": asked.error,
        "repaired by": asked.rule,
        "mentions": asked.known,
    }
    has = "; ".join(f"{name}: {value}" for name, value in said.items() if value)
    return f"sentences ({has})" if has else "sentences"


def _scores(choice: Choice, chosen: Sequence[Shown]) -> list[str]:
    """Return precision, recall and F1 of each model on the sentences that are chosen, all pages of them."""
    models = [(choice.model, False), (choice.second, True)]
    return [f"{model}: {Counted.of(chosen, second)}" for model, second in models if model is not None]


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
