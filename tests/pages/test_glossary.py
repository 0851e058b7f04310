"""Words: one meaning each, told by the heads of tables and on a page of their own."""

from collections import Counter

import pandas as pd

from openner_utils.pages import tables
from openner_utils.pages.each import glossary as of_run
from openner_utils.pages.wording import glossary
from openner_utils.scoring.errors import KINDS, TYPE
from openner_utils.scoring.mentions import CONVENTIONS
from openner_utils.support import paths


def test_every_word_has_one_meaning_that_is_a_sentence() -> None:
    words = Counter(word for group in glossary.GROUPS.values() for word in group)
    assert max(words.values()) == 1
    assert all(meaning.endswith(".") for group in glossary.GROUPS.values() for meaning in group.values())


def test_heads_tell_their_meaning_and_those_with_two_meanings_do_not() -> None:
    html = tables.in_html(pd.DataFrame({"clear": [True], "precision": ["fp32"], "corpus_specific": [1]}))
    assert f'<th scope="col" title="{glossary.meaning("clear")}">clear</th>' in html
    assert '<th scope="col">precision</th>' in html and ">corpus specific</th>" in html
    assert html.count("title=") == 1


def test_heads_of_several_words_are_found_as_readers_see_them() -> None:
    html = tables.in_html(pd.DataFrame({"unknown_tokens": [0.5]}))
    assert f'title="{glossary.meaning("unknown tokens")}"' in html and glossary.meaning("unknown tokens")


def test_what_scores_are_told_apart_by_is_explained() -> None:
    assert all(glossary.meaning(kind) for kind in KINDS if kind != TYPE), (
        "a column type may be anything's type"
    )
    assert all(convention in glossary.meaning("convention") for convention in CONVENTIONS)


def test_names_of_the_run_are_those_of_its_params(tmp_path) -> None:
    place = paths.Place(tmp_path)
    assert of_run.told(place) == "" and len(of_run.sections(place)) == len(glossary.GROUPS)
    place.params.write_text(
        "encoders: {big: {checkpoint: org/name}, own: {checkpoint: 'scratch:characters'}, packed: {checkpoint: 'package:x'}}\n"
        "llms: {tiny: {checkpoint: 'pipeline:tiny@2'}}\n"
        "train: {regimes: {alone: {together: false, languages: [fin]}, joint: {together: true}}}\n",
        encoding="utf-8",
    )
    assert of_run.told(place) == (
        "big: encoder, pretrained (org/name); own: encoder, trained from scratch on the run's own sentences; "
        "packed: encoder, pretrained (x); tiny: language model, tuned by this run; alone: regime, one model for each "
        "corpus and language: fin; joint: regime, one model for all together."
    )
    assert of_run.sections(place)[0].heading == "Names of this run"
