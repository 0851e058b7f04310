"""Hypothesis strategies and small helpers shared by the tests."""

from hypothesis import strategies as st

from openner_utils.core.encoding import Encoding

TYPES = ("PER", "LOC", "ORG")


def labels(encoding: Encoding, types: tuple[str, ...] = TYPES) -> st.SearchStrategy[str]:
    """Any label of an encoding, so that most sequences of them have invalid transitions."""
    return st.sampled_from(["O", *(f"{state}-{type}" for state in encoding.states[1:] for type in types)])


def label_rows(encoding: Encoding, types: tuple[str, ...] = TYPES) -> st.SearchStrategy[list[list[str]]]:
    """Label sequences of a few sentences."""
    return st.lists(st.lists(labels(encoding, types), min_size=1, max_size=9), min_size=1, max_size=6)


def with_tokens(rows: list[list[str]]) -> list[tuple[list[str], list[str]]]:
    """Give each label row tokens of its length."""
    return [([f"w{n}" for n in range(len(row))], row) for row in rows]
