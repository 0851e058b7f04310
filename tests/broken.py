"""Links of pages that lead nowhere: to no file, to no place in one, or out of the folder."""

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class _Page(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        for name, value in attributes:
            if name in ("href", "src") and value is not None and not value.startswith("data:image/"):
                self.links.append(value)
            if name == "id" and value:
                self.ids.add(value)


def broken(folder: Path) -> list[str]:
    """Return the links of the pages in a folder that are not whole: each must be relative, to a file that holds something."""
    folder = folder.resolve()
    pages = {path: _Page(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.html"))}
    found = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            target = path if not parts.path else (path.parent / unquote(parts.path)).resolve()
            inside = not parts.scheme and not parts.netloc and target.is_relative_to(folder)
            whole = inside and target.is_file() and target.stat().st_size > 0
            there = not parts.fragment or (target in pages and unquote(parts.fragment) in pages[target].ids)
            if not (whole and there):
                found.append(f"{path.name}: {link}")
    return found


def taken_away(folder: Path) -> list[str]:
    """Return the files of data that pages link, as addresses from the folder."""
    pages = [_Page(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.html"))]
    return [link for page in pages for link in page.links if link.startswith("data/")]
