"""Tables beside the micro F1, from small tables of the stage score."""

import pandas as pd
import pytest
from seqeval.metrics import f1_score

from openner_utils.analysis import breakdowns
from openner_utils.analysis.breakdowns import BY_FAMILIARITY, BY_LENGTH, RUN
from openner_utils.core.columns import from_rows
from openner_utils.core.releases import PART
from openner_utils.pages.tables import in_html
from openner_utils.pages.views import scores as view
from openner_utils.scoring.mentions import score

RUN_OF = dict.fromkeys(RUN, "") | {"system": "s", "regime": "r", "labels_from": "release", "control": False}


def row(seed: int = 1, corpus: str = "a", **more) -> dict[str, object]:
    return RUN_OF | {"seed": seed, "corpus": corpus, "language": "eng", "split": "test"} | more


def table(*rows: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame(list(rows))


GOLD = [["B-PER", "O", "B-LOC", "I-LOC", "B-LOC"], ["B-ORG", "O", "B-PER"]]
FOUND = [["B-PER", "O", "B-LOC", "O", "B-LOC"], ["O", "O", "B-PER"]]


def test_macro_is_the_mean_over_types_as_seqeval_has_it() -> None:
    columns = [
        from_rows([([f"t{n}" for n in range(len(row))], row) for row in side]) for side in (GOLD, FOUND)
    ]
    rows = [
        row(type=type, convention="conlleval", reference=each.reference, f1=each.f1)
        for type, each in score(*columns).items()
    ]
    (found,) = breakdowns.macro(table(*rows)).to_dict("records")
    assert found["macro"] == pytest.approx(100 * f1_score(GOLD, FOUND, average="macro"))
    assert found["micro"] == pytest.approx(100 * f1_score(GOLD, FOUND)) and found["n"] == 1


def test_main_runs_are_no_controls_and_of_one_policy() -> None:
    rows = table(
        row(policy=""), row(policy="offsets"), row(policy="free"), row(policy="all"), row(policy="free", control=True)
    )  # fmt: skip
    assert breakdowns.main_runs(rows, "free")["policy"].tolist() == ["", "offsets", "free"]


def test_a_type_that_is_only_predicted_is_none_of_the_mean() -> None:
    fixed = {"convention": "conlleval"}
    scores = table(
        row(type="ALL", reference=4, f1=0.5, **fixed), row(type="PER", reference=4, f1=0.6, **fixed),
        row(type="MISC", reference=0, f1=0.0, **fixed),
        row(2, type="ALL", reference=4, f1=0.7, **fixed), row(2, type="PER", reference=4, f1=0.7, **fixed),
        row(corpus="b", type="ALL", reference=0, f1=0.0, **fixed),
    )  # fmt: skip
    (found,) = breakdowns.macro(scores).to_dict("records")
    assert (found["micro"], found["macro"], found["n"]) == (pytest.approx(60), pytest.approx(65), 1)


def test_languages_stand_side_by_side() -> None:
    scores = table(
        *(row(seed, type="ALL", convention="conlleval", f1=f1, language=language)
          for seed, language, f1 in ((1, "eng", 0.2), (2, "eng", 0.4), (1, "fin", 1.0))),
        row(type="PER", convention="conlleval", f1=0.9), row(type="ALL", convention="discard", f1=0.9),
    )  # fmt: skip
    (found,) = breakdowns.by_language(scores).to_dict("records")
    assert (found["eng"], found["fin"]) == (pytest.approx(30), pytest.approx(100))


def grouped(
    seed: int, group: str, correct: int, predicted: int, reference: int, by: str
) -> dict[str, object]:
    return row(seed, by=by, group=group, correct=correct, predicted=predicted, reference=reference)


def test_groups_of_all_test_sets_are_counted_together() -> None:
    rows = table(
        grouped(1, "4 or more", 1, 2, 4, BY_LENGTH), grouped(1, "1", 0, 0, 0, BY_LENGTH), grouped(1, "4 or more", 1, 0, 4, BY_LENGTH),
        grouped(2, "4 or more", 2, 2, 8, BY_LENGTH), grouped(1, "unseen", 1, 1, 1, BY_FAMILIARITY),
    )  # fmt: skip
    none, long = breakdowns.by_group(rows, BY_LENGTH).to_dict("records")
    assert none["group"] == "1" and none["mentions"] == 0 and pd.isna(none["f1"])
    assert (long["mentions"], long["precision"], long["recall"]) == (8, 100, 25)
    assert long["f1"] == pytest.approx(40)
    assert breakdowns.by_group(rows, BY_FAMILIARITY)["group"].tolist() == ["unseen"]


CONFUSIONS = table(
    *(row(seed, kind=kind, reference_type=type, predicted_type=other, mentions=n)
      for seed in (1, 2)
      for kind, type, other, n in (
          ("right", "PER", "PER", 5), ("boundary", "PER", "PER", 2), ("type", "PER", "LOC", 1), ("missed", "LOC", "", 2),
          ("spurious", "", "ORG", 4),
      ))
)  # fmt: skip


def test_kinds_are_shares_of_the_reference() -> None:
    (found,) = breakdowns.kinds(CONFUSIONS).to_dict("records")
    assert [found[kind] for kind in ("right", "type", "boundary", "type and boundary", "missed", "spurious")] == [
        50, 10, 20, 0, 20, 40,
    ]  # fmt: skip


def test_types_stand_against_what_was_predicted_for_them() -> None:
    found = breakdowns.confused(CONFUSIONS)
    assert found["reference"].tolist() == ["LOC", "PER", "spurious"]
    assert list(found)[-5:] == ["reference", "LOC", "ORG", "PER", "missed"]
    assert found.iloc[:, -4:].to_numpy().tolist() == [[0, 0, 0, 4], [2, 0, 14, 0], [0, 8, 0, 0]]


def error(number: int, **more) -> dict[str, object]:
    words = {
        "reference_type": "PER",
        "predicted_type": "",
        "reference": f"<b>{number}",
        "predicted": "",
        "before": "a & b",
    }
    return row(**({"corpus": f"c{number % 3}"} | more), sentence=number, kind="missed", behind="", **words)


def test_examples_are_of_one_seed_and_of_several_test_sets_and_escaped() -> None:
    rows = [error(number) for number in range(30)]
    others = [error(99, seed=2), error(99, labels_from="published"), error(99, control=True)]
    found = breakdowns.examples(table(*rows, *others), each=3)
    assert sorted(found["corpus"]) == ["c0", "c1", "c2"] and 99 not in set(found["sentence"])
    again = breakdowns.examples(table(*others, *reversed(rows)), each=3)
    pd.testing.assert_frame_equal(found, again)
    assert list(found)[: len(RUN) + len(PART)] == [*RUN, *PART]
    html = in_html(view.examples(found))
    assert "&lt;b&gt;" in html and "<b>" not in html and "a &amp; b" in html


def test_no_error_is_no_example() -> None:
    assert breakdowns.examples(table(error(1)).head(0)).empty
