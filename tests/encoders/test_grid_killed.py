"""A grid of trainings that is killed at a random step and begun again comes to the same scores."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from openner_utils.encoders.grid import run_grid
from openner_utils.runs.manifest import Manifest
from openner_utils.support.progress import SIDE_FILE
from tests.encoders.test_grid import TEXTS, spec
from tests.runs import contract

SPECS = [spec(seed, epochs=20) for seed in (1, 2, 3)]
SCRIPT = """
import sys
from pathlib import Path
from openner_utils.encoders.grid import run_grid
from tests.encoders.test_grid_killed import SPECS, TEXTS
if __name__ == "__main__":
    run_grid(SPECS, TEXTS, Path(sys.argv[1]), workers=2)
"""


def share(side: Path) -> float:
    """Return how much of the grid is done, as its bar reports it."""
    lines = side.read_text().rpartition("\n")[0].splitlines() if side.exists() else []
    steps = [json.loads(line) for line in lines]
    return max((step["done"] / step["total"] for step in steps), default=0.0)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads /proc")
def test_a_killed_grid_comes_to_the_same_scores(tmp_path):
    whole = run_grid(SPECS, TEXTS, tmp_path / "whole", workers=2)
    (tmp_path / "script.py").write_text(SCRIPT)
    side, after = tmp_path / "progress.jsonl", random.uniform(0.05, 0.7)
    root = Path(__file__).parent.parent.parent
    grid = subprocess.Popen(
        [sys.executable, str(tmp_path / "script.py"), str(tmp_path / "killed")],
        env={**os.environ, "PYTHONPATH": str(root), SIDE_FILE: str(side)},
    )
    while (done := share(side)) < after:
        assert grid.poll() is None, f"over before {after:.0%}"
        time.sleep(0.02)
    children = Path(f"/proc/{grid.pid}/task/{grid.pid}/children").read_text()
    workers = [int(pid) for pid in children.split()]
    grid.send_signal(signal.SIGKILL)
    assert grid.wait() == -signal.SIGKILL and workers
    contract.until(lambda: not any(contract.runs(pid) for pid in workers))

    where = f"killed at {done:.1%}"
    assert Manifest.read(tmp_path / "killed").counts()["finished"] < len(SPECS), where
    again = run_grid(SPECS, TEXTS, tmp_path / "killed", workers=2)
    for one, other in zip(whole, again, strict=True):
        assert (one.losses, one.dev_f1, one.steps) == (other.losses, other.dev_f1, other.steps), where
        assert all(np.array_equal(one.predictions[name], other.predictions[name]) for name in ("dev", "test"))
    assert Manifest.read(tmp_path / "killed").counts() == {"finished": 3, "missing": 0, "failed": 0}
