"""What is chosen on dev is chosen by dev alone."""

import pandas as pd

from openner_utils.analysis import choice
from openner_utils.core.artifacts import DEV
from openner_utils.pages.wording import choice as words
from tests.analysis.test_questions import HOW, asked


def dev(format: str, decoding: str, right: int, language: str = "eng", seed: int = 0, **keys) -> pd.DataFrame:
    """Ten sentences with a mention each, of which ``right`` are found and no other is named."""
    names = {"system": "lm", "format": format, "decoding": decoding, "control": False} | keys
    rows = [
        {**names, "seed": seed, "corpus": "c", "language": language, "split": "dev", "sentence": number,
         "correct": int(number < right), "predicted": int(number < right), "reference": 1}
        for number in range(10)
    ]  # fmt: skip
    return pd.DataFrame(rows)[list(DEV.empty())]


def test_the_best_on_dev_is_chosen_even_if_another_is_better_on_test():
    main = pd.concat([asked(0.9, "inline", decoding="free"), asked(0.3, "json", decoding="free")])
    found = choice.tables(
        main,
        pd.concat(
            [
                dev("inline", "free", 2), dev("json", "free", 5), dev("json", "free", 5, seed=2),
                dev("inline", "free", 10, control=True),
            ]
        ),
        HOW,
    )  # fmt: skip
    ways = found["on_dev"].set_index("format")
    assert ways["chosen"].to_dict() == {"inline": False, "json": True}
    assert round(ways.loc["json", "f1"], 1) == 66.7 and ways.loc["json", "sentences"] == 10
    tested = found["chosen_on_dev"]
    assert tested["format"].tolist() == ["json"] and 20 < tested["f1"].iloc[0] < 45
    (said,) = words.sentences(choice.findings(found))
    assert said.startswith("lm: of 2 ways of asking, json with free decoding is the best on dev")


def test_languages_weigh_alike_and_each_model_has_its_own_choice():
    found = choice.tables(
        pd.concat([asked(0.5, "json"), asked(0.5, "inline")]),
        pd.concat(
            [
                dev("json", "free", 10), dev("json", "free", 0, language="fin"),
                dev("inline", "free", 4), dev("inline", "free", 4, language="fin"),
                dev("inline", "free", 1, system="other"),
            ]
        ),
        HOW,
    )  # fmt: skip
    ways = found["on_dev"].set_index(["system", "format"])
    assert ways["chosen"].to_dict() == {
        ("lm", "inline"): True, ("lm", "json"): False, ("other", "inline"): True,
    }  # fmt: skip
    assert [each.system for each in choice.findings(found).choices] == ["lm"], "one way is no choice"


def test_without_dev_sentences_nothing_is_chosen():
    found = choice.tables(asked(0.5, "json"), DEV.empty(), HOW)
    assert [len(table) for table in found.values()] == [0, 0]
    assert list(words.sentences(choice.findings(found))) == []
