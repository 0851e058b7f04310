"""Free labels as types of the taxonomy."""

import pytest

from openner_utils.catalog.taxonomy import universal
from openner_utils.web.types import by_types, core_of, mapped


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


def test_labels_are_alike_by_what_they_mean() -> None:
    alike = by_types(["PER", "person", "writer", "city", "banana thing", "Banana_Thing"])
    assert alike("PER", "person") == 1
    assert alike("writer", "person") == alike("person", "writer") == pytest.approx(0.8)
    assert alike("city", "person") == 0
    assert alike("banana thing", "Banana_Thing") == 1
    assert alike("banana thing", "person") == 0
