"""Shards to passages under two engines: processes of `runs.executors`, which is ours, and datatrove's LocalPipelineExecutor.

Both have 16 shards and two processes, call the same functions on documents and write Parquet; datatrove reads JSON lines by its own reader
(decision 27). Sizes are 1, 2, 4 and 8 times the smallest. Processes are measured whole, from start to exit, in turn.
"""

import os
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from benchmarks import Claim, NeededError, measure
from benchmarks.web import SHARDS, write
from openner_utils.support import paths

SMALLEST, TIMES = 2_000, (1, 2, 4, 8)
_OURS = """
import sys
from pathlib import Path
from openner_utils.web.collecting import Cut, collect
from openner_utils.web.shards import shards
from openner_utils.web.working import executor
if __name__ == "__main__":
    collect(shards([Path(sys.argv[1])]), Cut(), Path(sys.argv[2]) / "p.parquet", executor(2))
"""
_THEIRS = """
import sys
from itertools import islice
from datatrove.data import Document as Theirs
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.base import PipelineStep
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import ParquetWriter
from openner_utils.web.collecting import TOGETHER, Cut, _passages
from openner_utils.web.documents import Document
from openner_utils.web.languages import identifier

class Passages(PipelineStep):
    name, type = "passages", "cut"

    def run(self, data, rank=0, world_size=1):
        told = identifier("script")
        while batch := list(islice(data, TOGETHER)):
            given = [
                Document(each.id, each.text, str(rank), number, each.metadata["language"]) for number, each in enumerate(batch)
            ]
            for each in _passages(given, Cut(), told):
                place = {"document": each.document, "start": each.start, "end": each.end, "language": each.language, "script": each.script}
                yield Theirs(text=each.text, id=each.id, metadata=place)

if __name__ == "__main__":
    LocalPipelineExecutor(
        [JsonlReader(sys.argv[1], id_key="url", compression=None), Passages(), ParquetWriter(sys.argv[2] + "/out")],
        tasks=16, workers=2, logging_dir=sys.argv[2] + "/log", start_method="spawn",
    ).run()
"""


def run() -> list[Claim]:
    """Return claims on documents per second at each size."""
    if find_spec("datatrove") is None:
        raise NeededError(
            "datatrove is not installed. Install it, where torch is not: pip install datatrove[io]"
        )
    variables = {
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join([str(paths.ROOT), os.environ.get("PYTHONPATH", "")]),
    }
    claims = []
    for times in TIMES:
        with tempfile.TemporaryDirectory() as name:
            folder, count = Path(name), SMALLEST * times
            write(folder / "in", count)
            used = []
            for engine, script in (("ours", _OURS), ("theirs", _THEIRS)):
                (folder / engine).mkdir()
                (folder / f"{engine}.py").write_text(script, "utf-8")
                used.append(
                    measure(
                        [sys.executable, folder / f"{engine}.py", folder / "in", folder / engine],
                        environment=variables,
                    )
                )
        note = (
            f"{count:,} documents, {SHARDS} shards, two processes; processor seconds {used[0].processor:.1f} and "
            f"{used[1].processor:.1f}, peak MB {used[0].megabytes:.0f} and {used[1].megabytes:.0f}"
        )
        ours, theirs = (count / each.seconds for each in used)
        claims.append(
            Claim(
                f"shards to passages, {times} times the data: against datatrove's executor",
                "documents/s",
                ours,
                theirs,
                1,
                note,
            )
        )
    return claims
