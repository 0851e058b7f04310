"""Notebooks as text: twins, ids, parameters, the shape of every notebook of the compendium, and JupyterLab on them."""

import json
import os
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import suppress

import nbformat
import pytest

from openner_utils.config.params import OfUnits, load
from openner_utils.pipeline import notebooks
from openner_utils.support import paths
from openner_utils.support.errors import OpenNERError

SCRIPT = """\
# %% [markdown]
# # Title
# What is asked?

# %% tags=["parameters"]
corpus = ...
limit: int | None = None
rates = [0.1, -1]

# %%
x = 1

# %%
x = 1
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "10_try.py").write_text(SCRIPT)
    return tmp_path


def ids(path):
    return [cell.id for cell in nbformat.read(path, as_version=4).cells]


def test_twin_is_valid_without_output_and_the_same_each_time(folder):
    text = notebooks.twin(folder / "10_try.py")
    assert text == notebooks.twin(folder / "10_try.py")
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    assert [cell.cell_type for cell in notebook.cells] == ["markdown", "code", "code", "code"]
    assert notebook.cells[1].metadata == {"tags": ["parameters"]}
    assert notebook.metadata.kernelspec.name == "python3" and notebook.metadata.language_info.name == "python"
    assert all(cell.execution_count is None and cell.outputs == [] for cell in notebook.cells[1:])
    assert text.endswith("}\n")


def test_ids_are_kept_where_cells_are_unchanged(folder):
    script, twin = folder / "10_try.py", folder / "10_try.ipynb"
    notebooks.sync(folder)
    before = ids(twin)
    assert len(set(before)) == 4
    script.write_text(SCRIPT.replace("# What is asked?", "# Something else?") + "\n# %%\ny = 2\n")
    notebooks.sync(folder)
    after = ids(twin)
    assert after[1:4] == before[1:] and after[0] != before[0] and len(after) == 5


def test_sync_writes_mends_and_removes(folder):
    twin = folder / "10_try.ipynb"
    assert notebooks.sync(folder, write=False) == [twin] and not twin.exists()
    assert notebooks.sync(folder) == [twin] and twin.exists()
    assert notebooks.sync(folder) == []
    twin.write_text(twin.read_text().replace('"outputs": []', '"outputs": [ ]', 1))
    (folder / "20_gone.ipynb").write_text("{}")
    assert notebooks.sync(folder, write=False) == [twin, folder / "20_gone.ipynb"]
    assert notebooks.sync(folder) == [twin, folder / "20_gone.ipynb"]
    assert notebooks.sync(folder) == [] and not (folder / "20_gone.ipynb").exists()


def test_command_checks_and_writes(folder, capsys):
    assert notebooks.main(["--check"], folder) == 1
    assert (
        "10_try.ipynb: not in step with its script. Run: python -m openner_utils.pipeline.notebooks"
        in capsys.readouterr().out
    )
    assert notebooks.main([], folder) == 0
    assert "10_try.ipynb: written" in capsys.readouterr().out
    assert notebooks.main(["--check"], folder) == 0


def test_jupyterlab_saves_the_script_as_it_was(folder):
    import jupytext

    saved = jupytext.reads(notebooks.twin(folder / "10_try.py"), fmt="ipynb")
    assert jupytext.writes(saved, fmt="py:percent") == SCRIPT


def test_parameters_are_the_literals_of_the_tagged_cell(folder):
    notebook = notebooks.load(folder / "10_try.py")
    assert notebooks.parameters(notebook, "x") == {"corpus": ..., "limit": None, "rates": [0.1, -1]}
    notebook.cells.pop(1)
    assert notebooks.parameters(notebook, "x") == {}


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("import os", "only assign literals to names, not 'import os'"),
        ("a, b = 1, 2", "only assign literals to names"),
        ("a = 2 + b", "the default of the parameter 'a' must be a literal"),
        ('a = 1\n\n# %% tags=["parameters"]\nb = 2', "2 cells are tagged 'parameters'. Keep one."),
    ],
)
def test_parameters_that_are_no_literals_are_refused(tmp_path, cell, said):
    script = tmp_path / "10_try.py"
    script.write_text(f'# %% tags=["parameters"]\n{cell}\n')
    with pytest.raises(OpenNERError, match=said):
        notebooks.parameters(notebooks.load(script), "notebooks/10_try.py")


def test_missing_script_is_named_with_the_nearest(folder):
    with pytest.raises(OpenNERError, match=r"10_tri.py: there is no such notebook. Did you mean 10_try.py\?"):
        notebooks.load(folder / "10_tri.py")


SCRIPTS = sorted(paths.NOTEBOOKS.glob("*.py"))


def test_every_twin_is_in_step():
    assert SCRIPTS
    assert notebooks.sync(write=False) == []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_notebook_opens_with_a_title_and_a_question_then_its_parameters(script):
    notebook = notebooks.load(script)
    first = notebook.cells[0]
    assert first.cell_type == "markdown"
    assert first.source.startswith("# "), "the first line is the title"
    assert "?" in first.source, "the first cell asks the question"
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    tagged = [cell for cell in code if notebooks.PARAMETERS in cell.metadata.get("tags", [])]
    assert tagged == code[:1], "one parameters cell, before all other code"
    notebooks.parameters(notebook, script.name)


@pytest.fixture(scope="module")
def choices():
    """Return, for each parameter that a notebook may have, the values that it may take under params.yaml."""
    params = load(OfUnits)
    return {
        "encoder": params.encoders,
        "regime": params.train.regimes,
        "ablation": params.ablations,
        "model": params.tune,
        "llm": params.llms,
        "format": params.prompt.formats,
    }


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_run_all_finds_a_default_for_every_parameter(script, choices):
    defaults = notebooks.parameters(notebooks.load(script), script.name)
    assert defaults.keys() <= choices.keys()
    for name, default in defaults.items():
        assert default in choices[name], f"{name} = {default!r}"


@pytest.mark.parametrize("twin", [path.with_suffix(".ipynb") for path in SCRIPTS], ids=lambda path: path.stem)
def test_twin_holds_no_output(twin):
    for cell in nbformat.read(twin, as_version=4).cells:
        if cell.cell_type == "code":
            assert cell.outputs == [] and cell.execution_count is None


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Start JupyterLab with the command of `make lab`, on a free port, and yield its address."""
    dry = subprocess.run(
        ["make", "-n", "lab"], cwd=paths.ROOT, capture_output=True, text=True, check=True
    ).stdout
    command = next(line for line in dry.splitlines() if "jupyter lab" in line)
    state = tmp_path_factory.mktemp("jupyter")
    own = {"JUPYTER_CONFIG_DIR": state / "config", "JUPYTER_DATA_DIR": state / "data", "IPYTHONDIR": state}
    options = "--no-browser --allow-root --ip=127.0.0.1 --port=0 --IdentityProvider.token="
    log = state / "log"
    with log.open("w") as said:
        process = subprocess.Popen(
            f"exec env {command} {options}",
            shell=True,
            cwd=paths.ROOT,
            env=os.environ | {name: str(path) for name, path in own.items()},
            stderr=said,
            start_new_session=True,
        )
    try:
        yield address(process, log)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def address(process, log):
    """Return where a starting JupyterLab is, as soon as it answers."""
    deadline = time.monotonic() + 180
    while process.poll() is None and time.monotonic() < deadline:
        if found := re.search(r"(http://127.0.0.1:\d+)/lab", log.read_text()):
            with suppress(urllib.error.URLError), urllib.request.urlopen(f"{found[1]}/api"):
                return found[1]
        time.sleep(0.2)
    raise AssertionError(log.read_text())


def test_make_lab_opens_a_notebook_without_a_question_about_news(lab):
    with urllib.request.urlopen(lab) as page:
        assert page.url == f"{lab}/lab/tree/notebooks/00_explore.ipynb"
        content = page.read().decode()
    config = json.loads(re.search(r'id="jupyter-config-data"[^>]*>(.*?)</script>', content, re.DOTALL)[1])
    assert config["treePath"] == "notebooks/00_explore.ipynb"
    disabled = config["disabledExtensions"]
    assert "@jupyterlab/apputils-extension:announcements" in disabled


def test_make_lab_lists_each_notebook_once(lab):
    with urllib.request.urlopen(f"{lab}/api/contents/notebooks") as answer:
        listed = {entry["name"] for entry in json.load(answer)["content"]}
    assert listed == {script.with_suffix(".ipynb").name for script in SCRIPTS}
    with urllib.request.urlopen(f"{lab}/api/contents/openner_utils/pipeline") as answer:
        assert "notebooks.py" in {entry["name"] for entry in json.load(answer)["content"]}
