"""The runner: strict parameters, identical copies, failures told in a line, nothing left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

from openner_utils.pipeline import notebooks, runner
from openner_utils.support import paths, progress
from openner_utils.support.errors import OpenNERError
from openner_utils.support.paths import Place

SCRIPT = """
# %% [markdown]
# # Does it run?

# %% tags=["parameters"]
mode = ...
rate = 0.1
seeds = [1, 2]

# %%
import os, subprocess, sys, warnings
from pathlib import Path
from openner_utils.support import paths, progress
from openner_utils.support.errors import FormatError
print(mode, rate, seeds, hash("a"), Path.cwd() == paths.ROOT)
print(object(), paths.PACKAGE)
print("to stderr", file=sys.stderr)
print("to stdout")
warnings.warn("careful")
for _ in progress.track(range(3), "bar"):
    pass
if mode == "theirs":
    raise ValueError("two\\nlines")

# %%
if mode == "ours":
    raise FormatError("data/x.txt", 3, "bad label 'B-XXX'", "Correct the line.")
if mode == "die":
    os._exit(3)
if mode == "vanish":
    import shutil
    shutil.rmtree(os.environ["TMPDIR"])
if mode == "wait":
    workers = [subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) for _ in range(2)]
    Path(seeds[0]).write_text(" ".join(str(pid) for pid in [os.getpid(), *(worker.pid for worker in workers)]))
    workers[0].wait()
mode
"""


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "10_try.py"
    path.write_text(SCRIPT.lstrip())
    return path


@pytest.fixture
def place(tmp_path):
    """Keep failed notebooks of the tests out of the checkout."""
    return Place(tmp_path)


@pytest.fixture(autouse=True)
def no_progress(tmp_path, monkeypatch):
    """Let nobody draw: on a busy machine a progress line would come between."""
    monkeypatch.setenv(progress.SIDE_FILE, str(tmp_path / "progress"))


def test_two_runs_give_the_same_bytes_and_nothing_of_place_or_time(script, tmp_path, monkeypatch, place):
    monkeypatch.setenv("PYTHONHASHSEED", "random")
    texts = []
    for name in ("a.ipynb", "b.ipynb"):
        runner.run(script, tmp_path / name, {"mode": "fine", "rate": 1, "seeds": [3]}, place)
        texts.append((tmp_path / name).read_text())
    assert texts[0] == texts[1]
    assert str(paths.ROOT) not in texts[0] and "papermill" not in texts[0] and "ipykernel_" not in texts[0]
    executed = nbformat.reads(texts[0], as_version=4)
    nbformat.validate(executed)
    assert [cell.id for cell in executed.cells] == [f"cell-00{n}" for n in range(1, 6)]
    out, err = executed.cells[3].outputs
    assert out.name == "stdout" and out.text.splitlines()[0].startswith("fine 1 [3] ")
    assert out.text.splitlines()[0].endswith(" True")
    assert out.text.splitlines()[1:] == ["<object object at 0x…> openner_utils", "to stdout"]
    assert err.name == "stderr" and err.text.startswith("to stderr\n<cell>:9: UserWarning: careful")
    assert "bar" not in err.text
    assert executed.cells[4].outputs[0].data["text/plain"] == "'fine'"
    assert os.environ["PYTHONHASHSEED"] == "random"


def test_a_folder_that_vanishes_while_a_notebook_runs_is_told_in_one_line(script, tmp_path, capfd):
    assert runner.main([str(script), str(tmp_path / "page.ipynb"), "-p", "mode=vanish"]) == 1
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith(f"FAILED {script} cell 4: the notebook cannot run on: ")
    assert "openner-held-" in line and line.endswith(". Correct this and rerun.")


def test_a_place_that_cannot_be_written_is_told_in_one_line(script, tmp_path, capfd, place):
    (tmp_path / "file").write_text("")
    assert runner.main([str(script), str(tmp_path / "file" / "page.ipynb"), "-p", "mode=fine"], place) == 1
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith(f"{script}: {tmp_path / 'file'}") and line.endswith(". Correct this and rerun.")


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("ours", "cell 4: data/x.txt:3: bad label 'B-XXX'. Correct the line."),
        ("theirs", "cell 3: ValueError: two lines"),
        ("die", "cell 4: the kernel died, perhaps for want of memory"),
    ],
)
def test_failing_cell_is_told_in_one_line_and_the_notebook_kept(script, tmp_path, capfd, mode, said, place):
    out = tmp_path / "page.ipynb"
    out.write_text("what was there")
    assert runner.main([str(script), str(out), "-p", f"mode={mode}"], place) == 1
    first, second, *rest = capfd.readouterr().err.splitlines()
    assert first == f"FAILED {script} {said}"
    assert rest == []
    assert out.read_text() == "what was there"
    kept = nbformat.read(second.removeprefix("  The notebook as far as it ran: "), as_version=4)
    assert any(
        "to stdout" in output.get("text", "") for cell in kept.cells for output in cell.get("outputs", [])
    )


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits for its parent to notice does not."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout
    return bool(state.strip()) and not state.startswith("Z")


def test_a_unit_of_dvc_is_its_parameters_and_its_folder(script, tmp_path, place, monkeypatch):
    monkeypatch.setenv("DVC_STAGE", "try@fine-grained")
    script.write_text(script.read_text().replace("rate = 0.1", "rate = ..."))
    assert runner.main([str(script), str(tmp_path / "try"), "--unit", "mode-rate"], place) == 0
    executed = nbformat.read(tmp_path / "try/fine-grained/page.ipynb", as_version=4)
    assert executed.cells[-1].outputs[0].data["text/plain"] == "'fine'"


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)],
)
def test_interrupted_run_leaves_no_process_and_no_output(script, tmp_path, number, status):
    pids, out = tmp_path / "pids", tmp_path / "page.ipynb"
    command = [
        sys.executable,
        "-m",
        "openner_utils.pipeline.runner",
        str(script),
        str(out),
        "-p",
        "mode=wait",
    ]
    started = subprocess.Popen([*command, "-p", f"seeds=[{pids}]"], stderr=subprocess.PIPE, text=True)
    wait_for(lambda: pids.exists() and len(pids.read_text().split()) == 3)
    below = [int(pid) for pid in pids.read_text().split()]
    assert all(map(alive, below))
    started.send_signal(number)
    _, err = started.communicate(timeout=120)
    assert started.returncode == status
    wait_for(lambda: not any(map(alive, below)))
    assert not out.exists()
    assert err == ("Interrupted. The same command continues the work.\n" if number == signal.SIGINT else "")


def test_a_stage_ends_with_the_dvc_that_started_it(script, tmp_path):
    pids, number = tmp_path / "pids", tmp_path / "runner"
    command = f"{sys.executable} -m openner_utils.pipeline.runner {script} {tmp_path}/x.ipynb -p mode=wait -p 'seeds=[{pids}]'"
    parent = subprocess.Popen(
        ["bash", "-c", f"{command} & echo $! > {number}; wait"], env=os.environ | {"DVC_STAGE": "try"}
    )
    wait_for(lambda: pids.exists() and len(pids.read_text().split()) == 3)
    parent.kill()
    parent.wait()
    below = [int(pid) for pid in [*pids.read_text().split(), number.read_text()]]
    wait_for(lambda: not any(map(alive, below)))


def wait_for(condition, seconds=90):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["mod=x"], "Unknown parameter 'mod'. Did you mean 'mode'? Known: mode, rate, seeds."),
        ([], "no value for mode. Pass -p mode=VALUE."),
        (["mode=x", "rate=quick"], "parameter 'rate' is 'quick', but a value like 0.1 is wanted"),
        (["mode=x", "rate=true"], "parameter 'rate' is True, but"),
        (["mode=x", "seeds=3"], "parameter 'seeds' is 3, but a value like [1, 2] is wanted"),
        (["mode"], "-p mode: write a parameter as name=value."),
        (["mode=x", "mode=y"], "-p mode=y: mode is given twice."),
        (["mode=[x"], "'[x' is not valid YAML"),
        (["mode=2024-99-99"], "'2024-99-99' is not valid YAML"),
        (["mode=" + "[" * 20_000], "[[[' is not valid YAML"),
        (["mode=" + "1" * 5_000], "111' is not valid YAML"),
        (["mode={a: 1}"], "only strings, numbers, booleans and lists of them are passed"),
    ],
)
def test_parameters_that_do_not_fit_are_refused_before_anything_runs(
    script, tmp_path, capsys, arguments, said, place
):
    flags = [word for each in arguments for word in ("-p", each)]
    assert runner.main([str(script), str(tmp_path / "out.ipynb"), *flags], place) == 1
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("1e-4", 1e-4),
        ("3", 3),
        ("'3'", "3"),
        ("true", True),
        ("[swh, eng]", ["swh", "eng"]),
        ("", None),
    ],
)
def test_values_are_yaml_1_2(text, value):
    assert runner.read_values([f"name={text}"]) == {"name": value}


@pytest.mark.parametrize(
    ("values", "defaults", "fits"),
    [
        ({"a": 1}, {"a": ...}, True),
        ({"a": "x"}, {"a": None}, True),
        ({"a": 1}, {"a": 1.5}, True),
        ({"a": True}, {"a": 1}, False),
        ({"a": 1.5}, {"a": 1}, False),
        ({"a": None}, {"a": "x"}, False),
    ],
)
def test_check_compares_types_with_the_default(values, defaults, fits):
    if fits:
        runner.check(values, defaults, "notebook")
    else:
        with pytest.raises(OpenNERError, match="parameter 'a'"):
            runner.check(values, defaults, "notebook")


def test_normalize_joins_streams_however_they_were_cut():
    def stream(name, text):
        return nbformat.v4.new_output("stream", name=name, text=text)

    shown = nbformat.v4.new_output("display_data", {"image/png": "0x12345678", "text/plain": "0x12345678"})
    cuts = [
        [stream("stdout", "ab"), stream("stderr", "x"), stream("stdout", "c"), shown, stream("stdout", "d")],
        [stream("stderr", "x"), stream("stdout", "a"), stream("stdout", "bc"), shown, stream("stdout", "d")],
    ]
    copies = [
        runner.normalize(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("", outputs=outputs)]))
        for outputs in cuts
    ]
    assert notebooks.dump(copies[0]) == notebooks.dump(copies[1])
    joined = copies[0].cells[0].outputs
    assert [output.get("text") for output in joined] == ["abc", "x", None, "d"]
    assert joined[2].data == {"image/png": "0x12345678", "text/plain": "0x…"}


def test_failed_copy_lies_where_its_output_would():
    place, page = Place(Path("/here")), "artifacts/train/x/page.ipynb"
    assert runner._failed(place.root / page, place) == place.own / "failed" / page
    assert runner._failed(Path("/elsewhere/page.ipynb"), place) == place.own / "failed" / "page.ipynb"


@pytest.mark.parametrize("stage", ["", "train", "train@a", "train@a-b-c", "train@a-$(x)", "train@a-../b"])
def test_a_unit_that_is_none_is_refused(stage, script, tmp_path, capsys, place, monkeypatch):
    monkeypatch.setenv("DVC_STAGE", stage)
    assert runner.main([str(script), str(tmp_path), "--unit", "mode-rate"], place) == 1
    assert "By hand, name the page" in capsys.readouterr().err


def test_a_start_builds_no_grammar_of_addresses():
    program = "import openner_utils.pipeline.runner, sys; print([name for name in ('lark', 'rfc3987_syntax') if sys.modules.get(name)])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
