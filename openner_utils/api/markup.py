"""Pieces of the pages that commands write: HTML with everything escaped that does not say that it is HTML."""

from collections.abc import Iterable
from pathlib import Path

from markupsafe import Markup

from openner_utils.pages import report
from openner_utils.support.words import shown


def write(out: Path, title: str, parts: Iterable[Markup]) -> None:
    """Write a page of these parts as ``out``; it stands by itself, beside no others."""
    body = Markup("\n").join(parts)
    report.write(
        "page.html.j2",
        out,
        [report.Page(out, title)],
        title=title,
        scale_note="",
        made=[],
        kicker="",
        body=body,
    )


def html(template: str, *values: object) -> Markup:
    """Return a template with values, which are escaped, and made visible, unless they are `Markup`.

    >>> html("<p>{} in {}</p>", "a<b", Markup("<i>c</i>"))
    Markup('<p>a&lt;b in <i>c</i></p>')
    """
    return Markup(template).format(
        *(
            shown(value) if isinstance(value, str) and not isinstance(value, Markup) else value
            for value in values
        )
    )


def prose(*parts: Markup) -> Markup:
    """Return a section of running text."""
    return html('<section class="prose">{}</section>', Markup("").join(parts))


def wide(table: Markup) -> Markup:
    """Return a table that scrolls sideways where the page is narrow."""
    return html('<div class="output wide" tabindex="0">{}</div>', table)
