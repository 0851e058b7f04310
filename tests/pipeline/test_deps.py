"""The pipeline's lists agree with the code; the comparison itself is tested on a small pipeline."""

import re
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from openner_utils.pipeline import deps as pipeline
from openner_utils.pipeline.deps import Contract, Stage
from openner_utils.support import paths

FILES = {
    "openner_utils/__init__.py": "",
    "openner_utils/support/paths.py": "",
    "openner_utils/config/params.py": "",
    "openner_utils/unused/__init__.py": "",
    "openner_utils/support/__init__.py": "",
    "openner_utils/config/__init__.py": "",
    "openner_utils/tools/__init__.py": "from openner_utils.tools.deep import x\n",
    "openner_utils/tools/deep.py": "import numpy\nfrom ..support import paths\n",
    "openner_utils/tools/words.yaml": "{}",
    "openner_utils/stages/__init__.py": "",
    "openner_utils/stages/train.py": (
        "from openner_utils.config import params\nimport openner_utils.tools\n"
    ),
    "notebooks/10_train.py": (
        '# %% [markdown]\n# # Train\n\n# %% tags=["parameters"]\nencoder = ...\nseed = 1\n\n'
        "# %%\nfrom openner_utils.stages.train import run\n"
    ),
    "params.yaml": "encoders: {small: {rate: 1}, large: {rate: 2}}\ntrain: {epochs: 1}\n",
    "dvc.yaml": """\
        # what runs
        stages:
          train:  # the heart
            matrix:
              encoder: ${encoders}
            cmd: python -m openner_utils.pipeline.runner notebooks/10_train.py artifacts/train/${item.encoder}/page.ipynb
              -p encoder=${item.encoder} -p seed=1
            deps:
              - artifacts/clean  # first the data
              - openner_utils/unused
            params:
              - train
              - encoders.${item.encoder}
            outs:
              - artifacts/train/${item.encoder}
        """,
}
MODULES = {
    *(f"openner_utils/{each}" for each in ("__init__.py", "config/__init__.py", "config/params.py")),
    *(f"openner_utils/{each}" for each in ("stages/__init__.py", "stages/train.py")),
    *(f"openner_utils/{each}" for each in ("support/__init__.py", "support/paths.py")),
    *(f"openner_utils/{each}" for each in ("tools/__init__.py", "tools/deep.py")),
}
USED = {
    "notebooks/10_train.py",
    *(f"openner_utils/{each}" for each in ("__init__.py", "stages/__init__.py", "stages/train.py")),
    *(f"openner_utils/{room}" for room in ("config", "support", "tools")),
}


SAID = {"train": Contract(frozenset({"train", "encoders"}), frozenset({"clean"}))}
COMPARE = """\
  compare:
    matrix:
      question: [one]
    cmd: python -m openner_utils.pipeline.runner notebooks/80_${item.question}.py artifacts/compare/${item.question}/page.ipynb
    deps: ["notebooks/80_${item.question}.py"]
    outs: ["artifacts/compare/${item.question}"]
"""


@pytest.fixture
def root(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc" / "config").write_text("[core]\n    no_scm = true\n    analytics = false\n")
    return tmp_path


@pytest.fixture
def stage(root):
    pipeline.write_deps(root)
    return pipeline.load(root)[0]


def test_modules_follows_every_form_of_import(root):
    assert pipeline.modules("notebooks/10_train.py", root) == MODULES


def test_load_expands_the_matrix(root):
    stages = pipeline.load(root)
    assert [str(stage) for stage in stages] == ["train@large", "train@small"]
    assert set(stages[0].params) == {"train", "encoders.large"}
    assert stages[0].outs == ("artifacts/train/large",)


def test_write_deps_lists_exactly_what_is_used_and_keeps_the_rest(root):
    assert pipeline.write_deps(root)
    text = (root / "dvc.yaml").read_text()
    assert (
        "# what runs" in text
        and "# the heart" in text
        and "# first the data" in text
        and "${encoders}" in text
    )
    assert all(set(stage.deps) == USED | {"artifacts/clean"} for stage in pipeline.load(root))
    assert pipeline.problems(pipeline.load(root), SAID, root) == []
    assert not pipeline.write_deps(root) and (root / "dvc.yaml").read_text() == text


def test_write_deps_leaves_what_a_matrix_spells(root):
    path = root / "dvc.yaml"
    text = path.read_text().replace("artifacts/clean  # first the data", "notebooks/10_${item.notebook}.py")
    text = text.replace("encoder: ${encoders}", "notebook: [train]").replace("${item.encoder}", "large")
    path.write_text(text.replace("notebooks/10_train.py", "notebooks/10_${item.notebook}.py"))
    pipeline.write_deps(root)
    assert "notebooks/10_train.py" not in path.read_text()
    assert pipeline.problems(pipeline.load(root), {}, root) == []


def commands(stage: Stage, before: str, after: str) -> Stage:
    return replace(stage, commands=tuple(each.replace(before, after) for each in stage.commands))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda s: replace(s, deps=s.deps[:-1]), "uses openner_utils/tools, which deps does not list"),
        (lambda s: replace(s, deps=(*s.deps, "openner_utils/unused")), "lists openner_utils/unused, which it"),
        (lambda s: commands(s, "-p seed=1", ""), "has the parameter seed, which cmd does not pass"),
        (lambda s: commands(s, "seed=1", "sed=1"), "cmd passes sed, which notebooks/10_train.py does not have"),
        (lambda s: commands(s, "10_train", "11_train"), "notebooks/11_train.py does not exist"),
        (lambda s: commands(s, "artifacts/train", "artifacts/test"), "should lie in artifacts/train/, not at"),
        (lambda s: replace(s, params=("train",)), "uses the block encoders, which params does not list"),
        (lambda s: replace(s, params=(*s.params, "run")), "params lists run, which it does not use"),
        (lambda s: replace(s, deps=s.deps[1:]), "reads artifacts/clean, which deps does not list"),
        (lambda s: replace(s, deps=(*s.deps, "artifacts/tune")), "lists artifacts/tune, which it does not read"),
        (lambda s: replace(s, name="ablate", unit=""), "notebook should be notebooks/NN_ablate.py"),
        (lambda s: replace(s, name="ablate", unit=""), "does not import openner_utils/stages/ablate.py"),
        (lambda s: replace(s, outs=(*s.outs, "data/x")), "data/x lies inside data/"),
        (lambda s: replace(s, outs=(*s.outs, "artifacts/score/x")), "artifacts/score/x should lie in artifacts/train/"),
        (lambda s: replace(s, outs=("artifacts/train/other",)), "page.ipynb is in none of its outs"),
    ],
)  # fmt: skip
def test_problems_names_each_disagreement(root, stage, change, said):
    assert pipeline.problems([stage], SAID, root) == []
    found = pipeline.problems([change(stage)], SAID, root)
    assert any(said in problem for problem in found), found


def test_problems_counts_the_stages(root, stage):
    other = replace(stage, commands=("true",))
    assert pipeline.problems([other] * 39, {}, root) == []
    assert re.search("40 stages", pipeline.problems([other] * 40, {}, root)[0])


def test_a_question_is_listed_by_being_there(root):
    for question in ("one", "two"):
        (root / f"notebooks/80_{question}.py").write_text("# %%\nimport openner_utils.stages.compare\n")
    (root / "openner_utils/stages/compare.py").write_text("")
    (root / "openner_utils/analysis").mkdir()
    (root / "openner_utils/analysis/__init__.py").write_text("")
    (root / "openner_utils/analysis/two.py").write_text("import openner_utils.unused\n")
    path = root / "dvc.yaml"
    path.write_text(path.read_text() + COMPARE)
    before = pipeline.problems(pipeline.load(root), {}, root)
    assert any("compare: answers one; there are one, two" in problem for problem in before)
    assert pipeline.write_deps(root) and not pipeline.write_deps(root)
    stages = {str(stage): stage for stage in pipeline.load(root)}
    assert {"compare@one", "compare@two"} < stages.keys()
    assert "openner_utils/unused" in stages["compare@one"].deps, (
        "what a question's module uses, its stage lists"
    )
    assert pipeline.problems(list(stages.values()), {}, root) == []


def test_the_pipeline_agrees_with_the_code():
    stages = pipeline.load()
    assert stages
    assert pipeline.problems(stages, pipeline.contracts({stage.name for stage in stages})) == []


def test_every_stage_module_has_its_stage():
    modules = {path.stem for path in (paths.PACKAGE / "stages").glob("[!_]*.py")}
    assert modules == {stage.name for stage in pipeline.load()}


def test_every_listed_file_of_the_package_exists():
    missing = [
        dep
        for stage in pipeline.load()
        for dep in stage.deps
        if dep.startswith("openner_utils/") and not (Path(paths.ROOT) / dep).exists()
    ]
    assert missing == []


def test_the_lock_was_made_with_the_committed_parameters():
    params = yaml.safe_load(paths.PARAMS.read_text(encoding="utf-8"))
    for stage, entry in yaml.safe_load((paths.ROOT / "dvc.lock").read_text(encoding="utf-8"))[
        "stages"
    ].items():
        for block, locked in entry.get("params", {}).get("params.yaml", {}).items():
            value = params
            for key in block.split("."):
                value = value[key]
            assert value == locked, f"{stage}: {block}"
