"""Where nothing was made yet, every stage says what to run, and a notebook shows it without a traceback."""

from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell

from openner_utils.stages import main, report
from openner_utils.support import paths
from openner_utils.support.errors import OpenNERError
from openner_utils.support.paths import Place


def test_the_report_names_what_is_missing_and_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text(paths.PARAMS.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(
        OpenNERError, match=r"/page\.ipynb: missing, with \d+ more of .*Run all stages: make reproduce"
    ):
        main(report, Place(tmp_path))
    assert not Place(tmp_path).pages.exists()


@pytest.mark.parametrize(
    ("cell", "shown", "traceback"),
    [
        ("raise OpenNERError('a.parquet: missing.', 'Run: x')", "a.parquet: missing.\nRun: x\n", False),
        ("1 / 0", "ZeroDivisionError", True),
    ],
    ids=["a fault that a user can act on", "a bug"],
)
def test_a_notebook_shows_a_fault_as_words(
    cell: str,
    shown: str,
    traceback: bool,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    shell = InteractiveShell()
    shell.colors = "nocolor"
    found = shell.run_cell(f"from openner_utils.support.errors import OpenNERError\n{cell}")
    said = capsys.readouterr()
    assert found.error_in_exec is not None
    assert shown in said.out + said.err and ("Traceback" in said.out + said.err) is traceback
