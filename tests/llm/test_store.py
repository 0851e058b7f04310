"""Replies on disk: kept when they come, read back as they were."""

import json
import subprocess
import sys

import pytest

from openner_utils.llm.asking import ask
from openner_utils.llm.automata import automaton
from openner_utils.llm.backends import Reply
from openner_utils.llm.store import Store, key_of
from openner_utils.support.errors import FormatError, OpenNERError


class Echo:
    """Answers with the prompt in capitals; fails after so many batches."""

    model, key, batch_size, engine = "echo@1", "echo", 2, "automaton"

    def __init__(self, fail_after=99):
        self.asked, self.fail_after = [], fail_after

    def generate(self, prompts, max_new_tokens, automata=None, guidance=None):
        if len(self.asked) == self.fail_after:
            raise KeyboardInterrupt
        prompts = list(prompts)
        self.asked.append(prompts)
        yield [
            (number, Reply(prompt.upper() + (" constrained" if automata else ""), "stop"))
            for number, prompt in enumerate(prompts)
        ]


PROMPTS = ["bb", "a", "ßß\n\u2028", "dddd", "ccc"]


def texts(records):
    return [record.reply for record in records]


def test_an_interrupted_run_asks_only_what_is_missing(tmp_path):
    path = tmp_path / "replies.jsonl"
    with pytest.raises(KeyboardInterrupt):
        ask(Echo(fail_after=2), PROMPTS, 9, Store(path))
    whole, resumed = Echo(), Echo()
    after = ask(resumed, PROMPTS, 9, Store(path))
    assert texts(after) == [prompt.upper() for prompt in PROMPTS]
    ask(whole, PROMPTS, 9, Store(tmp_path / "other.jsonl"))
    assert resumed.asked == whole.asked[2:]
    last = Echo()
    assert texts(ask(last, PROMPTS, 9, Store(path))) == texts(after)
    assert last.asked == []


def test_a_torn_last_line_is_asked_for_again(tmp_path):
    path = tmp_path / "replies.jsonl"
    ask(Echo(), PROMPTS, 9, Store(path))
    content = path.read_bytes()
    path.write_bytes(content[:-7])
    assert len(Store(path)) == len(PROMPTS) - 1 and path.read_bytes() == content[:-7], (
        "reading changes nothing"
    )
    again = Echo()
    ask(again, PROMPTS, 9, Store(path))
    assert sum(map(len, again.asked)) == 1
    assert path.read_bytes() == content


def test_two_runs_do_not_pay_for_the_same_replies(tmp_path):
    path = tmp_path / "replies.jsonl"
    begun = Store(path)
    with begun.alone():
        refused = Echo()
        with pytest.raises(OpenNERError, match="another run is asking for these replies"):
            ask(refused, PROMPTS, 9, Store(path))
        assert refused.asked == []
    ask(Echo(), PROMPTS, 9, Store(path))
    late = Echo()
    assert texts(ask(late, PROMPTS, 9, begun)) == [prompt.upper() for prompt in PROMPTS]
    assert late.asked == [], "what another run has got since the store was read is there"


def test_a_run_that_found_half_a_line_takes_nothing_from_the_one_that_came_before_it(tmp_path):
    path = tmp_path / "replies.jsonl"
    ask(Echo(), PROMPTS[:2], 9, Store(path))
    path.write_bytes(path.read_bytes()[:-7])
    slow = Store(path)
    ask(Echo(), PROMPTS, 9, Store(path))
    ask(Echo(), [*PROMPTS, "eeeee"], 9, slow)
    assert {record.prompt for record in Store(path)} == {*PROMPTS, "eeeee"}


def test_replies_that_are_all_there_are_read_without_a_right_to_write(tmp_path, monkeypatch):
    path = tmp_path / "replies.jsonl"
    ask(Echo(), PROMPTS, 9, Store(path))
    monkeypatch.setattr(
        "openner_utils.llm.store.open", lambda *_: pytest.fail("opened to write"), raising=False
    )
    assert len(ask(Echo(), PROMPTS, 9, Store(path))) == len(PROMPTS)


RECORD = {
    "key": "k", "model": "m", "max_new_tokens": 9, "constrained": "", "prompt": "p", "reply": "r", "finish_reason": "stop",
}  # fmt: skip


@pytest.mark.parametrize(
    "line",
    [
        json.dumps({"key": 1}),
        json.dumps(RECORD | {"reply": None}),
        json.dumps(RECORD | {"max_new_tokens": "9"}),
        json.dumps(RECORD | {"served": ["m"]}),
        json.dumps(RECORD | {"prompt_tokens": -1}),
        json.dumps(RECORD | {"completion_tokens": 10**30}),
        json.dumps([RECORD]),
        "5",
        "[" * 200_000,
        '{"\x1b": 1}',
    ],
    ids=[
        "lacking",
        "reply of another type",
        "number of another type",
        "name of another type",
        "fewer tokens than none",
        "more tokens than there are",
        "a list",
        "a number",
        "nested deeply",
        "control",
    ],
)
def test_a_line_that_is_no_reply_is_an_error_with_its_place(tmp_path, line):
    path = tmp_path / "replies.jsonl"
    path.write_text(json.dumps(RECORD) + "\n", encoding="utf-8")
    assert texts(Store(path)) == ["r"]
    path.write_text(line + "\n", encoding="utf-8")
    with pytest.raises(FormatError, match=r"replies.jsonl:1: no stored reply"):
        Store(path)


def test_backend_prompt_length_and_constraint_all_make_a_key():
    keys = {
        key_of(backend, prompt, length, constrained)
        for backend in "ab" for prompt in ("a", "b") for length in (1, 2) for constrained in ("", "x")
    }  # fmt: skip
    assert len(keys) == 16


def test_replies_that_another_engine_held_are_others(tmp_path):
    store, other = Store(tmp_path / "replies.jsonl"), Echo()
    other.engine = "another"
    automata = [automaton(["a"], ["PER"], "inline")] * len(PROMPTS)
    for backend in (Echo(), other):
        ask(backend, PROMPTS, 9, store, automata)
        ask(backend, PROMPTS, 9, store)
    assert len(store) == 3 * len(PROMPTS)


@pytest.mark.parametrize("timed", [True, False])
def test_the_seconds_of_a_reply_are_kept_where_the_run_is_timed(tmp_path, timed):
    class Slow(Echo):
        def generate(self, prompts, *more):
            yield [
                (number, Reply("x", "stop", None, "automaton", 0.12345)) for number, _ in enumerate(prompts)
            ]

    path = tmp_path / "replies.jsonl"
    ask(Slow(), PROMPTS, 9, Store(path), timed=timed)
    assert {(record.engine, record.seconds) for record in Store(path)} == {
        ("automaton", 0.1235 if timed else None)
    }
    assert ("seconds" in path.read_text("utf-8")) == timed


def test_free_and_constrained_replies_live_side_by_side(tmp_path):
    store = Store(tmp_path / "replies.jsonl")
    automata = [automaton([prompt], ["PER"], "inline") for prompt in PROMPTS]
    free, constrained = ask(Echo(), PROMPTS, 9, store), ask(Echo(), PROMPTS, 9, store, automata)
    assert all(record.reply.endswith("constrained") for record in constrained)
    assert len(store) == 10
    assert len({record.key for record in [*free, *constrained]}) == 10


def test_a_reply_with_half_a_surrogate_pair_is_kept_verbatim(tmp_path):
    class Half(Echo):
        def generate(self, prompts, max_new_tokens, automata=None, guidance=None):
            yield [(number, Reply("x \ud83d ß", "stop")) for number, _ in enumerate(prompts)]

    store = Store(tmp_path / "replies.jsonl")
    records = ask(Half(), PROMPTS, 9, store)
    store.write(tmp_path / "out.jsonl", [record.key for record in records])
    for path in (store.path, tmp_path / "out.jsonl"):
        assert texts(Store(path)) == ["x \ud83d ß"] * 5


def test_replies_are_written_in_a_given_order(tmp_path):
    store = Store(tmp_path / "replies.jsonl")
    records = ask(Echo(), PROMPTS, 9, store)
    store.write(tmp_path / "out.jsonl", [record.key for record in records])
    lines = (tmp_path / "out.jsonl").read_bytes().split(b"\n")
    assert [json.loads(line)["prompt"] for line in lines if line] == PROMPTS


def test_a_full_disk_is_named_and_replies_before_it_are_kept(tmp_path):
    """The limit on the size of files stands in for a full disk; it holds for a process, so it is one of its own."""
    script = """
import resource, signal, sys
from pathlib import Path
from openner_utils.llm.store import Record, Store
from openner_utils.support.errors import OpenNERError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
store = Store(Path(sys.argv[1]))
try:
    for number in range(99):
        store.add([Record(str(number), "m", 9, "", "p", "x" * 300, "stop")])
except OpenNERError as error:
    sys.exit(f"error: {error}")
"""
    path = tmp_path / "replies.jsonl"
    done = subprocess.run([sys.executable, "-c", script, path], capture_output=True, text=True, check=False)
    assert done.stderr.startswith(f"error: {path}: File too large. Replies before this one are kept")
    assert texts(Store(path)) == ["x" * 300] * 2


def test_after_a_write_that_failed_the_same_store_goes_on(tmp_path, monkeypatch):
    path = tmp_path / "replies.jsonl"
    store = Store(path)
    with monkeypatch.context() as broken:
        broken.setattr("openner_utils.llm.store.os.fsync", lambda _: _fail(path))
        with pytest.raises(OpenNERError, match="No space left"):
            ask(Echo(), PROMPTS[:1], 9, store)
    ask(Echo(), PROMPTS[1:], 9, store)
    assert texts(Store(path)) == [prompt.upper() for prompt in sorted(PROMPTS[1:], key=len)]


def _fail(path):
    with open(path, "ab") as out:
        out.truncate(out.tell() - 9)  # what a full disk leaves of a line
    raise OSError(28, "No space left on device")
