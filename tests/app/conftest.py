"""The app at work, for tests that ask it."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from openner_utils.api.training import train
from openner_utils.app.models import Models
from openner_utils.app.replies import Kept
from openner_utils.app.serve import Server
from openner_utils.core.artifacts import ANSWERED
from openner_utils.core.columns import from_rows
from openner_utils.core.releases import prediction_table, release_table, write_table
from openner_utils.support import paths
from openner_utils.support.paths import Place
from tests.planted import RECIPE, planted

EVIL = "<script>alert('x')</script>"


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model, and with its twin."""
    place = tmp_path_factory.mktemp("app")
    train(RECIPE, [planted(30, seed=1)], place / "models" / "good")
    shutil.copytree(place / "models" / "good", place / "models" / "twin")
    kept_replies(place)
    return place


def kept_replies(place: Path) -> None:
    """Write what a run has kept of a language model: 25 replies, the first of them hostile and with a loss."""
    rows = [(["Ada", "met", EVIL], ["B-PER", "O", "O"]), *[(["Bo", "ran"], ["B-PER", "O"])] * 24]
    columns = from_rows(rows)
    for release in ("core", "standardized"):
        table = release_table("gazette", "eng", "test", columns, columns)
        write_table(place / "artifacts" / "standardize" / release / "gazette.parquet", table)
    keys = {
        "system": "tiny", "regime": "", "labels_from": "", "format": "json", "decoding": "free", "policy": "cursor",
        "control": False, "seed": 0,
    }  # fmt: skip
    labels = [["O", "O", "O"], *[["B-PER", "O"]] * 24]
    for policy in ("cursor", "free"):
        predicted = prediction_table(keys | {"policy": policy}, ("gazette", "eng", "test"), range(25), labels)
        unit = place / "artifacts" / "prompt" / f"tiny-{policy}"
        write_table(unit / "predictions.parquet", predicted)
    asked = {name: keys[name] for name in ("system", "format", "decoding", "control")}
    part = {"corpus": "gazette", "language": "eng", "split": "test"}
    answered = [
        {**asked, **part, "sentence": 0, "reply": f"[{EVIL}]", "lost": f"{EVIL} [LOC]: absent from text", "faults": ""},
        *({**asked, **part, "sentence": n, "reply": "Bo", "lost": "", "faults": ""} for n in range(1, 25)),
    ]  # fmt: skip
    for policy in ("cursor", "free"):
        path = place / "artifacts" / "prompt" / f"tiny-{policy}" / "answered.parquet"
        write_table(path, pa.Table.from_pylist(answered, ANSWERED.schema))
    shutil.copy(paths.ROOT / "params.yaml", place / "params.yaml")


@pytest.fixture(scope="session")
def server(folder: Path) -> Iterator[Server]:
    """The app on a free port, with the models of the folder."""
    with Server(Models.of([], Place(folder)), kept=Kept(Place(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
