"""The app over HTTP: what it answers, that text stays text, and whom and what it refuses."""

import http.client
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import pytest

from openner_utils.app.answers import empty
from openner_utils.app.differences import differences
from openner_utils.app.forms import MOST_BYTES, form_of
from openner_utils.app.models import Models
from openner_utils.app.replies import Kept
from openner_utils.app.serve import Server
from openner_utils.support.errors import OpenNERError
from openner_utils.support.paths import Place

EVIL = "<script>alert('x')</script>"
INVALID = f"we O\nmet O\nmr O\nAdagor I-PER\nBedlin I-PER\nin O\nOrlund B-LOC\n{EVIL} B-LOC\n\n"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    page: str


def ask(server: Server, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=120)
    try:
        connection.putrequest(method, path, skip_host=True)
        given = {"Host": f"127.0.0.1:{server.server_port}", "Content_Length": str(len(body)), **headers}
        for name, value in given.items():
            if value:
                connection.putheader(name.replace("_", "-"), value)
        connection.endheaders(body)
        response = connection.getresponse()
        return Answer(response.status, dict(response.getheaders()), response.read().decode("utf-8"))
    finally:
        connection.close()


def text(server: Server, text: str, *models: str, **headers: str) -> Answer:
    body = urlencode([("text", text), *(("model", name) for name in models)]).encode()
    return ask(server, "POST", "/", body, Content_Type="application/x-www-form-urlencoded", **headers)


def file(server: Server, *models: str, **files: bytes) -> Answer:
    lines = []
    for name, content in files.items():
        lines += [
            b"--x",
            f'Content-Disposition: form-data; name="{name}"; filename="{EVIL[:8]}{name}.txt"'.encode(),
        ]
        lines += [b"Content-Type: text/plain", b"", content]
    for name in models:
        lines += [b"--x", b'Content-Disposition: form-data; name="model"', b"", name.encode()]
    body = b"\r\n".join([*lines, b"--x--", b""])
    return ask(server, "POST", "/file", body, Content_Type="multipart/form-data; boundary=x")


def test_an_empty_form_offers_the_models(server: Server) -> None:
    for path in ("/", "/file"):
        found = ask(server, "GET", path)
        assert found.status == 200
        assert 'value="good" checked' in found.page and 'value="twin" checked' in found.page
        assert "LOC, PER" in found.page


def test_answers_load_and_run_nothing_and_are_not_kept(server: Server) -> None:
    found = ask(server, "GET", "/")
    policy = found.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "form-action 'self'" in policy and "script" not in policy
    assert found.headers["Cache-Control"] == "no-store"
    assert found.headers["X-Content-Type-Options"] == "nosniff"
    assert "<script" not in found.page and not re.search(r'(src|href)="(https?:)?//', found.page)


def test_a_text_is_marked_by_each_model_and_compared(server: Server) -> None:
    found = text(server, f"we met mr Adagor Bedlin in Orlund\n{EVIL}", "good", "twin")
    assert found.status == 200
    assert "Side by side" in found.page and "Adagor Bedlin" in found.page
    assert "<script" not in found.page and "&lt;script&gt;" in found.page
    alone = text(server, "we met mr Adagor Bedlin in Orlund", "good")
    assert "2 mentions" in alone.page and re.search(r"PER [01]\.\d\d", alone.page)
    assert "Side by side" not in alone.page
    assert re.search(r"<textarea[^>]*>\nwe met mr Adagor Bedlin in Orlund</textarea>", alone.page)


RUN = "tiny · json · free · grounding free · seed 0 · gazette, English, test"


def replies(server: Server, **fields: str) -> Answer:
    body = urlencode(fields).encode()
    return ask(server, "POST", "/replies", body, Content_Type="application/x-www-form-urlencoded")


def test_kept_replies_stand_beside_the_reference_with_the_reason_of_each_loss(server: Server) -> None:
    empty = ask(server, "GET", "/replies")
    assert empty.status == 200 and f'<option value="{RUN}">' in empty.page and "<table>" not in empty.page
    assert "grounding cursor" not in empty.page, "losses are told under the main policy alone"
    found = replies(server, run=RUN, keep="all", start="1")
    assert found.status == 200 and "1 to 20 of 25: all replies" in found.page
    assert "precision 100.0, recall 96.0, F1 98.0 (25 gold mentions)" in found.page
    assert "[LOC]: absent from text" in found.page and "✗ missed" in found.page
    assert "<script" not in found.page and found.page.count("&lt;script&gt;") == 4, "text twice, reply, loss"
    further = replies(server, run=RUN, keep="all", start="21")
    assert "21 to 25 of 25" in further.page and "Further ones" not in further.page
    for keep in ("wrong", "lost"):
        assert "1 to 1 of 1:" in replies(server, run=RUN, keep=keep).page
    assert "None from 900 on; there are 25" in replies(server, run=RUN, start="900").page


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"run": f"../{EVIL}"}, "unknown run"),
        ({"run": RUN, "keep": "none"}, "unknown kind of replies"),
        ({"run": RUN, "start": "-1"}, "a whole number from 1 on"),
        ({"run": RUN, "start": "9" * 30}, "a whole number from 1 on"),
    ],
)
def test_what_is_wrong_with_an_asked_run_is_said(server: Server, fields: dict[str, str], why: str) -> None:
    found = replies(server, **fields)
    assert found.status == 200 and 'role="alert"' in found.page and why.lower() in found.page.lower()
    assert "<script" not in found.page


def test_without_a_run_nothing_is_offered(tmp_path: Path) -> None:
    assert Kept(Place(tmp_path)).names() == []
    assert "There are none yet" in empty("/replies", Models({}), Kept(Place(tmp_path)))


@pytest.mark.parametrize(
    ("said", "models", "why"),
    [
        ("Ada", [], "No model is chosen"),
        (" \n", ["good"], "There is no text"),
        ("Ada", ["../good"], "unknown model"),
        ("a" * 50_001, ["good"], "50,001 characters"),
    ],
)
def test_what_is_wrong_with_a_text_is_said(server: Server, said: str, models: list[str], why: str) -> None:
    found = text(server, said, *models)
    assert found.status == 200 and why.lower() in found.page.lower()


def test_a_file_is_checked_repaired_and_scored(server: Server) -> None:
    found = file(server, "good", labelled=INVALID.encode(), predictions=INVALID.encode())
    assert found.status == 200
    for said in ("invalid transition", "conlleval", "discard", "untyped", "ledger", "100.0", "8 tokens"):
        assert said in found.page, said
    assert re.search(
        r'<td class="number">4</td><td dir="auto">I-PER</td><td dir="auto">B-PER</td>', found.page
    )
    assert "<script" not in found.page and "/tmp" not in found.page
    assert found.page.count('href="data:application/octet-stream;base64,') == 2


def test_scores_have_intervals_and_models_are_set_against_each_other(server: Server) -> None:
    page = file(server, "good", labelled=INVALID.encode(), predictions=INVALID.encode()).page
    assert re.search(r'<td class="number">100\.0</td><td dir="auto">[0-9.]+–100\.0, 1 sentence</td>', page)
    assert "Models against each other" not in page, "one model has nobody to be compared with"
    valid = "we O\nmet O\nmr O\nAdagor B-PER\n\n" * 12
    page = file(server, "good", "twin", labelled=valid.encode()).page
    assert page.count(", 12 sentences</td>") == 6, "two models, three conventions"
    assert "Models against each other" in page and '<td class="number">+0.0</td>' in page


def test_differences_of_models_by_hand() -> None:
    right = np.array([[2, 2, 2]] * 60, np.int32)
    half = np.array([[1, 2, 2]] * 60, np.int32)
    same, better = differences({"a": right, "b": right}), differences({"half": half, "right": right})
    assert same[0][:3] == ("a", "b", "+0.0") and same[0][4] == "no"
    assert better[0][:3] == ("half", "right", "+50.0") and better[0][4] == "yes"
    assert [row[:2] for row in differences({"a": right, "b": half, "c": right})] == [
        ("a", "b"),
        ("a", "c"),
        ("b", "c"),
    ]
    assert differences({"a": right}) == []


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({}, "No file is chosen"),
        ({"labelled": b""}, "empty"),
        ({"labelled": b"\x1f\x8b\x08"}, "packed"),
        ({"labelled": b"PK\x03\x04" + b"\0" * 30}, "packed"),
        ({"labelled": b"\x89PNG\r\n\x1a\n"}, "labelled.txt"),
        (
            {"labelled": b"Nothing here is labelled.\n"},
            "is an option of the commands, such as <code>openner validate FILE</code>",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_said(server: Server, files: dict[str, bytes], why: str) -> None:
    found = file(server, **files)
    assert found.status == 200 and 'role="alert"' in found.page
    assert why in found.page and "openner-held" not in found.page


def test_predictions_of_other_tokens_are_named_beside_all_else(server: Server) -> None:
    found = file(server, labelled=INVALID.encode(), predictions=b"Ada B-PER\n")
    assert "No scores of the predictions" in found.page and "What a repair changes" in found.page


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "[::1]:{port}", ""]
)
def test_a_name_bound_to_this_machine_is_not_answered(server: Server, host: str) -> None:
    found = ask(server, "GET", "/", Host=host.format(port=server.server_port))
    assert found.status == 421 and "good" not in found.page


def test_localhost_is_this_machine(server: Server) -> None:
    assert ask(server, "GET", "/", Host=f"localhost:{server.server_port}").status == 200


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec_Fetch_Site": "cross-site"}],
)
def test_a_form_of_another_site_is_not_answered(server: Server, headers: dict[str, str]) -> None:
    found = text(server, "Ada", "good", **headers)
    assert found.status == 403


def test_its_own_form_is_answered(server: Server) -> None:
    own = f"http://localhost:{server.server_port}"
    assert text(server, "Ada", "good", Origin=own, Sec_Fetch_Site="same-origin").status == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content_Length": str(MOST_BYTES + 1)}, 413),
        ({"Content_Length": "-1"}, 411),
        ({"Content_Length": ""}, 411),
        ({"Transfer_Encoding": "chunked"}, 411),
        ({"Content_Type": "application/json"}, 400),
    ],
)
def test_bodies_are_bounded_and_forms_alone_are_read(
    server: Server, headers: dict[str, str], status: int
) -> None:
    assert ask(server, "POST", "/", b"", **headers).status == status


@pytest.mark.parametrize("path", ["/x", "/../etc/passwd", "/file/", "/?", "http://evil.example/"])
def test_there_are_no_other_pages(server: Server, path: str) -> None:
    assert ask(server, "GET", path).status == 404


def test_other_methods_are_refused(server: Server) -> None:
    assert ask(server, "PUT", "/").status == 501


def test_it_listens_on_the_loopback_address_alone(server: Server) -> None:
    assert server.server_address[0] == "127.0.0.1"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--x",
        b"--x\r\n\r\n--x--",
        b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--",
        b"--x\r\n" * 100 + b"--x--",
    ],
)
def test_a_damaged_form_is_refused(body: bytes) -> None:
    with pytest.raises(OpenNERError, match="damaged"):
        form_of("multipart/form-data; boundary=x", body)


def test_a_file_keeps_every_byte_and_loses_its_folders() -> None:
    content = b"\r\n\0--x y\r\n--y\xff"
    body = (
        b'--x\r\nContent-Disposition: form-data; name="f"; filename="C:\\a\\b/c.txt"\r\n\r\n'
        + content
        + b"\r\n--x--\r\n"
    )
    form = form_of("multipart/form-data; boundary=x", body)
    assert (form.files["f"].name, form.files["f"].content) == ("c.txt", content)
