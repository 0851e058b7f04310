"""Two halves of a published corpus have no conflict; skipped where the publishers' files are not at hand."""

import pytest

from openner_utils.catalog import load_card
from openner_utils.core.columns import concat
from openner_utils.curation.clean import clean
from openner_utils.unify.conflicts import detect
from openner_utils.unify.corpora import Corpus
from tests.reading import at_hand, raw, read
from tests.unify.test_conflicts import halves


@pytest.mark.parametrize("name", ["wnut17", "broad_twitter", "weibo", "turku_ner", "thainer"])
def test_halves_of_a_published_corpus_have_no_conflict(name: str) -> None:
    card = load_card(name)
    files = [file for file in card.annotated if at_hand(card, file) and not file.archive]
    if not files:
        pytest.skip("its files are not on this machine")
    columns = concat([clean(read(raw(card, file), card, file), card, file).repaired for file in files])
    found = detect(halves(Corpus.of(name, columns)))
    assert found.candidates
    assert [each for each in found.candidates if each.clear] == []
