"""A place with choices and the sample corpora, in which a test runs stages."""

from pathlib import Path

import pyarrow as pa

from openner_utils.core.artifacts import CORE_RELEASE, TRAINED, Folder
from openner_utils.core.encoding import OUTSIDE
from openner_utils.core.releases import AS_RELEASED, prediction_table, select
from openner_utils.stages import clean, main, score, standardize, work
from openner_utils.support import paths
from openner_utils.support.paths import Place


def samples(root: Path, params: str = "") -> Place:
    """Return a place whose data/ are the sample corpora; ``params`` is the text of its params.yaml."""
    place = Place(root)
    place.params.write_text(params, encoding="utf-8")
    place.data.symlink_to(paths.SAMPLES)
    return place


def cleaned(place: Place, *corpora: str) -> None:
    """Clean corpora in this process."""
    outputs = work(clean, place, Folder(place.artifacts)).outputs
    for corpus in corpora:
        clean.clean_corpus(corpus, "conlleval", place, outputs)


OF_TWO = """
data: {corpora: [habari]}
clean: {repair: conlleval}
standardize: {}
encoders:
  exact: &encoder {checkpoint: "scratch:characters", learning_rate: 0.001, epochs: 1, batch_size: 4, weight_decay: 0.0,
                   warmup_ratio: 0.0, max_length: 64, overlap: 8, precision: fp32}
  half: *encoder
train: {seeds: [1, 2], regimes: {individual: {together: false, languages: [swa]}}}
ablations: {}
tune: {}
llms: {}
prompt: {formats: [inline], policy: free, test_sentences: 40}
score: {conventions: [conlleval, discard]}
compare: {confidence: 0.95}
run: {workers: 1}
"""


def run_of_two(root: Path) -> Place:
    """Return a scored run on Habari's test set of two systems that nothing was trained for.

    ``exact`` is right everywhere, ``half`` misses the mentions of every second sentence; both with two seeds.
    """
    place = samples(root, OF_TWO)
    cleaned(place, "habari")
    main(standardize, place)
    store = Folder(place.artifacts)
    test = select(store.get(CORE_RELEASE, {"corpus": "habari"}), split="test")
    gold = test["labels"].to_pylist()
    halved = [[OUTSIDE] * len(each) if number % 2 else each for number, each in enumerate(gold)]
    for encoder, labels in (("exact", gold), ("half", halved)):
        unit = {"encoder": encoder, "regime": "individual"}
        run = {
            "system": encoder, "regime": "individual", "labels_from": AS_RELEASED, "format": "", "decoding": "", "policy": "",
            "control": False,
        }  # fmt: skip
        numbers = test["sentence"].to_pylist()
        tables = [
            prediction_table({**run, "seed": seed}, ("habari", "swa", "test"), numbers, pa.array(labels))
            for seed in (1, 2)
        ]
        store.put(TRAINED.predictions, pa.concat_tables(tables), unit)
        store.put(TRAINED.familiarity, pa.Table.from_pandas(TRAINED.familiarity.empty()), unit)
    main(score, place)
    return place
