"""The app's server: this machine's own browser alone may ask it, and nothing that it is sent is kept.

It listens on the loopback address. A page of somewhere else cannot use it: the Host header must name this machine (so that no foreign
name can be bound to its address), and a form must come from its own pages. Bodies, fields, connections and waits are bounded; answers
load and run nothing.
"""

import sys
import traceback
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import socket
from threading import BoundedSemaphore
from typing import Any

from openner_utils.app import answers
from openner_utils.app.forms import MOST_BYTES, Form, form_of
from openner_utils.app.models import Models
from openner_utils.app.replies import Kept
from openner_utils.support.errors import OpenNERError

ADDRESS = "127.0.0.1"
_AT_ONCE = 8
"""Connections that are answered at the same time."""
_PATIENCE = 60.0
"""Seconds that a connection may be silent."""
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; sandbox allow-forms allow-downloads allow-same-origin",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Server(ThreadingHTTPServer):
    """Answers for some models, and what runs have ``kept``, on a port of the loopback address; port 0 takes any that is free."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, models: Models, port: int = 0, kept: Kept | None = None) -> None:
        super().__init__((ADDRESS, port), _Handler)
        self.models, self.kept = models, kept or Kept()
        self._free = BoundedSemaphore(_AT_ONCE)

    @property
    def address(self) -> str:
        """Where a browser finds it."""
        return f"http://{ADDRESS}:{self.server_port}/"

    @property
    def hosts(self) -> frozenset[str]:
        """What a Host header may say."""
        return frozenset(f"{name}:{self.server_port}" for name in (ADDRESS, "localhost"))

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread of its own; of too many connections at once the last is closed."""
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """See `process_request`."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: socket | Any, client_address: Any) -> None:
        """Say nothing of connections that broke off."""
        if not isinstance(sys.exc_info()[1], OSError):
            traceback.print_exc()


class _RefusedError(Exception):
    """A request that is not answered: with which status, and why."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status = status


class _Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Server
    timeout = _PATIENCE
    server_version = "openner"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer with an empty form."""
        self._answer(lambda path: answers.empty(path, self.server.models, self.server.kept))

    def do_POST(self) -> None:
        """Answer a form."""
        self._answer(lambda path: answers.filled(path, self._form(), self.server.models, self.server.kept))

    def _answer(self, answer: Any) -> None:
        try:
            self._refuse_foreign()
            if self.path not in answers.PAGES:
                raise _RefusedError(HTTPStatus.NOT_FOUND, "There is no such page.")
            status, page = HTTPStatus.OK, answer(self.path)
        except _RefusedError as refused:
            status, page = refused.status, answers.refused(str(refused))
        except OpenNERError as error:
            status, page = HTTPStatus.BAD_REQUEST, answers.refused("\n".join((error.said, *error.details)))
        except OSError:
            raise
        except Exception:
            traceback.print_exc()
            status = HTTPStatus.INTERNAL_SERVER_ERROR
            page = answers.refused(
                "This is a fault of the app; the terminal that it was started in says more."
            )
        self._send(status, page)

    def _refuse_foreign(self) -> None:
        """Refuse what does not come from this machine's browser and, of forms, from the app's own pages."""
        if self.headers.get_all("Host", []) not in [[host] for host in self.server.hosts]:
            raise _RefusedError(
                HTTPStatus.MISDIRECTED_REQUEST, f"This app is at {self.server.address} and nowhere else."
            )
        origin = self.headers.get("Origin")
        own = {f"http://{host}" for host in self.server.hosts}
        if self.command == "POST" and (
            (origin is not None and origin not in own)
            or self.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none")
        ):
            raise _RefusedError(HTTPStatus.FORBIDDEN, "The form was sent from another site.")

    def _form(self) -> Form:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()) or self.headers.get("Transfer-Encoding"):
            raise _RefusedError(HTTPStatus.LENGTH_REQUIRED, "The request does not say how long it is.")
        if int(length) > MOST_BYTES:
            self.close_connection = True
            raise _RefusedError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"{int(length):,} bytes, where {MOST_BYTES:,} are taken. Send less, or use the commands of openner.",
            )
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise _RefusedError(HTTPStatus.BAD_REQUEST, "The request broke off.")
        return form_of(self.headers.get("Content-Type", ""), body)

    def _send(self, status: HTTPStatus, page: str) -> None:
        content = page.encode("utf-8", "backslashreplace")
        self.send_response(status)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: what was asked is nobody's business."""
