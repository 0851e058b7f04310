"""Donors with so many sentences of a target: which trainings there are, nested choices, matched steps, and what comes out."""

import re
from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from openner_utils.config.params import Regime, Targets, Train
from openner_utils.core.columns import Columns, from_rows
from openner_utils.core.releases import TRANSFERRED, columns_of, release_table
from openner_utils.encoders import donors, experiment
from openner_utils.encoders.experiment import Experiment
from openner_utils.support.errors import OpenNERError
from tests.planted import RECIPE, planted

SIZES = {("a", "eng"): 20, ("b", "fin"): 16, ("c", "swa"): 12, ("c", "yor"): 30}
"""Training sentences of each corpus and language; each has 3 test sentences."""
ENCODER = RECIPE.model_copy(update={"epochs": 1})


def release() -> pa.Table:
    parts = []
    for seed, ((corpus, language), size) in enumerate(SIZES.items(), 1):
        for split, count in (("train", size), ("test", 3)):
            text = from_rows(planted(count, seed).rows(), f"{language}.txt")
            parts.append(release_table(corpus, language, split, text, text))
    return pa.concat_tables(parts)


RELEASE = release()


def texts() -> dict[str, Columns]:
    names = [(*unit, split) for unit in SIZES for split in ("train", "test")]
    return {"/".join(name): columns_of(_part(*name)) for name in names}


def _part(corpus: str, language: str, split: str) -> pa.Table:
    rows = RELEASE.to_pylist()
    kept = [
        row for row in rows if (row["corpus"], row["language"], row["split"]) == (corpus, language, split)
    ]
    return pa.Table.from_pylist(kept, RELEASE.schema)


def asked(sizes=(0, 5, "all"), steps="epochs", languages=("swa",), donor_sentences=8) -> Targets:
    return Targets(languages=languages, sentences=sizes, donor_sentences=donor_sentences, steps=steps)


DONORS = [("a", "eng"), ("b", "fin")]


def test_every_donor_meets_every_number_and_so_does_no_donor():
    known = texts()
    found = donors.mixes("r", asked(), DONORS, RELEASE, known)
    swa = ("c", "swa")
    assert {(mix.donor, mix.target, mix.sentences) for mix in found} == {
        *((donor, swa, size) for donor in (*DONORS, None) for size in (5, 12)),
        *((donor, None, 0) for donor in DONORS),
    }
    assert all(mix.test == ("c/swa/test",) for mix in found)
    for mix in found:
        assert sum(known[name].n_sentences for name in mix.train) == mix.sentences + (8 if mix.donor else 0)


def test_a_number_that_a_target_does_not_have_is_left_out():
    found = donors.mixes("r", asked((12, 13, "all")), DONORS, RELEASE, texts())
    assert {mix.sentences for mix in found} == {12}, "13 are not there, and all are 12"


def test_a_donor_helps_no_target_in_its_own_language():
    several = asked((0, 5), languages=("swa", "eng"))
    found = donors.mixes("r", several, DONORS, RELEASE, texts())
    assert {mix.target for mix in found if mix.donor == ("a", "eng")} == {("c", "swa"), None}
    alone = {mix.donor: mix.test for mix in found if mix.target is None}
    assert alone == {("a", "eng"): ("c/swa/test",), ("b", "fin"): ("a/eng/test", "c/swa/test")}


@given(st.sets(st.integers(1, 30), min_size=2, max_size=4))
def test_fewer_sentences_are_among_more(sizes):
    known = texts()
    donors.mixes("r", asked(tuple(sizes), languages=("yor",)), DONORS, RELEASE, known)
    chosen = [set(map(str, known[f"c/yor/train:{size}"].rows())) for size in sorted(sizes)]
    assert [len(some) for some in chosen] == sorted(sizes)
    assert all(fewer < more for fewer, more in pairwise(chosen))


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (
            asked(donor_sentences=18),
            "the donor b/fin has 16 training sentences, and donor_sentences wants 18 of each",
        ),
        (asked(languages=("amh",)), r"no chosen corpus has training and test data in its targets \(amh\)"),
    ],
)
def test_what_cannot_be_is_named(what, said):
    with pytest.raises(OpenNERError, match=f"^Regime 'r': .*{said}"):
        donors.mixes("r", what, DONORS, RELEASE, texts())


def _run(folder, targets: Targets):
    regime = Regime(together=False, languages=("eng", "fin"), targets=targets)
    return experiment.run(
        Experiment("characters", ENCODER, "donors", regime, "release", (1, 2)), RELEASE, folder, workers=1
    )


def test_what_comes_out_is_told_by_donor_and_number_and_counts_in_no_score(tmp_path):
    found = _run(tmp_path, asked((0, 5)))
    assert found.transferred.schema.equals(TRANSFERRED)
    assert (len(found.predictions), len(found.scores), len(found.familiarity), found.unscored) == (0, 0, 0, 0)
    rows = found.transferred.to_pandas()
    keys = ["train_corpus", "train_language", "corpus", "language", "target_sentences"]
    assert rows.groupby(keys).size().to_dict() == {
        (*donor, "c", "swa", size): 3 * 2
        for donor, size in [(DONORS[0], 0), (DONORS[1], 0), (DONORS[0], 5), (DONORS[1], 5), (("", ""), 5)]
    }
    told = found.trainings[["corpus", "target_language", "target_sentences", "sentences"]]
    assert set(told.itertuples(index=False, name=None)) == {
        ("a", "", 0, 8), ("b", "", 0, 8), ("a", "swa", 5, 13), ("b", "swa", 5, 13), ("", "swa", 5, 5),
    }  # fmt: skip
    assert found.tokenizer["language"].tolist() == ["swa"]
    assert set(found.curves["language"]) == {"eng", "fin", "eng + swa (5)", "fin + swa (5)", "swa (5)"}


def test_matched_trainings_take_the_steps_of_the_longest(tmp_path):
    by_epochs, matched = (
        _run(tmp_path, asked((0, 12), steps=steps)).trainings for steps in ("epochs", "matched")
    )
    assert by_epochs["steps"].nunique() == 3, "8, 12 and 20 sentences at 8 to a batch"
    assert set(matched["steps"]) == {by_epochs["steps"].max()} == {3}


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"together": True}, "together: true"),
        ({"release": "standardized"}, "release: standardized"),
        ({"tested": "all"}, "tested"),
        ({"steps_of": "other"}, "steps_of"),
    ],
)
def test_a_regime_with_targets_refuses_what_does_not_go_with_them(more, named):
    with pytest.raises(ValidationError, match=f"leave out {re.escape(named)}"):
        Regime(**{"together": False, "targets": asked()} | more)


def test_a_run_whose_every_regime_has_targets_is_refused():
    donating = Regime(together=False, targets=asked())
    with pytest.raises(ValidationError, match="name a regime without targets, too"):
        Train(seeds=(1,), regimes={"donors": donating})
    Train(seeds=(1,), regimes={"donors": donating, "individual": Regime(together=False)})
