"""Where a card's file lies: its URL at the publisher, and its place in a local mirror; and what addresses are followed."""

import ipaddress
import socket
from urllib.parse import quote, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from openner_utils.catalog import SNAPSHOT, Card, File
from openner_utils.support.errors import OpenNERError
from openner_utils.support.within import plain

GITHUB = "github.com"
LOOPBACK = ("127.0.0.1", "localhost")


def url(card: Card, file: File) -> str:
    """Return the pinned download URL of a card's file (of its archive, where it lies in one)."""
    path = quote(plain(file.download.removesuffix("/"), f"card {card.id}"))
    repository = card.source.repository.rstrip("/")
    if urlsplit(repository).hostname == GITHUB:
        if file.archive == SNAPSHOT:
            return f"{repository}/archive/{card.source.commit}.zip"
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
    return plain("/".join([parts.hostname or "", *steps]), shown(address))


def shown(address: str) -> str:
    """Return an address as errors may show it: without a name and password, and without a query, which may hold a key.

    >>> shown("https://ada:secret@example.org/a.zip?token=1#x")
    'https://example.org/a.zip'
    """
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def check_scheme(address: str) -> None:
    """Raise `OpenNERError` unless ``address`` is https; plain http is allowed to this machine only."""
    parts = urlsplit(address)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK):
        return
    raise OpenNERError(
        f"{shown(address)}: refused, downloads use https only. Correct the address in the card."
    )


_ENDS_IN_IPV4 = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "::/96", "::ffff:0:0:0/96")))
"""Addresses of IPv6 whose last 32 bits are one of IPv4."""
_LOCAL = tuple(map(ipaddress.ip_network, ("64:ff9b:1::/48", "fec0::/10", "192.88.99.0/24")))
"""Networks that Python takes for public: gateways and sites of one's own (RFC 8215, 3879), and relays given up (RFC 7526)."""


def check_redirect(asked: str, address: str) -> None:
    """Raise `OpenNERError` if a publisher (of ``asked``) sends on to a machine that is not open to the world.

    So nobody's card makes this machine ask its neighbours, or its own services, for something.
    """
    check_scheme(address)
    host = urlsplit(address).hostname or ""
    if urlsplit(asked).hostname in LOOPBACK or (closed := _closed(host)) is None:
        return
    raise OpenNERError(
        f"{shown(asked)}: refused, its publisher sends on to {host} ({closed}), which is not open to the world. "
        "Correct the address in the card."
    )


def _closed(host: str) -> str | None:
    """Return the first address of a host that is not a public one; None if all are, or if a proxy is asked instead."""
    try:
        found = [str(ipaddress.ip_address(host))]
    except ValueError:
        if getproxies().get("https") and not proxy_bypass(host):
            return None
        try:
            found = [str(each[4][0]) for each in socket.getaddrinfo(host, None)]
        except OSError:
            return None  # then it cannot be asked either
    return next((each for each in found if not _public(each)), None)


def _public(number: str) -> bool:
    address = ipaddress.ip_address(number.partition("%")[0])
    # One of IPv4 in the notation of IPv6 is no other than that one.
    mapped = isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None
    local = any(address in network for network in _LOCAL)
    open_itself = address.is_global and not address.is_multicast and not local
    return (open_itself or mapped) and all(map(_public, _within(address)))


def _within(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> list[str]:
    """Return the addresses of IPv4 inside one of IPv6, to which a gateway may pass on what is asked of it.

    Mapped (RFC 4291), NAT64 (RFC 6052), translated (RFC 2765), 6to4 (RFC 3056), Teredo (RFC 4380), ISATAP (RFC 5214), and compatible (RFC 4291).
    """
    if isinstance(address, ipaddress.IPv4Address):
        return []
    last = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    embedded = [*(address.teredo or ()), address.ipv4_mapped, address.sixtofour]
    isatap = (int(address) >> 32) & 0xFCFFFFFF == 0x5EFE
    if isatap or any(address in network for network in _ENDS_IN_IPV4):
        embedded.append(last)
    return [str(each) for each in embedded if each is not None]
