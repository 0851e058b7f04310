"""What a browser would run or load of a page: it must be nothing but the script of tables, word for word."""

from html.parser import HTMLParser

from openner_utils.pages.render import TEMPLATES

OWN = (TEMPLATES / "tables.js").read_text(encoding="utf-8")
"""The one script of the report's pages."""

TAGS = {
    "script",
    "iframe",
    "object",
    "embed",
    "link",
    "base",
    "form",
    "audio",
    "video",
    "svg",
    "math",
    "template",
    "applet",
}
ADDRESSES = {"href", "src", "action", "formaction", "data", "poster", "background", "srcset", "xlink:href"}
HARMLESS = ("https://", "http://", "#", "data:image/")


class _Page(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.live: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in TAGS:
            self.live.append(f"<{tag}>")
        for name, value in attributes:
            address = "".join((value or "").split()).lower()
            scheme = ":" in address.split("/")[0] and not address.startswith(HARMLESS)
            if name.startswith("on") or name == "srcdoc" or (name in ADDRESSES and scheme):
                self.live.append(f"<{tag} {name}={value}>")
            if name == "style" and ("url(" in address or "expression(" in address):
                self.live.append(f"<{tag} {name}={value}>")
            if tag == "meta" and name == "http-equiv" and value != "Content-Security-Policy":
                self.live.append(f"<{tag} {name}={value}>")


def live_parts(html: str) -> list[str]:
    """Return the tags and attributes of a page that run something, load something or lead to what runs."""
    return _Page(html.replace(f"<script>{OWN}</script>", "", 1)).live
