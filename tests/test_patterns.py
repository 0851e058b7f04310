"""Patterns mean the same under every Python that is supported."""

import importlib
import re

import pytest

from openner_utils.support import paths

MODULES = sorted(
    ".".join(path.relative_to(paths.PACKAGE.parent).with_suffix("").parts)
    for path in paths.PACKAGE.rglob("*.py")
    if "re.compile(" in path.read_text(encoding="utf-8")
)
_POSSESSIVE_GROUP = re.compile(r"(?<!\\)\)[*+?]\+|(?<!\\)\)\{[0-9,]+\}\+")


@pytest.mark.parametrize("module", MODULES)
def test_no_group_is_repeated_possessively_by_re(module):
    """The `re` of Python 3.11.0 to 3.11.4 goes wrong where what such a group holds is tried in several ways; `regex` does not."""
    found = {
        name: value.pattern
        for name, value in vars(importlib.import_module(module)).items()
        if isinstance(value, re.Pattern) and isinstance(value.pattern, str)
    }
    assert [name for name, pattern in found.items() if _POSSESSIVE_GROUP.search(pattern)] == []


def test_such_groups_are_seen():
    assert all(map(_POSSESSIVE_GROUP.search, (r"(?:ab?)*+", r"(a)?+c", r"(?:a|b){2,3}+")))
    assert not any(map(_POSSESSIVE_GROUP.search, (r"(a)*", r"[ab]*+", r"\)++", r"(?:a)+b+")))
