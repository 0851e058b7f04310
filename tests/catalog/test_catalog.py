"""The catalog: every card and every language, and what is said of a card that is wrong."""

import re
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from pydantic import ValidationError

from openner_utils import catalog
from openner_utils.sources.address import url
from openner_utils.support.errors import OpenNERError
from openner_utils.support.within import plain
from tests import tiny
from tests.reading import card

CARDS = catalog.corpora()
REAL = [name for name in CARDS if catalog.load_card(name).source.repository != "samples"]


@pytest.mark.parametrize("name", CARDS)
def test_every_card_is_complete_and_consistent(name: str) -> None:
    card = catalog.load_card(name)
    assert card.id == name and re.fullmatch(r"[a-z0-9_]+", name)
    assert [code for code in card.languages if not catalog.language(code).name] == []
    places = Counter(plain(file.path, name) for file in card.files)
    assert max(places.values()) == 1, "two files would have the same place in data/"
    assert card.annotated
    known = [file for file in card.annotated if file.sha256]
    assert all(file.expect is not None for file in known), "every file at hand has expected counts"


@pytest.mark.parametrize("name", REAL)
def test_every_real_card_is_pinned_and_citable(name: str) -> None:
    card = catalog.load_card(name)
    assert re.match(r"@\w+\{[\w-]+,\n", card.citation) and card.citation.count("{") == card.citation.count(
        "}"
    )
    assert card.licence.spdx != "unclear" or card.licence.note
    for file in card.files:
        assert urlsplit(url(card, file)).scheme == "https"
        assert file.expect is None or file.expect.sentences < file.expect.tokens


def test_every_language_has_name_family_and_script() -> None:
    known = catalog.languages()
    assert len(known) >= 52
    for code, language in known.items():
        assert re.fullmatch("[a-z]{3}", code) and re.fullmatch("[A-Z][a-z]{3}", language.script), code
        assert language.name and language.family[0].isupper(), code
    assert [known[code].script for code in ("amh", "ell", "hin", "kor", "ukr")] == [
        "Ethi",
        "Grek",
        "Deva",
        "Kore",
        "Cyrl",
    ]


def test_an_unknown_language_names_the_table() -> None:
    with pytest.raises(
        OpenNERError, match=r"Unknown language 'enx'. Did you mean .* Add it to .*languages\.yaml"
    ):
        catalog.language("enx")


def test_an_unknown_corpus_gets_the_nearest_name() -> None:
    with pytest.raises(OpenNERError, match="Did you mean 'masakhaner1'"):
        catalog.load_card("masakaner1")


def without(key: str) -> dict[str, Any]:
    content = tiny.card("samples", [tiny.entry("a", b"x")])
    del content[key]
    return content


def with_card(**changes: object) -> dict[str, Any]:
    return tiny.card("samples", [tiny.entry("a", b"x")]) | changes


def with_file(**changes: object) -> dict[str, Any]:
    return tiny.card("samples", [tiny.entry("a", b"x") | changes])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            without("types") | {"tpyes": {}},
            r"x\.yaml:\d+: .*(Unknown key 'tpyes'. Did you mean 'types'|types: Field)",
        ),
        (tiny.card("samples", [tiny.entry("a", b"x")]) | {"clas": 1}, "Unknown key 'clas'"),
        (without("licence"), "licence: Field required"),
        (with_file(shasum="0"), r"files\.0\.shasum"),
        (with_file(sha256="abc"), r"files\.0\.sha256: String should match"),
        (with_file(split="training"), r"files\.0\.split: Input should be 'train', 'dev', 'test' or 'all'"),
        (with_file(language="en"), r"files\.0\.language"),
        (with_file(language="zzz"), r"files\.0\.language: .*'zzz' is no language of ISO 639-3"),
        (with_file(bytes=-1), r"files\.0\.bytes"),
        (with_card(longest=True), "longest: .*true and false are no numbers"),
        (with_card(licence={"spdx": "CC-BY-5.0"}), r"licence\.spdx: .*Did you mean 'CC-BY-4\.0' or "),
        (with_card(licence={"spdx": "mit"}), r"licence\.spdx: .*SPDX writes 'MIT' for 'mit'"),
        (with_card(licence={"spdx": "free"}), r"licence\.spdx: .*Where none fits, say unclear"),
        (tiny.card("samples", []), "files: "),
        (without("source") | {"source": {"repository": "https://github.com/a/b"}}, "needs its commit"),
        (without("source") | {"source": {"repository": "/my/letters"}}, "a folder of this machine, file:///"),
    ],
)
def test_a_wrong_card_says_what_and_where(content: dict[str, Any], message: str, tmp_path: Path) -> None:
    place = tiny.compendium(tmp_path)
    place.add_card("x", content)
    with pytest.raises(OpenNERError, match=message):
        catalog.load_card("x", place.cards)


def test_a_card_that_is_no_yaml_names_the_line(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("name: a\nfiles: [\n")
    with pytest.raises(OpenNERError, match=r"x\.yaml:3: "):
        catalog.load_card("x", tmp_path)


EXPECT = {"sentences": 2, "tokens": 5, "types": {"PER": 1}, "origin": "independent"}
COMMAND = "python -m tests.counting.conll FILE"


@pytest.mark.parametrize(
    ("expect", "command", "said"),
    [
        (EXPECT, "", "files with `expect` need `counted_by`"),
        (None, COMMAND, "files with `expect` need `counted_by`.*and only they"),
        (EXPECT | {"types": {"PER": 1, "PRE": 2}}, COMMAND, "f: expects types that the card lacks: PRE"),
    ],
)
def test_what_is_expected_was_counted_by_a_command(expect, command: str, said: str) -> None:
    file = {"path": "f", "language": "eng", "split": "train", "bytes": 1, "sha256": "0" * 64}
    whole = card("delimited", files=[file | {"expect": EXPECT}], counted_by=COMMAND)
    assert whole.files[0].expect and whole.files[0].expect.mentions == 1
    with pytest.raises(ValidationError, match=said):
        card("delimited", files=[file | {"expect": expect}], counted_by=command)
