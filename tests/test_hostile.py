"""A corpus, its card and a model server that mean harm, through every stage, in a place that helps nobody.

What executes is looked for in all that was made: no page may run, load or follow anything, no spreadsheet, typesetter or
terminal may be told what to do, and no key or password may stand anywhere. The place: a folder with blanks and letters
beyond ASCII in its name, the locale C with UTF-8 off, no home, files that nobody else may read.
"""

import json
import shutil
import stat
from pathlib import Path

import pandas as pd
import pytest
import yaml

from openner_utils.llm.api_key import API_KEY
from openner_utils.support import paths
from tests import elsewhere
from tests.live import live_parts
from tests.llm.fake_server import Fake, answer
from tests.test_stages import params

SECRET = "sk-very-secret-key"
LIVE = [
    "<script>alert(1)</script>", '"><img/src=x/onerror=alert(1)>', "[x](javascript:alert(1))", "{{7*7}}", "{%raw%}",
    "$x^{$", "\\input{/etc/passwd}", "\\write18{touch${IFS}ran}", '=HYPERLINK("x")', "+1", "-1", "@SUM(A1)", "\x1b[31mred",
    "\u202eabc\u2066", "</style><script>alert(1)</script>", "<!--", "]]>", "`id`", "|a|", "***", "javascript:alert(1)",
    "<svg/onload=alert(1)>", "$(touch${IFS}ran)", ";touch${IFS}ran;", "%s%n", "\x7f\x08\x9b2J", "&#106;", "x" * 10_000_000,
]  # fmt: skip
TYPES = {
    "<b>": "PER", "=CMD()": "LOC", "{{7*7}}": "ORG", "$x^{$": "DATE", "[x](javascript:alert(1))": "PER", "\x1b[31m": "LOC",
}  # fmt: skip
WORDS = " ".join(LIVE[:-1])


def raw(split: str, sentences: int) -> str:
    """Return a file of two columns in which every word of `LIVE` is a mention, some of them with invalid transitions."""
    types, lines = list(TYPES), []
    for number in range(sentences):
        word = LIVE[number % len(LIVE)]
        type = types[number % len(types)]
        opens = "I" if number % 5 == 0 else "B"
        lines += [
            f"{split}{number}\tO", f"{word}\t{opens}-{type}", f"{word[:50]}\tI-{type}", "of\tO", f"Ann{number}\tB-<b>", ".\tO",
            "",
        ]  # fmt: skip
    return "\n".join(lines) + "\n"


def lay_out(root: Path) -> None:
    """Add the hostile corpus and its card."""
    sizes = {"train": 2 * len(LIVE), "dev": 10, "test": len(LIVE) - 1}
    for split, sentences in sizes.items():
        path = root / "data" / "hostile" / f"{split}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(raw(split, sentences), encoding="utf-8")
    card = {
        "name": WORDS, "openner": "<b> & $(touch ran)", "domain": WORDS, "description": WORDS, "citation": WORDS, "reader": "delimited",
        "options": {"separator": "tab"}, "scheme": "IOB2", "types": TYPES,
        "source": {"repository": "javascript:alert(1)" + "".join(WORDS.split()), "instructions": WORDS},
        "licence": {"spdx": "unclear", "note": WORDS},
        "published": [{"language": "eng", "mentions": 7, "origin": WORDS, "reason": WORDS}],
        "files": [{"path": f"{split}.txt", "language": "eng", "split": split} for split in sizes],
    }  # fmt: skip
    (root / "openner_utils/catalog/cards/hostile.yaml").write_text(yaml.safe_dump(card), encoding="utf-8")
    shutil.copytree(paths.SAMPLES / "habari", root / "data" / "habari")


def replies(handler, body):
    """Answer with hostile words, as a list and in tags."""
    word = LIVE[len(body["messages"][0]["content"]) % (len(LIVE) - 1)]
    listed = json.dumps([{"text": word, "type": "PER"}, {"text": "of", "type": word}])
    answer(content=f"{WORDS}\n{listed}\n<PER>{word}</PER> \ud83d")(handler, body)


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """A compendium in which every stage has run on the hostile corpus, and its releases were exported."""
    root = tmp_path_factory.mktemp("hostile") / "a folder, größer"
    fake = Fake(replies)
    values = params()
    served = values["llms"]["tiny"] | {
        "backend": "server", "checkpoint": "big", "control": False, "decoding": ["free"],
        "server": fake.url,
    }  # fmt: skip
    values |= {
        "data": {"corpora": ["habari", "hostile"]},
        "train": values["train"] | {"seeds": [1]},
        "encoders": {"characters": values["encoders"]["characters"] | {"epochs": 1}},
        "limits": {"train_sentences": 20, "dev_sentences": 5, "test_sentences": 30},
        "llms": {"served": served},
        "prompt": {"formats": ["inline", "json"], "test_sentences": len(LIVE)},
        "tune": {"tiny": values["tune"]["tiny"] | {"languages": ["swa"]}},
        "run": {"workers": 1},
    }
    elsewhere.compendium(root, values)
    lay_out(root)
    surroundings = {
        "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "HOME": "/dev/null", "XDG_CACHE_HOME": "/dev/null",
        API_KEY: SECRET,
    }  # fmt: skip
    runs = [["every_notebook.py"]]
    for format in ("conll", "jsonl", "parquet"):
        runs.append(
            ["-m", "openner_utils.cli", "export", format, "--out", f"out/{format}", "hostile", "habari"]
        )
    said = [elsewhere.run(root, words, surroundings, umask=0o077) for words in runs]
    fake.server.shutdown()
    (root / "said.txt").write_text("".join(said), encoding="utf-8")
    return root


def made(root: Path, *endings: str) -> list[Path]:
    """Return the files of these endings that were made."""
    places = [root / name for name in ("artifacts", "reports", "out", ".openner")]
    found = [
        path for place in places for path in place.rglob("*") if path.suffix in endings and path.is_file()
    ]
    assert found, endings
    return found


def test_no_page_runs_loads_or_follows_anything(root):
    pages = made(root, ".html")
    assert len(pages) > 15
    found = {path.name: live_parts(path.read_text(encoding="utf-8")) for path in pages}
    assert {name: parts for name, parts in found.items() if parts} == {}


def test_pages_show_the_words_as_they_are(root):
    page = (root / "reports/html/corpus-hostile.html").read_text(encoding="utf-8")
    for words in (
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "{{7*7}}",
        "[x](javascript:alert(1))",
        "&lt;U+001B&gt;[31mred",
    ):
        assert words in page


def test_no_page_is_as_long_as_its_longest_word(root):
    assert [path.name for path in made(root, ".html") if path.stat().st_size > 1_000_000] == []


def test_no_page_holds_what_a_terminal_or_a_reader_obeys(root):
    for path in made(root, ".html", ".tex", ".md"):
        text = path.read_text(encoding="utf-8")
        unseen = {
            c
            for c in text
            if (ord(c) < 32 and c not in "\n\t") or 0x7F <= ord(c) <= 0x9F or c in "\u202e\u2066"
        }
        assert unseen == set(), path


def test_no_cell_of_a_table_is_a_formula(root):
    for path in made(root, ".csv"):
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        for cell in frame.to_numpy().ravel():
            if cell.startswith(("=", "+", "-", "@", "\t")):
                float(cell)  # a number


def test_no_table_gives_latex_a_command(root):
    for path in made(root, ".tex"):
        text = path.read_text(encoding="utf-8")
        assert "\\input" not in text and "\\write18" not in text


def test_the_terminal_is_told_nothing(root):
    said = (root / "said.txt").read_text(encoding="utf-8")
    assert not {character for character in said if ord(character) < 32 and character not in "\n\t"}


def test_nothing_was_run(root):
    assert list(root.rglob("ran")) == []


def test_no_key_stands_anywhere(root):
    for path in root.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert SECRET.encode() not in content, path


def test_replies_are_kept_verbatim(root):
    (first, *_) = (root / "artifacts/prompt/served-inline/replies").iterdir()
    records = [json.loads(line) for line in first.read_text(encoding="utf-8").splitlines()]
    assert len(records) == len(LIVE) - 1
    assert all(record["reply"].startswith(WORDS) and record["reply"].endswith("\ud83d") for record in records)


def test_what_is_made_is_as_private_as_the_user_wants(root):
    for path in made(root, ".html", ".parquet", ".csv", ".jsonl"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_nothing_is_written_outside(root):
    assert [path.name for path in root.parent.iterdir()] == [root.name]
