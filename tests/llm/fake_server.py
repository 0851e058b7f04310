"""A small model server, in this process, which can fail in every way that matters, or in one of its own, which can be killed.

``python -m tests.llm.fake_server PORT LOG`` answers after a moment, and appends each question that it was asked to LOG.
"""

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Fake:
    """Serves a list of behaviours in turn, the last one for ever; remembers what it was asked."""

    def __init__(self, *behaviours, port=0):
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

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
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


def charging(*usage):
    """Answer as a server that charges: each time with the next of these (prompt, completion), the last one for ever."""
    left = list(usage)

    def behave(handler, body):
        prompt, completion = left.pop(0) if len(left) > 1 else left[0]
        content = body["messages"][0]["content"].upper()
        choice = {"message": {"content": content}, "finish_reason": "stop"}
        told = {"prompt_tokens": prompt, "completion_tokens": completion}
        send(handler, 200, json.dumps({"choices": [choice], "usage": told}).encode())

    return behave


def cut(handler, body):
    good(handler, body, "length")


def status(code, content=b"no", **headers):
    return lambda handler, body: send(handler, code, content, **headers)


def says(content):
    return lambda handler, body: send(handler, 200, content)


def answer(**message):
    """Answer with this message."""
    return says(json.dumps({"choices": [{"message": message, "finish_reason": "stop"}]}).encode())


def packed(content):
    return lambda handler, body: send(handler, 200, content, content_encoding="gzip")


def slow(handler, body):
    """Say nothing for longer than anybody waits."""
    time.sleep(30)


def drip(handler, body):
    """Send a byte now and then, in the middle of a header, for longer than anybody waits."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
    _drip(handler)


def drip_content(handler, body):
    """Send a byte of content now and then, for longer than anybody waits."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    _drip(handler)


def _drip(handler):
    try:
        for _ in range(600):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.05)
    except OSError:
        pass  # whoever asked has gone, as they should


def half(handler, body):
    """Promise more than is sent."""
    handler.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"choices"')
    handler.close_connection = True


def cut_chunk(handler, body):
    """Send a part of a chunk, and go."""
    handler.wfile.write(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n{"choices"')
    handler.close_connection = True


def hang_up(handler, body):
    """Say nothing and go."""
    handler.close_connection = True


def to_all_but(good_one, bad_one, question):
    """Behave well, but for one question."""

    def behave(handler, body):
        (bad_one if body["messages"][0]["content"] == question else good_one)(handler, body)

    return behave


def main(port, log):
    """Serve until killed."""

    def noted(handler, body):
        with open(log, "a", encoding="utf-8") as out:
            out.write(body["messages"][0]["content"] + "\n")
        time.sleep(0.05)
        charging((7, 3))(handler, body)

    Fake(noted, port=int(port))
    threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
