"""Exported models where their packages are not installed; where they are, `tests/api/test_exporting.py` tries them."""

import pytest

from openner_utils.encoders.exported import package
from openner_utils.support.errors import OpenNERError


def test_without_the_packages_it_is_said_how_to_get_them():
    with pytest.raises(OpenNERError, match=r"need no_such_runtime, which is not installed .* make onnx"):
        package("no_such_runtime")
