"""Filling the templates of ``templates/``: text that is not marked as HTML is escaped, made visible and cut."""

from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from openner_utils.support import paths
from openner_utils.support.words import shown

TEMPLATES = paths.PACKAGE / "pages" / "templates"


def rendered(template: str, **values: Any) -> Markup:
    """Return a template of `TEMPLATES` filled with ``values``; a name that they lack is an error."""
    return Markup(_environment().get_template(template).render(values))


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_final,
    )


def _final(value: Any) -> Any:
    return shown(value) if isinstance(value, str) and not isinstance(value, Markup) else value
