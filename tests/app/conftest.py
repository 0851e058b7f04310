"""The app at work, for tests that ask it."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from openner_utils.api.training import train
from openner_utils.app.models import Models
from openner_utils.app.serve import Server
from openner_utils.support.paths import Place
from tests.planted import RECIPE, planted


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model, and with its twin."""
    place = tmp_path_factory.mktemp("app")
    train(RECIPE, [planted(30, seed=1)], place / "models" / "good")
    shutil.copytree(place / "models" / "good", place / "models" / "twin")
    return place


@pytest.fixture(scope="session")
def server(folder: Path) -> Iterator[Server]:
    """The app on a free port, with the models of the folder."""
    with Server(Models.of([], Place(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
