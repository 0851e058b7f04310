"""What stands between tokens."""

from openner_utils.core.spacing import gaps, joined


def test_tokens_that_touch_are_written_without_a_blank() -> None:
    row = {"tokens": ["北", "京", "A", "!"], "starts": [0, 1, 3, 4], "ends": [1, 2, 4, 5]}
    assert gaps(row) == (" ", "", " ", "")
    assert gaps({"tokens": ["a", "b"], "starts": None, "ends": None}) == (" ", " ")


def test_tokens_are_joined_by_what_stands_before_each() -> None:
    assert joined(["北", "京", "A"], [" ", "", " "]) == " 北京 A"
