"""Controls over a page of sentences, in a notebook."""

import os
from collections.abc import Iterable
from dataclasses import replace

import ipywidgets as widgets
from IPython.display import HTML
from markupsafe import Markup

from openner_utils.catalog import language
from openner_utils.pages.browse.export import export
from openner_utils.pages.browse.filters import ANY, DIFFERENCE, EVERYTHING, SEEN, UNSEEN, Filter
from openner_utils.pages.browse.page import SIZE, page, place
from openner_utils.pages.browse.selection import Choice, Library, Model
from openner_utils.pages.browse.sub_tokens import Tokenizers, table
from openner_utils.scoring.errors import KINDS, RIGHT
from openner_utils.support import paths
from openner_utils.support.errors import OpenNERError
from openner_utils.support.paths import HERE, Place
from openner_utils.support.progress import SIDE_FILE
from openner_utils.support.words import counted

GOLD_ONLY = "gold mentions only"
"""Stands among the models for none of them; a menu with the value None would show nothing."""
NO_SECOND = "no second model"
FILE = ".openner/explored.jsonl"
"""Where what is kept is saved unless another file is named: in a folder that git leaves alone, for it holds a corpus's text."""


def explore() -> HTML | widgets.Widget:
    """Return controls over the compendium's sentences; where the runner executes the notebook, a first page alone."""
    library = Library(paths.ARTIFACTS)
    if SIDE_FILE in os.environ:
        return HTML(page(library, library.default()))
    return Browser(library).box


class Browser:
    """Controls in a notebook: what is chosen, a position, and the page that follows from the two."""

    def __init__(self, library: Library, here: Place = HERE) -> None:
        self.library, self.root = library, here.root
        self.tokenizers = Tokenizers(here)
        self.choice, self.start = library.default(), 0
        self._updating = False
        scripts = sorted({language(code).script for codes in library.parts.values() for code in codes})
        wide = widgets.Layout(width="34rem")
        self.script = widgets.Dropdown(
            description="script", options=[("all", ANY), *((each, each) for each in scripts)]
        )
        self.corpus = widgets.Dropdown(description="corpus", options=list(library.parts))
        self.language = widgets.Dropdown(description="language")
        self.split = widgets.Dropdown(description="split")
        self.model = widgets.Dropdown(description="model", options=[GOLD_ONLY], layout=wide)
        self.second = widgets.Dropdown(description="second", options=[NO_SECOND], layout=wide)
        kinds = [("any or none", ANY), DIFFERENCE, *(kind for kind in KINDS if kind != RIGHT)]
        self.error = widgets.Dropdown(
            description="error", options=[kinds[0], *((each, each) for each in kinds[1:])]
        )
        self.type = widgets.Dropdown(description="type", options=[("all", ANY)])
        self.rule = widgets.Dropdown(description="repaired by", options=[("any or none", ANY)])
        self.known = widgets.Dropdown(
            description="mentions",
            options=[("all", ANY), (f"{SEEN} in training", SEEN), (f"{UNSEEN} in training", UNSEEN)],
        )
        self.text = widgets.Text(
            description="words", placeholder="stand in the sentence", continuous_update=False
        )
        self.jump = widgets.BoundedIntText(description="sentence", min=0, max=0)
        self.back, self.forth = widgets.Button(description="◀ back"), widgets.Button(description="next ▶")
        self.tokenizer = widgets.Dropdown(
            description="sub-tokens",
            options=[("none", ANY), *((each, each) for each in self.tokenizers.names)],
        )
        self.file = widgets.Text(description="file", value=FILE, layout=widgets.Layout(width="24rem"))
        self.save = widgets.Button(description="save all that is kept", layout=widgets.Layout(width="12rem"))
        self.note, self.view = widgets.HTML(), widgets.HTML()
        self.box = widgets.VBox(
            [
                widgets.HBox([self.script, self.corpus, self.language, self.split]),
                widgets.HBox([self.model, self.second]),
                widgets.HBox([self.error, self.type, self.rule, self.known]),
                widgets.HBox([self.text, self.jump, self.back, self.forth]),
                widgets.HBox([self.tokenizer, self.file, self.save]),
                self.note,
                self.view,
            ]
        )
        self.script.observe(self._of_script, "value")
        for control in (
            self.corpus, self.language, self.split, self.model, self.second, self.error, self.type, self.rule, self.known, self.text,
        ):  # fmt: skip
            control.observe(self._chosen, "value")
        self.jump.observe(self._jumped, "value")
        self.tokenizer.observe(lambda _: self._draw(), "value")
        self.save.on_click(lambda _: self._save())
        self.back.on_click(lambda _: self._turn(-SIZE))
        self.forth.on_click(lambda _: self._turn(SIZE))
        self._show(self.choice)

    def _of_script(self, _: object) -> None:
        """Offer the corpora that have a language in a script, and show the first unless the corpus is one of them."""
        script = self.script.value
        there = [
            corpus
            for corpus, codes in self.library.parts.items()
            if script == ANY or any(language(code).script == script for code in codes)
        ]
        corpus = self.corpus.value if self.corpus.value in there else there[0]
        self._updating = True
        try:
            self.corpus.options = there
            self.corpus.value = corpus
        finally:
            self._updating = False
        self._chosen(None)

    def _chosen(self, _: object) -> None:
        """Take over what the controls say.

        Where a language or split does not exist, the first that does is taken; a model that has not predicted the
        part gives way to the gold mentions alone, and that is said. A filter that the part has nothing of asks for nothing.
        """
        if self._updating:
            return
        corpus = self.corpus.value
        languages = self.library.parts[corpus]
        code = self.language.value if self.language.value in languages else next(iter(languages))
        split = self.split.value if self.split.value in languages[code] else languages[code][0]
        wanted = None if self.model.value == GOLD_ONLY else self.model.value
        models = self.library.models(corpus, code, split)
        model = wanted if wanted in models else None
        second = self.second.value if self.second.value in _beside(model, models) else None
        asked = Filter(
            self.text.value.strip(),
            self.type.value,
            self.error.value if model else ANY,
            self.rule.value if self.rule.value in self.library.rules(corpus) else ANY,
            self.known.value,
        )
        self._show(Choice(corpus, code, split, model, second, asked))
        if wanted != model:
            said = Markup("<p>{} has no predictions for {}.</p>")
            self.note.value = said.format(str(wanted), place(corpus, code, split))

    def _jumped(self, _: object) -> None:
        """Turn to the page of the sentence with a number, or of the first behind it that is shown."""
        if self._updating:
            return
        numbers = [each.number for each in self.library.sentences(self.choice)]
        at = next((n for n, number in enumerate(numbers) if number >= self.jump.value), len(numbers) - 1)
        self.start = max(0, at - at % SIZE)
        self._draw()

    def _save(self) -> None:
        """Write what the filters keep into the file that is named, and say so, or why not."""
        path = self.root / self.file.value.strip()
        try:
            number = export(self.library, self.choice, path)
        except OpenNERError as error:
            self.note.value = Markup("<p>{}</p>").format(str(error))
        else:
            said = counted(number, "sentence")
            self.note.value = Markup("<p>{} written to {}.</p>").format(said, self.file.value.strip())

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
            self.second.options = [NO_SECOND, *_beside(choice.model, known)]
            self.second.value = choice.second if choice.second in self.second.options else NO_SECOND
            self.second.disabled = self.error.disabled = choice.model is None
            everything = self.library.sentences(replace(choice, filter=EVERYTHING))
            types = sorted({m.type for each in everything for m in (*each.gold, *(each.predicted or ()))})
            asked = choice.filter
            if asked.type and asked.type not in types:
                types.append(asked.type)
            self.type.options = [("all", ANY), *((each, each) for each in types)]
            self.rule.options = [
                ("any or none", ANY),
                *((each, each) for each in self.library.rules(choice.corpus)),
            ]
            self.type.value, self.rule.value, self.error.value = asked.type, asked.rule, asked.error
            self.known.value, self.text.value = asked.known, asked.text
            self.jump.max = max((each.number for each in everything), default=0)
            self.jump.value = 0
            self.note.value = ""
        finally:
            self._updating = False
        self._draw()

    def _draw(self) -> None:
        self.back.disabled = self.start == 0
        self.forth.disabled = self.start + SIZE >= len(self.library.sentences(self.choice))
        html = page(self.library, self.choice, self.start)
        if self.tokenizer.value:
            some = self.library.sentences(self.choice)[self.start : self.start + SIZE]
            html += table(self.tokenizer.value, self.tokenizers, some)
        self.view.value = html


def _beside(model: Model | None, known: Iterable[Model]) -> list[Model]:
    """Return the models that can stand beside one: others, of the same types."""
    return [each for each in known if model is not None and each != model and each.release == model.release]
