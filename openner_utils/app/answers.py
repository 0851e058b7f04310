"""The pages of the app: an empty form, a filled one with what came out, and a refusal."""

from typing import Any

from markupsafe import Markup

from openner_utils import __version__
from openner_utils.app import file, text
from openner_utils.app.forms import Form
from openner_utils.app.models import FOLDER, Models
from openner_utils.app.replies import KEEP, Kept
from openner_utils.pages.render import TEMPLATES, rendered
from openner_utils.support.errors import OpenNERError

TEXT, FILE, REPLIES = "/", "/file", "/replies"
PAGES = {TEXT: "Text", FILE: "File", REPLIES: "Replies"}
"""Path → title."""


def empty(path: str, models: Models, kept: Kept) -> str:
    """Return a page with nothing filled in; of several models all are chosen."""
    if path == REPLIES:
        return _replies(kept, Form())
    return _page(path, models, list(models.folders), "")


def filled(path: str, form: Form, models: Models, kept: Kept) -> str:
    """Return a page with what a form asked for; what is wrong with it is said above the form."""
    if path == REPLIES:
        return _replies(kept, form)
    chosen, pasted = form.all("model"), form.one("text")
    values: dict[str, Any] = {}
    try:
        if path == TEXT:
            with models.lock:
                values["compared"] = text.compare(pasted, models.chosen(chosen))
        else:
            values["checked"] = _checked(form, chosen, models)
    except OpenNERError as error:
        values["wrong_lines"] = [error.said, *error.details]
    return _page(path, models, chosen, pasted, **values)


def _checked(form: Form, chosen: list[str], models: Models) -> file.Checked:
    sent = form.files.get("labelled")
    if sent is None:
        raise OpenNERError("No file is chosen. Choose one with labels.")
    with models.lock:
        return file.check(sent, form.files.get("predictions"), models.chosen(chosen))


def _replies(kept: Kept, form: Form) -> str:
    """Return the page of kept replies; of a form that names no run, without any."""
    run, keep, start = form.one("run"), form.one("keep") or "all", form.one("start") or "1"
    values: dict[str, Any] = {"page": None, "wrong_lines": []}
    try:
        if form.fields:
            values["page"] = kept.page(run, keep, start)
    except OpenNERError as error:
        values["wrong_lines"] = [error.said, *error.details]
    return _filled(
        "app_replies.html.j2",
        REPLIES,
        runs=kept.names(),
        kinds=KEEP,
        run=run,
        keep=keep,
        start=start,
        **values,
    )


def refused(why: str) -> str:
    """Return a page that says why a request is not answered."""
    return _filled("app_refused.html.j2", "", why=why.split("\n"))


def _page(path: str, models: Models, chosen: list[str], pasted: str, **values: Any) -> str:
    given = {"compared": None, "checked": None, "wrong_lines": [], **values}
    template = "app_text.html.j2" if path == TEXT else "app_file.html.j2"
    return _filled(
        template,
        path,
        models=models.offered(),
        chosen=chosen,
        pasted=Markup.escape(pasted),  # whole, where all else that is shown is cut
        folder=FOLDER,
        most=f"{text.MOST:,}",
        shown=file.SHOWN,
        **given,
    )


def _filled(template: str, path: str, **values: Any) -> str:
    links = [{"title": title, "href": href, "current": href == path} for href, title in PAGES.items()]
    style = "".join((TEMPLATES / name).read_text(encoding="utf-8") for name in ("style.css", "app.css"))
    return rendered(
        template,
        title=PAGES.get(path, "Not answered"),
        scale_note="",
        made=[],
        made_open=False,
        script="",
        version=__version__,
        style=Markup(style),
        nav=[("OpenNER", links)],
        **values,
    )
