"""Browsing: sentences with gold and predicted mentions marked, side by side, in a notebook.

`explore` shows controls where a person can use them, and one fixed page where the notebook is executed unattended.
A mention carries its type in words, and agreement, omission and surplus are told by sign and border as well as by
colour.
"""

import html
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import pyarrow.parquet as pq
from IPython.display import HTML

from openner_utils.catalog import language, load_card
from openner_utils.core.document import Mention
from openner_utils.core.encoding import IOB2
from openner_utils.core.releases import PART_KEYS, RUN_KEYS, read_table, select
from openner_utils.support import paths
from openner_utils.support.errors import OpenNERError
from openner_utils.support.progress import SIDE_FILE

STAGES = ("train", "ablate", "prompt")
"""Stages whose units leave ``predictions.parquet``."""
SPLITS = ("test", "dev", "train")
PAGE = 10
"""Sentences shown at a time."""
GOLD_ONLY = "gold mentions only"
"""Stands among the models for none of them; a menu with the value None would show nothing."""

# Light fills that dark letters stand out from; the border repeats the colour strongly.
_COLOURS = {"PER": ("#cfe5f6", "#0072b2"), "LOC": ("#fbe5b8", "#a86f00"), "ORG": ("#c6ecdf", "#00795a")}
_FURTHER = (("#f0d7e6", "#a8467f"), ("#fad9c6", "#b94f00"), ("#f3efb4", "#7d7200"), ("#e6e6e6", "#555555"))
_MARK = (
    "background:{fill};color:#1a1a1a;border:2px {border} {line};border-radius:4px;padding:0 .25em;"
    "unicode-bidi:isolate;box-decoration-break:clone;-webkit-box-decoration-break:clone"
)
_TAG = "font-size:.72em;font-weight:600;color:#1a1a1a;margin:0 .3em;white-space:nowrap;unicode-bidi:isolate"
_CELL = "vertical-align:top;text-align:start;padding:.45rem .7rem;line-height:2;unicode-bidi:plaintext"
_HEAD = "vertical-align:top;text-align:start;padding:.45rem .7rem;line-height:2"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a mark says of a mention: its sign, its border, and the words of the legend."""

    sign: str
    border: str
    words: str


AGREED = Verdict("✓", "solid", "in both, same words and type")
MISSED = Verdict("✗ missed", "dashed", "only in the gold labels")
SPURIOUS = Verdict("+ spurious", "dotted", "only predicted")
GOLD = Verdict("", "solid", "")


@dataclass(frozen=True, slots=True)
class Model:
    """One run in a file of predictions; ``keys`` are the values of `releases.RUN_KEYS`."""

    path: Path
    keys: tuple[Any, ...]

    def __str__(self) -> str:
        run = dict(zip(RUN_KEYS, self.keys, strict=True))
        asked = (run["format"], run["decoding"], run["policy"] and f"grounding {run['policy']}")
        trained = (run["regime"], run["labels_from"] and f"labels {run['labels_from']}")
        control = "control" if run["control"] else ""
        return " · ".join(filter(None, (run["system"], *trained, *asked, control, f"seed {run['seed']}")))


@dataclass(frozen=True, slots=True)
class Choice:
    """What is looked at. Without a ``model`` only gold mentions are shown."""

    corpus: str
    language: str
    split: str
    model: Model | None = None
    errors_only: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """One sentence: its number within the part, tokens, gold mentions, and predicted ones (None without a model).

    ``gaps`` are what stands before each token: a blank, or nothing where the corpus says that tokens touch.
    """

    number: int
    tokens: tuple[str, ...]
    gaps: tuple[str, ...]
    gold: tuple[Mention, ...]
    predicted: tuple[Mention, ...] | None = None

    @property
    def wrong(self) -> bool:
        """Whether a model predicted something else than the gold mentions."""
        return self.predicted is not None and self.predicted != self.gold


@cache
def parts() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Return what can be browsed: corpus → language → splits."""
    found: dict[str, dict[str, set[str]]] = {}
    for file in sorted(_release("standardized").glob("*.parquet")):
        for row in (
            pq.read_table(file, columns=list(PART_KEYS)).group_by(list(PART_KEYS)).aggregate([]).to_pylist()
        ):
            found.setdefault(row["corpus"], {}).setdefault(row["language"], set()).add(row["split"])
    if not found:
        raise OpenNERError(
            "There are no sentences to browse yet. Run: make reproduce (or dvc repro standardize)"
        )
    return {
        corpus: {
            code: tuple(split for split in SPLITS if split in splits)
            for code, splits in sorted(languages.items())
        }
        for corpus, languages in found.items()
    }


@cache
def _runs() -> Mapping[tuple[str, str, str], tuple[Model, ...]]:
    """Return the runs that predicted each part."""
    found: dict[tuple[str, str, str], list[Model]] = {}
    for stage in STAGES:
        for file in sorted(paths.artifact(stage).glob("*/predictions.parquet")):
            keys = [*RUN_KEYS, *PART_KEYS]
            for row in pq.read_table(file, columns=keys).group_by(keys).aggregate([]).to_pylist():
                part = (row["corpus"], row["language"], row["split"])
                found.setdefault(part, []).append(Model(file, tuple(row[key] for key in RUN_KEYS)))
    return {
        part: tuple(sorted(models, key=lambda model: (str(model), model.path)))
        for part, models in found.items()
    }


def models(corpus: str, language: str, split: str) -> tuple[Model, ...]:
    """Return the runs whose predictions cover a part."""
    return _runs().get((corpus, language, split), ())


def default() -> Choice:
    """Return the first test set with predictions, or the first one there is; with its first model, all sentences."""
    known = [
        (corpus, code, split)
        for split in SPLITS
        for corpus, codes in parts().items()
        for code in codes
        if split in codes[code]
    ]
    part = next((part for part in known if models(*part)), known[0])
    return Choice(*part, model=next(iter(models(*part)), None))


@lru_cache(maxsize=4)
def sentences(choice: Choice) -> tuple[Shown, ...]:
    """Return the chosen sentences in the order of the file.

    With a model gold mentions are those of the core release, which models are trained on; without one, those of
    all standardized types.
    """
    part = dict(zip(PART_KEYS, (choice.corpus, choice.language, choice.split), strict=True))
    release = "core" if choice.model else "standardized"
    gold = select(read_table(_release(release) / f"{choice.corpus}.parquet"), **part).sort_by("sentence")
    predicted: dict[int, tuple[Mention, ...]] = {}
    if choice.model:
        keys = dict(zip(RUN_KEYS, choice.model.keys, strict=True))
        rows = select(read_table(choice.model.path), **keys, **part)
        predicted = {
            row["sentence"]: IOB2.decode(row["labels"])
            for row in rows.select(["sentence", "labels"]).to_pylist()
        }
    shown = (
        Shown(
            row["sentence"],
            tuple(row["tokens"]),
            gaps(row),
            IOB2.decode(row["labels"]),
            predicted.get(row["sentence"]),
        )
        for row in gold.select(["sentence", "tokens", "starts", "ends", "labels"]).to_pylist()
        if not choice.model or row["sentence"] in predicted
    )
    return tuple(each for each in shown if each.wrong or not choice.errors_only or not choice.model)


def gaps(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what stands before each token; corpora without character offsets do not say, and get blanks."""
    if row["starts"] is None:
        return (" ",) * len(row["tokens"])
    touches = (start == end for start, end in zip(row["starts"][1:], row["ends"], strict=False))
    return (" ", *("" if touching else " " for touching in touches))


def page(choice: Choice, start: int = 0, size: int = PAGE) -> str:
    """Return HTML with up to ``size`` of the chosen sentences from position ``start`` on, under a legend."""
    chosen = sentences(choice)
    some = chosen[start : start + size]
    card, tongue = load_card(choice.corpus), language(choice.language)
    what = "sentences with a difference" if choice.errors_only and choice.model else "sentences"
    place = f"{start + 1} to {start + len(some)} of {len(chosen):,} {what}" if some else f"No {what}"
    title = f"{card.name} ({choice.corpus}), {tongue.name}, {choice.split}: {place}"
    lines = [f"<p><strong>{_text(title)}</strong></p>", _source(choice), legend(some)]
    if some:
        lines.append(table(some))
    return "\n".join(lines)


def _source(choice: Choice) -> str:
    if choice.model:
        return f"<p>Predicted by {_text(str(choice.model))}; core types only.</p>"
    if models(choice.corpus, choice.language, choice.split):
        return "<p>Gold mentions only, all standardized types. Choose a model to see what it predicts.</p>"
    return "<p>Gold mentions only, all standardized types: there are no predictions for this part yet.</p>"


def table(some: Sequence[Shown]) -> str:
    """Return an HTML table of sentences with their mentions marked, escaped; with predictions beside if there are any."""
    both = some[0].predicted is not None
    width = 50 if both else 100
    rows = []
    for each in some:
        cells = [_marked(each, each.gold, each.predicted, MISSED if both else GOLD)]
        if each.predicted is not None:
            cells.append(_marked(each, each.predicted, each.gold, SPURIOUS))
        shown = "".join(f'<td dir="auto" style="{_CELL};width:{width}%">{cell}</td>' for cell in cells)
        rows.append(f'<tr><th style="{_HEAD}">{each.number}</th>{shown}</tr>')
    heads = ("", "gold", "predicted") if both else ("", "gold")
    head = "".join(f'<th style="{_HEAD}">{name}</th>' for name in heads)
    return (
        f'<table style="width:100%;border-collapse:collapse"><thead><tr>{head}</tr></thead>\n<tbody>'
        + "\n".join(rows)
        + "</tbody></table>"
    )


def _marked(
    shown: Shown, mentions: Sequence[Mention], others: Sequence[Mention] | None, alone: Verdict
) -> str:
    """Return a sentence with its mentions marked: those among ``others`` as agreed, the rest as ``alone``."""

    def words(start: int, end: int) -> str:
        return "".join(
            gap + token for gap, token in zip(shown.gaps[start:end], shown.tokens[start:end], strict=True)
        )

    pieces: list[str] = []
    reached = 0
    for mention in mentions:
        start, end = mention.span.start, mention.span.end
        verdict = AGREED if others is not None and mention in others else alone
        # A mark is set apart from what it touches, so that its border can be seen.
        pieces += [
            _text(words(reached, start)),
            " ",
            _mark(words(start, end).strip(), mention.type, verdict),
            " ",
        ]
        reached = end
    return "".join([*pieces, _text(words(reached, len(shown.tokens)))]).strip()


def _mark(words: str, type: str, verdict: Verdict) -> str:
    fill, line = _colour(type)
    style = _MARK.format(fill=fill, line=line, border=verdict.border)
    tag = f"{type} {verdict.sign}".strip()
    return f'<mark style="{style}"><bdi>{_text(words)}</bdi><span dir="ltr" style="{_TAG}">{_text(tag)}</span></mark>'


def _colour(type: str) -> tuple[str, str]:
    """Return fill and line of a type; other types than the core ones share a few colours, by their letters."""
    return _COLOURS.get(type) or _FURTHER[sum(map(ord, type)) % len(_FURTHER)]


def legend(some: Sequence[Shown]) -> str:
    """Return HTML that says what the marks of these sentences mean."""
    types = sorted({mention.type for each in some for mention in (*each.gold, *(each.predicted or ()))})
    marks = [_mark("words", type, GOLD) for type in types]
    if any(each.predicted is not None for each in some):
        for verdict in (AGREED, MISSED, SPURIOUS):
            style = _MARK.format(fill="#fff", line="#555555", border=verdict.border)
            marks.append(
                f'<mark style="{style}"><span style="{_TAG}">{verdict.sign}</span></mark> {verdict.words}'
            )
    return f'<p style="line-height:2.2">{" &nbsp; ".join(marks)}</p>' if marks else ""


def explore() -> HTML | widgets.Widget:
    """Return controls over a page, or the default choice's first page where the runner executes the notebook."""
    if SIDE_FILE in os.environ:
        return HTML(page(default()))
    return Browser(default()).box


class Browser:
    """Controls in a notebook: what is chosen, a position, and the page that follows from the two."""

    def __init__(self, choice: Choice) -> None:
        self.choice, self.start = choice, 0
        self._updating = False
        self.corpus = widgets.Dropdown(description="corpus", options=list(parts()))
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
        self.back.on_click(lambda _: self._turn(-PAGE))
        self.forth.on_click(lambda _: self._turn(PAGE))
        self._show(choice)

    def _chosen(self, _: object) -> None:
        """Take over what the controls say.

        Where a language or split does not exist, the first that does is taken; a model that has not predicted the
        part gives way to the gold mentions alone, and that is said.
        """
        if self._updating:
            return
        corpus = self.corpus.value
        code = self.language.value if self.language.value in parts()[corpus] else next(iter(parts()[corpus]))
        split = self.split.value if self.split.value in parts()[corpus][code] else parts()[corpus][code][0]
        wanted = None if self.model.value == GOLD_ONLY else self.model.value
        model = wanted if wanted in models(corpus, code, split) else None
        self._show(Choice(corpus, code, split, model, self.errors_only.value and model is not None))
        if wanted != model:
            place = f"{load_card(corpus).name}, {language(code).name}, {split}"
            self.note.value = f"<p>{_text(str(wanted))} has no predictions for {_text(place)}.</p>"

    def _turn(self, by: int) -> None:
        last = max(0, len(sentences(self.choice)) - 1)
        self.start = min(max(0, self.start + by), last - last % PAGE)
        self._draw()

    def _show(self, choice: Choice) -> None:
        """Set every control and the page to a choice."""
        self.choice, self.start = choice, 0
        known = models(choice.corpus, choice.language, choice.split)
        self._updating = True
        try:
            self.corpus.value = choice.corpus
            self.language.options = [(language(code).name, code) for code in parts()[choice.corpus]]
            self.language.value = choice.language
            self.split.options = parts()[choice.corpus][choice.language]
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
        self.forth.disabled = self.start + PAGE >= len(sentences(self.choice))
        self.view.value = page(self.choice, self.start)


def _release(name: str) -> Path:
    return paths.artifact("standardize", name)


def _text(words: str) -> str:
    return html.escape(words)
