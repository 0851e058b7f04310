"""A publisher that serves files on this machine, and the store that they are fetched into."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from openner_utils.sources.store import Store
from tests.publisher import Publisher, serving


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    with serving(monkeypatch) as server:
        yield server


@pytest.fixture
def kept(tmp_path: Path) -> Store:
    return Store(tmp_path / "downloads")
