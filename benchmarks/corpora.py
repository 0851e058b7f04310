"""Clean and standardize every corpus that is at hand, as the pipeline's stages do, and see how the cost grows.

There is no peer that does this work, so the other side of each claim is a budget: for two otherwise idle cores, 60
seconds and 1.5 GiB for the whole mirror (about 11 million tokens), and a cost per token that does not rise.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from codecs import BOM_UTF8
from pathlib import Path

from benchmarks import Claim, mirror
from openner_utils.catalog import Card, load_cards
from openner_utils.catalog.ontology import core_map, standardized_map
from openner_utils.core.releases import release_table, write_table
from openner_utils.curation.clean import clean
from openner_utils.readers import read
from openner_utils.readers.layout import Layout, RawFile
from openner_utils.sources.address import url
from openner_utils.sources.build import SAMPLES
from openner_utils.sources.fetch import fetch
from openner_utils.sources.store import Store
from openner_utils.sources.transfer import Mirror
from openner_utils.stages.standardize import mapped
from openner_utils.support import paths
from openner_utils.support.errors import OpenNERError

SECONDS = 60.0
MEGABYTES = 1.5 * 1024**3 / 1e6
GROWTH = (1, 2, 4, 8)
"""Sizes at which the cost per token is measured."""
GROWN = "masakhaner1"
"""The corpus that is repeated for it."""
SLACK = 1.2
"""How much dearer a token may be in 8 times the data: beyond it the cost is not called linear."""

STAGES = """
import sys, time
from pathlib import Path
from openner_utils.stages import clean, main, standardize
from openner_utils.support.paths import Place
if __name__ == "__main__":
    begin, place = time.perf_counter(), Place(Path.cwd())
    tokens = main(clean, place).counts.query("what == 'tokens'")["count"].sum()
    main(standardize, place)
    print(int(tokens), time.perf_counter() - begin)
"""


def run() -> list[Claim]:
    """Return the claims on time, memory and growth."""
    tree = mirror()
    if tree is None:
        raise OpenNERError("There is no mirror of publishers' files; set OPENNER_MIRROR and run again.")
    cards = {name: card for name, card in load_cards().items() if card.source.repository != SAMPLES}
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        store = Store(root / "downloads")
        fetch(cards.values(), store, Mirror(tree))
        held = [name for name, card in cards.items() if _view(card, store, root / "whole" / "data" / name)]
        tokens, seconds, megabytes = _stages(root / "whole", held)
        costs = [_cost(cards[GROWN], store, root, times) for times in GROWTH]
    note = f"{len(held)} corpora, {tokens:,} tokens, stages clean and standardize as in the pipeline"
    shown = ", ".join(f"{1e6 * cost:.2f}" for cost in costs)
    return [
        Claim("clean + standardize of all corpora at hand: time against the budget", "s", seconds, SECONDS, 1, note, True),
        Claim("clean + standardize of all corpora at hand: memory of all processes against the budget", "MB", megabytes, MEGABYTES, 1, note, True),
        Claim(
            f"cost of a token in {GROWTH[-1]} times the data against {SLACK} times its cost in the data once",
            "µs", 1e6 * costs[-1], 1e6 * costs[0] * SLACK, 1,
            f"{GROWN}; µs per token at {', '.join(map(str, GROWTH))} times the data: {shown}", True,
        ),
    ]  # fmt: skip


def _view(card: Card, store: Store, folder: Path) -> bool:
    """Lay the files of a corpus that are at hand under ``folder``; tell whether there are any."""
    for file in card.files:
        digest = store.content(file, url(card, file))
        if digest:
            (folder / file.path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(store.path(digest), folder / file.path)
    return folder.is_dir()


def _cost(card: Card, store: Store, root: Path, times: int) -> float:
    """Return the seconds per token of reading, cleaning, mapping and writing the training files ``times`` over."""
    core = core_map()
    mapping = {original: core[name] for original, name in standardized_map(card).items() if name in core}
    seconds, tokens = 0.0, 0
    for file in card.annotated:
        raw = root / "grown.txt"
        content = store.path(str(file.sha256)).read_bytes()
        raw.write_bytes((content.removeprefix(BOM_UTF8).rstrip(b"\n") + b"\n\n") * times)
        begin = time.perf_counter()
        reading = read(RawFile.open(raw, file.path), Layout.of(card))
        found = clean(reading, card, file)
        table = release_table(card.id, file.language, str(file.split), found.published, found.repaired)
        write_table(root / "grown.parquet", mapped(table, mapping))
        seconds += time.perf_counter() - begin
        tokens += len(found.repaired)
    return seconds / tokens


def _stages(root: Path, corpora: list[str]) -> tuple[int, float, float]:
    """Run both stages in a process of their own; return tokens, seconds, and the peak memory of all its processes in MB."""
    params = json.dumps(
        {"data": {"corpora": corpora}, "clean": {"repair": "conlleval"}, "standardize": {}, "run": {}}
    )
    (root / "params.yaml").write_text(params)  # JSON is YAML
    script = root / "stages.py"
    script.write_text(STAGES)
    environment = os.environ | {"PYTHONPATH": str(paths.ROOT)}
    with subprocess.Popen(
        [sys.executable, script],
        env=environment,
        cwd=root,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        watch = _Watch(process.pid)
        out, _ = process.communicate()
        watch.stop()
    if process.returncode:
        raise OpenNERError(f"The stages ended with code {process.returncode}; what they said stands above.")
    tokens, seconds = out.split()
    return int(tokens), float(seconds), watch.peak / 1e6


class _Watch:
    """Samples the memory of all processes of a session: proportional set sizes, so shared pages count once."""

    def __init__(self, session: int) -> None:
        self.peak = 0
        self._session = session
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the sampling."""
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.1):
            self.peak = max(self.peak, sum(map(self._size, Path("/proc").glob("[0-9]*"))))

    def _size(self, process: Path) -> int:
        try:
            if os.getsid(int(process.name)) != self._session:
                return 0
            for line in (process / "smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    return 1024 * int(line.split()[1])
        except (OSError, ProcessLookupError):
            pass  # it has ended
        return 0
