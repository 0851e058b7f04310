"""Running the pipeline: ``python -m openner_utils.pipeline.repro [STAGE…]`` is `dvc repro`, made ready for what may be amiss.

The names in params.yaml are checked before DVC makes folders and commands of them. A dvc.lock that a killed run left
half-written is replaced by the last good one. Without git, as in a copy that was downloaded as a zip, DVC is told to do
without.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

from openner_utils.config.params import Whole, load
from openner_utils.support import files
from openner_utils.support.documents import read_mapping
from openner_utils.support.errors import OpenNERError
from openner_utils.support.paths import HERE, Place

PATIENCE = 10.0
"""Seconds for which an interrupted pipeline is waited for before it is told again."""


def repro(place: Place = HERE, *stages: str) -> int:
    """Run the pipeline, or what ``stages`` need, and return the exit status of DVC."""
    load(Whole, place.params)
    without_git(place)
    if told := mend_lock(place):
        print(told, file=sys.stderr)
    _keep_lock(place)
    here = Path(sys.executable).parent
    # The stages call `python`, which must be this one whether or not the environment is activated.
    environment = os.environ | {"PATH": f"{here}{os.pathsep}{os.environ.get('PATH', '')}"}
    with subprocess.Popen([here / "dvc", "repro", *stages], cwd=place.root, env=environment) as running:
        status = _waited(running)
    _keep_lock(place)
    return status


def _waited(running: subprocess.Popen[bytes]) -> int:
    """Return the status of a process that the terminal's Ctrl-C reaches, too, and that is given the time to end by itself."""
    try:
        return running.wait()
    except KeyboardInterrupt:
        try:
            running.wait(PATIENCE)
        except subprocess.TimeoutExpired:  # the signal came to this process alone
            running.send_signal(signal.SIGINT)
            running.wait()
        raise


def without_git(place: Place) -> None:
    """Tell DVC to do without git where there is none; it would refuse to work."""
    settings = place.root / ".dvc"
    if not settings.is_dir() or any(
        (folder / ".git").exists() for folder in (place.root, *place.root.parents)
    ):
        return
    from dvc.config import Config  # takes a third of a second

    with Config(str(settings)).edit("local") as local:
        local["core"]["no_scm"] = True


def mend_lock(place: Place) -> str:
    """Replace a dvc.lock that cannot be read by the last good one, and return what was done; an empty text: nothing.

    The last good one is that before the last run, else the last commit's. What cannot be read is kept beside it.
    """
    if not place.lock.exists() or _good(place.lock):
        return ""
    broken = place.own / "dvc.lock.broken"
    files.write_bytes(broken, place.lock.read_bytes())
    if _good(_kept(place)):
        files.write_bytes(place.lock, _kept(place).read_bytes())
        instead = "the one from before the last run is taken"
    elif committed := _committed(place):
        files.write_bytes(place.lock, committed)
        instead = "the last commit's is taken"
    else:
        place.lock.unlink()
        instead = "there is no other, so every stage is looked at anew; finished runs are kept"
    return f"dvc.lock cannot be read, as after a run that was killed: {instead}. It was moved to {place.relative(broken)}."


def _kept(place: Place) -> Path:
    return place.own / "dvc.lock"


def _keep_lock(place: Place) -> None:
    if place.lock.is_file() and _good(place.lock):
        files.write_bytes(_kept(place), place.lock.read_bytes())


def _good(lock: Path) -> bool:
    """Return whether a lock is what DVC takes for one; half a file may well be valid YAML."""
    from dvc.schema import COMPILED_LOCKFILE_SCHEMA  # takes a third of a second
    from dvc.utils.strictyaml import YAMLValidationError, validate

    try:
        content = read_mapping(lock)
        validate(content, COMPILED_LOCKFILE_SCHEMA)
    except (OpenNERError, YAMLValidationError):
        return False
    return bool(content.get("stages"))


def _committed(place: Place) -> bytes | None:
    done = subprocess.run(
        ["git", "show", f"HEAD:./{place.lock.name}"], cwd=place.root, capture_output=True, check=False
    )
    return done.stdout if done.returncode == 0 else None


def main(arguments: list[str]) -> int:
    """Run the pipeline and return the exit status; faults are told in a line, without a traceback."""
    try:
        return repro(HERE, *arguments)
    except OpenNERError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted. The same command continues the work.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
