"""Turn the executed notebooks into pages, and gather what they found on an index page."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from openner_utils.catalog import load_cards
from openner_utils.config.params import load, units
from openner_utils.pages import report, tables
from openner_utils.pages.corpora import write as corpus_pages
from openner_utils.pages.corpora.found import Found
from openner_utils.pages.corpora.links import links
from openner_utils.support import paths
from openner_utils.support.files import read_json, sha256

STAGE = "report"

GROUPS = {
    "clean": "Data",
    "standardize": "Data",
    "audit": "Data",
    "train": "Encoders",
    "ablate": "Encoders",
    "tune": "Language models",
    "prompt": "Language models",
    "score": "Results",
    "compare": "Questions",
    "methods": "Results",
    "figures": "Results",
}
"""The stages that have pages, in reading order, and the heading each page stands under."""

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
    "figures": "What each figure and table was made from",
}

QUESTION_TITLES = {
    "encoders": "Which encoder, in which language?",
    "regimes": "One model for all languages?",
    "repair": "Does label repair matter?",
    "prompts": "Inline or JSON prompts?",
    "llms": "Language model or encoder?",
}


def inputs() -> list[Path]:
    """Return the executed notebooks, in reading order."""
    # By name, not by looking what lies there: units of an earlier choice of parameters may be left over.
    found = units(load("encoders", "train", "ablations", "tune", "llms", "prompt"))
    found["compare"] = list(QUESTION_TITLES)
    return [
        paths.artifact(stage, *([unit] if unit else []), "page.ipynb")
        for group in dict.fromkeys(GROUPS.values())
        for stage in (stage for stage in GROUPS if GROUPS[stage] == group)
        for unit in found.get(stage, [""])
    ]


def outputs() -> list[Path]:
    """Return the index page, beside which all others lie."""
    return [paths.PAGES / "index.html"]


@dataclass(frozen=True, slots=True)
class Result:
    """One row per page: heading, title, file."""

    pages: pd.DataFrame


def run() -> Result:
    """Write every page, those of the corpora, and the index."""
    params = load("data", "report")
    choice = params.report
    note = report.SCALE_NOTE if choice.scale == "sample" else ""
    notebooks = inputs()
    index = paths.PAGES / "index.html"
    pages = list(map(_page, notebooks))
    data = sum(page.group == "Data" for page in pages)
    overview = report.Page(index, "Overview", "Where to begin", "")
    listing = corpus_pages.listing(paths.PAGES)
    nav = [overview, *pages[:data], listing, *pages[data:]]
    cards = load_cards(params.data.corpora)
    corpus_pages.write(cards, Found.read(paths.ARTIFACTS), paths.PAGES, nav, note)
    for notebook, page in zip(notebooks, pages, strict=True):
        report.page(notebook, page.title, page.path, nav, note, _made(notebook))
    answers = [
        report.Answer(
            QUESTION_TITLES[question],
            read_json(summary)[0],
            _page(summary.with_name("page.ipynb")).path,
        )
        for question in QUESTION_TITLES
        if (summary := paths.artifact("compare", question, "summary.json")).is_file()
    ]
    answers.append(report.Answer("What is in the corpora?", links(cards.values()), listing.path))
    lead = (
        "Corpora as published, every repaired label on record, encoders fine-tuned and language models asked, all scored "
        "under several conventions: what was found, and the pages that show how."
    )
    passport = tables.read(paths.artifact("figures", "passport.csv"))
    made = [report.Made(row.what, row.source, row.sha256) for row in passport.itertuples()]
    report.index(index, choice.title, lead, answers, nav, note, made)
    return Result(pd.DataFrame([{"heading": p.group, "page": p.title, "file": p.path.name} for p in nav]))


def _page(notebook: Path) -> report.Page:
    """Return the page of an executed notebook: ``artifacts/<stage>[/<unit>]/page.ipynb`` → ``<stage>[-<unit>].html``."""
    stage, *unit = notebook.parent.relative_to(paths.ARTIFACTS).parts
    name = "-".join((stage, *unit))
    if stage == "compare":
        return report.Page(paths.PAGES / f"{name}.html", QUESTION_TITLES[unit[0]], "", GROUPS[stage])
    title = f"{stage.capitalize()}: {unit[0].replace('-', ', ')}" if unit else stage.capitalize()
    return report.Page(paths.PAGES / f"{name}.html", title, NOTES[stage], GROUPS[stage])


def _made(notebook: Path) -> list[report.Made]:
    """Return what stands beside an executed notebook: the files that its stage wrote."""
    files = sorted(path for path in notebook.parent.glob("*") if path.suffix in (".csv", ".json", ".parquet"))
    return [report.Made("written by this stage", paths.relative(path), sha256(path)) for path in files]
