"""A question is a module, its words and a notebook: nothing else is touched, and the pipeline lists and answers it."""

from pathlib import Path

import pandas as pd
import pytest

from openner_utils.core.artifacts import ANSWER, SENTENCES, SUMMARY, Folder, Outputs
from openner_utils.support.paths import Place
from tests.clones import clone, python

MODULE = '''"""How many sentences were scored?"""

import pandas as pd

from openner_utils.analysis.question import Answer, Params
from openner_utils.core.artifacts import SENTENCES, Inputs


def answer(inputs: Inputs, params: Params) -> Answer:
    """Count the rows of the scores."""
    count = len(inputs.frame(SENTENCES))
    return Answer({"counts": pd.DataFrame({"sentences": [count]})}, count)
'''
WORDING = '''"""How many sentences were scored, in words."""


def sentences(found: int) -> list[str]:
    """Return what was found, one sentence a line."""
    return [f"{found} sentences."]
'''
NOTEBOOK = """# %% [markdown]
# # How many sentences?

# %% tags=["parameters"]

# %%
from openner_utils.stages import compare, main

main(compare, question="size")
"""
SCORED = {
    "system": "tiny", "regime": "alone", "labels_from": "release", "format": "", "decoding": "", "policy": "",
    "control": False, "seed": 1, "corpus": "a", "language": "eng", "split": "test", "sentence": 0, "document": 0,
    "convention": "conlleval", "correct": 1, "predicted": 2, "reference": 3, "ungrounded": 0,
}  # fmt: skip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A clone with one more question, and scores of three sentences."""
    clone(tmp_path)
    (tmp_path / "openner_utils/analysis/size.py").write_text(MODULE)
    (tmp_path / "openner_utils/pages/wording/size.py").write_text(WORDING)
    (tmp_path / "notebooks/80_size.py").write_text(NOTEBOOK)
    scores = pd.DataFrame([SCORED | {"sentence": number} for number in range(3)])
    Outputs(Folder(Place(tmp_path).artifacts), (SENTENCES,)).put(SENTENCES, scores)
    return tmp_path


def test_the_pipeline_lists_it_and_the_stage_answers_it(root: Path) -> None:
    python(root, "-m", "openner_utils.pipeline.deps", "--write")
    assert "compare@size " in python(root, "-m", "dvc", "stage", "list")
    python(root, "-c", "from openner_utils.stages import compare, main; main(compare, question='size')")
    store = Folder(Place(root).artifacts)
    assert store.get(SUMMARY, {"question": "size"}) == ["3 sentences."]
    assert store.get(ANSWER, {"question": "size", "table": "counts"}).to_pylist() == [{"sentences": 3}]
