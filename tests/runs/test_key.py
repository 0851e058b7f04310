"""A run's key changes with everything that decides its result, and with nothing else."""

import shutil
from pathlib import Path

import pytest

from openner_utils.runs.key import code_key, digest, run_key
from openner_utils.runs.machine import CPU, Machine
from openner_utils.support import paths


def test_equal_values_give_equal_keys_whatever_their_order():
    assert digest({"a": 1, "b": [1, 2]}) == digest({"b": [1, 2], "a": 1})
    assert digest({"a": [1, 2]}) != digest({"a": [2, 1]})


def test_a_key_covers_values_machine_code_and_data(tmp_path):
    data = tmp_path / "prompt.txt"
    data.write_text("Find names.")
    key = run_key("core/columns.py", CPU, {"seed": 1}, [data])
    assert key == run_key("core/columns.py", CPU, {"seed": 1}, [data])
    others = [
        run_key("core/columns.py", CPU, {"seed": 2}, [data]),
        run_key("core/columns.py", Machine("cpu", "bf16"), {"seed": 1}, [data]),
        run_key("core/columns.py", Machine("cuda", "fp32"), {"seed": 1}, [data]),
        run_key("core/repair.py", CPU, {"seed": 1}, [data]),
        run_key("core/columns.py", CPU, {"seed": 1}),
    ]
    data.write_text("Find names!")
    assert len({key, *others, run_key("core/columns.py", CPU, {"seed": 1}, [data])}) == 7


RUNS = ("encoders/one_run.py", "llm/tuning/jobs.py", "llm/local.py")
"""What carries out a training, a tuning, and the answering of a prompt."""


@pytest.fixture(scope="module")
def copied(tmp_path_factory) -> Path:
    """A copy of the package's code."""
    root = tmp_path_factory.mktemp("code")
    shutil.copytree(paths.PACKAGE, root / paths.PACKAGE.name, ignore=lambda folder, names: [
        name for name in names if not (name.endswith(".py") or Path(folder, name).is_dir())
    ])  # fmt: skip
    return root


def changes(copied: Path, module: str, change) -> set[str]:
    """Return the runs whose keys change when ``change`` is made to the text of a module."""
    file = copied / paths.PACKAGE.name / module
    text = file.read_text(encoding="utf-8")
    code_key.cache_clear()
    before = {run: code_key(run, copied) for run in RUNS}
    file.write_text(change(text), encoding="utf-8")
    code_key.cache_clear()
    after = {run: code_key(run, copied) for run in RUNS}
    file.write_text(text, encoding="utf-8")
    code_key.cache_clear()
    return {run for run in RUNS if before[run] != after[run]}


def reworded(text: str) -> str:
    """Change the module's docstring and add a comment."""
    return text.replace('"""', '"""In other words: ', 1) + "\n# and a remark\n"


def extended(text: str) -> str:
    return text + "\nMORE = 1\n"


TRAIN, TUNE, ASK = RUNS


@pytest.mark.parametrize(
    ("module", "change", "stale"),
    [
        *((module, reworded, set()) for module in ("encoders/one_run.py", "core/encoding.py", "scoring/mentions.py")),
        ("scoring/mentions.py", extended, {TRAIN}),
        ("core/encoding.py", extended, {TRAIN, TUNE, ASK}),
        ("core/columns.py", extended, {TRAIN, TUNE, ASK}),
        ("encoders/loop.py", extended, {TRAIN}),
        ("encoders/windows.py", extended, {TRAIN}),
        ("encoders/tokenizer_report.py", extended, set()),
        ("training/descent.py", extended, {TRAIN, TUNE}),
        ("llm/tiny/pointer_lm.py", extended, {TUNE, ASK}),
        ("llm/tiny/learner.py", extended, {TUNE}),
        ("llm/tuning/lessons.py", extended, {TUNE}),
        ("llm/chat.py", extended, {TUNE, ASK}),
        ("llm/constrained.py", extended, {ASK}),
        ("llm/json_replies.py", extended, set()),  # a new parser asks nothing again
        ("llm/grounding.py", extended, set()),
        ("support/errors.py", extended, set()),
        ("runs/executors.py", extended, set()),
    ],
)  # fmt: skip
def test_a_key_changes_with_the_code_that_decides_a_result(copied, module, change, stale):
    assert changes(copied, module, change) == stale
