"""What was trained, tuned and asked is kept while only charts, templates and texts change, and no longer."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from openner_utils.stages import main, standardize
from openner_utils.support.paths import Place
from tests import places
from tests.clones import clone, python
from tests.planted import RECIPE

PARAMS = {
    "data": {"corpora": ["gazette"]},
    "limits": {"train_sentences": 10, "dev_sentences": 3, "test_sentences": 3},
    "clean": {"repair": "conlleval"},
    "standardize": {},
    "encoders": {"small": RECIPE.model_dump() | {"epochs": 1}},
    "train": {"seeds": [1], "regimes": {"joint": {"together": True}}},
    "ablations": {},
    "tune": {
        "tiny": {
            "start": "characters", "languages": ["eng"], "steps": 2, "batch_size": 2, "learning_rate": 0.001, "seed": 1,
        }
    },
    "llms": {
        "tiny": {
            "backend": "local", "checkpoint": "pipeline:tiny", "shots": 0, "max_new_tokens": 4, "decoding": ["free"],
            "languages": ["eng"],
        }
    },
    "prompt": {"formats": ["inline"], "test_sentences": 1},
    "run": {"workers": 1},
}  # fmt: skip

SCRIPT = """
import sys
from pathlib import Path
from openner_utils.stages import main, prompt, train, tune
from openner_utils.support.paths import Place

if __name__ == "__main__":
    place = Place(Path(sys.argv[1]))
    main(train, place, encoder="small", regime="joint")
    main(tune, place, model="tiny")
    main(prompt, place, llm="tiny", format="inline")
"""

WORDING = {
    "openner_utils/pages/figures.py": "\nBRIGHTER = '#ffee00'\n",
    "openner_utils/pages/templates/style.css": "\nbody { color: black }\n",
    "openner_utils/pages/templates/page.html.j2": "\n<!-- another foot -->\n",
    "openner_utils/pages/table_schemas.yaml": "\n# another remark\n",
    "openner_utils/encoders/one_run.py": '\n"""Another word on runs."""\n',
    "openner_utils/llm/tuning/jobs.py": "\n# another remark\n",
    "notebooks/40_train.py": "\n# %% [markdown]\n# Another word on training.\n",
    "notebooks/65_prompt.py": "\n# %% [markdown]\n# Another word on asking.\n",
}
"""What is added to files whose charts, styles and texts decide nothing."""
DECIDING = ("openner_utils/core/encoding.py", "openner_utils/scoring/mentions.py")
"""Modules by which runs are trained and scored; which run hangs on which module is told in tests/runs/test_key.py."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory):
    """The clone's code, and a function that runs its stages and returns those in which a run was carried out."""
    code = clone(tmp_path_factory.mktemp("code"))
    place = places.samples(tmp_path_factory.mktemp("place"), yaml.safe_dump(PARAMS))
    places.cleaned(place, *PARAMS["data"]["corpora"])
    main(standardize, place)
    (code / "stages.py").write_text(SCRIPT)

    def stages() -> set[str]:
        before = kept(place)
        python(code, "stages.py", str(place.root))
        return {name for name, state in kept(place).items() if before.get(name) != state}

    assert stages() == {"train", "tune", "prompt"}
    return code, stages


def kept(place: Place) -> dict[str, set[tuple[str, int]]]:
    """Return the finished runs of each stage: a run that is carried out again is another file, or a longer one."""
    found: dict[str, set[tuple[str, int]]] = {}
    for path in place.resume.rglob("*"):
        if path.is_file():
            stage, *rest = path.relative_to(place.resume).parts
            found.setdefault(stage, set()).add(("/".join(rest), path.stat().st_size + path.stat().st_ino))
    return found


def changed(code: Path, additions: dict[str, str], stages: Callable[[], set[str]]) -> set[str]:
    """Return the stages in which a run is carried out after ``additions`` to files, which are then taken back."""
    before = {name: (code / name).read_text(encoding="utf-8") for name in additions}
    for name, text in additions.items():
        (code / name).write_text(before[name] + text, encoding="utf-8")
    found = stages()
    for name, text in before.items():
        (code / name).write_text(text, encoding="utf-8")
    return found


def test_a_new_wording_repeats_nothing(run) -> None:
    assert changed(run[0], WORDING, run[1]) == set()


def test_what_decides_a_result_is_carried_out_again(run) -> None:
    assert {"train", "tune"} <= changed(run[0], dict.fromkeys(DECIDING, "\nANOTHER_RULE = True\n"), run[1])
