"""Raw web text to kept passages: shards read, cut, checked for language and compared by MinHash, beside a plain loop.

Ours is what a user runs: `openner web passages` and `openner web filter` with two processes, from JSON lines to Parquet, with the
checks for boilerplate and personal data and the account, which the loop lacks. The loop (`systems/web_loop.py`) is one process of the usual
packages: py3langid asked for each passage, datasketch with the same number of hashes. It is given fewer documents, as it is slow, and
its rate is taken to hold for more.

Documents are those of the mirror that are marked as passages, in as many languages as there are. They are multiplied: each language's
sentences are one long text, of which documents are cut at other and other places. So they overlap, more than web text does; about
their number the account says what was kept.
"""

import gzip
import json
import os
import random
import re
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from benchmarks import Claim, NeededError, Usage, measure, mirror
from openner_utils.support import paths
from openner_utils.web.characters import words

DOCUMENTS, LOOPED, SHARDS = 64_000, 3_200, 16
"""Documents in all, those that the loop is given, and the shards of both."""
WORDS = 400
"""Words of a document."""
PER_SECOND, TIMES, GROWTH = 5_000, 3, 0.9
TEN_BILLION = 10_000_000_000
_NAMES = {
    "bo": "bod",
    "ckb": "ckb",
    "it": "ita",
    "km": "khm",
    "my": "mya",
    "pa": "pan",
    "pl": "pol",
    "ps": "pus",
    "ro": "ron",
}
NEEDED = "requirements-web.txt"


def run() -> list[Claim]:
    """Return the claims on passages per second and on growth."""
    for package in ("py3langid", "datasketch"):
        if find_spec(package) is None:
            raise NeededError(f"{package} is not installed. Install it: pip install -r {NEEDED}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        languages = write(folder / "in", DOCUMENTS)
        write(folder / "few", LOOPED)
        used: dict[int, Usage] = {}
        kept = 0
        for part in (8, 4, 2, 1):
            used[part], kept = ours(folder / "in", folder / f"out{part}", SHARDS // part)
        loop = measure(
            [sys.executable, "-m", "benchmarks.systems.web_loop", folder / "few", folder / "loop.jsonl"],
            environment=_ONE,
        )
    looped, busy = LOOPED / loop.seconds, LOOPED / loop.processor
    rates = {part: DOCUMENTS // part / each.seconds for part, each in used.items()}
    at_work = {part: DOCUMENTS // part / each.processor for part, each in used.items()}
    note = (
        f"{DOCUMENTS:,} documents of {WORDS} words in {languages} languages, multiplied by cutting at other places; {kept:,} kept; "
        f"two processes; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the end: what others leave. Ten billion passages at the "
        f"rate per processor second: {TEN_BILLION / at_work[1] / 3600:,.0f} core hours"
    )
    few = f"the loop: {LOOPED:,} documents, one process"
    return [
        Claim("web text to kept passages: passages per second against the budget", "passages/s", rates[1], PER_SECOND, 1, note),
        Claim(
            "web text to kept passages: passages per two processor seconds against the budget", "passages/s", 2 * at_work[1],
            PER_SECOND, 1, "what two cores would give that have nothing else to do; starting included",
        ),
        Claim("web text to kept passages against a plain loop", "passages/s", rates[1], looped, TIMES, f"{note}; {few}"),
        Claim(
            "web text to kept passages, per processor second, against a plain loop", "passages/s", at_work[1], busy, TIMES / 2,
            f"half as much is asked for, as ours has two processes; {few}",
        ),
        Claim(
            "web text to kept passages: growth, 8 times the data, per processor second", "passages/s", at_work[1], at_work[8], GROWTH,
            "rates at 1, 2, 4, 8 times: " + ", ".join(f"{at_work[part]:,.0f}" for part in (8, 4, 2, 1)),
        ),
    ]  # fmt: skip


_ONE = {
    "OMP_NUM_THREADS": "1",
    "PYTHONPATH": os.pathsep.join([str(paths.ROOT), os.environ.get("PYTHONPATH", "")]),
}


def ours(shards: Path, out: Path, count: int, workers: int = 2) -> tuple[Usage, int]:
    """Run both commands on the first ``count`` shards, and return what they used together, and how many passages were kept."""
    import pyarrow.parquet as pq

    command = [sys.executable, "-m", "openner_utils.cli", "web"]
    sources, few = sorted(shards.iterdir())[:count], ["--workers", str(workers)]
    cut = measure([*command, "passages", *sources, "-o", out / "p.parquet", *few], environment=_ONE)
    options = ["--identifier", "py3langid", *few]
    kept = measure([*command, "filter", out / "p.parquet", "-o", out / "f", *options], environment=_ONE)
    used = Usage(
        cut.seconds + kept.seconds, max(cut.megabytes, kept.megabytes), cut.processor + kept.processor
    )
    return used, pq.read_metadata(out / "f" / "kept.parquet").num_rows


def write(folder: Path, count: int) -> int:
    """Write ``count`` documents into shards, in the order of a draw, and return in how many languages they are."""
    draw, sentences = random.Random(1), _sentences()
    folder.mkdir()
    made = [draw.choice(sorted(sentences)) for _ in range(count)]
    for shard in range(SHARDS):
        with open(folder / f"{shard:02}.jsonl", "w", encoding="utf-8") as file:
            for number in range(shard, count, SHARDS):
                language = made[number]
                text = _document(draw, language)
                record = {
                    "url": f"https://example.org/{language}/{number}",
                    "language": language,
                    "text": text,
                }
                file.write(json.dumps(record, ensure_ascii=False) + "\n")
    return len(sentences)


def _document(draw: random.Random, language: str) -> str:
    """Return sentences that follow each other, from a place that is drawn, of `WORDS` words or a few more."""
    sentences, counts = _sentences()[language], _counts(language)
    place, length = draw.randrange(len(sentences)), 0.0
    chosen: list[str] = []
    while length < WORDS and len(chosen) < len(sentences):
        chosen.append(sentences[place % len(sentences)])
        length += counts[place % len(sentences)]
        place += 1
    return "\n".join(chosen)


@cache
def _counts(language: str) -> list[float]:
    return [words(each) for each in _sentences()[language]]


@cache
def _sentences() -> dict[str, list[str]]:
    """Return the lines of all texts of the mirror that are marked as passages, by language (ISO 639-3)."""
    tree = mirror()
    if tree is None:
        raise NeededError("the mirror of corpora is not there: OPENNER_MIRROR names it")
    found: dict[str, list[str]] = {}
    for line in (tree / "INDEX.jsonl").read_text("utf-8").splitlines():
        entry = json.loads(line)
        if entry.get("use") != "passages":
            continue
        for file in entry["files"]:
            language, path = file["split"], tree / file["path"]
            if re.fullmatch("[a-z]{3}", language) and language not in ("doc", "all"):
                found.setdefault(language, []).extend(_lines(path))
    return {language: lines for language, lines in found.items() if sum(map(len, lines)) > 5_000}


def _lines(path: Path) -> Iterator[str]:
    """Yield the sentences, or web pages in parts, of a file, without what its format adds."""
    content = path.read_bytes()
    text = (
        (gzip.decompress(content) if path.suffix == ".gz" else content)
        .decode("utf-8", "replace")
        .replace("\0", " ")
    )
    if path.suffix == ".md":  # a story, with its licence behind it
        text = text.partition("\n* License")[0]
    tabbed = ".tsv" in path.name
    for line in text.split("\n"):
        line = (line.partition("\t")[2] if tabbed else line).strip("# ")
        # A web page on one line is cut where sentences end by a blank, so that documents can begin inside it.
        yield from (each for each in re.split(r"(?<=[.!?।。]) ", line) if each.strip())
