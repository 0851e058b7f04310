"""HTML pages that stand by themselves: executed notebooks, and the index that leads to them.

A page holds its style and figures and loads nothing. The one script that it runs, where it holds a table, sorts and searches tables; a
content security policy allows this script by its hash, and nothing else. A page has the same bytes for the same content. Text is escaped wherever it is not marked as HTML.
"""

import base64
import hashlib
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import nbformat
from markupsafe import Markup
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from traitlets.config import Config

from openner_utils import __version__
from openner_utils.pages.corpora.sections import Section
from openner_utils.pages.render import TEMPLATES, rendered
from openner_utils.pages.takeaway import Takeaways, headed
from openner_utils.pipeline import notebooks
from openner_utils.support import files
from openner_utils.support.words import unbroken, visible

SCALE_NOTE = "Made at sample scale: not a result to cite."

_TABLE = re.compile(r'<table(?! class="made")')
"""A table that is worth a search: not that of the passport."""
_SHOWN = ["image/svg+xml", "text/html", "text/markdown", "image/png", "image/jpeg", "text/plain"]


@dataclass(frozen=True)
class Page:
    """A page of the report: where it lies, its title, a line on what it answers, and its heading in the navigation."""

    path: Path
    title: str
    note: str = ""
    group: str = ""


@dataclass(frozen=True)
class Answer:
    """What a page answers, in short, on the index page; ``text`` is escaped unless it is `Markup`."""

    heading: str
    text: str | Markup
    page: Path


@dataclass(frozen=True)
class Made:
    """A line of the passport: ``what`` was made from ``source``, with this ``sha256`` where that is a file or folder."""

    what: str
    source: str
    sha256: str = ""


def page(
    notebook: Path,
    title: str,
    out: Path,
    nav: Sequence[Page],
    scale_note: str = "",
    made: Iterable[Made] = (),
    answer: str = "",
) -> None:
    """Write an executed notebook as the page ``out``.

    ``nav`` are all pages in order; the one at ``out`` is marked as the current one. A non-empty ``scale_note`` is
    shown as a banner. ``made`` is the provenance in the footer. ``answer``, Markdown, stands behind the question, which is the first
    paragraph, before the design and the numbers.
    """
    executed = nbformat.read(notebook, as_version=4)
    if answer:
        executed.cells[0].source = answered(executed.cells[0].source, answer)
        _not_twice(executed.cells, answer)
    kicker = "" if f"# {title}" in executed.cells[0].source.splitlines() else title
    made = list(made)
    laid = Takeaways(out, scale_note)
    for cell, heading in headed(executed.cells):
        for output in cell.outputs:
            if "data" in output:
                links = laid.of_output(output.data, f"{title}: {heading}" if heading != title else title)
                output.metadata["links"] = str(links)
    body, _ = _exporter().from_notebook_node(executed)
    write(
        "page.html.j2",
        out,
        nav,
        title=title,
        scale_note=scale_note,
        made=made,
        kicker=kicker,
        body=Markup(body),
    )


def index(
    out: Path,
    title: str,
    lead: str | Markup,
    answers: Sequence[Answer],
    nav: Sequence[Page],
    scale_note: str = "",
    made: Iterable[Made] = (),
    finding: Iterable[tuple[str, Sequence[Page]]] = (),
    sections: Sequence[Section] = (),
) -> None:
    """Write the page that people open first: main results, summaries, where to look, how to cite, all pages, what was made from what.

    ``finding``: what readers look for, and the pages that have it; ``sections``: the main results.
    """
    linked = [
        {"heading": each.heading, "text": _unbroken(each.text), "href": _href(each.page, out)}
        for each in answers
    ]
    write(
        "index.html.j2",
        out,
        nav,
        title=title,
        lead=lead,
        answers=linked,
        finding=[
            (what, [{"href": _href(each.path, out), "title": each.title} for each in pages])
            for what, pages in finding
        ],
        sections=list(sections),
        scale_note=scale_note,
        made=list(made),
        made_open=True,
    )


def _unbroken(text: str | Markup) -> str | Markup:
    return text if isinstance(text, Markup) else unbroken(text)


def write(template: str, out: Path, nav: Sequence[Page], **values: Any) -> None:
    """Fill a template of ``templates/`` and write the page, with links to all pages of ``nav``.

    Of ``sections`` the data of each table are laid beside the page, and linked below it (`takeaway`).
    """
    links = [
        (
            group,
            [
                {
                    "title": each.title,
                    "note": each.note,
                    "href": _href(each.path, out),
                    "current": each.path == out,
                }
                for each in pages
            ],
        )
        for group, pages in groupby(nav, key=lambda each: each.group)
    ]
    style = Markup((TEMPLATES / "style.css").read_text(encoding="utf-8"))
    values = {
        "made_open": False,
        "version": __version__,
        "style": style,
        "nav": links,
        "script": "",
        **values,
    }
    if "sections" in values:
        laid = Takeaways(out, values["scale_note"])
        values["sections"] = [
            {
                "heading": section.heading,
                "text": section.text,
                "shown": [
                    laid.under(each, f"{values['title']}: {section.heading}") for each in section.shown
                ],
            }
            for section in values["sections"]
        ]
    html = rendered(template, **(values | _script()))
    if not _TABLE.search(html):
        html = rendered(template, **values)
    files.write_text(out, html)


def answered(source: str, answer: str) -> str:
    """Return the Markdown of a page's beginning with its answer behind the question: the first paragraph under the title.

    >>> answered("# Which?\\n\\nWhich is it?\\n\\nHow it is told.", "This.")
    '# Which?\\n\\nWhich is it?\\n\\n**In short:** This.\\n\\nHow it is told.'
    """
    paragraphs = source.split("\n\n")
    paragraphs.insert(2, f"**In short:** {answer}")
    return "\n\n".join(paragraphs)


def _not_twice(cells: Sequence[Any], answer: str) -> None:
    """Take the answer out of the list of sentences below, which begins with it; a list of nothing else goes with it."""
    for cell in cells:
        for output in cell.get("outputs", []):
            lines = str(output.get("data", {}).get("text/markdown", "")).split("\n")
            if lines[0] == f"- {answer}":
                if len(lines) > 1:
                    output.data["text/markdown"] = "\n".join(lines[1:])
                else:
                    cell.outputs = [each for each in cell.outputs if each is not output]
                return


@cache
def _script() -> dict[str, Markup]:
    """Return the script of tables, and its hash as a content security policy names it."""
    script = (TEMPLATES / "tables.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    return {"script": Markup(script), "script_hash": Markup(f"sha256-{digest}")}


def _href(page: Path, out: Path) -> str:
    return Path(os.path.relpath(page, out.parent)).as_posix()


@cache
def _exporter() -> HTMLExporter:
    exporter = HTMLExporter(
        extra_template_basedirs=[str(TEMPLATES)],
        template_name="notebook",
        anchor_link_text="#",
        config=Config({"NbConvertBase": {"display_data_priority": _SHOWN}}),
    )
    exporter.register_filter("base64", lambda text: base64.b64encode(text.encode("utf-8")).decode("ascii"))
    exporter.register_filter("summary", _summary)
    exporter.register_filter("markdown2html", _in_html)
    return exporter


def _in_html(source: str) -> str:
    """Return Markdown as HTML. Tags in it are text, and links lead nowhere that runs a script, whoever wrote it."""
    renderer = IPythonRenderer(escape=True, allow_harmful_protocols=False, anchor_link_text="#")
    return MarkdownWithMath(renderer=renderer).render(unbroken(visible(source)))


def _summary(cell: Any) -> str:
    """Return what the fold over a code cell is called."""
    tags = cell.metadata.get("tags", [])
    if notebooks.INJECTED in tags:
        return "parameters of this run"
    return "parameters and defaults" if notebooks.PARAMETERS in tags else "code"
