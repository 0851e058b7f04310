"""A web server on this machine that answers as publishers do, and as none should."""

import gzip
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

BODY = bytes(range(256)) * 4096
"""One MiB, so that it takes several chunks."""


PARTS: dict[str, dict[str, str]] = {
    "a part": {"Content-Range": "bytes 5-9/10"},
    "a part that says nothing": {},
    "a part that says nonsense": {"Content-Range": "all of it"},
}
"""Answers that are parts of a file, whatever was asked for."""


class Publisher(ThreadingHTTPServer):
    """A web server whose answers follow a list of faults per path; the last fault stays."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.content: dict[str, bytes] = {}
        self.faults: dict[str, list[str]] = {}
        self.ranges: list[str | None] = []

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"


class Answer(BaseHTTPRequestHandler):
    server: Publisher

    def do_GET(self) -> None:
        faults = self.server.faults.get(self.path, ["none"])
        fault = faults.pop(0) if len(faults) > 1 else faults[0]
        asked = self.headers.get("Range")
        self.server.ranges.append(asked)
        if fault.isdigit() or self.path not in self.server.content:
            self.send_error(int(fault) if fault.isdigit() else 404)
            return
        if fault.startswith("to "):
            self.send_response(302)
            self.send_header("Location", fault.removeprefix("to "))
            self.end_headers()
            return
        whole = self.server.content[self.path]
        if fault in PARTS:
            self.send_response(206)
            for name, value in PARTS[fault].items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(whole)
            return
        if fault == "packed":
            whole = gzip.compress(whole)
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and fault != "no ranges" else 0
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(whole) - 1}/{len(whole)}")
        if fault == "packed":
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(whole) - start))
        self.end_headers()
        if fault == "cut":
            self.wfile.write(whole[start : start + (len(whole) - start) // 2])
            return
        for at in range(start, len(whole), 1 << 16):
            self.wfile.write(whole[at : at + (1 << 16)])
            if fault == "slow":
                time.sleep(0.05)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    """Yield a publisher that answers, and ask it without a proxy."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    server = Publisher()
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()
