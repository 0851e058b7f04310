"""Two processes that train one model come to what one process comes to."""

import multiprocessing
import os
import socket
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from openner_utils.encoders import loop, models
from openner_utils.runs.machine import CPU
from openner_utils.support.errors import OpenNERError
from openner_utils.training.together import ALONE, join, joined
from tests.planted import LABELS, RECIPE, planted

SENTENCES = planted(13, seed=1)
RECIPE_3 = RECIPE.model_copy(update={"epochs": 2, "batch_size": 3})
"""Batches of three, shared out as two and one; the last one holds a single window, so that one process has nothing to do."""
HEADS = ("linear", "crf")


def _trained(folder: Path, name: str) -> None:
    """Train under either head, without dropout, whose draws hang on who computes; keep weights and losses."""
    torch.set_num_threads(1)
    for head in HEADS:
        tagger = models.load(RECIPE.checkpoint, None, LABELS, 3, head)
        tagger.model.dropout.p = 0
        field = {} if tagger.crf is None else tagger.crf.state_dict(prefix="field.")
        history = loop.train(tagger, RECIPE_3, SENTENCES, SENTENCES, 3, CPU)
        assert [epoch.steps for epoch in history] == [5, 5]
        losses = torch.tensor([epoch.loss for epoch in history])
        save_file({**tagger.model.state_dict(), **field, "losses": losses}, folder / f"{head}-{name}")


def _process(rank: int, port: int, folder: Path) -> None:
    told = {
        "RANK": rank,
        "WORLD_SIZE": 2,
        "LOCAL_RANK": rank,
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": port,
    }
    os.environ.update({name: str(value) for name, value in told.items()})
    with join() as together:
        assert (together.rank, together.size) == (rank, 2)
        _trained(folder, str(rank))
        tagger = models.load(RECIPE.checkpoint, None, LABELS, 3)
        if rank == 1:  # what goes wrong in one process stops both
            torch.nn.init.constant_(tagger.model.classifier.bias, float("nan"))
        try:
            loop.train(tagger, RECIPE_3, SENTENCES, None, 3, CPU)
        except OpenNERError as error:
            (folder / f"said-{rank}").write_text(str(error))
    assert joined() == ALONE


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("together")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    start = multiprocessing.get_context("spawn")
    processes = [start.Process(target=_process, args=(rank, port, folder)) for rank in (0, 1)]
    for process in processes:
        process.start()
    _trained(folder, "alone")
    for process in processes:
        process.join(120)
        assert process.exitcode == 0
    return folder


@pytest.mark.parametrize("head", HEADS)
def test_two_processes_come_to_what_one_comes_to(both, head):
    alone, first, second = (load_file(both / f"{head}-{name}") for name in ("alone", "0", "1"))
    assert alone.keys() == first.keys() and ("field.pairs" in alone) == (head == "crf")
    for name, expected in alone.items():
        torch.testing.assert_close(first[name], expected, rtol=1e-3, atol=1e-4)
        assert torch.equal(first[name], second[name]), "every process ends with the same model"


def test_a_loss_that_is_no_number_in_one_process_stops_all(both):
    for rank in (0, 1):
        assert "loss is nan" in (both / f"said-{rank}").read_text()


def test_nobody_is_waited_for_where_no_launcher_was(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with join() as together:
        assert together == ALONE and together.seed(7) == 7 and list(together.share([1, 2])) == [1, 2]
