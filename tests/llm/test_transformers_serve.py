"""The success path against a real server: `transformers serve`, a process of its own, with a causal LM of random weights.

It needs the extra packages of requirements-serving.txt, and is skipped where they are absent.
"""

import importlib.util
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from openner_utils.llm.asking import ask
from openner_utils.llm.local import LocalBackend
from openner_utils.llm.prompts import schema
from openner_utils.llm.server import ServerBackend
from openner_utils.llm.spending import total
from openner_utils.llm.store import Store
from openner_utils.support import paths
from tests.llm.micro import micro

EXTRAS = ("accelerate", "fastapi", "openai", "uvicorn")
MISSING = [name for name in EXTRAS if importlib.util.find_spec(name) is None]
pytestmark = pytest.mark.skipif(
    bool(MISSING), reason=f"{', '.join(MISSING)} absent: pip install -r requirements-serving.txt"
)
CHAT = "{% for message in messages %}{{ message['content'] }}{% endfor %}"
PROMPTS = ["Ann in Paris", "Paris here,", "and there is Ann.", "Ann"]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny causal LM in a folder."""
    folder = tmp_path_factory.mktemp("micro")
    micro(folder, chat=CHAT)
    return folder


@pytest.fixture(scope="module")
def url(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory):
    """The address of `transformers serve`, which has loaded it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path_factory.mktemp("log") / "server"
    command = ["-c", "from transformers.cli.transformers import main; main()", "serve", str(checkpoint)]
    options = ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    with open(log, "wb") as out:
        server = subprocess.Popen(
            [sys.executable, *command, *options], stdout=out, stderr=out, env=environment, cwd=paths.ROOT
        )
    try:
        begin = time.monotonic()
        while time.monotonic() - begin < 300:
            assert server.poll() is None, log.read_text()[-3000:]
            try:
                if httpx.get(f"http://127.0.0.1:{port}/health", timeout=5).status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.5)
        else:
            raise AssertionError(f"no answer: {log.read_text()[-3000:]}")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


def test_a_served_model_answers_as_the_same_model_here(checkpoint, url, tmp_path):
    served = ask(ServerBackend(str(checkpoint), url), PROMPTS, 12, Store(tmp_path / "served.jsonl"))
    local = ask(LocalBackend(checkpoint), PROMPTS, 12, Store(tmp_path / "local.jsonl"))
    assert [each.reply for each in served] == [each.reply for each in local]
    assert [each.finish_reason for each in served] == [each.finish_reason for each in local]
    assert len({each.reply for each in served}) > 1
    spent = total(each.usage for each in served)
    assert spent.untold == 0 and spent.completion == 4 * 12 and spent.prompt > 4


def test_what_it_answered_is_not_asked_again(checkpoint, url, tmp_path):
    store = tmp_path / "served.jsonl"
    first = ask(ServerBackend(str(checkpoint), url), PROMPTS[:2], 6, Store(store))
    before = store.read_bytes()
    again = ask(ServerBackend(str(checkpoint), url), PROMPTS[:2], 6, Store(store))
    assert again == first and store.read_bytes() == before


def test_a_schema_that_a_server_ignores_changes_nothing_but_the_key(checkpoint, url, tmp_path):
    """`transformers serve` does so without a word: what is called guided may be free, and only the replies show it."""
    backend, store = ServerBackend(str(checkpoint), url), Store(tmp_path / "served.jsonl")
    (free,) = ask(backend, PROMPTS[:1], 6, store)
    (guided,) = ask(backend, PROMPTS[:1], 6, store, guidance=[schema(["PER"])])
    assert guided.reply == free.reply and guided.key != free.key and len(store) == 2
