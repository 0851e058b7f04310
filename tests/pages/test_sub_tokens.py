"""Sub-tokens in Explore: which piece is of which token, what is unknown, and what leaves nothing."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from openner_utils.encoders.characters import CharacterTokenizer
from openner_utils.encoders.models import FastTokenizer
from openner_utils.pages.browse.controls import Browser
from openner_utils.pages.browse.selection import Library
from openner_utils.pages.browse.sub_tokens import Tokenizers, cut, table
from openner_utils.support.errors import OpenNERError
from openner_utils.support.paths import Place
from tests.pages.test_browse import NASTY, started, write_releases
from tests.pages.test_browse import TEST as SENTENCES

PARAMS = "encoders:\n  letters: {checkpoint: scratch:characters, learning_rate: 1.0e-3, epochs: 1, batch_size: 2, max_length: 64, overlap: 8, weight_decay: 0.0, warmup_ratio: 0.1, precision: fp32}\n"


def words_of(vocabulary: Sequence[str]) -> FastTokenizer:
    """Return a WordPiece tokenizer with a small vocabulary."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    pieces = {word: number for number, word in enumerate(["[UNK]", "[PAD]", *vocabulary])}
    inner = Tokenizer(models.WordPiece(pieces, unk_token="[UNK]"))
    inner.pre_tokenizer = pre_tokenizers.Whitespace()
    return FastTokenizer(
        PreTrainedTokenizerFast(tokenizer_object=inner, unk_token="[UNK]", pad_token="[PAD]")
    )


def test_each_token_has_its_pieces_and_unknown_ones_are_marked() -> None:
    tokenizer = words_of(["a", "Os", "##lo", "met"])
    (found,) = cut(tokenizer, [["met", "Oslo", "ዜና", " "]])
    assert [(each.token, [(p.text, p.unknown) for p in each.pieces]) for each in found] == [
        ("met", [("met", False)]),
        ("Oslo", [("Os", False), ("##lo", False)]),
        ("ዜና", [("[UNK]", True)]),
        (" ", []),
    ]


def test_a_tokenizer_of_characters_shows_them_all() -> None:
    (found,) = cut(CharacterTokenizer(), [["né", "", "ዜና"]])
    assert [[p.text for p in each.pieces] for each in found] == [["n", "e", "\u0301"], [], ["ዜ", "ና"]]
    assert not any(p.unknown for each in found for p in each.pieces)


def test_explore_shows_them_escaped_below_the_sentences(tmp_path: Path) -> None:
    write_releases(tmp_path / "artifacts")
    (tmp_path / "params.yaml").write_text(PARAMS)
    browser = Browser(Library(tmp_path / "artifacts"), Place(tmp_path))
    before = browser.view.value
    assert browser.tokenizer.options == (("none", ""), ("letters", "letters"))
    browser.tokenizer.value = "letters"
    assert browser.view.value.startswith(before) and "<script" not in browser.view.value
    shown = BeautifulSoup(browser.view.value, "html.parser")
    letters = len("".join(SENTENCES[0][0] + SENTENCES[1][0]))
    assert f"Sub-tokens of letters: {letters} of 7 tokens on this page, 0 of them unknown" in shown.get_text()
    assert "·".join(NASTY) in shown.get_text()
    browser.tokenizer.value = ""
    assert browser.view.value == before


def test_without_choices_there_is_none_and_another_name_is_refused(tmp_path: Path) -> None:
    assert Tokenizers(Place(tmp_path)).names == ()
    (tmp_path / "params.yaml").write_text(PARAMS)
    with pytest.raises(OpenNERError, match="letters"):
        Tokenizers(Place(tmp_path))["leters"]
    write_releases(tmp_path / "artifacts")
    assert (
        table(
            "letters",
            Tokenizers(Place(tmp_path)),
            started(tmp_path / "artifacts")[0].sentences(started(tmp_path / "artifacts")[1])[:0],
        )
        == ""
    )
