"""The server backend against a small server in this process, which can fail in every way that matters."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from openner_utils.llm.backends import API_KEY, Reply, ServerBackend
from openner_utils.llm.constrained import automaton
from openner_utils.llm.parsing import parse_json
from openner_utils.llm.store import Store, ask
from openner_utils.support.errors import OpenNERError

SECRET = "sk-very-secret"


class Fake:
    """Serves a list of behaviours in turn, the last one for ever; remembers what it was asked."""

    def __init__(self, *behaviours):
        self.behaviours, self.requests, self.headers = list(behaviours), [], []
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                fake.requests.append((self.path, body))
                fake.headers.append(self.headers.get("authorization"))
                behaviour = fake.behaviours.pop(0) if len(fake.behaviours) > 1 else fake.behaviours[0]
                behaviour(self, body)

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()


def send(handler, status, content, **headers):
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("content-length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


def good(handler, body, reason="stop"):
    text = body["messages"][0]["content"].upper()
    choice = {"message": {"content": text}, "finish_reason": reason}
    send(handler, 200, json.dumps({"choices": [choice]}).encode())


def cut(handler, body):
    good(handler, body, "length")


def status(code, **headers):
    return lambda handler, body: send(handler, code, b"no " + SECRET.encode(), **headers)


def says(content):
    return lambda handler, body: send(handler, 200, content)


def slow(handler, body):
    time.sleep(0.6)


def replies_of(backend, prompts):
    """Return the replies, of which each comes by itself, in the order of their prompts."""
    together = list(backend.generate(prompts, 7))
    assert all(len(replies) == 1 for replies in together)
    return [reply for _, reply in sorted((replies[0] for replies in together), key=lambda pair: pair[0])]


@pytest.fixture
def serve():
    fakes = []

    def start(*behaviours, **options):
        fake = Fake(*behaviours)
        fakes.append(fake)
        naps = []
        return fake, ServerBackend("big-model", fake.url, timeout=0.3, sleep=naps.append, **options), naps

    yield start
    for fake in fakes:
        fake.server.shutdown()
        fake.server.server_close()


def test_a_reply_and_why_it_ended(serve):
    fake, backend, _ = serve(good, cut, batch_size=1)
    assert replies_of(backend, ["ann", "paris"]) == [Reply("ANN", "stop"), Reply("PARIS", "length")]
    path, body = fake.requests[0]
    assert path == "/v1/chat/completions"
    assert body["model"] == "big-model" and body["max_tokens"] == 7 and body["temperature"] == 0


@pytest.mark.parametrize(
    "trouble",
    [
        status(429), status(500), status(503), slow, says(b"<html>"), says(b'{"choices": []}'), says(b"[1]"),
        says(b'{"choices": [{"message": {"content": [1]}}]}'), says(b"\xff\xfe"),
    ],
    ids=["429", "500", "503", "timeout", "html", "no choice", "list", "no text", "no utf-8"],
)  # fmt: skip
def test_trouble_is_waited_out(serve, trouble):
    fake, backend, naps = serve(trouble, trouble, good)
    assert replies_of(backend, ["ann"]) == [Reply("ANN", "stop")]
    assert len(fake.requests) == 3
    assert naps == [1.0, 2.0]


@pytest.mark.parametrize(
    ("message", "reason", "faults"),
    [
        ({"content": None, "reasoning_content": "Ann, perhaps [] or"}, "length", ("reasoning never ended",)),
        ({"content": None}, "length", ("reasoning never ended",)),
        ({"content": "", "reasoning": "Ann"}, "length", ("reasoning never ended",)),
        ({"content": "[]", "reasoning_content": "Ann"}, "stop", ()),
        ({"content": None}, "stop", ("empty reply",)),
    ],
)
def test_reasoning_kept_apart_that_reaches_the_limit_never_ended(serve, message, reason, faults):
    answer = {"choices": [{"message": message, "finish_reason": reason}]}
    _, backend, _ = serve(says(json.dumps(answer).encode()))
    (reply,) = replies_of(backend, ["ann"])
    assert parse_json(reply.text).faults == faults


def test_the_server_says_how_long_to_wait(serve):
    _, backend, naps = serve(
        status(429, retry_after="7"), status(429, retry_after="Fri, 31 Dec 1999 23:59:59 GMT"), good
    )
    replies_of(backend, ["ann"])
    assert naps == [7.0, 2.0]


def test_lasting_trouble_is_an_error_that_says_what_to_do(serve):
    fake, backend, _ = serve(status(500), attempts=3)
    with pytest.raises(OpenNERError, match=r"3 attempts; last: status 500.*run the same command again"):
        replies_of(backend, ["ann"])
    assert len(fake.requests) == 3


def test_a_refusal_is_not_tried_again(serve):
    fake, backend, _ = serve(status(401))
    with pytest.raises(OpenNERError, match="status 401"):
        replies_of(backend, ["ann"])
    assert len(fake.requests) == 1


def test_the_key_is_sent_and_stands_in_no_error(serve, monkeypatch):
    monkeypatch.setenv(API_KEY, SECRET)
    fake, backend, _ = serve(status(400))
    with pytest.raises(OpenNERError) as error:
        replies_of(backend, ["ann"])
    assert fake.headers == [f"Bearer {SECRET}"]
    assert "[key]" in str(error.value) and SECRET not in str(error.value) + repr(vars(backend))


@pytest.mark.parametrize("key", ["e", "none", SECRET])
def test_replies_are_kept_verbatim_whatever_the_key(serve, monkeypatch, tmp_path, key):
    monkeypatch.setenv(API_KEY, key)
    text = f"none of {SECRET}"
    _, backend, _ = serve(says(json.dumps({"choices": [{"message": {"content": text}}]}).encode()))
    (record,) = ask(backend, ["ann"], 7, Store(tmp_path / "replies.jsonl"))
    assert record.reply == text


def test_replies_are_kept_when_they_come_even_if_another_never_does(serve, tmp_path):
    def all_but_bad(handler, body):
        (status(500) if body["messages"][0]["content"] == "bad" else good)(handler, body)

    _, backend, _ = serve(all_but_bad, attempts=2)
    store = Store(tmp_path / "replies.jsonl")
    with pytest.raises(OpenNERError, match="run the same command again"):
        ask(backend, ["ann", "bad", "paris", "oslo"], 7, store)
    assert sorted(record.reply for record in Store(store.path)) == ["ANN", "OSLO", "PARIS"]
    again, backend, _ = serve(good)
    records = ask(backend, ["ann", "bad", "paris", "oslo"], 7, Store(store.path))
    assert [record.reply for record in records] == ["ANN", "BAD", "PARIS", "OSLO"]
    assert len(again.requests) == 1


def test_without_a_key_none_is_sent(serve, monkeypatch):
    monkeypatch.delenv(API_KEY, raising=False)
    fake, backend, _ = serve(good)
    replies_of(backend, ["ann"])
    assert fake.headers == [None]


def test_a_server_cannot_be_constrained(serve):
    _, backend, _ = serve(good)
    with pytest.raises(OpenNERError, match="cannot be constrained"):
        list(backend.generate(["ann"], 7, [automaton(["ann"], ["PER"], "inline")]))


def test_an_address_may_end_in_v1():
    assert ServerBackend("m", "http://x/v1/")._url == ServerBackend("m", "http://x")._url


def test_replies_belong_to_a_model_wherever_it_is_served():
    assert (
        ServerBackend("m", "http://x").key
        == ServerBackend("m", "http://y").key
        != ServerBackend("n", "http://x").key
    )
