"""params.yaml: a stage gets the blocks that it names, and every slip is answered with a name."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from openner_utils.config import params
from openner_utils.support.errors import OpenNERError
from openner_utils.support.records import Record

CONTENT = """\
data: {corpora: [one, two]}
clean: {repair: discard}
encoders:
  tiny:
    checkpoint: scratch:characters
    learning_rate: 1.0e-3
    epochs: 2
    batch_size: 8
    weight_decay: 0
    warmup_ratio: 0.1
    max_length: 64
    overlap: 8
train:
  seeds: [1]
  regimes:
    alone: {together: false, steps_of: joint}
    joint: {together: true}
    other: {together: true, steps_of: joint}
    single: {together: false}
ablations:
  raw: {labels_from: published, encoder: tiny, regime: joint}
run: {workers: 3}
"""


class Some(Record):
    data: params.Data
    encoders: dict[str, params.Encoder]


class OfAblations(Record):
    ablations: dict[str, params.Ablation]


class OfLimits(Record):
    limits: params.Limits


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "params.yaml").write_text(CONTENT)
    return tmp_path / "params.yaml"


def test_named_blocks_are_typed(path) -> None:
    loaded = params.load(Some, path)
    assert loaded.data.corpora == ("one", "two")
    assert loaded.encoders["tiny"].learning_rate == 0.001
    assert loaded.encoders["tiny"].precision == "fp32"


def test_workers(path) -> None:
    assert params.load(params.OfRun, path).run.count() == 3
    path.write_text(CONTENT.replace("workers: 3", "workers: auto"))
    assert params.load(params.OfRun, path).run.count() >= 1


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("epochs:", "epoch:", r"params\.yaml:7: encoders\.tiny\.epoch: .*Did you mean 'epochs'"),
        ("clean:", "claen:", r"params\.yaml:2: claen: Unknown key 'claen'. Did you mean 'clean'"),
        ("discard", "drop", r"clean\.repair: Input should be 'conlleval', 'discard' or 'none'"),
        ("1.0e-3", "0", r"encoders\.tiny\.learning_rate: .*greater than 0"),
        ("1.0e-3", "fast", r"encoders\.tiny\.learning_rate: .*valid number"),
        ("overlap: 8", "", r"encoders\.tiny\.overlap: Field required"),
        ("[one, two]", "[]", r"data\.corpora: .*at least 1 item"),
        ("[one, two]", "[One]", r"data\.corpora\.0: .*pattern"),
        ("{workers: 3}", "{workers: 3", r"params\.yaml:\d+: "),
        ("workers: 3", "workers: many", r"run\.workers"),
        ("overlap: 8", "overlap: 8\n    precision: auto", r"precision: Input should be 'fp32' or 'bf16'"),
        (
            "false, steps_of: joint",
            "false, steps_of: jiont",
            r"train\.regimes: .*alone\.steps_of: Unknown regime 'jiont'. Did you mean 'joint'",
        ),
        ("alone: {together: false, steps_of: joint", "alone: {together: true, steps_of: alone", "by epochs"),
        (
            "joint: {together: true}",
            "joint: {together: true, steps_of: other}",
            r"alone\.steps_of: 'joint' must train everything",
        ),
        (
            "joint: {together: true}",
            "joint: {together: false}",
            r"alone\.steps_of: 'joint' must train everything",
        ),
        ("seeds: [1]", "seeds: [1, 2, 1]", r"train\.seeds: .*1 stands there twice"),
        ("steps_of: joint", "step_of: joint", r"step_of: Unknown key 'step_of'. Did you mean 'steps_of'"),
        (
            "encoder: tiny",
            "encoder: tony",
            r"ablations\.raw\.encoder: Unknown encoder 'tony'. Did you mean 'tiny'",
        ),
        ("regime: joint", "regime: joined", r"ablations\.raw\.regime: Unknown regime 'joined'. .*'joint'"),
        ("regime: joint", "regime: other", r"ablations\.raw\.regime: 'other' takes its number of steps from"),
        ("regime: joint", "regime: joint, corpora: []", r"ablations\.raw\.corpora: .*names no corpus"),
        *(
            (
                "  raw: {labels_from: published, encoder: tiny, regime: joint}",
                f"  raw: {{labels_from: published, encoder: tiny, {one}}}\n"
                f"  again: {{labels_from: published, encoder: tiny, {other}}}",
                r"ablations\.again: 'raw' gives scores of the same test sets",
            )
            for one, other in (
                ("regime: joint", "regime: joint"),
                ("regime: joint, corpora: [one]", "regime: joint, corpora: [two]"),
                ("regime: single, corpora: [one, two]", "regime: single, corpora: [two]"),
                ("regime: single", "regime: single, corpora: [two]"),
                (
                    "regime: joint, planted: {kind: unreadable label, doses: [0.1, 0.2]}",
                    "regime: joint, planted: {kind: unreadable label, doses: [0.2]}",
                ),
            )
        ),
        *(
            (
                "regime: joint",
                f"regime: joint, planted: {{kind: {kind}, doses: {doses}}}",
                rf"raw\.planted\.{what}",
            )
            for kind, doses, what in (
                ("spelt wrongly", "[0.1]", "kind"),
                ("unreadable label", "[0.1, 0.1]", "doses: .*twice"),
                ("unreadable label", "[10]", r"doses\.0"),
                ("unreadable label", "[]", "doses"),
            )
        ),
    ],
)
def test_every_block_is_checked_whatever_is_asked_for(path, old, new, message) -> None:
    path.write_text(CONTENT.replace(old, new))
    with pytest.raises(OpenNERError, match=message):
        params.load(params.OfData, path)


@pytest.mark.parametrize(
    ("regime", "message"),
    [
        ("ontology: masked", "ontology: masked needs release: standardized"),
        ("release: core, ontology: marginal", "ontology: marginal needs release: standardized"),
        ("release: standardized, ontology: merged", "'union', 'masked' or 'marginal'"),
        (
            "release: standardized",
            "'joint' trains on the standardized release, and an ablation on labels of the core release",
        ),
    ],
)
def test_types_are_masked_on_the_release_that_has_several_sets_and_ablated_on_the_other(
    regime: str, message: str, path: Path
) -> None:
    path.write_text(CONTENT.replace("joint: {together: true}", f"joint: {{together: true, {regime}}}"))
    with pytest.raises(OpenNERError, match=message):
        params.load(OfAblations, path)


def test_donors_of_targets_are_no_regime_of_an_ablation(path: Path) -> None:
    targets = "targets: {languages: [fin], sentences: [0, 5, all], donor_sentences: 5}"
    donating = CONTENT.replace("single: {together: false}", f"single: {{together: false, {targets}}}")
    path.write_text(donating)
    found = params.load(params.Encoders, path)
    assert set(found.encoders) == {"tiny"}, "it is right as a regime"
    path.write_text(donating.replace("regime: joint", "regime: single"))
    with pytest.raises(OpenNERError, match=r"ablations\.raw\.regime: 'single' trains donors of targets"):
        params.load(OfAblations, path)


@pytest.mark.parametrize(
    "other",
    [
        "labels_from: published, encoder: tiny, regime: single, corpora: [two]",
        "labels_from: published, encoder: tiny, regime: joint, corpora: [one]",
        "labels_from: discard, encoder: tiny, regime: single, corpora: [one]",
        "labels_from: published, encoder: tiny, regime: single, planted: {kind: unreadable label, doses: [0.1]}",
    ],
)
def test_ablations_that_can_be_told_apart_stand_side_by_side(other: str, path) -> None:
    one = "  raw: {labels_from: published, encoder: tiny, regime: single, corpora: [one]}\n"
    path.write_text(
        CONTENT.replace(
            "  raw: {labels_from: published, encoder: tiny, regime: joint}\n", f"{one}  other: {{{other}}}\n"
        )
    )
    assert list(params.load(OfAblations, path).ablations) == ["raw", "other"]


LLM = "backend: server, checkpoint: m, server: 'http://x', shots: 0, max_new_tokens: 9, decoding: [free]"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ("backend: local", "price is for backend: server"),
        ("price: null, budget: {cost: 2.5}", "needs a price"),
        (
            "price: null, server: null, backend: local, decoding: [guided]",
            "decoding: guided is for backend: server",
        ),
        ("price: null, server: null, backend: local, grammar: ebnf", "grammar is for backend: server"),
        ("grammar: lark", "grammar"),
        (
            "price: null, server: null, backend: local, checkpoint: 'pipeline:tiny', decoding: [described]",
            "leave out wording and decoding: described",
        ),
        ("price: null, server: null, backend: local, budget: {tokens: 5}", "budget is for backend: server"),
        ("price: {prompt: -1, completion: 0}", "price.prompt"),
        ("backend: stored", "replies is the folder"),
        ("replies: shared", "replies is the folder"),
        ("label_order_seeds: [1, 1]", "stands there twice"),
        ("label_order_seeds: []", "label_order_seeds"),
        (
            "price: null, server: null, backend: local, checkpoint: 'pipeline:tiny', label_names: natural",
            "is trained on prompts without",
        ),
        (
            "price: null, server: null, backend: local, checkpoint: 'pipeline:tiny', shots: 2",
            "is trained on prompts without",
        ),
        ("concurrency: 0", "concurrency"),
        ("api_key: sk-secret", "api_key"),
        ("decoding: []", "decoding"),
        ("decoding: [free, free]", "decoding: free stands there twice"),
        ("languages: []", "languages"),
        ("languages: [eng, fin, eng]", "languages: eng stands there twice"),
        ("label_order_seeds: [0, 0]", "label_order_seeds: 0 stands there twice"),
        ("timeout: .inf", "timeout"),
        ("timeout: .nan", "timeout"),
        ("checkpoint: ''", "checkpoint"),
        ("server: null", "needs `server`"),
        ("server: ''", "needs `server`"),
        ("server: 'http://ann:sk-secret@x'", "without user and password"),
        ("server: 'http://sk-secret@x'", "without user and password"),
        ("price: null, backend: local", "server is for backend: server"),
        ("control: true", "control is for a model of the stage tune"),
    ],
)
def test_ways_of_asking_that_do_not_go_together_are_refused(values: str, message: str, path) -> None:
    whole = yaml.safe_load(f"{{{LLM}, price: {{prompt: 1, completion: 2}}}}") | yaml.safe_load(
        f"{{{values}}}"
    )
    path.write_text(CONTENT + yaml.safe_dump({"llms": {"big": whole}}))
    with pytest.raises(OpenNERError, match=re.escape(message)) as error:
        params.load(params.Whole, path)
    assert "sk-secret" not in str(error.value)


TUNE = "start: checkpoint, checkpoint: m, languages: null, steps: 9, batch_size: 2, learning_rate: 0.1, seed: 1, more_seeds: [2]"


@pytest.mark.parametrize(
    ("tune", "llm", "message"),
    [
        ("epochs: 2", "", "give either steps or epochs"),
        ("steps: null", "", "give either steps or epochs"),
        ("more_seeds: [1]", "", "stands there twice"),
        ("checkpoint: null", "", "needs `checkpoint`"),
        ("learning_rate: .inf", "", "learning_rate"),
        ("learning_rate: .nan", "", "learning_rate"),
        ("prompts: [json, json]", "", "prompts: json stands there twice"),
        ("start: minilm", "", "checkpoint is for start: checkpoint"),
        ("start: minilm, checkpoint: null, lora: {}", "", "lora is for start: checkpoint"),
        ("labels: {dropout: 1}", "", "labels.dropout"),
        ("processes: 0", "", "processes"),
        ("start: minilm, checkpoint: null, processes: 2", "", "processes is for start: checkpoint"),
        ("processes: 2", "", None),
        ("", "checkpoint: 'pipeline:big@two'", "a seed of more_seeds stands behind @"),
        ("", "checkpoint: 'pipeline:big@3'", "has no seed 3"),
        ("", "checkpoint: 'pipeline:big', wording: short", "leave out wording"),
        (
            "",
            "checkpoint: 'pipeline:big', decoding: [free, described]",
            "leave out wording and decoding: described",
        ),
        (
            "start: minilm, checkpoint: null",
            "checkpoint: 'pipeline:big', shots: 2",
            "is trained on prompts without",
        ),
        ("", "checkpoint: 'pipeline:big', shots: 2, label_order_seeds: [0, 1]", None),
        ("", "checkpoint: 'pipeline:big@2'", None),
        ("", "checkpoint: 'pipeline:big', more_seeds: [2]", None),
        ("", "checkpoint: 'pipeline:big', more_seeds: [2, 3]", "has no seed 3"),
        ("", "checkpoint: 'pipeline:big', more_seeds: [2, 2]", "stands there twice"),
        (
            "more_seeds: [0, 2]",
            "checkpoint: 'pipeline:big', more_seeds: [0]",
            "which stands for the first one",
        ),
        ("", "checkpoint: 'pipeline:big@2', more_seeds: [2]", "those of a model of the stage tune"),
        ("", "checkpoint: m, more_seeds: [2]", "those of a model of the stage tune"),
        (
            "",
            "checkpoint: 'pipeline:big', more_seeds: [2], label_order_seeds: [0, 1]",
            "a mean over one of them",
        ),
        ("start: characters, checkpoint: null", "checkpoint: 'pipeline:big'", None),
    ],
)
def test_a_tuning_and_how_its_model_is_asked_go_together(
    tune: str, llm: str, message: str | None, path
) -> None:
    block = yaml.safe_load(f"{{{TUNE}}}") | yaml.safe_load(f"{{{tune}}}")
    asked = yaml.safe_load(f"{{{LLM}}}") | {"backend": "local", "server": None} | yaml.safe_load(f"{{{llm}}}")
    path.write_text(CONTENT + yaml.safe_dump({"tune": {"big": block}, "llms": {"big": asked}}))
    if message is None:
        params.load(params.Whole, path)
        return
    with pytest.raises(OpenNERError, match=re.escape(message)):
        params.load(params.Whole, path)


def test_a_missing_block_is_an_error_that_names_it(path) -> None:
    with pytest.raises(OpenNERError, match="the block 'limits' is missing"):
        params.load(OfLimits, path)


def test_units_are_named_as_their_artifacts_are(path) -> None:
    path.write_text(CONTENT + "tune: {}\nllms: {}\nprompt: {formats: [inline]}\n")
    found = params.units(params.load(params.OfUnits, path))
    assert found["train"][0] == {"encoder": "tiny", "regime": "alone"}
    assert params.folder(found["train"][0]) == "tiny-alone"
    assert (found["ablate"], found["tune"], found["prompt"]) == ([{"ablation": "raw"}], [], [])


def test_the_compendiums_own_params_are_valid() -> None:
    whole = params.load(params.Whole)
    assert all(getattr(whole, block) is not None for block in params.Whole.model_fields)


@pytest.mark.parametrize(
    ("tested", "met"),
    [("trained", set()), ("all", {"fin", "swa"}), (("swa",), {"swa"})],
    ids=["own", "all", "some"],
)
def test_a_regime_meets_the_languages_that_it_is_tested_on(tested: Any, met: set[str]) -> None:
    for together in (True, False):
        regime = params.Regime(together=together, tested=tested)
        assert {code for code in ("fin", "swa") if regime.meets(code)} == met
