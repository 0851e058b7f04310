"""The guide's Python example does what the guide says, against a server that answers as its model would."""

import json
import re
from typing import Any

from openner_utils.support import paths
from tests.llm.fake_server import Fake, send


def test_the_python_example_runs_and_grounds(monkeypatch, tmp_path, capsys):
    asked: list[str] = []

    def behave(handler: Any, body: dict[str, Any]) -> None:
        asked.append(body["messages"][0]["content"])
        reply = json.dumps([{"text": "Amina Salim", "type": "PER"}, {"text": "Atlantis", "type": "LOC"}])
        choice = {"message": {"content": reply}, "finish_reason": "stop"}
        send(handler, 200, json.dumps({"choices": [choice], "model": "my-model"}).encode())

    page = (paths.ROOT / "docs/how-to/llm.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"## From Python\n\n```python\n(.*?)```", page, flags=re.DOTALL)
    fake = Fake(behave)
    monkeypatch.chdir(tmp_path)
    try:
        code = example.replace("http://localhost:8000", fake.url)
        exec(compile(code, "llm.md", "exec"), {"__name__": "example"})
    finally:
        fake.server.shutdown()
    assert capsys.readouterr().out == (
        "('B-PER', 'I-PER', 'O', 'O', 'O', 'O') [('Atlantis', 'absent from text')]\n"
    )
    assert "Sentence: Ada lives in Rome ." in asked[0] and (tmp_path / "replies.jsonl").is_file()
