"""Turn the executed notebooks into pages, and gather what they found on an index page."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import nbformat
import pandas as pd

from openner_utils.catalog import load_cards
from openner_utils.config.params import Data, OfUnits, Report, folder, units
from openner_utils.core.artifacts import PASSPORT, SUMMARY, Artifact
from openner_utils.pages import origin, report
from openner_utils.pages.corpora import found as of_corpora
from openner_utils.pages.corpora import write as corpus_pages
from openner_utils.pages.corpora.found import Found
from openner_utils.pages.corpora.links import links
from openner_utils.pages.each import found as of_each
from openner_utils.pages.each import glossary, replies
from openner_utils.pages.each import write as each_pages
from openner_utils.pages.passport import basis
from openner_utils.stages import Work
from openner_utils.support.errors import OpenNERError
from openner_utils.support.files import sha256
from openner_utils.support.paths import Place
from openner_utils.support.within import within
from openner_utils.support.words import counted

PAGE = "page.ipynb"
"""The executed notebook of a stage's unit, beside its artifacts."""

GROUPS = {
    "compare": "Questions",
    "score": "Results",
    "methods": "Results",
    "figures": "Results",
    "web": "Results",
    "clean": "Data",
    "standardize": "Data",
    "audit": "Data",
    "train": "Encoders",
    "ablate": "Encoders",
    "tune": "Language models",
    "prompt": "Language models",
}
"""The stages that have pages, in reading order, and the heading each page stands under: answers first."""

FIRST = (
    "encoders", "regimes", "llms", "prompts", "transfer", "pairs", "repair", "doses", "scorers", "multiverse", "leaked", "doubts",
    "power",
)  # fmt: skip
"""Questions in the order in which a reader asks them: which system, whether that hangs on labels and choices, whether the test sets
can be trusted. Others follow by name."""

NOTES = {
    "clean": "What was read, and every repaired label",
    "standardize": "What became of each entity type",
    "audit": "Counts, duplicates and leakage, distributions",
    "train": "Tokenizer, curves and scores of one encoder",
    "ablate": "Training on labels that were not repaired",
    "tune": "The small language model and its control",
    "prompt": "Replies, and what became of each mention",
    "score": "Every prediction under every convention",
    "methods": "How differences are judged, and how often that errs",
    "web": "Web text annotated by two, and what each step costs",
    "figures": "What each figure and table was made from",
}

READS = (
    *of_corpora.READS, *of_each.READS, *replies.READS, SUMMARY, PASSPORT,
    *(Artifact(f"{stage}/{PAGE}") for stage in GROUPS),
)  # fmt: skip
"""Of all stages the executed notebooks."""
WRITES: tuple[Artifact, ...] = ()
"""Pages lie in reports/."""


class Params(OfUnits):
    """The blocks of params.yaml that the stage uses: which pages there are, and what they say of the run."""

    data: Data
    report: Report


def executed(params: Params, place: Place) -> list[Path]:
    """Return the executed notebooks, in reading order."""
    # By name, not by looking what lies there: units of an earlier choice of parameters may be left over.
    found = {stage: [folder(unit) for unit in of_stage] for stage, of_stage in units(params).items()}
    found["compare"] = reading_order(place.questions)
    return [
        place.artifacts.joinpath(stage, unit, PAGE)
        for group in dict.fromkeys(GROUPS.values())
        for stage in (stage for stage in GROUPS if GROUPS[stage] == group)
        for unit in found.get(stage, [""])
    ]


def reading_order(questions: Iterable[str]) -> list[str]:
    """Return questions in the order of `FIRST`, then the others by name.

    >>> reading_order(["a_new_one", "doses", "encoders"])
    ['encoders', 'doses', 'a_new_one']
    """
    known = {name: place for place, name in enumerate(FIRST)}
    return sorted(questions, key=lambda name: (known.get(name, len(known)), name))


@dataclass(frozen=True, slots=True)
class Result:
    """One row per page: heading, title, file."""

    pages: pd.DataFrame


def run(work: Work, params: Params) -> Result:
    """Write every page, those of the corpora, and the index."""
    place, choice, cards = work.place, params.report, load_cards(params.data.corpora)
    note = report.SCALE_NOTE if choice.scale == "sample" else ""
    index = place.pages / "index.html"
    _all_there(notebooks := executed(params, place), place)
    pages = {notebook: _page(notebook, place) for notebook in notebooks}
    overview = report.Page(index, "Overview", "Where to begin", "")
    listing = corpus_pages.listing(place)
    results = [page(place) for page in (each_pages.languages, each_pages.systems)]
    told = [page(place) for page in (each_pages.words, each_pages.made_with)]
    # Of a heading the pages of single languages and systems come first, and what explains the others last.
    listed = [*results, *pages.values(), *told, listing, each_pages.catalog(place)]
    nav = [
        overview,
        *(page for group in dict.fromkeys(GROUPS.values()) for page in listed if page.group == group),
    ]
    beneath = [report.Made(each.what, each.source, each.sha256) for each in basis(place, cards.values())]
    beneath += [report.Made(what, told) for what, told in origin.told(place.root).items()]
    corpus_pages.write(cards, Found.read(work.inputs, compared=True), place, nav, note, beneath)
    scored = of_each.Scored.read(work.inputs, params.prompt.policy)
    every = load_cards(cards=place.cards)
    each_pages.write(
        scored,
        every | cards,
        cards,
        units(params)["prompt"],
        work.inputs,
        params.prompt.policy,
        place,
        nav,
        note,
        beneath,
    )
    short = {
        notebook: work.inputs.value(SUMMARY, question=notebook.parent.name)[0]
        for notebook, page in pages.items()
        if page.group == GROUPS["compare"]
    }
    for notebook, page in pages.items():
        made = [*_made(notebook, place), *beneath]
        report.page(notebook, page.title, page.path, nav, note, made, answer=short.get(notebook, ""))
    answers = [
        report.Answer(pages[notebook].title, said, pages[notebook].path) for notebook, said in short.items()
    ]
    answers.append(report.Answer("What is in the corpora?", links(cards.values()), listing.path))
    lead = (
        "Corpora as published, every repaired label on record, encoders fine-tuned and language models asked, all scored "
        "under several conventions: what was found, and the pages that show how."
    )
    passport = work.inputs.frame(PASSPORT)
    made = [report.Made(row.what, row.source, row.sha256) for row in passport.itertuples()]
    report.index(
        index,
        choice.title,
        lead,
        answers,
        nav,
        note,
        [*made, *beneath],
        _finding(nav, units(params)),
        [each_pages.by_language(scored, glossary.told(place))],
    )
    return Result(pd.DataFrame([{"heading": p.group, "page": p.title, "file": p.path.name} for p in nav]))


_LOOKED_FOR = {
    "which system is best in a language, and whether that is beyond chance": ("languages", "compare-pairs"),
    "a system's scores, which types it takes for which, and errors to read": ("systems",),
    "how training went: loss, and F1 on dev by epoch": ("train-*",),
    "what repair changed in a corpus, its sizes and sentences": ("corpora", "clean"),
    "a corpus's licence and source": ("catalog",),
    "whether test sentences are in training data": ("audit", "compare-leaked"),
    "what a language model's replies lost, and why": ("prompt-*", "replies-*"),
    "whether a result hangs on a choice": ("compare-multiverse", "compare-scorers", "compare-repair"),
    "with which recipe and seeds a model was trained": ("choices", "train-*"),
    "how differences are judged": ("methods",),
    "what a word or a head of a column means": ("glossary",),
    "tables and figures for a paper": ("figures",),
}
"""What readers look for, and the files of the pages that have it, without ending."""


def _finding(
    nav: list[report.Page], asked: Mapping[str, list[dict[str, str]]]
) -> list[tuple[str, list[report.Page]]]:
    """Return what readers look for, with its pages as far as there are any."""
    folder_ = nav[0].path.parent
    names = [f"replies-{folder(unit)}" for unit in asked["prompt"]]
    every = [
        *nav,
        *(report.Page(folder_ / f"{name}.html", name.replace("-", ": ", 1).capitalize()) for name in names),
    ]
    found = [
        (what, [each for each in every if any(fnmatch(each.path.stem, name) for name in patterns)])
        for what, patterns in _LOOKED_FOR.items()
    ]
    return [(what, pages) for what, pages in found if pages]


def _all_there(notebooks: Sequence[Path], place: Place) -> None:
    """Raise `OpenNERError` where a stage has not been run, before anything is written."""
    missing = [place.relative(notebook) for notebook in notebooks if not notebook.is_file()]
    if missing:
        raise OpenNERError(
            f"{missing[0]}: missing, with {len(missing) - 1} more of {counted(len(notebooks), 'executed notebook')}. Run all stages: "
            "make reproduce"
        )


def _page(notebook: Path, place: Place) -> report.Page:
    """Return the page of an executed notebook: ``artifacts/<stage>[/<unit>]/page.ipynb`` → ``<stage>[-<unit>].html``.

    A question's page has the title of its notebook.
    """
    stage, *unit = notebook.parent.relative_to(place.artifacts).parts
    path = within(place.pages, f"{'-'.join((stage, *unit))}.html", "params.yaml")
    if stage == "compare":
        return report.Page(path, title(notebook), "", GROUPS[stage])
    name = f"{stage.capitalize()}: {unit[0].replace('-', ', ')}" if unit else stage.capitalize()
    return report.Page(path, name, NOTES[stage], GROUPS[stage])


def title(notebook: Path) -> str:
    """Return the first heading of a notebook (.ipynb)."""
    for cell in nbformat.read(notebook, as_version=4).cells:
        first = cell.source.lstrip().partition("\n")[0]
        if cell.cell_type == "markdown" and first.startswith("# "):
            return str(first.removeprefix("# ").strip())
    raise OpenNERError(
        f"{notebook} begins with no heading. Begin its script with a cell `# # What is asked?`"
    )


def _made(notebook: Path, place: Place) -> list[report.Made]:
    """Return what stands beside an executed notebook: the files that its stage wrote."""
    files = sorted(path for path in notebook.parent.glob("*") if path.suffix in (".json", ".parquet"))
    return [report.Made("written by this stage", place.relative(path), sha256(path)) for path in files]
