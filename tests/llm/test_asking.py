"""Asking a server that charges, stops or dies: nothing that was paid for is asked again, and what is missing is named."""

import socket
import subprocess
import sys
import threading
import time
from collections import Counter

import pytest

from openner_utils.llm import asking
from openner_utils.llm.asking import ask, missing_file
from openner_utils.llm.server import ServerBackend
from openner_utils.llm.spending import Budget, Rates, Sum, Usage, total
from openner_utils.llm.store import Store
from openner_utils.support.errors import OpenNERError
from tests.llm.fake_server import Fake, after_a_while, charging, good, says, status

QUESTIONS = [f"question {'x' * (number % 7)} {number}" for number in range(30)]
NAMES = [f"corpus/eng/{number}" for number in range(30)]


@pytest.fixture
def serve():
    fakes = []

    def start(*behaviours, **options):
        fakes.append(Fake(*behaviours))
        naps = {"sleep": lambda seconds: None} | options
        return fakes[-1], ServerBackend("big-model", fakes[-1].url, **naps)

    yield start
    for fake in fakes:
        fake.server.shutdown()
        fake.server.server_close()


def test_as_many_questions_are_under_way_as_are_allowed_and_no_more(serve, tmp_path):
    at_once, most, lock = [], [], threading.Lock()

    def slow(handler, body):
        with lock:
            at_once.append(1)
            most.append(len(at_once))
        time.sleep(0.05)
        with lock:
            at_once.pop()
        good(handler, body)

    _, backend = serve(slow, concurrency=5)
    ask(backend, QUESTIONS, 7, Store(tmp_path / "replies.jsonl"))
    assert max(most) == 5


def test_one_slow_answer_holds_up_no_other(serve, tmp_path):
    """With questions in batches, those behind a slow one would wait for it."""
    came = []

    def behave(handler, body):
        question = body["messages"][0]["content"]
        if question == QUESTIONS[0]:
            time.sleep(1.0)
        came.append(question)
        good(handler, body)

    _, backend = serve(behave, concurrency=2)
    ask(backend, QUESTIONS, 7, Store(tmp_path / "replies.jsonl"))
    assert came[-1] == QUESTIONS[0]


def test_replies_hang_on_no_concurrency(serve, tmp_path):
    written = []
    for concurrency in (1, 8):
        _, backend = serve(after_a_while, concurrency=concurrency)
        store = Store(tmp_path / f"{concurrency}.jsonl")
        records = ask(backend, QUESTIONS, 7, store)
        assert [record.reply for record in records] == [question.upper() for question in QUESTIONS]
        store.write(out := tmp_path / f"{concurrency}.out.jsonl", [record.key for record in records])
        written.append(out.read_bytes())
    assert written[0] == written[1]
    assert (tmp_path / "8.jsonl").read_bytes() != written[1], "the answers did come in another order"


def test_a_question_that_is_there_twice_is_paid_for_once(serve, tmp_path):
    fake, backend = serve(good, concurrency=3)
    records = ask(backend, ["ann", "bo", "ann", "ann"], 7, Store(tmp_path / "replies.jsonl"))
    assert [record.reply for record in records] == ["ANN", "BO", "ANN", "ANN"]
    assert len(fake.requests) == 2


def test_progress_is_told_of_every_question_once(serve, tmp_path):
    store = Store(tmp_path / "replies.jsonl")
    _, backend = serve(good)
    ask(backend, QUESTIONS[:11], 7, store)
    told = []
    ask(backend, QUESTIONS, 7, store, advance=told.append)
    assert sum(told) == 30 and told[0] == 11


# --- what it costs ------------------------------------------------------------------------------------------


def test_tokens_are_kept_with_the_reply(serve, tmp_path):
    _, backend = serve(charging((10, 2)))
    store = Store(tmp_path / "replies.jsonl")
    ask(backend, ["ann", "bo"], 7, store)
    spent = total(record.usage for record in Store(store.path))
    assert spent == Sum(20, 4, 2, 0)
    assert spent.cost(Rates(1.0, 10.0)) == pytest.approx(60e-6)


@pytest.mark.parametrize(
    "usage",
    [
        b"",
        b', "usage": null',
        b', "usage": [1]',
        b', "usage": {"prompt_tokens": 3}',
        b', "usage": {"prompt_tokens": -3, "completion_tokens": 1}',
        b', "usage": {"prompt_tokens": true, "completion_tokens": 1}',
        b', "usage": {"prompt_tokens": 1.5, "completion_tokens": 1}',
        b', "usage": {"prompt_tokens": 1e999, "completion_tokens": 1}',
        b', "usage": {"prompt_tokens": 99999999999999999, "completion_tokens": 1}',
    ],
)
def test_a_reply_whose_server_counts_nothing_or_nonsense_counts_as_untold(serve, tmp_path, usage):
    _, backend = serve(says(b'{"choices": [{"message": {"content": "ANN"}}]' + usage + b"}"))
    store = Store(tmp_path / "replies.jsonl")
    (record,) = ask(backend, ["ann"], 7, store)
    assert record.reply == "ANN" and record.usage is None
    assert total([record.usage]) == Sum(0, 0, 1, 1)
    assert 'tokens":' not in store.path.read_text().replace("max_new_tokens", "")


@pytest.mark.parametrize("limit", [{"tokens": 100}, {"cost": 1.0, "rates": Rates(10_000.0, 0.0)}])
def test_a_spent_budget_stops_resumably_and_names_what_was_not_asked(serve, tmp_path, limit):
    store = Store(tmp_path / "replies.jsonl")
    fake, backend = serve(charging((10, 0)), concurrency=1)
    with pytest.raises(OpenNERError, match=r"20 of 30 questions got no reply.* of a budget of") as error:
        ask(backend, QUESTIONS, 7, store, names=NAMES, budget=Budget(Sum(), **limit))
    assert len(fake.requests) == 10 == len(store)
    asked = {record.prompt for record in store}
    missing = [line.split("\t") for line in missing_file(store.path).read_text().splitlines()]
    assert [name for name, _ in missing] == [
        name for name, question in zip(NAMES, QUESTIONS, strict=True) if question not in asked
    ]
    assert all(why.startswith("not asked: ") and "raise `budget`" in why for _, why in missing)
    assert f"  {missing[0][0]}\n" in str(error.value) and "and 10 more" in str(error.value)

    again, backend = serve(charging((10, 0)), concurrency=1)
    spent = total(record.usage for record in store)
    with pytest.raises(OpenNERError, match="budget"):
        ask(backend, QUESTIONS, 7, store, budget=Budget(spent, **limit))
    assert again.requests == [], "what was spent before counts"
    records = ask(backend, QUESTIONS, 7, store, names=NAMES)
    assert len(again.requests) == 20 and [record.prompt for record in records] == QUESTIONS
    assert not missing_file(store.path).exists()


def test_what_is_under_way_when_the_budget_is_spent_is_kept(serve, tmp_path):
    def slow(handler, body):
        time.sleep(0.02)
        charging((10, 0))(handler, body)

    store = Store(tmp_path / "replies.jsonl")
    fake, backend = serve(slow, concurrency=6)
    with pytest.raises(OpenNERError, match="budget"):
        ask(backend, QUESTIONS, 7, store, budget=Budget(Sum(), tokens=100))
    assert len(store) == len(fake.requests) and 10 <= len(store) <= 15


def test_no_budget_is_kept_blindly(serve, tmp_path):
    store = Store(tmp_path / "replies.jsonl")
    fake, backend = serve(good, concurrency=1)
    with pytest.raises(OpenNERError, match="does not tell how many tokens"):
        ask(backend, QUESTIONS, 7, store, budget=Budget(Sum(), tokens=100))
    assert len(fake.requests) == 1 == len(store)


def test_a_budget_without_limits_is_none():
    budget = Budget(Sum())
    budget.add(None)
    budget.add(Usage(10**9, 10**9))
    assert not budget.reached


def test_failed_questions_are_listed_with_the_reason(serve, tmp_path):
    def behave(handler, body):
        bad = body["messages"][0]["content"] == QUESTIONS[3]
        (status(400, b"too\tlong\nfor me") if bad else good)(handler, body)

    store = Store(tmp_path / "replies.jsonl")
    _, backend = serve(behave)
    with pytest.raises(OpenNERError, match=r"1 of 30 questions[^\n]*\n  corpus/eng/3\n"):
        ask(backend, QUESTIONS, 7, store, names=NAMES)
    (line,) = missing_file(store.path).read_text().splitlines()
    name, why = line.split("\t")
    assert name == "corpus/eng/3" and "status 400: too long for me" in why


# --- a server that is killed --------------------------------------------------------------------------------


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def process(tmp_path):
    """Start the fake server as a process of its own on a port, as often as is wanted."""
    started = []

    def start(port):
        log = tmp_path / "asked"
        server = subprocess.Popen([sys.executable, "-m", "tests.llm.fake_server", str(port), str(log)])
        started.append(server)
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return server
            time.sleep(0.05)
        raise AssertionError("the server did not start")

    yield start
    for server in started:
        server.kill()
        server.wait()


def kill(server):
    server.kill()
    server.wait()


def asked(tmp_path):
    return Counter((tmp_path / "asked").read_text(encoding="utf-8").splitlines())


def test_a_server_that_is_killed_and_comes_back_midway_is_waited_for(process, tmp_path):
    port, store = free_port(), Store(tmp_path / "replies.jsonl")
    server = process(port)
    under_way = threading.Lock()
    kept = []

    def advance(count):
        if len(store) >= 10 and not kept and under_way.acquire(blocking=False):
            kill(server)
            kept.extend(record.prompt for record in store)
            threading.Timer(0.6, process, [port]).start()

    backend = ServerBackend("m", f"http://127.0.0.1:{port}", concurrency=3, attempts=8, pause=0.2)
    records = ask(backend, QUESTIONS, 7, store, advance=advance)
    assert [record.reply for record in records] == [question.upper() for question in QUESTIONS]
    assert len(kept) >= 10
    times = asked(tmp_path)
    assert all(times[question] == 1 for question in kept), "what had been answered was not asked again"
    assert sum(times.values()) <= len(QUESTIONS) + 3, "only what was under way was asked twice"


def test_after_a_server_has_died_the_same_command_asks_for_the_rest(process, tmp_path):
    port, store = free_port(), Store(tmp_path / "replies.jsonl")
    server = process(port)

    def advance(count):
        if len(store) >= 10:
            kill(server)

    backend = ServerBackend("m", f"http://127.0.0.1:{port}", concurrency=3, attempts=2, pause=0.05)
    with pytest.raises(OpenNERError, match=r"Asking stopped: \d+ in a row"):
        ask(backend, QUESTIONS, 7, store, advance=advance)
    kept = [record.prompt for record in Store(store.path)]
    assert 10 <= len(kept) < 30
    assert len(missing_file(store.path).read_text().splitlines()) == 30 - len(kept)
    process(port)
    records = ask(backend, QUESTIONS, 7, Store(store.path))
    assert [record.reply for record in records] == [question.upper() for question in QUESTIONS]
    assert all(asked(tmp_path)[question] == 1 for question in kept)


def test_no_more_than_a_row_of_failures_is_asked(serve, tmp_path):
    fake, backend = serve(status(500), attempts=1, concurrency=1)
    with pytest.raises(OpenNERError):
        ask(backend, QUESTIONS, 7, Store(tmp_path / "replies.jsonl"))
    assert len(fake.requests) == asking.IN_A_ROW
