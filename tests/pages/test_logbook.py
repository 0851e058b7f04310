"""The log's tables say what the scores say."""

import pandas as pd

from openner_utils.pages import logbook

RUN = {
    "system": "minilm",
    "regime": "individual",
    "labels_from": "release",
    "format": "",
    "decoding": "",
    "policy": "",
    "control": False,
}
ASKED = {
    "system": "tiny",
    "regime": "",
    "labels_from": "",
    "format": "json",
    "decoding": "free",
    "policy": "all",
    "control": True,
}


def test_the_headline_has_a_mean_over_seeds_for_each_system_and_test_set() -> None:
    rows = [
        RUN
        | {"corpus": "a", "language": "eng", "seed": seed, "type": type, "convention": convention, "f1": f1}
        for seed, f1 in ((1, 0.5), (2, 0.6))
        for type, convention in (("ALL", "conlleval"), ("PER", "conlleval"), ("ALL", "discard"))
    ]
    rows.append(
        ASKED
        | {
            "corpus": "b|c",
            "language": "fin",
            "seed": 0,
            "type": "ALL",
            "convention": "conlleval",
            "f1": 0.125,
        }
    )
    assert logbook.headline(pd.DataFrame(rows)).splitlines() == [
        "| test set | minilm individual release (2 seeds) | tiny json free all control (1 seed) |",
        "| --- | ---: | ---: |",
        "| a/eng | 55.0 |  |",
        r"| b\|c/fin |  | 12.5 |",
    ]
