"""Where a card's file lies: its URL at the publisher, its place in a local mirror, and that paths stay inside their folder."""

from pathlib import PurePosixPath
from urllib.parse import quote, unquote, urlsplit

from openner_utils.catalog import Card, File
from openner_utils.support.errors import OpenNERError

GITHUB = "github.com"
LOOPBACK = ("127.0.0.1", "localhost")


def inside(path: str, where: str) -> str:
    """Return ``path`` if it is relative, in plain form and stays inside its folder.

    Raises `OpenNERError` otherwise; ``where`` names the origin of the path in the message.
    """
    plain = PurePosixPath(path)
    if not plain.parts or "\\" in path or plain.is_absolute() or ".." in plain.parts or str(plain) != path:
        raise OpenNERError(
            f"{where}: the path {path!r} is not plain and relative. Write it with '/', without '.' and '..'."
        )
    return path


def url(card: Card, file: File) -> str:
    """Return the pinned download URL of a card's file (of its archive, where it lies in one)."""
    path = quote(inside(file.download, f"card {card.id}"))
    repository = card.source.repository.rstrip("/")
    if urlsplit(repository).hostname == GITHUB:
        return f"{repository}/raw/{card.source.commit}/{path}"
    return f"{repository}/{path}"


def mirrored(address: str) -> str:
    """Return the path of a URL's content inside a mirror: ``<host>/<path>``, without GitHub's ``raw`` part.

    >>> mirrored("https://github.com/owner/repository/raw/0123abc/data/train.txt")
    'github.com/owner/repository/0123abc/data/train.txt'
    """
    parts = urlsplit(address)
    steps = unquote(parts.path).strip("/").split("/")
    if parts.hostname == GITHUB and len(steps) > 3 and steps[2] == "raw":
        del steps[2]
    return inside("/".join([parts.hostname or "", *steps]), address)


def check_scheme(address: str) -> None:
    """Raise `OpenNERError` unless ``address`` is https; plain http is allowed to this machine only."""
    parts = urlsplit(address)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK):
        return
    raise OpenNERError(f"{address}: refused, downloads use https only. Correct the address in the card.")
