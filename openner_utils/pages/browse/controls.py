"""Controls over a page of sentences, in a notebook."""

import os

import ipywidgets as widgets
from IPython.display import HTML
from markupsafe import Markup

from openner_utils.catalog import language
from openner_utils.pages.browse.page import SIZE, page, place
from openner_utils.pages.browse.selection import Choice, Library
from openner_utils.support import paths
from openner_utils.support.progress import SIDE_FILE

GOLD_ONLY = "gold mentions only"
"""Stands among the models for none of them; a menu with the value None would show nothing."""


def explore() -> HTML | widgets.Widget:
    """Return controls over the compendium's sentences; where the runner executes the notebook, a first page alone."""
    library = Library(paths.ARTIFACTS)
    if SIDE_FILE in os.environ:
        return HTML(page(library, library.default()))
    return Browser(library).box


class Browser:
    """Controls in a notebook: what is chosen, a position, and the page that follows from the two."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.choice, self.start = library.default(), 0
        self._updating = False
        self.corpus = widgets.Dropdown(description="corpus", options=list(library.parts))
        self.language = widgets.Dropdown(description="language")
        self.split = widgets.Dropdown(description="split")
        self.model = widgets.Dropdown(
            description="model", options=[GOLD_ONLY], layout=widgets.Layout(width="34rem")
        )
        self.errors_only = widgets.Checkbox(description="only sentences with a difference", indent=False)
        self.back, self.forth = widgets.Button(description="◀ back"), widgets.Button(description="next ▶")
        self.note, self.view = widgets.HTML(), widgets.HTML()
        self.box = widgets.VBox(
            [
                widgets.HBox([self.corpus, self.language, self.split]),
                widgets.HBox([self.model, self.errors_only]),
                widgets.HBox([self.back, self.forth]),
                self.note,
                self.view,
            ]
        )
        for control in (self.corpus, self.language, self.split, self.model, self.errors_only):
            control.observe(self._chosen, "value")
        self.back.on_click(lambda _: self._turn(-SIZE))
        self.forth.on_click(lambda _: self._turn(SIZE))
        self._show(self.choice)

    def _chosen(self, _: object) -> None:
        """Take over what the controls say.

        Where a language or split does not exist, the first that does is taken; a model that has not predicted the
        part gives way to the gold mentions alone, and that is said.
        """
        if self._updating:
            return
        corpus = self.corpus.value
        languages = self.library.parts[corpus]
        code = self.language.value if self.language.value in languages else next(iter(languages))
        split = self.split.value if self.split.value in languages[code] else languages[code][0]
        wanted = None if self.model.value == GOLD_ONLY else self.model.value
        model = wanted if wanted in self.library.models(corpus, code, split) else None
        self._show(Choice(corpus, code, split, model, self.errors_only.value and model is not None))
        if wanted != model:
            said = Markup("<p>{} has no predictions for {}.</p>")
            self.note.value = said.format(str(wanted), place(corpus, code, split))

    def _turn(self, by: int) -> None:
        last = max(0, len(self.library.sentences(self.choice)) - 1)
        self.start = min(max(0, self.start + by), last - last % SIZE)
        self._draw()

    def _show(self, choice: Choice) -> None:
        """Set every control and the page to a choice."""
        self.choice, self.start = choice, 0
        known = self.library.models(choice.corpus, choice.language, choice.split)
        self._updating = True
        try:
            self.corpus.value = choice.corpus
            self.language.options = [
                (language(code).name, code) for code in self.library.parts[choice.corpus]
            ]
            self.language.value = choice.language
            self.split.options = self.library.parts[choice.corpus][choice.language]
            self.split.value = choice.split
            self.model.options = [GOLD_ONLY, *known]
            self.model.value = choice.model or GOLD_ONLY
            self.errors_only.value, self.errors_only.disabled = choice.errors_only, choice.model is None
            self.note.value = ""
        finally:
            self._updating = False
        self._draw()

    def _draw(self) -> None:
        self.back.disabled = self.start == 0
        self.forth.disabled = self.start + SIZE >= len(self.library.sentences(self.choice))
        self.view.value = page(self.library, self.choice, self.start)
