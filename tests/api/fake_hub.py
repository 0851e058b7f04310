"""A small Hub of models in this process: what is pushed to it lies in memory, and it can refuse everything."""

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

OWNER = "lab"


class FakeHub:
    """``repositories``: name → (private, files); ``refuse``: a path's beginning → the status and words it is answered with."""

    def __init__(self, token):
        self.token, self.repositories, self.refuse, self.asked = token, {}, {}, []
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self.answer(b"")

            def do_POST(self):
                self.answer(self.rfile.read(int(self.headers["content-length"] or 0)))

            def answer(self, body):
                hub.asked.append((self.command, self.path))
                refused = next(
                    (said for path, said in hub.refuse.items() if self.path.startswith(path)), None
                )
                if refused:
                    return self.send(*refused)
                if self.headers["authorization"] != f"Bearer {hub.token}":
                    return self.send(401, {"error": "Invalid credentials"})
                return self.send(*hub.route(self.command, self.path.split("?")[0], body))

            def send(self, status, value):
                content = json.dumps(value).encode()
                self.send_response(status)
                if status >= 400:
                    self.send_header("x-error-message", value["error"])
                    if status == 404:
                        self.send_header("x-error-code", "RepoNotFound")
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def route(self, method, path, body):
        if path == "/api/validate-yaml":
            return 200, {"errors": [], "warnings": []}
        if path == "/api/repos/create":
            asked = json.loads(body)
            owner, _, name = asked["name"].rpartition("/")
            name = f"{owner or asked.get('organization') or OWNER}/{name}"
            private = asked.get("private", asked.get("visibility") == "private")
            self.repositories[name] = [private, {}]
            return 200, {"url": f"{self.url}/{name}", "name": name, "id": "1"}
        parts = path.removeprefix("/api/models/").split("/")
        name, rest = "/".join(parts[:2]), parts[2:]
        if name not in self.repositories:
            return 404, {"error": "Repository not found"}
        private, files = self.repositories[name]
        if not rest or rest[0] == "revision":
            siblings = [{"rfilename": each} for each in files]
            return 200, {"id": name, "private": private, "siblings": siblings, "sha": "0" * 40, "tags": []}
        if rest[0] == "preupload":
            asked = json.loads(body)["files"]
            return 200, {
                "files": [
                    {"path": each["path"], "uploadMode": "regular", "shouldIgnore": False} for each in asked
                ]
            }
        for line in body.splitlines():
            entry = json.loads(line)
            if entry["key"] == "file":
                files[entry["value"]["path"]] = base64.b64decode(entry["value"]["content"])
        return 200, {
            "commitUrl": f"{self.url}/{name}/commit/{'1' * 40}",
            "commitOid": "1" * 40,
            "hookOutput": "",
            "success": True,
        }
