"""The stages one after the other on two sample corpora, as the pipeline runs them, at the smallest scale."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from openner_utils.analysis import ledger
from openner_utils.core.releases import PREDICTIONS, RELEASE, limited
from openner_utils.llm.grounding import POLICIES
from openner_utils.pipeline import deps
from openner_utils.support import paths

CORPORA = ("gazette", "habari")

SCRIPT = """
import json
import os
import sys
from pathlib import Path

from openner_utils import stages
from openner_utils.config.params import OfUnits, load, units
from openner_utils.stages import (
    ablate, audit, clean, compare, figures, methods, prompt, score, standardize, train, tune, web,
)
from openner_utils.support.paths import Place

opened = {}
at = []


def watch(event, arguments):
    if event == "open" and at and isinstance(arguments[0], str):
        opened.setdefault(at[-1], set()).add(os.path.realpath(arguments[0]))


def main(stage, **unit):
    at.append(stage.__name__.rpartition(".")[2])
    stages.main(stage, place, **unit)
    at.pop()


if __name__ == "__main__":
    place = Place(Path(sys.argv[1]))
    of_stage = units(load(OfUnits, place.params))
    sys.addaudithook(watch)
    for stage in (clean, standardize, audit):
        main(stage)
    for stage, name in ((train, "train"), (ablate, "ablate"), (tune, "tune"), (prompt, "prompt")):
        for unit in of_stage[name]:
            main(stage, **unit)
    main(score)
    for question in place.questions:
        main(compare, question=question)
    main(web)
    main(methods)
    main(figures)
    (place.root / "opened.json").write_text(json.dumps({name: sorted(files) for name, files in opened.items()}))
"""


def params() -> dict:
    """The committed parameters, made small."""
    values = yaml.safe_load(paths.PARAMS.read_text(encoding="utf-8"))
    characters = values["encoders"]["characters"] | {"epochs": 2}
    regimes = {"individual": {"together": False}, "multilingual": {"together": True}}
    tiny = values["tune"]["tiny"] | {"start": "characters", "steps": 2, "batch_size": 2, "languages": ["eng"]}
    return values | {
        "data": {"corpora": list(CORPORA)},
        "limits": {"train_sentences": 30, "dev_sentences": 5, "test_sentences": 20},
        "encoders": {"characters": characters},
        "train": {"seeds": [1, 2], "regimes": regimes},
        "ablations": {
            "published": {
                "labels_from": "published", "encoder": "characters", "regime": "individual", "corpora": ["habari"],
            }
        },
        "tune": {"tiny": tiny},
        "llms": {"tiny": values["llms"]["tiny"] | {"languages": ["eng"], "max_new_tokens": 8}},
        "prompt": {"formats": ["inline", "json"], "test_sentences": 3},
        "compare": {"confidence": 0.95},
        "web": values["web"] | {
            "documents": 12, "train_sentences": 20, "tagger": values["web"]["tagger"] | {"epochs": 2},
        },
        "run": {"workers": 2},
    }  # fmt: skip


def compendium(root: Path, values: dict) -> Path:
    """Run every stage in a folder of its own; return its artifacts/."""
    (root / "params.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    for corpus in CORPORA:
        shutil.copytree(paths.SAMPLES / corpus, root / "data" / corpus)
    (root / "notebooks").symlink_to(paths.NOTEBOOKS)
    (root / "benchmarks").symlink_to(paths.BENCHMARKS)
    script = root / "stages.py"
    script.write_text(SCRIPT, encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(paths.ROOT)}
    done = subprocess.run(
        [sys.executable, script, root], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return root / "artifacts"


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """A compendium in which every stage has run."""
    return compendium(tmp_path_factory.mktemp("compendium"), params())


def test_a_run_with_encoders_alone_goes_through(tmp_path):
    values = params() | {"ablations": {}, "tune": {}, "llms": {}}
    alone = {"together": False, "languages": ["eng"]}
    masked = {"together": True, "release": "standardized", "ontology": "masked"}
    # Of gazette and habari each is the only corpus of its language, so nothing joins; what one gives the other has a curve.
    apart = {"together": False, "release": "standardized"}
    targets = {"languages": ["swa"], "sentences": [0, 2], "donor_sentences": 3, "steps": "matched"}
    values["train"] = {
        "seeds": [1],
        "regimes": {
            "individual": alone,
            "masked": masked,
            "apart": apart,
            "donors": alone | {"targets": targets},
        },
    }
    artifacts = compendium(tmp_path, values)
    assert "No language model" in (artifacts / "compare/prompts/summary.json").read_text(encoding="utf-8")
    scores = pd.read_parquet(artifacts / "score/scores.parquet")
    typed = scores[(scores["convention"] == "conlleval") & (scores["type"] != "ALL")]
    types = {keys: set(rows["type"]) for keys, rows in typed.groupby(["regime", "corpus"])}
    own = {(regime, corpus) for regime in ("apart", "masked") for corpus in ("gazette", "habari")}
    assert set(types) == {("individual", "gazette"), *own}
    curve = pd.read_parquet(artifacts / "compare/transfer/curve.parquet")
    assert set(curve[["kind", "target_sentences"]].itertuples(index=False, name=None)) == {
        ("related", 0), ("related", 2), ("no donor", 2),
    }  # fmt: skip
    assert len(pd.read_parquet(artifacts / "compare/regimes/domains.parquet")) == 0
    told = (artifacts / "compare/transfer/summary.json").read_text(encoding="utf-8")
    assert "has no unrelated donor: too little to compare" in told
    assert types["individual", "gazette"] <= {"PER", "LOC", "ORG"}
    assert types["masked", "gazette"] <= {"PER", "LOC", "ORG", "MISC"}  # each in its own types
    assert types["masked", "habari"] <= {"PER", "LOC", "ORG", "DATE"}
    assert {"MISC", "DATE"} <= set.union(*types.values())
    unrestricted = pq.read_table(artifacts / "train/characters-masked/unrestricted.parquet")
    restricted = pq.read_table(artifacts / "train/characters-masked/predictions.parquet")
    assert unrestricted.select(["corpus", "sentence"]).equals(restricted.select(["corpus", "sentence"]))
    compared = pd.read_parquet(artifacts / "compare/encoders/by_language.parquet")
    assert set(compared["regime"]) == {"individual"}  # scored against other types
    confusions = pd.read_parquet(artifacts / "score/confusions.parquet")
    errors = pd.read_parquet(artifacts / "score/errors.parquet")
    assert len(errors) == confusions.loc[confusions["kind"] != "right", "mentions"].sum()
    groups = pd.read_parquet(artifacts / "score/breakdowns.parquet")
    overall = scores[(scores["convention"] == "conlleval") & (scores["type"] == "ALL")]
    for by in ("tokens", "training"):
        rows = groups[groups["by"] == by]
        for count in ("correct", "predicted", "reference"):
            assert rows[count].sum() == overall[count].sum()


def test_releases_have_the_stated_form(root):
    for path in [*root.glob("clean/h*.parquet"), *root.glob("standardize/*/*.parquet")]:
        if not path.name.endswith(("ledger.parquet", "layers.parquet")):
            assert pq.read_schema(path).equals(RELEASE), path


def test_core_release_holds_core_types_only(root):
    labels = {
        label
        for row in pq.read_table(root / "standardize/core/gazette.parquet")["labels"].to_pylist()
        for label in row
    }
    assert labels == {"O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG"}


def test_every_test_token_has_a_prediction_from_every_run(root):
    tables = [pq.read_table(root / f"standardize/core/{corpus}.parquet") for corpus in CORPORA]
    gold = limited(pa.concat_tables(tables), None, None, 20).to_pandas()
    tokens = gold[gold["split"] == "test"].groupby("corpus")["tokens"].apply(lambda t: t.map(len).sum())
    for regime in ("individual", "multilingual"):
        table = pq.read_table(root / f"train/characters-{regime}/predictions.parquet")
        assert table.schema.equals(PREDICTIONS)
        found = (
            table.to_pandas().groupby(["corpus", "seed"])["labels"].apply(lambda rows: rows.map(len).sum())
        )
        assert found.index.size == len(CORPORA) * 2
        assert (tokens == found.unstack().T).all().all()


def test_an_ablation_is_scored_beside_the_repaired_arm_under_both_conventions(root):
    arms = pd.read_parquet(root / "compare/repair/arms.parquet")
    assert sorted(zip(arms["labels_from"], arms["convention"], strict=True)) == [
        (arm, convention) for arm in ("published", "release") for convention in ("conlleval", "discard")
    ]
    assert set(arms["corpus"]) == {"habari"}


def test_the_labels_that_differ_are_those_of_the_sentences_trained_on(root):
    trained = limited(pq.read_table(root / "standardize/core/habari.parquet"), 30, 5, 20)
    (expected,) = ledger.repaired(trained).query("split == 'train'").to_dict("records")
    (changed,) = pd.read_parquet(root / "ablate/published/changed.parquet").to_dict("records")
    assert (changed["differ"], changed["sentences"], changed["tokens"], changed["mentions"]) == (
        expected["repaired"], 30, expected["tokens"], expected["mentions"],
    )  # fmt: skip
    difference = pd.read_parquet(root / "compare/repair/difference.parquet")
    for count in ("differ", "tokens"):
        assert set(difference[count]) == {changed[count]}


def test_repaired_labels_are_one_number_on_every_page(root):
    audited = pd.read_parquet(root / "audit/repairs.parquet").query("split == 'train'")
    audited = audited.drop(columns=["split", "sentences"])
    keys = ["corpus", "language", "types"]
    noise = pd.read_parquet(root / "compare/repair/noise.parquet")
    pd.testing.assert_frame_equal(
        noise.sort_values(keys, ignore_index=True), audited.sort_values(keys, ignore_index=True)
    )


def test_every_reply_is_kept_and_every_mention_accounted_for(root):
    for format in ("inline", "json"):
        unit = root / f"prompt/tiny-{format}"
        files = sorted(path.stem for path in (unit / "replies").iterdir())
        assert files == sorted(
            f"{format}-{how}{kind}" for how in ("free", "constrained") for kind in ("", "-control")
        )
        for path in (unit / "replies").iterdir():
            assert len(path.read_text(encoding="utf-8").splitlines()) == 3
        losses = pd.read_parquet(unit / "losses.parquet")
        assert list(losses) == [
            "system", "format", "decoding", "policy", "control", "corpus", "language", "reason", "mentions",
        ]  # fmt: skip
        constrained = losses[losses["decoding"] == "constrained"]
        assert constrained.loc[constrained["reason"] != "grounded", "mentions"].sum() == 0


def test_the_same_replies_are_grounded_under_every_policy(root):
    for format in ("inline", "json"):
        unit = root / f"prompt/tiny-{format}"
        table = pq.read_table(unit / "predictions.parquet")
        assert table.schema.equals(PREDICTIONS)
        predictions = table.to_pandas()
        runs = predictions.groupby(["decoding", "policy", "control"])["sentence"].agg(list)
        assert set(runs.index) == {
            (decoding, policy, control)
            for decoding in ("free", "constrained") for policy in POLICIES[format] for control in (False, True)
        }  # fmt: skip
        for sentences in runs:
            assert len(sentences) == 3 and sentences == sorted(sentences) == runs.iloc[0]
        assert set(
            predictions[["regime", "labels_from", "format", "system", "seed"]].itertuples(index=False)
        ) == {("", "", format, "tiny", 0)}
        # What a sentence's reply named and lost stands beside its labels, and adds up to the account.
        runs = ["decoding", "policy", "control"]
        losses = pd.read_parquet(unit / "losses.parquet")
        lost = losses[~losses["reason"].isin(["grounded", "named again"])].groupby(runs)["mentions"].sum()
        assert (predictions.groupby(runs)["ungrounded"].sum() == lost).all()
        named = losses.groupby(runs)["mentions"].sum().unstack("policy")
        assert (named.nunique(axis=1) == 1).all()


def test_the_audit_holds_the_main_scores_and_accounts_for_every_mention(root):
    keys = ["format", "decoding", "control", "sentence"]
    scored = pd.read_parquet(root / "score/sentences.parquet").query(
        "convention == 'conlleval' and format != ''"
    )
    for format, policy in (("inline", "offsets"), ("json", "free")):
        unit = root / f"prompt/tiny-{format}"
        readings = pd.read_parquet(unit / "readings.parquet").query("rule == 'ours'")
        main = readings.query(f"policy == '{policy}' and matching == 'exact' and borders == 'strict'")
        counts = ["correct", "predicted", "reference", "ungrounded"]
        both = main.merge(scored[scored["policy"] == policy], on=[*keys, "corpus", "language", "document"])
        assert len(both) == len(main) == 12, "two ways of decoding, the control, three sentences"
        for count in counts:
            assert (both[f"{count}_x"] == both[f"{count}_y"]).all(), count
        reasons = pd.read_parquet(unit / "reasons.parquet")
        named = reasons.groupby(["decoding", "control", "policy", "matching", "borders"])["mentions"].sum()
        assert (named.groupby(["decoding", "control"]).nunique() == 1).all()
    for table in ("readings", "measurement", "share", "harnesses", "places", "reasons"):
        assert len(pd.read_parquet(root / f"compare/prompts/{table}.parquet")) or table == "share"


def test_every_question_says_something(root):
    for question in (
        "doses", "doubts", "encoders", "leaked", "multiverse", "pairs", "power", "prompts", "regimes", "repair", "scorers", "transfer",
    ):  # fmt: skip
        summary = json.loads((root / f"compare/{question}/summary.json").read_text(encoding="utf-8"))
        assert summary
        assert all(line.endswith(".") for line in summary)


def test_the_passport_names_files_that_exist(root):
    passport = pd.read_parquet(root / "figures/passport.parquet")
    assert len(passport) > 10
    for name in {*passport["what"], *passport["source"]}:
        assert (root.parent / name).is_file(), name


def test_what_a_stage_opens_of_the_compendium_its_deps_list(root):
    opened = json.loads((root.parent / "opened.json").read_text())
    listed: dict[str, set[Path]] = {}
    for stage in deps.load():
        listed.setdefault(stage.name, set()).update(paths.ROOT / dep for dep in stage.deps)
    found = {
        f"{stage}: {name}"
        for stage, files in opened.items()
        for name in map(Path, files)
        if name.is_relative_to(paths.ROOT) and name.suffix not in (".py", ".pyc")
        # `rmtree` opens folders by their name in another one, which looks like one in the current folder.
        if name.exists()
        if not name.relative_to(paths.ROOT).parts[0].startswith(".")  # installed packages, kept models
        if not any(name.is_relative_to(dep) for dep in listed[stage])
    }
    assert opened["methods"], "the hook hears of files"
    assert found == set()
