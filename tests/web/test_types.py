"""Free labels as types of the taxonomy."""

import pytest

from openner_utils.catalog.taxonomy import universal
from openner_utils.web.types import core_of, mapped


@pytest.mark.parametrize(
    ("label", "type", "core"),
    [
        ("PER", "person", "PER"),
        ("writer", "person -> writer", "PER"),
        ("Stadt", "city", "LOC"),
        ("government agency", "organization -> government body", "ORG"),
        ("DATE", "date or period", None),
        ("writer / person", "person", "PER"),
        ("PER / Person", "person", "PER"),
        ("banana thing", None, None),
        ("city / person", None, None),
        ("writer / banana thing", None, None),
        ("<script>alert(1)</script>", None, None),
    ],
)
def test_labels_mean_types(label, type, core):
    found = mapped(universal(), [label])[label]
    assert found.label == label
    assert found.type == type
    assert (None if found.type is None else core_of(universal(), found.type)) == core
    assert 0 <= found.confidence <= 1
    assert found.why


def test_more_is_asked_of_surer_mappings():
    assert mapped(universal(), ["univrsity"])["univrsity"].type == "organization -> university"
    assert mapped(universal(), ["univrsity"], least=0.99)["univrsity"].type is None


def test_a_label_that_two_types_claim_alike_means_neither():
    found = mapped(universal(), ["locaton"])["locaton"]
    assert found.type is None
    assert found.why.startswith("may be location or ")


def test_each_label_is_mapped_once_in_order():
    assert list(mapped(universal(), ["b", "a", "b"])) == ["a", "b"]
