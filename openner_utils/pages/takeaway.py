"""What readers take away from a table or figure of a page: its data as CSV and LaTeX, and a figure as SVG, PDF and PNG.

A table that a page shows carries its data (`Table`), and so does the output of a notebook (`MIME`). A page lays them into a folder
of its own beside it, ``data/<page>/table-1.csv``, and links them by addresses that need no network.
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from IPython.display import HTML
from markupsafe import Markup

from openner_utils import __version__
from openner_utils.pages.render import rendered
from openner_utils.support import files
from openner_utils.support.latex import floating
from openner_utils.support.within import within

MIME = "application/vnd.openner.data+json"
"""Under this an output of a notebook holds its data: ``csv`` and ``tabular``, both texts."""
FOLDER = "data"
"""Beside the pages."""
SVG, PDF, PNG = "image/svg+xml", "application/pdf", "image/png"


class Table(HTML):
    """A table as HTML, for a notebook or a page, with all its rows as CSV and its LaTeX ``tabular``."""

    def __init__(self, html: Markup, csv: str, tabular: str) -> None:
        super().__init__(html)  # type: ignore[no-untyped-call]
        self.bundle = {"csv": csv, "tabular": tabular}

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return {MIME: self.bundle}


@dataclass(frozen=True, slots=True)
class Linked:
    """What a page shows, and the line of links below it (empty where nothing can be taken away)."""

    html: Markup
    links: str = ""


@dataclass(slots=True)
class Takeaways:
    """Those of the page ``out``, numbered in the order in which they are laid down; what lay there of an earlier page is removed.

    ``note``: what stands at the head of LaTeX beside where it is from, such as that the numbers are not to be cited.
    """

    out: Path
    note: str = ""
    _numbers: dict[str, int] = field(default_factory=lambda: {"table": 0, "figure": 0})
    _clean: bool = False

    def under(self, each: Markup | Table, caption: str) -> Linked:
        """Lay down what a section of a page shows; only a `Table` has data."""
        if not isinstance(each, Table):
            return Linked(each)
        links = self.lay("table", self._texts("table", each.bundle, caption))
        return Linked(Markup(each.data), links)

    def of_output(self, data: Mapping[str, Any], caption: str) -> str:
        """Lay down the data and the forms of a notebook's output, and return the links; nothing where there are none."""
        kind = "figure" if SVG in data else "table"
        forms: dict[str, tuple[str, bytes]] = {}
        if kind == "figure":
            forms["svg"] = ("SVG", str(data[SVG]).encode("utf-8"))
            for name, title, mime in (("pdf", "PDF", PDF), ("png", "PNG", PNG)):
                if mime in data:
                    forms[name] = (title, base64.b64decode(data[mime]))
        if MIME in data:
            forms |= self._texts(kind, data[MIME], caption)
        return self.lay(kind, forms)

    def _texts(self, kind: str, bundle: Mapping[str, str], caption: str) -> dict[str, tuple[str, bytes]]:
        place = f"{self.out.stem}-{kind}-{self._numbers[kind] + 1}"
        latex = in_latex(bundle["tabular"], place, caption, self.out.name, self.note)
        csv = "CSV" if kind == "table" else "CSV of its data"
        return {
            "csv": (csv, bundle["csv"].encode("utf-8")),
            "tex": (csv.replace("CSV", "LaTeX"), latex.encode("utf-8")),
        }

    def lay(self, kind: str, forms: Mapping[str, tuple[str, bytes]]) -> str:
        """Write ``forms``, ending → title and content, and return the line that links them."""
        if not forms:
            return ""
        folder = within(self.out.parent / FOLDER, self.out.stem, "a page")
        self._remove_earlier(folder)
        self._numbers[kind] += 1
        name = f"{kind}-{self._numbers[kind]}"
        for ending, (_, content) in forms.items():
            files.write_bytes(folder / f"{name}.{ending}", content)
        links = [
            {"href": f"{FOLDER}/{folder.name}/{name}.{ending}", "title": title}
            for ending, (title, _) in forms.items()
        ]
        return rendered(
            "takeaway.html.j2", id=name, title=f"{kind.capitalize()} {self._numbers[kind]}", links=links
        )

    def _remove_earlier(self, folder: Path) -> None:
        if not self._clean:
            for kind in self._numbers:
                for earlier in folder.glob(f"{kind}-*.*"):
                    earlier.unlink()
        self._clean = True


def in_latex(tabular: str, label: str, caption: str, page: str, note: str = "") -> str:
    """Return a floating table (package booktabs), with where it is from at its head."""
    said = [f"% From {page} of the OpenNER compendium {__version__}; it needs \\usepackage{{booktabs}}."]
    said += [f"% {note}"] if note else []
    return "\n".join((*said, floating(tabular, label, caption)))


def headed(cells: Sequence[Any]) -> Iterator[tuple[Any, str]]:
    """Yield the code cells of a notebook, each with the heading it stands under."""
    heading = ""
    for cell in cells:
        if cell.cell_type == "markdown":
            lines = [line for line in cell.source.splitlines() if line.startswith("#")]
            heading = lines[-1].lstrip("# ") if lines else heading
        elif cell.cell_type == "code":
            yield cell, heading
