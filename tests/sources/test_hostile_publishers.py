"""Publishers that send something else, send on to somewhere else, or know too little of ranges."""

from contextlib import nullcontext
from pathlib import Path

import pytest

from openner_utils.catalog import Card
from openner_utils.sources import fetch, transfer
from openner_utils.sources.address import check_redirect, shown
from openner_utils.sources.store import Store
from openner_utils.sources.transfer import Https, Mirror
from openner_utils.support.errors import OpenNERError
from openner_utils.support.records import parse
from tests import tiny
from tests.publisher import BODY, PARTS, Publisher


def card(repository: str, sha256: bool = False, path: str = "a.txt") -> Card:
    file = tiny.entry(path, BODY) if sha256 else {"path": path, "language": "eng", "split": "train"}
    return parse(Card, {"id": "u", **tiny.card(repository, [file])}, "test")


PRIVATE = {
    "this machine": "https://127.0.0.1/x",
    "this machine by another number": "https://127.9.9.9/x",
    "this machine in IPv6": "https://[::1]/x",
    "IPv4 in IPv6": "https://[::ffff:10.0.0.1]/x",
    "a neighbour": "https://192.168.1.1/x",
    "a larger network": "https://10.1.2.3/x",
    "the service of a cloud": "https://169.254.169.254/latest/meta-data",
    "this machine behind NAT64": "https://[64:ff9b::7f00:1]/x",
    "this machine, translated": "https://[::ffff:0:7f00:1]/x",
    "a NAT64 of its own with the address in the middle": "https://[64:ff9b:1:7f00:0:100:808:808]/x",
    "a site": "https://[fec0::1]/x",
    "a relay": "https://192.88.99.1/x",
    "a network of its own behind a NAT64 of its own": "https://[64:ff9b:1::a00:1]/x",
    "a network of its own by 6to4": "https://[2002:c0a8:101::1]/x",
    "a network of its own by Teredo": "https://[2001:0:808:808::f5ff:fffe]/x",
    "a network of its own by ISATAP": "https://[2606:4700::5efe:10.0.0.1]/x",
    "a network of its own, mapped": "https://[::ffff:10.0.0.1]/x",
    "a network of its own, compatible": "https://[::10.0.0.1]/x",
    "link-local in IPv6": "https://[fe80::1]/x",
    "a network of its own in IPv6": "https://[fd00::1]/x",
    "everywhere": "https://0.0.0.0/x",
    "many at once": "https://224.0.0.1/x",
    "a name of this machine": "https://localhost/x",
}


@pytest.mark.parametrize("trouble", PRIVATE)
def test_a_publisher_may_not_send_on_to_a_private_machine(
    trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(OpenNERError, match="which is not open to the world"):
        check_redirect("https://example.org/a", PRIVATE[trouble])


@pytest.mark.parametrize("address", ["http://example.org/x", "ftp://example.org/x", "file:///etc/passwd"])
def test_a_publisher_may_not_send_on_to_anything_but_https(address: str) -> None:
    with pytest.raises(OpenNERError, match="https only"):
        check_redirect("https://example.org/a", address)


def test_a_publisher_may_send_on_to_public_machines() -> None:
    for address in (
        "https://1.1.1.1/x",
        "https://[2606:4700::1111]/x",
        "https://[64:ff9b::101:101]/x",
        "https://[::ffff:1.1.1.1]/x",
    ):
        check_redirect("https://example.org/a", address)


def test_a_publisher_that_sends_on_for_ever(publisher: Publisher, kept: Store) -> None:
    publisher.content["/u/a.txt"], publisher.faults["/u/a.txt"] = BODY, [f"to {publisher.url('/u/a.txt')}"]
    (outcome,) = fetch.fetch([card(publisher.url("/u"))], kept, Https(pause=0.0))
    assert "sent on more than 10 times" in outcome.failures[0] and len(publisher.ranges) == 10


WRONG = {
    "nothing": (b"", "the file is empty"),
    "a page": (b"<!DOCTYPE html>\n<title>Log in</title>", "a web page came in place of the file"),
    "a page after blanks": (b"\xef\xbb\xbf \r\n<HTML lang=en>", "a web page came in place of the file"),
}


@pytest.mark.parametrize("trouble", WRONG)
@pytest.mark.parametrize("by", ["network", "mirror"])
def test_what_cannot_be_the_file_is_not_kept(
    trouble: str, by: str, publisher: Publisher, kept: Store, tmp_path: Path
) -> None:
    content, message = WRONG[trouble]
    publisher.content["/u/a.txt"] = content
    tiny.write(tmp_path / "mirror/127.0.0.1/u/a.txt", content)
    transport = Https(pause=0.0) if by == "network" else Mirror(tmp_path / "mirror")
    (outcome,) = fetch.fetch([card(publisher.url("/u"))], kept, transport)
    assert message in outcome.failures[0] and outcome.recorded == ()
    assert [path.name for path in kept.root.rglob("*") if path.is_file()] == [".lock"]


def test_a_page_is_taken_where_a_page_is_named(publisher: Publisher, kept: Store) -> None:
    publisher.content["/u/a.html"] = b"<html><body>Ada</body></html>"
    (outcome,) = fetch.fetch([card(publisher.url("/u"), path="a.html")], kept, Https(pause=0.0))
    assert outcome.failures == ()


def test_a_file_of_unknown_size_has_a_limit(kept: Store) -> None:
    class Endless:
        attempts, pause = 1, 0.0

        def open(self, address: str, offset: int) -> nullcontext[transfer.Stream]:
            return nullcontext(transfer.Stream(0, iter([b"x" * 1000] * 10)))

    with pytest.raises(transfer.WrongContentError, match="more than 5,000 bytes came"):
        transfer.download_unverified("https://h/a", kept, Endless(), most=5000)


@pytest.mark.parametrize("verified", [True, False])
def test_a_server_that_packs_what_nobody_asked_it_to(
    verified: bool, publisher: Publisher, kept: Store
) -> None:
    publisher.content["/u/a.txt"], publisher.faults["/u/a.txt"] = BODY, ["packed"]
    (outcome,) = fetch.fetch([card(publisher.url("/u"), verified)], kept, Https(pause=0.0))
    assert outcome.failures == () and kept.has(tiny.sha(BODY))


@pytest.mark.parametrize("fault", PARTS)
def test_a_part_that_nobody_asked_for_is_named_as_that(fault: str, publisher: Publisher, kept: Store) -> None:
    publisher.content["/u/a.txt"], publisher.faults["/u/a.txt"] = BODY, [fault]
    (outcome,) = fetch.fetch([card(publisher.url("/u"), True)], kept, Https(pause=0.0))
    assert "the server sent a part (" in outcome.failures[0] and "moved or removed" not in outcome.failures[0]


@pytest.mark.parametrize("fault", PARTS)
def test_a_part_that_is_not_the_next_one_starts_anew(fault: str, publisher: Publisher, kept: Store) -> None:
    publisher.content["/u/a.txt"], publisher.faults["/u/a.txt"] = BODY, ["cut", fault, "none"]
    (outcome,) = fetch.fetch([card(publisher.url("/u"), True)], kept, Https(pause=0.0))
    assert outcome.failures == () and kept.has(tiny.sha(BODY)) and publisher.ranges[-1] is None


def test_a_password_is_in_no_card_and_no_error() -> None:
    with pytest.raises(OpenNERError, match="would stand in reports") as refused:
        card("https://ada:secret@example.org/x")
    assert "secret" not in str(refused.value)
    assert shown("https://ada:secret@example.org:8/x?key=secret") == "https://example.org:8/x"
    with (
        pytest.raises(OpenNERError) as refused,
        Https(pause=0.0).open("http://ada:secret@example.org/x?key=secret", 0),
    ):
        pass
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "repository",
    ["https://[::1", "https://host:port/x", "ftp://host/x", "https://", "https://h/x?y", "https://h/a\x1b"],
)
def test_a_repository_that_is_no_address_is_refused_when_its_card_is_loaded(repository: str) -> None:
    with pytest.raises(OpenNERError, match="repository is `samples`, an address"):
        card(repository)
