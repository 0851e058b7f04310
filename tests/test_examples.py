"""The examples in docstrings hold."""

import doctest
import importlib

import pytest

from openner_utils.support import paths

MODULES = sorted(
    ".".join(path.relative_to(paths.PACKAGE.parent).with_suffix("").parts)
    for path in paths.PACKAGE.rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("module", MODULES)
def test_examples_hold(module):
    result = doctest.testmod(importlib.import_module(module), optionflags=doctest.ELLIPSIS)
    assert result.attempted and not result.failed
