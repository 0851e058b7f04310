"""The server backend against servers that fail, lie, drip and repeat the key."""

import base64
import html
import json
import re
import threading
import time
import traceback
import urllib.parse
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from openner_utils.llm.api_key import API_KEY
from openner_utils.llm.asking import IN_A_ROW, ask
from openner_utils.llm.automata import automaton
from openner_utils.llm.backends import NoReply, Reply
from openner_utils.llm.grammar import gbnf
from openner_utils.llm.json_replies import parse_json
from openner_utils.llm.prompts import schema
from openner_utils.llm.server import LARGEST, LONGEST_WAIT, ServerBackend
from openner_utils.llm.store import Store
from openner_utils.support.errors import OpenNERError
from tests.llm.fake_server import (
    Fake,
    answer,
    cut,
    cut_chunk,
    drip,
    drip_content,
    good,
    half,
    hang_up,
    packed,
    says,
    slow,
    status,
    to_all_but,
)

SECRET = "sk-very-secret"
SHORT = {"timeout": 2, "longest": 4}
"""Seconds for those who never answer: short for a test, and long enough for a good answer of a busy machine."""


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
        options = {"timeout": 60, "longest": 120} | options
        return fake, ServerBackend("big-model", fake.url, sleep=naps.append, **options), naps

    yield start
    for fake in fakes:
        fake.server.shutdown()
        fake.server.server_close()


def test_a_reply_and_why_it_ended(serve):
    fake, backend, _ = serve(good, cut, concurrency=1)
    assert replies_of(backend, ["ann", "paris"]) == [Reply("ANN", "stop"), Reply("PARIS", "length")]
    path, body = fake.requests[0]
    assert path == "/v1/chat/completions"
    assert body["model"] == "big-model" and body["max_tokens"] == 7 and body["temperature"] == 0


MALFORMED = {
    "html": says(b"<html>"),
    "nothing": says(b""),
    "no choice": says(b'{"choices": []}'),
    "a list": says(b"[1]"),
    "null": says(b"null"),
    "an error with status 200": says(b'{"error": {"message": "busy"}}'),
    "content is a list": answer(content=[1]),
    "content is a number": answer(content=0),
    "content is absent": answer(role="assistant"),
    "message is a text": says(b'{"choices": [{"message": "Ann"}]}'),
    "reasoning is a list": says(
        b'{"choices": [{"message": {"content": "", "reasoning": [1]}, "finish_reason": "length"}]}'
    ),
    "a stream of events": says(b'data: {"choices": [{"delta": {"content": "A"}}]}\n\ndata: [DONE]\n\n'),
    "half a JSON": says(b'{"choices": [{"message": {"content": "An'),
    "nested deeply": says(b'{"choices": ' + b"[" * 200_000),
    "a number of many digits": says(b'{"choices": ' + b"9" * 10_000 + b"}"),
    "UTF-16": says('{"choices": [{"message": {"content": "Ann"}}]}'.encode("utf-16")),
    "no UTF-8": says(b'{"choices": [{"message": {"content": "\xff"}}]}'),
    "too large": says(b" " * (LARGEST + 1)),
    "packed and broken": packed(b"\x1f\x8b\x08 broken"),
}
LASTING = {
    "busy": status(429),
    "failing": status(503),
    "silent": slow,
    "a half answer": half,
    "a cut chunk": cut_chunk,
    "no answer": hang_up,
    "dripping headers": drip,
    "dripping content": drip_content,
    "refusing": status(400),
}
WAITING = {"silent", "dripping headers", "dripping content"}


@pytest.mark.parametrize(
    "trouble", [*MALFORMED, "busy", "failing", "silent", "a half answer", "a cut chunk", "no answer"]
)
def test_trouble_is_waited_out(serve, trouble):
    behaviour = (MALFORMED | LASTING)[trouble]
    fake, backend, naps = serve(behaviour, behaviour, good, **(SHORT if trouble == "silent" else {}))
    assert replies_of(backend, ["ann"]) == [Reply("ANN", "stop")]
    assert len(fake.requests) == 3
    assert naps == [1.0, 2.0]


@pytest.mark.parametrize("trouble", MALFORMED)
def test_malformed_answers_are_that_questions_fault(serve, tmp_path, trouble):
    _, backend, _ = serve(to_all_but(good, MALFORMED[trouble], "bad"), attempts=2, concurrency=2)
    questions = ["ann", "bad", "paris", "oslo", "brno"]
    store = Store(tmp_path / "replies.jsonl")
    records = ask(backend, questions, 7, store)
    assert [record.reply for record in records] == ["ANN", "", "PARIS", "OSLO", "BRNO"]
    assert [record.finish_reason for record in records] == ["stop", "malformed", "stop", "stop", "stop"]
    again, backend, _ = serve(good)
    assert ask(backend, questions, 7, Store(store.path)) == records
    assert again.requests == []


@pytest.mark.parametrize("trouble", LASTING)
def test_a_question_without_reply_stops_no_other_and_is_asked_again(serve, tmp_path, trouble):
    waits = SHORT if trouble in WAITING else {}
    _, backend, _ = serve(to_all_but(good, LASTING[trouble], "bad"), attempts=2, concurrency=2, **waits)
    questions = ["ann", "bad", "paris", "oslo", "brno"]
    store = Store(tmp_path / "replies.jsonl")
    with pytest.raises(OpenNERError, match=r"1 of 5 questions got no reply.*run the same command again"):
        ask(backend, questions, 7, store)
    assert sorted(record.reply for record in Store(store.path)) == ["ANN", "BRNO", "OSLO", "PARIS"]
    again, backend, _ = serve(good)
    records = ask(backend, questions, 7, Store(store.path))
    assert [record.reply for record in records] == ["ANN", "BAD", "PARIS", "OSLO", "BRNO"]
    assert len(again.requests) == 1


@pytest.mark.parametrize("trouble", [status(401), says(b"<html>")], ids=["refusing", "malformed"])
def test_a_server_that_answers_nobody_is_not_asked_on(serve, tmp_path, trouble):
    fake, backend, _ = serve(trouble, attempts=1, concurrency=3)
    store = Store(tmp_path / "replies.jsonl")
    with pytest.raises(OpenNERError, match=r"Asking stopped: (8|9|10) in a row"):
        ask(backend, [f"question {number}" for number in range(40)], 7, store)
    assert IN_A_ROW <= len(fake.requests) < IN_A_ROW + 3 and len(Store(store.path)) == 0


def test_a_lone_malformed_question_is_no_reply_of_a_server_that_never_gave_one(serve, tmp_path):
    _, backend, _ = serve(says(b"<html>"), attempts=1)
    with pytest.raises(OpenNERError, match="1 of 1 questions got no reply"):
        ask(backend, ["ann"], 7, Store(tmp_path / "replies.jsonl"))


@pytest.mark.parametrize("drips", [drip, drip_content])
def test_a_drip_ends_when_its_time_is_over(serve, drips):
    fake, backend, _ = serve(drips, longest=0.5)
    (found,) = replies_of(backend, ["ann"])
    assert isinstance(found, NoReply) and "took more than 0.5 s for one answer" in found.why
    assert len(fake.requests) == 1


def test_no_more_is_read_than_the_largest_answer(serve):
    sent = []

    def endless(handler, body):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            while len(sent) < 50 * LARGEST // 65536:
                handler.wfile.write(b" " * 65536)
                sent.append(1)
        except OSError:
            pass  # whoever asked has gone, as they should

    _, backend, _ = serve(endless, attempts=1)
    (found,) = replies_of(backend, ["ann"])
    assert isinstance(found, NoReply) and f"more than {LARGEST:,} bytes" in found.why
    assert len(sent) < 5 * LARGEST // 65536


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


@pytest.mark.parametrize(
    "trouble", [slow, drip, status(429, retry_after="600")], ids=["silent", "drips", "busy"]
)
def test_who_leaves_waits_for_nothing_that_is_under_way(trouble):
    begin = time.perf_counter()
    fake = Fake(good, trouble)
    replies = ServerBackend("big-model", fake.url, concurrency=3).generate(iter("abcdef"), 7)
    next(replies)
    while len(fake.requests) < 3:
        time.sleep(0.01)
    replies.close()  # as Ctrl-C does, and an error of whoever takes the replies
    assert time.perf_counter() - begin < 20
    assert len(fake.requests) <= 4
    assert not [each for each in threading.enumerate() if each.name.startswith("ThreadPoolExecutor")]
    fake.server.shutdown()


def test_the_server_says_how_long_to_wait(serve):
    _, backend, naps = serve(
        status(429, retry_after="7"),
        status(429, retry_after="Fri, 31 Dec 1999 23:59:59 GMT"),
        status(503, retry_after=format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)),
        status(429, retry_after="1e9"),
        good,
    )
    replies_of(backend, ["ann"])
    assert naps[:2] == [7.0, 2.0] and 90 < naps[2] <= 100 and naps[3] == LONGEST_WAIT


def test_lasting_trouble_is_told_with_the_last_of_it(serve):
    fake, backend, _ = serve(status(500), attempts=3)
    (found,) = replies_of(backend, ["ann"])
    assert isinstance(found, NoReply) and not found.malformed
    assert found.why == f"{fake.url} gave no reply in 3 attempts; last: status 500 (no)"


def test_a_refusal_is_not_tried_again(serve):
    fake, backend, _ = serve(status(401))
    (found,) = replies_of(backend, ["ann"])
    assert isinstance(found, NoReply) and "status 401" in found.why
    assert len(fake.requests) == 1


# --- the key and the address --------------------------------------------------------------------------------


def test_the_key_is_sent_and_stands_in_no_error(serve, monkeypatch):
    monkeypatch.setenv(API_KEY, SECRET)
    fake, backend, _ = serve(
        status(400, b"x" * 295 + SECRET.encode())
    )  # so that a cut would leave half of it
    (found,) = replies_of(backend, ["ann"])
    assert fake.headers == [f"Bearer {SECRET}"]
    assert "[key]" in found.why and SECRET[:4] not in found.why + repr(vars(backend))


@pytest.mark.parametrize(
    "spelled",
    [
        json.dumps,
        lambda key: json.dumps(json.dumps(key)),
        lambda key: json.dumps(key).replace("/", "\\/"),
        lambda key: urllib.parse.quote(key, safe=""),
        html.escape,
        lambda key: "".join(f"&#x{ord(each):X};" for each in key),
        lambda key: repr(key.encode()),
    ],
)
def test_the_key_stands_in_no_error_however_a_server_spells_it(serve, monkeypatch, spelled):
    monkeypatch.setenv(API_KEY, key := "sk-a/b+c\"d\\e'f&g==")
    _, backend, _ = serve(status(401, f"no such key: {spelled(key)} (of nobody)".encode()))
    (found,) = replies_of(backend, ["ann"])
    assert re.search(r"no such key: [\"'b\\]*\[key\][\"'\\]* \(of nobody\)", found.why)


def test_a_server_cannot_keep_the_search_for_the_key_busy(serve, monkeypatch):
    monkeypatch.setenv(API_KEY, SECRET)
    begin = time.perf_counter()
    _, backend, _ = serve(status(401, b"\\" * 2_000_000 + SECRET[:9].encode() * 100_000))
    replies_of(backend, ["ann"])
    assert time.perf_counter() - begin < 20


@pytest.mark.parametrize(
    ("key", "what"),
    [
        ("sk-secret\nX-Other: 1", "a line break"),
        ("sk-secret\n", "a line break"),
        ("sk secret key", "a blank"),
        ("sk-sécret-key", "another character"),
        ("none", "4 characters"),
        ("e", "1 characters"),
    ],
)
def test_a_key_that_is_none_is_refused_unseen_before_anything_is_asked(monkeypatch, key, what):
    monkeypatch.setenv(API_KEY, key)
    with pytest.raises(OpenNERError, match=what) as error:
        ServerBackend("m", "http://localhost:1")
    assert key.split()[0] not in str(error.value).split() and "unset it" in str(error.value)


@pytest.mark.parametrize(
    "spelled",
    [
        str.upper,
        lambda key: key[::-1],
        lambda key: key[:-3],
        " ".join,
        "\u200b".join,
        lambda key: key.encode("utf-16-le").decode(),
        lambda key: key.encode().hex(),
        lambda key: base64.b64encode(key.encode()).decode(),
        lambda key: base64.b64encode(f"Bearer {key}".encode()).decode(),
        lambda key: base64.b64encode(f"user:{key}:".encode()).decode(),
        lambda key: urllib.parse.quote(urllib.parse.quote(key, safe=""), safe=""),
    ],
)
def test_words_that_hold_a_part_of_the_key_are_not_quoted(serve, monkeypatch, spelled):
    monkeypatch.setenv(API_KEY, key := "sk-A/b+C=d0e1f2g3")
    said = spelled(key)
    for trouble in (
        status(401, f"no such key: {said}".encode()), status(500, said.encode()), says(said.encode())
    ):  # fmt: skip
        _, backend, _ = serve(trouble)
        (found,) = replies_of(backend, ["ann"])
        assert "[words that hold a part of the key]" in found.why and said not in found.why


def test_a_key_that_its_server_has_masked_is_quoted(serve, monkeypatch):
    monkeypatch.setenv(API_KEY, SECRET)
    _, backend, _ = serve(status(401, f"no such key: {SECRET[:4]}****{SECRET[-4:]}".encode()))
    (found,) = replies_of(backend, ["ann"])
    assert f"{SECRET[:4]}****{SECRET[-4:]}" in found.why


@pytest.mark.parametrize(
    "message", [{"content": f"none of {SECRET}"}, {"content": None, "reasoning": f"so {SECRET}"}]
)
def test_a_reply_that_repeats_the_key_is_kept_nowhere_and_holds_up_no_other(
    serve, monkeypatch, tmp_path, message
):
    monkeypatch.setenv(API_KEY, SECRET)
    choice = {"message": message, "finish_reason": "length"}
    bad = says(json.dumps({"choices": [choice]}).encode())
    _, backend, _ = serve(to_all_but(good, bad, "bob"))
    store = Store(tmp_path / "replies.jsonl")
    with pytest.raises(OpenNERError, match="repeated the key in its reply") as error:
        ask(backend, ["ann", "bob", "cid"], 7, store)
    kept = [record.prompt for record in Store(store.path)]  # in the order in which they came
    assert sorted(kept) == ["ann", "cid"]
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert SECRET.encode() not in written and SECRET not in str(error.value)


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (says(b'{"error": {"message": "quota exceeded"}}'), "quota exceeded"),
        (says(b"<html>Bad gateway"), "Bad gateway"),
        (status(429, b"you are over your quota"), "you are over your quota"),
        (status(500, b"CUDA out of memory"), "CUDA out of memory"),
    ],
)
def test_trouble_is_told_in_the_servers_words(serve, trouble, said):
    _, backend, _ = serve(trouble)
    (found,) = replies_of(backend, ["ann"])
    assert said in found.why


def test_a_reply_with_half_a_surrogate_pair_is_verbatim(serve, tmp_path):
    _, backend, _ = serve(says(b'{"choices": [{"message": {"content": "x \\ud83d"}}]}'))
    store = Store(tmp_path / "replies.jsonl")
    ask(backend, ["ann"], 7, store)
    assert [record.reply for record in Store(store.path)] == ["x \ud83d"]


def test_a_servers_words_do_nothing_to_a_terminal(serve):
    _, backend, _ = serve(status(400, "\x1b[2J\u202eno\r\nerror: all is lost".encode()))
    (found,) = replies_of(backend, ["ann"])
    assert "<U+001B>[2J<U+202E>no error: all is lost" in found.why and found.why.isprintable()


def test_a_redirect_is_not_followed(serve):
    fake, backend, _ = serve(status(307, location="http://127.0.0.1:1/steal"))
    (found,) = replies_of(backend, ["ann"])
    assert isinstance(found, NoReply) and "status 307" in found.why
    assert len(fake.requests) == 1


@pytest.mark.parametrize(
    "url",
    ["", "localhost:8000", "ftp://host", "https://[::1", "http://", "http://h:99999", "http://u:pw@h/v1?key=k",
     "http://h\n", "file:///etc/passwd", "http://h/#pw", "http://pw@h", "http://u:pw@h/v1"],
)  # fmt: skip
def test_an_address_that_is_none_is_refused_with_an_example(url):
    with pytest.raises(OpenNERError, match="http://localhost:8000") as error:
        ServerBackend("m", url)
    assert "pw" not in str(error.value).replace("/passwd", "")


def test_without_a_key_none_is_sent(serve, monkeypatch):
    monkeypatch.delenv(API_KEY, raising=False)
    fake, backend, _ = serve(good)
    replies_of(backend, ["ann"])
    assert fake.headers == [None]


def test_a_server_that_takes_no_grammar_cannot_be_constrained(serve):
    fake, backend, _ = serve(good)
    with pytest.raises(OpenNERError, match="takes no grammar"):
        list(backend.generate(["ann"], 7, [automaton(["ann"], ["PER"], "inline")]))
    assert fake.requests == []


@pytest.mark.parametrize("field", ["structured_outputs", "guided_grammar", "grammar", "ebnf"])
def test_each_question_is_sent_its_own_grammar_where_the_server_takes_one(serve, tmp_path, field):
    fake, backend, _ = serve(good, concurrency=3, grammar=field)
    words = [f"w{number}" for number in range(9)]
    automata = [automaton([word], ["PER"], "inline") for word in words]
    store = Store(tmp_path / "replies.jsonl")
    held = ask(backend, words, 7, store, automata)
    sent = {body["messages"][0]["content"]: body[field] for _, body in fake.requests}
    grammars = {word: gbnf(each) for word, each in zip(words, automata, strict=True)}
    nested = field == "structured_outputs"
    assert sent == {word: {"grammar": each} if nested else each for word, each in grammars.items()}
    assert {record.engine for record in held} == {"server"}
    (free,) = ask(backend, words[:1], 7, store)
    assert free.engine is None and field not in fake.requests[-1][1] and len(store) == 10


@pytest.mark.parametrize(
    "environment",
    [
        {"HTTP_PROXY": "gopher://me:pw-of-mine@h:1"},
        {"ALL_PROXY": "socks5://me:pw-of-mine@h:1"},
        {"HTTPS_PROXY": "http://me:pw-of-mine@[::1"},
        {"NO_PROXY": "[::1,pw-of-mine"},
        {"SSL_CERT_FILE": "/nowhere/pw-of-mine.pem"},
    ],
    ids=lambda environment: next(iter(environment)),
)
def test_an_environment_that_allows_no_connection_is_refused_unseen_before_anything_is_asked(
    monkeypatch, environment
):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(OpenNERError, match=f"unset .*{next(iter(environment))}") as error:
        ServerBackend("m", "http://localhost:1")
    told = "".join(traceback.format_exception(error.value))
    assert "pw-of-mine" not in told and "during handling" not in told.lower()


def test_a_sentence_that_is_too_much_for_a_grammar_holds_up_no_other(serve, tmp_path):
    fake, backend, _ = serve(good, grammar="grammar")
    automata = [automaton(words, ["PER"], "json") for words in (["a"], ["no"] * 300, ["b"])]
    store = Store(tmp_path / "replies.jsonl")
    with pytest.raises(
        OpenNERError, match=r"1 of 3 questions got no reply.*'no no .* too much for a grammar"
    ):
        ask(backend, ["a", "bb", "ccc"], 7, store, automata)
    assert sorted(record.reply for record in Store(store.path)) == ["A", "CCC"] and len(fake.requests) == 2


def test_an_address_may_end_in_v1(serve):
    fake, _, _ = serve(good)
    for end in ("", "/", "/v1", "/v1/"):
        replies_of(ServerBackend("m", fake.url + end), ["ann"])
    assert {path for path, _ in fake.requests} == {"/v1/chat/completions"}


def test_replies_belong_to_a_model_wherever_it_is_served():
    assert (
        ServerBackend("m", "http://x").key
        == ServerBackend("m", "http://y").key
        != ServerBackend("n", "http://x").key
    )


# --- guided decoding ----------------------------------------------------------------------------------------


def test_a_schema_is_sent_as_response_format_and_stands_in_key_and_store(serve, tmp_path):
    guidance = schema(["PER", "LOC"])
    fake, backend, _ = serve(answer(content='[{"text": "Ann", "type": "PER"}]'))
    store = Store(tmp_path / "replies.jsonl")
    (guided,) = ask(backend, ["ann"], 7, store, guidance=[guidance])
    format = fake.requests[0][1]["response_format"]
    assert format["type"] == "json_schema" and format["json_schema"]["schema"] == json.loads(guidance)
    assert guided.constrained == guidance
    (free,) = ask(backend, ["ann"], 7, store)
    assert free.key != guided.key and "response_format" not in fake.requests[1][1]


def test_each_question_is_sent_its_own_schema(serve, tmp_path):
    fake, backend, _ = serve(good, concurrency=3)
    schemas = [schema([f"T{number}"]) for number in range(9)]
    ask(backend, [f"q{number}" for number in range(9)], 7, Store(tmp_path / "r.jsonl"), guidance=schemas)
    sent = {
        body["messages"][0]["content"]: body["response_format"]["json_schema"]["schema"]
        for _, body in fake.requests
    }
    assert sent == {f"q{number}": json.loads(schemas[number]) for number in range(9)}


def test_a_server_that_knows_no_schema_is_quoted(serve, tmp_path):
    fake, backend, _ = serve(status(422, b"unsupported: response_format"))
    with pytest.raises(OpenNERError, match="status 422: unsupported: response_format"):
        ask(backend, ["ann"], 7, Store(tmp_path / "replies.jsonl"), guidance=[schema(["PER"])])
    assert len(fake.requests) == 1
