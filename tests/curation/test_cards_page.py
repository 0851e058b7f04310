"""The page that shows cards by example: every example is run, and what a card can say is on the page."""

import re
from collections import Counter
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from openner_utils.catalog import Card, File, Flaw, Step, languages
from openner_utils.catalog.known import check
from openner_utils.catalog.ontology import entity_types
from openner_utils.catalog.patterns import members
from openner_utils.core.encoding import IOB2, decode
from openner_utils.curation.clean import clean, undo
from openner_utils.readers import delimited, inline_xml, read
from openner_utils.readers.layout import Layout, RawFile
from openner_utils.support import paths
from tests.reading import card

PAGE = (paths.ROOT / "docs/how-to/cards.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```text\n(.*?)```\n\n```yaml\n(.*?)```\n\n→ ([^\n]*)\n", PAGE, re.DOTALL)
"""A file, lines of its card, and what comes out."""
YAML = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]


def of(says: dict[str, Any]) -> Card:
    return card(
        says.get("reader", "delimited"), **{name: value for name, value in says.items() if name != "reader"}
    )


def told(content: str, says: dict[str, Any]) -> str:
    """Clean a file as its card says, and put what comes out into a line."""
    one = of(says)
    reading = read(RawFile(Path("f"), "f", content.replace("⇥", "\t").encode()), Layout.of(one))
    found = clean(reading, one, one.files[0])
    if one.scheme != "spans":
        assert undo(found.repaired, found.ledger, one) == undo(*_uncut(reading, one), one)
    mentions = decode(found.repaired, IOB2)
    types = Counter(mentions.types[type] for type in mentions.type.tolist())
    n_sentences, n_tokens = found.repaired.n_sentences, len(found.repaired)
    size = f"{n_sentences} sentence{'s' * (n_sentences != 1)}, {n_tokens} token{'s' * (n_tokens != 1)}"
    other = {
        what: n
        for what, n in found.counts.items()
        if what not in ("sentences", "tokens", "mentions as repaired")
    }
    parts = (", ".join(f"{what} {n}" for what, n in sorted(each.items())) for each in (types, other))
    return "; ".join(filter(None, (size, *parts)))


def _uncut(reading: Any, one: Card) -> tuple[Any, Any]:
    whole = clean(reading, one.model_copy(update={"longest": None}), one.files[0])
    return whole.repaired, whole.ledger


@pytest.mark.parametrize(
    ("content", "says", "comes_out"), EXAMPLES, ids=[says.strip() for _, says, _ in EXAMPLES]
)
def test_an_example_gives_what_the_page_says(content: str, says: str, comes_out: str) -> None:
    assert told(content, yaml.safe_load(says)) == comes_out


def test_every_block_is_part_of_a_card() -> None:
    assert PAGE.count("→") == len(EXAMPLES) > 15
    for says in YAML:
        one = of(says)
        check(one, paths.CARDS / "none.yaml", languages(), entity_types())


def test_the_files_of_the_page_fit() -> None:
    (says,) = [says for says in YAML if "files" in says and "division" in says]
    names = re.findall(r"^Fits: (.*)$", PAGE, re.MULTILINE)[0].split(", ")
    assert [file.split for file in members(of(says).files, names).values()] == ["all", "train", None, "train"]


def test_all_that_a_card_can_say_is_on_the_page() -> None:
    said = {name for says in YAML for name in says}
    assert set(Card.model_fields) - said == {"id", "openner"}
    files = {name for says in YAML for file in says.get("files", ()) for name in file}
    assert set(File.model_fields) == files
    options = {name for says in YAML for name in says.get("options", {})}
    assert set(delimited.Options.model_fields) <= options
    assert set(inline_xml.Options.model_fields) - options == {"document", "tokenizer"}
    assert all(f"`{name}`" in PAGE for name in (*get_args(Flaw), *get_args(Step), "openner: NAME"))
