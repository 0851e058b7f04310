"""What differs between two files' tokens is named for what it is, and what is advised works."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.ownfiles.differences import _differ_at
from openner_utils.ownfiles.format import Format
from openner_utils.ownfiles.score_files import score_files
from openner_utils.scoring.mentions import CONVENTIONS
from openner_utils.support.errors import FormatError, OpenNERError

TAB = Format(options={"separator": "tab"})


def two(folder: Path, gold: str, found: str) -> list[Path]:
    """Write two files of tokens, ``|`` between sentences, and ``~`` for a blank in a token; capitals are persons."""
    paths = [folder / "gold", folder / "found"]
    for path, text in zip(paths, (gold, found), strict=True):
        rows = [[token.replace("~", " ") for token in row.split(" ") if token] for row in text.split("|")]
        path.write_text(
            "\n".join("".join(f"{t}\t{'B-PER' if t[0].isupper() else 'O'}\n" for t in row) for row in rows)
        )
    return paths


SAME_TEXT = {
    "cut in two": ("we don't go", "we do n't go", r"gold:2: the token is \"don't\" here and 'do' at .*found:2, which is one text in other tokens: \"don't\" and 'do' \"n't\""),
    "joined": ("in New York", "in New~York", r"gold:2: .*one text in other tokens: 'New' 'York' and 'New York'"),
    "a blank inside": ("in New~York", "in NewYork", r"one text in other tokens: 'New York' and 'NewYork'"),
    "sentences": ("a b | c", "a | b c", r"found:3: a sentence begins at .*found:3 and not in the other file \(.*gold:2 and .*found:3\)"),
    "a form": ("a Bj\u00f6rn", "a Bjo\u0308rn", r"gold:2: .* differ in Unicode normalization only \(NFC and NFD\)"),
    "tokens, then a form": ("we don't see Bj\u00f6rn", "we do n't see Bjo\u0308rn", r"one text in other tokens"),
    "a blank at the end": ("a b", "a b \u00a0", r"found:3: token '\\xa0' comes after the last token of .*gold:2"),
}  # fmt: skip
"""Files over one text: trouble → reference, prediction, what is said."""


@pytest.mark.parametrize(("gold", "found", "said"), SAME_TEXT.values(), ids=SAME_TEXT.keys())
def test_over_one_text_the_difference_is_named_and_characters_are_offered(
    gold, found, said, tmp_path
) -> None:
    files = two(tmp_path, gold, found)
    with pytest.raises(FormatError, match=said) as caught:
        score_files(files[0], files[1:], TAB)
    assert "--align characters" in str(caught.value)
    scored = score_files(files[0], files[1:], TAB, align="characters")
    assert any("compared by characters" in note for note in scored.notes)


OTHER_TEXT = {
    "left out": ("a b c d e f", "a d e f", r"gold:2: .*, where .*found leaves out 'b' 'c'\. .*long sentences not cut"),
    "put in": ("a d e f", "a b c d e f", r"gold:2: .*, where .*gold leaves out 'b' 'c'"),
    "a sentence cut at its end": ("a b c d e f g h | i j k", "a b c | i j k", r"gold:4: .*found leaves out 'd' 'e' 'f' … \(5 tokens\)"),
    "case": ("a Ann", "a ann", r"gold:2: .*, which differ in case only"),
    "compatible": ("a \ufb01", "a fi", r"gold:2: .*compatible characters only \(NFKC\)\. Bring both files into one form: python"),
    "not seen": ("a b\u200bc", "a bc", r"gold:2: .*look alike and differ in U\+200B ZERO WIDTH SPACE"),
    "another script": ("a Bop", "a \u0412op", r"gold:2: .*U\+0412 CYRILLIC CAPITAL LETTER VE"),
    "escaped": ("a ( b", "a -LRB- b", r"gold:2: the token is '\(' here and '-LRB-' at .*found:2\. "),
    "tokens, then another text": ("we don't go", "we do n't run", r"one text in other tokens.*the texts differ elsewhere, so --align characters does not help"),
    "a form, then another text": ("Bj\u00f6rn ran", "Bjo\u0308rn sat", r"normalization only .*\. Bring both"),
    "sentences, then another text": ("a b | c d", "a | b c e", r"a sentence begins at .* for the same sentences\.$"),
}  # fmt: skip


@pytest.mark.parametrize(("gold", "found", "said"), OTHER_TEXT.values(), ids=OTHER_TEXT.keys())
def test_over_other_texts_characters_are_not_offered(gold, found, said, tmp_path) -> None:
    files = two(tmp_path, gold, found)
    with pytest.raises(FormatError, match=said) as caught:
        score_files(files[0], files[1:], TAB)
    assert not re.search(r"(or compare|Give) .*--align characters", str(caught.value))
    with pytest.raises(FormatError, match=r"(gold|found):\d+: the text"):
        score_files(files[0], files[1:], TAB, align="characters")


def test_the_command_for_compatible_characters_works(tmp_path) -> None:
    files = two(tmp_path, "a \ufb01 Ann", "a fi Ann")
    with pytest.raises(FormatError) as caught:
        score_files(files[0], files[1:], TAB)
    command = re.search("python -c .* < FILE > FILE.nfkc", str(caught.value)).group()
    for path in files:
        subprocess.run(
            command.replace("python", sys.executable, 1).replace("FILE", str(path)), shell=True, check=True
        )
    again = [path.with_name(f"{path.name}.nfkc") for path in files]
    assert score_files(again[0], again[1:], TAB).rows()[0]["f1"] == 1


TEXTS = {
    "another letter": ("an Ann | ran", "an An x | ran", r"gold:2: the texts differ, white space aside: 'Annran' here and 'xran' at .*found:3\. "),
    "case": ("an Ann", "a n ann", r"gold:2: the texts differ.* \(differ in case only\)"),
    "marks in tokens of their own": ("a e\u0302 \u0323", "a e \u0323\u0302", r"gold:2: .*another order over the ends of tokens: U\+0302 .*, U\+0323 .* and U\+0323 "),
    "longer": ("a b", "a b c", r"found:3: the text goes on with 'c', but ends in .*gold:2"),
    "shorter": ("a b c", "a bc~d", r"found:2: the text goes on with 'bcd', but ends in .*gold:3"),
}  # fmt: skip


@pytest.mark.parametrize(("gold", "found", "said"), TEXTS.values(), ids=TEXTS.keys())
def test_where_texts_differ_the_first_place_in_both_is_named(gold, found, said, tmp_path) -> None:
    files = two(tmp_path, gold, found)
    with pytest.raises(FormatError, match=said):
        score_files(files[0], files[1:], TAB, align="characters")


def test_scores_by_characters(tmp_path) -> None:
    files = two(tmp_path, "Ann saw New York | and Lo", "Ann saw NewYork and | Lo")
    scored = score_files(files[0], files[1:], TAB, align="characters")
    counts = [scored.scores[0][name]["ALL"] for name in CONVENTIONS]
    assert [(each.correct, each.predicted, each.reference) for each in counts] == [(2, 3, 4)] * 3
    assert scored.notes == (
        f"{files[1]}: 2 sentences of 5 tokens, over the same text as {files[0]}: 2 sentences of 6 tokens. Mentions are "
        "compared by characters",
    )


def test_systems_of_other_schemes_and_formats_are_aligned(tmp_path) -> None:
    gold, found = tmp_path / "gold", tmp_path / "found"
    gold.write_text('{"text": "Ann Lo saw New York.", "entities": [[0, 6, "PER"], [11, 19, "LOC"]]}\n')
    found.write_text("Ann B-PER\nLo E-PER\nsaw O\nNew B-LOC\nYork. E-LOC\n")
    row = score_files(gold, [found], prediction_scheme="BIOES", align="characters").rows()[0]
    assert (row["precision"], row["recall"]) == (0.5, 0.5)


def test_an_unknown_alignment_is_answered_with_the_nearest(tmp_path) -> None:
    files = two(tmp_path, "a", "a")
    with pytest.raises(OpenNERError, match=r"Unknown alignment 'character'\. Did you mean 'characters'\?"):
        score_files(files[0], files[1:], TAB, align="character")


@given(st.text("ab"), st.text("ab"), st.text("ab"))
def test_the_first_difference(same: str, ours: str, theirs: str) -> None:
    ours, theirs = same + ours, same + theirs
    found = _differ_at(ours, theirs)
    assert ours[:found] == theirs[:found]
    assert found == min(len(ours), len(theirs)) or ours[found] != theirs[found]
